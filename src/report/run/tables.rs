//! The tables of a run, for the terminal and for the page alike.

use crate::data::synth::REGIMES;
use crate::report::TextTable;
use crate::report::text::{count, money, number, percent, ratio};
use crate::runs::{Summary, SymbolSummary};
use crate::stats::Interval;
use crate::system::{Cell, Grid};

pub(super) fn span(i: Option<Interval>, decimals: usize) -> String {
    i.map_or("--".to_owned(), |i| format!("[{}, {}]", number(i.lo, decimals), number(i.hi, decimals)))
}

fn percent_span(i: Interval) -> String {
    format!("[{}, {}]", number(100.0 * i.lo, 1), number(100.0 * i.hi, 1))
}

/// Headline figures beside those of the baselines and of holding.
pub(super) fn performance(s: &Summary) -> TextTable {
    let mut t = TextTable::new(&[
        "run",
        ">return",
        ">CAGR",
        ">vol.",
        ">Sharpe",
        ">Sortino",
        ">max DD",
        ">trades",
        ">win rate",
        ">PF",
    ]);
    let mut row =
        |name: &str, e: &crate::metrics::EquityStats, trades: Option<&crate::metrics::TradeStats>| {
            t.row([
                name.to_owned(),
                percent(e.total_return),
                percent(e.cagr),
                percent(e.volatility),
                ratio(e.sharpe),
                ratio(e.sortino),
                percent(e.max_drawdown),
                trades.map_or("--".to_owned(), |t| count(t.n as u64)),
                trades.map_or("--".to_owned(), |t| percent(t.win_rate)),
                trades.map_or("--".to_owned(), |t| ratio(t.profit_factor)),
            ]);
        };
    row(&s.variant, &s.performance, Some(&s.trades));
    for b in &s.baselines {
        row(&s.baseline_name(&b.variant), &b.performance, Some(&b.trades));
    }
    for r in &s.retimed {
        row(&r.label, &r.performance, Some(&r.trades));
    }
    row("hold", &s.hold, None);
    t
}

/// Every headline figure of the run with its unit, one a row.
pub(super) fn figures(s: &Summary) -> TextTable {
    let (p, t) = (&s.performance, &s.trades);
    let mut out = TextTable::new(&["metric", ">value", "95 % interval or note"]);
    let mut row = |name: &str, value: String, note: String| out.row([name.to_owned(), value, note]);
    row("total return", percent(p.total_return), format!("{} {}", money(p.end_equity), s.currency));
    row("CAGR", percent(p.cagr), format!("{} days a year", number(s.days_per_year, 0)));
    row("volatility", percent(p.volatility), "annualised, daily returns".to_owned());
    let hac = format!("{}; HAC standard error {}", span(s.sharpe_interval, 2), ratio(s.sharpe_se_hac));
    row("Sharpe (daily)", ratio(p.sharpe), hac);
    row("Sharpe (bars)", ratio(s.sharpe_bars), "the smaller of the two is the honest one".to_owned());
    row("Sortino", ratio(p.sortino), String::new());
    row("Calmar", ratio(p.calmar), String::new());
    let resampled = s.max_drawdown_interval.map_or("--".to_owned(), percent_span);
    let by_bars = percent(s.max_drawdown_bars);
    row(
        "max drawdown",
        percent(p.max_drawdown),
        format!("of daily closes, {resampled} % in resamples; {by_bars} of bar closes"),
    );
    row(
        "longest drawdown",
        format!("{} days", p.drawdown.longest_duration),
        "unrecovered included".to_owned(),
    );
    row(
        "monthly return",
        percent(s.monthly_return),
        format!("geometric, {} whole months", s.months.iter().filter(|m| !m.partial).count()),
    );
    row("trades", count(t.n as u64), format!("{} shadow trades apart", s.shadow_trades));
    row("win rate", percent(t.win_rate), format!("{} % (Wilson)", percent_span(t.win_rate_interval)));
    row("profit factor", ratio(t.profit_factor), span(s.profit_factor_interval, 2));
    row("expectancy", money(t.expectancy), format!("{} R a trade", number(t.expectancy_r, 3)));
    row("payoff", ratio(t.payoff), "mean win over mean loss".to_owned());
    row("SQN", ratio(t.sqn), String::new());
    row("bars held", number(t.avg_bars, 1), "mean".to_owned());
    row("MAE / MFE", format!("{} / {}", percent(t.avg_mae), percent(t.avg_mfe)), "mean".to_owned());
    row("ambiguous trades", count(s.ambiguous_trades as u64), "stop and target in one bar".to_owned());
    row("gap exits", count(s.gap_exits as u64), "filled at an open beyond the level".to_owned());
    let o = s.orders;
    row(
        "orders cut",
        count(o.cut as u64),
        "to what the account could bear, or over with their position".to_owned(),
    );
    for (name, n, why) in [
        (
            "orders refused",
            o.refused,
            "below the lot or the least notional, short in a spot account, without a known stop, or waiting in a halt",
        ),
        ("orders carried", o.carried, "for want of volume"),
        ("orders expired", o.expired, "their time was over"),
        ("liquidations", o.liquidated, "too little was left to secure the position"),
        ("halted", s.refused.halted, "entries refused: trading was halted"),
        ("cooling down", s.refused.cooldown, "entries refused: too soon after a trade"),
        ("too many positions", s.refused.positions, "entries refused"),
        ("correlated", s.refused.correlation, "entries refused: much like a position held"),
        ("cut by limits", s.refused.cut, "to the largest position or exposure"),
    ] {
        if n > 0 {
            row(name, count(n as u64), why.to_owned());
        }
    }
    row("exposure", percent(s.exposure), format!("{} of equity on average", percent(s.exposure_notional)));
    row(
        "turnover",
        if s.turnover.is_nan() { "--".to_owned() } else { format!("{} x", number(s.turnover, 1)) },
        "two-sided, a year".to_owned(),
    );
    let c = &s.costs;
    row("costs", money(c.total), format!("{} bps of what was traded", number(c.total_bps, 1)));
    row("  fees", money(c.paid.fee), String::new());
    row("  spread", money(c.paid.spread), String::new());
    row("  slippage", money(c.paid.slippage), String::new());
    let received = "paid; negative where more was received";
    for (name, amount, note) in [
        ("  impact", c.paid.impact, "what the orders moved the price by"),
        ("  funding", c.paid.funding, received),
        ("  borrowing", c.paid.borrow, "interest"),
        ("  overnight", c.paid.swap, received),
        ("  liquidation", c.paid.liquidation, "fees"),
    ] {
        if amount != 0.0 {
            row(name, money(amount), note.to_owned());
        }
    }
    row("profit before costs", money(c.gross_pnl), String::new());
    out
}

/// Each symbol of several, and what they add up to.
pub(super) fn symbols(s: &Summary) -> TextTable {
    let mut t = TextTable::new(&[
        "symbol",
        ">bars",
        ">missing",
        ">trades",
        ">win rate",
        ">PF",
        ">P&L",
        ">costs",
        ">funding",
    ]);
    for x in &s.symbols {
        t.row([
            x.symbol.clone(),
            count(x.bars as u64),
            count(x.missing_bars as u64),
            count(x.trades.n as u64),
            percent(x.trades.win_rate),
            ratio(x.trades.profit_factor),
            money(x.pnl),
            money(x.costs.total()),
            money(x.costs.funding),
        ]);
    }
    let sum = |get: fn(&SymbolSummary) -> f64| money(s.symbols.iter().map(get).sum());
    t.row([
        "all".to_owned(),
        count(s.data.bars as u64),
        String::new(),
        count(s.trades.n as u64),
        percent(s.trades.win_rate),
        ratio(s.trades.profit_factor),
        sum(|x| x.pnl),
        sum(|x| x.costs.total()),
        sum(|x| x.costs.funding),
    ]);
    t
}

/// Both attributions by regime.
pub(super) fn regimes(s: &Summary) -> TextTable {
    // Whose regimes, where they are not the usual ones.
    let head = match s.regime_scheme == REGIMES {
        true => "regime".to_owned(),
        false => format!("regime by {}", s.regime_scheme),
    };
    let mut t = TextTable::new(&[
        head.as_str(),
        ">bars",
        ">P&L",
        ">Sharpe",
        ">95 %",
        ">trades",
        ">win rate",
        ">95 % Wilson",
        ">PF",
    ]);
    for r in &s.regimes {
        if r.bars.n_bars == 0 && r.trades.n == 0 {
            continue;
        }
        t.row([
            r.regime.clone(),
            count(r.bars.n_bars as u64),
            money(r.bars.pnl),
            ratio(r.bars.sharpe),
            span(r.bars.sharpe_interval, 1),
            count(r.trades.n as u64),
            percent(r.trades.win_rate),
            percent_span(r.trades.win_rate_interval),
            ratio(r.trades.profit_factor),
        ]);
    }
    t
}

/// The two edges of the intrabar path.
pub(super) fn edges(s: &Summary) -> TextTable {
    let mut t = TextTable::new(&[
        "path inside bars",
        ">return",
        ">Sharpe",
        ">max DD",
        ">trades",
        ">ambiguous",
        ">win rate",
        ">PF",
    ]);
    for e in &s.edges {
        t.row([
            e.intrabar.name().to_owned(),
            percent(e.total_return),
            ratio(e.sharpe),
            percent(e.max_drawdown),
            count(e.trades as u64),
            count(e.ambiguous_trades as u64),
            percent(e.win_rate),
            ratio(e.profit_factor),
        ]);
    }
    t
}

/// A table of a system's own.
pub(super) fn grid(g: &Grid) -> TextTable {
    let heads: Vec<&str> = g.heads.iter().map(String::as_str).collect();
    let mut t = TextTable::new(&heads).caption(g.caption.as_str());
    for row in &g.rows {
        t.row(row.iter().map(cell));
    }
    t
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Count(n) => count(*n),
        Cell::Share(x) => percent(*x),
        Cell::ShareInterval(i) => percent_span(*i),
        Cell::Percent(x) if x.is_nan() => "--".to_owned(),
        Cell::Percent(x) => format!("{} %", number(*x, 2)),
        Cell::Money(x) => money(*x),
        Cell::Ratio(x) => ratio(*x),
    }
}

/// Why bars were or were not traded, and what closed trades.
pub(super) fn reasons(s: &Summary) -> TextTable {
    let mut t = TextTable::new(&["at each close", ">bars", "what closed a trade", ">trades"]);
    for i in 0..s.reasons.len().max(s.exits.len()) {
        let cell = |list: &[crate::runs::Count]| {
            list.get(i).map_or((String::new(), String::new()), |c| (c.name.clone(), count(c.count as u64)))
        };
        let ((a, b), (c, d)) = (cell(&s.reasons), cell(&s.exits));
        t.row([a, b, c, d]);
    }
    t
}
