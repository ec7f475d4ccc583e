//! Returns that are independent from bar to bar: geometric Brownian motion, and the same with jumps.

use crate::random::Stream;
use crate::stats::{mean, std_dev, variance};

/// Geometric Brownian motion, exact at bar ends: log returns are independent normal variates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gbm {
    /// Mean log return a bar: `(mu - sigma^2 / 2) dt` in the usual notation.
    pub mean: f64,
    /// Standard deviation of the log return a bar: `sigma sqrt(dt)`.
    pub sd: f64,
}

impl Gbm {
    /// Mean and standard deviation (ddof 1) of log returns.
    pub fn fit(returns: &[f64]) -> Self {
        Self { mean: mean(returns), sd: std_dev(returns, 1) }
    }

    /// With the mean at which the expected growth of the price is zero: `-sd^2 / 2`.
    pub fn driftless(self) -> Self {
        Self { mean: -0.5 * self.sd * self.sd, ..self }
    }

    /// Appends `n` log returns; one draw a bar.
    pub fn path(&self, n: usize, stream: &mut Stream, out: &mut Vec<f64>) {
        out.extend((0..n).map(|_| self.mean + self.sd * stream.normal()));
    }
}

/// Jump diffusion of R. C. Merton, Journal of Financial Economics 3 (1976), 125-144: Brownian motion and a Poisson number
/// of normal jumps a bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Merton {
    /// Mean log return a bar without jumps: `(mu - sigma^2 / 2 - lambda k) dt`, `k = exp(jump_mean + jump_sd^2 / 2) - 1`.
    pub mean: f64,
    /// Standard deviation a bar without jumps.
    pub sd: f64,
    /// Expected number of jumps a bar, at most 500.
    pub intensity: f64,
    /// Mean log size of a jump.
    pub jump_mean: f64,
    /// Standard deviation of the log size of a jump.
    pub jump_sd: f64,
}

impl Merton {
    /// Returns further than four robust standard deviations from the median count as jumps.
    ///
    /// The robust variance is bipower variation, `pi / 2` times the mean of `|r_t| |r_t-1|` about the median, which single
    /// jumps hardly touch: O. E. Barndorff-Nielsen and N. Shephard, Journal of Financial Econometrics 2 (2004), 1-37. The
    /// threshold is in the manner of C. Mancini, Scandinavian Journal of Statistics 36 (2009), 270-296. Diffusion: mean and
    /// standard deviation of the rest. Jumps: their share of the bars, and mean and variance of their returns less those of
    /// the diffusion. Jumps smaller than the threshold are left in the diffusion, and volatility that clusters is taken for
    /// jumps. No jumps: zero intensity.
    pub fn fit(returns: &[f64]) -> Self {
        let middle = crate::stats::quantile_type7(&crate::stats::sorted(returns), 0.5);
        let products: Vec<f64> =
            returns.windows(2).map(|w| (w[0] - middle).abs() * (w[1] - middle).abs()).collect();
        let limit = 4.0 * (std::f64::consts::FRAC_PI_2 * mean(&products)).sqrt();
        let (jumps, rest): (Vec<f64>, Vec<f64>) = returns.iter().partition(|&&r| (r - middle).abs() > limit);
        let (m, sd) = (mean(&rest), std_dev(&rest, 1));
        if jumps.is_empty() || sd.is_nan() || sd <= 0.0 {
            let Gbm { mean, sd } = Gbm::fit(returns);
            return Self { mean, sd, intensity: 0.0, jump_mean: 0.0, jump_sd: 0.0 };
        }
        let spread = if jumps.len() > 1 { variance(&jumps, 1) - sd * sd } else { 0.0 };
        Self {
            mean: m,
            sd,
            intensity: jumps.len() as f64 / returns.len() as f64,
            jump_mean: mean(&jumps) - m,
            jump_sd: spread.max(0.0).sqrt(),
        }
    }

    /// With the mean at which the expected growth of the price is zero: `-sd^2 / 2 - lambda k`.
    pub fn driftless(self) -> Self {
        let k = libm::expm1(self.jump_mean + 0.5 * self.jump_sd * self.jump_sd);
        Self { mean: -0.5 * self.sd * self.sd - self.intensity * k, ..self }
    }

    /// First four cumulants of the log return of a bar; those of `n` bars are `n` times as large.
    pub fn cumulants(&self) -> [f64; 4] {
        let (l, m, v) = (self.intensity, self.jump_mean, self.jump_sd * self.jump_sd);
        [
            self.mean + l * m,
            self.sd * self.sd + l * (m * m + v),
            l * (m * m * m + 3.0 * m * v),
            l * (m * m * m * m + 6.0 * m * m * v + 3.0 * v * v),
        ]
    }

    /// Appends `n` log returns; two draws a bar, jump or not.
    ///
    /// ScenarioArgs their number `k`, diffusion and jumps add up to one normal variate of variance `sd^2 + k jump_sd^2`.
    pub fn path(&self, n: usize, stream: &mut Stream, out: &mut Vec<f64>) {
        let none = libm::exp(-self.intensity);
        out.extend((0..n).map(|_| {
            let (u, z) = (stream.uniform(), stream.normal());
            if u < none {
                return self.mean + self.sd * z;
            }
            let k = poisson(u, self.intensity, none);
            self.mean + k * self.jump_mean + (self.sd * self.sd + k * self.jump_sd * self.jump_sd).sqrt() * z
        }));
    }
}

impl Merton {
    /// Number of jumps of a bar at uniform `u`.
    pub fn jumps(&self, u: f64) -> f64 {
        poisson(u, self.intensity, libm::exp(-self.intensity))
    }
}

/// Poisson quantile of `u`, from `none = exp(-intensity)`.
fn poisson(u: f64, intensity: f64, none: f64) -> f64 {
    let (mut k, mut mass, mut total) = (0.0, none, none);
    // The bound ends the search where rounding keeps the total below `u`.
    while u >= total && k < 2000.0 {
        k += 1.0;
        mass *= intensity / k;
        total += mass;
    }
    k
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{quantile_type7, sorted};
    use assay_testing::close;

    /// Mean, variance, skewness and excess kurtosis.
    fn moments(x: &[f64]) -> [f64; 4] {
        let (m, v) = (mean(x), variance(x, 0));
        let central = |p: i32| x.iter().map(|r| (r - m).powi(p)).sum::<f64>() / x.len() as f64;
        [m, v, central(3) / v.powf(1.5), central(4) / (v * v) - 3.0]
    }

    #[test]
    fn gbm_has_the_reference_distribution() {
        // S0 = 100, mu = 0.1, sigma = 0.4, T = 1: 365 steps, so that the minimum is watched daily.
        let days = 365.0;
        let gbm = Gbm { mean: (0.1 - 0.08) / days, sd: 0.4 / f64::sqrt(days) };
        let (n, mut ends, mut below, mut path) = (10_000, vec![], [0.0; 2], vec![]);
        for i in 0..n {
            path.clear();
            gbm.path(365, &mut Stream::new(1, "gbm", i), &mut path);
            let (mut log, mut least) = (0.0_f64, 0.0_f64);
            for r in &path {
                log += r;
                least = least.min(log);
            }
            ends.push(100.0 * log.exp());
            below[0] += f64::from(100.0 * least.exp() <= 80.0) / n as f64;
            below[1] += f64::from(100.0 * log.exp() < 80.0) / n as f64;
        }
        let root = (n as f64).sqrt();
        assert!((mean(&ends) - 110.51709180756477).abs() < 4.0 * 2119.2666f64.sqrt() / root);
        let q05 = quantile_type7(&sorted(&ends), 0.05);
        // Standard error 2.113 sd / sqrt(n) of the log quantile.
        assert!((q05.ln() - 52.837899945173504f64.ln()).abs() < 4.0 * 2.113 * 0.4 / root);
        let median = quantile_type7(&sorted(&ends), 0.5);
        assert!((median / 102.02013400267558).ln().abs() < 4.0 * 1.2533 * 0.4 / root);
        // The standard error of a lognormal variance: 2.3 times it, over the root.
        assert!((variance(&ends, 1) / 2119.266564001705 - 1.0).abs() < 4.0 * 2.3 / root);
        assert!((below[1] - 0.27164053750471984).abs() < 4.0 * 0.4448 / root);
        // The correction for daily watching is itself exact to about 0.001.
        assert!((below[0] - 0.5399231462357734).abs() < 4.0 * 0.4984 / root + 0.001, "{below:?}");
    }

    #[test]
    fn merton_cumulants_match_the_reference() {
        let k = libm::expm1(-0.05 + 0.5 * 0.12 * 0.12);
        assert!(close(k, -0.04189700849545086, 1e-12));
        let year =
            Merton { mean: 0.1 - 0.08 - 3.0 * k, sd: 0.4, intensity: 3.0, jump_mean: -0.05, jump_sd: 0.12 };
        let [c1, c2, c3, c4] = year.cumulants();
        assert!(close(c1, -0.004308974513647451, 1e-10) && close(c2, 0.2107, 1e-12));
        let (skew, kurtosis) = (c3 / c2.powf(1.5), c4 / (c2 * c2));
        assert!(close(skew, -0.07087786966099431, 1e-12) && close(kurtosis, 0.057056404972779265, 1e-12));
        let (n, mut x) = (400_000, vec![]);
        year.path(n, &mut Stream::new(1, "merton", 0), &mut x);
        let se = |v: f64| 4.0 * (v / n as f64).sqrt();
        let [m, v, s, e] = moments(&x);
        assert!((m - c1).abs() < se(c2) && (v - c2).abs() < se(2.1 * c2 * c2), "{m} {v}");
        assert!((s - skew).abs() < se(6.5) && (e - kurtosis).abs() < se(30.0), "{s} {e}");
        let growth: Vec<f64> = x.iter().map(|r| 100.0 * r.exp()).collect();
        assert!((mean(&growth) - 110.51709180756477).abs() < se(variance(&growth, 1)));

        let day = Merton { mean: year.mean / 365.0, sd: 0.4 / 365f64.sqrt(), intensity: 3.0 / 365.0, ..year };
        let [c1, c2, c3, c4] = day.cumulants();
        assert!(close(c1, -1.1805409626431373e-05, 1e-10) && close(c2, 0.0005772602739726029, 1e-12));
        assert!(close(c3 / c2.powf(1.5), -1.354119798542037, 1e-12));
        assert!(close(c4 / (c2 * c2), 20.825587815064427, 1e-12));
    }

    #[test]
    fn jumps_are_found_again() {
        let truth = Merton { mean: 0.0005, sd: 0.01, intensity: 0.02, jump_mean: -0.03, jump_sd: 0.06 };
        let mut x = vec![];
        truth.path(50_000, &mut Stream::new(3, "merton", 0), &mut x);
        let found = Merton::fit(&x);
        // About 40 % of these jumps are no larger than the threshold; those found are the large ones.
        assert!((found.sd / 0.01 - 1.0).abs() < 0.06 && (found.mean - 0.0005).abs() < 4e-4, "{found:?}");
        assert!(found.intensity > 0.010 && found.intensity < 0.02, "{found:?}");
        assert!((found.jump_sd / 0.06 - 1.0).abs() < 0.35 && found.jump_mean < -0.02, "{found:?}");
        assert_eq!(Merton::fit(&[0.01, -0.01, 0.01, -0.01]).intensity, 0.0);
        assert_eq!(Merton::fit(&[0.01; 20]).sd, 0.0);
    }

    #[test]
    fn driftless_prices_are_expected_to_stay() {
        let merton =
            Merton { mean: 9.0, sd: 0.1, intensity: 0.5, jump_mean: -0.05, jump_sd: 0.12 }.driftless();
        let gbm = Gbm { mean: 9.0, sd: 0.2 }.driftless();
        let (mut a, mut b) = (vec![], vec![]);
        merton.path(200_000, &mut Stream::new(1, "test", 0), &mut a);
        gbm.path(200_000, &mut Stream::new(1, "test", 1), &mut b);
        for x in [a, b] {
            let growth: Vec<f64> = x.iter().map(|r| r.exp()).collect();
            assert!((mean(&growth) - 1.0).abs() < 4.0 * std_dev(&growth, 1) / 200_000f64.sqrt());
        }
    }
}
