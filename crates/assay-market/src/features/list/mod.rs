//! The registry: the one place where a feature's name meets its kernel, a file a family.
//!
//! Names, formulas and seeds are TA-Lib's wherever TA-Lib has the indicator; what a system wants otherwise it
//! declares itself.

mod averages;
mod candles;
mod channels;
mod momentum;
mod statistics;
mod structure;
mod trend;
mod volatility;
mod volume;

use super::registry::{Feature, FeatureFamily, Parameter};

pub use trend::true_range;

/// Every feature there is, by family, in the order of `assay features --list`.
pub static FAMILIES: &[FeatureFamily] = &[
    FeatureFamily { name: "averages", features: averages::FEATURES },
    FeatureFamily { name: "momentum", features: momentum::FEATURES },
    FeatureFamily { name: "trend", features: trend::FEATURES },
    FeatureFamily { name: "channels", features: channels::FEATURES },
    FeatureFamily { name: "volatility", features: volatility::FEATURES },
    FeatureFamily { name: "volume", features: volume::FEATURES },
    FeatureFamily { name: "statistics", features: statistics::FEATURES },
    FeatureFamily { name: "structure", features: structure::FEATURES },
    FeatureFamily { name: "candles", features: candles::FEATURES },
];

/// Every feature there is, in the order of [`FAMILIES`].
pub fn features() -> impl Iterator<Item = &'static Feature> + Clone {
    FAMILIES.iter().flat_map(|f| f.features)
}

const fn window(default: f64) -> Parameter {
    Parameter::window(default)
}

const fn named(name: &'static str, default: f64) -> Parameter {
    Parameter::named(name, default)
}

const fn factor(name: &'static str, default: f64) -> Parameter {
    Parameter::factor(name, default)
}

const SWING: Parameter = Parameter { name: "side_bars", default: 5.0, min: 1.0, max: 1_000.0 };
