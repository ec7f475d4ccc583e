//! What the file names of a scenario stand for: things that were given under these names, or files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::data::{
    Content, LabelColumns, LabelFile, LoadRequest, Loaded, Timed, holds_orders, load, load_events,
    load_funding, load_labels, load_orders, load_positions,
};
use crate::error::{Error, Result, nearest};
use crate::market::Bars;
use crate::scenario::{AxisValues, LabelsBy, Scenario};
use crate::system::{ExtraData, ExtraKind};

/// What the file names of a scenario stand for. A name that something was given under is that; any other is
/// a file, relative to the root of the scenario. Clones share what they hold.
///
/// What is given is known by what it holds, as a file is ([`Inputs::ids`](super::Inputs::ids)); for the hash of a file
/// stands that of the bytes of a [`Content`], the identity of [`Bars`] and [`Timed`] values, and the hash that a
/// [`Loaded`] history was loaded with.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Files of bars instead of the scenario's, one a symbol, relative to the working directory. Their names
    /// then stand in the scenario's echo.
    pub instead: Vec<PathBuf>,
    held: BTreeMap<String, Arc<HeldSource>>,
}

/// Something that was given under a name.
#[derive(Debug)]
enum HeldSource {
    Bars(Box<Loaded>),
    Positions(Timed),
    Funding(Timed),
    Content(Content),
}

impl HeldSource {
    fn what(&self) -> &'static str {
        match self {
            Self::Bars(_) => "bars",
            Self::Positions(_) => "positions",
            Self::Funding(_) => "rates of funding",
            Self::Content(_) => "the content of a file",
        }
    }
}

impl Sources {
    /// Files alone.
    pub fn files() -> Self {
        Self::default()
    }

    /// These files instead of the scenario's bars, one a symbol; with none its own.
    pub fn instead_of_bars(files: Vec<PathBuf>) -> Self {
        Self { instead: files, ..Self::default() }
    }

    /// The same, and `name` stands for these bars.
    ///
    /// # Errors
    /// They are no history, as [`Loaded::of`] says.
    pub fn with_bars(self, name: &str, bars: Bars) -> Result<Self> {
        let loaded = Loaded::of(name, bars)?;
        Ok(self.with_loaded(name, loaded))
    }

    /// The same, and `name` stands for this history, read before: it keeps its file name and its hash. What
    /// lies beside its bars (finer ones, funding) is taken from the names of the scenario alone.
    #[must_use]
    pub fn with_loaded(self, name: &str, loaded: Loaded) -> Self {
        self.with(name, HeldSource::Bars(Box::new(Loaded { detail: None, funding: None, ..loaded })))
    }

    /// The same, and the name of these positions stands for them.
    #[must_use]
    pub fn with_positions(self, positions: Timed) -> Self {
        let name = positions.place.clone();
        self.with(&name, HeldSource::Positions(positions))
    }

    /// The same, and the name of these rates of funding stands for them.
    #[must_use]
    pub fn with_funding(self, rates: Timed) -> Self {
        let name = rates.place.clone();
        self.with(&name, HeldSource::Funding(rates))
    }

    /// The same, and the name of this content stands for a file of it: bars, funding, positions, orders,
    /// events, labels or criteria.
    #[must_use]
    pub fn with_content(self, content: Content) -> Self {
        let name = content.name().to_owned();
        self.with(&name, HeldSource::Content(content))
    }

    fn with(mut self, name: &str, held: HeldSource) -> Self {
        self.held.insert(name.to_owned(), Arc::new(held));
        self
    }

    /// Refuses what was given under a name that the scenario does not have: it would be left aside silently.
    ///
    /// # Errors
    /// Something was.
    pub fn check(&self, scenario: &Scenario) -> Result<()> {
        let names = names(scenario);
        match self.held.iter().find(|(name, _)| !names.contains(name)) {
            None => Ok(()),
            Some((name, held)) => {
                let problem = format!("{} given under a name that the scenario does not have", held.what());
                let hint = match nearest(name, names.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean {near:?}?"),
                    None => format!("its names are {}", names.join(", ")),
                };
                Err(Error::usage(format!("{name:?}"), problem).hint(hint))
            }
        }
    }

    /// The bars that `name` stands for.
    ///
    /// # Errors
    /// They cannot be read, or it stands for something else.
    pub fn bars(&self, root: &Path, name: &str, request: &LoadRequest) -> Result<Loaded> {
        match self.held(name) {
            None => load(&root.join(name), request),
            Some(HeldSource::Bars(loaded)) => loaded.as_ref().clone().within(request),
            Some(HeldSource::Content(content)) => content.bars(request),
            Some(other) => Err(wrong(name, other, "bars")),
        }
    }

    /// The rates of funding that `name` stands for.
    ///
    /// # Errors
    /// As [`Self::bars`].
    pub fn funding(&self, root: &Path, name: &str) -> Result<Timed> {
        match self.held(name) {
            None => load_funding(&root.join(name)),
            Some(HeldSource::Funding(rates)) => Ok(rates.clone()),
            Some(HeldSource::Content(content)) => content.funding(),
            Some(other) => Err(wrong(name, other, "rates of funding")),
        }
    }

    /// The events, or the positions or orders, that `name` stands for.
    ///
    /// # Errors
    /// As [`Self::bars`].
    pub fn extra(&self, root: &Path, name: &str, holds: ExtraKind) -> Result<ExtraData> {
        let path = root.join(name);
        if holds == ExtraKind::Events {
            let events = match self.held(name) {
                None => load_events(&path)?,
                Some(HeldSource::Content(content)) => content.events()?,
                Some(other) => return Err(wrong(name, other, "events")),
            };
            return Ok(ExtraData::Events(events));
        }
        match self.held(name) {
            None if holds_orders(&path)? => Ok(ExtraData::Orders(load_orders(&path)?)),
            None => Ok(ExtraData::Positions(load_positions(&path)?)),
            Some(HeldSource::Positions(positions)) => Ok(ExtraData::Positions(positions.clone())),
            Some(HeldSource::Content(content)) if content.holds_orders()? => {
                Ok(ExtraData::Orders(content.orders()?))
            }
            Some(HeldSource::Content(content)) => Ok(ExtraData::Positions(content.positions()?)),
            Some(other) => Err(wrong(name, other, "positions or orders")),
        }
    }

    /// The labels of regimes that `name` stands for.
    ///
    /// # Errors
    /// As [`Self::bars`].
    pub fn labels(&self, root: &Path, name: &str, columns: &LabelColumns) -> Result<LabelFile> {
        match self.held(name) {
            None => load_labels(&root.join(name), columns),
            Some(HeldSource::Content(content)) => content.labels(columns),
            Some(other) => Err(wrong(name, other, "labels")),
        }
    }

    /// The text that `name` stands for; none where it is a file.
    ///
    /// # Errors
    /// It stands for something else.
    pub fn text(&self, name: &str) -> Result<Option<String>> {
        match self.held(name) {
            None => Ok(None),
            Some(HeldSource::Content(content)) => content.text().map(Some),
            Some(other) => Err(wrong(name, other, "a text")),
        }
    }

    fn held(&self, name: &str) -> Option<&HeldSource> {
        self.held.get(name).map(Arc::as_ref)
    }

    /// What errors call the thing that `name` stands for.
    pub fn place(&self, root: &Path, name: &str) -> String {
        if self.held.contains_key(name) { name.to_owned() } else { root.join(name).display().to_string() }
    }
}

fn wrong(name: &str, held: &HeldSource, wanted: &str) -> Error {
    Error::usage(format!("{name:?}"), format!("{} given where {wanted} belong", held.what()))
        .hint("give each thing under a name of its own")
}

/// Every name of a scenario that stands for a file.
fn names(scenario: &Scenario) -> Vec<String> {
    let data = &scenario.data;
    let mut names = data.bars.clone();
    for files in [&data.detail, &data.funding] {
        names.extend((0..files.len()).filter_map(|k| files.get(k)).map(str::to_owned));
    }
    names.extend(scenario.conversion.iter().map(|c| c.bars.clone()));
    names.extend(scenario.gate.criteria.iter().cloned());
    if let LabelsBy::File(source) = &scenario.regimes.by {
        names.push(source.file.clone());
    }
    for input in scenario.system.about().inputs {
        names.push(scenario.system.text(&scenario.params, input.parameter));
        let key = format!("params.{}", input.parameter);
        let axes = scenario.sweep.axes.iter().filter(|(axis, _)| *axis == key || *axis == input.parameter);
        for (_, values) in axes {
            if let AxisValues::List(values) = values {
                names.extend(values.iter().filter_map(|v| v.as_str()).map(str::to_owned));
            }
        }
    }
    names.retain(|n| !n.is_empty());
    names
}
