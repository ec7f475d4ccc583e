//! Degenerate runs, each by name: nothing panics, and what has no value says so.

use super::*;
use crate::regime::RegimeScheme;
use crate::stats::Bootstrap;

fn five() -> RegimeScheme {
    RegimeScheme::named("five", ["A", "B", "C", "D", "E"]).unwrap()
}

/// The statistics that are NaN, by field name.
fn undefined(s: &impl serde::Serialize) -> Vec<String> {
    let value = serde_json::to_value(s).unwrap();
    value.as_object().unwrap().iter().filter(|(_, v)| v.is_null()).map(|(k, _)| k.clone()).collect()
}

#[test]
fn no_trade() {
    let s = TradeStats::of(&TradeColumns::default());
    assert_eq!((s.n, s.no_losses, s.max_consecutive_losses), (0, false, 0));
    assert_eq!((s.win_rate_interval.lo, s.win_rate_interval.hi), (0.0, 1.0));
    assert_eq!((s.gross_profit, s.gross_loss), (0.0, 0.0));
    let names = "win_rate avg_win avg_loss payoff profit_factor expectancy expectancy_r sqn avg_return return_std best worst \
                 avg_bars avg_mae avg_mfe";
    assert_eq!(undefined(&s).join(" "), names);
}

#[test]
fn one_winning_trade() {
    let one = TradeColumns { pnl: &[5.0], return_frac: &[0.1], r_multiple: &[2.0], ..Default::default() };
    let s = TradeStats::of(&one);
    assert!(s.no_losses && s.profit_factor.is_nan() && s.payoff.is_nan() && s.sqn.is_nan());
    assert!(s.return_std.is_nan());
    assert_eq!((s.win_rate, s.best, s.worst, s.expectancy_r), (1.0, 5.0, 5.0, 2.0));
}

#[test]
fn all_losses() {
    let pnl = [-1.0, -2.0, -3.0];
    let s = TradeStats::of(&TradeColumns { pnl: &pnl, r_multiple: &pnl, ..Default::default() });
    assert_eq!((s.win_rate, s.profit_factor, s.no_losses, s.max_consecutive_losses), (0.0, 0.0, false, 3));
    assert!(s.avg_win.is_nan() && s.payoff.is_nan() && s.sqn < 0.0);
    let e = EquityStats::of(&[100.0, 90.0, 70.0, 60.0], 12.0);
    assert_eq!((e.omega, e.drawdown.peak, e.drawdown.trough, e.drawdown.recovery), (0.0, 0, 3, None));
    assert!(e.sharpe < 0.0 && e.sortino < 0.0 && e.cagr > -1.0 && e.calmar < 0.0);
}

#[test]
fn flat_equity() {
    let s = EquityStats::of(&[100.0; 50], 365.0);
    assert_eq!((s.total_return, s.cagr, s.volatility, s.max_drawdown, s.ulcer), (0.0, 0.0, 0.0, 0.0, 0.0));
    assert_eq!((s.var95, s.cvar95, s.ruined), (0.0, 0.0, false));
    assert_eq!(undefined(&s), ["sharpe", "sortino", "calmar", "martin", "omega", "tail_ratio"]);
}

#[test]
fn steady_growth_has_no_sharpe_ratio() {
    let equity: Vec<f64> = (0..100).map(|i| 100.0 * 1.003f64.powi(i)).collect();
    let s = EquityStats::of(&equity, 365.0);
    assert!(s.sharpe.is_nan(), "rounding is not risk: {}", s.sharpe);
    assert!(s.cagr > 1.9 && s.sortino.is_nan());
}

#[test]
fn one_bar() {
    let s = EquityStats::of(&[100.0, 90.0], 365.0);
    assert_eq!((s.periods, s.total_return, s.drawdown.longest_duration), (1, 0.9 - 1.0, 1));
    assert!((s.cvar95 + 0.1).abs() < 1e-15 && (s.var95 + 0.1).abs() < 1e-15);
    assert_eq!(undefined(&s), ["cagr", "volatility", "sharpe", "calmar", "martin"]);
    let rows = bars_by_regime(&[100.0, 90.0], &[4], &five(), 365.0, Some((&Bootstrap::default(), "S7")));
    assert_eq!((rows[4].pnl, rows[4].share, rows[4].sharpe_interval), (-10.0, 1.0, None));
}

#[test]
fn no_bar() {
    let s = EquityStats::of(&[100.0], 365.0);
    assert_eq!((s.periods, s.total_return, s.max_drawdown, s.ulcer), (0, 0.0, 0.0, 0.0));
    assert!(s.cagr.is_nan() && s.cvar95.is_nan() && s.downside_deviation.is_nan());
    assert!(EquityStats::of(&[], 365.0).total_return.is_nan());
    assert_eq!(bars_by_regime(&[], &[], &five(), 365.0, None).len(), 6);
    assert!(monthly(&daily(&[], &[], 100.0, 0)).is_empty());
}

#[test]
fn equity_down_to_zero() {
    let equity = [100.0, 50.0, 0.0, 0.0];
    let s = EquityStats::of(&equity, 365.0);
    assert!(s.ruined && s.sharpe < 0.0);
    assert_eq!((s.total_return, s.cagr, s.max_drawdown, s.calmar), (-1.0, -1.0, 1.0, -1.0));
    let rows = bars_by_regime(&equity, &[0, 1, 2], &five(), 365.0, None);
    assert_eq!([rows[0].pnl, rows[1].pnl, rows[2].pnl], [-50.0, -50.0, 0.0]);
}

#[test]
fn equity_that_is_no_number_or_starts_at_nothing() {
    for equity in [[100.0, f64::NAN, 90.0], [f64::INFINITY, 1.0, 1.0], [0.0, 1.0, 2.0], [-5.0, 1.0, 2.0]] {
        let s = EquityStats::of(&equity, 365.0);
        assert!(s.total_return.is_nan() && s.max_drawdown.is_nan() && s.cagr.is_nan() && s.sharpe.is_nan());
        assert_eq!(
            bars_by_regime(&equity, &[0, 0], &five(), 365.0, Some((&Bootstrap::default(), "S7"))).len(),
            6
        );
    }
}
