//! Volatility by trend.

use crate::choices;
use crate::error::Violation;
use crate::indicators::{adx, atr};
use crate::market::{Bars, Timeframe};
use crate::regime::NO_REGIME;
use assay_base::params;

use super::rank_among_before;

choices! {
    /// What is told of a trend.
    pub enum TrendKind {
        /// Whether there is one.
        Strength = "strength",
        /// Whether there is one, and which way it goes.
        Direction = "direction",
    }
}

params! {
    /// Levels of volatility, each with and without a trend.
    pub struct VolatilityTrend {
        /// Bars of the average true range.
        "atr_bars" => atr_bars: usize = 14, 2..=500;
        /// Days before a bar, in bars of the history, among which its volatility is ranked.
        "rank_days" => rank_days: f64 = 30.0, 0.1..=3650.0;
        /// Rank below which volatility is LOW.
        "low" => low: f64 = 0.20, 0.0..=1.0;
        /// Rank below which it is NORMAL, if not LOW.
        "high" => high: f64 = 0.80, 0.0..=1.0;
        /// Rank below which it is HIGH, if not lower; EXTREME from there on.
        "extreme" => extreme: f64 = 0.97, 0.0..=1.0;
        /// Bars of the average directional index.
        "adx_bars" => adx_bars: usize = 14, 2..=500;
        /// Index from which a market trends.
        "adx" => adx: f64 = 25.0, 0.0..=100.0;
        /// What is told of a trend.
        "trend" => trend: TrendKind = TrendKind::Strength;
        /// Closes in a row at which another label must be seen before it is taken.
        "confirm_bars" => confirm_bars: usize = 2, 1..=100;
    }
}

const LEVELS: [&str; 4] = ["LOW", "NORMAL", "HIGH", "EXTREME"];
const DAY_MS: f64 = 86_400_000.0;

impl VolatilityTrend {
    fn trends(&self) -> &'static [&'static str] {
        match self.trend {
            TrendKind::Strength => &["RANGING", "TRENDING"],
            TrendKind::Direction => &["RANGING", "UP", "DOWN"],
        }
    }

    pub(super) fn names(&self) -> Vec<String> {
        LEVELS.iter().flat_map(|l| self.trends().iter().map(move |t| format!("{l}_{t}"))).collect()
    }

    pub(super) fn conflicts(&self) -> Vec<Violation> {
        if self.low < self.high && self.high < self.extreme {
            return vec![];
        }
        let found = format!("{}, {} and {}", self.low, self.high, self.extreme);
        vec![Violation::must_be("low", "below regimes.high, and that below regimes.extreme", found)]
    }

    /// Bars that a volatility is ranked among.
    fn rank_bars(&self, timeframe: Timeframe) -> usize {
        ((self.rank_days * DAY_MS / timeframe.ms() as f64).round() as usize).max(2)
    }

    pub(super) fn warmup(&self, timeframe: Timeframe) -> usize {
        (self.atr_bars + self.rank_bars(timeframe)).max(2 * self.adx_bars - 1)
    }

    pub(super) fn labels(&self, bars: &Bars) -> Vec<u8> {
        let (high, low, close) = (bars.high(), bars.low(), bars.close());
        let range = atr(high, low, close, self.atr_bars, |_| f64::NAN);
        let size: Vec<f64> = range.iter().zip(close).map(|(a, c)| a / c).collect();
        let rank = rank_among_before(&size, self.rank_bars(bars.timeframe()));
        let trend = adx(high, low, close, self.adx_bars);
        let kinds = self.trends().len();
        let raw = (0..close.len()).map(|i| {
            if rank[i].is_nan() || trend.adx[i].is_nan() {
                return NO_REGIME;
            }
            let level = [self.low, self.high, self.extreme].iter().filter(|cut| rank[i] >= **cut).count();
            let way = match (trend.adx[i] >= self.adx, self.trend) {
                (false, _) => 0,
                (true, TrendKind::Direction) if trend.minus[i] > trend.plus[i] => 2,
                (true, _) => 1,
            };
            (level * kinds + way) as u8
        });
        confirmed(raw, self.confirm_bars)
    }
}

/// Labels that are taken once they have been seen at so many closes in a row; the first is taken at once.
fn confirmed(raw: impl Iterator<Item = u8>, closes: usize) -> Vec<u8> {
    let (mut held, mut seen, mut times) = (NO_REGIME, NO_REGIME, 0);
    raw.map(|now| {
        times = if now == seen { times + 1 } else { 1 };
        seen = now;
        if times >= closes || held == NO_REGIME {
            held = now;
        }
        held
    })
    .collect()
}
