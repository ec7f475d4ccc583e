//! Another future: valid bars that have nothing to do with the real ones.

use crate::error::{Error, Result};
use crate::market::{Bars, Columns};
use crate::random::Stream;

/// Standard deviation of the log step of a noise bar. Larger than a market's, so that whatever looks ahead notices.
const STEP: f64 = 0.03;
/// The price stays within this factor of the last known close: no overflow however long the noise.
const SPAN: f64 = 50.0;

/// What stays real of the bar at the cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Nothing.
    Nothing,
    /// Its open.
    Open,
    /// Open, high and low.
    Range,
}

/// The first `end` bars, those from `cut` on replaced by a random walk from the last known price. Times stay.
pub(super) fn after(bars: &Bars, cut: usize, end: usize, known: Known, stream: &mut Stream) -> Result<Bars> {
    let c = bars.columns();
    let head = |column: &[f64], rows: usize| -> Vec<f64> {
        let mut out = Vec::with_capacity(end);
        out.extend_from_slice(&column[..rows]);
        out
    };
    let opens = cut + usize::from(known != Known::Nothing);
    let ranges = cut + usize::from(known == Known::Range);
    let (mut open, mut high, mut low) = (head(&c.open, opens), head(&c.high, ranges), head(&c.low, ranges));
    let (mut close, mut volume) = (head(&c.close, cut), head(&c.volume, cut));
    let start = close[cut - 1];
    let usual = if volume[cut - 1] > 0.0 { volume[cut - 1] } else { 1.0 };
    let mut level = 0.0;
    let mut walk = |stream: &mut Stream| {
        let step = STEP * stream.normal();
        level += if libm::exp((level + step).abs()) > SPAN { -step } else { step };
        start * libm::exp(level)
    };
    for i in cut..end {
        // The open jumps as well: a history whose opens are the closes before would hide who knows them.
        let (o, price) = (walk(stream), walk(stream));
        let (up, down) = (1.0 + STEP * stream.uniform(), 1.0 - STEP * stream.uniform());
        let o = if i < opens { c.open[i] } else { o };
        if i < ranges {
            close.push(c.low[i] + stream.uniform() * (c.high[i] - c.low[i]));
        } else {
            high.push(o.max(price) * up);
            low.push(o.min(price) * down);
            close.push(price);
        }
        if i >= opens {
            open.push(o);
        }
        volume.push(usual * libm::exp(stream.normal()));
    }
    let columns = Columns {
        open_time: c.open_time.slice(0, end),
        open: open.into(),
        high: high.into(),
        low: low.into(),
        close: close.into(),
        volume: volume.into(),
    };
    Bars::new(bars.timeframe(), columns)
        .map_err(|f| Error::internal("check causality", format!("noise at row {}: {}", f.row, f.problem)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Timeframe;

    #[test]
    fn the_past_stays_and_the_future_is_another_valid_one() {
        let n = 20_000;
        let flat: Vec<f64> = vec![1e-300; n];
        let columns = Columns {
            open_time: (0..n as i64).map(|i| i * 3_600_000).collect(),
            open: flat.clone().into(),
            high: flat.clone().into(),
            low: flat.clone().into(),
            close: flat.into(),
            volume: vec![0.0; n].into(),
        };
        let bars = Bars::new(Timeframe::H1, columns).unwrap();
        let make = |known, index| after(&bars, 7, n, known, &mut Stream::new(1, "noise", index)).unwrap();
        let (a, b) = (make(Known::Nothing, 0), make(Known::Nothing, 1));
        assert_eq!(a.len(), n);
        assert_eq!(a.close()[..7], bars.close()[..7]);
        assert_eq!(a.open_time(), bars.open_time());
        assert!(a.open()[7] != bars.close()[6] && a.close()[7] != bars.close()[7]);
        assert!(a.close()[7..].iter().zip(&b.close()[7..]).all(|(x, y)| x != y));
        assert!(a.volume()[7..].iter().all(|v| *v > 0.0));
        let short = after(&bars, 7, 9, Known::Nothing, &mut Stream::new(1, "noise", 0)).unwrap();
        assert_eq!(short.close(), &a.close()[..9]);
    }

    #[test]
    fn of_the_bar_at_the_cut_what_is_known_stays() {
        let one = |x: f64| vec![x; 10].into();
        let columns = Columns {
            open_time: (0..10).map(|i| i * 3_600_000).collect(),
            open: one(10.0),
            high: one(12.0),
            low: one(9.0),
            close: one(11.0),
            volume: one(5.0),
        };
        let bars = Bars::new(Timeframe::H1, columns).unwrap();
        let bar = |known, i: usize| {
            let b = after(&bars, 4, 6, known, &mut Stream::new(1, "noise", 0)).unwrap();
            assert_eq!(b.len(), 6);
            [
                b.open()[i] == 10.0,
                b.high()[i] == 12.0,
                b.low()[i] == 9.0,
                b.close()[i] == 11.0,
                b.volume()[i] == 5.0,
            ]
        };
        for (known, at_cut) in [
            (Known::Nothing, [false; 5]),
            (Known::Open, [true, false, false, false, false]),
            (Known::Range, [true, true, true, false, false]),
        ] {
            assert_eq!(bar(known, 3), [true; 5]);
            assert_eq!(bar(known, 4), at_cut);
            assert_eq!(bar(known, 5), [false; 5]);
        }
    }
}
