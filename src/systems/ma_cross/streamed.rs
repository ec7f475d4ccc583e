//! Figures summed up on the way, held against those of the whole record, as a real system trades.

use super::{MaCross, Sides, crossover, first_row};
use crate::features::FeatureCache;
use crate::metrics::EquityStats;
use crate::metrics::daily;
use crate::replay::{
    AccountState, Clock, Execution, FullRecorder, Market, Over, SummaryRecorder, replay, replay_all,
};
use crate::system::targets::{Brackets, TargetPositions, TargetTrader, Unit};

#[test]
fn streamed_figures_are_those_of_the_tables_to_the_bit() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/btcusdt-1h.parquet");
    let bars = crate::data::load(&path, &crate::data::LoadRequest::default()).unwrap().bars;
    let cache = FeatureCache::new(bars.clone());
    let markets = [Market::from(&bars)];
    let clock = Clock::of(&markets).with_days();
    let mut streamed: Option<SummaryRecorder<'_>> = None;
    for (sides, fast, stop, days) in [
        (Sides::Both, 20, None, 365.0),
        (Sides::Long, 48, Some(2.0), 365.0),
        (Sides::Short, 5, Some(1.0), 252.0),
    ] {
        let p = MaCross { fast, sides, ..MaCross::default() };
        let brackets = Brackets { stop, target: Some(3.0), ..Brackets::default() };
        let wanted = TargetPositions::new(crossover(&cache, &p), Unit::Equity, brackets);
        let first = first_row(&p);
        let execution = Execution::default();
        let mut full = FullRecorder::new(bars.len());
        let mut trader = TargetTrader::new(&bars, &wanted);
        replay(&bars, first, &execution, AccountState::new(1e4, 1.0), &mut trader, &mut full);
        let closes: Vec<i64> = (first..bars.len()).map(|i| bars.close_time(i)).collect();
        let days_of = daily(&closes, &full.equity[first..], 1e4, bars.open_time()[first]);
        let curve = if days == 365.0 { days_of.curve() } else { days_of.session_curve() };

        // The memory of the run before is used again.
        let recorder = match &mut streamed {
            Some(r) if r.first() == first => {
                r.clear();
                r
            }
            other => other.insert(SummaryRecorder::new(&clock, first, 1e4)),
        };
        let mut trader = [TargetTrader::new(&bars, &wanted)];
        let account = AccountState::new(1e4, 1.0);
        replay_all(Over::new(&markets, &clock, &[first], &execution, account), &mut trader, recorder);
        let bits = |s: &EquityStats| serde_json::to_string(s).unwrap();
        assert_eq!(bits(&recorder.performance(days)), bits(&EquityStats::of(&curve, days)));
        let trades: Vec<f64> = full.trades.iter().map(|t| t.pnl).collect();
        assert_eq!(recorder.columns().pnl, trades);
        assert!(trades.len() > 50, "{}", trades.len());
        let held = full.exposure[first..].iter().filter(|e| **e != 0.0).count();
        assert_eq!(recorder.exposure(), held as f64 / (bars.len() - first) as f64);
    }
}
