//! Random numbers that depend on what they are for, never on who draws them.
//!
//! A [`Stream`] is ChaCha8 keyed by (seed, purpose, index): the same three give the same numbers on any thread, on any
//! machine and in any order of work.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// One reproducible stream of random numbers.
#[derive(Debug, Clone)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of `index` (a path, a resample) within `purpose` under `seed`: that of a scenario, or a [`ContentSeed`].
    #[inline]
    pub fn new(seed: u64, purpose: &str, index: u64) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"assay stream v1\0");
        hash.update(seed.to_le_bytes());
        hash.update(purpose.as_bytes());
        let mut rng = ChaCha8Rng::from_seed(hash.finalize().into());
        rng.set_stream(index);
        Self(rng)
    }

    /// The same stream from its draw number `position` on, counted from zero: what [`Stream::new`] gives after
    /// so many draws, without drawing them. Every draw of a [`Stream`] takes 64 bits, whatever it is turned into.
    ///
    /// For numbers that belong to something countable, such as a day: any part of them can be had alone.
    #[inline]
    pub fn at(seed: u64, purpose: &str, index: u64, position: u64) -> Self {
        let mut stream = Self::new(seed, purpose, index);
        stream.seek(position);
        stream
    }

    /// Moves to draw number `position`, counted from zero.
    #[inline]
    pub fn seek(&mut self, position: u64) {
        // The generator counts words of 32 bits; a draw takes two.
        self.0.set_word_pos(2 * u128::from(position));
    }

    /// The next 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in `[0, 1)` on the grid of `2^-53`.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Uniform in `0..n` without bias worth naming (multiply-shift; bias below `n / 2^64`). `n` must not be zero.
    #[inline]
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    /// Standard normal by the inverse distribution function: one draw a variate, so that paired paths stay in step.
    #[inline]
    pub fn normal(&mut self) -> f64 {
        // Half a grid step keeps the argument inside (0, 1).
        inverse_normal(self.uniform() + 0.5 / 9_007_199_254_740_992.0)
    }
}

/// A seed made of what is resampled: the same content gives the same seed on any machine, and any other content another
/// one, so that nobody can choose it.
#[derive(Debug, Clone)]
pub struct ContentSeed(Sha256);

impl ContentSeed {
    /// Begins with the name and version of the kind of content.
    pub fn new(kind: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(kind.as_bytes());
        hash.update(b"\0");
        Self(hash)
    }

    /// Adds a column of times, or of other whole numbers: its length, then its values in little-endian bytes.
    #[must_use]
    pub fn whole(mut self, column: &[i64]) -> Self {
        self.0.update((column.len() as u64).to_le_bytes());
        column.iter().for_each(|x| self.0.update(x.to_le_bytes()));
        self
    }

    /// Adds a column of numbers by their exact bits.
    #[must_use]
    pub fn numbers(mut self, column: &[f64]) -> Self {
        self.0.update((column.len() as u64).to_le_bytes());
        column.iter().for_each(|x| self.0.update(x.to_bits().to_le_bytes()));
        self
    }

    /// The first eight bytes of the SHA-256 of all that was added: in hexadecimal digits the first sixteen of it.
    pub fn seed(self) -> u64 {
        let digest: [u8; 32] = self.0.finalize().into();
        digest.iter().take(8).fold(0, |seed, byte| (seed << 8) | u64::from(*byte))
    }
}

/// Quantile of the standard normal distribution at `p` in (0, 1), to about 1e-16 relative.
///
/// Algorithm AS 241, function PPND16: M. J. Wichura, Applied Statistics 37 (1988), 477-484. Infinite at 0 and 1, NaN
/// outside.
pub fn inverse_normal(p: f64) -> f64 {
    const A: [f64; 8] = [
        3.387_132_872_796_366_5,
        1.331_416_678_917_843_8e2,
        1.971_590_950_306_551_3e3,
        1.373_169_376_550_946e4,
        4.592_195_393_154_987e4,
        6.726_577_092_700_87e4,
        3.343_057_558_358_813e4,
        2.509_080_928_730_122_7e3,
    ];
    const B: [f64; 7] = [
        4.231_333_070_160_091e1,
        6.871_870_074_920_579e2,
        5.394_196_021_424_751e3,
        2.121_379_430_158_659_7e4,
        3.930_789_580_009_271e4,
        2.872_908_573_572_194_3e4,
        5.226_495_278_852_854e3,
    ];
    const C: [f64; 8] = [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        2.417_807_251_774_506e-1,
        2.272_384_498_926_918_4e-2,
        7.745_450_142_783_414e-4,
    ];
    const D: [f64; 7] = [
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        6.897_673_349_851e-1,
        1.481_039_764_274_800_8e-1,
        1.519_866_656_361_645_7e-2,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ];
    const E: [f64; 8] = [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        2.965_605_718_285_048_7e-1,
        2.653_218_952_657_612_4e-2,
        1.242_660_947_388_078_4e-3,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ];
    const F: [f64; 7] = [
        5.998_322_065_558_88e-1,
        1.369_298_809_227_358e-1,
        1.487_536_129_085_061_5e-2,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_7e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ];
    /// Horner's rule, highest power last.
    #[inline]
    fn poly(c: &[f64], x: f64) -> f64 {
        c.iter().rev().fold(0.0, |sum, &k| sum * x + k)
    }
    /// The same with the constant term 1 in front.
    #[inline]
    fn poly1(c: &[f64], x: f64) -> f64 {
        poly(c, x) * x + 1.0
    }
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * poly(&A, r) / poly1(&B, r);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    if tail == 0.0 {
        return q.signum() * f64::INFINITY;
    }
    let r = libm::sqrt(-libm::log(tail));
    let z = if r <= 5.0 {
        let r = r - 1.6;
        poly(&C, r) / poly1(&D, r)
    } else {
        let r = r - 5.0;
        poly(&E, r) / poly1(&F, r)
    };
    q.signum() * z
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_match_the_published_check_values() {
        // Wichura 1988, p. 481: z(0.25), z(0.001), z(1e-20).
        for (p, want) in [
            (0.25, -0.674_489_750_196_081_7),
            (0.001, -3.090_232_306_167_813_5),
            (1e-20, -9.262_340_089_798_408),
            (0.975, 1.959_963_984_540_054),
            (0.5, 0.0),
        ] {
            assert!((inverse_normal(p) - want).abs() <= 4e-15 * want.abs(), "{p}");
        }
        assert_eq!(inverse_normal(0.0), f64::NEG_INFINITY);
        assert_eq!(inverse_normal(1.0), f64::INFINITY);
        assert!(inverse_normal(-0.1).is_nan() && inverse_normal(f64::NAN).is_nan());
    }

    #[test]
    fn streams_differ_by_each_part_of_their_key_and_repeat() {
        let first = |seed, purpose, index| Stream::new(seed, purpose, index).bits();
        assert_eq!(first(1, "a", 0), first(1, "a", 0));
        let all = [first(1, "a", 0), first(2, "a", 0), first(1, "b", 0), first(1, "a", 1)];
        for i in 0..4 {
            for j in 0..i {
                assert_ne!(all[i], all[j]);
            }
        }
    }

    #[test]
    fn position_k_gives_draw_k() {
        let mut all = Stream::new(9, "days", 5);
        let drawn: Vec<u64> = (0..200).map(|_| all.bits()).collect();
        for k in [0usize, 1, 7, 8, 31, 32, 33, 63, 64, 150] {
            let mut from = Stream::at(9, "days", 5, k as u64);
            for want in &drawn[k..] {
                assert_eq!(from.bits(), *want, "from {k}");
            }
        }
        // Back and forth, and as far as a day of 32 bits can be.
        all.seek(3);
        assert_eq!(all.bits(), drawn[3]);
        all.seek(u64::from(u32::MAX));
        let last = all.bits();
        assert_eq!(Stream::at(9, "days", 5, u64::from(u32::MAX)).bits(), last);
        let mut normals = Stream::new(9, "days", 5);
        normals.normal();
        assert_eq!(Stream::at(9, "days", 5, 1).normal(), normals.normal());
    }

    #[test]
    fn a_seed_of_content_knows_every_bit_and_where_a_column_ends() {
        let seed = |kind, times: &[i64], x: &[f64]| ContentSeed::new(kind).whole(times).numbers(x).seed();
        // sha256(b"kind\0" + u64le(1) + i64le(-2) + u64le(2) + f64le(0.5) + f64le(-1.0)), by Python's hashlib.
        assert_eq!(seed("kind", &[-2], &[0.5, -1.0]), 0xba92_14c5_97d1_99c5);
        let base = seed("kind", &[1, 2], &[0.5, 1.0]);
        let next = f64::from_bits(1.0f64.to_bits() + 1);
        for other in [
            seed("kind 2", &[1, 2], &[0.5, 1.0]),
            seed("kind", &[1, 3], &[0.5, 1.0]),
            seed("kind", &[1, 2], &[1.0, 0.5]),
            seed("kind", &[1, 2], &[0.5, next]),
            seed("kind", &[1], &[0.5, 1.0]),
        ] {
            assert_ne!(other, base);
        }
        let parts = ContentSeed::new("k").numbers(&[1.0]).numbers(&[2.0, 3.0]).seed();
        assert_ne!(parts, ContentSeed::new("k").numbers(&[1.0, 2.0]).numbers(&[3.0]).seed());
    }

    #[test]
    fn draws_have_the_moments_of_their_distribution() {
        let mut s = Stream::new(42, "moments", 0);
        let n = 200_000;
        let z: Vec<f64> = (0..n).map(|_| s.normal()).collect();
        let mean = z.iter().sum::<f64>() / n as f64;
        let var = z.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n as f64;
        assert!(mean.abs() < 0.01 && (var - 1.0).abs() < 0.02, "{mean} {var}");
        let mut counts = [0u32; 7];
        for _ in 0..70_000 {
            counts[s.below(7)] += 1;
        }
        assert!(counts.iter().all(|c| (9_500..10_500).contains(c)), "{counts:?}");
    }
}
