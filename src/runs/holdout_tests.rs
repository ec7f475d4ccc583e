//! Locks, seals and plans, by ledgers that are written line by line.

use std::path::Path;

use serde_json::json;

use super::ledger::{HistorySketch, LEDGER, LedgerWriter, TrialLedger, TrialRow, Trials};
use super::lock_book::{LockBook, ReadBars};
use super::locks::seen_by;
use super::opening::OpenedRun;
use super::{
    DaySpan, HoldoutOpening, Inputs, SealedPlan, TrialPlan, even_levels, lock_line, refuse_second_plan,
};
use crate::data::Loaded;
use crate::gate::FamilySearch;
use crate::scenario::Scenario;

const DAY_MS: i64 = 86_400_000;

/// A line of trials on the days `from` to `to` of bars "x", one row on all of them.
fn tried(kind: &str, key: &str, (from, to): (i32, i32)) -> Trials {
    let days: Vec<i32> = (from..to).collect();
    let returns: Vec<f64> = days.iter().map(|d| f64::from(d % 7) - 3.0).collect();
    let counts = kind == "sweep";
    Trials {
        kind: kind.into(),
        scenario: "s".into(),
        system: "s".into(),
        key: key.into(),
        data: vec!["x".into()],
        from_ms: i64::from(from) * DAY_MS,
        to_ms: i64::from(to) * DAY_MS,
        count: counts.into(),
        rest: Some(0),
        rows: if counts { vec![TrialRow::of(key.into(), false, &returns, &days)] } else { vec![] },
        ..Trials::default()
    }
}

fn ledger(dir: &Path, lines: Vec<Trials>) -> TrialLedger {
    let mut writer = LedgerWriter::open(dir).unwrap();
    lines.into_iter().for_each(|line| assert!(writer.add(line).unwrap()));
    TrialLedger::read(&dir.join(LEDGER)).unwrap()
}

/// Days 100 to 170, opened for run "r" after `before`.
fn opened(before: Vec<Trials>, after: Vec<Trials>) -> OpenedRun {
    let dir = tempfile::tempdir().unwrap();
    let seal = tried("seal", "holdout c", (100, 170));
    let detail = Some(json!({ "seal": "holdout c", "days": 70, "run": "r" }));
    let opened = Trials { detail, ..tried("opened", "opened holdout c", (100, 170)) };
    let lines = before.into_iter().chain([seal]).chain(after).chain([opened]);
    let ledger = ledger(dir.path(), lines.collect());
    assert!(OpenedRun::of(&ledger, "other").unwrap().is_none());
    OpenedRun::of(&ledger, "r").unwrap().unwrap()
}

#[test]
fn days_that_were_searched_before_the_seal_are_no_holdout() {
    let sweep = |days| tried("sweep", "k", days);
    assert!(opened(vec![], vec![]).is_holdout());
    assert_eq!(opened(vec![], vec![]).number, 1);
    assert_eq!(opened(vec![tried("opened", "opened holdout b", (10, 20))], vec![]).number, 2);
    assert!(opened(vec![sweep((0, 100))], vec![sweep_of("later", (0, 170))]).is_holdout());
    let family = Trials { data: vec!["y".into()], ..sweep((0, 101)) };
    let bars = Trials { family: Some("other".into()), ..sweep((0, 101)) };
    let old = Trials { rest: None, rows: vec![], count: 7, ..sweep((0, 101)) };
    let elsewhere = Trials { family: Some("other".into()), data: vec!["y".into()], ..sweep((0, 170)) };
    assert!(opened(vec![elsewhere], vec![]).is_holdout());
    // A line that spans the days, and none of whose trials is on them.
    let around = Trials { to_ms: 170 * DAY_MS, ..sweep((0, 100)) };
    assert!(opened(vec![around], vec![]).is_holdout());
    for before in [family, bars] {
        let opened = opened(vec![before], vec![]);
        assert!(!opened.is_holdout());
        let says = "1 trial was made on days 1970-04-11 to 1970-06-19 before they were opened";
        assert_eq!(opened.says(), says);
    }
    assert!(opened(vec![old], vec![]).says().starts_with("7 trials were made"));
}

fn sweep_of(key: &str, days: (i32, i32)) -> Trials {
    tried("sweep", key, days)
}

/// Bars of a file that comes with the program, and a scenario on them.
fn bars() -> (Scenario, Loaded) {
    let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let text = "name = \"t\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"x\"]\nto = \"2021-03-01\"\n";
    let scenario = Scenario::parse(text, "t.toml", root.clone(), &[]).unwrap();
    let loaded = crate::data::load(&root.join("datasets/btcusdt-1h.parquet"), &scenario.request()).unwrap();
    (scenario, loaded)
}

#[test]
fn trials_on_days_are_found_by_their_bars_in_whatever_form() {
    let (_, loaded) = bars();
    let span = DaySpan { from_ms: 100 * DAY_MS, to_ms: 170 * DAY_MS, days: 70 };
    let of = |lines: Vec<Trials>, symbols: &[Loaded]| {
        let dir = tempfile::tempdir().unwrap();
        let ledger = ledger(dir.path(), lines);
        LockBook::only(dir.path().join(LEDGER), ledger).tried_on(&ReadBars::of_each(symbols), &span).unwrap()
    };
    let on = |id: &str| Trials { data: vec![id.to_owned()], ..sweep_of(id, (0, 170)) };
    let own = on(loaded.whole.id());
    let inputs = Inputs::from(loaded);
    assert_eq!(of(vec![own.clone()], &inputs.symbols), 1);
    assert_eq!(of(vec![Trials { to_ms: 100 * DAY_MS, ..own }], &inputs.symbols), 0);
    assert_eq!(of(vec![on("resampled")], &inputs.symbols), 0, "nobody knows what that is");
    let mut sketch = HistorySketch::of(&inputs.symbols[0].whole);
    sketch.bars_id = "resampled".into();
    let known = Trials { sketches: vec![sketch], ..on("resampled") };
    assert_eq!(of(vec![known], &inputs.symbols), 1);
}

#[test]
fn days_are_opened_in_every_ledger_that_locks_them() {
    let (scenario, loaded) = bars();
    let inputs = Inputs::from(loaded);
    let dir = tempfile::tempdir().unwrap();
    let span = DaySpan { from_ms: 18_628 * DAY_MS, to_ms: 18_640 * DAY_MS, days: 12 };
    let lock = lock_line(&scenario, &inputs, span);
    ledger(dir.path(), vec![lock.clone()]);
    let opening = |id: &str, out: &str| {
        let out = dir.path().join(out);
        let book = LockBook::read(Some(&out), None).unwrap();
        let folders = (vec![out], &book);
        let opens = vec![lock.key.clone()];
        (HoldoutOpening::new((&scenario, &inputs), id, None, (span, opens), folders), book.clone())
    };
    let (first, book) = opening("one", "a");
    first.refuse_second(&book).unwrap();
    first.seal().unwrap();
    let (again, book) = opening("one", "b");
    again.refuse_second(&book).unwrap();
    let (second, book) = opening("two", "b");
    assert!(second.refuse_second(&book).unwrap_err().to_string().contains("opened before"));
    let lines = |folder: &Path| TrialLedger::read(&folder.join(LEDGER)).unwrap().entries.len();
    assert_eq!([lines(dir.path()), lines(&dir.path().join("a"))], [2, 1]);
}

#[test]
fn what_lies_above_and_is_no_ledger_is_left_out_and_told() {
    let dir = tempfile::tempdir().unwrap();
    let (above, out) = (dir.path().join(LEDGER), dir.path().join("a"));
    for foreign in ["{\"event\":\"sale\",\"amount\":3}\n", "account,amount\n1,2\n"] {
        std::fs::write(&above, foreign).unwrap();
        let notes = LockBook::read(Some(&out), None).unwrap().notes();
        assert!(
            notes.len() == 1 && notes[0].ends_with("is no ledger of trials and is not read"),
            "{notes:?}"
        );
        assert!(LockBook::read(Some(dir.path()), None).is_err(), "its own must be whole");
        assert!(LockBook::read(Some(&out), Some(dir.path())).is_err());
    }
    std::fs::remove_file(&above).unwrap();
    ledger(dir.path(), vec![sweep_of("k", (0, 9))]);
    assert!(LockBook::read(Some(&out), None).unwrap().notes().is_empty());
    let text = std::fs::read_to_string(&above).unwrap();
    std::fs::write(&above, text.replace("sweep", "sweet")).unwrap();
    assert!(LockBook::read(Some(&out), None).is_err(), "a ledger that was changed is not left out");
}

/// The line of a plan with so many verdicts, on days 0 to 100 of bars "x".
fn plan(family: &str, asks: u64) -> Trials {
    let plan = TrialPlan { trials: 1, levels: even_levels(asks), ..TrialPlan::default() };
    plan.line(Trials { family: Some(family.into()), rows: vec![], count: 0, ..sweep_of("", (0, 100)) })
        .unwrap()
}

#[test]
fn a_hypothesis_says_something() {
    for (hypothesis, is_one) in
        [(None, true), (Some("trends last"), true), (Some(""), false), (Some(" \t"), false)]
    {
        let plan = TrialPlan { trials: 1, hypothesis: hypothesis.map(str::to_owned), ..TrialPlan::default() };
        assert_eq!(plan.line(sweep_of("", (0, 100))).is_ok(), is_one, "{hypothesis:?}");
    }
}

#[test]
fn trials_of_another_family_on_the_same_bars_come_before_a_plan() {
    let before = |tried: Trials| {
        let dir = tempfile::tempdir().unwrap();
        SealedPlan::all(&ledger(dir.path(), vec![tried, plan("new", 1)])).unwrap()[0].trials_before
    };
    let own = sweep_of("k", (0, 100));
    assert_eq!(before(own.clone()), 1);
    assert_eq!(before(Trials { data: vec!["y".into()], ..own.clone() }), 0);
    assert_eq!(before(Trials { data: vec!["y".into()], family: Some("new".into()), ..own.clone() }), 1);
    assert_eq!(before(Trials { from_ms: 100 * DAY_MS, to_ms: 101 * DAY_MS, ..own }), 0);
}

#[test]
fn a_verdict_beyond_those_announced_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = ledger(dir.path(), vec![plan("new", 2)]);
    let sealed = SealedPlan::about(&ledger, "new", &sweep_of("k", (0, 100))).unwrap().unwrap();
    let asked = |ask: u64| {
        let mut search = FamilySearch { ask, level: 0.01, ..FamilySearch::default() };
        sealed.refuse_further(&mut search);
        (sealed.level(ask), search.level, search.open)
    };
    assert_eq!(asked(2), (Some(0.025), 0.01, None));
    let why = "the plan announced 2 verdicts, and this is number 3: nothing is left of the 5 % they share";
    assert_eq!(asked(3), (None, 0.0, Some(why.to_owned())));
}

#[test]
fn of_two_plans_at_once_one_stands() {
    let dir = tempfile::tempdir().unwrap();
    let mut writers = [0, 1].map(|_| LedgerWriter::open(dir.path()).unwrap());
    let [a, b] = &mut writers;
    assert!(a.add_unless(plan("new", 1), refuse_second_plan).unwrap());
    let refused = b.add_unless(plan("new", 2), refuse_second_plan).unwrap_err().to_string();
    assert!(refused.contains("another plan") && refused.contains("`assay plan show` prints it"), "{refused}");
    // How to get round it is no advice.
    assert!(!refused.contains("--out"), "{refused}");
    assert!(!b.add_unless(plan("new", 1), refuse_second_plan).unwrap());
    assert_eq!(TrialLedger::read(&dir.path().join(LEDGER)).unwrap().entries.len(), 1);
}

#[test]
fn days_that_were_opened_on_another_form_of_the_bars_are_seen() {
    let (_, loaded) = bars();
    let sketch = HistorySketch::of(&loaded.whole);
    let as_of = |id: &str| HistorySketch { bars_id: id.into(), ..sketch.clone() };
    let seal = Trials { sketches: vec![as_of("x")], ..tried("seal", "holdout c", (100, 170)) };
    let seen = |id: &str, known: bool, days: (i32, i32)| {
        let dir = tempfile::tempdir().unwrap();
        let sketches = if known { vec![as_of(id)] } else { vec![] };
        let own = Trials { data: vec![id.into()], sketches, ..sweep_of("k", days) };
        seen_by(&ledger(dir.path(), vec![seal.clone(), own.clone()]), &own).unwrap()
    };
    let says = "days 1970-04-11 to 1970-06-19 were locked away until scenario \"s\" opened them";
    assert_eq!(seen("x", false, (0, 101)).as_deref(), Some(says));
    assert_eq!(seen("copy", true, (169, 300)).as_deref(), Some(says));
    assert_eq!(seen("copy", true, (170, 300)), None);
    assert_eq!(seen("other", false, (0, 300)), None);
}
