//! Latin hypercube sampling without storing a permutation.

use crate::random::Stream;

/// Rounds of the Feistel network; more than the four that theory asks for, since small domains mix slowly.
const ROUNDS: usize = 8;

/// Points of which each dimension has exactly one in each of n equal cells.
///
/// M. D. McKay, R. J. Beckman and W. J. Conover, Technometrics 21 (1979), 239-245. Any point can be had at any time: the
/// cells of a dimension are permuted by a keyed bijection of `0..n`, a Feistel network on the next larger even number of
/// bits, applied again while the result is n or more (cycle walking: J. Black and P. Rogaway, CT-RSA 2002, 114-130).
#[derive(Debug, Clone)]
pub struct LatinHypercube {
    n: u32,
    seed: u64,
    /// Round keys of each dimension.
    keys: Vec<[u64; ROUNDS]>,
    /// Bits of each half of the network.
    half: u32,
}

impl LatinHypercube {
    /// A design of `n` points in `dimensions` dimensions.
    pub fn new(n: u32, dimensions: usize, seed: u64) -> Self {
        let mut stream = Stream::new(seed, "latin hypercube", 0);
        let keys = (0..dimensions).map(|_| std::array::from_fn(|_| stream.bits())).collect();
        let half = (u32::BITS - n.saturating_sub(1).leading_zeros()).div_ceil(2).max(1);
        Self { n, seed, keys, half }
    }

    /// Number of points.
    pub fn points(&self) -> u32 {
        self.n
    }

    /// Number of coordinates of a point.
    pub fn dimensions(&self) -> usize {
        self.keys.len()
    }

    /// Point number `index` in the open unit cube, `(cell + u) / n` with u uniform; `None` from `n` on.
    pub fn point(&self, index: u32) -> Option<Vec<f64>> {
        if index >= self.n {
            return None;
        }
        let mut stream = Stream::new(self.seed, "latin hypercube jitter", u64::from(index));
        let coordinate = |keys: &[u64; ROUNDS]| {
            // Twenty bits and a half: even at the largest n the sum is exact, so the point stays in its cell.
            let jitter = ((stream.bits() >> 44) as f64 + 0.5) / 1_048_576.0;
            (f64::from(self.cell(index, keys)) + jitter) / f64::from(self.n)
        };
        Some(self.keys.iter().map(coordinate).collect())
    }

    /// Where the permutation puts `index`, which must be below n.
    fn cell(&self, index: u32, keys: &[u64; ROUNDS]) -> u32 {
        let mut x = u64::from(index);
        // Ends, for the cycle through `index` comes back below n, at the latest to `index` itself.
        loop {
            x = feistel(x, self.half, keys);
            if x < u64::from(self.n) {
                return x as u32;
            }
        }
    }
}

/// A keyed bijection of the numbers of `2 * half` bits.
fn feistel(x: u64, half: u32, keys: &[u64; ROUNDS]) -> u64 {
    let mask = (1 << half) - 1;
    let (mut left, mut right) = (x >> half, x & mask);
    for key in keys {
        (left, right) = (right, left ^ mix(right ^ key) >> (u64::BITS - half));
    }
    left << half | right
}

/// Finaliser of SplitMix64 (G. L. Steele, D. Lea and C. H. Flood, OOPSLA 2014): all output bits depend on all input bits.
fn mix(mut z: u64) -> u64 {
    z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ z >> 31
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_cell_of_each_dimension_holds_one_point(n in 1u32..600, seed: u64) {
            let design = LatinHypercube::new(n, 4, seed);
            let mut seen = vec![[false; 4]; n as usize];
            for i in 0..n {
                for (d, x) in design.point(i).unwrap().into_iter().enumerate() {
                    prop_assert!(x > 0.0 && x < 1.0);
                    let cell = (x * f64::from(n)) as usize;
                    prop_assert!(!seen[cell][d]);
                    seen[cell][d] = true;
                }
            }
            prop_assert!(design.point(n).is_none());
        }
    }

    #[test]
    fn cells_are_uniform_over_seeds_and_unrelated_between_dimensions() {
        for n in [2, 3, 5, 8] {
            let mut joint = vec![0_u32; (n * n) as usize];
            for seed in 0..6400 {
                let p = LatinHypercube::new(n, 2, seed).point(1).unwrap();
                let cell = |x: f64| (x * f64::from(n)) as usize;
                joint[cell(p[0]) * n as usize + cell(p[1])] += 1;
            }
            let mean = 6400.0 / f64::from(n * n);
            // Five standard deviations of a count.
            assert!(joint.iter().all(|&c| (f64::from(c) - mean).abs() < 5.0 * mean.sqrt()), "{n}: {joint:?}");
        }
    }

    #[test]
    fn neighbours_go_anywhere() {
        let design = LatinHypercube::new(1000, 1, 5);
        let x: Vec<f64> = (0..1000).map(|i| design.point(i).unwrap()[0]).collect();
        assert!(crate::stats::autocorrelations(&x, 3).iter().all(|r| r.abs() < 0.12));
    }

    #[test]
    fn extremes_are_harmless() {
        assert!(LatinHypercube::new(0, 3, 1).point(0).is_none());
        assert_eq!(LatinHypercube::new(1, 0, 1).point(0), Some(vec![]));
        let largest = LatinHypercube::new(u32::MAX, 2, 1);
        assert!(largest.point(u32::MAX - 1).unwrap().iter().all(|x| *x > 0.0 && *x < 1.0));
        assert_eq!((largest.points(), largest.dimensions()), (u32::MAX, 2));
    }
}
