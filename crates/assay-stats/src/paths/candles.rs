//! Simulated closes made into bars: what happens inside a bar is borrowed from history.

use super::shape::{Ohlcv, Shapes};
use crate::random::Stream;
use crate::stats::std_dev;

/// Bars of history by the size of their move, to give simulated returns a high, a low and a volume.
#[derive(Debug, Clone, PartialEq)]
pub struct CandlePool {
    /// Ascending by size.
    bars: Vec<Candle>,
    /// Standard deviation of `ln(C / O)`.
    sd: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Candle {
    /// `|ln(C / O)|`.
    size: f64,
    rises: bool,
    /// `ln(H / max(O, C))`.
    above: f64,
    /// `ln(min(O, C) / L)`.
    below: f64,
    volume: f64,
}

/// A bar is drawn from the one of nearest size and as many as this to either side.
const NEAR: usize = 10;

impl CandlePool {
    /// `None` where there is no bar.
    pub fn of(shapes: &Shapes) -> Option<Self> {
        let moves: Vec<f64> = shapes.bars().iter().map(|s| libm::log(s.close)).collect();
        let mut bars: Vec<Candle> = shapes
            .bars()
            .iter()
            .zip(&moves)
            .map(|(s, &x)| Candle {
                size: x.abs(),
                rises: x >= 0.0,
                above: libm::log(s.high / s.close.max(1.0)),
                below: libm::log(s.close.min(1.0) / s.low),
                volume: s.volume,
            })
            .collect();
        // Stable, so that bars of one size stay in order of time.
        bars.sort_by(|a, b| a.size.total_cmp(&b.size));
        (!bars.is_empty()).then(|| Self { bars, sd: std_dev(&moves, 1) })
    }

    /// Builds into `out` the bars of a path of log returns from `first_close`, the close before its first bar.
    ///
    /// A bar opens at the last close (no gap) and closes where its return says. Its high and low come from a bar of
    /// history, one of the 21 whose `|ln(C / O)|` is nearest to the return after both are brought to the same scale: the
    /// excursions above and below the body, in logs, are multiplied by the ratio of the standard deviations of the path
    /// and of history, and change places where one bar rises and the other falls. The volume is that bar's. One draw a
    /// bar. Returns the number of bars with a clamped price, as [`Shapes::rebuild`].
    pub fn build(&self, first_close: f64, returns: &[f64], stream: &mut Stream, out: &mut Ohlcv) -> usize {
        out.reset(returns.len());
        let ratio = std_dev(returns, 1) / self.sd;
        // Too few or equal returns have no scale of their own.
        let ratio = if ratio.is_finite() && ratio > 0.0 { ratio } else { 1.0 };
        let (mut open, mut clamped) = (first_close, 0);
        for &r in returns {
            let size = r.abs() / ratio;
            let place = self.bars.partition_point(|b| b.size < size);
            let (from, to) = (place.saturating_sub(NEAR), (place + NEAR + 1).min(self.bars.len()));
            let bar = &self.bars[from + stream.below(to - from)];
            let (above, below) =
                if bar.rises == (r >= 0.0) { (bar.above, bar.below) } else { (bar.below, bar.above) };
            let close = open * libm::exp(r);
            let high = open.max(close) * libm::exp(above * ratio);
            let low = open.min(close) * libm::exp(-below * ratio);
            let (stored, moved) = out.push(open, high, low, close, bar.volume);
            clamped += usize::from(moved);
            open = stored;
        }
        clamped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{mean, std_dev};

    /// Rising bars of 1, 2, .. per cent with an upper shadow of half and a lower of a quarter of the move.
    fn history(n: usize) -> Shapes {
        let up = |i: usize, k: f64| libm::exp(k * 0.001 * (i + 1) as f64);
        let column = |k: f64| (0..n).map(|i| 100.0 * up(i, k)).collect::<Vec<_>>();
        let volume: Vec<f64> = (0..n).map(|i| i as f64).collect();
        Shapes::of(&column(0.0), &column(1.5), &column(-0.25), &column(1.0), &volume).unwrap()
    }

    #[test]
    fn a_bar_of_like_size_lends_its_shadows() {
        let candles = CandlePool::of(&history(500)).unwrap();
        let mut s = Stream::new(1, "test", 0);
        let returns: Vec<f64> =
            (0..5000).map(|_| 0.05 * s.uniform() * if s.below(2) == 0 { 1.0 } else { -1.0 }).collect();
        let scale = std_dev(&returns, 1) / candles.sd;
        let mut out = Ohlcv::default();
        assert_eq!(candles.build(1.0, &returns, &mut s, &mut out), 0);
        let mut before = 1.0;
        for (i, r) in returns.iter().enumerate() {
            let (o, h, l, c) = (out.open[i], out.high[i], out.low[i], out.close[i]);
            assert!(o == before && h >= o.max(c) && l <= o.min(c));
            assert!((libm::log(c / o) - r).abs() < 1e-12);
            // In units of the path, a step of size in history is 0.001 times the scale.
            let (above, below) = (libm::log(h / o.max(c)), libm::log(o.min(c) / l));
            let shadow = if *r >= 0.0 { above } else { below };
            let want = r.abs().min(0.5 * scale);
            assert!((shadow / 0.5 - want).abs() < 0.012 * scale, "{i}: {shadow} {want}");
            let other = if *r >= 0.0 { below } else { above };
            assert!((other * 2.0 - shadow).abs() < 1e-9);
            assert!((out.volume[i] - want / (0.001 * scale)).abs() < 12.5);
            before = c;
        }
    }

    #[test]
    fn few_bars_and_odd_returns_do_not_panic() {
        assert!(CandlePool::of(&Shapes::of(&[], &[], &[], &[], &[]).unwrap()).is_none());
        let one = CandlePool::of(&history(1)).unwrap();
        let (mut s, mut out) = (Stream::new(1, "test", 0), Ohlcv::default());
        assert_eq!(one.build(1.0, &[0.0], &mut s, &mut out), 0);
        assert_eq!(one.build(1.0, &[1e300, -1e300, f64::NAN], &mut s, &mut out), 3);
        assert!(out.close.iter().all(|c| c.is_finite() && *c > 0.0));
        assert_eq!(one.build(1.0, &[], &mut s, &mut out), 0);
        assert!(mean(&out.close).is_nan());
    }
}
