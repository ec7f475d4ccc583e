//! Importing as a whole.

use super::file_name::Kind;
use super::part::{Clock, Edge, Part};
use super::*;
use crate::data::rows::{At, Places};

/// A part of bars at these times, all prices 1.
pub(super) fn part_of(times: &[i64]) -> Part {
    let v = vec![1.0; times.len()];
    Part {
        place: "a".into(),
        rows: Rows {
            time_ms: times.to_vec(),
            open: v.clone(),
            high: v.clone(),
            low: v.clone(),
            close: v.clone(),
            volume: v,
            has_volume: true,
            places: Places::of("a", At::Rows),
            ..Rows::default()
        },
        format: Format::Csv,
        symbol: None,
        stated: None,
        kind: Kind::Plain,
        clock: Clock::Utc,
        edge: Edge::Unknown,
        days: false,
        synthetic: false,
        scale: 1.0,
        adjusted_close: None,
        notes: vec![],
        questions: vec![],
    }
}
