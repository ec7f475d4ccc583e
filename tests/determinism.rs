//! determinism.
