//! Rates of change and oscillators.

use super::{named, window};
use std::sync::Arc;

use crate::features::registry::Feature;
use crate::features::{FeatureCache, FeatureColumn};
use crate::indicators as kernels;

fn stochastic(c: &FeatureCache, p: &[f64]) -> Arc<[FeatureColumn]> {
    c.group("stochastic", p, || {
        let b = c.bars();
        let [window, slow, signal] = [0, 1, 2].map(|k| p[k] as usize);
        kernels::stochastic(b.high(), b.low(), b.close(), window, slow, signal).into()
    })
}

fn stochastic_rsi(c: &FeatureCache, p: &[f64]) -> Arc<[FeatureColumn]> {
    c.group("stochastic_rsi", p, || {
        kernels::stochastic_rsi(c.bars().close(), p[0] as usize, p[1] as usize, p[2] as usize).into()
    })
}

fn macd(c: &FeatureCache, p: &[f64]) -> Arc<[FeatureColumn]> {
    c.group("macd", p, || kernels::macd(c.bars().close(), p[0] as usize, p[1] as usize, p[2] as usize).into())
}

pub(super) static FEATURES: &[Feature] = &[
    Feature {
        name: "rsi",
        parameters: &[window(14.0)],
        range: "0..100",
        meaning: "Wilder's relative strength index; 0 where the close never moved",
        first_row: |p| p[0],
        kernel: |c, p| kernels::rsi(c.bars().close(), p[0] as usize, 0.0).into(),
    },
    Feature {
        name: "cmo",
        parameters: &[window(14.0)],
        range: "-100..100",
        meaning: "Chande's momentum oscillator over Wilder's means; 0 where the close never moved",
        first_row: |p| p[0],
        kernel: |c, p| kernels::cmo(c.bars().close(), p[0] as usize).into(),
    },
    Feature {
        name: "momentum",
        parameters: &[window(10.0)],
        range: "any",
        meaning: "close less the close `window` bars before, price",
        first_row: |p| p[0],
        kernel: |c, p| kernels::momentum(c.bars().close(), p[0] as usize).into(),
    },
    Feature {
        name: "roc",
        parameters: &[window(10.0)],
        range: "above -100",
        meaning: "percent change of the close over `window` bars",
        first_row: |p| p[0],
        kernel: |c, p| kernels::roc(c.bars().close(), p[0] as usize).into(),
    },
    Feature {
        name: "williams_r",
        parameters: &[window(14.0)],
        range: "-100..0",
        meaning: "Williams' %R: distance of the close from the highest high, percent of the range",
        first_row: |p| p[0] - 1,
        kernel: |c, p| {
            kernels::williams_r(c.bars().high(), c.bars().low(), c.bars().close(), p[0] as usize).into()
        },
    },
    Feature {
        name: "cci",
        parameters: &[window(20.0)],
        range: "any",
        meaning: "commodity channel index: typical price from its mean, in 0.015 mean deviations",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::cci(c.bars().high(), c.bars().low(), c.bars().close(), p[0] as usize).into(),
    },
    Feature {
        name: "stoch_k",
        parameters: &[window(5.0), named("slow", 3.0)],
        range: "0..100",
        meaning: "stochastic %K: place of the close in the range, averaged over `slow` bars",
        first_row: |p| p[0] + p[1] - 2,
        kernel: |c, p| stochastic(c, &[p[0], p[1], 1.0])[0].clone(),
    },
    Feature {
        name: "stoch_d",
        parameters: &[window(5.0), named("slow", 3.0), named("signal", 3.0)],
        range: "0..100",
        meaning: "stochastic %D: %K averaged over `signal` bars",
        first_row: |p| p[0] + p[1] + p[2] - 3,
        kernel: |c, p| stochastic(c, p)[1].clone(),
    },
    Feature {
        name: "stoch_rsi_k",
        parameters: &[window(14.0), named("k_window", 5.0)],
        range: "0..100",
        meaning: "place of the RSI in its own range over `k_window` bars",
        first_row: |p| p[0] + p[1] - 1,
        kernel: |c, p| stochastic_rsi(c, &[p[0], p[1], 1.0])[0].clone(),
    },
    Feature {
        name: "stoch_rsi_d",
        parameters: &[window(14.0), named("k_window", 5.0), named("d_window", 3.0)],
        range: "0..100",
        meaning: "the same averaged over `d_window` bars",
        first_row: |p| p[0] + p[1] + p[2] - 2,
        kernel: |c, p| stochastic_rsi(c, p)[1].clone(),
    },
    Feature {
        name: "macd",
        parameters: &[named("fast", 12.0), named("slow", 26.0)],
        range: "any",
        meaning: "fast less slow exponential average of the close, price",
        first_row: |p| p[0].max(p[1]) - 1,
        kernel: |c, p| macd(c, &[p[0], p[1], 9.0])[0].clone(),
    },
    Feature {
        name: "macd_signal",
        parameters: &[named("fast", 12.0), named("slow", 26.0), named("signal", 9.0)],
        range: "any",
        meaning: "exponential average of the MACD line, price",
        first_row: |p| p[0].max(p[1]) + p[2] - 2,
        kernel: |c, p| macd(c, p)[1].clone(),
    },
    Feature {
        name: "macd_histogram",
        parameters: &[named("fast", 12.0), named("slow", 26.0), named("signal", 9.0)],
        range: "any",
        meaning: "MACD line less its signal, price",
        first_row: |p| p[0].max(p[1]) + p[2] - 2,
        kernel: |c, p| macd(c, p)[2].clone(),
    },
    Feature {
        name: "tsi",
        parameters: &[window(25.0), named("signal", 13.0)],
        range: "-100..100",
        meaning: "true strength: the change of the close averaged twice, over the same of its size",
        first_row: |p| p[0] + p[1] - 1,
        kernel: |c, p| kernels::tsi(c.bars().close(), p[0] as usize, p[1] as usize).into(),
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
            out.into()
        },
    },
];
