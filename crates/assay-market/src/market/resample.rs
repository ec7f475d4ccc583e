//! Bars out of shorter bars.

use serde::{Deserialize, Serialize};

use super::anchor::{Anchor, AnchorSpan};
use super::{Bars, Columns, Timeframe};
use crate::error::{Error, Place, Result};

/// Stamps this near before a boundary count as the boundary: exchanges write some milliseconds off.
const JITTER: i64 = 1000;

/// Longer bars and what became of the shorter ones.
#[derive(Debug, Clone)]
pub struct Resampled {
    /// The bars, each at the time of its open.
    pub bars: Bars,
    /// When each ends: its length after its open, or earlier where a session ends.
    pub ends: Vec<i64>,
    /// Spread of the last bar of each, where the shorter ones have any.
    pub spread: Option<Vec<f64>>,
    /// What was counted.
    pub tally: Tally,
}

/// What became of the shorter bars.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Shorter bars there were.
    pub source_bars: u64,
    /// Those that open outside of every session and are in no longer bar.
    pub outside: u64,
    /// Those that overlap the end of a bar that was complete before them, left out.
    pub overlapping: u64,
    /// A first bar that began before the history, left out.
    pub first: Option<Partial>,
    /// A last bar that was not over, left out.
    pub last: Option<Partial>,
    /// Bars that lack parts.
    pub incomplete: u64,
    /// Parts they lack together.
    pub missing_parts: u64,
    /// Bars that end with their session before their length is over.
    pub cut: u64,
}

/// A bar that history does not hold whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partial {
    /// Its open, milliseconds UTC.
    pub open_ms: i64,
    /// Shorter bars there are of it.
    pub parts: u64,
    /// Shorter bars there should be.
    pub expected: u64,
}

/// A longer bar as far as its parts have been seen.
struct Building {
    span: AnchorSpan,
    parts: u64,
    first_ms: i64,
    last_ms: i64,
    open: f64,
    high: f64,
    low: f64,
    close: f64,
    volume: Sum,
    spread: f64,
}

/// Makes bars of `to` from shorter ones: the open of the first, the highest high, the lowest low, the close of the last, the sum
/// of volumes, the spread of the last.
///
/// A longer bar is made where at least one of its parts is there; what it lacks is counted. The first is left out where history
/// begins inside it, the last where history ends inside it. What a bar holds depends on nothing but the shorter bars inside it,
/// and what the bars say up to some instant on nothing after it. Volumes are added as decimals, so that their sum is the one an
/// exchange publishes, however history was divided before.
///
/// # Errors
/// `to` is no multiple of the length of the bars, or the anchor cannot cut it.
pub fn resample(bars: &Bars, spread: Option<&[f64]>, to: Timeframe, anchor: Anchor) -> Result<Resampled> {
    let from = bars.timeframe();
    // Of a month days are parts, and what days are multiples of.
    let parts_of = |to: Timeframe| match (to.months(), from.months()) {
        (Some(_), None) => 86_400_000 % from.ms() == 0,
        (None, Some(_)) => false,
        _ => to.ms() % from.ms() == 0,
    };
    if to <= from || !parts_of(to) {
        let problem = if to <= from { "is not longer than" } else { "is no multiple of" };
        return Err(Error::usage(
            Place::given("timeframe", to),
            format!("{problem} that of the bars, {from}"),
        )
        .hint(format!("name a multiple of {from}, or give shorter bars")));
    }
    anchor.accepts(to)?;
    let step = from.ms();
    let mut tally = Tally { source_bars: bars.len() as u64, ..Tally::default() };
    let mut made = built(bars, spread, to, anchor, &mut tally);
    let parts = |b: &Building| anchor.parts(b.span, step);
    let partial = |b: &Building| Partial {
        open_ms: b.span.start_ms,
        parts: b.parts,
        expected: parts(b).map_or(0, |o| o.count),
    };
    // To the nearest part.
    let near = step / 2;
    // Bars outside of sessions say that history goes on, or began before.
    let (begins, ends) = match bars.len() {
        0 => (i64::MAX, i64::MIN),
        n => (bars.open_time()[0], bars.close_time(n - 1)),
    };
    let open_end = |b: &&Building| parts(b).is_some_and(|o| o.last_ms > b.last_ms + near);
    if let Some(b) = made.last().filter(open_end).filter(|b| ends < b.span.end_ms) {
        tally.last = Some(partial(b));
        made.pop();
    }
    let open_start = |b: &&Building| parts(b).is_some_and(|o| o.first_ms < b.first_ms - near);
    if let Some(b) = made.first().filter(open_start).filter(|b| begins > b.span.start_ms) {
        tally.first = Some(partial(b));
        made.remove(0);
    }
    for b in &made {
        let p = partial(b);
        let lacks = p.expected.saturating_sub(p.parts);
        tally.incomplete += u64::from(lacks > 0);
        tally.missing_parts += lacks;
        tally.cut += u64::from(b.span.cut);
    }
    let columns = Columns {
        open_time: made.iter().map(|b| b.span.start_ms).collect(),
        open: made.iter().map(|b| b.open).collect(),
        high: made.iter().map(|b| b.high).collect(),
        low: made.iter().map(|b| b.low).collect(),
        close: made.iter().map(|b| b.close).collect(),
        volume: made.iter().map(|b| b.volume.total()).collect(),
    };
    let ends = made.iter().map(|b| b.span.end_ms).collect();
    let spread = spread.map(|_| made.iter().map(|b| b.spread).collect());
    let bars = Bars::new(to, columns).map_err(|f| {
        Error::data(Place::text(format_args!("bar {} of {to}", f.row + 1)), f.problem)
            .hint("is the volume of a part too large?")
    })?;
    Ok(Resampled { bars, ends, spread, tally })
}

/// The longer bars that any part is there of, in order.
fn built(
    bars: &Bars,
    spread: Option<&[f64]>,
    to: Timeframe,
    anchor: Anchor,
    tally: &mut Tally,
) -> Vec<Building> {
    let jitter = JITTER.min(bars.timeframe().ms() / 2);
    // A bar of several sessions also spans what lies between them.
    let whole = matches!(anchor, Anchor::Epoch(_)) || to <= Timeframe::D1;
    let mut made: Vec<Building> = vec![];
    for (row, &open_ms) in bars.open_time().iter().enumerate() {
        let at = open_ms.saturating_add(jitter);
        let same = made.last().map(|b| b.span).filter(|s| whole && (s.start_ms..s.end_ms).contains(&at));
        let Some(span) = same.or_else(|| anchor.span_of(to, at)) else {
            tally.outside += 1;
            continue;
        };
        if made.last().is_none_or(|b| b.span != span) {
            made.push(Building::new(span, open_ms, bars.open()[row]));
        } else if made.last().is_some_and(|b| b.last_ms + bars.timeframe().ms() >= span.end_ms) {
            // Who read the bar at its end has not seen this one.
            tally.overlapping += 1;
            continue;
        }
        if let Some(b) = made.last_mut() {
            b.parts += 1;
            b.last_ms = open_ms;
            b.high = b.high.max(bars.high()[row]);
            b.low = b.low.min(bars.low()[row]);
            b.close = bars.close()[row];
            b.volume.add(bars.volume()[row]);
            b.spread = spread.map_or(f64::NAN, |s| s[row]);
        }
    }
    made
}

impl Building {
    fn new(span: AnchorSpan, first_ms: i64, open: f64) -> Self {
        Self {
            span,
            parts: 0,
            first_ms,
            last_ms: first_ms,
            open,
            high: f64::MIN,
            low: f64::MAX,
            close: open,
            volume: Sum::default(),
            spread: f64::NAN,
        }
    }
}

/// A sum of decimals: that of their digits, as if they were added on paper, where none has more than [`DECIMALS`] and the sum is
/// small enough; else that of the numbers with the errors of its additions added at the end (Neumaier 1974).
#[derive(Default)]
struct Sum {
    sum: f64,
    lost: f64,
    decimals: usize,
}

/// Most decimals that a volume is looked at for, and the power of ten of each number of them.
const DECIMALS: usize = 8;
const TENS: [f64; DECIMALS + 1] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8];

/// Whole numbers up to here are exact.
const WHOLE: f64 = 9_007_199_254_740_992.0;

impl Sum {
    fn add(&mut self, v: f64) {
        let next = self.sum + v;
        self.lost += if self.sum.abs() >= v.abs() { (self.sum - next) + v } else { (v - next) + self.sum };
        self.sum = next;
        while self.decimals <= DECIMALS && decimal(v, self.decimals) != v {
            self.decimals += 1;
        }
    }

    fn total(&self) -> f64 {
        let sum = self.sum + self.lost;
        if self.decimals > DECIMALS || sum * TENS[self.decimals] >= WHOLE {
            return sum;
        }
        decimal(sum, self.decimals)
    }
}

/// The number of so many decimals nearest to `v`.
fn decimal(v: f64, decimals: usize) -> f64 {
    (v * TENS[decimals]).round() / TENS[decimals]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::market::{Calendar, DailyHours, Hours, Zone, parse_time};

    const M: i64 = 60_000;

    /// Bars of `step` at `times`, each a price step above the one before, spread and volume by row.
    fn walk(step: i64, times: &[i64], closes: &[f64]) -> (Bars, Vec<f64>) {
        let open: Vec<f64> = std::iter::once(100.0).chain(closes.iter().copied()).take(times.len()).collect();
        let columns = Columns {
            open_time: times.to_vec().into(),
            high: open.iter().zip(closes).map(|(o, c)| o.max(*c) + 0.5).collect(),
            low: open.iter().zip(closes).map(|(o, c)| o.min(*c) - 0.25).collect(),
            open: open.into(),
            close: closes.to_vec().into(),
            volume: (0..times.len()).map(|k| (k % 7) as f64 / 10.0).collect(),
        };
        let bars = Bars::new(Timeframe::from_ms(step).unwrap(), columns).unwrap();
        (bars, (0..times.len()).map(|k| k as f64).collect())
    }

    fn epoch() -> Anchor {
        Anchor::Epoch(Calendar::Always)
    }

    fn tf(text: &str) -> Timeframe {
        text.parse().unwrap()
    }

    /// Every bit of a bar.
    fn row(r: &Resampled, k: usize) -> Vec<u64> {
        let b = &r.bars;
        let values = [b.open()[k], b.high()[k], b.low()[k], b.close()[k], b.volume()[k]];
        let spread = r.spread.as_ref().map_or(0, |s| s[k].to_bits());
        let times = [b.open_time()[k] as u64, r.ends[k] as u64, spread];
        times.into_iter().chain(values.map(f64::to_bits)).collect()
    }

    fn rows(r: &Resampled) -> Vec<Vec<u64>> {
        (0..r.bars.len()).map(|k| row(r, k)).collect()
    }

    #[test]
    fn a_bar_that_lacks_its_end_is_over_once_a_bar_outside_of_the_session_is() {
        // Session 01:10 to 02:25: its last half hour has one part of three, then nothing until 04:07.
        let hours: DailyHours = "01:10-02:25".parse().unwrap();
        let anchor = Anchor::Session(Hours::Daily(hours));
        let made = |times: &[i64]| {
            let times: Vec<i64> = times.iter().map(|m| m * M).collect();
            let (bars, spread) = walk(5 * M, &times, &vec![101.0; times.len()]);
            let r = resample(&bars, Some(&spread), tf("30m"), anchor).unwrap();
            (
                r.ends.iter().map(|e| e / M).collect::<Vec<_>>(),
                r.tally.first.is_some(),
                r.tally.last.is_some(),
            )
        };
        assert_eq!(made(&[130]), (vec![], false, true));
        assert_eq!(made(&[130, 247]), (vec![145], false, false));
        // Bars before the session say that history did not begin inside its first bar.
        assert_eq!(made(&[75, 80, 85, 90, 95, 100]), (vec![], true, true));
        assert_eq!(made(&[60, 75, 80, 85, 90, 95, 100]), (vec![100], false, true));
    }

    #[test]
    fn a_bar_is_first_highest_lowest_last_and_sum() {
        // Five-minute bars from 00:10; the quarter at 00:45 lacks its middle, the one at 01:00 its last.
        let minutes = [10, 15, 20, 25, 30, 35, 40, 45, 55, 60, 65];
        let times: Vec<i64> = minutes.iter().map(|m| m * M).collect();
        let closes = [101.0, 103.0, 99.0, 102.0, 98.0, 97.0, 104.0, 105.0, 95.0, 96.0, 97.0];
        let (bars, spread) = walk(5 * M, &times, &closes);
        let r = resample(&bars, Some(&spread), tf("15m"), epoch()).unwrap();
        assert_eq!(r.bars.open_time(), [15 * M, 30 * M, 45 * M]);
        assert_eq!(r.ends, [30 * M, 45 * M, 60 * M]);
        assert_eq!(r.bars.open(), [101.0, 102.0, 104.0]);
        assert_eq!(r.bars.high(), [103.5, 104.5, 105.5]);
        assert_eq!(r.bars.low(), [98.75, 96.75, 94.75]);
        assert_eq!(r.bars.close(), [102.0, 104.0, 95.0]);
        assert_eq!(r.bars.volume(), [0.6, 1.5, 0.1]);
        assert_eq!(r.spread.unwrap(), [3.0, 6.0, 8.0]);
        let partial = |open_ms, parts| Some(Partial { open_ms, parts, expected: 3 });
        let want = Tally {
            source_bars: 11,
            first: partial(0, 1),
            last: partial(60 * M, 2),
            incomplete: 1,
            missing_parts: 1,
            ..Tally::default()
        };
        assert_eq!(r.tally, want);
    }

    #[test]
    fn session_bars_end_at_the_close_and_leave_out_what_is_outside() {
        // Half hours of two days around the clock change of New York, from before the open to after the close.
        let at = |text: &str| parse_time(text).unwrap();
        let day = |from: i64| (0..16).map(move |k| from + k * 30 * M);
        let times: Vec<i64> = day(at("2024-03-08 14:00")).chain(day(at("2024-03-11 13:00"))).collect();
        let closes: Vec<f64> = (0..32).map(|k| 100.0 + f64::from(k)).collect();
        let (bars, _) = walk(30 * M, &times, &closes);
        let hours: DailyHours = "09:30-16:00".parse().unwrap();
        let anchor = Anchor::Session(Hours::Daily(hours.at(Zone::NEW_YORK)));
        let r = resample(&bars, None, tf("1h"), anchor).unwrap();
        assert_eq!(r.bars.len(), 14);
        assert_eq!((r.tally.outside, r.tally.cut, r.tally.incomplete), (6, 2, 0));
        assert_eq!((r.tally.first, r.tally.last), (None, None));
        assert_eq!(r.bars.open_time()[6..8], [at("2024-03-08 20:30"), at("2024-03-11 13:30")]);
        assert_eq!(r.ends[6..8], [at("2024-03-08 21:00"), at("2024-03-11 14:30")]);
        // Hours that were cut make the same days.
        let days = |bars: &Bars| {
            let d = resample(bars, None, Timeframe::D1, anchor).unwrap();
            assert_eq!((d.tally.incomplete, d.tally.first, d.tally.last), (0, None, None));
            rows(&d)
        };
        assert_eq!(days(&r.bars), days(&bars));
        assert_eq!(days(&bars).len(), 2);
        // Of a week nothing but its sessions.
        let week =
            resample(&bars, None, tf("1w"), Anchor::Session(Hours::Calendar(Calendar::UsEquity))).unwrap();
        assert_eq!((week.bars.len(), week.tally.outside), (0, 6));
        assert_eq!(week.tally.last.map(|p| (p.parts, p.expected)), Some((13, 65)));
    }

    #[test]
    fn a_history_ends_whole_where_its_market_closes() {
        // Hours of a stock on two days, by UTC; each day ends hours before midnight.
        let at = |text: &str| parse_time(text).unwrap();
        let day = |from: i64| (0..7).map(move |k| from + k * 60 * M);
        let times: Vec<i64> = day(at("2024-07-01 13:30")).chain(day(at("2024-07-02 13:30"))).collect();
        let (bars, _) = walk(60 * M, &times, &[100.0; 14]);
        let by = |c: Calendar| resample(&bars, None, Timeframe::D1, Anchor::Epoch(c)).unwrap().tally;
        assert_eq!((by(Calendar::UsEquity).last, by(Calendar::UsEquity).incomplete), (None, 0));
        assert_eq!(by(Calendar::Always).last.map(|p| p.expected), Some(24));
    }

    #[test]
    fn jitter_moves_no_bar_and_overlaps_are_left_out() {
        let times = [0, 5 * M + 8, 10 * M - 3, 15 * M - 900, 17 * M, 20 * M, 25 * M];
        let closes: Vec<f64> = (0..7).map(|k| 100.0 + f64::from(k)).collect();
        let (bars, _) = walk(5 * M, &times, &closes);
        let r = resample(&bars, None, tf("15m"), epoch()).unwrap();
        assert_eq!((r.bars.open_time(), r.bars.close()), (&[0, 15 * M][..], &[102.0, 106.0][..]));
        assert_eq!((r.tally.overlapping, r.tally.missing_parts), (0, 0));
        let (bars, _) = walk(5 * M, &[0, 5 * M, 10 * M, 12 * M, 15 * M, 20 * M], &closes[..6]);
        let r = resample(&bars, None, tf("15m"), epoch()).unwrap();
        assert_eq!((r.bars.close(), r.tally.overlapping), (&[102.0][..], 1));
    }

    #[test]
    fn volumes_are_added_as_on_paper() {
        let of = |values: &[f64]| {
            let mut s = Sum::default();
            values.iter().for_each(|v| s.add(*v));
            s.total()
        };
        assert_eq!(of(&[0.1, 0.2]), 0.3);
        assert_eq!(of(&[12_345.678, 0.001, 20_000.0]), 32_345.679);
        assert_eq!(of(&[1e-8, 2e-8]), 3e-8);
        // More decimals than are looked for, and sums too large for them: the nearest number.
        assert_eq!(of(&[1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0]), 1.0);
        assert_eq!(of(&[1e300, 0.1]), 1e300);
        assert_eq!(of(&[1e16, 1.0, 1.0]), 1e16 + 2.0);
        assert_eq!(of(&[]), 0.0);
    }

    #[test]
    fn lengths_that_do_not_fit_are_refused() {
        let (bars, _) = walk(5 * M, &[0, 5 * M], &[100.0, 100.0]);
        for (to, words) in [("5m", "is not longer"), ("1m", "is not longer"), ("7m", "is no multiple")] {
            let e = resample(&bars, None, tf(to), epoch()).unwrap_err().to_string();
            assert!(e.starts_with(&format!("timeframe {to}: {words}")), "{e}");
        }
        let (none, _) = walk(5 * M, &[], &[]);
        assert!(resample(&none, None, tf("1h"), epoch()).unwrap().bars.is_empty());
    }

    /// A history with gaps, its spread, and a cut.
    fn histories() -> impl Strategy<Value = (Bars, Vec<f64>, usize)> {
        let row = (prop_oneof![9 => Just(1i64), 1 => 2i64..40], -1.0f64..1.0);
        (0i64..50, prop::collection::vec(row, 2..200), any::<prop::sample::Index>()).prop_map(
            |(start, steps, cut)| {
                let (mut t, mut price) = (start * 5 * M, 100.0);
                let (mut times, mut closes) = (vec![], vec![]);
                for (k, move_by) in &steps {
                    t += k * 5 * M;
                    price += move_by;
                    times.push(t);
                    closes.push(price);
                }
                let (bars, spread) = walk(5 * M, &times, &closes);
                let cut = cut.index(bars.len());
                (bars, spread, cut)
            },
        )
    }

    proptest! {
        #[test]
        fn every_bar_is_its_parts((bars, spread, _) in histories(), hours in 1i64..5) {
            let to = Timeframe::from_ms(hours * 60 * M).unwrap();
            let r = resample(&bars, Some(&spread), to, epoch()).unwrap();
            for k in 0..r.bars.len() {
                let (from, end) = (r.bars.open_time()[k], r.ends[k]);
                let part: Vec<usize> =
                    (0..bars.len()).filter(|i| (from..end).contains(&bars.open_time()[*i])).collect();
                let (first, last) = (part[0], part[part.len() - 1]);
                prop_assert_eq!(from.rem_euclid(to.ms()), 0);
                prop_assert_eq!(r.bars.open()[k], bars.open()[first]);
                prop_assert_eq!(r.bars.close()[k], bars.close()[last]);
                prop_assert!(part.iter().all(|i| bars.high()[*i] <= r.bars.high()[k]));
                prop_assert!(part.iter().any(|i| bars.high()[*i] == r.bars.high()[k]));
                prop_assert!(part.iter().all(|i| bars.low()[*i] >= r.bars.low()[k]));
                prop_assert!(part.iter().any(|i| bars.low()[*i] == r.bars.low()[k]));
                let volume: f64 = part.iter().map(|i| bars.volume()[*i]).sum();
                prop_assert!((r.bars.volume()[k] - volume).abs() < 1e-9);
                prop_assert_eq!(r.spread.as_ref().unwrap()[k], spread[last]);
            }
            // No part is lost but those of the first and last bar.
            let t = &r.tally;
            let left = [t.first, t.last].iter().flatten().map(|p| p.parts).sum::<u64>();
            let expected = r.bars.len() as u64 * hours as u64 * 12;
            prop_assert_eq!(t.source_bars - left, expected - t.missing_parts);
        }

        #[test]
        fn where_history_is_divided_makes_no_difference((bars, spread, cut) in histories(), hours in 1i64..5) {
            let to = Timeframe::from_ms(hours * 60 * M).unwrap();
            let whole = rows(&resample(&bars, Some(&spread), to, epoch()).unwrap());
            let part = |a: usize, b: usize| {
                rows(&resample(&bars.slice(a, b), Some(&spread[a..b]), to, epoch()).unwrap())
            };
            let (before, after) = (part(0, cut), part(cut, bars.len()));
            prop_assert_eq!(&whole[..before.len()], &before[..]);
            prop_assert_eq!(&whole[whole.len() - after.len()..], &after[..]);
            // Nothing is missing but a bar that was cut, or one on each side that already lacked its end there.
            prop_assert!(before.len() + after.len() + 2 >= whole.len());
        }

        #[test]
        fn two_steps_are_one((bars, spread, _) in histories()) {
            let once = resample(&bars, Some(&spread), tf("1h"), epoch()).unwrap();
            let quarter = resample(&bars, Some(&spread), tf("15m"), epoch()).unwrap();
            let twice = resample(&quarter.bars, quarter.spread.as_deref(), tf("1h"), epoch()).unwrap();
            // The ends of history may be cut off twice.
            let (once, twice) = (rows(&once), rows(&twice));
            prop_assert!(twice.iter().all(|b| once.contains(b)));
            prop_assert!(once.len() <= twice.len() + 2);
        }
    }
}
