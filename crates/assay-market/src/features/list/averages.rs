//! Moving averages of the close.

use super::window;
use crate::features::registry::{Feature, Parameter};
use crate::indicators as kernels;

pub(super) static FEATURES: &[Feature] = &[
    Feature {
        name: "sma",
        parameters: &[window(20.0)],
        range: "price",
        meaning: "simple moving average of the close, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::sma(c.bars().close(), p[0] as usize).into(),
    },
    Feature {
        name: "ema",
        parameters: &[window(20.0)],
        range: "price",
        meaning: "exponential moving average of the close, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::ema(c.bars().close(), p[0] as usize).into(),
    },
    Feature {
        name: "wma",
        parameters: &[window(30.0)],
        range: "price",
        meaning: "linearly weighted moving average of the close, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::wma(c.bars().close(), p[0] as usize).into(),
    },
    Feature {
        name: "dema",
        parameters: &[window(30.0)],
        range: "price",
        meaning: "double exponential moving average of the close (Mulloy), price",
        first_row: |p| 2 * (p[0] - 1),
        kernel: |c, p| kernels::dema(c.bars().close(), p[0] as usize).into(),
    },
    Feature {
        name: "tema",
        parameters: &[window(30.0)],
        range: "price",
        meaning: "triple exponential moving average of the close (Mulloy), price",
        first_row: |p| 3 * (p[0] - 1),
        kernel: |c, p| kernels::tema(c.bars().close(), p[0] as usize).into(),
    },
    Feature {
        name: "kama",
        parameters: &[window(30.0)],
        range: "price",
        meaning: "adaptive moving average of the close (Kaufman), price",
        first_row: |p| p[0],
        kernel: |c, p| kernels::kama(c.bars().close(), p[0] as usize).into(),
    },
    Feature {
        name: "hma",
        parameters: &[Parameter { min: 4.0, ..window(16.0) }],
        range: "price",
        meaning: "weighted moving average of the close that makes up for its lag (Hull), price",
        first_row: |p| p[0] + p[0].isqrt() - 2,
        kernel: |c, p| kernels::hma(c.bars().close(), p[0] as usize).into(),
    },
];
