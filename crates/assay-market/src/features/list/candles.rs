//! Candlestick patterns.

use crate::features::FeatureCache;
use crate::features::registry::Feature;
use crate::indicators::candles as kernels;

fn found(c: &FeatureCache, first: usize, pattern: impl Fn(&kernels::Candles<'_>, usize) -> f64) -> Vec<f64> {
    let b = c.bars();
    kernels::Candles::new(b.open(), b.high(), b.low(), b.close()).find(first, pattern)
}

pub(super) static FEATURES: &[Feature] = &[
    Feature {
        name: "cdl_doji",
        parameters: &[],
        range: "0 or 100",
        meaning: "candlestick: a body of hardly anything",
        first_row: |_| 10,
        kernel: |c, _| found(c, 10, kernels::doji).into(),
    },
    Feature {
        name: "cdl_dragonfly_doji",
        parameters: &[],
        range: "0 or 100",
        meaning: "candlestick: a doji on top of its range",
        first_row: |_| 10,
        kernel: |c, _| found(c, 10, kernels::dragonfly_doji).into(),
    },
    Feature {
        name: "cdl_gravestone_doji",
        parameters: &[],
        range: "0 or 100",
        meaning: "candlestick: a doji at the bottom of its range",
        first_row: |_| 10,
        kernel: |c, _| found(c, 10, kernels::gravestone_doji).into(),
    },
    Feature {
        name: "cdl_marubozu",
        parameters: &[],
        range: "-100, 0 or 100",
        meaning: "candlestick: a long body with hardly a shadow; the sign is its colour",
        first_row: |_| 10,
        kernel: |c, _| found(c, 10, kernels::marubozu).into(),
    },
    Feature {
        name: "cdl_spinning_top",
        parameters: &[],
        range: "-100, 0 or 100",
        meaning: "candlestick: a short body with longer shadows; the sign is its colour",
        first_row: |_| 10,
        kernel: |c, _| found(c, 10, kernels::spinning_top).into(),
    },
    Feature {
        name: "cdl_hammer",
        parameters: &[],
        range: "0 or 100",
        meaning: "candlestick: a short body over a long lower shadow near the low before",
        first_row: |_| 11,
        kernel: |c, _| found(c, 11, kernels::hammer).into(),
    },
    Feature {
        name: "cdl_hanging_man",
        parameters: &[],
        range: "-100 or 0",
        meaning: "candlestick: a short body over a long lower shadow near the high before",
        first_row: |_| 11,
        kernel: |c, _| found(c, 11, kernels::hanging_man).into(),
    },
    Feature {
        name: "cdl_inverted_hammer",
        parameters: &[],
        range: "0 or 100",
        meaning: "candlestick: a short body under a long upper shadow, below the body before",
        first_row: |_| 11,
        kernel: |c, _| found(c, 11, kernels::inverted_hammer).into(),
    },
    Feature {
        name: "cdl_shooting_star",
        parameters: &[],
        range: "-100 or 0",
        meaning: "candlestick: a short body under a long upper shadow, above the body before",
        first_row: |_| 11,
        kernel: |c, _| found(c, 11, kernels::shooting_star).into(),
    },
    Feature {
        name: "cdl_engulfing",
        parameters: &[],
        range: "-100..100",
        meaning: "candlestick: a body that holds the opposite one before it; 80 where an end is shared",
        first_row: |_| 2,
        kernel: |c, _| found(c, 2, kernels::engulfing).into(),
    },
    Feature {
        name: "cdl_harami",
        parameters: &[],
        range: "-100..100",
        meaning: "candlestick: a short body within the long one before it; 80 where an end is shared",
        first_row: |_| 11,
        kernel: |c, _| found(c, 11, kernels::harami).into(),
    },
    Feature {
        name: "cdl_morning_star",
        parameters: &[],
        range: "0 or 100",
        meaning: "candlestick: long black, short below it, white back into the first",
        first_row: |_| 12,
        kernel: |c, _| found(c, 12, kernels::morning_star).into(),
    },
    Feature {
        name: "cdl_evening_star",
        parameters: &[],
        range: "-100 or 0",
        meaning: "candlestick: long white, short above it, black back into the first",
        first_row: |_| 12,
        kernel: |c, _| found(c, 12, kernels::evening_star).into(),
    },
    Feature {
        name: "cdl_piercing",
        parameters: &[],
        range: "0 or 100",
        meaning: "candlestick: long white from below a long black to above its middle",
        first_row: |_| 11,
        kernel: |c, _| found(c, 11, kernels::piercing).into(),
    },
    Feature {
        name: "cdl_dark_cloud_cover",
        parameters: &[],
        range: "-100 or 0",
        meaning: "candlestick: black from above a long white to below its middle",
        first_row: |_| 11,
        kernel: |c, _| found(c, 11, kernels::dark_cloud_cover).into(),
    },
    Feature {
        name: "cdl_three_white_soldiers",
        parameters: &[],
        range: "0 or 100",
        meaning: "candlestick: three white bodies, each higher",
        first_row: |_| 12,
        kernel: |c, _| found(c, 12, kernels::three_white_soldiers).into(),
    },
    Feature {
        name: "cdl_three_black_crows",
        parameters: &[],
        range: "-100 or 0",
        meaning: "candlestick: three black bodies after a white one, each lower",
        first_row: |_| 13,
        kernel: |c, _| found(c, 13, kernels::three_black_crows).into(),
    },
];
