//! Oscillators.

/// Wilder's relative strength index in 0..100; valid from row `window`. 100 where there was no loss, `still`
/// where there was neither gain nor loss (0 in TA-Lib).
pub fn rsi(close: &[f64], window: usize, still: f64) -> Vec<f64> {
    let window = window.max(1);
    let mut out = vec![f64::NAN; close.len()];
    if close.len() <= window {
        return out;
    }
    let n = window as f64;
    let change = |i: usize| close[i] - close[i - 1];
    let mut gain = (1..=window).map(|i| change(i).max(0.0)).sum::<f64>() / n;
    let mut loss = (1..=window).map(|i| (-change(i)).max(0.0)).sum::<f64>() / n;
    for i in window..close.len() {
        if i > window {
            let c = change(i);
            gain += (c.max(0.0) - gain) / n;
            loss += ((-c).max(0.0) - loss) / n;
        }
        out[i] = if loss > 0.0 {
            100.0 - 100.0 / (1.0 + gain / loss)
        } else if gain > 0.0 {
            100.0
        } else {
            still
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_and_a_known_value() {
        let up: Vec<f64> = (0..20).map(f64::from).collect();
        let down: Vec<f64> = up.iter().map(|v| 100.0 - v).collect();
        assert!(rsi(&up, 14, 50.0)[13].is_nan());
        assert_eq!(rsi(&up, 14, 50.0)[14], 100.0);
        assert_eq!(rsi(&down, 14, 50.0)[14], 0.0);
        assert_eq!(rsi(&[5.0; 20], 14, 50.0)[19], 50.0);
        // Gains 2 and 0, losses 0 and 1: means 1 and 0.5, so 100 - 100 / 3.
        assert!((rsi(&[1.0, 3.0, 2.0], 2, 50.0)[2] - 200.0 / 3.0).abs() < 1e-12);
    }
}
