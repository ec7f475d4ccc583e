//! Swing points and what is read from them.

use super::SWING;
use crate::features::registry::Feature;
use crate::indicators as kernels;

pub(super) static FEATURES: &[Feature] = &[
    Feature {
        name: "pivot_high",
        parameters: &[SWING],
        range: "price",
        meaning: "last pivot high known: above the highs of `side_bars` bars on each side, price",
        first_row: |p| 2 * p[0],
        kernel: |c, p| kernels::last_pivot(c.bars().high(), p[0] as usize, |a, b| a > b).into(),
    },
    Feature {
        name: "pivot_low",
        parameters: &[SWING],
        range: "price",
        meaning: "last pivot low known: below the lows of `side_bars` bars on each side, price",
        first_row: |p| 2 * p[0],
        kernel: |c, p| kernels::last_pivot(c.bars().low(), p[0] as usize, |a, b| a < b).into(),
    },
    Feature {
        name: "support",
        parameters: &[SWING],
        range: "price",
        meaning: "last known swing low once three are known, price",
        first_row: |p| 2 * p[0],
        kernel: |c, p| c.swings(p[0] as usize).support.clone().into(),
    },
    Feature {
        name: "resistance",
        parameters: &[SWING],
        range: "price",
        meaning: "last known swing high once three are known, price",
        first_row: |p| 2 * p[0],
        kernel: |c, p| c.swings(p[0] as usize).resistance.clone().into(),
    },
    Feature {
        name: "structure",
        parameters: &[SWING],
        range: "0..3",
        meaning: "market structure: 0 ranging, 1 uptrend, 2 downtrend, 3 reversal",
        first_row: |_| 0,
        kernel: |c, p| c.swings(p[0] as usize).structure.iter().map(|s| f64::from(*s as u8)).collect(),
    },
    Feature {
        name: "break_of_structure",
        parameters: &[SWING],
        range: "-1..1",
        meaning: "+1 the close crosses the last swing high, -1 the last swing low, else 0",
        first_row: |_| 0,
        kernel: |c, p| c.swings(p[0] as usize).break_of_structure.iter().map(|b| f64::from(*b)).collect(),
    },
    Feature {
        name: "recent_breaks",
        parameters: &[SWING],
        range: "0..20",
        meaning: "breaks of structure among the last 20 bars",
        first_row: |_| 0,
        kernel: |c, p| c.swings(p[0] as usize).recent_breaks.iter().map(|b| f64::from(*b)).collect(),
    },
];
