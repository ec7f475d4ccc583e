//! Mean, variance and quantiles, summed in the order of the slice.

/// Arithmetic mean; NaN where there is no value.
pub fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

/// Variance with divisor `n - ddof`, from deviations about the mean (two passes).
///
/// Exactly zero where all values are equal; NaN where `n <= ddof`.
pub fn variance(x: &[f64], ddof: usize) -> f64 {
    if x.len() <= ddof {
        return f64::NAN;
    }
    if x.iter().all(|&v| v == x[0]) {
        return 0.0;
    }
    let m = mean(x);
    x.iter().map(|v| (v - m) * (v - m)).sum::<f64>() / (x.len() - ddof) as f64
}

/// Standard deviation with divisor `n - ddof`; as [`variance`] otherwise.
pub fn std_dev(x: &[f64], ddof: usize) -> f64 {
    variance(x, ddof).sqrt()
}

/// A sorted copy, NaN last.
pub fn sorted(x: &[f64]) -> Vec<f64> {
    let mut v = x.to_vec();
    v.sort_by(f64::total_cmp);
    v
}

/// Quantile `p` of ascending values, linear between order statistics: position `(n - 1) p` counted from zero.
///
/// Type 7 of R. J. Hyndman and Y. Fan, The American Statistician 50 (1996), 361-365 (the default of R and NumPy). `p`
/// outside `[0, 1]` is clamped; NaN where there is no value or `p` is NaN.
pub fn quantile_type7(sorted: &[f64], p: f64) -> f64 {
    if sorted.is_empty() || p.is_nan() {
        return f64::NAN;
    }
    let at = (sorted.len() - 1) as f64 * p.clamp(0.0, 1.0);
    let below = at.floor();
    let (a, weight) = (sorted[below as usize], at - below);
    match sorted.get(below as usize + 1) {
        // Guarded so that infinite values do not turn into NaN.
        Some(&b) if weight > 0.0 && a != b => a + (b - a) * weight,
        _ => a,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_a_small_sample() {
        let x = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        assert_eq!(mean(&x), 5.0);
        assert_eq!(variance(&x, 0), 4.0);
        assert_eq!(std_dev(&x, 0), 2.0);
        assert!((variance(&x, 1) - 32.0 / 7.0).abs() < 1e-15);
    }

    #[test]
    fn too_few_values_are_undefined_and_equal_ones_do_not_vary() {
        assert!(mean(&[]).is_nan() && variance(&[], 0).is_nan() && variance(&[1.0], 1).is_nan());
        // 0.1 summed ten times is not 1: a mean taken from the sum would leave a trace.
        assert_eq!(variance(&[0.1; 10], 1), 0.0);
    }

    #[test]
    fn quantiles_interpolate_between_order_statistics() {
        let x = [1.0, 2.0, 3.0, 4.0, 10.0];
        for (p, want) in [(0.0, 1.0), (0.25, 2.0), (0.3, 2.2), (0.9, 7.6), (1.0, 10.0), (2.0, 10.0)] {
            assert!((quantile_type7(&x, p) - want).abs() < 1e-12, "{p}");
        }
        assert_eq!(quantile_type7(&[1.0, f64::INFINITY], 0.5), f64::INFINITY);
        assert_eq!(quantile_type7(&[1.0, f64::INFINITY], 0.0), 1.0);
        assert_eq!(quantile_type7(&[f64::INFINITY; 2], 0.5), f64::INFINITY);
        assert!(quantile_type7(&[], 0.5).is_nan() && quantile_type7(&x, f64::NAN).is_nan());
    }

    #[test]
    fn sorting_puts_nan_last() {
        assert_eq!(sorted(&[3.0, f64::NAN, 1.0])[..2], [1.0, 3.0]);
    }
}
