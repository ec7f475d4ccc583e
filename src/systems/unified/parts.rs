//! The framework's own chart and section of the report.

use super::Regime;
use super::monitoring::{GroupRow, Monitoring};
use super::signals::{SOURCE_COUNT, Source};
use crate::data::table::{Table, TextColumn};
use crate::error::Result;
use crate::system::{Cell, Grid, Part, RunTables, Section, StackedBars, StackedRow};

/// What charts call the sources, in the order of [`Source::ALL`].
const NAMES: [&str; SOURCE_COUNT] = ["gradient", "UT bot", "structure", "flow", "ML", "pattern", "volume"];

pub(super) fn parts(of: &RunTables<'_>) -> Result<Vec<Part>> {
    Ok(vec![
        Part::Chart {
            name: "source_contribution",
            caption: "Which sources stand behind signals, by regime.",
            chart: contribution(of)?,
        },
        Part::Section(monitoring(of)?),
    ])
}

/// Which number each row holds by its text: one look a name instead of one a row.
fn numbers<T: Copy + Default>(labels: &TextColumn, number: impl Fn(&str) -> Option<T>) -> Vec<Option<T>> {
    let of: Vec<Option<T>> = labels.names.iter().map(|n| number(n)).collect();
    labels.codes.iter().map(|c| of.get(*c as usize).copied().flatten()).collect()
}

/// Mean weight times confidence of each source that agrees with the signal, over signals that are not HOLD.
fn contribution(of: &RunTables<'_>) -> Result<StackedBars> {
    let t: &Table = of.signals;
    let regime = numbers(t.labels("regime")?, |n| n.parse::<Regime>().ok().map(Regime::index));
    let sign = |buy: &'static str, sell: &'static str| {
        move |name: &str| (name == buy).then_some(1i8).or((name == sell).then_some(-1))
    };
    let direction = numbers(t.labels("direction")?, sign("BUY", "SELL"));
    let mut mass = [[0.0; SOURCE_COUNT]; Regime::COUNT];
    let mut n = [0u64; Regime::COUNT];
    let mut said = vec![];
    for source in Source::ALL {
        let name = source.name();
        said.push((
            numbers(t.labels(&format!("{name}_direction"))?, sign("BULLISH", "BEARISH")),
            t.f64(&format!("{name}_confidence"))?,
            t.f64(&format!("{name}_weight"))?,
        ));
    }
    for i in 0..t.rows() {
        let (Some(wanted), Some(r)) = (direction[i], regime[i]) else { continue };
        n[r] += 1;
        for (slot, (d, c, w)) in mass[r].iter_mut().zip(&said) {
            if d[i] == Some(wanted) {
                *slot += c[i] * w[i];
            }
        }
    }
    let row = |r: Regime| {
        let k = r.index();
        let values = mass[k].iter().map(|m| m / n[k].max(1) as f64).collect();
        StackedRow { name: r.name().to_owned(), values, n: n[k] }
    };
    Ok(StackedBars {
        title: "What the sources contribute to signals".to_owned(),
        subtitle: format!("{}; mean weight x confidence of sources that agree with the signal", of.subject),
        axis: "mean weighted contribution per signal".to_owned(),
        pieces: NAMES.map(str::to_owned).to_vec(),
        rows: Regime::ALL.into_iter().map(row).collect(),
        nothing: "no signal was given".to_owned(),
    })
}

/// The tables of the framework's documents.
fn monitoring(of: &RunTables<'_>) -> Result<Section> {
    let (start_ms, end_ms) = of.span_ms;
    let m = Monitoring::of(of.trades, start_ms, end_ms)?;
    let tables = [
        ("regime", "Win rate by regime, whole run.", &m.win_rate_by_regime),
        ("pattern", "Pattern accuracy, whole run.", &m.pattern_accuracy),
        ("volume", "Volume confirmation, whole run.", &m.volume_confirmation),
        ("regime", "Dashboard: performance by regime, last 7 days.", &m.perf_by_regime_7d),
        ("regime", "Win rate by regime, last 30 days.", &m.win_rate_by_regime_30d),
        ("pattern", "Pattern accuracy, last 30 days.", &m.pattern_accuracy_30d),
        ("volume", "Volume confirmation, last 30 days.", &m.volume_confirmation_30d),
    ];
    Ok(Section {
        title: "Monitoring tables".to_owned(),
        text: "The tables of the framework's own monitoring, from closed trades by exit time. The seed Sharpe is the \
               documents' mean over deviation of profits times the root of 252: for comparison only. A trade with several \
               patterns counts in each of its rows, so those rows are not independent."
            .to_owned(),
        tables: tables.into_iter().map(|(name, caption, rows)| grid(name, caption, rows)).collect(),
    })
}

fn grid(name: &str, caption: &str, rows: &[GroupRow]) -> Grid {
    let heads = [
        name,
        ">trades",
        ">wins",
        ">win rate",
        ">95 % Wilson",
        ">avg return",
        ">avg P&L",
        ">seed Sharpe",
        ">PF",
    ];
    let row = |r: &GroupRow| {
        vec![
            Cell::Text(r.group.clone()),
            Cell::Count(r.trades as u64),
            Cell::Count(r.wins as u64),
            Cell::Share(r.win_rate),
            Cell::ShareInterval(r.win_rate_interval),
            Cell::Percent(r.avg_return_percent),
            Cell::Money(r.avg_pnl),
            Cell::Ratio(r.sharpe_seed),
            Cell::Ratio(r.profit_factor),
        ]
    };
    Grid {
        heads: heads.map(str::to_owned).to_vec(),
        rows: rows.iter().map(row).collect(),
        caption: caption.to_owned(),
    }
}
