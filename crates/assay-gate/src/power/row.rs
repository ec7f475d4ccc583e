//! Power of one row by formula: the chance that it passes on a sample as long as the run's, and the length it takes.

use super::supposed::{SupposedValue, supposed};
use crate::criteria::{Change, Criterion, CriterionMetric, RegimeScope, Subject};
use crate::evidence::{Evidence, Tables};
use crate::rule::Rule;
use crate::series;
use crate::span::JudgedSpan;
use crate::stats::{self, Moments4, RowPower, SampleUnit, correlation};
use crate::verdict::worse_side;

/// What a formula says about a row, and how many of its observations the run has.
pub(super) struct RowFormula {
    /// The formula.
    pub power: RowPower,
    /// Observations of the run.
    pub n: f64,
}

/// What a row is about: the criterion, the value it supposes, the tables and regime it is measured on.
struct RowSubject<'a> {
    c: &'a Criterion,
    value: &'a SupposedValue,
    bound: f64,
    e: &'a Evidence<'a>,
    regime: Option<u8>,
    span: &'a JudgedSpan,
    all: &'a [Criterion],
}

/// The formula of criterion `c` among `all` if `value` is true, measured over `span`.
///
/// # Errors
/// Why there is none, in words.
pub(super) fn formula(
    c: &Criterion,
    value: &SupposedValue,
    all: &[Criterion],
    e: &Evidence<'_>,
    span: &JudgedSpan,
) -> Result<RowFormula, String> {
    if c.metric == CriterionMetric::MaxDrawdown {
        return Err("the chance of a drawdown falls with the length of a sample: there is no formula".into());
    }
    let bound = match worse_side(c.rule, c.better) {
        Some((Rule::AtLeast(_) | Rule::Above(_), bound)) => bound,
        _ => return Err("there is a formula for lower bounds alone".into()),
    };
    let regime = match &c.scope.regime {
        RegimeScope::One(name) => Some(e.regimes.code(name).ok_or(format!("the run has no regime {name}"))?),
        RegimeScope::All | RegimeScope::Each => None,
    };
    let row = RowSubject { c, value, bound, e, regime, span, all };
    match &c.scope.subject {
        Subject::Run | Subject::System => row.single(&e.main),
        Subject::Variant(name) => match e.tables(name) {
            Some(tables) => row.single(tables),
            None => Err(format!("no run of variant {name} on the same bars")),
        },
        Subject::Paired { of, with, change } => {
            let (a, b) = (e.compared(of)?, e.compared(with)?);
            if a.equity.close_time_ms != b.equity.close_time_ms {
                return Err(format!("{of} and {with} did not run on the same bars"));
            }
            row.paired(a, b, with, *change)
        }
    }
}

impl RowSubject<'_> {
    fn single(&self, tables: &Tables<'_>) -> Result<RowFormula, String> {
        let (bound, value) = (self.bound, self.value.value);
        match self.c.metric {
            CriterionMetric::WinRate | CriterionMetric::PatternAccuracy => {
                let n = self.trades(tables).len();
                known(RowPower::win_rate(bound, value), n, "win rates that can be true lie between 0 and 1")
            }
            CriterionMetric::ProfitFactor => self.profit_factor(tables),
            CriterionMetric::Sharpe => {
                let (returns, per_year, unit) = self.returns(tables, tables);
                let (root, shape) = (per_year.sqrt(), Moments4::of(&returns).shape());
                let power = RowPower::sharpe(bound / root, value / root, &shape);
                known(power.map(|p| p.counted_in(unit)), returns.len(), NO_VARIANCE)
            }
            CriterionMetric::MonthlyReturn => {
                let months = series::days(self.e, tables, self.span).of_months;
                let logs: Vec<f64> = months.iter().map(|r| libm::log1p(*r)).collect();
                let power = RowPower::monthly_return(bound, value, stats::std_dev(&logs, 1));
                known(power, logs.len(), "it takes two whole months of the run that differ")
            }
            _ => Err(format!("there is no formula for {}", self.c.metric)),
        }
    }

    fn profit_factor(&self, tables: &Tables<'_>) -> Result<RowFormula, String> {
        let pnl = series::pnl(tables, &self.trades(tables));
        let wins: Vec<f64> = pnl.iter().copied().filter(|x| *x > 0.0).collect();
        let losses: Vec<f64> = pnl.iter().filter(|x| **x < 0.0).map(|x| -x).collect();
        let n = wins.len() + losses.len();
        let variation = |x: &[f64]| stats::std_dev(x, 1) / stats::mean(x);
        let share = wins.len() as f64 / n as f64;
        let (of_wins, of_losses) = (variation(&wins), variation(&losses));
        let power = RowPower::profit_factor(self.bound, self.value.value, share, of_wins, of_losses);
        known(power, n, "it takes two wins and two losses of the run")
    }

    fn paired(
        &self,
        a: &Tables<'_>,
        b: &Tables<'_>,
        with: &str,
        change: Change,
    ) -> Result<RowFormula, String> {
        if self.c.metric != CriterionMetric::Sharpe {
            return Err(format!("there is no formula for a change of {}", self.c.metric));
        }
        let ((a, per_year, unit), (b, ..)) = (self.returns(a, a), self.returns(b, a));
        let base = self.baseline(with).unwrap_or_else(|| stats::sharpe_ratio(&b, per_year));
        let (after, factor, bound) = match change {
            Change::Absolute => (base + self.value.value, 1.0, self.bound),
            Change::Relative if base > 0.0 => (base * (1.0 + self.value.value), 1.0 + self.bound, 0.0),
            Change::Relative => {
                return Err("a relative change needs a baseline above zero".into());
            }
        };
        let root = per_year.sqrt();
        let n = a.len();
        let rho = correlation(&[a, b])[1];
        let power = RowPower::sharpe_contrast(after / root, base / root, factor, bound / root, rho);
        known(power.map(|p| p.counted_in(unit)), n, NO_VARIANCE)
    }

    /// The Sharpe ratio that the criteria suppose of the baseline `with`.
    fn baseline(&self, with: &str) -> Option<f64> {
        let stated = self.value.baseline;
        stated.or_else(|| {
            let mut own = self.c.clone();
            own.documented = None;
            own.rule = Rule::AtLeast(self.bound);
            own.scope.subject = Subject::Variant(with.to_owned());
            supposed(&own, self.all).map(|s| s.value)
        })
    }

    fn trades(&self, tables: &Tables<'_>) -> Vec<usize> {
        let patterned = self.c.metric == CriterionMetric::PatternAccuracy;
        let patterns = tables.trades.patterns.as_deref();
        let mut kept = series::trades(tables, self.span, self.regime, self.span.phase);
        kept.retain(|&i| !patterned || patterns.is_some_and(|p| p[i] != 0));
        kept
    }

    /// Returns that a Sharpe ratio is made of, in the regimes of `labels`, how many there are in a year, and their unit.
    fn returns(&self, tables: &Tables<'_>, labels: &Tables<'_>) -> (Vec<f64>, f64, SampleUnit) {
        let e = self.e;
        match self.regime {
            Some(r) => {
                let of_bars = series::regime_returns(e, tables, &labels.equity, r, self.span);
                (of_bars, e.bars_per_year, SampleUnit::Bars)
            }
            None => (series::days(e, tables, self.span).returns, e.days_per_year, SampleUnit::Days),
        }
    }
}

const NO_VARIANCE: &str = "the returns of the run do not vary, or too unevenly for a formula";

fn known(power: Option<RowPower>, n: usize, otherwise: &str) -> Result<RowFormula, String> {
    power.map(|power| RowFormula { power, n: n as f64 }).ok_or_else(|| otherwise.to_owned())
}
