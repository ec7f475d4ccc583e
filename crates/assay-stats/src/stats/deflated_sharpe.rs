//! How likely a Sharpe ratio is real: the probabilistic Sharpe ratio, what the best of many is expected to show, minimum
//! lengths.
//!
//! Every Sharpe ratio, benchmark and variance here is per period of the returns; nothing is annualised inside.

use super::moments::{mean, std_dev};
use super::ratios::is_rounding;
use super::sharpe_error::autocorrelations;
use super::sharpe_inference::{ReturnShape, positive, sharpe_score};
use crate::random::inverse_normal;

/// Fewest returns on which a probability is given: below, skewness and kurtosis are noise (convention).
pub const MIN_RETURNS: usize = 30;

/// The Euler-Mascheroni constant.
const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;

/// Standard normal distribution function, `erfc(-x / sqrt 2) / 2`, accurate relative to its value in the lower tail.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// What the probability of a Sharpe ratio depends on; every number is NaN where it is undefined.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments4 {
    /// Number of returns.
    pub n: usize,
    /// Arithmetic mean per period.
    pub mean: f64,
    /// Standard deviation per period, ddof 1.
    pub sd: f64,
    /// Skewness `m3 / m2^1.5` of central moments with divisor n.
    pub skew: f64,
    /// Kurtosis `m4 / m2²` of central moments with divisor n, not in excess: a normal distribution has 3.
    pub kurtosis: f64,
    /// Autocorrelation at lag 1.
    pub rho1: f64,
}

impl Moments4 {
    /// Moments of `returns` in excess of the risk-free rate, on a regular grid with flat bars included.
    ///
    /// Skewness, kurtosis and autocorrelation are NaN where the returns do not vary beyond their rounding.
    pub fn of(returns: &[f64]) -> Self {
        let (n, m, sd) = (returns.len(), mean(returns), std_dev(returns, 1));
        let mut moments = Self { n, mean: m, sd, skew: f64::NAN, kurtosis: f64::NAN, rho1: f64::NAN };
        if sd.is_nan() || is_rounding(sd, m) {
            return moments;
        }
        let (mut m2, mut m3, mut m4) = (0.0, 0.0, 0.0);
        for r in returns {
            let d = r - m;
            m2 += d * d;
            m3 += d * d * d;
            m4 += (d * d) * (d * d);
        }
        let nf = n as f64;
        (m2, m3, m4) = (m2 / nf, m3 / nf, m4 / nf);
        moments.skew = m3 / (m2 * m2.sqrt());
        moments.kurtosis = m4 / (m2 * m2);
        moments.rho1 = autocorrelations(returns, 1)[0];
        moments
    }

    /// Sharpe ratio per period, `mean / sd`; NaN where the returns do not vary beyond their rounding.
    pub fn sharpe(&self) -> f64 {
        if self.sd.is_nan() || is_rounding(self.sd, self.mean) { f64::NAN } else { self.mean / self.sd }
    }

    /// Variance of the estimated Sharpe ratio times `n - 1`, at the estimate; `None` unless positive.
    fn radicand_bl2012(&self) -> Option<f64> {
        let sr = self.sharpe();
        positive(1.0 - self.skew * sr + (self.kurtosis - 1.0) / 4.0 * sr * sr)
    }

    /// Skewness, kurtosis and autocorrelation: what the variance of an estimated Sharpe ratio depends on.
    pub fn shape(&self) -> ReturnShape {
        ReturnShape { skew: self.skew, kurtosis: self.kurtosis, rho1: self.rho1 }
    }

    /// Standard score of the Sharpe ratio over `sr_star`, 2012 variance.
    fn z_bl2012(&self, sr_star: f64) -> Option<f64> {
        sharpe_score(self.sharpe(), sr_star, self.radicand_bl2012()? / (self.n as f64 - 1.0))
    }

    /// Standard score of the Sharpe ratio over `sr_star`, variance under the null.
    fn z_llz2025(&self, sr_star: f64) -> Option<f64> {
        sharpe_score(self.sharpe(), sr_star, self.shape().sharpe_variance(sr_star, self.n as f64)?)
    }

    fn enough(&self) -> Option<&Self> {
        (self.n >= MIN_RETURNS).then_some(self)
    }
}

/// Probabilistic Sharpe ratio `Phi((SR - sr_star) / se)` with `se² = (1 - g3 SR + (g4 - 1) / 4 SR²) / (n - 1)`.
///
/// D. H. Bailey and M. Lopez de Prado, Journal of Risk 15(2) (2012), 3-44. `None`, which must never count as a pass, for
/// fewer than [`MIN_RETURNS`] returns, returns that do not vary, or an estimated variance that is not positive.
pub fn psr_bl2012(moments: &Moments4, sr_star: f64) -> Option<f64> {
    moments.enough()?.z_bl2012(sr_star).map(normal_cdf)
}

/// Probabilistic Sharpe ratio with the variance the estimate has if the true ratio is `sr_star`, lag-1 autocorrelation
/// included: `se² = (a - b g3 sr_star + c (g4 - 1) / 4 sr_star²) / n` with `a = 1 + 2r / (1 - r)`,
/// `b = 1 + r / (1 - r) + r² / (1 - r²)`, `c = 1 + 2r² / (1 - r²)`.
///
/// M. Lopez de Prado, A. Lipton and V. Zoonekynd, "How to Use the Sharpe Ratio", SSRN 5520741 (2025). At `sr_star` zero it
/// does not see skewness and kurtosis at all: use it beside [`psr_bl2012`] and go by the smaller. `None` as there.
pub fn psr_llz2025(moments: &Moments4, sr_star: f64) -> Option<f64> {
    moments.enough()?.z_llz2025(sr_star).map(normal_cdf)
}

/// Fewest returns with which the Sharpe ratio seen would exceed `sr_star` at `confidence`:
/// `1 + (1 - g3 SR + (g4 - 1) / 4 SR²) (z / (SR - sr_star))²`.
///
/// Bailey and Lopez de Prado (2012), section 5. Infinite where the ratio does not exceed `sr_star` (the square would hide
/// the sign) or its variance is not positive; NaN where the Sharpe ratio is undefined or `confidence` is not in
/// `[0.5, 1)`.
pub fn min_track_record(moments: &Moments4, sr_star: f64, confidence: f64) -> f64 {
    let excess = moments.sharpe() - sr_star;
    if excess.is_nan() || !(0.5..1.0).contains(&confidence) {
        return f64::NAN;
    }
    match moments.radicand_bl2012() {
        Some(radicand) if excess > 0.0 => {
            let z = inverse_normal(confidence) / excess;
            1.0 + radicand * z * z
        }
        _ => f64::INFINITY,
    }
}

/// Expected largest of `trials` independent standard normal values, `(1 - G) Phi⁻¹(1 - 1/N) + G Phi⁻¹(1 - 1/(N e))` with
/// Euler's constant G.
///
/// D. H. Bailey and M. Lopez de Prado, Journal of Portfolio Management 40(5) (2014), 94-107. An approximation: 2 % high at
/// ten trials. `trials` may be an effective number. Zero for one trial or fewer, and never negative; NaN for NaN.
pub fn expected_max_sharpe(trials: f64) -> f64 {
    if trials <= 1.0 {
        return 0.0;
    }
    // Quantiles from the lower tail, where 1 / N is exact to the last bits.
    let upper = |tail: f64| -inverse_normal(tail);
    let e =
        (1.0 - EULER_GAMMA) * upper(1.0 / trials) + EULER_GAMMA * upper(1.0 / (trials * std::f64::consts::E));
    if e < 0.0 { 0.0 } else { e }
}

/// Years of data below which the best of `trials` worthless strategies is expected to show the annual Sharpe ratio
/// `target`: `(e(N) / target)²`.
///
/// D. H. Bailey, J. Borwein, M. Lopez de Prado and Q. J. Zhu, Notices of the AMS 61(5) (2014), 458-471. Infinite for a
/// target of zero or less.
pub fn min_backtest_years(trials: f64, target: f64) -> f64 {
    if target <= 0.0 {
        return f64::INFINITY;
    }
    let ratio = expected_max_sharpe(trials) / target;
    ratio * ratio
}

/// Standard score of the Sharpe ratio over zero: the smaller of those with the variance of 2012 and with that of 2025, as
/// [`psr_bl2012`] and [`psr_llz2025`] have them, and `None` as there.
pub fn score_over_zero(moments: &Moments4) -> Option<f64> {
    let enough = moments.enough()?;
    Some(enough.z_bl2012(0.0)?.min(enough.z_llz2025(0.0)?))
}

#[cfg(test)]
mod tests {
    use super::super::sidak::sidak;
    use super::*;
    use assay_testing::{ar1, close};

    fn moments(sr: f64, n: usize, skew: f64, kurtosis: f64, rho1: f64) -> Moments4 {
        Moments4 { n, mean: sr, sd: 1.0, skew, kurtosis, rho1 }
    }

    #[test]
    fn normal_distribution_is_accurate_in_both_tails() {
        for (x, want) in [
            (-20.0, 2.7536241186061556e-89),
            (-10.0, 7.61985302416047e-24),
            (-5.0, 2.866515718791933e-07),
            (-3.0, 0.0013498980316300933),
            (0.0, 0.5),
            (1.96, 0.9750021048517795),
            (5.0, 0.9999997133484281),
        ] {
            assert!(close(normal_cdf(x), want, 1e-13), "{x}: {}", normal_cdf(x));
        }
        assert!(
            normal_cdf(-38.5) < 1e-300 && normal_cdf(f64::INFINITY) == 1.0 && normal_cdf(f64::NAN).is_nan()
        );
    }

    #[test]
    fn probabilities_of_2012_match_published_values() {
        for (sr, skew, kurtosis, n, sr0, psr, length) in [
            (0.458, 0.0, 3.0, 24, 0.0, 0.9816749190910771, 15.250806919432538),
            (0.458, -2.448, 10.164, 24, 0.0, 0.913361083860933, 34.557505934856216),
            (0.45569620253164556, -2.448, 10.164, 24, 0.1, 0.8553606185907747, 56.41307698029106),
            (0.7079, -0.225, 2.957, 134, 0.0, 0.999999999997187, 8.58258833154216),
            (0.8183, -1.4455, 7.0497, 134, 0.0, 0.9999999351013064, 13.9116319365825),
        ] {
            let m = moments(sr, n, skew, kurtosis, 0.0);
            assert!(close(normal_cdf(m.z_bl2012(sr0).unwrap()), psr, 1e-12), "{sr}");
            assert!(close(min_track_record(&m, sr0, 0.95), length, 1e-12), "{sr}");
        }
        for (periods, years) in
            [(250.0, 2.731187801728176), (52.0, 2.828833586945237), (12.0, 3.239800696444647)]
        {
            let root = f64::sqrt(periods);
            let length = min_track_record(&moments(2.0 / root, 100, 0.0, 3.0, 0.0), 1.0 / root, 0.95);
            assert!(close(length / periods, years, 1e-12));
        }
    }

    #[test]
    fn probabilities_of_2025_match_published_values() {
        for (rho, at_zero, at_tenth) in
            [(0.0, 0.9872072612614331, 0.9391476251031434), (0.2, 0.9658320053889371, 0.9004759174031461)]
        {
            let m = moments(0.45569620253164556, 24, -2.448, 10.164, rho);
            assert!(close(normal_cdf(m.z_llz2025(0.0).unwrap()), at_zero, 1e-12));
            assert!(close(normal_cdf(m.z_llz2025(0.1).unwrap()), at_tenth, 1e-12));
        }
    }

    #[test]
    fn deflation_matches_the_papers_example() {
        let sr = 0.15811388300841897;
        for (trials, skew, kurtosis, sr0, dsr) in [
            (100.0, -3.0, 10.0, 0.11317200186513214, 0.9003968344493903),
            (46.0, -3.0, 10.0, 0.10036237061765357, 0.9505017068755787),
            (88.0, 0.0, 3.0, 0.11114576178358426, 0.9504908166760139),
            (100.0, 0.0, 3.0, 0.11317200186513214, 0.9427705859565294),
        ] {
            let best = f64::sqrt(0.5 / 250.0) * expected_max_sharpe(trials);
            let deflated = psr_bl2012(&moments(sr, 1250, skew, kurtosis, 0.0), best).unwrap();
            assert!(close(best, sr0, 1e-12) && close(deflated, dsr, 1e-12), "{trials}");
        }
    }

    #[test]
    fn a_whole_series_matches_reference_values() {
        let m = Moments4::of(&ar1(42, 1000, 0.0008, 0.1, 0.01));
        for (got, want) in [
            (m.sharpe(), 0.09052075495347593),
            (m.skew, 0.06403315866696309),
            (m.kurtosis, 2.894551703435366),
            (m.rho1, 0.07470292676540714),
            (psr_bl2012(&m, 0.0).unwrap(), 0.9979072365115013),
            (psr_bl2012(&m, 1.0 / f64::sqrt(365.0)).unwrap(), 0.8864493091513908),
            (min_track_record(&m, 0.0, 0.95), 330.5532210530343),
            (psr_bl2012(&m, 0.001f64.sqrt() * expected_max_sharpe(50.0)).unwrap(), 0.7212245973719379),
        ] {
            assert!(close(got, want, 1e-10), "{got} {want}");
        }
    }

    #[test]
    fn the_best_of_many_matches_reference_values() {
        for (n, want) in [
            (2.0, 0.5197553442805939),
            (10.0, 1.57459830134575),
            (45.0, 2.2356401777664052),
            (1e3, 3.255121513652723),
            (1e4, 3.86066485551044),
        ] {
            assert!(close(expected_max_sharpe(n), want, 1e-11), "{n}");
        }
        assert_eq!(expected_max_sharpe(1.0), 0.0);
        assert!(expected_max_sharpe(1.0 + 1e-9) == 0.0 && expected_max_sharpe(f64::NAN).is_nan());
        for (n, years) in [(7.0, 1.923143406664121), (45.0, 4.998087004443404), (1000.0, 10.595816068644794)]
        {
            assert!(close(min_backtest_years(n, 1.0), years, 1e-11));
        }
        assert_eq!(min_backtest_years(7.0, 0.0), f64::INFINITY);
    }

    #[test]
    fn sidak_p_is_the_share_of_families_with_a_better_best() {
        // Normal returns: z = 3.0827926681604003 is the 5 % point of the best of 50.
        let n = 1_000_001;
        let m = moments(3.0827926681604003 / f64::from(n).sqrt(), n as usize, 0.0, 3.0, 0.0);
        let best_of = |m: &Moments4| sidak(normal_cdf(-score_over_zero(m).unwrap()), 50.0);
        assert!(close(best_of(&m), 0.05, 1e-4), "{}", best_of(&m));
        let luck = (f64::from(n) - 1.0).sqrt().recip() * expected_max_sharpe(50.0);
        assert!(close(psr_bl2012(&m, luck).unwrap(), 0.7900196915944915, 1e-4));
        // Far in the tail it keeps its digits: 50 times the normal tail.
        let far = best_of(&moments(0.1, 10_000, 0.0, 3.0, 0.0));
        assert!(far > 0.0 && far < 50.0 * normal_cdf(-9.97) * 1.01);
    }

    #[test]
    fn the_score_over_zero_is_the_smaller_of_two() {
        // Without skewness, fat tails and autocorrelation the older variance is the larger one; with autocorrelation not.
        let plain = moments(0.1, 500, 0.0, 3.0, 0.0);
        assert_eq!(score_over_zero(&plain), plain.z_bl2012(0.0));
        let slow = moments(0.1, 500, 0.0, 3.0, 0.3);
        assert_eq!(score_over_zero(&slow), slow.z_llz2025(0.0));
        assert!(score_over_zero(&moments(0.1, 29, 0.0, 3.0, 0.0)).is_none());
        assert!(score_over_zero(&moments(f64::NAN, 99, 0.0, 3.0, 0.0)).is_none());
    }

    #[test]
    fn what_cannot_be_judged_is_none_or_infinite() {
        let constant = Moments4::of(&[0.001; 500]);
        assert!(constant.sharpe().is_nan() && psr_bl2012(&constant, 0.0).is_none());
        assert!(psr_llz2025(&constant, 0.0).is_none() && score_over_zero(&constant).is_none());
        let short = moments(1.0, 29, 0.0, 3.0, 0.0);
        assert!(psr_bl2012(&short, 0.0).is_none() && psr_llz2025(&short, 0.0).is_none());
        let skewed = moments(1.0, 500, 9.0, 3.0, 0.0);
        assert!(psr_bl2012(&skewed, 0.0).is_none() && min_track_record(&skewed, 0.0, 0.95) == f64::INFINITY);
        let good = moments(0.1, 500, 0.0, 3.0, 0.0);
        assert_eq!(min_track_record(&good, 0.2, 0.95), f64::INFINITY);
        assert!(psr_llz2025(&moments(0.1, 500, 0.0, 3.0, 1.0), 0.0).is_none());
        assert!(psr_bl2012(&good, f64::NAN).is_none() && Moments4::of(&[]).sharpe().is_nan());
    }
}
