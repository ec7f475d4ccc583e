//! Knobs of the systems that want positions.

use super::trader::Brackets;
use crate::choices;
use crate::execution::Follow;
use crate::features::FeatureCache;
use crate::params;

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

    /// What a trailing stop follows.
    pub enum TrailOn {
        /// The best close, from the first one better than the fill on.
        Close = "close",
        /// The best price of bars that have closed.
        Extreme = "extreme",
        /// The best price so far on the path inside the bar.
        Path = "path",
    }

    /// What a position of 1 is.
    pub enum Unit {
        /// All of the equity at the close of the decision.
        Equity = "equity",
        /// One unit of the instrument.
        Units = "units",
    }

    /// Which edge of a bar the time of a position marks: the bar whose close decided it.
    pub enum Stamp {
        /// Its open, as most bars are labelled.
        Open = "open",
        /// Its close, when the position was known.
        Close = "close",
    }
}

params! {
    /// Two moving averages of the close: long where the fast one is above the slow one, short where it is below.
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
        /// Distance of the stop from the fill, average true ranges (14) of the bar that decided; none is no stop.
        "stop_atr" => stop_atr: Option<f64> = None, 0.001..=1000;
        /// Distance of the target from the fill, average true ranges (14) of the bar that decided; none is no target.
        "target_atr" => target_atr: Option<f64> = None, 0.001..=1000;
        /// Distance the stop trails behind the best price, average true ranges (14) of the bar that decided; none is no trailing.
        "trail_atr" => trail_atr: Option<f64> = None, 0.001..=1000;
        /// What the trailing stop follows.
        "trail_on" => trail_on: TrailOn = TrailOn::Close;
    }
}

params! {
    /// Positions from a file, and what is to be known about them.
    pub struct Signals {
        /// CSV or Parquet file of positions (a column of times and one named position, target or signal) or of orders (a column named order); relative to the project root.
        "file" => file: String = String::new();
        /// Which edge of the deciding bar its times mark.
        "stamp" => stamp: Stamp = Stamp::Open;
        /// What a position of 1 is.
        "unit" => unit: Unit = Unit::Equity;
        /// Positions are multiplied by it.
        "size" => size: f64 = 1.0, 0.000001..=1000000;
        /// Distance of the stop from the fill, percent of the close that decided; none is no stop.
        "stop_percent" => stop_percent: Option<f64> = None, 0.001..=99;
        /// Distance of the target from the fill, percent of the close that decided; none is no target.
        "target_percent" => target_percent: Option<f64> = None, 0.001..=10000;
        /// Distance the stop trails behind the best price, percent of it; none is no trailing.
        "trail_percent" => trail_percent: Option<f64> = None, 0.001..=99;
        /// Distance of the stop from the fill, average true ranges (14) of the bar that decided; none is no stop.
        "stop_atr" => stop_atr: Option<f64> = None, 0.001..=1000;
        /// Distance of the target from the fill, average true ranges (14) of the bar that decided; none is no target.
        "target_atr" => target_atr: Option<f64> = None, 0.001..=1000;
        /// Distance the stop trails behind the best price, average true ranges (14) of the bar that decided; none is no trailing.
        "trail_atr" => trail_atr: Option<f64> = None, 0.001..=1000;
        /// What the trailing stop follows.
        "trail_on" => trail_on: TrailOn = TrailOn::Close;
    }
}

impl MaCross {
    /// Whether it has a stop, a target or a trail.
    pub fn has_brackets(&self) -> bool {
        let all = [
            self.stop_percent,
            self.target_percent,
            self.trail_percent,
            self.stop_atr,
            self.target_atr,
            self.trail_atr,
        ];
        all.iter().any(Option::is_some)
    }

    /// Its stop, target and trail.
    pub fn brackets(&self, cache: &FeatureCache) -> Brackets {
        Brackets {
            stop: self.stop_percent,
            target: self.target_percent,
            trail: self.trail_percent,
            in_atr: [self.stop_atr, self.target_atr, self.trail_atr],
            follow: self.trail_on.follow(),
            ..Brackets::default()
        }
        .with_atr(cache)
    }

    /// Rules between parameters, each violation in words.
    pub fn conflicts(&self) -> Vec<String> {
        let mut out = twice(&[
            ("stop", self.stop_percent, self.stop_atr),
            ("target", self.target_percent, self.target_atr),
            ("trail", self.trail_percent, self.trail_atr),
        ]);
        if self.fast >= self.slow {
            out.push(format!(
                "params.fast must be below params.slow, was {} against {}",
                self.fast, self.slow
            ));
        }
        out
    }
}

impl Signals {
    /// Its stop, target and trail.
    pub fn brackets(&self, cache: &FeatureCache) -> Brackets {
        Brackets {
            stop: self.stop_percent,
            target: self.target_percent,
            trail: self.trail_percent,
            in_atr: [self.stop_atr, self.target_atr, self.trail_atr],
            follow: self.trail_on.follow(),
            ..Brackets::default()
        }
        .with_atr(cache)
    }

    /// Rules that single ranges cannot say.
    pub fn conflicts(&self) -> Vec<String> {
        let mut out = twice(&[
            ("stop", self.stop_percent, self.stop_atr),
            ("target", self.target_percent, self.target_atr),
            ("trail", self.trail_percent, self.trail_atr),
        ]);
        if self.file.is_empty() {
            out.push("params.file must name a CSV or Parquet file of positions or orders".to_owned());
        }
        out
    }
}

/// Distances given in both units.
fn twice(distances: &[(&str, Option<f64>, Option<f64>)]) -> Vec<String> {
    let both = distances.iter().filter(|(_, a, b)| a.is_some() && b.is_some());
    both.map(|(n, ..)| format!("params.{n}_atr must be left out where params.{n}_percent is given")).collect()
}

impl TrailOn {
    /// The same for the loop.
    pub fn follow(self) -> Follow {
        match self {
            Self::Close => Follow::Close,
            Self::Extreme => Follow::Extreme,
            Self::Path => Follow::Path,
        }
    }
}
