//! The preset: every number of a synthetic history, read from a TOML file. There are no defaults.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::market::Timeframe;
use crate::regime::Regime;

/// All that determines a synthetic history. Equal presets give equal histories on any machine.
///
/// Rates and standard deviations are per bar, volatilities are of natural logs of price.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// Name of the preset.
    pub name: String,
    /// Symbol the history is modelled on.
    pub symbol: String,
    /// Length of a bar.
    pub timeframe: Timeframe,
    /// Opening time of the first bar: a date, or a date and time, UTC.
    pub start: String,
    /// Number of bars.
    pub bars: usize,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Opening price of the first bar.
    pub start_price: f64,
    /// Price step.
    pub tick: f64,
    /// Volume step, in units of the instrument.
    pub lot: f64,
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
    /// The path inside a bar.
    pub intrabar: IntrabarPreset,
    /// Traded volume.
    pub volume: VolumePreset,
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

/// The path inside a bar.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
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

/// Traded volume.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VolumePreset {
    /// Volume of a bar with the movement of `reference_range`, all else at 1, in units of the instrument.
    pub level: f64,
    /// Log range of a bar that has the volume `level`.
    pub reference_range: f64,
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

impl Preset {
    /// Reads and validates the preset in the file at `path`.
    ///
    /// # Errors
    /// A file that cannot be read, text that is no preset (an unknown or missing key, a wrong type) and values against
    /// the rules; all of the latter at once.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        Self::read_with_text(path.as_ref()).map(|(preset, _)| preset)
    }

    /// The preset in the file at `path`, and the file's text with line ends of one byte.
    pub(super) fn read_with_text(path: &Path) -> Result<(Self, String)> {
        let place = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|e| {
            Error::scenario(&place, format!("cannot be read: {e}"))
                .hint("name a preset; datasets/btcusdt-1h-synthetic.toml is an example")
        })?;
        Ok((Self::parse(&place, &text)?, text))
    }

    /// Reads and validates the preset in `text`, which is called `place` in errors.
    ///
    /// # Errors
    /// As [`Preset::read`].
    pub fn parse(place: &str, text: &str) -> Result<Self> {
        let preset: Self = toml::from_str(text).map_err(|e| {
            Error::scenario(place, e.to_string().trim_end()).hint(
                "every key of a preset must be given, and no other; compare with \
                 datasets/btcusdt-1h-synthetic.toml",
            )
        })?;
        preset.check(place)?;
        Ok(preset)
    }
}
