//! The file of a preset: TOML, read key by key, with every mistake named.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use toml::{Table, Value};

use super::Regime;
use super::event::EventPreset;
use super::violation::refusal;
use super::{
    CompressionPreset, GarchPreset, GbmPreset, HestonPreset, IntrabarPreset, JumpPreset, MertonPreset,
    PerRegime, Preset, Process, RegimePreset, RegimesPreset, SymbolPreset, VolatilityPreset, VolumePreset,
    correlation, shipped,
};
use crate::error::{Error, Place, Result, Violation, nearest};
use crate::market::Timeframe;

/// The keys of a preset, as they stand in the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    name: String,
    process: Option<ProcessName>,
    timeframe: Timeframe,
    start: String,
    bars: usize,
    seed: u64,
    days_per_year: Option<f64>,
    symbol: Option<String>,
    start_price: Option<f64>,
    tick: Option<f64>,
    lot: Option<f64>,
    symbols: Option<Vec<SymbolKeys>>,
    correlation: Option<Value>,
    gbm: Option<GbmPreset>,
    merton: Option<MertonPreset>,
    garch: Option<GarchPreset>,
    gjr: Option<GarchPreset>,
    heston: Option<HestonPreset>,
    first_regime: Option<Regime>,
    regimes: Option<PerRegime<RegimePreset>>,
    transitions: Option<PerRegime<PerRegime<f64>>>,
    compression: Option<CompressionPreset>,
    volatility: Option<VolatilityPreset>,
    jumps: Option<JumpPreset>,
    intrabar: Option<IntrabarPreset>,
    volume: Option<VolumePreset>,
    #[serde(default)]
    event: Vec<EventPreset>,
}

/// The keys of one of several symbols.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SymbolKeys {
    symbol: String,
    start_price: f64,
    tick: f64,
    lot: f64,
    volatility_scale: Option<f64>,
    volume_scale: Option<f64>,
    gbm: Option<GbmPreset>,
    merton: Option<MertonPreset>,
    garch: Option<GarchPreset>,
    gjr: Option<GarchPreset>,
    heston: Option<HestonPreset>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ProcessName {
    Regimes,
    Gbm,
    Merton,
    Garch,
    Gjr,
    Heston,
    Dead,
}

/// A preset and the text it was read from.
#[derive(Debug, Clone)]
pub struct PresetFile {
    /// The preset.
    pub preset: Preset,
    /// The text of the file.
    pub text: String,
    /// Whether the file names its process, as those before there was more than one do not.
    pub(super) names_process: bool,
}

impl PresetFile {
    /// Reads and validates the preset in the file at `path`, or the shipped one of that name where there is no such file.
    ///
    /// # Errors
    /// A file that cannot be read, text that is no preset (an unknown or missing key, a wrong type) and values against
    /// the rules; all of the latter at once.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let place = path.display().to_string();
        if let (false, Some(shipped)) = (path.is_file(), shipped::find(&place)) {
            return Self::parse(&place, shipped.text);
        }
        let text = fs::read_to_string(path).map_err(|e| {
            let names: Vec<&str> = shipped::shipped().iter().map(|s| s.name).collect();
            let error = Error::scenario(path, format!("cannot be read: {e}")).caused_by(e);
            error.hint(match nearest(&place, names) {
                Some(near) => format!("did you mean the shipped preset {near:?}?"),
                None => {
                    "name a preset file or a shipped preset; `assay data synth --list` prints those".into()
                }
            })
        })?;
        Self::parse(&place, &text)
    }

    /// The preset that a scenario calls `name`: the file of that path from `root` on, or the shipped one of that name where
    /// there is no such file.
    ///
    /// # Errors
    /// There is neither, which is said of `place`; or as [`PresetFile::read`].
    pub fn find(root: &Path, name: &str, place: impl Into<Place>) -> Result<Self> {
        let path = root.join(name);
        if path.is_file() {
            return Self::read(path);
        }
        if let Some(shipped) = shipped::find(name) {
            return Self::parse(name, shipped.text);
        }
        let names: Vec<&str> = shipped::shipped().iter().map(|s| s.name).collect();
        let all = format!("shipped presets are {}", names.join(", "));
        Err(Error::scenario(
            place,
            format!("{name:?} is no preset: no such file, and none is shipped by that name"),
        )
        .hint(match nearest(name, names) {
            Some(near) => format!("did you mean {near:?}? {all}"),
            None => format!("name a preset file by its path from the project's root; {all}"),
        }))
    }

    /// The preset with other values: each of `assignments` is a key, with dots between tables, `=` and a TOML value. The
    /// text becomes that of the result, in the order of its keys and without comments.
    ///
    /// # Errors
    /// An assignment that is none, and a preset that is none any more.
    pub fn with(self, assignments: &[String]) -> Result<Self> {
        if assignments.is_empty() {
            return Ok(self);
        }
        let place = Place::given("--set", assignments.join(" --set "));
        let mut table: Table = toml::from_str(&self.text).map_err(|e| refused(place.clone(), e))?;
        for assignment in assignments {
            set(&mut table, assignment)?;
        }
        let text = toml::to_string(&table).map_err(|e| Error::internal(&place, &e).caused_by(e))?;
        Self::parsed(&place, |_| None, text)
    }

    /// Reads and validates the preset in `text`, which is called `place` in errors.
    ///
    /// # Errors
    /// As [`PresetFile::read`].
    pub fn parse(place: &str, text: &str) -> Result<Self> {
        let line =
            |at: usize| 1 + text.as_bytes()[..at.min(text.len())].iter().filter(|b| **b == b'\n').count();
        Self::parsed(&Place::file(place), |at| Some(Place::line(place, line(at))), text.to_owned())
    }

    /// The same of what is called `place`; `at` is the place of a byte, where the user has the text.
    fn parsed(place: &Place, at: impl Fn(usize) -> Option<Place>, text: String) -> Result<Self> {
        let keys: Keys = toml::from_str(&text).map_err(|e| {
            let line = e.span().and_then(|span| at(span.start));
            refused(line.unwrap_or_else(|| place.clone()), e)
        })?;
        let names_process = keys.process.is_some();
        let preset = keys.resolve().map_err(|found| refusal(place, &found))?;
        preset.check(place)?;
        Ok(Self { preset, text, names_process })
    }
}

impl Preset {
    /// The preset of [`PresetFile::read`].
    ///
    /// # Errors
    /// As [`PresetFile::read`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        Ok(PresetFile::read(path)?.preset)
    }

    /// The preset of [`PresetFile::parse`].
    ///
    /// # Errors
    /// As [`PresetFile::parse`].
    pub fn parse(place: &str, text: &str) -> Result<Self> {
        Ok(PresetFile::parse(place, text)?.preset)
    }
}

/// What TOML text says against the keys of a preset, with the nearest valid name.
fn refused(place: Place, e: toml::de::Error) -> Error {
    let message = e.message().trim_end().replace('\n', " ");
    let kind = ["unknown field", "unknown variant"].iter().position(|k| message.starts_with(k));
    // "unknown field `x`, expected one of `a`, `b`": the wrong name, then the right ones.
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (Some(kind), [wrong, known @ ..]) = (kind, &quoted[..]) else {
        return Error::scenario(place, message)
            .caused_by(e)
            .hint("compare with a shipped preset; `assay data synth --list` prints their names");
    };
    let what = ["key", "name"][kind];
    let all = known.join(", ");
    let place = if what == "key" { place.about(wrong) } else { place };
    Error::scenario(place, format!("unknown {what} {wrong:?}")).caused_by(e.clone()).hint(
        match nearest(wrong, known.iter().copied()) {
            Some(near) => format!("did you mean {near:?}? The {what}s here are {all}"),
            None => format!("the {what}s here are {all}"),
        },
    )
}

/// Sets the key of `assignment` to its value; text that is no TOML value is a string.
fn set(table: &mut Table, assignment: &str) -> Result<()> {
    let place = Place::given("--set", assignment);
    let Some((key, value)) = assignment.split_once('=') else {
        return Err(Error::usage(place, "has no value").hint("write --set key=value"));
    };
    let value = toml::from_str::<Table>(&format!("v = {value}"))
        .ok()
        .and_then(|mut t| t.remove("v"))
        // A preset has its times as text.
        .filter(|v| !v.is_datetime())
        .unwrap_or_else(|| Value::String(value.trim().to_owned()));
    let (tables, last) = key.trim().rsplit_once('.').unwrap_or(("", key.trim()));
    let mut inner = table;
    for part in tables.split('.').filter(|p| !p.is_empty()) {
        let Some(next) = inner.get_mut(part).and_then(Value::as_table_mut) else {
            return Err(Error::usage(place, format!("the preset has no table {part:?}"))
                .hint("set a key of the preset itself or of one of its tables"));
        };
        inner = next;
    }
    inner.insert(last.to_owned(), value);
    Ok(())
}

/// The tables of models that a preset or a symbol has.
#[derive(Clone, Copy)]
struct Models {
    gbm: Option<GbmPreset>,
    merton: Option<MertonPreset>,
    garch: Option<GarchPreset>,
    gjr: Option<GarchPreset>,
    heston: Option<HestonPreset>,
}

impl Models {
    /// The one of process `name`; the tables stand under `place`.
    fn of(self, place: &str, name: ProcessName, found: &mut Vec<Violation>) -> Option<Process> {
        use ProcessName::{Dead, Garch, Gbm, Gjr, Heston, Merton, Regimes};
        for (process, key, given) in [
            (Gbm, "gbm", self.gbm.is_some()),
            (Merton, "merton", self.merton.is_some()),
            (Garch, "garch", self.garch.is_some()),
            (Gjr, "gjr", self.gjr.is_some()),
            (Heston, "heston", self.heston.is_some()),
        ] {
            if given && process != name {
                let rule = "left out, since the process is another";
                found.push(Violation::must_be(format!("{place}{key}"), rule, "given"));
            }
        }
        match name {
            Gbm => self.gbm.map(Process::Gbm),
            Merton => self.merton.map(Process::Merton),
            Garch => {
                if let Some(g) = self.garch.filter(|g| g.gamma != 0.0) {
                    let rule = "left out, or the process \"gjr\"";
                    found.push(Violation::must_be(format!("{place}garch.gamma"), rule, g.gamma));
                }
                self.garch.map(Process::Garch)
            }
            Gjr => self.gjr.map(Process::Garch),
            Heston => self.heston.map(Process::Heston),
            Dead => Some(Process::Dead),
            Regimes => None,
        }
    }
}

/// What is said of a key that is not there.
const MISSING: &str = "given";

fn missing(key: impl Into<String>, found: &mut Vec<Violation>) {
    found.push(Violation::must_be(key, MISSING, "missing"));
}

/// The value of `key`, or a note that it is missing.
fn needed<T>(key: &str, value: Option<T>, found: &mut Vec<Violation>) -> Option<T> {
    if value.is_none() {
        missing(key, found);
    }
    value
}

impl Keys {
    /// The preset, or what keeps the keys from being one.
    fn resolve(mut self) -> Result<Preset, Vec<Violation>> {
        let mut found = Vec::new();
        let name = self.process.unwrap_or(ProcessName::Regimes);
        let process = self.process(name, &mut found);
        let symbols = self.take_symbols(name, &mut found);
        let names: Vec<&str> = symbols.iter().map(|s| s.symbol.as_str()).collect();
        let correlation = correlation::read(self.correlation.as_ref(), &names, &mut found);
        let volume = match self.volume {
            Some(v) => v,
            None if name == ProcessName::Dead => VolumePreset::default(),
            None => {
                missing("[volume]", &mut found);
                VolumePreset::default()
            }
        };
        if name == ProcessName::Regimes && self.intrabar.is_none() {
            missing("[intrabar]", &mut found);
        }
        match process {
            Some(process) if found.is_empty() => Ok(Preset {
                name: self.name,
                process,
                timeframe: self.timeframe,
                start: self.start,
                bars: self.bars,
                seed: self.seed,
                days_per_year: self.days_per_year.unwrap_or(365.0),
                symbols,
                correlation,
                intrabar: self.intrabar.unwrap_or_default(),
                volume,
                events: self.event,
            }),
            _ => Err(found),
        }
    }

    fn process(&mut self, name: ProcessName, found: &mut Vec<Violation>) -> Option<Process> {
        let (gbm, merton, garch, gjr, heston) = (self.gbm, self.merton, self.garch, self.gjr, self.heston);
        let model = Models { gbm, merton, garch, gjr, heston }.of("", name, found);
        let regimes = [
            ("first_regime", self.first_regime.is_some()),
            ("[regimes]", self.regimes.is_some()),
            ("[transitions]", self.transitions.is_some()),
            ("[compression]", self.compression.is_some()),
            ("[volatility]", self.volatility.is_some()),
            ("[jumps]", self.jumps.is_some()),
        ];
        if name == ProcessName::Regimes {
            return Some(Process::Regimes(Box::new(RegimesPreset {
                first_regime: needed("first_regime", self.first_regime, found)?,
                regimes: needed("[regimes]", self.regimes.take(), found)?,
                transitions: needed("[transitions]", self.transitions.take(), found)?,
                compression: needed("[compression]", self.compression.take(), found)?,
                volatility: needed("[volatility]", self.volatility.take(), found)?,
                jumps: needed("[jumps]", self.jumps.take(), found)?,
            })));
        }
        for (key, _) in regimes.iter().filter(|(_, given)| *given) {
            let rule = "left out, since it is a key of process \"regimes\"";
            found.push(Violation::must_be(*key, rule, "given"));
        }
        if model.is_none() {
            missing(format!("[{}]", format!("{name:?}").to_lowercase()), found);
        }
        model
    }

    fn take_symbols(&mut self, name: ProcessName, found: &mut Vec<Violation>) -> Vec<SymbolPreset> {
        let one =
            [("symbol", self.symbol.is_some()), ("start_price", self.start_price.is_some())].into_iter();
        let one = one.chain([("tick", self.tick.is_some()), ("lot", self.lot.is_some())]);
        let Some(several) = self.symbols.take() else {
            one.filter(|(_, given)| !given).for_each(|(key, _)| missing(key, found));
            return vec![SymbolPreset {
                symbol: self.symbol.take().unwrap_or_default(),
                start_price: self.start_price.unwrap_or(1.0),
                tick: self.tick.unwrap_or(1.0),
                lot: self.lot.unwrap_or(1.0),
                volatility_scale: 1.0,
                volume_scale: 1.0,
                own: None,
            }];
        };
        for (key, _) in one.filter(|(_, given)| *given) {
            found.push(Violation::must_be(
                key,
                "left out, since [[symbols]] has it for each symbol",
                "given",
            ));
        }
        let mut symbols = Vec::with_capacity(several.len());
        for s in several {
            let place = format!("symbols.{}.", s.symbol);
            let models =
                Models { gbm: s.gbm, merton: s.merton, garch: s.garch, gjr: s.gjr, heston: s.heston };
            let own = models.of(&place, name, found);
            symbols.push(SymbolPreset {
                symbol: s.symbol,
                start_price: s.start_price,
                tick: s.tick,
                lot: s.lot,
                volatility_scale: s.volatility_scale.unwrap_or(1.0),
                volume_scale: s.volume_scale.unwrap_or(1.0),
                own: own.filter(|p| *p != Process::Dead),
            });
        }
        symbols
    }
}
