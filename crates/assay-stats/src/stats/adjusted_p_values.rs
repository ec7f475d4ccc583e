//! p-values of several tests, each adjusted for all of them: the family-wise level at which that test would
//! just reject.
//!
//! A p-value that is no number in [0, 1] is NaN in the result, and counts as a test that shows nothing.

use super::sidak::sidak;

/// `min(1, M p)` of each of M p-values (Bonferroni's inequality): holds however the tests depend on each
/// other.
pub fn bonferroni(p: &[f64]) -> Vec<f64> {
    single_step(p, times)
}

/// `1 - (1 - p)^M` of each of M p-values: exact for independent tests, see [`sidak`].
pub fn sidak_each(p: &[f64]) -> Vec<f64> {
    single_step(p, sidak)
}

/// Step-down p-values: in ascending order the running maximum of `min(1, (M - j) p)`, j counted from zero,
/// ties in the order given.
///
/// S. Holm, Scandinavian Journal of Statistics 6 (1979), 65-70. Never above [`bonferroni`], and holds where
/// that holds. Not for a claim that all tests reject: that one needs no adjustment (R. L. Berger,
/// Technometrics 24 (1982), 295-300).
pub fn holm(p: &[f64]) -> Vec<f64> {
    step_down(p, times)
}

/// [`holm`] with `1 - (1 - p)^(M - j)` in each step: never above it, and exact for independent tests.
pub fn holm_sidak(p: &[f64]) -> Vec<f64> {
    step_down(p, sidak)
}

/// Bound on the chance that at least one of `n` tests shows what one of them shows with chance `p`.
fn times(p: f64, n: f64) -> f64 {
    (n * p).min(1.0)
}

fn is_chance(p: f64) -> bool {
    (0.0..=1.0).contains(&p)
}

fn single_step(p: &[f64], of_several: fn(f64, f64) -> f64) -> Vec<f64> {
    let tests = p.len() as f64;
    p.iter().map(|&p| if is_chance(p) { of_several(p, tests) } else { f64::NAN }).collect()
}

fn step_down(p: &[f64], of_several: fn(f64, f64) -> f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).filter(|&k| is_chance(p[k])).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let (mut adjusted, mut largest) = (vec![f64::NAN; p.len()], 0.0f64);
    for (j, k) in order.into_iter().enumerate() {
        largest = largest.max(of_several(p[k], (p.len() - j) as f64));
        adjusted[k] = largest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_testing::close;
    use proptest::prelude::*;

    /// By hand: 0.01 of three, 0.03 of two, and no less for the last.
    #[test]
    fn the_smallest_counts_for_all_and_the_others_for_what_is_left() {
        assert_eq!(bonferroni(&[0.01, 0.04, 0.4]), [0.03, 0.12, 1.0]);
        assert_eq!(holm(&[0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]);
        let each = holm_sidak(&[0.01, 0.04, 0.03]);
        assert!(close(each[0], 1.0 - 0.99f64.powi(3), 1e-13) && close(each[1], 1.0 - 0.97f64.powi(2), 1e-13));
        assert_eq!(each[1], each[2]);
        assert!(close(sidak_each(&[1e-15, 0.5])[0], 2e-15, 1e-14));
        assert!(bonferroni(&[]).is_empty() && holm(&[]).is_empty());
        // -0 is zero, and of zero there is nothing to adjust.
        assert!(holm(&[-0.0, 0.5])[0] == 0.0 && sidak_each(&[0.0, 1.0]) == [0.0, 1.0]);
    }

    #[test]
    fn what_is_no_chance_counts_as_a_test_that_shows_nothing() {
        for adjust in [bonferroni, sidak_each, holm, holm_sidak] {
            let adjusted = adjust(&[0.01, f64::NAN, -0.1, 1.5, 0.02]);
            assert!(adjusted[1..4].iter().all(|p| p.is_nan()), "{adjusted:?}");
            let plain = adjust(&[0.01, 1.0, 1.0, 1.0, 0.02]);
            assert!(adjusted[0] == plain[0] && adjusted[4] == plain[4], "{adjusted:?}");
        }
    }

    proptest! {
        #[test]
        fn adjusting_keeps_the_order_and_only_raises(p in prop::collection::vec(0.0f64..=1.0, 1..30)) {
            for adjust in [bonferroni, sidak_each, holm, holm_sidak] {
                let adjusted = adjust(&p);
                for i in 0..p.len() {
                    // Of the last bits of expm1 and log1p alone may it lose some.
                    prop_assert!(adjusted[i] >= p[i] * (1.0 - 1e-14) && adjusted[i] <= 1.0);
                    for j in 0..p.len() {
                        prop_assert!(p[i] > p[j] || adjusted[i] <= adjusted[j]);
                    }
                }
            }
            let (each, steps) = (bonferroni(&p), holm(&p));
            let (sidak_each, sidak_steps) = (sidak_each(&p), holm_sidak(&p));
            for i in 0..p.len() {
                prop_assert!(steps[i] <= each[i] && sidak_steps[i] <= sidak_each[i] * (1.0 + 1e-12));
                prop_assert!(sidak_each[i] <= each[i] * (1.0 + 1e-12));
                prop_assert!(sidak_steps[i] <= steps[i] * (1.0 + 1e-12));
            }
        }

        #[test]
        fn a_further_test_lowers_none(p in prop::collection::vec(0.0f64..=1.0, 1..20), more in 0.0f64..=1.0) {
            let mut longer = p.clone();
            longer.push(more);
            for adjust in [bonferroni, sidak_each, holm, holm_sidak] {
                for (before, after) in adjust(&p).into_iter().zip(adjust(&longer)) {
                    prop_assert!(after >= before * (1.0 - 1e-12));
                }
            }
        }
    }
}
