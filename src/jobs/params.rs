//! The systems there are, and their parameters.

use serde::Serialize;

use crate::error::{Error, Place, Result};
use crate::regime::Labeller;
use crate::system::Registry;

/// A system of a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SystemRow {
    /// Its name in scenarios.
    pub name: &'static str,
    /// Its version.
    pub version: u32,
    /// What it is.
    pub title: &'static str,
}

/// A parameter of a system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ParamRow {
    /// Its name in `[params]`.
    pub name: String,
    /// What it is without being set.
    pub default: String,
    /// What it accepts.
    pub accepts: String,
    /// What it means.
    pub meaning: String,
}

/// `assay params`: the systems there are.
pub fn systems(registry: &Registry) -> Vec<SystemRow> {
    let row = |a: &crate::system::About| SystemRow { name: a.name, version: a.version, title: a.title };
    registry.systems().iter().map(|s| row(s.about())).collect()
}

/// `assay params`: what may label the bars of a run by rules of its own, as `[regimes] by` names it.
pub fn labellers() -> [&'static str; 4] {
    Labeller::NAMES
}

/// `assay params NAME`: every parameter of a system, or every key of `[regimes]` of a labeller.
///
/// # Errors
/// There is neither of that name.
pub fn parameters(registry: &Registry, name: &str) -> Result<Vec<ParamRow>> {
    let specs = match (registry.get(name), Labeller::named(name)) {
        (None, Some(labeller)) => labeller.specs(),
        _ => {
            let unknown = |(problem, hint): (String, String)| {
                Error::usage(Place::given("system", format_args!("{name:?}")), problem).hint(hint)
            };
            registry.find(name).map_err(unknown)?.specs()
        }
    };
    let row = |s: &crate::scenario::ParamSpec| ParamRow {
        name: s.name.to_string(),
        default: s.default.to_string(),
        accepts: s.accepts.to_string(),
        meaning: s.meaning.to_string(),
    };
    Ok(specs.iter().map(row).collect())
}
