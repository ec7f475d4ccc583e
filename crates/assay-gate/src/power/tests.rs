//! The worked examples of what criteria can decide, and what is refused.

use std::sync::OnceLock;

use super::days::{RunDays, TradeTally};
use super::quantity::SimulatedMetric;
use super::set::{SimulatedRow, simulate};
use super::truth::{TruthTarget, centre, true_blocks};
use super::*;
use crate::criteria::{Change, CriterionWindow, Scope, Severity};
use crate::fixture::{criteria, criterion, evidence, run};
use crate::random::Stream;
use crate::rule::Better;

/// Daily returns of five years of 365 days with a volatility of 18 % a year, independent and normal, scaled to a Sharpe
/// ratio of `sharpe` exactly.
fn normal_days(sharpe: f64) -> RunDays {
    let mut draws = Stream::new(7, "power", 0);
    let z: Vec<f64> = (0..1825).map(|_| draws.normal()).collect();
    let equal = vec![1.0 / z.len() as f64; z.len()];
    let [mean, sd] = centre(&z, &equal).unwrap();
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

/// The rows of the worked set on days whose own Sharpe ratio is 1, tilted to 2: of each history, which pass.
fn worked() -> &'static (Vec<SimulatedRow>, Vec<Vec<bool>>) {
    static WORKED: OnceLock<(Vec<SimulatedRow>, Vec<Vec<bool>>)> = OnceLock::new();
    WORKED.get_or_init(|| {
        use SimulatedMetric::{MaxDrawdown, MonthlyReturn, Sharpe};
        let rows = vec![
            drawn("S0", Sharpe, 0.0),
            drawn("S.5", Sharpe, 0.5),
            drawn("S1", Sharpe, 1.0),
            drawn("S1.2", Sharpe, 1.2),
            drawn("S1.4", Sharpe, 1.4),
            drawn("M0", MonthlyReturn, 0.0),
            drawn("M1", MonthlyReturn, 0.01),
            drawn("M3", MonthlyReturn, 0.03),
            drawn("D20", MaxDrawdown, 0.2),
            drawn("D15", MaxDrawdown, 0.15),
        ];
        let days = normal_days(1.0);
        let truth = true_blocks(&days, &[target(Sharpe, 2.0)]);
        assert!(truth.dropped.is_empty() && truth.effective > 1700.0, "{}", truth.effective);
        let passed = simulate(&days, &truth, &rows, 1);
        (rows, passed)
    })
}

/// A true Sharpe ratio of 2 at a volatility of 18 % over five years, by another program that draws normal days: within
/// three standard errors of the difference of two simulations of 2,000 histories, and half a hundredth for rounding.
#[test]
fn power_of_the_worked_rows_and_sets() {
    let (rows, passed) = worked();
    let share = |ids: &[&str]| {
        let at: Vec<usize> = ids.iter().map(|id| rows.iter().position(|r| r.id == *id).unwrap()).collect();
        passed.iter().filter(|p| at.iter().all(|k| p[*k])).count() as f64 / passed.len() as f64
    };
    let cases: [(&[&str], f64); 13] = [
        (&["S0"], 0.995),
        (&["S.5"], 0.92),
        (&["S1"], 0.60),
        (&["S1.2"], 0.42),
        (&["S1.4"], 0.27),
        (&["M0"], 0.99),
        (&["M1"], 0.78),
        (&["M3"], 0.02),
        (&["D20"], 0.78),
        (&["D15"], 0.35),
        (&["S0", "M0", "D20"], 0.777),
        (&["S.5", "M1", "D20"], 0.663),
        (&["S1.2", "S1.4", "M3", "D15"], 0.013),
    ];
    for (ids, wanted) in cases {
        let found = share(ids);
        let error = (2.0 * wanted * (1.0 - wanted) / 2000.0).sqrt();
        assert!((found - wanted).abs() <= 3.0 * error + 0.005, "{ids:?}: {found}, not {wanted}");
    }
    // Rows hang together: the set passes more often than if they did not.
    assert!(share(&["S.5", "M1", "D20"]) > share(&["S.5"]) * share(&["M1"]) * share(&["D20"]) + 0.05);
}

/// The chance of a row by formula is that of drawn histories.
#[test]
fn formula_and_histories_agree() {
    let (rows, passed) = worked();
    let shape = crate::stats::ReturnShape::NORMAL;
    for (k, row) in rows.iter().enumerate().filter(|(_, r)| r.metric == SimulatedMetric::Sharpe) {
        let day = |annual: f64| annual / 365f64.sqrt();
        let formula = crate::stats::RowPower::sharpe(day(row.bound), day(2.0), &shape).unwrap();
        let found = passed.iter().filter(|p| p[k]).count() as f64 / passed.len() as f64;
        let wanted = formula.power(1825.0).unwrap();
        assert!((found - wanted).abs() < 0.04, "{}: {found}, by formula {wanted}", row.id);
    }
}

/// What the weighted blocks show of each target, on days with trades.
#[test]
fn the_tilt_makes_every_target_true() {
    let days = RunDays { block: 3, ..days_of(&run(400, 0.56, 3)) };
    let targets = [
        target(SimulatedMetric::WinRate(0), 0.6),
        target(SimulatedMetric::WinRate(2), 0.57),
        target(SimulatedMetric::ProfitFactor(0), 1.45),
        target(SimulatedMetric::Sharpe, 7.9),
    ];
    let truth = true_blocks(&days, &targets);
    assert!(truth.dropped.is_empty() && truth.effective > 10.0, "{:?}", truth.dropped);
    let weights = days.day_weights(&truth.weights);
    let sum = |group: usize, f: fn(&TradeTally) -> f64| -> f64 {
        days.trades[group].iter().zip(&weights).map(|(t, w)| w * f(t)).sum()
    };
    let [mean, sd] = centre(&days.returns, &weights).unwrap();
    let sharpe = mean / sd * 365f64.sqrt();
    for (found, wanted) in [
        (sum(0, |t| t.wins) / sum(0, TradeTally::n), 0.6),
        (sum(2, |t| t.wins) / sum(2, TradeTally::n), 0.57),
        (sum(0, |t| t.won[0]) / sum(0, |t| t.lost[0]), 1.45),
        (sharpe, 7.9),
    ] {
        assert!((found - wanted).abs() < 1e-9, "{found}, not {wanted}");
    }
    // A compound month alone, exactly.
    let truth = true_blocks(&normal_days(1.0), &[target(SimulatedMetric::MonthlyReturn, 0.03)]);
    let returns = normal_days(1.0).returns;
    let log: f64 = returns.iter().zip(&truth.weights).map(|(r, w)| w * r.ln_1p()).sum();
    assert!(((log * 365.0 / 12.0).exp_m1() - 0.03).abs() < 1e-9);
}

/// Trades that win and lose nearly the same: where 60 % of them win, winners cannot earn a twentieth of what losers lose.
#[test]
fn values_that_contradict_each_other_are_named() {
    let days = days_of(&run(400, 0.56, 3));
    let targets = |factor: f64| {
        [
            target(SimulatedMetric::Sharpe, 7.8),
            target(SimulatedMetric::WinRate(0), 0.6),
            target(SimulatedMetric::ProfitFactor(0), factor),
        ]
    };
    assert_eq!(true_blocks(&days, &targets(0.05)).dropped, [2]);
    assert!(true_blocks(&days, &targets(1.5)).dropped.is_empty());
    // Leaving out one is not enough: each that cannot be true with those before it.
    let three = [
        target(SimulatedMetric::WinRate(0), 0.6),
        target(SimulatedMetric::ProfitFactor(0), 0.05),
        target(SimulatedMetric::Sharpe, 900.0),
        target(SimulatedMetric::MonthlyReturn, 9.0),
    ];
    let truth = true_blocks(&days, &three);
    assert_eq!(truth.dropped, [1, 2, 3]);
    assert!(truth.effective > 10.0);
}

fn days_of(e: &Evidence<'_>) -> RunDays {
    RunDays::of(e, &span(&CriterionWindow::Run, &criteria(vec![]), e).unwrap())
}

fn row(id: &str, metric: CriterionMetric, rule: Rule, documented: Option<(f64, f64)>) -> Criterion {
    let better = if metric == CriterionMetric::MaxDrawdown { Better::Lower } else { Better::Higher };
    Criterion { id: id.into(), metric, rule, better, documented, ..criterion() }
}

fn rows() -> Vec<Criterion> {
    vec![
        row("W", CriterionMetric::WinRate, Rule::AtLeast(0.55), Some((0.53, 0.6))),
        row("W2", CriterionMetric::WinRate, Rule::AtLeast(0.6), None),
        row("S", CriterionMetric::Sharpe, Rule::AtLeast(1.0), None),
        row("D", CriterionMetric::MaxDrawdown, Rule::AtMost(0.05), None),
        Criterion {
            severity: Severity::Informational,
            ..row("M", CriterionMetric::MonthlyReturn, Rule::AtLeast(0.0), None)
        },
        row("Q", CriterionMetric::Quality, Rule::AtLeast(0.5), Some((0.5, 0.6))),
        row("N", CriterionMetric::Fact("days".into()), Rule::AtLeast(9.0), None),
    ]
}

#[test]
fn rows_say_what_they_take_and_the_set_what_limits_it() {
    let e = run(120, 0.56, 3);
    let report = criteria_power(&criteria(rows()), &e).unwrap();
    let of = |id: &str| report.rows.iter().find(|r| r.id == id).unwrap();
    // ((1.95996 sqrt(.55 x .45) + .84162 sqrt(.6 x .4)) / .05)² = 769.4, of 4 trades a day.
    assert_eq!((of("W").n, of("W").n_needed, of("W").n_unit), (Some(480.0), Some(770.0), Some("trades")));
    assert!((of("W").years_needed.unwrap() - 770.0 / 4.0 / 365.25).abs() < 1e-9);
    let power = of("W").power.unwrap();
    assert!((power - 0.597).abs() < 0.0005, "{power}");
    assert!((of("W").power_simulated.unwrap() - power).abs() < 0.1);
    assert_eq!(of("W2").never.as_deref(), Some("cannot pass: the bound is the documented value"));
    assert!((of("W2").power.unwrap() - 0.025).abs() < 1e-9);
    assert_eq!(of("W2").supposed.as_ref().unwrap().from, "documented at W");
    assert_eq!(of("S").open.as_deref(), Some("no documented value"));
    assert!(of("S").power.is_none() && of("S").power_simulated.is_some(), "judged on the days of the others");
    assert_eq!(of("Q").open.as_deref(), Some("there is no formula for quality"));
    assert!(of("N").open.as_ref().unwrap().contains("no sample decides it"));
    let set = report.set.as_ref().unwrap();
    assert_eq!((set.rows, set.days, set.histories), (4, 120, 2000));
    let limiting = set.limiting.as_ref().unwrap();
    assert!(limiting.id == "W2" && limiting.power < 0.08 && limiting.power_without > 0.4, "{limiting:?}");
    assert!(set.power <= limiting.power && set.power <= limiting.power_without);
    assert_eq!(report.undecided, ["W2"]);
    let questions: Vec<(&str, usize)> = set.questions.iter().map(|q| (q.question, q.rows.len())).collect();
    assert_eq!(questions, [("edge", 3), ("risk", 1)]);
    let text = report.text(110);
    for said in [
        "770 trades",
        "cannot pass: the bound is the documented value",
        "W2 limits it",
        "no sample of this length decides: W2",
        "rows that decide",
        "other rows",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    for width in [60, 80, 110] {
        let text = report.text(width);
        assert!(text.lines().all(|l| l.chars().count() <= width), "{text}");
        assert!(text.contains(">= 0.55") && text.contains("770 trades"), "{text}");
    }
}

#[test]
fn the_same_bytes_on_any_number_of_threads_and_other_draws_for_other_criteria() {
    let e = run(90, 0.56, 3);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| criteria_power(&criteria(rows()), &e).unwrap().json().unwrap())
    };
    assert_eq!(on(1), on(3));
    let other = Criteria { sha256: "1".repeat(64), ..criteria(rows()) };
    let seed = |c: &Criteria| criteria_power(c, &e).unwrap().set.unwrap().seed;
    assert_ne!(seed(&other), seed(&criteria(rows())));
}

#[test]
fn where_no_histories_are_drawn_the_reason_is_said() {
    let open = |rows: Vec<Criterion>, e: &Evidence<'_>| {
        let report = criteria_power(&criteria(rows), e).unwrap();
        assert!(report.set.is_none());
        assert!(report.text(80).contains("not drawn: "));
        report.set_open.unwrap()
    };
    let bare: Vec<Criterion> = rows().into_iter().map(|c| Criterion { documented: None, ..c }).collect();
    assert_eq!(open(bare, &evidence()), "no row about the whole run has a documented value");
    assert_eq!(open(vec![], &evidence()), "no row about the whole run has a documented value");
    let mut staged = evidence();
    staged.staged = true;
    assert!(open(rows(), &staged).contains("staged"));
    assert_eq!(open(rows(), &run(20, 0.56, 3)), "the run has 20 days, fewer than 30");
    let mut two = rows();
    two[1].documented = Some((0.5, 0.61));
    let why = open(two, &evidence());
    assert!(why.ends_with("W and W2 suppose two values of one win_rate"), "{why}");
}

#[test]
fn a_change_of_the_sharpe_ratio_is_asked_in_its_own_terms() {
    let e = run(200, 0.56, 3);
    let paired = |change, bound, regime| {
        let mut c = row("P", CriterionMetric::Sharpe, Rule::AtLeast(bound), Some((1.0, 1.5)));
        let (of, with) = ("S7".into(), "S5_static".into());
        c.scope = Scope { subject: Subject::Paired { of, with, change }, regime };
        criteria_power(&criteria(vec![c]), &e).unwrap().rows.remove(0)
    };
    let absolute = paired(Change::Absolute, 0.0, RegimeScope::All);
    let relative = paired(Change::Relative, 0.0, RegimeScope::All);
    assert_eq!((absolute.n_unit, absolute.n), (Some("days"), Some(200.0)));
    assert_eq!(absolute.n_needed, relative.n_needed, "one question where the bound is zero");
    assert!(paired(Change::Relative, 0.4, RegimeScope::All).n_needed > relative.n_needed);
    let never = paired(Change::Relative, 0.5, RegimeScope::All).never.unwrap();
    assert_eq!(never, "cannot pass: the bound is the documented value");
    let bars = paired(Change::Absolute, 0.0, RegimeScope::One("TRENDING".into()));
    assert_eq!((bars.n_unit, bars.n), (Some("bars"), Some(960.0)));
    let mut factor = row("F", CriterionMetric::ProfitFactor, Rule::AtLeast(0.1), Some((1.0, 1.5)));
    let (of, with, change) = ("S7".into(), "S5_static".into(), Change::Absolute);
    factor.scope.subject = Subject::Paired { of, with, change };
    let report = criteria_power(&criteria(vec![factor]), &e).unwrap();
    assert_eq!(report.rows[0].open.as_deref(), Some("there is no formula for a change of profit_factor"));
}
