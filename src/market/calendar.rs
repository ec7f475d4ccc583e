//! When a market is open.

use serde::{Deserialize, Serialize};

/// When a market trades.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Calendar {
    /// Always.
    #[default]
    Always,
}
