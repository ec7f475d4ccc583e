//! A file of longer bars out of one of shorter bars.

use std::path::Path;

use super::load::Loaded;
use super::metadata::FileMetadata;
use super::parquet_in::SYNTHETIC;
use super::parquet_out::write_parquet;
use super::table::{self, Column, Table};
use super::words::grouped as count;
use crate::error::{Error, Result};
use crate::market::{self, Anchor, Partial, Resampled, Timeframe, format_time};

/// Longer bars of a file, by the rules of [`market::resample`].
///
/// # Errors
/// `to` is no multiple of the length of the bars; every bar opens outside of the sessions, most lie across the edges of the longer bars;
/// or no longer bar is whole.
pub fn resample(loaded: &Loaded, to: Timeframe, anchor: Anchor) -> Result<Resampled> {
    let (bars, place) = (&loaded.bars, &loaded.file_name);
    let made = market::resample(bars, loaded.spread.as_deref(), to, anchor)?;
    let (n, from) = (bars.len(), bars.timeframe());
    let outside = made.tally.outside;
    if outside == n as u64 {
        let problem = format!("every one of {} bars of {from} opens outside of {anchor}", count(outside));
        let hint = if from >= Timeframe::D1 {
            "days are stamped by their date: anchor them at the epoch"
        } else {
            "is it the right session, time zone and market?"
        };
        return Err(Error::data(place, problem).hint(hint));
    }
    if let Some(row) = across(loaded, to, anchor) {
        let open = format_time(bars.open_time()[row]);
        let problem = format!("most bars of {from} lie across the edges of bars of {to}, as that of {open}");
        return Err(Error::data(place, problem).hint(
            "anchor at the session that begins with such a bar (--anchor session --session HH:MM), or give shorter bars",
        ));
    }
    if made.bars.is_empty() {
        let problem = format!("{} of {from} hold no whole bar of {to}", bars_of(n as u64));
        return Err(Error::data(place, problem).hint("name a shorter timeframe, or give more history"));
    }
    Ok(made)
}

/// A bar off the grid of the longer bars, where most are.
fn across(loaded: &Loaded, to: Timeframe, anchor: Anchor) -> Option<usize> {
    let from = loaded.bars.timeframe();
    let step = from.ms();
    let times = loaded.bars.open_time();
    let (mut within, mut off, mut first) = (0, 0, None);
    for (row, &t) in times.iter().enumerate() {
        let Some(span) = anchor.span_of(to, t) else { continue };
        // Months have no step: each begins on its first, as longer ones do.
        let past = if from.months().is_some() { from.phase(t) } else { (t - span.start_ms).rem_euclid(step) };
        within += 1;
        // A second early or late is jitter.
        if past.min(step - past) > 1000 {
            off += 1;
            first = first.or(Some(row));
        }
    }
    first.filter(|_| 2 * off > within)
}

/// Writes longer bars as Parquet with the spread where there is one; the file says what it was made from, and of which instrument it is.
///
/// # Errors
/// The file cannot be written.
pub fn write_resampled(path: &Path, made: &Resampled, source: &Loaded, anchor: Anchor) -> Result<()> {
    let said = FileMetadata { timeframe: Some(made.bars.timeframe()), ..source.metadata.clone() };
    let mut metadata = said.entries()?;
    metadata.push(("assay:resampled_from", format!("{} sha256:{}", source.file_name, source.sha256)));
    metadata.push(("assay:anchor", anchor.to_string()));
    if let (true, (key, Some(value))) = (source.synthetic, SYNTHETIC) {
        metadata.push((key, value.to_owned()));
    }
    let bars = &made.bars;
    let Some(spread) = &made.spread else { return write_parquet(path, bars, None, &metadata) };
    let mut table = Table::new().with("open_time", Column::TimeMs(bars.open_time().to_vec()));
    for (name, values) in [
        ("open", bars.open()),
        ("high", bars.high()),
        ("low", bars.low()),
        ("close", bars.close()),
        ("volume", bars.volume()),
        ("spread", spread),
    ] {
        table.push(name, Column::F64(values.to_vec()));
    }
    table::write(path, &table, &metadata)
}

/// What was counted, in words, a line each.
pub fn resampled_lines(made: &Resampled, from: Timeframe) -> Vec<String> {
    let (t, bars) = (&made.tally, &made.bars);
    let to = bars.timeframe();
    let mut lines = vec![match (bars.open_time().first(), bars.open_time().last()) {
        (Some(a), Some(b)) => format!(
            "{} of {to} from {} of {from}, {} to {}",
            bars_of(bars.len() as u64),
            count(t.source_bars),
            format_time(*a),
            format_time(*b)
        ),
        _ => format!("no bars of {to}"),
    }];
    let left = |p: &Partial| {
        format!("{}, which has {} of {} parts", format_time(p.open_ms), count(p.parts), count(p.expected))
    };
    if let Some(p) = &t.first {
        lines.push(format!("left out as history begins inside it: {}", left(p)));
    }
    if let Some(p) = &t.last {
        lines.push(format!("left out as it was not over: {}", left(p)));
    }
    lines.push(match t.incomplete {
        0 => "no bar lacks parts".to_owned(),
        n => {
            let lack = if n == 1 { "lacks" } else { "lack" };
            let parts = if t.missing_parts == 1 { "part" } else { "parts" };
            format!("{} {lack} {} {parts}", bars_of(n), count(t.missing_parts))
        }
    });
    if t.cut > 0 {
        let end = if t.cut == 1 { "ends" } else { "end" };
        lines.push(format!("{} {end} with the session, before {to} are over", bars_of(t.cut)));
    }
    if t.outside > 0 {
        lines.push(format!("{} of {from} outside of the sessions left out", bars_of(t.outside)));
    }
    if t.overlapping > 0 {
        lines
            .push(format!("{} of {from} left out that overlap one already complete", bars_of(t.overlapping)));
    }
    lines
}

fn bars_of(n: u64) -> String {
    format!("{} bar{}", count(n), if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Bars, Calendar, DailyHours, Hours, Zone};
    use crate::{LoadRequest, load};
    use assay_testing::real;

    fn epoch() -> Anchor {
        Anchor::Epoch(Calendar::Always)
    }

    fn tf(text: &str) -> Timeframe {
        text.parse().unwrap()
    }

    fn read(path: &Path) -> Loaded {
        load(path, &LoadRequest::default()).unwrap_or_else(|e| panic!("{e}"))
    }

    /// A file of `n` five-minute bars from a time on, with a spread.
    fn file(dir: &Path, from: &str, n: i64) -> Loaded {
        let from = crate::market::parse_time(from).unwrap();
        let mut text = "timestamp,open,high,low,close,volume,spread\n".to_owned();
        for k in 0..n {
            let (t, price) = (from + k * 300_000, 100 + k);
            text.push_str(&format!("{t},{price},{}.5,{}.5,{},2,0.{k}\n", price + 1, price - 1, price + 1));
        }
        let path = dir.join("a.csv");
        std::fs::write(&path, text).unwrap();
        read(&path)
    }

    #[test]
    fn a_file_comes_back_with_its_spread_and_says_what_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let loaded = file(dir.path(), "2024-03-08 00:55", 26);
        let made = resample(&loaded, Timeframe::H1, epoch()).unwrap();
        assert_eq!(
            resampled_lines(&made, tf("5m")),
            [
                "2 bars of 1h from 26 of 5m, 2024-03-08 01:00:00 to 2024-03-08 02:00:00",
                "left out as history begins inside it: 2024-03-08 00:00:00, which has 1 of 12 parts",
                "left out as it was not over: 2024-03-08 03:00:00, which has 1 of 12 parts",
                "no bar lacks parts",
            ]
        );
        let out = dir.path().join("b.parquet");
        write_resampled(&out, &made, &loaded, epoch()).unwrap();
        let again = read(&out);
        assert_eq!(again.bars.timeframe(), Timeframe::H1);
        assert_eq!((again.bars.open(), again.bars.close()), (&[101.0, 113.0][..], &[113.0, 125.0][..]));
        assert_eq!(again.spread.as_deref(), Some(&[0.12, 0.24][..]));
        let source = table::read(&out).unwrap().metadata("assay:resampled_from").unwrap().to_owned();
        assert_eq!(source, format!("a.csv sha256:{}", loaded.sha256));
        // A CSV says nothing of its instrument; what a file says is kept.
        assert_eq!(
            again.metadata,
            FileMetadata { timeframe: Some(Timeframe::H1), ..FileMetadata::default() }
        );
        let instrument =
            market::Instrument { symbol: "X".into(), tick: 0.5, ..market::Instrument::default() };
        let said = FileMetadata { symbol: Some("X".into()), timeframe: None, instrument: Some(instrument) };
        let named = Loaded { metadata: said.clone(), ..loaded.clone() };
        write_resampled(&out, &made, &named, epoch()).unwrap();
        assert_eq!(read(&out).metadata, FileMetadata { timeframe: Some(Timeframe::H1), ..said });
        // What was made from generated bars is no evidence about a market either.
        let generated = Loaded { synthetic: true, spread: None, ..loaded };
        let made = resample(&generated, Timeframe::H1, epoch()).unwrap();
        write_resampled(&out, &made, &generated, epoch()).unwrap();
        assert!(read(&out).synthetic);
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_reason() {
        let dir = tempfile::tempdir().unwrap();
        let loaded = file(dir.path(), "2024-03-08 00:02", 40);
        let message = |to: &str, anchor| resample(&loaded, tf(to), anchor).unwrap_err().to_string();
        let e = message("15m", epoch());
        assert!(
            e.starts_with(
                "a.csv: most bars of 5m lie across the edges of bars of 15m, as that of 2024-03-08 00:02:00"
            ),
            "{e}"
        );
        let hours: DailyHours = "09:30-16:00".parse().unwrap();
        let e = message("15m", Anchor::Session(Hours::Daily(hours.at(Zone::NEW_YORK))));
        assert!(
            e.starts_with(
                "a.csv: every one of 40 bars of 5m opens outside of the session 09:30-16:00 America/New_York"
            ),
            "{e}"
        );
        let from = |hours: &str| Anchor::Session(Hours::Daily(hours.parse().unwrap()));
        assert_eq!(resample(&loaded, tf("15m"), from("00:02")).unwrap().bars.len(), 13);
        assert!(message("7m", epoch()).starts_with("timeframe 7m: is no multiple"));
        assert!(message("1d", from("00:02")).starts_with("a.csv: 40 bars of 5m hold no whole bar of 1d"));
    }

    /// How many bars two files have of one time, and those that differ in any bit.
    fn compared(fine: &str, coarse: &str) -> Option<(usize, Vec<String>)> {
        let (fine, coarse) = (read(&real(fine)?).bars, read(&real(coarse)?).bars);
        let made = market::resample(&fine, None, coarse.timeframe(), epoch()).unwrap().bars;
        let row = |b: &Bars, i: usize| [b.open(), b.high(), b.low(), b.close(), b.volume()].map(|c| c[i]);
        let (mut common, mut differ) = (0, vec![]);
        for (k, t) in made.open_time().iter().enumerate() {
            let Ok(j) = coarse.open_time().binary_search(t) else { continue };
            common += 1;
            if row(&made, k) != row(&coarse, j) {
                differ.push(format_time(*t)[..16].to_owned());
            }
        }
        // Every bar that lies within the history of the finer ones was made.
        let within = (made.open_time().first().copied(), made.open_time().last().map(|t| t + 1));
        assert_eq!(coarse.rows_between(within.0, within.1).len(), common);
        Some((common, differ))
    }

    #[test]
    fn an_exchange_s_own_longer_bars_are_made_again() {
        // Those files were put together on 2023-11-10 from downloads that ended inside a bar.
        for (symbol, fine, coarse, common, differ) in [
            ("BTC", "5m", "15m", 47_966, &["2023-11-10 15:00", "2023-11-10 16:30"][..]),
            ("BTC", "5m", "1h", 11_991, &["2023-11-10 15:00"]),
            ("BTC", "15m", "1h", 11_991, &["2023-11-10 15:00", "2023-11-10 16:00"]),
            ("ETH", "5m", "15m", 47_967, &["2023-11-10 15:00", "2023-11-10 16:30"]),
            ("ETH", "5m", "1h", 11_991, &["2023-11-10 15:00"]),
            ("ETH", "15m", "1h", 11_991, &["2023-11-10 15:00", "2023-11-10 16:00"]),
        ] {
            let name = |tf: &str| format!("catman77-freqtrade/{symbol}_USDT_USDT-{tf}-futures.feather");
            let Some((n, which)) = compared(&name(fine), &name(coarse)) else { return };
            assert_eq!(
                (n, &which[..]),
                (common, &differ.iter().map(|d| (*d).to_owned()).collect::<Vec<_>>()[..]),
                "{symbol} {fine} {coarse}"
            );
        }
    }

    #[test]
    fn bars_of_several_downloads_agree_where_they_overlap() {
        for symbol in ["BTC", "ETH", "BNB", "SOL"] {
            let name = |tf: &str| format!("typhonun-freqtrade/{symbol}_USDT_USDT-{tf}-futures.feather");
            for (fine, coarse) in [("3m", "15m"), ("3m", "1h"), ("5m", "15m"), ("5m", "1h"), ("15m", "1h")] {
                let Some((n, differ)) = compared(&name(fine), &name(coarse)) else { continue };
                println!("{symbol} {fine} {coarse} {n} {differ:?}");
                assert!(n > 500);
                assert_eq!(differ, Vec::<String>::new(), "{symbol} {fine} {coarse}");
            }
            // The minutes are of other months.
            for coarse in ["5m", "15m", "1h"] {
                let Some(found) = compared(&name("1m"), &name(coarse)) else { continue };
                assert_eq!(found, (0, vec![]), "{symbol} {coarse}");
            }
        }
    }
}
