//! What each method keeps of the history and what it breaks, in words.

use crate::scenario::PathMethod;

/// What a method keeps and breaks.
pub(super) fn meaning(method: PathMethod) -> &'static str {
    match method {
        PathMethod::TradePermutation => {
            "the same trades in another order: the end is the same, the way there is luck"
        }
        PathMethod::TradeBootstrap => {
            "other trades like these, drawn with replacement: how much the edge owes to which trades came"
        }
        PathMethod::Returns => {
            "other days like these, in blocks: the error of Sharpe ratio and drawdown; sizes do not answer to the path"
        }
        PathMethod::Stationary | PathMethod::Circular => {
            "other histories of blocks of the real one, all symbols and payments together; short dependence is kept, long trends and the calendar are broken"
        }
        PathMethod::Regime => {
            "other histories with the real sequence of regimes, each filled with blocks of its own kind"
        }
        PathMethod::Gbm => {
            "Brownian motion with the mean and the deviation of the history: no structure to exploit but the drift"
        }
        PathMethod::Merton => {
            "Brownian motion with jumps, fitted to the history: no structure to exploit but the drift"
        }
        PathMethod::Garch => "volatility that clusters, normal shocks, nothing to predict but the volatility",
        PathMethod::Gjr => {
            "volatility that clusters and rises more after falls, normal shocks, nothing to predict but the volatility"
        }
        PathMethod::Filtered => {
            "volatility that clusters, with the shocks of the real history: its tails are kept, its trends and calendar are broken"
        }
        PathMethod::Heston => "stochastic volatility that answers to the price; its fit is rough",
        PathMethod::Execution => {
            "the real history, filled otherwise: slippage, spread, fees, latency, entries missed and filled in part"
        }
        PathMethod::Parameters => "the real history with parameters nearby: a plateau or a peak",
        PathMethod::Start => "the real history from another first bar",
        PathMethod::DroppedTrades => "the real history with entries left out",
    }
}
