//! What the stationary bootstrap says of the variance of a mean, without drawing a resample.

/// Exact variance of the mean under the stationary bootstrap of mean block `mean_block`, times the number T of values, from
/// their `deviations` about the mean.
///
/// `omega² = g_0 + 2 sum_{i=1}^{T-1} k(i) g_i`, `k(i) = (1 - i/T) q^i + (i/T) q^(T-i)`, `q = 1 - 1 / mean_block`; Politis and
/// Romano, JASA 89 (1994), lemma 1. The second term of k is the first of lag T - i: with circular autocovariances
/// `c_i = g_i + g_{T-i}` the sum is `sum (1 - i/T) q^i c_i`, and the inner sums over i obey a recursion in t, so the cost is
/// that of three passes whatever the block.
pub(super) fn bootstrap_variance(deviations: &[f64], mean_block: f64) -> f64 {
    let n = deviations.len();
    let nf = n as f64;
    let q = 1.0 - 1.0 / mean_block.max(1.0);
    // a = sum_{i=1}^{n-1} q^i e_{t-i}, b = sum i q^i e_{t-i}, indices modulo n, at t = 0.
    let (mut a, mut b, mut power) = (0.0, 0.0, 1.0);
    for (i, e) in deviations.iter().rev().take(n.saturating_sub(1)).enumerate() {
        power *= q;
        a += power * e;
        b += (i + 1) as f64 * power * e;
    }
    // Lag n, which enters at each step with the value of the next, is taken out again.
    let last = power * q;
    let (mut zero, mut weighted) = (0.0, 0.0);
    let following = deviations.iter().skip(1).chain(deviations.first());
    for (e, next) in deviations.iter().zip(following) {
        zero += e * e;
        weighted += e * (a - b / nf);
        b = q * (b + a + e) - nf * last * next;
        a = q * (a + e) - last * next;
    }
    (zero + 2.0 * weighted) / nf
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::mean;
    use assay_testing::{ar1, close, iid};

    #[test]
    fn variance_matches_the_full_sum() {
        for (x, block) in [
            (ar1(42, 200, 0.0, 0.5, 1.0), 10.0),
            (ar1(42, 200, 0.1, -0.5, 1.0), 60.0),
            (ar1(1, 731, 0.0, 0.9, 1.0), 500.0),
            (iid(2, 50, 0.3, 1.0), 0.3),
            (iid(2, 3, 0.3, 1.0), 2.5),
        ] {
            let (m, n) = (mean(&x), x.len());
            let e: Vec<f64> = x.iter().map(|v| v - m).collect();
            let (nf, q) = (n as f64, 1.0 - 1.0 / f64::max(block, 1.0));
            let g = |i: usize| (0..n - i).map(|t| e[t] * e[t + i]).sum::<f64>() / nf;
            let full = g(0)
                + 2.0
                    * (1..n)
                        .map(|i| {
                            let share = i as f64 / nf;
                            ((1.0 - share) * q.powi(i as i32) + share * q.powi((n - i) as i32)) * g(i)
                        })
                        .sum::<f64>();
            let got = bootstrap_variance(&e, block);
            assert!(close(got, full, 1e-12), "{block}: {got} {full}");
        }
        // Politis and Romano's exact variance of the bootstrapped mean.
        let x = ar1(42, 200, 0.0, 0.5, 1.0);
        let e: Vec<f64> = x.iter().map(|v| v - mean(&x)).collect();
        assert!(close(bootstrap_variance(&e, 10.0) / 200.0, 0.02141493927655877, 1e-10));
    }
}
