//! The rules a preset must keep, all checked at once.

use std::fmt;

use super::Preset;
use crate::error::{Error, Result};
use crate::market::parse_time;
use crate::regime::Regime;

/// A value against a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// Key, with dots between tables.
    pub field: String,
    /// What the value must be.
    pub rule: &'static str,
    /// What it was.
    pub found: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} must be {}, was {}", self.field, self.rule, self.found)
    }
}

/// Sums of probabilities may differ from 1 by rounding only.
const SUM_TOLERANCE: f64 = 1e-9;

/// Most bars of one history: more than a century of hours.
const MOST_BARS: usize = 1_000_000;

/// Violations found so far.
struct Rules(Vec<Violation>);

impl Rules {
    /// Notes a violation unless the value `holds`.
    fn require(&mut self, field: &str, holds: bool, rule: &'static str, found: impl fmt::Display) {
        if !holds {
            self.0.push(Violation { field: field.to_string(), rule, found: found.to_string() });
        }
    }

    fn positive(&mut self, field: &str, x: f64) {
        self.require(field, x.is_finite() && x > 0.0, "a finite number above 0", x);
    }

    fn not_negative(&mut self, field: &str, x: f64) {
        self.require(field, x.is_finite() && x >= 0.0, "a finite number of at least 0", x);
    }

    fn probability(&mut self, field: &str, x: f64) {
        self.require(field, (0.0..=1.0).contains(&x), "within 0..1", x);
    }

    fn persistence(&mut self, field: &str, x: f64) {
        self.require(field, (0.0..1.0).contains(&x), "at least 0 and below 1", x);
    }

    fn positives(&mut self, field: &str, xs: &[f64]) {
        for (i, &x) in xs.iter().enumerate() {
            self.positive(&format!("{field}[{i}]"), x);
        }
    }
}

impl Preset {
    /// Every value that is against a rule; none where the preset is sound.
    pub fn violations(&self) -> Vec<Violation> {
        let mut r = Rules(Vec::new());
        self.general(&mut r);
        for regime in Regime::ALL {
            self.regime(regime, &mut r);
        }
        self.processes(&mut r);
        r.0
    }

    /// Refuses an unsound preset, called `place` in the error.
    pub(super) fn check(&self, place: &str) -> Result<()> {
        let found = self.violations();
        if found.is_empty() {
            return Ok(());
        }
        let lines: Vec<String> = found.iter().map(Violation::to_string).collect();
        Err(Error::scenario(place, lines.join(&format!("\n{place}: "))))
    }

    fn general(&self, r: &mut Rules) {
        r.require("name", !self.name.trim().is_empty(), "a name", format!("{:?}", self.name));
        r.require("symbol", !self.symbol.trim().is_empty(), "a symbol", format!("{:?}", self.symbol));
        r.require(
            "start",
            parse_time(&self.start).is_some(),
            "a UTC date or time",
            format!("{:?}", self.start),
        );
        r.require("bars", (1..=MOST_BARS).contains(&self.bars), "within 1..1000000", self.bars);
        r.positive("start_price", self.start_price);
        r.positive("tick", self.tick);
        r.positive("lot", self.lot);
    }

    fn regime(&self, regime: Regime, r: &mut Rules) {
        let key = |name: &str| format!("regimes.{regime}.{name}");
        let p = self.regimes.of(regime);
        r.positive(&key("volatility"), p.volatility);
        r.require(
            &key("settle"),
            p.settle.is_finite() && p.settle >= 1.0,
            "a finite number of at least 1",
            p.settle,
        );
        r.not_negative(&key("drift"), p.drift);
        r.probability(&key("reversion"), p.reversion);
        r.probability(&key("jump_rate"), p.jump_rate);
        r.positive(&key("volume"), p.volume);
        r.require(&key("dwell_min"), p.dwell_min >= 1, "at least 1", p.dwell_min);
        let longer = p.dwell_mean.is_finite() && p.dwell_mean >= f64::from(p.dwell_min);
        r.require(&key("dwell_mean"), longer, "finite and no less than dwell_min", p.dwell_mean);

        let row = self.transitions.of(regime);
        for next in Regime::ALL {
            r.probability(&format!("transitions.{regime}.{next}"), *row.of(next));
        }
        r.require(
            &format!("transitions.{regime}.{regime}"),
            *row.of(regime) == 0.0,
            "0, since an episode ends in another regime",
            row.of(regime),
        );
        let sum: f64 = Regime::ALL.iter().map(|&next| row.of(next)).sum();
        let field = format!("the sum of transitions.{regime}");
        r.require(&field, (sum - 1.0).abs() <= SUM_TOLERANCE, "1", sum);
    }

    fn processes(&self, r: &mut Rules) {
        r.positive("compression.factor", self.compression.factor);

        let v = &self.volatility;
        r.persistence("volatility.slow_persistence", v.slow_persistence);
        r.not_negative("volatility.slow_sd", v.slow_sd);
        r.persistence("volatility.fast_persistence", v.fast_persistence);
        r.not_negative("volatility.fast_shock", v.fast_shock);
        r.not_negative("volatility.fast_sd", v.fast_sd);
        r.not_negative("volatility.bar_sd", v.bar_sd);
        r.positive("volatility.weekend", v.weekend);
        r.positives("volatility.hours", &v.hours);

        r.require("jumps.mean", self.jumps.mean.is_finite(), "a finite number", self.jumps.mean);
        r.not_negative("jumps.sd", self.jumps.sd);

        let i = &self.intrabar;
        r.require("intrabar.steps", (2..=1000).contains(&i.steps), "within 2..1000", i.steps);
        r.not_negative("intrabar.wick", i.wick);
        r.probability("intrabar.gap_share", i.gap_share);
        r.not_negative("intrabar.gap_sd", i.gap_sd);

        let v = &self.volume;
        r.positive("volume.level", v.level);
        r.positive("volume.reference_range", v.reference_range);
        r.not_negative("volume.response", v.response);
        r.persistence("volume.slow_persistence", v.slow_persistence);
        r.not_negative("volume.slow_sd", v.slow_sd);
        r.persistence("volume.noise_persistence", v.noise_persistence);
        r.not_negative("volume.noise_sd", v.noise_sd);
        r.positive("volume.weekend", v.weekend);
        r.positives("volume.hours", &v.hours);
    }
}
