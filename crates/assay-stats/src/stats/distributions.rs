//! Distributions by the crate statrs, for tests and exact intervals.
//!
//! statrs takes logarithms and exponentials from wherever the program was built, so that the last digits may differ from
//! machine to machine: what is given here is rounded to twelve significant digits, more than any figure of a result needs.
//! The normal distribution, whose every digit draws and results depend on, is [`normal_cdf`](super::normal_cdf), tested
//! against this.

use statrs::distribution::{
    Beta, Binomial, ChiSquared, ContinuousCDF, DiscreteCDF, FisherSnedecor, StudentsT,
};

use super::Interval;

/// Chance of a value above `t` under Student's t distribution with `df` degrees of freedom; NaN for `df` of 0 and less.
pub fn student_t_upper(t: f64, df: f64) -> f64 {
    StudentsT::new(0.0, 1.0, df).map_or(f64::NAN, |d| rounded(d.sf(t)))
}

/// The value that Student's t with `df` degrees of freedom stays below with chance `p`, for `p` inside (0, 1); NaN elsewhere.
pub fn student_t_quantile(p: f64, df: f64) -> f64 {
    match StudentsT::new(0.0, 1.0, df) {
        Ok(d) if p > 0.0 && p < 1.0 => rounded(d.inverse_cdf(p)),
        _ => f64::NAN,
    }
}

/// Chance of at most `k` successes in `n` trials of chance `p`; NaN for `p` outside [0, 1].
pub fn binomial_cdf(k: u64, n: u64, p: f64) -> f64 {
    Binomial::new(p, n).map_or(f64::NAN, |d| rounded(d.cdf(k)))
}

/// The smallest count of successes in `n` trials of chance `p` that is not exceeded with chance `q`, for `q` inside (0, 1).
/// None for `p` outside [0, 1].
pub fn binomial_quantile(q: f64, n: u64, p: f64) -> Option<u64> {
    let d = Binomial::new(p, n).ok()?;
    if !(q > 0.0 && q < 1.0) {
        return None;
    }
    // By the distribution function alone, which falls nowhere: the quantile of a rounded chance would be one off at a tie.
    let (mut lo, mut hi) = (0, n);
    while lo < hi {
        let middle = lo + (hi - lo) / 2;
        if d.cdf(middle) >= q { hi = middle } else { lo = middle + 1 }
    }
    Some(lo)
}

/// The exact interval of a share of which `k` of `n` were seen, at `level` such as 0.95: C. J. Clopper and E. S. Pearson,
/// Biometrika 26 (1934), 404-413. From 0 to 1 for no trial; none for `k` above `n` or a level outside (0, 1).
pub fn clopper_pearson(k: u64, n: u64, level: f64) -> Option<Interval> {
    if k > n || !(level > 0.0 && level < 1.0) {
        return None;
    }
    let tail = (1.0 - level) / 2.0;
    let (wins, losses) = (k as f64, (n - k) as f64);
    let quantile = |a: f64, b: f64, p: f64| Beta::new(a, b).map_or(f64::NAN, |d| rounded(d.inverse_cdf(p)));
    let lo = if k == 0 { 0.0 } else { quantile(wins, losses + 1.0, tail) };
    let hi = if k == n { 1.0 } else { quantile(wins + 1.0, losses, 1.0 - tail) };
    Some(Interval { lo, hi })
}

/// Chance of at most `x` under the beta distribution (a, b); NaN for shapes of 0 and less.
pub fn beta_cdf(x: f64, a: f64, b: f64) -> f64 {
    Beta::new(a, b).map_or(f64::NAN, |d| rounded(d.cdf(x)))
}

/// Chance of a value above `x` under the chi-square distribution with `df` degrees of freedom; NaN for `df` of 0 and less.
pub fn chi_square_upper(x: f64, df: f64) -> f64 {
    ChiSquared::new(df).map_or(f64::NAN, |d| rounded(d.sf(x)))
}

/// Chance of a value above `x` under the F distribution with these degrees of freedom; NaN for those of 0 and less.
pub fn f_upper(x: f64, above: f64, below: f64) -> f64 {
    FisherSnedecor::new(above, below).map_or(f64::NAN, |d| rounded(d.sf(x)))
}

/// `x` with twelve significant digits.
fn rounded(x: f64) -> f64 {
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    // By way of text: a power of ten would round once more.
    format!("{x:.11e}").parse().unwrap_or(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::normal_cdf;
    use assay_testing::close;

    /// SciPy 1.17.
    #[test]
    fn values_are_those_of_scipy() {
        for (name, got, want) in [
            ("t", 1.0 - student_t_upper(2.1, 7.0), 0.9630644018935387),
            ("t below", student_t_upper(-0.5, 2.5), 0.6711510400651426),
            ("t quantile", student_t_quantile(0.975, 9.0), 2.262157162798205),
            ("binomial", binomial_cdf(12, 40, 0.31), 0.5223306179061645),
            ("beta", beta_cdf(0.3, 2.5, 4.0), 0.3521975859067672),
            ("chi-square", chi_square_upper(11.3, 5.0), 0.04574583257311167),
            ("F", f_upper(3.2, 4.0, 17.0), 0.03940257036466549),
        ] {
            assert!(close(got, want, 1e-9), "{name}: {got} is not {want}");
        }
        assert_eq!(binomial_quantile(0.025, 400, 0.3), Some(102));
        let i = clopper_pearson(3, 20, 0.95).unwrap();
        assert!(close(i.lo, 0.03207093718554477, 1e-9) && close(i.hi, 0.37892682654529564, 1e-9), "{i:?}");
        let i = clopper_pearson(0, 20, 0.95).unwrap();
        assert!(i.lo == 0.0 && close(i.hi, 0.16843347098308548, 1e-9), "{i:?}");
    }

    #[test]
    fn what_does_not_exist_is_no_number() {
        assert!(student_t_upper(1.0, 0.0).is_nan() && student_t_quantile(1.0, 3.0).is_nan());
        assert!(binomial_cdf(1, 2, 1.5).is_nan() && binomial_quantile(0.5, 3, -0.1).is_none());
        assert!(binomial_quantile(1.0, 3, 0.1).is_none() && clopper_pearson(3, 2, 0.95).is_none());
        assert!(beta_cdf(0.5, 0.0, 1.0).is_nan() && chi_square_upper(1.0, -1.0).is_nan());
        assert!(f_upper(1.0, 0.0, 1.0).is_nan());
        assert_eq!(clopper_pearson(0, 0, 0.95), Some(Interval { lo: 0.0, hi: 1.0 }));
    }

    #[test]
    fn exact_intervals_cover_what_they_say() {
        // With the true chance at either end, so many or more, or so many or fewer, are seen with chance 2.5 %.
        for (k, n) in [(1, 10), (7, 25), (40, 90), (199, 200)] {
            let i = clopper_pearson(k, n, 0.95).unwrap();
            assert!(close(1.0 - binomial_cdf(k - 1, n, i.lo), 0.025, 1e-6), "{k} of {n}: {i:?}");
            assert!(close(binomial_cdf(k, n, i.hi), 0.025, 1e-6), "{k} of {n}: {i:?}");
        }
    }

    #[test]
    fn the_normal_distribution_of_this_program_is_that_of_statrs() {
        let d = statrs::distribution::Normal::new(0.0, 1.0).unwrap();
        for k in -80..=80 {
            let x = f64::from(k) / 10.0;
            assert!(close(normal_cdf(x), d.cdf(x), 1e-9) || d.cdf(x) < 1e-14, "{x}");
        }
        // Student's t with very many degrees of freedom is normal.
        assert!(close(student_t_upper(1.3, 1e6), 1.0 - normal_cdf(1.3), 1e-5));
    }

    #[test]
    fn twelve_digits_are_kept() {
        assert_eq!(rounded(0.123_456_789_012_345_6), 0.123_456_789_012);
        assert_eq!(rounded(9.999_999_999_999_9e-7), 1e-6);
        assert!(rounded(f64::NAN).is_nan() && rounded(0.0) == 0.0);
    }
}
