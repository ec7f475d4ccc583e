use std::path::PathBuf;

use super::Scenario;
use crate::error::Result;
use crate::market::Timeframe;

const TEXT: &str =
    "name = \"t\"\nsystem = \"unified\"\n\n[data]\nbars = [\"a.csv\"]\n\n[params]\nentry.QUIET = 0.8\n";

fn parse(text: &str, sets: &[&str]) -> Result<Scenario> {
    let sets: Vec<String> = sets.iter().map(|s| (*s).to_owned()).collect();
    Scenario::parse(text, "t.toml", PathBuf::from("."), &sets)
}

#[test]
fn the_echo_reads_back_as_the_same_scenario() {
    let a = parse(TEXT, &["params.trail_atr=0.5", "params.profile=upstream", "execution.fee_bps=4"]).unwrap();
    let value = |name: &str| a.params.value(name).unwrap().as_float();
    assert_eq!((value("trail_atr"), value("entry.QUIET"), a.execution.fee_bps), (Some(0.5), Some(0.8), 4.0));
    assert_eq!((value("adx_full_scale"), a.preset), (Some(100.0), Some("upstream")));
    assert_eq!(parse(&a.resolved().unwrap(), &[]).unwrap(), a);
}

#[test]
fn faults_name_line_rule_and_remedy() {
    let cases: &[(&str, &[&str])] = &[
        (
            "[params]\nentry.QUITE = 0.8",
            &["t.toml:8", "unknown parameter \"entry.QUITE\"", "did you mean \"entry.QUIET\"?"],
        ),
        (
            "[params]\nentry.QUIET = 1.8",
            &["t.toml:8", "params.entry.QUIET must be a number in 0.6..=0.9, was 1.8"],
        ),
        ("[params]\nvariant = \"S8\"", &["t.toml:8", "was \"S8\"", "\"S7\" | \"S5_static\""]),
        ("[execution]\nfee_bsp = 1", &["t.toml:8", "unknown key \"fee_bsp\"", "did you mean \"fee_bps\"?"]),
        ("[execution]\nfee_bps = \"x\"", &["t.toml:8", "invalid type"]),
        (
            "[execution]\nfee_bps = -1",
            &["t.toml:8", "execution.fee_bps must be a number in 0..=1000, was -1"],
        ),
        ("[risk]\nestop_at = \"soon\"", &["t.toml:8", "risk.estop_at must be a UTC time"]),
        ("[account]\nequity = 0", &["t.toml:8", "account.equity must be a positive number"]),
        ("[gates]\n", &["t.toml:7", "unknown key \"gates\"", "did you mean \"gate\"?"]),
        ("[gate", &["t.toml:7"]),
    ];
    for (tail, words) in cases {
        let text = format!("name = \"t\"\nsystem = \"unified\"\n\n[data]\nbars = [\"a.csv\"]\n\n{tail}\n");
        let e = parse(&text, &[]).unwrap_err();
        assert_eq!(e.exit_code(), 2);
        for w in *words {
            assert!(e.to_string().contains(w), "{tail:?}: {e}");
        }
    }
}

#[test]
fn all_violations_come_at_once() {
    let text = TEXT.replace("0.8", "8.0\nentry.TRENDING = 9") + "[account]\nequity = -1\n";
    let e = parse(&text, &[]).unwrap_err().to_string();
    assert!(e.contains("entry.QUIET") && e.contains("entry.TRENDING") && e.contains("account.equity"), "{e}");
}

#[test]
fn assignments_are_blamed_for_what_they_break() {
    for (set, words) in [
        ("params.trail_atr", "has no value"),
        ("params.trail_atr=9", "--set params.trail_atr=9: params.trail_atr must be"),
        ("params..x=1", "is not a key"),
        ("seed.x=1", "--set seed.x=1"),
        ("execution.fees=1", "unknown key \"fees\""),
    ] {
        let e = parse(TEXT, &[set]).unwrap_err().to_string();
        assert!(e.contains(words), "{set}: {e}");
    }
}

#[test]
fn an_empty_range_is_refused() {
    let e = parse(TEXT, &["data.from=\"2022-01-01\"", "data.to=\"2021-01-01\""]).unwrap_err().to_string();
    assert!(e.contains("the range is empty"), "{e}");
}

#[test]
fn a_calendar_says_how_many_days_and_bars_make_a_year() {
    let year = |sets: &[&str]| {
        let s = parse(TEXT, sets).unwrap();
        let text = s.resolved().unwrap();
        assert_eq!(parse(&text, &[]).unwrap(), s);
        (s.data.days_per_year(), s.data.bars_per_year(Timeframe::H1), text.contains("calendar"))
    };
    assert_eq!(year(&[]), (365.0, 8760.0, false));
    assert_eq!(year(&["data.calendar=always"]), (365.0, 8760.0, false));
    assert_eq!(year(&["data.days_per_year=252"]), (252.0, 6048.0, false));
    assert_eq!(year(&["data.calendar=fx"]), (260.0, 6240.0, true));
    assert_eq!(year(&["data.calendar=us-equity"]), (252.0, 1764.0, true));
    assert_eq!(year(&["data.calendar=us-equity", "data.days_per_year=126"]), (126.0, 882.0, true));
    let notes = |sets: &[&str]| {
        let text = format!("{TEXT}[[instrument]]\nsymbol = \"EURUSD\"\nlike = \"EURUSD\"\n");
        let sets: Vec<&str> = ["data.symbol=EURUSD"].iter().chain(sets).copied().collect();
        parse(&text, &sets).unwrap().notes()
    };
    assert_eq!(notes(&[]), ["EURUSD trades by the calendar fx; data.calendar = \"fx\" annualises by it"]);
    assert_eq!(notes(&["data.calendar=fx"]), Vec::<String>::new());
    assert_eq!(parse(TEXT, &[]).unwrap().notes(), Vec::<String>::new());
    let text = TEXT.replace("[params]", "calendar = \"us_equity\"\n[params]");
    let e = parse(&text, &[]).unwrap_err().to_string();
    assert!(e.contains("t.toml:7") && e.contains("did you mean us-equity?"), "{e}");
}
