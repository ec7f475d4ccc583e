//! The files of a run, loaded.

use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use super::in_order::in_order;
use super::sources::Sources;
use crate::data::synth::{self, PresetFile};
use crate::data::{LabelFile, LoadRequest, Loaded, Quality, load};
use crate::error::{Error, Result};
use crate::market::Timeframe;
use crate::scenario::{LabelsBy, Scenario};
use crate::system::{Extra, ExtraData};

/// What the file of labels is known by among the files beside the bars.
const LABELS: &str = "regimes";

/// The files of a run, or what was given under their names.
#[derive(Debug, Default)]
pub struct Inputs {
    /// The bars of each symbol.
    pub symbols: Vec<Loaded>,
    /// Prices of currencies, by pair.
    pub conversions: Vec<(String, Loaded)>,
    /// What the system reads beside the bars; [`Inputs::with_extras`] reads it.
    pub extras: Vec<Arc<Extra>>,
    /// What the names of further files stand for.
    pub sources: Arc<Sources>,
}

impl From<Loaded> for Inputs {
    fn from(loaded: Loaded) -> Self {
        Self { symbols: vec![loaded], ..Self::default() }
    }
}

/// The bars of each symbol of `scenario`, generated from its preset.
///
/// # Errors
/// It names none, or one that is not there, is no preset, or has not these symbols.
pub fn generated(scenario: &Scenario) -> Result<Vec<Loaded>> {
    let place = "data.synth";
    let preset = scenario.data.synth.as_deref().ok_or_else(|| Error::scenario(place, "names no preset"))?;
    let source = PresetFile::find(&scenario.root, preset, place)?;
    // The folder of the preset belongs to this machine.
    let name = Path::new(preset).file_name().map_or(preset.into(), |n| n.to_string_lossy());
    let symbols: Vec<&str> = scenario.data.symbols.iter().map(String::as_str).collect();
    let mut made = synth::load(&source, &name, &symbols, &scenario.request())?;
    // Each is a market of its own.
    let (first, others) = (scenario.request().calendar, 1..made.len());
    for k in others.filter(|k| scenario.request_of(*k).calendar != first) {
        made[k].quality = Quality::of(&made[k].bars, scenario.request_of(k).calendar);
    }
    Ok(made)
}

impl Inputs {
    /// Loads what a scenario names. Files that [stand instead](Sources::instead) of its bars stand in its echo
    /// by their names.
    ///
    /// # Errors
    /// A file cannot be read, or something was given that is not what its name asks for.
    pub fn load(scenario: &mut Scenario, sources: &Sources) -> Result<Self> {
        sources.check(scenario)?;
        let (wanted, instead) = (scenario.data.count(), &sources.instead);
        if !instead.is_empty() && instead.len() != wanted {
            let s = if wanted == 1 { "" } else { "s" };
            return Err(Error::usage(
                "--data",
                format!("given {} times for {wanted} symbol{s}", instead.len()),
            )
            .hint("give it once a symbol, in the order of data.bars"));
        }
        let mut read = bars(scenario, sources)?;
        if !instead.is_empty() {
            said_by(scenario, &mut read)?;
        }
        let read = read.into_par_iter().enumerate();
        let symbols = in_order(read.map(|(k, loaded)| beside(scenario, sources, k, loaded)))?;
        if !instead.is_empty() {
            scenario.data.synth = None;
            scenario.data.bars = symbols.iter().map(|l| l.file_name.clone()).collect();
        }
        let conversions = scenario
            .conversion
            .iter()
            .map(|c| {
                // All of it: a rate from before the range is the first one's.
                let request = LoadRequest { time: scenario.data.time, ..LoadRequest::default() };
                Ok((c.pair.clone(), sources.bars(&scenario.root, &c.bars, &request)?))
            })
            .collect::<Result<_>>()?;
        Ok(Self { symbols, conversions, extras: vec![], sources: Arc::new(sources.clone()) })
    }

    /// Checks that the bars of all symbols are of one length.
    ///
    /// # Errors
    /// They are not.
    pub fn checked(self) -> Result<Self> {
        if let Some(first) = self.symbols.first() {
            let length: Timeframe = first.bars.timeframe();
            if let Some(other) = self.symbols.iter().find(|s| s.bars.timeframe() != length) {
                let problem = format!(
                    "bars of {} where those of {} are of {length}: symbols of one account share a clock",
                    other.bars.timeframe(),
                    first.file_name
                );
                return Err(Error::data(&other.file_name, problem).hint("give bars of one length for all"));
            }
        }
        Ok(self)
    }

    /// The same with the files that the system of `scenario` reads beside the bars.
    ///
    /// # Errors
    /// A file cannot be read, or names symbols that the scenario does not have.
    pub fn with_extras(self, scenario: &Scenario) -> Result<Self> {
        Ok(Self { extras: self.extras_of(scenario)?, ..self })
    }

    /// The files that the system of `scenario` reads beside the bars: those that are there, others read now.
    ///
    /// # Errors
    /// A file cannot be read, or names symbols that the scenario does not have.
    pub fn extras_of(&self, scenario: &Scenario) -> Result<Vec<Arc<Extra>>> {
        let symbols: Vec<&str> = (0..scenario.data.count()).map(|k| scenario.data.name(k)).collect();
        let mut extras = vec![];
        for input in scenario.system.about().inputs {
            let file = scenario.system.text(&scenario.params, input.parameter);
            if file.is_empty() && input.required {
                let problem = format!("system {:?} needs {}", scenario.system.name(), input.meaning);
                return Err(Error::scenario(format!("params.{}", input.parameter), problem)
                    .hint("name its path, relative to the project's root"));
            }
            if file.is_empty() {
                continue;
            }
            extras.push(match self.extras.iter().find(|e| e.name == input.name && e.file == file) {
                Some(there) => there.clone(),
                None => {
                    let data = self.sources.extra(&scenario.root, &file, input.holds)?;
                    match &data {
                        ExtraData::Positions(p) => p.check_symbols(&symbols)?,
                        ExtraData::Orders(o) => o.check_symbols(&symbols)?,
                        ExtraData::Events(e) => e.check_symbols(&symbols)?,
                        ExtraData::Labels(l) => l.check_symbols(&symbols)?,
                    }
                    Arc::new(Extra { name: input.name, file, data })
                }
            });
        }
        if let LabelsBy::File(source) = &scenario.regimes.by {
            let there = self.extras.iter().find(|e| e.name == LABELS && e.file == source.file);
            extras.push(match there {
                Some(there) => there.clone(),
                None => {
                    let labels = self.sources.labels(&scenario.root, &source.file, &source.columns)?;
                    labels.check_symbols(&symbols)?;
                    Arc::new(Extra {
                        name: LABELS,
                        file: source.file.clone(),
                        data: ExtraData::Labels(labels),
                    })
                }
            });
        }
        Ok(extras)
    }

    /// The labels that were read from a file.
    pub(super) fn labels(&self) -> Option<&LabelFile> {
        self.extras.iter().find_map(|e| match &e.data {
            ExtraData::Labels(labels) => Some(labels),
            ExtraData::Positions(_) | ExtraData::Orders(_) | ExtraData::Events(_) => None,
        })
    }
}

/// The bars of each symbol: generated, or from files.
fn bars(scenario: &Scenario, sources: &Sources) -> Result<Vec<Loaded>> {
    let (data, root): (_, &Path) = (&scenario.data, &scenario.root);
    if data.synth.is_some() && sources.instead.is_empty() {
        return generated(scenario);
    }
    let one = |k: usize| match sources.instead.get(k) {
        Some(path) => load(path, &scenario.request_of(k)),
        None => sources.bars(root, &data.bars[k], &scenario.request_of(k)),
    };
    in_order((0..data.count()).into_par_iter().map(one))
}

/// Takes from files that stand instead of the scenario's what they say of themselves.
fn said_by(scenario: &mut Scenario, read: &mut [Loaded]) -> Result<()> {
    let counted: Vec<_> = (0..read.len()).map(|k| scenario.request_of(k).calendar).collect();
    let said: Vec<_> = read.iter().map(|l| (l.file_name.clone(), l.metadata.clone())).collect();
    scenario.take_from(&said)?;
    for (k, loaded) in read.iter_mut().enumerate() {
        let calendar = scenario.request_of(k).calendar;
        if calendar != counted[k] {
            loaded.quality = Quality::of(&loaded.bars, calendar);
        }
    }
    Ok(())
}

/// The bars of symbol `k` with what lies beside them.
fn beside(scenario: &Scenario, sources: &Sources, k: usize, loaded: Loaded) -> Result<Loaded> {
    let (data, root): (_, &Path) = (&scenario.data, &scenario.root);
    let loaded = match data.detail.get(k) {
        Some(file) => {
            let request = LoadRequest { time: data.time, ..LoadRequest::default() };
            loaded.with_finer(sources.bars(root, file, &request)?, &sources.place(root, file))?
        }
        None => loaded,
    };
    match data.funding.get(k) {
        Some(file) => loaded.with_rates(&sources.funding(root, file)?),
        None => Ok(loaded),
    }
}
