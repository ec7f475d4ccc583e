//! How often a policy picks the order in which a bar reached two levels, told by finer bars.

use serde::Serialize;

use crate::data::Loaded;
use crate::error::{Error, Result};
use crate::execution::{Intrabar, Path, TouchKind, walk};
use crate::features::FeatureCache;
use crate::market::{Coverage, Timeframe, format_time};

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct IntrabarTruth {
    /// Length of the bars.
    pub timeframe: Timeframe,
    /// Length of the finer ones.
    pub fine: Timeframe,
    /// When the first bar looked into opened (UTC).
    pub from: String,
    /// When the last one opened.
    pub to: String,
    /// How far the finer bars can be used.
    pub coverage: Coverage,
    /// One row a pair of distances.
    pub brackets: Vec<BracketTruth>,
}

/// A stop and a target at the open of every bar, for a long and for a short.
#[derive(Debug, Clone, Serialize)]
pub struct BracketTruth {
    /// Distance of the stop, in average true ranges of the bar before.
    pub stop_atr: f64,
    /// Distance of the target.
    pub target_atr: f64,
    /// Positions, two a bar.
    pub positions: usize,
    /// Of these, positions whose bar reached both.
    pub ambiguous: usize,
    /// Of these, positions whose order the finer bars tell.
    pub told: usize,
    /// Of these, positions that reached the stop first.
    pub stop_first: usize,
    /// Of these, positions whose order each policy picks.
    pub right: Vec<(Intrabar, usize)>,
}

/// Distances of stop and target that are tried, in average true ranges.
const BRACKETS: [(f64, f64); 5] = [(0.25, 0.25), (0.5, 0.5), (1.0, 1.0), (0.25, 0.5), (0.5, 1.0)];
const POLICIES: [Intrabar; 5] =
    [Intrabar::Pessimistic, Intrabar::Optimistic, Intrabar::Ohlc, Intrabar::Olhc, Intrabar::Adaptive];
const ATR_BARS: f64 = 14.0;

/// Measures the policies over `loaded`, which has finer bars.
///
/// # Errors
/// There are no finer bars, or too few bars.
pub fn intrabar_truth(loaded: &Loaded) -> Result<IntrabarTruth> {
    let Some(finer) = &loaded.detail else {
        return Err(Error::usage("--detail", "no finer bars were given").hint("name their file"));
    };
    let (bars, detail) = (&loaded.bars, &finer.detail);
    let fine = detail.fine();
    let atr = FeatureCache::new(bars.clone()).get("atr", &[ATR_BARS]);
    let looked: Vec<usize> =
        (1..bars.len()).filter(|&i| !detail.of(i).is_empty() && atr[i - 1] > 0.0).collect();
    let (Some(&first), Some(&last)) = (looked.first(), looked.last()) else {
        return Err(Error::data(
            &loaded.file_name,
            "no bar that can be looked into has an average range before it",
        )
        .hint("give at least 16 bars with finer ones under them"));
    };
    let coarse = |i: usize| Path { open: bars.open()[i], high: bars.high()[i], low: bars.low()[i] };
    let brackets = BRACKETS.map(|(stop_atr, target_atr)| {
        let mut row = BracketTruth {
            stop_atr,
            target_atr,
            positions: 0,
            ambiguous: 0,
            told: 0,
            stop_first: 0,
            right: POLICIES.map(|p| (p, 0)).to_vec(),
        };
        for (&i, side) in looked.iter().flat_map(|i| [(i, 1.0), (i, -1.0)]) {
            let open = bars.open()[i];
            let (stop, target) = (open - side * stop_atr * atr[i - 1], open + side * target_atr * atr[i - 1]);
            row.positions += 1;
            let at = |path, policy| walk(path, side, stop, target, policy);
            let Some(_) = at(coarse(i), Intrabar::Pessimistic).filter(|t| t.ambiguous) else { continue };
            row.ambiguous += 1;
            // The order is known where the first finer bar that reaches either does not reach both.
            let truth = detail.of(i).find_map(|k| {
                let path = Path { open: fine.open()[k], high: fine.high()[k], low: fine.low()[k] };
                walk(path, side, stop, target, Intrabar::Pessimistic)
            });
            let Some(truth) = truth.filter(|t| !t.ambiguous) else { continue };
            row.told += 1;
            row.stop_first += usize::from(truth.kind == TouchKind::Stop);
            for (policy, right) in &mut row.right {
                let picked = at(coarse(i), *policy).is_some_and(|t| t.kind == truth.kind);
                *right += usize::from(picked);
            }
        }
        row
    });
    Ok(IntrabarTruth {
        timeframe: bars.timeframe(),
        fine: fine.timeframe(),
        from: format_time(bars.open_time()[first]),
        to: format_time(bars.open_time()[last]),
        coverage: detail.coverage.clone(),
        brackets: brackets.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::data::{LowerTimeframe, Quality};
    use crate::market::{Bars, Columns, Detail};

    fn bars(timeframe: &str, minutes: i64, rows: &[[f64; 4]]) -> Bars {
        let column = |k: usize| rows.iter().map(|r| r[k]).collect::<Vec<f64>>().into();
        let columns = Columns {
            open_time: (0..rows.len() as i64).map(|i| i * minutes * 60_000).collect(),
            open: column(0),
            high: column(1),
            low: column(2),
            close: column(3),
            volume: vec![1.0; rows.len()].into(),
        };
        Bars::new(timeframe.parse().unwrap(), columns).unwrap()
    }

    #[test]
    fn finer_bars_tell_which_came_first() {
        // Every hour falls by 4 and rises by 4 within its first and second half: the low comes first, always.
        let coarse = vec![[100.0, 104.0, 96.0, 100.0]; 20];
        let fine: Vec<[f64; 4]> = (0..40)
            .map(|k| if k % 2 == 0 { [100.0, 100.5, 96.0, 98.0] } else { [98.0, 104.0, 98.0, 100.0] })
            .collect();
        let bars_1h = bars("1h", 60, &coarse);
        let detail = Detail::new(&bars_1h, 0, bars("30m", 30, &fine)).unwrap();
        let loaded = Loaded {
            quality: Quality::of(&bars_1h, None),
            lead: 0,
            whole: bars_1h.clone(),
            bars: bars_1h,
            truth: None,
            spread: None,
            synthetic: false,
            sha256: String::new(),
            rows_in_file: 20,
            file_name: "b".to_owned(),
            detail: Some(LowerTimeframe {
                detail: Arc::new(detail),
                file_name: "f".to_owned(),
                sha256: String::new(),
            }),
            funding: None,
            metadata: crate::data::FileMetadata::default(),
        };
        let t = intrabar_truth(&loaded).unwrap();
        let row = &t.brackets[0];
        // The average range of 8 is known from row 14 on: five bars follow, a long and a short each.
        assert_eq!((row.positions, row.ambiguous, row.told, row.stop_first), (10, 10, 10, 5));
        let right: Vec<usize> = row.right.iter().map(|(_, n)| *n).collect();
        // Pessimistic and optimistic are right for one side each, low first for both, high first for none; the extremes are
        // equally far, where the nearer one first falls back to the one that hurts.
        assert_eq!(right, [5, 5, 0, 10, 5]);
        assert_eq!(t.brackets[2].ambiguous, 0, "levels 8 away are not reached");
        assert!(intrabar_truth(&Loaded { detail: None, ..loaded }).is_err());
    }
}
