//! Factors that scale a base size.

use crate::choices;

choices! {
    /// How confidence scales size.
    pub enum ConfidenceRule {
        /// 0.5 at the entry threshold rising to the maximum at full confidence.
        Sound = "sound",
        /// 0 below 0.65, then a power of what is above.
        Upstream = "upstream",
    }
}

/// Multiplier of confidence `c` with entry threshold `threshold` and value `max` at `c = 1`.
pub fn confidence_multiplier(c: f64, threshold: f64, max: f64, rule: ConfidenceRule) -> f64 {
    match rule {
        ConfidenceRule::Sound if threshold >= 1.0 => max,
        ConfidenceRule::Sound => (0.5 + (max - 0.5) * (c - threshold) / (1.0 - threshold))
            .clamp(0.5_f64.min(max), 0.5_f64.max(max)),
        ConfidenceRule::Upstream if c < 0.65 => 0.0,
        ConfidenceRule::Upstream => (max * libm::pow((c - 0.65) / 0.35, 1.7)).min(max),
    }
}

/// Multiplier of volatility, `ratio` the ATR over its 100-bar mean.
pub fn volatility_multiplier(ratio: f64) -> f64 {
    if ratio > 1.5 {
        0.70
    } else if ratio > 1.2 {
        0.85
    } else if ratio < 0.7 {
        1.10
    } else {
        1.0
    }
}

/// Multiplier of the number of patterns behind a signal.
pub fn pattern_multiplier(confluence: usize) -> f64 {
    match confluence {
        0 => 0.85,
        1 | 2 => 1.0,
        _ => 1.15,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_scales_from_its_threshold() {
        let m = |c| confidence_multiplier(c, 0.6, 1.8, ConfidenceRule::Sound);
        assert_eq!(m(0.6), 0.5);
        assert!((m(1.0) - 1.8).abs() < 1e-12);
        assert!((m(0.7855) - 1.1029).abs() < 1e-4);
        let u = |c| confidence_multiplier(c, 0.6, 1.8, ConfidenceRule::Upstream);
        assert_eq!(u(0.64), 0.0);
        assert_eq!(u(0.65), 0.0);
        assert_eq!(u(1.0), 1.8);
    }
}
