//! Lengths of the rows of a criteria file.

use super::super::one_sided::{NeverEnough, SampleLength};
use super::super::rows::{RowPower, SampleUnit};
use super::super::shape::ReturnShape;
use proptest::prelude::*;

fn needed(row: Option<RowPower>) -> f64 {
    row.unwrap().length(0.8).unwrap().length.needed().unwrap()
}

fn text(row: Option<RowPower>) -> String {
    row.unwrap().length(0.8).unwrap().to_string()
}

#[test]
fn win_rates() {
    for (bound, value, trades) in [
        (0.5, 0.58, "305 trades"),
        (0.52, 0.58, "541 trades"),
        (0.58, 0.6, "4759 trades"),
        (0.58, 0.62, "1184 trades"),
    ] {
        assert_eq!(text(RowPower::win_rate(bound, value)), trades);
    }
}

/// Years of 365 days, of normal returns.
#[test]
fn sharpe_ratios() {
    for (bound, value, years) in
        [(0.0, 1.0, 7.9), (0.0, 2.0, 2.0), (1.0, 2.0, 7.9), (1.2, 1.4, 197.0), (1.2, 2.0, 12.3)]
    {
        let day = |annual: f64| annual / 365f64.sqrt();
        let days = needed(RowPower::sharpe(day(bound), day(value), &ReturnShape::NORMAL));
        let half_a_digit = if years > 100.0 { 0.5 } else { 0.05 };
        assert!((days / 365.0 - years).abs() <= half_a_digit, "{bound} {value}: {}", days / 365.0);
    }
}

#[test]
fn profit_factors() {
    assert_eq!(text(RowPower::profit_factor(1.0, 1.3, 0.45, 1.0, 1.0)), "922 trades");
    assert_eq!(text(RowPower::profit_factor(1.8, 2.0, 0.55, 0.8, 0.8)), "4686 trades");
    assert_eq!(text(RowPower::profit_factor(1.8, 2.5, 0.55, 0.8, 0.8)), "482 trades");
}

/// The first three with returns that are themselves logarithms, the others with simple returns.
#[test]
fn monthly_returns() {
    for (bound, value, sd, months) in
        [(0.0, 0.01, 0.04, 126), (0.01, 0.03, 0.052, 54), (0.03, 0.04, 0.052, 213)]
    {
        let row = RowPower::monthly_return(libm::expm1(bound), libm::expm1(value), sd);
        assert_eq!(text(row), format!("{months} months"));
    }
    for (bound, value, sd, months) in
        [(0.0, 0.01, 0.04, 127), (0.01, 0.03, 0.052, 56), (0.03, 0.04, 0.052, 228)]
    {
        assert_eq!(text(RowPower::monthly_return(bound, value, sd)), format!("{months} months"));
    }
}

#[test]
fn paired_sharpe_ratios() {
    for (more, rho, years, half_a_digit) in
        [(0.3, 0.9, 17.5, 0.05), (0.3, 0.5, 87.0, 0.5), (0.7, 0.9, 3.2, 0.05)]
    {
        let day = |annual: f64| annual / 365f64.sqrt();
        let days = needed(RowPower::paired_sharpe(day(0.9 + more), day(0.9), rho));
        assert!((days / 365.0 - years).abs() <= half_a_digit, "{more} {rho}: {}", days / 365.0);
    }
}

/// A factor on the baseline is a baseline of another size: the variance of X - f Y is that of X - Y' with Y' = f Y,
/// for means of standard normal returns as well.
#[test]
fn a_contrast_of_sharpe_ratios() {
    let (s1, s2, rho) = (0.08, 0.05, 0.6);
    let plain = needed(RowPower::paired_sharpe(s1, s2, rho));
    assert_eq!(needed(RowPower::sharpe_contrast(s1, s2, 1.0, 0.0, rho)), plain);
    let bounded = needed(RowPower::sharpe_contrast(s1, s2, 1.0, 0.01, rho));
    assert!((bounded / plain - (0.03f64 / 0.02).powi(2)).abs() < 1e-12);
    // 1 + 1.96 - 1.68 + (.0064 + .0049 - 2 x .08 x .07 x .36) / 2 = 1.283634, over (.08 - .07)².
    let scaled = needed(RowPower::sharpe_contrast(s1, s2, 1.4, 0.0, rho));
    assert!((scaled - 7.848879734349089 * 1.283634 / 1e-4).abs() < 1e-6, "{scaled}");
    assert_eq!(
        RowPower::paired_sharpe(s1, s2, rho).unwrap().counted_in(SampleUnit::Bars).unit().name(),
        "bars"
    );
}

#[test]
fn the_bound_as_the_value_cannot_pass() {
    let rows = [
        RowPower::win_rate(0.58, 0.58),
        RowPower::sharpe(0.07, 0.07, &ReturnShape::NORMAL),
        RowPower::profit_factor(1.8, 1.8, 0.5, 1.0, 1.0),
        RowPower::monthly_return(0.03, 0.03, 0.05),
        RowPower::paired_sharpe(0.05, 0.05, 0.5),
    ];
    use SampleUnit::{Days, Months, Trades};
    for (row, unit) in rows.into_iter().zip([Trades, Days, Trades, Months, Days]) {
        assert_eq!(row.unwrap().unit(), unit);
        let length = row.unwrap().length(0.8).unwrap();
        assert_eq!((length.length, length.unit), (SampleLength::Never(NeverEnough::BoundIsValue), unit));
        assert_eq!(length.to_string(), "cannot pass: the bound is the documented value");
        for n in [10.0, 1e3, 1e6] {
            assert!((row.unwrap().power(n).unwrap() - 0.025).abs() < 1e-12);
        }
    }
    let worse = RowPower::win_rate(0.58, 0.5).unwrap();
    assert_eq!(worse.length(0.8).unwrap().to_string(), "cannot pass: the documented value misses the bound");
    assert!(worse.power(1000.0).unwrap() < 1e-6);
}

#[test]
fn what_is_undefined_is_none() {
    for (bound, value) in [(0.0, 0.5), (0.5, 1.0), (-0.1, 0.5), (f64::NAN, 0.5), (0.5, f64::NAN)] {
        assert!(RowPower::win_rate(bound, value).is_none(), "{bound} {value}");
    }
    assert!(RowPower::sharpe(0.0, f64::NAN, &ReturnShape::NORMAL).is_none());
    for (bound, value, p, w, l) in [
        (0.0, 1.3, 0.5, 1.0, 1.0),
        (1.0, -1.3, 0.5, 1.0, 1.0),
        (1.0, f64::INFINITY, 0.5, 1.0, 1.0),
        (1.0, 1.3, 0.0, 1.0, 1.0),
        (1.0, 1.3, 1.0, 1.0, 1.0),
        (1.0, 1.3, -0.5, 0.0, 5.0),
        (1.0, 1.3, 1.5, 5.0, 0.0),
        (1.0, 1.3, 0.5, -1.0, 1.0),
        (1.0, 1.3, 0.5, 1.0, f64::NAN),
        (1.0, 1.3, 0.5, f64::INFINITY, 1.0),
    ] {
        assert!(RowPower::profit_factor(bound, value, p, w, l).is_none(), "{bound} {value} {p} {w} {l}");
    }
    for (bound, value, sd) in [(-1.0, 0.01, 0.05), (0.0, -1.5, 0.05), (0.0, 0.01, 0.0), (0.0, 0.01, -0.05)] {
        assert!(RowPower::monthly_return(bound, value, sd).is_none(), "{bound} {value} {sd}");
    }
    for (sharpe, baseline, rho) in
        [(0.1, 0.05, 1.1), (0.1, 0.05, -1.5), (0.1, 0.05, f64::NAN), (0.1, 0.1, 1.0)]
    {
        assert!(RowPower::paired_sharpe(sharpe, baseline, rho).is_none(), "{sharpe} {baseline} {rho}");
    }
    let row = RowPower::win_rate(0.5, 0.6).unwrap();
    assert!(row.length(0.4).is_none() && row.length(1.0).is_none() && row.power(-1.0).is_none());
}

proptest! {
    #[test]
    fn the_power_at_the_length_of_a_power_is_that_power(
        bound in 0.05f64..0.6, more in 0.01f64..0.3, power in 0.5f64..0.999, c in 0.0f64..3.0,
        rho in -0.9f64..0.99,
    ) {
        let value = bound + more;
        let shape = ReturnShape { skew: -1.0, kurtosis: 9.0, rho1: 0.1 };
        for row in [
            RowPower::win_rate(bound, value),
            RowPower::sharpe(bound, value, &shape),
            RowPower::profit_factor(1.0 + bound, 1.0 + value, 0.45, c, 1.0),
            RowPower::monthly_return(bound, value, 0.05),
            RowPower::paired_sharpe(value, bound, rho),
        ] {
            let n = row.unwrap().length(power).unwrap().length.needed().unwrap();
            let got = row.unwrap().power(n).unwrap();
            prop_assert!((got - power).abs() < 1e-9, "{row:?}: {got}");
        }
    }
}
