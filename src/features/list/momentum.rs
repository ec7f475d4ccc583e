//! Rates of change and oscillators.

use super::window;
use crate::features::registry::Feature;
use crate::indicators as kernels;

pub(super) static FEATURES: &[Feature] = &[
    Feature {
        name: "rsi",
        parameters: &[window(14.0)],
        range: "0..100",
        meaning: "Wilder's relative strength index; 0 where the close never moved",
        first_row: |p| p[0],
        kernel: |c, p| kernels::rsi(c.bars().close(), p[0] as usize, 0.0),
    },
    Feature {
        name: "log_return",
        parameters: &[],
        range: "any",
        meaning: "log of close over the close before",
        first_row: |_| 1,
        kernel: |c, _| {
            let close = c.bars().close();
            let mut out = vec![f64::NAN; close.len()];
            for i in 1..close.len() {
                out[i] = libm::log(close[i] / close[i - 1]);
            }
            out
        },
    },
];
