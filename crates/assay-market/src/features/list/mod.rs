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

use super::registry::{Family, Feature, Parameter};

pub use trend::true_range;

/// Every feature there is, by family, in the order of `assay features --list`.
pub static FAMILIES: &[Family] = &[
    Family { name: "averages", features: averages::FEATURES },
    Family { name: "momentum", features: momentum::FEATURES },
    Family { name: "trend", features: trend::FEATURES },
    Family { name: "channels", features: channels::FEATURES },
    Family { name: "volatility", features: volatility::FEATURES },
    Family { name: "volume", features: volume::FEATURES },
    Family { name: "statistics", features: statistics::FEATURES },
    Family { name: "structure", features: structure::FEATURES },
    Family { name: "candles", features: candles::FEATURES },
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
