use std::path::PathBuf;

use super::Scenario;
use crate::error::Result;
use crate::market::{Calendar, Timeframe};

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
fn an_empty_family_is_refused_with_what_to_write() {
    for family in ["", "  "] {
        let e = parse(&format!("family = {family:?}\n{TEXT}"), &[]).unwrap_err();
        assert_eq!(e.problem(), format!("family must name a family of trials, was {family:?}"));
        assert!(e.remedy().unwrap().contains("or leave it out"), "{e}");
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
    // What is said is said again, and is the same scenario without a word; as is a time that is written otherwise.
    assert_eq!(year(&["data.calendar=always"]), (365.0, 8760.0, true));
    let identity = |sets: &[&str]| parse(TEXT, sets).unwrap().identity().unwrap();
    assert_eq!(identity(&["data.calendar=always"]), identity(&[]));
    let from = |text: &str| identity(&[&format!("data.from=\"{text}\"")]);
    for same in
        ["2021-02-01 00:00", "2021-02-01T00:00:00Z", "2021-02-01 00:00:00.000", "2021-02-01T02:00:00+02:00"]
    {
        assert_eq!(from(same), from("2021-02-01"), "{same}");
    }
    assert_ne!(from("2021-02-01 00:00:00.001"), from("2021-02-01"));
    assert_eq!(year(&["data.days_per_year=252"]), (252.0, 6048.0, false));
    assert_eq!(year(&["data.calendar=fx"]), (260.0, 6240.0, true));
    assert_eq!(year(&["data.calendar=us-equity"]), (252.0, 1764.0, true));
    assert_eq!(year(&["data.calendar=us-equity", "data.days_per_year=126"]), (126.0, 882.0, true));
    let notes = |sets: &[&str]| {
        let text = format!("{TEXT}[[instrument]]\nsymbol = \"EURUSD\"\nlike = \"EURUSD\"\n");
        let sets: Vec<&str> = ["data.symbol=EURUSD"].iter().chain(sets).copied().collect();
        parse(&text, &sets).unwrap().notes()
    };
    // The calendar of the instrument is that of the results, unless another is given.
    assert_eq!(notes(&[]), Vec::<String>::new());
    assert_eq!(notes(&["data.calendar=fx"]), Vec::<String>::new());
    let other = "EURUSD trades by the calendar fx; data.calendar = \"24/7\" annualises by 365 days a year";
    assert_eq!(notes(&["data.calendar=always"]), [other]);
    let instrument = |sets: &[&str]| {
        let text = format!("{TEXT}[[instrument]]\nsymbol = \"EURUSD\"\nlike = \"EURUSD\"\n");
        let s = parse(&text, &[&["data.symbol=EURUSD"], sets].concat()).unwrap();
        let text = s.resolved().unwrap();
        // What is written out is given.
        let again = parse(&text, &[]).unwrap();
        assert_eq!(again.given_calendar, Some(s.data.calendar()));
        assert_eq!(Scenario { given_calendar: s.given_calendar, ..again }, s);
        (s.data.days_per_year(), s.data.calendar())
    };
    assert_eq!(instrument(&[]), (260.0, Calendar::Fx));
    assert_eq!(instrument(&["data.calendar=always"]), (365.0, Calendar::Always));
    assert_eq!(instrument(&["data.days_per_year=252"]), (252.0, Calendar::Fx));
    // A name alone decides nothing, and is worth a word.
    let named = parse(TEXT, &["data.symbol=SPY"]).unwrap();
    assert_eq!(named.data.days_per_year(), 365.0);
    let word = "SPY is the name of a market of the calendar us-equity; data.calendar = \"us-equity\" annualises by it";
    assert_eq!(named.notes(), [word]);
    assert_eq!(parse(TEXT, &[]).unwrap().notes(), Vec::<String>::new());
    let text = TEXT.replace("[params]", "calendar = \"us_equity\"\n[params]");
    let e = parse(&text, &[]).unwrap_err().to_string();
    assert!(e.contains("t.toml:7") && e.contains("did you mean us-equity?"), "{e}");
}

#[test]
fn more_combinations_of_folds_than_can_be_run_are_refused() {
    let of = |folds: usize, tested: usize| {
        let (folds, tested) =
            (format!("walkforward.folds={folds}"), format!("walkforward.test_folds={tested}"));
        parse(TEXT, &["walkforward.mode=combinatorial", &folds, &tested])
    };
    let e = of(24, 12).unwrap_err().to_string();
    assert!(e.contains("at most 1,000,000 ways to test 12 of 24 folds, was 2704156"), "{e}");
    assert!(of(22, 11).is_ok() && of(24, 2).is_ok());
}

#[test]
fn generated_bars_bring_their_symbols() {
    let synth = |name: &str| {
        let params = "[params]\nfile = \"p.csv\"\n";
        format!("name = \"t\"\nsystem = \"signals\"\n\n[data]\nsynth = \"{name}\"\n{params}")
    };
    let s = parse(&synth("basket"), &[]).unwrap();
    assert_eq!((s.data.count(), s.data.name(2), s.data.symbols.len()), (4, "GAMMA", 4));
    assert_eq!(s.instruments.len(), 4);
    let echo = s.resolved().unwrap();
    assert!(echo.contains("synth = \"basket\"\n") && !echo.contains("bars = ["), "{echo}");
    assert_eq!(parse(&echo, &[]).unwrap(), s);
    // The echo says what it was about without the preset.
    let gone = parse(&echo.replace("\"basket\"", "\"gone.toml\""), &[]).unwrap();
    assert_eq!(gone.data.symbols, s.data.symbols);
    let some = parse(&synth("basket"), &["data.symbols=[\"DELTA\", \"BETA\"]"]).unwrap();
    assert_eq!((some.data.count(), some.data.title()), (2, "DELTA BETA".to_owned()));
    // One symbol is named as well; an empty name is none.
    let one = parse(&TEXT.replace("bars = [\"a.csv\"]", "synth = \"gbm\""), &[]).unwrap();
    assert_eq!((one.data.name(0), one.data.title()), ("GBM", "GBM".to_owned()));
    assert_eq!(parse(TEXT, &["data.synth="]).unwrap(), parse(TEXT, &[]).unwrap());
    let from_file = parse(TEXT, &["data.synth=gbm", "data.bars=[]"]).unwrap();
    assert_eq!((from_file.data.synth.as_deref(), from_file.data.count()), (Some("gbm"), 1));
}

#[test]
fn generated_bars_that_cannot_be_are_refused() {
    let synth = |name: &str| format!("name = \"t\"\nsystem = \"unified\"\n\n[data]\nsynth = \"{name}\"\n");
    for (text, sets, words) in [
        (
            synth("gmb"),
            &[][..],
            "t.toml:5: \"gmb\" is no preset: no such file, and none is shipped by that name\n\nhint: did you mean \"gbm\"?",
        ),
        (
            synth("gbm"),
            &["data.synth=nothing.toml"],
            "--set data.synth=nothing.toml: \"nothing.toml\" is no preset",
        ),
        (
            synth("basket"),
            &[],
            "t.toml:5: data.synth must make one symbol for system \"unified\", was 4 (ALPHA, BETA, GAMMA, DELTA): it \
             trades one; data.symbols = [\"ALPHA\"] takes that",
        ),
        (
            TEXT.to_owned(),
            &["data.synth=gbm"],
            "--set data.synth=gbm: data.synth must be left out where data.bars names files, was \"gbm\"",
        ),
        (
            synth("gbm"),
            &["data.detail=[\"a\", \"b\"]"],
            "data.detail must name a file for each of the 1 symbols of data.synth, was 2",
        ),
        (synth("gbm"), &["data.synt=x"], "unknown key \"synt\"\n\nhint: did you mean \"synth\"?"),
    ] {
        let e = parse(&text, sets).unwrap_err();
        assert!(e.exit_code() == 2 && e.to_string().contains(words), "{e}");
    }
}

#[test]
fn errors_carry_file_line_key_remedy_and_source() {
    use std::error::Error as _;

    let text =
        |tail: &str| format!("name = \"t\"\nsystem = \"unified\"\n\n[data]\nbars = [\"a.csv\"]\n\n{tail}\n");
    let e = parse(&text("[execution]\nfee_bps = -1"), &[]).unwrap_err();
    assert_eq!((e.file(), e.line(), e.key()), (Some("t.toml"), Some(8), Some("execution.fee_bps")));
    assert_eq!(e.problem(), "execution.fee_bps must be a number in 0..=1000, was -1");
    assert_eq!(e.remedy(), Some("the value must lie in the range given"));
    let e = parse(&text("[execution]\nfee_bsp = 1"), &[]).unwrap_err();
    assert_eq!((e.file(), e.line(), e.key()), (Some("t.toml"), Some(8), Some("fee_bsp")));
    assert!(e.source().is_some_and(|s| s.is::<toml::de::Error>()));
    // What the command line broke is in no file.
    let e = parse(TEXT, &["execution.fee_bps=-1"]).unwrap_err();
    assert_eq!((e.file(), e.line(), e.key()), (None, None, Some("execution.fee_bps")));
    let e = parse(TEXT, &["execution.fees=1"]).unwrap_err();
    assert_eq!((e.file(), e.key()), (None, Some("execution.fees")));
    let e = parse(TEXT, &["params.trail_atr"]).unwrap_err();
    assert_eq!((e.kind(), e.key()), (crate::error::ErrorKind::Usage, Some("--set")));
    // Of a key that the file does not have, the file is known.
    let e = parse("name = \"t\"\nsystem = \"unified\"\n[data]\n", &[]).unwrap_err();
    assert_eq!((e.file(), e.line(), e.key()), (Some("t.toml"), None, Some("data.bars")));
    let e = Scenario::read(std::path::Path::new("no/such.toml"), &[]).unwrap_err();
    assert_eq!((e.file(), e.line(), e.key()), (Some("no/such.toml"), None, None));
    assert!(e.source().is_some_and(|s| s.is::<std::io::Error>()));
}
