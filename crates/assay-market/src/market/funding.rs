//! What a position pays, or gets, at fixed times: funding of a perpetual, financing over night.

use super::{Bars, format_time};

/// A mark price and the price of its bar are of one instrument in one unit: they are never this many times each other.
const FAR_MARK: f64 = 2.0;

/// What a payment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accrual {
    /// Funding of a perpetual.
    Funding,
    /// Financing over night.
    Swap,
}

/// One payment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Payment {
    /// What it is for.
    pub kind: Accrual,
    /// Bar it is paid in.
    pub bar: usize,
    /// Whether its time lies inside that bar; otherwise it is due at the open, before anything fills there.
    pub inside: bool,
    /// Share of its worth that a long pays; negative is received.
    pub long_rate: f64,
    /// The same of a short.
    pub short_rate: f64,
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
    /// full minute at that minute. `mark` is the price of each event; NaN, or none, takes the bar's open. Nothing is held
    /// before bar `from`, and nothing need be known there.
    ///
    /// # Errors
    /// The events do not cover the bars from `from` on: more than one interval is missing at either end. A mark price is double or half the
    /// open of its bar.
    pub fn new(
        bars: &Bars,
        from: usize,
        time_ms: &[i64],
        rate: &[f64],
        mark: &[f64],
    ) -> Result<Self, String> {
        let (opens, n) = (bars.open_time(), bars.len());
        let (Some(&first), Some(&last)) = (time_ms.first(), time_ms.last()) else {
            return Err("holds no event".to_owned());
        };
        let mut steps: Vec<i64> = time_ms.windows(2).map(|w| w[1] - w[0]).collect();
        steps.sort_unstable();
        let interval = steps.get(steps.len() / 2).copied().unwrap_or(28_800_000);
        // Of a history that ends before it nothing is paid.
        let start = opens.get(from).copied().unwrap_or(i64::MAX);
        let end = bars.close_time(n - 1);
        if from < n && (first > start + interval || last < end - interval) {
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
                let open = bars.open()[bar];
                let price = mark.get(k).copied().filter(|p| p.is_finite()).unwrap_or(open);
                // Inside a bar the market may have gone anywhere between its extremes.
                let (low, high) = if inside { (bars.low()[bar], bars.high()[bar]) } else { (open, open) };
                if bar >= from && !(low / FAR_MARK..=high * FAR_MARK).contains(&price) {
                    return Err(format!(
                        "has a mark price of {price} at {}, where the bar opens at {open}: another unit or another instrument",
                        format_time(t)
                    ));
                }
                let (kind, long_rate, short_rate) = (Accrual::Funding, rate, -rate);
                payments.push(Payment { kind, bar, inside, long_rate, short_rate, price });
            }
        }
        Ok(Self { payments })
    }

    /// Payments of a history whose bars were put together from others: bar `t` has those of bar `source[t]`, where there is one, their
    /// price in the proportion of the opens.
    #[must_use]
    #[inline]
    pub fn rearranged(&self, source: &[Option<usize>], from: &[f64], to: &[f64]) -> Self {
        let starts = |bar: usize| self.payments.partition_point(|p| p.bar < bar);
        let mut payments = vec![];
        for (t, s) in source.iter().enumerate() {
            let Some(s) = *s else { continue };
            for p in &self.payments[starts(s)..starts(s + 1)] {
                payments.push(Payment { bar: t, price: p.price * to[t] / from[s], ..*p });
            }
        }
        Self { payments }
    }

    /// Financing over night at `hour` UTC of each day between the first open and the last close: `rates` of a long and a
    /// short, threefold on Wednesdays, when the weekend is settled. The worth is taken at the open of the bar it is due in.
    pub fn overnight(bars: &Bars, rates: [f64; 2], hour: f64) -> Self {
        const DAY: i64 = 86_400_000;
        let shift = (hour * 3_600_000.0) as i64;
        let opens = bars.open_time();
        let day = |t: i64| (t - shift).div_euclid(DAY);
        let mut payments = vec![];
        for i in 1..=bars.len() {
            // The rollovers between the opens of two bars, and those inside the last.
            let next = opens.get(i).copied().unwrap_or(bars.close_time(i - 1) - 1);
            for d in day(opens[i - 1]) + 1..=day(next) {
                // 1970-01-01 was a Thursday. The rollover that starts day `d` falls on the weekday of its date.
                let weekday = (((d * DAY + shift).div_euclid(DAY)) + 3).rem_euclid(7);
                let nights = match weekday {
                    2 => 3.0,
                    5 | 6 => 0.0,
                    _ => 1.0,
                };
                let at = d * DAY + shift;
                // Inside the bar before, or at or after its end.
                let inside = at < bars.close_time(i - 1) && at > opens[i - 1];
                let bar = if inside { i - 1 } else { i };
                let [long_rate, short_rate] = rates.map(|r| r * nights);
                if nights > 0.0 {
                    payments.push(Payment {
                        kind: Accrual::Swap,
                        bar,
                        inside,
                        long_rate,
                        short_rate,
                        price: bars.open()[bar],
                    });
                }
            }
        }
        Self { payments }
    }

    /// These and those of another, in order.
    #[inline]
    pub fn and(mut self, other: Self) -> Self {
        self.payments.extend(other.payments);
        self.payments.sort_by_key(|p| (p.bar, p.inside));
        self
    }

    /// The payments, by bar.
    #[inline]
    pub fn payments(&self) -> &[Payment] {
        &self.payments
    }
}

/// Exchanges stamp the events some milliseconds late: what is within a second of a full minute is due at it.
#[inline]
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
        let f =
            Funding::new(&bars, 0, &times, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[9.0, f64::NAN, 9.5]).unwrap();
        let got: Vec<_> = f.payments().iter().map(|p| (p.bar, p.inside, p.long_rate, p.price)).collect();
        assert_eq!(
            got,
            [(0, false, 2.0, 10.0), (1, true, 3.0, 9.5), (2, false, 4.0, 12.0), (2, false, 5.0, 12.0)]
        );
        assert!(f.payments().iter().all(|p| p.short_rate == -p.long_rate));
        let short = Funding::new(&bars, 0, &[half(2), half(3), half(4)], &[0.0; 3], &[]).unwrap_err();
        assert!(short.contains("covers 1970-01-01 01:00:00 to 1970-01-01 02:00:00"), "{short}");
        assert_eq!(Funding::new(&bars, 0, &[], &[], &[]).unwrap_err(), "holds no event");
        // A mark of another unit; before the first bar that is judged it is nobody's.
        let cents = |from: usize| Funding::new(&bars, from, &times, &[0.1; 6], &[f64::NAN, 1000.0]);
        let far = cents(0).unwrap_err();
        assert!(
            far.starts_with("has a mark price of 1000 at 1970-01-01 01:00:00, where the bar opens at 10"),
            "{far}"
        );
        assert!(cents(1).is_ok());
    }

    #[test]
    fn nights_are_settled_at_the_rollover_and_the_weekend_on_wednesday() {
        // Hours from Monday 2024-01-01 00:00 to Sunday's end; nothing trades on Saturday.
        let start = 1_704_067_200_000_i64;
        let times: Vec<i64> = (0..24 * 7).filter(|h| h / 24 != 5).map(|h| start + h * 3_600_000).collect();
        let price: Vec<f64> = times.iter().enumerate().map(|(i, _)| 100.0 + i as f64).collect();
        let columns = Columns {
            open_time: times.clone().into(),
            open: price.clone().into(),
            high: price.clone().into(),
            low: price.clone().into(),
            close: price.clone().into(),
            volume: price.into(),
        };
        let bars = Bars::new(Timeframe::H1, columns).unwrap();
        let nights = Funding::overnight(&bars, [0.001, -0.0005], 22.0);
        let due: Vec<(i64, f64)> =
            nights.payments().iter().map(|p| ((times[p.bar] - start) / 3_600_000, p.long_rate)).collect();
        assert_eq!(due, [(22, 0.001), (46, 0.001), (70, 0.003), (94, 0.001), (118, 0.001)]);
        assert_eq!(nights.payments()[2].short_rate, -0.0015);
        // Friday's night falls inside the last bar of a day that is one, and on the close of one that ends with it.
        let friday = |length: Timeframe, open: i64| {
            let price: arrow_buffer::ScalarBuffer<f64> = vec![100.0].into();
            let columns = Columns {
                open_time: vec![open].into(),
                open: price.clone(),
                high: price.clone(),
                low: price.clone(),
                close: price.clone(),
                volume: price,
            };
            let bars = Bars::new(length, columns).unwrap();
            let nights = Funding::overnight(&bars, [0.001, -0.0005], 22.0);
            nights.payments().iter().map(|p| (p.bar, p.inside)).collect::<Vec<_>>()
        };
        let day = start + 4 * 86_400_000;
        assert_eq!(friday(Timeframe::D1, day), [(0, true)]);
        assert_eq!(friday(Timeframe::H1, day + 21 * 3_600_000), []);
        let both = nights.clone().and(nights.clone());
        assert!(both.payments().windows(2).all(|w| w[0].bar <= w[1].bar) && both.payments().len() == 10);
    }
}
