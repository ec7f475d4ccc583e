//! Swing points and what is read from them.

use super::SWING;
use crate::features::registry::Feature;

pub(super) static FEATURES: &[Feature] = &[
    Feature {
        name: "support",
        parameters: &[SWING],
        range: "price",
        meaning: "last known swing low once three are known, price",
        first_row: |p| 2 * p[0],
        kernel: |c, p| c.swings(p[0] as usize).support.clone(),
    },
    Feature {
        name: "resistance",
        parameters: &[SWING],
        range: "price",
        meaning: "last known swing high once three are known, price",
        first_row: |p| 2 * p[0],
        kernel: |c, p| c.swings(p[0] as usize).resistance.clone(),
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
