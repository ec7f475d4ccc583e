//! Marks and demands on hand-made runs.

use super::criteria::*;
use super::demands::Demands;
use super::evidence::Evidence;
use super::fixture::*;
use super::marks::{VerdictMark, VerdictMarkKind as Kind};
use super::report::{GateOptions, GateReport, judge_run};
use super::rule::{Rule, ValueUnit};
use super::terms::{RunTerms, SymbolFees};
use super::verdict::Verdict;

fn fees(symbol: &str, bps: f64) -> SymbolFees {
    SymbolFees { symbol: symbol.into(), lowest_bps: bps, highest_bps: bps.abs(), flat: false, trades: 9 }
}

/// A strong run on terms that nobody objects to.
fn sound() -> Evidence<'static> {
    Evidence {
        terms: Some(RunTerms { fees: vec![fees("AAA", 5.0), fees("BBB", 4.0)], ..RunTerms::default() }),
        ..evidence()
    }
}

fn passing() -> Criterion {
    Criterion { rule: Rule::AtLeast(0.5), unit: ValueUnit::Percent, ..criterion() }
}

fn failing() -> Criterion {
    Criterion { id: "X.2".into(), rule: Rule::AtLeast(0.99), ..criterion() }
}

fn with(demands: Demands, rules: Vec<Criterion>) -> Criteria {
    Criteria { demands, ..criteria(rules) }
}

fn judged(c: &Criteria, e: &Evidence<'_>, options: GateOptions) -> GateReport {
    judge_run(c, e, &options).unwrap()
}

fn kinds(report: &GateReport) -> Vec<Kind> {
    report.marks.iter().map(|m| m.kind).collect()
}

/// Every mark that the gate itself gives, with the change of a sound run that brings it and a part of its sentence.
type Case = (Kind, fn(&mut Evidence<'static>, &mut Criteria, &mut GateOptions), &'static str);

const CASES: [Case; 7] = [
    (Kind::Lenient, |_, _, o| o.strict = false, "judged by values alone, not by intervals"),
    (
        Kind::Resamples,
        |_, _, o| o.resamples = 999,
        "999 resamples behind the intervals, where 1000 are asked for",
    ),
    (
        Kind::NotApplicable,
        |_, c, _| {
            for id in ["N.1", "N.2"] {
                let not_applicable = Some("so they say".into());
                c.rules.push(Criterion { id: id.into(), not_applicable, ..passing() });
            }
        },
        "measured on this run: N.1 (win_rate) is 6",
    ),
    (Kind::FillClose, |e, _, _| terms(e).fills_at_close = true, "at the very close that decided them"),
    (Kind::ZeroFees, |e, _, _| terms(e).fees[1] = fees("FREE", 0.0), "trades of FREE pay no fee at all"),
    (Kind::Rebate, |e, _, _| terms(e).fees[1].lowest_bps = -0.5, "a fee of BBB is negative"),
    (
        Kind::CausalityUnproven,
        |e, _, _| terms(e).unproven.push("positions come from p.csv".into()),
        "nothing shows that the run knew no future: positions come from p.csv",
    ),
];

fn terms<'e>(e: &'e mut Evidence<'static>) -> &'e mut RunTerms {
    e.terms.as_mut().unwrap()
}

#[test]
fn a_sound_run_has_no_mark_and_the_same_verdict_with_and_without_them() {
    for e in [sound(), evidence()] {
        let report = judged(&criteria(vec![passing()]), &e, GateOptions::default());
        assert_eq!((report.overall, report.marks.len()), (Verdict::Pass, 0));
        let json = report.json().unwrap();
        assert!(json.contains("\"marks\": []") && !json.contains("no_marks"), "{json}");
        assert!(!report.text(80).contains("mark"), "{}", report.text(80));
        let refused = GateOptions { no_marks: true, ..GateOptions::default() };
        let refused = judged(&criteria(vec![passing()]), &e, refused);
        assert_eq!((refused.overall, refused.why), (report.overall, report.why));
    }
}

#[test]
fn every_mark_stands_alone_and_leaves_a_pass_unless_marks_are_refused() {
    for (kind, change, says) in CASES {
        let of = |no_marks: bool, by_file: bool, rules: Vec<Criterion>| {
            let demands = Demands { no_marks: by_file, ..Demands::default() };
            let (mut e, mut c, mut o) = (sound(), with(demands, rules), GateOptions::default());
            change(&mut e, &mut c, &mut o);
            judged(&c, &e, GateOptions { no_marks, ..o })
        };
        let report = of(false, false, vec![passing()]);
        assert_eq!((report.overall, kinds(&report)), (Verdict::Pass, vec![kind]), "{kind:?}");
        assert!(report.marks[0].says.contains(says), "{kind:?}: {}", report.marks[0].says);
        let line = format!("mark: {}: ", kind.name());
        assert!(report.text(200).contains(&line), "{}", report.text(200));
        for refused in [of(true, false, vec![passing()]), of(false, true, vec![passing()])] {
            assert_eq!((refused.overall, refused.exit_code()), (Verdict::Inconclusive, 4), "{kind:?}");
            assert!(refused.why.starts_with("All 1 deciding rows pass. But marks are refused"));
            assert!(refused.why.ends_with(&format!("{}.", kind.name())), "{}", refused.why);
            assert_eq!(refused.counts, report.counts);
        }
        let failed = of(true, true, vec![passing(), failing()]);
        assert_eq!((failed.overall, kinds(&failed)), (Verdict::Fail, vec![kind]));
        assert_eq!(failed.why, "1 of 2 deciding rows fail.");
    }
}

#[test]
fn what_a_run_cannot_measure_is_rightly_not_applicable() {
    let hidden = |c: Criterion| {
        let not_applicable = Some("a reason".into());
        let rules = vec![passing(), Criterion { id: "N.1".into(), not_applicable, ..c }];
        judged(&criteria(rules), &sound(), GateOptions::default()).marks
    };
    let fact = |name: &str| Criterion { metric: CriterionMetric::Fact(name.into()), ..criterion() };
    assert_eq!(hidden(fact("response_ms")), vec![]);
    assert_eq!(
        hidden(fact("critical_errors"))[0].says.split(": ").nth(1),
        Some("N.1 (critical_errors) is 0.00")
    );
    // On each regime by itself, and an alert by its worst value.
    let scope = Scope { subject: Subject::Run, regime: RegimeScope::Each };
    let each = hidden(Criterion { scope, ..passing() });
    assert!(
        each[0].says.contains("N.1.TR (win_rate) is") && each[0].says.contains("; N.1.QUIET (win_rate) is")
    );
    let alert = Criterion {
        metric: CriterionMetric::Quality,
        kind: CriterionKind::Alert,
        window: CriterionWindow::Trailing(24 * HOUR),
        rule: Rule::Below(0.4),
        ..criterion()
    };
    assert!(hidden(alert)[0].says.ends_with("N.1 (quality) is 0.70"));
}

#[test]
fn zero_fees_need_trades_and_flat_fees_are_fees() {
    let marks = |f: SymbolFees| {
        let mut e = sound();
        terms(&mut e).fees = vec![f];
        kinds(&judged(&criteria(vec![passing()]), &e, GateOptions::default()))
    };
    assert_eq!(marks(SymbolFees { trades: 0, ..fees("A", 0.0) }), vec![]);
    assert_eq!(marks(SymbolFees { flat: true, ..fees("A", 0.0) }), vec![]);
    assert_eq!(marks(SymbolFees { lowest_bps: 0.0, ..fees("A", 5.0) }), vec![]);
    assert_eq!(marks(SymbolFees { highest_bps: 0.0, ..fees("A", -1.0) }), vec![Kind::ZeroFees, Kind::Rebate]);
}

#[test]
fn criteria_say_how_many_resamples_leave_no_mark() {
    let of = |asked: u32, resamples: u32| {
        let c = with(Demands { min_resamples: Some(asked), ..Demands::default() }, vec![passing()]);
        kinds(&judged(&c, &sound(), GateOptions { resamples, ..GateOptions::default() }))
    };
    assert_eq!((of(200, 200), of(200, 199)), (vec![], vec![Kind::Resamples]));
    assert_eq!(of(1001, 1000), vec![Kind::Resamples]);
}

#[test]
fn a_mark_from_outside_joins_in_order_and_derives_the_verdict_again() {
    let refused = GateOptions { no_marks: true, ..GateOptions::default() };
    let mut report = judged(&criteria(vec![passing()]), &sound(), refused);
    assert_eq!(report.overall, Verdict::Pass);
    report.add_mark(VerdictMark::new(Kind::LedgerShort, "41 lines, anchor 212"));
    report.add_mark(VerdictMark::new(Kind::SeenDays, "seen once"));
    report.add_mark(VerdictMark::new(Kind::SeenDays, "seen twice"));
    assert_eq!(kinds(&report), [Kind::SeenDays, Kind::LedgerShort]);
    assert_eq!(report.marks[0].says, "seen twice");
    assert!(report.why.ends_with("seen-days, ledger-short."), "{}", report.why);
    assert_eq!(report.exit_code(), 4);
    let json = report.json().unwrap();
    assert!(json.contains("\"kind\": \"seen-days\"") && json.contains("\"no_marks\": true"), "{json}");
    // The verdict stays the last paragraph, and marks stand right above it.
    let text = report.text(90);
    let paragraphs: Vec<&str> = text.trim_end().split("\n\n").collect();
    let [.., marks, last] = paragraphs[..] else { panic!("{text}") };
    assert_eq!(marks, "mark: seen-days: seen twice\nmark: ledger-short: 41 lines, anchor 212");
    assert!(last.contains("1 pass") && last.contains("\nINCONCLUSIVE: "), "{last}");
    // Nothing decides: marks make no pass of it, and no other sentence.
    let mut open = judged(&criteria(vec![]), &sound(), refused);
    open.add_mark(VerdictMark::new(Kind::SeenDays, "seen"));
    assert_eq!((open.overall, open.why.as_str()), (Verdict::Inconclusive, "No criterion decides."));
}

#[test]
fn demands_are_deciding_rows() {
    let of = |demands: Demands, change: fn(&mut Evidence<'static>)| {
        let mut e = sound();
        change(&mut e);
        let report = judged(&with(demands, vec![passing()]), &e, GateOptions::default());
        let row = report.rows.last().unwrap().clone();
        assert!(row.decides && report.counts.deciding == 2, "{row:?}");
        (row.id.clone(), row.verdict, row.observed, report.overall, row.reason.unwrap_or_default())
    };
    let fee = |least: f64| Demands { min_fee_bps: Some(least), ..Demands::default() };
    let (id, verdict, observed, overall, _) = of(fee(4.0), |_| ());
    assert_eq!(
        (id.as_str(), verdict, observed, overall),
        ("demand.min_fee_bps", Verdict::Pass, Some(4.0), Verdict::Pass)
    );
    let (_, verdict, _, overall, why) = of(fee(4.5), |_| ());
    assert_eq!(
        (verdict, overall, why.as_str()),
        (Verdict::Fail, Verdict::Fail, "the smallest fee is that of BBB")
    );
    let (_, verdict, _, _, why) = of(fee(4.5), |e| terms(e).fees[0].flat = true);
    assert!(verdict == Verdict::Fail && why.contains("by unit or order"), "{why}");
    assert_eq!(of(fee(4.0), |e| e.terms = None).1, Verdict::Inconclusive);

    let proven = || Demands { proven_causality: true, ..Demands::default() };
    let (id, verdict, _, overall, _) = of(proven(), |_| ());
    assert_eq!((id.as_str(), verdict, overall), ("demand.causality", Verdict::Pass, Verdict::Pass));
    let (_, verdict, _, overall, why) =
        of(proven(), |e| terms(e).unproven.push("orders come from o.csv".into()));
    assert_eq!((verdict, overall), (Verdict::Inconclusive, Verdict::Inconclusive));
    assert_eq!(why, "orders come from o.csv");
    assert_eq!(of(proven(), |e| e.terms = None).1, Verdict::Inconclusive);
    // What no criterion asks for passes no run, and fails one.
    let nothing = |least| judged(&with(fee(least), vec![]), &sound(), GateOptions::default()).overall;
    assert_eq!((nothing(1.0), nothing(9.0)), (Verdict::Inconclusive, Verdict::Fail));
}

const RULE: &str = "[[criterion]]\nid = \"a\"\nmetric = \"win_rate\"\nscope = \"overall\"\nop = \">=\"\nthreshold = 0.5\n\
                    better = \"higher\"\nwindow = \"run\"\nphase = \"p\"\nseverity = \"target\"\nkind = \"acceptance\"\n\
                    min_n = 30\nunit = \"%\"\nsays = \"s\"\n";

#[test]
fn demands_are_read_and_the_stricter_of_two_files_holds() {
    let all = "marks = \"none\"\nmin_resamples = 2000\nmin_fee_bps = 5\ncausality = \"proven\"\n";
    let parsed = |keys: &str| Criteria::parse(&format!("system = \"unified\"\n{keys}{RULE}"), "c.toml");
    let read = parsed(all).unwrap();
    let want =
        Demands { no_marks: true, min_resamples: Some(2000), min_fee_bps: Some(5.0), proven_causality: true };
    assert_eq!(read.demands, want);
    assert_eq!(parsed("").unwrap().demands, Demands::default());
    assert_ne!(parsed("").unwrap().sha256, read.sha256);
    // A file may hold demands alone, to be named beside one of criteria.
    let alone = |keys: &str| Criteria::parse(&format!("system = \"unified\"\n{keys}"), "c.toml");
    let strict = alone(all).unwrap();
    assert_eq!((strict.demands, strict.rules.len()), (want.clone(), 0));
    for one in all.lines() {
        assert!(alone(one).is_ok(), "{one}");
    }
    let wrong = alone("marks = \"some\"").unwrap_err().to_string();
    assert_eq!(wrong, "c.toml:2: marks must be \"none\", was \"some\"");
    assert!(alone("").unwrap_err().to_string().ends_with("or a demand such as min_fee_bps = 5"));
    let mut both = Demands { min_fee_bps: Some(7.0), min_resamples: Some(500), ..Demands::default() };
    both.append(&want);
    assert_eq!(both, Demands { min_fee_bps: Some(7.0), ..want });
    for (keys, wants) in [
        ("marks = \"some\"", "c.toml:2: marks must be \"none\", was \"some\""),
        ("marks = false", "c.toml:2: marks must be \"none\", was false"),
        ("\ncausality = \"likely\"", "c.toml:3: causality must be \"proven\", was \"likely\""),
        ("min_fee_bps = \"5\"", "c.toml:2: min_fee_bps must be a number in 0..=1000, was \"5\""),
        ("min_fee_bps = -1", "min_fee_bps must be a number in 0..=1000, was -1"),
        ("min_fee_bps = nan", "min_fee_bps must be a number in 0..=1000, was nan"),
        ("min_resamples = 99", "c.toml:2: min_resamples must be a whole number in 100..=1000000, was 99"),
        ("min_resamples = 1e3", "min_resamples must be a whole number in 100..=1000000, was 1000"),
        ("min_fees = 5", "did you mean `min_fee_bps`?"),
        ("marks = 1\ncausality = 2", "2 problems\n  line 2: marks must be"),
    ] {
        let said = parsed(&format!("{keys}\n")).unwrap_err().to_string();
        assert!(said.contains(wants), "{keys}: {said}");
    }
}
