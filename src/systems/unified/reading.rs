//! What every variant of the framework reads of each bar: its regime and the word of each source. Computed once.

use std::collections::VecDeque;

use super::Regime;
use super::features::column;
use super::labels::{RegimeLabel, VolatilityLevel, with_hysteresis};
use super::params::{Params, SourceForm, VolatilityGrade};
use super::reader::BarReader;
use super::signals::{
    Direction, Energy, FlowField, MlInputs, MlModel, SOURCE_COUNT, SizeClass, VolumeBar, VolumeMetrics,
    VolumeRules, Vote, heuristic, volume_metrics, walk_forward_logit,
};
use crate::features::{FeatureCache, FeatureColumn};
use crate::indicators::Swings;
use crate::market::Bars;

/// Parameters that change what is read of the bars; all others act on readings.
pub const READING_PARAMS: &[&str] = &[
    "sources",
    "source_confidence",
    "ut.rule",
    "ut.sens",
    "ut.period",
    "ml_model",
    "swing_k",
    "scale_thresholds",
    "vol_level.mode",
    "vol_level.medium",
    "vol_level.high",
    "vol_level.extreme",
    "adx_full_scale",
    "regime_order",
    "regime_hysteresis",
    "hysteresis.detections",
    "hysteresis.window",
    "hysteresis.stay",
    "pattern.rules",
    "pattern.volume_ratio",
    "pattern.price_move",
    "pattern.break_move",
    "pattern.rsi_low",
    "pattern.rsi_high",
    "pattern.confluence_min",
    "pattern.symmetric",
    "pattern_window",
    "volume.rules",
    "boost.unconfirmed_floor",
];

/// Rows before the first decision, at least.
pub const MIN_WARMUP: usize = 200;

/// One bar as the framework reads it. Everything in it is a function of bars up to this one.
#[derive(Debug, Clone, Copy)]
pub struct SignalRow {
    /// Label of the bar, known at its close.
    pub label: RegimeLabel,
    /// Word of each source, in the order of [`super::signals::Source::ALL`].
    pub sources: [Vote; SOURCE_COUNT],
    /// Bit mask of the patterns that fired.
    pub patterns: u32,
    /// Pattern of the highest confidence, index of its name; `u8::MAX` for none.
    pub primary: u8,
    /// Patterns that support a rise and a fall.
    pub confluence: [u8; 2],
    /// Volume over its average.
    pub volume_ratio: f64,
    /// Volume scores for a rise and a fall.
    pub volume_scores: [f64; 2],
    /// Size class of the volume.
    pub volume_size: SizeClass,
    /// Energy of the flow.
    pub energy: Energy,
    /// Grade of volatility.
    pub level: VolatilityLevel,
    /// Trend strength, 0..100.
    pub trend_strength: f64,
    /// Average true range, price.
    pub atr: f64,
    /// ATR over its 100-bar mean.
    pub atr_ratio: f64,
    /// Close over the 50-bar average, minus 1.
    pub price_vs_ma: f64,
    /// Close within one ATR of the 20-bar average.
    pub near_average: bool,
    /// Place of the close between support (0) and resistance (1); NaN where either is unknown.
    pub place: f64,
    /// A break of structure upwards, downwards, in the last three bars.
    pub broke: [bool; 2],
}

/// The readings of a history; rows before `first` have none.
#[derive(Debug)]
pub struct SignalTable {
    /// First row that is read.
    pub first: usize,
    /// SignalRow of row `first + k` at `k`.
    pub rows: Vec<SignalRow>,
    /// Swing points, for rules that exit at them.
    pub swings: std::sync::Arc<Swings>,
}

impl SignalTable {
    /// The reading of bar `i`.
    pub fn get(&self, i: usize) -> Option<&SignalRow> {
        i.checked_sub(self.first).and_then(|k| self.rows.get(k))
    }
}

/// The columns one reading is made of.
pub(super) struct SignalColumns {
    pub(super) atr: FeatureColumn,
    pub(super) adx: FeatureColumn,
    pub(super) ema20: FeatureColumn,
    pub(super) ema50: FeatureColumn,
    pub(super) sma20: FeatureColumn,
    pub(super) sma200: FeatureColumn,
    pub(super) std20: FeatureColumn,
    pub(super) rsi: FeatureColumn,
    pub(super) macd: FeatureColumn,
    pub(super) macd_signal: FeatureColumn,
    pub(super) volume_ratio: FeatureColumn,
    pub(super) highest: FeatureColumn,
    pub(super) lowest: FeatureColumn,
    pub(super) atr_mean20: FeatureColumn,
    pub(super) atr_mean100: FeatureColumn,
    pub(super) rank: Option<FeatureColumn>,
    pub(super) base: FeatureColumn,
    pub(super) band: FeatureColumn,
    pub(super) ut_stop: FeatureColumn,
    pub(super) ut_distance: FeatureColumn,
    pub(super) force: FeatureColumn,
    pub(super) bull_share: FeatureColumn,
    pub(super) pressure: FeatureColumn,
    pub(super) sigma20: FeatureColumn,
    pub(super) sigma10: FeatureColumn,
}

impl SignalColumns {
    fn new(cache: &FeatureCache, p: &Params) -> Self {
        let ut = [p.ut_period as f64, p.ut_sens];
        Self {
            atr: column(cache, "unified_atr", &[14.0]),
            adx: column(cache, "unified_adx", &[14.0]),
            ema20: cache.get("ema", &[20.0]),
            ema50: cache.get("ema", &[50.0]),
            sma20: cache.get("sma", &[20.0]),
            sma200: cache.get("sma", &[200.0]),
            std20: cache.get("std", &[20.0]),
            rsi: column(cache, "unified_rsi", &[14.0]),
            macd: column(cache, "unified_macd", &[12.0, 26.0]),
            macd_signal: column(cache, "unified_macd_signal", &[12.0, 26.0, 9.0]),
            volume_ratio: cache.get("volume_ratio", &[20.0]),
            highest: cache.get("highest", &[20.0]),
            lowest: cache.get("lowest", &[20.0]),
            atr_mean20: column(cache, "unified_atr_mean", &[14.0, 20.0]),
            atr_mean100: column(cache, "unified_atr_mean", &[14.0, 100.0]),
            rank: (p.vol_level_mode == VolatilityGrade::Percentile)
                .then(|| column(cache, "unified_atr_pct_rank", &[14.0, 252.0])),
            base: column(cache, "gradient_base", &[25.0]),
            band: column(cache, "gradient_band", &[25.0]),
            ut_stop: cache.get("ut_stop", &ut),
            ut_distance: cache.get("ut_distance", &ut),
            force: column(cache, "flow_force", &[20.0]),
            bull_share: column(cache, "flow_bull_share", &[20.0]),
            pressure: column(cache, "flow_pressure", &[20.0, 5.0]),
            sigma20: cache.get("log_return_std", &[20.0]),
            sigma10: cache.get("log_return_std", &[10.0]),
        }
    }
}

/// Share of the trailing bars at which volatility grades change in percentile mode.
pub(super) const RANK_CUTS: [f64; 3] = [0.25, 0.70, 0.92];

/// What a reading holds of the sources that few parameters touch: the flow, the ML source, volume. The dearest part of a reading.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fixed {
    pub(super) flow: Vote,
    pub(super) energy: Energy,
    pub(super) ml: Vote,
    pub(super) volume: VolumeMetrics,
    pub(super) volume_source: Vote,
}

/// These parts of every bar's reading, for many settings that share them.
#[derive(Debug)]
pub struct FixedParts {
    key: FixedKey,
    /// Of bar `MIN_WARMUP + k` at `k`.
    pub(super) rows: Vec<Fixed>,
}

/// Parameters that these parts depend on.
#[derive(Debug, Clone, Copy, PartialEq)]
struct FixedKey {
    volume_rules: VolumeRules,
    scale_thresholds: bool,
}

impl FixedParts {
    /// Those of settings like `p`.
    pub fn of(cache: &FeatureCache, p: &Params) -> Self {
        let bars = cache.bars();
        let key = FixedKey { volume_rules: p.volume_rules, scale_thresholds: p.scale_thresholds };
        if bars.len() <= MIN_WARMUP {
            return Self { key, rows: vec![] };
        }
        let x = SignalColumns::new(cache, p);
        let scale = scale(bars, p);
        let rows = (MIN_WARMUP..bars.len()).map(|i| fixed(&x, bars, i, scale, p.volume_rules)).collect();
        Self { key, rows }
    }

    /// The same, kept with the features of these bars for settings that follow.
    pub fn shared(cache: &FeatureCache, p: &Params) -> std::sync::Arc<Self> {
        let key = format!("unified parts {:?} {}", p.volume_rules, p.scale_thresholds);
        cache.memo(&key, std::mem::size_of::<Fixed>() / 8, || Self::of(cache, p))
    }

    /// Whether a setting has these parts.
    pub fn fits(&self, p: &Params) -> bool {
        p.sources == SourceForm::Engine
            && p.ml_model != MlModel::WalkForwardLogit
            && self.key == FixedKey { volume_rules: p.volume_rules, scale_thresholds: p.scale_thresholds }
    }
}

pub(super) fn scale(bars: &Bars, p: &Params) -> f64 {
    if p.scale_thresholds { libm::sqrt(bars.timeframe().seconds() / 3600.0) } else { 1.0 }
}

pub(super) fn fixed(x: &SignalColumns, bars: &Bars, i: usize, scale: f64, rules: VolumeRules) -> Fixed {
    let close = bars.close();
    let pressure = std::array::from_fn(|k| x.pressure[i + k - 4]);
    let flow = FlowField::new(x.force[i], x.bull_share[i], pressure);
    let volume = volume_of(x, bars, i, rules);
    Fixed {
        flow: flow.contribution(),
        energy: flow.energy,
        ml: heuristic(&ml_row(x, close, i, scale)),
        volume_source: volume.contribution(),
        volume,
    }
}

pub(super) fn volume_of(x: &SignalColumns, bars: &Bars, i: usize, rules: VolumeRules) -> VolumeMetrics {
    let (close, volume) = (bars.close(), bars.volume());
    volume_metrics(
        &VolumeBar {
            close: close[i],
            close_before: close[i - 1],
            volume: volume[i],
            volume_before: volume[i - 1],
            ratio: x.volume_ratio[i],
            highest: x.highest[i],
            lowest: x.lowest[i],
            ema50: x.ema50[i],
        },
        rules,
    )
}

/// Reads every bar from the warm-up on.
pub fn read(cache: &FeatureCache, p: &Params) -> SignalTable {
    read_with(cache, p, None)
}

/// The same, with the parts that other settings have as well where they are there and fit.
pub fn read_with(cache: &FeatureCache, p: &Params, parts: Option<&FixedParts>) -> SignalTable {
    let bars = cache.bars();
    let n = bars.len();
    let swings = cache.swings(p.swing_k);
    let first = first_row(p);
    let mut rows: Vec<SignalRow> = Vec::with_capacity(n.saturating_sub(first));
    // The same features whatever the length, so that a check can compare them.
    let x = SignalColumns::new(cache, p);
    if n <= first {
        return SignalTable { first, rows, swings };
    }
    let reader = BarReader::new(bars, &x, &swings, p, parts);
    let mut ml_inputs = vec![];
    // Patterns of the bars before, newest last, for a window of more than one bar.
    let mut earlier = VecDeque::new();
    for i in first..n {
        let m = reader.measures(i);
        let mut sources = reader.sources(i, &m, &mut ml_inputs);
        let patterns = reader.patterns(i, &mut earlier);
        sources.votes[5] = patterns.contribution(p.pattern_rules);
        rows.push(reader.row(i, &m, &sources, &patterns));
    }
    if reader.keeps_ml {
        for (row, ml) in rows.iter_mut().zip(walk_forward_logit(&ml_inputs, &bars.close()[first..])) {
            row.sources[4] = ml;
        }
    }
    if p.regime_hysteresis {
        let raw: Vec<Regime> = rows.iter().map(|r| r.label.regime).collect();
        for (row, regime) in rows.iter_mut().zip(with_hysteresis(&raw, p.hysteresis())) {
            row.label.regime = regime;
        }
    }
    SignalTable { first, rows, swings }
}

/// Computes every feature column a reading is made of, so that they are in the cache.
pub fn compute_features(cache: &FeatureCache, p: &Params) {
    SignalColumns::new(cache, p);
    cache.swings(p.swing_k);
}

/// First row at which every feature is known: 200, or later in percentile mode or with a slow UT bot.
pub fn first_row(p: &Params) -> usize {
    let rank = if p.vol_level_mode == VolatilityGrade::Percentile { 14 + 252 } else { 0 };
    MIN_WARMUP.max(rank).max(p.ut_period + 20)
}

/// Scaled inputs of the ML source at bar `i`; a zero denominator gives 0.
pub(super) fn ml_row(x: &SignalColumns, close: &[f64], i: usize, scale: f64) -> MlInputs {
    let ratio = |a: f64, b: f64| if b > 0.0 { a / b } else { 0.0 };
    let (c, sigma) = (close[i], x.sigma20[i]);
    let momentum = |k: usize| {
        let expected = sigma * libm::sqrt(k as f64);
        if expected > 0.0 { libm::tanh(libm::log(c / close[i - k]) / expected) } else { 0.0 }
    };
    let steps: i32 =
        close[i - 9..=i].windows(2).map(|w| i32::from(w[1] > w[0]) - i32::from(w[1] < w[0])).sum();
    let volume_ratio = x.volume_ratio[i];
    MlInputs {
        m5: momentum(5),
        m10: momentum(10),
        rs: (x.rsi[i] - 50.0) / 50.0,
        mc: libm::tanh(ratio(x.macd[i] - x.macd_signal[i], 0.25 * x.atr[i])),
        vr: Direction::of(c - close[i - 1]).sign() * libm::tanh(volume_ratio - 1.0),
        ts: f64::from(steps) / 9.0,
        mr: (ratio(c - x.sma20[i], x.std20[i]) / 2.0).clamp(-1.0, 1.0),
        sigma,
        sigma10: x.sigma10[i],
        atr_pct: x.atr[i] / c,
        volume_ratio,
        rsi: x.rsi[i],
        scale,
    }
}
