//! Prices under a model of returns, with the path inside each bar drawn to fit.
//!
//! The return of a bar is the model's, exactly. Inside the bar, the steps are those of a Brownian bridge with the
//! volatility of the bar; between two steps, the highest and the lowest value are drawn from their distribution given the
//! two. So the high of a bar is that of the continuous path, and the low likewise, however few the steps.

use super::log_bar::LogBar;
use super::opening::OpeningGap;
use super::{GarchPreset, GbmPreset, HestonPreset, IntrabarPreset, MertonPreset, Process};
use crate::paths::{Garch, Gbm, Heston, HestonSteps, Merton};
use crate::random::Stream;

/// Mean range of a Brownian motion over a bar, in its standard deviations: `sqrt(8 / pi)`.
const MEAN_RANGE: f64 = 1.595_769_121_605_730_7;

/// A model of returns, per bar, with its state.
#[derive(Debug)]
enum Kernel {
    Gbm(Gbm),
    Merton {
        model: Merton,
        places: Box<Stream>,
    },
    Garch {
        model: Garch,
        /// Log of the expected growth of the price.
        growth: f64,
        variance: f64,
    },
    Heston {
        steps: HestonSteps,
        variance: f64,
    },
}

/// What the model says of one bar.
struct Move {
    /// Log return without the jump.
    smooth: f64,
    jump: f64,
    /// Number of the step at whose end the jump is.
    place: usize,
    /// Standard deviation of the path inside the bar.
    sd: f64,
}

impl Kernel {
    /// Symbol `index` under `process`, all of its volatility times `scale`; `None` where it is no model of returns.
    fn new(process: &Process, scale: f64, bars_per_year: f64, seed: u64, index: u64) -> Option<Self> {
        let dt = 1.0 / bars_per_year;
        Some(match *process {
            Process::Gbm(GbmPreset { drift, volatility }) => {
                let sd = volatility * scale * dt.sqrt();
                let model = Gbm { mean: 0.0, sd }.driftless();
                Self::Gbm(Gbm { mean: model.mean + drift * dt, ..model })
            }
            Process::Merton(MertonPreset { drift, volatility, jumps, jump_mean, jump_sd }) => {
                let sd = volatility * scale * dt.sqrt();
                let (jump_mean, jump_sd) = (jump_mean * scale, jump_sd * scale);
                let model = Merton { mean: 0.0, sd, intensity: jumps * dt, jump_mean, jump_sd }.driftless();
                let model = Merton { mean: model.mean + drift * dt, ..model };
                Self::Merton { model, places: Box::new(Stream::new(seed, "synth jump", index)) }
            }
            Process::Garch(GarchPreset { drift, volatility, alpha, gamma, beta }) => {
                let long_run = volatility * scale * (volatility * scale) * dt;
                let mut model =
                    Garch { mean: 0.0, omega: 0.0, alpha, gamma, beta, backcast: long_run, driftless: true };
                model.omega = long_run * (1.0 - model.persistence());
                Self::Garch { growth: drift * dt, variance: model.first_variance(), model }
            }
            Process::Heston(HestonPreset { drift, variance, theta, kappa, xi, rho }) => {
                let square = scale * scale;
                let model = Heston {
                    growth: drift * dt,
                    kappa: kappa * dt,
                    theta: theta * square * dt,
                    xi: xi * scale * dt,
                    rho,
                    start: variance * square * dt,
                };
                Self::Heston { steps: model.steps(), variance: model.start }
            }
            Process::Regimes(_) | Process::Dead => return None,
        })
    }

    /// The next bar: `shock` is the standard normal number of its return, `extra` are those of the process beside it.
    fn next(&mut self, shock: f64, extra: &[f64], steps: usize) -> Move {
        let smooth = |smooth: f64, sd: f64| Move { smooth, jump: 0.0, place: 0, sd };
        match self {
            Self::Gbm(m) => smooth(m.mean + m.sd * shock, m.sd),
            Self::Merton { model: m, places } => {
                let (k, place) = (m.jumps(uniform(extra[0])), places.below(steps));
                let jump = k * m.jump_mean + k.sqrt() * m.jump_sd * extra[1];
                Move { smooth: m.mean + m.sd * shock, jump, place, sd: m.sd }
            }
            Self::Garch { model, growth, variance } => {
                let (v, sd) = (*variance, variance.sqrt());
                *variance = model.next_variance(v, sd * shock);
                smooth(*growth - 0.5 * v + sd * shock, sd)
            }
            Self::Heston { steps, variance } => {
                let bar = steps.next(*variance, uniform(extra[0]));
                let sd = (0.5 * (*variance + bar.variance)).sqrt();
                *variance = bar.variance;
                smooth(bar.expected + bar.sd * shock, sd)
            }
        }
    }

    /// Standard deviation of the return of a bar in the long run, drift left out.
    fn long_run_sd(&self, process: &Process, scale: f64, bars_per_year: f64) -> f64 {
        match (self, process) {
            (Self::Gbm(m), _) => m.sd,
            (Self::Merton { model, .. }, _) => model.cumulants()[1].sqrt(),
            (Self::Garch { model, .. }, _) => model.backcast.sqrt(),
            (_, Process::Heston(p)) => scale * (p.theta / bars_per_year).sqrt(),
            _ => f64::NAN,
        }
    }
}

/// Uniform number in `(0, 1)` with the rank of the normal number `z`: so that what is drawn from uniform numbers can be
/// correlated between symbols like what is drawn from normal ones.
fn uniform(z: f64) -> f64 {
    // Beyond eight standard deviations there is no number below one left.
    (0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2)).min(1.0 - f64::EPSILON)
}

/// The log price of one symbol under a model.
#[derive(Debug)]
pub(super) struct Modelled<'a> {
    kernel: Kernel,
    intrabar: &'a IntrabarPreset,
    log_price: f64,
    /// Log range of a mean bar.
    pub(super) mean_range: f64,
    extremes: Stream,
    wicks: Stream,
    opening: OpeningGap<'a>,
}

/// Normal numbers a bar of `process` draws beside one for each step.
pub(super) fn extra_draws(process: &Process) -> usize {
    match process {
        Process::Merton(_) => 2,
        Process::Heston(_) => 1,
        _ => 0,
    }
}

impl<'a> Modelled<'a> {
    /// Symbol `index` before the first bar; `None` where `process` is no model of returns.
    pub fn new(
        process: &Process,
        intrabar: &'a IntrabarPreset,
        start_price: f64,
        scale: f64,
        bars_per_year: f64,
        seed: u64,
        index: u64,
    ) -> Option<Self> {
        let kernel = Kernel::new(process, scale, bars_per_year, seed, index)?;
        Some(Self {
            mean_range: MEAN_RANGE * kernel.long_run_sd(process, scale, bars_per_year),
            kernel,
            intrabar,
            log_price: libm::log(start_price),
            extremes: Stream::new(seed, "synth extreme", index),
            wicks: Stream::new(seed, "synth wick", index),
            opening: OpeningGap::new(intrabar, seed, index),
        })
    }

    /// The next bar, from one normal number a step and those of the process beside them.
    pub fn bar(&mut self, normals: &[f64]) -> LogBar {
        let steps = self.intrabar.steps as usize;
        let (shocks, extra) = normals.split_at(steps);
        let n = steps as f64;
        let sum: f64 = shocks.iter().sum();
        let m = self.kernel.next(sum / n.sqrt(), extra, steps);
        let open = self.log_price + self.opening.gap();
        let step_sd = m.sd / n.sqrt();
        let (mut from, mut partial, mut jumped) = (open, 0.0, 0.0);
        let (mut high, mut low) = (open, open);
        for (k, shock) in shocks.iter().enumerate() {
            let way = (k + 1) as f64 / n;
            // The last partial sum is the whole one, so that the bridge ends where the return does.
            partial = if k + 1 == steps { sum } else { partial + shock };
            let to = open + m.smooth * way + step_sd * (partial - way * sum) + jumped;
            high = high.max(self.beyond(from, to, step_sd, 1.0));
            low = low.min(self.beyond(from, to, step_sd, -1.0));
            if m.jump != 0.0 && k == m.place {
                jumped = m.jump;
                high = high.max(to + jumped);
                low = low.min(to + jumped);
                from = to + jumped;
            } else {
                from = to;
            }
        }
        if self.intrabar.wick > 0.0 {
            high += self.intrabar.overshoot(m.sd, &mut self.wicks);
            low -= self.intrabar.overshoot(m.sd, &mut self.wicks);
        }
        self.log_price = from;
        LogBar { open, high, low, close: from }
    }

    /// Highest value (`side` 1) or lowest (-1) of a Brownian motion from `from` to `to` with standard deviation `sd`.
    ///
    /// The maximum of a bridge exceeds `x` with probability `exp(-2 (x - from) (x - to) / sd^2)`; this is its quantile.
    fn beyond(&mut self, from: f64, to: f64, sd: f64, side: f64) -> f64 {
        let far = -2.0 * sd * sd * libm::log(1.0 - self.extremes.uniform());
        let x = 0.5 * (from + to + side * ((to - from) * (to - from) + far).sqrt());
        // Not inside the two by a rounding where the path does not vary.
        if side > 0.0 { x.max(from).max(to) } else { x.min(from).min(to) }
    }
}
