//! Trading systems: each composes regime, signals and sizing into decisions.

pub mod targets;
pub mod unified;
