//! What a history is known by although its file was cut, resampled, rescaled or written anew: the returns of its days.

use std::path::{Path, PathBuf};

use super::ROWS;
use crate::data::table::{self, Column, Table, TextColumn};
use crate::error::Result;
use crate::market::Bars;
use crate::metrics::day_of_close;
use crate::stats::{correlation, std_dev};

/// From so many steps between common days on the correlation decides, below it the share of days that agree as well.
const FEW_DAYS: usize = 60;

/// Below so many steps the correlation says nothing.
const LEAST_DAYS: usize = 10;

/// From this correlation of daily log returns on, two histories are one market.
const ONE_MARKET: f64 = 0.98;

/// The same of few of them.
const ONE_MARKET_OF_FEW: f64 = 0.99;

/// Of few steps, so large a share must agree.
const AGREEING: f64 = 0.95;

/// Log returns that differ by no more agree.
const AGREES: f64 = 1e-4;

/// From so many steps on the prices of two markets have had the time to part.
const LEAST_OF_LEVELS: usize = 180;

/// Two prices that never part by more than so many standard deviations of a step are one market by clocks that are hours
/// apart: half a day, the most with days moved by one, leaves the root of one half. Prices of two markets drift apart
/// without end.
const NEVER_PART: f64 = 0.85;

/// Prices that do not even go together so far are two.
const LEAST_TIE: f64 = 0.5;

/// By so many days a history may be moved: its clock runs apart, or its bars are known one later.
const MOVED_DAYS: [i32; 3] = [0, -1, 1];

/// The daily returns of a history, few enough to be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct HistorySketch {
    /// Identity of its bars.
    pub bars_id: String,
    /// Days on which a bar closes, days since 1970-01-01, UTC, rising.
    pub days: Vec<i32>,
    /// The log return of the last close of each since that of the day before it in the history; 0 of the first.
    pub returns: Vec<f32>,
}

/// What two histories are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryRelation {
    /// The same bars.
    Same,
    /// The same market, in part or in another form; prices turned upside down are one as well.
    Child,
    /// The same market by another clock, apart by a day at most.
    Moved,
    /// Another market with days in common.
    OtherMarketSameTime,
    /// No day in common.
    OtherTime,
}

impl HistorySketch {
    /// The sketch of `bars`.
    pub fn of(bars: &Bars) -> Self {
        let mut closes: Vec<(i32, f64)> = vec![];
        for (k, close) in bars.close().iter().enumerate() {
            let day = i32::try_from(day_of_close(bars.close_time(k))).unwrap_or(i32::MAX);
            match closes.last_mut() {
                Some(last) if last.0 == day => last.1 = *close,
                _ => closes.push((day, *close)),
            }
        }
        let first = closes.first().map(|c| (c.0, 0.0));
        let returns = closes.windows(2).map(|w| (w[1].0, libm::log(w[1].1 / w[0].1) as f32));
        let (days, returns) = first.into_iter().chain(returns).filter(|(_, r)| r.is_finite()).unzip();
        Self { bars_id: bars.id().to_owned(), days, returns }
    }

    /// What `other` is to it.
    pub fn relation(&self, other: &Self) -> HistoryRelation {
        if self.bars_id == other.bars_id {
            return HistoryRelation::Same;
        }
        let moved = MOVED_DAYS.map(|by| (by, self.steps(other, by)));
        if moved.iter().any(|(by, steps)| *by == 0 && is_one_market(steps)) {
            return HistoryRelation::Child;
        }
        if moved.iter().any(|(by, steps)| (*by != 0 && is_one_market(steps)) || never_part(steps)) {
            return HistoryRelation::Moved;
        }
        match self.common(other, 0).is_empty() {
            true => HistoryRelation::OtherTime,
            false => HistoryRelation::OtherMarketSameTime,
        }
    }

    /// The days from `first` to `last`, whatever lies around them.
    pub fn within(&self, first: i32, last: i32) -> Self {
        let kept = self.days.iter().zip(&self.returns).filter(|(day, _)| (first..=last).contains(*day));
        let (days, returns) = kept.map(|(day, r)| (*day, *r)).unzip();
        Self { bars_id: self.bars_id.clone(), days, returns }
    }

    /// Whether `other` shows the same market.
    pub fn is_of_one_market(&self, other: &Self) -> bool {
        matches!(
            self.relation(other),
            HistoryRelation::Same | HistoryRelation::Child | HistoryRelation::Moved
        )
    }

    /// Each day and the log of its last close, over that of the first of all.
    fn levels(&self) -> impl Iterator<Item = (i32, f64)> {
        let sum = |sum: &mut f64, (day, r): (&i32, &f32)| {
            *sum += f64::from(*r);
            Some((*day, *sum))
        };
        self.days.iter().zip(&self.returns).scan(0.0, sum)
    }

    /// The returns of both from one to the next of the days that both have, those of the other moved by so many days. A
    /// history that lacks days, or has one bar for many, is held against the same steps of the other.
    fn steps(&self, other: &Self, moved_days: i32) -> Vec<(f64, f64)> {
        let step = |w: &[(f64, f64)]| (w[1].0 - w[0].0, w[1].1 - w[0].1);
        self.common(other, moved_days).windows(2).map(step).collect()
    }

    /// The levels of both on the days that both have, those of the other moved by so many days.
    fn common(&self, other: &Self, moved_days: i32) -> Vec<(f64, f64)> {
        let mut others =
            other.levels().map(|(day, level)| (day.saturating_add(moved_days), level)).peekable();
        let mut both = vec![];
        for (day, own) in self.levels() {
            while others.next_if(|(d, _)| *d < day).is_some() {}
            both.extend(others.next_if(|(d, _)| *d == day).map(|(_, level)| (own, level)));
        }
        both
    }
}

/// Whether returns on the same days are those of one market.
fn is_one_market(steps: &[(f64, f64)]) -> bool {
    let (a, b): (Vec<f64>, Vec<f64>) = steps.iter().copied().unzip();
    let n = steps.len();
    if n >= FEW_DAYS {
        return tied(&a, &b) >= ONE_MARKET;
    }
    // Two markets that hardly move agree on every day, and say nothing by it.
    let moving: Vec<&(f64, f64)> =
        steps.iter().filter(|(a, b)| a.abs().max(b.abs()) > 2.0 * AGREES).collect();
    let same = |sign: f64| moving.iter().filter(|(a, b)| (a - sign * b).abs() <= AGREES).count();
    let agree = !moving.is_empty() && same(1.0).max(same(-1.0)) as f64 >= AGREEING * moving.len() as f64;
    agree || (n >= LEAST_DAYS && tied(&a, &b) >= ONE_MARKET_OF_FEW)
}

/// Whether the prices behind returns on the same days stay together, as those of one market by clocks that are hours apart:
/// what a regression of one price on the other leaves is small. Prices may be upside down, or move by a multiple.
fn never_part(steps: &[(f64, f64)]) -> bool {
    if steps.len() < LEAST_OF_LEVELS {
        return false;
    }
    let level = |of: fn(&(f64, f64)) -> f64| {
        let sums = steps.iter().scan(0.0, |sum, s| {
            *sum += of(s);
            Some(*sum)
        });
        sums.collect::<Vec<f64>>()
    };
    let (a, b) = (level(|s| s.0), level(|s| s.1));
    // How far each wanders, in units of its own step.
    let wanders = |levels: &[f64], of: fn(&(f64, f64)) -> f64| {
        std_dev(levels, 1) / std_dev(&steps.iter().map(of).collect::<Vec<f64>>(), 1)
    };
    let widest = wanders(&a, |s| s.0).max(wanders(&b, |s| s.1));
    let tied = tied(&a, &b);
    // What keeps to a level of its own never parts from anything.
    tied >= LEAST_TIE && widest * (1.0 - tied * tied).max(0.0).sqrt() <= NEVER_PART
}

/// How closely returns go together, upside down or not; 0 where it is not defined.
fn tied(a: &[f64], b: &[f64]) -> f64 {
    let c = correlation(&[a.to_vec(), b.to_vec()])[1].abs();
    if c.is_finite() { c } else { 0.0 }
}

/// Path of the sketches of line `line` of the ledger in `folder`.
pub(super) fn sketches_path(folder: &Path, line: u64) -> PathBuf {
    folder.join(ROWS).join(format!("histories-{line}.parquet"))
}

/// Where an older version kept those of a lock.
pub(super) fn older_path(folder: &Path, line: u64) -> PathBuf {
    folder.join(ROWS).join(format!("lock-{line}.parquet"))
}

/// The file of sketches.
pub(super) fn to_bytes(path: &Path, sketches: &[HistorySketch]) -> Result<Vec<u8>> {
    let each = || sketches.iter().flat_map(|s| s.days.iter().zip(&s.returns).map(move |d| (s, d)));
    let ids: Vec<&str> = each().map(|(s, _)| s.bars_id.as_str()).collect();
    let table = Table::new()
        .with("bars_id", Column::Str(TextColumn::collect(ids.iter().copied())))
        .with("day", Column::I64(each().map(|(_, (day, _))| i64::from(*day)).collect()))
        .with("log_return", Column::F64(each().map(|(_, (_, r))| f64::from(*r)).collect()));
    table::bytes(path, &table, &[])
}

/// Reads sketches.
pub(super) fn read(path: &Path) -> Result<Vec<HistorySketch>> {
    let t = table::read(path)?;
    let (ids, days, returns) = (t.labels("bars_id")?, t.i64("day")?, t.f64("log_return")?);
    let mut out: Vec<HistorySketch> = vec![];
    for k in 0..t.rows() {
        let id = ids.get(k).unwrap_or_default();
        if out.last().is_none_or(|s| s.bars_id != id) {
            out.push(HistorySketch { bars_id: id.to_owned(), days: vec![], returns: vec![] });
        }
        if let Some(last) = out.last_mut() {
            last.days.push(days[k] as i32);
            last.returns.push(returns[k] as f32);
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Columns, Timeframe};

    const HOUR: i64 = 3_600_000;

    /// Hours of a market that wanders by `seed`, from hour `from` to `to` of it, `scale` times its price.
    fn hours(seed: u64, (from, to): (usize, usize), scale: f64, every: usize) -> Bars {
        let (mut state, mut price) = (seed, 100.0f64);
        let walk: Vec<f64> = (0..to)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                price *= 1.0 + 0.01 * ((state >> 40) as f64 / (1u64 << 24) as f64 - 0.5);
                price
            })
            .collect();
        let at: Vec<usize> = (from..to).filter(|k| k % every == 0 && k + every <= to).collect();
        let close: Vec<f64> = at.iter().map(|k| scale * walk[k + every - 1]).collect();
        let columns = Columns {
            open_time: at.iter().map(|k| 1_609_459_200_000 + *k as i64 * HOUR).collect::<Vec<_>>().into(),
            open: close.clone().into(),
            high: close.clone().into(),
            low: close.clone().into(),
            volume: vec![1.0; close.len()].into(),
            close: close.into(),
        };
        Bars::new(Timeframe::from_ms(every as i64 * HOUR).unwrap(), columns).unwrap()
    }

    /// `bars` without the days, counted from the first, that `drop` names.
    fn without_days(bars: &Bars, drop: impl Fn(usize) -> bool) -> Bars {
        let kept: Vec<usize> = (0..bars.len()).filter(|k| !drop(k / 24)).collect();
        let of = |column: &[f64]| kept.iter().map(|k| column[*k]).collect::<Vec<_>>().into();
        let columns = Columns {
            open_time: kept.iter().map(|k| bars.open_time()[*k]).collect::<Vec<_>>().into(),
            open: of(bars.open()),
            high: of(bars.high()),
            low: of(bars.low()),
            close: of(bars.close()),
            volume: of(bars.volume()),
        };
        Bars::new(bars.timeframe(), columns).unwrap()
    }

    fn relation(a: &Bars, b: &Bars) -> HistoryRelation {
        let (a, b) = (HistorySketch::of(a), HistorySketch::of(b));
        assert_eq!(a.relation(&b), b.relation(&a));
        a.relation(&b)
    }

    #[test]
    fn another_form_of_a_market_is_its_child_and_another_market_is_not() {
        let whole = hours(1, (0, 4800), 1.0, 1);
        assert_eq!(relation(&whole, &hours(1, (0, 4800), 1.0, 1)), HistoryRelation::Same);
        let of = |bars: Bars| relation(&whole, &bars);
        for (what, bars) in [
            ("resampled", hours(1, (0, 4800), 1.0, 4)),
            ("days", hours(1, (0, 4800), 1.0, 24)),
            ("rescaled", hours(1, (0, 4800), 0.001, 1)),
            ("cut", hours(1, (2400, 4800), 1.0, 1)),
            ("cut to a month", hours(1, (4080, 4800), 1.0, 1)),
            ("three days", hours(1, (0, 4800), 1.0, 72)),
            ("weeks", hours(1, (0, 4800), 1.0, 168)),
            ("every second day", without_days(&whole, |d| d % 2 == 1)),
            ("without weekends", without_days(&whole, |d| d % 7 > 4)),
            ("cut within a day", hours(1, (4079, 4790), 1.0, 1)),
        ] {
            assert_eq!(of(bars), HistoryRelation::Child, "{what}");
        }
        for days in [1200, 4800] {
            let other = hours(2, (0, days), 1.0, 1);
            assert_eq!(of(other), HistoryRelation::OtherMarketSameTime, "{days}");
        }
        assert_eq!(
            relation(&hours(1, (0, 480), 1.0, 1), &hours(1, (480, 960), 1.0, 1)),
            HistoryRelation::OtherTime
        );
    }

    #[test]
    fn a_market_that_is_slightly_changed_is_its_child() {
        let whole = HistorySketch::of(&hours(1, (0, 4800), 1.0, 1));
        let other = HistorySketch::of(&hours(2, (0, 4800), 1.0, 1));
        let by = |share: f32| {
            let returns = whole.returns.iter().zip(&other.returns).map(|(r, o)| r + share * o).collect();
            HistorySketch { bars_id: "other".into(), returns, ..whole.clone() }
        };
        assert_eq!(whole.relation(&by(0.1)), HistoryRelation::Child);
        assert_eq!(whole.relation(&by(0.7)), HistoryRelation::OtherMarketSameTime);
    }

    /// `bars` by a clock that is so many hours ahead.
    fn ahead(bars: &Bars, by: i64) -> Bars {
        let columns = Columns {
            open_time: bars.open_time().iter().map(|t| t + by * HOUR).collect::<Vec<_>>().into(),
            open: bars.open().to_vec().into(),
            high: bars.high().to_vec().into(),
            low: bars.low().to_vec().into(),
            close: bars.close().to_vec().into(),
            volume: bars.volume().to_vec().into(),
        };
        Bars::new(bars.timeframe(), columns).unwrap()
    }

    #[test]
    fn another_clock_shows_the_same_market() {
        let year = hours(1, (0, 24 * 400), 1.0, 1);
        for by in [-24, -23, -12, -2, -1, 1, 2, 3, 11, 12, 13, 24] {
            assert_eq!(relation(&year, &ahead(&year, by)), HistoryRelation::Moved, "{by} hours");
        }
        // Half a year is enough, whatever the market, whatever the hours.
        for seed in 1..40 {
            let market = hours(seed, (0, 24 * 200), 1.0, 1);
            let by = [4, 8, 12, 16][seed as usize % 4];
            assert_eq!(relation(&market, &ahead(&market, by)), HistoryRelation::Moved, "{seed} {by}");
        }
        // Some months are enough where it is a day.
        let months = hours(1, (0, 24 * 100), 1.0, 1);
        assert_eq!(relation(&months, &ahead(&months, 24)), HistoryRelation::Moved);
        assert_eq!(relation(&months, &ahead(&months, 48)), HistoryRelation::OtherMarketSameTime);
    }

    #[test]
    fn markets_that_keep_to_a_level_are_not_one_for_that() {
        use crate::random::Stream;
        for (k, scale) in [(1, 1e-3), (2, 3e-5)] {
            let mut z = Stream::new(k, "peg", 0);
            for n in [40, 400] {
                let mut pegged = |id: &str| {
                    let levels: Vec<f64> = (0..=n).map(|_| scale * z.normal()).collect();
                    let returns = levels.windows(2).map(|w| (w[1] - w[0]) as f32).collect();
                    HistorySketch { bars_id: id.into(), days: (0..n).collect(), returns }
                };
                let (a, b) = (pegged("a"), pegged("b"));
                assert_eq!(a.relation(&b), HistoryRelation::OtherMarketSameTime, "{scale} {n}");
            }
        }
    }

    #[test]
    fn prices_upside_down_show_the_same_market() {
        let whole = HistorySketch::of(&hours(1, (0, 4800), 1.0, 1));
        let returns = whole.returns.iter().map(|r| -r).collect();
        let turned = HistorySketch { bars_id: "turned".into(), returns, ..whole.clone() };
        assert_eq!(whole.relation(&turned), HistoryRelation::Child);
        let (few, turned) = (whole.within(18_700, 18_705), turned.within(18_700, 18_705));
        assert_eq!((few.days.len(), few.relation(&turned)), (6, HistoryRelation::Child));
    }

    #[test]
    fn few_days_with_a_little_noise_are_a_child_and_those_of_a_like_market_are_not() {
        use crate::random::Stream;
        let (mut falsely, mut missed, mut found) = (0, 0, 0);
        for k in 0..300 {
            let mut z = Stream::new(k, "sketch", 0);
            for n in [15, 40, 100, 181, 400] {
                let market: Vec<f64> = (0..n).map(|_| 0.014 * z.normal()).collect();
                let sketch = |id: &str, returns: Vec<f64>| HistorySketch {
                    bars_id: id.into(),
                    days: (0..n).collect(),
                    returns: returns.iter().map(|r| *r as f32).collect(),
                };
                // Daily returns that correlate by .9, as of the largest markets of one kind.
                let like = market.iter().map(|r| 0.9 * r + 0.014 * 0.19f64.sqrt() * z.normal()).collect();
                let noisy = market.iter().map(|r| r + 2e-4 * z.normal()).collect();
                let own = sketch("own", market);
                falsely += u64::from(own.is_of_one_market(&sketch("like", like)));
                missed += u64::from(!own.is_of_one_market(&sketch("noisy", noisy)));
                found += 1;
            }
        }
        assert_eq!((missed, found), (0, 1500));
        assert!(falsely <= 15, "{falsely} of {found}");
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("histories-1.parquet");
        let sketches = [1, 2].map(|seed| HistorySketch::of(&hours(seed, (0, 240), 1.0, 1)));
        std::fs::write(&path, to_bytes(&path, &sketches).unwrap()).unwrap();
        assert_eq!(read(&path).unwrap(), sketches);
    }
}
