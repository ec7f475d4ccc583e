//! Does a label say how far the next bar moves?

use serde::Serialize;

use super::filter::shifts;
use super::{Ground, shift_seed};
use crate::stats::{Interval, PValue};

/// The absolute log return of each bar of the second half, foretold as the mean of the first half under the label before it.
#[derive(Debug, Clone, Serialize)]
pub struct VolatilityTest {
    /// Mean absolute log return of the next bar in the first half, by label; `None` where there was no bar.
    pub by_label: Vec<Option<f64>>,
    /// Share of squared error saved against the mean of the whole first half; below 0 where labels made it worse.
    pub r2: f64,
    /// The same of labels shifted in a circle, median.
    pub shifted_median: f64,
    /// Share of shifted labels at least as good, the real ones among them.
    pub p: f64,
    /// Where it would lie with endlessly many shifts, 95 %.
    pub p_interval: Interval,
}

pub(super) fn test(g: &Ground<'_>, name: &str, labels: &[u8], kinds: usize) -> VolatilityTest {
    let size = |i: usize| libm::log(g.close[i] / g.close[i - 1]).abs();
    let mut sums = vec![(0.0, 0usize); kinds];
    let mut whole = (0.0, 0usize);
    for i in g.from + 1..g.middle {
        let v = size(i);
        whole = (whole.0 + v, whole.1 + 1);
        if let Some((sum, n)) = sums.get_mut(usize::from(labels[i - 1])) {
            *sum += v;
            *n += 1;
        }
    }
    let overall = whole.0 / whole.1 as f64;
    let by_label: Vec<Option<f64>> = sums.iter().map(|(sum, n)| (*n > 0).then(|| sum / *n as f64)).collect();
    let told: Vec<f64> = by_label.iter().map(|m| m.unwrap_or(overall)).collect();
    let moves: Vec<f64> = (g.middle..g.close.len()).map(size).collect();
    let known = &labels[g.middle - 1..g.close.len() - 1];
    let base: f64 = moves.iter().map(|v| (v - overall) * (v - overall)).sum();
    let r2 = |shift: usize| {
        let error: f64 = moves
            .iter()
            .enumerate()
            .map(|(k, v)| {
                let label = known[(k + shift) % known.len()];
                let d = v - told.get(usize::from(label)).copied().unwrap_or(overall);
                d * d
            })
            .sum();
        if base > 0.0 { 1.0 - error / base } else { 0.0 }
    };
    let own = r2(0);
    let mut shifted: Vec<f64> =
        shifts(known.len(), g.shifts, shift_seed(g.close, labels), &format!("volatility {name}"))
            .into_iter()
            .map(r2)
            .collect();
    let p = PValue::among(own, &shifted);
    shifted.sort_unstable_by(f64::total_cmp);
    VolatilityTest {
        by_label,
        r2: own,
        shifted_median: shifted[shifted.len() / 2],
        p: p.p,
        p_interval: p.interval,
    }
}
