//! Falls of an equity curve from its running peak.

use serde::{Deserialize, Serialize};

use super::nan_as_null;

/// The deepest and the longest fall of a curve. Places are indices into the curve, its start being 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Drawdown {
    /// Deepest fall, a positive fraction of the peak before it; above one where equity fell below zero.
    #[serde(with = "nan_as_null")]
    pub depth: f64,
    /// Peak before the deepest fall (the last point at that height).
    pub peak: usize,
    /// Lowest point of the deepest fall.
    pub trough: usize,
    /// First point back at the peak before the deepest fall; `None` where it was not reached again.
    pub recovery: Option<usize>,
    /// Most points in a row below an earlier peak, a fall still open at the end included.
    pub longest_underwater: usize,
    /// Most periods from a peak to the first point back at it, or to the end where it was not reached again.
    pub longest_duration: usize,
}

impl Drawdown {
    /// Measures a curve that starts above zero.
    ///
    /// Depth `max(1 - E_t / max(E_0..E_t))` (M. Magdon-Ismail and A. Atiya, Risk 17(10) (2004), 99-102; durations:
    /// convention). NaN and zero for an empty curve.
    pub fn of(equity: &[f64]) -> Self {
        let mut d = Self {
            depth: if equity.is_empty() { f64::NAN } else { 0.0 },
            peak: 0,
            trough: 0,
            recovery: None,
            longest_underwater: 0,
            longest_duration: 0,
        };
        let mut peak = 0;
        for (i, &e) in equity.iter().enumerate() {
            if e < equity[peak] {
                d.longest_underwater = d.longest_underwater.max(i - peak);
                d.longest_duration = d.longest_duration.max(i - peak);
                let depth = 1.0 - e / equity[peak];
                if depth > d.depth {
                    (d.depth, d.peak, d.trough, d.recovery) = (depth, peak, i, None);
                }
            } else {
                if i > peak + 1 {
                    d.longest_duration = d.longest_duration.max(i - peak);
                }
                if d.depth > 0.0 && d.peak == peak {
                    d.recovery = Some(i);
                }
                peak = i;
            }
        }
        d
    }
}

/// Fraction below the running peak at each point: zero at a peak, positive below it.
pub fn drawdowns(equity: &[f64]) -> Vec<f64> {
    let mut peak = f64::NEG_INFINITY;
    equity
        .iter()
        .map(|&e| {
            peak = peak.max(e);
            1.0 - e / peak
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_durations_by_hand() {
        //             0     1    2    3     4     5    6     7    8
        let equity = [1.0, 2.0, 1.5, 1.0, 2.0, 2.5, 2.4, 2.3, 2.2];
        let d = Drawdown::of(&equity);
        assert_eq!((d.depth, d.peak, d.trough, d.recovery), (0.5, 1, 3, Some(4)));
        assert_eq!((d.longest_underwater, d.longest_duration), (3, 3));
        assert_eq!(Drawdown::of(&equity[..4]).recovery, None);
        assert_eq!(Drawdown::of(&equity[..4]).longest_duration, 2);
        assert_eq!(Drawdown::of(&equity[..5]).longest_underwater, 2);
        assert_eq!(Drawdown::of(&equity[..5]).longest_duration, 3);
        assert_eq!(drawdowns(&equity[..5]), [0.0, 0.0, 0.25, 0.5, 0.0]);
    }

    #[test]
    fn a_level_or_rising_curve_never_falls() {
        for equity in [&[1.0][..], &[1.0, 1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]] {
            let d = Drawdown::of(equity);
            assert_eq!((d.depth, d.longest_underwater, d.longest_duration, d.recovery), (0.0, 0, 0, None));
        }
        assert!(Drawdown::of(&[]).depth.is_nan());
    }
}
