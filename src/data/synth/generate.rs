//! The bars: a path of log prices through the episodes, cut into bars and rounded to the tick.

use super::chain::episodes;
use super::volatility::{BarVolatility, Clock, Volatility};
use super::volume::Volume;
use super::{Episode, Preset};
use crate::error::{Error, Result};
use crate::market::{Bars, Columns, parse_time};
use crate::random::Stream;

/// A synthetic history.
#[derive(Debug, Clone)]
pub struct Synthetic {
    /// The bars.
    pub bars: Bars,
    /// Code of the regime that generated each bar, one for each bar.
    pub truth: Vec<u8>,
}

/// Generates the history of `preset`.
///
/// # Errors
/// An unsound preset, and one whose prices leave the range of the tick on the way.
pub fn generate(preset: &Preset) -> Result<Synthetic> {
    preset.check(&preset.name)?;
    let start = parse_time(&preset.start).ok_or_else(|| Error::scenario(&preset.name, "start is no time"))?;
    let mut path = PricePath::new(preset);
    let mut volatility = Volatility::new(preset);
    let mut volume = Volume::new(preset);
    let (price, size) = (Grid::new(preset.tick), Grid::new(preset.lot));

    let n = preset.bars;
    let mut time = Vec::with_capacity(n);
    let [mut open, mut high, mut low, mut close, mut traded] = [(); 5].map(|()| Vec::with_capacity(n));
    let mut truth = Vec::with_capacity(n);
    for episode in episodes(preset) {
        let mut anchor = path.log_price;
        for i in episode.start..episode.start + episode.bars {
            let t = start + i as i64 * preset.timeframe.ms();
            let clock = Clock::at(t);
            let sd = volatility.bar(i, &episode, clock);
            let bar = path.bar(&episode, &mut anchor, sd);
            volatility.step(bar.shock);
            time.push(t);
            open.push(price.round(libm::exp(bar.open)));
            high.push(price.round(libm::exp(bar.high)));
            low.push(price.round(libm::exp(bar.low)));
            close.push(price.round(libm::exp(bar.close)));
            traded.push(size.round(volume.bar(preset.regimes.of(episode.regime), bar.high - bar.low, clock)));
            truth.push(episode.regime as u8);
        }
    }
    let columns = Columns {
        open_time: time.into(),
        open: open.into(),
        high: high.into(),
        low: low.into(),
        close: close.into(),
        volume: traded.into(),
    };
    let bars = Bars::new(preset.timeframe, columns).map_err(|fault| {
        Error::scenario(&preset.name, format!("bar {} of the history: {}", fault.row, fault.problem))
            .hint("lower the drift or the volatility, or take a finer tick")
    })?;
    Ok(Synthetic { bars, truth })
}

/// Multiples of a step. Rounding is monotone, so that it keeps the order of the prices of a bar.
struct Grid {
    step: f64,
    /// Steps in a unit, where that is a whole number: dividing by it gives the decimal nearest to the multiple.
    per_unit: Option<f64>,
}

impl Grid {
    fn new(step: f64) -> Self {
        let inverse = (1.0 / step).round();
        let whole = inverse >= 1.0 && (inverse * step - 1.0).abs() < 1e-9;
        Self { step, per_unit: whole.then_some(inverse) }
    }

    fn round(&self, x: f64) -> f64 {
        match self.per_unit {
            Some(k) => (x * k).round() / k,
            None => (x / self.step).round() * self.step,
        }
    }
}

/// One bar in natural logs of price.
struct LogBar {
    open: f64,
    high: f64,
    low: f64,
    close: f64,
    /// Movement over its standard deviation, drift and pull left out.
    shock: f64,
}

/// The log price and what moves it.
struct PricePath<'a> {
    preset: &'a Preset,
    log_price: f64,
    first: bool,
    steps: Stream,
    jumps: Stream,
    wicks: Stream,
    gaps: Stream,
}

impl<'a> PricePath<'a> {
    fn new(preset: &'a Preset) -> Self {
        let stream = |purpose| Stream::new(preset.seed, purpose, 0);
        Self {
            preset,
            log_price: libm::log(preset.start_price),
            first: true,
            steps: stream("synth step"),
            jumps: stream("synth jump"),
            wicks: stream("synth wick"),
            gaps: stream("synth gap"),
        }
    }

    /// The next bar of `episode`; `anchor` is the line that prices are pulled to, and moves on with the drift.
    fn bar(&mut self, episode: &Episode, anchor: &mut f64, volatility: BarVolatility) -> LogBar {
        let regime = self.preset.regimes.of(episode.regime);
        let (jumps, intrabar) = (&self.preset.jumps, &self.preset.intrabar);
        let sd = volatility.sd;
        let open = self.log_price + self.gap();
        let (jump_step, jump) = self.jump(regime.jump_rate, sd);
        let n = f64::from(intrabar.steps);
        let drift = episode.direction * regime.drift * volatility.base;
        let push = drift - regime.jump_rate * jumps.mean * sd;
        let step_sd = sd / libm::sqrt(n);
        let (mut x, mut high, mut low, mut moved) = (open, open, open, 0.0);
        for step in 0..intrabar.steps {
            let mut shock = step_sd * self.steps.normal();
            if step == jump_step {
                shock += jump;
            }
            moved += shock;
            x += (push - regime.reversion * (x - *anchor)) / n + shock;
            high = high.max(x);
            low = low.min(x);
        }
        high += self.wick(sd);
        low -= self.wick(sd);
        *anchor += drift;
        self.log_price = x;
        LogBar { open, high, low, close: x, shock: moved / sd }
    }

    /// Step and size of the bar's jump; the size is zero where there is none. Always three draws.
    fn jump(&mut self, rate: f64, sd: f64) -> (u32, f64) {
        let jumps = &self.preset.jumps;
        let happens = self.jumps.uniform() < rate;
        let step = self.jumps.below(self.preset.intrabar.steps as usize) as u32;
        let size = (jumps.mean + jumps.sd * self.jumps.normal()) * sd;
        (step, if happens { size } else { 0.0 })
    }

    /// Overshoot of one extreme: exponential.
    fn wick(&mut self, sd: f64) -> f64 {
        -self.preset.intrabar.wick * sd * libm::log(1.0 - self.wicks.uniform())
    }

    /// Log of the open over the last close: nothing on the first bar.
    fn gap(&mut self) -> f64 {
        let intrabar = &self.preset.intrabar;
        let happens = self.gaps.uniform() < intrabar.gap_share;
        let size = intrabar.gap_sd * self.gaps.normal();
        if std::mem::replace(&mut self.first, false) || !happens { 0.0 } else { size }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::preset;
    use super::*;

    #[test]
    fn grid_gives_the_nearest_decimal() {
        assert_eq!(Grid::new(0.01).round(29_374.149_9), 29_374.15);
        assert_eq!(Grid::new(0.00001).round(1.000_014), 1.00001);
        assert_eq!(Grid::new(0.25).round(10.13), 10.25);
        assert_eq!(Grid::new(5.0).round(12.4), 10.0);
        assert_eq!(Grid::new(0.3).round(1.0), 3.0 * 0.3);
    }

    #[test]
    fn same_preset_same_history() {
        let (a, b) = (generate(&preset()).unwrap(), generate(&preset()).unwrap());
        assert_eq!(a.truth, b.truth);
        for (x, y) in [(a.bars.close(), b.bars.close()), (a.bars.volume(), b.bars.volume())] {
            assert!(x.iter().zip(y).all(|(x, y)| x.to_bits() == y.to_bits()));
        }
        let mut other = preset();
        other.seed += 1;
        assert_ne!(generate(&other).unwrap().bars.close(), a.bars.close());
    }

    #[test]
    fn a_longer_history_begins_with_the_shorter_one() {
        let short = Preset { bars: 1_000, ..preset() };
        let (short, long) = (generate(&short).unwrap(), generate(&preset()).unwrap());
        assert_eq!(short.bars.close()[..900], long.bars.close()[..900]);
    }

    #[test]
    fn bars_join_and_are_on_the_tick() {
        let s = generate(&preset()).unwrap();
        let b = &s.bars;
        assert_eq!((b.len(), s.truth.len()), (preset().bars, preset().bars));
        for i in 0..b.len() {
            for p in [b.open()[i], b.high()[i], b.low()[i], b.close()[i]] {
                assert_eq!(p, (p * 100.0).round() / 100.0);
            }
            assert!(b.volume()[i] > 0.0);
            if i > 0 {
                assert_eq!(b.open_time()[i] - b.open_time()[i - 1], 3_600_000);
                assert!((b.open()[i] / b.close()[i - 1] - 1.0).abs() < 1e-3);
            }
        }
        assert_eq!(b.open()[0], preset().start_price);
    }

    #[test]
    fn a_price_below_the_tick_is_refused_with_its_bar() {
        let p = Preset { tick: 1e6, ..preset() };
        let e = generate(&p).unwrap_err().to_string();
        assert!(e.contains("bar 0 of the history: open must be a finite positive price"), "{e}");
    }
}
