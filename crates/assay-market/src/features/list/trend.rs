//! Direction, channels and trailing stops.

use super::{factor, named, window};
use std::sync::Arc;

use crate::features::registry::{Feature, Parameter};
use crate::features::{FeatureCache, FeatureColumn};
use crate::indicators as kernels;

fn directional(c: &FeatureCache, p: &[f64]) -> Arc<[FeatureColumn]> {
    c.group("directional", p, || {
        let b = c.bars();
        let a = kernels::adx_talib(b.high(), b.low(), b.close(), p[0] as usize);
        vec![a.adx, a.plus, a.minus, a.dx]
    })
}

fn aroon(c: &FeatureCache, p: &[f64]) -> Arc<[FeatureColumn]> {
    c.group("aroon", p, || kernels::aroon(c.bars().high(), c.bars().low(), p[0] as usize).into())
}

/// True range whose first bar counts with its own range, price; computed once for every feature that is made
/// of it.
pub fn true_range(c: &FeatureCache) -> FeatureColumn {
    let b = c.bars();
    let made = c.group("true_range", &[], || vec![kernels::true_range(b.high(), b.low(), b.close(), |r| r)]);
    made[0].clone()
}

pub(super) static FEATURES: &[Feature] = &[
    Feature {
        name: "adx",
        parameters: &[Parameter { min: 2.0, ..window(14.0) }],
        range: "0..100",
        meaning: "Wilder's average directional index",
        first_row: |p| 2 * p[0] - 1,
        kernel: |c, p| directional(c, p)[0].clone(),
    },
    Feature {
        name: "plus_di",
        parameters: &[Parameter { min: 2.0, ..window(14.0) }],
        range: "0..100",
        meaning: "Wilder's positive directional indicator",
        first_row: |p| p[0],
        kernel: |c, p| directional(c, p)[1].clone(),
    },
    Feature {
        name: "minus_di",
        parameters: &[Parameter { min: 2.0, ..window(14.0) }],
        range: "0..100",
        meaning: "Wilder's negative directional indicator",
        first_row: |p| p[0],
        kernel: |c, p| directional(c, p)[2].clone(),
    },
    Feature {
        name: "dx",
        parameters: &[Parameter { min: 2.0, ..window(14.0) }],
        range: "0..100",
        meaning: "Wilder's directional index, of which ADX is the mean",
        first_row: |p| p[0],
        kernel: |c, p| directional(c, p)[3].clone(),
    },
    Feature {
        name: "aroon_up",
        parameters: &[window(14.0)],
        range: "0..100",
        meaning: "how recent the highest high of the last `window` + 1 bars is; 100 is this bar",
        first_row: |p| p[0],
        kernel: |c, p| aroon(c, p)[0].clone(),
    },
    Feature {
        name: "aroon_down",
        parameters: &[window(14.0)],
        range: "0..100",
        meaning: "how recent the lowest low of the last `window` + 1 bars is; 100 is this bar",
        first_row: |p| p[0],
        kernel: |c, p| aroon(c, p)[1].clone(),
    },
    Feature {
        name: "aroon_oscillator",
        parameters: &[window(14.0)],
        range: "-100..100",
        meaning: "Aroon up less Aroon down",
        first_row: |p| p[0],
        kernel: |c, p| {
            let both = aroon(c, p);
            both[0].iter().zip(&both[1][..]).map(|(up, down)| up - down).collect()
        },
    },
    Feature {
        name: "psar",
        parameters: &[
            Parameter { max: 1.0, ..factor("step", 0.02) },
            Parameter { max: 1.0, ..factor("most", 0.2) },
        ],
        range: "price",
        meaning: "Wilder's parabolic stop and reverse, price",
        first_row: |_| 1,
        kernel: |c, p| kernels::psar(c.bars().high(), c.bars().low(), p[0], p[1]).into(),
    },
    Feature {
        name: "linreg",
        parameters: &[window(14.0)],
        range: "price",
        meaning: "value now of the least-squares line through the last closes, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::linreg(c.bars().close(), p[0] as usize).into(),
    },
    Feature {
        name: "linreg_slope",
        parameters: &[window(14.0)],
        range: "any",
        meaning: "slope of that line, price a bar",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::linreg_slope(c.bars().close(), p[0] as usize).into(),
    },
    Feature {
        name: "linreg_intercept",
        parameters: &[window(14.0)],
        range: "price",
        meaning: "value of that line at the first bar of the window, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::linreg_intercept(c.bars().close(), p[0] as usize).into(),
    },
    Feature {
        name: "highest",
        parameters: &[window(20.0)],
        range: "price",
        meaning: "highest high of the last bars, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::rolling_max(c.bars().high(), p[0] as usize).into(),
    },
    Feature {
        name: "lowest",
        parameters: &[window(20.0)],
        range: "price",
        meaning: "lowest low of the last bars, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::rolling_min(c.bars().low(), p[0] as usize).into(),
    },
    Feature {
        name: "ut_distance",
        parameters: &[named("period", 10.0), factor("sensitivity", 1.0)],
        range: ">= 0",
        meaning: "distance the UT-bot stop keeps, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| {
            let mut distance = kernels::rma(&true_range(c), p[0] as usize);
            distance.iter_mut().for_each(|d| *d *= p[1]);
            distance.into()
        },
    },
    Feature {
        name: "ut_stop",
        parameters: &[named("period", 10.0), factor("sensitivity", 1.0)],
        range: "price",
        meaning: "the UT-bot trailing stop, price",
        first_row: |p| p[0],
        kernel: |c, p| kernels::ut_stop(c.bars().close(), &c.get("ut_distance", p), p[0] as usize).into(),
    },
];
