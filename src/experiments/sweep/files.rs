//! Which files a sweep reads, so that another file is another sweep.

use super::space::Space;
use crate::data::Loaded;
use crate::error::{Error, Result};
use crate::runs::{History, Provenance};
use crate::scenario::{AxisValues, Scenario};

/// What the scenario reads, then the files that an axis names.
///
/// # Errors
/// A file cannot be read.
pub fn provenance(scenario: &Scenario, history: &History, space: &Space) -> Result<Provenance> {
    let mut all = history.inputs().provenance(scenario);
    // Some candidates may read the spread where the scenario does not.
    if space.keys().iter().any(|k| k == "execution.spread_from") {
        let ids = history.inputs().symbols.iter().filter_map(Loaded::spread_id);
        all.ids.extend(ids.map(|id| ("spread of an axis".to_owned(), id)));
    }
    for input in scenario.system.about().inputs {
        let key = format!("params.{}", input.parameter);
        let Some(axis) = space.keys().iter().position(|k| *k == key) else { continue };
        let AxisValues::List(values) = space.values(axis) else { continue };
        for value in values {
            let mut s = scenario.clone();
            s.assign(&key, value).map_err(|e| Error::internal("sweep", e))?;
            for extra in history.inputs().extras_of(&s)? {
                let file = (extra.file.clone(), extra.data.sha256().to_owned());
                if !all.files.contains(&file) {
                    all.files.push(file);
                }
                all.ids.push((format!("{key} {}", extra.name), extra.data.id()));
            }
        }
    }
    Ok(all)
}
