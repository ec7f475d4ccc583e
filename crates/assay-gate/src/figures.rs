//! Figures of the list of metrics that have no interval of their own: each is worked out anew on stationary resamples of
//! what it is made of.

use super::evidence::Tables;
use super::measure::{Measure, estimate, no_value};
use super::series;
use super::span::JudgedSpan;
use super::verdict::Observation;
use crate::metrics::{EquityStats, TradeColumns, TradeStats};
use crate::stats::percentile_interval;

/// One of them, by its name in the list of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamedMetric(&'static str);

type OfCurve = (&'static str, fn(&EquityStats) -> f64);
type OfTrades = (&'static str, fn(&TradeStats) -> f64);

/// Of the daily equity.
const OF_CURVE: [OfCurve; 11] = [
    ("total_return", |s| s.total_return),
    ("cagr", |s| s.cagr),
    ("volatility", |s| s.volatility),
    ("sortino", |s| s.sortino),
    ("calmar", |s| s.calmar),
    ("ulcer", |s| s.ulcer),
    ("martin", |s| s.martin),
    ("omega", |s| s.omega),
    ("tail_ratio", |s| s.tail_ratio),
    ("var95", |s| s.var95),
    ("cvar95", |s| s.cvar95),
];

/// Of closed trades.
const OF_TRADES: [OfTrades; 7] = [
    ("avg_win", |s| s.avg_win),
    ("avg_loss", |s| s.avg_loss),
    ("payoff", |s| s.payoff),
    ("expectancy", |s| s.expectancy),
    ("expectancy_r", |s| s.expectancy_r),
    ("sqn", |s| s.sqn),
    ("avg_return", |s| s.avg_return),
];

fn found<T: Copy>(of: &[(&'static str, T)], name: &str) -> Option<(&'static str, T)> {
    of.iter().find(|(n, _)| *n == name).copied()
}

impl NamedMetric {
    /// Names of all.
    pub fn names() -> impl Iterator<Item = &'static str> {
        OF_CURVE.iter().map(|(name, _)| *name).chain(OF_TRADES.iter().map(|(name, _)| *name))
    }

    /// The figure of that name.
    pub fn find(name: &str) -> Option<Self> {
        Self::names().find(|n| *n == name).map(Self)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.0
    }

    /// Whether it is made of trades, so that it has a value in one regime.
    pub fn is_of_trades(self) -> bool {
        found(&OF_TRADES, self.0).is_some()
    }
}

impl Measure<'_> {
    /// `figure` of one variant.
    pub(super) fn figure(
        &self,
        figure: NamedMetric,
        tables: &Tables<'_>,
        regime: Option<u8>,
        span: &JudgedSpan,
        purpose: &str,
    ) -> Observation {
        let trades = series::trades(tables, span, regime, false);
        if let Some((_, of)) = found(&OF_TRADES, figure.0) {
            return self.of_trades(of, tables, &trades, purpose);
        }
        let Some((_, of)) = found(&OF_CURVE, figure.0) else {
            return Observation::missing(format!("{} is not measured", figure.0));
        };
        let o = self.of_curve(figure, of, tables, span, purpose);
        Observation { trades: Some(trades.len() as u64), ..o }
    }

    /// The value is of the equity at the end of each day, the interval of daily returns in blocks.
    fn of_curve(
        &self,
        figure: NamedMetric,
        of: fn(&EquityStats) -> f64,
        tables: &Tables<'_>,
        span: &JudgedSpan,
        purpose: &str,
    ) -> Observation {
        let days = series::days(self.evidence, tables, span);
        let (r, per_year) = (&days.returns, self.evidence.days_per_year);
        if r.is_empty() {
            return Observation::missing("no bar in the span");
        }
        let stats = EquityStats::of(&days.curve, per_year);
        let (boot, method) = self.blocks(&[r]);
        let block = boot.mean_block.unwrap_or(1.0);
        let drawn = || {
            boot.distribution(purpose, r.len(), block, |blocks| {
                let mut equity = Vec::with_capacity(r.len() + 1);
                let mut now = 1.0;
                equity.push(now);
                equity.extend(blocks.flatten().map(|i| {
                    now *= 1.0 + r[i];
                    now
                }));
                of(&EquityStats::of(&equity, per_year))
            })
        };
        let interval = percentile_interval(drawn()).filter(|i| i.lo < i.hi);
        let o = estimate(of(&stats), interval, r.len(), "days", method);
        // An account lost is a fact, whatever the interval says.
        let lost = stats.ruined && ["total_return", "cagr"].contains(&figure.0);
        let o = Observation { exact: lost, ..o };
        if of(&stats).is_nan() { no_value(o, "it has no value for these returns") } else { o }
    }

    fn of_trades(
        &self,
        of: fn(&TradeStats) -> f64,
        tables: &Tables<'_>,
        trades: &[usize],
        purpose: &str,
    ) -> Observation {
        let t = &tables.trades;
        let pick = |column: &[f64], rows: &[usize]| rows.iter().map(|i| column[*i]).collect::<Vec<f64>>();
        let value = |rows: &[usize]| {
            let (pnl, r) = (pick(&t.pnl, rows), pick(&t.r_multiple, rows));
            let return_frac = pick(&t.return_frac, rows);
            of(&TradeStats::of(&TradeColumns {
                pnl: &pnl,
                r_multiple: &r,
                return_frac: &return_frac,
                ..TradeColumns::default()
            }))
        };
        let pnl = pick(&t.pnl, trades);
        let measured = value(trades);
        let (boot, method) = self.blocks(&[&pnl]);
        let block = boot.mean_block.unwrap_or(1.0);
        let drawn = || {
            boot.distribution(purpose, trades.len(), block, |blocks| {
                value(&blocks.flatten().map(|k| trades[k]).collect::<Vec<_>>())
            })
        };
        let interval = percentile_interval(drawn()).filter(|i| i.lo < i.hi);
        let o = estimate(measured, interval, trades.len(), "trades", method);
        if measured.is_nan() { no_value(o, "it has no value for these trades") } else { o }
    }
}

#[cfg(test)]
mod tests {
    use super::super::criteria::CriterionMetric;
    use super::super::fixture::{evidence, run};
    use super::*;
    use crate::metrics::list;

    fn whole() -> JudgedSpan {
        JudgedSpan { from_ms: 0, to_ms: 0, phase: false, cut: None }
    }

    #[test]
    fn every_figure_of_the_list_that_a_criterion_may_ask_is_measured() {
        for name in NamedMetric::names() {
            assert!(list::find(name).is_some_and(|m| m.is_at(list::MeasuredAt::Gate)), "{name}");
            assert_eq!(CriterionMetric::from_name(name), Some(CriterionMetric::Figure(NamedMetric(name))));
        }
        assert_eq!(NamedMetric::find("sharpe"), None);
    }

    #[test]
    fn a_value_is_that_of_the_formulas_and_lies_within_its_interval() {
        let e = evidence();
        let m = Measure::new(&e, 500);
        let days = series::days(&e, &e.main, &whole());
        let stats = EquityStats::of(&days.curve, e.days_per_year);
        for (name, of) in OF_CURVE {
            let o = m.figure(NamedMetric(name), &e.main, None, &whole(), name);
            assert_eq!(o.value, Some(of(&stats)), "{name}");
            let i = o.interval.unwrap_or_else(|| panic!("{name}: {o:?}"));
            assert!(i.lo < i.hi, "{name} {i:?}");
            // Of a fall only what is to be expected is known, not how sure the one seen is.
            let path = ["calmar", "ulcer", "martin"].contains(&name);
            assert!(path || i.contains(of(&stats)), "{name} {i:?} {}", of(&stats));
            assert_eq!((o.n, o.n_unit), (60, "days"));
        }
        for (name, of) in OF_TRADES {
            let o = m.figure(NamedMetric(name), &e.main, None, &whole(), name);
            let t = &e.main.trades;
            let columns = TradeColumns {
                pnl: &t.pnl,
                r_multiple: &t.r_multiple,
                return_frac: &t.return_frac,
                ..TradeColumns::default()
            };
            assert_eq!(o.value, Some(of(&TradeStats::of(&columns))), "{name}");
            assert!(o.interval.is_some_and(|i| i.lo < i.hi && i.contains(o.value.unwrap())), "{name} {o:?}");
            assert_eq!((o.n, o.n_unit), (t.pnl.len() as u64, "trades"));
        }
    }

    #[test]
    fn means_have_the_interval_of_means() {
        let e = evidence();
        let m = Measure::new(&e, 2000);
        let want = m.mean(&e.main.trades.pnl, "trades", "same");
        let got = m.figure(NamedMetric("expectancy"), &e.main, None, &whole(), "same");
        let (want, got) = (want.interval.unwrap(), got.interval.unwrap());
        assert!((want.lo - got.lo).abs() < 1e-9 && (want.hi - got.hi).abs() < 1e-9, "{want:?} {got:?}");
    }

    #[test]
    fn one_regime_has_figures_of_its_trades() {
        let e = evidence();
        let m = Measure::new(&e, 200);
        let all = m.figure(NamedMetric("payoff"), &e.main, None, &whole(), "x");
        let one = m.figure(NamedMetric("payoff"), &e.main, Some(0), &whole(), "x");
        assert!(one.n > 0 && one.n < all.n);
    }

    #[test]
    fn what_does_not_vary_has_no_interval_and_what_is_not_there_no_value() {
        let mut e = run(20, 0.6, 1);
        let trades = &mut e.main.trades;
        trades.pnl.iter_mut().for_each(|p| *p = 5.0);
        let m = Measure::new(&e, 200);
        let o = m.figure(NamedMetric("expectancy"), &e.main, None, &whole(), "x");
        assert_eq!((o.value, o.interval), (Some(5.0), None));
        // No trade loses: a mean over a mean that is not there.
        let o = m.figure(NamedMetric("payoff"), &e.main, None, &whole(), "x");
        assert_eq!((o.value, o.missing.as_deref()), (None, Some("it has no value for these trades")));
        let never = JudgedSpan { from_ms: e.end_ms + 1, to_ms: e.end_ms + 2, phase: true, cut: None };
        for name in NamedMetric::names() {
            let o = m.figure(NamedMetric(name), &e.main, None, &never, "x");
            assert!(o.value.is_none() && o.missing.is_some_and(|m| m.starts_with("no ")), "{name}");
        }
    }

    #[test]
    fn an_account_that_is_lost_fails_whatever_the_interval() {
        let mut e = evidence();
        let n = e.main.equity.equity.len();
        e.main.equity.equity[n - 30..].iter_mut().for_each(|x| *x = 0.0);
        let o = Measure::new(&e, 200).figure(NamedMetric("total_return"), &e.main, None, &whole(), "x");
        assert!(o.exact && o.value == Some(-1.0), "{o:?}");
    }
}
