//! What the best of many is worth: the statistics that know how many were tried.

use serde::{Deserialize, Serialize};

use super::space::Point;
use super::{Evaluated, SweepRun, Task};
use crate::error::Result;
use crate::gate::{FamilySearch, SearchPlacebos};
use crate::metrics::{daily, nan_as_null, simple_returns};
use crate::progress::Progress;
use crate::random::ContentSeed;
use crate::runs::ledger::TrialLedger;
use crate::runs::{Job, Wants, return_days, sweep_search};
use crate::stats::{
    EffectiveTrials, Family, Interval, Moments4, Pbo, automatic_block, correlation, ledoit_wolf_bootstrap,
    ledoit_wolf_hac, min_backtest_years, min_track_record, psr_bl2012, psr_llz2025,
};

/// Most candidates that the correlation of trials is measured on.
const CORRELATED: usize = 200;

/// Level that p-values are compared with.
pub const LEVEL: f64 = 0.05;

/// Statistics of a sweep that allow for the search. Probabilities and p-values are fractions; what cannot be computed is `null`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overfitting {
    /// The best among all trials of its family, by the ledger: the one test that decides.
    pub search: FamilySearch,
    /// How many independent ones the candidates amount to, from the correlation of some of them.
    pub effective: Option<Effective>,
    /// The best candidate.
    pub candidate: u64,
    /// Its daily returns.
    pub days: usize,
    /// Sharpe ratio of a day.
    #[serde(with = "nan_as_null")]
    pub sharpe_daily: f64,
    /// Probability that its true Sharpe ratio is above zero, as if it were the only trial (Bailey and López de Prado 2012).
    pub psr_bl2012: Option<f64>,
    /// The same with the variance under the null and autocorrelation (López de Prado, Lipton and Zoonekynd 2025).
    pub psr_llz2025: Option<f64>,
    /// Days needed for the Sharpe ratio to be above zero at 95 %; none where it is not above zero.
    pub min_track_record_days: Option<f64>,
    /// Years of data below which the best of so many reaches its annual Sharpe ratio by chance.
    pub min_backtest_years: Option<f64>,
    /// Probability of backtest overfitting by combinatorially symmetric cross-validation.
    pub pbo: Option<PboSummary>,
    /// The family against cash.
    pub against_cash: Option<FamilyTests>,
    /// The family against holding.
    pub against_hold: Option<FamilyTests>,
    /// The best against the scenario as it stands.
    pub incumbent: Option<ReturnComparison>,
    /// The best against holding.
    pub hold: Option<ReturnComparison>,
}

/// Effective number of trials.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Effective {
    /// Candidates it is measured on.
    pub measured_on: usize,
    /// Mean correlation of their daily returns.
    pub mean_correlation: f64,
    /// `rho + (1 - rho) N` with the N of this sweep (Bailey and López de Prado 2014, appendix).
    pub dsr_appendix: f64,
    /// Exponential of the entropy of the eigenvalues, of those measured.
    pub entropy_rank: f64,
    /// Participation ratio of the eigenvalues.
    pub participation: f64,
}

/// Cross-validation in numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PboSummary {
    /// Blocks of days.
    pub blocks: usize,
    /// Ways to part them.
    pub combinations: usize,
    /// Candidates that never traded, or never varied.
    pub never_traded: usize,
    /// Share of the ways in which the best in sample was below the median out of sample.
    #[serde(with = "nan_as_null")]
    pub pbo: f64,
    /// Mean logit of its rank out of sample.
    #[serde(with = "nan_as_null")]
    pub mean_logit: f64,
    /// Share of the ways in which it lost out of sample.
    #[serde(with = "nan_as_null")]
    pub prob_loss: f64,
    /// Slope of its result out of sample on that in sample; below zero on noise by construction.
    #[serde(with = "nan_as_null")]
    pub slope: f64,
    /// Histogram of the logits in 24 equal bins from -6 to 6.
    pub logits: Vec<u32>,
}

/// Tests of the whole family on the same resamples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FamilyTests {
    /// Candidates tested.
    pub tested: usize,
    /// Whether these are not all: the p-values are then lower bounds.
    pub bound: bool,
    /// Days.
    pub days: usize,
    /// Mean block of the bootstrap.
    pub block_days: f64,
    /// Resamples.
    pub resamples: usize,
    /// White's reality check.
    pub reality_check_p: f64,
    /// Where it would lie with endlessly many resamples, 95 %, as every interval here.
    pub reality_check_interval: Interval,
    /// Hansen's test, lower, consistent, upper.
    pub spa_lower_p: f64,
    /// Its interval.
    pub spa_lower_interval: Interval,
    /// The consistent one.
    pub spa_consistent_p: f64,
    /// Its interval.
    pub spa_consistent_interval: Interval,
    /// The upper one.
    pub spa_upper_p: f64,
    /// Its interval.
    pub spa_upper_interval: Interval,
    /// Candidates whose stepdown p-value is at most [`LEVEL`], its interval too.
    pub significant: usize,
    /// Candidates for which the resamples do not tell: the interval holds the level.
    pub undecided: usize,
    /// Stepdown p-value of the best.
    pub best_adjusted_p: Option<f64>,
    /// Its interval.
    pub best_adjusted_interval: Option<Interval>,
}

/// Two daily return series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReturnComparison {
    /// Annual Sharpe ratio of the best.
    #[serde(with = "nan_as_null")]
    pub sharpe: f64,
    /// Annual Sharpe ratio of the other.
    #[serde(with = "nan_as_null")]
    pub other: f64,
    /// Difference a day.
    #[serde(with = "nan_as_null")]
    pub difference_daily: f64,
    /// Its standard error (Ledoit and Wolf 2008, HAC with Parzen weights).
    #[serde(with = "nan_as_null")]
    pub se_daily: f64,
    /// Two-sided p-value of the studentised block bootstrap.
    #[serde(with = "nan_as_null")]
    pub p: f64,
    /// Where it would lie with endlessly many resamples, 95 %.
    pub p_interval: Interval,
}

/// What of the rows the statistics need.
pub(super) struct SearchSample {
    pub candidate: u64,
    pub point: Point,
    pub candidates: u64,
    /// Who is in the family, with the points.
    pub family: Vec<(u64, Point)>,
    pub pbo: Option<Pbo>,
    /// What the search finds on placebo bars, where it was run there.
    pub placebos: Option<SearchPlacebos>,
}

impl Effective {
    /// Of `measured` series, some of so many `candidates`.
    fn of(measured: &[Vec<f64>], candidates: u64) -> Option<Self> {
        EffectiveTrials::of(&correlation(measured)).map(|e| Self {
            measured_on: e.trials,
            mean_correlation: e.mean_correlation,
            dsr_appendix: e.mean_correlation + (1.0 - e.mean_correlation) * candidates as f64,
            entropy_rank: e.entropy_rank,
            participation: e.participation,
        })
    }
}

impl PboSummary {
    fn of(p: &Pbo, blocks: usize) -> Self {
        Self {
            blocks,
            combinations: p.combinations,
            never_traded: p.never_traded,
            pbo: p.pbo,
            mean_logit: p.mean_logit,
            prob_loss: p.prob_loss,
            slope: p.slope,
            logits: histogram(&p.logits),
        }
    }
}

impl SweepRun<'_> {
    /// The statistics of what was gathered, among the trials of a ledger.
    pub(super) fn overfitting(
        &self,
        g: SearchSample,
        ledger: &TrialLedger,
        progress: &Progress,
    ) -> Result<Overfitting> {
        let (best, first, series) = self.daily_returns(&g, progress)?;
        // All end on the same day; they begin where the slowest of them does.
        let held = self.hold_returns()?;
        let common = series.iter().chain([&best, &held]).map(Vec::len).min().unwrap_or(0);
        let m = Moments4::of(&best);
        let measured: Vec<Vec<f64>> =
            series.iter().take(CORRELATED).map(|v| tail(v, common).to_vec()).collect();
        let effective = Effective::of(&measured, g.candidates);
        let incumbent = self.incumbent_returns()?;
        let days = return_days(self.history, &self.scenario.data, first, self.history.steps());
        let replayed = g.placebos.as_ref().map(|placebos| (self.plan.id.as_str(), placebos));
        let search = sweep_search(ledger, &self.scenario, self.histories(), (&best, &days), replayed)?;
        let per_year = self.scenario.data.days_per_year().sqrt();
        Ok(Overfitting {
            effective,
            candidate: g.candidate,
            days: m.n,
            sharpe_daily: m.sharpe(),
            psr_bl2012: psr_bl2012(&m, 0.0),
            psr_llz2025: psr_llz2025(&m, 0.0),
            min_track_record_days: finite(min_track_record(&m, 0.0, 0.95)),
            min_backtest_years: years_needed(search.distinct().max(1), m.sharpe() * per_year),
            pbo: g.pbo.as_ref().map(|p| PboSummary::of(p, self.plan.blocks)),
            against_cash: self.family(&g, &series, &vec![0.0; common], common),
            against_hold: self.family(&g, &series, tail(&held, common), common),
            incumbent: self.compare(&best, &incumbent),
            hold: self.compare(&best, &held),
            search,
        })
    }

    /// Daily returns of the best candidate and the step it begins at, then daily returns of each of the family.
    fn daily_returns(
        &self,
        g: &SearchSample,
        progress: &Progress,
    ) -> Result<(Vec<f64>, usize, Vec<Vec<f64>>)> {
        let wants = Wants { core: true, ..Wants::default() };
        let engine = self.engine(wants, progress)?;
        let task = Task { span: 0..self.history.steps(), blocks: (0, 0), daily: true, counted: false };
        let mut points: Vec<&Point> = vec![&g.point];
        points.extend(g.family.iter().map(|(_, p)| p));
        let mut done = engine.evaluate(&points, &task)?;
        let best = done.remove(0);
        let first = best.as_ref().map_or(self.start.first, |e| e.first);
        let daily = |e: Option<Evaluated>| e.map_or(vec![], |e| e.daily);
        Ok((daily(best), first, done.into_iter().map(daily).collect()))
    }

    /// Daily returns of the scenario as it stands.
    fn incumbent_returns(&self) -> Result<Vec<f64>> {
        let prepared = self.history.prepare(&self.scenario)?;
        let span = (0..self.history.steps()).into();
        let job = Job { scenario: &self.scenario, prepared: &prepared, span, noise: None };
        Ok(self.history.figures(&job, Wants::default())?.daily)
    }

    fn family(
        &self,
        g: &SearchSample,
        series: &[Vec<f64>],
        benchmark: &[f64],
        common: usize,
    ) -> Option<FamilyTests> {
        let columns: Vec<Vec<f64>> = series
            .iter()
            .map(|v| tail(v, common).iter().zip(benchmark).map(|(a, b)| a - b).collect())
            .collect();
        // The block of the column that asks for the longest among the first few.
        let block = columns.iter().take(20).map(|c| automatic_block(c)).fold(1.0, f64::max);
        let content = columns.iter().fold(ContentSeed::new("assay family v1"), |c, column| c.numbers(column));
        let f = Family::test(&columns, block, self.scenario.sweep.resamples as u32, content.seed())?;
        let best = g.family.iter().position(|(id, _)| *id == g.candidate).and_then(|k| f.adjusted[k]);
        let stepdown = |told| f.adjusted.iter().flatten().filter(|p| p.at_most(LEVEL) == told).count();
        Some(FamilyTests {
            tested: f.tested,
            bound: (g.family.len() as u64) < g.candidates,
            days: common,
            block_days: block,
            resamples: f.resamples as usize,
            reality_check_p: f.reality_check.p,
            reality_check_interval: f.reality_check.interval,
            spa_lower_p: f.spa_lower.p,
            spa_lower_interval: f.spa_lower.interval,
            spa_consistent_p: f.spa_consistent.p,
            spa_consistent_interval: f.spa_consistent.interval,
            spa_upper_p: f.spa_upper.p,
            spa_upper_interval: f.spa_upper.interval,
            significant: stepdown(Some(true)),
            undecided: stepdown(None),
            best_adjusted_p: best.map(|p| p.p),
            best_adjusted_interval: best.map(|p| p.interval),
        })
    }

    fn compare(&self, best: &[f64], other: &[f64]) -> Option<ReturnComparison> {
        let n = best.len().min(other.len());
        let (a, b) = (&best[best.len() - n..], &other[other.len() - n..]);
        let root = self.scenario.data.days_per_year().sqrt();
        let block = automatic_block(a).max(automatic_block(b)).ceil().clamp(1.0, (n / 4).max(1) as f64);
        let d = ledoit_wolf_hac(a, b)?;
        let content = ContentSeed::new("assay comparison v1").numbers(a).numbers(b);
        let p = ledoit_wolf_bootstrap(a, b, block as usize, 4999, content.seed())?;
        Some(ReturnComparison {
            sharpe: crate::stats::sharpe_ratio(a, 1.0) * root,
            other: crate::stats::sharpe_ratio(b, 1.0) * root,
            difference_daily: d.difference,
            se_daily: d.se,
            p: p.p,
            p_interval: p.interval,
        })
    }

    /// Daily returns of buying all symbols in equal parts at the first common step and holding.
    pub(crate) fn hold_returns(&self) -> Result<Vec<f64>> {
        let clock = self.history.clock();
        let first = self.start.first.min(clock.len() - 1);
        let equity = self.history.hold(&self.scenario, first, 1.0)?;
        let closes: Vec<i64> = (first..clock.len()).map(|t| clock.close_time(t)).collect();
        let data = &self.scenario.data;
        let days = daily(&closes, &equity, 1.0, clock.time(first)).by(data.calendar());
        Ok(simple_returns(&days.counted(data.days_per_year())))
    }
}

/// The last `n` of `v`.
fn tail(v: &[f64], n: usize) -> &[f64] {
    &v[v.len() - n..]
}

fn finite(v: f64) -> Option<f64> {
    v.is_finite().then_some(v)
}

/// Years of data below which the best of `trials` reaches the `annual` Sharpe ratio by chance; none for one that is not
/// above zero.
fn years_needed(trials: u64, annual: f64) -> Option<f64> {
    (annual > 0.0).then(|| min_backtest_years(trials as f64, annual)).and_then(finite)
}

fn histogram(logits: &[f64]) -> Vec<u32> {
    let mut bins = vec![0; 24];
    for l in logits.iter().filter(|l| !l.is_nan()) {
        bins[(((l + 6.0) * 2.0).clamp(0.0, 23.0)) as usize] += 1;
    }
    bins
}
