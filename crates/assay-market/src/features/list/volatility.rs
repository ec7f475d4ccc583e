//! Ranges and deviations.

use super::{factor, window};
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
            kernels::true_range(c.bars().high(), c.bars().low(), c.bars().close(), |_| f64::NAN).into()
        },
    },
    Feature {
        name: "atr",
        parameters: &[window(14.0)],
        range: ">= 0",
        meaning: "Wilder's average true range, price",
        first_row: |p| p[0],
        kernel: |c, p| {
            kernels::atr(c.bars().high(), c.bars().low(), c.bars().close(), p[0] as usize, |_| f64::NAN)
                .into()
        },
    },
    Feature {
        name: "natr",
        parameters: &[window(14.0)],
        range: ">= 0",
        meaning: "average true range, percent of the close",
        first_row: |p| p[0],
        kernel: |c, p| {
            let b = c.bars();
            let mut out = kernels::atr(b.high(), b.low(), b.close(), p[0] as usize, |_| f64::NAN);
            out.iter_mut().zip(b.close()).for_each(|(range, close)| *range = 100.0 * (*range / close));
            out.into()
        },
    },
    Feature {
        name: "std",
        parameters: &[window(20.0)],
        range: ">= 0",
        meaning: "population standard deviation of the close, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::rolling_std(c.bars().close(), p[0] as usize).into(),
    },
    Feature {
        name: "variance",
        parameters: &[window(20.0)],
        range: ">= 0",
        meaning: "population variance of the close, price squared",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::rolling_variance(c.bars().close(), p[0] as usize).into(),
    },
    Feature {
        name: "bollinger_upper",
        parameters: &[window(20.0), factor("deviations", 2.0)],
        range: "price",
        meaning: "simple average of the close plus `deviations` population deviations, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| {
            let mut out = c.get("sma", &p[..1]).to_vec();
            out.iter_mut().zip(&c.get("std", &p[..1])[..]).for_each(|(mean, d)| *mean += p[1] * d);
            out.into()
        },
    },
    Feature {
        name: "bollinger_middle",
        parameters: &[window(20.0)],
        range: "price",
        meaning: "simple average of the close, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| c.get("sma", p),
    },
    Feature {
        name: "bollinger_lower",
        parameters: &[window(20.0), factor("deviations", 2.0)],
        range: "price",
        meaning: "simple average of the close less `deviations` population deviations, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| {
            let mut out = c.get("sma", &p[..1]).to_vec();
            out.iter_mut().zip(&c.get("std", &p[..1])[..]).for_each(|(mean, d)| *mean -= p[1] * d);
            out.into()
        },
    },
    Feature {
        name: "log_return_std",
        parameters: &[window(20.0)],
        range: ">= 0",
        meaning: "population standard deviation of one-bar log returns",
        first_row: |p| p[0],
        kernel: |c, p| kernels::rolling_std(&c.get("log_return", &[]), p[0] as usize).into(),
    },
];
