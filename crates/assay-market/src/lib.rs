//! Bars, what is computed of them (indicators, named features, regime labels), and how an order is filled
//! inside one.

use assay_base::{choices, error, random};

pub mod execution;
pub mod features;
pub mod indicators;
pub mod market;
pub mod regime;
