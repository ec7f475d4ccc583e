//! Importing as a whole.

use super::part::ImportPart;
use super::*;
use crate::rows::{At, Places};

/// A part of bars at these times, all prices 1.
pub(super) fn part_of(times: &[i64]) -> ImportPart {
    let v = vec![1.0; times.len()];
    let rows = Rows {
        time_ms: times.to_vec(),
        open: v.clone(),
        high: v.clone(),
        low: v.clone(),
        close: v.clone(),
        volume: v,
        has_volume: true,
        places: Places::of("a", At::Rows),
        ..Rows::default()
    };
    ImportPart::new("a", rows, Format::Csv)
}
