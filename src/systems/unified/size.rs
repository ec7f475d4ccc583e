//! Size of a position: Kelly times multipliers, within caps.

use super::decide::{Decision, EPSILON, Reason, RiskLevel};
use super::params::{Params, SizeUnit, SmallSize, TrendRule};
use super::reading::SignalRow;
use super::signals::{Direction, SizeClass};
use super::sizing::{
    TradeRecord, confidence_multiplier, drawdown_cap, pattern_multiplier, volatility_multiplier,
};

/// Names of [`Size::multipliers`], in order.
pub const MULTIPLIERS: [&str; 8] = ["conf", "vol", "trend", "regime", "volume", "pattern", "risk", "rl"];
/// Bounds of the product of multipliers.
const PRODUCT: (f64, f64) = (0.3, 2.5);

/// A size and how it came about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// Share of equity before the stage's factor.
    pub size_frac: f64,
    /// Kelly fraction used.
    pub kelly: f64,
    /// Multipliers, in the order of [`MULTIPLIERS`].
    pub multipliers: [f64; 8],
    /// Their product within its bounds.
    pub product: f64,
    /// Whether a cap cut the size.
    pub cap_bound: bool,
}

/// What sizing reads beside the decision.
#[derive(Debug, Clone, Copy)]
pub struct SizeInputs {
    /// Confidence needed to enter in this regime.
    pub entry_threshold: f64,
    /// Drawdown of the account, positive fraction.
    pub drawdown: f64,
    /// Close the size is decided at.
    pub close: f64,
    /// Distance of the stop, price.
    pub stop_distance: f64,
}

/// Sizes a qualified decision, or says why there is no trade.
pub fn size(
    p: &Params,
    d: &Decision,
    x: &SignalRow,
    record: &TradeRecord,
    inputs: &SizeInputs,
) -> Result<Size, Reason> {
    let kelly = p.kelly_fraction * record.kelly(&p.kelly_prior(), p.kelly_rule);
    let regime = p.size()[x.label.regime.index()];
    let gradient = x.sources[0].direction;
    let trend = match p.size_trend_rule {
        TrendRule::Itself => 1.4,
        TrendRule::Gradient if gradient == d.direction => 1.4,
        TrendRule::Gradient if gradient == Direction::Neutral => 1.0,
        TrendRule::Gradient => 0.6,
    };
    let volume = match x.volume_size {
        _ if !p.variant.uses_volume_rules() => 1.0,
        SizeClass::Extreme => 1.8,
        SizeClass::Strong => 1.5,
        SizeClass::Normal => 1.0,
        SizeClass::Weak => 0.7,
    };
    let pattern = if p.variant.has_patterns() { pattern_multiplier(usize::from(d.confluence)) } else { 1.0 };
    let risk = match d.risk_level {
        RiskLevel::Low => p.size_risk_low,
        RiskLevel::Medium => p.size_risk_medium,
        RiskLevel::High => p.size_risk_high,
        RiskLevel::Extreme => p.size_risk_extreme,
    };
    let conf = confidence_multiplier(d.confidence, inputs.entry_threshold, p.size_conf_max, p.size_conf_rule);
    let inside = if p.size_regime_after_cap { 1.0 } else { regime };
    let multipliers =
        [conf, volatility_multiplier(x.atr_ratio), trend, inside, volume, pattern, risk, p.size_rl];
    // A zero rejects before the bounds of the product could lift it.
    if kelly <= 0.0 || risk <= 0.0 || (conf <= 0.0 && p.small_size == SmallSize::Skip) {
        return Err(Reason::NoEdge);
    }
    let product = multipliers.iter().product::<f64>().clamp(PRODUCT.0, PRODUCT.1);
    let stop_share = inputs.stop_distance / inputs.close;
    let wanted = match p.size_unit {
        SizeUnit::Notional => kelly * product,
        SizeUnit::Risk => kelly * product / stop_share,
    };
    let mut cap = drawdown_cap(inputs.drawdown, p.max_position_pct);
    if let Some(most) = p.risk_cap {
        cap = cap.min(most / stop_share);
    }
    let mut size_frac = wanted.min(cap);
    if p.size_regime_after_cap {
        size_frac *= regime;
    }
    if size_frac < p.min_position_pct - EPSILON {
        match p.small_size {
            SmallSize::Skip => return Err(Reason::BelowMinSize),
            SmallSize::Lift => size_frac = p.min_position_pct,
        }
    }
    Ok(Size { size_frac, kelly, multipliers, product, cap_bound: wanted > cap + EPSILON })
}
