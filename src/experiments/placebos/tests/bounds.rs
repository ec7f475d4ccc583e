//! Bounds on cases whose answer is known, and what cannot be told.

use super::*;
use crate::experiments::placebos::capacity::{antitone, crossing};
use crate::experiments::placebos::lag::lags;

/// Positions that change side where the next `block` bars rise or fall by what `foresee` says of their drift.
fn blocks(n: usize, block: usize, side: impl Fn(usize) -> f64) -> Vec<f64> {
    (0..n).map(|i| side(i / block)).collect()
}

/// +1 or -1 by a coin of block `k`.
fn coin(k: usize) -> f64 {
    if Stream::new(9, "coins", k as u64).uniform() < 0.5 { -1.0 } else { 1.0 }
}

#[test]
fn ties_and_what_is_undefined_count_as_at_least() {
    let t = PlaceboTest::among(1.0, &[1.0, 1.0 - 1e-13, 1.0 + 1e-13, 0.5, 2.0, f64::NAN, -1.0]);
    assert_eq!((t.n, t.at_least, t.p), (7, 5, 6.0 / 8.0));
    let all = PlaceboTest::among(1.0, &[1.0; 19]);
    assert_eq!(all.p, 1.0, "a placebo that is the positions themselves");
}

#[test]
fn a_file_that_knows_the_future_is_told_from_its_placebos() {
    // Position of bar i is filled at the open of i + 1: drift and position of a block are of the same bars.
    let bars = walk(11, 3000, |i| 0.002 * coin((i.max(1) - 1) / 10));
    let p = made(&from_file(&bars, &blocks(3000, 10, coin), ""), 199);
    let r = &p.report;
    assert!(r.replay_sharpe > 5.0 && r.run_sharpe > 5.0, "{r:?}");
    for test in [&r.lag, &r.entries] {
        let t = test.measured().unwrap();
        assert_eq!((t.at_least, t.p), (0, 1.0 / 200.0));
        assert!(t.mean_sharpe < 1.0, "{t:?}");
    }
    let metric = r.placebo_p().unwrap();
    assert_eq!((metric.value, metric.sample), (1.0 / 200.0, 199));
    // The other side loses, and both do not win; later is worse; the average of the two columns is that of the table.
    assert!(r.sign_flip.measured().unwrap().sharpe < -5.0 && !r.both_signs_win);
    let late = r.delay.measured().unwrap();
    assert!(late[0].sharpe < r.replay_sharpe && late[1].sharpe < late[0].sharpe);
    assert!(late[0].difference_interval.unwrap().hi < 0.0);
    assert_eq!(r.delay_sharpe().unwrap().value, late[0].sharpe);
    assert!(*r.costs_2x.measured().unwrap() < r.replay_sharpe);
    assert_eq!((p.sharpes("lag").len(), p.sharpes("entries").len()), (199, 199));
}

#[test]
fn lags_keep_away_from_both_ends_where_they_would_look_ahead() {
    let b = crossover(&[walk(12, 3000, |_| 0.0)], "");
    let (replayer, terms, path) = path_of(&b);
    let warmup = b.scenario.system.warmup(&b.scenario.params);
    let least = 2 * (warmup + path.longest());
    let drawn = lags(&path, warmup, 500, 1).unwrap();
    let drawn: Vec<usize> = drawn.into_iter().map(|(_, lag)| lag).collect();
    assert!(drawn.iter().all(|l| (least..=path.steps - least).contains(l)));
    let mut different = drawn.clone();
    different.sort_unstable();
    different.dedup();
    assert_eq!(different.len(), 500, "no lag twice");
    // The same averages a few bars earlier follow moves that they have not seen.
    let sharpe = |lag: usize| replayer.sharpe(&terms, &path.shifted(lag));
    let ahead = sharpe(path.steps - 3);
    let best = drawn.iter().take(100).map(|l| sharpe(*l)).fold(f64::NEG_INFINITY, f64::max);
    assert!(ahead > 3.0 * best.max(1.0), "{ahead} against {best}");
    // Where there are fewer than asked for, all of them.
    let few = crossover(&[walk(13, 450, |_| 0.0)], "");
    let (.., path) = path_of(&few);
    let all = lags(&path, warmup, 99_999, 1).unwrap();
    assert_eq!(all.len(), path.steps - 2 * 2 * (warmup + path.longest()) + 1);
}

#[test]
fn the_break_even_cost_of_a_known_gain() {
    // One side for ten bars, then the other: 2 of turnover every ten bars, and a gain of 0.002 a bar before costs.
    let bars = walk(14, 4000, |i| 0.002 * coin((i.max(1) - 1) / 10));
    let side = |k: usize| if k.is_multiple_of(2) { coin(k) } else { 0.0 };
    let b = from_file(
        &bars,
        &blocks(4000, 10, side),
        "[execution]\nfee_bps = 4\nspread_bps = 0\nslippage_bps = 0\n",
    );
    let r = made(&b, 19).report;
    let cost = r.breakeven.measured().unwrap();
    // 10 bars of 20 basis points over two fills are 100 a fill, but for chance: 0.005 a bar over 2,000 bars.
    let error = 10_000.0 * 0.005 * 2000f64.sqrt() / 400.0;
    assert!((cost.bps - 100.0).abs() < 4.0 * error, "{cost:?}, {error}");
    assert!((cost.paid_bps - 4.0).abs() < 1e-9);
    let i = cost.interval.unwrap();
    assert!(i.contains(cost.bps) && (i.width() / (3.92 * error) - 1.0).abs() < 0.35, "{i:?}");
    assert_eq!(r.breakeven_cost_bps().unwrap().value, cost.bps);
    // At that cost nothing is left.
    let (replayer, _, path) = path_of(&b);
    let left = mean(&replayer.returns(&replayer.flat(cost.bps).unwrap(), &path));
    let own = mean(&replayer.returns(&replayer.flat(0.0).unwrap(), &path));
    assert!(left.abs() < 1e-4 * own, "{left} of {own}");
}

#[test]
fn a_loss_before_costs_breaks_even_below_zero() {
    let bars = walk(15, 2000, |i| -0.002 * coin((i.max(1) - 1) / 10));
    let r = made(&from_file(&bars, &blocks(2000, 10, coin), ""), 19).report;
    assert!(r.breakeven.measured().unwrap().bps < -20.0, "{:?}", r.breakeven);
    assert!(r.capacity.measured().unwrap_err().contains("none to lose"));
}

#[test]
fn both_sides_win_where_the_fills_pay() {
    let bars = walk(16, 1500, |_| 0.0);
    let flat = Bars::new(Timeframe::H1, {
        let same = |n: usize| vec![100.0; n];
        Columns {
            open_time: bars.open_time().to_vec().into(),
            open: same(1500).into(),
            high: same(1500).into(),
            low: same(1500).into(),
            close: same(1500).into(),
            volume: vec![1.0; 1500].into(),
        }
    });
    let flat = flat.unwrap();
    // Prices stand still, and whoever holds anything over night is paid for it.
    let more = "symbol = \"S0\"\n[[instrument]]\nsymbol = \"S0\"\nswap_long_bps = -30\nswap_short_bps = -30\n\
                [execution]\nfee_bps = 0\nspread_bps = 0\nslippage_bps = 0\n";
    let side = |k: usize| coin(k) * if k.is_multiple_of(5) { 0.5 } else { 1.0 };
    let r = made(&from_file(&flat, &blocks(1500, 7, side), more), 19).report;
    assert!(
        r.replay_sharpe > 1.0 && r.sign_flip.measured().unwrap().sharpe > 1.0 && r.both_signs_win,
        "{r:?}"
    );
    // Without the payment nothing moves it: there is no Sharpe ratio that placebos could reach.
    let none = more.replace("-30", "0");
    let r = made(&from_file(&flat, &blocks(1500, 7, side), &none), 19).report;
    assert!(r.lag.measured().unwrap_err().contains("do not vary") && r.placebo_p().is_err(), "{r:?}");
}

#[test]
fn capacity_falls_with_size_and_is_found_between_sizes() {
    assert_eq!(antitone(&[3.0, 2.0, 2.5, 1.0, 1.0, 4.0]), [3.0, 2.25, 2.25, 2.0, 2.0, 2.0]);
    let falling = [4.0, 3.0, 2.0, 1.0, 0.0, -1.0, -1.0, -1.0, -1.0];
    assert!((crossing(&falling, 2.0) - 10.0).abs() < 1e-9 && (crossing(&falling, 0.0) - 100.0).abs() < 1e-9);
    assert!((crossing(&falling, 0.5) - 3000f64.sqrt()).abs() < 1e-9, "half way in logarithms");
    assert_eq!((crossing(&falling, -2.0), crossing(&falling, 4.0)), (10_000.0, 1.0));
    let bars = walk(17, 3000, |i| 0.002 * coin((i.max(1) - 1) / 10));
    let b = from_file(&bars, &blocks(3000, 10, coin), "[execution]\nimpact = 0.7\n");
    let r = made(&b, 19).report;
    let c = r.capacity.measured().unwrap();
    assert!(c.impact == 0.7 && !c.assumed && c.points.len() == 9);
    assert!((c.points[0].sharpe - r.replay_sharpe).abs() < 1e-9, "the first is the run's own account");
    assert!(c.points.windows(2).all(|w| w[1].fitted <= w[0].fitted && w[1].equity > w[0].equity));
    let (half, zero) = (c.half.equity.unwrap(), c.zero.equity.unwrap());
    assert!(10_000.0 < half && half < zero, "{c:?}");
    let (h, z) = (c.half.interval.unwrap(), c.zero.interval.unwrap());
    assert!(h.contains(half) && z.contains(zero) && h.lo <= z.lo, "{h:?} {z:?}");
    assert_eq!(r.capacity_half().unwrap().value, half);
    // More impact, less of it.
    let worse = from_file(&bars, &blocks(3000, 10, coin), "[execution]\nimpact = 2.8\n");
    let worse = made(&worse, 19).report;
    assert!(worse.capacity.measured().unwrap().half.equity.unwrap() < half / 4.0);
}

#[test]
fn what_cannot_be_told_says_why() {
    let says = |of: &PlaceboOutcome<PlaceboTest>, words: &str| {
        let why = of.measured().unwrap_err();
        assert!(why.contains(words), "{why}");
    };
    let bars = walk(18, 1500, |_| 0.0);
    // Held from the first bar to the last.
    let r = made(&from_file(&bars, &[1.0; 1500], ""), 19).report;
    says(&r.lag, "there is no timing to test");
    says(&r.entries, "there is no timing to test");
    assert!(r.placebo_p().is_err() && r.breakeven.measured().is_ok());
    // Nothing held at all.
    let r = made(&from_file(&bars, &[0.0; 1500], ""), 19).report;
    says(&r.lag, "no position");
    for why in [r.breakeven_cost_bps(), r.capacity_half(), r.delay_sharpe()] {
        assert!(why.unwrap_err().contains("no position"));
    }
    assert!(r.sign_flip.measured().is_err() && r.costs_2x.measured().is_err() && !r.both_signs_win);
    // Few positions, and long ones.
    let r = made(&from_file(&bars, &blocks(1500, 60, coin), ""), 19).report;
    says(&r.entries, "fewer than 30");
    says(&r.lag, "fewer than");
    let long: Vec<f64> = (0..1500).map(|i| if i < 500 { 1.0 } else { coin(i / 5) }).collect();
    let r = made(&from_file(&bars, &long, ""), 19).report;
    says(&r.lag, "four times the least lag");
    assert!(r.entries.measured().is_ok() && r.placebo_p().is_err());
    // A spot account has no other side, bars without volume no capacity.
    let r =
        made(&from_file(&bars, &blocks(1500, 10, |k| coin(k).max(0.0)), "[account]\nkind = \"spot\"\n"), 19)
            .report;
    assert!(r.sign_flip.measured().unwrap_err().contains("spot"));
    let silent = Columns { volume: vec![0.0; 1500].into(), ..bars.columns().clone() };
    let silent = Bars::new(Timeframe::H1, silent).unwrap();
    let r = made(&from_file(&silent, &blocks(1500, 10, coin), ""), 19).report;
    assert!(r.capacity_half().unwrap_err().contains("no volume"));
    for n in [0, 18, 100_000] {
        let b = from_file(&bars, &[1.0; 1500], "");
        let record = RunRecord::of(&b, vec![]).unwrap();
        let e = placebos(&b, &record, n, &Progress::silent()).unwrap_err();
        assert_eq!(e.exit_code(), 2);
    }
}

#[test]
fn the_same_on_any_threads_and_read_back_as_written() {
    let b = crossover(&[walk(19, 1500, |_| 0.0)], "");
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| made(&b, 49).files("run").unwrap())
    };
    let one = on(1);
    assert_eq!(one, on(3));
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(Placebos::read(dir.path()).unwrap(), None);
    for (name, bytes) in &one {
        std::fs::write(dir.path().join(name), bytes).unwrap();
    }
    let back = Placebos::read(dir.path()).unwrap().unwrap();
    assert_eq!(back.files("run").unwrap(), one);
    assert_eq!(back.table().u32("replicate").unwrap()[47..51], [47, 48, 0, 1]);
    // Another run has other placebos.
    let other = crossover(&[walk(20, 1500, |_| 0.0)], "");
    assert!(made(&other, 49).replicates[0].seed != back.replicates[0].seed);
    // Told to stop, it does.
    let progress = Progress::silent();
    progress.cancel();
    let record = RunRecord::of(&b, vec![]).unwrap();
    let e = placebos(&b, &record, 49, &progress).unwrap_err();
    assert_eq!(e.kind(), crate::ErrorKind::Cancelled);
}
