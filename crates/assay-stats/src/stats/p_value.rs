//! p-values that come from counting resamples, and how well so many resamples know them.

use super::distributions::clopper_pearson;
use super::interval::Interval;

/// A p-value of a statistic V from B resamples V*.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PValue {
    /// `(#(V* >= V) + 1) / (B + 1)`: valid with any number of resamples. The one to use.
    pub p: f64,
    /// `#(V* > V) / B`, as the papers have it; may be zero.
    pub p_gt: f64,
    /// Where the p of endlessly many resamples lies, 95 %: the exact interval of `#(V* >= V)` of B (Clopper and Pearson).
    pub interval: Interval,
}

impl PValue {
    /// Of so many resamples at least as large as the sample's statistic, and of those `above` it; NaN, and an interval from
    /// 0 to 1, of no resample.
    pub fn of(at_least: usize, above: usize, resamples: u32) -> Self {
        let b = f64::from(resamples);
        let all = Interval { lo: 0.0, hi: 1.0 };
        if resamples == 0 {
            return Self { p: f64::NAN, p_gt: f64::NAN, interval: all };
        }
        let interval = clopper_pearson(at_least as u64, u64::from(resamples), 0.95).unwrap_or(all);
        Self { p: (at_least + 1) as f64 / (b + 1.0), p_gt: above as f64 / b, interval }
    }

    /// The p-value of a statistic among those of `resamples` resamples, of which an undefined one (NaN) counts as larger.
    pub fn among(statistic: f64, resampled: &[f64]) -> Self {
        let count =
            |above: &dyn Fn(f64) -> bool| resampled.iter().filter(|v| v.is_nan() || above(**v)).count();
        let b = u32::try_from(resampled.len()).unwrap_or(u32::MAX);
        Self::of(count(&|v| v >= statistic), count(&|v| v > statistic), b)
    }

    /// Whether it is at most `level`; `None` where its interval holds the level, so that so few resamples do not tell.
    pub fn at_most(&self, level: f64) -> Option<bool> {
        self.interval.below(level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_testing::close;

    #[test]
    fn a_p_value_knows_how_well_it_is_known() {
        // Quantiles 0.025 of the beta distribution (40, 961) and 0.975 of (41, 960), by mpmath 1.3.
        let p = PValue::of(40, 38, 1000);
        assert_eq!((p.p, p.p_gt), (41.0 / 1001.0, 0.038));
        assert!(
            close(p.interval.lo, 0.02872762528589079, 1e-9)
                && close(p.interval.hi, 0.05407269681936849, 1e-9),
            "{p:?}"
        );
        assert_eq!((p.at_most(0.05), p.at_most(0.06), p.at_most(0.02)), (None, Some(true), Some(false)));
        for k in [0, 1, 50, 99] {
            let p = PValue::of(k, k, 99);
            assert!(p.interval.contains(p.p), "{p:?}");
        }
        let none = PValue::of(0, 0, 0);
        assert!(none.p.is_nan() && none.at_most(0.05).is_none());
    }

    #[test]
    fn what_is_undefined_counts_against_the_sample() {
        let p = PValue::among(2.0, &[1.0, 2.0, 3.0, f64::NAN]);
        assert_eq!((p.p, p.p_gt), (4.0 / 5.0, 0.5));
    }
}
