//! Knobs of the crossover.

use crate::choices;
use crate::error::Violation;
use crate::params;
use crate::system::targets::{Distances, TrailOn};

choices! {
    /// Which moving average.
    pub enum Average {
        /// Simple.
        Sma = "sma",
        /// Exponential.
        Ema = "ema",
    }

    /// Which sides are traded.
    pub enum Sides {
        /// Long and short.
        Both = "both",
        /// Long, else flat.
        Long = "long",
        /// Short, else flat.
        Short = "short",
    }
}

params! {
    /// Two moving averages of the close: long where the fast one is above the slow one, short where it is
    /// below.
    pub struct MaCross {
        /// Bars of the fast average.
        "fast" => fast: usize = 20, 1..=100000;
        /// Bars of the slow average.
        "slow" => slow: usize = 100, 2..=100000;
        /// Kind of both averages.
        "average" => average: Average = Average::Sma;
        /// Which sides are traded; a cross to the other side closes.
        "sides" => sides: Sides = Sides::Both;
        /// Share of equity put into a position.
        "size" => size: f64 = 1.0, 0.0001..=1;
        /// Distance of the stop from the fill, percent of the close that decided; none is no stop.
        "stop_percent" => stop_percent: Option<f64> = None, 0.001..=99;
        /// Distance of the target from the fill, percent of the close that decided; none is no target.
        "target_percent" => target_percent: Option<f64> = None, 0.001..=10000;
        /// Distance the stop trails behind the best price, percent of it; none is no trailing.
        "trail_percent" => trail_percent: Option<f64> = None, 0.001..=99;
        /// Distance of the stop from the fill, average true ranges (14) of the bar that decided; none is no
        /// stop.
        "stop_atr" => stop_atr: Option<f64> = None, 0.001..=1000;
        /// Distance of the target from the fill, average true ranges (14) of the bar that decided; none is no
        /// target.
        "target_atr" => target_atr: Option<f64> = None, 0.001..=1000;
        /// Distance the stop trails behind the best price, average true ranges (14) of the bar that decided;
        /// none is no trailing.
        "trail_atr" => trail_atr: Option<f64> = None, 0.001..=1000;
        /// Profit from which on the stop trails, percent of the fill; none is from the fill on.
        "trail_from_percent" => trail_from_percent: Option<f64> = None, 0.001..=10000;
        /// Profit from which on the stop trails, average true ranges (14) of the bar that decided; none is
        /// from the fill on.
        "trail_from_atr" => trail_from_atr: Option<f64> = None, 0.001..=1000;
        /// What the trailing stop follows.
        "trail_on" => trail_on: TrailOn = TrailOn::Close;
    }
}

impl MaCross {
    /// Its stop, target and trail.
    pub fn distances(&self) -> Distances {
        Distances {
            percent: [self.stop_percent, self.target_percent, self.trail_percent, self.trail_from_percent],
            in_atr: [self.stop_atr, self.target_atr, self.trail_atr, self.trail_from_atr],
            trail_on: self.trail_on,
        }
    }

    /// Rules between parameters, each violation in words.
    pub fn conflicts(&self) -> Vec<Violation> {
        let mut out = self.distances().conflicts();
        if self.fast >= self.slow {
            out.push(Violation::new(
                "params.fast",
                format!("must be below params.slow, was {} against {}", self.fast, self.slow),
            ));
        }
        out
    }
}
