//! The textbook system.

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
