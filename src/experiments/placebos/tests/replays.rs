//! How faithful a replay of positions is.

use super::*;

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// Largest difference of a day's return between a run and the replay of its positions.
fn apart(b: &Backtest) -> f64 {
    let (replayer, terms, path) = path_of(b);
    assert!(path.positions() >= 30, "{}", path.positions());
    largest_difference(&run_returns(b), &replayer.returns(&terms, &path))
}

#[test]
fn a_run_that_switches_at_closes_is_replayed_as_it_was() {
    let bars = walk(1, 1500, |_| 0.0);
    for (more, within) in [
        ("", 1e-12),
        ("[execution]\nlatency_bars = 2\n", 1e-12),
        ("[execution]\nlatency_ms = 60000\n", 1e-12),
        ("[account]\nkind = \"perpetual\"\nleverage = 3\nborrow_rate = 0.1\n", 1e-12),
        ("[params]\nfast = 3\nslow = 8\nsides = \"long\"\nsize = 0.4\n", 1e-12),
        // An order that was cut to what the account bears after costs is cut once more.
        ("[execution]\nfee_bps = 25\nslippage_atr = 0.1\nimpact = 0.5\n", 1e-6),
    ] {
        let off = apart(&crossover(std::slice::from_ref(&bars), more));
        assert!(off < within, "{more}: {off}");
    }
    // What a limit opened inside a bar is held from the next open on.
    let b = crossover(
        std::slice::from_ref(&bars),
        "[execution]\nentry = \"limit_first\"\nentry_bars = 3\nentry_offset_bps = 20\n",
    );
    let (.., path) = path_of(&b);
    let (held, trades) = (path.positions(), &b.main.trades);
    let short = trades.iter().filter(|t| t.exit_bar <= t.entry_bar + 1).count();
    assert!(held < trades.len() && held + short >= trades.len(), "{held} of {}, {short} short", trades.len());
    assert_eq!(made(&b, 19).report.not_on_path, trades.len() - held);
    // Sizes come from the equity before the costs of the close, and the share of what is held from that after them.
    let off = apart(&crossover(std::slice::from_ref(&bars), "[execution]\nfill = \"close\"\n"));
    assert!(off < 1e-3, "{off}");
}

#[test]
fn symbols_of_one_account_are_replayed_together() {
    let bars = [walk(2, 1500, |_| 0.0), walk(3, 1500, |_| 0.0), walk(4, 1200, |_| 0.0)];
    let b = crossover(&bars, "[params]\nfast = 3\nslow = 8\nsize = 0.3\n");
    let off = apart(&b);
    assert!(off < 1e-12, "{off}");
    let (_, _, path) = path_of(&b);
    assert!(path.symbols.iter().all(|changes| changes.len() > 30));
}

#[test]
fn a_stop_inside_a_bar_is_replayed_one_open_later() {
    let bars = walk(5, 1500, |_| 0.0);
    let b = crossover(std::slice::from_ref(&bars), "[params]\nfast = 3\nslow = 8\nstop_percent = 0.7\n");
    let stopped = b.main.trades.iter().filter(|t| t.reason == crate::replay::ExitReason::STOP).count();
    assert!(stopped > 20, "{stopped}");
    let (_, _, path) = path_of(&b);
    // A trade that a level closed is held to the open after; what opened and closed in one bar for one bar.
    let held: Vec<usize> = path.holding_times();
    let trades: Vec<_> = b.main.trades.iter().collect();
    assert_eq!(held.len(), trades.len());
    for (held, t) in held.iter().zip(trades) {
        let inside = t.reason == crate::replay::ExitReason::STOP;
        let ends = t.exit_bar + usize::from(inside || t.reason == crate::replay::ExitReason::END);
        assert_eq!(*held, ends - t.entry_bar, "{t:?}");
    }
    let r = made(&b, 19).report;
    assert!(r.replay_correlation > 0.8 && r.replay_correlation < 1.0, "{r:?}");
    assert!(r.replay_sharpe != r.run_sharpe && r.not_on_path == 0);
}

#[test]
fn a_new_position_on_the_same_side_pays_for_both_fills() {
    let bars = walk(6, 400, |_| 0.0);
    let b = crossover(std::slice::from_ref(&bars), "");
    let (replayer, terms, path) = path_of(&b);
    let held = |fresh| {
        let changes = [(10, true), (20, fresh)].map(|(at, fresh)| PathChange { at, share: 0.5, fresh });
        PositionPath { steps: path.steps, symbols: vec![changes.to_vec()] }
    };
    let traded = |p: &PositionPath| replayer.traded(&terms, p).1.iter().sum::<f64>();
    let (one, two) = (traded(&held(false)), traded(&held(true)));
    assert!((one - 1.0).abs() < 0.05 && (two - 2.0).abs() < 0.05, "{one} {two}");
}
