//! Markets made for the purpose: noise in which nothing can be found, and markets in which something is.
//!
//! Bars of one hour at a volatility of .6 a year, from 2020-01-01 on. A bar opens at the close before it, and its range is
//! that of open and close. Log returns lie half their variance below their drift, so that without one the mean of simple
//! returns is zero: a position, whichever, earns nothing on average before costs.

use crate::error::{Error, Result};
use crate::market::{Bars, Columns, Timeframe};
use crate::random::Stream;

/// Hours in a year.
const YEAR: f64 = 8_760.0;

/// Volatility a year.
const VOLATILITY: f64 = 0.6;

/// 2020-01-01.
const START_MS: i64 = 1_577_836_800_000;

const HOUR_MS: i64 = 3_600_000;

crate::choices! {
    /// A market that is made.
    pub enum MadeMarket {
        /// Geometric Brownian motion without drift.
        Gbm = "gbm",
        /// Hourly returns that turn back a little: first-order autoregression at -0.05.
        Ar1 = "ar1",
        /// GARCH(1,1), alpha .08 and beta .90, with shocks of Student's t of 4 degrees of freedom.
        Garch = "garch",
        /// Volatilities of .3 and 1.2 a year by turns, each for 30 days on average.
        TwoVolatilities = "two-volatilities",
        /// A drift up and down by turns, each for 30 days on average: what crossovers look for.
        HiddenTrend = "hidden-trend",
        /// A drift with the sign of a position that is known beforehand.
        Foreseen = "foreseen",
    }
}

/// Sharpe ratio a year of a position with the sign of the drift of [`MadeMarket::Foreseen`], before costs.
pub const FORESEEN_SHARPE: f64 = 2.0;

/// The same of [`MadeMarket::HiddenTrend`], for whoever knew the drift.
const TREND_SHARPE: f64 = 5.0;

/// A market, and what was known of it beforehand.
#[derive(Debug, Clone)]
pub struct MadeBars {
    /// The bars.
    pub bars: Bars,
    /// The sign of the drift of each hour; zeros where there is none.
    pub drift: Vec<i8>,
}

impl MadeMarket {
    /// Whether nothing can be found in it, before costs.
    pub fn is_noise(self) -> bool {
        !matches!(self, Self::HiddenTrend | Self::Foreseen)
    }

    /// So many hours of it; the same seed gives the same.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn bars(self, seed: u64, hours: usize) -> Result<MadeBars> {
        let mut z = Stream::new(seed, self.name(), 0);
        let drift = self.drift(seed, hours);
        let returns = self.returns(&mut z, &drift);
        let mut close = Vec::with_capacity(hours);
        let mut at = 0.0;
        for r in returns {
            at += r;
            close.push(100.0 * libm::exp(at));
        }
        let open: Vec<f64> = std::iter::once(100.0).chain(close.iter().copied()).take(hours).collect();
        let by =
            |of: fn(f64, f64) -> f64| open.iter().zip(&close).map(|(a, b)| of(*a, *b)).collect::<Vec<_>>();
        let columns = Columns {
            open_time: (0..hours as i64).map(|k| START_MS + k * HOUR_MS).collect::<Vec<_>>().into(),
            high: by(f64::max).into(),
            low: by(f64::min).into(),
            volume: vec![1.0; hours].into(),
            open: open.into(),
            close: close.into(),
        };
        let bars = Bars::new(Timeframe::from_ms(HOUR_MS).ok_or_else(no_hour)?, columns)
            .map_err(|fault| Error::internal("made market", format!("{fault:?}")))?;
        Ok(MadeBars { bars, drift })
    }

    /// The sign of the drift of each hour.
    fn drift(self, seed: u64, hours: usize) -> Vec<i8> {
        if self.is_noise() {
            return vec![0; hours];
        }
        let mut u = Stream::new(seed, "drift", 0);
        let mut sign = if u.uniform() < 0.5 { 1 } else { -1 };
        let days = if self == Self::HiddenTrend { 30.0 } else { 10.0 };
        (0..hours)
            .map(|_| {
                if u.uniform() < 1.0 / (24.0 * days) {
                    sign = -sign;
                }
                sign
            })
            .collect()
    }

    fn returns(self, z: &mut Stream, drift: &[i8]) -> Vec<f64> {
        let hourly = VOLATILITY / YEAR.sqrt();
        match self {
            Self::Gbm => drift.iter().map(|_| shock(hourly, z.normal())).collect(),
            Self::Ar1 => {
                let mut last = 0.0;
                let own = (1.0 - 0.05f64 * 0.05).sqrt();
                let next = |_| {
                    last = -0.05 * last + own * z.normal();
                    shock(hourly, last)
                };
                drift.iter().map(next).collect()
            }
            Self::Garch => garch(z, hourly, drift.len()),
            Self::TwoVolatilities => {
                let mut wild = z.uniform() < 0.5;
                let next = |_| {
                    wild ^= z.uniform() < 1.0 / (24.0 * 30.0);
                    shock((if wild { 1.2 } else { 0.3 }) / YEAR.sqrt(), z.normal())
                };
                drift.iter().map(next).collect()
            }
            Self::HiddenTrend | Self::Foreseen => {
                let sharpe = if self == Self::Foreseen { FORESEEN_SHARPE } else { TREND_SHARPE };
                // The mean of an hour over its standard deviation.
                let of_hour = sharpe / YEAR.sqrt();
                drift.iter().map(|d| shock(hourly, of_hour * f64::from(*d) + z.normal())).collect()
            }
        }
    }
}

/// The log return of a shock `z` at a standard deviation `sd`.
fn shock(sd: f64, z: f64) -> f64 {
    sd * z - sd * sd / 2.0
}

/// GARCH(1,1) at a long-run standard deviation `sd`, alpha .08 and beta .90, with shocks of Student's t of 4 degrees of
/// freedom scaled to variance one.
fn garch(z: &mut Stream, sd: f64, n: usize) -> Vec<f64> {
    let (alpha, beta) = (0.08, 0.90);
    let long = sd * sd;
    let mut variance = long;
    let mut next = |_| {
        let normal = z.normal();
        let chi: f64 = (0..4).map(|_| z.normal()).map(|x| x * x).sum();
        // Variance of Student's t of 4 degrees of freedom is 2.
        let r = variance.sqrt() * normal / (chi / 4.0).sqrt() / 2.0f64.sqrt();
        let half = variance / 2.0;
        variance = (1.0 - alpha - beta) * long + alpha * r * r + beta * variance;
        r - half
    };
    (0..n).map(&mut next).collect()
}

fn no_hour() -> Error {
    Error::internal("made market", "an hour is a bar length")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Moments4;

    fn hours(market: MadeMarket, seed: u64, n: usize) -> (Vec<f64>, Vec<i8>) {
        let made = market.bars(seed, n).unwrap();
        let close = made.bars.close();
        (close.windows(2).map(|w| w[1] / w[0] - 1.0).collect(), made.drift)
    }

    #[test]
    fn each_has_the_volatility_that_it_states_and_noise_no_drift() {
        for market in MadeMarket::ALL.iter().copied() {
            let (r, _) = hours(market, 1, 200_000);
            let m = Moments4::of(&r);
            let volatility = m.sd * YEAR.sqrt();
            let stated = if market == MadeMarket::TwoVolatilities { 0.87 } else { VOLATILITY };
            assert!((volatility / stated - 1.0).abs() < 0.12, "{} {volatility}", market.name());
            if market.is_noise() {
                assert!((m.mean / m.sd * (r.len() as f64).sqrt()).abs() < 3.0, "{}", market.name());
            }
            let rho = if market == MadeMarket::Ar1 { -0.05 } else { 0.0 };
            assert!((m.rho1 - rho).abs() < 0.02, "{} {}", market.name(), m.rho1);
            let fat = matches!(market, MadeMarket::Garch | MadeMarket::TwoVolatilities);
            assert_eq!(m.kurtosis > 3.5, fat, "{} {}", market.name(), m.kurtosis);
        }
    }

    #[test]
    fn the_position_that_was_known_has_the_sharpe_ratio_that_is_stated() {
        let (r, drift) = hours(MadeMarket::Foreseen, 3, 2_000_000);
        let held: Vec<f64> = r.iter().zip(&drift[1..]).map(|(r, d)| r * f64::from(*d)).collect();
        let m = Moments4::of(&held);
        // 228 years: a standard error of .07.
        assert!((m.mean / m.sd * YEAR.sqrt() - FORESEEN_SHARPE).abs() < 0.2);
    }

    #[test]
    fn a_seed_gives_one_market() {
        let of = |seed| MadeMarket::Garch.bars(seed, 100).unwrap().bars.id().to_owned();
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }
}
