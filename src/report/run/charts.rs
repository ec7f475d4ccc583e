//! From the tables of a run to its charts.

use std::collections::BTreeMap;

use super::price::price;
use crate::data::synth::REGIMES;
use crate::data::table::Table;
use crate::error::Result;
use crate::gate::{Criteria, CriterionMetric, RegimeScope, Rule, Subject};
use crate::market::format_time;
use crate::regime::RegimeKind;
use crate::report::Drawing;
use crate::report::{
    ConfusionChart, Curve, EquityChart, EstimatedMetric, HistogramChart, MonthCell, MonthlyChart,
    PriceTradesChart, RegimeEstimate, RegimeIntervalChart, TradeReturnsChart,
};
use crate::runs::{RunRecord, Summary, regime_codes};
use crate::system::{Part, StackedBars};

/// Trades below which a regime is drawn as too small to judge.
const MIN_TRADES: usize = 20;

/// A chart to be drawn.
pub(super) enum Planned {
    Equity(EquityChart),
    Regime(RegimeIntervalChart),
    Monthly(MonthlyChart),
    Returns(TradeReturnsChart),
    Price(PriceTradesChart),
    Stacked(StackedBars),
    Confusion(ConfusionChart),
    Placebos(HistogramChart),
}

impl Planned {
    pub(super) fn draw(&self) -> Result<Drawing> {
        match self {
            Self::Equity(c) => Drawing::of(c),
            Self::Regime(c) => Drawing::of(c),
            Self::Monthly(c) => Drawing::of(c),
            Self::Returns(c) => Drawing::of(c),
            Self::Price(c) => Drawing::of(c),
            Self::Stacked(c) => Drawing::of(c),
            Self::Confusion(c) => Drawing::of(c),
            Self::Placebos(c) => Drawing::of(c),
        }
    }
}

/// The charts of a run, by file name, in the order of the page.
pub(super) fn plan(record: &RunRecord, parts: &[Part]) -> Result<Vec<(&'static str, Planned)>> {
    let s = &record.summary;
    let targets = Targets::of(record);
    let mut charts = vec![
        ("equity", Planned::Equity(equity(record)?)),
        ("regime_sharpe", Planned::Regime(regime_sharpe(s, &targets))),
        ("regime_win_rate", Planned::Regime(regime_win_rate(s, &targets))),
        ("monthly_returns", Planned::Monthly(monthly(s))),
        ("trade_returns", Planned::Returns(returns(record)?)),
        ("price_trades", Planned::Price(price(record)?)),
    ];
    for part in parts {
        if let Part::Chart { name, chart, .. } = part {
            charts.push((name, Planned::Stacked(chart.clone())));
        }
    }
    if let Some(e) = &s.regime_evaluation {
        let names: Vec<String> = REGIMES.names().into_iter().map(str::to_owned).collect();
        charts.push((
            "regime_confusion",
            Planned::Confusion(ConfusionChart {
                title: "Regime labels against the truth of the synthetic history".to_owned(),
                subtitle: format!(
                    "{} bars, balanced accuracy {:.2} (always the most frequent: {:.2})",
                    e.bars, e.balanced_accuracy, e.majority_balanced_accuracy
                ),
                axes: ["true", "detected"],
                rows: names.clone(),
                columns: names,
                counts: e.confusion.iter().map(|r| r.iter().map(|c| *c as u64).collect()).collect(),
                regimes: REGIMES.clone(),
            }),
        ));
    }
    Ok(charts)
}

/// The system, and which variant of it, where it has any.
pub(super) fn system(s: &Summary) -> String {
    if s.system == s.variant { s.system.clone() } else { format!("{} {}", s.system, s.variant) }
}

/// What a run is, in one line under a title.
pub(super) fn subject(s: &Summary) -> String {
    let day = |ms| format_time(ms).chars().take(10).collect::<String>();
    format!("{} {} to {}, {}", s.data.title(), day(s.data.start_ms), day(s.data.end_ms), system(s))
}

/// The regime of each row of an equity table.
pub(super) fn codes(s: &Summary, table: &Table) -> Result<Vec<u8>> {
    Ok(regime_codes(table.labels("regime_at_open")?, &s.regime_scheme))
}

/// When the market of a run was closed between bars that open at `open_ms`. Bars that are missing in a session keep their
/// room, before the bar that follows them.
pub(super) fn closed(s: &Summary, open_ms: &[i64]) -> Vec<(i64, i64)> {
    // No market is closed for a month.
    if s.calendar.is_always() || s.data.quality.timeframe.months().is_some() {
        return vec![];
    }
    let step = s.data.quality.timeframe.ms();
    let between = |w: &[i64]| {
        let missing = s.calendar.missing_between(w[0], w[1], step) as i64;
        let (from, to) = (w[0] + step, w[1] - missing * step);
        (from < to).then_some((from, to))
    };
    open_ms.windows(2).filter_map(between).collect()
}

fn equity(record: &RunRecord) -> Result<EquityChart> {
    let s = &record.summary;
    let table = &record.main.equity;
    let time_ms = table.time_ms("close_time")?.to_vec();
    let curve =
        |name: &str, values: Vec<f64>| Curve { name: name.to_owned(), time_ms: time_ms.clone(), values };
    let mut comparisons = vec![];
    for (name, t) in &record.baselines {
        // The first that the system names is the one to be measured by.
        if s.baselines.first().is_some_and(|b| b.variant == *name) {
            comparisons.push(curve(
                &format!("{} baseline", s.baseline_name(name)),
                t.equity.f64("equity")?.to_vec(),
            ));
        }
    }
    Ok(EquityChart {
        title: format!("Equity of {}", system(s)),
        subtitle: format!(
            "{}; after costs, {} path inside bars; holding returned {:.0} %",
            subject(s),
            s.intrabar.name(),
            100.0 * s.hold.total_return
        ),
        axis: format!("equity ({})", s.currency),
        log: false,
        equity: curve(&s.variant, table.f64("equity")?.to_vec()),
        edge: None,
        comparisons,
        regime: codes(s, table)?,
        regimes: s.regime_scheme.clone(),
        closed: closed(s, &time_ms.iter().map(|t| s.data.quality.timeframe.open_ms(*t)).collect::<Vec<_>>()),
        borders: None,
    })
}

/// Documented target bands by regime, of the win rate and of the Sharpe ratio.
#[derive(Default)]
struct Targets {
    win_rate: BTreeMap<String, (f64, f64)>,
    sharpe: BTreeMap<String, (f64, f64)>,
}

impl Targets {
    /// Reads them from the criteria of the run; a file that cannot be read gives none.
    fn of(record: &RunRecord) -> Self {
        let mut out = Self::default();
        let files = record.criteria.iter().filter_map(|(name, text)| Criteria::parse(text, name).ok());
        for rule in files.flat_map(|c| c.rules) {
            let (Subject::Run, RegimeScope::One(r)) = (&rule.scope.subject, &rule.scope.regime) else {
                continue;
            };
            let band = match rule.rule {
                Rule::Within(lo, hi) => (lo, hi),
                Rule::Above(t) | Rule::AtLeast(t) => (t, f64::INFINITY),
                Rule::Below(t) | Rule::AtMost(t) => (f64::NEG_INFINITY, t),
                Rule::Equal(t) => (t, t),
            };
            match rule.metric {
                CriterionMetric::WinRate => drop(out.win_rate.insert(r.clone(), band)),
                CriterionMetric::Sharpe => drop(out.sharpe.insert(r.clone(), band)),
                _ => {}
            }
        }
        out
    }
}

fn regime_sharpe(s: &Summary, targets: &Targets) -> RegimeIntervalChart {
    let rows = s.regime_scheme.kinds().iter().filter_map(|r: &RegimeKind| {
        let x = s.regimes.iter().find(|x| x.regime == r.name())?;
        let interval = x.bars.sharpe_interval;
        Some(RegimeEstimate {
            regime: r.name().to_owned(),
            colour: r.colour().into(),
            estimate: x.bars.sharpe,
            low: interval.map_or(f64::NAN, |i| i.lo),
            high: interval.map_or(f64::NAN, |i| i.hi),
            target: targets.sharpe.get(r.name()).copied(),
            n: x.trades.n as u64,
            // Without an interval there are too few bars.
            enough: x.trades.n >= MIN_TRADES && interval.is_some(),
        })
    });
    RegimeIntervalChart {
        title: "Sharpe ratio while in each regime".to_owned(),
        subtitle: format!("{}; bar returns, 95 % stationary bootstrap", subject(s)),
        measure: EstimatedMetric::Sharpe,
        counted: "trades".to_owned(),
        rows: rows.collect(),
    }
}

fn regime_win_rate(s: &Summary, targets: &Targets) -> RegimeIntervalChart {
    let rows = s.regime_scheme.kinds().iter().filter_map(|r: &RegimeKind| {
        let t = &s.regimes.iter().find(|x| x.regime == r.name())?.trades;
        Some(RegimeEstimate {
            regime: r.name().to_owned(),
            colour: r.colour().into(),
            estimate: 100.0 * t.win_rate,
            low: 100.0 * t.win_rate_interval.lo,
            high: 100.0 * t.win_rate_interval.hi,
            target: targets.win_rate.get(r.name()).map(|(lo, hi)| (100.0 * lo, 100.0 * hi)),
            n: t.n as u64,
            enough: t.n >= MIN_TRADES,
        })
    });
    RegimeIntervalChart {
        title: "Win rate by regime of entry".to_owned(),
        subtitle: format!("{}; after costs, 95 % Wilson interval", subject(s)),
        measure: EstimatedMetric::WinRate,
        counted: "trades".to_owned(),
        rows: rows.collect(),
    }
}

fn monthly(s: &Summary) -> MonthlyChart {
    let months = s.months.iter().map(|m| MonthCell {
        year: m.year,
        month: m.month,
        percent: 100.0 * m.return_frac,
        partial: m.partial,
    });
    MonthlyChart { title: "Monthly returns".to_owned(), subtitle: subject(s), months: months.collect() }
}

fn returns(record: &RunRecord) -> Result<TradeReturnsChart> {
    let s = &record.summary;
    let trades = &record.main.trades;
    let shadow = trades.bool("shadow")?;
    let percent = trades.f64("return_percent")?.iter().zip(shadow).filter(|(_, s)| !**s).map(|(r, _)| *r);
    Ok(TradeReturnsChart {
        title: "Returns of trades, after costs".to_owned(),
        subtitle: format!("{}; on notional at entry", subject(s)),
        percent: percent.collect(),
    })
}
