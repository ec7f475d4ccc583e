//! A comparison of regime labels as text and as charts.

use super::TextTable;
use super::text::{commas, count, number, paragraph, percent, render};
use crate::data::synth::REGIMES;
use crate::error::Result;
use crate::experiments::regimes::{ComparedLabels, RegimeComparison, TruthScore};
use crate::regime::RegimeScheme;
use crate::report::{Chart, ConfusionChart};
use crate::stats::Interval;

/// The comparison for a terminal.
pub fn regimes_text(c: &RegimeComparison) -> String {
    let mut parts = vec![paragraph(&format!(
        "{} bars from {} to {}. What is fitted is fitted before {}, what is scored is scored from there on.",
        count(c.bars as u64),
        c.from,
        c.to,
        c.second_half_from
    ))];
    if c.labellers.iter().any(|l| l.truth.is_some()) {
        parts.push(render(&truth(c)));
    }
    parts.push(render(&stability(c)));
    parts.push(render(&by_label(c)));
    parts.push(render(&uses(c)));
    parts.push(layer(c));
    parts.push(model(c));
    parts.join("\n")
}

fn or_none(x: Option<f64>, decimals: usize) -> String {
    x.map_or_else(|| "--".to_owned(), |v| number(v, decimals))
}

fn scored(c: &RegimeComparison) -> Vec<(&ComparedLabels, &TruthScore)> {
    c.labellers.iter().filter_map(|l| Some((l, l.truth.as_ref()?))).collect()
}

fn truth(c: &RegimeComparison) -> TextTable {
    let all = scored(c);
    let names: Vec<String> = all.iter().map(|(l, _)| format!(">{}", l.name)).collect();
    let heads: Vec<&str> =
        std::iter::once("against the truth, second half").chain(names.iter().map(String::as_str)).collect();
    let mut table = TextTable::new(&heads);
    type Cell = fn(&TruthScore) -> String;
    let rows: [(&str, Cell); 15] = [
        ("accuracy", |t| number(t.scores.accuracy, 3)),
        ("  in transition after a change", |t| or_none(t.accuracy_in_transition, 3)),
        ("  elsewhere", |t| or_none(t.accuracy_outside, 3)),
        ("balanced accuracy", |t| number(t.scores.balanced_accuracy, 3)),
        ("macro F1", |t| number(t.scores.macro_f1, 3)),
        ("kappa", |t| number(t.scores.kappa, 3)),
        ("MCC", |t| number(t.scores.mcc, 3)),
        ("adjusted Rand index", |t| or_none(t.adjusted_rand, 3)),
        ("changes of the label", |t| count(t.scores.label_switches as u64)),
        ("changes of the truth", |t| count(t.scores.true_switches as u64)),
        ("  never labelled right", |t| count(t.scores.missed as u64)),
        ("  lag, median bars", |t| or_none(t.scores.median_lag_bars, 1)),
        ("  lag, mean bars", |t| or_none(t.scores.mean_lag_bars, 1)),
        ("false changes", |t| count(t.scores.false_switches as u64)),
        ("mean stay over that of the truth", |t| {
            // A label that never changes stays as long as there are bars.
            let stays = t.scores.label_switches > 0;
            or_none(stays.then_some(t.scores.label_dwell_bars / t.scores.true_dwell_bars), 2)
        }),
    ];
    for (name, cell) in rows {
        table.row(std::iter::once(name.to_owned()).chain(all.iter().map(|(_, t)| cell(t))));
    }
    table
}

fn stability(c: &RegimeComparison) -> TextTable {
    let mut table = TextTable::new(&[
        "stability",
        ">bars",
        ">changes in 1,000",
        ">mean stay, bars",
        ">median stay",
        ">stays of 1 or 2",
    ]);
    for l in &c.labellers {
        let s = &l.stability;
        table.row([
            l.name.clone(),
            count(s.bars as u64),
            number(s.changes_per_1000, 1),
            commas(&number(s.mean_stay_bars, 1)),
            commas(&number(s.median_stay_bars, 1)),
            percent(s.short_stays),
        ]);
    }
    table
}

/// A p-value from shifts, and where that of endlessly many would lie.
fn p_value(p: f64, interval: Interval) -> String {
    format!("{} ({} to {})", number(p, 3), number(interval.lo, 3), number(interval.hi, 3))
}

fn by_label(c: &RegimeComparison) -> TextTable {
    let mut table =
        TextTable::new(&["labeller", "label", ">share", "stands for", ">next move, bps", "held under"]);
    for l in &c.labellers {
        for (k, name) in l.labels.iter().enumerate() {
            let stands = l.truth.as_ref().and_then(|t| t.stands_for.get(k)?.clone());
            let size = l.volatility.as_ref().and_then(|v| v.by_label[k]);
            table.row([
                l.name.clone(),
                name.clone(),
                percent(l.stability.shares[k]),
                stands.unwrap_or_else(|| "--".to_owned()),
                or_none(size.map(|s| 1e4 * s), 1),
                l.filter.as_ref().map_or("--", |f| if f.held[k] { "yes" } else { "no" }).to_owned(),
            ]);
        }
    }
    table.caption(
        "By label. Next move: mean absolute log return of the bar after, first half. Held under: mean return of that bar was \
         positive, first half.",
    )
}

fn uses(c: &RegimeComparison) -> TextTable {
    let mut table =
        TextTable::new(&["out of sample, second half", "labeller", ">labels", ">without", ">shifted", ">p"]);
    for l in &c.labellers {
        if let Some(v) = &l.volatility {
            table.row([
                "size of the next move, R2".to_owned(),
                l.name.clone(),
                number(v.r2, 4),
                number(0.0, 4),
                number(v.shifted_median, 4),
                p_value(v.p, v.p_interval),
            ]);
        }
    }
    for l in &c.labellers {
        if let Some(f) = &l.filter {
            table.row([
                "holding under good labels, Sharpe".to_owned(),
                l.name.clone(),
                or_none(f.sharpe, 2),
                or_none(f.always, 2),
                number(f.shifted_median, 2),
                p_value(f.p, f.p_interval),
            ]);
        }
    }
    table.caption(
        "What labels are good for: with them, without, and the median of the same labels shifted in a circle (same shares, same \
         stays, no knowledge). p: share of shifted ones at least as good.",
    )
}

fn layer(c: &RegimeComparison) -> String {
    let Some(l) = &c.layer else {
        return paragraph("The system does not decide by these labels: there is no layer to be tested.");
    };
    let mut text = paragraph(&format!(
        "The system with its regime layer: Sharpe {} ({} trades). With its labels shifted {} times: {} (5 to 95 %: {} to {}), p = {}. \
         With one label for all bars: {}.",
        number(l.sharpe, 2),
        count(l.trades as u64),
        l.shifts,
        number(l.shifted[1], 2),
        number(l.shifted[0], 2),
        number(l.shifted[2], 2),
        p_value(l.p, l.p_interval),
        l.one_label
            .iter()
            .map(|o| format!("{} {} ({} trades)", o.regime, number(o.sharpe, 2), count(o.trades as u64)))
            .collect::<Vec<_>>()
            .join(", "),
    ));
    let words = match l.p_interval.below(0.05) {
        Some(true) => "The layer earns its place at 5 %.".to_owned(),
        Some(false) => "The layer does not earn its place at 5 %.".to_owned(),
        None => format!(
            "{} shifts cannot tell whether the layer earns its place at 5 %: take more with --shifts.",
            l.shifts
        ),
    };
    text.push_str(&paragraph(&words));
    text
}

fn model(c: &RegimeComparison) -> String {
    let h = &c.hmm;
    let states: Vec<String> = h
        .states
        .iter()
        .enumerate()
        .map(|(k, s)| {
            format!(
                "state {}: {} a year, stays {} bars",
                k + 1,
                percent(s.volatility),
                number(s.mean_stay_bars, 1)
            )
        })
        .collect();
    paragraph(&format!(
        "Hidden Markov model: {} fits on {} bars each, one every {}, {} failed; states by filtered probability. Last fit: {}. \
         Adjusted Rand index of rules and states: {}.",
        count(h.fits as u64),
        count(h.train_bars as u64),
        count(h.refit_bars as u64),
        h.failed_fits,
        states.join("; "),
        or_none(c.agreement.adjusted_rand, 3),
    ))
}

/// The charts of a comparison, by file name, as SVG and as PNG.
///
/// # Errors
/// A picture cannot be encoded.
pub fn regimes_charts(c: &RegimeComparison) -> Result<Vec<(String, Vec<u8>)>> {
    let scheme = c.regimes.as_ref().unwrap_or(&REGIMES);
    let owned = |s: &RegimeScheme| s.names().into_iter().map(str::to_owned).collect::<Vec<String>>();
    let names = owned(&REGIMES);
    let counts = |t: &[Vec<usize>]| t.iter().map(|r| r.iter().map(|n| *n as u64).collect()).collect();
    let mut charts = vec![];
    for (l, t) in scored(c).into_iter().filter(|(l, _)| l.labels.len() > 1) {
        let who = if l.name == "hmm" { "hidden Markov model" } else { "rules" };
        let chart = ConfusionChart {
            title: format!("Regimes by the {who} against the truth"),
            subtitle: format!(
                "second half, {} bars, balanced accuracy {:.2} (always the most frequent: {:.2})",
                count(t.scores.bars as u64),
                t.scores.balanced_accuracy,
                t.scores.majority_balanced_accuracy
            ),
            rows: names.clone(),
            columns: names.clone(),
            counts: counts(&t.scores.confusion),
            regimes: REGIMES.clone(),
            ..ConfusionChart::default()
        };
        charts.push((format!("confusion_{}", l.name), chart));
    }
    let states = c.labellers.iter().find(|l| l.name == "hmm").map(|l| l.labels.clone()).unwrap_or_default();
    charts.push((
        "agreement".to_owned(),
        ConfusionChart {
            title: "Regimes by the rules, and states of the hidden Markov model".to_owned(),
            subtitle: format!(
                "{} bars, adjusted Rand index {}; states in ascending order of variance",
                count(c.bars as u64),
                or_none(c.agreement.adjusted_rand, 2)
            ),
            axes: ["rules", "hidden Markov model"],
            rows: owned(scheme),
            columns: states,
            counts: counts(&c.agreement.table),
            regimes: scheme.clone(),
        },
    ));
    let mut files = vec![];
    for (name, chart) in charts {
        files.push((format!("{name}.svg"), chart.svg()?.into_bytes()));
        files.push((format!("{name}.png"), chart.png()?));
    }
    Ok(files)
}
