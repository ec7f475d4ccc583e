//! Volatility: the level of the regime, a slow and a fast component around it, the clock, and the noise of the bar.

use super::{Episode, RegimesPreset};
use crate::random::Stream;

/// Mean of the absolute value of a standard normal variate, `sqrt(2 / pi)`.
const MEAN_ABS_NORMAL: f64 = 0.797_884_560_802_865_4;

/// Where a bar stands in time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct VolatilityClock {
    /// Hour of the day, 0 to 23, UTC.
    pub hour: usize,
    /// Whether it is Saturday or Sunday.
    pub weekend: bool,
}

impl VolatilityClock {
    /// The clock at `time_ms`.
    pub fn at(time_ms: i64) -> Self {
        let hours = time_ms.div_euclid(3_600_000);
        // 1970-01-01 was a Thursday: day 2 since then was a Saturday.
        let day = hours.div_euclid(24).rem_euclid(7);
        Self { hour: hours.rem_euclid(24) as usize, weekend: day == 2 || day == 3 }
    }
}

/// Volatility of one bar.
#[derive(Debug, Clone, Copy)]
pub(super) struct BarVolatility {
    /// Level of regime and slow component: the unit of drift.
    pub base: f64,
    /// All components: the standard deviation of the diffusive log return of the bar.
    pub sd: f64,
}

/// Log volatility as a process. Squares of the components average to one, so that a regime's `volatility` is the
/// root-mean-square it says.
#[derive(Debug)]
pub(super) struct Volatility<'a> {
    preset: &'a RegimesPreset,
    scale: f64,
    level: f64,
    slow: f64,
    fast: f64,
    slow_noise: Stream,
    fast_noise: Stream,
    bar_noise: Stream,
}

impl<'a> Volatility<'a> {
    /// The process at the start of the history; `scale` is a factor on all of it. Its own noise is that of the market,
    /// the same for every symbol, like the regimes.
    pub fn new(preset: &'a RegimesPreset, scale: f64, seed: u64) -> Self {
        let stream = |purpose| Stream::new(seed, purpose, 0);
        let mut slow_noise = stream("synth slow volatility");
        Self {
            level: libm::log(preset.regimes.of(preset.first_regime).volatility),
            slow: preset.volatility.slow_sd * slow_noise.normal(),
            fast: 0.0,
            slow_noise,
            fast_noise: stream("synth fast volatility"),
            bar_noise: stream("synth bar volatility"),
            preset,
            scale,
        }
    }

    /// Volatility of bar `i`, which is in `episode`, at `clock`.
    pub fn bar(&mut self, i: usize, episode: &Episode, clock: VolatilityClock) -> BarVolatility {
        let v = &self.preset.volatility;
        let regime = self.preset.regimes.of(episode.regime);
        self.level += settle(regime.settle) * (libm::log(regime.volatility) - self.level);
        let base = libm::exp(self.level + self.slow - v.slow_sd * v.slow_sd);
        let noise = v.bar_sd * self.bar_noise.normal() - v.bar_sd * v.bar_sd;
        let mut sd = base * libm::exp(self.fast - self.fast_variance() + noise) * v.hours[clock.hour];
        if clock.weekend {
            sd *= v.weekend;
        }
        let left = episode.start + episode.bars - i;
        if episode.before_breakout && left <= self.preset.compression.bars as usize {
            sd *= self.preset.compression.factor;
        }
        BarVolatility { base: base * self.scale, sd: sd * self.scale }
    }

    /// Moves on after a bar whose standardised return was `shock`.
    pub fn step(&mut self, shock: f64) {
        let v = &self.preset.volatility;
        self.slow = v.slow_persistence * self.slow
            + innovation(v.slow_persistence, v.slow_sd) * self.slow_noise.normal();
        self.fast = v.fast_persistence * self.fast
            + v.fast_shock * (shock.abs() - MEAN_ABS_NORMAL)
            + v.fast_sd * self.fast_noise.normal();
    }

    /// Stationary variance of the fast component under normal shocks.
    fn fast_variance(&self) -> f64 {
        let v = &self.preset.volatility;
        let shock = v.fast_shock * v.fast_shock * (1.0 - MEAN_ABS_NORMAL * MEAN_ABS_NORMAL);
        (shock + v.fast_sd * v.fast_sd) / (1.0 - v.fast_persistence * v.fast_persistence)
    }
}

/// Share of the way to a new level that one bar covers, where 63 % are covered in `bars` bars.
pub(super) fn settle(bars: f64) -> f64 {
    1.0 - libm::exp(-1.0 / bars)
}

/// Standard deviation of the innovation of a first-order autoregression with stationary deviation `sd`.
pub(super) fn innovation(persistence: f64, sd: f64) -> f64 {
    sd * libm::sqrt(1.0 - persistence * persistence)
}

#[cfg(test)]
mod tests {
    use super::super::tests::regimes;
    use super::*;
    use crate::market::parse_time;

    #[test]
    fn clock_knows_hours_and_weekends() {
        let at = |text| VolatilityClock::at(parse_time(text).unwrap());
        assert_eq!(at("2021-01-01 13:59"), VolatilityClock { hour: 13, weekend: false });
        assert_eq!(at("2021-01-02 00:00"), VolatilityClock { hour: 0, weekend: true });
        assert_eq!(at("2021-01-03 23:00"), VolatilityClock { hour: 23, weekend: true });
        assert_eq!(at("2021-01-04 00:00"), VolatilityClock { hour: 0, weekend: false });
        assert_eq!(at("1969-12-28 12:00"), VolatilityClock { hour: 12, weekend: true });
    }

    #[test]
    fn mean_square_is_the_level_squared() {
        let mut p = regimes();
        p.volatility.weekend = 1.0;
        p.volatility.hours = [1.0; 24];
        p.volatility.slow_persistence = 0.9;
        let episode = Episode {
            regime: p.first_regime,
            start: 0,
            bars: usize::MAX,
            direction: 1.0,
            before_breakout: false,
        };
        let level = p.regimes.of(p.first_regime).volatility;
        let mut process = Volatility::new(&p, 2.0, 30);
        let mut shocks = Stream::new(3, "test", 0);
        let n = 400_000;
        let mut sum = 0.0;
        for i in 0..n {
            let sd = process.bar(i, &episode, VolatilityClock { hour: 0, weekend: false }).sd;
            sum += sd * sd;
            process.step(shocks.normal());
        }
        let ratio = libm::sqrt(sum / n as f64) / (2.0 * level);
        assert!((ratio - 1.0).abs() < 0.03, "{ratio}");
    }
}
