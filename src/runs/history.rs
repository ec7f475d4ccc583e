//! A history prepared once, on which settings of a scenario are run.
//!
//! What several settings share (feature columns, columns of the system, labels, costs by the bar) is computed
//! once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::in_order::in_order;
use super::inputs::Inputs;
use super::lengths::{enough, left};
use super::market_inputs::MarketInputs;
use super::marks::Marks;
use super::promises;
use crate::data::{LabelFile, Loaded};
use crate::error::{Error, Result};
use crate::features::FeatureCache;
use crate::market::format_time;
use crate::regime::{Labeller, NO_REGIME, RegimeScheme};
use crate::replay::{Clock, Extremes, Market};
use crate::scenario::{LabelsBy, Scenario};
use crate::system::{Extra, Labels, Opaque, ParamSet, SymbolData, SystemRef};

/// Bytes of feature columns that are kept for other settings.
const CACHE_BYTES: usize = 1 << 28;

/// A history on which settings of a scenario are run.
#[derive(Debug)]
pub struct History {
    pub(super) inputs: Inputs,
    caches: Vec<FeatureCache>,
    names: Vec<String>,
    instruments: Vec<crate::market::Instrument>,
    pub(super) clock: Clock,
    extremes: OnceLock<Extremes>,
    marks: OnceLock<Marks>,
    /// Whether many settings are run on it.
    many: AtomicBool,
    /// Whether it is a part of what its files are about.
    partial: bool,
    /// Labels that do not depend on the system.
    lent: OnceLock<Vec<Arc<Labels>>>,
}

/// What settings that read the bars alike share.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// What the system reads of each symbol.
    pub columns: Arc<Vec<Opaque>>,
    /// What a replay needs of each symbol beside its bars.
    pub markets: Arc<Vec<MarketInputs>>,
    /// Files beside the bars.
    extras: Vec<Arc<Extra>>,
    /// The regime of each bar of each symbol, where the system labels.
    labels: Arc<OnceLock<Vec<Arc<Labels>>>>,
}

impl History {
    /// Prepares `inputs` for many settings of `scenario`: the memory of shared columns is bounded.
    ///
    /// # Errors
    /// The files of the scenario do not fit together.
    pub fn new(scenario: &Scenario, inputs: Inputs) -> Result<Self> {
        Self::bounded(scenario, inputs, CACHE_BYTES)
    }

    /// The same for one setting, whose columns are all kept while it is run.
    ///
    /// # Errors
    /// The files of the scenario do not fit together.
    pub fn once(scenario: &Scenario, inputs: Inputs) -> Result<Self> {
        Self::bounded(scenario, inputs, usize::MAX)
    }

    /// The same of a part of the bars that the files beside them are about.
    ///
    /// # Errors
    /// The files of the scenario do not fit together.
    pub fn part(scenario: &Scenario, inputs: Inputs) -> Result<Self> {
        Ok(Self { partial: true, ..Self::once(scenario, inputs)? })
    }

    fn bounded(scenario: &Scenario, inputs: Inputs, bytes: usize) -> Result<Self> {
        let inputs = inputs.checked()?.with_extras(scenario)?;
        let caches =
            inputs.symbols.iter().map(|l| FeatureCache::new(l.bars.clone()).bounded(bytes)).collect();
        let markets: Vec<Market<'_>> = inputs.symbols.iter().map(|l| Market::from(&l.bars)).collect();
        Ok(Self {
            clock: Clock::of(&markets).with_days(),
            caches,
            names: (0..inputs.symbols.len()).map(|k| scenario.data.name(k).to_owned()).collect(),
            instruments: scenario.instruments.clone(),
            inputs,
            extremes: OnceLock::new(),
            marks: OnceLock::new(),
            many: AtomicBool::new(false),
            partial: false,
            lent: OnceLock::new(),
        })
    }

    /// Steps of the history: bars, where there is one symbol.
    pub fn steps(&self) -> usize {
        self.clock.len()
    }

    /// The files.
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// The files, given back.
    pub fn into_inputs(self) -> Inputs {
        self.inputs
    }

    /// The features of the bars of symbol `k`, given back.
    pub(super) fn into_features(mut self, k: usize) -> FeatureCache {
        self.caches.swap_remove(k)
    }

    /// The history of the first symbol.
    pub fn loaded(&self) -> &Loaded {
        &self.inputs.symbols[0]
    }

    /// The clock of all symbols.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What a system is given of symbol `k`, and of the files `extras` beside the bars.
    pub fn symbol<'a>(&'a self, k: usize, extras: &'a [Arc<Extra>]) -> SymbolData<'a> {
        SymbolData {
            index: k,
            name: &self.names[k],
            features: &self.caches[k],
            instrument: &self.instruments[k],
            extras,
            many_settings: self.many.load(Ordering::Relaxed),
            partial: self.partial,
            opens_in_file: self.inputs.symbols[k].whole.open_time(),
        }
    }

    /// What a system is given of every symbol.
    pub fn symbols<'a>(&'a self, prepared: &'a Prepared) -> Vec<SymbolData<'a>> {
        (0..self.caches.len()).map(|k| self.symbol(k, &prepared.extras)).collect()
    }

    /// Many settings follow: parts of columns are worth keeping.
    pub fn for_many(&self) {
        self.many.store(true, Ordering::Relaxed);
    }

    /// First step at whose close `scenario` may decide: its warm-up is over, and `data.from` is reached.
    pub fn first(&self, scenario: &Scenario) -> usize {
        self.warm(scenario.system.warmup(&scenario.params)).max(self.asked(scenario))
    }

    /// First step that opens at `data.from` or later.
    pub fn asked(&self, scenario: &Scenario) -> usize {
        scenario.data.from_ms().map_or(0, |ms| self.clock.step_from(ms))
    }

    /// First step at whose close a warm-up of so many bars is over, of any symbol. A symbol may be shorter than its warm-up;
    /// that is refused where it is prepared.
    pub fn warm(&self, warmup: usize) -> usize {
        match self.caches.len() {
            1 => warmup,
            n => (0..n).map(|k| self.clock.step_of(k, warmup)).min().unwrap_or(0),
        }
    }

    /// Refuses what is too short for a warm-up of so many bars and two bars to trade, from step `first` on.
    ///
    /// # Errors
    /// A symbol has too few bars, or none is left to trade.
    pub fn must_last(&self, warmup: usize, first: usize) -> Result<()> {
        for l in &self.inputs.symbols {
            enough(&l.file_name, l.bars.len(), warmup)?;
        }
        left(self.loaded(), self.steps(), first)
    }

    /// First bar of each symbol at whose close `scenario` may decide, in a run that begins at step `first`.
    pub(super) fn firsts(&self, scenario: &Scenario, first: usize) -> Vec<usize> {
        let warmup = scenario.system.warmup(&scenario.params);
        (0..self.caches.len()).map(|k| warmup.max(self.clock.bar_at(k, first))).collect()
    }

    /// What `scenario` shares with every other setting that reads the bars the same way and meets the same
    /// costs.
    ///
    /// # Errors
    /// Its costs need something that is not in the data, or the history is too short for it.
    pub fn prepare(&self, scenario: &Scenario) -> Result<Prepared> {
        self.must_last(scenario.system.warmup(&scenario.params), self.first(scenario))?;
        let extras = self.inputs.extras_of(scenario)?;
        let columns = in_order(
            (0..self.caches.len())
                .into_par_iter()
                .map(|k| scenario.system.columns(&self.symbol(k, &extras), &scenario.params)),
        )?;
        self.prepare_with(scenario, columns, extras)
    }

    /// Whether two settings read the first bars of the first symbol differently, as far as their columns show
    /// what they hold.
    ///
    /// # Errors
    /// An input does not belong to the bars.
    pub fn reads_apart(&self, a: &Scenario, b: &Scenario) -> Result<bool> {
        let bars = &self.loaded().bars;
        let warmup = a.system.warmup(&a.params).max(b.system.warmup(&b.params));
        let some = bars.slice(0, bars.len().min(warmup + 500));
        let extras = self.inputs.extras_of(a)?;
        let shown = |s: &Scenario| {
            let cache = FeatureCache::new(some.clone());
            let of = SymbolData {
                features: &cache,
                many_settings: false,
                partial: true,
                ..self.symbol(0, &extras)
            };
            Ok(format!("{:?}", s.system.columns(&of, &s.params)?))
        };
        let before = shown(a)?;
        // What shows itself differently each time cannot be compared.
        Ok(shown(b)? != before && shown(a)? == before)
    }

    /// The same of columns that are there already.
    pub(super) fn prepare_with(
        &self,
        scenario: &Scenario,
        columns: Vec<Opaque>,
        extras: Vec<Arc<Extra>>,
    ) -> Result<Prepared> {
        let markets = Arc::new(self.market_inputs(scenario)?);
        Ok(Prepared { columns: Arc::new(columns), markets, extras, labels: Arc::default() })
    }

    /// The same with other costs.
    ///
    /// # Errors
    /// The costs need something that is not in the data.
    pub fn with_costs(&self, prepared: &Prepared, scenario: &Scenario) -> Result<Prepared> {
        Ok(Prepared { markets: Arc::new(self.market_inputs(scenario)?), ..prepared.clone() })
    }

    /// The same with other columns, such as under other labels.
    #[must_use]
    pub fn with_columns(&self, prepared: &Prepared, columns: Vec<Opaque>) -> Prepared {
        Prepared { columns: Arc::new(columns), labels: Arc::default(), ..prepared.clone() }
    }

    fn market_inputs(&self, scenario: &Scenario) -> Result<Vec<MarketInputs>> {
        let of = |k: usize| MarketInputs::of(scenario, &self.inputs, k, &self.caches[k]);
        in_order((0..self.caches.len()).into_par_iter().map(of))
    }

    /// The regime of each bar of each symbol, as `scenario` labels it: by its own system, or by whatever its
    /// `[regimes] by` names.
    ///
    /// # Errors
    /// A system gave labels of another length, or before its warm-up.
    pub fn labels(&self, scenario: &Scenario, prepared: &Prepared) -> Result<Vec<Arc<Labels>>> {
        if !scenario.own_labels() {
            return self.other_labels(scenario);
        }
        if let Some(labels) = prepared.labels.get() {
            return Ok(labels.clone());
        }
        let labels = self.own_labels(scenario, &prepared.columns)?;
        Ok(prepared.labels.get_or_init(|| labels).clone())
    }

    /// The labels that a system gives with its columns.
    pub(super) fn own_labels(&self, scenario: &Scenario, columns: &[Opaque]) -> Result<Vec<Arc<Labels>>> {
        let system = scenario.system;
        let warmup = system.warmup(&scenario.params);
        let of = |(k, columns): (usize, &Opaque)| self.checked(system, k, system.labels(columns), warmup);
        columns.iter().enumerate().map(of).collect()
    }

    /// Labels that do not depend on the system: the same for every setting.
    pub(super) fn other_labels(&self, scenario: &Scenario) -> Result<Vec<Arc<Labels>>> {
        if let Some(labels) = self.lent.get() {
            return Ok(labels.clone());
        }
        let rules = |labeller: &Labeller| {
            let of = |l: &Loaded| Arc::new(Labels::of(labeller.labels(&l.bars, scenario.seed)));
            self.inputs.symbols.par_iter().map(of).collect()
        };
        let labels = match &scenario.regimes.by {
            LabelsBy::Lent(lender, params) => self.lent_by(*lender, params)?,
            LabelsBy::Rules(labeller) => rules(labeller),
            LabelsBy::File(_) => self.filed()?,
            LabelsBy::System | LabelsBy::Nobody => {
                self.inputs.symbols.iter().map(|l| Arc::new(Labels::none(l.bars.len()))).collect()
            }
        };
        if scenario.regimes.chosen && !self.partial {
            self.some(scenario, &labels)?;
        }
        Ok(self.lent.get_or_init(|| labels).clone())
    }

    /// The labels of a file, by the time each is known.
    fn filed(&self) -> Result<Vec<Arc<Labels>>> {
        let file =
            self.inputs.labels().ok_or_else(|| Error::internal("labels", "their file was not read"))?;
        let of = |(name, l): (&String, &Loaded)| Arc::new(Labels::of(file.at_closes(name, &l.bars)));
        Ok(self.names.iter().zip(&self.inputs.symbols).map(of).collect())
    }

    /// Refuses labels that were chosen, and label no bar of a symbol.
    fn some(&self, scenario: &Scenario, labels: &[Arc<Labels>]) -> Result<()> {
        let none = labels.iter().position(|l| l.codes.iter().all(|c| *c == NO_REGIME));
        let Some(k) = none else { return Ok(()) };
        let l = &self.inputs.symbols[k];
        let why = match self.inputs.labels().and_then(LabelFile::first_ms) {
            Some(ms) => format!("the first label of the file is known at {}", format_time(ms)),
            None => {
                let warmup = scenario.label_warmup(&l.bars).unwrap_or(0);
                format!("these labels warm up for {warmup} bars, and there are {}", l.bars.len())
            }
        };
        Err(Error::data(&l.file_name, format!("no bar gets a label: {why}"))
            .hint("give more history, or other labels by regimes.by"))
    }

    /// What the codes of the labels of `scenario` stand for.
    ///
    /// # Errors
    /// The colours of the scenario do not fit the regimes of its file.
    pub fn regimes(&self, scenario: &Scenario) -> Result<RegimeScheme> {
        let of = |system: SystemRef| system.about().regimes.cloned().unwrap_or_default();
        let scheme = match &scenario.regimes.by {
            LabelsBy::System => of(scenario.system),
            LabelsBy::Lent(lender, _) => of(*lender),
            LabelsBy::Rules(labeller) => labeller.scheme()?,
            LabelsBy::File(_) => self.inputs.labels().map(|l| l.regimes.clone()).unwrap_or_default(),
            LabelsBy::Nobody => RegimeScheme::default(),
        };
        if scenario.regimes.colours.is_empty() {
            return Ok(scheme);
        }
        let names = scheme.names().join(", ");
        scheme.coloured(&scenario.regimes.colours).map_err(|e| {
            Error::scenario("regimes.colours", e).hint(format!("give one colour for each of {names}"))
        })
    }

    fn lent_by(&self, lender: SystemRef, params: &ParamSet) -> Result<Vec<Arc<Labels>>> {
        let warmup = lender.warmup(params);
        in_order((0..self.caches.len()).into_par_iter().map(|k| {
            // Labels need a warm-up of their own; a shorter history has none.
            let long = self.inputs.symbols[k].bars.len() > warmup;
            let columns = long.then(|| lender.columns(&self.symbol(k, &[]), params)).transpose()?;
            self.checked(lender, k, columns.and_then(|c| lender.labels(&c)), warmup)
        }))
    }

    fn checked(
        &self,
        system: SystemRef,
        k: usize,
        labels: Option<Labels>,
        warmup: usize,
    ) -> Result<Arc<Labels>> {
        let n = self.inputs.symbols[k].bars.len();
        // Of a history shorter than the warm-up there is nothing to label.
        if n <= warmup {
            return Ok(Arc::new(Labels::none(n)));
        }
        promises::labelling(system, labels.as_ref())?;
        let Some(labels) = labels else { return Ok(Arc::new(Labels::none(n))) };
        promises::labels(system, &labels, n, warmup)?;
        Ok(Arc::new(labels))
    }

    pub(super) fn extremes(&self) -> &Extremes {
        self.extremes.get_or_init(|| Extremes::of(&self.inputs.symbols[0].bars))
    }

    pub(super) fn marks(&self) -> &Marks {
        self.marks.get_or_init(|| Marks::of(&self.clock))
    }
}
