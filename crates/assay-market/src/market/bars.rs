//! Historical bars as columns, valid by construction.

use std::sync::{Arc, OnceLock};

use arrow_buffer::ScalarBuffer;

use super::{Timeframe, bars_id, format_time};

/// Open, high, low, close and volume of one instrument as columns of equal length.
///
/// A bar covers `[open_time, open_time + timeframe)` and is known only at its close. Construction checks, once, that
/// times strictly increase, prices are finite and positive, `low <= min(open, close)`, `high >= max(open, close)` and
/// volume is finite and not negative; whatever holds a `Bars` need not check again. Columns are shared: a clone or a
/// [`Bars::slice`] copies no data.
#[derive(Debug, Clone)]
pub struct Bars {
    timeframe: Timeframe,
    columns: Columns,
    /// Worked out when it is asked for.
    id: OnceLock<Arc<str>>,
}

/// The bare columns, not yet checked.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    /// Start of each bar, milliseconds UTC.
    pub open_time: ScalarBuffer<i64>,
    /// First price.
    pub open: ScalarBuffer<f64>,
    /// Highest price.
    pub high: ScalarBuffer<f64>,
    /// Lowest price.
    pub low: ScalarBuffer<f64>,
    /// Last price.
    pub close: ScalarBuffer<f64>,
    /// Units traded.
    pub volume: ScalarBuffer<f64>,
}

/// The first row that is not a bar, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct BarsFault {
    /// Zero-based row.
    pub row: usize,
    /// What is wrong there, in words.
    pub problem: String,
}

impl Bars {
    /// Checks `columns` and takes them.
    ///
    /// # Errors
    /// The first faulty row. Columns of unequal length are a fault at the first missing row.
    pub fn new(timeframe: Timeframe, columns: Columns) -> Result<Self, BarsFault> {
        let n = columns.open_time.len();
        for (name, len) in [
            ("open", columns.open.len()),
            ("high", columns.high.len()),
            ("low", columns.low.len()),
            ("close", columns.close.len()),
            ("volume", columns.volume.len()),
        ] {
            if len != n {
                return Err(BarsFault {
                    row: len.min(n),
                    problem: format!("column {name} has {len} rows where open_time has {n}"),
                });
            }
        }
        for row in 0..n {
            if let Some(problem) = columns.fault(row) {
                return Err(BarsFault { row, problem });
            }
        }
        Ok(Self { timeframe, columns, id: OnceLock::new() })
    }

    /// Number of bars.
    #[inline]
    pub fn len(&self) -> usize {
        self.columns.open_time.len()
    }

    /// Whether there is no bar.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Length of a bar.
    #[inline]
    pub fn timeframe(&self) -> Timeframe {
        self.timeframe
    }

    /// Start of each bar, milliseconds UTC.
    #[inline]
    pub fn open_time(&self) -> &[i64] {
        &self.columns.open_time
    }

    /// When bar `i` is known: at the end of its timeframe.
    #[inline]
    pub fn close_time(&self, i: usize) -> i64 {
        self.timeframe.end_ms(self.columns.open_time[i])
    }

    /// First price of each bar.
    #[inline]
    pub fn open(&self) -> &[f64] {
        &self.columns.open
    }

    /// Highest price of each bar.
    #[inline]
    pub fn high(&self) -> &[f64] {
        &self.columns.high
    }

    /// Lowest price of each bar.
    #[inline]
    pub fn low(&self) -> &[f64] {
        &self.columns.low
    }

    /// Last price of each bar.
    #[inline]
    pub fn close(&self) -> &[f64] {
        &self.columns.close
    }

    /// Units traded in each bar.
    #[inline]
    pub fn volume(&self) -> &[f64] {
        &self.columns.volume
    }

    /// What makes them the same bars as others: SHA-256 over their length and columns, lower-case hexadecimal. The name,
    /// the format and the packing of a file are no part of it, nor is the symbol.
    pub fn id(&self) -> &str {
        self.id.get_or_init(|| bars_id::hash(self).into())
    }

    /// The shared columns.
    #[inline]
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Bars `from..to` without copying. Panics if the range is outside the bars.
    #[inline]
    pub fn slice(&self, from: usize, to: usize) -> Self {
        if (from, to) == (0, self.len()) {
            return self.clone();
        }
        let n = to - from;
        let c = &self.columns;
        Self {
            timeframe: self.timeframe,
            id: OnceLock::new(),
            columns: Columns {
                open_time: c.open_time.slice(from, n),
                open: c.open.slice(from, n),
                high: c.high.slice(from, n),
                low: c.low.slice(from, n),
                close: c.close.slice(from, n),
                volume: c.volume.slice(from, n),
            },
        }
    }

    /// Row range of the bars that open in the half-open interval `[from_ms, to_ms)`.
    #[inline]
    pub fn rows_between(&self, from_ms: Option<i64>, to_ms: Option<i64>) -> std::ops::Range<usize> {
        let t = self.open_time();
        let start = from_ms.map_or(0, |f| t.partition_point(|&x| x < f));
        let end = to_ms.map_or(t.len(), |e| t.partition_point(|&x| x < e));
        start..end.max(start)
    }
}

impl Columns {
    /// What makes `row` not a bar, given that every earlier row is one.
    fn fault(&self, row: usize) -> Option<String> {
        let t = self.open_time[row];
        if row > 0 {
            let before = self.open_time[row - 1];
            if t == before {
                return Some(format!("duplicate time {}", format_time(t)));
            }
            if t < before {
                return Some(format!(
                    "time {} is earlier than the row before it ({})",
                    format_time(t),
                    format_time(before)
                ));
            }
        }
        let (o, h, l, c, v) =
            (self.open[row], self.high[row], self.low[row], self.close[row], self.volume[row]);
        for (name, price) in [("open", o), ("high", h), ("low", l), ("close", c)] {
            if !price.is_finite() || price <= 0.0 {
                return Some(format!(
                    "{name} must be a finite positive price, was {price} (bar {})",
                    format_time(t)
                ));
            }
        }
        if h < l {
            return Some(format!("high {h} is below low {l} (bar {})", format_time(t)));
        }
        if h < o.max(c) {
            return Some(format!("high {h} is below open {o} or close {c} (bar {})", format_time(t)));
        }
        if l > o.min(c) {
            return Some(format!("low {l} is above open {o} or close {c} (bar {})", format_time(t)));
        }
        if !v.is_finite() || v < 0.0 {
            return Some(format!("volume must be finite and not negative, was {v} (bar {})", format_time(t)));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(rows: &[(i64, f64, f64, f64, f64, f64)]) -> Columns {
        Columns {
            open_time: rows.iter().map(|r| r.0 * 3_600_000).collect(),
            open: rows.iter().map(|r| r.1).collect(),
            high: rows.iter().map(|r| r.2).collect(),
            low: rows.iter().map(|r| r.3).collect(),
            close: rows.iter().map(|r| r.4).collect(),
            volume: rows.iter().map(|r| r.5).collect(),
        }
    }

    fn problem(rows: &[(i64, f64, f64, f64, f64, f64)]) -> BarsFault {
        Bars::new(Timeframe::H1, columns(rows)).unwrap_err()
    }

    const GOOD: (i64, f64, f64, f64, f64, f64) = (0, 10.0, 12.0, 9.0, 11.0, 5.0);

    #[test]
    fn faults_name_their_row() {
        let cases = [
            ((0, 10.0, 12.0, 9.0, 11.0, 5.0), "duplicate time"),
            ((-1, 10.0, 12.0, 9.0, 11.0, 5.0), "earlier than the row before"),
            ((1, f64::NAN, 12.0, 9.0, 11.0, 5.0), "open must be"),
            ((1, 10.0, f64::INFINITY, 9.0, 11.0, 5.0), "high must be"),
            ((1, 10.0, 12.0, 0.0, 11.0, 5.0), "low must be"),
            ((1, 10.0, 9.0, 12.0, 11.0, 5.0), "high 9 is below low 12"),
            ((1, 10.0, 10.5, 9.0, 11.0, 5.0), "is below open 10 or close 11"),
            ((1, 10.0, 12.0, 10.5, 11.0, 5.0), "is above open 10 or close 11"),
            ((1, 10.0, 12.0, 9.0, 11.0, -1.0), "volume must be"),
            ((1, 10.0, 12.0, 9.0, 11.0, f64::NAN), "volume must be"),
        ];
        for (row, words) in cases {
            let fault = problem(&[GOOD, row]);
            assert_eq!(fault.row, 1);
            assert!(fault.problem.contains(words), "{} lacks {words}", fault.problem);
        }
    }

    #[test]
    fn unequal_columns_are_refused() {
        let mut c = columns(&[GOOD]);
        c.volume = vec![].into();
        let fault = Bars::new(Timeframe::H1, c).unwrap_err();
        assert_eq!(fault.problem, "column volume has 0 rows where open_time has 1");
    }

    #[test]
    fn slices_and_ranges_are_half_open() {
        let rows: Vec<_> = (0..5).map(|i| (i, 10.0, 12.0, 9.0, 11.0, i as f64)).collect();
        let bars = Bars::new(Timeframe::H1, columns(&rows)).unwrap();
        let h = 3_600_000;
        assert_eq!(bars.rows_between(Some(h), Some(3 * h)), 1..3);
        assert_eq!(bars.rows_between(Some(h + 1), None), 2..5);
        assert_eq!(bars.rows_between(Some(9 * h), Some(0)), 5..5);
        assert_eq!(bars.slice(1, 3).volume(), [1.0, 2.0]);
        assert_eq!(bars.close_time(0), h);
    }
}
