//! The same history under other circumstances: other costs, other parameters, another start, trades that did not happen.

use std::ops::Range;

use toml::Value;

use crate::error::{Error, Place, Result};
use crate::experiments::warmups::{Dimension, Varied, warmups};
use crate::market::format_time;
use crate::random::Stream;
use crate::replay::EntryNoise;
use crate::runs::History;
use crate::scenario::{MonteCarlo, PathMethod, Scenario};

/// What is different on one path.
pub(super) struct Circumstances {
    /// The scenario of the path.
    pub scenario: Scenario,
    /// Noise on entries.
    pub noise: Option<EntryNoise>,
    /// Steps that are traded.
    pub span: Range<usize>,
    /// What was set, as on a command line.
    pub set: Vec<String>,
}

/// The circumstances of path `path`.
///
/// # Errors
/// No parameter can be moved without breaking a rule of the scenario.
pub(super) fn circumstances(scenario: &Scenario, history: &History, path: u64) -> Result<Circumstances> {
    let m = &scenario.montecarlo;
    let mut stream = Stream::new(scenario.seed, m.method.name(), path);
    let mut out =
        Circumstances { scenario: scenario.clone(), noise: None, span: 0..history.steps(), set: vec![] };
    let noise = |missed, partial| EntryNoise { seed: scenario.seed, path, missed, partial };
    match m.method {
        PathMethod::Execution => {
            let e = &mut out.scenario.execution;
            // Even in logarithms: a third is as likely as three times.
            let mut factor = || libm::exp((2.0 * stream.uniform() - 1.0) * libm::log(m.cost_factor));
            let (slip, spread) = (factor(), factor());
            e.slippage_bps = (e.slippage_bps * slip).min(1000.0);
            e.slippage_atr = (e.slippage_atr * slip).min(10.0);
            e.spread_bps = (e.spread_bps * spread).min(1000.0);
            let fees = 1.0 + m.fee_jitter * (2.0 * stream.uniform() - 1.0);
            e.fee_bps = (e.fee_bps * fees).min(1000.0);
            e.maker_fee_bps = e.maker_fee_bps.map(|f| (f * fees).min(1000.0));
            for tier in &mut e.tier {
                tier.taker_bps *= fees;
                tier.maker_bps *= fees;
            }
            if e.fill == crate::execution::FillRule::NextOpen {
                e.latency_bars += stream.below(m.latency_bars + 1);
            }
            out.set = vec![
                format!("execution.slippage_bps={}", e.slippage_bps),
                format!("execution.spread_bps={}", e.spread_bps),
                format!("execution.fee_bps={}", e.fee_bps),
                format!("execution.latency_bars={}", e.latency_bars),
            ];
            out.noise = Some(noise(m.missed, m.partial));
        }
        PathMethod::DroppedTrades => out.noise = Some(noise(m.dropped, 1.0)),
        PathMethod::Start => {
            let first = history.first(scenario);
            let room = ((history.steps() - first) as f64 * m.start) as usize;
            out.span.start = first + stream.below(room.max(1));
            out.set = vec![format!("data.from={}", format_time(history.clock().time(out.span.start)))];
        }
        _ => moved(scenario, m, &mut stream, &mut out)?,
    }
    Ok(out)
}

/// Parameters a jitter moves: the axes of the sweep where there are any, else every number among the parameters.
fn keys(scenario: &Scenario) -> Vec<(String, Value)> {
    let swept: Vec<&String> = scenario.sweep.axes.iter().map(|(k, _)| k).collect();
    let own = scenario.values();
    own.into_iter()
        .map(|(name, value)| (format!("params.{name}"), value))
        .filter(|(key, value)| {
            (value.is_float() || value.is_integer()) && (swept.is_empty() || swept.contains(&key))
        })
        .collect()
}

/// Where the slowest of all settings that a jitter can make has warmed up, as `data.from` says it: every path is judged
/// from there on, and so is the run that they are compared with. None where no path warms up longer than another.
///
/// # Errors
/// The history is too short for the slowest.
pub(super) fn shared_start(scenario: &Scenario, history: &History) -> Result<Option<String>> {
    let (keys, own): (Vec<String>, Vec<Value>) = keys(scenario).into_iter().unzip();
    let jitter = scenario.montecarlo.jitter;
    let ends = |(axis, (key, value)): (usize, (&String, &Value))| {
        let ends = [-jitter, jitter].into_iter().filter_map(|j| farthest(scenario, key, value, j));
        let choices = std::iter::once(value.clone()).chain(ends).map(|v| vec![(axis, v)]).collect();
        Dimension { choices, all: false }
    };
    let dimensions = keys.iter().zip(&own).enumerate().map(ends).collect();
    let found = warmups(scenario, &Varied { keys: &keys, dimensions, space: None })?;
    let (asked, first) = (history.asked(scenario), history.warm(found.longest));
    history.must_last(found.longest, first.max(asked))?;
    let says = first > asked && found.shortest < found.longest;
    Ok(says.then(|| format_time(history.clock().time(first))))
}

/// `value` moved by the share `jitter` of itself, or as far as the range of `key` lets it; none where it cannot be moved.
fn farthest(scenario: &Scenario, key: &str, value: &Value, jitter: f64) -> Option<Value> {
    let takes = |v: &Value| scenario.clone().assign(key, v).is_ok();
    // The range is one piece: halve the way until the last value that is taken.
    let (mut taken, mut refused) = (0.0, 2.0 * jitter);
    let mut best = None;
    for k in 0..40 {
        let part = if k == 0 { jitter } else { (taken + refused) / 2.0 };
        let at = scaled(value, 1.0 + part);
        if takes(&at) {
            (taken, best) = (part, Some(at));
            if k == 0 {
                break;
            }
        } else {
            refused = part;
        }
    }
    best
}

/// `value` times `factor`, whole where it is whole.
fn scaled(value: &Value, factor: f64) -> Value {
    match value {
        Value::Integer(i) => Value::Integer((*i as f64 * factor).round() as i64),
        Value::Float(f) => Value::Float(crate::scenario::tidy(f * factor)),
        other => other.clone(),
    }
}

fn moved(scenario: &Scenario, m: &MonteCarlo, stream: &mut Stream, out: &mut Circumstances) -> Result<()> {
    let keys = keys(scenario);
    for _ in 0..200 {
        let mut other = scenario.clone();
        let mut set = vec![];
        for (key, value) in &keys {
            let factor = 1.0 + m.jitter * (2.0 * stream.uniform() - 1.0);
            let value = scaled(value, factor);
            // A value moved out of its range stays where it was.
            if other.assign(key, &value).is_ok() {
                set.push(format!("{key}={value}"));
            }
        }
        if other.conflicts().is_empty() {
            (out.scenario, out.set) = (other, set);
            return Ok(());
        }
    }
    Err(Error::scenario(
        Place::key("montecarlo.jitter").within(&scenario.name),
        "two hundred draws broke a rule between parameters",
    )
    .hint("make the jitter smaller, or name the parameters to move as axes of [sweep]"))
}
