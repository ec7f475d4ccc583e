//! The moments by which a synthetic history is held against a real one.

use super::Regime;
use super::volatility::VolatilityClock;
use crate::market::Bars;

/// What a history is like in a few numbers. A number that a history is too short or too flat for is NaN.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// Number of bars.
    pub bars: usize,
    /// Opening time of the first and the last bar, milliseconds UTC.
    pub span_ms: Option<(i64, i64)>,
    /// Standard deviation of the log returns of a bar.
    pub return_sd: f64,
    /// Skewness of the log returns.
    pub return_skew: f64,
    /// Kurtosis of the log returns; 3 for a normal distribution.
    pub return_kurtosis: f64,
    /// Autocorrelation of the log returns at lag 1.
    pub return_acf1: f64,
    /// Autocorrelation of the absolute log returns at lags 1, 24 and 168 bars.
    pub abs_return_acf: [f64; 3],
    /// Variance of the log returns of 24 bars over 24 times that of one bar; 1 where returns are uncorrelated.
    pub variance_ratio24: f64,
    /// Mean of (high - low) / close.
    pub range: f64,
    /// Mean of |close - open| / (high - low) over the bars that have a range.
    pub body: f64,
    /// Least and greatest mean of the true range over the close among the calendar years with at least 1000 bars.
    pub true_range_by_year: Option<(f64, f64)>,
    /// Correlation of volume and absolute log return.
    pub volume_return_correlation: f64,
    /// Correlation of the logs of volume and of range, `ln(high / low)`, over the bars that have both.
    pub volume_range_correlation: f64,
    /// Autocorrelation of log volume at lag 1, over the bars that have volume.
    pub volume_acf1: f64,
    /// Mean volume of the busiest hour of the day over that of the calmest.
    pub hour_ratio: f64,
    /// The busiest and the calmest hour of the day, UTC.
    pub hours: Option<(usize, usize)>,
    /// Share of the bars of each regime, where labels are known.
    pub shares: Option<[f64; Regime::COUNT]>,
}

/// Fewest bars of a calendar year that has a mean of its own.
const LEAST_BARS_OF_A_YEAR: usize = 1000;

/// Moments of `bars`.
///
/// Log returns are taken between consecutive bars only, not across a gap; lags count the returns there are.
pub fn moments(bars: &Bars) -> Moments {
    let n = bars.len();
    let (open, high, low, close) = (bars.open(), bars.high(), bars.low(), bars.close());
    let joined: Vec<usize> =
        (1..n).filter(|&i| bars.open_time()[i] - bars.open_time()[i - 1] == bars.timeframe().ms()).collect();
    let r: Vec<f64> = joined.iter().map(|&i| libm::log(close[i] / close[i - 1])).collect();
    let size: Vec<f64> = r.iter().map(|x| x.abs()).collect();
    let volume: Vec<f64> = joined.iter().map(|&i| bars.volume()[i]).collect();

    let traded: Vec<usize> = (0..n).filter(|&i| bars.volume()[i] > 0.0 && high[i] > low[i]).collect();
    let log_volume: Vec<f64> = traded.iter().map(|&i| libm::log(bars.volume()[i])).collect();
    let log_range: Vec<f64> = traded.iter().map(|&i| libm::log(libm::log(high[i] / low[i]))).collect();

    let by_hour = volume_by_hour(bars);
    let hours = extremes(&by_hour);
    let ranged = (0..n).filter(|&i| high[i] > low[i]);
    Moments {
        bars: n,
        span_ms: (n > 0).then(|| (bars.open_time()[0], bars.open_time()[n - 1])),
        return_sd: libm::sqrt(central(&r, 2)),
        return_skew: central(&r, 3) / libm::pow(central(&r, 2), 1.5),
        return_kurtosis: central(&r, 4) / (central(&r, 2) * central(&r, 2)),
        return_acf1: acf(&r, 1),
        abs_return_acf: [1, 24, 168].map(|lag| acf(&size, lag)),
        variance_ratio24: variance_ratio(&r, 24),
        range: mean((0..n).map(|i| (high[i] - low[i]) / close[i])),
        body: mean(ranged.map(|i| (close[i] - open[i]).abs() / (high[i] - low[i]))),
        true_range_by_year: true_range_by_year(bars),
        volume_return_correlation: correlation(&volume, &size),
        volume_range_correlation: correlation(&log_volume, &log_range),
        volume_acf1: acf(&log_volume, 1),
        hour_ratio: hours.map_or(f64::NAN, |(most, least)| by_hour[most] / by_hour[least]),
        hours,
        shares: None,
    }
}

impl Moments {
    /// Adds the shares of the regimes among `labels`, the codes of all bars. Bars without a regime have no share.
    #[must_use]
    pub fn with_labels(mut self, labels: &[u8]) -> Self {
        let n = labels.len() as f64;
        self.shares = Some(Regime::ALL.map(|r| labels.iter().filter(|&&c| c == r as u8).count() as f64 / n));
        self
    }
}

/// Arithmetic mean; NaN of nothing.
fn mean(xs: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = xs.fold((0.0, 0u32), |(sum, n), x| (sum + x, n + 1));
    sum / f64::from(n)
}

/// Central moment of order `k`.
fn central(xs: &[f64], k: usize) -> f64 {
    let m = mean(xs.iter().copied());
    mean(xs.iter().map(|x| (0..k).fold(1.0, |p, _| p * (x - m))))
}

/// Autocorrelation at `lag`: NaN where there are no more than `lag` values.
fn acf(xs: &[f64], lag: usize) -> f64 {
    if xs.len() <= lag {
        return f64::NAN;
    }
    let m = mean(xs.iter().copied());
    let product: f64 = xs.iter().zip(&xs[lag..]).map(|(a, b)| (a - m) * (b - m)).sum();
    product / (central(xs, 2) * xs.len() as f64)
}

/// Variance of overlapping sums of `q` values over `q` times the variance of one.
fn variance_ratio(xs: &[f64], q: usize) -> f64 {
    let sums: Vec<f64> = xs.windows(q).map(|w| w.iter().sum()).collect();
    central(&sums, 2) / (q as f64 * central(xs, 2))
}

/// Pearson correlation of two columns of equal length.
fn correlation(xs: &[f64], ys: &[f64]) -> f64 {
    let (mx, my) = (mean(xs.iter().copied()), mean(ys.iter().copied()));
    let product = mean(xs.iter().zip(ys).map(|(x, y)| (x - mx) * (y - my)));
    product / libm::sqrt(central(xs, 2) * central(ys, 2))
}

/// Mean volume of each hour of the day; NaN of an hour without bars.
fn volume_by_hour(bars: &Bars) -> [f64; 24] {
    let (mut sums, mut counts) = ([0.0; 24], [0u32; 24]);
    for (&t, &v) in bars.open_time().iter().zip(bars.volume()) {
        let hour = VolatilityClock::at(t).hour;
        sums[hour] += v;
        counts[hour] += 1;
    }
    std::array::from_fn(|h| sums[h] / f64::from(counts[h]))
}

/// Places of the greatest and the least number; `None` where all are NaN.
fn extremes(xs: &[f64]) -> Option<(usize, usize)> {
    let known = || xs.iter().enumerate().filter(|(_, x)| !x.is_nan());
    let greatest = known().max_by(|a, b| a.1.total_cmp(b.1))?.0;
    let least = known().min_by(|a, b| a.1.total_cmp(b.1))?.0;
    Some((greatest, least))
}

/// Least and greatest yearly mean of the true range over the close.
fn true_range_by_year(bars: &Bars) -> Option<(f64, f64)> {
    let (high, low, close) = (bars.high(), bars.low(), bars.close());
    let mut years: Vec<(i32, Vec<f64>)> = Vec::new();
    for i in 1..bars.len() {
        let range = high[i].max(close[i - 1]) - low[i].min(close[i - 1]);
        let year = year_of(bars.open_time()[i])?;
        match years.last_mut() {
            Some((last, ranges)) if *last == year => ranges.push(range / close[i]),
            _ => years.push((year, vec![range / close[i]])),
        }
    }
    let means = years
        .iter()
        .filter(|(_, ranges)| ranges.len() >= LEAST_BARS_OF_A_YEAR)
        .map(|(_, ranges)| mean(ranges.iter().copied()));
    means.fold(None, |found, m| match found {
        None => Some((m, m)),
        Some((least, most)) => Some((f64::min(least, m), f64::max(most, m))),
    })
}

/// Calendar year of a time, UTC.
fn year_of(time_ms: i64) -> Option<i32> {
    use chrono::Datelike;
    chrono::DateTime::from_timestamp_millis(time_ms).map(|t| t.year())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Columns, Timeframe};

    fn bars(closes: &[f64]) -> Bars {
        let n = closes.len();
        let columns = Columns {
            open_time: (0..n as i64).map(|i| i * 3_600_000).collect(),
            open: closes.to_vec().into(),
            high: closes.iter().map(|c| c * 1.02).collect(),
            low: closes.iter().map(|c| c * 0.99).collect(),
            close: closes.to_vec().into(),
            volume: (0..n).map(|i| if i % 24 == 14 { 30.0 } else { 10.0 }).collect(),
        };
        Bars::new(Timeframe::H1, columns).unwrap()
    }

    #[test]
    fn known_values() {
        // Log returns +1 % and -1 % by turns.
        let closes: Vec<f64> =
            (0..241).map(|i| 100.0 * libm::exp(if i % 2 == 1 { 0.01 } else { 0.0 })).collect();
        let m = moments(&bars(&closes));
        assert!((m.return_sd - 0.01).abs() < 1e-12 && m.return_skew.abs() < 1e-9);
        assert!((m.return_kurtosis - 1.0).abs() < 1e-9);
        assert!((m.return_acf1 + 239.0 / 240.0).abs() < 1e-9, "{}", m.return_acf1);
        assert!((m.range - 0.03).abs() < 1e-12 && m.body == 0.0);
        assert!((m.hour_ratio - 3.0).abs() < 1e-12);
        assert_eq!(m.hours.unwrap().0, 14);
        assert!(m.variance_ratio24.abs() < 1e-9);
    }

    #[test]
    fn a_gap_has_no_return() {
        let mut b = bars(&[100.0, 101.0, 150.0, 151.5]).columns().clone();
        b.open_time = vec![0, 3_600_000, 36_000_000, 39_600_000].into();
        let m = moments(&Bars::new(Timeframe::H1, b).unwrap());
        assert!(m.return_sd < 1e-12, "{}", m.return_sd);
    }

    #[test]
    fn too_little_is_nan_and_no_panic() {
        for n in 0..3 {
            let m = moments(&bars(&vec![100.0; n]));
            assert!(m.return_acf1.is_nan() && m.variance_ratio24.is_nan() && m.true_range_by_year.is_none());
        }
        let m = moments(&bars(&[100.0])).with_labels(&[4]);
        assert_eq!(m.shares, Some([0.0, 0.0, 0.0, 0.0, 1.0]));
    }
}
