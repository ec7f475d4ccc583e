//! Volatility that wanders by itself: the model of Heston.

use super::garch::backcast;
use crate::random::{Stream, inverse_normal};
use crate::stats::mean;

/// Stochastic volatility of S. L. Heston, Review of Financial Studies 6 (1993), 327-343, with one bar as the unit of time.
///
/// `d ln S = (growth - v / 2) dt + sqrt(v) dW`, `dv = kappa (theta - v) dt + xi sqrt(v) dB`, `dW dB = rho dt`. Yearly
/// parameters become those of a bar of length `dt` as `growth dt`, `kappa dt`, `theta dt`, `xi dt`, `start dt` and `rho`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heston {
    /// Log of the expected growth of the price a bar.
    pub growth: f64,
    /// Speed at which the variance returns to `theta`, a bar; above zero.
    pub kappa: f64,
    /// Long-run variance a bar.
    pub theta: f64,
    /// Volatility of the variance; above zero.
    pub xi: f64,
    /// Correlation of price and variance, inside (-1, 1).
    pub rho: f64,
    /// Variance at the start, a bar.
    pub start: f64,
}

/// Where a step changes from the quadratic to the exponential form (Andersen's `psi_c`).
const SWITCH: f64 = 1.5;

impl Heston {
    /// A rough calibration by moments of squared log returns, taken as the realised variance of their bars.
    ///
    /// `theta` is their mean. Their autocovariance at lag `k` is that of the variance, `var(v) exp(-kappa k)` but for the
    /// averaging within bars, as the noise of single squares is independent. So `kappa` follows from its sums over lags
    /// `1..=L` and `L+1..=2L`, for the first L of 5, 10, 20, 40, 80 at which the second is at most half the first (their
    /// ratio is kept within 0.05 to 0.95), and `xi` from `var(v) = theta xi^2 / (2 kappa)`. `rho` follows from the
    /// covariance of a return with the squares of the `L` bars after it, `rho xi theta (1 - exp(-kappa L)) / kappa`. Good for
    /// the size of things, not for pricing: from some thousand bars `kappa` and `rho` may be off by half or more.
    pub fn fit(returns: &[f64]) -> Self {
        Self::calibrate(returns).0
    }

    /// The calibration of [`Heston::fit`], and what of it was kept within bounds: `persistence` where the autocovariances
    /// hardly fall, `kappa` where they vanish at once, `xi` where there are none, `rho`.
    pub(super) fn calibrate(returns: &[f64]) -> (Self, Vec<&'static str>) {
        let m = mean(returns);
        let squares: Vec<f64> = returns.iter().map(|r| (r - m) * (r - m)).collect();
        let theta = mean(&squares);
        // Mean over times of the product of deviations of x_t and of the square at t + k, divisor n.
        let covariance = |x: &[f64], x_mean: f64, k: usize| {
            let later = squares.get(k..).unwrap_or(&[]);
            x.iter().zip(later).map(|(a, b)| (a - x_mean) * (b - theta)).sum::<f64>() / x.len() as f64
        };
        let (mut lags, mut near) = (0, 0.0);
        let (mut kappa, mut ratio_kept, mut sum_before) = (f64::NAN, f64::NAN, (0.0, 0));
        for next in [5, 10, 20, 40, 80, 160] {
            let (sum, upto) = sum_before;
            let far = (upto + 1..=next).fold(sum, |s, k| s + covariance(&squares, theta, k));
            if upto > 0 {
                // The sum over the second half of the lags, over that of the first.
                let ratio = (far - sum) / sum;
                ratio_kept = ratio;
                (lags, near) = (upto, sum / upto as f64);
                kappa = -libm::log(ratio.clamp(0.05, 0.95)) / upto as f64;
                if ratio <= 0.5 || 4 * next > returns.len() {
                    break;
                }
            }
            sum_before = (far, next);
        }
        let wide = lags as f64;

        // Averages within bars: the mean over lags 1..=L of ((1 - e^-kappa) / kappa)^2 e^(-kappa (k - 1)).
        let within = -libm::expm1(-kappa) / kappa;
        let kept = within * (-libm::expm1(-kappa * wide)) / (kappa * wide);
        let (least, most) = (1e-4 * theta * theta, 0.95);
        let spread = (near / kept).max(least);
        let xi = (2.0 * kappa * spread / theta).sqrt();
        let leverage: f64 = (1..=lags).map(|k| covariance(returns, m, k)).sum();
        let rho = leverage * kappa / (xi * theta * -libm::expm1(-kappa * wide));
        let growth = libm::log(mean(&returns.iter().map(|&r| libm::exp(r)).collect::<Vec<_>>()));
        let reached = [
            ("persistence", ratio_kept >= 0.95),
            ("kappa", ratio_kept <= 0.05),
            ("xi", spread <= least),
            ("rho", rho.abs() >= most),
        ];
        let at_bounds = reached.into_iter().filter(|(_, is)| *is).map(|(name, _)| name).collect();
        let rho = rho.clamp(-most, most);
        (Self { growth, kappa, theta, xi, rho, start: backcast(returns) }, at_bounds)
    }

    /// With an expected growth of the price of zero; nearly so where `rho` is positive and bars so long that the
    /// expectation of the scheme is infinite.
    pub fn driftless(self) -> Self {
        Self { growth: 0.0, ..self }
    }

    /// Appends `n` log returns; two draws a bar. Returns the variance after the last bar.
    ///
    /// The quadratic-exponential scheme with martingale correction: L. Andersen, Journal of Computational Finance 11(3)
    /// (2008), 1-42, sections 3.2, 4.2 and 4.3, `psi_c` = 1.5 and central weights.
    pub fn path(&self, n: usize, stream: &mut Stream, out: &mut Vec<f64>) -> f64 {
        let steps = self.steps();
        let mut v = self.start;
        for _ in 0..n {
            let (u, z) = (stream.uniform(), stream.normal());
            let bar = steps.next(v, u);
            out.push(bar.expected + bar.sd * z);
            v = bar.variance;
        }
        v
    }

    /// The scheme of [`Heston::path`], bar by bar.
    pub fn steps(&self) -> HestonSteps {
        let Self { kappa, rho, xi, .. } = *self;
        let central = 0.5 * (kappa * rho / xi - 0.5);
        let (k1, k2, k3) = (central - rho / xi, central + rho / xi, 0.5 * (1.0 - rho * rho));
        HestonSteps {
            model: *self,
            decay: libm::exp(-kappa),
            lost: -libm::expm1(-kappa),
            k1,
            k2,
            k3,
            a: k2 + 0.5 * k3,
        }
    }
}

/// A [`Heston`] model with the constants of its scheme.
#[derive(Debug, Clone)]
pub struct HestonSteps {
    model: Heston,
    decay: f64,
    lost: f64,
    k1: f64,
    k2: f64,
    k3: f64,
    /// Weight of the next variance in the log of the expected growth.
    a: f64,
}

/// One bar of a path, given the draw of its variance: the log return is normal.
#[derive(Debug, Clone, Copy)]
pub struct HestonBar {
    /// Variance after the bar.
    pub variance: f64,
    /// Mean of the log return.
    pub expected: f64,
    /// Standard deviation of the log return.
    pub sd: f64,
}

impl HestonSteps {
    /// The bar that begins with variance `v`, at uniform `u`.
    pub fn next(&self, v: f64, u: f64) -> HestonBar {
        let Heston { growth, kappa, theta, xi, rho, .. } = self.model;
        let Self { decay, lost, k1, k2, k3, a, .. } = *self;
        let m = theta + (v - theta) * decay;
        let s2 = xi * xi * lost / kappa * (v * decay + 0.5 * theta * lost);
        let (next, log_growth) = step(m, s2, a, u);
        // Where the expectation is infinite (positive correlation, long bars) the uncorrected drift must do.
        let k0 = if log_growth.is_finite() {
            -log_growth - (k1 + 0.5 * k3) * v
        } else {
            -rho * kappa * theta / xi
        };
        HestonBar { variance: next, expected: growth + k0 + k1 * v + k2 * next, sd: (k3 * (v + next)).sqrt() }
    }
}

/// The next variance, of conditional mean `m` and variance `s2`, at uniform `u`; and the log of the conditional
/// expectation of `exp(a v)`.
fn step(m: f64, s2: f64, a: f64, u: f64) -> (f64, f64) {
    if m.is_nan() || m <= 0.0 {
        return (0.0, 0.0);
    }
    let psi = s2 / (m * m);
    if psi <= SWITCH {
        let t = 2.0 / psi;
        // A variance that does not vary has an infinite t.
        if !t.is_finite() {
            return (m, a * m);
        }
        let b2 = t - 1.0 + t.sqrt() * (t - 1.0).sqrt();
        let scale = m / (1.0 + b2);
        let root = b2.sqrt() + inverse_normal(u + 0.5 / 9_007_199_254_740_992.0);
        let room = 1.0 - 2.0 * a * scale;
        (scale * root * root, a * b2 * scale / room - 0.5 * libm::log(room))
    } else {
        let p = (psi - 1.0) / (psi + 1.0);
        let rate = (1.0 - p) / m;
        let next = if u <= p { 0.0 } else { libm::log((1.0 - p) / (1.0 - u)) / rate };
        let growth = if a < rate { libm::log(p + rate * (1.0 - p) / (rate - a)) } else { f64::NAN };
        (next, growth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{std_dev, variance};

    /// Paths of a year in `steps` bars: final log prices and variances.
    fn year(yearly: Heston, steps: usize, paths: u64) -> (Vec<f64>, Vec<f64>) {
        let dt = 1.0 / steps as f64;
        let Heston { growth, kappa, theta, xi, start, rho } = yearly;
        let bar = Heston {
            growth: growth * dt,
            kappa: kappa * dt,
            theta: theta * dt,
            xi: xi * dt,
            start: start * dt,
            rho,
        };
        let run = |i| {
            let mut path = vec![];
            let v = bar.path(steps, &mut Stream::new(1, "heston", i), &mut path);
            (path.iter().sum::<f64>(), v / dt)
        };
        (0..paths).map(run).unzip()
    }

    #[test]
    fn call_price_matches_the_reference() {
        // M. Broadie and O. Kaya, Operations Research 54 (2006), 217-231: 6.8061.
        let model =
            Heston { growth: 0.0319, kappa: 6.21, theta: 0.019, xi: 0.61, rho: -0.7, start: 0.010201 };
        let (logs, variances) = year(model, 32, 60_000);
        let pay = |x: &f64| (-0.0319f64).exp() * (100.0 * x.exp() - 100.0).max(0.0);
        let calls: Vec<f64> = logs.iter().map(pay).collect();
        let four = |x: &[f64]| 4.0 * std_dev(x, 1) / (x.len() as f64).sqrt();
        assert!((mean(&calls) - 6.80611331340527).abs() < four(&calls), "{} {}", mean(&calls), four(&calls));
        assert!((mean(&variances) - 0.018982320719553646).abs() < four(&variances));
        let growth: Vec<f64> = logs.iter().map(|x| (x - 0.0319).exp()).collect();
        assert!((mean(&growth) - 1.0).abs() < four(&growth));
    }

    #[test]
    fn driftless_prices_are_expected_to_stay() {
        // Both forms of the step, and a positive correlation.
        for (xi, rho) in [(0.002, -0.5), (0.01, 0.5), (0.01, 0.0)] {
            let model = Heston { growth: 9.0, kappa: 0.05, theta: 1e-3, xi, rho, start: 5e-4 }.driftless();
            let mut x = vec![];
            model.path(300_000, &mut Stream::new(1, "test", 0), &mut x);
            let growth: Vec<f64> = x.iter().map(|r| r.exp()).collect();
            assert!(
                (mean(&growth) - 1.0).abs() < 4.0 * std_dev(&growth, 1) / 300_000f64.sqrt(),
                "{xi} {rho}"
            );
            assert!((variance(&x, 0) / 1e-3 - 1.0).abs() < 0.1, "{}", variance(&x, 0));
        }
    }

    #[test]
    fn a_long_sample_roughly_gives_its_parameters_back() {
        let truth = Heston { growth: 5e-4, kappa: 0.05, theta: 4e-4, xi: 0.003, rho: -0.6, start: 4e-4 };
        let mut x = vec![];
        truth.path(60_000, &mut Stream::new(2, "test", 0), &mut x);
        let f = Heston::fit(&x);
        assert!((f.theta / truth.theta - 1.0).abs() < 0.1 && (f.growth - truth.growth).abs() < 4e-4, "{f:?}");
        assert!((f.kappa / truth.kappa - 1.0).abs() < 0.5 && (f.xi / truth.xi - 1.0).abs() < 0.4, "{f:?}");
        assert!((f.rho - truth.rho).abs() < 0.25, "{f:?}");
    }

    #[test]
    fn degenerate_returns_do_not_panic() {
        for x in [vec![], vec![0.01; 100], vec![0.01, -0.02], vec![f64::NAN; 60]] {
            Heston::fit(&x).path(10, &mut Stream::new(1, "test", 0), &mut vec![]);
        }
    }
}
