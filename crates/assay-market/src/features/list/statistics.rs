//! Statistics of the last bars, and what is estimated from them.

use super::{named, window};
use crate::features::FeatureCache;
use crate::features::registry::{Feature, Parameter};
use crate::indicators as kernels;

fn ohlc(c: &FeatureCache) -> [&[f64]; 4] {
    let b = c.bars();
    [b.open(), b.high(), b.low(), b.close()]
}

pub(super) static FEATURES: &[Feature] = &[
    Feature {
        name: "parkinson",
        parameters: &[window(20.0)],
        range: ">= 0",
        meaning: "Parkinson's volatility a bar, from ranges",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::parkinson(ohlc(c), p[0] as usize).into(),
    },
    Feature {
        name: "garman_klass",
        parameters: &[window(20.0)],
        range: ">= 0",
        meaning: "Garman and Klass's volatility a bar, from ranges and bodies",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::garman_klass(ohlc(c), p[0] as usize).into(),
    },
    Feature {
        name: "rogers_satchell",
        parameters: &[window(20.0)],
        range: ">= 0",
        meaning: "Rogers and Satchell's volatility a bar, free of drift",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::rogers_satchell(ohlc(c), p[0] as usize).into(),
    },
    Feature {
        name: "yang_zhang",
        parameters: &[Parameter { min: 2.0, ..window(20.0) }],
        range: ">= 0",
        meaning: "Yang and Zhang's volatility a bar, gaps between bars included",
        first_row: |p| p[0],
        kernel: |c, p| kernels::yang_zhang(ohlc(c), p[0] as usize).into(),
    },
    Feature {
        name: "corwin_schultz",
        parameters: &[window(20.0)],
        range: "0..1",
        meaning: "Corwin and Schultz's spread from ranges, fraction of the price",
        first_row: |p| p[0],
        kernel: |c, p| {
            kernels::corwin_schultz(c.bars().high(), c.bars().low(), c.bars().close(), p[0] as usize).into()
        },
    },
    Feature {
        name: "abdi_ranaldo",
        parameters: &[window(20.0)],
        range: ">= 0",
        meaning: "Abdi and Ranaldo's spread from closes and mid-ranges, fraction of the price",
        first_row: |p| p[0],
        kernel: |c, p| {
            kernels::abdi_ranaldo(c.bars().high(), c.bars().low(), c.bars().close(), p[0] as usize).into()
        },
    },
    Feature {
        name: "choppiness",
        parameters: &[Parameter { min: 2.0, ..window(14.0) }],
        range: "0..100",
        meaning: "choppiness: how much of the way was back and forth; 100 where nothing moved",
        first_row: |p| p[0],
        kernel: |c, p| {
            let n = p[0] as usize;
            let mut out = kernels::rolling_sum(&c.get("true_range", &[]), n);
            let (top, bottom) = (c.get("highest", p), c.get("lowest", p));
            let scale = 100.0 / libm::log10(p[0]);
            for ((path, top), bottom) in out.iter_mut().zip(&top[..]).zip(&bottom[..]) {
                let range = top - bottom;
                *path =
                    if range == 0.0 && !path.is_nan() { 100.0 } else { scale * libm::log10(*path / range) };
            }
            out.into()
        },
    },
    Feature {
        name: "efficiency_ratio",
        parameters: &[window(10.0)],
        range: "0..1",
        meaning: "net change of the close over the sum of its absolute changes; 0 where nothing moved",
        first_row: |p| p[0],
        kernel: |c, p| kernels::efficiency_ratio(c.bars().close(), p[0] as usize).into(),
    },
    Feature {
        name: "variance_ratio",
        parameters: &[
            Parameter { min: 4.0, ..window(100.0) },
            Parameter { min: 2.0, max: 1_000.0, ..named("steps", 5.0) },
        ],
        range: ">= 0",
        meaning: "variance of `steps` returns over `steps` variances of one (Lo, MacKinlay); 1 is a random walk",
        first_row: |p| p[0].max(p[1].max(2) + 1),
        kernel: |c, p| kernels::variance_ratio(c.bars().close(), p[0] as usize, p[1] as usize).into(),
    },
    Feature {
        name: "hurst",
        parameters: &[Parameter { min: 16.0, max: 5_000.0, ..window(128.0) }],
        range: "any",
        meaning: "Hurst exponent by rescaled range; noise below 500 bars",
        first_row: |p| p[0],
        kernel: |c, p| kernels::hurst(c.bars().close(), p[0] as usize).into(),
    },
    Feature {
        name: "zscore",
        parameters: &[window(20.0)],
        range: "any",
        meaning: "distance of the close from its mean, in deviations; 0 where it does not vary",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::zscore(c.bars().close(), p[0] as usize).into(),
    },
    Feature {
        name: "percent_rank",
        parameters: &[window(100.0)],
        range: "0..1",
        meaning: "share of the last closes that are at most this one",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::rolling_rank(c.bars().close(), p[0] as usize).into(),
    },
    Feature {
        name: "rolling_median",
        parameters: &[window(20.0)],
        range: "price",
        meaning: "median of the last closes, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::rolling_quantile(c.bars().close(), p[0] as usize, 0.5).into(),
    },
    Feature {
        name: "rolling_quantile",
        parameters: &[window(20.0), Parameter { name: "q", default: 0.9, min: 0.0, max: 1.0 }],
        range: "price",
        meaning: "quantile of the last closes (type 7), price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::rolling_quantile(c.bars().close(), p[0] as usize, p[1]).into(),
    },
    Feature {
        name: "linreg_r2",
        parameters: &[window(14.0)],
        range: "0..1",
        meaning: "share of the variance of the last closes that a straight line explains",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::linreg_r2(c.bars().close(), p[0] as usize).into(),
    },
];
