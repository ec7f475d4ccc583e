//! Sobol's sequence: points that fill the unit cube more evenly than random ones.
//!
//! For sweeps of up to some twenty parameters, with a power of two of points; never for the indices of long paths.

use super::sobol_numbers::DIRECTIONS;
use crate::random::Stream;

/// Bits of a coordinate.
const BITS: usize = 32;

/// Most dimensions.
pub const MAX_SOBOL_DIMENSIONS: usize = DIRECTIONS.len() + 1;

/// Sobol's sequence with the direction numbers of Joe and Kuo (2008), plain or scrambled.
///
/// Any point can be had at any time: its digits are the exclusive or of the direction numbers that the Gray code of its index
/// selects, which is the order of I. A. Antonov and V. M. Saleev (1979) and of common libraries. The first `2^k` points,
/// and each further `2^k` that begin at a multiple of it, lie one in each of `2^k` equal intervals of every dimension.
#[derive(Debug, Clone)]
pub struct Sobol {
    directions: Vec<[u32; BITS]>,
    /// Keys of the scrambling, one for each dimension; empty for the plain sequence.
    keys: Vec<u32>,
}

impl Sobol {
    /// The plain sequence, whose first point is the origin. `None` unless `dimensions` is 1 to 64.
    pub fn new(dimensions: usize) -> Option<Self> {
        let possible = (1..=MAX_SOBOL_DIMENSIONS).contains(&dimensions);
        possible.then(|| Self { directions: (0..dimensions).map(directions).collect(), keys: Vec::new() })
    }

    /// The sequence under nested uniform scrambling: every point is uniform in the open cube, the points together as even as
    /// before. Scatter over `replicate` gives the error of what is computed from them.
    ///
    /// A. B. Owen (1995), "Randomly permuted (t,m,s)-nets and (t,s)-sequences", by the hash of S. Laine and T. Karras,
    /// Computer Graphics Forum 30 (2011), 1269-1276, as in B. Burley, Journal of Computer Graphics Techniques 9(4) (2020),
    /// 1-20, section 4: a digit is flipped by a hash of the digits above it. `None` as [`Sobol::new`].
    pub fn scrambled(dimensions: usize, seed: u64, replicate: u64) -> Option<Self> {
        let mut sobol = Self::new(dimensions)?;
        let mut stream = Stream::new(seed, "sobol", replicate);
        sobol.keys = (0..dimensions).map(|_| (stream.bits() >> 32) as u32).collect();
        Some(sobol)
    }

    /// Number of coordinates of a point.
    pub fn dimensions(&self) -> usize {
        self.directions.len()
    }

    /// Point number `index`, on the grid of `2^-32` (moved by half a step if scrambled, so never 0 or 1). The sequence
    /// starts again after `2^32` points.
    pub fn point(&self, index: u64) -> Vec<f64> {
        let index = index as u32;
        let gray = index ^ index >> 1;
        let coordinate = |(d, directions): (usize, &[u32; BITS])| {
            let chosen = (0..BITS).filter(|bit| gray >> bit & 1 == 1);
            let x = chosen.fold(0, |x, bit| x ^ directions[bit]);
            match self.keys.get(d) {
                Some(&key) => (f64::from(scramble(x, key)) + 0.5) / 4_294_967_296.0,
                None => f64::from(x) / 4_294_967_296.0,
            }
        };
        self.directions.iter().enumerate().map(coordinate).collect()
    }
}

/// Direction numbers of a dimension counted from zero, the first binary digit in the highest bit.
fn directions(dimension: usize) -> [u32; BITS] {
    let mut v = [0_u32; BITS];
    let Some(&(polynomial, initial)) = dimension.checked_sub(1).and_then(|d| DIRECTIONS.get(d)) else {
        return std::array::from_fn(|i| 1 << (BITS - 1 - i));
    };
    let degree = initial.len();
    for i in 0..BITS {
        v[i] = if i < degree {
            initial[i] << (BITS - 1 - i)
        } else {
            // The coefficients between the first and the last, which are one.
            let inner = (1..degree).filter(|k| polynomial >> (degree - k) & 1 == 1);
            inner.fold(v[i - degree] ^ v[i - degree] >> degree, |x, k| x ^ v[i - k])
        };
    }
    v
}

/// Nested uniform scrambling of the digits of `x`.
///
/// On the reversed digits: addition carries, and multiplication by an even number spreads, upwards only, so each digit
/// depends on those below it, which are the more significant ones.
fn scramble(x: u32, key: u32) -> u32 {
    let mut r = x.reverse_bits().wrapping_add(key);
    for factor in [0x6c50_b47c_u32, 0xb82f_1e52, 0xc7af_e638, 0x8d22_f6e6] {
        r ^= r.wrapping_mul(factor);
    }
    r.reverse_bits()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_points_match_reference_values() {
        let want = [
            [0.0, 0.0, 0.0, 0.0, 0.0],
            [0.5, 0.5, 0.5, 0.5, 0.5],
            [0.75, 0.25, 0.25, 0.25, 0.75],
            [0.25, 0.75, 0.75, 0.75, 0.25],
            [0.375, 0.375, 0.625, 0.875, 0.375],
            [0.875, 0.875, 0.125, 0.375, 0.875],
            [0.625, 0.125, 0.875, 0.625, 0.625],
            [0.125, 0.625, 0.375, 0.125, 0.125],
        ];
        let sobol = Sobol::new(5).unwrap();
        for (i, want) in want.iter().enumerate() {
            assert_eq!(sobol.point(i as u64), want);
        }
        // Points and dimensions further out, from SciPy 1.17.1 with 32 bits.
        let sobol = Sobol::new(64).unwrap();
        for (i, want) in [
            (5, [0.125, 0.625, 0.625, 0.625]),
            (100, [0.6953125, 0.4140625, 0.0703125, 0.6484375]),
            (777, [0.3232421875, 0.8994140625, 0.6162109375, 0.4267578125]),
            (1_000_000, [0.25440120697021484, 0.5414037704467773, 0.8007364273071289, 0.058121681213378906]),
        ] {
            let point = sobol.point(i);
            assert_eq!([point[9], point[31], point[52], point[63]], want, "{i}");
        }
    }

    /// Whether the `n` points lie one in each of `n` intervals of every dimension.
    fn stratified(points: &[Vec<f64>]) -> bool {
        let n = points.len();
        (0..points[0].len()).all(|d| {
            let mut seen = vec![false; n];
            points.iter().for_each(|p| seen[(p[d] * n as f64) as usize] = true);
            seen.iter().all(|&s| s)
        })
    }

    #[test]
    fn scrambled_points_stay_stratified_in_every_dimension() {
        for replicate in 0..8 {
            let sobol = Sobol::scrambled(64, 11, replicate).unwrap();
            for k in [0, 1, 4, 10] {
                let n = 1_u64 << k;
                let points: Vec<Vec<f64>> = (5 * n..6 * n).map(|i| sobol.point(i)).collect();
                assert!(stratified(&points), "{replicate} {k}");
            }
        }
    }

    #[test]
    fn scrambled_pairs_of_dimensions_keep_their_rectangles() {
        // The first two dimensions form a (0, m, 2)-net: one of 64 points in each 8 by 8 square.
        let sobol = Sobol::scrambled(2, 3, 0).unwrap();
        let mut seen = [false; 64];
        for i in 0..64 {
            let p = sobol.point(i);
            seen[(p[0] * 8.0) as usize * 8 + (p[1] * 8.0) as usize] = true;
        }
        assert!(seen.iter().all(|&s| s));
    }

    #[test]
    fn every_scrambled_point_is_uniform_over_replicates() {
        for index in [0, 1, 6] {
            let mut cells = [0_u32; 8];
            let mut sum = 0.0;
            for replicate in 0..4000 {
                let x = Sobol::scrambled(3, 1, replicate).unwrap().point(index)[2];
                assert!(x > 0.0 && x < 1.0);
                cells[(x * 8.0) as usize] += 1;
                sum += x;
            }
            assert!(cells.iter().all(|c| (400..600).contains(c)), "{cells:?}");
            assert!((sum / 4000.0 - 0.5).abs() < 0.02);
        }
    }

    #[test]
    fn scrambling_integrates_better_than_chance() {
        // The product of 1 + (x - 1/2) has mean 1 and, over 5 dimensions, variance (1 + 1/12)^5 - 1.
        let errors: Vec<f64> = (0..32)
            .map(|replicate| {
                let sobol = Sobol::scrambled(5, 2, replicate).unwrap();
                let value = |i| sobol.point(i).iter().map(|x| 0.5 + x).product::<f64>();
                (0..1024).map(value).sum::<f64>() / 1024.0 - 1.0
            })
            .collect();
        let rms = (errors.iter().map(|e| e * e).sum::<f64>() / 32.0).sqrt();
        let chance = ((f64::powi(13.0 / 12.0, 5) - 1.0) / 1024.0).sqrt();
        assert!(rms < chance / 10.0, "{rms} {chance}");
    }

    #[test]
    fn dimensions_have_bounds_and_keys_matter() {
        assert!(Sobol::new(0).is_none() && Sobol::new(65).is_none() && Sobol::scrambled(65, 1, 1).is_none());
        assert_eq!(Sobol::new(64).unwrap().dimensions(), 64);
        let point = |seed, replicate| Sobol::scrambled(3, seed, replicate).unwrap().point(9);
        assert_eq!(point(1, 2), point(1, 2));
        assert!(point(1, 2) != point(2, 2) && point(1, 2) != point(1, 3));
    }
}
