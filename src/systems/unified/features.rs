//! Features in the framework's own conventions, where they differ from the common ones.

use crate::features::{
    Feature, FeatureCache, FeatureColumn, FeatureFamily, FeatureSpec, Parameter, true_range,
};
use crate::indicators as kernels;

/// The column of a feature of this list, computed once.
///
/// # Panics
/// If the list has no such name: names in the program are checked by a test.
pub(super) fn column(c: &FeatureCache, name: &str, parameters: &[f64]) -> FeatureColumn {
    let feature = FEATURES.iter().find(|f| f.name == name);
    let feature = feature.unwrap_or_else(|| panic!("Invariant: feature {name} is in the list"));
    c.column(&FeatureSpec::of(feature, parameters))
}

/// One of ADX, +DI and -DI, which one pass makes together.
fn directional(c: &FeatureCache, p: &[f64], which: usize) -> FeatureColumn {
    let columns = c.group("unified_adx", p, || {
        let b = c.bars();
        let a = kernels::adx(b.high(), b.low(), b.close(), p[0] as usize);
        vec![a.adx, a.plus, a.minus]
    });
    columns[which].clone()
}

/// What `assay features --list` shows of them.
pub static FAMILY: FeatureFamily = FeatureFamily { name: "unified", features: FEATURES };

static FEATURES: &[Feature] = &[
    Feature {
        name: "unified_true_range",
        parameters: &[],
        range: ">= 0",
        meaning: "true range; high less low on the first bar, price",
        first_row: |_| 0,
        kernel: |c, _| true_range(c),
    },
    Feature {
        name: "unified_atr",
        parameters: &[Parameter::window(14.0)],
        range: ">= 0",
        meaning: "average true range, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::rma(&column(c, "unified_true_range", &[]), p[0] as usize).into(),
    },
    Feature {
        name: "unified_atr_mean",
        parameters: &[Parameter::named("atr_window", 14.0), Parameter::window(20.0)],
        range: ">= 0",
        meaning: "simple mean of the average true range, price",
        first_row: |p| p[0] + p[1] - 2,
        kernel: |c, p| kernels::sma(&column(c, "unified_atr", &p[..1]), p[1] as usize).into(),
    },
    Feature {
        name: "unified_atr_pct_rank",
        parameters: &[Parameter::named("atr_window", 14.0), Parameter::window(252.0)],
        range: "0..1",
        meaning: "share of the last rows whose ATR / close is at most this one, 0..1",
        first_row: |p| p[0] + p[1] - 2,
        kernel: |c, p| {
            let atr = column(c, "unified_atr", &p[..1]);
            let pct: Vec<f64> = atr.iter().zip(c.bars().close()).map(|(a, c)| a / c).collect();
            kernels::rolling_rank(&pct, p[1] as usize).into()
        },
    },
    Feature {
        name: "unified_adx",
        parameters: &[Parameter::window(14.0)],
        range: "0..100",
        meaning: "Wilder's average directional index, 0..100",
        first_row: |p| 2 * p[0] - 1,
        kernel: |c, p| directional(c, p, 0),
    },
    Feature {
        name: "unified_plus_di",
        parameters: &[Parameter::window(14.0)],
        range: "0..100",
        meaning: "Wilder's positive directional indicator, 0..100",
        first_row: |p| p[0],
        kernel: |c, p| directional(c, p, 1),
    },
    Feature {
        name: "unified_minus_di",
        parameters: &[Parameter::window(14.0)],
        range: "0..100",
        meaning: "Wilder's negative directional indicator, 0..100",
        first_row: |p| p[0],
        kernel: |c, p| directional(c, p, 2),
    },
    Feature {
        name: "unified_rsi",
        parameters: &[Parameter::window(14.0)],
        range: "0..100",
        meaning: "Wilder's relative strength index, 0..100",
        first_row: |p| p[0],
        kernel: |c, p| kernels::rsi(c.bars().close(), p[0] as usize, 50.0).into(),
    },
    Feature {
        name: "unified_macd",
        parameters: &[Parameter::named("fast", 12.0), Parameter::named("slow", 26.0)],
        range: "any",
        meaning: "fast minus slow exponential average of the close, price",
        first_row: |p| p[0].max(p[1]) - 1,
        kernel: |c, p| {
            let mut line = kernels::ema(c.bars().close(), p[0] as usize);
            for (fast, slow) in line.iter_mut().zip(kernels::ema(c.bars().close(), p[1] as usize)) {
                *fast -= slow;
            }
            line.into()
        },
    },
    Feature {
        name: "unified_macd_signal",
        parameters: &[
            Parameter::named("fast", 12.0),
            Parameter::named("slow", 26.0),
            Parameter::named("signal", 9.0),
        ],
        range: "any",
        meaning: "exponential average of the MACD line, price",
        first_row: |p| p[0].max(p[1]) + p[2] - 2,
        kernel: |c, p| kernels::ema(&column(c, "unified_macd", &p[..2]), p[2] as usize).into(),
    },
    Feature {
        name: "gradient_base",
        parameters: &[Parameter::window(25.0)],
        range: "price",
        meaning: "three exponential averages of the close in a row, price",
        first_row: |p| 3 * (p[0] - 1),
        kernel: |c, p| kernels::cascade(c.bars().close(), p[0] as usize).into(),
    },
    Feature {
        name: "gradient_band",
        parameters: &[Parameter::window(25.0)],
        range: ">= 0",
        meaning: "three exponential averages of high - low in a row, price",
        first_row: |p| 3 * (p[0] - 1),
        kernel: |c, p| {
            let range: Vec<f64> = c.bars().high().iter().zip(c.bars().low()).map(|(h, l)| h - l).collect();
            kernels::cascade(&range, p[0] as usize).into()
        },
    },
    Feature {
        name: "flow",
        parameters: &[Parameter::window(20.0)],
        range: "any",
        meaning: "simple return times volume ratio (clamped to 0..5)",
        first_row: |p| p[0],
        kernel: |c, p| {
            let ratio = c.get("volume_ratio", p);
            let close = c.bars().close();
            let mut out = vec![f64::NAN; close.len()];
            for i in 1..close.len() {
                // `clamp` keeps the NaN of the warm-up.
                out[i] = (close[i] / close[i - 1] - 1.0) * ratio[i].clamp(0.0, 5.0);
            }
            out.into()
        },
    },
    Feature {
        name: "flow_force",
        parameters: &[Parameter::window(20.0)],
        range: "-1..1",
        meaning: "volume-weighted return (weight at most 5): its signed sum over its absolute sum, -1..1",
        first_row: |p| 2 * p[0] - 1,
        kernel: |c, p| {
            let flow = column(c, "flow", &p[..1]);
            let signed = kernels::rolling_sum(&flow, p[0] as usize);
            let absolute: Vec<f64> = flow.iter().map(|f| f.abs()).collect();
            let absolute = kernels::rolling_sum(&absolute, p[0] as usize);
            // Where every flow of the window is zero there is no force; the NaN of the warm-up stays.
            let ratio = |(s, a): (&f64, &f64)| if *a <= 1e-15 { 0.0 } else { (s / a).clamp(-1.0, 1.0) };
            signed.iter().zip(&absolute).map(ratio).collect()
        },
    },
    Feature {
        name: "flow_bull_share",
        parameters: &[Parameter::window(20.0)],
        range: "0..1",
        meaning: "share of the non-zero flows of the window that are positive, 0..1; 0.5 where all are zero",
        first_row: |p| 2 * p[0] - 1,
        kernel: |c, p| {
            let flow = column(c, "flow", &p[..1]);
            let count = |f: fn(f64) -> bool| -> Vec<f64> {
                let ones: Vec<f64> = flow
                    .iter()
                    .map(|&v| if v.is_nan() { f64::NAN } else { f64::from(u8::from(f(v))) })
                    .collect();
                kernels::rolling_sum(&ones, p[0] as usize)
            };
            let (up, any) = (count(|v| v > 0.0), count(|v| v != 0.0));
            let share = |(u, a): (&f64, &f64)| if *a == 0.0 { 0.5 } else { u / a };
            up.iter().zip(&any).map(share).collect()
        },
    },
    Feature {
        name: "flow_pressure",
        parameters: &[Parameter::window(20.0), Parameter::named("smooth", 5.0)],
        range: ">= 0",
        meaning: "mean of |flow| + range / close over `smooth` rows",
        first_row: |p| p[0] + p[1] - 1,
        kernel: |c, p| {
            let flow = column(c, "flow", &p[..1]);
            let (h, l, cl) = (c.bars().high(), c.bars().low(), c.bars().close());
            let pressure: Vec<f64> = (0..flow.len()).map(|i| flow[i].abs() + (h[i] - l[i]) / cl[i]).collect();
            kernels::sma(&pressure, p[1] as usize).into()
        },
    },
];
