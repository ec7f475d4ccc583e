//! One bar read: how strong trend and volatility are, its regime, the votes of the sources, its patterns.

use std::collections::VecDeque;

use super::labels::{RegimeInputs, RegimeLabel, VolatilityDirection, VolatilityLevel, classify};
use super::params::{Params, SourceForm};
use super::reading::{
    FixedParts, MIN_WARMUP, RANK_CUTS, SignalColumns, SignalRow, fixed, ml_row, scale, volume_of,
};
use super::signals::{
    Direction, Energy, EngineBar, FlowField, MlInputs, MlModel, PatternBar, PatternLimits, PatternSet,
    SOURCE_COUNT, SnapshotBar, VolumeMetrics, Vote, detect_patterns, engine_sources, snapshot_sources,
};
use crate::indicators::Swings;
use crate::market::Bars;

/// Reads one bar after the other.
pub(super) struct BarReader<'a> {
    bars: &'a Bars,
    close: &'a [f64],
    x: &'a SignalColumns,
    swings: &'a Swings,
    p: &'a Params,
    /// What settings share, where it is there and fits.
    parts: Option<&'a FixedParts>,
    scale: f64,
    cuts: [f64; 3],
    limits: PatternLimits,
    /// Whether the vote of the model is made of the inputs of all bars together.
    pub keeps_ml: bool,
}

/// How strong trend and volatility are at a bar.
pub(super) struct Measures {
    atr: f64,
    trend_strength: f64,
    level: VolatilityLevel,
    trend: VolatilityDirection,
}

/// The votes of a bar, and what two of them leave for the row.
pub(super) struct BarVotes {
    pub votes: [Vote; SOURCE_COUNT],
    energy: Energy,
    volume: VolumeMetrics,
}

impl<'a> BarReader<'a> {
    pub fn new(
        bars: &'a Bars,
        x: &'a SignalColumns,
        swings: &'a Swings,
        p: &'a Params,
        parts: Option<&'a FixedParts>,
    ) -> Self {
        let scale = scale(bars, p);
        Self {
            bars,
            close: bars.close(),
            x,
            swings,
            p,
            parts: parts.filter(|parts| parts.fits(p)),
            scale,
            cuts: [p.vol_level_medium, p.vol_level_high, p.vol_level_extreme].map(|c| c * scale),
            limits: p.pattern_limits(),
            keeps_ml: p.ml_model == MlModel::WalkForwardLogit && p.sources == SourceForm::Engine,
        }
    }

    #[inline]
    pub fn measures(&self, i: usize) -> Measures {
        let x = self.x;
        let atr = x.atr[i];
        let level = match &x.rank {
            Some(rank) => VolatilityLevel::of(rank[i], RANK_CUTS),
            None => VolatilityLevel::of(atr / self.close[i], self.cuts),
        };
        Measures {
            atr,
            trend_strength: (100.0 * x.adx[i] / self.p.adx_full_scale).clamp(0.0, 100.0),
            level,
            trend: VolatilityDirection::of(if x.atr_mean20[i] > 0.0 { atr / x.atr_mean20[i] } else { 1.0 }),
        }
    }

    #[inline]
    fn label(&self, i: usize, m: &Measures) -> RegimeLabel {
        let inputs = RegimeInputs {
            level: m.level,
            trend: m.trend,
            trend_strength: m.trend_strength,
            range_width: (self.x.highest[i] - self.x.lowest[i]) / self.close[i] / self.scale,
            breaks: self.swings.recent_breaks[i],
        };
        classify(&inputs, self.p.regime_order)
    }

    /// Breaks of structure of the last three bars.
    #[inline]
    fn recent_breaks(&self, i: usize) -> [i8; 3] {
        let bos = &self.swings.break_of_structure;
        [bos[i - 2], bos[i - 1], bos[i]]
    }

    /// The votes of all sources but that of patterns.
    #[inline]
    pub fn sources(&self, i: usize, m: &Measures, ml_inputs: &mut Vec<Option<MlInputs>>) -> BarVotes {
        match self.p.sources {
            SourceForm::Engine => self.engine(i, m, ml_inputs),
            SourceForm::Snapshot => self.snapshot(i, m),
        }
    }

    #[inline]
    fn engine(&self, i: usize, m: &Measures, ml_inputs: &mut Vec<Option<MlInputs>>) -> BarVotes {
        let (x, p) = (self.x, self.p);
        let bar = EngineBar {
            close: self.close[i],
            gradient_diff: x.base[i] - x.base[i - 2],
            gradient_band: x.band[i],
            ut_stop: x.ut_stop[i],
            ut_distance: x.ut_distance[i],
            structure: self.swings.structure[i],
            recent_bos: self.recent_breaks(i),
            trend_strength: m.trend_strength,
        };
        let mut votes = [Vote::default(); SOURCE_COUNT];
        votes[..3].copy_from_slice(&engine_sources(&bar, p.source_confidence, p.ut_rule));
        if self.keeps_ml {
            let pressure = std::array::from_fn(|k| x.pressure[i + k - 4]);
            let flow = FlowField::new(x.force[i], x.bull_share[i], pressure);
            ml_inputs.push(Some(ml_row(x, self.close, i, self.scale)));
            let volume = volume_of(x, self.bars, i, p.volume_rules);
            (votes[3], votes[6]) = (flow.contribution(), volume.contribution());
            return BarVotes { votes, energy: flow.energy, volume };
        }
        let f = match self.parts {
            Some(parts) => parts.rows[i - MIN_WARMUP],
            None => fixed(x, self.bars, i, self.scale, p.volume_rules),
        };
        (votes[3], votes[4], votes[6]) = (f.flow, f.ml, f.volume_source);
        BarVotes { votes, energy: f.energy, volume: f.volume }
    }

    #[inline]
    fn snapshot(&self, i: usize, m: &Measures) -> BarVotes {
        let x = self.x;
        let (support, resistance) = (self.swings.support[i], self.swings.resistance[i]);
        let bar = SnapshotBar {
            close: self.close[i],
            averages: [x.ema20[i], x.ema50[i], x.sma200[i]],
            rsi: x.rsi[i],
            macd: x.macd[i],
            macd_signal: x.macd_signal[i],
            atr: m.atr,
            volatility: x.std20[i],
            levels: [support, resistance],
            zones: [support - m.atr, resistance + m.atr],
            range: [x.highest[i], x.lowest[i]],
            trend_strength: m.trend_strength,
            volatility_level: m.level as u8,
            volatility_trend: m.trend as i8,
            steady_decelerates: self.p.boost_unconfirmed_floor > 0.0,
        };
        let mut votes = [Vote::default(); SOURCE_COUNT];
        let (five, energy) = snapshot_sources(&bar);
        votes[..5].copy_from_slice(&five);
        let volume = volume_of(x, self.bars, i, self.p.volume_rules);
        votes[6] = volume.contribution();
        BarVotes { votes, energy, volume }
    }

    /// Patterns of the bar, with those of the window before it, which `earlier` keeps.
    #[inline]
    pub fn patterns(&self, i: usize, earlier: &mut VecDeque<PatternSet>) -> PatternSet {
        let (x, bars) = (self.x, self.bars);
        let hist = |i: usize| x.macd[i] - x.macd_signal[i];
        let bar = PatternBar {
            close: self.close[i],
            close_before: self.close[i - 1],
            high: bars.high()[i],
            low: bars.low()[i],
            volume: bars.volume()[i],
            volume_before: bars.volume()[i - 1],
            volume_ratio: x.volume_ratio[i],
            rsi: x.rsi[i],
            macd_hist: hist(i),
            macd_hist_before: hist(i - 1),
            ema20: x.ema20[i],
            ema50: x.ema50[i],
            ema20_before: x.ema20[i - 1],
            ema50_before: x.ema50[i - 1],
            band_high: x.sma20[i] + 2.0 * x.std20[i],
            band_low: x.sma20[i] - 2.0 * x.std20[i],
            support: self.swings.support[i],
            resistance: self.swings.resistance[i],
        };
        let own = detect_patterns(&bar, &self.limits);
        if self.p.pattern_window <= 1 {
            return own;
        }
        let all = earlier.iter().rev().fold(own, |all, old| all.with_earlier(old, &self.limits));
        earlier.push_back(own);
        if earlier.len() == self.p.pattern_window {
            earlier.pop_front();
        }
        all
    }

    #[inline]
    pub fn row(&self, i: usize, m: &Measures, sources: &BarVotes, patterns: &PatternSet) -> SignalRow {
        let (x, p, c, atr) = (self.x, self.p, self.close[i], m.atr);
        let (support, resistance) = (self.swings.support[i], self.swings.resistance[i]);
        let breaks = self.recent_breaks(i);
        SignalRow {
            label: self.label(i, m),
            sources: sources.votes,
            patterns: patterns.mask,
            primary: patterns.primary().map_or(u8::MAX, |k| k as u8),
            confluence: [Direction::Bullish, Direction::Bearish]
                .map(|d| patterns.confluence(d, p.pattern_rules) as u8),
            volume_ratio: sources.volume.ratio,
            volume_scores: [sources.volume.bull, sources.volume.bear],
            volume_size: sources.volume.size,
            energy: sources.energy,
            level: m.level,
            trend_strength: m.trend_strength,
            atr,
            atr_ratio: if x.atr_mean100[i] > 0.0 { atr / x.atr_mean100[i] } else { 1.0 },
            price_vs_ma: (c / x.ema50[i] - 1.0).clamp(-1.0, 1.0),
            near_average: (c - x.ema20[i]).abs() <= atr,
            place: (c - support) / (resistance - support),
            broke: [breaks.contains(&1), breaks.contains(&-1)],
        }
    }
}
