//! Variance, probability, length, critical value and power.

use super::super::super::{expected_max_sharpe, normal_cdf};
use super::super::one_sided::{NeverEnough, OneSidedTest, SampleLength};
use super::super::threshold::{critical_sharpe, min_track_record_llz2025, probabilistic_sharpe};
use super::maxima::package_variance;
use super::{golden, number, refused, same, shape, variance};
use assay_testing::close;

#[test]
fn variances_are_those_of_the_package() {
    let mut none = 0;
    for row in golden("sharpe_ratio_variance") {
        let got = variance(&row, number(&row, "SR"));
        // It divides by zero without a stationary AR(1), and returns a negative variance.
        if refused(&row, "variance") || number(&row, "variance") <= 0.0 {
            assert_eq!(got, None, "{row}");
            none += 1;
        } else {
            same(got, &row, "variance");
        }
    }
    assert_eq!(none, 2);
}

#[test]
fn probabilities_are_those_of_the_package() {
    for row in golden("probabilistic_sharpe_ratio") {
        let (sr, sr0, k) = (number(&row, "SR"), number(&row, "SR0"), number(&row, "K"));
        let exact = probabilistic_sharpe(sr, sr0, variance(&row, sr0).unwrap());
        if k <= 10.0 {
            same(exact, &row, "psr");
        } else {
            // With the variance of the largest of fifty by its own nodes, whose error a far tail magnifies.
            let own = shape(&row).sharpe_variance(sr0, number(&row, "T")).unwrap() * package_variance(k);
            same(probabilistic_sharpe(sr, sr0, own), &row, "psr");
            assert!(close(exact.unwrap(), number(&row, "psr"), 1e-7), "{row}");
        }
    }
    for row in golden("probability_of_given_variance") {
        let got = probabilistic_sharpe(number(&row, "SR"), number(&row, "SR0"), number(&row, "variance"));
        if refused(&row, "psr") { assert_eq!(got, None) } else { same(got, &row, "psr") }
    }
}

#[test]
fn lengths_are_those_of_the_package_above_the_threshold_and_never_below() {
    let mut never = 0;
    for row in golden("minimum_track_record_length") {
        let (sr, sr0, alpha) = (number(&row, "SR"), number(&row, "SR0"), number(&row, "alpha"));
        let got = min_track_record_llz2025(sr, sr0, &shape(&row), alpha).unwrap();
        if sr > sr0 {
            same(got.needed(), &row, "length");
            continue;
        }
        never += 1;
        let why = if sr == sr0 { NeverEnough::BoundIsValue } else { NeverEnough::ValueMissesBound };
        assert_eq!(got, SampleLength::Never(why), "{row}");
        if sr < sr0 {
            // What it returns is the length of a ratio as far above.
            let above = min_track_record_llz2025(2.0 * sr0 - sr, sr0, &shape(&row), alpha).unwrap();
            same(above.needed(), &row, "length");
        } else {
            assert_eq!(number(&row, "length"), f64::INFINITY);
        }
    }
    assert_eq!(never, 12);
}

#[test]
fn critical_values_are_those_of_the_package() {
    for row in golden("critical_sharpe_ratio") {
        let sr0 = number(&row, "SR0");
        same(critical_sharpe(sr0, variance(&row, sr0).unwrap(), number(&row, "alpha")), &row, "critical");
    }
}

#[test]
fn power_is_that_of_the_package() {
    let mut of_best = 0;
    for row in golden("sharpe_ratio_power") {
        let (sr0, sr1, alpha) = (number(&row, "SR0"), number(&row, "SR1"), number(&row, "alpha"));
        let periods = number(&row, "T");
        if number(&row, "K") == 1.0 {
            let test = OneSidedTest::of_sharpe(sr0, sr1, &shape(&row), alpha).unwrap();
            same(test.power(periods), &row, "power");
            // The same by the critical value.
            let critical = critical_sharpe(sr0, variance(&row, sr0).unwrap(), alpha).unwrap();
            let missed = normal_cdf((critical - sr1) / variance(&row, sr1).unwrap().sqrt());
            assert!(close(test.power(periods).unwrap(), 1.0 - missed, 1e-12), "{row}");
        } else {
            // It knows of several trials in the variance of the alternative alone, and not in the critical
            // value.
            of_best += 1;
            let single = shape(&row).sharpe_variance(sr0, periods).unwrap();
            let critical = critical_sharpe(sr0, single, alpha).unwrap();
            let missed = normal_cdf((critical - sr1) / variance(&row, sr1).unwrap().sqrt());
            same(Some(1.0 - missed), &row, "power");
        }
    }
    assert_eq!(of_best, 7);
}

#[test]
fn expected_maxima_are_those_of_the_package_but_of_one_trial() {
    for row in golden("expected_maximum_sharpe_ratio") {
        let (n, v, sr0) = (number(&row, "trials"), number(&row, "variance"), number(&row, "SR0"));
        let got = sr0 + v.sqrt() * expected_max_sharpe(n);
        if n == 1.0 {
            // It has minus infinity, or no number without a variance.
            assert!(got == sr0 && !number(&row, "expected").is_finite());
        } else {
            same(Some(got), &row, "expected");
        }
    }
}

/// The example of the paper: returns of mean 0.036 and standard deviation 0.079 over 24 months. Printed
/// there: 0.987, 0.939 and 0.966, 0.900.
#[test]
fn the_papers_example_holds() {
    let rows = golden("published");
    assert_eq!(rows.len(), 2);
    for row in rows {
        let sr = 0.036 / 0.079;
        let rho1 = number(&row, "rho");
        let shape = super::ReturnShape { skew: -2.448, kurtosis: 10.164, rho1 };
        let of = |sr0: f64| shape.sharpe_variance(sr0, 24.0).unwrap();
        same(probabilistic_sharpe(sr, 0.0, of(0.0)), &row, "psr0");
        same(probabilistic_sharpe(sr, 0.1, of(0.1)), &row, "psr01");
        same(OneSidedTest::of_sharpe(0.0, 0.5, &shape, 0.05).unwrap().power(24.0), &row, "power05");
        same(min_track_record_llz2025(sr, 0.0, &shape, 0.05).unwrap().needed(), &row, "mintrl");
        // Deflated by the best of ten trials whose ratios have the variance 0.1.
        let best = 0.1f64.sqrt() * expected_max_sharpe(10.0);
        same(probabilistic_sharpe(sr, best, of(best)), &row, "dsr_K1");
        same(
            probabilistic_sharpe(sr, best, shape.best_sharpe_variance(best, 24.0, 10.0).unwrap()),
            &row,
            "dsr_K10",
        );
    }
}

/// 1,095 normal days with an annual Sharpe ratio of 1.94, of which luck explains 0.79.
#[test]
fn three_years_of_a_good_ratio() {
    let annual = |sharpe: f64| sharpe / 365f64.sqrt();
    let normal = super::ReturnShape::NORMAL;
    let length = min_track_record_llz2025(annual(1.94), 0.0, &normal, 0.05).unwrap().needed().unwrap();
    assert_eq!(length.round(), 262.0);
    let luck = annual(0.79);
    let deflated = probabilistic_sharpe(annual(1.94), luck, normal.sharpe_variance(luck, 1095.0).unwrap());
    assert!((deflated.unwrap() - 0.977).abs() < 0.0005, "{deflated:?}");
}
