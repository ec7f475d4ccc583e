//! What a criteria file may hold, and what its author is told otherwise.

use std::path::Path;

use super::criteria::*;
use super::rule::Rule;

const GOOD: &str = r#"system = "made-up"
[windows]
phase1 = { from_hours = 0, to_hours = 24 }
[[criterion]]
id = "A"
metric = "win_rate"
scope = "paired:S7-S5 regime:QUIET"
change = "absolute"
op = "in"
range = [0.05, 0.07]
better = "higher"
window = "phase1"
phase = "p"
severity = "target"
kind = "acceptance"
min_n = 30
unit = "pp"
says = "words"
"#;

fn refused(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    Criteria::parse(&GOOD.replacen(from, to, 1), "c.toml").unwrap_err().to_string()
}

#[test]
fn a_good_file_is_read() {
    let c = Criteria::parse(GOOD, "c.toml").unwrap();
    let rule = &c.rules[0];
    assert_eq!(rule.scope.to_string(), "paired:S7-S5 regime:QUIET");
    assert_eq!(
        (rule.rule, rule.window.clone()),
        (Rule::Within(0.05, 0.07), CriterionWindow::Named("phase1".into()))
    );
    assert_eq!((c.windows[0].from_ms, c.windows[0].to_ms), (0, 86_400_000));
    assert_eq!(c.sha256.len(), 64);
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_neighbour() {
    let message = refused("min_n = 30", "min_m = 30");
    assert!(message.starts_with("c.toml:16: unknown field `min_m`"), "{message}");
    assert!(message.ends_with("hint: did you mean `min_n`?"), "{message}");
    assert!(refused("says", "x = [").starts_with("c.toml:18:"));
    assert!(refused("min_n = 30", "min_n = \"many\"").starts_with("c.toml:16:"));
    assert!(refused("id = \"A\"\n", "").contains("missing field `id`"));
}

#[test]
fn an_unknown_name_is_answered_with_the_nearest() {
    for (from, to, want) in [
        (
            "\"win_rate\"",
            "\"winrate\"",
            "c.toml:6: metric \"winrate\" is unknown; did you mean \"win_rate\"?",
        ),
        ("\"win_rate\"", "\"zzz\"", "valid: total_return, cagr, volatility, sharpe"),
        ("regime:QUIET", "regime:", "c.toml:7: a regime without a name"),
        ("paired:S7-S5 regime:QUIET", "overal", "did you mean \"overall\"?"),
        ("\"absolute\"", "\"absolut\"", "c.toml:8: change"),
        ("\"in\"", "\"=>\"", "c.toml:9: op"),
        ("\"higher\"", "\"hihger\"", "did you mean \"higher\"?"),
        ("\"phase1\"", "\"phase2\"", "did you mean \"phase1\"?"),
        ("\"target\"", "\"tagret\"", "did you mean \"target\"?"),
        ("\"acceptance\"", "\"accept\"", "c.toml:15: kind"),
        ("\"pp\"", "\"ppm\"", "c.toml:17: unit"),
    ] {
        let message = refused(from, to);
        assert!(message.contains(want), "{message}\nwants {want}");
    }
}

#[test]
fn what_does_not_fit_together_is_refused() {
    for (from, to, want) in [
        ("range = [0.05, 0.07]", "range = [0.07, 0.05]", "smaller first"),
        ("range = [0.05, 0.07]", "threshold = 0.05", "takes range"),
        ("op = \"in\"", "op = \">\"", "takes a finite threshold"),
        ("change = \"absolute\"\n", "", "needs change"),
        ("change = \"absolute\"", "change = \"relative\"", "not for win_rate"),
        ("paired:S7-S5 ", "", "only for a scope paired"),
        ("regime:QUIET", "regime:QUIET each-regime", "two regimes"),
        ("paired:S7-S5 regime:QUIET", "", "the scope is empty"),
        ("win_rate", "quality", "quality is not measured for scope paired"),
        ("win_rate", "fact:x", "x is not measured for scope paired"),
        ("win_rate", "max_dd", "max_dd is not measured"),
        ("min_n = 30\n", "", "min_n is missing"),
        ("op = \"in\"\nrange = [0.05, 0.07]", "op = \"<\"\nthreshold = 0.1", "disagree"),
        ("op = \"in\"\nrange = [0.05, 0.07]", "op = \"=\"\nthreshold = 0.1", "is for a fact"),
        ("\"phase1\"", "\"24h\"", "an alert has a rolling window"),
        ("\"acceptance\"", "\"alert\"", "an alert has a rolling window"),
        ("id = \"A\"", "id = \" \"", "the id is empty"),
        ("to_hours = 24", "to_hours = 0", "c.toml:3: window \"phase1\" must start"),
        ("phase1 =", "run =", "built-in meaning"),
    ] {
        let message = refused(from, to);
        assert!(message.contains(want), "{message}\nwants {want}");
    }
    assert!(
        Criteria::parse("system = \"x\"", "c.toml").unwrap_err().to_string().contains("no [[criterion]]")
    );
}

#[test]
fn an_alert_needs_a_metric_that_rolls() {
    let alert = GOOD
        .replace("paired:S7-S5 regime:QUIET", "overall")
        .replace("change = \"absolute\"\n", "")
        .replace("op = \"in\"\nrange = [0.05, 0.07]", "op = \"<\"\nthreshold = 0.4")
        .replace("\"phase1\"", "\"24h\"")
        .replace("acceptance", "alert");
    let c = Criteria::parse(&alert, "c.toml").unwrap();
    assert_eq!(c.rules[0].window, CriterionWindow::Trailing(86_400_000));
    let refused =
        |from: &str, to: &str| Criteria::parse(&alert.replace(from, to), "c.toml").unwrap_err().to_string();
    assert!(refused("win_rate", "sharpe").contains("sharpe of overall has no rolling value over time"));
    assert!(
        refused("\"win_rate\"\nscope = \"overall\"", "\"quality\"\nscope = \"baseline:S5\"")
            .contains("watches the run")
    );
    assert!(refused("overall", "regime:QUIET").contains("no rolling value"));
    let trades = alert.replace("24h", "30 trades");
    assert_eq!(Criteria::parse(&trades, "c").unwrap().rules[0].window, CriterionWindow::LastTrades(30));
    let message = Criteria::parse(&trades.replace("win_rate", "quality"), "c").unwrap_err().to_string();
    assert!(message.contains("quality of overall has no rolling value over trades"), "{message}");
}

#[test]
fn every_problem_is_reported_at_once() {
    let row = GOOD.split_once("[[criterion]]").unwrap().1;
    let text =
        format!("{}[[criterion]]{row}", GOOD.replace("win_rate", "wn_rate").replace("target", "tagret"));
    let message = Criteria::parse(&text, "c.toml").unwrap_err().to_string();
    assert!(message.starts_with("c.toml: 3 problems"), "{message}");
    for line in ["line 6: metric", "line 14: severity", "line 20: id \"A\" is already used in line 5"] {
        assert!(message.contains(line), "{message}");
    }
}

#[test]
fn several_files_are_one() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let a = write("a.toml", GOOD);
    let b = write("b.toml", &GOOD.replace("\"A\"", "\"B\""));
    let both = Criteria::read_all(&[&a, &b]).unwrap();
    assert_eq!((both.rules.len(), both.windows.len()), (2, 1));
    assert_ne!(both.sha256, Criteria::read(&a).unwrap().sha256);
    assert!(Criteria::read_all(&[&a, &a]).unwrap_err().to_string().contains("already used"));
    let c = write("c.toml", &GOOD.replace("\"A\"", "\"C\"").replace("= 24", "= 25"));
    assert!(Criteria::read_all(&[&a, &c]).unwrap_err().to_string().contains("differs"));
    let d = write("d.toml", &GOOD.replace("made-up", "other"));
    assert!(Criteria::read_all(&[&a, &d]).unwrap_err().to_string().contains("other"));
    assert!(Criteria::read_all::<&Path>(&[]).is_err());
    assert!(Criteria::read(&folder.path().join("none.toml")).unwrap_err().to_string().contains("none.toml"));
}

#[test]
fn file_line_and_cause_are_fields() {
    use std::error::Error as _;

    use crate::error::ErrorKind;

    let e = Criteria::parse("system = \"x\"\n\n[[criterion]]\nid = \"A\"\nmetrik = \"n\"\n", "c.toml")
        .unwrap_err();
    assert_eq!((e.kind(), e.file(), e.line()), (ErrorKind::Scenario, Some("c.toml"), Some(5)));
    assert!(e.source().is_some_and(|s| s.is::<toml::de::Error>()));
    assert_eq!(e.to_string(), format!("c.toml:5: {}\n\nhint: {}", e.problem(), e.remedy().unwrap()));
    // One problem has its line; several name theirs in the text.
    let e = Criteria::parse("system = \"x\"", "c.toml").unwrap_err();
    assert_eq!(e.file(), Some("c.toml"));
    let e = Criteria::read(std::path::Path::new("no/such.toml")).unwrap_err();
    assert_eq!((e.file(), e.line()), (Some("no/such.toml"), None));
    assert!(e.source().is_some_and(|s| s.is::<std::io::Error>()));
}
