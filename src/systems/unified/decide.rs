//! From a reading to a decision: vote, boosts, gates, risk. No money yet.

use super::Regime;
use super::labels::VolatilityLevel;
use super::params::{Params, RiskModel, RuleSet};
use super::reading::SignalRow;
use super::signals::{Direction, Energy, SOURCE_COUNT, VolumeRules, VoteTally, vote, weights};
use crate::choices;

/// Two numbers nearer than this compare as equal.
pub const EPSILON: f64 = 1e-9;

choices! {
    /// Grade of the risk score.
    pub enum RiskLevel {
        /// Below 35.
        Low = "LOW",
        /// Below 60.
        Medium = "MEDIUM",
        /// Below 80.
        High = "HIGH",
        /// 80 and above.
        Extreme = "EXTREME",
    }

    /// Why a bar led to no entry, or that it did: the first rule that failed.
    pub enum Reason {
        /// An order for the next open was placed.
        Ordered = "ordered",
        /// The vote holds.
        Hold = "hold",
        /// Too little agreement for the regime.
        Agreement = "agreement",
        /// Too little confidence for the regime.
        Confidence = "confidence",
        /// The regime's own entry rule.
        EntryRule = "entry_rule",
        /// Falling signals are not traded.
        ShortNotAllowed = "short_not_allowed",
        /// Risk is EXTREME.
        ExtremeRisk = "extreme_risk",
        /// A position is open.
        PositionOpen = "position_open",
        /// Quality below the minimum.
        Quality = "min_quality",
        /// Kelly sees no edge, or a multiplier is zero.
        NoEdge = "no_edge",
        /// The size is below the minimum.
        BelowMinSize = "below_min_size",
        /// Entries are blocked by an emergency stop.
        Blocked = "blocked",
    }
}

/// What one variant decides at one bar's close.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision {
    /// BUY, SELL or HOLD.
    pub direction: Direction,
    /// Share of the larger side, 0..1.
    pub agreement: f64,
    /// Confidence before boosts, 0..1.
    pub base: f64,
    /// Confidence, 0..1.
    pub confidence: f64,
    /// Mean strength of the sources with the confluence bonus, 0..100.
    pub strength: f64,
    /// Patterns behind the larger side.
    pub confluence: u8,
    /// Whether volume confirms the larger side.
    pub volume_confirmed: bool,
    /// Risk score, 0..100.
    pub risk_score: f64,
    /// Its grade.
    pub risk_level: RiskLevel,
    /// [`Reason::Ordered`] where nothing but money can stand in the way.
    pub reason: Reason,
}

impl Decision {
    /// Whether only money stands between this decision and an order.
    pub fn qualified(&self) -> bool {
        self.reason == Reason::Ordered
    }
}

/// A variant's rules, resolved to constants once.
#[derive(Debug)]
pub struct Rules {
    weights: [[f64; SOURCE_COUNT]; Regime::COUNT],
    entry: [f64; Regime::COUNT],
    agreement: [f64; Regime::COUNT],
    has_patterns: bool,
    volume_rules: bool,
    five_sources: bool,
    p: Params,
}

impl Rules {
    /// Resolves `p`.
    pub fn new(p: &Params) -> Self {
        let mut table = Regime::ALL.map(|r| weights(p.variant, r));
        if let Some(w) = p.ut_fixed_weight {
            // Upstream's mismatch of names: the weight stays outside the table and the rows no longer sum to 1.
            table.iter_mut().for_each(|row| row[1] = w);
        }
        Self {
            weights: table,
            entry: p.entry(),
            agreement: p.agreement(),
            has_patterns: p.variant.has_patterns(),
            volume_rules: p.variant.uses_volume_rules(),
            five_sources: !p.variant.uses_volume_rules(),
            p: p.clone(),
        }
    }

    /// Weight of each source in a regime.
    pub fn weights(&self, regime: Regime) -> &[f64; SOURCE_COUNT] {
        &self.weights[regime.index()]
    }

    /// Confidence needed to enter in a regime.
    pub fn entry_threshold(&self, regime: Regime) -> f64 {
        self.entry[regime.index()]
    }

    /// Decides one bar.
    pub fn decide(&self, x: &SignalRow) -> Decision {
        let p = &self.p;
        let regime = x.label.regime;
        let w = self.weights(regime);
        let VoteTally { direction, leaning, agreement, base } =
            vote(&x.sources, w, p.vote_norm, p.vote_min_share);
        let side = usize::from(leaning == Direction::Bearish);
        let confluence = if self.has_patterns { x.confluence[side] } else { 0 };
        let score = if leaning == Direction::Neutral { 0.0 } else { x.volume_scores[side] };
        let loud = x.volume_ratio >= 1.2 - EPSILON;
        let volume_confirmed = loud && (p.volume_confirm == VolumeRules::Upstream || score > 0.5 + EPSILON);

        let mut confidence = base;
        // Upstream returns a HOLD before it looks at volume.
        let boosted = direction != Direction::Neutral || p.volume_confirm == VolumeRules::Sound;
        if self.volume_rules && p.boost_volume && boosted {
            if !volume_confirmed {
                confidence = (0.9 * confidence - 0.05).max(p.boost_unconfirmed_floor);
            } else if direction != Direction::Neutral {
                confidence = (1.1 * confidence + 0.05).min(1.0);
            }
        }
        if p.boost_pattern && direction != Direction::Neutral {
            if usize::from(confluence) >= p.pattern_confluence_min {
                confidence = (1.15 * confidence + 0.10).min(1.0);
            } else if confluence == 2 {
                confidence = (1.05 * confidence).min(1.0);
            }
        }
        let heard = w.iter().filter(|w| **w > 0.0).count().max(1) as f64;
        let strength: f64 =
            x.sources.iter().zip(w).filter(|(_, w)| **w > 0.0).map(|(s, _)| s.strength).sum::<f64>() / heard;
        let strength = (strength * (1.0 + 0.1 * f64::from(confluence))).min(100.0);

        let (risk_score, risk_level) = self.risk(x, direction, agreement, confluence, volume_confirmed);
        let r = regime.index();
        let reason = if direction == Direction::Neutral {
            Reason::Hold
        } else if agreement < self.agreement[r] - EPSILON {
            Reason::Agreement
        } else if confidence < self.entry[r] - EPSILON {
            Reason::Confidence
        } else if !self.entry_rule(x, direction, volume_confirmed) {
            Reason::EntryRule
        } else if direction == Direction::Bearish && !p.allow_short {
            Reason::ShortNotAllowed
        } else if risk_level == RiskLevel::Extreme && p.size_risk_extreme == 0.0 {
            Reason::ExtremeRisk
        } else {
            Reason::Ordered
        };
        Decision {
            direction,
            agreement,
            base,
            confidence,
            strength,
            confluence,
            volume_confirmed,
            risk_score,
            risk_level,
            reason,
        }
    }

    fn entry_rule(&self, x: &SignalRow, direction: Direction, volume_confirmed: bool) -> bool {
        let regime = x.label.regime;
        if regime == Regime::Breakout && self.volume_rules && !volume_confirmed {
            return false;
        }
        if self.p.entry_rules == RuleSet::Coded {
            return true;
        }
        let up = direction == Direction::Bullish;
        let [_, ut, _, flow, ml, ..] = &x.sources;
        match regime {
            Regime::Trending => x.near_average,
            // An unknown level (NaN) is in no third.
            Regime::Sideways => {
                (0.0..=1.0).contains(&x.place) && if up { x.place <= 1.0 / 3.0 } else { x.place >= 2.0 / 3.0 }
            }
            Regime::HighVolatility => ut.direction == direction && flow.direction == direction,
            Regime::Breakout => x.broke[usize::from(!up)] && x.energy == Energy::Accelerating,
            Regime::Quiet => ml.direction == direction && ml.confidence > 0.75 + EPSILON,
        }
    }

    fn risk(
        &self,
        x: &SignalRow,
        direction: Direction,
        agreement: f64,
        confluence: u8,
        volume_confirmed: bool,
    ) -> (f64, RiskLevel) {
        let p = &self.p;
        let mut score: f64 = 50.0;
        let cuts = match p.risk_model {
            RiskModel::Merger => {
                if !volume_confirmed && !self.five_sources {
                    score += 15.0;
                }
                if usize::from(confluence) >= p.pattern_confluence_min {
                    score -= 20.0;
                } else if confluence == 2 {
                    score -= 10.0;
                }
                if x.energy == Energy::Decelerating {
                    score += 15.0;
                }
                let structure = &x.sources[2];
                let agrees = !p.risk_structure_agrees
                    || (direction != Direction::Neutral && structure.direction == direction);
                if x.label.regime == Regime::Trending && structure.confidence > 0.7 + EPSILON && agrees {
                    score -= 15.0;
                }
                [35.0, 60.0, 80.0]
            }
            RiskModel::Aggregator => {
                if x.level == VolatilityLevel::Extreme {
                    score += 30.0;
                }
                if direction == Direction::Neutral {
                    score += 15.0;
                }
                if agreement < 0.60 - EPSILON {
                    score += 20.0;
                }
                if x.energy == Energy::Decelerating {
                    score += 10.0;
                }
                [30.0, 60.0, 80.0]
            }
        };
        let score = score.clamp(0.0, 100.0);
        let level = match cuts.iter().filter(|c| score >= **c - EPSILON).count() {
            0 => RiskLevel::Low,
            1 => RiskLevel::Medium,
            2 => RiskLevel::High,
            _ => RiskLevel::Extreme,
        };
        (score, level)
    }
}
