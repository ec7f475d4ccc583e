//! Candidates evaluated: points in, rows of figures out, in the order of the points on any number of threads.

use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;
use toml::Value;

use super::space::{Point, Space};
use crate::error::{Error, Place, Result};
use crate::progress::Progress;
use crate::runs::{BY_THE_BAR, CountedTrial, History, Job, Prepared, TrialCounter, Wants};
use crate::scenario::Scenario;
use crate::stats::block_moments;

/// What is known of a candidate that was run.
#[derive(Debug, Clone)]
pub struct Evaluated {
    /// First step that it was judged at.
    pub first: usize,
    /// Its figures.
    pub row: Vec<f64>,
    /// Sums of its daily returns in each block of days, then sums of their squares.
    pub blocks: Vec<f64>,
    /// Its daily returns, where they are asked for.
    pub daily: Vec<f64>,
    /// What the ledger keeps of it, where it is counted.
    pub counted: Option<CountedTrial>,
}

/// Runs candidates of one sweep.
#[derive(Debug)]
pub struct Engine<'a> {
    scenario: &'a Scenario,
    history: &'a History,
    space: &'a Space,
    wants: Wants,
    /// Axes whose values change what is read of the bars.
    reading: Vec<usize>,
    /// Whether an axis changes costs by the bar.
    costs_vary: bool,
    /// What all candidates share where no axis changes it.
    shared: Option<Prepared>,
    /// The first step that all candidates are judged at, where they share one.
    shared_first: Option<usize>,
    /// Makes rows of the ledger.
    counter: TrialCounter,
    /// Axes whose values are no parameters of the system.
    beside: Vec<usize>,
    /// Tells it to stop.
    progress: Progress,
}

/// What one evaluation asks for.
#[derive(Debug, Clone)]
pub struct Task {
    /// Steps that are traded.
    pub span: Range<usize>,
    /// Blocks of days to be summed up, and how many days they hold together; 0 for none.
    pub blocks: (usize, usize),
    /// Whether daily returns are wanted.
    pub daily: bool,
    /// Whether candidates are counted.
    pub counted: bool,
}

impl<'a> Engine<'a> {
    /// An engine over `history`.
    ///
    /// # Errors
    /// The history is too short for the scenario, or lacks something its costs need.
    pub fn new(
        scenario: &'a Scenario,
        history: &'a History,
        space: &'a Space,
        wants: Wants,
        counter: TrialCounter,
    ) -> Result<Self> {
        let read = scenario.system.about().column_params;
        let reads = |k: &String| k.strip_prefix("params.").is_some_and(|n| read.contains(&n));
        let reading: Vec<usize> = (0..space.keys().len()).filter(|k| reads(&space.keys()[*k])).collect();
        let costs_vary = space.keys().iter().any(|k| BY_THE_BAR.contains(&k.as_str()));
        history.for_many();
        let shared = if reading.is_empty() { Some(history.prepare(scenario)?) } else { None };
        let progress = Progress::silent();
        let beside = (0..space.keys().len()).filter(|k| !space.keys()[*k].starts_with("params.")).collect();
        Ok(Self {
            scenario,
            history,
            space,
            wants,
            reading,
            costs_vary,
            shared,
            shared_first: None,
            counter,
            beside,
            progress,
        })
    }

    /// The same of candidates that are all judged from step `first` on.
    #[must_use]
    pub fn from_step(self, first: Option<usize>) -> Self {
        Self { shared_first: first, ..self }
    }

    /// A candidate that warms up for longer than the ends of the axes do.
    fn too_slow(&self, point: &Point, first: usize, shared: usize) -> Error {
        let words = assignments(self.space, point).join(" ");
        let problem = format!(
            "the warm-up of candidate {words} ends at bar {first}, after bar {shared}, where that of the slowest end of the axes does"
        );
        Error::scenario(Place::key("sweep").within(&self.scenario.name), problem)
            .hint("set data.from later than the longest warm-up, list the values of the axis, or set sweep.span = \"own\"")
    }

    /// The same, which stops before the next candidate when it is told to.
    #[must_use]
    pub fn told(self, progress: &Progress) -> Self {
        Self { progress: progress.clone(), ..self }
    }

    /// Evaluates points in their order; none where the scenario's own rules refuse a point.
    ///
    /// # Errors
    /// A candidate needs something that is not in the data, or it was told to stop.
    pub fn evaluate(&self, points: &[&Point], task: &Task) -> Result<Vec<Option<Evaluated>>> {
        // Candidates that read the bars the same way come together, whatever their order.
        let mut groups: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
        for (k, point) in points.iter().enumerate() {
            let key = self.reading.iter().map(|a| point[*a].to_string()).collect();
            groups.entry(key).or_default().push(k);
        }
        let groups: Vec<Vec<usize>> = groups.into_values().collect();
        let done: Vec<Vec<(usize, Option<Evaluated>)>> =
            groups.par_iter().map(|g| self.group(points, g, task)).collect::<Result<_>>()?;
        let mut out: Vec<Option<Evaluated>> = vec![None; points.len()];
        for (k, evaluated) in done.into_iter().flatten() {
            out[k] = evaluated;
        }
        Ok(out)
    }

    fn group(
        &self,
        points: &[&Point],
        group: &[usize],
        task: &Task,
    ) -> Result<Vec<(usize, Option<Evaluated>)>> {
        self.progress.check()?;
        let own;
        let shared = match &self.shared {
            Some(shared) => shared,
            None => {
                let mut first = self.scenario.clone();
                for axis in &self.reading {
                    let (key, value) = (&self.space.keys()[*axis], &points[group[0]][*axis]);
                    if first.assign(key, value).is_err() {
                        return Ok(group.iter().map(|k| (*k, None)).collect());
                    }
                }
                own = self.history.prepare(&first)?;
                &own
            }
        };
        let start = || (self.scenario.clone(), None::<usize>);
        group
            .par_iter()
            .map_init(start, |(scenario, last), &k| {
                self.progress.check()?;
                let before = last.map(|l| points[l]);
                *last = Some(k);
                Ok((k, self.one(scenario, before, (k, points[k]), shared, task)?))
            })
            .collect()
    }

    /// One candidate; `scenario` has the values of `before` and gets those of `point`.
    fn one(
        &self,
        scenario: &mut Scenario,
        before: Option<&Point>,
        (place, point): (usize, &Point),
        shared: &Prepared,
        task: &Task,
    ) -> Result<Option<Evaluated>> {
        for (k, value) in point.iter().enumerate() {
            if before.is_some_and(|b| b[k] == *value) {
                continue;
            }
            scenario.assign(&self.space.keys()[k], value).map_err(|e| Error::internal("sweep", e))?;
        }
        if !scenario.conflicts().is_empty() {
            return Ok(None);
        }
        let costed;
        let shared = if self.costs_vary {
            costed = self.history.with_costs(shared, scenario)?;
            &costed
        } else {
            shared
        };
        let first = self.history.first(scenario).max(task.span.start);
        if first + 2 > task.span.end.min(self.history.steps()) {
            return Ok(None);
        }
        if let Some(shared) = self.shared_first.filter(|shared| first > (*shared).max(task.span.start)) {
            return Err(self.too_slow(point, first, shared));
        }
        let job = Job { scenario, prepared: shared, span: task.span.clone().into(), noise: None };
        let outcome = self.history.figures(&job, self.wants)?;
        let (blocks, days) = task.blocks;
        let tail = outcome.daily.len().saturating_sub(days);
        let blocks = if blocks > 0 {
            let m = block_moments(&outcome.daily[tail..], blocks);
            m.sums.into_iter().chain(m.squares).collect()
        } else {
            vec![]
        };
        let counted =
            task.counted.then(|| self.counted(place, scenario, point, (first, task), &outcome.daily));
        let counted = counted.transpose()?;
        let daily = if task.daily { outcome.daily } else { vec![] };
        Ok(Some(Evaluated { first, row: outcome.row, blocks, daily, counted }))
    }

    /// What the ledger keeps of the candidate at `place` of its batch.
    fn counted(
        &self,
        place: usize,
        scenario: &Scenario,
        point: &Point,
        (first, task): (usize, &Task),
        returns: &[f64],
    ) -> Result<CountedTrial> {
        let varied: String = self.beside.iter().map(|k| format!("{}\n", point[*k])).collect();
        let span = (first, task.span.end.min(self.history.steps()));
        self.counter.count(place, scenario, &varied, self.history, span, returns)
    }
}

/// The words that set a point on the command line.
pub fn assignments(space: &Space, point: &Point) -> Vec<String> {
    let text = |v: &Value| match v {
        Value::String(s) => s.clone(),
        other => other.to_string(),
    };
    space.keys().iter().zip(point).map(|(k, v)| format!("{k}={}", text(v))).collect()
}
