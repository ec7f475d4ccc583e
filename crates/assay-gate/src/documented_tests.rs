//! The documented criteria: that they are complete, and what they say about hand-made runs.

use super::criteria::*;
use super::evidence::Evidence;
use super::fixture::*;
use super::report::{CriterionRow, GateOptions, GateReport, judge_run};
use super::verdict::Verdict;

const DOCUMENTED: &str = include_str!("../../../scenarios/criteria/unified.toml");

fn documented() -> Criteria {
    Criteria::parse(DOCUMENTED, "unified.toml").unwrap()
}

fn find<'a>(report: &'a GateReport, id: &str) -> &'a CriterionRow {
    report.rows.iter().find(|r| r.id == id).unwrap_or_else(|| panic!("no row {id}"))
}

#[test]
fn every_documented_rule_is_in_the_file() {
    let ids: Vec<String> = documented().rules.into_iter().map(|c| c.id).collect();
    let mut want: Vec<String> = Vec::new();
    let mut list = |text: &str| want.extend(text.split_whitespace().map(String::from));
    list("SC1.1 SC1.2 SC1.3 SC1.4 SC1.5 SC1.5.rate SC2.1 SC2.2 SC2.3 SC2.4 SC2.5");
    list("SC3.1 SC3.2 SC3.3 SC3.4 SC3.5");
    list("RG.TR.W RG.TR.S RG.TR.I RG.SW.W RG.SW.S RG.SW.I RG.BO.W RG.BO.S RG.BO.I");
    list("RG.HV.W RG.HV.S RG.HV.I RG.QT.W RG.QT.S RG.QT.I SH.1 SH.2 SH.3 SH.4 SH.5");
    list("AC.1 AC.2 AC.3 AC.4 AW.1 AW.2 AW.3 AW.4H AW.4L");
    list("BL.1 BL.2 BL.3 BL.4 BL.5 AF.1 AF.2 AF.3 AF.4 AF.5 DL.1 DL.2 DL.3 DL.4 DL.5");
    list("IM.TR IM.SW IM.BO IM.HV IM.QT UP.6V.W UP.6V.S UP.7.W UP.7.S ST.1 ST.2");
    list("RB.1 RB.2 RB.3 RB.4 RB.5");
    assert_eq!(ids, want);
}

#[test]
fn documented_bounds_and_weights_are_as_documented() {
    let all = documented();
    let rule = |id: &str| all.rules.iter().find(|c| c.id == id).unwrap();
    for (id, text, severity) in [
        ("SC1.1", "> 98.0 %", "target"),
        ("SC2.1", ">= 58.0 %", "target"),
        ("SC2.2", ">= 1.20", "target"),
        ("SC2.4", ">= 60.0 %", "target"),
        ("SC3.1", "58.0 % to 62.0 %", "target"),
        ("SC3.4", ">= 3.0 %", "target"),
        ("SC3.5", "<= 15.0 %", "target"),
        ("RG.TR.I", ">= 40.0 %", "target"),
        ("RG.BO.S", "1.70 to 2.00", "target"),
        ("RG.HV.I", "0.0 % to 20.0 %", "target"),
        ("SH.3", "< 0.5 %", "warning"),
        ("SH.4", "= 0", "informational"),
        ("AC.1", "< 0.40", "critical"),
        ("AC.3", "> 5.0 %", "critical"),
        ("AC.4", "< 45.0 %", "critical"),
        ("AW.4L", "< 0.4 %", "warning"),
        ("BL.4", "15.0 % to 20.0 %", "informational"),
        ("AF.4", "10.0 % to 15.0 %", "target"),
        ("DL.1", "+5.0 pp to +7.0 pp", "target"),
        ("DL.4", "<= -5.0 pp", "target"),
        ("DL.5", "50.0 % to 100.0 %", "target"),
        ("IM.BO", "45.0 % to 55.0 %", "target"),
        ("UP.7.S", "0.30 to 0.50", "informational"),
        ("ST.1", "= 100.0 %", "critical"),
    ] {
        let c = rule(id);
        assert_eq!((c.rule.text(c.unit).as_str(), c.severity.name()), (text, severity), "{id}");
    }
    for id in ["SC1.2", "SC2.3", "SH.1", "SH.4", "SH.5", "AC.2", "RB.1", "RB.2", "RB.3", "RB.4", "RB.5"] {
        assert!(rule(id).not_applicable.is_some(), "{id}");
    }
    assert_eq!(all.rules.iter().filter(|c| c.not_applicable.is_some()).count(), 11);
    assert!(all.rules.iter().filter(|c| c.kind == CriterionKind::Alert).all(|c| c.check.is_some()));
    let hours = |w: &NamedWindow| (w.name.clone(), w.from_ms / HOUR, w.to_ms / HOUR);
    let windows: Vec<_> = all.windows.iter().map(hours).collect();
    assert_eq!(windows, [("phase1".into(), 0, 24), ("phase2".into(), 24, 168), ("phase3".into(), 168, 672)]);
}

#[test]
fn a_strong_run_meets_the_documented_rules_it_should() {
    let report = judge_run(&documented(), &run(400, 0.66, 1), &GateOptions::default()).unwrap();
    for id in [
        "SC1.1",
        "SC1.3",
        "SC1.4",
        "SC1.5",
        "SC1.5.rate",
        "SC2.1",
        "SC2.2",
        "SC2.5",
        "SC3.1",
        "SC3.2",
        "SC3.4",
        "RG.HV.W",
        "RG.TR.S",
        "SH.2",
        "SH.3",
        "AC.3",
        "AF.1",
        "DL.1",
        "DL.2",
        "ST.1",
        "ST.2",
    ] {
        let row = find(&report, id);
        assert_eq!(row.verdict, Verdict::Pass, "{id}: {row:?}");
    }
    assert_eq!(find(&report, "RB.1").verdict, Verdict::NotApplicable);
    assert_eq!(find(&report, "SC2.1").n, 1600);
    let text = find(&report, "DL.1").reason.clone().unwrap();
    assert!(text.contains("beyond the range, on the better side; S5_static 5"), "{text}");
    let text = find(&report, "IM.QT").reason.clone().unwrap();
    assert!(text.ends_with("; documented 0.9 to 1.2"), "{text}");
    assert_eq!(report.rows.len(), documented().rules.len() + 8, "SC2.4 and UP.7.S are five rows each");
}

#[test]
fn pure_noise_never_passes() {
    for seed in 0..8 {
        let e = run(400, 0.5, 100 + seed);
        for strict in [true, false] {
            let options = GateOptions { strict, resamples: 100, no_marks: false };
            let report = judge_run(&documented(), &e, &options).unwrap();
            assert_eq!((report.overall, report.exit_code()), (Verdict::Fail, 3), "seed {seed}");
        }
    }
}

#[test]
fn a_run_without_trades_or_bars_never_passes() {
    for days in [0, 5] {
        let mut e = run(days, 0.66, 1);
        e.main.trades = Default::default();
        let report = judge_run(&documented(), &e, &GateOptions::default()).unwrap();
        assert_ne!(report.overall, Verdict::Pass);
        for row in &report.rows {
            let stated = row.n_unit == "run" || row.n_unit == "bars" && days > 0;
            let signals = days > 0 && (row.n_unit == "signals" || row.kind == CriterionKind::Alert);
            assert!(row.verdict != Verdict::Pass || stated || signals, "{row:?}");
        }
    }
}

#[test]
fn the_same_evidence_gives_the_same_bytes() {
    let e = run(90, 0.6, 3);
    let json = |e: &Evidence| {
        judge_run(&documented(), e, &GateOptions { resamples: 100, ..GateOptions::default() })
            .unwrap()
            .json()
            .unwrap()
    };
    let first = json(&e);
    assert_eq!(first, json(&e));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(first, pool.install(|| json(&e)));
    assert_ne!(first, json(&Evidence { seed: 43, ..e }), "the seed keys the resampling");
    assert!(!first.contains("NaN") && !first.contains("inf\""));
    let value: serde_json::Value = serde_json::from_str(&first).unwrap();
    assert_eq!(value["seed"], "000000000000002a", "the seed in hexadecimal");
    assert_eq!(value["rows"][0]["id"], "SC1.1");
    assert_eq!(value["rows"][0]["unit"], "%");
    assert_eq!(value["criteria_sha256"], documented().sha256);
}

#[test]
fn the_text_fits_a_terminal_and_shows_what_matters() {
    let report = judge_run(&documented(), &run(400, 0.5, 7), &GateOptions::default()).unwrap();
    for width in [60, 80, 100] {
        for line in report.text(width).lines() {
            assert!(line.chars().count() <= width, "{} columns: {line}", line.chars().count());
            assert_eq!(line.trim_end(), line);
        }
    }
    let text = report.text(100);
    assert!(text.starts_with("verdict on fixture of system unified\n"), "{text}");
    let last = text.lines().last().unwrap();
    assert!(
        last.starts_with("FAIL: ") && last.ends_with("deciding rows fail."),
        "the verdict stands last: {last}"
    );
    assert!(text.contains("\n  INCONCLUSIVE ") && !text.contains("\n  open "), "one word for one verdict");
    for row in &report.rows {
        assert!(text.contains(&row.id), "{}", row.id);
    }
    for part in
        ["phase 2 (target)", "not applicable", "whole run", "FAIL         SC2.1", "deciding rows fail"]
    {
        assert!(text.contains(part), "{part}\n{text}");
    }
}
