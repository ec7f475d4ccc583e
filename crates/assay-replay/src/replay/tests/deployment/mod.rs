//! The rules of deployment above traders that know nothing of them.

mod bounds;
mod stages;
mod stops;
mod traders;

use super::limits::{LEAVE, at, buy, plan};
use super::portfolio::{rich, shifted};
use super::whole::{Calls, drawn, mirrored};
use super::*;
use crate::execution::{Order, OrderKind};
use crate::risk::{AlertBounds, Limits, Risk, Staging};

const HOURS: i64 = 3_600_000;

fn rules(risk: &Risk) -> Deployment {
    Deployment::new(risk, AlertRules::NONE, 0, 1000.0)
}

/// Exposure in stages by the clock, `hours` in each of the first three.
fn staged(hours: [f64; 3]) -> Risk {
    let [monitor_hours, small_hours, half_hours] = hours;
    Risk { staging: Staging::Time, monitor_hours, small_hours, half_hours, ..Risk::default() }
}

/// A stop at the close that ends `hours` after the start.
fn stopped(hours: i64) -> Risk {
    Risk {
        emergency_stop: true,
        estop_drawdown: 1.0,
        estop_at: format_time(hours * HOURS),
        ..Risk::default()
    }
}

fn format_time(ms: i64) -> String {
    crate::market::format_time(ms)
}

fn through<T: Trading>(
    bars: &[&Bars],
    traders: &mut T,
    execution: &Execution,
    deployment: Option<&mut Deployment>,
) -> (FullRecorder, AccountState) {
    let markets: Vec<Market<'_>> = bars.iter().map(|b| Market::from(*b)).collect();
    through_markets(&markets, traders, execution, deployment)
}

fn through_markets<T: Trading>(
    markets: &[Market<'_>],
    traders: &mut T,
    execution: &Execution,
    deployment: Option<&mut Deployment>,
) -> (FullRecorder, AccountState) {
    let clock = Clock::of(markets);
    let mut recorder = FullRecorder::new(clock.len());
    let firsts = vec![0; markets.len()];
    let ledger = rich(5.0).ledger();
    let over =
        Over { markets, clock: &clock, firsts: &firsts, execution, ledger, risk_manager: None, deployment };
    let ledger = traders.replay(over, &mut recorder);
    (recorder, ledger)
}

/// As [`through`] with limits above.
fn limited<T: Trading>(
    bars: &[&Bars],
    traders: &mut T,
    execution: &Execution,
    deployment: Option<&mut Deployment>,
    limits: &Limits,
) -> FullRecorder {
    let markets: Vec<Market<'_>> = bars.iter().map(|b| Market::from(*b)).collect();
    let clock = Clock::of(&markets);
    let mut recorder = FullRecorder::new(clock.len());
    let firsts = vec![0; bars.len()];
    let mut risk_manager = RiskManager::new(limits, 1000.0, bars.len());
    let ledger = rich(5.0).ledger();
    let risk_manager = Some(&mut risk_manager);
    let over = Over {
        markets: &markets,
        clock: &clock,
        firsts: &firsts,
        execution,
        ledger,
        risk_manager,
        deployment,
    };
    traders.replay(over, &mut recorder);
    recorder
}

fn each(plans: &[Vec<Intent>]) -> EachSymbol<Script> {
    EachSymbol(plans.iter().map(|p| Script::new(p.clone())).collect())
}

fn kinds(d: &Deployment) -> Vec<(usize, &str)> {
    d.events.iter().map(|e| (e.bar, e.kind.as_str())).collect()
}

fn units(r: &FullRecorder) -> Vec<f64> {
    r.exposure.iter().map(|e| (e * 1e6).round() / 1e5).collect()
}

fn with_volume(bars: &Bars, volume: &[f64]) -> Bars {
    let columns = Columns { volume: volume.to_vec().into(), ..bars.columns().clone() };
    Bars::new(Timeframe::H1, columns).unwrap()
}
