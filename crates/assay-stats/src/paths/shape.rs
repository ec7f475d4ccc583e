//! Bars as ratios, so that history can be cut and joined without a jump in price.

use std::ops::Range;

/// Prices and volumes by column, one entry a bar.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ohlcv {
    /// First price.
    pub open: Vec<f64>,
    /// Highest price.
    pub high: Vec<f64>,
    /// Lowest price.
    pub low: Vec<f64>,
    /// Last price.
    pub close: Vec<f64>,
    /// Amount traded, in units of the base asset.
    pub volume: Vec<f64>,
}

impl Ohlcv {
    /// Empties the columns and makes room for `bars`.
    pub(super) fn reset(&mut self, bars: usize) {
        for column in [&mut self.open, &mut self.high, &mut self.low, &mut self.close, &mut self.volume] {
            column.clear();
            column.reserve(bars);
        }
    }

    /// Appends a bar with its prices made positive and finite and its extremes made to enclose open and close; returns the
    /// close as stored, and whether a price had to be pulled back into range.
    pub(super) fn push(&mut self, open: f64, high: f64, low: f64, close: f64, volume: f64) -> (f64, bool) {
        // Unlike `clamp`, this also takes NaN in.
        let [o, h, l, c] = [open, high, low, close].map(|p| if p >= LEAST { p.min(MOST) } else { LEAST });
        self.open.push(o);
        self.high.push(h.max(o).max(c));
        self.low.push(l.min(o).min(c));
        self.close.push(c);
        self.volume.push(volume);
        (c, [open, high, low, close] != [o, h, l, c])
    }
}

/// Prices below this, in units of the quote asset, are clamped to it.
const LEAST: f64 = 1e-12;
/// Prices above this are clamped to it.
const MOST: f64 = 1e15;

/// One bar relative to what came before it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shape {
    /// Open over the previous close.
    pub gap: f64,
    /// High over open.
    pub high: f64,
    /// Low over open.
    pub low: f64,
    /// Close over open.
    pub close: f64,
    /// Volume as it was.
    pub volume: f64,
}

/// The shapes of a series of bars: the exponentials of the log shape `gap = ln(O / C before)`, `high = ln(H / O)`,
/// `low = ln(L / O)`, `close = ln(C / O)`, and the volume.
///
/// The ratios are stored, not their logarithms, so that a rebuilt bar costs four multiplications and no call of `exp`. A
/// rebuilt price is a product of rounded ratios: the bars of history in their own order come back to within about one
/// rounding (1e-16, relative) a bar, not bit for bit; but the same ranges give the same bits on every machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Shapes(Vec<Shape>);

impl Shapes {
    /// The shapes of bars given by column. The first bar has no bar before it: its gap is zero.
    ///
    /// `None` where the columns differ in length or a price is not positive and finite. A high below, or a low above, open
    /// or close is moved to it.
    pub fn of(open: &[f64], high: &[f64], low: &[f64], close: &[f64], volume: &[f64]) -> Option<Self> {
        let n = open.len();
        let prices = [open, high, low, close];
        if prices.iter().any(|p| p.len() != n || p.iter().any(|v| !v.is_finite() || *v <= 0.0))
            || volume.len() != n
        {
            return None;
        }
        let shape = |i: usize| Shape {
            gap: if i == 0 { 1.0 } else { open[i] / close[i - 1] },
            high: high[i].max(open[i]).max(close[i]) / open[i],
            low: low[i].min(open[i]).min(close[i]) / open[i],
            close: close[i] / open[i],
            volume: volume[i],
        };
        Some(Self((0..n).map(shape).collect()))
    }

    /// Number of bars.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no bar.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The log return `ln(C / C before)` of every bar; of the first, `ln(C / O)`.
    pub fn log_returns(&self) -> Vec<f64> {
        self.0.iter().map(|s| libm::log(s.gap * s.close)).collect()
    }

    /// The shapes, for candles of simulated closes.
    pub(super) fn bars(&self) -> &[Shape] {
        &self.0
    }

    /// Rebuilds into `out` a path made of the bars in `ranges`, from `first_close`, the close before its first bar: open is
    /// the close before times the gap, and high, low and close are multiples of the open. The same ranges on the shapes of
    /// several symbols make one joint history.
    ///
    /// `high >= max(open, close)` and `low <= min(open, close)` hold exactly. Returns the number of bars with a price
    /// outside `1e-12..=1e15`, which was clamped: anything but zero means a path that has left every market. Parts of
    /// ranges beyond the last bar are left out.
    pub fn rebuild(
        &self,
        first_close: f64,
        ranges: impl IntoIterator<Item = Range<usize>>,
        out: &mut Ohlcv,
    ) -> usize {
        out.reset(self.len());
        let (mut before, mut clamped) = (first_close, 0);
        for range in ranges {
            let end = range.end.min(self.len());
            for s in &self.0[range.start.min(end)..end] {
                let open = before * s.gap;
                let (close, moved) = out.push(open, open * s.high, open * s.low, open * s.close, s.volume);
                clamped += usize::from(moved);
                before = close;
            }
        }
        clamped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::Resampler;
    use crate::random::Stream;
    use proptest::prelude::*;

    /// Random bars with gaps.
    fn bars(n: usize, seed: u64) -> Ohlcv {
        let (mut s, mut out, mut close) = (Stream::new(seed, "test", 0), Ohlcv::default(), 100.0);
        for _ in 0..n {
            let open = close * libm::exp(0.002 * s.normal());
            close = open * libm::exp(0.02 * s.normal());
            let high = open.max(close) * (1.0 + 0.01 * s.uniform());
            let low = open.min(close) * (1.0 - 0.01 * s.uniform());
            out.push(open, high, low, close, 1000.0 * s.uniform());
        }
        out
    }

    fn shapes(b: &Ohlcv) -> Shapes {
        Shapes::of(&b.open, &b.high, &b.low, &b.close, &b.volume).unwrap()
    }

    #[test]
    fn history_in_its_own_order_comes_back() {
        let b = bars(2000, 1);
        let mut out = Ohlcv::default();
        assert_eq!(shapes(&b).rebuild(b.open[0], [0..700, 700..2000], &mut out), 0);
        assert_eq!(out.volume, b.volume);
        for (got, want) in
            [(&out.open, &b.open), (&out.high, &b.high), (&out.low, &b.low), (&out.close, &b.close)]
        {
            assert_eq!(got.len(), 2000);
            assert!(got.iter().zip(want).all(|(g, w)| (g / w - 1.0).abs() < 1e-12));
        }
    }

    #[test]
    fn two_bars_by_hand() {
        let s = Shapes::of(&[10.0, 22.0], &[22.0, 22.0], &[9.0, 11.0], &[20.0, 11.0], &[1.0, 2.0]).unwrap();
        assert!((s.log_returns()[1] - libm::log(11.0 / 20.0)).abs() < 1e-15);
        let mut out = Ohlcv::default();
        s.rebuild(100.0, [1..2, 0..1], &mut out);
        // The second bar first: gap 1.1, down by half; then up twice with no gap.
        assert!((out.open[0] - 110.0).abs() < 1e-12 && (out.close[0] - 55.0).abs() < 1e-12);
        assert_eq!(out.open[1], out.close[0]);
        assert!((out.close[1] - 110.0).abs() < 1e-12 && (out.high[1] - 121.0).abs() < 1e-12);
        assert_eq!(out.volume, [2.0, 1.0]);
    }

    #[test]
    fn bad_bars_are_refused_and_extreme_paths_are_clamped() {
        assert!(Shapes::of(&[1.0], &[1.0], &[0.0], &[1.0], &[1.0]).is_none());
        assert!(Shapes::of(&[1.0], &[1.0], &[f64::NAN], &[1.0], &[1.0]).is_none());
        assert!(Shapes::of(&[1.0], &[1.0], &[1.0], &[1.0], &[]).is_none());
        let s = Shapes::of(&[1.0; 2], &[1e9; 2], &[1e-9; 2], &[1e-9, 1e9], &[1.0; 2]).unwrap();
        let mut out = Ohlcv::default();
        assert!(s.rebuild(1.0, vec![0..1; 50], &mut out) >= 48);
        assert!(out.low.iter().all(|&p| p == LEAST || p == 1e-9) && out.close[49] == LEAST);
        assert!(s.rebuild(f64::MAX, vec![1..2; 50], &mut out) == 50 && out.high[49] == MOST);
        assert_eq!(s.rebuild(f64::NAN, std::iter::once(0..1), &mut out), 1);
        assert_eq!(out.close, [LEAST]);
        assert_eq!(s.rebuild(1.0, [0..9, 7..8], &mut out), 0, "beyond the end is nothing");
        assert_eq!(out.open.len(), 2);
    }

    proptest! {
        #[test]
        fn rebuilt_bars_are_bars(seed: u64, block in 1.0f64..30.0) {
            let b = bars(120, seed);
            let mut out = Ohlcv::default();
            let rule = Resampler::Stationary { mean_block: block };
            shapes(&b).rebuild(50.0, rule.ranges(Stream::new(seed, "blocks", 0), 120), &mut out);
            prop_assert_eq!(out.close.len(), 120);
            for i in 0..120 {
                let (o, h, l, c) = (out.open[i], out.high[i], out.low[i], out.close[i]);
                prop_assert!(h >= o.max(c) && l <= o.min(c) && l > 0.0 && h.is_finite());
            }
        }
    }
}
