//! Hand-made runs judged by hand-made rules.

use super::criteria::*;
use super::evidence::Evidence;
use super::fixture::*;
use super::report::{CriterionRow, GateOptions, GateReport, judge_run};
use super::rule::{Better, Rule, ValueUnit};
use super::verdict::Verdict;
use crate::regime::RegimeScheme;

fn judged(rules: Vec<Criterion>, e: &Evidence) -> GateReport {
    judge_run(&criteria(rules), e, &GateOptions { resamples: 500, ..GateOptions::default() }).unwrap()
}

fn one(c: Criterion, e: &Evidence) -> CriterionRow {
    judged(vec![c], e).rows.remove(0)
}

fn quality<'a>(e: &'a mut Evidence<'static>) -> &'a mut Vec<f64> {
    e.main.signals.quality.as_mut().unwrap()
}

fn paired(metric: CriterionMetric, change: Change, regime: RegimeScope, rule: Rule) -> Criterion {
    let subject = Subject::Paired { of: "S7".into(), with: "S5_static".into(), change };
    Criterion { metric, rule, scope: Scope { subject, regime }, min_n: 30, ..criterion() }
}

#[test]
fn the_overall_verdict_follows_the_deciding_rows() {
    let e = evidence();
    let fact = |id: &str, name: &str, wants: f64, severity| Criterion {
        id: id.into(),
        metric: CriterionMetric::Fact(name.into()),
        rule: Rule::Equal(wants),
        severity,
        ..criterion()
    };
    let pass = fact("p", "critical_errors", 0.0, Severity::Target);
    let fail = |severity| fact("f", "critical_errors", 1.0, severity);
    let open = |severity| fact("o", "unheard_of", 1.0, severity);
    let overall = |rules: Vec<Criterion>| {
        let r = judged(rules, &e);
        (r.overall, r.exit_code())
    };
    let (target, critical) = (Severity::Target, Severity::Critical);
    assert_eq!(overall(vec![pass.clone()]), (Verdict::Pass, 0));
    assert_eq!(overall(vec![pass.clone(), fail(target)]), (Verdict::Fail, 3));
    assert_eq!(overall(vec![pass.clone(), fail(critical)]), (Verdict::Fail, 3));
    assert_eq!(overall(vec![pass.clone(), open(target)]), (Verdict::Inconclusive, 4));
    assert_eq!(overall(vec![open(critical), fail(target)]), (Verdict::Fail, 3));
    for severity in [Severity::Warning, Severity::Informational] {
        assert_eq!(overall(vec![pass.clone(), fail(severity), open(severity)]), (Verdict::Pass, 0));
        assert_eq!(overall(vec![fail(severity)]), (Verdict::Inconclusive, 4), "nothing decides");
    }
    let mut absent = fail(target);
    absent.not_applicable = Some("a reason".into());
    let report = judged(vec![pass.clone(), absent], &e);
    assert_eq!((report.overall, report.counts.not_applicable), (Verdict::Pass, 1));
    assert_eq!(report.rows[1].reason.as_deref(), Some("a reason"));
    assert_eq!(overall(vec![]), (Verdict::Inconclusive, 4));
}

#[test]
fn a_critical_alert_fails_a_staged_run_and_a_warning_does_not() {
    let mut e = evidence();
    quality(&mut e)[300..330].fill(0.1);
    let alert = |severity| Criterion {
        metric: CriterionMetric::Quality,
        rule: Rule::Below(0.4),
        window: CriterionWindow::Trailing(24 * HOUR),
        kind: CriterionKind::Alert,
        min_n: 20,
        severity,
        ..criterion()
    };
    let pass = Criterion { rule: Rule::AtLeast(0.1), ..criterion() };
    // A plain run shows the alert; a deployment in stages stops on it.
    let plain = judged(vec![pass.clone(), alert(Severity::Critical)], &e);
    assert_eq!(
        (plain.overall, plain.rows[1].verdict, plain.rows[1].decides),
        (Verdict::Pass, Verdict::Fail, false)
    );
    e.staged = true;
    let report = judged(vec![pass.clone(), alert(Severity::Critical)], &e);
    assert_eq!(report.overall, Verdict::Fail);
    let row = &report.rows[1];
    assert_eq!((row.rule.as_str(), row.alert.as_ref().unwrap().episodes), ("alert < 0.40", 1));
    assert!((row.observed.unwrap() - 0.1).abs() < 1e-9);
    assert_eq!(judged(vec![pass, alert(Severity::Warning)], &e).overall, Verdict::Pass);
}

#[test]
fn every_metric_has_the_value_and_sample_it_should() {
    let e = evidence();
    let t = &e.main.trades;
    let wins = t.pnl.iter().filter(|p| **p > 0.0).count() as f64 / 240.0;
    let patterned: Vec<_> = (0..240).filter(|&i| t.patterns.as_ref().unwrap()[i] != 0).collect();
    let right = patterned.iter().filter(|&&i| t.pnl[i] > 0.0).count() as f64 / 120.0;
    for (metric, value, n, unit) in [
        (CriterionMetric::WinRate, wins, 240, "trades"),
        (CriterionMetric::PatternAccuracy, right, 120, "trades"),
        (CriterionMetric::SuccessRate, 1.0, 1440, "bars"),
        (CriterionMetric::ErrorRate, 0.0, 1440, "bars"),
        (CriterionMetric::PatternRate, 720.0 / 1320.0, 1320, "signals"),
        (CriterionMetric::VolumeConfirmation, 1080.0 / 1320.0, 1320, "signals"),
        (CriterionMetric::Quality, 0.7, 1320, "signals"),
        (CriterionMetric::MeanSize, 0.03, 240, "trades"),
        (CriterionMetric::Fact("max_position_pct".into()), 0.05, 1, "run"),
    ] {
        let row = one(Criterion { metric: metric.clone(), ..criterion() }, &e);
        assert!((row.observed.unwrap() - value).abs() < 1e-9, "{metric}: {row:?}");
        assert_eq!((row.n, row.n_unit), (n, unit), "{metric}");
    }
    for (metric, n, unit) in [
        (CriterionMetric::Sharpe, 60, "days"),
        (CriterionMetric::MaxDrawdown, 60, "days"),
        (CriterionMetric::MonthlyReturn, 2, "months"),
        (CriterionMetric::ProfitFactor, 240, "trades"),
    ] {
        let row = one(Criterion { metric: metric.clone(), ..criterion() }, &e);
        let i = row.interval.unwrap();
        assert!(i.lo < i.hi && row.observed.is_some(), "{metric}: {row:?}");
        assert_eq!((row.n, row.n_unit), (n, unit), "{metric}");
        assert!(row.method.starts_with("stationary bootstrap 95 %, block "), "{}", row.method);
    }
}

#[test]
fn a_regime_has_its_own_trades_and_bars() {
    let e = evidence();
    let mut total = [0, 0];
    for regime in e.regimes.names() {
        let scope = Scope { subject: Subject::Run, regime: RegimeScope::One(regime.into()) };
        let win = one(Criterion { scope: scope.clone(), ..criterion() }, &e);
        let sharpe =
            one(Criterion { scope, metric: CriterionMetric::Sharpe, min_trades: 50, ..criterion() }, &e);
        assert_eq!((win.n_unit, sharpe.n_unit), ("trades", "bars"));
        assert_eq!(sharpe.verdict, Verdict::Inconclusive, "48 trades are fewer than 50");
        total[0] += win.n;
        total[1] += sharpe.n;
    }
    assert_eq!(total, [240, 1440]);
    let each = Scope { subject: Subject::Run, regime: RegimeScope::Each };
    let report = judged(vec![Criterion { scope: each, ..criterion() }], &e);
    let ids: Vec<_> = report.rows.iter().map(|r| r.id.as_str()).collect();
    assert_eq!(ids, ["X.1.TR", "X.1.SW", "X.1.HV", "X.1.BO", "X.1.QUIET"]);
    assert_eq!(report.rows[4].scope, "regime:QUIET");
    // Another scheme: as many rows as it has regimes.
    let mut two = e;
    two.regimes = RegimeScheme::named("two", ["ON", "OFF"]).unwrap();
    let each = Scope { subject: Subject::Run, regime: RegimeScope::Each };
    let report = judged(vec![Criterion { scope: each, ..criterion() }], &two);
    let rows: Vec<_> = report.rows.iter().map(|r| (r.id.as_str(), r.n)).collect();
    assert_eq!(rows, [("X.1.ON", 48), ("X.1.OFF", 48)]);
}

#[test]
fn a_regime_that_the_run_does_not_have_is_refused() {
    let scope = Scope { subject: Subject::Run, regime: RegimeScope::One("QIET".into()) };
    let criteria = criteria(vec![Criterion { scope, ..criterion() }]);
    let e = judge_run(&criteria, &evidence(), &GateOptions::default()).unwrap_err();
    let said = "c.toml:1: criterion X.1 is about regime \"QIET\", which the labels of this run do not have";
    assert!(e.to_string().contains(said), "{e}");
    let hint = "did you mean \"QUIET\"? the regimes of five are TRENDING, SIDEWAYS, HIGH_VOLATILITY, BREAKOUT, QUIET";
    assert!(e.to_string().contains(hint), "{e}");
    assert_eq!(e.exit_code(), 2);
}

#[test]
fn pairs_are_compared_on_the_same_bars() {
    let e = run(400, 0.66, 1);
    let (abs, rel) = (Change::Absolute, Change::Relative);
    let quiet = RegimeScope::One("QUIET".into());
    for (metric, change, regime, rule, verdict) in [
        (CriterionMetric::WinRate, abs, RegimeScope::All, Rule::AtLeast(0.05), Verdict::Pass),
        (CriterionMetric::WinRate, abs, RegimeScope::All, Rule::AtLeast(0.30), Verdict::Fail),
        (CriterionMetric::WinRate, abs, quiet.clone(), Rule::AtLeast(-0.5), Verdict::Pass),
        (CriterionMetric::Sharpe, abs, RegimeScope::All, Rule::AtLeast(0.5), Verdict::Pass),
        (CriterionMetric::Sharpe, abs, quiet, Rule::AtLeast(0.5), Verdict::Pass),
        (CriterionMetric::ProfitFactor, abs, RegimeScope::All, Rule::AtLeast(0.3), Verdict::Pass),
        (CriterionMetric::ProfitFactor, abs, RegimeScope::All, Rule::AtLeast(3.0), Verdict::Fail),
        (CriterionMetric::MaxDrawdown, abs, RegimeScope::All, Rule::AtMost(0.1), Verdict::Pass),
        (CriterionMetric::MonthlyReturn, abs, RegimeScope::All, Rule::AtLeast(0.03), Verdict::Pass),
    ] {
        let c = Criterion { min_n: 1, ..paired(metric.clone(), change, regime, rule) };
        let row = one(c, &e);
        assert_eq!(row.verdict, verdict, "{row:?}");
        assert!(row.reason.unwrap().contains("S5_static "), "{metric}");
    }
    let mut good = e.clone();
    good.baselines[0].1 = tables(400, 0.60, 9);
    for metric in [CriterionMetric::Sharpe, CriterionMetric::MonthlyReturn] {
        let row =
            one(Criterion { min_n: 1, ..paired(metric, rel, RegimeScope::All, Rule::AtLeast(0.0)) }, &good);
        assert_eq!(row.verdict, Verdict::Pass, "{row:?}");
        assert!(row.observed.unwrap() > 0.3);
    }
}

#[test]
fn a_relative_rule_needs_a_baseline_that_earns() {
    let mut e = run(400, 0.66, 1);
    e.baselines[0].1 = tables(400, 0.45, 9);
    for metric in [CriterionMetric::Sharpe, CriterionMetric::MonthlyReturn] {
        let c =
            Criterion { min_n: 1, ..paired(metric, Change::Relative, RegimeScope::All, Rule::AtLeast(0.0)) };
        for strict in [true, false] {
            let options = GateOptions { strict, resamples: 100, no_marks: false };
            let row = judge_run(&criteria(vec![c.clone()]), &e, &options).unwrap().rows.remove(0);
            assert_eq!((row.verdict, row.observed), (Verdict::Inconclusive, None));
            let reason = row.reason.unwrap();
            assert!(reason.starts_with("the baseline is not positive, so"), "{reason}");
        }
    }
    e.baselines[0].1 = tables(400, 0.51, 9);
    let c = paired(CriterionMetric::Sharpe, Change::Relative, RegimeScope::All, Rule::AtLeast(0.0));
    let row = one(c.clone(), &e);
    assert!(row.observed.unwrap() > 0.0 && row.interval.is_none(), "{row:?}");
    assert_eq!(row.verdict, Verdict::Inconclusive);
    assert!(row.reason.unwrap().starts_with("the baseline is not positive on 95 % of the resamples"));
    let lenient = GateOptions { strict: false, resamples: 100, no_marks: false };
    assert_eq!(judge_run(&criteria(vec![c]), &e, &lenient).unwrap().overall, Verdict::Pass);
}

#[test]
fn a_pair_that_is_missing_or_ran_elsewhere_is_open() {
    let mut e = evidence();
    let c = paired(CriterionMetric::WinRate, Change::Absolute, RegimeScope::All, Rule::AtLeast(0.0));
    e.baselines[0].1.equity.close_time_ms[0] -= 1;
    assert!(one(c.clone(), &e).reason.unwrap().contains("did not run on the same bars"));
    e.baselines.clear();
    let row = one(c.clone(), &e);
    assert_eq!(row.verdict, Verdict::Inconclusive);
    assert_eq!(row.reason.unwrap(), "no run of variant S5_static on the same bars");
    // Under rules of deployment the run is no match for baselines that ran without.
    let mut e = Evidence { staged: true, ..run(400, 0.66, 1) };
    assert!(one(c.clone(), &e).reason.unwrap().contains("without S7 at full exposure beside it"));
    let full = tables(400, 0.60, 3);
    let limited = Evidence { staged: false, ruled: true, ..e.clone() };
    assert!(one(c.clone(), &limited).reason.unwrap().contains("made under [risk]"));
    let alone = one(c.clone(), &Evidence { main: full.clone(), staged: false, ..e.clone() });
    e.baselines.push(("S7".into(), full));
    let beside = one(c.clone(), &e);
    assert_eq!((beside.observed, beside.interval), (alone.observed, alone.interval));
    let reason = beside.reason.unwrap();
    assert!(reason.contains("; all at full exposure, without [risk]"), "{reason}");
    (e.staged, e.baselines) = (false, vec![]);
    e.variant = "S6V".into();
    assert!(one(c, &e).reason.unwrap().contains("no run of variant S7"));
    let subject = Subject::Variant("S5".into());
    let c = Criterion { scope: Scope { subject, regime: RegimeScope::All }, ..criterion() };
    assert!(one(c, &e).reason.unwrap().contains("no run of variant S5"));
}

#[test]
fn windows_count_only_where_exposure_is_staged() {
    let mut e = evidence();
    let c = Criterion { window: CriterionWindow::Named("phase2".into()), ..criterion() };
    let row = one(c.clone(), &e);
    assert_eq!(
        (row.n, row.from.as_str(), row.to.as_str()),
        (240, "2021-01-01 00:00:00", "2021-03-02 00:00:00")
    );
    e.staged = true;
    let report = judged(vec![c.clone()], &e);
    let row = &report.rows[0];
    assert_eq!(
        (row.n, row.from.as_str(), row.to.as_str()),
        (24, "2021-01-02 00:00:00", "2021-01-08 00:00:00")
    );
    assert!(report.judged.contains("documented windows"));
    // A window that the run does not reach the end of is open, however good it looks.
    let late = Criterion { window: CriterionWindow::Named("phase3".into()), ..criterion() };
    assert_ne!(one(late.clone(), &e).reason.as_deref(), Some(""));
    let mut short = run(20, 0.66, 1);
    short.staged = true;
    let row = one(late, &short);
    assert_eq!(row.verdict, Verdict::Inconclusive);
    assert_eq!(row.reason.unwrap(), "the run ends at 2021-01-21 00:00:00, the window at 2021-01-29 00:00:00");
}

#[test]
fn shadow_trades_count_for_rates_of_a_phase_only() {
    let mut e = evidence();
    e.main.trades.shadow[..8].fill(true);
    e.main.trades.ambiguous[6..11].fill(true);
    let report = judged(vec![criterion()], &e);
    assert_eq!((report.trades, report.ambiguous_trades), (232, 3));
    let phase1 =
        |metric| Criterion { metric, window: CriterionWindow::Named("phase2".into()), ..criterion() };
    assert_eq!(one(phase1(CriterionMetric::WinRate), &e).n, 232, "the whole run without shadow trades");
    e.staged = true;
    assert_eq!(one(phase1(CriterionMetric::WinRate), &e).n, 24);
    assert_eq!(one(phase1(CriterionMetric::PatternAccuracy), &e).n, 12);
    assert_eq!(one(phase1(CriterionMetric::ProfitFactor), &e).n, 20);
}

#[test]
fn an_account_lost_fails_whatever_the_interval_says() {
    let mut e = evidence();
    e.main.equity.equity[700..].fill(-50.0);
    let lost = |metric, rule, better| Criterion { metric, rule, better, ..criterion() };
    let row = one(lost(CriterionMetric::MaxDrawdown, Rule::AtMost(0.99), Better::Lower), &e);
    assert_eq!(row.verdict, Verdict::Fail, "{row:?}");
    let row = one(lost(CriterionMetric::MonthlyReturn, Rule::AtLeast(-0.99), Better::Higher), &e);
    assert_eq!((row.verdict, row.observed), (Verdict::Fail, Some(-1.0)));
}

#[test]
fn without_a_losing_trade_the_profit_factor_is_open() {
    let mut e = evidence();
    e.main.trades.pnl.fill(1.0);
    let row = one(Criterion { metric: CriterionMetric::ProfitFactor, ..criterion() }, &e);
    assert_eq!((row.verdict, row.observed), (Verdict::Inconclusive, None));
    assert!(row.reason.unwrap().contains("no losing trade"));
}

#[test]
fn what_the_run_states_about_its_bars_comes_first() {
    let mut e = evidence();
    e.facts.insert("error_rate".into(), 0.02);
    let c = Criterion {
        metric: CriterionMetric::ErrorRate,
        rule: Rule::Below(0.005),
        better: Better::Lower,
        ..criterion()
    };
    let row = one(c.clone(), &e);
    assert_eq!((row.verdict, row.observed), (Verdict::Fail, Some(0.02)));
    e.staged = true;
    let c = Criterion { window: CriterionWindow::Named("phase2".into()), ..c };
    assert_eq!(one(c, &e).observed, Some(0.0), "a window counts its own bars");
}

#[test]
fn a_bound_may_be_a_multiple_of_a_fact() {
    let mut e = evidence();
    let c = Criterion {
        metric: CriterionMetric::MeanSize,
        rule: Rule::Above(0.8),
        times_fact: Some("max_position_pct".into()),
        window: CriterionWindow::LastTrades(30),
        kind: CriterionKind::Alert,
        better: Better::Lower,
        unit: ValueUnit::Percent,
        ..criterion()
    };
    let row = one(c.clone(), &e);
    assert_eq!((row.rule.as_str(), row.verdict), ("alert > 4.0 %", Verdict::Pass));
    e.facts.insert("max_position_pct".into(), 0.03);
    assert_eq!(one(c.clone(), &e).verdict, Verdict::Fail);
    e.facts.remove("max_position_pct");
    assert_eq!(one(c, &e).reason.unwrap(), "the run does not state max_position_pct");
}

#[test]
fn a_bound_within_the_error_of_an_end_is_decided_by_more_resamples_alone() {
    let e = run(400, 0.66, 1);
    let by = |rule, resamples| {
        let c = Criterion { metric: CriterionMetric::ProfitFactor, rule, min_n: 1, ..criterion() };
        judge_run(&criteria(vec![c]), &e, &GateOptions { resamples, ..GateOptions::default() })
            .unwrap()
            .rows
            .remove(0)
    };
    let many = by(Rule::AtLeast(0.0), 100_000);
    let error = many.monte_carlo_error.unwrap();
    assert!(error.lo.contains(many.interval.unwrap().lo) && error.hi.contains(many.interval.unwrap().hi));
    // Below all that 100,000 resamples leave open.
    let bound = error.lo.lo - error.lo.width();
    for (resamples, verdict) in
        [(100, Verdict::Inconclusive), (1000, Verdict::Inconclusive), (100_000, Verdict::Pass)]
    {
        let row = by(Rule::AtLeast(bound), resamples);
        assert_eq!(row.verdict, verdict, "{row:?}");
        if verdict == Verdict::Inconclusive {
            let reason = row.reason.unwrap();
            let begins = format!("{resamples} resamples cannot tell: the lower end is ");
            assert!(
                reason.starts_with(&begins) && reason.ends_with(": take more with --resamples"),
                "{reason}"
            );
        }
    }
    // What is no percentile of resamples has no such error.
    for metric in [CriterionMetric::WinRate, CriterionMetric::Fact("critical_errors".into())] {
        let c = Criterion { metric, min_n: 1, ..criterion() };
        assert_eq!(one(c, &e).monte_carlo_error, None);
    }
}
