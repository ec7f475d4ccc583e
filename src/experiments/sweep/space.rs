//! The space of a sweep: axes, what ties them together, and the point a place in the unit cube stands for.

use toml::Value;

use crate::error::{Error, Place, Result, nearest};
use crate::experiments::warmups::Dimension;
use crate::scenario::{AxisValues, Scenario, tidy};

/// One value an axis, in the order of the axes.
pub type Point = Vec<Value>;

/// Axes that advance together; most stand alone.
#[derive(Debug, Clone)]
struct Group {
    axes: Vec<usize>,
    /// Values of each of its axes; none where it is one range.
    len: Option<usize>,
}

/// What a sweep can try.
#[derive(Debug, Clone)]
pub struct Space {
    keys: Vec<String>,
    values: Vec<AxisValues>,
    groups: Vec<Group>,
    conditions: Vec<AxisCondition>,
}

/// A factor times an axis, or a number.
#[derive(Debug, Clone, Copy)]
struct Term {
    factor: f64,
    axis: Option<usize>,
}

/// A comparison.
type AxisHolds = fn(f64, f64) -> bool;

#[derive(Debug, Clone)]
struct AxisCondition {
    left: Term,
    right: Term,
    holds: AxisHolds,
}

/// Value of a number, NaN of anything else.
pub(super) fn as_number(value: &Value) -> f64 {
    value.as_float().or_else(|| value.as_integer().map(|i| i as f64)).unwrap_or(f64::NAN)
}

impl Space {
    /// The space of a scenario's sweep, each of whose values the scenario takes.
    ///
    /// # Errors
    /// There is no axis; an axis names nothing or holds a value out of range; a link or a condition names no axis.
    pub fn of(scenario: &Scenario) -> Result<Self> {
        let sweep = &scenario.sweep;
        let fault = |key: &str, problem: String| {
            Error::scenario(Place::key(format_args!("sweep.{key}")).within(&scenario.name), problem)
        };
        if sweep.axes.is_empty() {
            return Err(Error::scenario(Place::text(&scenario.name).about("sweep"), "has no axis to sweep over").hint(
                "add axes to [sweep], such as params.trail_atr = [\"none\", 0.5, 1.0]; scenarios/unified-sweep.toml is an example",
            ));
        }
        let keys: Vec<String> = sweep.axes.iter().map(|(k, _)| k.clone()).collect();
        let mut probe = scenario.clone();
        for (key, values) in &sweep.axes {
            let tried: Vec<Value> = match values {
                AxisValues::List(all) => all.clone(),
                AxisValues::Between { low, high, whole, .. } => [*low, *high]
                    .map(|v| if *whole { Value::Integer(v as i64) } else { Value::Float(v) })
                    .to_vec(),
            };
            for value in &tried {
                probe.assign(key, value).map_err(|e| fault(key, e))?;
            }
        }
        let place = |name: &str| keys.iter().position(|k| k == name);
        let unknown = |key: &str, name: &str| {
            let near = nearest(name, keys.iter().map(String::as_str));
            let hint = near.map_or_else(
                || format!("the axes are {}", keys.join(", ")),
                |n| format!("did you mean {n}?"),
            );
            fault(key, format!("{name:?} is no axis")).hint(hint)
        };
        let mut groups: Vec<Group> = vec![];
        let mut linked = vec![false; keys.len()];
        for link in &sweep.link {
            let mut axes = vec![];
            for name in link {
                let axis = place(name).ok_or_else(|| unknown("link", name))?;
                if std::mem::replace(&mut linked[axis], true) {
                    return Err(fault("link", format!("{name} is linked twice")));
                }
                axes.push(axis);
            }
            let lens: Vec<Option<usize>> = axes.iter().map(|a| list_len(&sweep.axes[*a].1)).collect();
            match lens.first() {
                Some(Some(len)) if lens.iter().all(|l| *l == Some(*len)) => {
                    groups.push(Group { axes, len: Some(*len) })
                }
                _ => {
                    return Err(fault(
                        "link",
                        format!("{} must be lists of the same length", link.join(" and ")),
                    )
                    .hint("linked axes advance together, value by value"));
                }
            }
        }
        for (axis, (_, values)) in sweep.axes.iter().enumerate() {
            if !linked[axis] {
                groups.push(Group { axes: vec![axis], len: list_len(values) });
            }
        }
        groups.sort_by_key(|g| g.axes.first().copied());
        let conditions =
            sweep.conditions.iter().map(|text| AxisCondition::of(text, &place).map_err(|name| match name {
                Some(name) => unknown("where", &name),
                None => fault("where", format!("{text:?} is no condition")).hint(
                    "write two terms around <, <=, >, >=, == or !=; a term is an axis, a number, or a number times an axis",
                ),
            })).collect::<Result<_>>()?;
        Ok(Self { values: sweep.axes.iter().map(|(_, v)| v.clone()).collect(), keys, groups, conditions })
    }

    /// What the axes set.
    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    /// Values of axis `k`.
    pub fn values(&self, k: usize) -> &AxisValues {
        &self.values[k]
    }

    /// Axes that move freely: a linked group is one.
    pub fn dimensions(&self) -> usize {
        self.groups.len()
    }

    /// Whether there are conditions between axes.
    pub fn conditional(&self) -> bool {
        !self.conditions.is_empty()
    }

    /// Points of the grid; none where a range has no number of points.
    pub fn grid_len(&self) -> Option<f64> {
        self.groups.iter().map(|g| self.grid_points(g).map(|n| n as f64)).product()
    }

    fn grid_points(&self, group: &Group) -> Option<usize> {
        match (group.len, &self.values[group.axes[0]]) {
            (Some(len), _) => Some(len),
            (None, AxisValues::Between { points, .. }) => *points,
            _ => None,
        }
    }

    /// The axis whose range has no number of points, for a message.
    pub fn endless(&self) -> Option<&str> {
        self.groups.iter().find(|g| self.grid_points(g).is_none()).map(|g| self.keys[g.axes[0]].as_str())
    }

    /// Point `index` of the grid, the last axis fastest.
    pub fn grid(&self, index: u64) -> Point {
        let mut place = vec![0.0; self.groups.len()];
        let mut rest = index;
        for (u, group) in place.iter_mut().zip(&self.groups).rev() {
            let n = self.grid_points(group).unwrap_or(1) as u64;
            let k = rest % n;
            rest /= n;
            *u = match group.len {
                // The middle of the value's share of the unit interval.
                Some(_) => (k as f64 + 0.5) / n as f64,
                None => k as f64 / (n - 1).max(1) as f64,
            };
        }
        self.at(&place)
    }

    /// The point that a place in the unit cube stands for, one coordinate a dimension.
    pub fn at(&self, place: &[f64]) -> Point {
        let mut point = vec![Value::Boolean(false); self.keys.len()];
        for (u, group) in place.iter().zip(&self.groups) {
            for &axis in &group.axes {
                point[axis] = value_at(&self.values[axis], *u);
            }
        }
        point
    }

    /// Choices along dimension `d`; none of a range.
    pub fn choices(&self, d: usize) -> Option<usize> {
        self.groups[d].len
    }

    /// A place in the unit cube that stands for a point: of a choice the middle of its share.
    pub fn place_of(&self, point: &Point) -> Vec<f64> {
        self.groups
            .iter()
            .map(|g| {
                let (values, value) = (&self.values[g.axes[0]], &point[g.axes[0]]);
                match values {
                    AxisValues::List(all) => {
                        let k = all.iter().position(|v| v == value).unwrap_or(0);
                        (k as f64 + 0.5) / all.len() as f64
                    }
                    AxisValues::Between { low, high, log, whole, .. } => {
                        let v = as_number(value);
                        let u = match (log, whole) {
                            (true, _) => {
                                (libm::log(v) - libm::log(*low)) / (libm::log(*high) - libm::log(*low))
                            }
                            (false, true) => (v - low + 0.5) / (high - low + 1.0),
                            (false, false) => (v - low) / (high - low),
                        };
                        u.clamp(0.0, 1.0)
                    }
                }
            })
            .collect()
    }

    /// Whether every condition holds at a point; one about a value that is no number holds.
    pub fn admits(&self, point: &Point) -> bool {
        self.admits_by(&|axis| as_number(&point[axis]))
    }

    /// Whether every condition about axes with these values holds.
    pub(crate) fn admits_of<'v>(&self, values: impl Iterator<Item = &'v (usize, Value)>) -> bool {
        let mut known = vec![f64::NAN; self.keys.len()];
        values.for_each(|(axis, value)| known[*axis] = as_number(value));
        self.admits_by(&|axis| known[axis])
    }

    fn admits_by(&self, value: &dyn Fn(usize) -> f64) -> bool {
        self.conditions.iter().all(|c| {
            let (a, b) = (c.left.at(value), c.right.at(value));
            a.is_nan() || b.is_nan() || (c.holds)(a, b)
        })
    }

    /// What can be tried along each dimension: all of it where that can be listed, else the ends of a range.
    pub(crate) fn in_dimensions(&self) -> Vec<Dimension> {
        let of = |g: &Group| match (g.len, &self.values[g.axes[0]]) {
            (Some(len), _) => {
                let at = |k: usize| g.axes.iter().map(|a| (*a, listed(&self.values[*a], k))).collect();
                Dimension { choices: (0..len).map(at).collect(), all: true }
            }
            (None, AxisValues::Between { low, high, whole, .. }) => {
                let number = |v: f64| if *whole { Value::Integer(v as i64) } else { Value::Float(v) };
                let all = *whole && high - low < MOST_LISTED;
                let values: Vec<f64> = match all {
                    true => (0..=(high - low) as usize).map(|k| low + k as f64).collect(),
                    false => vec![*low, *high],
                };
                let choices = values.into_iter().map(|v| vec![(g.axes[0], number(v))]).collect();
                Dimension { choices, all }
            }
            (None, AxisValues::List(_)) => Dimension { choices: vec![], all: true },
        };
        self.groups.iter().map(of).collect()
    }

    /// The dimensions `these`, and those that a condition ties to one of them.
    pub(crate) fn tied(&self, these: &[usize]) -> Vec<usize> {
        let dimension = |axis: usize| self.groups.iter().position(|g| g.axes.contains(&axis));
        let mut out = these.to_vec();
        loop {
            let before = out.len();
            for c in &self.conditions {
                let ends: Vec<usize> =
                    [c.left.axis, c.right.axis].into_iter().flatten().filter_map(dimension).collect();
                if ends.iter().any(|d| out.contains(d)) {
                    ends.into_iter().for_each(|d| {
                        if !out.contains(&d) {
                            out.push(d)
                        }
                    });
                }
            }
            if out.len() == before {
                out.sort_unstable();
                return out;
            }
        }
    }
}

/// Whole numbers of a range that are listed, at most.
const MOST_LISTED: f64 = 4096.0;

/// Value `k` of a list.
fn listed(values: &AxisValues, k: usize) -> Value {
    match values {
        AxisValues::List(all) => all[k].clone(),
        AxisValues::Between { low, .. } => Value::Float(*low),
    }
}

fn list_len(values: &AxisValues) -> Option<usize> {
    match values {
        AxisValues::List(all) => Some(all.len()),
        AxisValues::Between { .. } => None,
    }
}

fn value_at(values: &AxisValues, u: f64) -> Value {
    match values {
        AxisValues::List(all) => all[((u * all.len() as f64) as usize).min(all.len() - 1)].clone(),
        AxisValues::Between { low, high, whole: true, log: false, .. } => {
            Value::Integer((low + (u * (high - low + 1.0)).floor().min(high - low)) as i64)
        }
        AxisValues::Between { low, high, log, whole, .. } => {
            let v = if *log {
                let (a, b) = (libm::log(*low), libm::log(*high));
                libm::exp(a + u * (b - a))
            } else {
                low + u * (high - low)
            };
            let v = tidy(v.clamp(*low, *high));
            if *whole { Value::Integer(v.round() as i64) } else { Value::Float(v) }
        }
    }
}

impl Term {
    fn of(text: &str, place: &dyn Fn(&str) -> Option<usize>) -> std::result::Result<Self, Option<String>> {
        let text = text.trim();
        if text.is_empty() {
            return Err(None);
        }
        if let Ok(number) = text.parse::<f64>() {
            return Ok(Self { factor: number, axis: None });
        }
        let (factor, name) = match text.split_once('*') {
            None => (1.0, text),
            Some((a, b)) => match (a.trim().parse::<f64>(), b.trim().parse::<f64>()) {
                (Ok(f), Err(_)) => (f, b.trim()),
                (Err(_), Ok(f)) => (f, a.trim()),
                _ => return Err(None),
            },
        };
        let axis = place(name).ok_or_else(|| Some(name.to_owned()))?;
        Ok(Self { factor, axis: Some(axis) })
    }

    fn at(&self, value: &dyn Fn(usize) -> f64) -> f64 {
        self.axis.map_or(self.factor, |a| self.factor * value(a))
    }
}

impl AxisCondition {
    fn of(text: &str, place: &dyn Fn(&str) -> Option<usize>) -> std::result::Result<Self, Option<String>> {
        let signs: [(&str, AxisHolds); 6] = [
            ("<=", |a, b| a <= b),
            (">=", |a, b| a >= b),
            ("==", |a, b| a == b),
            ("!=", |a, b| a != b),
            ("<", |a, b| a < b),
            (">", |a, b| a > b),
        ];
        let found = signs.iter().find_map(|(sign, holds)| text.split_once(sign).map(|sides| (sides, *holds)));
        let ((left, right), holds) = found.ok_or(None)?;
        Ok(Self { left: Term::of(left, place)?, right: Term::of(right, place)?, holds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(sweep: &str) -> Result<Space> {
        let text =
            format!("name = \"t\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"a.csv\"]\n[sweep]\n{sweep}\n");
        Space::of(&Scenario::parse(&text, "t.toml", ".".into(), &[])?)
    }

    #[test]
    fn a_grid_counts_through_its_axes() {
        let s = space("params.fast = [5, 10]\nparams.slow = [20, 40, 80]").unwrap();
        assert_eq!((s.grid_len(), s.dimensions()), (Some(6.0), 2));
        let all: Vec<(i64, i64)> = (0..6)
            .map(|i| s.grid(i))
            .map(|p| (p[0].as_integer().unwrap(), p[1].as_integer().unwrap()))
            .collect();
        assert_eq!(all, [(5, 20), (5, 40), (5, 80), (10, 20), (10, 40), (10, 80)]);
    }

    #[test]
    fn linked_axes_move_together_and_conditions_bind() {
        let s = space(
            "params.fast = [5, 10]\nparams.slow = [20, 15]\nparams.size = [0.5, 1.0]\n\
             link = [[\"params.fast\", \"params.slow\"]]\nwhere = [\"2 * params.fast < params.slow\"]",
        )
        .unwrap();
        assert_eq!(s.grid_len(), Some(4.0));
        let fine: Vec<bool> = (0..4).map(|i| s.admits(&s.grid(i))).collect();
        assert_eq!(fine, [true, true, false, false]);
    }

    #[test]
    fn ranges_reach_their_ends() {
        let s = space("params.fast = {low = 3, high = 5}\nparams.size = {low = 0.01, high = 1.0, log = true, points = 3}")
            .unwrap();
        let fast = |u| s.at(&[u, 0.0])[0].as_integer().unwrap();
        assert_eq!([fast(0.0), fast(0.34), fast(0.999), fast(1.0)], [3, 4, 5, 5]);
        assert_eq!(s.at(&[0.0, 0.5])[1].as_float(), Some(0.1));
        assert!(s.grid_len().is_none());
        assert_eq!(s.endless(), Some("params.fast"));
    }

    #[test]
    fn what_names_no_axis_is_refused() {
        for (text, words) in [
            ("", "has no axis"),
            ("params.fats = [1]", "names no parameter"),
            ("params.fats = [1]", "did you mean \"fast\"?"),
            ("params.fast = [0]", "must be a whole number in 1..=100000, was 0"),
            ("execution.fee_bsp = [1]", "unknown field"),
            ("account.leverage = [\"x\"]", "cannot be \"x\""),
            ("params.fast = [1]\nwhere = [\"params.slow > 3\"]", "\"params.slow\" is no axis"),
            ("params.fast = [1]\nwhere = [\"params.fast ~ 3\"]", "is no condition"),
            (
                "params.fast = [1, 2]\nparams.slow = [9]\nlink = [[\"params.fast\", \"params.slow\"]]",
                "same length",
            ),
        ] {
            let e = space(text).unwrap_err();
            assert!(e.to_string().contains(words), "{text}: {e}");
            assert_eq!(e.exit_code(), 2);
        }
    }
}
