//! Series of the reference vectors: addition, multiplication and square root only, so every language gives the same bits.

/// The SplitMix64 generator.
pub struct SplitMix(u64);

impl SplitMix {
    /// The generator at `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in 0..1.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// Twelve uniforms less six: nearly standard normal.
    pub fn z12(&mut self) -> f64 {
        let mut s = 0.0;
        for _ in 0..12 {
            s += self.uniform();
        }
        s - 6.0
    }
}

/// Independent, nearly normal.
pub fn iid(seed: u64, n: usize, mu: f64, sd: f64) -> Vec<f64> {
    let mut g = SplitMix::new(seed);
    (0..n).map(|_| mu + sd * g.z12()).collect()
}

/// Autoregressive of order 1.
pub fn ar1(seed: u64, n: usize, mu: f64, phi: f64, sd: f64) -> Vec<f64> {
    let (mut g, mut d) = (SplitMix::new(seed), 0.0);
    (0..n)
        .map(|_| {
            d = phi * d + sd * g.z12();
            mu + d
        })
        .collect()
}

/// GARCH(1, 1).
pub fn garch(seed: u64, n: usize, mu: f64, omega: f64, alpha: f64, beta: f64) -> Vec<f64> {
    let (mut g, mut h, mut e) = (SplitMix::new(seed), omega / (1.0 - alpha - beta), 0.0);
    (0..n)
        .map(|t| {
            if t > 0 {
                h = omega + alpha * e * e + beta * h;
            }
            e = f64::sqrt(h) * g.z12();
            mu + e
        })
        .collect()
}

/// Whether `got` is within `tolerance` of `want`, relative.
pub fn close(got: f64, want: f64, tolerance: f64) -> bool {
    (got - want).abs() <= tolerance * want.abs()
}

#[test]
fn generators_match_reference_values() {
    let mut g = SplitMix::new(42);
    assert_eq!([g.bits(), g.bits()], [0xbdd7_3226_2feb_6e95, 0x28ef_e333_b266_f103]);
    assert_eq!(SplitMix::new(42).uniform(), 0.7415648787718233);
    assert_eq!(SplitMix::new(42).z12(), -0.8941334431933914);
    assert_eq!(ar1(42, 1000, 0.0008, 0.1, 0.01)[999], -0.0033665360250302195);
    assert_eq!(garch(7, 1500, 0.0003, 0.000002, 0.1, 0.88)[1499], 0.007369179231427458);
    assert_eq!(iid(4, 1000, 0.0, 1.0)[999], -0.6600585905811869);
}
