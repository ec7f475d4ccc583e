//! How much each source weighs, by variant and regime.

use super::SOURCE_COUNT;
use crate::choices;
use crate::systems::unified::Regime;

choices! {
    /// Which sources vote, and how they are weighted.
    pub enum Variant {
        /// Seven sources, weights by regime.
        S7 = "S7",
        /// Five sources with one set of weights and one threshold for every regime: the documents' "before".
        S5Static = "S5_static",
        /// Five sources, weights by regime.
        S5 = "S5",
        /// Six: the five and volume.
        S6V = "S6V",
        /// Six: the five and patterns.
        S6P = "S6P",
        /// The five of S7 with volume fixed at 0.10, as the upstream interface weighs them.
        Api = "API",
    }
}

impl Variant {
    /// Whether the pattern source votes.
    pub fn has_patterns(self) -> bool {
        matches!(self, Self::S7 | Self::S6P)
    }

    /// Whether the volume source votes.
    pub fn has_volume(self) -> bool {
        matches!(self, Self::S7 | Self::S6V | Self::Api)
    }

    /// Whether volume confirms signals and scales sizes (all but the five-source variants).
    pub fn uses_volume_rules(self) -> bool {
        !matches!(self, Self::S5 | Self::S5Static)
    }
}

/// Gradient, UT bot, structure, flow, ML, pattern, volume; rows in the order of [`Regime::ALL`].
type WeightTable = [[f64; SOURCE_COUNT]; Regime::COUNT];

const S5_STATIC: [f64; SOURCE_COUNT] = [0.35, 0.20, 0.25, 0.15, 0.05, 0.0, 0.0];

const S5: WeightTable = [
    [0.40, 0.15, 0.25, 0.15, 0.05, 0.0, 0.0],
    [0.10, 0.40, 0.20, 0.15, 0.15, 0.0, 0.0],
    [0.15, 0.40, 0.10, 0.20, 0.15, 0.0, 0.0],
    [0.20, 0.15, 0.35, 0.25, 0.05, 0.0, 0.0],
    [0.25, 0.15, 0.20, 0.15, 0.25, 0.0, 0.0],
];

const S6P: WeightTable = [
    [0.35, 0.12, 0.25, 0.12, 0.05, 0.11, 0.0],
    [0.08, 0.35, 0.18, 0.12, 0.10, 0.17, 0.0],
    [0.10, 0.35, 0.08, 0.18, 0.12, 0.17, 0.0],
    [0.12, 0.08, 0.25, 0.20, 0.04, 0.31, 0.0],
    [0.20, 0.10, 0.18, 0.12, 0.20, 0.20, 0.0],
];

const S7: WeightTable = [
    [0.35, 0.10, 0.20, 0.10, 0.05, 0.10, 0.10],
    [0.08, 0.35, 0.15, 0.12, 0.08, 0.14, 0.08],
    [0.08, 0.42, 0.06, 0.22, 0.08, 0.06, 0.08],
    [0.12, 0.08, 0.25, 0.18, 0.04, 0.18, 0.15],
    [0.18, 0.12, 0.12, 0.12, 0.22, 0.12, 0.12],
];

/// Weight of each source, in the order of [`super::Source::ALL`]; they sum to 1.
pub fn weights(variant: Variant, regime: Regime) -> [f64; SOURCE_COUNT] {
    let r = regime.index();
    match variant {
        Variant::S7 => S7[r],
        Variant::S5Static => S5_STATIC,
        Variant::S5 => S5[r],
        Variant::S6P => S6P[r],
        Variant::S6V => normalised({
            let mut w = S7[r];
            w[5] = 0.0;
            w
        }),
        Variant::Api => normalised({
            let mut w = S7[r];
            w[5] = 0.0;
            w[6] = 0.10;
            w
        }),
    }
}

fn normalised(mut w: [f64; SOURCE_COUNT]) -> [f64; SOURCE_COUNT] {
    let sum: f64 = w.iter().sum();
    w.iter_mut().for_each(|v| *v /= sum);
    w
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_sums_to_one_and_lacks_what_its_variant_lacks() {
        for &v in Variant::ALL {
            for r in Regime::ALL {
                let w = weights(v, r);
                assert!((w.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{} {r}", v.name());
                assert_eq!(w[5] > 0.0, v.has_patterns());
                assert_eq!(w[6] > 0.0, v.has_volume());
            }
        }
    }
}
