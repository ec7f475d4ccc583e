//! Regime labels compared: the rules of a scenario, a hidden Markov model and the most frequent regime, against a truth where
//! the file has one, and by what they are good for where it has none.

mod filter;
mod layer;
mod result;
#[cfg(test)]
mod tests;
mod volatility;

use crate::data::Loaded;
use crate::data::synth::REGIMES;
use crate::error::{Error, Place, Result};
use crate::market::format_time;
use crate::progress::Progress;
use crate::random::ContentSeed;
use crate::regime::{
    HmmOptions, NO_REGIME, RegimeScheme, Stability, Walk, adjusted_rand, best_match, cross_table, evaluate,
    walk_forward,
};
use crate::runs::{History, Inputs, enough, left};
use crate::scenario::Scenario;

pub use filter::FilterTest;
pub use layer::LayerTest;
pub use result::{Agreement, ComparedLabels, HmmReport, RegimeComparison, StateReport, TruthScore};
pub use volatility::VolatilityTest;

/// How labels are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegimeOptions {
    /// States of the hidden Markov model, 2 to 5.
    pub states: usize,
    /// Bars it is fitted on; `None` takes 5,000, or a quarter of a shorter history.
    pub train_bars: Option<usize>,
    /// Bars after which it is fitted again.
    pub refit_bars: usize,
    /// Bars after a change of the truth that count as its transition.
    pub transition_bars: usize,
    /// Circular shifts of the labels that a test compares with.
    pub shifts: usize,
}

impl Default for RegimeOptions {
    fn default() -> Self {
        Self { states: 3, train_bars: None, refit_bars: 500, transition_bars: 12, shifts: 199 }
    }
}

/// Fewest bars a model is fitted on.
const LEAST_TRAIN: usize = 100;

/// Compares the labels of `scenario`, its system's own or those lent to it, over the bars of its first
/// symbol.
///
/// # Errors
/// An option is out of range, the history is too short, or it was told to stop.
pub fn compare_regimes(
    scenario: &Scenario,
    inputs: Inputs,
    options: &RegimeOptions,
    progress: &Progress,
) -> Result<RegimeComparison> {
    let warmup = label_warmup(scenario, &inputs.symbols[0])?;
    let first = warmup.max(scenario.system.warmup(&scenario.params));
    let history = History::once(scenario, inputs)?;
    let loaded = history.loaded();
    enough(&loaded.file_name, loaded.bars.len(), first)?;
    let bars = &loaded.bars;
    let n = bars.len();
    let train = options.train_bars.unwrap_or_else(|| 5_000.min(n / 4));
    check(options, train, n, loaded)?;
    progress.stage("labelling by rules")?;
    let prepared = history.prepare(scenario)?;
    let labels = history.labels(scenario, &prepared)?;
    let scheme = history.regimes(scenario)?;
    let rules = &labels[0].codes;
    // A file says itself when its labels begin.
    let begins = rules.iter().position(|c| *c != NO_REGIME).unwrap_or(0);
    enough(&loaded.file_name, n, warmup.max(train).max(begins))?;
    let from = warmup.max(train).max(begins).max(loaded.lead);
    left(loaded, n, from)?;
    progress.stage("fitting the hidden Markov model")?;
    let walk = fitted(bars.close(), options, train, scenario.seed);
    progress.stage("testing labels against shifted ones")?;
    let ground = Ground {
        scenario,
        close: bars.close(),
        from,
        middle: from + (n - from) / 2,
        per_year: scenario.data.bars_per_year(bars.timeframe()),
        shifts: options.shifts,
        transition: options.transition_bars,
        truth: loaded.truth.as_deref(),
    };
    let labellers = ground.labellers(rules, &scheme, &walk.labels, options.states);
    progress.stage("replaying the system with shifted labels")?;
    let layer = match scenario.own_labels() {
        true => layer::test(scenario, &history, &prepared, &labels[0], &scheme, options.shifts, progress)?,
        false => None,
    };
    Ok(RegimeComparison {
        bars: n - from,
        from: format_time(bars.open_time()[from]),
        second_half_from: format_time(bars.open_time()[ground.middle]),
        to: format_time(bars.close_time(n - 1)),
        bars_per_year: ground.per_year,
        labellers,
        hmm: HmmReport::of(&walk, train, options.refit_bars, ground.per_year),
        agreement: Agreement::of(&rules[from..], scheme.len(), &walk.labels[from..], options.states),
        regimes: (scheme != REGIMES).then_some(scheme),
        layer,
    })
}

/// Bars before the first label of the scenario, where anything labels its bars.
fn label_warmup(scenario: &Scenario, loaded: &Loaded) -> Result<usize> {
    scenario.label_warmup(&loaded.bars).ok_or_else(|| {
        Error::usage(
            Place::given("system", format_args!("{:?}", scenario.system.name())),
            "nothing labels its bars",
        )
        .hint("register a system that labels regimes")
    })
}

/// Refuses options that no comparison over `n` bars can be made with.
fn check(options: &RegimeOptions, train: usize, n: usize, loaded: &Loaded) -> Result<()> {
    let refuse = |flag: &str, problem: String, hint: &str| Err(Error::usage(flag, problem).hint(hint));
    if !(2..=5).contains(&options.states) {
        return refuse(
            "--states",
            format!("must be in 2..=5, was {}", options.states),
            "3 is a calm, a usual and a wild one",
        );
    }
    if train < LEAST_TRAIN || train * 2 > n {
        let problem = format!("{n} bars are too few for a model that is fitted on {train}");
        return match options.train_bars {
            Some(_) => refuse(
                "--train-bars",
                problem,
                &format!("give {LEAST_TRAIN} at least, and half of the bars at most"),
            ),
            None => Err(Error::data(&loaded.file_name, problem)
                .hint(format!("give at least {} bars", 4 * LEAST_TRAIN))),
        };
    }
    if options.refit_bars == 0 || options.shifts == 0 {
        return refuse(
            "--refit-bars, --shifts",
            "must be 1 or more".to_owned(),
            "the defaults are 500 and 199",
        );
    }
    Ok(())
}

/// The hidden Markov model of log returns, fitted again as it walks through the bars.
fn fitted(close: &[f64], options: &RegimeOptions, train: usize, seed: u64) -> Walk {
    let n = close.len();
    let returns: Vec<f64> =
        (0..n).map(|i| if i == 0 { 0.0 } else { libm::log(close[i] / close[i - 1]) }).collect();
    walk_forward(
        &returns,
        &HmmOptions {
            states: options.states,
            train_rows: train,
            refit_rows: options.refit_bars,
            seed,
            ..HmmOptions::default()
        },
    )
}

/// What every labeller is judged on.
struct Ground<'a> {
    scenario: &'a Scenario,
    close: &'a [f64],
    from: usize,
    middle: usize,
    per_year: f64,
    shifts: usize,
    transition: usize,
    truth: Option<&'a [u8]>,
}

impl Ground<'_> {
    /// The rules, the model, and where there is a truth the regime that is its most frequent in the first half.
    fn labellers(
        &self,
        rules: &[u8],
        scheme: &RegimeScheme,
        hmm: &[u8],
        states: usize,
    ) -> Vec<ComparedLabels> {
        let regimes: Vec<String> = scheme.names().into_iter().map(str::to_owned).collect();
        // Labels that are the truth's own stand for themselves; what others stand for is matched.
        let stands_for = (*scheme == REGIMES).then(|| regimes.iter().cloned().map(Some).collect());
        let states: Vec<String> = (1..=states).map(|s| format!("state {s}")).collect();
        let mut labellers =
            vec![self.labeller("rules", rules, regimes, stands_for), self.labeller("hmm", hmm, states, None)];
        if let Some(most) = self.truth.and_then(|t| most_frequent(&t[self.from..self.middle])) {
            let only = vec![0u8; self.close.len()];
            labellers.push(self.labeller(
                "majority",
                &only,
                vec![most.to_owned()],
                Some(vec![Some(most.to_owned())]),
            ));
        }
        labellers
    }

    /// One way to label, judged.
    fn labeller(
        &self,
        name: &str,
        labels: &[u8],
        names: Vec<String>,
        stands_for: Option<Vec<Option<String>>>,
    ) -> ComparedLabels {
        let kinds = names.len();
        let several = kinds > 1;
        ComparedLabels {
            stability: Stability::of(&labels[self.from..], kinds),
            truth: self.truth.and_then(|t| self.score(t, labels, kinds, stands_for)),
            filter: several.then(|| filter::test(self, name, labels, kinds)),
            volatility: several.then(|| volatility::test(self, name, labels, kinds)),
            name: name.to_owned(),
            labels: names,
        }
    }

    /// Labels against the truth: what they stand for by the first half, how right they are on the second.
    fn score(
        &self,
        truth: &[u8],
        labels: &[u8],
        kinds: usize,
        stands_for: Option<Vec<Option<String>>>,
    ) -> Option<TruthScore> {
        let halves = |x: &'_ [u8]| (x[self.from..self.middle].to_vec(), x[self.middle..].to_vec());
        let ((truth_1, truth_2), (labels_1, labels_2)) = (halves(truth), halves(labels));
        let stands_for = stands_for.unwrap_or_else(|| {
            let table = cross_table(&labels_1, kinds, &truth_1, REGIMES.len());
            let name = |k: usize| REGIMES.name_of(k as u8).to_owned();
            best_match(&table).into_iter().map(|k| k.map(name)).collect()
        });
        let codes: Vec<u8> = stands_for
            .iter()
            .map(|r| r.as_deref().and_then(|r| REGIMES.code(r)).unwrap_or(NO_REGIME))
            .collect();
        let named: Vec<u8> =
            labels_2.iter().map(|l| codes.get(usize::from(*l)).copied().unwrap_or(NO_REGIME)).collect();
        let [inside, outside] = around_changes(&truth_2, &named, self.transition);
        Some(TruthScore {
            scores: evaluate(&truth_2, &named, REGIMES.len())?,
            adjusted_rand: finite(adjusted_rand(&cross_table(&labels_2, kinds, &truth_2, REGIMES.len()))),
            accuracy_in_transition: finite(inside),
            accuracy_outside: finite(outside),
            stands_for,
        })
    }
}

/// Share of labels that are right within `transition` bars after a change of the truth, and elsewhere.
fn around_changes(truth: &[u8], labels: &[u8], transition: usize) -> [f64; 2] {
    let mut right = [0usize; 2];
    let mut all = [0usize; 2];
    let mut since = usize::MAX;
    for (t, l) in truth.iter().zip(labels).enumerate().map(|(i, (t, l))| {
        since = if i > 0 && truth[i - 1] != *t { 0 } else { since.saturating_add(1) };
        ((*t, since), *l)
    }) {
        let (regime, since) = t;
        if REGIMES.get(regime).is_some() {
            let k = usize::from(since >= transition);
            all[k] += 1;
            right[k] += usize::from(l == regime);
        }
    }
    [0, 1].map(|k| if all[k] == 0 { f64::NAN } else { right[k] as f64 / all[k] as f64 })
}

/// The regime that the truth names most often; none where it names none.
fn most_frequent(truth: &[u8]) -> Option<&'static str> {
    let count = |r: u8| truth.iter().filter(|t| **t == r).count();
    // The first of equals.
    let most = (0..REGIMES.len() as u8).rev().max_by_key(|r| count(*r)).filter(|r| count(*r) > 0);
    most.map(|r| REGIMES.name_of(r))
}

/// A statistic, where it is defined.
fn finite(x: f64) -> Option<f64> {
    x.is_finite().then_some(x)
}

/// The seed of the shifts of `labels` over the closes they label: nobody can choose it.
fn shift_seed(close: &[f64], labels: &[u8]) -> u64 {
    let labels: Vec<i64> = labels.iter().map(|l| i64::from(*l)).collect();
    ContentSeed::new("assay regime shifts v1").numbers(close).whole(&labels).seed()
}
