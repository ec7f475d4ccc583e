//! Volume: a level, the clock, a response to the movement of the bar and to the regime, and persistent noise.

use super::volatility::{Clock, innovation, settle};
use super::{Preset, RegimePreset};
use crate::random::Stream;

/// Smallest log range that volume responds to, so that a bar without movement still trades.
const LEAST_RANGE: f64 = 1e-4;

/// Log volume as a process.
pub(super) struct Volume<'a> {
    preset: &'a Preset,
    regime: f64,
    slow: f64,
    noise: f64,
    slow_stream: Stream,
    noise_stream: Stream,
}

impl<'a> Volume<'a> {
    /// The process at the start of the history.
    pub fn new(preset: &'a Preset) -> Self {
        let mut slow_stream = Stream::new(preset.seed, "synth slow volume", 0);
        let mut noise_stream = Stream::new(preset.seed, "synth volume", 0);
        Self {
            regime: libm::log(preset.regimes.of(preset.first_regime).volume),
            slow: preset.volume.slow_sd * slow_stream.normal(),
            noise: preset.volume.noise_sd * noise_stream.normal(),
            slow_stream,
            noise_stream,
            preset,
        }
    }

    /// Volume of the next bar, which has the log range `range`.
    pub fn bar(&mut self, regime: &RegimePreset, range: f64, clock: Clock) -> f64 {
        let v = &self.preset.volume;
        self.regime += settle(regime.settle) * (libm::log(regime.volume) - self.regime);
        let movement = v.response * libm::log(range.max(LEAST_RANGE) / v.reference_range);
        let mut volume =
            v.level * v.hours[clock.hour] * libm::exp(movement + self.regime + self.slow + self.noise);
        if clock.weekend {
            volume *= v.weekend;
        }
        self.slow = v.slow_persistence * self.slow
            + innovation(v.slow_persistence, v.slow_sd) * self.slow_stream.normal();
        self.noise = v.noise_persistence * self.noise
            + innovation(v.noise_persistence, v.noise_sd) * self.noise_stream.normal();
        volume
    }
}
