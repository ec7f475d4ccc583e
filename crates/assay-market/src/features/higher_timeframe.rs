//! Features of longer bars, seen from shorter ones.

use super::longer::Longer;
use super::{FeatureCache, FeatureColumn, FeatureSpec};
use crate::error::{Error, Result};
use crate::market::{Bars, Columns, Timeframe, resample};

/// Longer bars made of a history, and how many of them are over at the close of each bar of it.
#[derive(Debug)]
pub struct Coarse {
    cache: FeatureCache,
    over: Vec<usize>,
}

impl Coarse {
    /// Bars of `longer` made of `bars`. A first, incomplete bar is dropped; a bar becomes visible only after it has closed.
    ///
    /// # Errors
    /// Its length is no multiple of that of the bars.
    pub(super) fn of(bars: &Bars, longer: Longer, limit: usize) -> Result<Self> {
        let made = resample(bars, None, longer.timeframe, longer.anchor)?;
        let mut seen = 0;
        let over = (0..bars.len())
            .map(|i| {
                let now = bars.close_time(i);
                seen += made.ends[seen..].iter().take_while(|end| **end <= now).count();
                seen
            })
            .collect();
        Ok(Self { cache: FeatureCache::new(made.bars).bounded(limit), over })
    }

    /// Refuses longer bars that bars of `base` cannot make.
    pub(super) fn possible(base: Timeframe, longer: Longer) -> Result<()> {
        let none = Bars::new(base, Columns::default()).map_err(|f| Error::internal("bars", f.problem))?;
        Self::of(&none, longer, usize::MAX).map(|_| ())
    }

    /// The longer bars. At the close of bar `i` of the history the first [`over(i)`](Self::over) of them are known.
    pub fn bars(&self) -> &Bars {
        self.cache.bars()
    }

    /// How many longer bars are over at the close of bar `i` of the history: what a decision there may read of them.
    pub fn over(&self, i: usize) -> usize {
        self.over[i]
    }

    /// How many are over at the end of history.
    pub(super) fn known(&self) -> usize {
        self.over.last().copied().unwrap_or(0)
    }

    /// Row `i` is the value at the newest longer bar that is over at the close of bar `i`; NaN before the first.
    pub(super) fn column(&self, spec: &FeatureSpec) -> FeatureColumn {
        let values = self.cache.column(spec);
        self.over.iter().map(|n| n.checked_sub(1).map_or(f64::NAN, |k| values[k])).collect()
    }

    /// The first row at which more than `rows` longer bars are over; that after the last where none is.
    pub(super) fn row_after(&self, rows: usize) -> usize {
        self.over.partition_point(|n| *n <= rows)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::features::compute;

    const M: i64 = 60_000;

    fn bars(minutes: i64, times: &[i64], closes: &[f64]) -> Bars {
        let columns = Columns {
            open_time: times.iter().map(|t| t * M).collect(),
            open: closes.to_vec().into(),
            high: closes.iter().map(|c| c + 1.0).collect(),
            low: closes.iter().map(|c| c - 1.0).collect(),
            close: closes.to_vec().into(),
            volume: vec![1.0; closes.len()].into(),
        };
        Bars::new(Timeframe::from_ms(minutes * M).unwrap(), columns).unwrap()
    }

    fn column(bars: &Bars, name: &str) -> Vec<f64> {
        FeatureCache::new(bars.clone()).column(&name.parse().unwrap()).to_vec()
    }

    fn same(a: &[f64], b: &[f64]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
    }

    #[test]
    fn a_longer_bar_is_seen_from_its_close_on() {
        // Quarters from 00:30. Hours: the first is not whole; 01:00 closes at 4, 02:00 lacks its end and closes at 5, 03:00 at 8.
        let times = [30, 45, 60, 75, 90, 105, 120, 135, 180, 195, 210, 225, 240, 255];
        let closes = [9.0, 9.0, 1.0, 2.0, 3.0, 4.0, 6.0, 5.0, 2.0, 9.0, 7.0, 8.0, 3.0, 3.0];
        let bars = bars(15, &times, &closes.map(|c| c + 10.0));
        let n = f64::NAN;
        // Averages of two hours: (14 + 15) / 2 is known at the close of the bar of 03:00 at the earliest, which closes at 03:15, as there
        // is no bar at 02:45; (15 + 18) / 2 at the close of the bar of 03:45.
        let want = [n, n, n, n, n, n, n, n, 14.5, 14.5, 14.5, 16.5, 16.5, 16.5];
        assert!(same(&column(&bars, "sma:2@1h"), &want), "{:?}", column(&bars, "sma:2@1h"));
        // One hour: at the close of the bar of 01:45 at the earliest.
        let want = [n, n, n, n, n, 14.0, 14.0, 14.0, 15.0, 15.0, 15.0, 18.0, 18.0, 18.0];
        assert!(same(&column(&bars, "sma:1@1h"), &want), "{:?}", column(&bars, "sma:1@1h"));
        let cache = FeatureCache::new(bars.clone());
        let warmup = |name: &str| cache.warmup(&name.parse().unwrap());
        assert_eq!(
            (warmup("sma:1@1h"), warmup("sma:2@1h"), warmup("sma:2@15m"), warmup("sma:2")),
            (5, 8, 1, 1)
        );
        // That of its own bars is the column itself.
        assert!(same(&column(&bars, "ema:3@15m"), &column(&bars, "ema:3")));
    }

    #[test]
    fn a_day_of_new_york_is_seen_from_its_close_on() {
        // Hours from 1970-01-05 20:00 UTC, a Monday: 17:00 of New York is 22:00 UTC in winter.
        let times: Vec<i64> = (0..60).map(|h| (4 * 24 + 20 + h) * 60).collect();
        let closes: Vec<f64> = (0..60).map(|h| 100.0 + h as f64).collect();
        let bars = bars(60, &times, &closes);
        for name in ["sma:1@1d/17:00 America/New_York", "sma:1@1d/fx"] {
            let seen = column(&bars, name);
            // The day from 22:00 on closes with bar 25, the next with bar 49; that of the first two hours did not begin here.
            assert_eq!(seen.iter().position(|v| !v.is_nan()), Some(25), "{name} {seen:?}");
            assert_eq!((seen[25], seen[48], seen[49]), (125.0, 125.0, 149.0), "{name}");
        }
        let epoch = column(&bars, "sma:1@1d");
        assert_eq!((epoch.iter().position(|v| !v.is_nan()), epoch[27]), (Some(27), 127.0));
        let cache = FeatureCache::new(bars);
        let days = cache.longer(Longer::from_new_york_close("1d".parse().unwrap())).unwrap();
        assert_eq!((days.over(24), days.over(25), days.bars().close()[0]), (0, 1, 125.0));
    }

    #[test]
    fn columns_that_cannot_be_are_refused_by_name() {
        let times: Vec<i64> = (0..16).map(|k| k * 15).collect();
        let cache = FeatureCache::new(bars(15, &times, &[10.0; 16]));
        let message = |name: &str| cache.fits(&name.parse().unwrap()).unwrap_err().to_string();
        assert!(message("sma:2@20m").starts_with("feature sma:2@20m: timeframe 20m: is no multiple of"));
        assert!(message("sma:2@5m").starts_with("feature sma:2@5m: timeframe 5m: is not longer than"));
        assert!(
            message("sma:5@1h").starts_with(
                "feature sma:5@1h: needs 5 bars of 1h for its first value, and 16 of 15m hold 4"
            )
        );
        assert!(
            message("sma:17").starts_with("feature sma:17: needs 17 rows for its first value, was given 16")
        );
        assert!(cache.fits(&"sma:4@1h".parse().unwrap()).is_ok());
        assert!(cache.column(&"sma:2@20m".parse().unwrap()).iter().all(|v| v.is_nan()));
        // A hole parts the history for longer bars as well.
        let mut columns = cache.bars().columns().clone();
        let mut close = columns.close.to_vec();
        close[5] = f64::NAN;
        columns.close = close.into();
        let out = compute(&"sma:1@1h".parse().unwrap(), cache.bars().timeframe(), &columns).unwrap();
        let e = compute(&"sma:1@25m".parse().unwrap(), cache.bars().timeframe(), &columns).unwrap_err();
        assert!(e.to_string().starts_with("feature sma:1@25m: timeframe 25m: is no multiple"), "{e}");
        assert_eq!(out.iter().position(|v| !v.is_nan()), Some(3));
        assert!(out[5..11].iter().all(|v| v.is_nan()), "{out:?}");
        assert!(out[11..].iter().all(|v| *v == 10.0), "{out:?}");
    }

    proptest! {
        /// Bars with gaps and of uneven stamps: what is known at a bar does not change by what comes after it.
        #[test]
        fn a_cut_history_knows_the_same(
            start in 0i64..200,
            steps in prop::collection::vec((prop_oneof![8 => Just(5i64), 1 => 1i64..200], 90.0f64..110.0), 20..160),
            cut in any::<prop::sample::Index>(),
            which in 0usize..8,
        ) {
            let mut t = start;
            let (times, closes): (Vec<i64>, Vec<f64>) =
                steps.iter().map(|(step, close)| { t += step; (t, *close) }).unzip();
            let all = bars(5, &times, &closes);
            let name = [
                "efficiency_ratio:3@15m",
                "ema:2@30m",
                "atr:2@1h",
                "sma:1@10m",
                "obv@20m",
                "sma:1@30m/01:10-02:25 UTC",
                "ema:2@1d/17:00 America/New_York",
                "sma:1@1h/fx",
            ][which];
            let Ok(spec) = name.parse::<FeatureSpec>() else { panic!("{name}") };
            let cut = 1 + cut.index(all.len() - 1);
            let whole = FeatureCache::new(all.clone()).column(&spec);
            let part = FeatureCache::new(all.slice(0, cut)).column(&spec);
            prop_assert!(same(&part, &whole[..cut]), "{} at {}: {:?} {:?}", name, cut, part, &whole[..cut]);
        }
    }
}
