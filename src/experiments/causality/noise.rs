//! Another future: valid bars that have nothing to do with the real ones.

use crate::error::{Error, Result};
use crate::market::{Bars, Columns};
use crate::random::Stream;

/// Standard deviation of the log step of a noise bar. Larger than a market's, so that whatever looks ahead notices.
const STEP: f64 = 0.03;
/// The price stays within this factor of the last known close: no overflow however long the noise.
const SPAN: f64 = 50.0;

/// The first `end` bars, those from `cut` on replaced by a random walk from the last known close. Times stay.
pub(super) fn after(bars: &Bars, cut: usize, end: usize, stream: &mut Stream) -> Result<Bars> {
    let c = bars.columns();
    let head = |column: &[f64]| -> Vec<f64> {
        let mut out = Vec::with_capacity(end);
        out.extend_from_slice(&column[..cut]);
        out
    };
    let (mut open, mut high, mut low) = (head(&c.open), head(&c.high), head(&c.low));
    let (mut close, mut volume) = (head(&c.close), head(&c.volume));
    let start = close[cut - 1];
    let usual = if volume[cut - 1] > 0.0 { volume[cut - 1] } else { 1.0 };
    let mut level = 0.0;
    for _ in cut..end {
        let o = start * libm::exp(level);
        let step = STEP * stream.normal();
        level += if libm::exp((level + step).abs()) > SPAN { -step } else { step };
        let price = start * libm::exp(level);
        open.push(o);
        high.push(o.max(price) * (1.0 + STEP * stream.uniform()));
        low.push(o.min(price) * (1.0 - STEP * stream.uniform()));
        close.push(price);
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
        let make = |index| after(&bars, 7, n, &mut Stream::new(1, "noise", index)).unwrap();
        let (a, b) = (make(0), make(1));
        assert_eq!(a.len(), n);
        assert_eq!(a.close()[..7], bars.close()[..7]);
        assert_eq!(a.open_time(), bars.open_time());
        assert!(a.open()[7] == bars.close()[6] && a.close()[7] != bars.close()[7]);
        assert!(a.close()[7..].iter().zip(&b.close()[7..]).all(|(x, y)| x != y));
        assert!(a.volume()[7..].iter().all(|v| *v > 0.0));
        assert_eq!(after(&bars, 7, 9, &mut Stream::new(1, "noise", 0)).unwrap().close(), &a.close()[..9]);
    }
}
