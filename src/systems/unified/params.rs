//! Every knob of the unified framework, with its name, default, range and meaning.

use super::Regime;
use super::labels::{Hysteresis, RegimeOrder};
use super::signals::{
    EngineRules, MlModel, PatternLimits, PatternRules, UtRule, Variant, VolumeRules, VoteNorm,
};
use super::sizing::{ConfidenceRule, KellyPrior, KellyRule};
use crate::choices;
use crate::error::Violation;
use crate::params;

choices! {
    /// Which set of defaults.
    pub enum Profile {
        /// What the documents promise, computed soundly.
        Sound = "sound",
        /// What the upstream pipeline does, defects included.
        Upstream = "upstream",
    }

    /// Form of sources 1 to 5.
    pub enum SourceForm {
        /// Engines over the history.
        Engine = "engine",
        /// Rules over one snapshot of indicators.
        Snapshot = "snapshot",
    }

    /// How volatility is graded.
    pub enum VolatilityGrade {
        /// Fixed cuts on ATR over close.
        Fixed = "fixed",
        /// Rank of ATR over close in the last 252 bars: cuts 0.25, 0.70, 0.92.
        Percentile = "percentile",
    }

    /// Which entry or exit rules apply.
    pub enum RuleSet {
        /// Those upstream coded.
        Coded = "coded",
        /// Those and the ones its documents describe.
        Textual = "textual",
    }

    /// How risk is scored.
    pub enum RiskModel {
        /// Volume, confluence, energy, structure.
        Merger = "merger",
        /// Volatility, direction, agreement, energy.
        Aggregator = "aggregator",
    }

    /// What a size is a fraction of.
    pub enum SizeUnit {
        /// Equity put into the position.
        Notional = "notional",
        /// Equity lost at the stop.
        Risk = "risk",
    }

    /// What the trend multiplier compares the trade with.
    pub enum TrendRule {
        /// The gradient source.
        Gradient = "gradient",
        /// The vote itself, so always aligned, as upstream has it.
        Itself = "itself",
    }

    /// What happens to a size below the minimum.
    pub enum SmallSize {
        /// The trade is skipped.
        Skip = "skip",
        /// The size is lifted to the minimum.
        Lift = "lift",
    }
}

params! {
    /// Parameters of the unified framework.
    pub struct Params {
        /// Which sources vote and how they are weighted.
        "variant" => variant: Variant = Variant::S7;
        /// Form of sources 1 to 5: engines over the history, or rules over one snapshot.
        "sources" => sources: SourceForm = SourceForm::Engine;
        /// Confidences of the engine form: measured, or upstream's constants.
        "source_confidence" => source_confidence: EngineRules = EngineRules::Sound;
        /// When the UT bot is bullish (engine form).
        "ut.rule" => ut_rule: UtRule = UtRule::Side;
        /// Sensitivity of the UT bot: its stop keeps this many average true ranges.
        "ut.sens" => ut_sens: f64 = 1.0, 0.5..=4;
        /// Bars of the UT bot's average true range.
        "ut.period" => ut_period: usize = 10, 5..=30;
        /// Weight the UT bot always gets, whatever the regime (upstream's name mismatch gives 0.15); none uses the table.
        "ut.fixed_weight" => ut_fixed_weight: Option<f64> = None, 0..=1;
        /// Model behind the ML source (engine form).
        "ml_model" => ml_model: MlModel = MlModel::Heuristic;
        /// Bars on each side of a swing point; it is known that many bars later.
        "swing_k" => swing_k: usize = 5, 1..=50;
        /// Whether thresholds stated for 1-hour bars scale with the square root of the bar length.
        "scale_thresholds" => scale_thresholds: bool = true;
        /// How volatility is graded.
        "vol_level.mode" => vol_level_mode: VolatilityGrade = VolatilityGrade::Fixed;
        /// ATR over close above which volatility is MEDIUM (1-hour bars).
        "vol_level.medium" => vol_level_medium: f64 = 0.008, 0.0001..=0.2;
        /// ATR over close above which volatility is HIGH (1-hour bars).
        "vol_level.high" => vol_level_high: f64 = 0.015, 0.0001..=0.3;
        /// ATR over close above which volatility is EXTREME (1-hour bars).
        "vol_level.extreme" => vol_level_extreme: f64 = 0.025, 0.0001..=0.5;
        /// ADX that reads as a trend strength of 100.
        "adx_full_scale" => adx_full_scale: f64 = 50.0, 40..=100;
        /// Order in which regime rules are tried.
        "regime_order" => regime_order: RegimeOrder = RegimeOrder::Sound;
        /// Whether a regime changes only after repeated detections, and stays a while.
        "regime_hysteresis" => regime_hysteresis: bool = false;
        /// Detections of a new regime that hysteresis asks for.
        "hysteresis.detections" => hysteresis_detections: usize = 2, 1..=50;
        /// Bars among which hysteresis counts them.
        "hysteresis.window" => hysteresis_window: usize = 5, 1..=100;
        /// Bars a regime stays at least, under hysteresis.
        "hysteresis.stay" => hysteresis_stay: usize = 3, 0..=1000;
        /// What a side's mass is measured against in the vote.
        "vote_norm" => vote_norm: VoteNorm = VoteNorm::ConfidenceMass;
        /// Share of the vote a side must exceed.
        "vote_min_share" => vote_min_share: f64 = 0.60, 0.34..=0.95;
        /// How patterns are read.
        "pattern.rules" => pattern_rules: PatternRules = PatternRules::Sound;
        /// Volume over its average that confirms a pattern.
        "pattern.volume_ratio" => pattern_volume_ratio: f64 = 1.5, 1..=3;
        /// Distance from a level that confirms a bounce, fraction of price.
        "pattern.price_move" => pattern_price_move: f64 = 0.020, 0.005..=0.05;
        /// Distance beyond a level that confirms a break, fraction of price.
        "pattern.break_move" => pattern_break_move: f64 = 0.015, 0.001..=0.05;
        /// RSI below which a rising close is a bullish reversal.
        "pattern.rsi_low" => pattern_rsi_low: f64 = 30.0, 20..=40;
        /// RSI above which a falling close is a bearish reversal.
        "pattern.rsi_high" => pattern_rsi_high: f64 = 70.0, 60..=80;
        /// Patterns of one side that make a confluence.
        "pattern.confluence_min" => pattern_confluence_min: usize = 3, 2..=4;
        /// Whether the falling mirrors of the rising patterns exist.
        "pattern.symmetric" => pattern_symmetric: bool = true;
        /// Bars within which patterns count together.
        "pattern_window" => pattern_window: usize = 1, 1..=20;
        /// How volume is read: direction of the bar, or side of the 50-bar average.
        "volume.rules" => volume_rules: VolumeRules = VolumeRules::Sound;
        /// What confirms a signal: ratio and score, or the ratio alone.
        "volume.confirm" => volume_confirm: VolumeRules = VolumeRules::Sound;
        /// Whether volume confirmation raises or lowers confidence.
        "boost.volume" => boost_volume: bool = true;
        /// Whether pattern confluence raises confidence.
        "boost.pattern" => boost_pattern: bool = true;
        /// Lowest confidence of a signal that volume does not confirm.
        "boost.unconfirmed_floor" => boost_unconfirmed_floor: f64 = 0.0, 0..=0.5;
        /// Confidence needed to enter in TRENDING.
        "entry.TRENDING" => entry_trending: f64 = 0.60, 0.50..=0.80;
        /// Confidence needed to enter in SIDEWAYS.
        "entry.SIDEWAYS" => entry_sideways: f64 = 0.65, 0.50..=0.80;
        /// Confidence needed to enter in HIGH_VOLATILITY.
        "entry.HIGH_VOLATILITY" => entry_high_volatility: f64 = 0.70, 0.55..=0.90;
        /// Confidence needed to enter in BREAKOUT.
        "entry.BREAKOUT" => entry_breakout: f64 = 0.60, 0.50..=0.80;
        /// Confidence needed to enter in QUIET.
        "entry.QUIET" => entry_quiet: f64 = 0.75, 0.60..=0.90;
        /// Agreement needed to enter in TRENDING.
        "agreement.TRENDING" => agreement_trending: f64 = 0.55, 0.34..=0.95;
        /// Agreement needed to enter in SIDEWAYS.
        "agreement.SIDEWAYS" => agreement_sideways: f64 = 0.60, 0.34..=0.95;
        /// Agreement needed to enter in HIGH_VOLATILITY.
        "agreement.HIGH_VOLATILITY" => agreement_high_volatility: f64 = 0.70, 0.34..=0.95;
        /// Agreement needed to enter in BREAKOUT.
        "agreement.BREAKOUT" => agreement_breakout: f64 = 0.65, 0.34..=0.95;
        /// Agreement needed to enter in QUIET.
        "agreement.QUIET" => agreement_quiet: f64 = 0.75, 0.34..=0.95;
        /// Entry rules: an EXTREME veto and volume in BREAKOUT, or those and one rule a regime.
        "entry_rules" => entry_rules: RuleSet = RuleSet::Coded;
        /// Exit rules: stop, target, time, opposite signal, or those and one rule a regime.
        "exit_rules" => exit_rules: RuleSet = RuleSet::Coded;
        /// Quality a signal must reach, 0 for any.
        "min_quality" => min_quality: f64 = 0.0, 0..=0.9;
        /// Whether falling signals are traded.
        "allow_short" => allow_short: bool = true;
        /// How risk is scored.
        "risk_model" => risk_model: RiskModel = RiskModel::Merger;
        /// Whether structure lowers risk only where it agrees with the signal.
        "risk_structure_agrees" => risk_structure_agrees: bool = true;
        /// Size multiplier in TRENDING.
        "size.trending" => size_trending: f64 = 1.0, 0..=3;
        /// Size multiplier in SIDEWAYS.
        "size.sideways" => size_sideways: f64 = 1.2, 0..=3;
        /// Size multiplier in HIGH_VOLATILITY.
        "size.high_vol" => size_high_vol: f64 = 0.5, 0.2..=1;
        /// Size multiplier in BREAKOUT.
        "size.breakout" => size_breakout: f64 = 1.5, 0..=3;
        /// Size multiplier in QUIET.
        "size.quiet" => size_quiet: f64 = 0.6, 0..=3;
        /// Size multiplier at LOW risk.
        "size.risk_low" => size_risk_low: f64 = 1.3, 0..=3;
        /// Size multiplier at MEDIUM risk.
        "size.risk_medium" => size_risk_medium: f64 = 1.0, 0..=3;
        /// Size multiplier at HIGH risk.
        "size.risk_high" => size_risk_high: f64 = 0.7, 0..=3;
        /// Size multiplier at EXTREME risk; 0 is no trade.
        "size.risk_extreme" => size_risk_extreme: f64 = 0.0, 0..=0.7;
        /// Size multiplier of full confidence.
        "size.conf_max" => size_conf_max: f64 = 1.8, 1..=2.5;
        /// How confidence scales size.
        "size.conf_rule" => size_conf_rule: ConfidenceRule = ConfidenceRule::Sound;
        /// What the trend multiplier compares the trade with.
        "size.trend_rule" => size_trend_rule: TrendRule = TrendRule::Gradient;
        /// Whether the regime multiplier applies after the caps, as upstream has it.
        "size.regime_after_cap" => size_regime_after_cap: bool = false;
        /// Multiplier of upstream's untrained sizing table (its first action is 0.5).
        "size.rl" => size_rl: f64 = 1.0, 0.1..=2;
        /// What a size is a fraction of.
        "size_unit" => size_unit: SizeUnit = SizeUnit::Notional;
        /// Largest share of equity that may be lost at the stop.
        "risk_cap" => risk_cap: Option<f64> = None, 0.0001..=0.2;
        /// Share of the Kelly fraction that is used.
        "kelly_fraction" => kelly_fraction: f64 = 0.25, 0..=0.5;
        /// Where Kelly's win rate and payoff come from.
        "kelly.rule" => kelly_rule: KellyRule = KellyRule::Shrink;
        /// Win rate assumed before there are trades.
        "kelly.win_rate" => kelly_win_rate: f64 = 0.505, 0..=1;
        /// Mean win assumed before there are trades, fraction of notional.
        "kelly.win" => kelly_win: f64 = 0.025, 0.0001..=1;
        /// Mean loss assumed before there are trades, fraction of notional.
        "kelly.loss" => kelly_loss: f64 = 0.015, 0.0001..=1;
        /// Pseudo-trades behind these assumptions.
        "kelly.prior_trades" => kelly_prior_trades: f64 = 20.0, 1..=1000;
        /// Largest share of equity in a position at no drawdown; drawdown lowers it.
        "max_position_pct" => max_position_pct: f64 = 0.05, 0.01..=1;
        /// Smallest share of equity worth a position.
        "min_position_pct" => min_position_pct: f64 = 0.002, 0..=0.05;
        /// What happens to a size below the minimum.
        "small_size" => small_size: SmallSize = SmallSize::Skip;
        /// Stop distance in every regime, in ATR; none uses the regimes' own.
        "stop_atr" => stop_atr: Option<f64> = None, 0.5..=4;
        /// Stop distance in TRENDING, in ATR.
        "stop.TRENDING" => stop_trending: f64 = 1.5, 0.1..=10;
        /// Stop distance in SIDEWAYS, in ATR.
        "stop.SIDEWAYS" => stop_sideways: f64 = 1.0, 0.1..=10;
        /// Stop distance in HIGH_VOLATILITY, in ATR.
        "stop.HIGH_VOLATILITY" => stop_high_volatility: f64 = 1.0, 0.1..=10;
        /// Stop distance in BREAKOUT, in ATR.
        "stop.BREAKOUT" => stop_breakout: f64 = 1.5, 0.1..=10;
        /// Stop distance in QUIET, in ATR.
        "stop.QUIET" => stop_quiet: f64 = 0.8, 0.1..=10;
        /// Target distance in every regime, in ATR; none uses the regimes' own.
        "target_atr" => target_atr: Option<f64> = None, 1..=8;
        /// Target distance in TRENDING, in ATR.
        "target.TRENDING" => target_trending: f64 = 2.0, 0.1..=20;
        /// Target distance in SIDEWAYS, in ATR.
        "target.SIDEWAYS" => target_sideways: f64 = 1.5, 0.1..=20;
        /// Target distance in HIGH_VOLATILITY, in ATR.
        "target.HIGH_VOLATILITY" => target_high_volatility: f64 = 1.0, 0.1..=20;
        /// Target distance in BREAKOUT, in ATR.
        "target.BREAKOUT" => target_breakout: f64 = 3.0, 0.1..=20;
        /// Target distance in QUIET, in ATR.
        "target.QUIET" => target_quiet: f64 = 1.2, 0.1..=20;
        /// Trailing distance behind the best close once in profit, in ATR; none is no trailing.
        "trail_atr" => trail_atr: Option<f64> = None, 0.25..=3;
        /// Bars after which a position is closed at the next open; none is no limit.
        "max_hold_bars" => max_hold_bars: Option<usize> = Some(48), 1..=100000;
    }
}

/// Values that differ by regime, in the order of [`Regime::ALL`].
type ByRegime = [f64; Regime::COUNT];

impl Params {
    /// The defaults of a profile.
    pub fn of(profile: Profile) -> Self {
        match profile {
            Profile::Sound => Self::default(),
            Profile::Upstream => Self {
                sources: SourceForm::Snapshot,
                source_confidence: EngineRules::Upstream,
                ut_rule: UtRule::TwoPercent,
                ut_fixed_weight: Some(0.15),
                adx_full_scale: 100.0,
                regime_order: RegimeOrder::Upstream,
                vote_norm: VoteNorm::TotalWeight,
                pattern_rules: PatternRules::Upstream,
                pattern_symmetric: false,
                volume_rules: VolumeRules::Upstream,
                volume_confirm: VolumeRules::Upstream,
                boost_unconfirmed_floor: 0.30,
                risk_structure_agrees: false,
                size_conf_rule: ConfidenceRule::Upstream,
                size_trend_rule: TrendRule::Itself,
                size_regime_after_cap: true,
                size_rl: 0.5,
                kelly_rule: KellyRule::Constant,
                small_size: SmallSize::Lift,
                ..Self::default()
            },
        }
    }

    /// The same parameters under another variant. `S5_static` also brings its single threshold, size, stop and target.
    pub fn with_variant(&self, variant: Variant) -> Self {
        Self { variant, ..self.clone() }
    }

    fn is_static(&self) -> bool {
        self.variant == Variant::S5Static
    }

    /// Confidence needed to enter, by regime.
    pub fn entry(&self) -> ByRegime {
        if self.is_static() {
            return [0.60; Regime::COUNT];
        }
        [
            self.entry_trending,
            self.entry_sideways,
            self.entry_high_volatility,
            self.entry_breakout,
            self.entry_quiet,
        ]
    }

    /// Agreement needed to enter, by regime.
    pub fn agreement(&self) -> ByRegime {
        if self.is_static() {
            return [0.60; Regime::COUNT];
        }
        [
            self.agreement_trending,
            self.agreement_sideways,
            self.agreement_high_volatility,
            self.agreement_breakout,
            self.agreement_quiet,
        ]
    }

    /// Size multiplier, by regime.
    pub fn size(&self) -> ByRegime {
        if self.is_static() {
            return [1.0; Regime::COUNT];
        }
        [self.size_trending, self.size_sideways, self.size_high_vol, self.size_breakout, self.size_quiet]
    }

    /// Stop distance in ATR, by regime.
    pub fn stop(&self) -> ByRegime {
        match self.stop_atr {
            Some(all) => [all; Regime::COUNT],
            None if self.is_static() => [1.5; Regime::COUNT],
            None => [
                self.stop_trending,
                self.stop_sideways,
                self.stop_high_volatility,
                self.stop_breakout,
                self.stop_quiet,
            ],
        }
    }

    /// Target distance in ATR, by regime.
    pub fn target(&self) -> ByRegime {
        match self.target_atr {
            Some(all) => [all; Regime::COUNT],
            None if self.is_static() => [2.0; Regime::COUNT],
            None => [
                self.target_trending,
                self.target_sideways,
                self.target_high_volatility,
                self.target_breakout,
                self.target_quiet,
            ],
        }
    }

    /// Thresholds of the patterns.
    pub fn pattern_limits(&self) -> PatternLimits {
        PatternLimits {
            volume_ratio: self.pattern_volume_ratio,
            price_move: self.pattern_price_move,
            break_move: self.pattern_break_move,
            rsi_low: self.pattern_rsi_low,
            rsi_high: self.pattern_rsi_high,
            confluence_min: self.pattern_confluence_min,
            symmetric: self.pattern_symmetric,
            rules: self.pattern_rules,
        }
    }

    /// What Kelly assumes before there are trades.
    pub fn kelly_prior(&self) -> KellyPrior {
        KellyPrior {
            win_rate: self.kelly_win_rate,
            win: self.kelly_win,
            loss: self.kelly_loss,
            trades: self.kelly_prior_trades,
        }
    }

    /// When a regime may change, where hysteresis is on.
    pub fn hysteresis(&self) -> Hysteresis {
        Hysteresis {
            detections: self.hysteresis_detections,
            window_bars: self.hysteresis_window,
            stay_bars: self.hysteresis_stay,
        }
    }

    /// Rules between parameters that single ranges cannot say; each violation in words.
    pub fn conflicts(&self) -> Vec<Violation> {
        let mut out = vec![];
        let cuts = [
            ("vol_level.medium", self.vol_level_medium),
            ("vol_level.high", self.vol_level_high),
            ("vol_level.extreme", self.vol_level_extreme),
        ];
        for pair in cuts.windows(2) {
            let [(low, a), (high, b)] = [pair[0], pair[1]];
            if a >= b {
                out.push(Violation::new(
                    format!("params.{low}"),
                    format!("must be below params.{high}, was {a} against {b}"),
                ));
            }
        }
        if self.hysteresis_detections > self.hysteresis_window {
            out.push(Violation::new(
                "params.hysteresis.detections",
                format!(
                    "must not exceed params.hysteresis.window, was {} against {}",
                    self.hysteresis_detections, self.hysteresis_window
                ),
            ));
        }
        if self.min_position_pct > self.max_position_pct {
            out.push(Violation::new(
                "params.min_position_pct",
                format!(
                    "must not exceed params.max_position_pct, was {} against {}",
                    self.min_position_pct, self.max_position_pct
                ),
            ));
        }
        out
    }
}
