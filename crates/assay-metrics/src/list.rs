//! The one list of metrics: every name that a summary, a row of a sweep, a walk-forward, a Monte Carlo, a criterion or a
//! dialect uses, with its unit, its good end and its meaning.
//!
//! Where a metric is measured is a set of [`MeasuredAt`]s; what asks for a metric by name looks here, so that one name means one
//! thing everywhere.

/// Where a metric is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeasuredAt {
    /// Rows of sweeps, walk-forwards and Monte Carlo paths.
    Row,
    /// Rows of a sweep that keeps the few figures alone.
    Core,
    /// Each edge of the intrabar path of a row.
    Edge,
    /// Each regime of a row.
    Regime,
    /// What a sweep or a walk-forward can look for.
    Objective,
    /// Paths of reordered trades.
    TradePath,
    /// Criteria.
    Gate,
    /// Definitions of other libraries, and this program's beside them.
    Dialect,
}

/// Which end of a metric is the good one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoodEnd {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
    /// Neither.
    Neither,
}

/// One metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: &'static str,
    /// Another name that files may use.
    pub alias: Option<&'static str>,
    /// Unit of its values; a fraction is 0.1 where 10 % is meant.
    pub unit: &'static str,
    /// Its good end.
    pub good: GoodEnd,
    /// Where it is measured.
    pub places: &'static [MeasuredAt],
    /// What it is, in one line.
    pub meaning: &'static str,
}

use GoodEnd::{Higher, Lower, Neither};
use MeasuredAt::{Core, Dialect, Edge, Gate, Objective, Regime, Row, TradePath};

const fn listed(
    name: &'static str,
    unit: &'static str,
    good: GoodEnd,
    places: &'static [MeasuredAt],
    meaning: &'static str,
) -> Listed {
    Listed { name, alias: None, unit, good, places, meaning }
}

/// Every metric.
pub static METRICS: &[Listed] = &[
    listed(
        "total_return",
        "fraction",
        Higher,
        &[Row, Core, Edge, Objective, TradePath, Gate, Dialect],
        "Gain over the whole run, a fraction of the start.",
    ),
    listed("cagr", "fraction a year", Higher, &[Row, Gate, Dialect], "Compound annual growth."),
    listed(
        "annual_return",
        "fraction a year",
        Higher,
        &[Dialect],
        "Annual return by the mean return of a period.",
    ),
    listed(
        "volatility",
        "fraction a year",
        Lower,
        &[Row, Gate, Dialect],
        "Annual standard deviation of returns.",
    ),
    listed(
        "sharpe",
        "ratio",
        Higher,
        &[Row, Core, Edge, Regime, Objective, Gate, Dialect],
        "Return over its standard deviation, annual.",
    ),
    listed(
        "sortino",
        "ratio",
        Higher,
        &[Row, Objective, Gate, Dialect],
        "Return over its downside deviation, annual.",
    ),
    listed("downside_deviation", "fraction", Lower, &[Dialect], "Root mean square of losses."),
    Listed {
        alias: Some("max_dd"),
        ..listed(
            "max_drawdown",
            "fraction",
            Lower,
            &[Row, Core, Edge, Objective, TradePath, Gate, Dialect],
            "Deepest fall from a peak.",
        )
    },
    listed(
        "calmar",
        "ratio",
        Higher,
        &[Row, Objective, Gate, Dialect],
        "Annual growth over the deepest fall.",
    ),
    listed("ulcer", "fraction", Lower, &[Row, Gate, Dialect], "Root mean square of falls from the peak."),
    listed("martin", "ratio", Higher, &[Row, Gate, Dialect], "Growth over the ulcer index."),
    listed("omega", "ratio", Higher, &[Row, Gate, Dialect], "Sum of gains over sum of losses."),
    listed(
        "tail_ratio",
        "ratio",
        Higher,
        &[Row, Gate, Dialect],
        "95 % quantile over 5 % quantile of returns.",
    ),
    listed("var95", "fraction", Higher, &[Row, Gate, Dialect], "Return that 5 % of periods fall below."),
    listed("cvar95", "fraction", Higher, &[Row, Gate, Dialect], "Mean return of the worst 5 % of periods."),
    listed("end_equity", "money", Higher, &[Row, Core, TradePath], "Equity at the end."),
    listed("lowest_equity", "money", Higher, &[Row, TradePath], "Lowest equity at the end of a day."),
    listed("ruined", "0 or 1", Lower, &[Row], "Whether the account was ever at zero."),
    listed("longest_underwater_days", "days", Lower, &[Row], "Longest time below a peak."),
    listed("longest_drawdown_days", "days", Lower, &[Row], "Longest time from a peak to its recovery."),
    listed("days", "days", Neither, &[Row, Core], "Daily returns behind the figures."),
    listed("daily_mean", "fraction", Higher, &[Row, Core], "Mean daily return."),
    listed("daily_sd", "fraction", Lower, &[Row, Core], "Standard deviation of daily returns."),
    listed("daily_skew", "number", Higher, &[Row], "Skewness of daily returns."),
    listed("daily_kurtosis", "number", Lower, &[Row], "Kurtosis of daily returns."),
    listed("daily_autocorrelation", "number", Neither, &[Row], "First autocorrelation of daily returns."),
    listed("trades", "trades", Neither, &[Row, Core, Regime], "Closed trades."),
    listed("wins", "trades", Higher, &[Row], "Trades with a profit after costs."),
    listed("losses", "trades", Lower, &[Row], "Trades with a loss after costs."),
    listed("win_rate", "fraction", Higher, &[Row, Edge, Regime, Gate, Dialect], "Share of winners."),
    listed("win_rate_lo", "fraction", Higher, &[Row], "Lower end of the win rate's interval."),
    listed("win_rate_hi", "fraction", Higher, &[Row], "Upper end of the win rate's interval."),
    listed("avg_win", "money", Higher, &[Row, Gate], "Mean profit of winners."),
    listed("avg_loss", "money", Higher, &[Row, Gate], "Mean loss of losers, negative."),
    listed("payoff", "ratio", Higher, &[Row, Gate, Dialect], "Mean gain over mean loss."),
    listed(
        "profit_factor",
        "ratio",
        Higher,
        &[Row, Edge, Regime, Objective, Gate, Dialect],
        "Gains over losses.",
    ),
    listed("expectancy", "money", Higher, &[Row, Gate, Dialect], "Mean outcome of a trade."),
    listed("expectancy_r", "R", Higher, &[Row, Objective, Gate], "Mean R multiple of a trade."),
    listed(
        "sqn",
        "number",
        Higher,
        &[Row, Objective, Gate, Dialect],
        "System quality number: t-statistic of the outcomes of trades.",
    ),
    listed("avg_return", "fraction", Higher, &[Row, Gate], "Mean profit over notional at entry."),
    listed("best_trade", "money", Higher, &[Row], "Largest profit of a trade."),
    listed("worst_trade", "money", Higher, &[Row], "Largest loss of a trade."),
    listed("avg_bars", "bars", Neither, &[Row], "Mean length of a trade."),
    listed("avg_mae", "fraction", Lower, &[Row], "Mean worst unrealised move of a trade."),
    listed("avg_mfe", "fraction", Higher, &[Row], "Mean best unrealised move of a trade."),
    listed("max_consecutive_losses", "trades", Lower, &[Row], "Longest row of losses."),
    listed(
        "longest_losing_run",
        "trades",
        Lower,
        &[TradePath],
        "Longest row of losses of a path of reordered trades.",
    ),
    listed(
        "ambiguous_trades",
        "trades",
        Lower,
        &[Row],
        "Trades whose outcome depends on the path inside a bar.",
    ),
    listed("exposure", "fraction", Neither, &[Row, Dialect], "Share of time in the market."),
    listed("costs", "money", Lower, &[Row, Core], "All costs."),
    listed("traded_notional", "money", Neither, &[Row], "Value of all fills."),
    listed("liquidated", "trades", Lower, &[Row], "Positions closed by the exchange."),
    listed("kelly", "fraction", Neither, &[Dialect], "Fraction of capital by Kelly's criterion."),
    listed("pnl", "money", Higher, &[Regime], "Change of equity over the bars of a regime."),
    listed("trade_pnl", "money", Higher, &[Regime], "Profit of the trades signalled in a regime."),
    listed(
        "monthly_return",
        "fraction a month",
        Higher,
        &[Gate],
        "Geometric mean return of whole calendar months.",
    ),
    listed("success_rate", "fraction", Higher, &[Gate], "Bars with a valid result over bars attempted."),
    listed("error_rate", "fraction", Lower, &[Gate], "Bars without a valid result over bars attempted."),
    listed(
        "pattern_rate",
        "fraction",
        Higher,
        &[Gate],
        "Signals with a pattern over signals that are not HOLD.",
    ),
    listed(
        "volume_conf_rate",
        "fraction",
        Higher,
        &[Gate],
        "Signals confirmed by volume over signals that are not HOLD.",
    ),
    listed("quality", "number", Higher, &[Gate], "Mean quality of signals that are not HOLD."),
    listed(
        "pattern_accuracy",
        "fraction",
        Higher,
        &[Gate],
        "Share of winners among trades that carried a pattern.",
    ),
    listed("mean_size", "fraction", Neither, &[Gate], "Mean position value over equity."),
    listed(
        "family_p",
        "chance",
        Lower,
        &[Gate],
        "Chance that the best of all trials of the family looks this good by luck.",
    ),
    listed(
        "deflated_sharpe",
        "chance",
        Higher,
        &[Gate],
        "Chance that the true Sharpe ratio is above what luck is expected to show.",
    ),
    listed(
        "expected_max_sharpe",
        "ratio",
        Neither,
        &[Gate],
        "Annual Sharpe ratio that luck is expected to show as the best of the family.",
    ),
    listed("sidak_p", "chance", Lower, &[Gate], "The chance of luck if all trials were independent."),
    listed("trials", "trials", Neither, &[Gate], "Trials of the family, repetitions left out."),
    listed(
        "effective_trials",
        "trials",
        Neither,
        &[Gate],
        "Independent trials with the same expected largest as those of the family.",
    ),
    listed(
        "min_track_record",
        "days",
        Lower,
        &[Gate],
        "Days that the Sharpe ratio needs to be above zero at 95 %.",
    ),
    listed(
        "power",
        "chance",
        Higher,
        &[Gate],
        "Chance that a true annual Sharpe ratio of 1 is found on so many days.",
    ),
    listed(
        "ofdr",
        "chance",
        Lower,
        &[Gate],
        "Chance that there is no edge, by a stated prior: observed false discovery rate.",
    ),
    listed(
        "pbo",
        "chance",
        Lower,
        &[Gate],
        "Share of splits in which the best in sample is below the median out of sample.",
    ),
    listed(
        "prob_loss",
        "chance",
        Lower,
        &[Gate],
        "Share of splits in which the best in sample loses out of sample.",
    ),
    listed(
        "spa_p",
        "chance",
        Lower,
        &[Gate],
        "Hansen's test of the sweep that found the setting, consistent.",
    ),
    listed(
        "stepdown_p",
        "chance",
        Lower,
        &[Gate],
        "Stepdown p-value of the best of the sweep that found the setting.",
    ),
    listed(
        "search_p",
        "chance",
        Lower,
        &[Gate],
        "Chance that the whole search that found the setting finds as much on placebo bars.",
    ),
    listed(
        "placebo_p",
        "chance",
        Lower,
        &[Gate],
        "The larger p-value of the placebos: moved in time, and entered at random.",
    ),
    listed(
        "delay_sharpe",
        "ratio",
        Higher,
        &[Gate],
        "Annual Sharpe ratio of the same positions a bar later.",
    ),
    listed(
        "breakeven_cost_bps",
        "basis points",
        Higher,
        &[Gate],
        "Cost of a side of what is traded at which nothing is left.",
    ),
    listed(
        "capacity",
        "currency",
        Higher,
        &[Gate],
        "Account at which impact has taken half of the Sharpe ratio.",
    ),
];

impl Listed {
    /// Whether it is measured at `place`.
    pub fn is_at(&self, place: MeasuredAt) -> bool {
        self.places.contains(&place)
    }
}

/// The metrics that are measured at `place`, in the order of the list.
pub fn at(place: MeasuredAt) -> impl Iterator<Item = &'static Listed> {
    METRICS.iter().filter(move |m| m.is_at(place))
}

/// The metric of that name, or of that alias.
pub fn find(name: &str) -> Option<&'static Listed> {
    METRICS.iter().find(|m| m.name == name || m.alias == Some(name))
}

#[cfg(test)]
mod tests {
    use super::super::dialects;
    use super::*;

    #[test]
    fn no_name_means_two_things() {
        let mut seen = std::collections::BTreeSet::new();
        for m in METRICS {
            for name in std::iter::once(m.name).chain(m.alias) {
                assert!(seen.insert(name), "{name} is there twice");
            }
            assert!(m.meaning.ends_with('.') && !m.unit.is_empty() && !m.places.is_empty(), "{m:?}");
        }
    }

    #[test]
    fn dialects_use_its_names_and_meanings() {
        let mut ours: Vec<&str> = at(MeasuredAt::Dialect).map(|m| m.name).collect();
        let mut theirs: Vec<&str> = dialects::Metric::ALL.iter().map(|m| m.name()).collect();
        for m in dialects::Metric::ALL {
            assert_eq!(m.meaning(), find(m.name()).unwrap().meaning);
        }
        ours.sort_unstable();
        theirs.sort_unstable();
        assert_eq!(ours, theirs);
    }
}
