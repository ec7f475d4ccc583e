//! Wrong usage, scenarios and criteria: what is said, with which exit code, and that nothing is left behind.

use crate::common::assay;
use crate::place::{Place, refused};

#[test]
fn a_wrong_scenario_is_named_by_line_rule_and_remedy() {
    assert_eq!(
        refused(|p| p.scenario("[execution]\nfee_bsp = 1\n")),
        "error: s.toml:7: unknown key \"fee_bsp\"\n\nhint: did you mean \"fee_bps\"? The keys here are fill, \
         intrabar, limit, entry, entry_offset_bps, entry_bars, fee_bps, maker_fee_bps, fee_per_unit, fee_per_order, fee_minimum, spread_bps, spread_from, \
         spread_max_bps, slippage_bps, slippage_atr, impact, participation, latency_bars, latency_ms, tier\n"
    );
    assert_eq!(
        refused(|p| p.scenario("[params]\nentry.QUITE = 0.8\n")),
        "error: s.toml:7: unknown parameter \"entry.QUITE\"\n\nhint: did you mean \"entry.QUIET\"? `assay params \
         unified` prints all\n"
    );
    assert_eq!(
        refused(|p| p.scenario("[account]\nequity = \"much\"\n")),
        "error: s.toml:7: invalid type: string \"much\", expected f64\n\nhint: see the scenario page of the \
         documentation for every key and its type\n"
    );
    assert_eq!(
        refused(|p| p.scenario("[params]\nkelly_fraction = 0.9\n[risk]\nsmall_factor = 2\n")),
        "error: s.toml:7: params.kelly_fraction must be a number in 0..=0.5, was 0.9\ns.toml:9: risk.small_factor \
         must be a number in 0..=1, was 2\n\nhint: Share of the Kelly fraction that is used.\n"
    );
    assert!(refused(|p| p.scenario("[params\n")).starts_with("error: s.toml:6: "));
    assert!(refused(|p| std::fs::write(p.path("s.toml"), [0xff, 0xfe]).unwrap()).contains("UTF-8 text file"));
    assert_eq!(
        refused(|p| std::fs::remove_file(p.path("s.toml")).unwrap()),
        "error: s.toml: cannot read the scenario: No such file or directory (os error 2)\n\nhint: check the path; \
         scenarios/unified.toml is an example\n"
    );
    assert_eq!(
        refused(|p| p.scenario("from = \"2022-01-01\"\nto = \"2021-01-01\"\n")),
        "error: s.toml:6: data.from must be earlier than data.to: the range is empty\n\nhint: the value must lie in \
         the range given\n"
    );
}

#[test]
fn assignments_are_blamed_for_what_they_break() {
    const RANGE: &str = "the value must lie in the range given";
    const PAGE: &str = "see the scenario page of the documentation for every key and its type";
    for (set, problem, hint) in [
        ("params.trail_atr", "has no value", "write --set section.key=value"),
        ("=1", "\"\" is not a key", "write the section and the key: params.trail_atr, execution.fee_bps"),
        (
            "params.trail_atr=9",
            "params.trail_atr must be a number in 0.25..=3 or \"none\", was 9",
            "Trailing distance behind the best close once in profit, in ATR; none is no trailing.",
        ),
        (
            "params.variant=S8",
            "params.variant must be \"S7\" | \"S5_static\" | \"S5\" | \"S6V\" | \"S6P\" | \"API\", was \"S8\"",
            "Which sources vote and how they are weighted.",
        ),
        (
            "params.trail_art=1",
            "unknown parameter \"trail_art\"",
            "did you mean \"trail_atr\"? `assay params unified` prints all",
        ),
        (
            "execution.intrabar=kind",
            "unknown variant `kind`, expected one of `pessimistic`, `optimistic`, `ohlc`, `olhc`, `adaptive`, `detail`",
            PAGE,
        ),
        ("seed=-1", "invalid value: integer `-1`, expected u64", PAGE),
        ("execution.fee_bps=nan", "execution.fee_bps must be a number in 0..=1000, was NaN", RANGE),
        ("account.equity=inf", "account.equity must be a positive number, was inf", RANGE),
        ("data.from=May", "data.from must be a UTC date such as \"2021-01-01\", was \"May\"", RANGE),
        ("data.bars=[]", "data.bars must name one file a symbol, was 0 files", RANGE),
        ("name=../up", "name must be letters, digits, '-', '_' or '.', was \"../up\"", RANGE),
        (
            "colour=red",
            "unknown key \"colour\"",
            "the keys here are name, system, family, system_version, labels_by, seed, data, account, instrument, conversion, execution, risk, params, regimes, gate, report, sweep, montecarlo, walkforward",
        ),
    ] {
        let place = Place::new();
        let message = place.refusal(place.backtest().args(["--set", set]));
        assert_eq!(message, format!("error: --set {set}: {problem}\n\nhint: {hint}\n"));
    }
    // Of two for one key the later counts, and is blamed.
    let place = Place::new();
    let two = ["--set", "account.equity=5", "--set", "account.equity=-1"];
    let message = place.refusal(place.backtest().args(two));
    assert!(message.starts_with("error: --set account.equity=-1: "), "{message}");
    place
        .backtest()
        .args(["--quiet", "--set", "account.equity=-1", "--set", "account.equity=5"])
        .assert()
        .success();
}

#[test]
fn wrong_criteria_are_named() {
    let place = Place::new();
    place.write("c.toml", "system = \"unified\"\n\n[[criterion]]\nid = \"A\"\nmetrik = \"win_rate\"\n");
    place.scenario("[gate]\ncriteria = [\"c.toml\"]\n");
    let message = place.refusal(&mut place.backtest());
    assert!(message.contains("c.toml:5") && message.contains("metrik"), "{message}");
}

#[test]
fn wrong_features_are_named() {
    let place = Place::new();
    for (features, words) in [
        (&["atrr"][..], "there is no feature named \"atrr\"\n\nhint: did you mean atr?"),
        (&["atr:0"], "window must be a whole number in 1..=100000, was \"0\""),
        (&["atr", "atr:14"], "atr:14 is named twice"),
        (
            &["sma:5000"],
            "feature sma:5000: needs 5000 rows for its first value, was given 300\n\nhint: give a longer history",
        ),
        (&[], "no feature was named"),
    ] {
        let mut command = assay();
        command.arg("features").arg(place.path("bars.csv")).arg("--out").arg(place.path("f.parquet"));
        command.args(features.iter().flat_map(|f| ["--feature", f]));
        let message = place.refusal(&mut command);
        assert!(message.contains(words), "{message}");
        assert!(!place.path("f.parquet").exists());
    }
}

#[test]
fn wrong_usage_is_explained() {
    let place = Place::new();
    for (arguments, words) in [
        (&["backtets"][..], "unrecognized subcommand 'backtets'"),
        (&["backtest"], "<SCENARIO>"),
        (&["backtest", "s.toml", "--ouput", "x"], "unexpected argument '--ouput'"),
        (&["backtest", "s.toml", "--threads", "0"], "0 is not in 1..=1024"),
        (&["backtest", "s.toml", "--format", "yaml"], "[possible values: text, json]"),
        (&["gate"], "<RUN>"),
    ] {
        let message = place.refusal(assay().args(arguments));
        assert!(message.contains(words), "{message}");
    }
}
