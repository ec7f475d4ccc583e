//! Knobs of positions and orders from a file.

use crate::choices;
use crate::error::Violation;
use crate::params;
use crate::system::targets::{Distances, TrailOn, Unit};

choices! {
    /// Which edge of a bar the time of a position marks: the bar whose close decided it.
    pub enum Stamp {
        /// Its open, as most bars are labelled.
        Open = "open",
        /// Its close, when the position was known.
        Close = "close",
    }
}

params! {
    /// Positions from a file, and what is to be known about them.
    pub struct Signals {
        /// CSV or Parquet file of positions (a column of times and one named position, target or signal) or
        /// of orders (a column named order); relative to the project root.
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

impl Signals {
    /// Its stop, target and trail.
    pub fn distances(&self) -> Distances {
        Distances {
            percent: [self.stop_percent, self.target_percent, self.trail_percent, self.trail_from_percent],
            in_atr: [self.stop_atr, self.target_atr, self.trail_atr, self.trail_from_atr],
            trail_on: self.trail_on,
        }
    }

    /// Rules that single ranges cannot say.
    pub fn conflicts(&self) -> Vec<Violation> {
        let mut out = self.distances().conflicts();
        if self.file.is_empty() {
            out.push(Violation::new("params.file", "must name a CSV or Parquet file of positions or orders"));
        }
        out
    }
}
