//! The files of a run, loaded.

use std::path::Path;
use std::sync::Arc;

use crate::data::synth::{self, PresetFile};
use crate::data::{LabelFile, Loaded, holds_orders, load_events, load_labels, load_orders, load_positions};
use crate::error::{Error, Result};
use crate::market::Timeframe;
use crate::scenario::{LabelsBy, Scenario};
use crate::system::{Extra, ExtraData, Holds};

/// What the file of labels is known by among the files beside the bars.
const LABELS: &str = "regimes";

/// The files of a run.
#[derive(Debug)]
pub struct Inputs {
    /// The bars of each symbol.
    pub symbols: Vec<Loaded>,
    /// Prices of currencies, by pair.
    pub conversions: Vec<(String, Loaded)>,
    /// What the system reads beside the bars; [`Inputs::with_extras`] reads it.
    pub extras: Vec<Arc<Extra>>,
}

impl From<Loaded> for Inputs {
    fn from(loaded: Loaded) -> Self {
        Self { symbols: vec![loaded], conversions: vec![], extras: vec![] }
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
    synth::load(&source, &name, &symbols, &scenario.request())
}

impl Inputs {
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
                    let data = read(&scenario.root.join(&file), input.holds, &symbols)?;
                    Arc::new(Extra { name: input.name, file, data })
                }
            });
        }
        if let LabelsBy::File(source) = &scenario.regimes.by {
            let there = self.extras.iter().find(|e| e.name == LABELS && e.file == source.file);
            extras.push(match there {
                Some(there) => there.clone(),
                None => {
                    let labels = load_labels(&scenario.root.join(&source.file), &source.columns)?;
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

fn read(path: &Path, holds: Holds, symbols: &[&str]) -> Result<ExtraData> {
    if holds == Holds::Events {
        let file = load_events(path)?;
        file.check_symbols(symbols)?;
        return Ok(ExtraData::Events(file));
    }
    if holds_orders(path)? {
        let file = load_orders(path)?;
        file.check_symbols(symbols)?;
        return Ok(ExtraData::Orders(file));
    }
    let file = load_positions(path)?;
    file.check_symbols(symbols)?;
    Ok(ExtraData::Positions(file))
}
