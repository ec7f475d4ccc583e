//! What makes things in memory the same things: a hash of their columns, bit by bit.
//!
//! A file is known by the hash of its bytes. What was never a file is known by that of its content: names of
//! what it holds, then each column as little-endian numbers.

use sha2::{Digest, Sha256};

use super::file::{hex, sha256_hex};
use crate::market::Bars;

/// The hash of bars: their length in milliseconds, how many, and their six columns.
pub(super) fn of_bars(bars: &Bars) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("assay bars {} {}\n", bars.timeframe().ms(), bars.len()));
    times(&mut hash, bars.open_time());
    for column in [bars.open(), bars.high(), bars.low(), bars.close(), bars.volume()] {
        numbers(&mut hash, column);
    }
    hex(&hash.finalize())
}

/// The hash of bars and of a spread that was given beside them.
pub(super) fn and_spread(bars: &str, spread: &[f64]) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{bars}\nassay spread {}\n", spread.len()));
    numbers(&mut hash, spread);
    hex(&hash.finalize())
}

/// The hash of bars that are said to be generated.
pub(super) fn and_synthetic(bars: &str) -> String {
    sha256_hex(format!("{bars}\nassay synthetic\n").as_bytes())
}

/// The hash of values over time, of the kind that `what` names.
pub(super) fn of_values(what: &str, time_ms: &[i64], columns: [&[f64]; 2], symbols: &[String]) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("assay {what} {}\n", time_ms.len()));
    times(&mut hash, time_ms);
    for column in columns {
        numbers(&mut hash, column);
    }
    for symbol in symbols {
        hash.update((symbol.len() as u64).to_le_bytes());
        hash.update(symbol);
    }
    hex(&hash.finalize())
}

fn times(hash: &mut Sha256, column: &[i64]) {
    column.iter().for_each(|t| hash.update(t.to_le_bytes()));
}

/// Every NaN is the same nothing.
fn numbers(hash: &mut Sha256, column: &[f64]) {
    let plain = |v: &f64| if v.is_nan() { f64::NAN } else { *v };
    column.iter().for_each(|v| hash.update(plain(v).to_bits().to_le_bytes()));
}
