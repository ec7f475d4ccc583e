//! Reads criteria files: TOML to [`Criteria`], with every mistake named by file, line and nearest valid name.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::criteria::{Criteria, RegimeScope};
use super::rows::{self, RawFile, line_of};
use crate::error::{Error, Place, Result, nearest};
use crate::regime::RegimeScheme;

/// What criteria are for that ask of every run alike.
const ANY_SYSTEM: &str = "any";

impl Criteria {
    /// Reads one criteria file.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| {
            Error::scenario(path.display(), format!("cannot be read: {e}"))
                .caused_by(e)
                .hint("name a criteria file; scenarios/criteria/unified.toml is an example")
        })?;
        Self::parse(&text, &path.display().to_string())
    }

    /// Reads several files as one: same system, no rule twice, windows of one name alike.
    pub fn read_all<P: AsRef<Path>>(paths: &[P]) -> Result<Self> {
        Self::read_or_parse(paths.iter().map(|path| (path.as_ref(), None)))
    }

    /// The same of files, or of texts that are given under the names of files.
    pub fn read_or_parse<'a>(named: impl IntoIterator<Item = (&'a Path, Option<&'a str>)>) -> Result<Self> {
        let mut all: Option<Self> = None;
        for (path, text) in named {
            let next = match text {
                Some(text) => Self::parse(text, &path.display().to_string())?,
                None => Self::read(path)?,
            };
            match &mut all {
                None => all = Some(next),
                Some(first) => {
                    first.append(next).map_err(|problem| Error::scenario(path.display(), problem))?;
                }
            }
        }
        all.ok_or_else(|| Error::scenario("gate.criteria", "no criteria file is named"))
    }

    /// Reads the text of a criteria file; `file` is its name in messages.
    pub fn parse(text: &str, file: &str) -> Result<Self> {
        let raw: RawFile = toml::from_str(text).map_err(|e| syntax(e, text, file))?;
        let problems = match rows::read(&raw, text, file) {
            Ok((rules, windows, demands)) => {
                let sha256 = hex(&Sha256::digest(text));
                return Ok(Self { system: raw.system, rules, windows, demands, sha256 });
            }
            Err(problems) => problems,
        };
        Err(match &problems[..] {
            [(line, problem)] => Error::scenario(Place::line(file, *line), problem),
            many => {
                let lines: Vec<_> = many.iter().map(|(line, p)| format!("\n  line {line}: {p}")).collect();
                Error::scenario(Place::file(file), format!("{} problems{}", many.len(), lines.concat()))
            }
        })
    }

    /// The same for runs of `system`, where they are for those of any.
    #[must_use]
    pub fn for_runs_of(mut self, system: &str) -> Self {
        if self.system == ANY_SYSTEM {
            system.clone_into(&mut self.system);
        }
        self
    }

    /// Refuses criteria about regimes that the labels of a run do not tell apart.
    ///
    /// # Errors
    /// Names the place, the nearest regime and all there are.
    pub fn fits(&self, regimes: &RegimeScheme) -> Result<()> {
        for c in &self.rules {
            let RegimeScope::One(name) = &c.scope.regime else { continue };
            if regimes.code(name).is_none() {
                let problem = format!(
                    "criterion {} is about regime {name:?}, which the labels of this run do not have",
                    c.id
                );
                return Err(Error::scenario(&c.place, problem).hint(regimes.near(name)));
            }
        }
        Ok(())
    }

    fn append(&mut self, other: Self) -> Result<(), String> {
        if other.system != self.system {
            return Err(format!(
                "is for system {:?}, the files before it for {:?}",
                other.system, self.system
            ));
        }
        if let Some(c) = other.rules.iter().find(|c| self.rules.iter().any(|d| d.id == c.id)) {
            return Err(format!("id {:?} is already used in a file before it", c.id));
        }
        for w in other.windows {
            match self.windows.iter().find(|v| v.name == w.name) {
                Some(v) if *v != w => {
                    return Err(format!("window {:?} differs from a file before it", w.name));
                }
                Some(_) => {}
                None => self.windows.push(w),
            }
        }
        self.rules.extend(other.rules);
        self.demands.append(&other.demands);
        self.sha256 = hex(&Sha256::digest(format!("{} {}", self.sha256, other.sha256)));
        Ok(())
    }
}

/// A syntax error, unknown key or wrong type, as the TOML reader reports it.
fn syntax(e: toml::de::Error, text: &str, file: &str) -> Error {
    let place = match e.span() {
        Some(span) => Place::line(file, line_of(text, span.start)),
        None => Place::file(file),
    };
    let error = Error::scenario(place, e.message()).caused_by(e.clone());
    // "unknown field `x`, expected one of `a`, `b`": the wrong name, then the right ones.
    let mut names = e.message().split('`').skip(1).step_by(2);
    match names.next().and_then(|wrong| nearest(wrong, names)) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint("compare with scenarios/criteria/unified.toml"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
