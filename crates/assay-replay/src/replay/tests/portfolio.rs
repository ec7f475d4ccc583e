//! Many symbols and one account.

use super::*;

pub(super) fn shifted(b: &Bars, hours: i64) -> Bars {
    let open_time = b.open_time().iter().map(|t| t + hours * 3_600_000).collect();
    Bars::new(Timeframe::H1, Columns { open_time, ..b.columns().clone() }).unwrap()
}

pub(super) fn all(
    bars: &[&Bars],
    plans: &[Vec<Intent>],
    account: &Account,
    limits: Option<&mut RiskManager>,
    execution: &Execution,
) -> (FullRecorder, AccountState) {
    let markets: Vec<Market<'_>> = bars.iter().map(|b| Market::from(*b)).collect();
    let clock = Clock::of(&markets);
    let mut traders: Vec<Script> = plans.iter().map(|p| Script::new(p.clone())).collect();
    let mut recorder = FullRecorder::new(clock.len());
    let first = vec![0; bars.len()];
    let ledger = replay_all(
        Over::new(&markets, &clock, &first, execution, account.ledger()).under(limits),
        &mut traders,
        &mut recorder,
    );
    (recorder, ledger)
}

fn hold(n: usize, from: usize, size: f64) -> Vec<Intent> {
    let mut plan = vec![Intent::default(); n];
    plan[from] = enter(entry(1.0, size, f64::INFINITY, f64::INFINITY));
    plan
}

pub(super) fn rich(leverage: f64) -> Account {
    Account { equity: 1000.0, leverage, ..Account::default() }
}

#[test]
fn symbols_share_the_money_and_add_up() {
    let a = bars(&[[100.0; 4], [100.0; 4], [110.0; 4], [110.0; 4]]);
    let b = bars(&[[50.0; 4], [50.0; 4], [45.0; 4], [45.0; 4]]);
    let (r, ledger) = all(&[&a, &b], &[hold(4, 0, 0.5), hold(4, 0, 0.5)], &rich(1.0), None, &FREE);
    assert_eq!(r.equity, [1000.0, 1000.0, 1000.0, 1000.0]);
    let mut of: Vec<(u16, f64)> = r.trades.iter().map(|t| (t.symbol, t.pnl)).collect();
    of.sort_by_key(|x| x.0);
    assert_eq!(of, [(0, 50.0), (1, -50.0)]);
    assert_eq!((ledger.cash(), ledger.counts().cut), (1000.0, 0));
}

#[test]
fn orders_of_one_open_are_cut_alike_or_in_order() {
    let a = bars(&[[100.0; 4]; 3]);
    let plans = [hold(3, 0, 0.8), hold(3, 0, 0.8)];
    let units = |allocation| {
        let account = Account { allocation, ..rich(1.0) };
        let (r, _) = all(&[&a, &a], &plans, &account, None, &FREE);
        let mut u: Vec<(u16, f64)> = r.trades.iter().map(|t| (t.symbol, t.units)).collect();
        u.sort_by_key(|x| x.0);
        [u[0].1, u[1].1].map(|x| (x * 1e9).round() / 1e9)
    };
    assert_eq!(units(Allocation::ProRata), [5.0, 5.0]);
    assert_eq!(units(Allocation::InOrder), [8.0, 2.0]);
}

#[test]
fn an_exit_pays_for_an_entry_of_the_same_open() {
    let a = bars(&[[100.0; 4]; 5]);
    let mut out = hold(5, 0, 1.0);
    out[2].exit = Some(ExitReason::SIGNAL);
    // The symbol that enters comes first, and still finds the money.
    let (r, ledger) = all(&[&a, &a], &[hold(5, 2, 1.0), out], &rich(1.0), None, &FREE);
    assert_eq!((r.trades.len(), ledger.counts().cut), (2, 0));
    assert!(r.trades.iter().all(|t| t.units == 10.0));
}

#[test]
fn a_symbol_without_a_bar_is_marked_at_its_last_close() {
    // The second has bars at hours 0, 1 and 3 only.
    let a = bars(&[[100.0; 4]; 5]);
    let full = bars(&[[50.0; 4], [50.0, 60.0, 50.0, 60.0], [70.0; 4]]);
    let b = Bars::new(
        Timeframe::H1,
        Columns { open_time: [0, 1, 3].map(|h| h * 3_600_000).to_vec().into(), ..full.columns().clone() },
    )
    .unwrap();
    let (r, _) = all(&[&a, &b], &[vec![Intent::default(); 5], hold(3, 0, 0.5)], &rich(1.0), None, &FREE);
    // Ten units at 50; closed with its last bar at 70.
    assert_eq!(r.equity, [1000.0, 1100.0, 1100.0, 1200.0, 1200.0]);
    assert_eq!((r.trades[0].exit_bar, r.trades[0].reason), (2, ExitReason::END));
}

#[test]
fn one_account_secures_all_and_is_liquidated_together() {
    // Two longs of 1,500 each on 1,000: both fall by a third in one bar, where either alone would have lived.
    let fall = bars(&[[100.0; 4], [100.0; 4], [100.0, 100.0, 64.0, 66.0], [66.0; 4]]);
    let flat = bars(&[[100.0; 4]; 4]);
    let account = Account { maintenance_margin: 0.01, liquidation_fee_bps: 0.0, ..rich(3.0) };
    let plans = [hold(4, 0, 1.5), hold(4, 0, 1.5)];
    let (r, _) = all(&[&fall, &flat], &plans, &account, None, &FREE);
    assert!(r.trades.iter().all(|t| t.reason == ExitReason::END));
    let (r, ledger) = all(&[&fall, &fall], &plans, &account, None, &FREE);
    assert!(r.trades.iter().any(|t| t.reason == ExitReason::LIQUIDATION));
    assert!(ledger.counts().liquidated >= 1);
}

#[test]
fn thirty_symbols_that_begin_and_end_apart_add_up() {
    const N: usize = 2000;
    let histories: Vec<Bars> = (0..30)
        .map(|k| {
            let b = walk(k, N);
            // Some begin late, some end early, and every one has holes of its own.
            let (from, to) = (17 * k as usize % 400, N - 23 * k as usize % 300);
            let keep: Vec<usize> = (from..to).filter(|i| !(i * 7 + k as usize).is_multiple_of(97)).collect();
            let column = |v: &[f64]| keep.iter().map(|&i| v[i]).collect::<Vec<f64>>().into();
            let columns = Columns {
                open_time: keep.iter().map(|&i| b.open_time()[i]).collect(),
                open: column(b.open()),
                high: column(b.high()),
                low: column(b.low()),
                close: column(b.close()),
                volume: column(b.volume()),
            };
            Bars::new(Timeframe::H1, columns).unwrap()
        })
        .collect();
    let plans: Vec<Vec<Intent>> = histories
        .iter()
        .enumerate()
        .map(|(k, b)| {
            let mut plan = vec![Intent::default(); b.len()];
            for i in (k..b.len()).step_by(40 + k) {
                let side = if (i / 40 + k) % 2 == 0 { 1.0 } else { -1.0 };
                plan[i] = Intent { exit: Some(ExitReason::SIGNAL), ..enter(entry(side, 0.2, 3.0, 6.0)) };
            }
            plan
        })
        .collect();
    let limits = crate::risk::Limits { max_exposure: 1.5, max_positions: 12, ..Default::default() };
    let mut risk_manager = RiskManager::new(&limits, 1000.0, 30);
    let account = Account { maintenance_margin: 0.005, ..rich(3.0) };
    let execution = Execution { fee_bps: 5.0, spread_bps: 2.0, slippage_bps: 1.0, ..FREE };
    let all_bars: Vec<&Bars> = histories.iter().collect();
    let (r, ledger) = all(&all_bars, &plans, &account, Some(&mut risk_manager), &execution);
    let hours: std::collections::BTreeSet<i64> =
        histories.iter().flat_map(|b| b.open_time().iter().copied()).collect();
    assert_eq!(r.equity.len(), hours.len());
    let pnl: f64 = r.trades.iter().map(|t| t.pnl).sum();
    assert!((ledger.cash() - 1000.0 - pnl).abs() < 1e-6, "{} {pnl}", ledger.cash());
    assert!(
        r.trades.len() > 300 && risk_manager.refusals.positions > 0 && risk_manager.refusals.cut > 0,
        "{:?}",
        risk_manager.refusals
    );
    for k in 0..30 {
        assert!(r.trades.iter().any(|t| t.symbol == k), "symbol {k} was never traded");
    }
    // No more than twelve at any step, and no more than one and a half times the equity when one is opened.
    let mut open = vec![0i32; N + 1];
    for t in &r.trades {
        let times = histories[usize::from(t.symbol)].open_time();
        let hour = |bar: usize| (times[bar] / 3_600_000) as usize;
        open[hour(t.entry_bar)] += 1;
        open[hour(t.exit_bar) + 1] -= 1;
    }
    let mut held = 0;
    let most = open
        .iter()
        .map(|d| {
            held += d;
            held
        })
        .max()
        .unwrap();
    assert!(most <= 24, "an exit and an entry of one bar are both counted: {most}");
    assert!(r.exposure.iter().all(|e| e.abs() < 2.5));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_symbol_that_never_trades_changes_nothing(seed in 0u64..500, plan in plans(90), late in 0i64..20) {
        let (a, b) = (walk(seed, 90), shifted(&walk(seed + 1000, 90), late));
        let execution = Execution { fee_bps: 5.0, ..FREE };
        let idle = vec![Intent::default(); 90];
        let (alone, one) = all(&[&a], std::slice::from_ref(&plan), &rich(1000.0), None, &execution);
        let (both, two) = all(&[&a, &b], &[plan, idle], &rich(1000.0), None, &execution);
        prop_assert_eq!(&alone.equity[..], &both.equity[..90]);
        prop_assert_eq!(alone.trades, both.trades);
        prop_assert_eq!(one.cash(), two.cash());
    }

    #[test]
    fn trades_of_all_symbols_add_up_to_the_account(seed in 0u64..500, p in plans(60), q in plans(60), r in plans(60)) {
        let (a, b, c) = (walk(seed, 60), shifted(&walk(seed + 1, 60), 7), walk(seed + 2, 60));
        let execution = Execution { fee_bps: 5.0, spread_bps: 2.0, ..FREE };
        let (run, ledger) = all(&[&a, &b, &c], &[p, q, r], &rich(5.0), None, &execution);
        let pnl: f64 = run.trades.iter().filter(|t| !t.shadow).map(|t| t.pnl).sum();
        prop_assert!((ledger.cash() - 1000.0 - pnl).abs() < 1e-6, "{} {pnl}", ledger.cash());
        let last = run.equity[run.equity.len() - 1];
        prop_assert!((last - ledger.cash()).abs() < 1e-9 * last.abs().max(1.0));
    }

    #[test]
    fn without_leverage_longs_never_owe(seed in 0u64..500, p in plans(60), q in plans(60)) {
        let long = |plan: Vec<Intent>| -> Vec<Intent> {
            plan.into_iter().map(|i| Intent { entry: i.entry.map(|e| Entry { side: 1.0, ..e }), ..i }).collect()
        };
        struct Least(f64);
        impl Recorder for Least {
            fn bar(&mut self, step: &Step<'_>) { self.0 = self.0.min(step.ledger.cash()); }
            fn flat(&mut self, _: std::ops::Range<usize>, _: f64) {}
            fn trade(&mut self, _: &Trade) {}
        }
        let (a, b) = (walk(seed, 60), walk(seed + 9, 60));
        let markets = [Market::from(&a), Market::from(&b)];
        let mut traders = [Script::new(long(p)), Script::new(long(q))];
        let mut least = Least(f64::INFINITY);
        let execution = Execution { fee_bps: 20.0, slippage_bps: 5.0, ..FREE };
        let spot = Account { kind: AccountKind::Spot, ..rich(1.0) };
        replay_all(Over::new(&markets, &Clock::of(&markets), &[0, 0], &execution, spot.ledger()), &mut traders, &mut least);
        prop_assert!(least.0 > -1e-6, "{}", least.0);
    }

    #[test]
    fn long_and_short_mirror_each_other(seed in 0u64..500, plan in plans(80), policy in policies()) {
        let b = walk(seed, 80);
        // Prices reflected: what went up by so much goes down by as much.
        let rows: Vec<[f64; 4]> = (0..80)
            .map(|i| [b.open()[i], b.low()[i], b.high()[i], b.close()[i]].map(|v| 1000.0 - v))
            .collect();
        let c = bars(&rows);
        let flip = |plan: &[Intent]| -> Vec<Intent> {
            plan.iter().map(|i| Intent { entry: i.entry.map(|e| Entry { side: -e.side, ..e }), ..*i }).collect()
        };
        // Sizes are shares at the price: made the same number of units by hand.
        let units = |plan: &[Intent], b: &Bars| -> Vec<Intent> {
            plan.iter().enumerate().map(|(k, i)| Intent {
                entry: i.entry.map(|e| Entry { size_frac: e.size_frac * b.close()[k] / 1e6, ..e }),
                ..*i
            }).collect()
        };
        let policy = match policy {
            Intrabar::Ohlc => Intrabar::Olhc,
            Intrabar::Olhc => Intrabar::Ohlc,
            other => other,
        };
        let mirrored = match policy {
            Intrabar::Ohlc => Intrabar::Olhc,
            Intrabar::Olhc => Intrabar::Ohlc,
            other => other,
        };
        let big = Account { equity: 1e9, leverage: 1000.0, ..Account::default() };
        let (x, _) = all(&[&b], &[units(&plan, &b)], &big, None, &FREE.with_intrabar(policy));
        let (y, _) = all(&[&c], &[units(&flip(&plan), &c)], &big, None, &FREE.with_intrabar(mirrored));
        prop_assert_eq!(x.trades.len(), y.trades.len());
        for (t, u) in x.trades.iter().zip(&y.trades) {
            prop_assert_eq!((t.entry_bar, t.exit_bar, t.reason, t.side), (u.entry_bar, u.exit_bar, u.reason, -u.side));
            prop_assert!((t.pnl - u.pnl).abs() < 1e-4 * t.pnl.abs().max(1.0), "{} {}", t.pnl, u.pnl);
        }
    }

    #[test]
    fn a_history_split_where_nothing_is_held_is_the_same_history(seed in 0u64..500, plan in plans(100)) {
        let b = walk(seed, 100);
        let execution = Execution { fee_bps: 5.0, ..FREE };
        let mut plan = plan;
        // Nothing is wanted at the close before the cut, so that the first part ends flat.
        for k in 44..50 {
            plan[k] = Intent { exit: Some(ExitReason::SIGNAL), ..Intent::default() };
        }
        let whole = run(&b, &execution, plan.clone());
        let first = run(&b.slice(0, 50), &execution, plan[..50].to_vec());
        let mut recorder = FullRecorder::new(50);
        let rest = AccountState::new(first.1.cash(), 1000.0);
        replay(&b.slice(50, 100), 0, &execution, rest, &mut Script::new(plan[50..].to_vec()), &mut recorder);
        prop_assert_eq!(&whole.0.equity[..50], &first.0.equity[..]);
        for (x, y) in whole.0.equity[50..].iter().zip(&recorder.equity) {
            prop_assert!((x - y).abs() <= 1e-9 * x.abs(), "{x} {y}");
        }
        prop_assert_eq!(whole.0.trades.len(), first.0.trades.len() + recorder.trades.len());
    }
}
