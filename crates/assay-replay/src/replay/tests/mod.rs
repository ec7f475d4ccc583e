//! The loop against what must always hold.

mod account;
mod costs;
mod deployment;
mod halts;
mod late;
mod limits;
mod orders;
mod portfolio;
mod volume;
mod whole;

use proptest::prelude::*;

use super::*;
use crate::execution::{Bracket, Intrabar, Level, Trail};
use crate::market::{Bars, Columns, Detail, Funding, Timeframe};
use crate::random::Stream;

fn bars(rows: &[[f64; 4]]) -> Bars {
    let column = |k: usize| rows.iter().map(|r| r[k]).collect::<Vec<f64>>().into();
    let columns = Columns {
        open_time: (0..rows.len() as i64).map(|i| i * 3_600_000).collect(),
        open: column(0),
        high: column(1),
        low: column(2),
        close: column(3),
        volume: vec![1.0; rows.len()].into(),
    };
    Bars::new(Timeframe::H1, columns).unwrap()
}

/// A random walk with gaps between bars.
fn walk(seed: u64, n: usize) -> Bars {
    let mut s = Stream::new(seed, "replay test", 0);
    let mut price = 100.0;
    let rows: Vec<[f64; 4]> = (0..n)
        .map(|_| {
            let open = price * (1.0 + 0.003 * s.normal());
            let close = open * (1.0 + 0.02 * s.normal());
            price = close;
            let high = open.max(close) * (1.0 + 0.01 * s.uniform());
            [open, high, open.min(close) * (1.0 - 0.01 * s.uniform()), close]
        })
        .collect();
    bars(&rows)
}

/// Does what a list says: at the close of bar `i`, `plan[i]`.
struct Script {
    plan: Vec<Intent>,
    closed: Vec<Trade>,
    seen: Vec<usize>,
}

impl Script {
    fn new(plan: Vec<Intent>) -> Self {
        Self { plan, closed: vec![], seen: vec![] }
    }
}

impl SymbolTrader for Script {
    fn next_wake(&mut self, from: usize) -> usize {
        let idle = Intent::default();
        let ahead = self.plan.get(from..).unwrap_or_default();
        from + ahead.iter().position(|p| *p != idle).unwrap_or(ahead.len())
    }

    fn on_close(&mut self, bar: usize, _: &View<'_>) -> Intent {
        self.seen.push(bar);
        self.plan[bar]
    }

    fn on_exit(&mut self, trade: &Trade) {
        self.closed.push(*trade);
    }
}

fn entry(side: f64, size_frac: f64, stop_distance: f64, target_distance: f64) -> Entry {
    Entry {
        side,
        size_frac,
        bracket: Bracket {
            stop: Level::distance(stop_distance),
            target: Level::distance(target_distance),
            trail: Trail::NONE,
        },
    }
}

fn wider(b: Bracket, by: f64) -> Bracket {
    let level = |l| if let Level::Distance(d) = l { Level::Distance(d * by) } else { l };
    Bracket {
        stop: level(b.stop),
        target: level(b.target),
        trail: Trail { distance: b.trail.distance * by, from: level(b.trail.from), ..b.trail },
    }
}

fn enter(e: Entry) -> Intent {
    Intent { entry: Some(e), ..Intent::default() }
}

const FREE: Execution = Execution::FREE;

fn trailing(e: Entry, distance: f64) -> Entry {
    Entry { bracket: Bracket { trail: Trail::closes(distance), ..e.bracket }, ..e }
}

fn run(bars: &Bars, execution: &Execution, plan: Vec<Intent>) -> (FullRecorder, AccountState, Script) {
    let mut recorder = FullRecorder::new(bars.len());
    let mut script = Script::new(plan);
    let ledger = replay(bars, 0, execution, AccountState::new(1000.0, 1000.0), &mut script, &mut recorder);
    (recorder, ledger, script)
}

#[test]
fn an_order_fills_at_the_next_open_and_its_target_as_a_limit() {
    let b = bars(&[
        [100.0, 101.0, 99.0, 100.0],
        [102.0, 103.0, 101.0, 103.0],
        [103.0, 108.0, 102.0, 107.0],
        [107.0, 107.0, 107.0, 107.0],
    ]);
    let mut plan = vec![Intent::default(); 4];
    plan[0] = enter(entry(1.0, 0.5, 4.0, 5.0));
    let (r, ledger, _) = run(&b, &FREE, plan);
    let t = r.trades[0];
    // 0.5 * 1000 / 100 units, filled at 102; target 107.
    assert_eq!((t.signal_bar, t.entry_bar, t.exit_bar), (0, 1, 2));
    assert_eq!((t.units, t.entry_price, t.exit_price, t.reason), (5.0, 102.0, 107.0, ExitReason::TARGET));
    assert_eq!((t.pnl, t.r_multiple), (25.0, 1.25));
    assert_eq!(r.equity, [1000.0, 1005.0, 1025.0, 1025.0]);
    assert_eq!(ledger.cash(), 1025.0);
    // Lowest after the fill: 101 on the entry bar; the target bar's low of 102 is no worse.
    assert!((t.mae - 1.0 / 102.0).abs() < 1e-12 && (t.mfe - 5.0 / 102.0).abs() < 1e-12);
}

#[test]
fn a_stop_can_be_hit_on_the_entry_bar_and_a_gap_fills_at_the_open() {
    let b = bars(&[
        [100.0, 100.0, 100.0, 100.0],
        [100.0, 101.0, 95.0, 99.0],
        [99.0, 99.0, 99.0, 99.0],
        [90.0, 91.0, 89.0, 90.0],
        [90.0, 90.0, 90.0, 90.0],
    ]);
    let mut plan = vec![Intent::default(); 5];
    plan[0] = enter(entry(1.0, 1.0, 3.0, 50.0));
    plan[1] = enter(entry(1.0, 1.0, 3.0, 50.0));
    let (r, ..) = run(&b, &FREE, plan);
    assert_eq!((r.trades[0].exit_bar, r.trades[0].exit_price, r.trades[0].gap), (1, 97.0, false));
    assert_eq!((r.trades[1].exit_bar, r.trades[1].exit_price, r.trades[1].gap), (3, 90.0, true));
}

#[test]
fn a_reversal_exits_and_enters_on_the_same_open_at_the_equity_of_the_close() {
    let b = walk(1, 6);
    let mut plan = vec![Intent::default(); 6];
    plan[0] = enter(entry(1.0, 0.5, f64::INFINITY, f64::INFINITY));
    plan[2] = Intent {
        exit: Some(ExitReason::OPPOSITE),
        entry: Some(entry(-1.0, 0.5, f64::INFINITY, f64::INFINITY)),
        ..Intent::default()
    };
    let (r, ..) = run(&b, &FREE, plan);
    assert_eq!(r.trades.len(), 2);
    assert_eq!((r.trades[0].exit_bar, r.trades[1].entry_bar, r.trades[1].side), (3, 3, -1.0));
    assert_eq!(r.trades[1].units, 0.5 * r.equity[2] / b.close()[2]);
    assert_eq!(r.trades[1].reason, ExitReason::END);
    assert!(r.trades[1].r_multiple.is_nan());
}

#[test]
fn a_system_leaves_for_a_reason_of_its_own() {
    const NEWS: ExitReason = ExitReason::new("news");
    let b = walk(1, 6);
    let mut plan = vec![Intent::default(); 6];
    plan[0] = enter(entry(1.0, 0.5, f64::INFINITY, f64::INFINITY));
    plan[2].exit = Some(NEWS);
    let (r, ..) = run(&b, &FREE, plan);
    assert_eq!((r.trades[0].reason, r.trades[0].reason.name()), (NEWS, "news"));
}

#[test]
fn a_trailing_stop_follows_closes_and_acts_from_the_next_bar() {
    let b = bars(&[
        [100.0, 100.0, 100.0, 100.0],
        [100.0, 104.0, 99.0, 104.0],
        [104.0, 110.0, 103.5, 109.0],
        [109.0, 109.5, 106.0, 108.0],
        [108.0, 108.0, 108.0, 108.0],
    ]);
    let mut plan = vec![Intent::default(); 5];
    plan[0] = enter(trailing(entry(1.0, 1.0, 5.0, f64::INFINITY), 2.0));
    let (r, ..) = run(&b, &FREE, plan);
    // Closes 104 and 109 trail the stop to 102 and 107; bar 3 reaches 107.
    assert_eq!((r.trades[0].exit_bar, r.trades[0].exit_price), (3, 107.0));
    assert_eq!(r.trades[0].reason, ExitReason::TRAIL);
}

#[test]
fn filling_at_the_close_starts_the_walk_a_bar_later() {
    let b = bars(&[[100.0, 120.0, 80.0, 100.0], [100.0, 101.0, 99.0, 100.0], [100.0, 106.0, 99.0, 105.0]]);
    let mut plan = vec![Intent::default(); 3];
    plan[0] = enter(entry(1.0, 1.0, 5.0, 5.0));
    let (r, ..) = run(&b, &Execution { fill: FillRule::Close, ..FREE }, plan);
    assert_eq!((r.trades[0].signal_bar, r.trades[0].entry_bar, r.trades[0].exit_bar), (0, 0, 2));
}

#[test]
fn idle_bars_are_skipped() {
    let b = walk(3, 1000);
    let mut plan = vec![Intent::default(); 1000];
    plan[700] = enter(entry(1.0, 0.1, 0.5, 0.5));
    let (r, _, script) = run(&b, &FREE, plan);
    assert_eq!(r.equity.len(), 1000);
    assert!(script.seen.len() < 100 && script.seen[0] == 700, "{:?}", script.seen);
}

/// Equity and cash, bar by bar, against a sum over trades done the slow way.
struct Conserving {
    cash: f64,
    full: FullRecorder,
    worst: f64,
}

impl Recorder for Conserving {
    fn bar(&mut self, step: &Step<'_>) {
        let Step { equity, exposure, ledger, .. } = *step;
        let held = ledger.cash() + exposure * equity;
        self.worst = self.worst.max((equity - held).abs() / equity.abs());
        if exposure == 0.0 {
            let earned: f64 = self.full.trades.iter().map(|t| t.pnl).sum();
            self.worst = self.worst.max((equity - self.cash - earned).abs() / equity.abs());
        }
        self.full.bar(step);
    }

    fn flat(&mut self, bars: std::ops::Range<usize>, equity: f64) {
        let earned: f64 = self.full.trades.iter().map(|t| t.pnl).sum();
        self.worst = self.worst.max((equity - self.cash - earned).abs() / equity.abs());
        self.full.flat(bars, equity);
    }

    fn trade(&mut self, trade: &Trade) {
        self.full.trade(trade);
    }
}

fn plans(n: usize) -> impl Strategy<Value = Vec<Intent>> {
    let intent = (0u8..8, prop::bool::ANY, 0.01..1.0f64, 0.2..4.0f64, 0.2..6.0f64, 0.3..3.0f64).prop_map(
        |(kind, long, size, stop, target, trail)| {
            let mut e = entry(if long { 1.0 } else { -1.0 }, size, stop, target);
            if kind == 1 {
                e.bracket.trail = Trail::closes(trail);
            }
            Intent {
                exit: (kind == 2 || kind == 3).then_some(ExitReason::OPPOSITE),
                entry: (kind < 3).then_some(e),
                ..Intent::default()
            }
        },
    );
    prop::collection::vec(intent, n)
}

fn policies() -> impl Strategy<Value = Intrabar> {
    prop::sample::select(Intrabar::ALL.to_vec())
}

#[test]
fn a_position_grows_and_shrinks_at_its_mean_price() {
    let b = bars(&[
        [100.0, 100.0, 100.0, 100.0],
        [100.0, 100.0, 100.0, 100.0],
        [110.0, 110.0, 110.0, 110.0],
        [120.0, 120.0, 120.0, 120.0],
        [130.0, 130.0, 130.0, 130.0],
        [140.0, 140.0, 140.0, 140.0],
    ]);
    let mut plan = vec![Intent::default(); 6];
    plan[0] = enter(entry(1.0, 0.2, f64::INFINITY, f64::INFINITY));
    plan[1].resize = Some(4.0);
    plan[2].resize = Some(1.0);
    plan[3].exit = Some(ExitReason::SIGNAL);
    let execution = Execution { fee_bps: 10.0, ..FREE };
    let (r, ledger, script) = run(&b, &execution, plan);
    // 2 units at 100 and 2 at 110; 3 of 4 go at 120, the last at 130.
    let [part, rest] = &r.trades[..] else { panic!("{:?}", r.trades) };
    assert_eq!(
        (part.units, part.entry_price, part.exit_price, part.reason),
        (3.0, 105.0, 120.0, ExitReason::RESIZE)
    );
    assert_eq!(
        (rest.units, rest.entry_price, rest.exit_price, rest.reason),
        (1.0, 105.0, 130.0, ExitReason::SIGNAL)
    );
    assert_eq!((part.entry_bar, part.exit_bar, rest.exit_bar), (1, 3, 4));
    assert_eq!((part.gross_pnl, rest.gross_pnl), (45.0, 25.0));
    // Fees of entry are shared by units: 0.42 in all, a quarter of it for the last one.
    assert!((part.costs.fee - (0.42 * 0.75 + 0.36)).abs() < 1e-12, "{:?}", part.costs);
    assert!((rest.costs.fee - (0.42 * 0.25 + 0.13)).abs() < 1e-12, "{:?}", rest.costs);
    let pnl: f64 = r.trades.iter().map(|t| t.pnl).sum();
    assert!((ledger.cash() - 1000.0 - pnl).abs() < 1e-9);
    assert_eq!(script.closed.len(), 2);
}

#[test]
fn finer_bars_decide_what_came_first() {
    let fine = |rows: &[[f64; 4]]| {
        let b = bars(rows);
        let columns = Columns {
            open_time: (0..rows.len() as i64).map(|i| i * 1_800_000).collect(),
            ..b.columns().clone()
        };
        Bars::new("30m".parse().unwrap(), columns).unwrap()
    };
    let coarse = bars(&[[100.0; 4], [100.0, 104.0, 96.0, 101.0], [101.0; 4]]);
    let mut plan = vec![Intent::default(); 3];
    plan[0] = enter(entry(1.0, 0.5, 2.0, 2.0));
    let detail = Execution { intrabar: Intrabar::Detail, ..FREE };
    let outcome = |rows: Option<[[f64; 4]; 6]>, execution: &Execution| {
        let finer = rows.map(|r| Detail::new(&coarse, 0, fine(&r)).unwrap());
        let market = Market { detail: finer.as_ref(), ..Market::from(&coarse) };
        let mut recorder = FullRecorder::new(3);
        let ledger = AccountState::new(1000.0, 1.0);
        replay(market, 0, execution, ledger, &mut Script::new(plan.clone()), &mut recorder);
        let t = recorder.trades[0];
        (t.reason, t.exit_price, t.ambiguous, t.gap)
    };
    let flat = [100.0; 4];
    let after = [101.0; 4];
    // Up first, down first, over the target in a jump, and both within one of the finer bars.
    let up = [flat, flat, [100.0, 104.0, 99.0, 100.0], [100.0, 101.0, 96.0, 101.0], after, after];
    let down = [flat, flat, [100.0, 101.0, 96.0, 100.0], [100.0, 104.0, 99.0, 101.0], after, after];
    let jump = [flat, flat, [100.0, 101.0, 99.0, 101.0], [103.0, 104.0, 96.0, 101.0], after, after];
    let both = [flat, flat, [100.0, 104.0, 96.0, 100.0], [100.0, 101.0, 99.0, 101.0], after, after];
    assert_eq!(outcome(Some(up), &detail), (ExitReason::TARGET, 102.0, false, false));
    assert_eq!(outcome(Some(down), &detail), (ExitReason::STOP, 98.0, false, false));
    assert_eq!(outcome(Some(jump), &detail), (ExitReason::TARGET, 103.0, false, true));
    assert_eq!(outcome(Some(both), &detail), (ExitReason::STOP, 98.0, true, false));
    // Without finer bars the path that hurts; with them, but not asked for, they are not looked into.
    assert_eq!(outcome(None, &detail), (ExitReason::STOP, 98.0, true, false));
    assert_eq!(outcome(Some(up), &FREE), (ExitReason::STOP, 98.0, true, false));
}

#[test]
fn funding_is_paid_by_longs_and_goes_to_shorts() {
    let b = bars(&[[100.0; 4], [100.0; 4], [110.0, 110.0, 90.0, 100.0], [100.0; 4], [100.0; 4], [100.0; 4]]);
    let hour = 3_600_000;
    // Due at the open of bar 1, before the order fills there; at that of bar 2; inside bar 3, at a mark of 120; and when nothing is held.
    let times = [hour, 2 * hour, 3 * hour + 1, 5 * hour];
    let marks = [f64::NAN, f64::NAN, 120.0, f64::NAN];
    let funding = Funding::new(&b, 0, &times, &[0.5, 0.001, 0.002, 0.5], &marks).unwrap();
    for side in [1.0, -1.0] {
        let mut plan = vec![Intent::default(); 6];
        plan[0] = enter(entry(side, 0.5, f64::INFINITY, f64::INFINITY));
        plan[3].exit = Some(ExitReason::SIGNAL);
        let market = Market { funding: Some(&funding), ..Market::from(&b) };
        let mut recorder = FullRecorder::new(6);
        let ledger =
            replay(market, 0, &FREE, AccountState::new(1000.0, 1.0), &mut Script::new(plan), &mut recorder);
        let t = recorder.trades[0];
        // 5 units: 110 * 0.001 and 120 * 0.002 each.
        let paid = side * 5.0 * (0.11 + 0.24);
        assert!((t.costs.funding - paid).abs() < 1e-12, "{:?}", t.costs);
        assert!((t.pnl + paid).abs() < 1e-12 && (ledger.cash() - 1000.0 + paid).abs() < 1e-12);
        assert_eq!(ledger.paid().funding, t.costs.funding);
        // Equity feels it in the bar in which it is due.
        assert!((recorder.equity[2] - (1000.0 - side * 0.55)).abs() < 1e-12, "{:?}", recorder.equity);
    }
}

#[test]
fn an_order_beyond_the_leverage_is_cut_and_counted() {
    let b = bars(&[[100.0, 100.0, 100.0, 100.0], [200.0, 200.0, 200.0, 200.0], [200.0, 200.0, 200.0, 200.0]]);
    for (side, leverage) in [(1.0, 1.0), (-1.0, 1.0), (1.0, 3.0)] {
        let mut plan = vec![Intent::default(); 3];
        // Ten units by the close of 100, which open at 200.
        plan[0] = enter(entry(side, 1.0, f64::INFINITY, f64::INFINITY));
        let execution = Execution { fee_bps: 100.0, ..FREE };
        let mut recorder = FullRecorder::new(3);
        let ledger = AccountState::new(1000.0, leverage);
        let ledger = replay(&b, 0, &execution, ledger, &mut Script::new(plan), &mut recorder);
        let t = recorder.trades[0];
        assert_eq!(ledger.counts().cut, usize::from(leverage == 1.0));
        if leverage == 1.0 {
            // 1,000 = units * 200 * 1.01: the fee is paid out of the same money.
            assert!((t.units - 1000.0 / 202.0).abs() < 1e-12, "{}", t.units);
            assert!(side < 0.0 || (recorder.exposure[1] - 1.0).abs() < 1e-12, "{}", recorder.exposure[1]);
        } else {
            assert_eq!(t.units, 10.0);
        }
    }
    // Exactly the leverage is no excess, whatever rounding says.
    let b = bars(&[[0.1; 4]; 3]);
    let mut plan = vec![Intent::default(); 3];
    plan[0] = enter(entry(1.0, 1.0, f64::INFINITY, f64::INFINITY));
    let mut recorder = FullRecorder::new(3);
    let ledger =
        replay(&b, 0, &FREE, AccountState::new(0.1 + 0.2, 1.0), &mut Script::new(plan), &mut recorder);
    assert_eq!(ledger.counts().cut, 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cash_is_conserved_at_every_bar(seed in 0u64..1000, plan in plans(120), policy in policies()) {
        let b = walk(seed, 120);
        let execution = Execution { intrabar: policy, fee_bps: 7.5, spread_bps: 2.0, slippage_bps: 3.0, ..FREE };
        let mut recorder = Conserving { cash: 1000.0, full: FullRecorder::new(120), worst: 0.0 };
        let ledger = replay(&b, 0, &execution, AccountState::new(1000.0, 1000.0), &mut Script::new(plan), &mut recorder);
        prop_assert!(recorder.worst < 1e-9, "{}", recorder.worst);
        prop_assert_eq!(recorder.full.equity.len(), 120);
        let costs: f64 = recorder.full.trades.iter().map(|t| t.costs.total()).sum();
        prop_assert!((costs - ledger.paid().total()).abs() < 1e-9 * costs.max(1.0));
        for t in &recorder.full.trades {
            prop_assert!(t.entry_bar > t.signal_bar && t.exit_bar >= t.entry_bar);
            prop_assert!(t.mae >= 0.0 && t.mfe >= 0.0);
        }
    }

    #[test]
    fn pessimistic_and_optimistic_bound_a_single_trade(seed in 0u64..1000, long in prop::bool::ANY) {
        let b = walk(seed, 60);
        let mut plan = vec![Intent::default(); 60];
        plan[5] = enter(entry(if long { 1.0 } else { -1.0 }, 0.5, 1.5, 1.5));
        let pnl = |policy| {
            let (r, ..) = run(&b, &FREE.with_intrabar(policy), plan.clone());
            (r.trades[0].pnl, r.trades[0].ambiguous)
        };
        let (low, ambiguous) = pnl(Intrabar::Pessimistic);
        let (high, _) = pnl(Intrabar::Optimistic);
        prop_assert!(low <= high);
        prop_assert_eq!(low != high, ambiguous);
        for policy in [Intrabar::Ohlc, Intrabar::Olhc, Intrabar::Adaptive] {
            let (mid, _) = pnl(policy);
            prop_assert!(low <= mid && mid <= high);
        }
    }

    #[test]
    fn capital_and_price_scale_out(seed in 0u64..1000, plan in plans(80)) {
        let b = walk(seed, 80);
        // A power of two scales without rounding.
        let rows: Vec<[f64; 4]> = (0..80)
            .map(|i| [b.open()[i], b.high()[i], b.low()[i], b.close()[i]].map(|v| v * 4.0))
            .collect();
        let scaled_plan: Vec<Intent> = plan.iter().map(|p| Intent {
            entry: p.entry.map(|e| Entry {
                bracket: wider(e.bracket, 4.0),
                ..e
            }),
            ..*p
        }).collect();
        let execution = Execution { fee_bps: 5.0, ..FREE };
        let (a, ..) = run(&b, &execution, plan.clone());
        let (c, ..) = run(&bars(&rows), &execution, scaled_plan);
        prop_assert_eq!(&a.equity, &c.equity);
        let mut rich = FullRecorder::new(80);
        replay(&b, 0, &execution, AccountState::new(8000.0, 1000.0), &mut Script::new(plan), &mut rich);
        let scaled: Vec<f64> = a.equity.iter().map(|e| e * 8.0).collect();
        prop_assert_eq!(scaled, rich.equity);
    }
}
