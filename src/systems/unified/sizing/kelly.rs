//! Fractional Kelly from a record of trades.

use crate::choices;

choices! {
    /// Where win rate and payoff come from.
    pub enum KellyRule {
        /// The regime's closed trades, drawn towards the prior by pseudo-trades.
        Shrink = "shrink",
        /// The prior alone, for ever.
        Constant = "constant",
    }
}

/// What is assumed before there are trades.
#[derive(Debug, Clone, Copy)]
pub struct KellyPrior {
    /// Win rate.
    pub win_rate: f64,
    /// Mean win, fraction of notional.
    pub win: f64,
    /// Mean loss, positive fraction of notional.
    pub loss: f64,
    /// Pseudo-trades behind the win rate; half as many stand behind each mean.
    pub trades: f64,
}

/// Closed trades so far, as sums.
#[derive(Debug, Clone, Copy, Default)]
pub struct TradeRecord {
    trades: f64,
    wins: f64,
    sum_win: f64,
    sum_loss: f64,
}

impl TradeRecord {
    /// Counts a closed trade by its return after costs, a fraction of notional.
    pub fn add(&mut self, return_frac: f64) {
        self.trades += 1.0;
        if return_frac > 0.0 {
            self.wins += 1.0;
            self.sum_win += return_frac;
        } else {
            self.sum_loss -= return_frac;
        }
    }

    /// `max(0, W - (1 - W) / R)` with `R` the mean win over the mean loss (Kelly 1956, for two outcomes).
    pub fn kelly(&self, prior: &KellyPrior, rule: KellyRule) -> f64 {
        let n = prior.trades;
        let (w, win, loss) = match rule {
            KellyRule::Constant => (prior.win_rate, prior.win, prior.loss),
            KellyRule::Shrink => (
                (self.wins + prior.win_rate * n) / (self.trades + n),
                (self.sum_win + prior.win * n / 2.0) / (self.wins + n / 2.0),
                (self.sum_loss + prior.loss * n / 2.0) / (self.trades - self.wins + n / 2.0),
            ),
        };
        if win <= 0.0 {
            return 0.0;
        }
        (w - (1.0 - w) * loss / win).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIOR: KellyPrior = KellyPrior { win_rate: 0.505, win: 0.025, loss: 0.015, trades: 20.0 };

    #[test]
    fn the_prior_alone_gives_a_quarter_kelly_of_five_percent() {
        let none = TradeRecord::default();
        assert!((0.25 * none.kelly(&PRIOR, KellyRule::Shrink) - 0.0520).abs() < 1e-12);
        assert_eq!(none.kelly(&PRIOR, KellyRule::Shrink), none.kelly(&PRIOR, KellyRule::Constant));
    }

    #[test]
    fn losses_take_the_edge_away() {
        let mut r = TradeRecord::default();
        for _ in 0..40 {
            r.add(-0.01);
        }
        assert_eq!(r.kelly(&PRIOR, KellyRule::Shrink), 0.0);
        assert!(r.kelly(&PRIOR, KellyRule::Constant) > 0.0);
        let mut r = TradeRecord::default();
        r.add(0.03);
        r.add(-0.01);
        let (w, win, loss) = ((1.0 + 10.1) / 22.0, (0.03 + 0.25) / 11.0, (0.01 + 0.15) / 11.0);
        assert!((r.kelly(&PRIOR, KellyRule::Shrink) - (w - (1.0 - w) * loss / win)).abs() < 1e-15);
    }

    #[test]
    fn the_binary_reference_values() {
        for (p, b, f) in [(0.55, 1.0, 0.10), (0.4, 2.0, 0.10), (0.6, 1.5, 1.0 / 3.0)] {
            let prior = KellyPrior { win_rate: p, win: b, loss: 1.0, trades: 20.0 };
            let got = TradeRecord::default().kelly(&prior, KellyRule::Constant);
            assert!((got - f).abs() < 1e-12, "{p} {b}: {got}");
        }
    }
}
