//! Positions and orders from outside, acted on later: what a result owes to knowing them as early as their file says.

use serde::{Deserialize, Serialize};
use toml::Value;

use super::backtest::{Run, full};
use super::history::{History, Prepared};
use super::job::Job;
use super::span::common_divisor;
use super::summary::BaselineSummary;
use crate::choices;
use crate::error::Result;
use crate::execution::{Execution, FillRule};
use crate::market::Timeframe;
use crate::metrics::{EquityStats, TradeStats};
use crate::progress::Progress;
use crate::scenario::Scenario;
use crate::system::ExtraData;

choices! {
    /// Another reading of when positions or orders from outside were known.
    pub enum Reading {
        /// Each is acted on one bar later.
        OneBarLater = "one_bar_later",
        /// Rows stand further apart than bars, and each is known at the end of its own interval: the close of a day, for
        /// rows of days on hourly bars.
        EndOfInterval = "end_of_interval",
        /// Their times mark the other edge of a bar.
        OtherStamp = "other_stamp",
    }
}

/// A run under another reading.
#[derive(Debug)]
pub struct RetimedRun {
    /// Which.
    pub reading: Reading,
    /// The key of the scenario that makes it so, with its value.
    pub setting: String,
    /// In words, as a row of a table.
    pub label: String,
    /// Whether everything happens later than in the run itself.
    pub later: bool,
    /// What became of it.
    pub run: Run,
}

/// A run under another reading, in numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RetimedSummary {
    /// Which.
    pub reading: Reading,
    /// The keys of the scenario that make it so: `--set` runs it alone.
    pub setting: String,
    /// In words, as a row of a table.
    pub label: String,
    /// Whether everything happens later than in the run itself.
    pub later: bool,
    /// Performance on the daily equity curve.
    pub performance: EquityStats,
    /// Closed trades.
    pub trades: TradeStats,
    /// Whether the run itself owes more than half of its Sharpe ratio, and more than 0.5, to acting earlier.
    pub jump: bool,
}

/// Loss of the Sharpe ratio that a later reading may cost without a word, and its share of the ratio.
const LEAST_LOSS: f64 = 0.5;
const SHARE_LOST: f64 = 0.5;

/// Rows below which their spacing says nothing.
const LEAST_ROWS: usize = 10;

impl RetimedRun {
    /// The same in numbers, beside the Sharpe ratio of the run itself.
    pub(super) fn summary(&self, sums: BaselineSummary, sharpe: f64) -> RetimedSummary {
        let BaselineSummary { performance, trades, .. } = sums;
        let jump = self.later && sharpe - performance.sharpe > LEAST_LOSS.max(SHARE_LOST * sharpe);
        let Self { reading, setting, label, later, .. } = self;
        RetimedSummary {
            reading: *reading,
            setting: setting.clone(),
            label: label.clone(),
            later: *later,
            performance,
            trades,
            jump,
        }
    }
}

impl RetimedSummary {
    /// What a reader of the run has to know of it, where the run hangs on acting earlier.
    pub(super) fn warning(&self, own: &EquityStats) -> Option<String> {
        let percent = |share: f64| format!("{:.1} %", 100.0 * share);
        self.jump.then(|| {
            format!(
                "warning: the result hangs on when positions were known. {} ({}): Sharpe ratio {:.2} instead of {:.2}, return {} \
                 instead of {}. A lookahead looks like this, and so does an edge that lives no longer",
                self.label,
                self.setting,
                self.performance.sharpe,
                own.sharpe,
                percent(self.performance.total_return),
                percent(own.total_return)
            )
        })
    }
}

/// The runs of `scenario` under every other reading, where its system reads positions or orders.
pub(super) fn retimed(
    history: &History,
    scenario: &Scenario,
    prepared: &Prepared,
    progress: &Progress,
) -> Result<Vec<RetimedRun>> {
    let Some(interval_ms) = own_interval(history, scenario)? else { return Ok(vec![]) };
    let bars = &history.loaded().bars;
    let mut out = vec![];
    let mut add = |reading, label: String, scenario: &Scenario, setting, prepared: &Prepared, later| {
        progress.check()?;
        let job = Job { scenario, prepared, span: (0..history.steps()).into(), noise: None };
        let path = scenario.execution.intrabar;
        let run = history.ready(&job, false, |r| Ok(full(r, scenario, prepared, path, &scenario.risk)))?;
        out.push(RetimedRun { reading, setting, label, later, run });
        Ok(())
    };
    if let Some((other, setting)) = later(scenario, 1) {
        add(Reading::OneBarLater, "one bar later".to_owned(), &other, setting, prepared, true)?;
    }
    // Bars of sessions are fewer than fit the time.
    let opens = bars.open_time();
    let time = (opens[opens.len() - 1] - opens[0] + bars.timeframe().ms()) as f64;
    let of_interval = (interval_ms as f64 / time * opens.len() as f64).round() as usize;
    if of_interval > 1
        && let Some((other, setting)) = later(scenario, of_interval - 1)
    {
        let name = Timeframe::from_ms(interval_ms).map_or_else(String::new, |t| t.to_string());
        let label = format!("known at the end of {name}");
        add(Reading::EndOfInterval, label, &other, setting, prepared, true)?;
    }
    if let Some((other, edge)) = other_stamp(scenario) {
        // Times that fit no bar by their other edge are not of that edge.
        if let Ok(prepared) = history.prepare(&other) {
            let (label, later) = (format!("times mark the {edge}"), edge == "open");
            let setting = format!("params.stamp={edge}");
            add(Reading::OtherStamp, label, &other, setting, &prepared, later)?;
        }
    }
    Ok(out)
}

/// The scenario whose orders arrive `bars` later, and the key that makes it so; none where that is too long.
fn later(scenario: &Scenario, bars: usize) -> Option<(Scenario, String)> {
    let latency_bars = scenario.execution.latency_bars + bars;
    // What fills at the close that decides fills at a later open.
    let execution = Execution { latency_bars, fill: FillRule::NextOpen, ..scenario.execution.clone() };
    let setting = match scenario.execution.fill {
        FillRule::NextOpen => format!("execution.latency_bars={latency_bars}"),
        FillRule::Close => format!("execution.latency_bars={latency_bars} execution.fill=next_open"),
    };
    execution.violations().is_empty().then(|| (Scenario { execution, ..scenario.clone() }, setting))
}

/// The scenario whose times mark the other edge of a bar, and that edge; none where its system does not ask for one.
fn other_stamp(scenario: &Scenario) -> Option<(Scenario, &'static str)> {
    let edge = match scenario.params.value("stamp")?.as_str()? {
        "open" => "close",
        "close" => "open",
        _ => return None,
    };
    let mut params = scenario.params.clone();
    params.set("stamp", &Value::from(edge)).ok()?;
    Some((Scenario { params, ..scenario.clone() }, edge))
}

/// The longest time that all rows of the positions or orders are whole multiples of apart; 0 where there are too few rows,
/// and none where the system reads no such file.
fn own_interval(history: &History, scenario: &Scenario) -> Result<Option<i64>> {
    let extras = history.inputs().extras_of(scenario)?;
    let times = extras.iter().find_map(|e| match &e.data {
        ExtraData::Positions(file) => Some(file.time_ms.clone()),
        ExtraData::Orders(file) => Some(file.rows.iter().map(|r| r.time_ms).collect()),
        ExtraData::Events(_) | ExtraData::Labels(_) => None,
    });
    Ok(times.map(|mut times: Vec<i64>| {
        times.sort_unstable();
        times.dedup();
        match times.len() {
            ..LEAST_ROWS => 0,
            _ => times.windows(2).fold(0, |all, w| common_divisor(all, w[1] - w[0])),
        }
    }))
}
