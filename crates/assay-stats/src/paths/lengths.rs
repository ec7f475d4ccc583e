//! Geometric block lengths without a logarithm a block.

/// Geometric block lengths by inversion, as [`Blocks`](crate::stats::Blocks) draws them, from a table for nearly every draw.
pub(super) struct Lengths {
    log_continue: f64,
    /// The length by the draw's leading bits where they decide it; zero where they do not.
    table: Vec<u16>,
}

impl Lengths {
    const BITS: u32 = 12;

    /// Lengths of mean `mean_block`; below one, or NaN, counts as one.
    pub(super) fn new(mean_block: f64) -> Self {
        let log_continue = libm::log1p(-1.0 / mean_block.max(1.0));
        let exact = Self { log_continue, table: vec![] };
        let table = (0..1u64 << Self::BITS)
            .map(|top| {
                let first = top << (64 - Self::BITS);
                let (low, high) = (exact.exact(first), exact.exact(first | (u64::MAX >> Self::BITS)));
                if low == high { u16::try_from(low).unwrap_or(0) } else { 0 }
            })
            .collect();
        Self { log_continue, table }
    }

    /// The length that 64 random bits stand for.
    #[inline(always)]
    pub(super) fn of(&self, bits: u64) -> usize {
        match self.table[(bits >> (64 - Self::BITS)) as usize] {
            0 => self.exact(bits),
            length => usize::from(length),
        }
    }

    /// `1 + floor(ln(1 - u) / ln(1 - 1 / mean))`, at most 2^32.
    #[inline(never)]
    fn exact(&self, bits: u64) -> usize {
        if self.log_continue == f64::NEG_INFINITY {
            return 1;
        }
        let u = (bits >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0);
        let more = libm::log(1.0 - u) / self.log_continue;
        // Zero over zero (an infinite mean) is no length: the longest.
        if more < 4_294_967_295.0 { 1 + more as usize } else { 1 << 32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn table_and_formula_give_the_same_lengths() {
        let mut s = Stream::new(1, "lengths", 0);
        for mean in [1.0, 1.01, 3.0, 10.0, 500.0, 1e7] {
            let lengths = Lengths::new(mean);
            for bits in (0..20_000).map(|_| s.bits()).chain([0, u64::MAX]) {
                assert_eq!(lengths.of(bits), lengths.exact(bits), "{mean} {bits}");
            }
        }
    }
}
