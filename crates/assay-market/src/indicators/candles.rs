//! Candlestick patterns by TA-Lib's definitions.
//!
//! A value is 100 where the pattern speaks for a rise, -100 for a fall, 0 where it is absent; patterns that may touch instead
//! of exceed give 80. What is "long", "short" or "near" is said by the bars before: each bar is measured against means that
//! leave it out. A candle without body counts as white. (S. Nison, Japanese Candlestick Charting Techniques, 1991; the
//! thresholds are TA-Lib's defaults.)

use super::volatility::larger;

/// Bars that bodies and ranges are held against.
const BEFORE: usize = 10;
/// Bars that say what is near and far.
const BEFORE_NEAR: usize = 5;

/// Candles.
///
/// The means that a pattern measures a bar by are summed when they are asked for, and patterns ask last: most bars are told by
/// their own shape, and a window of ten has no rounding that would grow with the history.
#[derive(Debug, Clone, Copy)]
pub struct Candles<'a> {
    open: &'a [f64],
    high: &'a [f64],
    low: &'a [f64],
    close: &'a [f64],
}

fn given(there: bool, value: f64) -> f64 {
    if there { value } else { 0.0 }
}

impl<'a> Candles<'a> {
    /// Candles of slices, up to the length of the shortest.
    pub fn new(open: &'a [f64], high: &'a [f64], low: &'a [f64], close: &'a [f64]) -> Self {
        let n = open.len().min(high.len()).min(low.len()).min(close.len());
        Self { open: &open[..n], high: &high[..n], low: &low[..n], close: &close[..n] }
    }

    /// The column of a pattern: whether it ends at a bar, and which way it speaks; NaN before row `first`.
    pub fn find(&self, first: usize, pattern: impl Fn(&Self, usize) -> f64) -> Vec<f64> {
        let n = self.close.len();
        let mut out = Vec::with_capacity(n);
        out.resize(first.min(n), f64::NAN);
        out.extend((first.min(n)..n).map(|i| pattern(self, i)));
        out
    }

    /// Mean body of the ten bars before `i`.
    fn mean_body(&self, i: usize) -> f64 {
        let rows = self.open[i - BEFORE..i].iter().zip(&self.close[i - BEFORE..i]);
        rows.map(|(o, c)| (c - o).abs()).sum::<f64>() / BEFORE as f64
    }

    /// Mean range of the `n` bars before `i`.
    fn mean_range(&self, i: usize, n: usize) -> f64 {
        let rows = self.high[i - n..i].iter().zip(&self.low[i - n..i]);
        rows.map(|(h, l)| h - l).sum::<f64>() / n as f64
    }

    fn body(&self, i: usize) -> f64 {
        (self.close[i] - self.open[i]).abs()
    }

    fn top(&self, i: usize) -> f64 {
        if self.close[i] >= self.open[i] { self.close[i] } else { self.open[i] }
    }

    fn bottom(&self, i: usize) -> f64 {
        if self.close[i] >= self.open[i] { self.open[i] } else { self.close[i] }
    }

    fn upper(&self, i: usize) -> f64 {
        self.high[i] - self.top(i)
    }

    fn lower(&self, i: usize) -> f64 {
        self.bottom(i) - self.low[i]
    }

    fn white(&self, i: usize) -> bool {
        self.close[i] >= self.open[i]
    }

    fn colour(&self, i: usize) -> f64 {
        if self.white(i) { 1.0 } else { -1.0 }
    }

    fn long_body(&self, i: usize) -> bool {
        self.body(i) > self.mean_body(i)
    }

    fn short_body(&self, i: usize) -> bool {
        self.body(i) < self.mean_body(i)
    }

    fn hardly_any(&self, i: usize) -> f64 {
        0.1 * self.mean_range(i, BEFORE)
    }

    fn near(&self, i: usize) -> f64 {
        0.2 * self.mean_range(i, BEFORE_NEAR)
    }

    fn far(&self, i: usize) -> f64 {
        0.6 * self.mean_range(i, BEFORE_NEAR)
    }

    fn gap_up(&self, i: usize) -> bool {
        self.bottom(i) > self.top(i - 1)
    }

    fn gap_down(&self, i: usize) -> bool {
        self.top(i) < self.bottom(i - 1)
    }
}

/// A body of at most a tenth of the mean range. From row 10.
pub fn doji(c: &Candles<'_>, i: usize) -> f64 {
    given(c.body(i) <= c.hardly_any(i), 100.0)
}

/// A doji with hardly an upper shadow and a lower one that is more. From row 10.
pub fn dragonfly_doji(c: &Candles<'_>, i: usize) -> f64 {
    let (body, upper, lower) = (c.body(i), c.upper(i), c.lower(i));
    if lower <= upper || lower <= body {
        return 0.0;
    }
    let t = c.hardly_any(i);
    given(body <= t && upper < t && lower > t, 100.0)
}

/// A doji with hardly a lower shadow and an upper one that is more. From row 10.
pub fn gravestone_doji(c: &Candles<'_>, i: usize) -> f64 {
    let (body, upper, lower) = (c.body(i), c.upper(i), c.lower(i));
    if upper <= lower || upper <= body {
        return 0.0;
    }
    let t = c.hardly_any(i);
    given(body <= t && lower < t && upper > t, 100.0)
}

/// A long body with hardly any shadow. From row 10.
pub fn marubozu(c: &Candles<'_>, i: usize) -> f64 {
    let shadow = larger(c.upper(i), c.lower(i));
    given(shadow < c.hardly_any(i) && c.long_body(i), 100.0 * c.colour(i))
}

/// A short body with longer shadows on both sides. From row 10.
pub fn spinning_top(c: &Candles<'_>, i: usize) -> f64 {
    let body = c.body(i);
    given(c.upper(i) > body && c.lower(i) > body && c.short_body(i), 100.0 * c.colour(i))
}

/// A short body on top of a lower shadow longer than it: [`hammer`] and [`hanging_man`].
fn hanging(c: &Candles<'_>, i: usize) -> bool {
    let (upper, lower) = (c.upper(i), c.lower(i));
    lower > c.body(i) && upper < c.hardly_any(i) && c.short_body(i)
}

/// The same upside down: [`inverted_hammer`] and [`shooting_star`].
fn standing(c: &Candles<'_>, i: usize) -> bool {
    let (upper, lower) = (c.upper(i), c.lower(i));
    upper > c.body(i) && lower < c.hardly_any(i) && c.short_body(i)
}

/// A short body over a long lower shadow, at or near the low before. From row 11.
pub fn hammer(c: &Candles<'_>, i: usize) -> f64 {
    given(hanging(c, i) && c.bottom(i) <= c.low[i - 1] + c.near(i - 1), 100.0)
}

/// A short body over a long lower shadow, at or near the high before. From row 11.
pub fn hanging_man(c: &Candles<'_>, i: usize) -> f64 {
    given(hanging(c, i) && c.bottom(i) >= c.high[i - 1] - c.near(i - 1), -100.0)
}

/// A short body under a long upper shadow, below the body before. From row 11.
pub fn inverted_hammer(c: &Candles<'_>, i: usize) -> f64 {
    given(c.gap_down(i) && standing(c, i), 100.0)
}

/// A short body under a long upper shadow, above the body before. From row 11.
pub fn shooting_star(c: &Candles<'_>, i: usize) -> f64 {
    given(c.gap_up(i) && standing(c, i), -100.0)
}

/// A body that holds the opposite one before it; 80 where one end is shared. From row 2.
pub fn engulfing(c: &Candles<'_>, i: usize) -> f64 {
    let (o, p) = ((c.open[i], c.close[i]), (c.open[i - 1], c.close[i - 1]));
    let holds = match (c.white(i), c.white(i - 1)) {
        (true, false) => (o.1 >= p.0 && o.0 < p.1) || (o.1 > p.0 && o.0 <= p.1),
        (false, true) => (o.0 >= p.1 && o.1 < p.0) || (o.0 > p.1 && o.1 <= p.0),
        _ => false,
    };
    let strict = o.0 != p.1 && o.1 != p.0;
    given(holds, c.colour(i) * if strict { 100.0 } else { 80.0 })
}

/// A short body inside the long one before it, which it speaks against; 80 where an end is shared. From row 11.
pub fn harami(c: &Candles<'_>, i: usize) -> f64 {
    let ((t, b), (u, d)) = ((c.top(i), c.bottom(i)), (c.top(i - 1), c.bottom(i - 1)));
    // A body as long as the mean passes for short here.
    if t > u || b < d || !c.long_body(i - 1) || c.body(i) > c.mean_body(i) {
        return 0.0;
    }
    let value = if t < u && b > d { 100.0 } else { 80.0 };
    -c.colour(i - 1) * value
}

/// A long black body, a short one below it, and a white one back into the first. From row 12.
pub fn morning_star(c: &Candles<'_>, i: usize) -> f64 {
    let there = c.gap_down(i - 1)
        && !c.white(i - 2)
        && c.white(i)
        && c.close[i] > c.close[i - 2] + c.body(i - 2) * 0.3
        && c.long_body(i - 2)
        && c.body(i - 1) <= c.mean_body(i - 1)
        && c.long_body(i);
    given(there, 100.0)
}

/// A long white body, a short one above it, and a black one back into the first. From row 12.
pub fn evening_star(c: &Candles<'_>, i: usize) -> f64 {
    let there = c.gap_up(i - 1)
        && c.white(i - 2)
        && !c.white(i)
        && c.close[i] < c.close[i - 2] - c.body(i - 2) * 0.3
        && c.long_body(i - 2)
        && c.body(i - 1) <= c.mean_body(i - 1)
        && c.long_body(i);
    given(there, -100.0)
}

/// A long white body that opens below the low of a long black one and closes above its middle. From row 11.
pub fn piercing(c: &Candles<'_>, i: usize) -> f64 {
    let there = c.open[i] < c.low[i - 1]
        && !c.white(i - 1)
        && c.white(i)
        && c.close[i] < c.open[i - 1]
        && c.close[i] > c.close[i - 1] + c.body(i - 1) * 0.5
        && c.long_body(i - 1)
        && c.long_body(i);
    given(there, 100.0)
}

/// A black body that opens above the high of a long white one and closes below its middle. From row 11.
pub fn dark_cloud_cover(c: &Candles<'_>, i: usize) -> f64 {
    let there = c.open[i] > c.high[i - 1]
        && c.white(i - 1)
        && !c.white(i)
        && c.close[i] > c.open[i - 1]
        && c.close[i] < c.close[i - 1] - c.body(i - 1) * 0.5
        && c.long_body(i - 1);
    given(there, -100.0)
}

/// Three white bodies, each closing higher and opening within or near the one before, with hardly an upper shadow. From
/// row 12.
pub fn three_white_soldiers(c: &Candles<'_>, i: usize) -> f64 {
    let rises = |k: usize| c.close[k] > c.close[k - 1] && c.open[k] > c.open[k - 1];
    if !(rises(i) && rises(i - 1) && c.white(i) && c.white(i - 1) && c.white(i - 2)) {
        return 0.0;
    }
    let plain = |k: usize| c.upper(k) < c.hardly_any(k);
    let step =
        |k: usize| c.open[k] <= c.close[k - 1] + c.near(k - 1) && c.body(k) > c.body(k - 1) - c.far(k - 1);
    let there = plain(i - 2) && plain(i - 1) && plain(i) && step(i - 1) && step(i) && c.long_body(i);
    given(there, 100.0)
}

/// After a white body three black ones, each closing lower and opening within the one before, with hardly a lower shadow.
/// From row 13.
pub fn three_black_crows(c: &Candles<'_>, i: usize) -> f64 {
    let step =
        |k: usize| c.open[k] < c.open[k - 1] && c.open[k] > c.close[k - 1] && c.close[k] < c.close[k - 1];
    let falls = step(i)
        && step(i - 1)
        && !c.white(i)
        && !c.white(i - 1)
        && !c.white(i - 2)
        && c.white(i - 3)
        && c.high[i - 3] > c.close[i - 2];
    let plain = |k: usize| c.lower(k) < c.hardly_any(k);
    given(falls && plain(i - 2) && plain(i - 1) && plain(i), -100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Pattern = fn(&Candles<'_>, usize) -> f64;

    /// Eleven ordinary bars with a body of 2 and a range of 4, then `bars` as open, high, low, close.
    fn last(bars: &[[f64; 4]], pattern: Pattern) -> f64 {
        let mut all = vec![[100.0, 103.0, 99.0, 102.0]; 12];
        all.extend(bars);
        let column = |k: usize| all.iter().map(|b| b[k]).collect::<Vec<f64>>();
        let [o, h, l, c] = [0, 1, 2, 3].map(column);
        let found = Candles::new(&o, &h, &l, &c).find(13, pattern);
        assert!(found[12].is_nan() || all.len() < 14);
        found[all.len() - 1]
    }

    #[test]
    fn shapes_are_seen_and_their_absence_too() {
        let plain = [100.0, 103.0, 99.0, 102.0];
        let cases: &[(Pattern, &[[f64; 4]], f64)] = &[
            (doji, &[plain, [100.0, 102.0, 98.0, 100.3]], 100.0),
            (doji, &[plain, plain], 0.0),
            (hammer, &[plain, [99.0, 99.6, 96.0, 99.5]], 100.0),
            (hanging_man, &[plain, [103.0, 103.6, 100.0, 103.5]], -100.0),
            (inverted_hammer, &[plain, [99.0, 102.0, 98.9, 99.5]], 100.0),
            (shooting_star, &[plain, [103.0, 106.0, 102.9, 103.5]], -100.0),
            (engulfing, &[[102.0, 103.0, 99.0, 100.0], [99.0, 104.0, 98.0, 103.0]], 100.0),
            (engulfing, &[[102.0, 103.0, 99.0, 100.0], [100.0, 104.0, 98.0, 103.0]], 80.0),
            (harami, &[[105.0, 106.0, 99.0, 100.0], [101.0, 103.0, 100.0, 102.0]], 100.0),
            (harami, &[[105.0, 106.0, 99.0, 100.0], [100.0, 103.0, 99.0, 101.0]], 80.0),
            (
                morning_star,
                &[[105.0, 106.0, 99.0, 100.0], [98.0, 99.0, 97.0, 98.5], [99.0, 104.0, 98.0, 103.0]],
                100.0,
            ),
            (
                evening_star,
                &[[100.0, 106.0, 99.0, 105.0], [106.0, 107.0, 105.5, 106.5], [106.0, 107.0, 101.0, 102.0]],
                -100.0,
            ),
            (piercing, &[[105.0, 106.0, 99.0, 100.0], [98.0, 104.0, 97.0, 103.0]], 100.0),
            (dark_cloud_cover, &[[100.0, 106.0, 99.0, 105.0], [107.0, 108.0, 101.0, 102.0]], -100.0),
            (
                three_white_soldiers,
                &[[100.0, 103.1, 99.0, 103.0], [101.0, 105.1, 100.0, 105.0], [103.0, 107.1, 102.0, 107.0]],
                100.0,
            ),
            (
                three_black_crows,
                &[[103.0, 104.0, 99.9, 100.0], [102.0, 103.0, 97.9, 98.0], [100.0, 101.0, 95.9, 96.0]],
                -100.0,
            ),
            (marubozu, &[plain, [100.0, 105.1, 99.9, 105.0]], 100.0),
            (spinning_top, &[plain, [100.0, 102.0, 97.0, 99.0]], -100.0),
            (dragonfly_doji, &[plain, [100.0, 100.2, 97.0, 100.1]], 100.0),
            (gravestone_doji, &[plain, [100.0, 103.0, 99.9, 100.1]], 100.0),
        ];
        for (k, (pattern, bars, want)) in cases.iter().enumerate() {
            assert_eq!(last(bars, *pattern), *want, "case {k}");
        }
    }

    #[test]
    fn too_few_bars_are_no_pattern() {
        for n in [0, 1, 5] {
            let x = vec![1.0; n];
            let found = Candles::new(&x, &x, &x, &x).find(12, morning_star);
            assert!(found.len() == n && found.iter().all(|v| v.is_nan()));
        }
    }
}
