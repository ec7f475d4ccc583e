//! The search behind a run: its lines, its marks, its row.

use super::evidence::Evidence;
use super::marks::VerdictMarkKind;
use super::search::{FamilySearch, percent, row};
use super::search_placebos::SearchPlacebos;
use super::verdict::Verdict;
use crate::stats::Interval;

#[test]
fn small_shares_keep_their_digits() {
    let texts = [0.03, 0.01, 0.02 / 6.0, 0.02 / 12.0, 0.314, 0.0495, 1.0].map(percent);
    assert_eq!(texts, ["3", "1", "0.33", "0.17", "31", "5", "100"]);
}

#[test]
fn a_further_hold_out_says_which_it_is() {
    let of = |holdout_number| FamilySearch { holdout: true, holdout_number, ..FamilySearch::default() };
    assert!(of(Some(1)).lines()[0].ends_with("one trial at 0 %"));
    assert!(of(Some(2)).lines()[0].ends_with("hold-out 2 of the family, each at this level"));
}

#[test]
fn one_trial_and_a_loss_are_said_in_words() {
    let one = FamilySearch {
        trials: 3,
        duplicates: 2,
        expected_max_sharpe: Some(0.0),
        effective_trials: Some(1.0),
        sharpe: Some(-0.31),
        deflated_sharpe: Some(0.3),
        sidak_p: Some(0.7),
        days: 400,
        ..FamilySearch::default()
    };
    let lines = one.lines();
    let alone = "one trial: nothing was chosen, and luck alone is expected to show Sharpe 0.00; seen: -0.31";
    assert_eq!(lines[1], alone);
    // Without a ledger nobody knows whether it is.
    let unknown = FamilySearch { trials: 0, duplicates: 0, ..one.clone() };
    assert!(unknown.lines()[1].starts_with("were this the only trial, luck would show Sharpe 0.00"));
    let never = "no track record is long enough: the Sharpe ratio is not above zero";
    assert_eq!(lines[2], format!("deflated Sharpe 0.300; Sidak over 1: 0.7000; {never}"));
    let two = FamilySearch {
        duplicates: 1,
        expected_max_sharpe: Some(0.4),
        effective_trials: Some(1.9),
        sharpe: Some(1.0),
        min_track_record_days: Some(990.4),
        ..one.clone()
    };
    let best = "best of them by luck alone: Sharpe 0.40 expected (like 1.9 independent trials); seen: 1.00";
    assert_eq!(two.lines()[1], best);
    assert!(two.lines()[2].ends_with("; minimum track record 990 days of 400"));
    let odd = FamilySearch { min_track_record_days: None, ..two };
    assert!(odd.lines()[2].ends_with("; the minimum track record cannot be computed"));
}

#[test]
fn what_is_open_or_lucky_never_survives() {
    let s = FamilySearch { family_p: Some(0.02), level: 0.03, ..FamilySearch::default() };
    assert!(s.survives());
    assert!(!FamilySearch { open: Some("no ledger".into()), ..s.clone() }.survives());
    assert!(!FamilySearch { family_p: Some(0.031), ..s.clone() }.survives());
    assert!(!FamilySearch { family_p: None, ..s }.survives());
}

#[test]
fn placebos_judge_what_was_chosen_by_results_and_the_count_bounds_it() {
    let scores = |at_least: usize| -> Vec<Option<f64>> {
        (0..199).map(|k| Some(if k < at_least { 9.0 } else { 0.0 })).collect()
    };
    let of = |family_p: f64, at_least: usize| FamilySearch {
        trials: 100,
        adaptive: 80,
        adaptive_elsewhere: 80,
        family_p: Some(family_p),
        family_p_interval: Some(Interval { lo: 0.0, hi: family_p }),
        placebos: Some(SearchPlacebos::of(Some(4.0), &scores(at_least))),
        level: 0.03,
        ..FamilySearch::default()
    };
    let row = |s: FamilySearch| row(&Evidence { search: Some(s), ..Evidence::default() }).unwrap();
    let found = of(0.001, 0);
    assert!(found.survives() && found.luck_elsewhere().is_empty());
    assert!(
        found.lines()[1].starts_with("probability of this by luck: at least 0.0010"),
        "{:?}",
        found.lines()
    );
    assert!(found.lines()[1].ends_with("an edge survives"));
    let passed = row(found.clone());
    assert_eq!((passed.id.as_str(), passed.verdict, passed.n), ("search.search_p", Verdict::Pass, 199));
    let lucky = of(0.001, 60);
    assert!(!lucky.survives());
    let why = row(lucky).reason.unwrap();
    assert_eq!(why, "the whole search finds as much on placebo bars with a chance of 30 %");
    // What the count explains alone needs no placebo.
    let counted = of(0.2, 0);
    assert!(!counted.survives());
    assert_eq!(row(counted).id, "search.family_p");
    // Trials of another search elsewhere are named.
    let other = FamilySearch { adaptive_elsewhere: 85, ..found };
    assert!(other.luck_elsewhere()[0].starts_with("5 trials of other families"));
}

#[test]
fn luck_among_other_trials_is_a_mark_of_what_survives_alone() {
    let own = FamilySearch {
        family_p: Some(0.02),
        family_p_ever: Some(0.02),
        family_p_bars: Some(0.02),
        level: 0.03,
        ask: 1,
        asks_on_bars: 1,
        level_on_bars: 0.03,
        ..FamilySearch::default()
    };
    assert!(own.luck_elsewhere().is_empty() && own.marks().is_empty());
    let says = |s: FamilySearch| {
        let marks = s.marks();
        assert_eq!(marks.iter().filter(|m| m.kind == VerdictMarkKind::LuckElsewhere).count(), 1);
        s.luck_elsewhere().join("; ")
    };
    assert!(says(FamilySearch { family_p_ever: Some(0.3), ..own.clone() }).contains("at all times"));
    assert!(says(FamilySearch { family_p_bars: Some(0.3), ..own.clone() }).contains("all families"));
    assert!(says(FamilySearch { adaptive_elsewhere: 9, ..own.clone() }).starts_with("9 trials"));
    let asked = FamilySearch { asks_on_bars: 3, level_on_bars: 0.02 / 6.0, ..own.clone() };
    assert_eq!(says(asked), "of 3 verdicts asked on these bars the last is judged at 0.33 %");
    // What luck explains anyway needs no mark.
    assert!(
        FamilySearch { family_p: Some(0.5), family_p_bars: Some(0.9), ..own }.luck_elsewhere().is_empty()
    );
}

#[test]
fn the_row_leaves_a_run_open_with_its_reason() {
    let search = |p: f64, open: Option<&str>| FamilySearch {
        trials: 202,
        duplicates: 2,
        family_p: Some(p),
        level: 0.03,
        open: open.map(str::to_owned),
        ..FamilySearch::default()
    };
    let of = |s: FamilySearch| row(&Evidence { search: Some(s), ..Evidence::default() }).unwrap();
    assert!(row(&Evidence::default()).is_none());
    let lucky = of(search(0.31, None));
    assert_eq!((lucky.verdict, lucky.n, lucky.rule.as_str()), (Verdict::Inconclusive, 200, "<= 3 %"));
    assert!(lucky.reason.unwrap().starts_with("the best of 200 trials without any edge"));
    assert_eq!(of(search(0.01, None)).verdict, Verdict::Pass);
    let open = of(search(0.01, Some("the ledger is shorter")));
    assert_eq!(
        (open.verdict, open.reason.as_deref()),
        (Verdict::Inconclusive, Some("the ledger is shorter"))
    );
}
