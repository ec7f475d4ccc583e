//! LowerTimeframe bars under coarse ones.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Bars, format_time};

/// LowerTimeframe bars of the same market, by the coarse bar they lie in. Only coarse bars that their finer ones cover without a gap
/// and agree with can be looked into.
#[derive(Debug, Clone)]
pub struct Detail {
    fine: Bars,
    /// LowerTimeframe bars of each coarse one; empty where it cannot be looked into.
    within: Vec<Range<usize>>,
    /// What was found.
    pub coverage: Coverage,
}

/// How far finer bars can be used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// Coarse bars.
    pub bars: usize,
    /// Of these, bars that can be looked into.
    pub covered: usize,
    /// Bars of which finer ones are missing.
    pub incomplete: usize,
    /// Bars whose prices are not those of their finer ones.
    pub disagree: usize,
    /// The first of these, in words.
    pub first_disagreement: Option<String>,
}

/// Relative difference below which two prices are one.
const SAME: f64 = 1e-9;

impl Detail {
    /// Puts `fine` under `coarse`, from bar `first` on: nothing fills in the bars before it.
    ///
    /// # Errors
    /// The timeframe of `fine` does not divide that of `coarse`, or no coarse bar can be looked into.
    pub fn new(coarse: &Bars, first: usize, fine: Bars) -> Result<Self, String> {
        let (step, part) = (coarse.timeframe().ms(), fine.timeframe().ms());
        if part >= step || step % part != 0 {
            return Err(format!(
                "bars of {} do not lie under bars of {}: they must be shorter and divide them",
                fine.timeframe(),
                coarse.timeframe()
            ));
        }
        let parts = (step / part) as usize;
        let n = coarse.len();
        let mut c =
            Coverage { bars: n - first, covered: 0, incomplete: 0, disagree: 0, first_disagreement: None };
        let mut within = vec![0..0; first];
        within.reserve_exact(n - first);
        let times = fine.open_time();
        let mut from = 0;
        for (i, &open) in coarse.open_time().iter().enumerate().skip(first) {
            from += times[from..].partition_point(|t| *t < open);
            let to = from + times[from..].partition_point(|t| *t < open + step);
            if to - from < parts {
                c.incomplete += 1;
                within.push(0..0);
            } else if let Some(what) = disagreement(coarse, i, &fine, from..to) {
                c.disagree += 1;
                c.first_disagreement.get_or_insert(what);
                within.push(0..0);
            } else {
                c.covered += 1;
                within.push(from..to);
            }
            from = to;
        }
        if c.covered == 0 && first < n {
            return Err(match c.first_disagreement {
                Some(what) => format!("no bar agrees with its finer ones; {what}"),
                None => "the finer bars cover no bar".to_owned(),
            });
        }
        Ok(Self { fine, within, coverage: c })
    }

    /// The finer bars.
    #[inline]
    pub fn fine(&self) -> &Bars {
        &self.fine
    }

    /// Indices of the finer bars of coarse bar `i`; empty where it cannot be looked into.
    #[inline]
    pub fn of(&self, i: usize) -> Range<usize> {
        self.within.get(i).cloned().unwrap_or_default()
    }
}

/// The first price of a coarse bar that its finer ones do not give.
#[inline]
fn disagreement(coarse: &Bars, i: usize, fine: &Bars, at: Range<usize>) -> Option<String> {
    let highest = fine.high()[at.clone()].iter().copied().fold(f64::MIN, f64::max);
    let lowest = fine.low()[at.clone()].iter().copied().fold(f64::MAX, f64::min);
    [
        ("open", coarse.open()[i], fine.open()[at.start]),
        ("high", coarse.high()[i], highest),
        ("low", coarse.low()[i], lowest),
        ("close", coarse.close()[i], fine.close()[at.end - 1]),
    ]
    .into_iter()
    .find(|(_, a, b)| (a - b).abs() > SAME * a.abs())
    .map(|(name, a, b)| {
        format!("the {name} of {} is {a}, of its finer bars {b}", format_time(coarse.open_time()[i]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Columns, Timeframe};

    fn bars(timeframe: Timeframe, rows: &[(i64, [f64; 4])]) -> Bars {
        let column = |k: usize| rows.iter().map(|r| r.1[k]).collect::<Vec<f64>>().into();
        let columns = Columns {
            open_time: rows.iter().map(|r| r.0 * 60_000).collect(),
            open: column(0),
            high: column(1),
            low: column(2),
            close: column(3),
            volume: vec![1.0; rows.len()].into(),
        };
        Bars::new(timeframe, columns).unwrap()
    }

    #[test]
    fn only_whole_bars_that_agree_can_be_looked_into() {
        let h1 = Timeframe::H1;
        let coarse = bars(
            h1,
            &[(0, [10.0, 12.0, 9.0, 11.0]), (60, [11.0, 11.0, 10.0, 10.0]), (120, [10.0, 10.0, 10.0, 10.0])],
        );
        let half: Timeframe = "30m".parse().unwrap();
        let fine = bars(
            half,
            &[
                (0, [10.0, 12.0, 10.0, 10.0]),
                (30, [10.0, 11.0, 9.0, 11.0]),
                (60, [11.0, 11.5, 10.0, 10.0]),
                (90, [10.0, 10.0, 10.0, 10.0]),
                (150, [10.0, 10.0, 10.0, 10.0]),
            ],
        );
        let d = Detail::new(&coarse, 0, fine.clone()).unwrap();
        assert_eq!((d.of(0), d.of(1), d.of(2), d.of(9)), (0..2, 0..0, 0..0, 0..0));
        let c = &d.coverage;
        assert_eq!((c.bars, c.covered, c.incomplete, c.disagree), (3, 1, 1, 1));
        assert_eq!(
            c.first_disagreement.as_deref(),
            Some("the high of 1970-01-01 01:00:00 is 11, of its finer bars 11.5")
        );
        assert!(Detail::new(&fine, 0, coarse).unwrap_err().contains("must be shorter"));
        let off = bars(half, &[(600, [1.0; 4])]);
        assert_eq!(
            Detail::new(&bars(h1, &[(0, [1.0; 4])]), 0, off).unwrap_err(),
            "the finer bars cover no bar"
        );
    }
}
