//! Where two averages cross.

use super::params::{Average, MaCross, Sides};
use crate::features::FeatureCache;

/// First bar with both averages.
pub fn first_row(p: &MaCross) -> usize {
    p.fast.max(p.slow) - 1
}

/// Position wanted at each close, a share of equity; NaN before both averages are known. Equal averages leave what there is.
pub fn crossover(cache: &FeatureCache, p: &MaCross) -> Vec<f64> {
    let name = match p.average {
        Average::Sma => "sma",
        Average::Ema => "ema",
    };
    let (fast, slow) = (cache.get(name, &[p.fast as f64]), cache.get(name, &[p.slow as f64]));
    let (long, short) = match p.sides {
        Sides::Both => (p.size, -p.size),
        Sides::Long => (p.size, 0.0),
        Sides::Short => (0.0, -p.size),
    };
    let wanted = |(f, s): (&f64, &f64)| {
        if f > s {
            long
        } else if f < s {
            short
        } else {
            f64::NAN
        }
    };
    fast.iter().zip(&slow[..]).map(wanted).collect()
}

/// Bars at whose close another position is wanted than before, with what is wanted: what [`crossover`] comes to, without the column.
pub fn crossover_changes(cache: &FeatureCache, p: &MaCross) -> Vec<(usize, f64)> {
    let name = match p.average {
        Average::Sma => "sma",
        Average::Ema => "ema",
    };
    let (fast, slow) = (cache.get(name, &[p.fast as f64]), cache.get(name, &[p.slow as f64]));
    let wants = |sign: i8| match (p.sides, sign) {
        (Sides::Long, -1) | (Sides::Short, 1) => 0.0,
        (_, 1) => p.size,
        _ => -p.size,
    };
    let mut changes = Vec::with_capacity(fast.len() / 32);
    let (mut held, mut sign) = (0.0, 0i8);
    let mut turn = |bar: usize, now: i8| {
        let want = wants(now);
        if want != held {
            held = want;
            changes.push((bar, want));
        }
    };
    let look = |from: usize, fast: &[f64], slow: &[f64], sign: &mut i8, turn: &mut dyn FnMut(usize, i8)| {
        for (k, (f, s)) in fast.iter().zip(slow).enumerate() {
            let now = i8::from(f > s) - i8::from(f < s);
            if now != 0 && now != *sign {
                *sign = now;
                turn(from + k, now);
            }
        }
    };
    let ((f, fast_rest), (s, slow_rest)) = (fast.as_chunks::<TOGETHER>(), slow.as_chunks::<TOGETHER>());
    for (block, (f, s)) in f.iter().zip(s).enumerate() {
        // Signs of the differences alone, which compile to whole registers: a block in which none changes is passed over.
        let (mut any, mut all) = (0u64, u64::MAX);
        for k in 0..TOGETHER {
            let d = (f[k] - s[k]).to_bits();
            any |= d;
            all &= d;
        }
        let quiet = match sign {
            1 => any >> 63 == 0,
            -1 => all >> 63 == 1,
            _ => false,
        };
        if quiet {
            continue;
        }
        let (mut below, mut equal) = (0u32, false);
        for k in 0..TOGETHER {
            let d = (f[k] - s[k]).to_bits();
            below |= ((d >> 63) as u32) << k;
            // Equal averages, or an unknown one.
            equal |= d << 1 == 0 || d << 1 > EXPONENT;
        }
        if equal || sign == 0 {
            look(block * TOGETHER, f, s, &mut sign, &mut turn);
            continue;
        }
        // A bit for each bar whose sign is not that of the bar before.
        let mut turns = (below ^ (below << 1 | u32::from(sign < 0))) & ((1 << TOGETHER) - 1);
        while turns != 0 {
            let k = turns.trailing_zeros();
            turns &= turns - 1;
            sign = if below >> k & 1 == 1 { -1 } else { 1 };
            turn(block * TOGETHER + k as usize, sign);
        }
    }
    look(f.len() * TOGETHER, fast_rest, slow_rest, &mut sign, &mut turn);
    changes
}

/// Bars looked at together.
const TOGETHER: usize = 16;

/// Bits of an infinity without its sign: anything above is no number.
const EXPONENT: u64 = 0x7FF0_0000_0000_0000 << 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::targets::{Brackets, TargetPositions, Unit};

    #[test]
    fn changes_are_those_of_the_column() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/btcusdt-1h.parquet");
        let cache =
            FeatureCache::new(crate::data::load(&path, &crate::data::LoadRequest::default()).unwrap().bars);
        for (fast, slow, sides) in [
            (2, 3, Sides::Both),
            (1, 2, Sides::Long),
            (5, 90, Sides::Short),
            (20, 100, Sides::Both),
            (3, 5000, Sides::Long),
        ] {
            for average in [Average::Sma, Average::Ema] {
                let p = MaCross { fast, slow, sides, average, size: 0.7, ..MaCross::default() };
                let column = TargetPositions::new(crossover(&cache, &p), Unit::Equity, Brackets::default());
                assert_eq!(crossover_changes(&cache, &p), column.changes(), "{p:?}");
                assert!(!column.changes().is_empty());
            }
        }
    }
}
