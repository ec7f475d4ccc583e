//! Where nothing can be predicted, every p-value is as likely as any other.

use super::*;
use crate::experiments::placebos::entries::rearrangements;
use crate::experiments::placebos::lag::lags;

/// Placebos of each kind.
const N: u32 = 99;

/// p-values of a crossover over history `k` of noise: of lags and of orders.
fn p_values(k: u64) -> [f64; 2] {
    let b = crossover(&[walk(1_000 + k, 1500, |_| 0.0)], "");
    let (replayer, terms, path) = path_of(&b);
    let own = replayer.sharpe(&terms, &path);
    let p = |sharpes: Vec<f64>| PlaceboTest::among(own, &sharpes).p;
    let lags = lags(&path, b.scenario.system.warmup(&b.scenario.params), N, k).unwrap();
    let lag = lags.iter().map(|(_, lag)| replayer.sharpe(&terms, &path.shifted(*lag))).collect();
    let episodes = path.episodes();
    let orders = rearrangements(&episodes, N, k).unwrap();
    let order = orders.iter().map(|r| replayer.sharpe(&terms, &r.of(&path, &episodes))).collect();
    [p(lag), p(order)]
}

/// Largest distance of the distribution of `p` from the uniform one on its grid.
fn distance(p: &[f64]) -> f64 {
    let grid = (1..=N + 1).map(|k| f64::from(k) / f64::from(N + 1));
    let share = |at: f64| p.iter().filter(|p| **p <= at + 1e-9).count() as f64 / p.len() as f64;
    grid.map(|at| (share(at) - at).abs()).fold(0.0, f64::max)
}

/// Kolmogorov and Smirnov: the distance is above 1.95 / sqrt(n) in one of a thousand cases, and less often on a grid.
fn must_be_uniform(histories: u64) {
    let all: Vec<[f64; 2]> = (0..histories).into_par_iter().map(p_values).collect();
    for (k, name) in [LAG, ENTRIES].into_iter().enumerate() {
        let p: Vec<f64> = all.iter().map(|p| p[k]).collect();
        let at = |level: f64| p.iter().filter(|p| **p <= level + 1e-9).count() as f64 / p.len() as f64;
        let off = distance(&p);
        println!(
            "{name}: {histories} histories, distance {off:.4}, <= 5 % {:.3}, <= 10 % {:.3}, <= 50 % {:.3}",
            at(0.05),
            at(0.10),
            at(0.50)
        );
        assert!(off < 1.95 / (histories as f64).sqrt(), "{name}: {off}");
    }
}

#[test]
fn p_values_on_noise_are_uniform() {
    must_be_uniform(200);
}

/// The same with more histories: some minutes.
#[test]
#[ignore = "1,000 histories of 198 placebos"]
fn p_values_on_a_thousand_histories_of_noise_are_uniform() {
    must_be_uniform(1000);
}
