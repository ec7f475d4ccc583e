//! What volume says.

use super::rolling::summed;

/// Rows of the shortest.
fn rows(columns: [&[f64]; 4]) -> usize {
    columns.into_iter().map(<[f64]>::len).min().unwrap_or(0)
}

/// On-balance volume: the running sum of volume, positive where the close rose, negative where it fell; row 0 is its own
/// volume. It depends on where the history begins. (J. Granville, New Key to Stock Market Profits, 1963.)
pub fn obv(close: &[f64], volume: &[f64]) -> Vec<f64> {
    let Some((&first, _)) = volume.split_first() else { return vec![] };
    let mut sum = first;
    let mut out = Vec::with_capacity(close.len().min(volume.len()));
    out.extend(close.first().map(|_| sum));
    out.extend(close.windows(2).zip(&volume[1..]).map(|(pair, v)| {
        let sign = f64::from(i8::from(pair[1] > pair[0]) - i8::from(pair[1] < pair[0]));
        sum += sign * v;
        sum
    }));
    out
}

/// Money flow index in 0..100: the share of typical price times volume, over `window` rows, that came with a rise of the
/// typical price; valid from row `window`. 0 where less than one unit of money flowed, as in TA-Lib. (G. Quong and A.
/// Soudack, Technical Analysis of Stocks & Commodities 7:3 (1989).)
pub fn mfi(high: &[f64], low: &[f64], close: &[f64], volume: &[f64], window: usize) -> Vec<f64> {
    let n = rows([high, low, close, volume]);
    let mut rising = vec![f64::NAN; n];
    let mut falling = vec![f64::NAN; n];
    let typical = |i: usize| (high[i] + low[i] + close[i]) / 3.0;
    let mut before = if n > 0 { typical(0) } else { 0.0 };
    for i in 1..n {
        let now = typical(i);
        let flow = now * volume[i];
        // Of decimal prices, sums that are equal differ by their rounding: that is no move.
        let least = 2.0 * f64::EPSILON * now.abs();
        rising[i] = if now - before > least { flow } else { 0.0 };
        falling[i] = if before - now > least { flow } else { 0.0 };
        before = now;
    }
    let mut out = summed(&rising, window, |s| s);
    for (up, down) in out.iter_mut().zip(summed(&falling, window, |s| s)) {
        let all = *up + down;
        *up = if all < 1.0 { 0.0 } else { 100.0 * (*up / all) };
    }
    out
}

/// Accumulation/distribution line: the running sum of volume times where the close lies in the bar, from -1 at the low to
/// 1 at the high; a bar without range adds nothing. It depends on where the history begins. (M. Chaikin.)
pub fn ad_line(high: &[f64], low: &[f64], close: &[f64], volume: &[f64]) -> Vec<f64> {
    let mut out: Vec<f64> = flows(high, low, close, volume).collect();
    let mut sum = 0.0;
    for v in &mut out {
        sum += *v;
        *v = sum;
    }
    out
}

/// What each bar adds to the line.
fn flows<'a>(
    high: &'a [f64],
    low: &'a [f64],
    close: &'a [f64],
    volume: &'a [f64],
) -> impl Iterator<Item = f64> + 'a {
    high.iter().zip(low).zip(close).zip(volume).map(|(((h, l), c), v)| {
        let range = h - l;
        let place = ((c - l) - (h - c)) / range * v;
        if range > 0.0 { place } else { 0.0 }
    })
}

/// Chaikin's money flow in -1..1: what `window` bars added to the [`ad_line`] as a share of their volume, 0 where that is 0;
/// valid from row `window - 1`.
pub fn cmf(high: &[f64], low: &[f64], close: &[f64], volume: &[f64], window: usize) -> Vec<f64> {
    let flow: Vec<f64> = flows(high, low, close, volume).collect();
    let mut out = summed(&flow, window, |s| s);
    for (flow, all) in out.iter_mut().zip(summed(volume, window, |s| s)) {
        *flow = if all == 0.0 { 0.0 } else { *flow / all };
    }
    out
}

/// Volume-weighted mean of the typical price over the last `window` rows, the typical price itself where nothing was
/// traded; valid from row `window - 1`.
pub fn vwap(high: &[f64], low: &[f64], close: &[f64], volume: &[f64], window: usize) -> Vec<f64> {
    let bars = high.iter().zip(low).zip(close);
    let typical: Vec<f64> = bars.map(|((h, l), c)| (h + l + c) / 3.0).collect();
    let money: Vec<f64> = typical.iter().zip(volume).map(|(t, v)| t * v).collect();
    let mut out = summed(&money, window, |s| s);
    for ((money, all), t) in out.iter_mut().zip(summed(volume, window, |s| s)).zip(typical) {
        *money = if all == 0.0 { t } else { *money / all };
    }
    out
}

/// The same from the start of the UTC day of each bar, by its open; valid from row 0.
pub fn vwap_session(
    open_time_ms: &[i64],
    high: &[f64],
    low: &[f64],
    close: &[f64],
    volume: &[f64],
) -> Vec<f64> {
    const DAY_MS: i64 = 86_400_000;
    let (mut day, mut money, mut all) = (i64::MIN, 0.0, 0.0);
    let n = rows([high, low, close, volume]).min(open_time_ms.len());
    (0..n)
        .map(|i| {
            let today = open_time_ms[i].div_euclid(DAY_MS);
            if today != day {
                (day, money, all) = (today, 0.0, 0.0);
            }
            let typical = (high[i] + low[i] + close[i]) / 3.0;
            money += typical * volume[i];
            all += volume[i];
            if all == 0.0 { typical } else { money / all }
        })
        .collect()
}

/// Chaikin's oscillator: the difference of two exponential means (`alpha = 2 / (n + 1)`) of the [`ad_line`], both seeded
/// with its first value, as in TA-Lib; valid from row `max(fast, slow) - 1`.
pub fn ad_oscillator(
    high: &[f64],
    low: &[f64],
    close: &[f64],
    volume: &[f64],
    fast: usize,
    slow: usize,
) -> Vec<f64> {
    let alpha = |n: usize| 2.0 / (n.max(1) as f64 + 1.0);
    let (quick, slack) = (alpha(fast), alpha(slow));
    let mut out: Vec<f64> = flows(high, low, close, volume).collect();
    let Some(&first) = out.first() else { return out };
    let (mut line, mut a, mut b) = (0.0, first, first);
    for v in &mut out {
        line += *v;
        // Weighed so that only one product waits for the row before.
        a = quick * line + (1.0 - quick) * a;
        b = slack * line + (1.0 - slack) * b;
        *v = a - b;
    }
    let blank = fast.max(slow).max(1).min(out.len() + 1) - 1;
    out[..blank].fill(f64::NAN);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        let (high, low) = ([12.0, 13.0, 12.0], [8.0, 9.0, 12.0]);
        let (close, volume) = ([12.0, 10.0, 12.0], [100.0, 40.0, 10.0]);
        assert_eq!(obv(&close, &volume), [100.0, 60.0, 70.0]);
        assert_eq!(ad_line(&high, &low, &close, &volume), [100.0, 80.0, 80.0]);
        // Typical prices 32/3, 32/3, 12: only the last row rose, and none fell.
        assert_eq!(mfi(&high, &low, &close, &volume, 2)[2], 100.0);
        assert_eq!(mfi(&[1.0; 5], &[1.0; 5], &[1.0; 5], &[9.0; 5], 2)[4], 0.0);
        let c = ad_oscillator(&high, &low, &close, &volume, 1, 3);
        assert!(c[1].is_nan());
        assert_eq!(c[2], 80.0 - (0.5 * (0.5 * 100.0 + 0.5 * 80.0) + 0.5 * 80.0));
    }

    #[test]
    fn short_and_uneven_columns_are_read_up_to_the_shortest() {
        let x = [1.0, 2.0];
        assert_eq!(cmf(&x, &x, &x, &[0.0; 2], 2)[1], 0.0);
        assert_eq!(vwap(&x, &x, &x, &[0.0; 2], 1), x);
        assert_eq!(vwap_session(&[0, 86_400_000], &x, &x, &x, &[1.0; 2]), x);
        assert_eq!(vwap_session(&[0, 1], &x, &x, &x, &[1.0, 3.0])[1], 1.75);
        assert_eq!(obv(&[], &x).len(), 0);
        assert_eq!(obv(&x, &[]).len(), 0);
        assert_eq!(mfi(&x, &x, &x, &[], 3).len(), 0);
        assert_eq!(ad_line(&x, &x, &x[..1], &x).len(), 1);
        assert_eq!(ad_oscillator(&x, &x, &x, &x, 0, 50).len(), 2);
    }
}
