//! A causality check, from the scenario to what was found.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::publish::value;
use super::setup::Setup;
use crate::data::Loaded;
use crate::error::{Error, Result};
use crate::experiments::causality::{self, CausalityOptions, check_scenario};
use crate::progress::Progress;
use crate::runs::Inputs;
use crate::scenario::Scenario;
use crate::system::Registry;

/// `assay check causality`: reads, loads, computes everything again on other histories and compares. It writes
/// nothing.
#[derive(Debug, Clone)]
pub struct CausalityJob {
    /// What is checked.
    pub setup: Setup,
    /// Places to cut, drawn over the history.
    pub cuts: usize,
    /// Relative difference below which two values are the same, where data begin at different bars.
    pub tolerance: f64,
}

/// What a check found.
#[derive(Debug)]
pub struct CausalityOutcome {
    /// The scenario.
    pub scenario: Scenario,
    /// Its symbols.
    pub symbols: Vec<CheckedSymbol>,
    /// How it was checked.
    pub options: CausalityOptions,
    /// How long the check took.
    pub took: Duration,
}

/// One symbol.
#[derive(Debug)]
pub struct CheckedSymbol {
    /// Its name.
    pub name: String,
    /// Its bars.
    pub loaded: Loaded,
    /// What was found.
    pub found: causality::Causality,
}

/// What runs the check; tests put a system that peeks in its place.
pub(crate) type CausalityCheck =
    fn(&Scenario, Inputs, &CausalityOptions, &Progress) -> Result<Vec<causality::Causality>>;

impl CausalityJob {
    /// The check of `setup`, as thorough as the command's.
    pub fn new(setup: Setup) -> Self {
        let CausalityOptions { cuts, tolerance, .. } = CausalityOptions::default();
        Self { setup, cuts, tolerance }
    }

    /// Does all of it.
    ///
    /// # Errors
    /// The scenario or the data are wrong, or it was told to stop.
    pub fn run(&self, registry: &Registry, progress: &Progress) -> Result<CausalityOutcome> {
        self.run_by(check_scenario, registry, progress)
    }

    /// The same by another check.
    pub(crate) fn run_by(
        &self,
        check: CausalityCheck,
        registry: &Registry,
        progress: &Progress,
    ) -> Result<CausalityOutcome> {
        if !(0.0..1.0).contains(&self.tolerance) {
            return Err(Error::usage("--tolerance", format!("must be in 0..1, was {}", self.tolerance))
                .hint("1e-6 takes two values for the same that agree in six digits"));
        }
        let (scenario, inputs) = self.setup.read(registry, progress)?;
        let files = inputs.symbols.clone();
        let options = CausalityOptions { cuts: self.cuts, tolerance: self.tolerance, seed: scenario.seed };
        let clock = Instant::now();
        let found = check(&scenario, inputs, &options, progress)?;
        let took = clock.elapsed();
        let named = files.into_iter().zip(found).enumerate();
        let symbols = named
            .map(|(k, (loaded, found))| {
                let name = scenario.data.name(k).to_owned();
                CheckedSymbol { name, loaded, found }
            })
            .collect();
        Ok(CausalityOutcome { scenario, symbols, options, took })
    }
}

impl CausalityOutcome {
    /// Whether nothing reads what it cannot know.
    pub fn is_clean(&self) -> bool {
        self.symbols.iter().all(|s| s.found.clean)
    }

    /// The document of `assay check causality --format json`: that of the one symbol, or one a symbol.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn document(&self) -> Result<Value> {
        let one = |s: &CheckedSymbol| {
            let (loaded, o) = (&s.loaded, &self.options);
            Ok(json!({
                "scenario": self.scenario.name,
                "symbol": s.name,
                "data": { "file": loaded.file_name, "sha256": loaded.sha256, "synthetic": loaded.synthetic },
                "options": { "cuts": o.cuts, "tolerance": o.tolerance, "seed": o.seed },
                "causality": value(&s.found)?,
            }))
        };
        match &self.symbols[..] {
            [only] => one(only),
            all => Ok(json!({ "symbols": all.iter().map(one).collect::<Result<Vec<_>>>()? })),
        }
    }
}
