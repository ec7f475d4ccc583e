//! Small sections of the scenario file.

use serde::{Deserialize, Serialize};

use super::raw::Raw;
use super::source::refused;
use crate::error::Result;

/// `[gate]`: what the run is judged by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gate {
    /// Criteria files, relative to the project root.
    pub criteria: Vec<String>,
    /// Whether an interval that holds the bound makes a criterion inconclusive.
    pub strict: bool,
    /// Bootstrap resamples behind every interval.
    pub resamples: u32,
}

impl Gate {
    /// The section of a resolved scenario, whatever its system: a run is judged by programs that do not know
    /// it, or know another version of it.
    ///
    /// # Errors
    /// The text is no scenario.
    pub fn of_resolved(text: &str, shown: &str) -> Result<Self> {
        toml::from_str(text).map(|raw: Raw| raw.gate).map_err(|e| refused(shown, text, e))
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self { criteria: vec![], strict: true, resamples: 1000 }
    }
}

/// `[report]`: what the charts show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReportOptions {
    /// First bar of the price chart, UTC; where absent, the window around the most trades is chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_from: Option<String>,
    /// Bars of the price chart.
    pub price_bars: usize,
}

impl Default for ReportOptions {
    fn default() -> Self {
        Self { price_from: None, price_bars: 240 }
    }
}
