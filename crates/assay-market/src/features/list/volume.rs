//! What volume says.

use super::{named, window};
use crate::features::registry::Feature;
use crate::indicators as kernels;

pub(super) static FEATURES: &[Feature] = &[
    Feature {
        name: "obv",
        parameters: &[],
        range: "any",
        meaning: "on-balance volume: volume summed by the sign of the change of the close, units",
        first_row: |_| 0,
        kernel: |c, _| kernels::obv(c.bars().close(), c.bars().volume()).into(),
    },
    Feature {
        name: "mfi",
        parameters: &[window(14.0)],
        range: "0..100",
        meaning: "money flow index: share of the money that flowed while the typical price rose",
        first_row: |p| p[0],
        kernel: |c, p| {
            kernels::mfi(c.bars().high(), c.bars().low(), c.bars().close(), c.bars().volume(), p[0] as usize)
                .into()
        },
    },
    Feature {
        name: "ad_line",
        parameters: &[],
        range: "any",
        meaning: "accumulation/distribution line (Chaikin): volume summed by the close's place in the bar, units",
        first_row: |_| 0,
        kernel: |c, _| {
            kernels::ad_line(c.bars().high(), c.bars().low(), c.bars().close(), c.bars().volume()).into()
        },
    },
    Feature {
        name: "ad_oscillator",
        parameters: &[named("fast", 3.0), named("slow", 10.0)],
        range: "any",
        meaning: "Chaikin's oscillator: fast less slow exponential average of that line, units",
        first_row: |p| p[0].max(p[1]) - 1,
        kernel: |c, p| {
            kernels::ad_oscillator(
                c.bars().high(),
                c.bars().low(),
                c.bars().close(),
                c.bars().volume(),
                p[0] as usize,
                p[1] as usize,
            )
            .into()
        },
    },
    Feature {
        name: "cmf",
        parameters: &[window(20.0)],
        range: "-1..1",
        meaning: "Chaikin's money flow: what the bars added to the accumulation line over their volume",
        first_row: |p| p[0] - 1,
        kernel: |c, p| {
            kernels::cmf(c.bars().high(), c.bars().low(), c.bars().close(), c.bars().volume(), p[0] as usize)
                .into()
        },
    },
    Feature {
        name: "vwap",
        parameters: &[window(20.0)],
        range: "price",
        meaning: "volume-weighted average of the typical price, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| {
            kernels::vwap(c.bars().high(), c.bars().low(), c.bars().close(), c.bars().volume(), p[0] as usize)
                .into()
        },
    },
    Feature {
        name: "vwap_session",
        parameters: &[],
        range: "price",
        meaning: "the same since 00:00 UTC, price",
        first_row: |_| 0,
        kernel: |c, _| {
            let b = c.bars();
            kernels::vwap_session(b.open_time(), b.high(), b.low(), b.close(), b.volume()).into()
        },
    },
    Feature {
        name: "volume_z",
        parameters: &[window(20.0)],
        range: "any",
        meaning: "distance of the volume from its mean, in deviations; 0 where it does not vary",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::zscore(c.bars().volume(), p[0] as usize).into(),
    },
    Feature {
        name: "volume_mean_before",
        parameters: &[window(20.0)],
        range: ">= 0",
        meaning: "mean volume of the rows before this one, units",
        first_row: |p| p[0],
        kernel: |c, p| {
            let mut mean = kernels::sma(c.bars().volume(), p[0] as usize);
            if !mean.is_empty() {
                mean.rotate_right(1);
                mean[0] = f64::NAN;
            }
            mean.into()
        },
    },
    Feature {
        name: "volume_ratio",
        parameters: &[window(20.0)],
        range: ">= 0",
        meaning: "volume over the mean volume of the rows before; 1 where that is 0",
        first_row: |p| p[0],
        kernel: |c, p| {
            let mean = c.get("volume_mean_before", p);
            let ratio = |(v, m): (&f64, &f64)| if *m == 0.0 { 1.0 } else { v / m };
            c.bars().volume().iter().zip(&mean[..]).map(ratio).collect()
        },
    },
];
