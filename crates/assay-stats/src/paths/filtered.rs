//! Filtered historical simulation: a GARCH model's volatility with the sample's own shocks.

use super::garch::Garch;
use crate::random::Stream;
use crate::stats::{automatic_block, mean, quantile_type7, sorted, std_dev, variance};

/// GARCH returns whose innovations are drawn, in blocks, from the standardised residuals of the sample.
///
/// G. Barone-Adesi, K. Giannopoulos and L. Vosper, Journal of Futures Markets 19 (1999), 583-602. Keeps fat tails, skew
/// and what little dependence the volatility model leaves; makes no use of a normal distribution.
#[derive(Debug, Clone, PartialEq)]
pub struct Filtered {
    garch: Garch,
    /// `(r_t - mean) / s_t`, shifted and scaled to mean 0 and variance 1.
    residuals: Vec<f64>,
    mean_block: f64,
    /// `kappa(s) / s^2` at `s = step, 2 step, ...`; see [`Filtered::compensator`].
    table: Vec<f64>,
    step: f64,
}

/// Points of the table of compensators, which reaches to three times the sample's first volatility.
const POINTS: usize = 256;

impl Filtered {
    /// Filters `returns` through a fitted model. The mean block is that of
    /// [`automatic_block`](crate::stats::automatic_block) for the residuals.
    pub fn of(garch: Garch, returns: &[f64]) -> Self {
        let variances = garch.variances(returns);
        let raw: Vec<f64> =
            returns.iter().zip(&variances).map(|(r, v)| (r - garch.mean) / v.sqrt()).collect();
        let (m, sd) = (mean(&raw), std_dev(&raw, 0));
        let residuals: Vec<f64> = raw.iter().map(|z| (z - m) / sd).collect();
        let mean_block = automatic_block(&residuals);
        Self { garch, residuals, mean_block, table: vec![], step: 0.0 }
    }

    /// The volatility model.
    pub fn garch(&self) -> &Garch {
        &self.garch
    }

    /// The standardised residuals, in order of time.
    pub fn residuals(&self) -> &[f64] {
        &self.residuals
    }

    /// Mean length of the blocks of residuals, in bars.
    pub fn mean_block(&self) -> f64 {
        self.mean_block
    }

    /// The same with an expected growth of the price of zero in every bar, whatever came before.
    ///
    /// Residuals are then drawn one by one: a block would give the next residual away, and a price that stays only on
    /// average over blocks is no negative control.
    pub fn driftless(mut self) -> Self {
        self.garch.driftless = true;
        self.mean_block = 1.0;
        let top = 3.0 * self.garch.first_variance().max(self.garch.backcast).sqrt();
        self.step = top / POINTS as f64;
        self.table = (1..=POINTS)
            .map(|k| {
                let s = k as f64 * self.step;
                self.log_mean_exp(s) / (s * s)
            })
            .collect();
        self
    }

    /// `kappa(s)`, the log of the mean of `exp(s z)` over the residuals.
    fn log_mean_exp(&self, s: f64) -> f64 {
        let sum: f64 = self.residuals.iter().map(|z| libm::expm1(s * z)).sum();
        libm::log1p(sum / self.residuals.len() as f64)
    }

    /// `kappa(s)`: by linear interpolation of the smooth `kappa(s) / s^2` in a table, exact beyond it.
    fn compensator(&self, s: f64) -> f64 {
        let at = s / self.step - 1.0;
        if at.is_nan() || at >= (POINTS - 1) as f64 || self.table.len() != POINTS {
            return self.log_mean_exp(s);
        }
        // Below the first point the first slope goes on: the limit at zero is 1/2.
        let k = at.max(0.0) as usize;
        let ratio = self.table[k] + (self.table[k + 1] - self.table[k]) * (at - k as f64);
        ratio * s * s
    }

    /// Median of the variances of 20 paths as long as the sample; always of the same random streams.
    pub(super) fn usual_variance(&self) -> f64 {
        let n = self.residuals.len();
        let of_path = |k| {
            let mut path = Vec::with_capacity(n);
            self.path(n, &mut Stream::new(0, "variance of a filtered model", k), &mut path);
            variance(&path, 1)
        };
        quantile_type7(&sorted(&(0..20).map(of_path).collect::<Vec<_>>()), 0.5)
    }

    /// Appends `n` returns; one draw a bar. The first bar has the variance of the sample's first.
    pub fn path(&self, n: usize, stream: &mut Stream, out: &mut Vec<f64>) {
        let size = self.residuals.len();
        if size == 0 {
            return;
        }
        let (mut variance, mut at) = (self.garch.first_variance(), size - 1);
        let begins = 1.0 / self.mean_block.max(1.0);
        for t in 0..n {
            // One number decides whether a block begins and, if so, where.
            let u = stream.uniform();
            at = if t == 0 {
                ((u * size as f64) as usize).min(size - 1)
            } else if u < begins {
                ((u / begins * size as f64) as usize).min(size - 1)
            } else if at + 1 < size {
                at + 1
            } else {
                0
            };
            let s = variance.sqrt();
            let shock = s * self.residuals[at];
            out.push(shock + if self.garch.driftless { -self.compensator(s) } else { self.garch.mean });
            variance = self.garch.next_variance(variance, shock);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_testing::garch;

    fn sample() -> Filtered {
        let x: Vec<f64> =
            garch(7, 1500, 0.0003, 0.000002, 0.1, 0.88).iter().map(|r| r + 200.0 * r * r * r).collect();
        Filtered::of(Garch::fit(&x, false), &x)
    }

    #[test]
    fn residuals_are_standard_and_paths_look_like_the_sample() {
        let f = sample();
        assert!(mean(f.residuals()).abs() < 1e-12 && (variance(f.residuals(), 0) - 1.0).abs() < 1e-12);
        let mut path = vec![];
        f.path(300_000, &mut Stream::new(1, "test", 0), &mut path);
        let long_run = f.garch().omega / (1.0 - f.garch().persistence());
        let ratio = variance(&path, 0) / long_run;
        assert!((ratio - 1.0).abs() < 0.25, "{ratio}");
        assert!((mean(&path) - f.garch().mean).abs() < 4.0 * std_dev(&path, 0) / 300_000f64.sqrt() * 2.0);
        // Blocks take residuals in their order.
        let long = Filtered { mean_block: f64::INFINITY, ..f.clone() };
        let mut a = vec![];
        long.path(3000, &mut Stream::new(1, "test", 0), &mut a);
        let sign = |r: f64| r > f.garch().mean;
        let shift =
            (0..1500).find(|s| (0..3000).all(|t| sign(a[t]) == (f.residuals()[(t + s) % 1500] > 0.0)));
        assert!(shift.is_some());
    }

    #[test]
    fn driftless_prices_are_expected_to_stay() {
        let f = sample().driftless();
        for s in [1e-5, 0.003, 0.0101, 0.02, 0.0299, 0.5] {
            assert!((f.compensator(s) - f.log_mean_exp(s)).abs() < 1e-6 * s * s, "{s}");
        }
        let mut path = vec![];
        f.path(300_000, &mut Stream::new(1, "test", 0), &mut path);
        let growth: Vec<f64> = path.iter().map(|r| r.exp()).collect();
        assert!((mean(&growth) - 1.0).abs() < 4.0 * std_dev(&growth, 1) / 300_000f64.sqrt());
    }
}
