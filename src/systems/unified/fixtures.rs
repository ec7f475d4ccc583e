//! The framework's own check: known situations and what they must give. Run by the tests and by the gate.

use super::Regime;
use super::decide::{Decision, Rules};
use super::labels::{RegimeInputs, RegimeOrder, VolatilityDirection, VolatilityLevel, classify};
use super::params::{Params, Profile};
use super::reading::SignalRow;
use super::signals::{
    Direction, PatternBar, SOURCE_COUNT, SnapshotBar, VolumeBar, Vote, detect_patterns, pattern_names,
    snapshot_sources, volume_metrics,
};

use Regime::{Breakout, HighVolatility, Quiet, Sideways, Trending};
use VolatilityDirection::{Falling, Rising, Stable};
use VolatilityLevel::{Extreme, High, Low, Medium};

/// Inputs of the regime rules with the label by the sound and by the upstream order.
pub const REGIME_CASES: [(&str, RegimeInputs, Regime, Regime); 6] = [
    ("V1", regime_inputs(Medium, 72.0, 0.08, Stable, 2), Trending, Trending),
    ("V2", regime_inputs(Low, 20.0, 0.02, Stable, 1), Sideways, Sideways),
    ("V3", regime_inputs(Extreme, 45.0, 0.15, Rising, 5), HighVolatility, HighVolatility),
    ("V4", regime_inputs(High, 55.0, 0.10, Rising, 4), Breakout, HighVolatility),
    ("V5", regime_inputs(Low, 15.0, 0.01, Falling, 0), Quiet, Sideways),
    ("seed", regime_inputs(Medium, 65.0, 0.03, Rising, 4), Trending, Trending),
];

const fn regime_inputs(
    level: VolatilityLevel,
    trend_strength: f64,
    range_width: f64,
    trend: VolatilityDirection,
    breaks: u8,
) -> RegimeInputs {
    RegimeInputs { level, trend, trend_strength, range_width, breaks }
}

/// How many of the five regimes are labelled as documented by `order`: every case that expects the regime must match.
pub fn regimes_recognised(order: RegimeOrder) -> usize {
    let right = |regime: Regime| {
        let mut cases = REGIME_CASES.iter().filter(|(_, _, sound, _)| *sound == regime);
        cases.all(|(_, x, want, _)| classify(x, order).regime == *want)
    };
    Regime::ALL.into_iter().filter(|r| right(*r)).count()
}

/// How many of the seven pattern families fire on a bar made for them.
pub fn patterns_found(p: &Params) -> usize {
    let calm = PatternBar {
        close: 100.0,
        close_before: 100.0,
        high: 100.5,
        low: 99.5,
        volume: 100.0,
        volume_before: 100.0,
        volume_ratio: 1.0,
        rsi: 50.0,
        macd_hist: 0.1,
        macd_hist_before: 0.1,
        ema20: 100.0,
        ema50: 100.0,
        ema20_before: 100.0,
        ema50_before: 100.0,
        band_high: 105.0,
        band_low: 95.0,
        support: f64::NAN,
        resistance: f64::NAN,
    };
    let crossing = PatternBar {
        close: 101.0,
        ema20: 100.5,
        ema50: 100.2,
        ema20_before: 100.0,
        ema50_before: 100.1,
        ..calm
    };
    let loud = PatternBar { volume_ratio: 9.0, volume: 900.0, ..calm };
    let cases: [(&str, PatternBar); 7] = [
        ("SUPPORT_BOUNCE", PatternBar { support: 99.6, close_before: 99.5, ..loud }),
        ("RESISTANCE_BREAK", PatternBar { resistance: 100.0, close: 101.0, ..calm }),
        ("BREAKOUT", PatternBar { band_high: 99.0, ..calm }),
        ("REVERSAL_BULLISH", PatternBar { rsi: 5.0, close: 100.1, ..calm }),
        ("MA_CROSSOVER_BULLISH", crossing),
        ("MACD_BULLISH", PatternBar { macd_hist_before: -0.1, ..calm }),
        (
            "CONFLUENCE_BULLISH",
            PatternBar { band_high: 99.0, resistance: 100.0, macd_hist_before: -0.1, rsi: 5.0, ..crossing },
        ),
    ];
    let limits = p.pattern_limits();
    let fires = |(name, bar): &(&str, PatternBar)| {
        pattern_names(detect_patterns(bar, &limits).mask).any(|n| n == *name)
    };
    cases.iter().filter(|c| fires(c)).count()
}

/// One bar's indicators as the documents give them.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// Its name.
    pub name: &'static str,
    /// Close, close before, low.
    pub price: [f64; 3],
    /// Highest high and lowest low of 20 bars.
    pub range: [f64; 2],
    /// Volume, its average, volume before; millions.
    pub volume: [f64; 3],
    /// RSI, MACD, MACD signal.
    pub momentum: [f64; 3],
    /// EMA 20, EMA 50, SMA 200.
    pub averages: [f64; 3],
    /// Upper and lower Bollinger band.
    pub bands: [f64; 2],
    /// ATR and volatility.
    pub atr: [f64; 2],
    /// Support and resistance.
    pub levels: [f64; 2],
    /// Demand and supply.
    pub zones: [f64; 2],
    /// Trend strength, 0..100.
    pub trend_strength: f64,
    /// Level of volatility.
    pub level: VolatilityLevel,
    /// Direction of volatility.
    pub trend: VolatilityDirection,
    /// Close over the average, minus 1.
    pub price_vs_ma: f64,
    /// Breaks of structure in 20 bars.
    pub breaks: u8,
    /// Range of 20 bars over close.
    pub range_width: f64,
}

/// The five documented examples.
pub const EXAMPLES: [Example; 5] = [
    Example {
        name: "E1",
        price: [100.50, 99.80, 99.7],
        range: [102.0, 98.5],
        volume: [2.5, 2.0, 2.1],
        momentum: [58.0, 0.85, 0.65],
        averages: [99.2, 97.5, 95.8],
        bands: [103.5, 97.5],
        atr: [1.5, 1.8],
        levels: [98.0, 102.5],
        zones: [96.5, 105.0],
        trend_strength: 72.0,
        level: Medium,
        trend: Stable,
        price_vs_ma: 0.8,
        breaks: 2,
        range_width: 0.035,
    },
    Example {
        name: "E2",
        price: [105.20, 104.50, 104.4],
        range: [105.5, 103.0],
        volume: [6.0, 2.0, 2.1],
        momentum: [68.0, 1.25, 0.85],
        averages: [103.8, 102.5, 100.0],
        bands: [105.0, 100.5],
        atr: [1.2, 2.2],
        levels: [103.5, 105.0],
        zones: [102.0, 107.5],
        trend_strength: 68.0,
        level: High,
        trend: Rising,
        price_vs_ma: 0.85,
        breaks: 4,
        range_width: 0.025,
    },
    Example {
        name: "E3",
        price: [98.50, 97.80, 97.5],
        range: [101.0, 97.5],
        volume: [3.2, 2.0, 1.8],
        momentum: [32.0, -0.15, -0.10],
        averages: [99.5, 99.8, 100.5],
        bands: [102.5, 97.5],
        atr: [1.8, 1.5],
        levels: [97.5, 102.0],
        zones: [97.0, 103.5],
        trend_strength: 32.0,
        level: Medium,
        trend: Stable,
        price_vs_ma: -0.05,
        breaks: 6,
        range_width: 0.045,
    },
    Example {
        name: "E4",
        price: [100.00, 99.50, 99.0],
        range: [102.5, 97.0],
        volume: [4.5, 2.0, 4.2],
        momentum: [55.0, 0.05, 0.0],
        averages: [99.8, 100.2, 101.0],
        bands: [105.0, 95.0],
        atr: [2.5, 3.2],
        levels: [97.5, 102.5],
        zones: [97.0, 103.0],
        trend_strength: 48.0,
        level: Extreme,
        trend: Rising,
        price_vs_ma: 0.0,
        breaks: 8,
        range_width: 0.055,
    },
    Example {
        name: "E5",
        price: [100.00, 100.05, 99.9],
        range: [100.5, 99.5],
        volume: [1.2, 2.0, 1.3],
        momentum: [50.0, 0.02, 0.01],
        averages: [100.1, 100.05, 100.0],
        bands: [100.8, 99.2],
        atr: [0.5, 0.6],
        levels: [99.5, 100.5],
        zones: [99.0, 101.0],
        trend_strength: 25.0,
        level: Low,
        trend: Falling,
        price_vs_ma: 0.0,
        breaks: 0,
        range_width: 0.010,
    },
];

impl Example {
    /// The reading of this example under a profile's rules.
    pub fn reading(&self, p: &Params) -> SignalRow {
        let [close, close_before, low] = self.price;
        let [volume, average, volume_before] = self.volume;
        let ratio = volume / average;
        let label = classify(
            &RegimeInputs {
                level: self.level,
                trend: self.trend,
                trend_strength: self.trend_strength,
                range_width: self.range_width,
                breaks: self.breaks,
            },
            p.regime_order,
        );
        let mut sources = [Vote::default(); SOURCE_COUNT];
        let (five, energy) = snapshot_sources(&SnapshotBar {
            close,
            averages: self.averages,
            rsi: self.momentum[0],
            macd: self.momentum[1],
            macd_signal: self.momentum[2],
            atr: self.atr[0],
            volatility: self.atr[1],
            levels: self.levels,
            zones: self.zones,
            range: self.range,
            trend_strength: self.trend_strength,
            volatility_level: self.level as u8,
            volatility_trend: self.trend as i8,
            steady_decelerates: p.boost_unconfirmed_floor > 0.0,
        });
        sources[..5].copy_from_slice(&five);
        let hist = self.momentum[1] - self.momentum[2];
        let patterns = detect_patterns(
            &PatternBar {
                close,
                close_before,
                high: close.max(close_before),
                low,
                volume,
                volume_before,
                volume_ratio: ratio,
                rsi: self.momentum[0],
                macd_hist: hist,
                macd_hist_before: f64::NAN,
                ema20: self.averages[0],
                ema50: self.averages[1],
                ema20_before: f64::NAN,
                ema50_before: f64::NAN,
                band_high: self.bands[0],
                band_low: self.bands[1],
                support: self.levels[0],
                resistance: self.levels[1],
            },
            &p.pattern_limits(),
        );
        sources[5] = patterns.contribution(p.pattern_rules);
        let vm = volume_metrics(
            &VolumeBar {
                close,
                close_before,
                volume,
                volume_before,
                ratio,
                highest: self.range[0],
                lowest: self.range[1],
                ema50: self.averages[1],
            },
            p.volume_rules,
        );
        sources[6] = vm.contribution();
        SignalRow {
            label,
            sources,
            patterns: patterns.mask,
            primary: patterns.primary().map_or(u8::MAX, |k| k as u8),
            confluence: [Direction::Bullish, Direction::Bearish]
                .map(|d| patterns.confluence(d, p.pattern_rules) as u8),
            volume_ratio: ratio,
            volume_scores: [vm.bull, vm.bear],
            volume_size: vm.size,
            energy,
            level: self.level,
            trend_strength: self.trend_strength,
            atr: self.atr[0],
            atr_ratio: 1.0,
            price_vs_ma: self.price_vs_ma,
            near_average: (close - self.averages[0]).abs() <= self.atr[0],
            place: (close - self.levels[0]) / (self.levels[1] - self.levels[0]),
            broke: [false, false],
        }
    }

    /// The decision on this example by a profile.
    pub fn decide(&self, profile: Profile) -> (SignalRow, Decision) {
        let p = Params::of(profile);
        let reading = self.reading(&p);
        (reading, Rules::new(&p).decide(&reading))
    }
}
