//! Settings on their way into the ledger: what names a trial, and which of very many are stored.

use std::collections::HashMap;
use std::sync::Mutex;

use super::ledger::{TrialRow, Trials};
use super::{History, Provenance};
use crate::data::sha256_hex;
use crate::error::{Error, Result};
use crate::metrics::DailyEquity;
use crate::scenario::{Data, Scenario};
use crate::stats::TrialBlocks;

/// Most settings of one unit of work whose returns are stored: others are counted, and taken for one that is stored where
/// they are nearly the same.
const MOST_STORED: u64 = 20_000;

/// From this correlation on, two settings are nearly the same.
const NEARLY_THE_SAME: f64 = 0.999;

/// Most settings other than parameters that are remembered.
const REMEMBERED: usize = 4096;

/// Days of the returns of a span of steps.
type DaysOf = HashMap<(usize, usize), std::sync::Arc<[i32]>>;

/// What makes rows of the settings of one unit of work.
#[derive(Debug)]
pub struct TrialCounter {
    /// Identities of everything that is read.
    ids: String,
    /// Whether settings are chosen by results of the same work.
    adaptive: bool,
    /// Every so many-th setting is stored.
    stride: u64,
    settings: Mutex<HashMap<String, String>>,
    days: Mutex<DaysOf>,
}

/// A setting that was evaluated, for the ledger.
#[derive(Debug, Clone)]
pub enum CountedTrial {
    /// One that is stored.
    Stored(Box<TrialRow>),
    /// One of more than are stored; without blocks where it cannot be measured.
    Passing(Option<TrialBlocks>),
}

impl TrialCounter {
    /// A counter of work on what `provenance` names, of `total` settings.
    pub fn new(provenance: &Provenance, adaptive: bool, total: u64) -> Self {
        let ids = provenance.ids.iter().map(|(what, id)| format!("{what} {id}\n")).collect();
        let stride = total.div_ceil(MOST_STORED).max(1);
        Self { ids, adaptive, stride, settings: Mutex::default(), days: Mutex::default() }
    }

    /// The `k`-th setting of a batch, judged from step `first` to before step `end` of a history; `varied` are its values that
    /// are no parameters of the system.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn count(
        &self,
        k: usize,
        scenario: &Scenario,
        varied: &str,
        history: &History,
        (first, end): (usize, usize),
        returns: &[f64],
    ) -> Result<CountedTrial> {
        let days = self.days(history, &scenario.data, first, end);
        if days.len() != returns.len() {
            let problem = format!("{} returns of {} days", returns.len(), days.len());
            return Err(Error::internal("ledger", problem));
        }
        if !(k as u64).is_multiple_of(self.stride) {
            return Ok(CountedTrial::Passing(TrialBlocks::of(returns, &days)));
        }
        let clock = history.clock();
        let span = (clock.time(first), clock.close_time(end - 1));
        let key = self.key(&self.settings(scenario, varied)?, &scenario.resolved_params(), span);
        Ok(CountedTrial::Stored(Box::new(TrialRow::of(key, self.adaptive, returns, &days))))
    }

    /// The row of a run that is all of its work.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn row(
        &self,
        scenario: &Scenario,
        span_ms: (i64, i64),
        (returns, days): (&[f64], &[i32]),
    ) -> Result<TrialRow> {
        let key = self.key(&self.settings(scenario, "")?, &scenario.resolved_params(), span_ms);
        Ok(TrialRow::of(key, self.adaptive, returns, days))
    }

    fn key(&self, settings: &str, params: &str, (from_ms, to_ms): (i64, i64)) -> String {
        let text = format!("assay trial 1\n{settings}\n{params}\n{}{from_ms} {to_ms}\n", self.ids);
        sha256_hex(text.as_bytes())[..32].to_owned()
    }

    fn settings(&self, scenario: &Scenario, varied: &str) -> Result<String> {
        let known = self.settings.lock().ok().and_then(|known| known.get(varied).cloned());
        if let Some(known) = known {
            return Ok(known);
        }
        let settings = sha256_hex(scenario.trial_settings()?.as_bytes());
        if let Ok(mut known) = self.settings.lock() {
            if known.len() >= REMEMBERED {
                known.clear();
            }
            known.insert(varied.to_owned(), settings.clone());
        }
        Ok(settings)
    }

    fn days(&self, history: &History, data: &Data, first: usize, end: usize) -> std::sync::Arc<[i32]> {
        let known = self.days.lock().ok().and_then(|known| known.get(&(first, end)).cloned());
        known.unwrap_or_else(|| {
            let days: std::sync::Arc<[i32]> = return_days(history, data, first, end).into();
            if let Ok(mut known) = self.days.lock() {
                if known.len() >= REMEMBERED {
                    known.clear();
                }
                known.insert((first, end), days.clone());
            }
            days
        })
    }
}

/// The day of each daily return of a run from step `first` to before step `end`.
pub(crate) fn return_days(history: &History, data: &Data, first: usize, end: usize) -> Vec<i32> {
    let clock = history.clock();
    let mut days = DailyEquity::new(1.0).by(data.calendar());
    (first..end).for_each(|t| days.mark(clock.close_time(t), 1.0, clock.time(first)));
    days.counted_days(data.days_per_year())
}

impl Trials {
    /// Takes in settings that were evaluated, in their order.
    pub fn take(&mut self, evaluated: impl IntoIterator<Item = CountedTrial>) {
        let mut last: Option<TrialBlocks> = None;
        let mut rest = self.rest.unwrap_or(0);
        for trial in evaluated {
            self.count += 1;
            match (trial, &last) {
                (CountedTrial::Stored(row), _) => {
                    last = row.blocks.clone().or(last);
                    self.rows.push(*row);
                }
                (CountedTrial::Passing(None), _) => self.not_measured += 1,
                (CountedTrial::Passing(Some(blocks)), Some(stored))
                    if blocks.correlation(stored).is_some_and(|c| c >= NEARLY_THE_SAME) =>
                {
                    self.absorbed += 1;
                }
                (CountedTrial::Passing(Some(_)), _) => rest += 1,
            }
        }
        self.rest = Some(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;
    use crate::runs::backtest;

    fn returns(seed: u64) -> Vec<f64> {
        let mut stream = Stream::new(seed, "counting", 0);
        (0..400).map(|_| 0.01 * stream.normal()).collect()
    }

    fn blocks(seed: u64) -> TrialBlocks {
        TrialBlocks::of(&returns(seed), &(0..400).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn of_very_many_settings_some_are_stored_and_the_others_counted_for_what_they_are() {
        let days: Vec<i32> = (0..400).collect();
        let stored = || CountedTrial::Stored(Box::new(TrialRow::of("k".into(), false, &returns(1), &days)));
        let mut trials = Trials::default();
        // Before the first that is stored there is nothing to be near to.
        trials.take([
            CountedTrial::Passing(Some(blocks(1))),
            stored(),
            CountedTrial::Passing(Some(blocks(1))),
        ]);
        trials.take([CountedTrial::Passing(None), stored(), CountedTrial::Passing(Some(blocks(2)))]);
        assert_eq!((trials.count, trials.rows.len()), (6, 2));
        assert_eq!((trials.absorbed, trials.rest(), trials.not_measured), (1, 2, 1));
    }

    #[test]
    fn a_setting_is_one_trial_whatever_evaluates_it() {
        let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let text = "name = \"t\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"x\"]\nto = \"2021-03-01\"\n";
        let scenario = Scenario::parse(text, "t.toml", root.clone(), &[]).unwrap();
        let bars = crate::data::load(&root.join("datasets/btcusdt-1h.parquet"), &scenario.request()).unwrap();
        let history = History::new(&scenario, bars.clone().into()).unwrap();
        let prepared = history.prepare(&scenario).unwrap();
        let span = (0..history.steps()).into();
        let job = crate::runs::Job { scenario: &scenario, prepared: &prepared, span, noise: None };
        let daily = history.figures(&job, crate::runs::Wants::default()).unwrap().daily;
        let counter = TrialCounter::new(&history.inputs().provenance(&scenario), false, 1);
        let steps = (history.first(&scenario), history.steps());
        let counted = counter.count(0, &scenario, "", &history, steps, &daily).unwrap();
        let CountedTrial::Stored(swept) = counted else { panic!("{counted:?}") };
        let run = backtest(scenario.clone(), bars).unwrap();
        let record = crate::runs::RunRecord::of(&run, vec![]).unwrap();
        let alone = run.tried(&record).unwrap().rows.remove(0);
        assert_eq!(alone, *swept);
        // What judges a run, its name and its family make no other trial; a fee does.
        let key = |sets: &[String]| {
            let other = Scenario::parse(text, "t.toml", root.clone(), sets).unwrap();
            // One counter is of one piece of work.
            let counter = TrialCounter::new(&history.inputs().provenance(&other), false, 1);
            counter.row(&other, (0, 1), (&[], &[])).unwrap().trial_key
        };
        let own = key(&[]);
        for same in ["name=u", "family=f", "gate.resamples=500", "report.price_bars=100"] {
            assert_eq!(key(&[same.to_owned()]), own, "{same}");
        }
        for other in ["execution.fee_bps=3", "params.fast=7"] {
            assert_ne!(key(&[other.to_owned()]), own, "{other}");
        }
        // Every so many-th of very many is stored.
        let many = TrialCounter::new(&history.inputs().provenance(&scenario), false, 50_000);
        let is_stored = |k| {
            matches!(many.count(k, &scenario, "", &history, steps, &daily).unwrap(), CountedTrial::Stored(_))
        };
        assert_eq!([0, 1, 2, 3, 4].map(is_stored), [true, false, false, true, false]);
    }
}
