//! Positions and orders from outside, acted on later: what a result owes to knowing them as early as their file says.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use toml::Value;

use super::backtest::{Run, full};
use super::history::{History, Prepared};
use super::job::Job;
use super::summary::BaselineSummary;
use crate::choices;
use crate::data::{Loaded, Timed};
use crate::error::Result;
use crate::execution::{Execution, FillRule};
use crate::market::Timeframe;
use crate::metrics::{EquityStats, TradeStats};
use crate::progress::Progress;
use crate::scenario::Scenario;
use crate::stats::{Bootstrap, Interval, sharpe_difference_interval};
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
    /// What the Sharpe ratio of the run loses by it: 95 % interval, from days of both resampled together.
    pub lost_interval: Option<Interval>,
    /// Whether the run itself owes more than half of its Sharpe ratio, and more than 0.5, to acting earlier, and the loss
    /// is none of chance: its interval is above zero, or may be for all that so many resamples tell.
    pub hangs_on_timing: bool,
}

/// Another reading of which there is no run, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedReading {
    /// Which.
    pub reading: Reading,
    /// In words.
    pub label: String,
    /// Why, and what to do.
    pub reason: String,
}

impl SkippedReading {
    /// What a reader of the run has to know of it.
    pub(super) fn note(&self) -> String {
        format!("the run is not repeated with positions {}: {}", self.label, self.reason)
    }
}

/// A run under its other readings.
#[derive(Debug, Default)]
pub(super) struct Retimed {
    pub runs: Vec<RetimedRun>,
    pub skipped: Vec<SkippedReading>,
}

/// Loss of the Sharpe ratio that a later reading may cost without a word, and its share of the ratio.
const LEAST_LOSS: f64 = 0.5;
const SHARE_LOST: f64 = 0.5;

/// Changes of the position below which their spacing says nothing.
const LEAST_CHANGES: usize = 10;

/// Daily results of a run.
pub(super) struct DailyResults<'a> {
    pub sharpe: f64,
    pub returns: &'a [f64],
}

impl RetimedRun {
    /// The same in numbers, beside the run itself.
    pub(super) fn summary(
        &self,
        sums: BaselineSummary,
        returns: &[f64],
        own: &DailyResults<'_>,
        boot: &Bootstrap,
    ) -> RetimedSummary {
        let BaselineSummary { performance, trades, .. } = sums;
        let Self { reading, setting, label, later, .. } = self;
        let per_year = performance.periods_per_year;
        let purpose = format!("retimed {}", reading.name());
        let lost_interval = sharpe_difference_interval(returns, own.returns, per_year, boot, &purpose);
        let lost = own.sharpe - performance.sharpe;
        let large = own.sharpe > 0.0 && lost > LEAST_LOSS.max(SHARE_LOST * own.sharpe);
        // Where the resamples do not tell, it may be none of chance.
        let hangs_on_timing = *later && large && lost_interval.is_some_and(|i| i.error.lo.hi > 0.0);
        RetimedSummary {
            reading: *reading,
            setting: setting.clone(),
            label: label.clone(),
            later: *later,
            performance,
            trades,
            lost_interval: lost_interval.map(Interval::from),
            hangs_on_timing,
        }
    }
}

impl RetimedSummary {
    /// What a reader of the run has to know of it, where the run hangs on acting earlier.
    pub(super) fn warning(&self, own: &EquityStats) -> Option<String> {
        let percent = |share: f64| format!("{:.1} %", 100.0 * share);
        self.hangs_on_timing.then(|| {
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
) -> Result<Retimed> {
    let Some(changes) = changes(history, scenario)? else { return Ok(Retimed::default()) };
    let mut out = Retimed::default();
    let run = |scenario: &Scenario, prepared: &Prepared| -> Result<Run> {
        progress.check()?;
        let job = Job { scenario, prepared, span: (0..history.steps()).into(), noise: None };
        let path = scenario.execution.intrabar;
        history.ready(&job, false, |r| Ok(full(r, scenario, prepared, path, &scenario.risk)))
    };
    let mut delayed = |reading, label: String, bars| -> Result<()> {
        match later(scenario, bars) {
            Ok((other, setting)) => {
                let run = run(&other, prepared)?;
                out.runs.push(RetimedRun { reading, setting, label, later: true, run });
            }
            Err(reason) => out.skipped.push(SkippedReading { reading, label, reason }),
        }
        Ok(())
    };
    delayed(Reading::OneBarLater, "one bar later".to_owned(), 1)?;
    if let Some(interval_ms) = own_interval(&changes, history.clock().length_ms())
        && let of_interval @ 2.. = bars_of_interval(history, &changes, interval_ms)
        // A row whose time is the open of a bar is acted on a bar later already.
        && let opens = scenario.params.value("stamp").is_none_or(|s| s.as_str() != Some("close"))
        && let more @ 2.. = of_interval - usize::from(opens)
    {
        let name = Timeframe::from_ms(interval_ms).map_or_else(String::new, |t| t.to_string());
        delayed(Reading::EndOfInterval, format!("known at the end of {name}"), more)?;
    }
    if let Some((other, edge)) = other_stamp(scenario) {
        // Times that fit no bar by their other edge are not of that edge.
        if let Ok(prepared) = history.prepare(&other) {
            let (label, later) = (format!("times mark the {edge}"), edge == "open");
            let (reading, setting) = (Reading::OtherStamp, format!("params.stamp={edge}"));
            let run = run(&other, &prepared)?;
            out.runs.push(RetimedRun { reading, setting, label, later, run });
        }
    }
    Ok(out)
}

/// The scenario whose orders arrive `bars` later, and the key that makes it so; why there is none where that is too long.
fn later(scenario: &Scenario, bars: usize) -> std::result::Result<(Scenario, String), String> {
    let latency_bars = scenario.execution.latency_bars + bars;
    // What fills at the close that decides fills at a later open.
    let execution = Execution { latency_bars, fill: FillRule::NextOpen, ..scenario.execution.clone() };
    let setting = match scenario.execution.fill {
        FillRule::NextOpen => format!("execution.latency_bars={latency_bars}"),
        FillRule::Close => format!("execution.latency_bars={latency_bars} execution.fill=next_open"),
    };
    match execution.violations().first() {
        None => Ok((Scenario { execution, ..scenario.clone() }, setting)),
        Some(v) => Err(format!("{v}; longer bars need fewer (assay data resample)")),
    }
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

/// When the positions wanted of each symbol change, or its orders are sent; none where the system reads no such file.
fn changes(history: &History, scenario: &Scenario) -> Result<Option<Vec<Vec<i64>>>> {
    let names = || (0..history.inputs().symbols.len()).map(|k| scenario.data.name(k));
    let of_positions = |file: &Timed| -> Vec<i64> {
        let said = file.time_ms.iter().zip(&file.value).filter(|(_, v)| !v.is_nan());
        let mut held = 0.0;
        let changed = said.filter(|(_, v)| std::mem::replace(&mut held, **v) != **v);
        changed.map(|(t, _)| *t).collect()
    };
    let extras = history.inputs().extras_of(scenario)?;
    Ok(extras.iter().find_map(|e| match &e.data {
        ExtraData::Positions(file) => Some(names().map(|n| of_positions(&file.of_symbol(n))).collect()),
        ExtraData::Orders(file) => {
            let about = |name: &str| {
                let own = file.rows.iter().filter(|r| r.symbol.as_deref().is_none_or(|s| s == name));
                own.map(|r| r.time_ms).collect()
            };
            Some(names().map(about).collect())
        }
        ExtraData::Events(_) | ExtraData::Labels(_) => None,
    }))
}

/// The longest of the usual intervals, above a bar, that changes keep to: at least 19 of 20 happen at the same time of it.
/// Daylight saving moves that of a day or a week by an hour.
fn own_interval(changes: &[Vec<i64>], bar_ms: i64) -> Option<i64> {
    const HOUR: i64 = 3_600_000;
    let times: Vec<i64> = changes.iter().flatten().copied().collect();
    let kept = |interval: &i64| {
        let mut at: HashMap<i64, usize> = HashMap::new();
        times.iter().for_each(|t| *at.entry(t.rem_euclid(*interval)).or_default() += 1);
        let summer = |t: i64| if *interval >= 24 * HOUR { at.get(&((t + HOUR) % interval)) } else { None };
        let most = at.iter().map(|(t, n)| n + summer(*t).unwrap_or(&0)).max().unwrap_or(0);
        most * 20 >= times.len() * 19
    };
    let usual = [168, 24, 12, 8, 6, 4, 2, 1].map(|hours| hours * HOUR);
    usual.into_iter().filter(|i| *i > bar_ms && times.len() >= LEAST_CHANGES).find(kept)
}

/// Bars of a symbol in the interval from a change on: half of the changes have as many, of the symbol with the most.
fn bars_of_interval(history: &History, changes: &[Vec<i64>], interval_ms: i64) -> usize {
    let of = |(loaded, times): (&Loaded, &Vec<i64>)| {
        let opens = loaded.bars.open_time();
        let before = |t: i64| opens.partition_point(|open| *open < t);
        let mut counts: Vec<usize> = times.iter().map(|t| before(t + interval_ms) - before(*t)).collect();
        counts.sort_unstable();
        counts.get(counts.len() / 2).copied().unwrap_or(0)
    };
    history.inputs().symbols.iter().zip(changes).map(of).max().unwrap_or(0)
}
