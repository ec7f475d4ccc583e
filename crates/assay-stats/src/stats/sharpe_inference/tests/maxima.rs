//! The largest of several normal values: the exact moments, and those of the package by its own 200 nodes.

use super::super::super::{max_of_normals, normal_cdf, sidak};
use super::super::threshold::critical_sharpe;
use super::{CLOSE, golden, number};
use serde_json::Value;

const NODES: usize = 200;

/// Nodes and weights of the Gauss-Hermite quadrature for a standard normal density.
///
/// Roots of the Hermite function of order n between changes of its sign, weights `exp(-x²) / (n h²)` with the
/// function h of order n - 1 (Abramowitz and Stegun 25.4.46 with normalised functions).
fn gauss_hermite() -> Vec<(f64, f64)> {
    // The functions of the orders n and n - 1 at x, without their common factor exp(-x² / 2).
    let functions = |x: f64| {
        let (mut before, mut h) = (0.0, std::f64::consts::PI.powf(-0.25) * libm::exp(-0.5 * x * x));
        for k in 0..NODES {
            let n = (k + 1) as f64;
            (before, h) = (h, x * (2.0 / n).sqrt() * h - (k as f64 / n).sqrt() * before);
        }
        (h, before)
    };
    let mut nodes = Vec::new();
    for i in 0..2000 {
        let (mut lo, mut hi) = (f64::from(i) * 0.01, f64::from(i + 1) * 0.01);
        let sign = functions(lo).0 > 0.0;
        if sign == (functions(hi).0 > 0.0) {
            continue;
        }
        for _ in 0..60 {
            let middle = 0.5 * (lo + hi);
            if sign == (functions(middle).0 > 0.0) { lo = middle } else { hi = middle }
        }
        let x = 0.5 * (lo + hi);
        let h = functions(x).1;
        let weight = libm::exp(-x * x) / (NODES as f64 * h * h) / std::f64::consts::PI.sqrt();
        let z = std::f64::consts::SQRT_2 * x;
        nodes.extend([(z, weight), (-z, weight)]);
    }
    assert_eq!(nodes.len(), NODES);
    nodes
}

fn three(row: &Value, name: &str) -> [f64; 3] {
    let values: Vec<f64> = row[name].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    values.try_into().unwrap()
}

/// The mean of one value is zero but for rounding.
fn compare(got: [f64; 3], want: [f64; 3], tolerance: f64, row: &Value) {
    for (got, want) in got.iter().zip(want) {
        assert!((got - want).abs() <= tolerance * want.abs().max(1e-4), "{got} is not {want} of {row}");
    }
}

#[test]
fn moments_are_exact() {
    let mut exact = 0;
    for row in golden("maximum_of_k_normals").iter().filter(|row| row.get("exact").is_some()) {
        let m = max_of_normals(number(row, "k")).unwrap();
        let got = [m.mean, m.second_moment, m.variance];
        compare(got, three(row, "exact"), 1e-11, row);
        // The nodes of the package do not resolve the largest of many.
        if number(row, "k") <= 10.0 {
            compare(got, three(row, "package"), CLOSE, row);
        }
        exact += 1;
    }
    assert_eq!(exact, 10);
}

/// Mean and second moment of the largest of `k` as the package has them.
fn package_moments(nodes: &[(f64, f64)], k: f64) -> [f64; 2] {
    [1, 2].map(|power| nodes.iter().map(|(z, w)| w * k * z.powi(power) * normal_cdf(*z).powf(k - 1.0)).sum())
}

/// The variance of the largest of `k` as the package has it.
pub(super) fn package_variance(k: f64) -> f64 {
    let [mean, second] = package_moments(&gauss_hermite(), k);
    second - mean * mean
}

/// With a correlation it scales the mean by `1 - rho`; the square root of that is right.
#[test]
fn the_packages_own_nodes_give_its_moments() {
    let nodes = gauss_hermite();
    for row in golden("maximum_of_k_normals") {
        let (k, rho) = (number(&row, "k"), number(&row, "rho"));
        let [mean, second] = package_moments(&nodes, k);
        let variance = rho + (1.0 - rho) * (second - mean * mean);
        let mean = (1.0 - rho) * mean;
        compare([mean, variance + mean * mean, variance], three(&row, "package"), CLOSE, &row);
    }
}

/// How often the best of N worthless trials has a deflated Sharpe ratio of 0.95 or more, in standard errors:
/// with the variance of the largest, and with that of one trial. Neither is a test at 5 %.
#[test]
fn a_deflated_sharpe_ratio_holds_no_level_with_either_variance() {
    for (trials, with_best, with_one) in
        [(2.0, 0.054, 0.027), (10.0, 0.060, 0.0072), (100.0, 0.063, 0.0016), (10_000.0, 0.065, 0.00019)]
    {
        let m = max_of_normals(trials).unwrap();
        for (variance, want) in [(m.variance, with_best), (1.0, with_one)] {
            let critical = critical_sharpe(m.mean, variance, 0.05).unwrap();
            let share = sidak(normal_cdf(-critical), trials);
            assert!((share / want - 1.0).abs() < 0.03, "{trials}: {share} is not {want}");
        }
    }
}
