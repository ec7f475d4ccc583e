//! A history prepared once, on which many settings of a scenario are run: the engine under sweeps, walk-forward and Monte Carlo.
//!
//! What several settings share (feature columns, readings, labels, costs by the bar) is computed once. Each run is the replay of a
//! backtest with a recorder that keeps figures instead of tables: the same numbers to the last bit.

mod figures;
mod run;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use self::run::{Marks, Run};
use super::own::SignalFile;
use super::venue::{Inputs, Venue};
use crate::data::Loaded;
use crate::error::{Error, Result};
use crate::features::FeatureCache;
use crate::market::Bars;
use crate::regime::Regime;
use crate::replay::{Clock, EntryNoise, Extremes, Market};
use crate::scenario::{Own, Scenario};
use crate::systems::targets::first_row;
use crate::systems::unified::{self, FixedParts, Readings, read, read_with};

pub use figures::{CORE_FIGURES, EDGE_FIGURES, FIGURES, REGIME_FIGURES, figure_names};
pub(crate) use figures::{COUNTS, figure};

/// Bytes of feature columns that are kept for other settings.
const CACHE_BYTES: usize = 1 << 28;

/// A history on which settings of a scenario are run.
#[derive(Debug)]
pub struct Study {
    inputs: Inputs,
    caches: Vec<FeatureCache>,
    file: Option<SignalFile>,
    clock: Clock,
    ticks: usize,
    extremes: OnceLock<Extremes>,
    marks: OnceLock<Marks>,
    /// Parts of readings that the settings of a search share.
    parts: OnceLock<FixedParts>,
    /// Labels of each symbol's bars for systems that have none of their own.
    labels: OnceLock<Vec<Vec<u8>>>,
    /// Parameters they are made by.
    label_params: unified::Params,
}

/// What settings of the same readings share.
#[derive(Debug, Clone)]
pub struct Shared {
    readings: Option<Arc<Readings>>,
    venues: Arc<Vec<Venue>>,
}

/// What is wanted of a run beside its figures.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wants {
    /// The path that hurts and the one that helps as well.
    pub edges: bool,
    /// Each regime.
    pub regimes: bool,
    /// Entries that are missed or filled in part.
    pub noise: Option<EntryNoise>,
    /// The few figures of [`CORE_FIGURES`] alone, and neither edges nor regimes.
    pub core: bool,
}

/// What a run came to.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The figures, by the names of [`figure_names`].
    pub row: Vec<f64>,
    /// Returns of each day.
    pub daily: Vec<f64>,
    /// Profit of each trade.
    pub pnl: Vec<f64>,
}

impl Study {
    /// Prepares `inputs` for settings of `scenario`.
    ///
    /// # Errors
    /// The files of the scenario do not fit together.
    pub fn new(scenario: &Scenario, inputs: Inputs) -> Result<Self> {
        let inputs = inputs.checked()?;
        let names: Vec<&str> = (0..scenario.data.count()).map(|k| scenario.data.name(k)).collect();
        let file = match &scenario.own {
            Own::Signals(p) => Some(SignalFile::read(&scenario.root.join(&p.file), &names)?),
            Own::Unified | Own::MaCross(_) => None,
        };
        let caches: Vec<FeatureCache> =
            inputs.symbols.iter().map(|l| FeatureCache::new(l.bars.clone()).bounded(CACHE_BYTES)).collect();
        let markets: Vec<Market<'_>> = inputs.symbols.iter().map(|l| Market::from(&l.bars)).collect();
        let clock = Clock::of(&markets).with_days();
        Ok(Self {
            ticks: clock.len(),
            clock,
            inputs,
            caches,
            file,
            extremes: OnceLock::new(),
            marks: OnceLock::new(),
            parts: OnceLock::new(),
            labels: OnceLock::new(),
            label_params: scenario.params.clone(),
        })
    }

    /// Ticks of the history: bars, where there is one symbol.
    pub fn ticks(&self) -> usize {
        self.ticks
    }

    /// The files.
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// Name and hash of every file that was read, the positions or orders of `scenario` among them.
    pub fn files(&self, scenario: &Scenario) -> Vec<(String, String)> {
        let mut files = vec![];
        for l in &self.inputs.symbols {
            files.push((l.file_name.clone(), l.sha256.clone()));
            files.extend(l.detail.iter().map(|d| (d.file_name.clone(), d.sha256.clone())));
            files.extend(l.funding.iter().map(|f| (f.file_name.clone(), f.sha256.clone())));
        }
        files.extend(self.inputs.conversions.iter().map(|(_, l)| (l.file_name.clone(), l.sha256.clone())));
        if let (Own::Signals(p), Some(file)) = (&scenario.own, &self.file) {
            files.push((p.file.clone(), file.sha256().to_owned()));
        }
        files
    }

    /// The files, given back.
    pub fn into_inputs(self) -> Inputs {
        self.inputs
    }

    /// The history of the first symbol.
    pub fn loaded(&self) -> &Loaded {
        &self.inputs.symbols[0]
    }

    /// The clock of all symbols.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Labels of every symbol's bars for systems that have none of their own, made when first asked for.
    fn own_labels(&self) -> &[Vec<u8>] {
        self.labels.get_or_init(|| {
            let one = |cache: &FeatureCache| {
                let n = cache.bars().len();
                if n <= unified::first_row(&self.label_params) {
                    return vec![Regime::NONE_CODE; n];
                }
                let readings = read(cache, &self.label_params);
                (0..n).map(|i| label(&readings, i)).collect()
            };
            self.caches.par_iter().map(one).collect()
        })
    }

    /// Code of the regime of each bar of symbol `k`, as `scenario` labels it.
    pub fn labels(&self, scenario: &Scenario, k: usize) -> Vec<u8> {
        if scenario.own != Own::Unified {
            return self.own_labels()[k].clone();
        }
        let readings = read(&self.caches[k], &scenario.params);
        (0..self.caches[k].bars().len()).map(|i| label(&readings, i)).collect()
    }

    /// First tick at whose close `scenario` may decide.
    pub fn first(&self, scenario: &Scenario) -> usize {
        match &scenario.own {
            Own::Unified => unified::first_row(&scenario.params),
            Own::MaCross(p) => {
                let clock = self.clock();
                (0..self.inputs.symbols.len())
                    .map(|k| clock.tick_of(k, first_row(p).min(self.inputs.symbols[k].bars.len() - 1)))
                    .min()
                    .unwrap_or(0)
            }
            Own::Signals(_) => 0,
        }
    }

    /// What `scenario` shares with every other setting that reads the bars the same way and meets the same costs.
    ///
    /// # Errors
    /// Its costs need something that is not in the data, or the history is too short for it.
    pub fn shared(&self, scenario: &Scenario) -> Result<Shared> {
        let first = self.first(scenario);
        if self.ticks < first + 2 {
            let problem = format!(
                "{} bars in range, but the warm-up of this system takes {first} and at least 2 must follow",
                self.ticks
            );
            return Err(Error::data(&self.loaded().file_name, problem)
                .hint("give more history: widen data.from and data.to, or use a longer file"));
        }
        let readings = (scenario.own == Own::Unified)
            .then(|| Arc::new(read_with(&self.caches[0], &scenario.params, self.parts.get())));
        Ok(Shared { readings, venues: Arc::new(self.venues(scenario)?) })
    }

    /// The same with other costs.
    ///
    /// # Errors
    /// The costs need something that is not in the data.
    pub fn with_venues(&self, shared: &Shared, scenario: &Scenario) -> Result<Shared> {
        Ok(Shared { readings: shared.readings.clone(), venues: Arc::new(self.venues(scenario)?) })
    }

    fn venues(&self, scenario: &Scenario) -> Result<Vec<Venue>> {
        (0..self.inputs.symbols.len())
            .map(|k| Venue::of(scenario, &self.inputs, k, &self.caches[k]))
            .collect()
    }

    /// Computes the columns that every setting of `scenario` needs, so that they are made once.
    pub fn warm(&self, scenario: &Scenario) {
        if scenario.own == Own::Unified {
            self.parts.get_or_init(|| FixedParts::of(&self.caches[0], &scenario.params));
        }
    }

    /// Runs `scenario` over the ticks of `span`: decisions from its start, or from the warm-up where that is later, to its end.
    pub fn run(
        &self,
        scenario: &Scenario,
        shared: &Shared,
        span: Range<usize>,
        wants: Wants,
    ) -> Result<Outcome> {
        let whole = span.end >= self.ticks;
        let cut: Vec<Bars>;
        let mut markets: Vec<Market<'_>> =
            self.inputs.symbols.iter().zip(shared.venues.iter()).map(|(l, v)| v.market(l)).collect();
        let full = &self.clock;
        if !whole {
            cut =
                markets.iter().enumerate().map(|(k, m)| m.bars.slice(0, full.bar_at(k, span.end))).collect();
            for (m, bars) in markets.iter_mut().zip(&cut) {
                m.bars = bars;
            }
        }
        let part;
        let clock = if whole {
            full
        } else {
            part = Clock::of(&markets).with_days();
            &part
        };
        let first = self.first(scenario).max(span.start);
        if first + 1 >= clock.len() {
            return Err(Error::internal("study", "a part of the history is shorter than the warm-up"));
        }
        let run = Run { study: self, scenario, shared, markets: &markets, clock, first, noise: wants.noise };
        run.outcome(wants)
    }
}

fn label(readings: &Readings, bar: usize) -> u8 {
    readings.get(bar).map_or(Regime::NONE_CODE, |r| r.label.regime as u8)
}
