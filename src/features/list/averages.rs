//! Moving averages of the close.

use super::window;
use crate::features::registry::Feature;
use crate::indicators as kernels;

pub(super) static FEATURES: &[Feature] = &[
    Feature {
        name: "sma",
        parameters: &[window(20.0)],
        range: "price",
        meaning: "simple moving average of the close, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::sma(c.bars().close(), p[0] as usize),
    },
    Feature {
        name: "ema",
        parameters: &[window(20.0)],
        range: "price",
        meaning: "exponential moving average of the close, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::ema(c.bars().close(), p[0] as usize),
    },
];
