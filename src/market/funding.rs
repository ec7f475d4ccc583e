//! Funding of a perpetual: what a position pays, or gets, at fixed times.

use super::{Bars, format_time};

/// One payment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Payment {
    /// Bar it is paid in.
    pub bar: usize,
    /// Whether its time lies inside that bar; otherwise it is due at the open, before anything fills there.
    pub inside: bool,
    /// Rate: a long pays that share of its worth, a short gets it.
    pub rate: f64,
    /// Price that the worth is taken at.
    pub price: f64,
}

/// The payments of a history, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Funding {
    payments: Vec<Payment>,
}

impl Funding {
    /// Puts events on the bars they fall into: an event between two bars is due at the open of the later one, one within a second of a
    /// full minute at that minute. `mark` is the price of each event; NaN, or none, takes the bar's open.
    ///
    /// # Errors
    /// The events do not cover the bars: more than one interval is missing at either end.
    pub fn new(bars: &Bars, time_ms: &[i64], rate: &[f64], mark: &[f64]) -> Result<Self, String> {
        let (opens, n) = (bars.open_time(), bars.len());
        let (Some(&first), Some(&last)) = (time_ms.first(), time_ms.last()) else {
            return Err("holds no event".to_owned());
        };
        let mut steps: Vec<i64> = time_ms.windows(2).map(|w| w[1] - w[0]).collect();
        steps.sort_unstable();
        let interval = steps.get(steps.len() / 2).copied().unwrap_or(28_800_000);
        let (start, end) = (opens[0], bars.close_time(n - 1));
        if first > start + interval || last < end - interval {
            return Err(format!(
                "covers {} to {} where the bars need {} to {}",
                format_time(first),
                format_time(last),
                format_time(start),
                format_time(end)
            ));
        }
        let mut payments = vec![];
        for (k, (&t, &rate)) in time_ms.iter().zip(rate).enumerate() {
            let t = on_the_minute(t);
            // Of the bars that open at the event or before it, the last.
            let begun = opens.partition_point(|open| *open <= t);
            let Some(bar) = begun.checked_sub(1) else { continue };
            let inside = t != opens[bar] && t < bars.close_time(bar);
            let bar = if inside || t == opens[bar] { bar } else { bar + 1 };
            if bar < n {
                let price = mark.get(k).copied().filter(|p| p.is_finite()).unwrap_or(bars.open()[bar]);
                payments.push(Payment { bar, inside, rate, price });
            }
        }
        Ok(Self { payments })
    }

    /// The payments, by bar.
    pub fn payments(&self) -> &[Payment] {
        &self.payments
    }
}

/// Exchanges stamp the events some milliseconds late: what is within a second of a full minute is due at it.
fn on_the_minute(t: i64) -> i64 {
    let past = t.rem_euclid(60_000);
    match past {
        0..=1000 => t - past,
        59_000.. => t - past + 60_000,
        _ => t,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Columns, Timeframe};

    #[test]
    fn events_fall_on_opens_into_bars_and_into_gaps() {
        let price = vec![10.0, 11.0, 12.0];
        let columns = Columns {
            // Hours 1, 2 and 5.
            open_time: [1, 2, 5].map(|h| h * 3_600_000).to_vec().into(),
            open: price.clone().into(),
            high: price.clone().into(),
            low: price.clone().into(),
            close: price.clone().into(),
            volume: price.into(),
        };
        let bars = Bars::new(Timeframe::H1, columns).unwrap();
        let half = |h: i64| h * 1_800_000;
        // Half-hours: before all, at an open, inside, in the gap, at the open after it, behind the end.
        let times = [half(1), half(2) + 8, half(5), half(7), half(10) - 12, half(12)];
        let f = Funding::new(&bars, &times, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[9.0, f64::NAN, 9.5]).unwrap();
        let got: Vec<_> = f.payments().iter().map(|p| (p.bar, p.inside, p.rate, p.price)).collect();
        assert_eq!(
            got,
            [(0, false, 2.0, 10.0), (1, true, 3.0, 9.5), (2, false, 4.0, 12.0), (2, false, 5.0, 12.0)]
        );
        let short = Funding::new(&bars, &[half(2), half(3), half(4)], &[0.0; 3], &[]).unwrap_err();
        assert!(short.contains("covers 1970-01-01 01:00:00 to 1970-01-01 02:00:00"), "{short}");
        assert_eq!(Funding::new(&bars, &[], &[], &[]).unwrap_err(), "holds no event");
    }
}
