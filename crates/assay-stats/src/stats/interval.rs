//! Two-sided intervals, and the Wilson interval of a rate.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The 97.5 % quantile of the standard normal distribution: the half width, in standard errors, of 95 %.
pub const Z95: f64 = 1.959_963_984_540_054;

/// A two-sided interval. In JSON an unbounded end is `null`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    #[serde(serialize_with = "finite", deserialize_with = "lower")]
    pub lo: f64,
    /// Upper end.
    #[serde(serialize_with = "finite", deserialize_with = "upper")]
    pub hi: f64,
}

impl Interval {
    /// Whether `x` lies inside, ends included.
    pub fn contains(&self, x: f64) -> bool {
        self.lo <= x && x <= self.hi
    }

    /// Whether `bound` lies strictly inside, so that the interval does not tell on which side of it the truth is.
    pub fn straddles(&self, bound: f64) -> bool {
        self.lo < bound && bound < self.hi
    }

    /// Whether all of it lies below `level`, or all above; `None` where it holds the level.
    pub fn below(&self, level: f64) -> Option<bool> {
        (!self.contains(level)).then_some(self.hi < level)
    }

    /// Length, in the unit of its ends.
    pub fn width(&self) -> f64 {
        self.hi - self.lo
    }
}

fn finite<S: Serializer>(x: &f64, s: S) -> Result<S::Ok, S::Error> {
    x.is_finite().then_some(*x).serialize(s)
}

fn lower<'de, D: Deserializer<'de>>(d: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(d)?.unwrap_or(f64::NEG_INFINITY))
}

fn upper<'de, D: Deserializer<'de>>(d: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(d)?.unwrap_or(f64::INFINITY))
}

/// The 95 % Wilson score interval of a rate of `successes` in `n` independent trials.
///
/// `(p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n)` with `p = successes / n`. E. B. Wilson, JASA 22 (1927),
/// 209-212. `[0, 1]` where `n` is zero; `successes` above `n` count as `n`.
pub fn wilson(successes: u64, n: u64) -> Interval {
    if n == 0 {
        return Interval { lo: 0.0, hi: 1.0 };
    }
    let successes = successes.min(n);
    let (x, n) = (successes as f64, n as f64);
    let p = x / n;
    let z2 = Z95 * Z95;
    let scale = 1.0 + z2 / n;
    let mid = p + z2 / (2.0 * n);
    let half = Z95 * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    // At the ends the formula gives 0 and 1 but for rounding.
    let lo = if successes == 0 { 0.0 } else { ((mid - half) / scale).max(0.0) };
    let hi = if x == n { 1.0 } else { ((mid + half) / scale).min(1.0) };
    Interval { lo, hi }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_matches_reference_values() {
        for (x, n, lo, hi) in [
            (55, 100, 0.4524460299744213, 0.6438546202048803),
            (7, 10, 0.39677814746114537, 0.8922087325936989),
            (0, 10, 0.0, 0.27753279986288926),
            (10, 10, 0.7224672001371106, 1.0),
            (300, 500, 0.5564541227024271, 0.6420210092052625),
            (18, 40, 0.30705307810904925, 0.6017090820106795),
        ] {
            let i = wilson(x, n);
            assert!((i.lo - lo).abs() <= 1e-12 && (i.hi - hi).abs() <= 1e-12, "{x}/{n}: {i:?}");
        }
        assert_eq!(wilson(0, 0), Interval { lo: 0.0, hi: 1.0 });
        assert_eq!(wilson(9, 5), wilson(5, 5));
    }

    #[test]
    fn ends_belong_to_the_interval_but_do_not_straddle() {
        let i = Interval { lo: 1.0, hi: 2.0 };
        assert!(i.contains(1.0) && i.contains(2.0) && !i.contains(2.1) && !i.contains(f64::NAN));
        assert!(i.straddles(1.5) && !i.straddles(1.0) && !i.straddles(2.0));
        assert_eq!(i.width(), 1.0);
        assert_eq!(
            [0.9, 1.0, 1.5, 2.0, 2.1].map(|x| i.below(x)),
            [Some(false), None, None, None, Some(true)]
        );
    }

    #[test]
    fn an_unbounded_end_survives_json() {
        let i = Interval { lo: 1.5, hi: f64::INFINITY };
        let text = serde_json::to_string(&i).unwrap();
        assert_eq!(text, r#"{"lo":1.5,"hi":null}"#);
        assert_eq!(serde_json::from_str::<Interval>(&text).unwrap(), i);
    }
}
