//! Ranges and deviations.

use super::window;
use crate::features::registry::Feature;
use crate::indicators as kernels;

pub(super) static FEATURES: &[Feature] = &[
    Feature {
        name: "true_range",
        parameters: &[],
        range: ">= 0",
        meaning: "Wilder's true range, price",
        first_row: |_| 1,
        kernel: |c, _| {
            let mut range = c.get("unified_true_range", &[]).to_vec();
            range.iter_mut().take(1).for_each(|r| *r = f64::NAN);
            range
        },
    },
    Feature {
        name: "atr",
        parameters: &[window(14.0)],
        range: ">= 0",
        meaning: "Wilder's average true range, price",
        first_row: |p| p[0],
        kernel: |c, p| {
            // The first bar has no close before it, and its range is left out of the seed.
            kernels::rma(&c.get("true_range", &[]), p[0] as usize)
        },
    },
    Feature {
        name: "std",
        parameters: &[window(20.0)],
        range: ">= 0",
        meaning: "population standard deviation of the close, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::rolling_std(c.bars().close(), p[0] as usize),
    },
    Feature {
        name: "log_return_std",
        parameters: &[window(20.0)],
        range: ">= 0",
        meaning: "population standard deviation of one-bar log returns",
        first_row: |p| p[0],
        kernel: |c, p| kernels::rolling_std(&c.get("log_return", &[]), p[0] as usize),
    },
];
