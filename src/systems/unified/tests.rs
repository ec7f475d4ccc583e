//! The documented fixtures with the documented values.

use super::fixtures::{EXAMPLES, REGIME_CASES, patterns_found, regimes_recognised};
use super::labels::{RegimeOrder, classify};
use super::signals::{Direction, SizeClass, pattern_names};
use super::*;

const TOLERANCE: f64 = 5e-4;

fn near(what: &str, got: f64, want: f64) {
    assert!((got - want).abs() <= TOLERANCE, "{what}: {got} against {want}");
}

#[test]
fn regimes_of_both_orders() {
    for (name, x, sound, upstream) in REGIME_CASES {
        assert_eq!(classify(&x, RegimeOrder::Sound).regime, sound, "{name}");
        assert_eq!(classify(&x, RegimeOrder::Upstream).regime, upstream, "{name}");
    }
    assert_eq!(classify(&REGIME_CASES[5].1, RegimeOrder::Sound).strength, 75.0);
    assert_eq!(regimes_recognised(RegimeOrder::Sound), 5);
    assert_eq!(regimes_recognised(RegimeOrder::Upstream), 3);
    assert_eq!(patterns_found(&Params::default()), 7);
    // Upstream never passes the MACD histogram on.
    assert_eq!(patterns_found(&Params::of(Profile::Upstream)), 6);
}

#[test]
fn examples_by_the_sound_rules() {
    struct Want {
        regime: Regime,
        patterns: &'static [&'static str],
        volume: [f64; 2],
        size: SizeClass,
        agreement: f64,
        direction: Direction,
        base: f64,
        confirmed: bool,
        confidence: f64,
        risk: (f64, RiskLevel),
        enters: bool,
    }
    use Direction::{Bullish, Neutral};
    let want = [
        Want {
            regime: Regime::Trending,
            patterns: &[],
            volume: [0.55, 0.0],
            size: SizeClass::Normal,
            agreement: 0.6276,
            direction: Bullish,
            base: 0.6686,
            confirmed: true,
            confidence: 0.7855,
            risk: (50.0, RiskLevel::Medium),
            enters: true,
        },
        Want {
            regime: Regime::Breakout,
            patterns: &["RESISTANCE_BREAK", "BREAKOUT"],
            volume: [0.80, 0.0],
            size: SizeClass::Extreme,
            agreement: 0.7093,
            direction: Bullish,
            base: 0.7629,
            confirmed: true,
            confidence: 0.9337,
            risk: (40.0, RiskLevel::Medium),
            enters: true,
        },
        Want {
            regime: Regime::Sideways,
            patterns: &["SUPPORT_BOUNCE"],
            volume: [0.55, 0.25],
            size: SizeClass::Strong,
            agreement: 0.7391,
            direction: Bullish,
            base: 0.7262,
            confirmed: true,
            confidence: 0.8489,
            risk: (50.0, RiskLevel::Medium),
            enters: true,
        },
        Want {
            regime: Regime::HighVolatility,
            patterns: &[],
            volume: [0.45, 0.10],
            size: SizeClass::Extreme,
            agreement: 0.4246,
            direction: Neutral,
            base: 0.5372,
            confirmed: false,
            confidence: 0.4335,
            risk: (65.0, RiskLevel::High),
            enters: false,
        },
        Want {
            regime: Regime::Quiet,
            patterns: &[],
            volume: [0.20, 0.0],
            size: SizeClass::Weak,
            agreement: 0.1997,
            direction: Neutral,
            base: 0.2778,
            confirmed: false,
            confidence: 0.2000,
            risk: (80.0, RiskLevel::Extreme),
            enters: false,
        },
    ];
    for (example, want) in EXAMPLES.iter().zip(want) {
        let name = example.name;
        let (reading, decision) = example.decide(Profile::Sound);
        assert_eq!(reading.label.regime, want.regime, "{name}");
        assert_eq!(pattern_names(reading.patterns).collect::<Vec<_>>(), want.patterns, "{name}");
        near(name, reading.volume_scores[0], want.volume[0]);
        near(name, reading.volume_scores[1], want.volume[1]);
        assert_eq!(reading.volume_size, want.size, "{name}");
        near(name, decision.agreement, want.agreement);
        assert_eq!(decision.direction, want.direction, "{name}");
        near(name, decision.base, want.base);
        assert_eq!(decision.volume_confirmed, want.confirmed, "{name}");
        near(name, decision.confidence, want.confidence);
        assert_eq!((decision.risk_score, decision.risk_level), want.risk, "{name}");
        assert_eq!(decision.qualified(), want.enters, "{name}");
    }
    let confidences = |k: usize| {
        let (reading, _) = EXAMPLES[k].decide(Profile::Sound);
        reading.sources[5].confidence
    };
    near("E2 patterns", confidences(1), (0.85 + 0.90) / 2.0);
    near("E3 patterns", confidences(2), 0.83);
}

#[test]
fn examples_by_the_upstream_rules() {
    use Regime::{HighVolatility, Sideways, Trending};
    let want = [
        (Trending, 0.5270),
        (Trending, 0.6367),
        (Trending, 0.4873),
        (HighVolatility, 0.3688),
        (Sideways, 0.4018),
    ];
    for (example, (regime, confidence)) in EXAMPLES.iter().zip(want) {
        let (reading, decision) = example.decide(Profile::Upstream);
        assert_eq!(reading.label.regime, regime, "{}", example.name);
        assert_eq!(decision.direction, Direction::Neutral, "{}", example.name);
        near(example.name, decision.confidence, confidence);
    }
    assert!(EXAMPLES[2].decide(Profile::Upstream).0.label.fallback);
}

#[test]
fn reasons_are_named_in_the_order_of_their_codes() {
    use crate::system::System;
    let names: Vec<&str> = super::Reason::ALL.iter().map(|r| r.name()).collect();
    assert_eq!(names, super::UNIFIED.about().reasons);
}
