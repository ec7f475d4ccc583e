//! The replay: a million orders, a textbook crossover from bars to figures, and what each option costs.
//!
//! `cargo bench --bench execution` prints them. With `ASSAY_PEER` naming a folder of Parquet files of bars, those are the bars, and the
//! answer is one JSON document: what `benches/peers/execution.py` holds against other programs.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use assay::data::{LoadRequest, load};
use assay::execution::{Follow, Intrabar, Order, OrderKind};
use assay::features::FeatureCache;
use assay::market::{Bars, Columns, Detail, Funding, Timeframe};
use assay::random::Stream;
use assay::replay::SummaryRecorder;
use assay::replay::{
    Account, AccountKind, AccountState, Book, Clock, Execution, FillRule, FullRecorder, Intent, MarginMode,
    Market, Over, SymbolTrader, Trade, View, replay, replay_all,
};
use assay::system::targets::{Brackets, TargetPositions, TargetTrader, Unit};
use assay::systems::ma_cross::{MaCross, crossover, first_row};
use rayon::prelude::*;
use serde_json::{Value, json};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const REPEATS: usize = 9;

/// Shortest of the repeats, seconds: what disturbs a run only ever adds to it.
fn best(mut run: impl FnMut()) -> f64 {
    run();
    (0..REPEATS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min)
}

fn walk(n: usize, step_ms: i64) -> Bars {
    let mut s = Stream::new(1, "bench", 0);
    let mut c: [Vec<f64>; 5] = Default::default();
    let mut price = 1000.0;
    for _ in 0..n {
        let close = price * (1.0 + 0.005 * s.normal());
        let row = [
            price,
            price.max(close) * (1.0 + 0.003 * s.uniform()),
            price.min(close) * (1.0 - 0.003 * s.uniform()),
            close,
            (1e4 * s.uniform()).round(),
        ];
        c.iter_mut().zip(row).for_each(|(column, v)| column.push(v));
        price = close;
    }
    let [open, high, low, close, volume] = c.map(Into::into);
    let open_time = (0..n as i64).map(|i| i * step_ms).collect();
    let timeframe = if step_ms == 60_000 { "1m".parse().expect("a length") } else { Timeframe::H1 };
    Bars::new(timeframe, Columns { open_time, open, high, low, close, volume }).expect("the bars are bars")
}

/// Whether candidate `column` buys or sells a unit at the close of `bar`: the same in the script of the peers.
fn buys(bar: usize, column: usize) -> bool {
    let mut z =
        (bar as u64).wrapping_mul(1_000_003).wrapping_add(column as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z >> 63 == 1
}

/// An order at each close of each of `columns` accounts: a unit bought or sold.
fn grid(bars: &Bars, columns: usize) -> (f64, Vec<f64>) {
    let n = bars.len();
    let wanted: Vec<TargetPositions> = (0..columns)
        .map(|c| {
            let mut held = 0.0;
            let position = (0..n).map(|i| {
                held += if buys(i, c) { 1.0 } else { -1.0 };
                held
            });
            TargetPositions::new(position.collect(), Unit::Units, Brackets::default())
        })
        .collect();
    let execution = Execution { fill: FillRule::Close, fee_bps: 10.0, ..Execution::FREE };
    let account = AccountState::new(1e9, 1.0);
    let markets = [Market::from(bars)];
    let clock = Clock::of(&markets);
    let mut last = vec![];
    let run = || -> Vec<f64> {
        wanted
            .par_iter()
            .map_init(
                || SummaryRecorder::new(&clock, 0, 1e9),
                |recorder, w| {
                    recorder.clear();
                    let mut trader = [TargetTrader::new(bars, w)];
                    let end = replay_all(
                        Over::new(&markets, &clock, &[0], &execution, account),
                        &mut trader,
                        recorder,
                    );
                    black_box(recorder.performance(365.0));
                    end.cash()
                },
            )
            .collect()
    };
    let seconds = best(|| last = black_box(run()));
    debug_assert!(n > 2);
    (seconds, last)
}

/// From bars to averages, trades, return, Sharpe ratio and drawdown.
fn textbook(bars: &Bars) -> (f64, Value) {
    let markets = [Market::from(bars)];
    let clock = Clock::of(&markets);
    let p = MaCross { fast: 20, slow: 100, ..MaCross::default() };
    let first = first_row(&p);
    let execution = Execution { fee_bps: 10.0, ..Execution::FREE };
    let mut recorder = SummaryRecorder::new(&clock, first, 1e6);
    let mut figures = Value::Null;
    let seconds = best(|| {
        let cache = FeatureCache::new(bars.clone());
        let wanted = TargetPositions::new(crossover(&cache, &p), Unit::Units, Brackets::default());
        recorder.clear();
        let account = AccountState::new(1e6, 1.0);
        let mut trader = [TargetTrader::new(bars, &wanted)];
        replay_all(Over::new(&markets, &clock, &[first], &execution, account), &mut trader, &mut recorder);
        let (e, t) = (recorder.performance(365.0), recorder.trades());
        figures = black_box(json!({
            "end": e.end_equity, "return": e.total_return, "sharpe": e.sharpe, "max_drawdown": e.max_drawdown,
            "trades": t.n, "win_rate": t.win_rate,
        }));
    });
    (seconds, figures)
}

/// Holds a unit all the time, with one resting order that is never reached.
struct Resting;

impl SymbolTrader for Resting {
    fn places(&self) -> bool {
        true
    }

    fn next_wake(&mut self, from: usize) -> usize {
        from
    }

    fn on_close(&mut self, _: usize, _: &View<'_>) -> Intent {
        Intent::default()
    }

    fn place(&mut self, bar: usize, _: &View<'_>, book: &mut Book) {
        if bar == 0 {
            book.place(Order::new(1.0, 1.0, OrderKind::Market, bar));
            book.place(Order::new(1.0, 1.0, OrderKind::Limit(1e-3), bar));
        }
    }

    fn on_exit(&mut self, _: &Trade) {}
}

/// What each option costs, nanoseconds a bar, of a run that is always in the market.
fn options(n: usize) -> Vec<(&'static str, f64)> {
    let bars = walk(n, 3_600_000);
    let cache = FeatureCache::new(bars.clone());
    let p = MaCross { fast: 20, slow: 100, ..MaCross::default() };
    let first = first_row(&p);
    let plain = TargetPositions::new(crossover(&cache, &p), Unit::Units, Brackets::default());
    let far = Brackets { stop: Some(90.0), target: Some(5000.0), ..Brackets::default() };
    let with = |b: Brackets| TargetPositions::new(crossover(&cache, &p), Unit::Units, b);
    let trail = |follow| with(Brackets { trail: Some(50.0), follow, ..Brackets::default() });
    let fine = walk(n * 60, 60_000);
    let coarse: Vec<[f64; 5]> = (0..n)
        .map(|i| {
            let r = i * 60..(i + 1) * 60;
            let high = fine.high()[r.clone()].iter().copied().fold(f64::MIN, f64::max);
            let low = fine.low()[r.clone()].iter().copied().fold(f64::MAX, f64::min);
            [fine.open()[r.start], high, low, fine.close()[r.end - 1], 1.0]
        })
        .collect();
    let column = |k: usize| coarse.iter().map(|r| r[k]).collect::<Vec<f64>>().into();
    let columns = Columns {
        open_time: bars.columns().open_time.clone(),
        open: column(0),
        high: column(1),
        low: column(2),
        close: column(3),
        volume: column(4),
    };
    let coarse = Bars::new(Timeframe::H1, columns).expect("the bars are bars");
    let detail = Detail::new(&coarse, 0, fine).expect("the finer bars lie under them");
    let times: Vec<i64> = (0..=n as i64 / 8).map(|k| k * 8 * 3_600_000).collect();
    let rates = vec![1e-9; times.len()];
    let funding = Funding::new(&bars, 0, &times, &rates, &[]).expect("the events cover the bars");
    let account = |kind, margin| {
        let a = Account {
            equity: 1e9,
            leverage: 3.0,
            kind,
            margin,
            maintenance_margin: 1e-4,
            ..Account::default()
        };
        a.ledger()
    };
    let broker = account(AccountKind::Margin, MarginMode::Cross);
    let pessimistic = Execution { fee_bps: 5.0, ..Execution::FREE };
    let mut recorder = FullRecorder::new(n);
    let mut time =
        |market: Market<'_>, wanted: &TargetPositions, execution: &Execution, ledger: AccountState| {
            let seconds = best(|| {
                recorder.equity.clear();
                recorder.exposure.clear();
                recorder.trades.clear();
                let mut trader = TargetTrader::new(market.bars, wanted);
                black_box(replay(market, first, execution, ledger, &mut trader, &mut recorder));
            });
            1e9 * seconds / n as f64
        };
    let m = Market::from(&bars);
    let looked_into = Execution { intrabar: Intrabar::Detail, ..pessimistic.clone() };
    let under = Market { detail: Some(&detail), ..Market::from(&coarse) };
    let spot = Account { equity: 1e9, kind: AccountKind::Spot, ..Account::default() }.ledger();
    let mut rows = vec![
        ("in the market, no stop", time(m, &plain, &pessimistic, broker)),
        ("spot account (longs only)", time(m, &plain, &pessimistic, spot)),
        ("stop and target, never reached", time(m, &with(far), &pessimistic, broker)),
        ("trailing stop on closes", time(m, &trail(Follow::Close), &pessimistic, broker)),
        ("trailing stop on extremes", time(m, &trail(Follow::Extreme), &pessimistic, broker)),
        ("trailing stop on the path, both walked", time(m, &trail(Follow::Path), &pessimistic, broker)),
        (
            "funding every eighth bar",
            time(Market { funding: Some(&funding), ..m }, &plain, &pessimistic, broker),
        ),
        (
            "isolated margin",
            time(m, &plain, &pessimistic, account(AccountKind::Perpetual, MarginMode::Isolated)),
        ),
        (
            "60 finer bars looked into, stop near",
            time(under, &with(Brackets { stop: Some(1.0), ..Brackets::default() }), &looked_into, broker),
        ),
    ];
    let resting = best(|| {
        recorder.equity.clear();
        recorder.exposure.clear();
        recorder.trades.clear();
        black_box(replay(&bars, 0, &pessimistic, broker, &mut Resting, &mut recorder));
    });
    rows.push(("a resting order, both paths walked", 1e9 * resting / n as f64));
    rows
}

fn main() {
    if let Ok(folder) = std::env::var("ASSAY_PEER") {
        let read = |name: &str| {
            load(&Path::new(&folder).join(name), &LoadRequest::default())
                .expect("the file of bars reads")
                .bars
        };
        let (seconds, equity) = grid(&read("grid.parquet"), 1000);
        let mut document = json!({ "grid": { "ms": 1e3 * seconds, "equity": equity } });
        for name in ["hours", "minutes"] {
            let (seconds, figures) = textbook(&read(&format!("{name}.parquet")));
            document[name] = json!({ "ms": 1e3 * seconds, "figures": figures });
        }
        println!("{document}");
        return;
    }
    let (seconds, _) = grid(&walk(1000, 3_600_000), 1000);
    println!("{:<40} {:>9.2} ms", "a million orders, 1,000 x 1,000", 1e3 * seconds);
    for n in [62_482, 520_499] {
        let (seconds, _) = textbook(&walk(n, 3_600_000));
        println!("{:<40} {:>9.3} ms", format!("textbook crossover, {n} bars"), 1e3 * seconds);
    }
    for (name, ns) in options(62_482) {
        println!("{name:<40} {ns:>9.1} ns a bar");
    }
}
