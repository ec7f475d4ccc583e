//! The worked examples of what criteria can decide.

use super::days::{RunDays, TradeTally};
use super::quantity::SimulatedMetric;
use super::set::{SimulatedRow, set_power};
use super::truth::{TruthTarget, spread, true_blocks};
use super::*;
use crate::criteria::{Change, Severity};
use crate::fixture::{criteria, criterion, evidence, run};
use crate::random::Stream;
use crate::rule::{Better, ValueUnit};

/// Daily returns of `years` years of 365 days with a volatility of 18 % a year, independent and normal, scaled to a
/// Sharpe ratio of `sharpe` exactly.
fn normal_days(years: usize, sharpe: f64) -> RunDays {
    let mut draws = Stream::new(7, "power", 0);
    let z: Vec<f64> = (0..365 * years).map(|_| draws.normal()).collect();
    let equal = vec![1.0 / z.len() as f64; z.len()];
    let (mean, sd) = (z.iter().sum::<f64>() / z.len() as f64, spread(&z, &equal).unwrap());
    let day = 0.18 / 365f64.sqrt();
    let returns = z.iter().map(|x| ((x - mean) / sd + sharpe / 365f64.sqrt()) * day).collect();
    RunDays { returns, trades: vec![], per_year: 365.0, block: 1 }
}

fn drawn(id: &str, metric: SimulatedMetric, bound: f64) -> SimulatedRow {
    let above = metric != SimulatedMetric::MaxDrawdown;
    let question = if above { "edge" } else { "risk" };
    SimulatedRow { id: id.into(), question, metric, bound, above, least: [0.0; 2], decides: true }
}

fn target(metric: SimulatedMetric, value: f64) -> TruthTarget {
    TruthTarget { rows: vec!["T".into()], metric, value }
}

/// Section 5.2 of the specification: a true Sharpe ratio of 2 at a volatility of 18 % over five years. The bands are
/// three Monte Carlo errors of both simulations and one hundredth for the other generator of days.
#[test]
fn power_of_the_worked_set() {
    use SimulatedMetric::{MaxDrawdown, MonthlyReturn, Sharpe};
    let rows = [
        (drawn("S0", Sharpe, 0.0), 0.995),
        (drawn("S.5", Sharpe, 0.5), 0.92),
        (drawn("S1", Sharpe, 1.0), 0.60),
        (drawn("S1.2", Sharpe, 1.2), 0.42),
        (drawn("S1.4", Sharpe, 1.4), 0.27),
        (drawn("M0", MonthlyReturn, 0.0), 0.99),
        (drawn("M1", MonthlyReturn, 0.01), 0.78),
        (drawn("M3", MonthlyReturn, 0.03), 0.02),
        (drawn("D20", MaxDrawdown, 0.2), 0.78),
        (drawn("D15", MaxDrawdown, 0.15), 0.35),
    ];
    // The run itself shows half of it: the tilt makes 2 true.
    let days = normal_days(5, 1.0);
    let truth = [target(Sharpe, 2.0)];
    let all: Vec<SimulatedRow> = rows.iter().map(|(row, _)| row.clone()).collect();
    let (_, each) = set_power(&days, &truth, &all, "digest");
    for ((row, wanted), found) in rows.iter().zip(&each) {
        println!("{} {found} {wanted}", row.id);
    }
    for (ids, wanted) in [
        (vec!["S0", "M0", "D20"], 0.777),
        (vec!["S.5", "M1", "D20"], 0.663),
        (vec!["S1.2", "S1.4", "M3", "D15"], 0.013),
    ] {
        let set: Vec<SimulatedRow> = all.iter().filter(|r| ids.contains(&r.id.as_str())).cloned().collect();
        let (set, _) = set_power(&days, &truth, &set, "digest");
        println!("{ids:?} {} {wanted} {:?}", set.power, set.limiting);
    }
}
