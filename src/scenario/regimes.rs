//! The `[regimes]` section: the labels that a run is measured by.

use toml::{Table, Value};

use super::source::flatten;
use crate::data::LabelColumns;
use crate::error::nearest;
use crate::market::Bars;
use crate::regime::{Labeller, RegimeScheme, Rgb};
use crate::system::{ParamSet, Registry, SystemRef};

/// `[regimes]`: the labels that a run is measured by, whatever its system decides by.
#[derive(Debug, Clone, PartialEq)]
pub struct Regimes {
    /// Where they come from.
    pub by: LabelsBy,
    /// Whether the scenario chose that.
    pub chosen: bool,
    /// Colours instead of the scheme's own, one a regime; none of them where there is none here.
    pub colours: Vec<Rgb>,
}

/// Where labels come from.
#[derive(Debug, Clone, PartialEq)]
pub enum LabelsBy {
    /// The system's own.
    System,
    /// Another system, with its parameters.
    Lent(SystemRef, ParamSet),
    /// A labeller that needs nothing but bars.
    Rules(Labeller),
    /// A file.
    File(LabelSource),
    /// Nobody: bars have no regime.
    Nobody,
}

/// A file of labels.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelSource {
    /// Its path, relative to the project's root.
    pub file: String,
    /// Which columns hold what.
    pub columns: LabelColumns,
}

/// What is wrong with a key: the key, the problem and the remedy.
pub(super) type RegimeFault = (String, String, Option<String>);

/// The key that chooses, and the one that every choice has.
const BY: &str = "by";
const COLOURS: &str = "colours";

impl Regimes {
    /// Leaves out what a file of labels is called, and which of its columns hold what.
    pub(super) fn forget_file(&mut self) {
        if let LabelsBy::File(source) = &mut self.by {
            source.file.clear();
            source.columns.column.clear();
            source.columns.available.clear();
        }
    }

    /// The section of a scenario of `system`, and what is wrong with it.
    pub(super) fn of(table: &Table, system: SystemRef, registry: &Registry) -> (Self, Vec<RegimeFault>) {
        let mut faults = vec![];
        let usual = || match (system.about().regimes, registry.labeller()) {
            (Some(_), _) => LabelsBy::System,
            (None, Some(labeller)) => LabelsBy::Lent(labeller, labeller.defaults()),
            (None, None) => LabelsBy::Nobody,
        };
        let by = match table.get(BY) {
            None => "system",
            Some(Value::String(name)) => name.as_str(),
            Some(other) => {
                faults.push((
                    BY.to_owned(),
                    format!("regimes.by must be text, was {other}"),
                    Some(choices(registry)),
                ));
                "system"
            }
        };
        let chosen = by != "system";
        let mut colours = vec![];
        let mut rest = vec![];
        flatten(table, "", &mut rest);
        rest.retain(|(key, value)| match key.as_str() {
            BY => false,
            COLOURS if chosen => {
                match read_colours(value) {
                    Ok(read) => colours = read,
                    Err(rule) => faults.push((COLOURS.to_owned(), rule, None)),
                }
                false
            }
            _ => true,
        });
        let labels = match by {
            "system" => {
                for (key, _) in &rest {
                    let problem = format!("regimes.{key} means nothing for regimes.by = \"system\"");
                    faults.push((key.clone(), problem, Some(choices(registry))));
                }
                usual()
            }
            "file" => LabelsBy::File(file(&rest, &mut faults)),
            name => match (Labeller::named(name), registry.get(name)) {
                (Some(labeller), _) => LabelsBy::Rules(ruled(labeller, &rest, &mut faults)),
                (None, Some(lender)) if lender.about().regimes.is_some() => {
                    LabelsBy::Lent(lender, lent(lender, &rest, &mut faults))
                }
                (None, found) => {
                    let problem = match found {
                        Some(_) => format!("system {name:?} labels no regimes"),
                        None => format!("nothing that labels regimes is named {name:?}"),
                    };
                    let near = nearest(name, names(registry));
                    let hint = near.map_or_else(String::new, |n| format!("did you mean {n:?}? "))
                        + &choices(registry);
                    faults.push((BY.to_owned(), problem, Some(hint)));
                    usual()
                }
            },
        };
        let regimes = Self { by: labels, chosen, colours };
        // What a file holds is known when it is read.
        if let (true, Some(scheme), false) = (faults.is_empty(), regimes.known(), regimes.colours.is_empty())
            && let Err(problem) = scheme.coloured(&regimes.colours)
        {
            faults.push((COLOURS.to_owned(), format!("regimes.colours do not fit: {problem}"), None));
        }
        (regimes, faults)
    }

    /// The scheme, where no file need be read for it, in its own colours.
    fn known(&self) -> Option<RegimeScheme> {
        match &self.by {
            LabelsBy::Lent(system, _) => system.about().regimes.cloned(),
            LabelsBy::Rules(labeller) => labeller.scheme().ok(),
            LabelsBy::System | LabelsBy::File(_) | LabelsBy::Nobody => None,
        }
    }

    /// The section with every value written out; empty where the scenario chose nothing.
    pub(super) fn resolved(&self) -> String {
        if !self.chosen {
            return String::new();
        }
        let (by, values): (&str, Vec<(String, Value)>) = match &self.by {
            LabelsBy::System | LabelsBy::Nobody => return String::new(),
            LabelsBy::Lent(system, params) => {
                let values = params.values().into_iter();
                (system.name(), values.map(|(name, v)| (format!("params.{name}"), v)).collect())
            }
            LabelsBy::Rules(labeller) => {
                let values = labeller.values().into_iter();
                (labeller.name(), values.map(|(name, v)| (name.to_owned(), v)).collect())
            }
            LabelsBy::File(LabelSource { file, columns }) => {
                let text = |t: &str| Value::String(t.to_owned());
                let mut values = vec![
                    ("file".to_owned(), text(file)),
                    ("column".to_owned(), text(&columns.column)),
                    ("available".to_owned(), text(&columns.available)),
                ];
                if !columns.names.is_empty() {
                    let names = columns.names.iter().map(|n| text(n)).collect();
                    values.push(("names".to_owned(), Value::Array(names)));
                }
                ("file", values)
            }
        };
        let mut out = format!("\n[regimes]\nby = {by:?}\n");
        for (key, value) in values {
            out.push_str(&format!("{key} = {value}\n"));
        }
        if !self.colours.is_empty() {
            let colours = self.colours.iter().map(|c| Value::String(String::from(*c))).collect();
            out.push_str(&format!("{COLOURS} = {}\n", Value::Array(colours)));
        }
        out
    }
}

/// Everything that `regimes.by` may be.
fn names(registry: &Registry) -> impl Iterator<Item = &str> {
    let systems = registry.systems().iter().filter(|s| s.about().regimes.is_some()).map(|s| s.name());
    ["system"].into_iter().chain(systems).chain(Labeller::NAMES).chain(["file"])
}

fn choices(registry: &Registry) -> String {
    format!("regimes.by is one of {}", names(registry).collect::<Vec<_>>().join(", "))
}

fn read_colours(value: &Value) -> Result<Vec<Rgb>, String> {
    let all = value.as_array().map(|a| a.iter().map(|v| v.as_str().unwrap_or_default().parse()).collect());
    let read: Option<Result<Vec<Rgb>, String>> = all;
    let rule = |e: String| format!("regimes.colours: {e}");
    read.unwrap_or_else(|| Err(format!("must be a list of colours such as \"#4477AA\", was {value}")))
        .map_err(rule)
}

/// An unknown key: the nearest, and all there are.
fn unknown(key: &str, by: &str, known: &[&str]) -> RegimeFault {
    let mut all = known.to_vec();
    all.push(COLOURS);
    let elsewhere = Labeller::NAMES
        .iter()
        .find(|n| **n != by && Labeller::named(n).is_some_and(|l| l.specs().iter().any(|s| s.name == key)));
    let near = match (elsewhere, nearest(key, all.iter().copied())) {
        (Some(other), _) => format!("it belongs to regimes.by = {other:?}; "),
        (None, Some(n)) => format!("did you mean {n:?}? "),
        (None, None) => String::new(),
    };
    let hint = format!("{near}the keys of {by} are {}", all.join(", "));
    (key.to_owned(), format!("regimes.by = {by:?} has no key {key:?}"), Some(hint))
}

fn ruled(mut labeller: Labeller, rest: &[(String, Value)], faults: &mut Vec<RegimeFault>) -> Labeller {
    let specs = labeller.specs();
    let known: Vec<&str> = specs.iter().map(|s| s.name).collect();
    let before = faults.len();
    for (key, value) in rest {
        match labeller.set(key, value) {
            Ok(()) => {}
            Err(Some(rule)) => {
                let meaning = specs.iter().find(|s| s.name == key).map(|s| s.meaning.to_owned());
                faults.push((key.clone(), format!("regimes.{key} {rule}"), meaning));
            }
            Err(None) => faults.push(unknown(key, labeller.name(), &known)),
        }
    }
    if faults.len() == before {
        let conflicts = labeller.conflicts().into_iter();
        faults.extend(conflicts.map(|v| (v.key.clone(), v.under("regimes").to_string(), None)));
    }
    labeller
}

fn lent(lender: SystemRef, rest: &[(String, Value)], faults: &mut Vec<RegimeFault>) -> ParamSet {
    let mut params = lender.defaults();
    let specs = lender.specs();
    for (key, value) in rest {
        let Some(name) = key.strip_prefix("params.") else {
            faults.push(unknown(key, lender.name(), &["params"]));
            continue;
        };
        match params.set(name, value) {
            Ok(()) => {}
            Err(Some(rule)) => faults.push((key.clone(), format!("regimes.{key} {rule}"), None)),
            Err(None) => {
                let near = nearest(name, specs.iter().map(|s| s.name));
                let all = format!("`assay params {}` prints all", lender.name());
                let hint = near.map_or_else(|| all.clone(), |n| format!("did you mean {n:?}? {all}"));
                faults.push((
                    key.clone(),
                    format!("{} has no parameter {name:?}", lender.name()),
                    Some(hint),
                ));
            }
        }
    }
    for v in lender.conflicts(&params) {
        faults.push((v.key.clone(), v.under("regimes").to_string(), None));
    }
    params
}

fn file(rest: &[(String, Value)], faults: &mut Vec<RegimeFault>) -> LabelSource {
    let mut columns =
        LabelColumns { column: "regime".to_owned(), available: "available".to_owned(), names: vec![] };
    let mut path = String::new();
    for (key, value) in rest {
        let text = || value.as_str().map(str::to_owned).filter(|t| !t.is_empty());
        let list =
            || value.as_array()?.iter().map(|v| v.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
        let read = match key.as_str() {
            "file" => text().map(|t| path = t),
            "column" => text().map(|t| columns.column = t),
            "available" => text().map(|t| columns.available = t),
            "names" => list().map(|l| columns.names = l),
            _ => {
                faults.push(unknown(key, "file", &["file", "column", "available", "names"]));
                continue;
            }
        };
        if read.is_none() {
            let wanted = if key == "names" { "a list of names" } else { "text" };
            faults.push((key.clone(), format!("regimes.{key} must be {wanted}, was {value}"), None));
        }
    }
    if path.is_empty() && !rest.iter().any(|(k, _)| k == "file") {
        let hint = "name its path, relative to the project's root".to_owned();
        faults.push((BY.to_owned(), "regimes.by = \"file\" needs regimes.file".to_owned(), Some(hint)));
    }
    if !columns.names.is_empty()
        && let Err(problem) = RegimeScheme::named("file", columns.names.clone())
    {
        faults.push(("names".to_owned(), format!("regimes.names: {problem}"), None));
    }
    LabelSource { file: path, columns }
}

impl super::Scenario {
    /// Whether the labels are those that its system decides by.
    pub fn own_labels(&self) -> bool {
        self.regimes.by == LabelsBy::System
    }

    /// Bars at the start of a history that have no label, at most; none where nothing labels.
    pub fn label_warmup(&self, bars: &Bars) -> Option<usize> {
        match &self.regimes.by {
            LabelsBy::System => Some(self.system.warmup(&self.params)),
            LabelsBy::Lent(lender, params) => Some(lender.warmup(params)),
            LabelsBy::Rules(labeller) => Some(labeller.warmup(bars)),
            LabelsBy::File(_) => Some(0),
            LabelsBy::Nobody => None,
        }
    }
}
