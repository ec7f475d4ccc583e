//! What types cannot say of a scenario: rules on single values and between them, and which instrument belongs to which symbol.

use super::data::Data;
use super::raw::Raw;
use crate::error::{Violation, nearest};
use crate::execution::Intrabar;
use crate::market::{Instrument, parse_time};
use crate::risk::{Risk, Staging};
use crate::system::{About, Symbols};

/// The instrument of each symbol.
pub(super) fn instruments(raw: &Raw, fault: &mut dyn FnMut(String)) -> Vec<Instrument> {
    let mut named: Vec<Instrument> = vec![];
    for table in &raw.instrument {
        match Instrument::resolved(table) {
            Ok(i) => {
                i.violations().iter().for_each(|v| fault(format!("instrument {:?}: {v}", i.symbol)));
                named.push(i);
            }
            Err(problem) => fault(format!("instrument.{problem}")),
        }
    }
    let symbols: Vec<&str> = (0..raw.data.count()).map(|k| raw.data.name(k)).collect();
    for i in &named {
        if !symbols.contains(&i.symbol.as_str()) {
            let near = nearest(&i.symbol, symbols.iter().copied()).map_or_else(
                || format!("there are {}", symbols.join(", ")),
                |n| format!("did you mean {n:?}?"),
            );
            fault(format!("instrument.symbol names no symbol of the data: {:?}; {near}", i.symbol));
        }
    }
    let of = |s: &&str| {
        let found = named.iter().find(|i| i.symbol == **s).cloned();
        found.unwrap_or_else(|| Instrument { symbol: (*s).to_owned(), ..Instrument::default() })
    };
    symbols.iter().map(of).collect()
}

/// What lies beside the folders of scenarios: the ledger of trials.
const RESERVED: [&str; 2] = ["ledger.jsonl", "ledger-trials"];

/// Rules on single values that types cannot say, and that are broken.
pub(super) fn violations(raw: &Raw, system: &About) -> Vec<Violation> {
    let mut out = named(raw);
    out.extend(filed(raw, system));
    if let Some(days) = raw.data.days_per_year.filter(|d| !(1.0..=366.0).contains(d)) {
        out.push(Violation::new("data.days_per_year", format!("must be a number in 1..=366, was {days}")));
    }
    out.extend(raw.account.violations());
    if raw.execution.intrabar == Intrabar::Detail && raw.data.detail.is_empty() {
        out.push(Violation::new(
            "execution.intrabar",
            "must not be \"detail\" without finer bars: name their file as data.detail",
        ));
    }
    if !(100..=1_000_000).contains(&raw.gate.resamples) {
        out.push(Violation::new(
            "gate.resamples",
            format!("must be a whole number in 100..=1000000, was {}", raw.gate.resamples),
        ));
    }
    if !(20..=2000).contains(&raw.report.price_bars) {
        out.push(Violation::new(
            "report.price_bars",
            format!("must be a whole number in 20..=2000, was {}", raw.report.price_bars),
        ));
    }
    out.extend(timed(raw));
    out
}

/// Rules on the name and the family.
fn named(raw: &Raw) -> Vec<Violation> {
    let mut out = vec![];
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if raw.name.is_empty() || raw.name.starts_with('.') || !raw.name.chars().all(plain) {
        out.push(Violation::new(
            "name",
            format!("must be letters, digits, '-', '_' or '.', was {:?}", raw.name),
        ));
    }
    if RESERVED.contains(&raw.name.as_str()) {
        let problem = format!("must not be that of a file beside the runs, was {:?}", raw.name);
        out.push(Violation::new("name", problem));
    }
    if let Some(family) = raw.family.as_ref().filter(|f| f.trim().is_empty()) {
        out.push(Violation::new("family", format!("must name a family of trials, was {family:?}")));
    }
    out
}

/// Rules on the files of the data and the symbols they are of.
fn filed(raw: &Raw, system: &About) -> Vec<Violation> {
    let mut out = vec![];
    let files = raw.data.count();
    if let Some(preset) = &raw.data.synth {
        out.extend(generated(raw, preset, system));
    } else if files == 0 {
        out.push(Violation::new("data.bars", "must name one file a symbol, was 0 files"));
    } else if files > 1 && system.symbols == Symbols::One {
        out.push(Violation::new(
            "data.bars",
            format!(
                "must name one file for system {:?}, was {files} files: it trades one symbol",
                system.name
            ),
        ));
    }
    if files > 1 && raw.data.symbols.len() != files {
        out.push(Violation::new(
            "data.symbols",
            format!("must name each of the {files} files of data.bars, was {} names", raw.data.symbols.len()),
        ));
    }
    let mut names = raw.data.symbols.clone();
    names.sort_unstable();
    if let Some(pair) = names.windows(2).find(|w| w[0] == w[1]) {
        out.push(Violation::new("data.symbols", format!("must be different names, was {:?} twice", pair[0])));
    }
    let (each, source) = match raw.data.synth {
        Some(_) => ("symbols", "data.synth"),
        None => ("files", "data.bars"),
    };
    if files > 1000 {
        out.push(Violation::new(source, format!("must name at most 1000 {each}, was {files} {each}")));
    }
    for (key, these) in [("detail", &raw.data.detail), ("funding", &raw.data.funding)] {
        if !these.is_empty() && these.len() != files {
            out.push(Violation::new(format!("data.{key}"), format!("must name a file for each of the {files} {each} of {source}, was {} (an empty name is none)",
                these.len()
            )));
        }
    }
    out
}

/// Rules on times.
fn timed(raw: &Raw) -> Vec<Violation> {
    let mut out = vec![];
    let times = [
        ("data.from", &raw.data.from),
        ("data.to", &raw.data.to),
        ("report.price_from", &raw.report.price_from),
    ];
    for (key, text) in times {
        if let Some(text) = text.as_ref().filter(|t| parse_time(t).is_none()) {
            out.push(Violation::new(key, format!("must be a UTC date such as \"2021-01-01\", was {text:?}")));
        }
    }
    let range = (raw.data.from.as_deref().and_then(parse_time), raw.data.to.as_deref().and_then(parse_time));
    if let (Some(from), Some(to)) = range
        && from >= to
    {
        out.push(Violation::new("data.from", "must be earlier than data.to: the range is empty"));
    }
    out
}

/// Rules on bars that the preset called `preset` makes.
fn generated(raw: &Raw, preset: &str, system: &About) -> Vec<Violation> {
    let Data { bars, symbols, .. } = &raw.data;
    let mut out = vec![];
    if !bars.is_empty() {
        out.push(Violation::new("data.synth", format!("must be left out where data.bars names files, was {preset:?}; to generate the bars of such a scenario \
             set data.bars = []"
        )));
    } else if let ([first, _, ..], Symbols::One) = (&symbols[..], system.symbols) {
        out.push(Violation::new("data.synth", format!("must make one symbol for system {:?}, was {} ({}): it trades one; data.symbols = [{first:?}] takes that",
            system.name,
            symbols.len(),
            symbols.join(", ")
        )));
    }
    out
}

/// Violations of what the rules of deployment need of a system.
pub(super) fn deployment(risk: &Risk, system: &About) -> Vec<Violation> {
    let own = &system.deployment;
    let mut out = vec![];
    let watched = risk.alerts.unwrap_or(own.alerts.bounds);
    if risk.staging == Staging::Gated && !own.standing && !watched.any() {
        out.push(Violation::new(
            "risk.staging",
            format!(
                "must not be \"gated\": {} has no criteria of its own to ask at the end of a stage, and \
             risk.alerts sets no bound; \"time\" goes by the clock",
                system.name
            ),
        ));
    }
    let asks = risk.staging == Staging::Gated || (risk.emergency_stop && risk.estop_on_critical);
    if risk.alerts.is_some() && !asks {
        out.push(Violation::new(
            "risk.alerts",
            "must be left out: an alert lowers gated stages and calls an emergency stop on critical \
             alerts, and neither is asked for",
        ));
    }
    if let Some(bound) = risk.alerts.map(|a| a.quality).filter(|q| *q > 0.0 && !own.quality) {
        out.push(Violation::new(
            "risk.alerts.quality",
            format!("must be 0, was {bound}: {} states no quality of its signals", system.name),
        ));
    }
    let to = risk.rollback_to.as_str();
    if to != Risk::FLAT && own.fallback != Some(to) {
        let fallback = own.fallback.map(|f| format!("{f:?} or ")).unwrap_or_default();
        out.push(Violation::new(
            "risk.rollback_to",
            format!("must be {fallback}{:?} for {}, was {:?}", Risk::FLAT, system.name, risk.rollback_to),
        ));
    }
    out
}

/// What runs after an emergency stop where the scenario does not say.
pub(super) fn rollback_to(system: &About) -> String {
    system.deployment.fallback.unwrap_or(Risk::FLAT).to_owned()
}
