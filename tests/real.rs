//! real.
