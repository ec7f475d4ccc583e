//! The `[sweep]` section of a scenario: which values its parameters take.

use toml::{Table, Value};

use super::source::flatten_until;
use crate::choices;
use crate::error::nearest;
use crate::metrics::list;
use crate::scenario::ParamValue;

choices! {
    /// How candidates are drawn.
    pub enum Sampler {
        /// Every combination.
        Grid = "grid",
        /// Independent draws.
        Random = "random",
        /// A scrambled Sobol sequence: evenly spread over all axes together.
        Sobol = "sobol",
        /// A Latin hypercube: evenly spread over each axis.
        Latin = "latin",
        /// Many on a short history, the best of them on a longer one, and so on.
        Halving = "halving",
        /// Draws that favour what has been good so far (tree-structured Parzen estimator).
        Tpe = "tpe",
    }

    /// Over which bars candidates are judged.
    pub enum CandidateSpan {
        /// All over the same: from where the warm-up of the slowest is over.
        Shared = "shared",
        /// Each from where its own warm-up is over: rows are of different days and cannot be compared.
        Own = "own",
    }

    /// Which figures of each candidate are kept.
    pub enum FigureSet {
        /// All of them, with regimes and edges where these are asked for.
        All = "all",
        /// Return, Sharpe ratio, drawdown, trades and costs: several times as fast for systems that only switch.
        Core = "core",
    }

    /// What makes one candidate better than another.
    pub enum Objective {
        /// Annual Sharpe ratio of daily returns.
        Sharpe = "sharpe",
        /// Annual Sortino ratio of daily returns.
        Sortino = "sortino",
        /// Total return.
        TotalReturn = "total_return",
        /// Compound annual growth over the largest drawdown.
        Calmar = "calmar",
        /// Profit factor of the trades.
        ProfitFactor = "profit_factor",
        /// The largest drawdown, the smaller the better.
        MaxDrawdown = "max_drawdown",
        /// Mean R multiple of the trades.
        ExpectancyR = "expectancy_r",
        /// System quality number of the trades.
        Sqn = "sqn",
    }
}

impl Objective {
    /// 1 where more is better, -1 where less is.
    pub fn sign(self) -> f64 {
        match list::find(self.name()).map(|m| m.good) {
            Some(list::GoodEnd::Lower) => -1.0,
            _ => 1.0,
        }
    }
}

/// `[sweep]`: the search.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    /// How candidates are drawn.
    pub sampler: Sampler,
    /// How many; all of a grid where absent.
    pub count: Option<u64>,
    /// Over which bars each is judged.
    pub span: CandidateSpan,
    /// What is best.
    pub metric: Objective,
    /// Least trades of a candidate that may be best.
    pub min_trades: usize,
    /// Candidates in the table of the best.
    pub top: usize,
    /// Which figures are kept.
    pub figures: FigureSet,
    /// Whether each regime is measured for each candidate.
    pub regimes: bool,
    /// Whether each candidate is replayed under both edges of the intrabar path.
    pub edges: bool,
    /// Resamples of the tests on the whole family.
    pub resamples: usize,
    /// Most candidates that the tests on the whole family are computed from.
    pub family: usize,
    /// Of halving: one of how many goes on.
    pub eta: usize,
    /// Of halving: how many rounds, the last on the whole history.
    pub rounds: usize,
    /// Of the Parzen estimator: candidates drawn from one state of knowledge.
    pub batch: usize,
    /// Conditions between parameters.
    pub conditions: Vec<String>,
    /// Axes that advance together.
    pub link: Vec<Vec<String>>,
    /// The axes, by the names of what they set, in the order of these names.
    pub axes: Vec<(String, AxisValues)>,
}

impl Default for Sweep {
    fn default() -> Self {
        Self {
            sampler: Sampler::Grid,
            count: None,
            span: CandidateSpan::Shared,
            metric: Objective::Sharpe,
            min_trades: 1,
            top: 10,
            figures: FigureSet::All,
            regimes: true,
            edges: true,
            resamples: 1000,
            family: 2000,
            eta: 3,
            rounds: 3,
            batch: 32,
            conditions: vec![],
            link: vec![],
            axes: vec![],
        }
    }
}

/// What one axis takes.
#[derive(Debug, Clone, PartialEq)]
pub enum AxisValues {
    /// These values.
    List(Vec<Value>),
    /// Anything between two bounds.
    Between {
        /// Lower bound, inclusive.
        low: f64,
        /// Upper bound, inclusive.
        high: f64,
        /// Whether it is even in logarithms.
        log: bool,
        /// Whether only whole numbers are meant.
        whole: bool,
        /// Points of a grid.
        points: Option<usize>,
    },
}

/// Options, as they are written.
const OPTIONS: [&str; 16] = [
    "figures",
    "span",
    "sampler",
    "count",
    "metric",
    "min_trades",
    "top",
    "regimes",
    "edges",
    "resamples",
    "family",
    "eta",
    "rounds",
    "batch",
    "where",
    "link",
];

/// Sections whose values an axis can set.
const SECTIONS: [&str; 4] = ["params", "execution", "risk", "account"];

impl Sweep {
    /// Reads the section; each fault is a key below `sweep` and what is wrong with it.
    pub fn of(table: &Table) -> Result<Self, Vec<(String, String)>> {
        let mut s = Self::default();
        let mut faults = vec![];
        for (key, value) in table {
            let read = match key.as_str() {
                "sampler" => ParamValue::read(value, None).map(|v| s.sampler = v),
                "count" => usize::read(value, Some((1.0, 1e9))).map(|v| s.count = Some(v as u64)),
                "span" => ParamValue::read(value, None).map(|v| s.span = v),
                "metric" => ParamValue::read(value, None).map(|v| s.metric = v),
                "min_trades" => ParamValue::read(value, Some((0.0, 1e9))).map(|v| s.min_trades = v),
                "top" => ParamValue::read(value, Some((1.0, 1000.0))).map(|v| s.top = v),
                "figures" => ParamValue::read(value, None).map(|v| s.figures = v),
                // An axis of the section of that name.
                "regimes" if value.is_table() => {
                    Err("cannot be varied: [regimes] says what a run is measured by and changes no trade"
                        .to_owned())
                }
                "regimes" => ParamValue::read(value, None).map(|v| s.regimes = v),
                "edges" => ParamValue::read(value, None).map(|v| s.edges = v),
                "resamples" => ParamValue::read(value, Some((99.0, 1e6))).map(|v| s.resamples = v),
                "family" => ParamValue::read(value, Some((2.0, 20_000.0))).map(|v| s.family = v),
                "eta" => ParamValue::read(value, Some((2.0, 100.0))).map(|v| s.eta = v),
                "rounds" => ParamValue::read(value, Some((1.0, 10.0))).map(|v| s.rounds = v),
                "batch" => ParamValue::read(value, Some((1.0, 10_000.0))).map(|v| s.batch = v),
                "where" => texts(value).map(|v| s.conditions = v),
                "link" => links(value).map(|v| s.link = v),
                section if SECTIONS.contains(&section) => {
                    let mut values = vec![];
                    match value.as_table() {
                        Some(inner) => flatten_until(inner, section, &is_range, &mut values),
                        None => faults.push((key.clone(), "must be a table of axes".to_owned())),
                    }
                    for (name, value) in values {
                        match AxisValues::of(&value) {
                            Ok(values) => s.axes.push((name, values)),
                            Err(rule) => faults.push((name, rule)),
                        }
                    }
                    Ok(())
                }
                unknown => {
                    let known = OPTIONS.iter().chain(&SECTIONS).copied();
                    let near = nearest(unknown, known).map(|n| format!("; did you mean {n:?}?"));
                    Err(format!(
                        "is no option of a sweep and no section with parameters{}",
                        near.unwrap_or_default()
                    ))
                }
            };
            if let Err(rule) = read {
                faults.push((key.clone(), rule));
            }
        }
        if faults.is_empty() { Ok(s) } else { Err(faults) }
    }

    /// The section written out with every option.
    pub fn resolved(&self) -> String {
        let mut out = String::from("[sweep]\n");
        let names = |v: &[String]| v.iter().map(|s| format!("{s:?}")).collect::<Vec<_>>().join(", ");
        let mut option = |name: &str, value: String| out.push_str(&format!("{name} = {value}\n"));
        option("sampler", format!("{:?}", self.sampler.name()));
        if let Some(count) = self.count {
            option("count", count.to_string());
        }
        option("span", format!("{:?}", self.span.name()));
        option("metric", format!("{:?}", self.metric.name()));
        option("figures", format!("{:?}", self.figures.name()));
        for (name, value) in [
            ("min_trades", self.min_trades),
            ("top", self.top),
            ("resamples", self.resamples),
            ("family", self.family),
            ("eta", self.eta),
            ("rounds", self.rounds),
            ("batch", self.batch),
        ] {
            option(name, value.to_string());
        }
        option("regimes", self.regimes.to_string());
        option("edges", self.edges.to_string());
        option("where", format!("[{}]", names(&self.conditions)));
        let links: Vec<String> = self.link.iter().map(|l| format!("[{}]", names(l))).collect();
        option("link", format!("[{}]", links.join(", ")));
        for (name, values) in &self.axes {
            option(name, values.written());
        }
        out
    }
}

fn texts(value: &Value) -> Result<Vec<String>, String> {
    let all = value.as_array().and_then(|a| a.iter().map(|v| v.as_str().map(str::to_owned)).collect());
    all.ok_or_else(|| format!("must be a list of texts, was {value}"))
}

fn links(value: &Value) -> Result<Vec<Vec<String>>, String> {
    let all = value.as_array().and_then(|a| a.iter().map(|v| texts(v).ok()).collect());
    all.ok_or_else(|| format!("must be a list of lists of axes, was {value}"))
}

/// Whether a table is the range of an axis, not a table of axes.
fn is_range(table: &Table) -> bool {
    table.contains_key("from") || table.contains_key("low")
}

fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|i| i as f64)).filter(|v| v.is_finite())
}

/// Most values of one axis.
const MOST_VALUES: usize = 1_000_000;

/// `v` without the last digits that adding up leaves behind: 0.1 three times is 0.3.
pub(crate) fn tidy(v: f64) -> f64 {
    format!("{v:.11e}").parse().unwrap_or(v)
}

impl AxisValues {
    fn of(value: &Value) -> Result<Self, String> {
        if let Some(list) = value.as_array() {
            if list.is_empty() {
                return Err("is an empty axis: it must hold at least one value".to_owned());
            }
            if let Some(odd) = list.iter().find(|v| v.is_array() || v.is_table() || v.is_datetime()) {
                return Err(format!("must hold numbers, texts or truth values, was {odd}"));
            }
            if let Some(k) = (1..list.len()).find(|k| list[..*k].contains(&list[*k])) {
                return Err(format!("holds {} twice", list[k]));
            }
            return Ok(Self::List(list.clone()));
        }
        let Some(table) = value.as_table() else {
            return Err(format!(
                "must be a list of values, {{ from, to, step }} or {{ low, high }}, was {value}"
            ));
        };
        let known: &[&str] = if table.contains_key("from") {
            &["from", "to", "step"]
        } else {
            &["low", "high", "log", "points"]
        };
        if let Some(key) = table.keys().find(|k| !known.contains(&k.as_str())) {
            return Err(format!("has the unknown key {key:?}: the keys here are {}", known.join(", ")));
        }
        let get = |key: &str| {
            let value = table.get(key).ok_or_else(|| format!("lacks {key}"))?;
            number(value).ok_or_else(|| format!("needs a number for {key}, was {value}"))
        };
        let whole = |keys: &[&str]| keys.iter().all(|k| table.get(*k).is_some_and(Value::is_integer));
        if table.contains_key("from") {
            let (from, to, step) = (get("from")?, get("to")?, get("step")?);
            if !(step > 0.0 && to >= from) {
                return Err(format!(
                    "is an empty axis: from {from} to {to} in steps of {step}; the step must be above 0 and to not below from"
                ));
            }
            let count = ((to - from) / step + 1e-9).floor() + 1.0;
            if count > MOST_VALUES as f64 {
                return Err(format!("has {count:.0} values; an axis has at most {MOST_VALUES}"));
            }
            let integers = whole(&["from", "to", "step"]);
            let value = |k: usize| {
                let v = tidy(from + k as f64 * step);
                if integers { Value::Integer(v as i64) } else { Value::Float(v) }
            };
            return Ok(Self::List((0..count as usize).map(value).collect()));
        }
        let (low, high) = (get("low")?, get("high")?);
        let log = table.get("log").map_or(Ok(false), |v| v.as_bool().ok_or("needs true or false for log"))?;
        if low >= high || (log && low <= 0.0) {
            let rule = if log { "0 < low < high" } else { "low < high" };
            return Err(format!("is an empty axis: it needs {rule}, was low {low} and high {high}"));
        }
        let points = match table.get("points") {
            None => None,
            Some(v) => {
                Some(usize::read(v, Some((2.0, MOST_VALUES as f64))).map_err(|e| format!("points {e}"))?)
            }
        };
        Ok(Self::Between { low, high, log, whole: whole(&["low", "high"]), points })
    }

    fn written(&self) -> String {
        match self {
            Self::List(values) => Value::Array(values.clone()).to_string(),
            Self::Between { low, high, log, whole, points } => {
                let n = |v: f64| if *whole { format!("{v:.0}") } else { Value::Float(v).to_string() };
                let points = points.map_or(String::new(), |p| format!(", points = {p}"));
                format!("{{ low = {}, high = {}, log = {log}{points} }}", n(*low), n(*high))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Sweep, Vec<(String, String)>> {
        Sweep::of(&toml::from_str::<Table>(text).unwrap())
    }

    #[test]
    fn objectives_are_those_of_the_list() {
        let mut listed: Vec<&str> = list::at(list::MeasuredAt::Objective).map(|m| m.name).collect();
        let mut own: Vec<&str> = Objective::ALL.iter().map(|o| o.name()).collect();
        listed.sort_unstable();
        own.sort_unstable();
        assert_eq!(own, listed);
        assert!(list::at(list::MeasuredAt::Objective).all(|m| m.is_at(list::MeasuredAt::Row)));
        for o in Objective::ALL {
            assert_eq!(o.sign(), if *o == Objective::MaxDrawdown { -1.0 } else { 1.0 }, "{o:?}");
        }
    }

    #[test]
    fn axes_are_lists_steps_and_ranges() {
        let s = read(
            "count = 7\nparams.entry.QUIET = [0.75, 0.8]\nparams.x = {from = 0.1, to = 0.3, step = 0.1}\n\
             params.n = {from = 2, to = 9, step = 3}\nexecution.fee_bps = {low = 1, high = 100.0, log = true}",
        )
        .unwrap();
        let names: Vec<&str> = s.axes.iter().map(|(n, _)| n.as_str()).collect();
        assert_eq!(names, ["execution.fee_bps", "params.entry.QUIET", "params.n", "params.x"]);
        assert_eq!(s.axes[3].1, AxisValues::List([0.1, 0.2, 0.3].map(Value::Float).to_vec()));
        assert_eq!(s.axes[2].1, AxisValues::List([2, 5, 8].map(Value::Integer).to_vec()));
        let AxisValues::Between { log: true, whole: false, .. } = s.axes[0].1 else { panic!() };
        let again = read(s.resolved().strip_prefix("[sweep]\n").unwrap()).unwrap();
        assert_eq!(again, s);
    }

    #[test]
    fn what_is_no_axis_is_refused_by_its_name() {
        for (text, key, words) in [
            ("params.x = []", "params.x", "empty axis"),
            ("params.x = {from = 2, to = 1, step = 1}", "params.x", "empty axis"),
            ("params.x = {from = 0, to = 1, step = 1e-9}", "params.x", "at most"),
            ("params.x = {low = 0, high = 1, log = true}", "params.x", "0 < low < high"),
            ("params.x = {low = 0, high = 1, steps = 3}", "params.x", "unknown key \"steps\""),
            ("params.x = 3", "params.x", "must be a list"),
            ("params.x = [1, 1]", "params.x", "twice"),
            ("sampler = \"gird\"", "sampler", "\"grid\""),
            ("smapler = \"grid\"", "smapler", "did you mean \"sampler\"?"),
            ("count = 0", "count", "1..="),
        ] {
            let faults = read(text).unwrap_err();
            assert_eq!(faults[0].0, key, "{text}");
            assert!(faults[0].1.contains(words), "{text}: {}", faults[0].1);
        }
    }
}
