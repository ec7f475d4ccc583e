//! Criteria over columns: values against counts made by hand, what does not apply, and what is refused.

use std::borrow::Cow;

use super::cells::{Cells, TableView};
use super::criteria::Criteria;
use super::evidence::Evidence;
use super::fixture::{HOUR, START, evidence};
use super::report::{CriterionRow, GateOptions, judge_run};
use super::verdict::Verdict;
use crate::stats;

const DAY: i64 = 24 * HOUR;

fn leak<T>(v: Vec<T>) -> &'static [T] {
    Box::leak(v.into_boxed_slice())
}

const REASONS: &[Cow<'static, str>] = &[Cow::Borrowed("news"), Cow::Borrowed("margin")];
const REGIMES: &[Cow<'static, str>] = &[Cow::Borrowed("TRENDING"), Cow::Borrowed("QUIET")];

/// The run of the fixture (60 days, hourly) with tables of its own: ten refusals, one a day from noon of the first on,
/// `news` in every third, the last without a reason; 100 ranks without times; trades and equity.
fn run() -> Evidence<'static> {
    let mut e = evidence();
    e.system = "rotation".into();
    let t = &e.main.trades;
    let regimes =
        |n: usize| Cells::Text { names: REGIMES, codes: leak((0..n as u32).map(|i| i % 2).collect()) };
    let n = t.pnl.len();
    e.main.views = vec![
        TableView {
            name: "trades",
            columns: vec![
                ("exit_time", Cells::TimeMs(leak(t.exit_time_ms.clone()))),
                ("regime", regimes(n)),
                ("pnl", Cells::F64(leak(t.pnl.clone()))),
                ("r_multiple", Cells::F64(leak(t.r_multiple.clone()))),
                ("shadow", Cells::Bool(leak((0..n).map(|i| i < 40).collect()))),
            ],
        },
        TableView {
            name: "equity",
            columns: vec![("close_time", Cells::TimeMs(leak(e.main.equity.close_time_ms.clone())))],
        },
        TableView {
            name: "rejects",
            columns: vec![
                ("time", Cells::TimeMs(leak((0..10).map(|i| START + i * DAY + 12 * HOUR).collect()))),
                ("reason", Cells::Text { names: REASONS, codes: &[0, 1, 1, 0, 1, 1, 0, 1, 1, u32::MAX] }),
                ("units", Cells::F64(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, f64::NAN])),
                ("regime", regimes(10)),
            ],
        },
        TableView {
            name: "ranks",
            columns: vec![
                ("rank", Cells::U32(leak((0..100).map(|i| 1 + i % 4).collect()))),
                ("momentum", Cells::F64(leak((1..=100).map(f64::from).collect()))),
            ],
        },
    ];
    e.baselines[0].1.views = vec![e.main.views[0].clone()];
    e
}

/// A file with one criterion of these keys, one a line from line 4 on, and whatever they leave out.
fn file(keys: &str) -> String {
    let mut text = format!("system = \"rotation\"\n[[criterion]]\nid = \"A\"\n{keys}\n");
    for (key, usual) in [
        ("scope", "scope = \"overall\""),
        ("op", "op = \">=\"\nthreshold = 0.0"),
        ("better", "better = \"higher\""),
        ("window", "window = \"run\""),
        ("min_n", "min_n = 1"),
        ("unit", "unit = \"x\""),
        ("kind", "kind = \"acceptance\""),
    ] {
        if !keys.lines().any(|l| l.starts_with(&format!("{key} ="))) {
            text.push_str(usual);
            text.push('\n');
        }
    }
    text + "phase = \"any\"\nseverity = \"target\"\nsays = \"words\"\n"
}

fn judged(keys: &str, e: &Evidence<'_>) -> crate::error::Result<CriterionRow> {
    let criteria = Criteria::parse(&file(keys), "c.toml")?;
    let options = GateOptions { resamples: 400, ..GateOptions::default() };
    Ok(judge_run(&criteria, e, &options)?.rows.remove(0))
}

fn row(keys: &str) -> CriterionRow {
    judged(keys, &run()).unwrap_or_else(|e| panic!("{keys}: {e}"))
}

fn refused(keys: &str) -> String {
    judged(keys, &run()).unwrap_err().to_string()
}

#[test]
fn a_share_is_of_rows_with_a_wilson_interval() {
    let r = row("metric = \"share\"\ntable = \"rejects\"\nwhere = 'reason == \"news\"'");
    assert_eq!((r.observed, r.n, r.n_unit), (Some(3.0 / 9.0), 9, "rows"));
    assert_eq!((r.interval, r.method.as_str()), (Some(stats::wilson(3, 9)), "wilson 95 %"));
    assert_eq!(r.reason.as_deref(), Some("1 row is left out: a cell is missing"));
    assert_eq!(r.metric, "share of rejects where reason == \"news\"");
    let r =
        row("metric = \"share\"\ntable = \"rejects\"\nwhere = \"units > 4\"\nof = \"reason == 'margin'\"");
    assert_eq!((r.observed, r.n), (Some(4.0 / 6.0), 6), "5, 6, 8, 9 of 2, 3, 5, 6, 8, 9");
    // Judged as a rate is: the bound inside the interval leaves it open.
    let share = "metric = \"share\"\ntable = \"ranks\"\nwhere = \"rank == 1\"\nop = \">=\"\nthreshold =";
    assert_eq!(row(&format!("{share} 0.1")).verdict, Verdict::Pass);
    assert_eq!(row(&format!("{share} 0.24")).verdict, Verdict::Inconclusive);
    assert_eq!(row(&format!("{share} 0.5")).verdict, Verdict::Fail);
    let r = row("metric = \"share\"\ntable = \"ranks\"\nwhere = \"rank == 1\"\nof = \"rank > 9\"");
    assert_eq!((r.verdict, r.reason.as_deref()), (Verdict::Inconclusive, Some("no rows in the span")));
}

#[test]
fn a_mean_leaves_missing_cells_out() {
    let r = row("metric = \"mean\"\ntable = \"rejects\"\ncolumn = \"units\"");
    assert_eq!((r.observed, r.n), (Some(5.0), 9));
    let i = r.interval.unwrap();
    assert!(i.lo < 5.0 && i.hi > 5.0 && r.method.starts_with("stationary bootstrap"), "{r:?}");
    assert_eq!(r.reason.as_deref(), Some("1 row is left out: a cell is missing"));
    let r = row("metric = \"mean\"\ntable = \"ranks\"\ncolumn = \"momentum\"\nwhere = \"rank == 4\"");
    assert_eq!((r.observed, r.n, r.reason), (Some(52.0), 25, None), "4, 8 .. 100");
}

#[test]
fn a_count_needs_no_interval_and_may_be_none() {
    let count = "metric = \"count\"\ntable = \"ranks\"\nunit = \"count\"\nop = \"=\"\n";
    let r = row(&format!("{count}where = \"rank == 1\"\nthreshold = 25"));
    assert_eq!((r.verdict, r.observed, r.n, r.interval), (Verdict::Pass, Some(25.0), 100, None));
    assert_eq!(row(&format!("{count}threshold = 99")).verdict, Verdict::Fail);
    let r = row(&format!("{count}where = \"rank > 4\"\nthreshold = 0\nmin_n = 0"));
    assert_eq!((r.verdict, r.observed), (Verdict::Pass, Some(0.0)));
    let none = row("metric = \"count\"\ntable = \"rejects\"\nwhere = \"reason == 'slots'\"\nmin_n = 10");
    assert_eq!(
        none.reason.as_deref(),
        Some(
            "9 rows where 10 are needed; 1 row is left out: a cell is missing; no row of rejects has reason \"slots\""
        )
    );
}

#[test]
fn a_quantile_is_of_type_7_with_order_statistics() {
    let r = row("metric = \"quantile\"\nq = 0.9\ntable = \"ranks\"\ncolumn = \"momentum\"");
    assert!((r.observed.unwrap() - 90.1).abs() < 1e-9 && r.n == 100, "{r:?}");
    // Binomial (100, 0.9): ranks 84 and 96 hold it were the values independent; neighbours are alike, so it is wider.
    let i = r.interval.unwrap();
    assert!(i.lo <= 84.0 && i.hi >= 96.0 && i.lo > 50.0, "{i:?}");
    assert!(r.method.starts_with("order statistics, stationary bootstrap"), "{}", r.method);
    // Nine values cannot bound their 99 % quantile from above.
    let small = "metric = \"quantile\"\nq = 0.99\ntable = \"rejects\"\ncolumn = \"units\"\nbetter = \"lower\"\nop = \"<=\"\nthreshold = 99";
    let r = row(small);
    assert_eq!((r.verdict, r.observed), (Verdict::Inconclusive, Some(8.92)), "{r:?}");
    assert_eq!(r.metric, "quantile 0.99 of rejects.units");
}

#[test]
fn a_rate_is_rows_in_a_stretch_of_the_markets_time() {
    let rate = "metric = \"rate\"\ntable = \"rejects\"\nwhere = \"units <= 9\"\n";
    for (per, want) in [("day", 9.0 / 60.0), ("hour", 9.0 / 1440.0), ("bar", 9.0 / 1440.0)] {
        let r = row(&format!("{rate}per = \"{per}\""));
        assert!((r.observed.unwrap() - want).abs() < 1e-15, "{per}: {r:?}");
        assert_eq!((r.n, r.n_unit), (60, "days"));
        let i = r.interval.unwrap();
        assert!(i.lo < want && i.hi > want, "{per}: {i:?}");
    }
    // Bars of two symbols that open half an hour apart: twice the steps, in the same time.
    let mut e = run();
    let halves = |t: &i64| [*t - HOUR / 2, *t];
    let t = &mut e.main.equity;
    t.close_time_ms = t.close_time_ms.iter().flat_map(halves).collect();
    t.equity = t.equity.iter().flat_map(|v| [*v; 2]).collect();
    t.regime_at_open = t.regime_at_open.iter().flat_map(|v| [*v; 2]).collect();
    e.bars_per_year *= 2.0;
    for (per, want) in [("day", 9.0 / 60.0), ("hour", 9.0 / 1440.5), ("bar", 9.0 / 2880.0)] {
        let r = judged(&format!("{rate}per = \"{per}\""), &e).unwrap();
        assert!((r.observed.unwrap() - want).abs() < 1e-12, "{per}: {:?}", r.observed);
    }
    // No row at all: -ln(0.025) over 60 days bounds the rate from above.
    let r = row(
        "metric = \"rate\"\ntable = \"rejects\"\nwhere = \"units > 9\"\nbetter = \"lower\"\nop = \"<=\"\nthreshold = 0.07",
    );
    let i = r.interval.unwrap();
    assert_eq!((r.observed, i.lo, r.verdict), (Some(0.0), 0.0, Verdict::Pass));
    assert!((i.hi - 0.061_481_324_235).abs() < 1e-9, "{i:?}");
}

#[test]
fn windows_and_regimes_are_those_of_the_table() {
    let mut e = run();
    e.staged = true;
    let count = "metric = \"count\"\ntable = \"rejects\"\n";
    let windows = "[windows]\nweek = { from_hours = 24, to_hours = 168 }\n";
    let text = file(&format!("{count}window = \"week\"")) + windows;
    let options = GateOptions::default();
    let judged = |text: &str, e: &Evidence<'_>| judge_run(&Criteria::parse(text, "c").unwrap(), e, &options);
    let r = judged(&text, &e).unwrap().rows.remove(0);
    assert_eq!(r.observed, Some(6.0), "noon of days 2 to 7");
    e.staged = false;
    assert_eq!(judged(&text, &e).unwrap().rows[0].observed, Some(10.0));
    // Without times a table is asked about the run alone, staged or not.
    let timeless = text.replace("rejects", "ranks");
    let message = judged(&timeless, &e).unwrap_err().to_string();
    assert!(message.contains("c:5: criterion A: table \"ranks\" has no column of times"), "{message}");
    // Regimes alternate row by row.
    let r = row(&format!("{count}scope = \"regime:QUIET\"\nwhere = \"units >= 4\""));
    assert_eq!((r.observed, r.n), (Some(3.0), 4), "4, 6, 8 of 2, 4, 6, 8; the last is open");
    let each = Criteria::parse(&file(&format!("{count}scope = \"each-regime\"")), "c").unwrap();
    let rows = judge_run(&each, &run(), &options).unwrap().rows;
    let seen: Vec<_> = rows.iter().map(|r| (r.id.as_str(), r.observed.unwrap())).collect();
    assert_eq!(seen, [("A.TR", 5.0), ("A.SW", 0.0), ("A.HV", 0.0), ("A.BO", 0.0), ("A.QUIET", 5.0)]);
    let message = refused("metric = \"count\"\ntable = \"ranks\"\nscope = \"regime:QUIET\"");
    assert!(message.contains("no column of regimes for scope regime:QUIET"), "{message}");
    let message = refused("metric = \"rate\"\ntable = \"ranks\"");
    assert!(message.contains("no column of times"), "{message}");
}

#[test]
fn shadow_trades_are_left_out_unless_asked_for() {
    let count =
        |more: &str| row(&format!("metric = \"count\"\ntable = \"trades\"\n{more}")).observed.unwrap();
    assert_eq!(count(""), 200.0);
    assert_eq!(count("where = \"shadow\""), 40.0);
    assert_eq!(count("where = \"shadow or not shadow\""), 240.0);
    let wins = run().main.trades.pnl[40..].iter().filter(|p| **p > 0.0).count();
    let r = row("metric = \"share\"\ntable = \"trades\"\nwhere = \"pnl > 0\"\nmin_trades = 241");
    assert_eq!(r.observed, Some(wins as f64 / 200.0));
    assert!(r.reason.unwrap().starts_with("240 closed trades where 241 are needed"));
    // Of a baseline, by the columns that it has.
    let r = row("metric = \"count\"\ntable = \"trades\"\nscope = \"baseline:S5_static\"");
    assert_eq!((r.observed, r.metric.as_str()), (Some(200.0), "count of trades S5_static"));
}

#[test]
fn an_alert_watches_rows_as_they_come() {
    let alert = "metric = \"share\"\ntable = \"rejects\"\nwhere = \"reason == 'margin'\"\nkind = \"alert\"\nbetter = \"lower\"\n\
                 window = \"2d\"\nop = \">\"\nthreshold = 0.9\nmin_n = 2";
    let r = row(alert);
    // Two refusals lie in two days; both are for margin at noon of days 3, 6 and 9, and for a day each.
    let a = r.alert.unwrap();
    assert_eq!((r.verdict, a.episodes, a.worst), (Verdict::Fail, 3, Some(1.0)), "{a:?}");
    assert_eq!(a.first.as_deref(), Some("2021-01-03 12:00:00"));
    let mean = alert.replace("\"share\"", "\"mean\"\ncolumn = \"units\"").replace("0.9", "8.4");
    let a = row(&mean).alert.unwrap();
    assert_eq!((a.episodes, a.worst), (1, Some(8.5)), "8 and 9, both for margin: {a:?}");
    let message = refused(&alert.replace("2d", "30 trades"));
    assert!(message.contains("has no rolling value over trades"), "{message}");
    let message = refused(&alert.replace("\"share\"", "\"count\""));
    assert!(message.contains("has no rolling value over time"), "{message}");
}

#[test]
fn what_no_run_of_the_system_has_is_refused_with_its_line() {
    for (keys, problem, hint) in [
        (
            "metric = \"count\"\ntable = \"rejcts\"",
            "c.toml:5: criterion A: there is no table \"rejcts\"",
            "did you mean \"rejects\"? the tables are trades, equity, rejects, ranks",
        ),
        (
            "metric = \"mean\"\ntable = \"ranks\"\ncolumn = \"momntum\"",
            "c.toml:6: criterion A: table \"ranks\" has no column \"momntum\"",
            "did you mean \"momentum\"? the columns of ranks are rank, momentum",
        ),
        (
            "metric = \"mean\"\ntable = \"rejects\"\ncolumn = \"reason\"",
            "c.toml:6: criterion A: column \"reason\" of rejects holds text, not numbers",
            "ask for the share",
        ),
        (
            "metric = \"count\"\ntable = \"ranks\"\nwhere = \"rnak == 1\"",
            "c.toml:6: criterion A: where: table \"ranks\" has no column \"rnak\", at character 1 of `rnak == 1`",
            "did you mean \"rank\"?",
        ),
        (
            "metric = \"share\"\ntable = \"ranks\"\nwhere = \"rank == 1\"\nof = \"rank == 'a'\"",
            "c.toml:7: criterion A: of: column \"rank\": numbers cannot be compared with text",
            "numbers are bare, text is in quotes",
        ),
    ] {
        let message = refused(keys);
        assert!(message.starts_with(problem), "{message}");
        assert!(message.split("hint: ").nth(1).unwrap().starts_with(hint), "{message}");
    }
    let mut e = run();
    e.words = vec![("rejects", "reason", vec!["news".into(), "margin".into()])];
    let keys = "metric = \"count\"\ntable = \"rejects\"\nwhere = \"reason == 'nwes'\"";
    let message = judged(keys, &e).unwrap_err().to_string();
    assert!(
        message.contains("never holds \"nwes\", at character 11")
            && message.contains("did you mean \"news\"?"),
        "{message}"
    );
}

#[test]
fn what_another_system_has_does_not_apply() {
    let mut e = run();
    e.system = "ma-cross".into();
    for (keys, why) in [
        (
            "metric = \"count\"\ntable = \"candidates\"",
            "runs of system ma-cross: there is no table \"candidates\"",
        ),
        (
            "metric = \"mean\"\ntable = \"ranks\"\ncolumn = \"carry\"",
            "runs of system ma-cross: table \"ranks\" has no column \"carry\"",
        ),
        (
            "metric = \"share\"\ntable = \"ranks\"\nwhere = \"carry > 0\"",
            "where: table \"ranks\" has no column \"carry\"",
        ),
        ("metric = \"fact:heat\"", "runs of system ma-cross do not state heat"),
        ("metric = \"win_rate\"\ntimes_fact = \"heat\"", "runs of system ma-cross do not state heat"),
    ] {
        let r = judged(keys, &e).unwrap();
        assert_eq!((r.verdict, r.observed, r.n), (Verdict::NotApplicable, None, 0), "{keys}");
        assert!(r.reason.as_deref().unwrap().contains(why), "{r:?}");
    }
    // A fact that its own system may state is open, as ever.
    assert_eq!(row("metric = \"fact:heat\"").verdict, Verdict::Inconclusive);
    // What there is, is asked.
    let r = judged("metric = \"count\"\ntable = \"ranks\"\nwhere = \"rank == 1\"", &e).unwrap();
    assert_eq!((r.verdict, r.observed), (Verdict::Pass, Some(25.0)));
}

#[test]
fn what_another_variant_has_does_not_apply_to_this_one() {
    let r = row("metric = \"count\"\ntable = \"ranks\"\nscope = \"baseline:S5_static\"");
    assert_eq!(r.verdict, Verdict::NotApplicable);
    assert_eq!(
        r.reason.as_deref(),
        Some("variant S5_static: there is no table \"ranks\"; variant S7 has it")
    );
    let message = refused("metric = \"count\"\ntable = \"ranks2\"\nscope = \"baseline:S5_static\"");
    assert!(message.contains("there is no table \"ranks2\""), "{message}");
    let mut e = run();
    let only = TableView { name: "trades", columns: vec![("stage", Cells::U8(&[1]))] };
    e.baselines[0].1.views = vec![only];
    let r = judged("metric = \"count\"\ntable = \"trades\"\nwhere = \"stage > 0\"", &e).unwrap();
    assert!(r.reason.unwrap().ends_with("variant S5_static has it"));
}

#[test]
fn metrics_of_one_system_do_not_apply_to_another() {
    let metrics =
        ["success_rate", "error_rate", "pattern_rate", "volume_conf_rate", "quality", "pattern_accuracy"];
    let mut e = run();
    for metric in metrics {
        assert_ne!(
            judged(&format!("metric = {metric:?}"), &e).unwrap().verdict,
            Verdict::NotApplicable,
            "{metric}"
        );
    }
    let s = &mut e.main.signals;
    (s.valid, s.patterns, s.volume_confirmed, s.quality) = (None, None, None, None);
    e.main.trades.patterns = None;
    for (metric, column) in metrics.into_iter().zip([
        "valid",
        "valid",
        "pattern_mask",
        "volume_confirmed",
        "quality",
        "pattern_mask",
    ]) {
        let r = judged(&format!("metric = {metric:?}"), &e).unwrap();
        let table = if metric == "pattern_accuracy" { "trades" } else { "signals" };
        let why = format!("runs of system rotation have no column {column} in table {table}");
        assert_eq!((r.verdict, r.observed, r.reason), (Verdict::NotApplicable, None, Some(why)), "{metric}");
        if metric != "pattern_accuracy" {
            let alert =
                "kind = \"alert\"\nbetter = \"lower\"\nop = \">=\"\nthreshold = 0.0\nwindow = \"24h\"";
            let r = judged(&format!("metric = {metric:?}\n{alert}"), &e).unwrap();
            assert_eq!(r.verdict, Verdict::NotApplicable, "{metric}");
        }
    }
    // What the run states needs no column.
    e.facts.insert("error_rate".into(), 0.01);
    assert_eq!(judged("metric = \"error_rate\"", &e).unwrap().observed, Some(0.01));
    assert_eq!(
        judged("metric = \"mean_size\"", &e).unwrap().observed.map(|x| (x * 100.0).round()),
        Some(3.0)
    );
}

#[test]
fn keys_that_do_not_go_together_are_refused_with_their_line() {
    for (keys, want) in [
        ("metric = \"share\"\ntable = \"ranks\"", "c.toml:4: metric \"share\" needs a condition"),
        ("metric = \"mean\"\ntable = \"ranks\"", "c.toml:4: metric \"mean\" needs a column"),
        ("metric = \"count\"", "c.toml:4: metric \"count\" needs a table"),
        ("metric = \"quantile\"\ntable = \"ranks\"\ncolumn = \"rank\"", "needs a probability"),
        ("metric = \"quantile\"\ntable = \"ranks\"\ncolumn = \"rank\"\nq = 1", "c.toml:7: q is 1"),
        (
            "metric = \"count\"\ntable = \"ranks\"\ncolumn = \"rank\"",
            "c.toml:6: column is not for metric \"count\"",
        ),
        (
            "metric = \"mean\"\ntable = \"ranks\"\ncolumn = \"rank\"\nof = \"rank == 1\"",
            "c.toml:7: of is not for metric \"mean\"",
        ),
        ("metric = \"count\"\ntable = \"ranks\"\nq = 0.5", "c.toml:6: q is not for metric \"count\""),
        ("metric = \"count\"\ntable = \"ranks\"\nper = \"day\"", "c.toml:6: per is not for metric \"count\""),
        (
            "metric = \"rate\"\ntable = \"ranks\"\nper = \"week\"",
            "c.toml:6: per \"week\" is unknown; valid: day, hour, bar",
        ),
        (
            "metric = \"win_rate\"\nwhere = \"pnl > 0\"",
            "c.toml:5: where is for the metrics share, mean, rate, count, quantile, not for win_rate",
        ),
        (
            "metric = \"count\"\ntable = \"ranks\"\nwhere = \"rank = 1\"",
            "c.toml:6: where: equality is written ==, at character 6 of `rank = 1`",
        ),
        (
            "metric = \"shar\"\ntable = \"ranks\"",
            "c.toml:4: metric \"shar\" is unknown; did you mean \"share\"?",
        ),
        ("metric = \"count\"\ntable = \"ranks\"\nwere = \"rank == 1\"", "c.toml:6: unknown field `were`"),
        (
            "metric = \"share\"\ntable = \"ranks\"\nwhere = \"rank == 1\"\nscope = \"paired:S7-S5\"\nchange = \"absolute\"",
            "is not measured for scope paired:S7-S5",
        ),
        (
            "metric = \"rate\"\ntable = \"ranks\"\nscope = \"regime:QUIET\"",
            "is not measured for scope regime:QUIET",
        ),
        ("metric = \"mean\"\ntable = \"ranks\"\ncolumn = \"rank\"\nmin_n = 0", "min_n is missing"),
        (
            "metric = \"mean\"\ntable = \"ranks\"\ncolumn = \"rank\"\nop = \"=\"\nthreshold = 1",
            "is for a fact",
        ),
    ] {
        let message = refused(keys);
        assert!(message.contains(want), "{keys}\n{message}");
    }
}
