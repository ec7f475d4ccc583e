//! Which files a sweep reads, so that another file is another sweep.

use super::space::Space;
use crate::error::{Error, Result};
use crate::runs::History;
use crate::scenario::{AxisValues, Scenario};

/// Name and hash of every file of the scenario, then of those that an axis names.
///
/// # Errors
/// A file cannot be read.
pub fn files(scenario: &Scenario, history: &History, space: &Space) -> Result<Vec<(String, String)>> {
    let mut files = history.files();
    for input in scenario.system.about().inputs {
        let key = format!("params.{}", input.parameter);
        let Some(axis) = space.keys().iter().position(|k| *k == key) else { continue };
        let AxisValues::List(values) = space.values(axis) else { continue };
        for value in values {
            let mut s = scenario.clone();
            s.assign(&key, value).map_err(|e| Error::internal("sweep", e))?;
            for extra in history.inputs().extras_of(&s)? {
                let file = (extra.file.clone(), extra.data.sha256().to_owned());
                if !files.contains(&file) {
                    files.push(file);
                }
            }
        }
    }
    Ok(files)
}
