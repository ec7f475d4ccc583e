//! What the best of a sweep is worth, by statistics that know how many were tried.

use super::TextTable;
use super::sweep_verdict::{p_value, resampled};
use super::text::{count, number, percent};
use crate::experiments::sweep::{FamilyTests, Overfitting, ReturnComparison, SweepSummary};
use crate::gate::FamilySearch;
use crate::stats::Interval;

/// What the best of a sweep is worth, row by row.
pub(super) fn luck(f: &SweepSummary, o: &Overfitting) -> TextTable {
    let mut t = TextTable::new(&["what the best is worth", ">value", "what it says"])
        .caption("Statistics that know how many were tried");
    let mut row = |name: &str, value: String, note: &str| t.row([name, &value, note]);
    of_the_family(f, o, &mut row);
    of_the_best(o, &mut row);
    of_resamples(o, &mut row);
    of_lengths(o, &mut row);
    t
}

/// What takes the name, the value and the note of a row.
type RowOf<'t> = dyn FnMut(&str, String, &str) + 't;

/// All trials of the family, and the chance of luck among them.
fn of_the_family(f: &SweepSummary, o: &Overfitting, row: &mut RowOf<'_>) {
    let search = &o.search;
    row("trials of the family on these days", count(search.trials), &trials_of(search));
    let rest = match search.trials.saturating_sub(f.evaluations) {
        0 => "all of them".to_owned(),
        n => format!("{} are of other work", count(n)),
    };
    row("  of these, evaluated by this sweep", count(f.evaluations), &rest);
    let interval = search.family_p_interval.map_or(String::new(), |i| {
        format!("{} to {} by {} draws; ", p_value(i.lo), p_value(i.hi), count(search.draws))
    });
    let level = format!("{interval}at most {} to survive", p_value(search.level));
    let bound = if search.adaptive > 0 { "at least " } else { "" };
    let luck = |p| format!("{bound}{}", p_value(p));
    row("chance that luck brings the best this far", maybe(search.family_p, luck), &level);
    if let Some(p) = &f.placebos {
        let note = format!("found on {} of {} placebo histories", count(p.at_least), count(p.n));
        row("  of the whole search on placebo bars", resampled(p.search_p, p.interval), &note);
    }
    if let Some(e) = o.effective {
        let note =
            format!("mean correlation {} over {} of them", number(e.mean_correlation, 3), e.measured_on);
        row("effective trials of this sweep", number(e.dsr_appendix, 1), &note);
    }
}

/// The Sharpe ratio of the best, and whether choosing it by the past helps.
fn of_the_best(o: &Overfitting, row: &mut RowOf<'_>) {
    let search = &o.search;
    row(
        "probability of a Sharpe above 0, 2012",
        maybe(o.psr_bl2012, |v| number(v, 3)),
        "as if it were the only trial",
    );
    row("  2025 variance", maybe(o.psr_llz2025, |v| number(v, 3)), "with autocorrelation");
    let like = search.effective_trials.map_or(String::new(), |n| {
        format!("expected of trials that amount to {} independent ones without an edge", number(n, 1))
    });
    row("annual Sharpe of the best by luck", maybe(search.expected_max_sharpe, |v| number(v, 2)), &like);
    let note = "probability that the true one is above that";
    row("deflated Sharpe ratio", maybe(search.deflated_sharpe, |v| number(v, 3)), note);
    row("Šidák p-value", maybe(search.sidak_p, p_value), "of as many independent trials");
    if let Some(p) = &o.pbo {
        let note = format!("{} blocks, {} ways", p.blocks, count(p.combinations as u64));
        row("probability of backtest overfitting", percent(p.pbo), &note);
        row("  probability of a loss out of sample", percent(p.prob_loss), "of the best in sample");
    }
}

/// Tests of the whole sweep by resamples of its days.
fn of_resamples(o: &Overfitting, row: &mut RowOf<'_>) {
    for (name, test) in [("cash", &o.against_cash), ("holding", &o.against_hold)] {
        let Some(f) = test else { continue };
        let (n, days) = (count(f.tested as u64), number(f.block_days, 1));
        let note = format!("{n} candidates, blocks of {days} days");
        row(
            &format!("SPA against {name}, consistent p"),
            of_family(f, f.spa_consistent_p, f.spa_consistent_interval),
            &note,
        );
        let note = format!(
            "lower {}, upper {}",
            resampled(f.spa_lower_p, f.spa_lower_interval),
            resampled(f.spa_upper_p, f.spa_upper_interval)
        );
        row("  reality check p", of_family(f, f.reality_check_p, f.reality_check_interval), &note);
        let open = if f.undecided > 0 { format!(", {} undecided", f.undecided) } else { String::new() };
        let note = format!("{} candidates at 5 %{open}", f.significant);
        let best = f.best_adjusted_p.zip(f.best_adjusted_interval);
        let best = best.map_or_else(|| "--".to_owned(), |(p, i)| resampled(p, i));
        row("  stepdown p of the best", best, &note);
    }
}

/// How long a record should be, and comparisons with what needs no search.
fn of_lengths(o: &Overfitting, row: &mut RowOf<'_>) {
    row(
        "minimum track record",
        maybe(o.min_track_record_days, |d| format!("{} days", number(d, 0))),
        &format!("there are {}", count(o.days as u64)),
    );
    row(
        "minimum backtest",
        maybe(o.min_backtest_years, |y| format!("{} years", number(y, 1))),
        "so many trials reach it by luck below that",
    );
    let mut versus = |name: &str, c: &Option<ReturnComparison>| {
        if let Some(c) = c {
            let note = format!("Sharpe ratio {} against {}", number(c.sharpe, 2), number(c.other, 2));
            row(&format!("Ledoit-Wolf p against {name}"), resampled(c.p, c.p_interval), &note);
        }
    };
    versus("the scenario itself", &o.incumbent);
    versus("holding", &o.hold);
}

/// What the trials of a family are.
fn trials_of(s: &FamilySearch) -> String {
    let kinds = [
        (s.duplicates, "repeated"),
        (s.not_measured, "without a value"),
        (s.absorbed, "nearly another"),
        (s.rest, "counted only"),
    ];
    let parts: Vec<String> =
        kinds.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", count(*n))).collect();
    match parts.is_empty() {
        true => format!("family {}, by the ledger", s.family),
        false => format!("family {}, by the ledger: {}", s.family, parts.join(", ")),
    }
}

fn maybe(v: Option<f64>, show: impl Fn(f64) -> String) -> String {
    v.map_or_else(|| "--".to_owned(), show)
}

/// How `bound` p-values are told from others.
fn of_family(t: &FamilyTests, p: f64, interval: Interval) -> String {
    let shown = resampled(p, interval);
    if t.bound { format!("at least {shown}") } else { shown }
}
