//! First-order recursions, several rows at a time.

/// Rows a step: the recursion's latency is paid once a step, the rest of the work has no chain.
const STEP: usize = 8;

/// Replaces every row by the exponential mean `m += alpha * (row - m)` that starts from `mean`; returns the last.
///
/// Within a step, `m[j] - r = e[j] + k^(j + 1) (mean - r)` with `k = 1 - alpha`, `r` the step's first row and `e` the
/// same recursion from zero over `row - r`: only the last product waits for the step before. Taking rows relative to `r`
/// keeps a constant exactly constant, and a large level free of its rounding. A row depends on the rows before it alone,
/// wherever the column ends.
pub(super) fn exponential(rows: &mut [f64], mut mean: f64, alpha: f64) -> f64 {
    let keep = 1.0 - alpha;
    let mut powers = [0.0; STEP];
    let mut power = 1.0;
    for p in &mut powers {
        power *= keep;
        *p = power;
    }
    let step = |rows: &mut [f64], mean: f64| {
        let origin = rows[0];
        let gap = mean - origin;
        let (mut e, mut own) = (0.0, [0.0; STEP]);
        for (slot, v) in own.iter_mut().zip(&*rows) {
            e = alpha * (v - origin) + keep * e;
            *slot = e;
        }
        for ((row, e), p) in rows.iter_mut().zip(own).zip(powers) {
            *row = origin + (e + p * gap);
        }
        rows[rows.len() - 1]
    };
    let mut steps = rows.chunks_exact_mut(STEP);
    for s in steps.by_ref() {
        mean = step(s, mean);
    }
    let rest = steps.into_remainder();
    if rest.is_empty() { mean } else { step(rest, mean) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_recursion_wherever_the_column_ends() {
        let x: Vec<f64> = (0..100).map(|i| 1e6 + ((i * 37) % 11) as f64).collect();
        for n in [0, 1, 7, 8, 9, 100] {
            let mut rows = x[..n].to_vec();
            let last = exponential(&mut rows, 1e6, 0.1);
            let mut mean = 1e6;
            for (row, v) in rows.iter().zip(&x) {
                mean += 0.1 * (v - mean);
                assert!((row - mean).abs() <= 1e-9, "{row} against {mean}");
            }
            assert_eq!(last, rows.last().copied().unwrap_or(1e6));
            let mut whole = x.clone();
            exponential(&mut whole, 1e6, 0.1);
            assert!(rows.iter().zip(&whole).all(|(a, b)| a.to_bits() == b.to_bits()), "{n}");
        }
    }

    #[test]
    fn a_constant_stays_one() {
        let mut rows = vec![0.1; 50];
        exponential(&mut rows, 0.1, 2.0 / 15.0);
        assert!(rows.iter().all(|v| *v == 0.1));
    }
}
