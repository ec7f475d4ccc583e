//! Eigenvalues of small symmetric matrices by cyclic Jacobi rotations.
//!
//! G. H. Golub and C. F. Van Loan, Matrix Computations, 4th ed. (2013), section 8.5. Slower than tridiagonal methods but
//! short, accurate, and the same bits everywhere.

/// Sweeps after which the iteration stops whatever is left; ten are enough for any matrix met in practice.
const MAX_SWEEPS: usize = 60;

/// Eigenvalues, ascending, of a symmetric row-major matrix of order `n` (the slice must hold `n * n` values).
pub(super) fn symmetric_eigenvalues(matrix: &[f64], n: usize) -> Vec<f64> {
    let mut a = matrix.to_vec();
    jacobi(&mut a, n, None);
    let mut values: Vec<f64> = (0..n).map(|i| a[i * n + i]).collect();
    values.sort_by(f64::total_cmp);
    values
}

/// Eigenvalues, in no order, and the matrix whose rows are the eigenvectors that belong to them.
pub(super) fn symmetric_eigen(matrix: &[f64], n: usize) -> (Vec<f64>, Vec<f64>) {
    let mut a = matrix.to_vec();
    let mut vectors = vec![0.0; n * n];
    for i in 0..n {
        vectors[i * n + i] = 1.0;
    }
    jacobi(&mut a, n, Some(&mut vectors));
    ((0..n).map(|i| a[i * n + i]).collect(), vectors)
}

/// Rotates `a` until nothing off the diagonal matters; the rows of `vectors` are rotated along.
fn jacobi(a: &mut [f64], n: usize, mut vectors: Option<&mut Vec<f64>>) {
    // Far below the rounding of the entries; an eigenvalue moves by no more than the sum of what is left.
    let negligible = 1e-17 * a.iter().map(|v| v * v).sum::<f64>().sqrt();
    for _ in 0..MAX_SWEEPS {
        let mut rotated = false;
        for p in 0..n {
            for q in p + 1..n {
                let (app, aqq, apq) = (a[p * n + p], a[q * n + q], a[p * n + q]);
                if apq.abs() <= negligible {
                    continue;
                }
                rotated = true;
                let (c, s, t) = rotation(app, aqq, apq);
                rotate_rows(a, n, p, q, c, s);
                // The matrix stays symmetric: columns are copies of the rows.
                for k in 0..n {
                    a[k * n + p] = a[p * n + k];
                    a[k * n + q] = a[q * n + k];
                }
                a[p * n + p] = app - t * apq;
                a[q * n + q] = aqq + t * apq;
                a[p * n + q] = 0.0;
                a[q * n + p] = 0.0;
                if let Some(v) = vectors.as_deref_mut() {
                    rotate_rows(v, n, p, q, c, s);
                }
            }
        }
        if !rotated {
            break;
        }
    }
}

/// Cosine, sine and tangent of the smaller angle that annihilates `apq`.
fn rotation(app: f64, aqq: f64, apq: f64) -> (f64, f64, f64) {
    let theta = (aqq - app) / (2.0 * apq);
    let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
    let c = 1.0 / (t * t + 1.0).sqrt();
    (c, t * c, t)
}

/// Rows `p < q` of `m` turned: `(c row_p - s row_q, s row_p + c row_q)`.
fn rotate_rows(m: &mut [f64], n: usize, p: usize, q: usize, c: f64, s: f64) {
    let (head, tail) = m.split_at_mut(q * n);
    for (x, y) in head[p * n..(p + 1) * n].iter_mut().zip(&mut tail[..n]) {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_testing::{SplitMix, close};

    /// Symmetric with eigenvalues `2 - 2 cos(k pi / (n + 1))`.
    fn second_difference(n: usize) -> Vec<f64> {
        let mut a = vec![0.0; n * n];
        for i in 0..n {
            a[i * n + i] = 2.0;
            if i > 0 {
                a[i * n + i - 1] = -1.0;
                a[(i - 1) * n + i] = -1.0;
            }
        }
        a
    }

    #[test]
    fn eigenvalues_match_a_closed_form() {
        for n in [1, 2, 3, 10, 256] {
            for (k, got) in symmetric_eigenvalues(&second_difference(n), n).iter().enumerate() {
                let want = 2.0 - 2.0 * ((k + 1) as f64 * std::f64::consts::PI / (n + 1) as f64).cos();
                assert!((got - want).abs() < 1e-12, "{n} {k}: {got} {want}");
            }
        }
    }

    #[test]
    fn vectors_reproduce_the_matrix() {
        let (n, mut g) = (12, SplitMix::new(3));
        let mut a = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..=i {
                (a[i * n + j], a[j * n + i]) = (g.z12(), 0.0);
                a[j * n + i] = a[i * n + j];
            }
        }
        let (values, v) = symmetric_eigen(&a, n);
        for i in 0..n {
            for j in 0..n {
                let sum: f64 = (0..n).map(|k| values[k] * v[k * n + i] * v[k * n + j]).sum();
                assert!((sum - a[i * n + j]).abs() < 1e-12);
            }
        }
        let trace: f64 = (0..n).map(|i| a[i * n + i]).sum();
        assert!((values.iter().sum::<f64>() - trace).abs() < 1e-12);
    }

    #[test]
    fn a_large_matrix_of_low_rank_is_accurate() {
        let (n, mut g) = (256, SplitMix::new(4));
        let columns: Vec<Vec<f64>> = (0..n).map(|_| (0..40).map(|_| g.z12()).collect()).collect();
        let matrix = crate::stats::correlation(&columns);
        let values = symmetric_eigenvalues(&matrix, n);
        assert!(close(values.iter().sum(), 256.0, 1e-12));
        assert!(values[..216].iter().all(|v| v.abs() < 1e-12));
    }

    #[test]
    fn degenerate_matrices_end() {
        assert!(symmetric_eigenvalues(&[], 0).is_empty());
        assert_eq!(symmetric_eigenvalues(&[0.0; 9], 3), [0.0; 3]);
        let ones = symmetric_eigenvalues(&[1.0; 16], 4);
        assert!(ones[..3].iter().all(|v| v.abs() < 1e-15) && close(ones[3], 4.0, 1e-15));
    }
}
