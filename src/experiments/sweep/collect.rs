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
    /// What its axes are set to, as on a command line.
    pub set: Vec<String>,
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
pub struct Cell {
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
struct Sum {
    n: u64,
    sum: f64,
    best: f64,
}

impl Sum {
    const NONE: Self = Self { n: 0, sum: 0.0, best: f64::NEG_INFINITY };

    fn add(&mut self, v: f64) {
        self.n += 1;
        self.sum += v;
        self.best = self.best.max(v);
    }

    fn cell(&self) -> Cell {
        let some = |v| if self.n > 0 { v } else { f64::NAN };
        Cell { n: self.n, mean: some(self.sum / self.n as f64), best: some(self.best) }
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
    pub bins: Vec<Cell>,
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
    pub cells: Vec<Cell>,
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
    /// What they are worth.
    pub values: Vec<f64>,
    /// Their median.
    #[serde(with = "nan_as_null")]
    pub median: f64,
    /// The median over the best; meaningful where the best is above zero.
    #[serde(with = "nan_as_null")]
    pub ratio: f64,
    /// Share of them that is above zero.
    #[serde(with = "nan_as_null")]
    pub positive: f64,
}

/// Most bins of an axis.
const BINS: usize = 12;

/// Most axes whose pairs are kept.
const PAIRED: usize = 12;

/// Gathers what the axes do.
#[derive(Debug)]
pub(super) struct Effects {
    bins: Vec<Vec<Sum>>,
    pairs: Vec<(usize, usize, Vec<Sum>)>,
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
        let n = space.keys().len();
        let of = |k: usize| bin_count(space.values(k));
        let bins = (0..n).map(|k| vec![Sum::NONE; of(k)]).collect();
        let pairs = (0..n.min(PAIRED))
            .flat_map(|a| (0..a).map(move |b| (a, b)))
            .map(|(a, b)| (a, b, vec![Sum::NONE; of(a) * of(b)]))
            .collect();
        Self { bins, pairs, n: 0.0, mean: 0.0, squares: 0.0 }
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
        let bin = |k: usize, bins: usize| ((place[k] * bins as f64) as usize).min(bins - 1);
        for (k, bins) in self.bins.iter_mut().enumerate() {
            let at = bin(k, bins.len());
            bins[at].add(value);
        }
        for (a, b, cells) in &mut self.pairs {
            let (na, nb) = (self.bins[*a].len(), self.bins[*b].len());
            cells[bin(*a, na) * nb + bin(*b, nb)].add(value);
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
                    bins: bins.iter().map(Sum::cell).collect(),
                }
            })
            .collect();
        all.sort_by(|a, b| b.importance.total_cmp(&a.importance).then(a.axis.cmp(&b.axis)));
        all
    }

    /// The map of the two most important axes that are not one value.
    pub fn heat(&self, space: &Space) -> Option<Heat> {
        let axes = self.axes(space);
        let several: Vec<&AxisEffect> = axes.iter().filter(|a| a.bins.len() > 1).collect();
        let place = |name: &str| space.keys().iter().position(|k| k == name);
        for (j, one) in several.iter().enumerate().skip(1) {
            for other in &several[..j] {
                let (a, b) = (place(&one.axis)?, place(&other.axis)?);
                let Some((up, across, cells)) =
                    self.pairs.iter().find(|(x, y, _)| (*x, *y) == (a.max(b), a.min(b)))
                else {
                    continue;
                };
                return Some(Heat {
                    across: space.keys()[*across].clone(),
                    up: space.keys()[*up].clone(),
                    across_labels: labels(space.values(*across)),
                    up_labels: labels(space.values(*up)),
                    cells: cells.iter().map(Sum::cell).collect(),
                });
            }
        }
        None
    }
}

/// Keeps the nearest neighbours of the best.
#[derive(Debug)]
pub(super) struct Nearest {
    centre: Vec<f64>,
    best: (u64, f64),
    keep: usize,
    found: Vec<(f64, u64, f64)>,
}

impl Nearest {
    pub fn new(candidate: u64, value: f64, centre: Vec<f64>) -> Self {
        let keep = (2 * centre.len()).clamp(8, 24);
        Self { centre, best: (candidate, value), keep, found: vec![] }
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
            self.found.insert(at, (distance, candidate, if value.is_finite() { value } else { 0.0 }));
            self.found.truncate(self.keep);
        }
    }

    pub fn plateau(self) -> Plateau {
        let values: Vec<f64> = self.found.iter().map(|f| f.2).collect();
        let median = quantile_type7(&sorted(&values), 0.5);
        let above: Vec<f64> = values.iter().map(|v| f64::from(u8::from(*v > 0.0))).collect();
        Plateau {
            candidate: self.best.0,
            value: self.best.1,
            neighbours: self.found.iter().map(|f| f.1).collect(),
            distances: self.found.iter().map(|f| f.0).collect(),
            median,
            ratio: if self.best.1 > 0.0 { median / self.best.1 } else { f64::NAN },
            positive: mean(&above),
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

    #[test]
    fn the_axis_that_matters_is_found() {
        let space = space();
        let mut effects = Effects::new(&space);
        let mut nearest = Nearest::new(3, 4.0, coordinates(&space, &space.at(&[0.9, 0.5, 0.5])));
        for id in 0..400u64 {
            let u = (id as f64 + 0.5) / 400.0;
            let point = space.at(&[(id % 4) as f64 / 4.0 + 0.1, u, 0.5]);
            let place = coordinates(&space, &point);
            let value = point[0].as_integer().unwrap() as f64 + 0.01 * u;
            effects.add(&place, value);
            nearest.add(id, &place, value);
        }
        let axes = effects.axes(&space);
        assert_eq!(axes[0].axis, "params.fast");
        assert!(axes[0].importance > 0.99 && axes[1].importance < 0.01);
        assert_eq!(axes[0].bins[2].n, 100);
        assert_eq!(axes[0].labels, ["1", "2", "3", "4"]);
        let heat = effects.heat(&space).unwrap();
        assert_eq!((heat.across.as_str(), heat.up.as_str()), ("params.fast", "params.size"));
        assert_eq!(heat.cells.iter().map(|c| c.n).sum::<u64>(), 400);
        let plateau = nearest.plateau();
        assert!(plateau.values.iter().all(|v| (4.0..4.1).contains(v)), "{plateau:?}");
        assert!(plateau.ratio > 0.99);
    }
}
