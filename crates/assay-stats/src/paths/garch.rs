//! Volatility that clusters: GARCH(1,1) and GJR-GARCH with a constant mean.

use super::bar_moments::BarMoments;
use super::simplex::minimise;
use crate::random::Stream;
use crate::stats::{is_rounding, mean, std_dev};

/// GJR-GARCH(1,1,1) with constant mean and normal innovations; GARCH(1,1) where `gamma` is zero.
///
/// `r_t = mean + e_t`, `e_t = s_t z_t`, `s_t^2 = omega + (alpha + gamma [e_t-1 < 0]) e_t-1^2 + beta s_t-1^2`. T. Bollerslev,
/// Journal of Econometrics 31 (1986), 307-327; L. R. Glosten, R. Jagannathan and D. E. Runkle, Journal of Finance 48
/// (1993), 1779-1801. Units: those of the returns, per bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Garch {
    /// Mean return.
    pub mean: f64,
    /// Constant of the variance.
    pub omega: f64,
    /// Weight of the last squared shock.
    pub alpha: f64,
    /// Further weight of the last squared shock where it was negative.
    pub gamma: f64,
    /// Weight of the last variance.
    pub beta: f64,
    /// The variance and squared shock before the first bar: [`backcast`] of the sample. Variances are kept between a
    /// millionth and a million times this.
    pub backcast: f64,
    /// Whether paths replace the mean by `-s_t^2 / 2`, at which the expected growth of the price is zero in every bar.
    pub driftless: bool,
}

/// Variance before the first return: squared deviations from the sample's mean over the first 75 returns, with weights
/// `0.94^i` (the convention of the Python package arch). NaN for no return.
pub fn backcast(returns: &[f64]) -> f64 {
    let m = mean(returns);
    let (mut weight, mut sum, mut weights) = (1.0, 0.0, 0.0);
    for r in &returns[..returns.len().min(75)] {
        sum += weight * ((r - m) * (r - m));
        weights += weight;
        weight *= 0.94;
    }
    sum / weights
}

impl Garch {
    /// `alpha + gamma / 2 + beta`: how much of a shock to the variance is left a bar later; below one if stationary.
    pub fn persistence(&self) -> f64 {
        self.alpha + 0.5 * self.gamma + self.beta
    }

    /// Moments of a bar in the long run. NaN where the persistence is not below one; kurtosis and autocorrelation of the
    /// squares also where the fourth moment is infinite. Without drift the mean is half the variance below zero.
    ///
    /// With `c = (alpha + gamma [z < 0]) z^2 + beta` the fourth moment is finite where `E[c^2] < 1`; the kurtosis is then
    /// `3 (1 - E[c]^2) / (1 - E[c^2])`. S. Ling and M. McAleer, Econometric Theory 18 (2002), 722-729.
    pub(super) fn moments(&self) -> BarMoments {
        let p = self.persistence();
        let variance = if p < 1.0 { self.omega / (1.0 - p) } else { f64::NAN };
        let Self { alpha, gamma, beta, .. } = *self;
        let shocks = alpha + 0.5 * gamma;
        let square =
            beta * beta + 2.0 * beta * shocks + 3.0 * (alpha * alpha + alpha * gamma + 0.5 * gamma * gamma);
        // Mean square of the variance, in units of its squared mean.
        let spread = if square < 1.0 { (1.0 - p * p) / (1.0 - square) } else { f64::NAN };
        BarMoments {
            mean: if self.driftless { -0.5 * variance } else { self.mean },
            sd: variance.sqrt(),
            skewness: 0.0,
            kurtosis: 3.0 * spread,
            acf1: 0.0,
            squares_acf1: ((1.0 - p) + (3.0 * shocks + beta) * spread - 1.0) / (3.0 * spread - 1.0),
        }
    }

    /// The weights that are within `tolerance` of zero, which none can pass.
    pub(super) fn weights_at_zero(&self, tolerance: f64) -> Vec<&'static str> {
        let after_falls = if self.gamma == 0.0 { 1.0 } else { self.alpha + self.gamma };
        let weights = [("alpha", self.alpha), ("alpha + gamma", after_falls), ("beta", self.beta)];
        weights.into_iter().filter(|(_, w)| *w <= tolerance).map(|(name, _)| name).collect()
    }

    /// Variance of the first bar.
    pub fn first_variance(&self) -> f64 {
        self.bounded(self.omega + self.persistence() * self.backcast)
    }

    /// Variance of the bar after one with the given variance and shock.
    pub fn next_variance(&self, variance: f64, shock: f64) -> f64 {
        let weight = if shock < 0.0 { self.alpha + self.gamma } else { self.alpha };
        self.bounded(self.omega + weight * (shock * shock) + self.beta * variance)
    }

    fn bounded(&self, variance: f64) -> f64 {
        variance.max(1e-6 * self.backcast).min(1e6 * self.backcast)
    }

    /// The variance of every return of a series, given those before it.
    pub fn variances(&self, returns: &[f64]) -> Vec<f64> {
        let mut variance = self.first_variance();
        let mut out = Vec::with_capacity(returns.len());
        for r in returns {
            out.push(variance);
            variance = self.next_variance(variance, r - self.mean);
        }
        out
    }

    /// Gaussian log likelihood of a series: `-(ln 2 pi + ln s_t^2 + e_t^2 / s_t^2) / 2`, summed.
    pub fn log_likelihood(&self, returns: &[f64]) -> f64 {
        let (mut variance, mut sum) = (self.first_variance(), 0.0);
        for r in returns {
            let shock = r - self.mean;
            sum += libm::log(variance) + shock * shock / variance;
            variance = self.next_variance(variance, shock);
        }
        -0.5 * (sum + returns.len() as f64 * libm::log(std::f64::consts::TAU))
    }

    /// The most likely GARCH(1,1) for `returns`, or GJR-GARCH where `asymmetric`; stationary (persistence below 0.99999).
    ///
    /// NaN parameters where the returns do not vary or are not finite; meaningless for fewer than some hundred.
    pub fn fit(returns: &[f64], asymmetric: bool) -> Self {
        // In units of the standard deviation, so that steps suit any scale of returns.
        let (middle, unit) = (mean(returns), std_dev(returns, 1));
        if !unit.is_finite() || is_rounding(unit, middle) {
            let none = f64::NAN;
            let (mean, omega, backcast) = (none, none, none);
            return Self { mean, omega, alpha: none, gamma: none, beta: none, backcast, driftless: false };
        }
        let scaled: Vec<f64> = returns.iter().map(|r| (r - middle) / unit).collect();
        let backcast = backcast(&scaled);
        let loss = |g: Self| -g.log_likelihood(&scaled);
        let symmetric = |x: &[f64; 4]| Self::of_free(&[x[0], x[1], x[2], x[3], 0.0], backcast);

        let mut start = (f64::INFINITY, [0.0; 4]);
        for persistence in [0.5, 0.8, 0.9, 0.95, 0.98, 0.995] {
            for share in [0.02, 0.05, 0.1, 0.2, 0.4] {
                let x = [0.0, 0.0, log_odds(persistence), log_odds(share)];
                let value = loss(symmetric(&x));
                if value < start.0 {
                    start = (value, x);
                }
            }
        }
        let x = minimise(|x| loss(symmetric(x)), start.1, [0.05, 0.2, 0.5, 0.5]);
        let best = if asymmetric {
            let free = |x: &[f64; 5]| Self::of_free(x, backcast);
            let from = [x[0], x[1], x[2], x[3], 0.0];
            free(&minimise(|x| loss(free(x)), from, [0.05, 0.2, 0.3, 0.3, 0.5]))
        } else {
            symmetric(&x)
        };
        let square = unit * unit;
        let (mean, omega, backcast) = (middle + unit * best.mean, best.omega * square, backcast * square);
        Self { mean, omega, backcast, ..best }
    }

    /// Parameters from numbers without bounds: mean, log of the long-run variance, log odds of the persistence, of the part
    /// of it that falls on shocks, and of the part of that which does not ask for the sign.
    fn of_free(x: &[f64; 5], backcast: f64) -> Self {
        let persistence = 0.99999 * odds(x[2]);
        let shocks = persistence * odds(x[3]);
        let alpha = 2.0 * shocks * odds(x[4]);
        Self {
            mean: x[0],
            omega: libm::exp(x[1]) * (1.0 - persistence),
            alpha,
            gamma: 2.0 * (shocks - alpha),
            beta: persistence - shocks,
            backcast,
            driftless: false,
        }
    }

    /// Appends `n` returns; one draw a bar. The first bar has the variance of the sample's first.
    pub fn path(&self, n: usize, stream: &mut Stream, out: &mut Vec<f64>) {
        let mut variance = self.first_variance();
        for _ in 0..n {
            let shock = variance.sqrt() * stream.normal();
            out.push(shock + if self.driftless { -0.5 * variance } else { self.mean });
            variance = self.next_variance(variance, shock);
        }
    }
}

/// The probability with log odds `x`.
fn odds(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

/// The inverse of [`odds`].
fn log_odds(p: f64) -> f64 {
    libm::log(p / (1.0 - p))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::variance;
    use assay_testing::{close, garch};

    fn percent() -> Vec<f64> {
        garch(7, 1500, 0.0003, 0.000002, 0.1, 0.88).iter().map(|r| 100.0 * r).collect()
    }

    fn fixed(y: &[f64], [mean, omega, alpha, gamma, beta]: [f64; 5]) -> Garch {
        Garch { mean, omega, alpha, gamma, beta, backcast: backcast(y), driftless: false }
    }

    #[test]
    fn likelihood_at_given_parameters_matches_the_reference() {
        let y = percent();
        assert!(close(backcast(&y), 1.003984927157034, 1e-12));
        let g = fixed(&y, [0.03, 0.02, 0.1, 0.0, 0.88]);
        assert!(close(g.omega / (1.0 - g.persistence()), 1.0, 1e-12));
        assert!(close(g.log_likelihood(&y), -2101.674452334171, 1e-12));
        let v = g.variances(&y);
        let want = [
            1.0039052286138939,
            1.0036275127377479,
            1.0810591523808095,
            1.0003546815960853,
            0.9774629384786249,
        ];
        assert!(
            v.iter().zip(want).all(|(g, w)| close(*g, w, 1e-12)) && close(v[1499], 0.777249704428595, 1e-10)
        );

        let g = fixed(&y, [0.03, 0.02, 0.05, 0.08, 0.88]);
        assert!(close(g.omega / (1.0 - g.persistence()), 2.0 / 3.0, 1e-12));
        assert!(close(g.log_likelihood(&y), -2113.0116856814952, 1e-12));
        let v = g.variances(&y);
        let want = [
            0.9938653793423232,
            1.0248497188460222,
            1.0108012231702952,
            0.9240163901403463,
            0.9334304875997957,
        ];
        assert!(
            v.iter().zip(want).all(|(g, w)| close(*g, w, 1e-12)) && close(v[1499], 0.8997406074524948, 1e-10)
        );
    }

    #[test]
    fn most_likely_parameters_match_the_reference() {
        let y = percent();
        let cases = [
            (
                false,
                [0.011420558896327237, 0.016489059438844902, 0.0998259863041155, 0.0, 0.8871017521343173],
                -2100.904209204473,
            ),
            (
                true,
                [
                    0.008443615965362273,
                    0.016329664676823154,
                    0.0926737060080083,
                    0.014719167599984692,
                    0.8872986458030061,
                ],
                -2100.7293644571673,
            ),
        ];
        for (asymmetric, want, likelihood) in cases {
            let g = Garch::fit(&y, asymmetric);
            let got = [g.mean, g.omega, g.alpha, g.gamma, g.beta];
            assert!(got.iter().zip(want).all(|(g, w)| (g - w).abs() < 1e-4), "{got:?}");
            // Never less likely than the reference, but for the digits it was stopped at.
            assert!(
                g.log_likelihood(&y) > likelihood - 1e-6 && close(g.log_likelihood(&y), likelihood, 1e-6)
            );
            // The fit scales with its returns.
            let small = Garch::fit(&y.iter().map(|r| r / 100.0).collect::<Vec<_>>(), asymmetric);
            assert!(close(small.omega, g.omega / 1e4, 1e-3) && (small.beta - g.beta).abs() < 1e-4);
        }
    }

    #[test]
    fn paths_have_the_long_run_variance_and_can_lose_their_drift() {
        let g = Garch {
            mean: 0.02,
            omega: 0.02,
            alpha: 0.05,
            gamma: 0.04,
            beta: 0.9,
            backcast: 0.6,
            driftless: false,
        };
        let (mut x, mut flat) = (vec![], vec![]);
        g.path(400_000, &mut Stream::new(1, "test", 0), &mut x);
        assert!((variance(&x, 0) / (0.02 / (1.0 - g.persistence())) - 1.0).abs() < 0.03);
        assert!((mean(&x) - 0.02).abs() < 4.0 * (0.667f64 / 400_000.0).sqrt());
        let small = Garch { omega: 0.02 * 0.04, backcast: 0.6 * 0.04, driftless: true, ..g };
        small.path(400_000, &mut Stream::new(1, "test", 0), &mut flat);
        let growth: Vec<f64> = flat.iter().map(|r| r.exp()).collect();
        assert!((mean(&growth) - 1.0).abs() < 4.0 * std_dev(&growth, 1) / 400_000f64.sqrt());
    }

    #[test]
    fn hopeless_returns_give_nan_and_no_panic() {
        assert!(Garch::fit(&[], true).mean.is_nan() && Garch::fit(&[0.1; 50], false).mean.is_nan());
        assert!(backcast(&[]).is_nan());
        Garch::fit(&[0.1, 0.2], true);
    }
}
