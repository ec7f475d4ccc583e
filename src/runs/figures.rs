//! What is kept of a candidate or of a path: one row of numbers.

use crate::metrics::{Drawdown, EquityStats, TradeStats, regime_sums, simple_returns, trades_by_regime};
use crate::regime::RegimeScheme;
use crate::replay::{AccountState, SummaryRecorder};
use crate::stats::{is_rounding, mean, std_dev};

/// Names of the figures of every row, in order.
pub const FIGURES: [&str; 49] = [
    "total_return",
    "cagr",
    "volatility",
    "sharpe",
    "sortino",
    "max_drawdown",
    "calmar",
    "ulcer",
    "martin",
    "omega",
    "tail_ratio",
    "var95",
    "cvar95",
    "end_equity",
    "lowest_equity",
    "ruined",
    "longest_underwater_days",
    "longest_drawdown_days",
    "days",
    "daily_mean",
    "daily_sd",
    "daily_skew",
    "daily_kurtosis",
    "daily_autocorrelation",
    "trades",
    "wins",
    "losses",
    "win_rate",
    "win_rate_lo",
    "win_rate_hi",
    "avg_win",
    "avg_loss",
    "payoff",
    "profit_factor",
    "expectancy",
    "expectancy_r",
    "sqn",
    "avg_return",
    "best_trade",
    "worst_trade",
    "avg_bars",
    "avg_mae",
    "avg_mfe",
    "max_consecutive_losses",
    "ambiguous_trades",
    "exposure",
    "costs",
    "traded_notional",
    "liquidated",
];

/// The few figures of a row where no more is asked for.
pub const CORE_FIGURES: [&str; 9] = [
    "total_return",
    "sharpe",
    "max_drawdown",
    "end_equity",
    "days",
    "daily_mean",
    "daily_sd",
    "trades",
    "costs",
];

/// The few figures of a curve of days, its start first.
pub(super) fn measure_core(
    curve: &[f64],
    trades: usize,
    costs: f64,
    days_per_year: f64,
) -> (Vec<f64>, Vec<f64>) {
    let usable = curve.iter().all(|e| e.is_finite()) && curve[0] > 0.0;
    let end = curve[curve.len() - 1];
    let returns = simple_returns(curve);
    let (m, sd) = (mean(&returns), std_dev(&returns, 1));
    let some = |v: f64| if usable { v } else { f64::NAN };
    let sharpe = if sd.is_nan() || is_rounding(sd, m) { f64::NAN } else { m / sd * days_per_year.sqrt() };
    let row = vec![
        some(end / curve[0] - 1.0),
        some(sharpe),
        some(Drawdown::of(curve).depth),
        end,
        returns.len() as f64,
        m,
        sd,
        trades as f64,
        costs,
    ];
    (row, returns)
}

/// Figures that are whole numbers.
pub(crate) const COUNTS: [&str; 12] = [
    "ruined",
    "longest_underwater_days",
    "longest_drawdown_days",
    "days",
    "trades",
    "wins",
    "losses",
    "max_consecutive_losses",
    "ambiguous_trades",
    "liquidated",
    "candidate",
    "path",
];

/// Figures of each edge of the intrabar path.
pub const EDGE_FIGURES: [&str; 5] = ["total_return", "sharpe", "max_drawdown", "win_rate", "profit_factor"];

/// Figures of each regime.
pub const REGIME_FIGURES: [&str; 6] = ["pnl", "sharpe", "trades", "win_rate", "profit_factor", "trade_pnl"];

/// Place of a figure in a row; none where there is no figure of that name.
pub(crate) const fn place_of(name: &str) -> Option<usize> {
    let mut k = 0;
    while k < FIGURES.len() {
        let (a, b) = (FIGURES[k].as_bytes(), name.as_bytes());
        let mut same = a.len() == b.len();
        let mut i = 0;
        while same && i < a.len() {
            same = a[i] == b[i];
            i += 1;
        }
        if same {
            return Some(k);
        }
        k += 1;
    }
    None
}

/// Place of a figure in a row, by a name in the source: one that is none does not compile.
macro_rules! figure {
    ($name:literal) => {
        const {
            match $crate::runs::place_of($name) {
                Some(place) => place,
                None => panic!("no figure of that name"),
            }
        }
    };
}

pub(crate) use figure;

/// Places of [`EDGE_FIGURES`] in a row.
pub(super) const EDGE_PLACES: [usize; EDGE_FIGURES.len()] = [
    figure!("total_return"),
    figure!("sharpe"),
    figure!("max_drawdown"),
    figure!("win_rate"),
    figure!("profit_factor"),
];

/// The figures of a run, and its daily returns.
pub(super) fn measure(
    recorder: &SummaryRecorder<'_>,
    ledger: &AccountState,
    days_per_year: f64,
) -> (Vec<f64>, Vec<f64>) {
    let curve = recorder.daily_curve(days_per_year);
    let s = EquityStats::of(&curve, days_per_year);
    let t = TradeStats::of(&recorder.columns());
    let returns = simple_returns(&curve);
    let m = crate::stats::Moments4::of(&returns);
    let count = |n: usize| n as f64;
    let row = vec![
        s.total_return,
        s.cagr,
        s.volatility,
        s.sharpe,
        s.sortino,
        s.max_drawdown,
        s.calmar,
        s.ulcer,
        s.martin,
        s.omega,
        s.tail_ratio,
        s.var95,
        s.cvar95,
        s.end_equity,
        curve.iter().copied().fold(f64::INFINITY, f64::min),
        f64::from(u8::from(s.ruined)),
        count(s.drawdown.longest_underwater),
        count(s.drawdown.longest_duration),
        count(s.periods),
        m.mean,
        m.sd,
        m.skew,
        m.kurtosis,
        m.rho1,
        count(t.n),
        count(t.wins),
        count(t.losses),
        t.win_rate,
        t.win_rate_interval.lo,
        t.win_rate_interval.hi,
        t.avg_win,
        t.avg_loss,
        t.payoff,
        t.profit_factor,
        t.expectancy,
        t.expectancy_r,
        t.sqn,
        t.avg_return,
        t.best,
        t.worst,
        t.avg_bars,
        t.avg_mae,
        t.avg_mfe,
        count(t.max_consecutive_losses),
        count(recorder.ambiguous),
        recorder.exposure(),
        ledger.paid().total(),
        ledger.traded_notional(),
        count(ledger.counts().liquidated),
    ];
    debug_assert_eq!(row.len(), FIGURES.len());
    (row, returns)
}

/// Figures of each regime, one regime after the other; `at_open` is the regime known at the open of each step.
pub(super) fn measure_regimes(
    recorder: &SummaryRecorder<'_>,
    at_open: &[u8],
    scheme: &RegimeScheme,
    bars_per_year: f64,
    label: impl Fn(u16, usize) -> u8,
) -> Vec<f64> {
    let bars = regime_sums(recorder.curve(), at_open, scheme.len());
    let entry: Vec<u8> = recorder.signals().iter().map(|(k, bar)| label(*k, *bar as usize)).collect();
    let trades = trades_by_regime(&recorder.columns(), &entry, scheme);
    let mut out = Vec::with_capacity(scheme.len() * REGIME_FIGURES.len());
    for (b, t) in bars.iter().zip(&trades).take(scheme.len()) {
        let t = &t.trades;
        out.extend([
            b.pnl,
            b.sharpe(bars_per_year),
            t.n as f64,
            t.win_rate,
            t.profit_factor,
            t.gross_profit + t.gross_loss,
        ]);
    }
    out
}

/// Names of all columns of a row: figures, edges, those of each regime of a scheme; or the few alone.
pub fn figure_names(edges: bool, regimes: Option<&RegimeScheme>, core: bool) -> Vec<String> {
    if core {
        return CORE_FIGURES.map(str::to_owned).to_vec();
    }
    let mut names: Vec<String> = FIGURES.iter().map(|f| (*f).to_owned()).collect();
    if edges {
        for edge in ["pessimistic", "optimistic"] {
            names.extend(EDGE_FIGURES.iter().map(|f| format!("{edge}_{f}")));
        }
    }
    for regime in regimes.map_or(&[][..], RegimeScheme::kinds) {
        names.extend(REGIME_FIGURES.iter().map(|f| format!("{}_{f}", regime.name().to_lowercase())));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::list::{self, MeasuredAt};
    use crate::regime::{MOST_REGIMES, TAKEN};

    #[test]
    fn rows_hold_what_the_list_says() {
        let sorted = |names: &mut dyn Iterator<Item = &'static str>| {
            let mut all: Vec<&str> = names.collect();
            all.sort_unstable();
            all
        };
        for (place, own) in [
            (MeasuredAt::Row, &FIGURES[..]),
            (MeasuredAt::Core, &CORE_FIGURES[..]),
            (MeasuredAt::Edge, &EDGE_FIGURES[..]),
            (MeasuredAt::Regime, &REGIME_FIGURES[..]),
        ] {
            assert_eq!(
                sorted(&mut list::at(place).map(|m| m.name)),
                sorted(&mut own.iter().copied()),
                "{place:?}"
            );
        }
    }

    #[test]
    fn a_figure_has_its_place_and_another_name_none() {
        for (k, name) in FIGURES.iter().enumerate() {
            assert_eq!(place_of(name), Some(k));
        }
        assert_eq!(EDGE_PLACES.map(|k| FIGURES[k]), EDGE_FIGURES);
        for name in ["", "sharp", "sharpe_", "max_dd", "Sharpe"] {
            assert_eq!(place_of(name), None, "{name}");
        }
    }

    #[test]
    fn no_regime_takes_the_name_of_a_figure() {
        let all = figure_names(true, None, false);
        for name in &all {
            for figure in REGIME_FIGURES {
                let Some(regime) = name.strip_suffix(&format!("_{figure}")) else { continue };
                // What cannot be a regime's name, or is kept from being one.
                let taken = TAKEN.contains(&regime.to_uppercase().as_str());
                assert!(taken, "{name}: a regime {regime} would have a column of that name");
            }
        }
        let names = (0..MOST_REGIMES).map(|k| format!("R{k}"));
        let many = RegimeScheme::named("many", names).unwrap();
        assert_eq!(
            figure_names(true, Some(&many), false).len(),
            all.len() + MOST_REGIMES * REGIME_FIGURES.len()
        );
    }
}
