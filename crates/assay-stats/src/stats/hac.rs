//! Long-run variance of a combination of four series by a Parzen kernel with automatic bandwidth, plain or prewhitened.
//!
//! D. W. K. Andrews, Econometrica 59 (1991), 817-858; D. W. K. Andrews and J. C. Monahan, Econometrica 60 (1992), 953-966;
//! the choices are those of Ledoit and Wolf (2008) and their published code.

use super::eigen::symmetric_eigen;

/// Number of series: means and second moments of a pair of returns.
pub(super) const K: usize = 4;

/// Largest singular value left to the prewhitening filter.
const LARGEST_SINGULAR: f64 = 0.97;

type Matrix = [[f64; K]; K];

/// Long-run variance of `gradient · rows`, the rows having mean zero: `T / (T - 4)` times the Parzen sum of
/// autocovariances. NaN where the bandwidth is undefined or there are no more than four rows.
pub(super) fn long_run_variance(rows: &[[f64; K]], gradient: &[f64; K]) -> f64 {
    let n = rows.len();
    if n <= K {
        return f64::NAN;
    }
    let bandwidth = bandwidth(rows);
    if !bandwidth.is_finite() {
        return f64::NAN;
    }
    // The gradient is applied first: the variance of the scalar product equals the quadratic form.
    let x: Vec<f64> = rows.iter().map(|r| dot(r, gradient)).collect();
    let covariance = |lag: usize| x[lag..].iter().zip(&x).map(|(a, b)| a * b).sum::<f64>() / n as f64;
    let mut total = covariance(0);
    for lag in (1..n).take_while(|&lag| (lag as f64) < bandwidth) {
        total += 2.0 * parzen(lag as f64 / bandwidth) * covariance(lag);
    }
    total * n as f64 / (n - K) as f64
}

/// The same after a first-order vector autoregression without intercept, its singular values cut at 0.97, has taken most of
/// the dependence out.
pub(super) fn prewhitened_variance(rows: &[[f64; K]], gradient: &[f64; K]) -> f64 {
    let Some(filter) = autoregression(rows).map(|a| cut(&a)) else { return f64::NAN };
    let residuals: Vec<[f64; K]> =
        rows.windows(2).map(|w| std::array::from_fn(|i| w[1][i] - dot(&filter[i], &w[0]))).collect();
    // With D = (I - A)⁻¹ the form g' D Psi D' g is that of the residuals and w = D' g, so (I - A)' w = g.
    let system = std::array::from_fn(|i| std::array::from_fn(|j| f64::from(u8::from(i == j)) - filter[j][i]));
    match solve(system, *gradient) {
        Some(recoloured) => long_run_variance(&residuals, &recoloured),
        None => f64::NAN,
    }
}

/// Automatic bandwidth of the Parzen kernel, `2.6614 (alpha T)^(1/5)`, Andrews (1991), equations 6.2 and 6.4 with an AR(1)
/// for each series.
pub(super) fn bandwidth(rows: &[[f64; K]]) -> f64 {
    let (mut numerator, mut denominator) = (0.0, 0.0);
    for k in 0..K {
        let (rho, variance) = first_order(rows, k);
        let d = (1.0 - rho) * (1.0 - rho);
        numerator += 4.0 * rho * rho * variance * variance / (d * d * d * d);
        denominator += variance * variance / (d * d);
    }
    2.6614 * libm::pow(numerator / denominator * rows.len() as f64, 0.2)
}

/// Least-squares slope of series `k` on its past, with intercept, and the mean squared residual.
fn first_order(rows: &[[f64; K]], k: usize) -> (f64, f64) {
    let n = rows.len().saturating_sub(1) as f64;
    let pairs = || rows.windows(2).map(|w| (w[0][k], w[1][k]));
    let (x, y) = pairs().fold((0.0, 0.0), |(x, y), p| (x + p.0, y + p.1));
    let (x, y) = (x / n, y / n);
    let (xx, xy) =
        pairs().fold((0.0, 0.0), |(xx, xy), p| (xx + (p.0 - x) * (p.0 - x), xy + (p.0 - x) * (p.1 - y)));
    let rho = xy / xx;
    let squares: f64 = pairs()
        .map(|p| {
            let e = p.1 - y - rho * (p.0 - x);
            e * e
        })
        .sum();
    (rho, squares / n)
}

/// Parzen's kernel (1957) at `x >= 0`.
fn parzen(x: f64) -> f64 {
    if x <= 0.5 {
        1.0 - 6.0 * x * x + 6.0 * x * x * x
    } else if x <= 1.0 {
        2.0 * (1.0 - x) * (1.0 - x) * (1.0 - x)
    } else {
        0.0
    }
}

/// Least-squares coefficients A of `row_t = A row_{t-1} + e`.
fn autoregression(rows: &[[f64; K]]) -> Option<Matrix> {
    // Returns and their squares differ by orders of magnitude: solved in units of each series' size.
    let scale: [f64; K] =
        std::array::from_fn(|k| rows.iter().map(|r| r[k] * r[k]).sum::<f64>().sqrt().recip());
    let (mut gram, mut cross) = ([[0.0; K]; K], [[0.0; K]; K]);
    for w in rows.windows(2) {
        for i in 0..K {
            for j in 0..K {
                gram[i][j] += w[0][i] * scale[i] * w[0][j] * scale[j];
                cross[i][j] += w[1][i] * scale[i] * w[0][j] * scale[j];
            }
        }
    }
    let mut a = [[0.0; K]; K];
    for i in 0..K {
        let row = solve(gram, cross[i])?;
        a[i] = std::array::from_fn(|j| row[j] * scale[j] / scale[i]);
    }
    Some(a)
}

/// `a` with its singular values above 0.97 cut to that: `A - A V diag(1 - 0.97 / s) V'` over those.
fn cut(a: &Matrix) -> Matrix {
    let mut square = [0.0; K * K];
    for i in 0..K {
        for j in 0..K {
            square[i * K + j] = (0..K).map(|k| a[k][i] * a[k][j]).sum();
        }
    }
    let (values, vectors) = symmetric_eigen(&square, K);
    let mut out = *a;
    for (value, v) in values.iter().zip(vectors.as_chunks::<K>().0) {
        let singular = value.max(0.0).sqrt();
        if singular > LARGEST_SINGULAR {
            let excess = 1.0 - LARGEST_SINGULAR / singular;
            for (row, old) in out.iter_mut().zip(a) {
                let along = excess * dot(old, v);
                for (x, direction) in row.iter_mut().zip(v) {
                    *x -= along * direction;
                }
            }
        }
    }
    out
}

/// Solution of `matrix x = right` by elimination with partial pivoting; `None` where the matrix is singular to rounding or
/// not finite.
fn solve(mut matrix: Matrix, mut right: [f64; K]) -> Option<[f64; K]> {
    for column in 0..K {
        let pivot =
            (column..K).max_by(|&i, &j| matrix[i][column].abs().total_cmp(&matrix[j][column].abs()))?;
        matrix.swap(column, pivot);
        right.swap(column, pivot);
        let divisor = matrix[column][column];
        if divisor.is_nan() || divisor.is_infinite() || divisor.abs() < 1e-13 {
            return None;
        }
        for row in column + 1..K {
            let factor = matrix[row][column] / divisor;
            for k in column..K {
                matrix[row][k] -= factor * matrix[column][k];
            }
            right[row] -= factor * right[column];
        }
    }
    let mut x = [0.0; K];
    for row in (0..K).rev() {
        let known: f64 = (row + 1..K).map(|k| matrix[row][k] * x[k]).sum();
        x[row] = (right[row] - known) / matrix[row][row];
    }
    Some(x)
}

fn dot(a: &[f64; K], b: &[f64; K]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cutting_leaves_small_singular_values_and_bounds_large_ones() {
        let diagonal = |d: [f64; K]| -> Matrix {
            std::array::from_fn(|i| std::array::from_fn(|j| if i == j { d[i] } else { 0.0 }))
        };
        assert_eq!(cut(&diagonal([0.5, -0.9, 0.0, 0.1])), diagonal([0.5, -0.9, 0.0, 0.1]));
        let cut = cut(&diagonal([3.0, -2.0, 0.96, 0.0]));
        for (i, want) in [0.97, -0.97, 0.96, 0.0].into_iter().enumerate() {
            assert!((cut[i][i] - want).abs() < 1e-14);
        }
    }

    #[test]
    fn systems_are_solved_or_refused() {
        let m = [[0.0, 2.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 4.0, 1.0], [0.0, 0.0, 1.0, 0.5]];
        let x = solve(m, [2.0, 3.0, 6.0, 2.0]).unwrap();
        for (got, want) in x.iter().zip([2.0, 1.0, 1.0, 2.0]) {
            assert!((got - want).abs() < 1e-14);
        }
        assert!(solve([[1.0; K]; K], [1.0; K]).is_none() && solve([[f64::NAN; K]; K], [1.0; K]).is_none());
    }

    #[test]
    fn the_kernel_falls_from_one_to_zero() {
        assert_eq!([parzen(0.0), parzen(0.5), parzen(1.0), parzen(2.0)], [1.0, 0.25, 0.0, 0.0]);
    }

    #[test]
    fn too_few_rows_are_undefined() {
        for n in [0, 1, 4, 5] {
            assert!(long_run_variance(&vec![[0.0; K]; n], &[1.0; K]).is_nan());
            assert!(prewhitened_variance(&vec![[0.0; K]; n], &[1.0; K]).is_nan());
        }
    }
}
