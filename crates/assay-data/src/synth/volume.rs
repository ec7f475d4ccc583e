//! Volume: a level, the clock, a response to the movement of the bar and to the regime, and persistent noise.

use super::volatility::{VolatilityClock, innovation, settle};
use super::{RegimePreset, VolumePreset};
use crate::random::Stream;

/// Smallest log range that volume responds to, so that a bar without movement still trades.
const LEAST_RANGE: f64 = 1e-4;

/// Log volume as a process.
#[derive(Debug)]
pub(super) struct Volume<'a> {
    preset: &'a VolumePreset,
    level: f64,
    reference_range: f64,
    regime: f64,
    slow: f64,
    noise: f64,
    slow_stream: Stream,
    noise_stream: Stream,
}

impl<'a> Volume<'a> {
    /// The process of symbol `index` at the start of the history, `first` its regime if it has one. `scale` is a factor
    /// on the level, and a bar of the log range `reference_range` has the level.
    pub fn new(
        preset: &'a VolumePreset,
        scale: f64,
        reference_range: f64,
        first: Option<&RegimePreset>,
        seed: u64,
        index: u64,
    ) -> Self {
        let mut slow_stream = Stream::new(seed, "synth slow volume", index);
        let mut noise_stream = Stream::new(seed, "synth volume", index);
        Self {
            level: preset.level * scale,
            reference_range,
            regime: first.map_or(0.0, |r| libm::log(r.volume)),
            slow: preset.slow_sd * slow_stream.normal(),
            noise: preset.noise_sd * noise_stream.normal(),
            slow_stream,
            noise_stream,
            preset,
        }
    }

    /// Volume of the next bar, which has the log range `range`.
    pub fn bar(&mut self, regime: Option<&RegimePreset>, range: f64, clock: VolatilityClock) -> f64 {
        let v = self.preset;
        if let Some(regime) = regime {
            self.regime += settle(regime.settle) * (libm::log(regime.volume) - self.regime);
        }
        let movement = v.response * libm::log(range.max(LEAST_RANGE) / self.reference_range);
        let mut volume =
            self.level * v.hours[clock.hour] * libm::exp(movement + self.regime + self.slow + self.noise);
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
