//! The registry: the one place where a feature's name meets its kernel.

use super::registry::{Feature, Parameter};
use crate::indicators as kernels;

const fn window(default: f64) -> Parameter {
    Parameter { name: "window", default, min: 1.0, max: 100_000.0 }
}

const fn named(name: &'static str, default: f64) -> Parameter {
    Parameter { name, default, min: 1.0, max: 100_000.0 }
}

const fn factor(name: &'static str, default: f64) -> Parameter {
    Parameter { name, default, min: 0.01, max: 100.0 }
}

const SWING: Parameter = Parameter { name: "side_bars", default: 5.0, min: 1.0, max: 1_000.0 };

/// Every feature there is, in the order of `assay features --list`.
pub static FEATURES: &[Feature] = &[
    Feature {
        name: "true_range",
        parameters: &[],
        meaning: "Wilder's true range, price",
        first_row: |_| 0,
        kernel: |c, _| kernels::true_range(c.bars().high(), c.bars().low(), c.bars().close()),
    },
    Feature {
        name: "atr",
        parameters: &[window(14.0)],
        meaning: "average true range, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::rma(&c.get("true_range", &[]), p[0] as usize),
    },
    Feature {
        name: "atr_mean",
        parameters: &[named("atr_window", 14.0), window(20.0)],
        meaning: "simple mean of the average true range, price",
        first_row: |p| p[0] + p[1] - 2,
        kernel: |c, p| kernels::sma(&c.get("atr", &p[..1]), p[1] as usize),
    },
    Feature {
        name: "atr_pct_rank",
        parameters: &[named("atr_window", 14.0), window(252.0)],
        meaning: "share of the last rows whose ATR / close is at most this one, 0..1",
        first_row: |p| p[0] + p[1] - 2,
        kernel: |c, p| {
            let atr = c.get("atr", &p[..1]);
            let pct: Vec<f64> = atr.iter().zip(c.bars().close()).map(|(a, c)| a / c).collect();
            kernels::rolling_rank(&pct, p[1] as usize)
        },
    },
    Feature {
        name: "adx",
        parameters: &[window(14.0)],
        meaning: "Wilder's average directional index, 0..100",
        first_row: |p| 2 * p[0] - 1,
        kernel: |c, p| kernels::adx(c.bars().high(), c.bars().low(), c.bars().close(), p[0] as usize).adx,
    },
    Feature {
        name: "plus_di",
        parameters: &[window(14.0)],
        meaning: "Wilder's positive directional indicator, 0..100",
        first_row: |p| p[0],
        kernel: |c, p| kernels::adx(c.bars().high(), c.bars().low(), c.bars().close(), p[0] as usize).plus,
    },
    Feature {
        name: "minus_di",
        parameters: &[window(14.0)],
        meaning: "Wilder's negative directional indicator, 0..100",
        first_row: |p| p[0],
        kernel: |c, p| kernels::adx(c.bars().high(), c.bars().low(), c.bars().close(), p[0] as usize).minus,
    },
    Feature {
        name: "sma",
        parameters: &[window(20.0)],
        meaning: "simple moving average of the close, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::sma(c.bars().close(), p[0] as usize),
    },
    Feature {
        name: "ema",
        parameters: &[window(20.0)],
        meaning: "exponential moving average of the close, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::ema(c.bars().close(), p[0] as usize),
    },
    Feature {
        name: "std",
        parameters: &[window(20.0)],
        meaning: "population standard deviation of the close, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::rolling_std(c.bars().close(), p[0] as usize),
    },
    Feature {
        name: "rsi",
        parameters: &[window(14.0)],
        meaning: "Wilder's relative strength index, 0..100",
        first_row: |p| p[0],
        kernel: |c, p| kernels::rsi(c.bars().close(), p[0] as usize),
    },
    Feature {
        name: "macd",
        parameters: &[named("fast", 12.0), named("slow", 26.0)],
        meaning: "fast minus slow exponential average of the close, price",
        first_row: |p| p[0].max(p[1]) - 1,
        kernel: |c, p| {
            let mut line = kernels::ema(c.bars().close(), p[0] as usize);
            for (fast, slow) in line.iter_mut().zip(kernels::ema(c.bars().close(), p[1] as usize)) {
                *fast -= slow;
            }
            line
        },
    },
    Feature {
        name: "macd_signal",
        parameters: &[named("fast", 12.0), named("slow", 26.0), named("signal", 9.0)],
        meaning: "exponential average of the MACD line, price",
        first_row: |p| p[0].max(p[1]) + p[2] - 2,
        kernel: |c, p| kernels::ema(&c.get("macd", &p[..2]), p[2] as usize),
    },
    Feature {
        name: "highest",
        parameters: &[window(20.0)],
        meaning: "highest high of the last rows, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::rolling_max(c.bars().high(), p[0] as usize),
    },
    Feature {
        name: "lowest",
        parameters: &[window(20.0)],
        meaning: "lowest low of the last rows, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::rolling_min(c.bars().low(), p[0] as usize),
    },
    Feature {
        name: "volume_mean_before",
        parameters: &[window(20.0)],
        meaning: "mean volume of the rows before this one, units",
        first_row: |p| p[0],
        kernel: |c, p| {
            let mut mean = kernels::sma(c.bars().volume(), p[0] as usize);
            if !mean.is_empty() {
                mean.rotate_right(1);
                mean[0] = f64::NAN;
            }
            mean
        },
    },
    Feature {
        name: "volume_ratio",
        parameters: &[window(20.0)],
        meaning: "volume over the mean volume of the rows before; 1 where that is 0",
        first_row: |p| p[0],
        kernel: |c, p| {
            let mean = c.get("volume_mean_before", p);
            let ratio = |(v, m): (&f64, &f64)| if *m == 0.0 { 1.0 } else { v / m };
            c.bars().volume().iter().zip(&mean[..]).map(ratio).collect()
        },
    },
    Feature {
        name: "log_return_std",
        parameters: &[window(20.0)],
        meaning: "population standard deviation of one-bar log returns",
        first_row: |p| p[0],
        kernel: |c, p| kernels::rolling_std(&c.get("log_return", &[]), p[0] as usize),
    },
    Feature {
        name: "log_return",
        parameters: &[],
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
    Feature {
        name: "gradient_base",
        parameters: &[window(25.0)],
        meaning: "three exponential averages of the close in a row, price",
        first_row: |p| 3 * (p[0] - 1),
        kernel: |c, p| kernels::cascade(c.bars().close(), p[0] as usize),
    },
    Feature {
        name: "gradient_band",
        parameters: &[window(25.0)],
        meaning: "three exponential averages of high - low in a row, price",
        first_row: |p| 3 * (p[0] - 1),
        kernel: |c, p| {
            let range: Vec<f64> = c.bars().high().iter().zip(c.bars().low()).map(|(h, l)| h - l).collect();
            kernels::cascade(&range, p[0] as usize)
        },
    },
    Feature {
        name: "ut_distance",
        parameters: &[named("period", 10.0), factor("sensitivity", 1.0)],
        meaning: "distance the UT-bot stop keeps, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| {
            let mut distance = kernels::rma(&c.get("true_range", &[]), p[0] as usize);
            distance.iter_mut().for_each(|d| *d *= p[1]);
            distance
        },
    },
    Feature {
        name: "ut_stop",
        parameters: &[named("period", 10.0), factor("sensitivity", 1.0)],
        meaning: "the UT-bot trailing stop, price",
        first_row: |p| p[0],
        kernel: |c, p| kernels::ut_stop(c.bars().close(), &c.get("ut_distance", p), p[0] as usize),
    },
    Feature {
        name: "flow_force",
        parameters: &[window(20.0)],
        meaning: "volume-weighted return (weight at most 5): its signed sum over its absolute sum, -1..1",
        first_row: |p| 2 * p[0] - 1,
        kernel: |c, p| {
            let flow = c.get("flow", &p[..1]);
            let signed = kernels::rolling_sum(&flow, p[0] as usize);
            let absolute: Vec<f64> = flow.iter().map(|f| f.abs()).collect();
            let absolute = kernels::rolling_sum(&absolute, p[0] as usize);
            // Where every flow of the window is zero there is no force; the NaN of the warm-up stays.
            let ratio = |(s, a): (&f64, &f64)| if *a <= 1e-15 { 0.0 } else { (s / a).clamp(-1.0, 1.0) };
            signed.iter().zip(&absolute).map(ratio).collect()
        },
    },
    Feature {
        name: "flow",
        parameters: &[window(20.0)],
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
            out
        },
    },
    Feature {
        name: "flow_bull_share",
        parameters: &[window(20.0)],
        meaning: "share of the non-zero flows of the window that are positive, 0..1; 0.5 where all are zero",
        first_row: |p| 2 * p[0] - 1,
        kernel: |c, p| {
            let flow = c.get("flow", &p[..1]);
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
        parameters: &[window(20.0), named("smooth", 5.0)],
        meaning: "mean of |flow| + range / close over `smooth` rows",
        first_row: |p| p[0] + p[1] - 1,
        kernel: |c, p| {
            let flow = c.get("flow", &p[..1]);
            let (h, l, cl) = (c.bars().high(), c.bars().low(), c.bars().close());
            let pressure: Vec<f64> = (0..flow.len()).map(|i| flow[i].abs() + (h[i] - l[i]) / cl[i]).collect();
            kernels::sma(&pressure, p[1] as usize)
        },
    },
    Feature {
        name: "support",
        parameters: &[SWING],
        meaning: "last known swing low once three are known, price",
        first_row: |p| 2 * p[0],
        kernel: |c, p| c.swings(p[0] as usize).support.clone(),
    },
    Feature {
        name: "resistance",
        parameters: &[SWING],
        meaning: "last known swing high once three are known, price",
        first_row: |p| 2 * p[0],
        kernel: |c, p| c.swings(p[0] as usize).resistance.clone(),
    },
    Feature {
        name: "structure",
        parameters: &[SWING],
        meaning: "market structure: 0 ranging, 1 uptrend, 2 downtrend, 3 reversal",
        first_row: |_| 0,
        kernel: |c, p| c.swings(p[0] as usize).structure.iter().map(|s| f64::from(*s as u8)).collect(),
    },
    Feature {
        name: "break_of_structure",
        parameters: &[SWING],
        meaning: "+1 the close crosses the last swing high, -1 the last swing low, else 0",
        first_row: |_| 0,
        kernel: |c, p| c.swings(p[0] as usize).break_of_structure.iter().map(|b| f64::from(*b)).collect(),
    },
    Feature {
        name: "recent_breaks",
        parameters: &[SWING],
        meaning: "breaks of structure among the last 20 bars",
        first_row: |_| 0,
        kernel: |c, p| c.swings(p[0] as usize).recent_breaks.iter().map(|b| f64::from(*b)).collect(),
    },
];
