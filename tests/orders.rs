//! Trades and equity against backtesting.py, on the same bars and the same orders.

use assay::execution::{Bracket, Level, Order, OrderKind, Trail};
use assay::market::{Bars, Columns, Timeframe};
use assay::replay::{
    AccountState, Book, Execution, ExitReason, FullRecorder, Intent, SymbolTrader, Trade, View, replay,
};
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

/// Sends the orders of a run; one that closes takes back what waits first.
struct Sender {
    rows: Vec<(usize, Option<Order>)>,
    next: usize,
}

impl Sender {
    fn of(rows: &Value) -> Self {
        let read = |o: &Value| {
            let bar = o["bar"].as_u64().unwrap() as usize;
            let price = || o["price"].as_f64().unwrap();
            let kind = match o["type"].as_str().unwrap() {
                "close" => return (bar, None),
                "market" => OrderKind::Market,
                "limit" => OrderKind::Limit(price()),
                _ => OrderKind::Stop(price()),
            };
            let level = |k: &str| o[k].as_f64().map_or(Level::None, Level::Price);
            let order = Order::new(o["side"].as_f64().unwrap(), o["units"].as_f64().unwrap(), kind, bar);
            let bracket = Bracket { stop: level("stop"), target: level("target"), trail: Trail::NONE };
            (bar, Some(Order { bracket, ..order }))
        };
        Self { rows: rows.as_array().unwrap().iter().map(read).collect(), next: 0 }
    }
}

impl SymbolTrader for Sender {
    fn places(&self) -> bool {
        true
    }

    fn next_wake(&mut self, _: usize) -> usize {
        self.rows.get(self.next).map_or(usize::MAX, |r| r.0)
    }

    fn on_close(&mut self, _: usize, _: &View<'_>) -> Intent {
        Intent::default()
    }

    fn place(&mut self, bar: usize, _: &View<'_>, book: &mut Book) {
        while let Some((_, order)) = self.rows.get(self.next).filter(|r| r.0 == bar) {
            self.next += 1;
            match order {
                Some(order) => _ = book.place(*order),
                None => {
                    book.cancel_all();
                    for side in [1.0, -1.0] {
                        book.place(Order {
                            reduce_only: true,
                            ..Order::new(side, 1e18, OrderKind::Market, bar)
                        });
                    }
                }
            }
        }
    }

    fn on_exit(&mut self, _: &Trade) {}
}

fn compare(document: &Value) {
    let mut compared = 0;
    for run in document["runs"].as_array().unwrap() {
        let place = format!("{} over {}", run["case"].as_str().unwrap(), run["bars"].as_str().unwrap());
        let bars = bars(&document["bars"][run["bars"].as_str().unwrap()]);
        let number = |k: &str| run[k].as_f64().unwrap();
        let execution = Execution { fee_bps: number("fee_bps"), ..Execution::FREE };
        let mut recorder = FullRecorder::new(bars.len());
        let account = AccountState::new(number("cash"), number("leverage"));
        let ledger = replay(&bars, 0, &execution, account, &mut Sender::of(&run["orders"]), &mut recorder);
        assert_eq!(ledger.counts().cut, 0, "{place}: an order was cut");

        // On purpose: where a bar opens beyond the target and comes back to the stop, backtesting.py takes the stop; the target was
        // filled at that open.
        let differs = |t: &&Trade| {
            let (high, low) = (bars.high()[t.exit_bar], bars.low()[t.exit_bar]);
            let reached = if t.side > 0.0 { low <= t.stop } else { high >= t.stop };
            t.gap && t.reason == ExitReason::TARGET && reached
        };
        let apart = recorder.trades.iter().find(differs).map_or(bars.len() - 1, |t| t.exit_bar);
        let theirs = floats(&run["backtesting.py"]["equity"]);
        let mut worst: f64 = 0.0;
        for (i, (a, b)) in recorder.equity.iter().zip(&theirs).take(apart).enumerate() {
            let off = (a - b).abs() / b.abs();
            assert!(off <= 1e-9, "{place}: equity of bar {i}: {a} against {b}");
            worst = worst.max(off);
        }
        // Their lots are closed first in, first out; ours are one position: only trades that open and close whole are the same.
        let rows = run["backtesting.py"]["trades"].as_array().unwrap();
        if !run["case"].as_str().unwrap().starts_with("over zero") {
            let ours: Vec<&Trade> = recorder
                .trades
                .iter()
                .filter(|t| t.exit_bar < apart && t.reason != ExitReason::END)
                .collect();
            for (k, (t, row)) in ours.iter().zip(rows).enumerate() {
                let row = floats(row);
                let got =
                    [t.entry_bar as f64, t.exit_bar as f64, t.side * t.units, t.entry_price, t.exit_price];
                for (a, b) in got.iter().zip(&row) {
                    assert!((a - b).abs() <= 1e-9 * b.abs(), "{place}: trade {k}: {got:?} against {row:?}");
                }
            }
            compared += ours.len();
            assert!(ours.len() > 10, "{place}: {} trades", ours.len());
        }
        println!("{place}: {} bars, {} trades, worst {worst:.1e}", apart, recorder.trades.len());
    }
    assert!(compared > 200, "{compared}");
}

#[test]
fn orders_come_to_what_backtesting_py_makes_of_them() {
    let path = root().join("tests/reference/golden/orders.json");
    compare(&serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap());
}

/// The same on real bars: `.ci/run` has `tests/reference/backtesting_fills.py` replay them.
#[test]
fn orders_come_to_the_same_over_real_bars() {
    let Ok(path) = std::env::var("ASSAY_ORDERS") else {
        println!("skipped: ASSAY_ORDERS names no runs over real bars");
        return;
    };
    compare(&serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap());
}
