//! Does it help to hold the market only under some labels?

use serde::Serialize;

use super::{Ground, shift_seed};
use crate::random::Stream;
use crate::stats::{Interval, PValue, quantile_type7, sharpe_ratio, sorted};

/// The market held in the second half only under labels whose mean return in the first half was positive, after costs.
///
/// A label known at a close decides about the bar after it. The same labels shifted in a circle keep their shares, their
/// stays and their costs, and know nothing of the market: what they reach is what luck reaches.
#[derive(Debug, Clone, Serialize)]
pub struct FilterTest {
    /// Whether each label is held under.
    pub held: Vec<bool>,
    /// Share of bars held.
    pub exposure: f64,
    /// Annual Sharpe ratio of bar returns; `None` where nothing was held.
    pub sharpe: Option<f64>,
    /// Of holding always.
    pub always: Option<f64>,
    /// Median of the shifted labels.
    pub shifted_median: f64,
    /// Share of shifted labels at least as good, the real ones among them.
    pub p: f64,
    /// Where it would lie with endlessly many shifts, 95 %.
    pub p_interval: Interval,
}

/// Bars under a label in the first half below which it is not held.
const LEAST_BARS: usize = 30;

pub(super) fn test(g: &Ground<'_>, name: &str, labels: &[u8], kinds: usize) -> FilterTest {
    let change = |i: usize| g.close[i] / g.close[i - 1] - 1.0;
    let mut sums = vec![(0.0, 0usize); kinds];
    for i in g.from + 1..g.middle {
        if let Some((sum, n)) = sums.get_mut(usize::from(labels[i - 1])) {
            *sum += change(i);
            *n += 1;
        }
    }
    let held: Vec<bool> = sums.iter().map(|(sum, n)| *n >= LEAST_BARS && *sum > 0.0).collect();
    let moves: Vec<f64> = (g.middle..g.close.len()).map(change).collect();
    let known = &labels[g.middle - 1..g.close.len() - 1];
    let c = g.scenario.execution.costs();
    let side = (c.taker_bps + 0.5 * c.spread_bps + c.slippage_bps) * 1e-4;
    let hold = |shift: usize| -> Vec<f64> {
        let mut was = false;
        let now = |k: usize| held.get(usize::from(known[(k + shift) % known.len()])).is_some_and(|h| *h);
        let net = |(k, r): (usize, &f64)| {
            let is = now(k);
            let turned = is != was;
            was = is;
            (if is { *r } else { 0.0 }) - if turned { side } else { 0.0 }
        };
        moves.iter().enumerate().map(net).collect()
    };
    // Standing aside all the time earns nothing: a ratio of 0, as good as it is.
    let sharpe = |r: &[f64]| Some(sharpe_ratio(r, g.per_year)).filter(|s| s.is_finite());
    let own = sharpe(&hold(0));
    let shifted: Vec<f64> =
        shifts(known.len(), g.shifts, shift_seed(g.close, labels), &format!("filter {name}"))
            .into_iter()
            .map(|s| sharpe(&hold(s)).unwrap_or(0.0))
            .collect();
    let p = PValue::among(own.unwrap_or(0.0), &shifted);
    let in_market = known.iter().filter(|l| held.get(usize::from(**l)).is_some_and(|h| *h)).count();
    FilterTest {
        exposure: in_market as f64 / known.len() as f64,
        sharpe: own,
        always: sharpe(&moves),
        shifted_median: quantile_type7(&sorted(&shifted), 0.5),
        p: p.p,
        p_interval: p.interval,
        held,
    }
}

/// Places to begin a circle of `n` labels, none near their own: a shift by a few bars is hardly another sequence.
pub(super) fn shifts(n: usize, count: usize, seed: u64, purpose: &str) -> Vec<usize> {
    let near = (n / 20).max(1).min(n / 3);
    let mut s = Stream::new(seed, &format!("regime shifts {purpose}"), 0);
    (0..count).map(|_| near + s.below((n - 2 * near).max(1))).collect()
}
