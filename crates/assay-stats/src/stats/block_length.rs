//! How long blocks must be for a resample to keep the dependence of a series.

use super::moments::mean;

/// Optimal mean block lengths, in observations; may be below one (no dependence worth keeping), NaN for a constant
/// series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlockLength {
    /// For the stationary bootstrap.
    pub stationary: f64,
    /// For the circular block bootstrap.
    pub circular: f64,
}

/// Block lengths that minimise the mean squared error of the bootstrap variance of the mean.
///
/// D. N. Politis and H. White, Econometric Reviews 23 (2004), 53-70, with the correction of A. Patton, D. N. Politis and
/// H. White, Econometric Reviews 28 (2009), 372-375: flat-top lag window, truncation lag where `max(5, log10 n)`
/// autocorrelations in a row lie below `2 sqrt(log10(n) / n)`; both lengths are capped at
/// `ceil(min(3 sqrt n, n / 3))`. NaN for fewer than three values, a constant series, or any value that is not finite.
pub fn block_length(x: &[f64]) -> BlockLength {
    let undefined = BlockLength { stationary: f64::NAN, circular: f64::NAN };
    let n = x.len();
    if n < 3 || x.iter().any(|v| !v.is_finite()) || x.iter().all(|&v| v == x[0]) {
        return undefined;
    }
    let m = mean(x);
    let e: Vec<f64> = x.iter().map(|v| v - m).collect();
    let (covariances, lag) = truncated_covariances(&e);

    let (mut g, mut s) = (0.0, covariances[0]);
    for (k, acv) in covariances.iter().enumerate().take(lag + 1).skip(1) {
        let share = k as f64 / lag as f64;
        let weight = if share <= 0.5 { 1.0 } else { 2.0 * (1.0 - share) };
        g += 2.0 * weight * k as f64 * acv;
        s += 2.0 * weight * acv;
    }
    let nf = n as f64;
    let cap = (3.0 * nf.sqrt()).min(nf / 3.0).ceil();
    let length = |d: f64| (libm::cbrt(2.0 * g * g / (d * s * s)) * libm::cbrt(nf)).min(cap);
    if g == 0.0 && s == 0.0 {
        return undefined;
    }
    BlockLength { stationary: length(2.0), circular: length(4.0 / 3.0) }
}

/// Autocovariances (divisor n) of deviations `e` from lag 0 to at least the truncation lag, and that lag.
fn truncated_covariances(e: &[f64]) -> (Vec<f64>, usize) {
    let n = e.len();
    let nf = n as f64;
    let run = (libm::log10(nf) as usize).max(5);
    // A correlation at lag i is scaled by i + 1 fewer terms, of which there must be one.
    let max_lag = (nf.sqrt().ceil() as usize + run).min(n - 2);
    let critical = 2.0 * (libm::log10(nf) / nf).sqrt();

    let squares = dot(e, e);
    let (mut head, mut tail) = (squares, squares);
    let mut covariances = Vec::with_capacity(max_lag + 1);
    let (mut quiet, mut lag) = (0, None);
    for i in 0..=max_lag {
        if lag.is_none() && quiet == run {
            // The `run` lags before this one are quiet: twice the lag before them is enough. Lag 0 never is.
            lag = Some((2 * (i - run)).min(max_lag));
        }
        if lag.is_some_and(|l| i > l) {
            break;
        }
        let cross = dot(&e[i..], &e[..n - i]);
        head -= e[i] * e[i];
        tail -= e[n - 1 - i] * e[n - 1 - i];
        covariances.push(cross / nf);
        let correlation = cross.abs() / (head.max(0.0) * tail.max(0.0)).sqrt();
        quiet = if correlation < critical { quiet + 1 } else { 0 };
    }
    (covariances, lag.unwrap_or(max_lag))
}

/// Inner product over eight lanes in a fixed order: fast, and the same bits everywhere.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a8, a_rest) = a.as_chunks::<8>();
    let (b8, b_rest) = b.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for (x, y) in a8.iter().zip(b8) {
        for lane in 0..8 {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    lanes.iter().sum::<f64>() + rest
}

/// Mean block for statistics that depend on more than the mean: the longest stationary length of `x`, `|x|` and `x²`,
/// at least one.
///
/// The lengths of [`block_length`] serve the mean; volatility clusters show only in sizes, and drawdowns and Sharpe ratios
/// feel them (convention).
pub fn automatic_block(x: &[f64]) -> f64 {
    let size: Vec<f64> = x.iter().map(|v| v.abs()).collect();
    let square: Vec<f64> = x.iter().map(|v| v * v).collect();
    // `max` passes over NaN.
    [x, &size, &square].iter().fold(1.0, |longest, s| block_length(s).stationary.max(longest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_testing::{ar1, close, garch, iid};

    #[test]
    fn lengths_match_reference_values() {
        let g = garch(7, 1500, 0.0003, 0.000002, 0.1, 0.88);
        let size = g.iter().map(|x| x.abs()).collect();
        let square = g.iter().map(|x| x * x).collect();
        // A large value at an end belongs to one of the two sums that scale a correlation, not to both.
        let (mut early, mut late) = (ar1(1, 500, 0.0, 0.5, 1.0), ar1(1, 500, 0.0, 0.5, 1.0));
        (early[0], late[499]) = (60.0, -60.0);
        for (name, x, stationary, circular) in [
            ("ar1 0.5", ar1(1, 500, 0.0, 0.5, 1.0), 9.167737570438398, 10.49443976887211),
            ("ar1 0.1", ar1(2, 1000, 0.0005, 0.1, 0.01), 4.8363462083813005, 5.536234386652879),
            ("ar1 -0.3", ar1(3, 1000, 0.0, -0.3, 1.0), 8.29735800503525, 9.498103883927751),
            ("iid", iid(4, 1000, 0.0, 1.0), 1.1057011625103448, 1.2657118687333677),
            ("ar1 0.9", ar1(5, 250, 0.0, 0.9, 1.0), 17.657800163961596, 20.213135339847398),
            ("short", ar1(6, 60, 0.0, 0.3, 1.0), 2.072839205262523, 2.3728085607869396),
            ("early outlier", early, 3.3917260352183605, 3.882557099353401),
            ("late outlier", late, 3.5975699146649593, 4.118189519898354),
            ("garch", g, 0.421929504426226, 0.48298871307017005),
            ("garch size", size, 68.85684295644151, 78.82140882949668),
            ("garch square", square, 67.03831794405882, 76.73971734738272),
        ] {
            let b = block_length(&x);
            assert!(
                close(b.stationary, stationary, 1e-8) && close(b.circular, circular, 1e-8),
                "{name}: {b:?}"
            );
        }
    }

    #[test]
    fn automatic_takes_the_longest_and_never_less_than_one() {
        let g = garch(7, 1500, 0.0003, 0.000002, 0.1, 0.88);
        assert!(close(automatic_block(&g), 68.85684295644151, 1e-8));
        assert_eq!(automatic_block(&[0.1; 50]), 1.0);
        assert_eq!(automatic_block(&[]), 1.0);
    }

    #[test]
    fn degenerate_series_are_undefined_and_short_ones_do_not_panic() {
        for x in [vec![], vec![1.0], vec![1.0, 2.0], vec![0.1; 100], vec![1.0, f64::NAN, 2.0, 3.0]] {
            assert!(block_length(&x).stationary.is_nan(), "{x:?}");
        }
        for n in 3..40 {
            let b = block_length(&iid(9, n, 0.0, 1.0)).stationary;
            assert!(b >= 0.0 && b <= (n as f64 / 3.0).ceil(), "{n}: {b}");
        }
    }
}
