//! False discovery rates and adjusted p-values.

use super::super::super::{bonferroni, holm, holm_sidak, normal_cdf, sidak_each};
use super::super::false_discovery::{EDGE_SHARPE_ANNUAL, EdgeHypotheses, planned_false_discovery_rate};
use super::super::prior::EdgePrior;
use super::super::shape::ReturnShape;
use super::{CLOSE, golden, number, refused, same, variance};
use assay_testing::close;
use proptest::prelude::*;
use serde_json::Value;

fn prior(row: &Value, name: &str) -> EdgePrior {
    EdgePrior::new(number(row, name)).unwrap()
}

fn hypotheses(row: &Value) -> EdgeHypotheses {
    let (sr0, sr1) = (number(row, "SR0"), number(row, "SR1"));
    EdgeHypotheses::new(sr0, sr1, variance(row, sr0).unwrap(), variance(row, sr1).unwrap()).unwrap()
}

#[test]
fn planned_rates_are_those_of_the_package() {
    for row in golden("pFDR") {
        let got = planned_false_discovery_rate(prior(&row, "p"), number(&row, "alpha"), number(&row, "beta"));
        same(got, &row, "pFDR");
    }
}

#[test]
fn observed_rates_are_those_of_the_package_or_their_limit() {
    let mut limits = 0;
    for row in golden("oFDR") {
        let got = hypotheses(&row).observed_false_discovery_rate(number(&row, "SR"), prior(&row, "p"));
        if refused(&row, "oFDR") {
            // Both tails are zero as one less a probability, and it divides by them.
            limits += 1;
            assert!(got.is_some_and(|rate| (0.0..1e-12).contains(&rate)), "{got:?} of {row}");
        } else {
            same(got, &row, "oFDR");
        }
    }
    assert_eq!(limits, 7);
}

/// P(no edge | above c) as the package has it: zero where the tails cannot be divided.
fn package_rate(row: &Value, c: f64) -> f64 {
    let tail = |sr: &str, sigma: &str| normal_cdf(-(c - number(row, sr)) / number(row, sigma));
    let p = number(row, "p_H1");
    let rate = 1.0 / (1.0 + tail("SR1", "sigma1") / tail("SR0", "sigma0") * p / (1.0 - p));
    if rate.is_finite() { rate } else { 0.0 }
}

#[test]
fn critical_values_are_those_of_the_package_where_a_ratio_satisfies_the_rate() {
    let rows = golden("FDR_critical_value");
    assert_eq!(rows.len(), 6);
    for (i, row) in rows.iter().enumerate() {
        let [sr0, sr1, sd0, sd1] = ["SR0", "SR1", "sigma0", "sigma1"].map(|name| number(row, name));
        let q = number(row, "q");
        let hypotheses = EdgeHypotheses::new(sr0, sr1, sd0 * sd0, sd1 * sd1);
        let got = hypotheses.and_then(|h| h.critical_for_rate(q, prior(row, "p_H1")));
        if refused(row, "critical") {
            // No edge to find.
            assert!(hypotheses.is_none(), "{row}");
        } else if i == 4 {
            // Estimates of luck scatter four times as far: those above any ratio are hardly ever of an edge.
            // What the package finds is where its tail of luck vanishes (38 standard errors) and it takes 0 /
            // 0 for a rate of zero.
            assert_eq!(got, None, "{row}");
            let critical = number(row, "critical");
            assert!(package_rate(row, critical - 0.1) > 0.99 && package_rate(row, critical + 0.3) == 0.0);
            assert!((0..=200).all(|i| {
                let rate =
                    |sr| hypotheses.unwrap().observed_false_discovery_rate(sr, prior(row, "p_H1")).unwrap();
                rate(f64::from(i) * 0.1 - 10.0) > 0.8
            }));
        } else {
            same(got, row, "critical");
            if got != Some(f64::NEG_INFINITY) {
                assert!(close(package_rate(row, got.unwrap()), q, CLOSE), "{row}");
            }
        }
    }
}

#[test]
fn plans_are_those_of_the_package() {
    for row in golden("control_for_FDR") {
        let plan = hypotheses(&row).plan(number(&row, "q"), prior(&row, "p")).unwrap();
        let planned = planned_false_discovery_rate(prior(&row, "p"), plan.alpha, plan.beta).unwrap();
        assert!(close(planned, plan.rate, CLOSE), "{planned} of {row}");
        let want = row["alpha_beta_critical_q"].as_array().unwrap();
        for (got, want) in [plan.alpha, plan.beta, plan.critical, plan.rate].iter().zip(want) {
            assert!(close(*got, want.as_f64().unwrap(), CLOSE), "{got} is not {want} of {row}");
        }
    }
}

#[test]
fn the_papers_false_discovery_rates_hold() {
    for row in golden("published") {
        let shape = ReturnShape { skew: -2.448, kurtosis: 10.164, rho1: number(&row, "rho") };
        let beta = 1.0 - number(&row, "power05");
        same(planned_false_discovery_rate(EdgePrior::DEFAULT, 0.05, beta), &row, "pFDR05");
        let observed = EdgeHypotheses::of(&shape, 24.0, 0.0, 0.5).unwrap();
        same(observed.observed_false_discovery_rate(0.036 / 0.079, EdgePrior::DEFAULT), &row, "oFDR05");
    }
}

/// 1,095 normal days with an annual Sharpe ratio of 1.94, of which luck explains 0.79.
#[test]
fn after_a_search_an_edge_has_to_exceed_luck() {
    let annual = |sharpe: f64| sharpe / 365f64.sqrt();
    let h =
        EdgeHypotheses::of(&ReturnShape::NORMAL, 1095.0, annual(0.79), annual(EDGE_SHARPE_ANNUAL)).unwrap();
    for (prior, want) in
        [(EdgePrior::SHOWN[0], 0.85), (EdgePrior::DEFAULT, 0.53), (EdgePrior::SHOWN[1], 0.19)]
    {
        let got = h.observed_false_discovery_rate(annual(1.94), prior).unwrap();
        assert!((got - want).abs() < 0.005, "{prior:?}: {got} is not {want}");
    }
}

#[test]
fn adjusted_p_values_are_those_of_the_package_but_for_the_digits_it_loses() {
    let rows = golden("adjusted_p_values");
    assert_eq!(rows.len(), 6);
    for row in rows {
        let list = |name: &str| -> Vec<f64> {
            row[name].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
        };
        let p = list("p");
        for (name, got) in [
            ("bonferroni", bonferroni(&p)),
            ("sidak", sidak_each(&p)),
            ("holm", holm(&p)),
            ("holm_sidak", holm_sidak(&p)),
        ] {
            for ((got, want), p) in got.iter().zip(list(name)).zip(&p) {
                // It takes the power of a number near one, which has sixteen digits after the point.
                let lost = if name.contains("sidak") && (1e-300..1e-6).contains(p) {
                    4e-16 * p.recip()
                } else {
                    CLOSE
                };
                assert!((got - want).abs() <= lost * want, "{name}: {got} is not {want} of {row}");
            }
        }
    }
    // Those digits: 1 - (1 - p)³ is 3p - 3p² + p³.
    let p: f64 = 1e-12;
    assert!(close(sidak_each(&[p, 0.5, 0.5])[0], 3.0 * p - 3.0 * p * p + p * p * p, 1e-15));
    assert!(!close(1.0 - (1.0 - p).powi(3), 3.0 * p - 3.0 * p * p + p * p * p, 1e-6));
}

#[test]
fn what_is_undefined_is_none() {
    let prior = EdgePrior::DEFAULT;
    for (alpha, beta) in
        [(0.0, 0.2), (1.1, 0.2), (f64::NAN, 0.2), (0.05, -0.1), (0.05, 1.1), (0.05, f64::NAN)]
    {
        assert!(planned_false_discovery_rate(prior, alpha, beta).is_none(), "{alpha} {beta}");
    }
    for (sr0, sr1, v0, v1) in [
        (0.1, 0.1, 1.0, 1.0),
        (0.2, 0.1, 1.0, 1.0),
        (f64::NAN, 0.1, 1.0, 1.0),
        (0.0, f64::INFINITY, 1.0, 1.0),
        (0.0, 0.1, 0.0, 1.0),
        (0.0, 0.1, 1.0, f64::NAN),
    ] {
        assert!(EdgeHypotheses::new(sr0, sr1, v0, v1).is_none(), "{sr0} {sr1} {v0} {v1}");
    }
    let h = EdgeHypotheses::new(0.0, 0.1, 0.01, 0.01).unwrap();
    for sharpe in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
        assert!(h.observed_false_discovery_rate(sharpe, prior).is_none(), "{sharpe}");
    }
    for q in [0.0, 1.0, -0.5, f64::NAN] {
        assert!(h.critical_for_rate(q, prior).is_none() && h.plan(q, prior).is_none(), "{q}");
    }
    // No days, no variance.
    assert!(EdgeHypotheses::of(&ReturnShape::NORMAL, 0.0, 0.0, 0.1).is_none());
    let not_stationary = ReturnShape { rho1: 1.0, ..ReturnShape::NORMAL };
    assert!(EdgeHypotheses::of(&not_stationary, 500.0, 0.0, 0.1).is_none());
}

#[test]
fn where_all_may_pass_the_plan_is_the_prior() {
    let h = EdgeHypotheses::new(0.0, 0.5, 0.04, 0.04).unwrap();
    let plan = h.plan(0.5, EdgePrior::new(0.9).unwrap()).unwrap();
    assert_eq!((plan.critical, plan.alpha, plan.beta), (f64::NEG_INFINITY, 1.0, 0.0));
    assert!(close(plan.rate, 0.1, 1e-14));
}

/// Far below, an edge that scatters more has the smaller share of what exceeds a ratio; the largest are its own
/// all the same.
#[test]
fn an_edge_that_scatters_more_is_found_at_any_rate() {
    let h = EdgeHypotheses::new(0.5, 0.6, 0.01, 0.04).unwrap();
    let rate = |sharpe| h.observed_false_discovery_rate(sharpe, EdgePrior::DEFAULT).unwrap();
    assert!(rate(0.3) > rate(-1.0) && rate(0.3) > rate(0.6));
    for q in [0.9, 0.5, 0.01, 1e-6] {
        let critical = h.critical_for_rate(q, EdgePrior::DEFAULT).unwrap();
        assert!(critical > 0.5 && close(rate(critical), q, 1e-9), "{q}: {critical}");
    }
}

/// Positive skewness makes the estimates of an edge scatter less, and then the largest are of luck again: the
/// critical value is the smaller of two ratios with the rate.
#[test]
fn of_two_ratios_with_the_rate_the_smaller_is_the_critical_value() {
    let shape = ReturnShape { skew: 3.0, kurtosis: 12.0, rho1: 0.0 };
    let h = EdgeHypotheses::of(&shape, 365.0, 0.0, 0.0523).unwrap();
    let rate = |sharpe| h.observed_false_discovery_rate(sharpe, EdgePrior::DEFAULT).unwrap();
    let critical = h.critical_for_rate(0.6, EdgePrior::DEFAULT).unwrap();
    assert!(close(rate(critical), 0.6, 1e-12) && rate(critical + 0.01) < 0.6 && rate(critical - 0.01) > 0.6);
    assert!(rate(2.0) > 0.6);
    assert!(h.critical_for_rate(0.05, EdgePrior::DEFAULT).is_none());
}

proptest! {
    #[test]
    fn the_observed_rate_rises_as_the_prior_falls(
        skew in -3.0f64..1.0, rho1 in -0.3f64..0.6, days in 60.0f64..4000.0, luck in 0.0f64..0.1,
        sharpe in -0.1f64..0.3, low in 0.001f64..0.5, higher in 0.001f64..0.49,
    ) {
        let shape = ReturnShape { skew, kurtosis: 12.0, rho1 };
        let h = EdgeHypotheses::of(&shape, days, luck, 0.05).unwrap();
        let rate = |p: f64| h.observed_false_discovery_rate(sharpe, EdgePrior::new(p).unwrap()).unwrap();
        prop_assert!((0.0..=1.0).contains(&rate(low)));
        prop_assert!(rate(low) > rate(low + higher));
    }

    #[test]
    fn the_rate_above_the_critical_value_is_the_one_asked_for(
        skew in -3.0f64..1.0, days in 60.0f64..4000.0, q in 0.01f64..0.9, p in 0.01f64..0.5,
    ) {
        let shape = ReturnShape { skew, kurtosis: 12.0, rho1: 0.1 };
        let (h, prior) = (EdgeHypotheses::of(&shape, days, 0.02, 0.06).unwrap(), EdgePrior::new(p).unwrap());
        match h.plan(q, prior) {
            Some(plan) if plan.critical.is_finite() => {
                let observed = h.observed_false_discovery_rate(plan.critical, prior).unwrap();
                prop_assert!(close(observed, q, 1e-9) && plan.rate == q, "{observed} {plan:?}");
                // The level, the power and the rate belong together.
                if plan.alpha > 1e-12 && plan.beta < 0.999 {
                    let planned = planned_false_discovery_rate(prior, plan.alpha, plan.beta).unwrap();
                    prop_assert!(close(planned, q, 1e-9), "{planned} {plan:?}");
                }
                prop_assert!(h.observed_false_discovery_rate(plan.critical - 0.001, prior).unwrap() > q);
            }
            Some(plan) => prop_assert!(plan.rate <= q),
            None => for i in 0..1000 {
                prop_assert!(h.observed_false_discovery_rate(f64::from(i) * 0.02 - 10.0, prior).unwrap() > q);
            },
        }
    }
}
