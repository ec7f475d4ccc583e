//! Measures what a criterion asks about: metric, scope and span to a value with its interval and sample size.

use std::collections::BTreeMap;

use super::aggregate;
use super::criteria::{Criterion, CriterionMetric, RegimeScope, Subject};
use super::evidence::{Evidence, Tables};
use super::paired;
use super::series::{self, Days};
use super::span::JudgedSpan;
use super::verdict::Observation;
use crate::regime::RegimeScheme;
use crate::stats::{self, Bootstrap, ResampledInterval};

/// Whether a trade with this profit after costs won; break-even does not.
pub fn is_winner(pnl: f64) -> bool {
    pnl > 0.0
}

/// Measures one run, and remembers what it measured: many rules ask for the same number.
pub struct Measure<'e> {
    pub(super) evidence: &'e Evidence<'e>,
    pub(super) boot: Bootstrap,
    seen: BTreeMap<String, Observation>,
}

impl<'e> Measure<'e> {
    /// A measure of `evidence` with intervals from `resamples` resamples.
    pub fn new(evidence: &'e Evidence<'e>, resamples: u32) -> Self {
        let boot = Bootstrap { resamples, seed: evidence.seed, mean_block: None };
        Self { evidence, boot, seen: BTreeMap::new() }
    }

    /// The run that is measured.
    pub fn evidence(&self) -> &'e Evidence<'e> {
        self.evidence
    }

    /// What criterion `c` asks about, over `span`.
    pub fn observe(&mut self, c: &Criterion, span: &JudgedSpan) -> Observation {
        let what = match &c.metric {
            CriterionMetric::Rows(query) => query.to_string(),
            named => format!("{named:?}"),
        };
        let key = format!("{what} {:?} {} {}", c.scope, span.from_ms, span.to_ms);
        if !self.seen.contains_key(&key) {
            let o = self.fresh(c, span);
            self.seen.insert(key.clone(), o);
        }
        let mut o = self.seen[&key].clone();
        if let Some((before, after)) = c.documented {
            let text = format!("documented {before} to {after}");
            o.note = Some(o.note.map_or_else(|| text.clone(), |n| format!("{n}; {text}")));
        }
        o
    }

    fn fresh(&self, c: &Criterion, span: &JudgedSpan) -> Observation {
        let e = self.evidence;
        let regime = match &c.scope.regime {
            RegimeScope::One(name) => match e.regimes.code(name) {
                Some(code) => Some(code),
                None => return Observation::missing(format!("the run has no regime {name}")),
            },
            RegimeScope::All | RegimeScope::Each => None,
        };
        match &c.scope.subject {
            Subject::Run | Subject::System => self.single(&c.metric, &e.variant, &e.main, regime, span),
            Subject::Variant(name) => match e.tables(name) {
                Some(tables) => self.single(&c.metric, name, tables, regime, span),
                None => Observation::missing(format!("no run of variant {name} on the same bars")),
            },
            Subject::Paired { of, with, change } => match (e.compared(of), e.compared(with)) {
                (Ok(a), Ok(b)) => {
                    let mut o = paired::observe(self, &c.metric, *change, (of, a), (with, b), regime, span);
                    if let Some(note) = o.note.as_mut().filter(|_| e.is_ruled()) {
                        note.push_str("; all at full exposure, without [risk]");
                    }
                    o
                }
                (Err(why), _) | (_, Err(why)) => Observation::missing(why),
            },
        }
    }

    /// A metric of one variant.
    fn single(
        &self,
        metric: &CriterionMetric,
        name: &str,
        tables: &Tables<'_>,
        regime: Option<u8>,
        span: &JudgedSpan,
    ) -> Observation {
        let purpose = purpose(metric, name, regime, &self.evidence.regimes);
        match metric {
            CriterionMetric::Rows(query) => {
                let regime = regime.map(|r| self.evidence.regimes.name_of(r));
                aggregate::observe(self, query, (name, tables), regime, span)
            }
            CriterionMetric::Figure(figure) => self.figure(*figure, tables, regime, span, &purpose),
            CriterionMetric::Fact(fact) => self.stated(fact),
            CriterionMetric::Validity(metric, prior) => metric.observe(self.evidence, *prior),
            CriterionMetric::WinRate | CriterionMetric::PatternAccuracy => {
                wins(tables, regime, span, *metric == CriterionMetric::PatternAccuracy)
            }
            CriterionMetric::ProfitFactor => self.profit_factor(tables, regime, span, &purpose),
            CriterionMetric::MeanSize => {
                let trades = series::trades(tables, span, regime, false);
                let sizes: Vec<f64> = trades.iter().map(|&i| tables.trades.size_frac[i]).collect();
                self.mean(&sizes, "trades", &purpose)
            }
            CriterionMetric::Sharpe | CriterionMetric::MaxDrawdown | CriterionMetric::MonthlyReturn => {
                self.of_equity(metric, tables, regime, span, &purpose)
            }
            CriterionMetric::SuccessRate | CriterionMetric::ErrorRate => self.validity(metric, tables, span),
            CriterionMetric::PatternRate | CriterionMetric::VolumeConfirmation | CriterionMetric::Quality => {
                self.of_signals(metric, tables, span, &purpose)
            }
        }
    }

    /// A number that the run states of itself.
    fn stated(&self, fact: &str) -> Observation {
        match self.evidence.facts.get(fact) {
            Some(x) if x.is_finite() => Observation {
                value: Some(*x),
                n: 1,
                n_unit: "run",
                method: "stated by the run".into(),
                exact: true,
                ..Observation::default()
            },
            _ => Observation::missing(format!("the run does not state {fact}")),
        }
    }

    fn profit_factor(
        &self,
        tables: &Tables,
        regime: Option<u8>,
        span: &JudgedSpan,
        purpose: &str,
    ) -> Observation {
        let pnl = series::pnl(tables, &series::trades(tables, span, regime, false));
        let (boot, method) = self.blocks(&[&pnl]);
        let interval = stats::profit_factor_interval(&pnl, &boot, purpose);
        let value = stats::profit_factor(&pnl);
        let o = estimate(value, interval, pnl.len(), "trades", method);
        if value.is_nan() { no_value(o, "no losing trade, so the ratio has no value") } else { o }
    }

    /// A metric of the equity curve, with the number of trades behind it.
    fn of_equity(
        &self,
        metric: &CriterionMetric,
        tables: &Tables,
        regime: Option<u8>,
        span: &JudgedSpan,
        purpose: &str,
    ) -> Observation {
        let trades = series::trades(tables, span, regime, false).len() as u64;
        let o = match (metric, regime) {
            (CriterionMetric::Sharpe, Some(r)) => {
                let returns = series::regime_returns(self.evidence, tables, &tables.equity, r, span);
                self.sharpe(&returns, self.evidence.bars_per_year, "bars", purpose)
            }
            (CriterionMetric::Sharpe, None) => {
                let days = series::days(self.evidence, tables, span);
                self.sharpe(&days.returns, self.evidence.days_per_year, "days", purpose)
            }
            (CriterionMetric::MaxDrawdown, _) => self.max_drawdown(tables, span, purpose),
            _ => self.monthly(&series::days(self.evidence, tables, span), purpose),
        };
        Observation { trades: Some(trades), ..o }
    }

    /// A metric of the signals that point either way.
    fn of_signals(
        &self,
        metric: &CriterionMetric,
        tables: &Tables,
        span: &JudgedSpan,
        purpose: &str,
    ) -> Observation {
        let s = &tables.signals;
        let kept: Vec<usize> = (0..s.close_time_ms.len())
            .filter(|&i| s.direction[i] != 0 && span.holds(s.close_time_ms[i]))
            .collect();
        let count = |yes: &dyn Fn(usize) -> bool| kept.iter().filter(|&&i| yes(i)).count();
        match (metric, &s.patterns, &s.volume_confirmed, &s.quality) {
            (CriterionMetric::PatternRate, Some(patterns), ..) => {
                rate(count(&|i| patterns[i] != 0), kept.len(), "signals")
            }
            (CriterionMetric::VolumeConfirmation, _, Some(confirmed), _) => {
                rate(count(&|i| confirmed[i]), kept.len(), "signals")
            }
            (CriterionMetric::Quality, .., Some(quality)) => {
                let quality: Vec<f64> = kept.iter().map(|&i| quality[i]).filter(|q| q.is_finite()).collect();
                self.mean(&quality, "signals", purpose)
            }
            _ => Observation::missing(format!("the signals have no column for {metric}")),
        }
    }

    /// Share of bars with (or without) a valid result. Over the whole run a number stated by the run comes first: it also
    /// knows of bars that were rejected before they became bars.
    fn validity(&self, metric: &CriterionMetric, tables: &Tables, span: &JudgedSpan) -> Observation {
        let s = &tables.signals;
        let wanted = *metric == CriterionMetric::SuccessRate;
        let bars: Vec<usize> =
            (0..s.close_time_ms.len()).filter(|&i| span.holds(s.close_time_ms[i])).collect();
        let n = bars.len();
        let counted = s.valid.as_ref().map(|valid| bars.iter().filter(|&&i| valid[i] == wanted).count());
        match self.evidence.facts.get(&metric.to_string()) {
            Some(x) if !span.phase && (0.0..=1.0).contains(x) && n > 0 => {
                let o = rate((x * n as f64).round() as usize, n, "bars");
                Observation { value: Some(*x), ..o }
            }
            _ => match counted {
                Some(counted) => rate(counted, n, "bars"),
                None => Observation::missing("the signals do not say which bars are valid"),
            },
        }
    }

    fn sharpe(&self, returns: &[f64], per_year: f64, unit: &'static str, purpose: &str) -> Observation {
        let (boot, method) = self.blocks(&[returns]);
        let interval = stats::sharpe_interval(returns, per_year, &boot, purpose);
        let value = stats::sharpe_ratio(returns, per_year);
        let o = estimate(value, interval, returns.len(), unit, method);
        if value.is_nan() { no_value(o, "returns do not vary, so the ratio has no value") } else { o }
    }

    /// The value is of the equity at every close, the interval of daily returns. An account lost is a fact, whatever the
    /// interval says.
    fn max_drawdown(&self, tables: &Tables, span: &JudgedSpan, purpose: &str) -> Observation {
        let days = series::days(self.evidence, tables, span);
        if days.returns.is_empty() {
            return Observation::missing("no bar in the span");
        }
        let value = series::max_drawdown(self.evidence, tables, span);
        let (boot, method) = self.blocks(&[&days.returns]);
        let interval = stats::max_drawdown_interval(&days.returns, &boot, purpose);
        let ruined = value >= 1.0;
        Observation { exact: ruined, ..estimate(value, interval, days.returns.len(), "days", method) }
    }

    fn monthly(&self, days: &Days, purpose: &str) -> Observation {
        let Days { of_whole_months: returns, months, monthly, .. } = days;
        if *months == 0 {
            return Observation {
                n_unit: "months",
                ..Observation::missing("no whole calendar month in the span")
            };
        }
        let per_month = returns.len() as f64 / *months as f64;
        let (boot, method) = self.blocks(&[returns]);
        let interval = stats::compound_monthly_interval(returns, per_month, &boot, purpose);
        let ruined = *monthly <= -1.0;
        Observation { exact: ruined, ..estimate(*monthly, interval, *months, "months", method) }
    }

    pub(super) fn mean(&self, x: &[f64], unit: &'static str, purpose: &str) -> Observation {
        let (boot, method) = self.blocks(&[x]);
        let interval = stats::mean_interval(x, &boot, purpose);
        estimate(stats::mean(x), interval, x.len(), unit, method)
    }

    /// The bootstrap with the block length that suits every one of `series`, and its description.
    pub(super) fn blocks(&self, series: &[&[f64]]) -> (Bootstrap, String) {
        let block = series.iter().map(|x| stats::automatic_block(x)).fold(1.0, f64::max);
        let boot = Bootstrap { mean_block: Some(block), ..self.boot };
        (boot, format!("stationary bootstrap 95 %, block {block:.1}, {} resamples", boot.resamples))
    }
}

/// Share of the trades that won, of all or of those on a pattern.
fn wins(tables: &Tables, regime: Option<u8>, span: &JudgedSpan, patterned: bool) -> Observation {
    let trades = series::trades(tables, span, regime, span.phase);
    let patterns = tables.trades.patterns.as_deref();
    let kept = trades.iter().filter(|&&i| !patterned || patterns.is_some_and(|p| p[i] != 0));
    let pnl: Vec<f64> = kept.map(|&i| tables.trades.pnl[i]).collect();
    rate(pnl.iter().filter(|x| is_winner(**x)).count(), pnl.len(), "trades")
}

/// The name of the random stream of a question; a run's summary asks the same under the same name, so that it shows
/// the interval the gate judges by.
pub(super) fn purpose(
    metric: &CriterionMetric,
    whose: &str,
    regime: Option<u8>,
    of: &RegimeScheme,
) -> String {
    format!("{metric} {whose} {}", regime.map_or("all", |r| of.name_of(r)))
}

/// A share of independent trials with its Wilson interval.
pub(super) fn rate(yes: usize, n: usize, unit: &'static str) -> Observation {
    if n == 0 {
        return Observation { n_unit: unit, ..Observation::missing(format!("no {unit} in the span")) };
    }
    Observation {
        value: Some(yes as f64 / n as f64),
        interval: Some(stats::wilson(yes as u64, n as u64)),
        n: n as u64,
        n_unit: unit,
        method: "wilson 95 %".into(),
        ..Observation::default()
    }
}

/// An estimate; NaN is no value.
pub(super) fn estimate(
    value: f64,
    interval: Option<ResampledInterval>,
    n: usize,
    n_unit: &'static str,
    method: String,
) -> Observation {
    let value = (!value.is_nan()).then_some(value);
    let missing = (n == 0).then(|| format!("no {n_unit} in the span"));
    Observation {
        value,
        interval: interval.map(|i| i.interval),
        error: interval.map(|i| i.error),
        n: n as u64,
        n_unit,
        method,
        missing,
        ..Observation::default()
    }
}

/// `o` without a value, for the reason `why` unless it has one.
pub(super) fn no_value(o: Observation, why: &str) -> Observation {
    Observation {
        value: None,
        interval: None,
        error: None,
        missing: o.missing.or_else(|| Some(why.into())),
        ..o
    }
}
