//! Sources 1 to 5: the engine form used for replay and the snapshot form of the upstream pipeline.

use super::{Direction, Energy, Vote};
use crate::choices;
use crate::indicators::MarketStructure;

choices! {
    /// Where the confidences of the engine form come from.
    pub enum EngineRules {
        /// They follow the strength of what was measured.
        Sound = "sound",
        /// Constants: gradient 0.7, UT bot 0.6, structure 0.8.
        Upstream = "upstream",
    }

    /// When the UT bot is bullish.
    pub enum UtRule {
        /// The close is above the stop.
        Side = "side",
        /// The stop is more than 2 % below the close, else bearish.
        TwoPercent = "two_percent",
    }
}

/// What the engine form of gradient, UT bot and structure reads of one bar.
#[derive(Debug, Clone, Copy)]
pub struct EngineBar {
    /// Close.
    pub close: f64,
    /// Triple-smoothed close minus its value two bars before.
    pub gradient_diff: f64,
    /// Triple-smoothed range.
    pub gradient_band: f64,
    /// UT-bot stop.
    pub ut_stop: f64,
    /// Distance the stop keeps.
    pub ut_distance: f64,
    /// Structure of the swings.
    pub structure: MarketStructure,
    /// Breaks of structure of this bar and the two before.
    pub recent_bos: [i8; 3],
    /// Trend strength, 0..100.
    pub trend_strength: f64,
}

/// Gradient, UT bot and structure from one bar's features.
pub fn engine_sources(bar: &EngineBar, rules: EngineRules, ut_rule: UtRule) -> [Vote; 3] {
    let sound = rules == EngineRules::Sound;
    let ratio = if bar.gradient_band > 0.0 { bar.gradient_diff / bar.gradient_band } else { 0.0 };
    let direction =
        if ratio.clamp(-1.0, 1.0).abs() > 0.1 { Direction::of(ratio) } else { Direction::Neutral };
    let confidence = match (sound, direction) {
        (false, _) => 0.7,
        (true, Direction::Neutral) => 0.5,
        (true, _) => (0.6 + 0.3 * bar.trend_strength / 100.0).min(0.95),
    };
    let gradient = Vote::new(direction, confidence, (100.0 * ratio.abs()).min(100.0));

    let direction = match ut_rule {
        UtRule::Side => Direction::of(bar.close - bar.ut_stop),
        UtRule::TwoPercent if bar.ut_stop < 0.98 * bar.close => Direction::Bullish,
        UtRule::TwoPercent => Direction::Bearish,
    };
    let distance = if bar.ut_distance > 0.0 {
        ((bar.close - bar.ut_stop).abs() / (2.0 * bar.ut_distance)).min(1.0)
    } else {
        0.0
    };
    let ut = Vote::new(direction, if sound { 0.6 + 0.3 * distance } else { 0.6 }, 100.0 * distance);

    let direction = match bar.structure {
        MarketStructure::Uptrend => Direction::Bullish,
        MarketStructure::Downtrend => Direction::Bearish,
        MarketStructure::Reversal | MarketStructure::Ranging => Direction::Neutral,
    };
    let directional = direction != Direction::Neutral;
    let broke = directional && bar.recent_bos.iter().any(|b| f64::from(*b) == direction.sign());
    let confidence = match (sound, directional, broke) {
        (false, ..) => 0.8,
        (true, false, _) => 0.5,
        (true, true, broke) => 0.8 + if broke { 0.05 } else { 0.0 },
    };
    let structure = Vote::new(direction, confidence, if directional { 75.0 } else { 50.0 });
    [gradient, ut, structure]
}

/// What the snapshot form reads of one bar; prices unless said otherwise.
#[derive(Debug, Clone, Copy)]
pub struct SnapshotBar {
    /// Close.
    pub close: f64,
    /// Exponential averages of 20 and 50 bars and the simple one of 200.
    pub averages: [f64; 3],
    /// Relative strength index, 0..100.
    pub rsi: f64,
    /// MACD line.
    pub macd: f64,
    /// MACD signal.
    pub macd_signal: f64,
    /// Average true range.
    pub atr: f64,
    /// Volatility as the snapshot gives it.
    pub volatility: f64,
    /// Support and resistance; NaN where there is none.
    pub levels: [f64; 2],
    /// Demand and supply; NaN where there is none.
    pub zones: [f64; 2],
    /// Highest high and lowest low of 20 bars.
    pub range: [f64; 2],
    /// Trend strength, 0..100.
    pub trend_strength: f64,
    /// Volatility level: 0 low, 1 medium, 2 high, 3 extreme.
    pub volatility_level: u8,
    /// Volatility trend: -1 falling, 0 stable, 1 rising.
    pub volatility_trend: i8,
    /// Whether steady volatility reads as decelerating energy, as upstream has it.
    pub steady_decelerates: bool,
}

/// Sources 1 to 5 of the snapshot form, and the flow's energy.
pub fn snapshot_sources(bar: &SnapshotBar) -> ([Vote; 5], Energy) {
    use Direction::{Bearish, Bullish, Neutral};
    let [ema20, ema50, sma200] = bar.averages;
    let (c, ts) = (bar.close, bar.trend_strength);
    let trend = (0.6 + 0.3 * ts / 100.0).min(0.95);
    let gradient = if c > ema20 && ema20 > ema50 {
        (Bullish, trend)
    } else if c < ema20 && ema20 < ema50 {
        (Bearish, trend)
    } else {
        (Neutral, 0.5)
    };
    let ut = match (bar.volatility_level, bar.volatility_trend) {
        (0 | 1, 1) => (Bearish, 0.65),
        (0 | 1, _) => (Bullish, 0.65),
        (2, _) => (Neutral, 0.55),
        _ => (Neutral, 0.35),
    };
    let [support, resistance] = bar.levels;
    let [demand, supply] = bar.zones;
    let (to_support, to_resistance) = ((c - support).abs(), (c - resistance).abs());
    let structure = if c > demand && to_resistance > to_support {
        (Bullish, 0.75)
    } else if c < supply && to_support > to_resistance {
        (Bearish, 0.75)
    } else if support < c && c < resistance {
        (Neutral, 0.5)
    } else {
        (Neutral, 0.6)
    };
    let [highest, lowest] = bar.range;
    let place = if highest > lowest { (c - lowest) / (highest - lowest) } else { 0.5 };
    let (flow, energy) = match bar.volatility_trend {
        1 if bar.macd > bar.macd_signal => ((Bullish, 0.75), Energy::Accelerating),
        1 if bar.macd < bar.macd_signal => ((Bearish, 0.75), Energy::Accelerating),
        -1 => ((Neutral, 0.5), Energy::Decelerating),
        _ if bar.steady_decelerates => ((Neutral, 0.6), Energy::Decelerating),
        _ => ((Neutral, 0.6), Energy::Stable),
    };
    let ml = if bar.rsi < 30.0 && bar.macd > 0.0 {
        (Bullish, 0.75)
    } else if bar.rsi > 70.0 && bar.macd < 0.0 {
        (Bearish, 0.75)
    } else if c > sma200 && bar.rsi > 50.0 {
        (Bullish, 0.65)
    } else if c < sma200 && bar.rsi < 50.0 {
        (Bearish, 0.65)
    } else {
        (Neutral, 0.5)
    };
    let of = |(direction, confidence), strength| Vote::new(direction, confidence, strength);
    let ut_strength = if bar.atr > 0.0 { (50.0 * bar.volatility / bar.atr).min(100.0) } else { 0.0 };
    let sources = [
        of(gradient, ts),
        of(ut, ut_strength),
        of(structure, if !(0.3..=0.7).contains(&place) { 75.0 } else { 50.0 }),
        of(flow, ts.min(100.0)),
        of(ml, 50.0 + (bar.rsi - 50.0).abs()),
    ];
    (sources, energy)
}
