//! Trading systems: each composes regime, signals and sizing into decisions.

pub mod unified;
