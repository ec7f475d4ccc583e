//! A feature over columns that may have holes.

use std::ops::Range;

use super::higher_timeframe::Coarse;
use super::{FeatureCache, FeatureSpec};
use crate::error::{Error, Place, Result};
use crate::market::{Bars, Columns, Timeframe};

/// The column of `spec` over `columns` that are not yet bars, one row a row.
///
/// A row where a price or the volume is NaN is a hole. A hole parts the history: on each side a feature is exactly what
/// it would be if there were nothing else, and in the hole it is NaN. (TA-Lib lets one NaN spoil every later row; a
/// window that bridges a hole would be a window of another length.)
///
/// # Errors
/// Columns of unequal length, an infinite value, a row that is no bar, or fewer rows than the feature's warm-up needs;
/// each named by column and row.
pub fn compute(spec: &FeatureSpec, timeframe: Timeframe, columns: &Columns) -> Result<Vec<f64>> {
    let n = columns.open_time.len();
    let values = [
        ("open", &columns.open),
        ("high", &columns.high),
        ("low", &columns.low),
        ("close", &columns.close),
        ("volume", &columns.volume),
    ];
    for (name, column) in &values {
        if column.len() != n {
            return Err(Error::data(
                Place::text(format_args!("column {name}")),
                format!("has {} rows where open_time has {n}", column.len()),
            )
            .hint("give columns of one length"));
        }
        if let Some(row) = column.iter().position(|v| v.is_infinite()) {
            return Err(Error::data(
                Place::text(format_args!("column {name}: row {}", row + 1)),
                "is infinite",
            )
            .hint("give a number, or NaN where there is none"));
        }
    }
    match spec.longer_than(timeframe) {
        None => spec.fits(n)?,
        Some(longer) => {
            Coarse::possible(timeframe, longer).map_err(|e| e.within(format!("feature {spec}")))?;
        }
    }
    let hole = |row: usize| values.iter().any(|(_, c)| c[row].is_nan());
    let mut out = vec![f64::NAN; n];
    let mut from = 0;
    while from < n {
        let to = (from..n).find(|&row| hole(row)).unwrap_or(n);
        if to > from {
            let bars = Bars::new(timeframe, part(columns, from..to)).map_err(|fault| {
                Error::data(Place::text(format_args!("row {}", from + fault.row + 1)), fault.problem)
                    .hint("give prices as open, high, low, close in the order of their times")
            })?;
            out[from..to].copy_from_slice(&FeatureCache::new(bars).column(spec));
        }
        from = to + 1;
    }
    Ok(out)
}

fn part(c: &Columns, rows: Range<usize>) -> Columns {
    let (start, len) = (rows.start, rows.len());
    Columns {
        open_time: c.open_time.slice(start, len),
        open: c.open.slice(start, len),
        high: c.high.slice(start, len),
        low: c.low.slice(start, len),
        close: c.close.slice(start, len),
        volume: c.volume.slice(start, len),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(close: &[f64]) -> Columns {
        let shifted = |by: f64| -> Vec<f64> { close.iter().map(|c| c + by).collect() };
        Columns {
            open_time: (0..close.len() as i64).map(|i| i * 3_600_000).collect::<Vec<_>>().into(),
            open: close.to_vec().into(),
            high: shifted(1.0).into(),
            low: shifted(-1.0).into(),
            close: close.to_vec().into(),
            volume: vec![1.0; close.len()].into(),
        }
    }

    fn sma(close: &[f64]) -> Result<Vec<f64>> {
        compute(&"sma:2".parse()?, Timeframe::H1, &columns(close))
    }

    #[test]
    fn a_hole_parts_the_history() {
        let nan = f64::NAN;
        let out = sma(&[10.0, 12.0, 14.0, nan, 20.0, nan, nan, 30.0, 32.0]).unwrap();
        let want = [nan, 11.0, 13.0, nan, nan, nan, nan, nan, 31.0];
        assert!(out.iter().zip(want).all(|(a, b)| a.to_bits() == b.to_bits()), "{out:?}");
        assert!(sma(&[nan, nan, nan]).unwrap().iter().all(|v| v.is_nan()));
    }

    #[test]
    fn wrong_columns_are_named() {
        let message = |r: Result<Vec<f64>>| r.unwrap_err().to_string();
        assert!(
            message(sma(&[10.0])).starts_with("feature sma:2: needs 2 rows for its first value, was given 1")
        );
        assert!(message(sma(&[10.0, f64::INFINITY])).starts_with("column open: row 2: is infinite"));
        assert!(message(sma(&[10.0, f64::NAN, -3.0])).starts_with("row 3: "));
        let mut short = columns(&[10.0; 4]);
        short.volume = vec![1.0; 3].into();
        let e = message(compute(&"sma:2".parse().unwrap(), Timeframe::H1, &short));
        assert!(e.starts_with("column volume: has 3 rows where open_time has 4"), "{e}");
    }
}
