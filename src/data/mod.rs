//! data.

pub mod synth;
