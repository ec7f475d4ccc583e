//! What is gathered while the rows go by: the best, what each axis does, and how the best lies among its neighbours.

use serde::{Deserialize, Serialize};

use super::space::{Point, Space, as_number};
use crate::metrics::nan_as_null;
use crate::scenario::AxisValues;
use crate::stats::{mean, quantile_type7, sorted};

/// One of the best candidates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TopRow {
    /// Its number.
    pub candidate: u64,
    /// What its axes are set to, as on a command line, and the start that all candidates share where the scenario does
    /// not say it.
    pub set: Vec<String>,
    /// Open of the first bar that it is judged at, milliseconds UTC, of candidates that have their own spans.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged_from_ms: Option<i64>,
    /// What the sweep looks for.
    #[serde(with = "nan_as_null")]
    pub value: f64,
    /// Total return.
    #[serde(with = "nan_as_null")]
    pub total_return: f64,
    /// Annual Sharpe ratio of daily returns.
    #[serde(with = "nan_as_null")]
    pub sharpe: f64,
    /// Largest drawdown.
    #[serde(with = "nan_as_null")]
    pub max_drawdown: f64,
    /// Trades.
    pub trades: u64,
    /// Win rate.
    #[serde(with = "nan_as_null")]
    pub win_rate: f64,
    /// Profit factor.
    #[serde(with = "nan_as_null")]
    pub profit_factor: f64,
}

/// What lies in one bin of an axis, or in one cell of two.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BinSummary {
    /// Candidates with a value.
    pub n: u64,
    /// Their mean.
    #[serde(with = "nan_as_null")]
    pub mean: f64,
    /// The best of them.
    #[serde(with = "nan_as_null")]
    pub best: f64,
}

#[derive(Debug, Clone, Copy)]
struct RunningSum {
    n: u64,
    sum: f64,
    best: f64,
}

impl RunningSum {
    const NONE: Self = Self { n: 0, sum: 0.0, best: f64::NEG_INFINITY };

    fn add(&mut self, v: f64) {
        self.n += 1;
        self.sum += v;
        self.best = self.best.max(v);
    }

    fn cell(&self) -> BinSummary {
        let some = |v| if self.n > 0 { v } else { f64::NAN };
        BinSummary { n: self.n, mean: some(self.sum / self.n as f64), best: some(self.best) }
    }
}

/// What one axis does to what the sweep looks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AxisEffect {
    /// The axis.
    pub axis: String,
    /// Share of the variance over all candidates that its bins alone account for (the correlation ratio).
    #[serde(with = "nan_as_null")]
    pub importance: f64,
    /// Its values, or the middles of its bins.
    pub labels: Vec<String>,
    /// What lies in them.
    pub bins: Vec<BinSummary>,
}

/// Two axes together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Heat {
    /// The axis across.
    pub across: String,
    /// The axis up.
    pub up: String,
    /// Values across.
    pub across_labels: Vec<String>,
    /// Values up.
    pub up_labels: Vec<String>,
    /// Cells, one row of values across after the other.
    pub cells: Vec<BinSummary>,
}

/// How the best lies among its neighbours: on a plateau or on a peak.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plateau {
    /// The best.
    pub candidate: u64,
    /// What it is worth.
    pub value: f64,
    /// The nearest other candidates, each axis from 0 to 1, nearest first.
    pub neighbours: Vec<u64>,
    /// How far away they are.
    pub distances: Vec<f64>,
    /// What they are worth; none of one without a value.
    pub values: Vec<Option<f64>>,
    /// Median of those that have a value.
    #[serde(with = "nan_as_null")]
    pub median: f64,
    /// The median over the best; meaningful where the best is above zero.
    #[serde(with = "nan_as_null")]
    pub ratio: f64,
    /// Share of all of them that is above zero.
    #[serde(with = "nan_as_null")]
    pub positive: f64,
    /// How much a neighbour differs from the best along an axis, as a share of the axis: root mean square over the axes that vary, at
    /// the median distance.
    #[serde(with = "nan_as_null")]
    pub apart: f64,
}

/// Most bins of an axis.
const BINS: usize = 12;

/// Gathers what the axes do.
#[derive(Debug)]
pub(super) struct Effects {
    bins: Vec<Vec<RunningSum>>,
    n: f64,
    mean: f64,
    squares: f64,
}

fn bin_count(values: &AxisValues) -> usize {
    match values {
        AxisValues::List(all) => all.len().min(64),
        AxisValues::Between { low, high, whole: true, .. } => (high - low + 1.0).min(BINS as f64) as usize,
        AxisValues::Between { .. } => BINS,
    }
}

/// The bin of a coordinate from 0 to 1.
fn bin(u: f64, bins: usize) -> usize {
    ((u * bins as f64) as usize).min(bins - 1)
}

fn coordinate(values: &AxisValues, value: &toml::Value) -> f64 {
    match values {
        AxisValues::List(all) => {
            let k = all.iter().position(|v| v == value).unwrap_or(0);
            (k as f64 + 0.5) / all.len() as f64
        }
        AxisValues::Between { low, high, log, .. } => {
            let v = as_number(value);
            let u = if *log { libm::log(v / low) / libm::log(high / low) } else { (v - low) / (high - low) };
            u.clamp(0.0, 1.0)
        }
    }
}

/// Coordinates of a point on all axes, 0 to 1.
pub(super) fn coordinates(space: &Space, point: &Point) -> Vec<f64> {
    point.iter().enumerate().map(|(k, v)| coordinate(space.values(k), v)).collect()
}

fn labels(values: &AxisValues) -> Vec<String> {
    let n = bin_count(values);
    match values {
        AxisValues::List(all) if all.len() <= n => {
            all.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect()
        }
        AxisValues::List(all) => (0..n).map(|k| all[k * all.len() / n].to_string()).collect(),
        AxisValues::Between { low, high, log, whole, .. } => (0..n)
            .map(|k| {
                let u = (k as f64 + 0.5) / n as f64;
                let v = if *log { low * libm::pow(high / low, u) } else { low + u * (high - low) };
                if *whole { format!("{v:.0}") } else { short(v) }
            })
            .collect(),
    }
}

/// A number in three figures.
fn short(v: f64) -> String {
    let digits = if v == 0.0 { 0 } else { (2 - libm::floor(libm::log10(v.abs())) as i32).clamp(0, 8) };
    let text = format!("{v:.*}", digits as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

impl Effects {
    pub fn new(space: &Space) -> Self {
        let bins =
            (0..space.keys().len()).map(|k| vec![RunningSum::NONE; bin_count(space.values(k))]).collect();
        Self { bins, n: 0.0, mean: 0.0, squares: 0.0 }
    }

    /// Takes note of a candidate with a value.
    pub fn add(&mut self, place: &[f64], value: f64) {
        if !value.is_finite() {
            return;
        }
        self.n += 1.0;
        let d = value - self.mean;
        self.mean += d / self.n;
        self.squares += d * (value - self.mean);
        for (bins, u) in self.bins.iter_mut().zip(place) {
            let at = bin(*u, bins.len());
            bins[at].add(value);
        }
    }

    /// What each axis does, the most important first.
    pub fn axes(&self, space: &Space) -> Vec<AxisEffect> {
        let mut all: Vec<AxisEffect> = self
            .bins
            .iter()
            .enumerate()
            .map(|(k, bins)| {
                let between: f64 = bins
                    .iter()
                    .filter(|b| b.n > 0)
                    .map(|b| {
                        let d = b.sum / b.n as f64 - self.mean;
                        b.n as f64 * d * d
                    })
                    .sum();
                AxisEffect {
                    axis: space.keys()[k].clone(),
                    importance: if self.squares > 0.0 { between / self.squares } else { f64::NAN },
                    labels: labels(space.values(k)),
                    bins: bins.iter().map(RunningSum::cell).collect(),
                }
            })
            .collect();
        all.sort_by(|a, b| b.importance.total_cmp(&a.importance).then(a.axis.cmp(&b.axis)));
        all
    }
}

/// Gathers what two axes do together.
#[derive(Debug)]
pub(super) struct Together {
    across: usize,
    up: usize,
    bins: [usize; 2],
    cells: Vec<RunningSum>,
}

impl Together {
    /// Of the two most important of `axes` that take more than one value; none where there is one such axis.
    pub fn of(space: &Space, axes: &[AxisEffect]) -> Option<Self> {
        let place = |a: &AxisEffect| space.keys().iter().position(|k| *k == a.axis);
        let mut several = axes.iter().filter(|a| a.bins.len() > 1).filter_map(place);
        let (one, other) = (several.next()?, several.next()?);
        let (across, up) = (one.min(other), one.max(other));
        let bins = [across, up].map(|k| bin_count(space.values(k)));
        Some(Self { across, up, bins, cells: vec![RunningSum::NONE; bins[0] * bins[1]] })
    }

    /// Takes note of a candidate with a value.
    pub fn add(&mut self, place: &[f64], value: f64) {
        if value.is_finite() {
            let [across, up] = [(self.across, self.bins[0]), (self.up, self.bins[1])]
                .map(|(axis, bins)| bin(place[axis], bins));
            self.cells[up * self.bins[0] + across].add(value);
        }
    }

    /// The map.
    pub fn heat(&self, space: &Space) -> Heat {
        Heat {
            across: space.keys()[self.across].clone(),
            up: space.keys()[self.up].clone(),
            across_labels: labels(space.values(self.across)),
            up_labels: labels(space.values(self.up)),
            cells: self.cells.iter().map(RunningSum::cell).collect(),
        }
    }
}

/// Keeps the nearest neighbours of the best.
#[derive(Debug)]
pub(super) struct Nearest {
    centre: Vec<f64>,
    best: (u64, f64),
    /// Axes that take more than one value.
    vary: usize,
    keep: usize,
    found: Vec<(f64, u64, f64)>,
}

impl Nearest {
    pub fn new(space: &Space, candidate: u64, value: f64, point: &Point) -> Self {
        let vary = (0..point.len()).filter(|k| bin_count(space.values(*k)) > 1).count();
        let (centre, keep) = (coordinates(space, point), (2 * point.len()).clamp(8, 24));
        Self { centre, best: (candidate, value), vary, keep, found: vec![] }
    }

    pub fn add(&mut self, candidate: u64, place: &[f64], value: f64) {
        if candidate == self.best.0 {
            return;
        }
        let distance = place.iter().zip(&self.centre).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
        // The same setting once more says nothing about neighbours.
        if distance == 0.0 {
            return;
        }
        let at = self.found.partition_point(|(d, id, _)| (*d, *id) < (distance, candidate));
        if at < self.keep {
            self.found.insert(at, (distance, candidate, value));
            self.found.truncate(self.keep);
        }
    }

    pub fn plateau(self) -> Plateau {
        let values: Vec<Option<f64>> =
            self.found.iter().map(|f| Some(f.2).filter(|v| v.is_finite())).collect();
        let known: Vec<f64> = values.iter().copied().flatten().collect();
        let median = quantile_type7(&sorted(&known), 0.5);
        let above: Vec<f64> =
            values.iter().map(|v| f64::from(u8::from(v.is_some_and(|v| v > 0.0)))).collect();
        let distances: Vec<f64> = self.found.iter().map(|f| f.0).collect();
        Plateau {
            candidate: self.best.0,
            value: self.best.1,
            neighbours: self.found.iter().map(|f| f.1).collect(),
            median,
            ratio: if self.best.1 > 0.0 { median / self.best.1 } else { f64::NAN },
            positive: mean(&above),
            apart: quantile_type7(&distances, 0.5) / (self.vary as f64).sqrt(),
            distances,
            values,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    fn space() -> Space {
        let text = "name = \"t\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"a.csv\"]\n[sweep]\n\
                    params.size = {low = 0.01, high = 1.0}\nparams.fast = [1, 2, 3, 4]\nparams.slow = [50]";
        Space::of(&Scenario::parse(text, "t", ".".into(), &[]).unwrap()).unwrap()
    }

    /// Effects, and what the two most important axes do together, of candidates with these places and values.
    fn gathered(space: &Space, all: &[(Vec<f64>, f64)]) -> (Vec<AxisEffect>, Heat) {
        let mut effects = Effects::new(space);
        all.iter().for_each(|(place, value)| effects.add(place, *value));
        let axes = effects.axes(space);
        let mut together = Together::of(space, &axes).unwrap();
        all.iter().for_each(|(place, value)| together.add(place, *value));
        (axes, together.heat(space))
    }

    #[test]
    fn the_axis_that_matters_is_found() {
        let space = space();
        let all: Vec<(Vec<f64>, f64)> = (0..400)
            .map(|id| {
                let u = (f64::from(id) + 0.5) / 400.0;
                let point = space.at(&[f64::from(id % 4) / 4.0 + 0.1, u, 0.5]);
                (coordinates(&space, &point), point[0].as_integer().unwrap() as f64 + 0.01 * u)
            })
            .collect();
        let (axes, heat) = gathered(&space, &all);
        assert_eq!(axes[0].axis, "params.fast");
        assert!(axes[0].importance > 0.99 && axes[1].importance < 0.01);
        assert_eq!(axes[0].bins[2].n, 100);
        assert_eq!(axes[0].labels, ["1", "2", "3", "4"]);
        assert_eq!((heat.across.as_str(), heat.up.as_str()), ("params.fast", "params.size"));
        assert_eq!(heat.cells.iter().map(|c| c.n).sum::<u64>(), 400);
        let mut nearest = Nearest::new(&space, 3, 4.0, &space.at(&[0.9, 0.5, 0.5]));
        all.iter().enumerate().for_each(|(id, (place, value))| nearest.add(id as u64, place, *value));
        let plateau = nearest.plateau();
        assert!(plateau.values.iter().all(|v| v.is_some_and(|v| (4.0..4.1).contains(&v))), "{plateau:?}");
        assert!(plateau.ratio > 0.99);
        // Every fourth candidate has the same fast average: five hundredths away and less, of two axes that vary.
        assert!((0.01..0.05).contains(&plateau.apart), "{}", plateau.apart);
    }

    #[test]
    fn the_map_is_of_the_axes_that_matter_most_wherever_they_stand() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let scenario = Scenario::read(&root.join("scenarios/unified-sweep.toml"), &[]).unwrap();
        let space = Space::of(&scenario).unwrap();
        let n = space.keys().len();
        assert!(n > 20, "{n} axes");
        let mut draw = crate::random::Stream::new(1, "places", 0);
        let all: Vec<(Vec<f64>, f64)> = (0..2000)
            .map(|_| {
                let point = space.at(&(0..space.dimensions()).map(|_| draw.uniform()).collect::<Vec<_>>());
                let place = coordinates(&space, &point);
                let value = place[n - 1] + 2.0 * place[n - 3];
                (place, value)
            })
            .collect();
        let (axes, heat) = gathered(&space, &all);
        let found = [&axes[0].axis, &axes[1].axis];
        assert_eq!(found, [&space.keys()[n - 3], &space.keys()[n - 1]]);
        assert_eq!([&heat.across, &heat.up], found);
        // The value grows along both, row by row and across.
        let (wide, last) = (heat.across_labels.len(), heat.cells.len() - 1);
        assert!(
            heat.cells[0].mean < heat.cells[wide - 1].mean
                && heat.cells[wide - 1].mean < heat.cells[last].mean
        );
    }

    #[test]
    fn a_neighbour_without_a_value_is_no_neighbour_above_zero() {
        let space = space();
        let mut nearest = Nearest::new(&space, 0, 2.0, &space.at(&[0.5, 0.5, 0.5]));
        for (id, value) in [2.0, f64::NAN, 1.0, -1.0].into_iter().enumerate() {
            let place = coordinates(&space, &space.at(&[0.5, 0.6 + 0.01 * id as f64, 0.5]));
            nearest.add(id as u64 + 1, &place, value);
        }
        let p = nearest.plateau();
        assert_eq!(p.values, [Some(2.0), None, Some(1.0), Some(-1.0)]);
        assert_eq!((p.median, p.ratio, p.positive), (1.0, 0.5, 0.5));
    }
}
