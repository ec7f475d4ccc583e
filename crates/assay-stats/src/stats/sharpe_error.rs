//! Standard errors and annualisation of the Sharpe ratio after A. W. Lo, "The statistics of Sharpe ratios", Financial
//! Analysts Journal 58(4) (2002), 36-52.

use super::moments::{mean, variance};
use super::ratios::is_rounding;

/// Standard error of a Sharpe ratio `sharpe` per period from `n` independent normal returns:
/// `sqrt((1 + sharpe² / 2) / n)`. Lo (2002), Table 1. NaN where `n` is zero.
pub fn sharpe_se_iid(sharpe: f64, n: usize) -> f64 {
    if n == 0 { f64::NAN } else { ((1.0 + 0.5 * sharpe * sharpe) / n as f64).sqrt() }
}

/// Standard error of the Sharpe ratio per period, robust to autocorrelation, changing variance and fat tails.
///
/// Generalised method of moments on `(r - mu, (r - mu)² - s²)` with Bartlett weights `1 - j / (lags + 1)` (Newey and
/// West 1987) and the delta method with gradient `(1 / s, -mu / (2 s³))`, variance with ddof 0. Lo (2002).
/// NaN for fewer than two returns, where they do not vary, or where the estimated variance is negative.
pub fn sharpe_se_hac(returns: &[f64], lags: usize) -> f64 {
    let n = returns.len();
    let (mu, s2) = (mean(returns), variance(returns, 0));
    let s = s2.sqrt();
    if n < 2 || s.is_nan() || is_rounding(s, mu) {
        return f64::NAN;
    }
    // The gradient is applied first: the variance of its scalar product equals the quadratic form.
    let score: Vec<f64> = returns
        .iter()
        .map(|r| {
            let d = r - mu;
            d / s - mu / (2.0 * s2 * s) * (d * d - s2)
        })
        .collect();
    let covariance = |j: usize| score[j..].iter().zip(&score).map(|(a, b)| a * b).sum::<f64>() / n as f64;
    let mut total = covariance(0);
    for j in 1..=lags.min(n - 1) {
        total += 2.0 * (1.0 - j as f64 / (lags + 1) as f64) * covariance(j);
    }
    (total / n as f64).sqrt()
}

/// Sample autocorrelations at lags `1..=lags` (divisor n, deviations about the common mean); NaN where the series does not
/// vary, zero beyond its length.
pub fn autocorrelations(x: &[f64], lags: usize) -> Vec<f64> {
    let m = mean(x);
    let spread = variance(x, 0);
    let square: f64 = if is_rounding(spread.sqrt(), m) { f64::NAN } else { spread * x.len() as f64 };
    (1..=lags)
        .map(|k| {
            let cross = x.iter().skip(k).zip(x).map(|(a, b)| (a - m) * (b - m)).sum::<f64>();
            if square > 0.0 { cross / square } else { f64::NAN }
        })
        .collect()
}

/// Factor that turns a Sharpe ratio per period into one over `q` periods given the autocorrelations `rho` at lags 1, 2, ...
/// (zero beyond the slice): `q / sqrt(q + 2 sum_{k=1}^{q-1} (q - k) rho_k)`.
///
/// Lo (2002), Table 2; `sqrt(q)` without autocorrelation. Give only the first lags: sample autocorrelations at all
/// lags sum to -1/2 whatever the series, and the factor explodes. NaN where `q` is zero or the radicand is not positive.
pub fn eta(q: usize, rho: &[f64]) -> f64 {
    let qf = q as f64;
    let sum: f64 =
        rho.iter().take(q.saturating_sub(1)).enumerate().map(|(i, r)| (qf - (i + 1) as f64) * r).sum();
    let radicand = qf + 2.0 * sum;
    if radicand > 0.0 { qf / radicand.sqrt() } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::sharpe_ratio;
    use assay_testing::{ar1, close};

    #[test]
    fn independent_errors_match_table_1() {
        for (sr, n, se) in [
            (0.5, 12, 0.30618621784789724),
            (0.5, 60, 0.13693063937629152),
            (1.0, 24, 0.25),
            (1.5, 60, 0.18819316317727025),
            (1.5, 500, 0.0651920240520265),
            (3.0, 250, 0.14832396974191325),
        ] {
            assert!(close(sharpe_se_iid(sr, n), se, 1e-12));
        }
        assert!(sharpe_se_iid(1.0, 0).is_nan());
    }

    #[test]
    fn robust_errors_match_reference_values() {
        let x = ar1(42, 1000, 0.0008, 0.1, 0.01);
        for (lags, se) in [
            (0, 0.03159249352597897),
            (3, 0.033833792760446554),
            (6, 0.034277365704735184),
            (10, 0.03342084078414947),
        ] {
            assert!(close(sharpe_se_hac(&x, lags), se, 1e-8), "{lags}");
        }
        assert!(sharpe_se_hac(&[0.1; 9], 2).is_nan() && sharpe_se_hac(&[], 2).is_nan());
        assert!(sharpe_se_hac(&[0.1, 0.2], 50).is_finite());
    }

    #[test]
    fn annualisation_matches_table_2_and_the_sample() {
        for (rho, q, want) in [
            (0.9, 12, 1.2070375285423405),
            (0.5, 12, 2.1212879755),
            (0.0, 12, 3.4641016151),
            (-0.2, 12, 4.1708480141),
            (0.2, 250, 12.9207162410),
        ] {
            let mut power = 1.0;
            let all: Vec<f64> = (1..q)
                .map(|_| {
                    power *= rho;
                    power
                })
                .collect();
            assert!(close(eta(q, &all), want, 1e-10), "{rho} {q}: {}", eta(q, &all));
        }
        let x = ar1(42, 1000, 0.0008, 0.1, 0.01);
        let rho = autocorrelations(&x, 10);
        assert!(close(rho[0], 0.0747029267654072, 1e-8) && close(rho[9], 0.004339126767635814, 1e-8));
        let factor = eta(365, &rho);
        assert!(close(factor, 19.677619723604685, 1e-8));
        assert!(close(sharpe_ratio(&x, 365.0), 1.72939659512552, 1e-10));
        assert!(eta(0, &[]).is_nan() && eta(12, &[-1.0]).is_nan());
    }
}
