//! What happened above the system.

use serde::{Deserialize, Serialize};

/// One act of a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Bar at whose close it was decided.
    pub bar: usize,
    /// That close, milliseconds UTC.
    pub time_ms: i64,
    /// What: `stage`, `emergency_stop`, `rollback`, `redeploy`.
    pub kind: String,
    /// Why and what followed, in words.
    pub detail: String,
}
