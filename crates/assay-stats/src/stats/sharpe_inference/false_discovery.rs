//! How many finds are false, given a stated prior.

use super::super::deflated_sharpe::normal_cdf;
use super::normal_tail::{ln_normal_hazard, ln_normal_upper};
use super::prior::EdgePrior;
use super::shape::{ReturnShape, positive};

/// Annual Sharpe ratio of an edge where none is stated (convention).
pub const EDGE_SHARPE_ANNUAL: f64 = 1.0;

/// Sharpe ratios per period between which a critical value is looked for.
const WIDEST: f64 = 10.0;

/// Share of false ones among the strategies that pass a test of level `alpha`, which a real edge fails with
/// chance `beta`: the planned (predictive) false discovery rate `1 / (1 + (1 - beta) P1 / (alpha (1 - P1)))`.
///
/// M. Lopez de Prado, A. Lipton and V. Zoonekynd, "How to Use the Sharpe Ratio", SSRN 5520741 (2025),
/// equations 18 to 24. `None` for an `alpha` outside (0, 1] or a `beta` outside [0, 1].
pub fn planned_false_discovery_rate(prior: EdgePrior, alpha: f64, beta: f64) -> Option<f64> {
    let chances = alpha > 0.0 && alpha <= 1.0 && (0.0..=1.0).contains(&beta);
    chances.then(|| 1.0 / (1.0 + (1.0 - beta) * prior.odds() / alpha))
}

/// Two hypotheses on the true Sharpe ratio per period: none better than luck, and an edge. An estimate is
/// close to normal under both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EdgeHypotheses {
    /// True ratio without an edge.
    sr0: f64,
    /// True ratio with an edge, above `sr0`.
    sr1: f64,
    /// Standard error of the estimate without an edge.
    sd0: f64,
    /// With an edge.
    sd1: f64,
}

/// A test planned for a false discovery rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FalseDiscoveryPlan {
    /// Chance that a strategy without an edge passes.
    pub alpha: f64,
    /// Chance that one with an edge does not.
    pub beta: f64,
    /// Sharpe ratio per period above which an estimate passes; minus infinity where all may pass.
    pub critical: f64,
    /// Planned false discovery rate: the one asked for, or less where all may pass.
    pub rate: f64,
}

impl EdgeHypotheses {
    /// True ratios `sr0` and `sr1` with the variances of an estimate under each; `None` unless all is finite,
    /// the variances are positive and `sr1` exceeds `sr0`.
    pub fn new(sr0: f64, sr1: f64, variance0: f64, variance1: f64) -> Option<Self> {
        let (sd0, sd1) = (positive(variance0)?.sqrt(), positive(variance1)?.sqrt());
        (sr0.is_finite() && sr1.is_finite() && sr0 < sr1).then_some(Self { sr0, sr1, sd0, sd1 })
    }

    /// After a search: luck alone is expected to show `expected_max_sharpe`, and an edge shows `edge_sharpe`
    /// more; estimates from `periods` returns of such a `shape`. All per period; `expected_max_sharpe` is
    /// zero for a strategy alone.
    ///
    /// Lopez de Prado, Lipton and Zoonekynd (2025), but with the variance of one trial, not of the largest.
    /// `None` as in [`ReturnShape::sharpe_variance`] and unless `edge_sharpe` is positive.
    pub fn of(shape: &ReturnShape, periods: f64, expected_max_sharpe: f64, edge_sharpe: f64) -> Option<Self> {
        let (sr0, sr1) = (expected_max_sharpe, expected_max_sharpe + edge_sharpe);
        Self::new(sr0, sr1, shape.sharpe_variance(sr0, periods)?, shape.sharpe_variance(sr1, periods)?)
    }

    /// Chance that there is no edge if an estimate is at least `sharpe`: the observed false discovery rate
    /// `p0 (1 - P1) / (p0 (1 - P1) + p1 P1)`, p0 and p1 being the chances of such an estimate under the two
    /// hypotheses.
    ///
    /// Lopez de Prado, Lipton and Zoonekynd (2025). The tails are compared by their logarithms, so that there
    /// is a rate where both are zero in double precision. Mostly the prior's doing: never a reason to pass,
    /// and shown with other priors ([`EdgePrior::SHOWN`]). `None` for a ratio that is not finite.
    pub fn observed_false_discovery_rate(&self, sharpe: f64, prior: EdgePrior) -> Option<f64> {
        let rate = self.rate_above(sharpe, prior);
        (sharpe.is_finite() && !rate.is_nan()).then_some(rate)
    }

    /// The smallest Sharpe ratio per period above which no more than the share `rate` of finds is false.
    ///
    /// Lopez de Prado, Lipton and Zoonekynd (2025), by bisection on [-10, 10]. Minus infinity where even -10
    /// satisfies the rate. `None` for a rate outside (0, 1) and where no ratio satisfies it: an edge whose
    /// estimates scatter less than those of luck leaves the largest ones to luck.
    pub fn critical_for_rate(&self, rate: f64, prior: EdgePrior) -> Option<f64> {
        if !(rate > 0.0 && rate < 1.0) {
            return None;
        }
        let satisfied = |sharpe: f64| self.rate_above(sharpe, prior) <= rate;
        if satisfied(-WIDEST) {
            return Some(f64::NEG_INFINITY);
        }
        let most_telling = self.most_telling();
        satisfied(most_telling).then(|| boundary(-WIDEST, most_telling, satisfied))
    }

    /// The test with a planned false discovery rate of `rate`: `alpha = q / (1 - q) P1 / (1 - P1) (1 - beta)`
    /// at [`critical_for_rate`](Self::critical_for_rate), and `None` as there.
    pub fn plan(&self, rate: f64, prior: EdgePrior) -> Option<FalseDiscoveryPlan> {
        let critical = self.critical_for_rate(rate, prior)?;
        if critical == f64::NEG_INFINITY {
            // The formula would give a level above one.
            return Some(FalseDiscoveryPlan { alpha: 1.0, beta: 0.0, critical, rate: 1.0 - prior.chance() });
        }
        let z = (critical - self.sr1) / self.sd1;
        // Not as one less the other: beta may be one but for what a double can hold.
        let (beta, power) = (normal_cdf(z), normal_cdf(-z));
        Some(FalseDiscoveryPlan { alpha: rate / (1.0 - rate) * prior.odds() * power, beta, critical, rate })
    }

    fn scores(&self, sharpe: f64) -> (f64, f64) {
        ((sharpe - self.sr0) / self.sd0, (sharpe - self.sr1) / self.sd1)
    }

    /// Share without an edge of those above `sharpe`.
    fn rate_above(&self, sharpe: f64, prior: EdgePrior) -> f64 {
        let (z0, z1) = self.scores(sharpe);
        1.0 / (1.0 + prior.odds() * libm::exp(ln_normal_upper(z1) - ln_normal_upper(z0)))
    }

    /// The ratio up to [`WIDEST`] at which exceeding it tells most for an edge.
    ///
    /// The ratio of two normal densities turns once, and so does that of their tails. Of an edge that scatters
    /// more than luck it first falls and then rises, without end; of one that scatters less it rises up to
    /// where the tail of the edge begins to fall faster.
    fn most_telling(&self) -> f64 {
        if self.sd1 >= self.sd0 {
            return WIDEST;
        }
        boundary(-WIDEST, WIDEST, |sharpe| {
            let (z0, z1) = self.scores(sharpe);
            ln_normal_hazard(z1) - libm::log(self.sd1) > ln_normal_hazard(z0) - libm::log(self.sd0)
        })
    }
}

/// Where `holds`, false at `below`, becomes true, to the last bit; `above` where it does not before.
fn boundary(mut below: f64, mut above: f64, holds: impl Fn(f64) -> bool) -> f64 {
    loop {
        let middle = 0.5 * (below + above);
        if middle <= below || middle >= above {
            return above;
        }
        if holds(middle) { above = middle } else { below = middle }
    }
}
