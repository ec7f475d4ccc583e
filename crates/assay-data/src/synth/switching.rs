//! Prices under regimes: drift, pull, jumps and a volatility that each regime sets.

use super::log_bar::LogBar;
use super::opening::OpeningGap;
use super::volatility::{BarVolatility, Volatility, VolatilityClock};
use super::{Episode, IntrabarPreset, RegimePreset, RegimesPreset};
use crate::random::Stream;

/// The log price of one symbol through the episodes, and what moves it.
#[derive(Debug)]
pub(super) struct Switching<'a> {
    preset: &'a RegimesPreset,
    intrabar: &'a IntrabarPreset,
    episodes: &'a [Episode],
    /// Episode of the next bar.
    at: usize,
    /// The line that prices are pulled to.
    anchor: f64,
    log_price: f64,
    volatility: Volatility<'a>,
    jumps: Stream,
    wicks: Stream,
    opening: OpeningGap<'a>,
}

impl<'a> Switching<'a> {
    /// Symbol `index` before the first bar; `scale` is a factor on volatility.
    pub fn new(
        preset: &'a RegimesPreset,
        intrabar: &'a IntrabarPreset,
        episodes: &'a [Episode],
        start_price: f64,
        scale: f64,
        seed: u64,
        index: u64,
    ) -> Self {
        let log_price = libm::log(start_price);
        Self {
            preset,
            intrabar,
            episodes,
            at: 0,
            anchor: log_price,
            log_price,
            volatility: Volatility::new(preset, scale, seed),
            jumps: Stream::new(seed, "synth jump", index),
            wicks: Stream::new(seed, "synth wick", index),
            opening: OpeningGap::new(intrabar, seed, index),
        }
    }

    /// Bar `i`, the next one, at `clock`, moved by one normal number a step; and the regime it is under.
    pub fn bar(&mut self, i: usize, clock: VolatilityClock, shocks: &[f64]) -> (LogBar, &'a RegimePreset) {
        let mut episode = &self.episodes[self.at];
        if i >= episode.start + episode.bars {
            self.at += 1;
            episode = &self.episodes[self.at];
            self.anchor = self.log_price;
        }
        let sd = self.volatility.bar(i, episode, clock);
        let regime = self.preset.regimes.of(episode.regime);
        let (bar, shock) = self.path(regime, episode.direction, sd, shocks);
        self.volatility.step(shock);
        (bar, regime)
    }

    /// A bar, and its movement over its standard deviation, drift and pull left out.
    fn path(
        &mut self,
        regime: &RegimePreset,
        direction: f64,
        volatility: BarVolatility,
        shocks: &[f64],
    ) -> (LogBar, f64) {
        let sd = volatility.sd;
        let open = self.log_price + self.opening.gap();
        let (jump_step, jump) = self.jump(regime.jump_rate, sd);
        let n = f64::from(self.intrabar.steps);
        let drift = direction * regime.drift * volatility.base;
        let push = drift - regime.jump_rate * self.preset.jumps.mean * sd;
        let step_sd = sd / libm::sqrt(n);
        let (mut x, mut high, mut low, mut moved) = (open, open, open, 0.0);
        for (step, normal) in shocks.iter().enumerate() {
            let mut shock = step_sd * normal;
            if step == jump_step {
                shock += jump;
            }
            moved += shock;
            x += (push - regime.reversion * (x - self.anchor)) / n + shock;
            high = high.max(x);
            low = low.min(x);
        }
        high += self.intrabar.overshoot(sd, &mut self.wicks);
        low -= self.intrabar.overshoot(sd, &mut self.wicks);
        self.anchor += drift;
        self.log_price = x;
        (LogBar { open, high, low, close: x }, moved / sd)
    }

    /// Step and size of the bar's jump; the size is zero where there is none. Always three draws.
    fn jump(&mut self, rate: f64, sd: f64) -> (usize, f64) {
        let jumps = &self.preset.jumps;
        let happens = self.jumps.uniform() < rate;
        let step = self.jumps.below(self.intrabar.steps as usize);
        let size = (jumps.mean + jumps.sd * self.jumps.normal()) * sd;
        (step, if happens { size } else { 0.0 })
    }
}

impl IntrabarPreset {
    /// Overshoot of one extreme of a bar with standard deviation `sd`: exponential.
    pub(super) fn overshoot(&self, sd: f64, wicks: &mut Stream) -> f64 {
        -self.wick * sd * libm::log(1.0 - wicks.uniform())
    }
}
