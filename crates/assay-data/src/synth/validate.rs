//! The rules a preset must keep, all checked at once.

use std::fmt;

use super::Regime;
use super::violation::refusal;
use super::{
    GarchPreset, GbmPreset, HestonPreset, MertonPreset, Preset, Process, RegimesPreset, SymbolPreset,
    correlation, event,
};
use crate::error::{Place, Result, Violation};
use crate::market::parse_time;

/// Sums of probabilities may differ from 1 by rounding only.
const SUM_TOLERANCE: f64 = 1e-9;

/// Most bars of one history: more than nine years of minutes.
const MOST_BARS: usize = 5_000_000;

/// Most bars of all symbols together, which are in memory at once: less than a gigabyte.
const MOST_ROWS: usize = 20_000_000;

/// Most jumps a bar that are counted one by one.
const MOST_JUMPS: f64 = 500.0;

/// Violations found so far.
struct PresetRules(Vec<Violation>);

impl PresetRules {
    /// Notes a violation unless the value `holds`.
    fn require(&mut self, field: &str, holds: bool, rule: &'static str, found: impl fmt::Display) {
        if !holds {
            self.0.push(Violation::must_be(field, rule, found));
        }
    }

    fn finite(&mut self, field: &str, x: f64) {
        self.require(field, x.is_finite(), "a finite number", x);
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
        let mut r = PresetRules(Vec::new());
        let length = self.timeframe;
        r.require("timeframe", length.months().is_none(), "a length of time, not of months", length);
        self.general(&mut r);
        for (i, s) in self.symbols.iter().enumerate() {
            self.symbol(i, s, &mut r);
        }
        self.process("", &self.process, &mut r);
        if let Process::Regimes(p) = &self.process {
            p.rules(&mut r);
        }
        self.bar(&mut r);
        correlation::factor(&self.correlation, &self.symbol_names(), &mut r.0);
        if r.0.is_empty() {
            event::plan(self, &mut r.0);
        }
        r.0
    }

    /// Refuses an unsound preset, called `place` in the error.
    pub(super) fn check(&self, place: &Place) -> Result<()> {
        let found = self.violations();
        if found.is_empty() { Ok(()) } else { Err(refusal(place, &found)) }
    }

    fn general(&self, r: &mut PresetRules) {
        r.require("name", !self.name.trim().is_empty(), "a name", format!("{:?}", self.name));
        r.require(
            "start",
            parse_time(&self.start).is_some(),
            "a UTC date or time",
            format!("{:?}", self.start),
        );
        r.require("bars", (1..=MOST_BARS).contains(&self.bars), "within 1..5000000", self.bars);
        let days = (1.0..=366.0).contains(&self.days_per_year);
        r.require("days_per_year", days, "within 1..366", self.days_per_year);
        r.require("symbols", !self.symbols.is_empty(), "at least one symbol", "empty");
        let rows = self.bars.saturating_mul(self.symbols.len());
        r.require("bars times symbols", rows <= MOST_ROWS, "at most 20000000: make several presets", rows);
    }

    /// Rules of symbol `i`.
    fn symbol(&self, i: usize, s: &SymbolPreset, r: &mut PresetRules) {
        let several = self.symbols.len() > 1;
        let key =
            |name: &str| if several { format!("symbols.{}.{name}", s.symbol) } else { name.to_string() };
        r.require(&key("symbol"), !s.symbol.trim().is_empty(), "a symbol", format!("{:?}", s.symbol));
        if several {
            // The symbol is part of the name of a file, and some file systems do not see the case of letters.
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            let fits = s.symbol.chars().all(plain) && !s.symbol.starts_with('.');
            let rule = "letters, digits and any of - _ . (not first), as it names a file";
            r.require(&key("symbol"), fits, rule, format!("{:?}", s.symbol));
            let again = self.symbols[..i].iter().any(|o| o.symbol.eq_ignore_ascii_case(&s.symbol));
            r.require(&key("symbol"), !again, "unlike every other symbol", format!("{:?}", s.symbol));
        }
        r.positive(&key("start_price"), s.start_price);
        r.positive(&key("tick"), s.tick);
        r.positive(&key("lot"), s.lot);
        r.positive(&key("volatility_scale"), s.volatility_scale);
        r.positive(&key("volume_scale"), s.volume_scale);
        if let Some(own) = &s.own {
            let same = std::mem::discriminant(own) == std::mem::discriminant(&self.process);
            r.require(&key("process"), same, "that of the preset", own.name());
            self.process(&key(""), own, r);
        }
    }

    /// Rules of a model whose table stands under `place`.
    fn process(&self, place: &str, process: &Process, r: &mut PresetRules) {
        let key = |name: &str| format!("{place}{name}");
        match process {
            Process::Gbm(GbmPreset { drift, volatility }) => {
                r.finite(&key("gbm.drift"), *drift);
                r.positive(&key("gbm.volatility"), *volatility);
            }
            Process::Merton(MertonPreset { drift, volatility, jumps, jump_mean, jump_sd }) => {
                r.finite(&key("merton.drift"), *drift);
                r.positive(&key("merton.volatility"), *volatility);
                let most = MOST_JUMPS * self.bars_per_year();
                let countable = (0.0..=most).contains(jumps);
                r.require(&key("merton.jumps"), countable, "at least 0 and at most 500 a bar", jumps);
                r.finite(&key("merton.jump_mean"), *jump_mean);
                r.not_negative(&key("merton.jump_sd"), *jump_sd);
            }
            Process::Garch(GarchPreset { drift, volatility, alpha, gamma, beta }) => {
                let key =
                    |name: &str| format!("{place}{}.{name}", if *gamma == 0.0 { "garch" } else { "gjr" });
                r.finite(&key("drift"), *drift);
                r.positive(&key("volatility"), *volatility);
                r.not_negative(&key("alpha"), *alpha);
                r.not_negative(&key("beta"), *beta);
                r.require(&key("gamma"), gamma.is_finite() && alpha + gamma >= 0.0, "at least -alpha", gamma);
                let left = alpha + 0.5 * gamma + beta;
                r.require(&key("alpha + gamma / 2 + beta"), left < 1.0, "below 1", left);
            }
            Process::Heston(HestonPreset { drift, variance, theta, kappa, xi, rho }) => {
                r.finite(&key("heston.drift"), *drift);
                r.not_negative(&key("heston.variance"), *variance);
                r.positive(&key("heston.theta"), *theta);
                r.positive(&key("heston.kappa"), *kappa);
                r.positive(&key("heston.xi"), *xi);
                r.require(&key("heston.rho"), rho.abs() < 1.0, "above -1 and below 1", rho);
            }
            Process::Regimes(_) | Process::Dead => {}
        }
    }

    /// Rules of what is inside a bar.
    fn bar(&self, r: &mut PresetRules) {
        let i = &self.intrabar;
        // One step is enough for a model, whose highs and lows are drawn between the steps.
        let regimes = matches!(self.process, Process::Regimes(_));
        if regimes {
            r.require("intrabar.steps", (2..=1000).contains(&i.steps), "within 2..1000", i.steps);
        } else {
            r.require("intrabar.steps", (1..=1000).contains(&i.steps), "within 1..1000", i.steps);
        }
        r.not_negative("intrabar.wick", i.wick);
        r.probability("intrabar.gap_share", i.gap_share);
        r.not_negative("intrabar.gap_sd", i.gap_sd);

        let v = &self.volume;
        r.positive("volume.level", v.level);
        match v.reference_range {
            Some(range) => r.positive("volume.reference_range", range),
            None => r.require("volume.reference_range", !regimes, "given", "missing"),
        }
        r.not_negative("volume.response", v.response);
        r.persistence("volume.slow_persistence", v.slow_persistence);
        r.not_negative("volume.slow_sd", v.slow_sd);
        r.persistence("volume.noise_persistence", v.noise_persistence);
        r.not_negative("volume.noise_sd", v.noise_sd);
        r.positive("volume.weekend", v.weekend);
        r.positives("volume.hours", &v.hours);
    }
}

impl RegimesPreset {
    fn rules(&self, r: &mut PresetRules) {
        for regime in Regime::ALL {
            self.regime(regime, r);
        }
        self.around(r);
    }

    fn regime(&self, regime: Regime, r: &mut PresetRules) {
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

    fn around(&self, r: &mut PresetRules) {
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

        r.finite("jumps.mean", self.jumps.mean);
        r.not_negative("jumps.sd", self.jumps.sd);
    }
}
