//! Swing points and the market structure read from them.

/// What the last swing highs and lows say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum MarketStructure {
    /// Neither of the others, or too few swings known.
    Ranging = 0,
    /// Higher highs and higher lows.
    Uptrend = 1,
    /// Lower highs and lower lows.
    Downtrend = 2,
    /// A lower high with a higher low, or a higher high with a lower low.
    Reversal = 3,
}

/// Columns of [`swings`], a row a bar.
#[derive(Debug, Clone)]
pub struct Swings {
    /// Structure known at each close.
    pub structure: Vec<MarketStructure>,
    /// Break of structure: +1 where the close crosses the last known swing high, -1 the last known swing low, else 0.
    pub break_of_structure: Vec<i8>,
    /// Non-zero breaks among the last 20 bars, this one included.
    pub recent_breaks: Vec<u8>,
    /// Last known swing low once three are known, a price; NaN before.
    pub support: Vec<f64>,
    /// Last known swing high once three are known, a price; NaN before.
    pub resistance: Vec<f64>,
    /// Last known swing high, a price; NaN before the first.
    pub last_high: Vec<f64>,
    /// Last known swing low, a price; NaN before the first.
    pub last_low: Vec<f64>,
}

/// Bars over which [`Swings::recent_breaks`] counts.
const BREAK_WINDOW: usize = 20;
/// A swing is kept where it is at least this far from the last one of the other side, as a fraction of that.
const MIN_SWING: f64 = 0.005;
/// Swings this close to the one before them on their side are neither higher nor lower, as a fraction.
const EQUAL_SWING: f64 = 0.001;

/// One side's swings so far.
#[derive(Default)]
struct SwingSide {
    last: Option<f64>,
    count: u32,
    /// +1 the last was higher than the one before it, -1 lower, 0 equal.
    class: i8,
    classified: u32,
}

impl SwingSide {
    fn add(&mut self, price: f64) {
        if let Some(before) = self.last {
            self.class = if price > before * (1.0 + EQUAL_SWING) {
                1
            } else if price < before * (1.0 - EQUAL_SWING) {
                -1
            } else {
                0
            };
            self.classified += 1;
        }
        self.last = Some(price);
        self.count += 1;
    }
}

/// Swing highs and lows and what follows from them.
///
/// The high of bar `i` is a swing where it is strictly above the `k` highs on each side, so it is **known only at the
/// close of bar `i + k`** and every output row uses what is known at its own close. A swing nearer than 0.5 % to the
/// last swing of the other side is dropped. Structure needs two classified swings a side.
pub fn swings(high: &[f64], low: &[f64], close: &[f64], k: usize) -> Swings {
    let n = high.len();
    let k = k.max(1);
    let mut out = Swings {
        structure: vec![MarketStructure::Ranging; n],
        break_of_structure: vec![0; n],
        recent_breaks: vec![0; n],
        support: vec![f64::NAN; n],
        resistance: vec![f64::NAN; n],
        last_high: vec![f64::NAN; n],
        last_low: vec![f64::NAN; n],
    };
    let (mut highs, mut lows) = (SwingSide::default(), SwingSide::default());
    let mut recent = 0u8;
    for t in 0..n {
        if t >= 2 * k {
            let i = t - k;
            let strictly_above = |x: &[f64], sign: f64| {
                (1..=k).all(|d| sign * x[i] > sign * x[i - d] && sign * x[i] > sign * x[i + d])
            };
            let far =
                |price: f64, other: &SwingSide| other.last.is_none_or(|o| (price - o).abs() / o >= MIN_SWING);
            if strictly_above(high, 1.0) && far(high[i], &lows) {
                highs.add(high[i]);
            }
            if strictly_above(low, -1.0) && far(low[i], &highs) {
                lows.add(low[i]);
            }
        }
        if highs.classified >= 2 && lows.classified >= 2 {
            out.structure[t] = match (highs.class, lows.class) {
                (1, 1) => MarketStructure::Uptrend,
                (-1, -1) => MarketStructure::Downtrend,
                (-1, 1) | (1, -1) => MarketStructure::Reversal,
                _ => MarketStructure::Ranging,
            };
        }
        if t > 0 {
            let (now, before) = (close[t], close[t - 1]);
            out.break_of_structure[t] = match (highs.last, lows.last) {
                (Some(level), _) if now > level && before <= level => 1,
                (_, Some(level)) if now < level && before >= level => -1,
                _ => 0,
            };
        }
        recent += out.break_of_structure[t].unsigned_abs();
        if t >= BREAK_WINDOW {
            recent -= out.break_of_structure[t - BREAK_WINDOW].unsigned_abs();
        }
        out.recent_breaks[t] = recent;
        out.last_high[t] = highs.last.unwrap_or(f64::NAN);
        out.last_low[t] = lows.last.unwrap_or(f64::NAN);
        if lows.count >= 3 {
            out.support[t] = out.last_low[t];
        }
        if highs.count >= 3 {
            out.resistance[t] = out.last_high[t];
        }
    }
    out
}

/// The last pivot known at each close: a value strictly beyond the `k` values on each side of it, known only `k` rows later;
/// NaN before the first. `beyond` says which way.
pub fn last_pivot(x: &[f64], k: usize, beyond: impl Fn(f64, f64) -> bool) -> Vec<f64> {
    let k = k.max(1);
    let mut last = f64::NAN;
    (0..x.len())
        .map(|t| {
            if t >= 2 * k {
                let i = t - k;
                if (1..=k).all(|d| beyond(x[i], x[i - d]) && beyond(x[i], x[i + d])) {
                    last = x[i];
                }
            }
            last
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A zigzag through `points`, `leg` bars a leg.
    fn zigzag(points: &[f64], leg: usize) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        let mut close = vec![points[0]];
        for pair in points.windows(2) {
            for i in 1..=leg {
                close.push(pair[0] + (pair[1] - pair[0]) * i as f64 / leg as f64);
            }
        }
        let high = close.iter().map(|c| c + 0.1).collect();
        let low = close.iter().map(|c| c - 0.1).collect();
        (high, low, close)
    }

    #[test]
    fn a_swing_is_known_only_after_its_right_side() {
        let (h, l, c) = zigzag(&[100.0, 110.0, 100.0], 8);
        let s = swings(&h, &l, &c, 5);
        let known = s.last_high.iter().position(|v| !v.is_nan()).unwrap();
        assert_eq!(known, 8 + 5);
        assert_eq!(s.last_high[known], 110.1);
    }

    #[test]
    fn rising_swings_are_an_uptrend_and_their_break_counts() {
        let (h, l, c) = zigzag(&[100.0, 110.0, 105.0, 115.0, 110.0, 120.0, 115.0, 125.0, 120.0, 125.2], 8);
        let s = swings(&h, &l, &c, 5);
        assert_eq!(*s.structure.last().unwrap(), MarketStructure::Uptrend);
        assert_eq!(*s.break_of_structure.last().unwrap(), 1);
        assert!(*s.recent_breaks.last().unwrap() >= 1);
        assert!(!s.support.last().unwrap().is_nan());
        let mirrored: Vec<f64> = c.iter().map(|v| 300.0 - v).collect();
        let (mh, ml): (Vec<f64>, Vec<f64>) = mirrored.iter().map(|v| (v + 0.1, v - 0.1)).unzip();
        let m = swings(&mh, &ml, &mirrored, 5);
        assert_eq!(*m.structure.last().unwrap(), MarketStructure::Downtrend);
        assert_eq!(*m.break_of_structure.last().unwrap(), -1);
    }

    #[test]
    fn a_prefix_gives_the_same_rows() {
        let mut stream = crate::random::Stream::new(3, "swings", 0);
        let mut price = 100.0;
        let close: Vec<f64> = (0..400)
            .map(|_| {
                price *= 1.0 + 0.01 * stream.normal();
                price
            })
            .collect();
        let high: Vec<f64> = close.iter().map(|c| c * 1.002).collect();
        let low: Vec<f64> = close.iter().map(|c| c * 0.998).collect();
        let full = swings(&high, &low, &close, 5);
        for cut in [11, 50, 399] {
            let part = swings(&high[..cut], &low[..cut], &close[..cut], 5);
            assert_eq!(part.structure, full.structure[..cut]);
            assert_eq!(part.break_of_structure, full.break_of_structure[..cut]);
            assert_eq!(part.recent_breaks, full.recent_breaks[..cut]);
        }
    }
}
