//! Rows as files hold them: columns that nobody has checked yet, and where each row came from.

use std::sync::Arc;

use crate::error::Place;
use crate::market::Columns;

/// Rows of one instrument in the order they were read, of equal length in every column. Nothing is known of them but that each field was a
/// number: times may repeat or go back, prices may be zero.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// Start of the bar, milliseconds UTC.
    pub time_ms: Vec<i64>,
    /// First price.
    pub open: Vec<f64>,
    /// Highest price.
    pub high: Vec<f64>,
    /// Lowest price.
    pub low: Vec<f64>,
    /// Last price.
    pub close: Vec<f64>,
    /// Units traded; 0 throughout where the source has no volume.
    pub volume: Vec<f64>,
    /// Ask less bid at the close, a price, where the source has both sides or a column of it.
    pub spread: Option<Vec<f64>>,
    /// Whether the source has a volume.
    pub has_volume: bool,
    /// The number under which [`Rows::places`] knows each row; empty while that is its position.
    pub origin: Vec<u32>,
    /// Where the rows came from.
    pub places: Places,
}

/// The [`Rows::origin`] of a row that no file has: it was filled in.
const FILLED: u32 = u32::MAX;

/// Where rows came from, file by file.
#[derive(Debug, Clone, Default)]
pub struct Places(Vec<Piece>);

#[derive(Debug, Clone)]
struct Piece {
    first: usize,
    file: String,
    at: At,
}

/// How a place within a file is called.
#[derive(Debug, Clone)]
pub enum At {
    /// By line; the line of each row.
    Lines(Arc<[u32]>),
    /// By the number of the row, from 1.
    Rows,
}

impl Places {
    /// Those of one file.
    pub fn of(file: impl Into<String>, at: At) -> Self {
        Self(vec![Piece { first: 0, file: file.into(), at }])
    }

    /// `file:line` or `file: row N` of the row read as number `origin` over all files, from 0.
    pub fn of_row(&self, origin: usize) -> Place {
        if origin == FILLED as usize {
            return Place::text("filled in");
        }
        let piece = self.0.partition_point(|p| p.first <= origin).checked_sub(1).and_then(|i| self.0.get(i));
        let Some(Piece { first, file, at }) = piece else {
            return Place::text(format_args!("row {}", origin + 1));
        };
        let row = origin - first;
        match at {
            At::Lines(lines) => match lines.get(row) {
                Some(line) => Place::line(file, *line as usize),
                None => Place::file(file),
            },
            At::Rows => Place::row(file, row + 1),
        }
    }
}

impl Rows {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.time_ms.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.time_ms.is_empty()
    }

    /// `file:line` or `file: row N` of row `i`.
    pub fn place(&self, i: usize) -> Place {
        self.places.of_row(self.origin.get(i).map_or(i, |o| *o as usize))
    }

    /// Adds the rows of another file behind these.
    pub fn append(&mut self, mut other: Self) {
        let n = self.len();
        if n == 0 && self.time_ms.capacity() < other.time_ms.len() {
            *self = other;
            return;
        }
        if n == 0 {
            // Room was made beforehand.
            self.spread = other.spread.as_ref().map(|_| Vec::with_capacity(self.time_ms.capacity()));
        }
        let (mine, theirs) = (self.origins(), other.origins());
        if !mine.is_empty() || !theirs.is_empty() {
            let counted = |o: Vec<u32>, len: usize| if o.is_empty() { (0..len as u32).collect() } else { o };
            self.origin = counted(mine, n);
            self.origin.extend(counted(theirs, other.len()).iter().map(|o| o.saturating_add(n as u32)));
        }
        self.places.0.extend(
            std::mem::take(&mut other.places.0).into_iter().map(|p| Piece { first: p.first + n, ..p }),
        );
        match (&mut self.spread, &mut other.spread) {
            (Some(mine), Some(theirs)) => mine.append(theirs),
            (Some(mine), None) => mine.resize(n + other.time_ms.len(), f64::NAN),
            (None, Some(theirs)) => {
                let mut both = vec![f64::NAN; n];
                both.append(theirs);
                self.spread = Some(both);
            }
            (None, None) => {}
        }
        self.has_volume |= other.has_volume;
        self.time_ms.append(&mut other.time_ms);
        for (mine, theirs) in self.values_mut().into_iter().zip(other.values_mut()) {
            mine.append(theirs);
        }
    }

    fn origins(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.origin)
    }

    /// Makes room for `n` rows more.
    pub fn reserve(&mut self, n: usize) {
        self.time_ms.reserve_exact(n);
        self.values_mut().into_iter().for_each(|v| v.reserve_exact(n));
    }

    /// Open, high, low, close, volume.
    pub fn values_mut(&mut self) -> [&mut Vec<f64>; 5] {
        [&mut self.open, &mut self.high, &mut self.low, &mut self.close, &mut self.volume]
    }

    /// Open, high, low, close, volume.
    pub fn values(&self) -> [&[f64]; 5] {
        [&self.open, &self.high, &self.low, &self.close, &self.volume]
    }

    /// The rows `picked`, in that order; a row may be left out, none may be named twice.
    #[must_use]
    pub fn pick(&self, picked: &[usize]) -> Self {
        let of = |v: &[f64]| picked.iter().map(|&i| v[i]).collect::<Vec<f64>>();
        Self {
            time_ms: picked.iter().map(|&i| self.time_ms[i]).collect(),
            open: of(&self.open),
            high: of(&self.high),
            low: of(&self.low),
            close: of(&self.close),
            volume: of(&self.volume),
            spread: self.spread.as_deref().map(of),
            has_volume: self.has_volume,
            origin: picked.iter().map(|&i| self.origin.get(i).map_or(i as u32, |o| *o)).collect(),
            places: self.places.clone(),
        }
    }

    /// Whether row `i` is in no file but was filled in.
    pub fn is_filled(&self, i: usize) -> bool {
        self.origin.get(i) == Some(&FILLED)
    }

    /// Adds row `i` of those that these were picked from.
    pub(super) fn push_from(&mut self, other: &Self, i: usize) {
        self.time_ms.push(other.time_ms[i]);
        for (mine, theirs) in self.values_mut().into_iter().zip(other.values()) {
            mine.push(theirs[i]);
        }
        if let (Some(mine), Some(theirs)) = (&mut self.spread, &other.spread) {
            mine.push(theirs[i]);
        }
        self.origin.push(other.origin.get(i).map_or(i as u32, |o| *o));
    }

    /// Adds a flat bar without volume that no file has.
    pub(super) fn push_filled(&mut self, time_ms: i64, price: f64) {
        self.time_ms.push(time_ms);
        for (column, value) in self.values_mut().into_iter().zip([price, price, price, price, 0.0]) {
            column.push(value);
        }
        if let Some(spread) = &mut self.spread {
            spread.push(f64::NAN);
        }
        self.origin.push(FILLED);
    }

    /// The columns, for [`Bars::new`](crate::market::Bars::new), which checks them.
    pub fn into_columns(self) -> Columns {
        Columns {
            open_time: self.time_ms.into(),
            open: self.open.into(),
            high: self.high.into(),
            low: self.low.into(),
            close: self.close.into(),
            volume: self.volume.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(file: &str, times: &[i64], at: At) -> Rows {
        let v: Vec<f64> = times.iter().map(|t| *t as f64).collect();
        Rows {
            time_ms: times.to_vec(),
            open: v.clone(),
            high: v.clone(),
            low: v.clone(),
            close: v.clone(),
            volume: v,
            places: Places::of(file, at),
            ..Rows::default()
        }
    }

    #[test]
    fn rows_know_where_they_came_from_whatever_their_order() {
        let mut all = rows("a.csv", &[3, 1], At::Lines([2, 4].into()));
        all.append(rows("b.parquet", &[2, 5], At::Rows));
        let places = |r: &Rows| (0..r.len()).map(|i| r.place(i).to_string()).collect::<Vec<_>>();
        assert_eq!(places(&all), ["a.csv:2", "a.csv:4", "b.parquet: row 1", "b.parquet: row 2"]);
        let sorted = all.pick(&[1, 2, 0]);
        assert_eq!(sorted.time_ms, [1, 2, 3]);
        assert_eq!(places(&sorted), ["a.csv:4", "b.parquet: row 1", "a.csv:2"]);
        let mut more = rows("c.csv", &[9], At::Lines([7].into()));
        more.append(sorted.clone());
        assert_eq!(places(&more), ["c.csv:7", "a.csv:4", "b.parquet: row 1", "a.csv:2"]);
    }

    #[test]
    fn a_spread_that_one_file_lacks_is_unknown_there() {
        let mut a = rows("a", &[1], At::Rows);
        let b = Rows { spread: Some(vec![0.5]), ..rows("b", &[2], At::Rows) };
        a.append(b);
        let s = a.spread.unwrap();
        assert!(s[0].is_nan() && s[1] == 0.5);
    }
}
