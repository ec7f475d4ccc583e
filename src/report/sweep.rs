//! A sweep as text, as charts and as a page.

use super::candidates::{best_table, best_text};
use super::sweep_luck::luck;
use super::sweep_verdict::sweep_verdict;
use super::text::{count, number, paragraph, percent, render};
use super::{TextTable, before, day};
use crate::error::Result;
use crate::experiments::sweep::SweepSummary;
use crate::report::Drawings;
use crate::report::Page;
use crate::report::{BarsChart, HeatChart, HistogramChart, MarkKind, ScatterChart};

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
