//! A candidate among the trials of its family, by ledgers that are written line by line.

use assay_testing::iid;
use serde_json::json;

use super::ledger::{LEDGER, LedgerWriter, TrialLedger, TrialRow, Trials};
use super::search::sweep_search;
use crate::gate::FamilySearch;
use crate::scenario::Scenario;
use crate::stats::{Moments4, normal_cdf, score_over_zero, sidak};

const DAYS: i32 = 400;

/// Daily returns of trial `seed` whose Sharpe ratio has the standard score `z` over zero, nearly.
fn returns(seed: u64, z: f64) -> Vec<f64> {
    let mut x = iid(seed, DAYS as usize, 0.0, 0.01);
    let m = Moments4::of(&x);
    x.iter_mut().for_each(|r| *r += z * m.sd / f64::from(DAYS).sqrt() - m.mean);
    x
}

/// What is known of the best after a sweep whose one line counts `candidates`, of which `others` worthless ones are other
/// than the best and the rest nearly like it; the line says that it is round `round` of halving, where it is one.
fn searched(round: Option<u64>, candidates: u64, others: u64) -> FamilySearch {
    let days: Vec<i32> = (0..DAYS).collect();
    let best = returns(1, 2.6);
    let row = |key: u64, x: &[f64]| TrialRow::of(key.to_string(), false, x, &days);
    let mut rows = vec![row(1, &best)];
    rows.extend((2..2 + others).map(|seed| row(seed, &returns(seed, 0.0))));
    let line = Trials {
        kind: "sweep".into(),
        scenario: "s".into(),
        system: "ma-cross".into(),
        family: Some("ma-cross".into()),
        key: "sweep".into(),
        data: vec!["x".into()],
        from_ms: 0,
        to_ms: i64::from(DAYS) * 86_400_000,
        count: candidates,
        absorbed: candidates - rows.len() as u64,
        rest: Some(0),
        detail: round.map(|r| json!({ "halving_round": r })),
        rows,
        ..Trials::default()
    };
    let dir = tempfile::tempdir().unwrap();
    assert!(LedgerWriter::open(dir.path()).unwrap().add(line).unwrap());
    let ledger = TrialLedger::read(&dir.path().join(LEDGER)).unwrap();
    let text = "name = \"s\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"x\"]\n";
    let scenario = Scenario::parse(text, "s.toml", ".".into(), &[]).unwrap();
    sweep_search(&ledger, &scenario, &["x".into()], (&best, &days), None).unwrap()
}

#[test]
fn a_search_that_dropped_the_worse_early_is_charged_for_all_it_began_with() {
    let alike = searched(None, 200, 0);
    let p = alike.family_p.unwrap();
    assert!(p < 0.03 && alike.survives(), "{alike:?}");
    // Nearly all candidates are like the best, and luck among them is that of one. But the first round looked at them over
    // fewer days, where they may have differed.
    let halved = searched(Some(0), 200, 0);
    let z = score_over_zero(&Moments4::of(&returns(1, 2.6))).unwrap();
    let all = sidak(normal_cdf(-z), 200.0);
    assert!(all > 0.3 && halved.family_p == Some(all) && !halved.survives(), "{halved:?}");
    let i = halved.family_p_interval.unwrap();
    assert!(i.lo == all && i.hi == all && halved.open.is_none(), "{halved:?}");
    // It holds for the bars as well, whatever the family; later rounds evaluate none but those of the first.
    assert_eq!(halved.family_p_bars, Some(all));
    assert_eq!(searched(Some(1), 200, 0).family_p, Some(p));
}

#[test]
fn halving_never_makes_luck_smaller() {
    let (plain, halved) = (searched(None, 8, 7), searched(Some(0), 8, 7));
    assert!(halved.family_p >= plain.family_p && plain.family_p.is_some(), "{plain:?} {halved:?}");
}
