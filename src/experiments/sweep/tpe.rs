//! Draws that favour what has been good: the tree-structured Parzen estimator.
//!
//! J. Bergstra, R. Bardenet, Y. Bengio and B. Kégl, Algorithms for Hyper-Parameter Optimization, NIPS 24 (2011), section 4. The
//! observations are parted at the best 15 %; each dimension has one density of the good and one of the rest, and of several draws from the
//! first the one is taken whose ratio of the two is greatest. Dimensions are independent, as in the paper's trees of one level.

use super::draw::TRIES;
use super::space::{Point, Space};
use crate::random::{Stream, inverse_normal};
use crate::stats::normal_cdf;

/// Share of the observations that count as good.
const GOOD: f64 = 0.15;
/// Most of them.
const MOST_GOOD: usize = 25;
/// Draws of which the best is taken.
const DRAWS: usize = 24;

/// What has been seen: places in the unit cube with what they came to, the more the better.
#[derive(Debug, Default)]
pub(super) struct SeenPoint {
    places: Vec<(Vec<f64>, f64)>,
}

impl SeenPoint {
    /// Adds an observation; one without a value is the worst.
    pub fn add(&mut self, place: Vec<f64>, value: f64) {
        self.places.push((place, if value.is_nan() { f64::NEG_INFINITY } else { value }));
    }

    /// Candidate `id`, drawn from what has been seen, or from anywhere where the conditions refuse what was good; none where
    /// they refuse all that was drawn.
    pub fn draw(&self, space: &Space, seed: u64, id: u64) -> Option<Point> {
        let mut stream = Stream::new(seed, "sweep parzen", id);
        let mut order: Vec<usize> = (0..self.places.len()).collect();
        // Equal values in the order they were seen.
        order.sort_by(|a, b| self.places[*b].1.total_cmp(&self.places[*a].1).then(a.cmp(b)));
        let good = ((GOOD * order.len() as f64).ceil() as usize).clamp(1, MOST_GOOD).min(order.len());
        let (best, rest) = order.split_at(good);
        for _ in 0..100 {
            let place: Vec<f64> = (0..space.dimensions())
                .map(|d| {
                    let of = |set: &[usize]| {
                        Density::of(set.iter().map(|k| self.places[*k].0[d]).collect(), space.choices(d))
                    };
                    let (l, g) = (of(best), of(rest));
                    let mut top = (f64::NEG_INFINITY, 0.5);
                    for _ in 0..DRAWS {
                        let u = l.draw(&mut stream);
                        let ratio = l.at(u) / g.at(u);
                        if ratio > top.0 {
                            top = (ratio, u);
                        }
                    }
                    top.1
                })
                .collect();
            let point = space.at(&place);
            if space.admits(&point) {
                return Some(point);
            }
        }
        (0..TRIES).find_map(|_| {
            let place: Vec<f64> = (0..space.dimensions()).map(|_| stream.uniform()).collect();
            Some(space.at(&place)).filter(|point| space.admits(point))
        })
    }
}

/// A density on the unit interval.
enum Density {
    /// Weights of so many choices, of equal widths.
    Choices(Vec<f64>),
    /// Normal kernels cut to the interval, and the interval itself as a prior.
    Kernels { centres: Vec<f64>, widths: Vec<f64> },
}

impl Density {
    fn of(mut places: Vec<f64>, choices: Option<usize>) -> Self {
        if let Some(n) = choices {
            let mut weights = vec![1.0; n];
            for u in &places {
                weights[((u * n as f64) as usize).min(n - 1)] += 1.0;
            }
            let sum: f64 = weights.iter().sum();
            return Self::Choices(weights.into_iter().map(|w| w / sum).collect());
        }
        places.sort_by(f64::total_cmp);
        // As wide as the farther neighbour is away, within bounds that shrink with the number.
        let least = 1.0 / (1.0 + places.len() as f64).min(100.0);
        let widths = (0..places.len())
            .map(|k| {
                let left = if k == 0 { places[k] } else { places[k] - places[k - 1] };
                let right = if k + 1 == places.len() { 1.0 - places[k] } else { places[k + 1] - places[k] };
                left.max(right).clamp(least, 1.0)
            })
            .collect();
        Self::Kernels { centres: places, widths }
    }

    fn draw(&self, stream: &mut Stream) -> f64 {
        let (pick, u) = (stream.uniform(), stream.uniform());
        match self {
            Self::Choices(weights) => {
                let mut sum = 0.0;
                let k = weights.iter().position(|w| {
                    sum += w;
                    pick < sum
                });
                (k.unwrap_or(weights.len() - 1) as f64 + 0.5) / weights.len() as f64
            }
            Self::Kernels { centres, widths } => {
                let k = (pick * (centres.len() + 1) as f64) as usize;
                match centres.get(k) {
                    None => u,
                    Some(c) => {
                        let (a, b) = (normal_cdf(-c / widths[k]), normal_cdf((1.0 - c) / widths[k]));
                        (c + widths[k] * inverse_normal(a + u * (b - a))).clamp(0.0, 1.0)
                    }
                }
            }
        }
    }

    fn at(&self, u: f64) -> f64 {
        match self {
            Self::Choices(weights) => weights[((u * weights.len() as f64) as usize).min(weights.len() - 1)],
            Self::Kernels { centres, widths } => {
                let kernel = |(c, w): (&f64, &f64)| {
                    let mass = normal_cdf((1.0 - c) / w) - normal_cdf(-c / w);
                    let z = (u - c) / w;
                    libm::exp(-0.5 * z * z) / (w * 2.506_628_274_631_000_7 * mass)
                };
                let sum: f64 = centres.iter().zip(widths).map(kernel).sum();
                (1.0 + sum) / (centres.len() + 1) as f64
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    #[test]
    fn draws_move_to_where_it_is_good() {
        let text = "name = \"t\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"a.csv\"]\n[sweep]\n\
                    params.size = {low = 0.01, high = 1.0}\nparams.fast = [1, 2, 3, 4, 5, 6, 7, 8]\n";
        let space = Space::of(&Scenario::parse(text, "t", ".".into(), &[]).unwrap()).unwrap();
        let mut seen = SeenPoint::default();
        let (mut first, mut last) = (0.0, 0.0);
        for id in 0..200 {
            let point = match id {
                0..20 => {
                    let mut s = Stream::new(1, "t", id);
                    space.at(&[s.uniform(), s.uniform()])
                }
                _ => seen.draw(&space, 1, id).unwrap(),
            };
            let (fast, size) = (point[0].as_integer().unwrap() as f64, point[1].as_float().unwrap());
            let value = -(size - 0.7).abs() - (fast - 3.0).abs() / 8.0;
            seen.add(space.place_of(&point), value);
            if id < 50 {
                first += value / 50.0;
            } else if id >= 150 {
                last += value / 50.0;
            }
        }
        assert!(last > first + 0.1 && last > -0.12, "{first} {last}");
    }

    #[test]
    fn densities_add_up_to_one() {
        for d in [Density::of(vec![0.1, 0.15, 0.8], None), Density::of(vec![], None)] {
            let sum: f64 = (0..10_000).map(|k| d.at((k as f64 + 0.5) / 10_000.0)).sum::<f64>() / 10_000.0;
            assert!((sum - 1.0).abs() < 1e-3, "{sum}");
        }
    }
}
