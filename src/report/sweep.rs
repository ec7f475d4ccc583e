//! A sweep as text, as charts and as a page.

use super::candidates::{best_table, best_text};
use super::sweep_verdict::{p_value, resampled, sweep_verdict};
use super::text::{count, number, paragraph, percent, render};
use super::{TextTable, before, day};
use crate::error::Result;
use crate::experiments::sweep::{FamilyTests, Overfitting, ReturnComparison, SweepSummary};
use crate::gate::FamilySearch;
use crate::report::Drawings;
use crate::report::Page;
use crate::report::{BarsChart, HeatChart, HistogramChart, MarkKind, ScatterChart};
use crate::stats::Interval;

fn maybe(v: Option<f64>, show: impl Fn(f64) -> String) -> String {
    v.map_or_else(|| "--".to_owned(), show)
}

/// How `bound` p-values are told from others.
fn of_family(t: &FamilyTests, p: f64, interval: Interval) -> String {
    let shown = resampled(p, interval);
    if t.bound { format!("at least {shown}") } else { shown }
}

pub(super) fn heading(f: &SweepSummary) -> Vec<String> {
    let files: Vec<&str> = f.files.iter().map(|(n, _)| n.as_str()).collect();
    vec![
        format!("{}  {} sweep by {}, best by {}", f.scenario, f.system, f.sampler, f.metric),
        format!(
            "{} from {}: {} bars, {}, {} to {}",
            f.title,
            files.join(", "),
            count(f.bars as u64),
            before(f.warmup_bars, f.lead_bars),
            day(f.start_ms),
            day(f.end_ms),
        ),
        spans(f),
        format!(
            "{} candidates drawn, {} evaluated over the whole history ({} evaluations in all), {} with a value{}",
            count(f.drawn),
            count(f.candidates),
            count(f.evaluations),
            count(f.valued),
            // Every drawdown is above zero.
            match f.lower_is_better {
                true => String::new(),
                false => format!(", {} of these above zero", count(f.positive)),
            }
        ),
    ]
}

/// Over which bars candidates are judged.
fn spans(f: &SweepSummary) -> String {
    if f.own_spans() {
        return "each candidate is judged from the end of its own warm-up on: rows are of different days, and neither they \
                nor what follows from them can be compared"
            .to_owned();
    }
    match f.cut_off_bars {
        0 => "every candidate is judged over the same bars".to_owned(),
        cut => format!(
            "every candidate is judged over the same bars, from where the slowest has warmed up: {} bars later than the \
             quickest",
            count(cut as u64)
        ),
    }
}

fn axes(f: &SweepSummary) -> TextTable {
    let mut t =
        TextTable::new(&["axis", ">importance", "best bin", ">mean there", "worst bin", ">mean there"])
            .caption("What each axis alone accounts for: share of the variance between candidates");
    for a in f.axes.iter().filter(|a| a.bins.len() > 1).take(16) {
        let mut bins: Vec<(&str, f64)> = a
            .labels
            .iter()
            .zip(&a.bins)
            .filter(|(_, b)| b.n > 0)
            .map(|(l, b)| (l.as_str(), b.mean))
            .collect();
        bins.sort_by(|x, y| y.1.total_cmp(&x.1));
        if f.lower_is_better {
            bins.reverse();
        }
        let (Some(best), Some(worst)) = (bins.first(), bins.last()) else { continue };
        t.row([
            a.axis.clone(),
            number(a.importance, 3),
            best.0.to_owned(),
            number(best.1, 3),
            worst.0.to_owned(),
            number(worst.1, 3),
        ]);
    }
    t
}

fn luck(f: &SweepSummary, o: &Overfitting) -> TextTable {
    let mut t = TextTable::new(&["what the best is worth", ">value", "what it says"])
        .caption("Statistics that know how many were tried");
    let mut row = |name: &str, value: String, note: &str| t.row([name, &value, note]);
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
    row("chance that luck brings the best this far", maybe(search.family_p, p_value), &level);
    if let Some(e) = o.effective {
        let note =
            format!("mean correlation {} over {} of them", number(e.mean_correlation, 3), e.measured_on);
        row("effective trials of this sweep", number(e.dsr_appendix, 1), &note);
    }
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
    t
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

/// Above this share of an axis a neighbour is none: the best cannot be told to lie on a plateau or on a peak.
const FAR: f64 = 0.2;

/// Whether the best lies on a plateau or on a peak; none where it has no neighbour.
fn lies(f: &SweepSummary) -> Option<&'static str> {
    let p = f.plateau.as_ref().filter(|p| !p.values.is_empty())?;
    let above = f.lower_is_better || p.positive >= 0.8;
    Some(if !f.lower_is_better && p.value <= 0.0 {
        "nothing is above zero"
    } else if p.apart > FAR {
        "too far apart to tell a plateau from a peak"
    } else if p.ratio >= 0.6 && above {
        "a plateau"
    } else {
        "a peak"
    })
}

fn plateau(f: &SweepSummary) -> Option<String> {
    let (p, kind) = (f.plateau.as_ref()?, lies(f)?);
    let without = match p.values.iter().filter(|v| v.is_none()).count() {
        0 => String::new(),
        n => format!(", {n} without a value"),
    };
    let above =
        if f.lower_is_better { String::new() } else { format!(", {} above zero", percent(p.positive)) };
    let of_it = if f.lower_is_better { "the best is {} of it" } else { "{} of it" };
    let ratio = if p.ratio.is_nan() { "--".to_owned() } else { percent(p.ratio) };
    Some(format!(
        "The best has {} {}; its {} nearest neighbours, {} of an axis away, have a median of {} ({}){above}{without}: {kind}.",
        f.metric,
        number(p.value, 3),
        p.values.len(),
        percent(p.apart),
        number(p.median, 3),
        of_it.replace("{}", &ratio),
    ))
}

/// The sweep for a terminal.
pub fn sweep_text(f: &SweepSummary) -> String {
    let mut out: String = heading(f).iter().map(|l| paragraph(l)).collect();
    out.push('\n');
    out.push_str(&best_text(f, &f.top));
    out.push('\n');
    out.push_str(&render(&axes(f)));
    if let Some(words) = plateau(f) {
        out.push('\n');
        out.push_str(&paragraph(&words));
    }
    if let Some(o) = &f.overfitting {
        out.push('\n');
        out.push_str(&render(&luck(f, o)));
    }
    out.push('\n');
    out.push_str(&paragraph(&sweep_verdict(f)));
    out
}

fn heat(f: &SweepSummary) -> Option<HeatChart> {
    let h = f.heat.as_ref()?;
    Some(HeatChart {
        title: format!("{} over the two axes that matter most", f.metric),
        subtitle: format!(
            "{}: mean of the candidates in each cell; the framed one holds the {} mean",
            f.title,
            if f.lower_is_better { "lowest" } else { "highest" }
        ),
        axes: [h.across.clone(), h.up.clone()],
        across: h.across_labels.clone(),
        up: h.up_labels.clone(),
        values: h.cells.iter().map(|c| c.mean).collect(),
        of: f.metric.clone(),
        losses: f.lower_is_better,
        marked: h
            .cells
            .iter()
            .enumerate()
            .filter(|(_, c)| c.mean.is_finite())
            .max_by(|a, b| {
                let order = a.1.mean.total_cmp(&b.1.mean);
                if f.lower_is_better { order.reverse() } else { order }
            })
            .map(|(k, _)| (k % h.across_labels.len(), k / h.across_labels.len())),
    })
}

/// The charts of a sweep with their names.
fn charts(f: &SweepSummary) -> Result<Drawings> {
    let mut out = Drawings::default();
    if let Some(chart) = heat(f) {
        out.put("heat", &chart)?;
    }
    let bars = BarsChart {
        title: "What each axis alone accounts for".into(),
        subtitle: format!("{} of {} candidates on {}", f.metric, count(f.valued), f.title),
        axis: "share of the variance between candidates".into(),
        bars: f.axes.iter().filter(|a| a.bins.len() > 1).map(|a| (a.axis.clone(), a.importance)).collect(),
    };
    out.put("importance", &bars)?;
    if let Some(p) = &f.plateau {
        let median = (p.median, "median of the neighbours".into());
        let chart = ScatterChart {
            title: "The best among its neighbours: plateau or peak".into(),
            subtitle: format!(
                "the {} nearest of {} candidates on {}: {}",
                p.values.len(),
                count(f.valued),
                f.title,
                lies(f).unwrap_or("no neighbour")
            ),
            axes: ["distance from the best (each axis from 0 to 1)".into(), f.metric.clone()],
            name: "neighbour".into(),
            points: p.distances.iter().zip(&p.values).filter_map(|(d, v)| Some((*d, (*v)?))).collect(),
            marked: Some(((0.0, p.value), format!("the best, candidate {}", p.candidate))),
            levels: if f.lower_is_better { vec![median] } else { vec![median, (0.0, "zero".into())] },
        };
        out.put("plateau", &chart)?;
    }
    if let Some(p) = f.overfitting.as_ref().and_then(|o| o.pbo.as_ref()) {
        let values: Vec<f64> = p
            .logits
            .iter()
            .enumerate()
            .flat_map(|(k, n)| std::iter::repeat_n(-6.0 + (k as f64 + 0.5) / 2.0, *n as usize))
            .collect();
        let chart = HistogramChart {
            title: format!("Probability of backtest overfitting: {}", percent(p.pbo)),
            subtitle:
                "rank out of sample of the best in sample, as a logit; left of zero it is below the median"
                    .into(),
            axis: "logit of the rank out of sample".into(),
            counted: "ways to part history".into(),
            values,
            step: Some(0.5),
            marks: vec![(0.0, "the median of all candidates".into(), MarkKind::Plain)],
        };
        out.put("overfitting", &chart)?;
    }
    Ok(out)
}

/// Charts and page of a sweep: relative path and bytes.
///
/// # Errors
/// Only where the program broke a promise to itself.
pub fn sweep_files(f: &SweepSummary) -> Result<Vec<(String, Vec<u8>)>> {
    let charts = charts(f)?;
    let mut page = Page::new(format!("{}: sweep", f.scenario));
    page.subtitle(format!(
        "{} {} sweep of {} candidates, best by {}",
        f.title,
        f.sampler,
        count(f.drawn),
        f.metric
    ));
    page.section("What is left");
    if f.synthetic {
        page.note("The history is synthetic: no evidence about any market.");
    }
    page.paragraph(&sweep_verdict(f));
    for line in heading(f).iter().skip(1) {
        page.paragraph(line);
    }
    if let Some(o) = &f.overfitting {
        page.table(&luck(f, o));
    }
    page.section("The best");
    let (best, same) = best_table(f, &f.top);
    page.table(&best);
    if let Some(words) = same {
        page.paragraph(&words);
    }
    if let Some(words) = plateau(f) {
        page.paragraph(&words);
    }
    page.section("The axes");
    page.table(&axes(f));
    Ok(charts.end(page))
}
