//! Exponential tilting: the weights nearest to equal ones under which given sums are zero.

/// Largest mean that counts as zero, in root mean squares of its sums.
const ZERO: f64 = 1e-12;

/// Weights `w_s` proportional to `exp(theta . S_s)` with `sum_s w_s S_js = 0` for each row j of `sums`, by Newton's
/// method on the convex function `ln sum_s exp(theta . S_s)`, whose gradient these sums are.
///
/// B. Efron, Canadian Journal of Statistics 9 (1981), 139-158. Without a row the weights are equal. `None` where no
/// weights have these sums zero, or only such as leave out some columns: zero must lie inside the convex hull of the
/// columns. Every row has `n` columns.
pub(super) fn tilt(sums: &[Vec<f64>], n: usize) -> Option<Vec<f64>> {
    let scaled: Vec<Vec<f64>> = sums.iter().map(|row| scaled(row)).collect::<Option<_>>()?;
    let mut theta = vec![0.0; scaled.len()];
    let mut at = TiltPoint::of(&scaled, &theta, n);
    for _ in 0..200 {
        if at.gradient.iter().all(|g| g.abs() <= ZERO) {
            return Some(at.weights);
        }
        let step = solve(at.curvature(&scaled), &at.gradient)?;
        let slope: f64 = -step.iter().zip(&at.gradient).map(|(s, g)| s * g).sum::<f64>();
        let mut size = 1.0;
        let next = loop {
            let moved: Vec<f64> = theta.iter().zip(&step).map(|(t, s)| t - size * s).collect();
            let next = TiltPoint::of(&scaled, &moved, n);
            // Close to the end the function is flat to its last digit: there the gradient decides.
            let flat = next.worst() < at.worst() && at.worst() < 1e-6;
            if flat || next.value <= at.value + 1e-4 * size * slope {
                theta = moved;
                break next;
            }
            size *= 0.5;
            if size < 1e-12 {
                // As near as the digits allow.
                return (at.worst() <= 1e-10).then_some(at.weights);
            }
        };
        at = next;
    }
    None
}

/// How many equally weighted columns say as much as these weights: `1 / sum w²` (Kish 1965).
pub(super) fn effective(weights: &[f64]) -> f64 {
    1.0 / weights.iter().map(|w| w * w).sum::<f64>()
}

/// A row in units of its root mean square; `None` where it is zero throughout or not finite.
fn scaled(row: &[f64]) -> Option<Vec<f64>> {
    let square = row.iter().map(|x| x * x).sum::<f64>() / row.len() as f64;
    (square > 0.0 && square.is_finite()).then(|| row.iter().map(|x| x / square.sqrt()).collect())
}

/// The function, its gradient and the weights at one theta.
struct TiltPoint {
    value: f64,
    gradient: Vec<f64>,
    weights: Vec<f64>,
}

impl TiltPoint {
    fn of(sums: &[Vec<f64>], theta: &[f64], n: usize) -> Self {
        let mut weights = vec![0.0; n];
        for (row, t) in sums.iter().zip(theta) {
            weights.iter_mut().zip(row).for_each(|(w, s)| *w += t * s);
        }
        let top = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        weights.iter_mut().for_each(|w| *w = libm::exp(*w - top));
        let total: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|w| *w /= total);
        let gradient = sums.iter().map(|row| row.iter().zip(&weights).map(|(s, w)| s * w).sum()).collect();
        Self { value: top + libm::log(total), gradient, weights }
    }

    fn worst(&self) -> f64 {
        self.gradient.iter().fold(0.0, |worst, g| worst.max(g.abs()))
    }

    /// The covariances of the sums under the weights, a little more on the diagonal so that rows that say the same
    /// can be solved for.
    fn curvature(&self, sums: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let covariance = |i: usize, j: usize| {
            let product: f64 =
                self.weights.iter().zip(&sums[i]).zip(&sums[j]).map(|((w, a), b)| w * a * b).sum();
            product - self.gradient[i] * self.gradient[j]
        };
        let k = sums.len();
        let mut h: Vec<Vec<f64>> = (0..k).map(|i| (0..k).map(|j| covariance(i, j)).collect()).collect();
        let ridge = 1e-13 * (0..k).map(|i| h[i][i]).fold(0.0, f64::max);
        (0..k).for_each(|i| h[i][i] += ridge);
        h
    }
}

/// Solves `a x = b` by elimination with the largest pivot; `None` where `a` is singular.
fn solve(mut a: Vec<Vec<f64>>, b: &[f64]) -> Option<Vec<f64>> {
    let k = b.len();
    for (row, x) in a.iter_mut().zip(b) {
        row.push(*x);
    }
    for c in 0..k {
        let pivot = (c..k).max_by(|i, j| a[*i][c].abs().total_cmp(&a[*j][c].abs()))?;
        a.swap(c, pivot);
        if a[c][c] == 0.0 || !a[c][c].is_finite() {
            return None;
        }
        for r in c + 1..k {
            let factor = a[r][c] / a[c][c];
            for j in c..=k {
                a[r][j] -= factor * a[c][j];
            }
        }
    }
    let mut x = vec![0.0; k];
    for r in (0..k).rev() {
        let known: f64 = (r + 1..k).map(|j| a[r][j] * x[j]).sum();
        x[r] = (a[r][k] - known) / a[r][r];
    }
    x.iter().all(|v| v.is_finite()).then_some(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn mean(row: &[f64], weights: &[f64]) -> f64 {
        row.iter().zip(weights).map(|(x, w)| x * w).sum()
    }

    /// One row of -1 and 2: weights (2/3, 1/3).
    #[test]
    fn two_columns_are_weighted_by_their_distances() {
        let w = tilt(&[vec![-1.0, 2.0]], 2).unwrap();
        assert!((w[0] - 2.0 / 3.0).abs() < 1e-12 && (w[1] - 1.0 / 3.0).abs() < 1e-12, "{w:?}");
        assert!((effective(&w) - 1.8).abs() < 1e-9);
    }

    #[test]
    fn several_rows_reach_zero_together_with_weights_of_the_stated_form() {
        let mut draws = Stream::new(1, "tilt", 0);
        let mut row = |shift: f64| -> Vec<f64> { (0..400).map(|_| draws.normal() + shift).collect() };
        let sums = [row(0.4), row(-0.3), row(0.0)];
        let w = tilt(&sums, 400).unwrap();
        assert!(sums.iter().all(|s| mean(s, &w).abs() < 1e-10));
        assert!((w.iter().sum::<f64>() - 1.0).abs() < 1e-12 && w.iter().all(|x| *x > 0.0));
        // ln w is linear in the rows: the residual of a least-squares fit would be zero; three columns more than the
        // unknowns fix them, and the rest must follow.
        let logs: Vec<f64> = w.iter().map(|x| x.ln()).collect();
        let design = |k: usize| vec![1.0, sums[0][k], sums[1][k], sums[2][k]];
        let fit = solve((0..4).map(design).collect(), &logs[..4]).unwrap();
        for k in 4..400 {
            let value: f64 = design(k).iter().zip(&fit).map(|(d, f)| d * f).sum();
            assert!((value - logs[k]).abs() < 1e-6, "{k}");
        }
        assert_eq!(tilt(&[], 4).unwrap(), vec![0.25; 4]);
        // Rows that say the same are no obstacle.
        let twice = tilt(&[sums[0].clone(), sums[0].iter().map(|x| 3.0 * x).collect()], 400).unwrap();
        assert!(mean(&sums[0], &twice).abs() < 1e-10);
    }

    #[test]
    fn what_no_weights_reach_is_none() {
        assert!(tilt(&[vec![0.1, 2.0, 3.0]], 3).is_none(), "all above zero");
        assert!(tilt(&[vec![0.0, 0.0]], 2).is_none());
        assert!(tilt(&[vec![1.0, f64::NAN]], 2).is_none());
        // Each row alone could be, both together not: they sum to one.
        let (a, b) = (vec![-1.0, 0.5, 2.0], vec![2.0, 0.5, -1.0]);
        assert!(tilt(std::slice::from_ref(&a), 3).is_some() && tilt(&[a, b], 3).is_none());
    }
}
