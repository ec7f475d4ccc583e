//! Sidak's correction for several independent trials.

/// Chance `1 - (1 - q)^n` that at least one of `n` independent trials shows what one of them shows with
/// chance `q`, without losing a small `q`. Z. Sidak, Journal of the American Statistical Association 62
/// (1967), 626-633.
pub fn sidak(q: f64, n: f64) -> f64 {
    // Of no trial, and of a chance that log1p would turn into minus infinity times zero.
    if n == 0.0 { 0.0 } else { -libm::expm1(n * libm::log1p(-q)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_testing::close;

    /// Vectors `adjusted_p_values` (jsharpe 0.6.3, which takes the power itself and so loses digits of small
    /// chances).
    #[test]
    fn sidak_matches_reference_values() {
        for (p, n, want) in [
            (0.01, 3.0, 0.02970100000000009),
            (0.05, 3.0, 0.1426250000000001),
            (0.04, 3.0, 0.11526400000000014),
            (0.001, 5.0, 0.004990009995000988),
            (0.2, 5.0, 0.6723199999999999),
            (0.5, 1.0, 0.5),
            (0.0, 3.0, 0.0),
            (1.0, 3.0, 1.0),
        ] {
            assert!(close(sidak(p, n), want, 1e-12), "{p} of {n}: {}", sidak(p, n));
        }
        assert!(
            close(sidak(1e-12, 3.0), 3e-12 - 3e-24, 1e-15) && close(sidak(1e-9, 3.0), 3e-9 - 3e-18, 1e-15)
        );
        assert!(sidak(1.0, 0.0) == 0.0 && sidak(0.3, 0.0) == 0.0 && sidak(f64::NAN, 2.0).is_nan());
    }
}
