//! Limits above a system.

use super::*;
use crate::risk::{CooldownScope, FlashAction, LimitAction, Limits};

fn guarded(rows: &[[f64; 4]], limits: &Limits, plan: Vec<Intent>) -> (FullRecorder, RiskManager) {
    let b = bars(rows);
    let markets = [Market::from(&b)];
    let mut risk_manager = RiskManager::new(limits, 1000.0, 1);
    let mut recorder = FullRecorder::new(rows.len());
    replay_all(
        Over::new(&markets, &Clock::of(&markets), &[0], &FREE, AccountState::new(1000.0, 10.0))
            .under(Some(&mut risk_manager)),
        &mut [Script::new(plan)],
        &mut recorder,
    );
    (recorder, risk_manager)
}

pub(super) fn buy(size: f64) -> Intent {
    enter(entry(1.0, size, f64::INFINITY, f64::INFINITY))
}

pub(super) fn plan(n: usize, at: &[(usize, Intent)]) -> Vec<Intent> {
    let mut plan = vec![Intent::default(); n];
    at.iter().for_each(|(i, x)| plan[*i] = *x);
    plan
}

pub(super) const LEAVE: Intent = Intent {
    exit: Some(ExitReason::SIGNAL),
    entry: None,
    resize: None,
    stop: None,
    exit_slippage_bps: 0.0,
    cancel: false,
    refused: None,
};

pub(super) fn at(price: f64) -> [f64; 4] {
    [price; 4]
}

fn kinds(g: &RiskManager) -> Vec<(usize, &str)> {
    g.events.iter().map(|e| (e.bar, e.kind.as_str())).collect()
}

#[test]
fn a_drawdown_closes_everything_and_stops_until_the_restart() {
    let rows = [100.0, 100.0, 90.0, 84.0, 84.0, 84.0, 84.0, 84.0, 90.0, 90.0].map(at);
    let limits = Limits { max_drawdown: 0.15, restart_after_hours: 3.0, ..Limits::default() };
    let tries = plan(10, &[(0, buy(1.0)), (4, buy(1.0)), (6, buy(1.0))]);
    let (r, g) = guarded(&rows, &limits, tries);
    // 16 % down at the close of bar 3: out at the next open, nothing before bar 6.
    assert_eq!((r.trades[0].exit_bar, r.trades[0].reason), (4, ExitReason::DRAWDOWN));
    assert_eq!(kinds(&g), [(3, "max_drawdown"), (6, "restart")]);
    assert_eq!((r.trades.len(), r.trades[1].entry_bar, g.refusals.halted), (2, 7, 1));
}

#[test]
fn a_bad_day_blocks_or_flattens_until_midnight() {
    // The day ends with bar 23: 24 bars of one hour from midnight.
    let mut rows = vec![at(100.0); 30];
    rows[2..].iter_mut().for_each(|r| *r = at(94.0));
    let orders = plan(30, &[(0, buy(1.0)), (3, LEAVE), (10, buy(1.0)), (23, buy(1.0)), (24, buy(1.0))]);
    let block = Limits { daily_loss: 0.05, ..Limits::default() };
    let (r, g) = guarded(&rows, &block, orders.clone());
    assert_eq!(kinds(&g), [(2, "daily_loss")]);
    assert_eq!((r.trades[0].reason, r.trades[0].exit_bar), (ExitReason::SIGNAL, 4));
    // At bar 23's close the day is over.
    assert_eq!((r.trades.len(), r.trades[1].entry_bar, g.refusals.halted), (2, 24, 1));
    let flatten = Limits { daily_loss_action: LimitAction::Flatten, ..block };
    let (r, _) = guarded(&rows, &flatten, orders);
    assert_eq!((r.trades[0].reason, r.trades[0].exit_bar), (ExitReason::DAILY_LOSS, 3));
}

#[test]
fn a_cooldown_counts_from_trades_or_losses() {
    let rows = [100.0, 100.0, 90.0, 90.0, 90.0, 90.0, 90.0, 90.0].map(at);
    let orders = plan(8, &[(0, buy(0.5)), (1, LEAVE), (2, buy(0.5)), (4, buy(0.5))]);
    let after_loss = Limits { loss_cooldown_minutes: 120.0, ..Limits::default() };
    let (r, g) = guarded(&rows, &after_loss, orders.clone());
    // Out in bar 2 at a loss: refused at its close, free two hours later.
    assert_eq!((r.trades.len(), r.trades[1].entry_bar, g.refusals.cooldown), (2, 5, 1));
    let won: Vec<[f64; 4]> = rows.iter().map(|r| at(200.0 - r[0])).collect();
    let (_, g) = guarded(&won, &after_loss, orders.clone());
    assert_eq!(g.refusals.cooldown, 0);
    let after_any =
        Limits { cooldown_minutes: 120.0, cooldown_scope: CooldownScope::Account, ..Limits::default() };
    assert_eq!(guarded(&won, &after_any, orders).1.refusals.cooldown, 1);
}

#[test]
fn losses_in_a_row_end_the_day() {
    let mut rows = vec![at(100.0); 30];
    for k in [2, 5] {
        rows[k] = at(99.0);
    }
    let orders =
        plan(30, &[(0, buy(0.5)), (1, LEAVE), (3, buy(0.5)), (4, LEAVE), (8, buy(0.5)), (24, buy(0.5))]);
    let (r, g) = guarded(&rows, &Limits { max_losses_in_row: 2, ..Limits::default() }, orders);
    assert_eq!(kinds(&g), [(5, "losses_in_row")]);
    assert_eq!((r.trades.len(), r.trades[2].entry_bar, g.refusals.halted), (3, 25, 1));
}

#[test]
fn positions_and_exposure_are_bounded() {
    let rows = [at(100.0); 5];
    let cut = Limits { max_position: 0.3, ..Limits::default() };
    let (r, g) = guarded(&rows, &cut, plan(5, &[(0, buy(1.0))]));
    assert_eq!((r.trades[0].units, g.refusals.cut), (3.0, 1));
    let grow = plan(5, &[(0, buy(0.2)), (1, Intent { resize: Some(9.0), ..Intent::default() })]);
    let (r, g) = guarded(&rows, &Limits { max_exposure: 0.5, ..Limits::default() }, grow);
    assert_eq!((r.trades[0].units, g.refusals.cut), (5.0, 1));
}

#[test]
fn positions_that_move_together_are_not_added() {
    let a = walk(5, 200);
    let same: Vec<[f64; 4]> =
        (0..200).map(|i| [a.open()[i], a.high()[i], a.low()[i], a.close()[i]].map(|v| 3.0 * v)).collect();
    let (b, other) = (bars(&same), walk(77, 200));
    let limits = Limits { max_correlation: 0.7, correlation_bars: 100, ..Limits::default() };
    let trades = |second: &Bars, side: f64, most: usize| {
        let limits = Limits { max_positions: most, ..limits.clone() };
        let markets = [Market::from(&a), Market::from(second)];
        let mut risk_manager = RiskManager::new(&limits, 1000.0, 2);
        let mut recorder = FullRecorder::new(200);
        let short = enter(entry(side, 0.2, f64::INFINITY, f64::INFINITY));
        let mut traders =
            [Script::new(plan(200, &[(150, buy(0.2))])), Script::new(plan(200, &[(160, short)]))];
        let clock = Clock::of(&markets);
        let account = AccountState::new(1000.0, 10.0);
        replay_all(
            Over::new(&markets, &clock, &[0, 0], &FREE, account).under(Some(&mut risk_manager)),
            &mut traders,
            &mut recorder,
        );
        (recorder.trades.len(), risk_manager.refusals.clone())
    };
    assert_eq!(trades(&b, 1.0, 0), (1, Refusals { correlation: 1, ..Refusals::default() }));
    assert_eq!(trades(&b, -1.0, 0).0, 2, "the other side hedges");
    assert_eq!(trades(&other, 1.0, 0).0, 2);
    assert_eq!(trades(&other, 1.0, 1), (1, Refusals { positions: 1, ..Refusals::default() }));
}

#[test]
fn a_flash_crash_is_seen_along_the_path() {
    // 20 % down and back within one hour: 720 s of falling at 40 % in 3,600 s, or 0.28 % in 10 s; 1.67 % in a minute.
    let mut rows = vec![at(100.0); 6];
    rows[2] = [100.0, 100.0, 80.0, 100.0];
    let orders = plan(6, &[(0, buy(1.0)), (3, buy(1.0))]);
    let monitor = |window, drop, action| Limits {
        flash_drop: drop,
        flash_window_s: window,
        flash_sample_s: 1.0,
        flash_action: action,
        flash_halt_minutes: 120.0,
        ..Limits::default()
    };
    let (_, g) = guarded(&rows, &monitor(10.0, 0.03, FlashAction::Flatten), orders.clone());
    assert_eq!(kinds(&g), []);
    let (r, g) = guarded(&rows, &monitor(300.0, 0.03, FlashAction::Flatten), orders.clone());
    assert_eq!(kinds(&g)[0], (2, "flash_crash"));
    assert_eq!((r.trades[0].exit_bar, r.trades[0].reason), (3, ExitReason::FLASH_CRASH));
    assert_eq!((r.trades.len(), g.refusals.halted), (1, 1));
    // 40 % an hour of a price between 100 and 80: 3 % below the highest sample within 300 s after 270 s.
    let lag = (g.events[0].time_ms - 2 * 3_600_000) / 1000;
    assert_eq!(lag, 270);
    let (r, _) = guarded(&rows, &monitor(300.0, 0.03, FlashAction::Reduce), orders.clone());
    assert_eq!((r.trades[0].units, r.trades[0].reason), (5.0, ExitReason::RESIZE));
    let (r, g) = guarded(&rows, &monitor(300.0, 0.03, FlashAction::Note), orders);
    assert!(!g.events.is_empty() && r.trades[0].reason == ExitReason::END);
}

#[test]
fn the_kill_switch_ends_it() {
    let rows = [at(100.0); 8];
    let limits =
        Limits { kill_at: "1970-01-01 03:00".to_owned(), exit_slippage_bps: 100.0, ..Limits::default() };
    let (r, g) = guarded(&rows, &limits, plan(8, &[(0, buy(1.0)), (5, buy(1.0))]));
    assert_eq!(kinds(&g), [(2, "kill_switch")]);
    let t = r.trades[0];
    assert_eq!((r.trades.len(), t.exit_bar, t.reason, t.exit_price), (1, 3, ExitReason::KILL, 99.0));
    assert_eq!(g.refusals.halted, 1);
}

#[test]
fn stops_are_wider_where_it_is_wild_and_sizes_smaller() {
    let b = bars(&[at(100.0); 4]);
    let size = |atr: f64| {
        let rows = BarCosts { atr: Some(vec![atr; 4]), ..BarCosts::default() };
        let markets = [Market { rows: Some(&rows), ..Market::from(&b) }];
        let mut risk_manager =
            RiskManager::new(&Limits { widen_stops: true, ..Limits::default() }, 1000.0, 1);
        let mut recorder = FullRecorder::new(4);
        let p = plan(4, &[(0, enter(entry(1.0, 1.0, 2.0, f64::INFINITY)))]);
        let (clock, account) = (Clock::of(&markets), AccountState::new(1000.0, 10.0));
        let mut trader = [Script::new(p)];
        replay_all(
            Over::new(&markets, &clock, &[0], &FREE, account).under(Some(&mut risk_manager)),
            &mut trader,
            &mut recorder,
        );
        (recorder.trades[0].stop, recorder.trades[0].units)
    };
    assert_eq!(size(0.01), (98.0, 10.0));
    assert_eq!(size(0.015), (97.0, 1.0 / 1.5 * 1000.0 / 100.0));
    assert_eq!(size(0.03), (95.0, 4.0));
}
