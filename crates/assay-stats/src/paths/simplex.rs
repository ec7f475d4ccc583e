//! Minimisation without derivatives.

/// A vertex: a value and where it is taken.
type Vertex<const N: usize> = (f64, [f64; N]);

/// The lowest point found of `f` from `start`, with first steps of `step` along each axis.
///
/// The simplex method of J. A. Nelder and R. Mead, The Computer Journal 7 (1965), 308-313, begun anew about its result until
/// that gains less than `1e-11` of the value (a stalled simplex starts to move again), at most twelve times. NaN counts as
/// infinitely high. The same arithmetic in the same order on every machine.
pub(super) fn minimise<const N: usize>(
    f: impl Fn(&[f64; N]) -> f64,
    start: [f64; N],
    step: [f64; N],
) -> [f64; N] {
    let value = |x: [f64; N]| -> Vertex<N> {
        let y = f(&x);
        (if y.is_nan() { f64::INFINITY } else { y }, x)
    };
    let mut best = value(start);
    let mut scale = 1.0;
    for _ in 0..12 {
        let found = descend(&value, best, step.map(|s| s * scale));
        let gain = best.0 - found.0;
        best = found;
        // Not true of a gain that is not finite: the first value may be infinite.
        if gain <= 1e-11 * best.0.abs() {
            break;
        }
        scale *= 0.5;
    }
    best.1
}

/// One run until the simplex is level and small.
fn descend<const N: usize>(
    value: &impl Fn([f64; N]) -> Vertex<N>,
    start: Vertex<N>,
    step: [f64; N],
) -> Vertex<N> {
    let mut simplex: Vec<Vertex<N>> = vec![start];
    for k in 0..N {
        let mut x = start.1;
        x[k] += step[k];
        simplex.push(value(x));
    }
    for _ in 0..400 * N {
        // A stable sort: equal values keep their order.
        simplex.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (low, high) = (simplex[0], simplex[N]);
        let wide =
            (0..N).any(|k| simplex.iter().any(|v| (v.1[k] - low.1[k]).abs() > 1e-9 * (1.0 + low.1[k].abs())));
        if !wide || (high.0 - low.0).abs() <= 1e-14 * low.0.abs() {
            break;
        }
        let mut centre = [0.0; N];
        for vertex in &simplex[..N] {
            for k in 0..N {
                centre[k] += vertex.1[k] / N as f64;
            }
        }
        // The point `t` of the way from the centre past it, away from the highest vertex.
        let along = |t: f64| {
            let mut x = centre;
            for k in 0..N {
                x[k] += t * (centre[k] - high.1[k]);
            }
            value(x)
        };
        let reflected = along(1.0);
        let next = if reflected.0 < low.0 {
            let expanded = along(2.0);
            if expanded.0 < reflected.0 { Some(expanded) } else { Some(reflected) }
        } else if reflected.0 < simplex[N - 1].0 {
            Some(reflected)
        } else if reflected.0 < high.0 {
            Some(along(0.5)).filter(|c| c.0 <= reflected.0)
        } else {
            Some(along(-0.5)).filter(|c| c.0 < high.0)
        };
        match next {
            Some(vertex) => simplex[N] = vertex,
            None => {
                for vertex in &mut simplex[1..] {
                    let mut x = vertex.1;
                    for k in 0..N {
                        x[k] = low.1[k] + 0.5 * (x[k] - low.1[k]);
                    }
                    *vertex = value(x);
                }
            }
        }
    }
    simplex.sort_by(|a, b| a.0.total_cmp(&b.0));
    simplex[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_bottom_of_a_curved_valley() {
        // H. H. Rosenbrock, The Computer Journal 3 (1960), 175-184; minimum at (1, 1).
        let f = |x: &[f64; 2]| 1.0 + 100.0 * (x[1] - x[0] * x[0]).powi(2) + (1.0 - x[0]).powi(2);
        let x = minimise(f, [-1.2, 1.0], [0.5, 0.5]);
        assert!((x[0] - 1.0).abs() < 1e-5 && (x[1] - 1.0).abs() < 1e-5, "{x:?}");
    }

    #[test]
    fn forbidden_ground_is_avoided_and_nothing_hangs() {
        let f = |x: &[f64; 1]| if x[0] < 0.0 { f64::NAN } else { x[0] };
        assert!(minimise(f, [3.0], [1.0])[0].abs() < 1e-6);
        assert_eq!(minimise(|_: &[f64; 3]| f64::NAN, [1.0; 3], [1.0; 3]), [1.0; 3]);
        minimise(|x: &[f64; 1]| -x[0], [1.0], [1.0]);
    }
}
