//! What is said of a parameter that is wrong.

use super::ParamSpec;
use crate::error::nearest;
use crate::system::SystemRef;

/// What a parameter means, for whoever gave it a wrong value.
pub(super) fn hint_of(specs: &[ParamSpec], name: &str) -> Option<String> {
    specs.iter().find(|s| s.name == name).map(|s| s.meaning.to_owned())
}

/// The parameter that was meant, if any is alike, and where all are listed.
pub(super) fn near(system: SystemRef, specs: &[ParamSpec], name: &str) -> Option<String> {
    let all = format!("`assay params {}` prints all", system.name());
    Some(match nearest(name, specs.iter().map(|s| s.name)) {
        Some(n) => format!("did you mean {n:?}? {all}"),
        None => all,
    })
}
