//! What makes bars the same bars: a hash of their columns, whatever file or program they came from.

use sha2::{Digest, Sha256};

use super::Bars;

/// The hash of `bars`: SHA-256 over their length in milliseconds and how many they are (i64), then column by column
/// open time (i64, milliseconds UTC), open, high, low, close and volume (f64), all little-endian. Zero has no sign.
pub(super) fn hash(bars: &Bars) -> String {
    let mut hash = Sha256::new();
    hash.update(bars.timeframe().ms().to_le_bytes());
    hash.update((bars.len() as i64).to_le_bytes());
    feed(&mut hash, bars.open_time(), |t| t.to_le_bytes());
    for column in [bars.open(), bars.high(), bars.low(), bars.close(), bars.volume()] {
        // Sums of nothing and -0.0 of another program are the same nothing.
        feed(&mut hash, column, |v| (v + 0.0).to_bits().to_le_bytes());
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// In pieces: a call a value would cost more than the hash.
fn feed<T: Copy>(hash: &mut Sha256, column: &[T], bytes: impl Fn(T) -> [u8; 8]) {
    let mut piece = [0u8; 8192];
    for values in column.chunks(piece.len() / 8) {
        for (place, v) in piece.chunks_exact_mut(8).zip(values) {
            place.copy_from_slice(&bytes(*v));
        }
        hash.update(&piece[..8 * values.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Columns, Timeframe};
    use super::*;

    fn bars(n: usize, volume: f64) -> Bars {
        let price = |at: f64| (0..n).map(|i| at + i as f64 / 8.0).collect::<Vec<f64>>().into();
        let columns = Columns {
            open_time: (0..n as i64).map(|i| 1_600_000_000_000 + i * 3_600_000).collect(),
            open: price(100.0),
            high: price(101.0),
            low: price(99.0),
            close: price(100.5),
            volume: vec![volume; n].into(),
        };
        Bars::new(Timeframe::H1, columns).unwrap()
    }

    /// Worked out by Python's `hashlib` and `struct`.
    #[test]
    fn the_hash_is_that_of_another_program() {
        assert_eq!(bars(3, 2.5).id(), "38652abb0961f771bb04e00200727294827f750a5baf6a83c379dcc10c692085");
        assert_eq!(bars(2000, 0.0).id(), "f86bec7b031543493b96952c35fb5acd0ca8d9b97c72bfdeed3af7d19700aa75");
    }

    #[test]
    fn signs_of_nothing_do_not_matter_and_everything_else_does() {
        let b = bars(50, 0.0);
        assert_eq!(bars(50, -0.0).id(), b.id());
        assert_ne!(bars(50, 1.0).id(), b.id());
        assert_ne!(bars(49, 0.0).id(), b.id());
        assert_eq!(b.slice(0, 49).id(), bars(49, 0.0).id(), "a part is known by what it holds");
        assert_eq!(b.clone().id(), b.id());
        let longer = Bars::new("4h".parse().unwrap(), b.slice(0, 1).columns().clone()).unwrap();
        assert_ne!(longer.id(), b.slice(0, 1).id());
        let mut columns = b.columns().clone();
        std::mem::swap(&mut columns.open, &mut columns.close);
        assert_ne!(Bars::new(Timeframe::H1, columns).unwrap().id(), b.id());
    }
}
