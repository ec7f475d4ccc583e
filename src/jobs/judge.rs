//! What runs are judged by: the criteria of a scenario, or those that a run folder holds.

use std::path::{Path, PathBuf};

use crate::error::{Error, Place, Result};
use crate::gate::{Criteria, GateOptions};
use crate::progress::Progress;
use crate::runs::{RunRecord, Sources};
use crate::scenario::{Gate, Scenario};
use crate::system::Registry;

/// The criteria of a run that has none of its own.
pub(super) const HONEST: &str = include_str!("../../scenarios/criteria/honest.toml");

/// Criteria of a scenario, with the text they were read from.
pub(super) struct Judged {
    pub(super) criteria: Option<Criteria>,
    /// File name and text of each.
    pub(super) files: Vec<(String, String)>,
}

impl Judged {
    /// Reads those that a scenario names.
    pub(super) fn by(scenario: &Scenario, sources: &Sources, registry: &Registry) -> Result<Self> {
        let names = &scenario.gate.criteria;
        if names.is_empty() {
            return Ok(Self { criteria: None, files: vec![] });
        }
        let paths: Vec<PathBuf> = names.iter().map(|c| scenario.root.join(c)).collect();
        let held = names.iter().map(|n| sources.text(n)).collect::<Result<Vec<_>>>()?;
        let named = names.iter().zip(&paths).zip(&held);
        let criteria = Criteria::read_or_parse(named.map(|((name, path), text)| match text {
            Some(text) => (Path::new(name), Some(text.as_str())),
            None => (path.as_path(), None),
        }))?;
        let criteria = criteria.for_runs_of(scenario.system.name());
        known_system(&criteria, scenario.system.name(), registry, names[0].as_str())?;
        let mut files = vec![];
        for (path, held) in paths.iter().zip(held) {
            let text = match held {
                Some(text) => text,
                None => std::fs::read_to_string(path).map_err(|e| {
                    Error::scenario(path.display(), format!("cannot be read ({e})")).caused_by(e)
                })?,
            };
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if files.iter().any(|(n, _)| *n == name) {
                return Err(Error::scenario(path.display(), "two criteria files have the same name")
                    .hint("rename one: a run keeps both side by side"));
            }
            files.push((name, text));
        }
        Ok(Self { criteria: Some(criteria), files })
    }
}

/// Says so where the run is of a system that this program does not have.
pub(super) fn unknown_system(record: &RunRecord, progress: &Progress) {
    if record.system.is_none() {
        let name = &record.summary.system;
        progress.note(&format!(
            "this program has no system {name:?}: what only that system states of its runs stays open, \
             and its own charts are left out"
        ));
    }
}

/// Refuses criteria for a system that there is not: whatever they ask of its runs would not apply, and not count.
///
/// # Errors
/// Names the nearest system, and all there are.
pub(super) fn known_system(
    criteria: &Criteria,
    run: &str,
    registry: &Registry,
    place: impl Into<Place>,
) -> Result<()> {
    let system = &criteria.system;
    if system == run {
        return Ok(());
    }
    match registry.find(system) {
        Ok(_) => Ok(()),
        Err((problem, hint)) => Err(Error::scenario(place, format!("system: {problem}"))
            .hint(format!("{hint}; the run is of system {run:?}"))),
    }
}

/// How a run's scenario wants it judged.
pub(super) fn own_options(record: &RunRecord, run: &Path) -> Result<GateOptions> {
    let shown = run.join("scenario.toml").display().to_string();
    let gate = Gate::of_resolved(&record.scenario, &shown)?;
    Ok(GateOptions { strict: gate.strict, resamples: gate.resamples, no_marks: false })
}

/// The criteria a run was made with, from its folder; of one that was made without any, those that ask nothing but that
/// luck does not explain it.
pub(super) fn own_criteria(record: &RunRecord, run: &Path) -> Result<Criteria> {
    let criteria = if record.criteria.is_empty() {
        Criteria::parse(HONEST, "honest.toml")?
    } else {
        let folder = run.join("criteria");
        let paths: Vec<PathBuf> = record.criteria.iter().map(|(n, _)| folder.join(n)).collect();
        Criteria::read_all(&paths)?
    };
    Ok(criteria.for_runs_of(&record.summary.system))
}
