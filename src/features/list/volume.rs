//! What volume says.

use super::window;
use crate::features::registry::Feature;
use crate::indicators as kernels;

pub(super) static FEATURES: &[Feature] = &[
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
            mean
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
