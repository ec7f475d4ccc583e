//! Bands around a price.

use std::sync::Arc;

use super::{factor, named, window};
use crate::features::registry::Feature;
use crate::features::{FeatureCache, FeatureColumn};
use crate::indicators as kernels;

fn supertrend(c: &FeatureCache, p: &[f64]) -> Arc<[FeatureColumn]> {
    c.group("supertrend", p, || {
        let b = c.bars();
        kernels::supertrend(b.high(), b.low(), b.close(), p[0] as usize, p[1]).into()
    })
}

pub(super) static FEATURES: &[Feature] = &[
    Feature {
        name: "supertrend",
        parameters: &[window(10.0), factor("factor", 3.0)],
        range: "price",
        meaning: "Supertrend: the stop `factor` average true ranges from the middle of the bar, price",
        first_row: |p| p[0],
        kernel: |c, p| supertrend(c, p)[0].clone(),
    },
    Feature {
        name: "supertrend_direction",
        parameters: &[window(10.0), factor("factor", 3.0)],
        range: "-1 or 1",
        meaning: "1 where the Supertrend lies below the price, -1 above",
        first_row: |p| p[0],
        kernel: |c, p| supertrend(c, p)[1].clone(),
    },
    Feature {
        name: "ichimoku_tenkan",
        parameters: &[window(9.0)],
        range: "price",
        meaning: "Ichimoku conversion line: middle of the range of the last bars, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::middle(c.bars().high(), c.bars().low(), p[0] as usize).into(),
    },
    Feature {
        name: "ichimoku_kijun",
        parameters: &[window(26.0)],
        range: "price",
        meaning: "Ichimoku base line: the same over more bars, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::middle(c.bars().high(), c.bars().low(), p[0] as usize).into(),
    },
    Feature {
        name: "ichimoku_senkou_a",
        parameters: &[named("tenkan", 9.0), named("kijun", 26.0)],
        range: "price",
        meaning: "Ichimoku leading span A as drawn at this bar: mean of both lines `kijun` bars ago, price",
        first_row: |p| p[0].max(p[1]) - 1 + p[1],
        kernel: |c, p| {
            let mut out = c.get("ichimoku_tenkan", &p[..1]).to_vec();
            let base = c.get("ichimoku_kijun", &p[1..]);
            out.iter_mut().zip(&base[..]).for_each(|(t, k)| *t = 0.5 * (*t + k));
            kernels::delayed(out, p[1] as usize).into()
        },
    },
    Feature {
        name: "ichimoku_senkou_b",
        parameters: &[window(52.0), named("kijun", 26.0)],
        range: "price",
        meaning: "Ichimoku leading span B as drawn at this bar: middle of the range `kijun` bars ago, price",
        first_row: |p| p[0] - 1 + p[1],
        kernel: |c, p| {
            kernels::delayed(kernels::middle(c.bars().high(), c.bars().low(), p[0] as usize), p[1] as usize)
                .into()
        },
    },
    Feature {
        name: "donchian_upper",
        parameters: &[window(20.0)],
        range: "price",
        meaning: "Donchian channel: highest high, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| c.get("highest", p),
    },
    Feature {
        name: "donchian_middle",
        parameters: &[window(20.0)],
        range: "price",
        meaning: "middle of the Donchian channel, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::middle(c.bars().high(), c.bars().low(), p[0] as usize).into(),
    },
    Feature {
        name: "donchian_lower",
        parameters: &[window(20.0)],
        range: "price",
        meaning: "Donchian channel: lowest low, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| c.get("lowest", p),
    },
    Feature {
        name: "keltner_middle",
        parameters: &[window(20.0)],
        range: "price",
        meaning: "exponential average of the close, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| c.get("ema", p),
    },
    Feature {
        name: "keltner_upper",
        parameters: &[window(20.0), named("atr_window", 10.0), factor("factor", 2.0)],
        range: "price",
        meaning: "exponential average plus `factor` average true ranges, price",
        first_row: |p| p[1].max(p[0] - 1),
        kernel: |c, p| {
            let mut out = c.get("ema", &p[..1]).to_vec();
            out.iter_mut().zip(&c.get("atr", &p[1..2])[..]).for_each(|(m, range)| *m += p[2] * range);
            out.into()
        },
    },
    Feature {
        name: "keltner_lower",
        parameters: &[window(20.0), named("atr_window", 10.0), factor("factor", 2.0)],
        range: "price",
        meaning: "exponential average less `factor` average true ranges, price",
        first_row: |p| p[1].max(p[0] - 1),
        kernel: |c, p| {
            let mut out = c.get("ema", &p[..1]).to_vec();
            out.iter_mut().zip(&c.get("atr", &p[1..2])[..]).for_each(|(m, range)| *m -= p[2] * range);
            out.into()
        },
    },
    Feature {
        name: "bollinger_bandwidth",
        parameters: &[window(20.0), factor("deviations", 2.0)],
        range: ">= 0",
        meaning: "width of the Bollinger bands over their middle",
        first_row: |p| p[0] - 1,
        kernel: |c, p| {
            let mut out = c.get("std", &p[..1]).to_vec();
            out.iter_mut().zip(&c.get("sma", &p[..1])[..]).for_each(|(d, m)| *d = 2.0 * p[1] * *d / m);
            out.into()
        },
    },
    Feature {
        name: "bollinger_percent_b",
        parameters: &[window(20.0), factor("deviations", 2.0)],
        range: "any",
        meaning: "the close's place between the Bollinger bands, 0 the lower, 1 the upper; 0.5 where they meet",
        first_row: |p| p[0] - 1,
        kernel: |c, p| {
            let mut out = c.get("zscore", &p[..1]).to_vec();
            out.iter_mut().for_each(|z| *z = 0.5 + *z / (2.0 * p[1]));
            out.into()
        },
    },
];
