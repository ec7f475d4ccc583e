use super::*;
use crate::features::FeatureCache;
use crate::market::{Bars, Columns, Timeframe};

const HOUR: i64 = 3_600_000;

fn bars(closes: &[f64]) -> Bars {
    let columns = Columns {
        open_time: (0..closes.len() as i64).map(|i| i * HOUR).collect(),
        open: closes.to_vec().into(),
        high: closes.to_vec().into(),
        low: closes.to_vec().into(),
        close: closes.to_vec().into(),
        volume: vec![1.0; closes.len()].into(),
    };
    Bars::new(Timeframe::H1, columns).unwrap()
}

#[test]
fn averages_cross_both_ways() {
    let closes = [10.0, 10.0, 10.0, 13.0, 13.0, 1.0, 1.0, 1.0, 1.0];
    let cache = FeatureCache::new(bars(&closes));
    let mut p = MaCross { fast: 2, slow: 3, size: 0.5, ..MaCross::default() };
    let wanted = crossover(&cache, &p);
    assert_eq!(first_row(&p), 2);
    assert!(wanted[..3].iter().all(|w| w.is_nan()), "unknown, then equal: {wanted:?}");
    assert_eq!(wanted[3..7], [0.5, 0.5, -0.5, -0.5]);
    assert!(wanted[7].is_nan(), "equal again");
    p.sides = Sides::Long;
    assert_eq!(crossover(&cache, &p)[5], 0.0);
    p.sides = Sides::Short;
    assert_eq!(crossover(&cache, &p)[3..6], [0.0, 0.0, -0.5]);
    assert_eq!(MaCross { fast: 3, slow: 3, ..p }.conflicts().len(), 1);
}
