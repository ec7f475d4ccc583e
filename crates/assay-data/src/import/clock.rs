//! Times of a place to UTC.

use super::part::{ImportPart, SourceClock};
use super::{Format, Options};
use crate::error::{Error, Result};
use crate::market::{Instant, Zone, format_time};

/// Makes the times of `part` UTC and returns the clock they were on.
pub(super) fn to_utc(place: &str, part: &mut ImportPart, options: &Options) -> Result<Zone> {
    let usual =
        options.usual_zone.filter(|_| matches!(part.clock, SourceClock::Unnamed | SourceClock::Asked));
    let zone = match (part.clock, options.zone.or(usual)) {
        (SourceClock::Utc, None) => return Ok(Zone::UTC),
        (SourceClock::Utc, Some(zone)) if zone.is_utc() => return Ok(zone),
        (SourceClock::Utc, Some(zone)) => {
            return Err(Error::data(place, format!("its times are UTC by themselves, not of {zone}"))
                .hint("leave out --timezone"));
        }
        (_, Some(zone)) => zone,
        (SourceClock::Of(zone), None) => zone,
        (SourceClock::Unnamed, None) => {
            if !part.days {
                part.notes
                    .push("the times name no zone and are taken as UTC; --timezone says otherwise".into());
            }
            Zone::UTC
        }
        (SourceClock::Asked, None) => {
            if !part.days {
                let who = if part.format == Format::Metatrader {
                    "the clock of the broker's server"
                } else {
                    "a local clock"
                };
                part.questions.push(format!(
                    "the times are on {who}, which the file does not name: give --timezone, such as America/New_York+7 \
                     (most brokers: UTC+2, in New York's summer UTC+3), +03:00 or UTC"
                ));
            }
            Zone::UTC
        }
    };
    if part.days {
        part.notes.push(
            "times are dates of the exchange: the bar of a date is put at 00:00 UTC of that date".into(),
        );
        return Ok(zone);
    }
    if zone.is_utc() {
        return Ok(zone);
    }
    let mut before = i64::MIN;
    let mut twice = 0usize;
    // Rows may run from new to old: in the order of time an hour that is shown twice is first the earlier one.
    let (n, times) = (part.rows.len(), &part.rows.time_ms);
    let newest_first = n > 1 && times[0] > times[n - 1];
    for k in 0..n {
        let i = if newest_first { n - 1 - k } else { k };
        let local = part.rows.time_ms[i];
        let utc = match zone.utc_of(local) {
            Instant::One(t) => t,
            Instant::Twice(first, second) => {
                twice += 1;
                if first > before { first } else { second }
            }
            Instant::Never => {
                return Err(Error::data(
                    part.rows.place(i),
                    format!(
                        "the clock of {zone} never showed {}: it was put forward over that hour",
                        format_time(local)
                    ),
                )
                .hint("the times are on another clock; find out which, and give it with --timezone"));
            }
        };
        part.rows.time_ms[i] = utc;
        before = utc;
    }
    part.notes.push(format!("times are of the clock of {zone} and made UTC"));
    if twice > 0 {
        part.notes.push(format!("{twice} times that this clock showed twice, when it was put back, are told apart by the order of the rows"));
    }
    Ok(zone)
}

#[cfg(test)]
mod tests {
    use super::super::tests::part_of;
    use super::*;
    use crate::market::parse_time;

    #[test]
    fn local_times_become_utc_in_their_order() {
        let ms = |t: &str| parse_time(t).unwrap();
        let mut part = part_of(
            &["2024-11-03 00:30", "2024-11-03 01:30", "2024-11-03 01:30", "2024-11-03 02:30"].map(ms),
        );
        part.clock = SourceClock::Asked;
        let options = Options { zone: Some(Zone::NEW_YORK), ..Options::default() };
        to_utc("a", &mut part, &options).unwrap();
        let want = ["2024-11-03 04:30", "2024-11-03 05:30", "2024-11-03 06:30", "2024-11-03 07:30"].map(ms);
        assert_eq!(part.rows.time_ms, want);
        assert!(part.notes[1].starts_with("2 times that this clock showed twice"), "{:?}", part.notes);
        // The same from new to old.
        let local = ["2024-11-03 02:30", "2024-11-03 01:30", "2024-11-03 01:30", "2024-11-03 00:30"].map(ms);
        let mut back = part_of(&local);
        back.clock = SourceClock::Asked;
        to_utc("a", &mut back, &options).unwrap();
        assert!(back.rows.time_ms.iter().rev().eq(&want), "{:?}", back.rows.time_ms);

        let mut part = part_of(&[ms("2024-03-10 02:30")]);
        part.clock = SourceClock::Asked;
        let e = to_utc("a", &mut part, &options).unwrap_err().to_string();
        assert!(e.contains("never showed 2024-03-10 02:30:00"), "{e}");
        part.clock = SourceClock::Utc;
        assert!(to_utc("a", &mut part, &options).unwrap_err().to_string().contains("UTC by themselves"));
        part.clock = SourceClock::Asked;
        to_utc("a", &mut part, &Options::default()).unwrap();
        assert!(part.questions[0].contains("--timezone"));
    }
}
