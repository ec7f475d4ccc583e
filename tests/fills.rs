//! Trades and equity against vectorbt, on the same bars and the same wanted positions.

use assay::execution::Follow;
use assay::market::{Bars, Columns, Timeframe};
use assay::replay::{
    AccountState, Clock, Execution, ExitReason, FillRule, FullRecorder, Market, Over, Trade, replay,
    replay_all,
};
use assay::system::targets::{Brackets, TargetPositions, TargetTrader, Unit};
use serde_json::Value;

use crate::common::root;

fn floats(v: &Value) -> Vec<f64> {
    v.as_array().unwrap().iter().map(|x| x.as_f64().unwrap_or(f64::NAN)).collect()
}

fn bars(v: &Value) -> Bars {
    let column = |k: &str| floats(&v[k]).into();
    let times: Vec<i64> = v["open_time"].as_array().unwrap().iter().map(|t| t.as_i64().unwrap()).collect();
    let columns = Columns {
        open_time: times.into(),
        open: column("open"),
        high: column("high"),
        low: column("low"),
        close: column("close"),
        volume: column("volume"),
    };
    Bars::new(Timeframe::H1, columns).unwrap()
}

fn close(a: f64, b: f64, what: &str) -> f64 {
    let off = if a == b { 0.0 } else { (a - b).abs() / a.abs().max(b.abs()) };
    assert!(off <= 1e-9, "{what}: {a} against {b}");
    off
}

fn compare(document: &Value) {
    let cash = document["cash"].as_f64().unwrap();
    for run in document["runs"].as_array().unwrap() {
        let s = &run["settings"];
        let place = format!("{} over {}", run["case"].as_str().unwrap(), run["bars"].as_str().unwrap());
        let bars = bars(&document["bars"][run["bars"].as_str().unwrap()]);
        let bps = |k: &str| s[k].as_f64().unwrap();
        let execution = Execution {
            fill: if s["fill"] == "close" { FillRule::Close } else { FillRule::NextOpen },
            fee_bps: bps("fee_bps"),
            spread_bps: 0.0,
            slippage_bps: bps("slippage_bps"),
            ..Execution::default()
        };
        let unit = if s["unit"] == "units" { Unit::Units } else { Unit::Equity };
        let percent = |k: &str| s[k].as_f64();
        let brackets = Brackets {
            stop: percent("stop_percent"),
            target: percent("target_percent"),
            trail: percent("trail_percent"),
            follow: Follow::Extreme,
            ..Brackets::default()
        };
        let wanted = TargetPositions::new(floats(&run["positions"]), unit, brackets);
        let mut recorder = FullRecorder::new(bars.len());
        let mut trader = TargetTrader::new(&bars, &wanted);
        replay(&bars, 0, &execution, AccountState::new(cash, 1.0), &mut trader, &mut recorder);

        // On purpose: where a bar opens beyond the target and comes back to the stop, vectorbt takes the stop; the target was
        // filled at that open.
        let theirs = run["vectorbt"]["trades"].as_array().unwrap();
        let ours: Vec<_> = recorder.trades.iter().filter(|t| t.reason != ExitReason::END).collect();
        assert_eq!(ours.len(), theirs.len(), "{place}: trades");
        assert!(ours.len() > 8, "{place}: {} trades", ours.len());
        let differs = |t: &Trade| {
            let open = bars.open()[t.exit_bar];
            t.gap && t.reason == ExitReason::TARGET && open >= t.target && bars.low()[t.exit_bar] <= t.stop
        };
        let apart = ours.iter().find(|t| differs(t)).map_or(bars.len() - 1, |t| t.exit_bar);

        let mut worst: f64 = 0.0;
        let want = floats(&run["vectorbt"]["equity"]);
        // The last bar closes what is open here, and only marks it there.
        for (bar, (a, b)) in recorder.equity.iter().zip(&want).take(apart).enumerate() {
            worst = worst.max(close(*a, *b, &format!("{place}: equity of bar {bar}")));
        }
        for (k, (t, row)) in ours.iter().zip(theirs).enumerate() {
            let row = floats(row);
            if differs(t) {
                assert_eq!(t.exit_price, bars.open()[t.exit_bar], "{place}: trade {k}");
                assert!((row[4] - t.stop).abs() <= 1e-9 * t.stop, "{place}: trade {k}");
                continue;
            }
            let what = |field: &str| format!("{place}: {field} of trade {k}");
            assert_eq!((t.entry_bar as f64, t.exit_bar as f64), (row[0], row[1]), "{}", what("bars"));
            for (field, got, want) in [
                ("size", t.units, row[2]),
                ("entry price", t.entry_price, row[3]),
                ("exit price", t.exit_price, row[4]),
            ] {
                worst = worst.max(close(got, want, &what(field)));
            }
            // Profit is a small difference of large amounts.
            let scale = t.units * t.entry_price;
            assert!(
                (t.pnl - row[5]).abs() <= 1e-9 * scale,
                "{}: {} against {}",
                what("profit"),
                t.pnl,
                row[5]
            );
        }
        let other = ours.iter().filter(|t| differs(t)).count();
        println!(
            "{place}: {} trades ({other} by another rule), {} bars, worst {worst:.1e}",
            ours.len(),
            want.len()
        );
    }
    document["groups"].as_array().unwrap().iter().for_each(|g| compare_group(document, cash, g));
}

/// Several symbols and one account.
fn compare_group(document: &Value, cash: f64, run: &Value) {
    let names: Vec<&str> = run["bars"].as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect();
    let all: Vec<Bars> = names.iter().map(|n| bars(&document["bars"][n])).collect();
    let bps = |k: &str| run["settings"][k].as_f64().unwrap();
    let execution = Execution {
        fill: FillRule::Close,
        fee_bps: bps("fee_bps"),
        slippage_bps: bps("slippage_bps"),
        ..Execution::FREE
    };
    let positions = run["positions"].as_array().unwrap();
    let wanted: Vec<TargetPositions> = positions
        .iter()
        .map(|p| TargetPositions::new(floats(p), Unit::Equity, Brackets::default()))
        .collect();
    let markets: Vec<Market<'_>> = all.iter().map(Market::from).collect();
    let clock = Clock::of(&markets);
    let mut traders: Vec<TargetTrader<'_>> =
        all.iter().zip(&wanted).map(|(b, w)| TargetTrader::new(b, w)).collect();
    let mut recorder = FullRecorder::new(clock.len());
    let account = AccountState::new(cash, 1.0);
    let first = vec![0; all.len()];
    let ledger =
        replay_all(Over::new(&markets, &clock, &first, &execution, account), &mut traders, &mut recorder);
    let place = names.join(", ");
    assert_eq!(ledger.counts().cut, 0, "{place}: cut");
    let want = floats(&run["equity"]);
    let mut worst: f64 = 0.0;
    for (bar, (a, b)) in recorder.equity.iter().zip(&want).take(clock.len() - 1).enumerate() {
        worst = worst.max(close(*a, *b, &format!("{place}: equity of bar {bar}")));
    }
    let mut ours: Vec<&Trade> = recorder.trades.iter().filter(|t| t.reason != ExitReason::END).collect();
    ours.sort_by_key(|t| (t.symbol, t.entry_bar, t.exit_bar));
    let mut theirs: Vec<Vec<f64>> = run["trades"].as_array().unwrap().iter().map(floats).collect();
    theirs.sort_by(|a, b| a[..3].partial_cmp(&b[..3]).unwrap());
    assert_eq!(ours.len(), theirs.len(), "{place}: trades");
    for (t, row) in ours.iter().zip(&theirs) {
        assert_eq!([f64::from(t.symbol), t.entry_bar as f64, t.exit_bar as f64], row[..3], "{place}");
        for (a, b) in [(t.units, row[3]), (t.entry_price, row[4]), (t.exit_price, row[5])] {
            worst = worst.max(close(a, b, &place));
        }
    }
    println!("{place}: one account, {} trades, {} bars, worst {worst:.1e}", ours.len(), want.len());
}

#[test]
fn fills_agree_with_vectorbt() {
    let path = root().join("tests/reference/golden/fills.json");
    compare(&serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap());
}

/// The same on real bars: `.ci/run` has `tests/reference/vectorbt_fills.py` replay them.
#[test]
fn fills_agree_with_vectorbt_over_real_bars() {
    let Ok(path) = std::env::var("ASSAY_FILLS") else {
        println!("skipped: ASSAY_FILLS names no runs over real bars");
        return;
    };
    compare(&serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap());
}
