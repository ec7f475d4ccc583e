//! What a scenario chooses: family, system, labels, parameters; and what is wrong with the choice.

use std::path::{Path, PathBuf};

use super::Sweep;
use super::raw::Raw;
use super::regimes::{LabelsBy, Regimes};
use super::rules::{deployment, instruments, violations};
use super::source::flatten;
use super::system::{hint_of, near};
use crate::error::{Error, Place, Result};
use crate::market::Instrument;
use crate::system::{ParamSet, Registry, SystemRef};

/// What to write instead of an empty family.
const FAMILY_HINT: &str =
    "name the idea that its trials belong to, or leave it out: then they belong to the system's own";

/// The family of trials: as given, but for blanks around it and capitals, or that of the system.
pub(super) fn family_of(given: Option<&str>, system: &str) -> String {
    let given = given.map(|f| f.trim().to_lowercase());
    given.filter(|f| *f != system.to_lowercase()).unwrap_or_else(|| system.to_owned())
}

/// What a scenario chooses beside its system, sound in itself and with the rest.
pub(super) struct ChosenParts {
    pub regimes: Regimes,
    pub preset: Option<&'static str>,
    pub params: ParamSet,
    pub instruments: Vec<Instrument>,
    pub sweep: Sweep,
}

impl ChosenParts {
    /// Those of `raw`; `place` says where a key stands.
    ///
    /// # Errors
    /// All that is wrong with the scenario, at once.
    pub fn of(
        registry: &Registry,
        raw: &Raw,
        system: SystemRef,
        place: &dyn Fn(&str) -> Place,
    ) -> Result<Self> {
        let mut faults = Faults { place, found: vec![] };
        let regimes = regimes_of(registry, raw, system, &mut faults)?;
        let (preset, params) = params_of(raw, system, &mut faults);
        let instruments = instruments(raw, &mut |rule| faults.add("instrument", rule, None));
        let sweep = Sweep::of(&raw.sweep).unwrap_or_else(|wrong| {
            for (key, rule) in wrong {
                let key = format!("sweep.{key}");
                faults.add(&key, format!("{key} {rule}"), None);
            }
            Sweep::default()
        });
        let ranges = raw.execution.violations().into_iter().chain(raw.risk.violations());
        let ranges = ranges.chain(raw.montecarlo.violations()).chain(raw.walkforward.violations());
        let ranges = ranges.chain(system.conflicts(&params)).chain(violations(raw, system.about()));
        ranges.for_each(|v| {
            let hint = (v.key == "family").then(|| FAMILY_HINT.to_owned());
            faults.add(&v.key, v.to_string(), hint);
        });
        for v in deployment(&raw.risk, system.about()) {
            let hint = "docs/concepts/deployment.md says what each rule needs of a system";
            faults.add(&v.key, v.to_string(), Some(hint.to_owned()));
        }
        faults.end()?;
        Ok(Self { regimes, preset, params, instruments, sweep })
    }
}

/// What is wrong with a scenario, as it is found: all of it is told at once.
struct Faults<'a> {
    place: &'a dyn Fn(&str) -> Place,
    found: Vec<(Place, String, Option<String>)>,
}

impl Faults<'_> {
    /// Adds one: the `rule` that the value under `key` breaks.
    fn add(&mut self, key: &str, rule: String, hint: Option<String>) {
        self.found.push(((self.place)(key), rule, hint));
    }

    /// Tells all of it.
    ///
    /// # Errors
    /// Something is wrong.
    fn end(self) -> Result<()> {
        let Some((first, rule, hint)) = self.found.first() else { return Ok(()) };
        let more: String = self.found[1..].iter().map(|(p, r, _)| format!("\n{p}: {r}")).collect();
        let error = Error::scenario(first, format!("{rule}{more}"));
        Err(error.hint(hint.as_deref().unwrap_or("the value must lie in the range given")))
    }
}

/// The system that a scenario names, of the version it was resolved for.
pub(super) fn system_of(registry: &Registry, raw: &Raw, place: &dyn Fn(&str) -> Place) -> Result<SystemRef> {
    let system = registry
        .find(&raw.system)
        .map_err(|(problem, hint)| Error::scenario(place("system"), problem).hint(hint))?;
    let (name, version) = (system.name(), system.about().version);
    match raw.system_version.filter(|v| *v != version) {
        None => Ok(system),
        Some(made_by) => Err(Error::scenario(
            place("system_version"),
            format!("was resolved for version {made_by} of {name}, and this is version {version}"),
        )
        .hint("leave system_version out to run it by this version: it will be another trial")),
    }
}

/// The labels that a run is measured by.
fn regimes_of(registry: &Registry, raw: &Raw, system: SystemRef, faults: &mut Faults<'_>) -> Result<Regimes> {
    let (regimes, wrong) = Regimes::of(&raw.regimes, system, registry);
    wrong.into_iter().for_each(|(key, rule, hint)| faults.add(&format!("regimes.{key}"), rule, hint));
    let by = labels_by(&regimes);
    if let Some(made_by) = raw.labels_by.as_ref().filter(|made_by| Some(*made_by) != by.as_ref()) {
        let now = by.as_deref().unwrap_or("the labels every program has");
        return Err(Error::scenario(
            (faults.place)("labels_by"),
            format!("was resolved with labels by {made_by}, and here they are by {now}"),
        )
        .hint("leave labels_by out to run it with these labels: it will be another trial"));
    }
    Ok(regimes)
}

/// The set of defaults that a scenario chooses, and the parameters of its system.
fn params_of(raw: &Raw, system: SystemRef, faults: &mut Faults<'_>) -> (Option<&'static str>, ParamSet) {
    let mut values = vec![];
    flatten(&raw.params, "", &mut values);
    // What chooses a set of defaults comes first, wherever it stands.
    let (chooses, preset, mut params) = match system.presets() {
        None => (None, None, system.defaults()),
        Some((parameter, sets)) => {
            let (preset, params) = chosen(parameter, sets, system.defaults(), &values, |rule| {
                faults.add(&format!("params.{parameter}"), rule, None);
            });
            (Some(parameter), preset, params)
        }
    };
    let specs = system.specs();
    for (name, value) in values.iter().filter(|(k, _)| Some(k.as_str()) != chooses) {
        let key = format!("params.{name}");
        match params.set(name, value) {
            Ok(()) => {}
            Err(Some(rule)) => faults.add(&key, format!("{key} {rule}"), hint_of(&specs, name)),
            Err(None) => {
                faults.add(&key, format!("unknown parameter {name:?}"), near(system, &specs, name));
            }
        }
    }
    (preset, params)
}

/// The set of defaults that `values` choose by `parameter`, the first where they choose none.
fn chosen(
    parameter: &str,
    sets: Vec<(&'static str, ParamSet)>,
    defaults: ParamSet,
    values: &[(String, toml::Value)],
    mut fault: impl FnMut(String),
) -> (Option<&'static str>, ParamSet) {
    let value = values.iter().find(|(k, _)| k == parameter).map(|(_, v)| v);
    let wanted = value.map_or(Some(0), |v| sets.iter().position(|(name, _)| v.as_str() == Some(name)));
    if let (None, Some(value)) = (wanted, value) {
        let names: Vec<String> = sets.iter().map(|(name, _)| format!("{name:?}")).collect();
        fault(format!("params.{parameter} must be {}, was {value}", names.join(" | ")));
    }
    sets.into_iter().nth(wanted.unwrap_or(0)).map_or((None, defaults), |(name, params)| (Some(name), params))
}

/// The folder above `scenarios/`, or the scenario's own where there is no such folder.
pub(super) fn project_root(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let above = absolute.ancestors().skip(1).find(|a| a.file_name().is_some_and(|n| n == "scenarios"));
    let root = above.and_then(Path::parent).or(absolute.parent());
    root.unwrap_or(Path::new(".")).to_owned()
}

/// Who lent the labels, in words; none where it is who lends them in every program, in its first version.
pub(super) fn labels_by(regimes: &Regimes) -> Option<String> {
    let LabelsBy::Lent(lender, _) = &regimes.by else { return None };
    let usual = Registry::built_in().labeller();
    let (name, version) = (lender.name(), lender.about().version);
    let named = format!("{name} version {version}");
    Some(named).filter(|_| version != 1 || usual.is_none_or(|u| u.name() != name))
}
