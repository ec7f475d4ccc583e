//! Hand-made runs for the tests of this folder.

use super::criteria::*;
use super::demands::Demands;
use super::evidence::*;
use super::rule::{Better, Rule, ValueUnit};
use crate::random::Stream;
use crate::regime::{RegimeKind, RegimeScheme, Rgb};

pub const HOUR: i64 = 3_600_000;
pub const START: i64 = 1_609_459_200_000; // 2021-01-01 00:00:00

/// The regimes of the runs below.
static REGIMES: RegimeScheme = RegimeScheme::fixed("five", &KINDS);

static KINDS: [RegimeKind; 5] = [
    RegimeKind::tagged("TRENDING", "TR", Rgb(1, 0, 0)),
    RegimeKind::tagged("SIDEWAYS", "SW", Rgb(2, 0, 0)),
    RegimeKind::tagged("HIGH_VOLATILITY", "HV", Rgb(3, 0, 0)),
    RegimeKind::tagged("BREAKOUT", "BO", Rgb(4, 0, 0)),
    RegimeKind::new("QUIET", Rgb(5, 0, 0)),
];

/// A criterion to change with `..criterion()`.
pub fn criterion() -> Criterion {
    Criterion {
        id: "X.1".into(),
        metric: CriterionMetric::WinRate,
        scope: Scope { subject: Subject::Run, regime: RegimeScope::All },
        rule: Rule::AtLeast(0.5),
        times_fact: None,
        better: Better::Higher,
        window: CriterionWindow::Run,
        phase: "phase".into(),
        severity: Severity::Target,
        kind: CriterionKind::Acceptance,
        min_n: 1,
        min_trades: 0,
        unit: ValueUnit::Plain,
        documented: None,
        says: "words".into(),
        check: None,
        not_applicable: None,
        place: "c.toml:1".into(),
    }
}

/// An hourly run of `days` days in which a trade every six bars wins `win_rate` of the time, and gains or loses 0.5 % of
/// equity. The regime changes every two days, in the fixed order.
pub fn tables(days: usize, win_rate: f64, seed: u64) -> Tables<'static> {
    let mut t = Tables::default();
    let mut draws = Stream::new(seed, "gate fixture", 0);
    let mut equity = 10_000.0;
    let mut trade_patterns = vec![];
    for i in 0..days * 24 {
        let close = START + (i as i64 + 1) * HOUR;
        let regime = (i / 48 % 5) as u8;
        if i % 6 == 5 {
            let win = draws.uniform() < win_rate;
            let pnl = equity * if win { 0.005 } else { -0.005 };
            equity += pnl;
            t.trades.signal_time_ms.push(close - 4 * HOUR);
            t.trades.entry_time_ms.push(close - 4 * HOUR);
            t.trades.exit_time_ms.push(close);
            t.trades.regime.push(regime);
            t.trades.pnl.push(pnl);
            t.trades.return_frac.push(if win { 0.1 } else { -0.1 });
            t.trades.r_multiple.push(if win { 1.0 } else { -1.0 });
            t.trades.size_frac.push(0.03);
            trade_patterns.push(u32::from(i % 12 == 5));
            t.trades.ambiguous.push(false);
            t.trades.shadow.push(false);
        }
        t.equity.close_time_ms.push(close);
        t.equity.equity.push(equity);
        t.equity.regime_at_open.push(regime);
        t.signals.close_time_ms.push(close);
        t.signals.regime.push(regime);
        t.signals.direction.push(if i % 12 == 0 { 0 } else { 1 });
    }
    let bars = days * 24;
    t.trades.patterns = Some(trade_patterns);
    t.signals.quality = Some(vec![0.7; bars]);
    t.signals.patterns = Some((0..bars).map(|i| u32::from(i % 2 == 1)).collect());
    t.signals.volume_confirmed = Some((0..bars).map(|i| i % 4 != 0).collect());
    t.signals.valid = Some(vec![true; bars]);
    t
}

/// A run of `days` days that wins `win_rate` of its trades, beside baselines that win 53 %.
pub fn run(days: usize, win_rate: f64, seed: u64) -> Evidence<'static> {
    let baselines = ["S5_static", "S5", "S6V", "S6P"];
    let facts = [
        ("critical_errors", 0.0),
        ("regime_fixtures_passed", 5.0),
        ("pattern_fixtures_found", 7.0),
        ("fields_present", 1.0),
        ("multipliers_present", 1.0),
        ("max_position_pct", 0.05),
    ];
    Evidence {
        run_id: "fixture".into(),
        system: "unified".into(),
        words: vec![],
        variant: "S7".into(),
        bars_per_year: 8760.0,
        calendar: crate::market::Calendar::Always,
        days_per_year: 365.0,
        bar_ms: HOUR,
        start_ms: START,
        end_ms: START + days as i64 * 24 * HOUR,
        start_equity: 10_000.0,
        staged: false,
        ruled: false,
        regimes: REGIMES.clone(),
        seed: 42,
        main: tables(days, win_rate, seed),
        baselines: (1..).zip(baselines).map(|(i, n)| (n.to_owned(), tables(days, 0.53, seed + i))).collect(),
        delayed: vec![],
        search: None,
        studies: std::collections::BTreeMap::new(),
        objections: vec![],
        terms: None,
        facts: facts.into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
    }
}

/// A strong run of 60 days.
pub fn evidence() -> Evidence<'static> {
    run(60, 0.66, 1)
}

/// The criteria of a file that holds `rules`.
pub fn criteria(rules: Vec<Criterion>) -> Criteria {
    let named = |name: &str, from: i64, to: i64| NamedWindow {
        name: name.into(),
        from_ms: from * HOUR,
        to_ms: to * HOUR,
    };
    Criteria {
        system: "unified".into(),
        rules,
        windows: vec![named("phase1", 0, 24), named("phase2", 24, 168), named("phase3", 168, 672)],
        demands: Demands::default(),
        sha256: "0".repeat(64),
    }
}
