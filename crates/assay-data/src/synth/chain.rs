//! The semi-Markov chain: which regime rules which bars.

use super::Regime;
use super::RegimesPreset;
use crate::random::Stream;

/// A stretch of bars under one regime.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Episode {
    /// The regime.
    pub regime: Regime,
    /// First bar.
    pub start: usize,
    /// Bars; the last episode of a history may be cut short by its end.
    pub bars: usize,
    /// Sign of the drift, 1 or -1; drawn also where the regime has no drift.
    pub direction: f64,
    /// Whether a breakout follows.
    pub before_breakout: bool,
}

/// The episodes that cover the first `all_bars` bars, in order of time.
pub(super) fn episodes(preset: &RegimesPreset, all_bars: usize, seed: u64) -> Vec<Episode> {
    let mut next_regime = Stream::new(seed, "synth transition", 0);
    let mut dwell = Stream::new(seed, "synth dwell", 0);
    let mut coin = Stream::new(seed, "synth direction", 0);
    let mut all = Vec::new();
    let (mut start, mut regime) = (0, preset.first_regime);
    while start < all_bars {
        let p = preset.regimes.of(regime);
        let length = (p.dwell_min as usize)
            .saturating_add(geometric(dwell.uniform(), p.dwell_mean - f64::from(p.dwell_min)));
        let bars = length.min(all_bars - start);
        let direction = if coin.uniform() < 0.5 { 1.0 } else { -1.0 };
        let following = draw(preset, regime, next_regime.uniform());
        let before_breakout = following == Regime::Breakout && bars == length;
        all.push(Episode { regime, start, bars, direction, before_breakout });
        start += bars;
        regime = following;
    }
    all
}

/// The quantile of `u` in `[0, 1)` of the geometric distribution on 0, 1, 2... with the given mean.
fn geometric(u: f64, mean: f64) -> usize {
    if mean <= 0.0 {
        return 0;
    }
    let stay = mean / (1.0 + mean);
    // A float beyond the range of usize saturates; the caller cuts at the end of the history.
    (libm::log(1.0 - u) / libm::log(stay)) as usize
}

/// The regime after `regime`: the quantile of `u` in its row of the transition matrix.
fn draw(preset: &RegimesPreset, regime: Regime, u: f64) -> Regime {
    let row = preset.transitions.of(regime);
    let mut sum = 0.0;
    let mut last = regime;
    for next in Regime::ALL {
        let p = *row.of(next);
        if p > 0.0 {
            sum += p;
            last = next;
            if u < sum {
                break;
            }
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::super::tests::{preset, regimes};
    use super::*;

    #[test]
    fn episodes_tile_the_history_and_change_the_regime() {
        let p = regimes();
        let all = episodes(&p, 26_280, 30);
        let mut bar = 0;
        for pair in all.windows(2) {
            assert_ne!(pair[0].regime, pair[1].regime);
            assert_eq!(pair[0].before_breakout, pair[1].regime == Regime::Breakout);
            assert!(pair[0].bars >= p.regimes.of(pair[0].regime).dwell_min as usize);
        }
        for e in &all {
            assert_eq!(e.start, bar);
            bar += e.bars;
        }
        assert_eq!(bar, 26_280);
    }

    #[test]
    fn breakouts_start_only_from_calm() {
        for pair in episodes(&regimes(), preset().bars, preset().seed).windows(2) {
            if pair[1].regime == Regime::Breakout {
                assert!(matches!(pair[0].regime, Regime::Sideways | Regime::Quiet), "{pair:?}");
            }
        }
    }

    #[test]
    fn geometric_lengths_have_their_mean() {
        let mut s = Stream::new(7, "test", 0);
        let n = 100_000;
        let mean = (0..n).map(|_| geometric(s.uniform(), 20.0) as f64).sum::<f64>() / f64::from(n);
        assert!((mean - 20.0).abs() < 0.3, "{mean}");
        assert_eq!(geometric(0.999, 0.0), 0);
        assert_eq!(geometric(0.0, 20.0), 0);
    }

    #[test]
    fn directions_are_fair() {
        let all = episodes(&regimes(), 1_000_000, preset().seed);
        let ups = all.iter().filter(|e| e.direction > 0.0).count() as f64;
        assert!((ups / all.len() as f64 - 0.5).abs() < 0.015, "{ups} of {}", all.len());
    }
}
