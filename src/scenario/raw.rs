//! A scenario file as serde reads it.

use serde::Deserialize;
use toml::Table;

use super::data::{Conversion, Data};
use super::sections::{Gate, ReportOptions};
use super::source::{refusal, refused, set};
use super::studies::{MonteCarlo, WalkForward};
use crate::error::{Place, Result};
use crate::replay::{Account, Execution};
use crate::risk::Risk;

/// The text as serde reads it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    pub(super) name: String,
    pub(super) system: String,
    /// The family of trials that runs are counted with; by default that of the system.
    #[serde(default)]
    pub(super) family: Option<String>,
    /// The version of the system that a resolved scenario was made by, where it is not the first.
    #[serde(default)]
    pub(super) system_version: Option<u32>,
    /// The system and version that lent the labels, where they are not those every program has.
    #[serde(default)]
    pub(super) labels_by: Option<String>,
    #[serde(default = "default_seed")]
    pub(super) seed: u64,
    pub(super) data: Data,
    #[serde(default)]
    pub(super) account: Account,
    #[serde(default)]
    pub(super) instrument: Vec<Table>,
    #[serde(default)]
    pub(super) conversion: Vec<Conversion>,
    #[serde(default)]
    pub(super) execution: Execution,
    #[serde(default)]
    pub(super) risk: Risk,
    #[serde(default)]
    pub(super) params: Table,
    #[serde(default)]
    pub(super) regimes: Table,
    #[serde(default)]
    pub(super) gate: Gate,
    #[serde(default)]
    pub(super) report: ReportOptions,
    #[serde(default)]
    pub(super) sweep: Table,
    #[serde(default)]
    pub(super) montecarlo: MonteCarlo,
    #[serde(default)]
    pub(super) walkforward: WalkForward,
}

fn default_seed() -> u64 {
    42
}

/// `text` with assignments applied, read again.
pub(super) fn assigned(text: &str, shown: &str, assignments: &[String]) -> Result<Raw> {
    let mut table: Table = toml::from_str(text).map_err(|e| refused(shown, text, e))?;
    for assignment in assignments {
        let (key, _) = set(&mut table, assignment)?;
        if let Err(e) = Raw::deserialize(toml::Value::Table(table.clone())) {
            return Err(refusal(Place::given("--set", assignment).about(key), e));
        }
    }
    Raw::deserialize(toml::Value::Table(table)).map_err(|e| refusal(Place::key("--set"), e))
}
