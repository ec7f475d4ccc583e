//! Direction, channels and trailing stops.

use super::{factor, named, window};
use crate::features::registry::Feature;
use crate::indicators as kernels;

pub(super) static FEATURES: &[Feature] = &[
    Feature {
        name: "highest",
        parameters: &[window(20.0)],
        range: "price",
        meaning: "highest high of the last rows, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::rolling_max(c.bars().high(), p[0] as usize),
    },
    Feature {
        name: "lowest",
        parameters: &[window(20.0)],
        range: "price",
        meaning: "lowest low of the last rows, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::rolling_min(c.bars().low(), p[0] as usize),
    },
    Feature {
        name: "ut_distance",
        parameters: &[named("period", 10.0), factor("sensitivity", 1.0)],
        range: ">= 0",
        meaning: "distance the UT-bot stop keeps, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| {
            let mut distance = kernels::rma(&c.get("unified_true_range", &[]), p[0] as usize);
            distance.iter_mut().for_each(|d| *d *= p[1]);
            distance
        },
    },
    Feature {
        name: "ut_stop",
        parameters: &[named("period", 10.0), factor("sensitivity", 1.0)],
        range: "price",
        meaning: "the UT-bot trailing stop, price",
        first_row: |p| p[0],
        kernel: |c, p| kernels::ut_stop(c.bars().close(), &c.get("ut_distance", p), p[0] as usize),
    },
];
