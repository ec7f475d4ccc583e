//! Knobs of the systems that want positions.

use super::trader::Brackets;
use crate::choices;
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
        /// Distance the stop trails behind the best close, percent of the close that decided; none is no trailing.
        "trail_percent" => trail_percent: Option<f64> = None, 0.001..=99;
    }
}

params! {
    /// Positions from a file, and what is to be known about them.
    pub struct Signals {
        /// CSV or Parquet file with a column of times and one named position, target or signal; relative to the project root.
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
        /// Distance the stop trails behind the best close, percent of the close that decided; none is no trailing.
        "trail_percent" => trail_percent: Option<f64> = None, 0.001..=99;
    }
}

impl MaCross {
    /// Its stop, target and trail.
    pub fn brackets(&self) -> Brackets {
        Brackets { stop: self.stop_percent, target: self.target_percent, trail: self.trail_percent }
    }

    /// Rules between parameters, each violation in words.
    pub fn conflicts(&self) -> Vec<String> {
        if self.fast < self.slow {
            return vec![];
        }
        vec![format!("params.fast must be below params.slow, was {} against {}", self.fast, self.slow)]
    }
}

impl Signals {
    /// Its stop, target and trail.
    pub fn brackets(&self) -> Brackets {
        Brackets { stop: self.stop_percent, target: self.target_percent, trail: self.trail_percent }
    }

    /// Rules that single ranges cannot say.
    pub fn conflicts(&self) -> Vec<String> {
        if self.file.is_empty() {
            return vec!["params.file must name a CSV or Parquet file of positions".to_owned()];
        }
        vec![]
    }
}
