//! The preset: every number of a synthetic history, as the generator reads it.

use serde::Deserialize;

use super::Regime;
use super::event::EventPreset;
use crate::market::Timeframe;

/// All that determines a synthetic history. Equal presets give equal histories on any machine.
///
/// What is a year and what is a bar is said at each number; volatilities are of natural logs of price.
#[derive(Debug, Clone, PartialEq)]
pub struct Preset {
    /// Name of the preset.
    pub name: String,
    /// What moves prices.
    pub process: Process,
    /// Length of a bar.
    pub timeframe: Timeframe,
    /// Opening time of the first bar: a date, or a date and time, UTC.
    pub start: String,
    /// Number of bars, those of a closed market among them.
    pub bars: usize,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Days of a year, for the numbers that are of a year.
    pub days_per_year: f64,
    /// The symbols, at least one.
    pub symbols: Vec<SymbolPreset>,
    /// Correlation of the normal numbers that move the symbols: a row and a column a symbol.
    pub correlation: Vec<Vec<f64>>,
    /// The path inside a bar.
    pub intrabar: IntrabarPreset,
    /// Traded volume.
    pub volume: VolumePreset,
    /// What happens on top of the process.
    pub events: Vec<EventPreset>,
}

impl Preset {
    /// Bars of a year.
    pub fn bars_per_year(&self) -> f64 {
        self.timeframe.per_year(self.days_per_year)
    }

    /// The process that moves `symbol`: its own, or that of the preset.
    pub fn process_of<'a>(&'a self, symbol: &'a SymbolPreset) -> &'a Process {
        symbol.own.as_ref().unwrap_or(&self.process)
    }

    /// The names of the symbols.
    pub(super) fn symbol_names(&self) -> Vec<&str> {
        self.symbols.iter().map(|s| s.symbol.as_str()).collect()
    }
}

/// One symbol of a history.
#[derive(Debug, Clone, PartialEq)]
pub struct SymbolPreset {
    /// Symbol the history is modelled on, or any name.
    pub symbol: String,
    /// Opening price of the first bar.
    pub start_price: f64,
    /// Price step.
    pub tick: f64,
    /// Volume step, in units of the instrument.
    pub lot: f64,
    /// Factor on every volatility and every size of a jump.
    pub volatility_scale: f64,
    /// Factor on the level of volume.
    pub volume_scale: f64,
    /// Parameters of its own, of the same process as the preset.
    pub own: Option<Process>,
}

/// What moves prices.
#[derive(Debug, Clone, PartialEq)]
pub enum Process {
    /// Five regimes, which all symbols share; the only process with a truth.
    Regimes(Box<RegimesPreset>),
    /// Geometric Brownian motion.
    Gbm(GbmPreset),
    /// The same with jumps.
    Merton(MertonPreset),
    /// Volatility that clusters; with a `gamma` other than zero, more after a fall.
    Garch(GarchPreset),
    /// Volatility that wanders by itself.
    Heston(HestonPreset),
    /// Nothing: no price changes and nothing is traded.
    Dead,
}

impl Process {
    /// Its name in a preset.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Regimes(_) => "regimes",
            Self::Gbm(_) => "gbm",
            Self::Merton(_) => "merton",
            Self::Garch(g) if g.gamma == 0.0 => "garch",
            Self::Garch(_) => "gjr",
            Self::Heston(_) => "heston",
            Self::Dead => "dead",
        }
    }
}

/// Geometric Brownian motion.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GbmPreset {
    /// Log of the expected growth of the price, a year.
    pub drift: f64,
    /// Standard deviation of log returns, a year.
    pub volatility: f64,
}

/// Jump diffusion of Merton (1976).
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MertonPreset {
    /// Log of the expected growth of the price, jumps included, a year.
    pub drift: f64,
    /// Standard deviation of log returns without jumps, a year.
    pub volatility: f64,
    /// Expected number of jumps, a year.
    pub jumps: f64,
    /// Mean log size of a jump.
    pub jump_mean: f64,
    /// Standard deviation of the log size of a jump.
    pub jump_sd: f64,
}

/// GARCH(1,1) with normal shocks, and GJR-GARCH.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GarchPreset {
    /// Log of the expected growth of the price, a year.
    pub drift: f64,
    /// Long-run standard deviation of log returns, a year.
    pub volatility: f64,
    /// Weight of the last squared shock in the variance of a bar.
    pub alpha: f64,
    /// Further weight of the last squared shock where it was negative: of GJR-GARCH alone.
    #[serde(default)]
    pub gamma: f64,
    /// Weight of the last variance in the variance of a bar.
    pub beta: f64,
}

/// Stochastic volatility of Heston (1993).
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HestonPreset {
    /// Log of the expected growth of the price, a year.
    pub drift: f64,
    /// Variance of log returns at the start, a year.
    pub variance: f64,
    /// Long-run variance of log returns, a year.
    pub theta: f64,
    /// Speed at which the variance returns to `theta`, a year.
    pub kappa: f64,
    /// Volatility of the variance, a year.
    pub xi: f64,
    /// Correlation of price and variance.
    pub rho: f64,
}

/// Five regimes and how they follow one another. Rates and standard deviations are per bar.
#[derive(Debug, Clone, PartialEq)]
pub struct RegimesPreset {
    /// Regime of the first bar.
    pub first_regime: Regime,
    /// What each regime is like.
    pub regimes: PerRegime<RegimePreset>,
    /// Probability that an episode of the outer regime is followed by one of the inner regime.
    pub transitions: PerRegime<PerRegime<f64>>,
    /// The calm before a breakout.
    pub compression: CompressionPreset,
    /// How volatility moves around the level of the regime.
    pub volatility: VolatilityPreset,
    /// Sizes of jumps.
    pub jumps: JumpPreset,
}

/// One value for each regime, under its name.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "SCREAMING_SNAKE_CASE")]
pub struct PerRegime<T> {
    /// Value of [`Regime::Trending`].
    pub trending: T,
    /// Value of [`Regime::Sideways`].
    pub sideways: T,
    /// Value of [`Regime::HighVolatility`].
    pub high_volatility: T,
    /// Value of [`Regime::Breakout`].
    pub breakout: T,
    /// Value of [`Regime::Quiet`].
    pub quiet: T,
}

impl<T> PerRegime<T> {
    /// The value of `regime`.
    pub fn of(&self, regime: Regime) -> &T {
        match regime {
            Regime::Trending => &self.trending,
            Regime::Sideways => &self.sideways,
            Regime::HighVolatility => &self.high_volatility,
            Regime::Breakout => &self.breakout,
            Regime::Quiet => &self.quiet,
        }
    }
}

/// One regime as a generating process.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegimePreset {
    /// Root-mean-square of the diffusive log return of a bar.
    pub volatility: f64,
    /// Bars in which volatility and volume cover 63 % of the way from the last regime's level to this one's.
    pub settle: f64,
    /// Size of the drift of a bar in units of `volatility`; its sign is a fair coin thrown once an episode.
    pub drift: f64,
    /// Share of the distance to the anchor that is taken back in a bar. The anchor is the price at the episode's start,
    /// and moves with the drift.
    pub reversion: f64,
    /// Probability of a jump in a bar.
    pub jump_rate: f64,
    /// Factor on volume beyond what the movement brings.
    pub volume: f64,
    /// Shortest episode, bars.
    pub dwell_min: u32,
    /// Mean length of an episode, bars; beyond the shortest, lengths are geometric.
    pub dwell_mean: f64,
}

/// The calm before a breakout: it foretells a movement, never its direction.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompressionPreset {
    /// Last bars of an episode that ends in a breakout.
    pub bars: u32,
    /// Factor on volatility in these bars.
    pub factor: f64,
}

/// How volatility moves around the level of the regime, in natural logs.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VolatilityPreset {
    /// Share of the slow component that is left after a bar.
    pub slow_persistence: f64,
    /// Stationary standard deviation of the slow component.
    pub slow_sd: f64,
    /// Share of the fast component that is left after a bar.
    pub fast_persistence: f64,
    /// Weight of the size of the last shock on the fast component (the ARCH effect).
    pub fast_shock: f64,
    /// Standard deviation of the fast component's own innovation.
    pub fast_sd: f64,
    /// Standard deviation of the noise of a single bar: the mixing that makes tails fat.
    pub bar_sd: f64,
    /// Factor on Saturdays and Sundays.
    pub weekend: f64,
    /// Factor of each hour of the day, UTC.
    pub hours: [f64; 24],
}

/// Sizes of jumps, in standard deviations of the bar they fall into.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JumpPreset {
    /// Mean size; a drift against it keeps the expected log return at zero.
    pub mean: f64,
    /// Standard deviation of the size.
    pub sd: f64,
}

/// The path inside a bar. By default four steps and nothing else.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntrabarPreset {
    /// Steps of the path from open to close.
    pub steps: u32,
    /// Mean overshoot of each extreme beyond the path, in standard deviations of the bar.
    pub wick: f64,
    /// Share of bars that open off the last close.
    pub gap_share: f64,
    /// Standard deviation of the log of such a gap.
    pub gap_sd: f64,
}

impl Default for IntrabarPreset {
    fn default() -> Self {
        Self { steps: 4, wick: 0.0, gap_share: 0.0, gap_sd: 0.0 }
    }
}

/// Traded volume. By default it answers to nothing: every bar has the volume `level`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VolumePreset {
    /// Volume of a bar with the movement of `reference_range`, all else at 1, in units of the instrument.
    pub level: f64,
    /// Log range of a bar that has the volume `level`; by default the mean range of a bar of the model's own long-run
    /// volatility, which regimes do not have.
    pub reference_range: Option<f64>,
    /// Exponent of the response to the log range of the bar.
    pub response: f64,
    /// Share of the slow component that is left after a bar.
    pub slow_persistence: f64,
    /// Stationary standard deviation of the slow component.
    pub slow_sd: f64,
    /// Share of the noise that is left after a bar.
    pub noise_persistence: f64,
    /// Stationary standard deviation of the noise.
    pub noise_sd: f64,
    /// Factor on Saturdays and Sundays.
    pub weekend: f64,
    /// Factor of each hour of the day, UTC.
    pub hours: [f64; 24],
}

impl Default for VolumePreset {
    fn default() -> Self {
        Self {
            level: 1000.0,
            reference_range: None,
            response: 0.0,
            slow_persistence: 0.0,
            slow_sd: 0.0,
            noise_persistence: 0.0,
            noise_sd: 0.0,
            weekend: 1.0,
            hours: [1.0; 24],
        }
    }
}
