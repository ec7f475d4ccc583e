//! The catalogue: public sources as data.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::period::Month;
use crate::error::{Error, Place, Result, nearest};
use crate::market::Timeframe;

/// The catalogue that comes with the program.
const OWN: &str = include_str!("../../../../datasets/catalog.toml");

/// Its name in messages.
const OWN_NAME: &str = "datasets/catalog.toml";

/// The most requests a second that a source may be asked with.
pub(super) const MAX_RATE: f64 = 50.0;

/// Public sources of market history.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// The sources, in the order of the file.
    #[serde(rename = "source")]
    pub sources: Vec<DataSource>,
    /// The file, for messages.
    #[serde(skip)]
    file: String,
}

/// One source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSource {
    /// Its name on the command line.
    pub name: String,
    /// How it is got at.
    pub kind: SourceKind,
    /// What it holds, in a line.
    pub about: String,
    /// Where a person reads about it.
    pub page: String,
    /// What its data may be used for.
    pub licence: String,
    /// Where the terms are.
    #[serde(default)]
    pub terms: Option<String>,
    /// What every path of an archive begins with.
    #[serde(default)]
    pub base_url: Option<String>,
    /// Requests a second that it is asked with at most.
    #[serde(default)]
    pub rate: Option<f64>,
    /// A symbol for examples.
    #[serde(default)]
    pub example: Option<String>,
    /// What can be fetched from an archive; the first is taken where none is named.
    #[serde(default)]
    pub series: Vec<ArchiveSeries>,
}

/// How a source is got at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// Files at addresses that can be worked out, each with its checksum.
    Archive,
    /// A page for a person, who downloads by hand.
    Page,
}

/// One kind of files of an archive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveSeries {
    /// Its name on the command line (`--kind`).
    pub kind: String,
    /// What a row is.
    pub holds: RowKind,
    /// What it is, in a line.
    pub about: String,
    /// Path of the archive of a month: `{symbol}`, `{timeframe}`, `{month}` (YYYY-MM).
    pub monthly: String,
    /// Path of the archive of a day, where there are such: `{symbol}`, `{timeframe}`, `{day}` (YYYY-MM-DD).
    #[serde(default)]
    pub daily: Option<String>,
    /// The bar lengths there are; none where rows have no length.
    #[serde(default)]
    pub timeframes: Vec<Timeframe>,
    /// The month before which nothing can be.
    pub first: Month,
}

/// What a row of an archive is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RowKind {
    /// A bar.
    Klines,
    /// A payment between longs and shorts.
    Funding,
}

impl Catalogue {
    /// The catalogue of `file`, or that of the program.
    ///
    /// # Errors
    /// The file cannot be read, or breaks a rule.
    pub fn read(file: Option<&Path>) -> Result<Self> {
        let Some(path) = file else { return Self::parse(OWN, OWN_NAME) };
        let text = std::fs::read_to_string(path).map_err(|e| {
            Error::data(path.display(), format!("cannot be read ({e})"))
                .caused_by(e)
                .hint("name a catalogue; without --catalogue the program's own is used")
        })?;
        Self::parse(&text, &path.display().to_string())
    }

    /// Reads the text of a catalogue; `file` is its name in messages.
    ///
    /// # Errors
    /// It is no catalogue, or breaks a rule.
    pub fn parse(text: &str, file: &str) -> Result<Self> {
        let mut all: Self = toml::from_str(text).map_err(|e| {
            let line = e.span().map(|s| text[..s.start].matches('\n').count() + 1);
            Error::data(line.map_or_else(|| Place::file(file), |l| Place::line(file, l)), e.message())
                .hint("docs/guides/catalogue.md names every key")
                .caused_by(e.clone())
        })?;
        file.clone_into(&mut all.file);
        for (i, source) in all.sources.iter().enumerate() {
            if all.sources[..i].iter().any(|s| s.name == source.name) {
                return Err(Error::data(file, format!("two sources are named {:?}", source.name)));
            }
            let place = || Place::file(file).then(format_args!("source {:?}", source.name));
            source.check().map_err(|problem| Error::data(place(), problem))?;
        }
        Ok(all)
    }

    /// The source `name`.
    ///
    /// # Errors
    /// There is none.
    pub fn source(&self, name: &str) -> Result<&DataSource> {
        self.sources.iter().find(|s| s.name == name).ok_or_else(|| {
            let error = Error::usage("source", format!("{} names no {name:?}", self.file));
            named(error, name, self.sources.iter().map(|s| s.name.as_str()))
        })
    }
}

impl DataSource {
    /// The series `kind`, or the first.
    ///
    /// # Errors
    /// There is none, or nothing can be fetched from the source.
    pub fn series(&self, kind: Option<&str>) -> Result<&ArchiveSeries> {
        if self.kind == SourceKind::Page {
            return Err(Error::usage(
                Place::text(&self.name).about("source"),
                "can only be downloaded by hand",
            )
            .hint(format!("its page is {}; then `assay data import` reads what you have", self.page)));
        }
        let found = match kind {
            None => self.series.first(),
            Some(kind) => self.series.iter().find(|s| s.kind == kind),
        };
        found.ok_or_else(|| {
            let wanted = kind.unwrap_or_default();
            let error = Error::usage("--kind", format!("{} has no {wanted:?}", self.name));
            named(error, wanted, self.series.iter().map(|s| s.kind.as_str()))
        })
    }

    fn check(&self) -> Result<(), String> {
        name_like(&self.name)?;
        address(&self.page)?;
        self.terms.as_deref().map_or(Ok(()), address)?;
        match (self.kind, &self.base_url) {
            (SourceKind::Page, None) if self.series.is_empty() => return Ok(()),
            (SourceKind::Page, _) => return Err("a page has neither base_url nor series".into()),
            (SourceKind::Archive, None) => return Err("an archive needs a base_url".into()),
            (SourceKind::Archive, Some(url)) => address(url)?,
        }
        if let Some(rate) = self.rate.filter(|r| !(*r > 0.0 && *r <= MAX_RATE)) {
            return Err(format!("rate must be above 0 and at most {MAX_RATE} requests a second, was {rate}"));
        }
        if self.series.is_empty() {
            return Err("an archive needs at least one series".into());
        }
        for (i, series) in self.series.iter().enumerate() {
            if self.series[..i].iter().any(|s| s.kind == series.kind) {
                return Err(format!("two series are of kind {:?}", series.kind));
            }
            series.check().map_err(|problem| format!("series {:?}: {problem}", series.kind))?;
        }
        Ok(())
    }
}

impl ArchiveSeries {
    fn check(&self) -> Result<(), String> {
        name_like(&self.kind)?;
        if (self.holds == RowKind::Klines) == self.timeframes.is_empty() {
            return Err("klines have timeframes, funding has none".into());
        }
        let has_timeframes = !self.timeframes.is_empty();
        template("monthly", &self.monthly, "{month}", has_timeframes)?;
        self.daily.as_deref().map_or(Ok(()), |t| template("daily", t, "{day}", has_timeframes))
    }
}

/// A path below the base URL, which is also the path in the cache: it must not lead out of either.
fn template(key: &str, text: &str, period: &str, has_timeframes: bool) -> Result<(), String> {
    let mut places = vec!["{symbol}", period];
    if has_timeframes {
        places.push("{timeframe}");
    }
    let mut rest = text.to_owned();
    for place in &places {
        if !text.contains(place) {
            return Err(format!("{key} must hold {place}, was {text:?}"));
        }
        rest = rest.replace(place, "x");
    }
    // Files of one folder are told apart by their names alone.
    if !text.rsplit('/').next().unwrap_or_default().contains(period) {
        return Err(format!("the file name of {key} must hold {period}, was {text:?}"));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if rest.split('/').any(|part| part.is_empty() || part.starts_with('.') || !part.chars().all(plain)) {
        return Err(format!(
            "{key} must be a relative path of letters, digits, '-', '_' and '.', was {text:?}"
        ));
    }
    Ok(())
}

fn name_like(name: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.is_empty() && name.chars().all(plain) {
        return Ok(());
    }
    Err(format!("a name is made of lower-case letters, digits and '-', was {name:?}"))
}

/// Whether `url` is an address that can be asked and extended.
pub(super) fn address(url: &str) -> Result<(), String> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    match rest {
        Some(rest)
            if rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
                && rest.chars().all(|c| c.is_ascii_graphic() && !"?#\\\"<>".contains(c)) =>
        {
            Ok(())
        }
        _ => Err(format!("an address begins with https:// or http:// and has no query, was {url:?}")),
    }
}

/// `error` with the name that was meant, or all there are.
pub(super) fn named<'a>(error: Error, name: &str, all: impl Iterator<Item = &'a str> + Clone) -> Error {
    match nearest(name, all.clone()) {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None => error.hint(format!("there are {}", all.collect::<Vec<_>>().join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_catalogue_keeps_the_rules() {
        let all = Catalogue::read(None).unwrap();
        let binance = all.source("binance").unwrap();
        assert_eq!(binance.series(None).unwrap().kind, "spot");
        assert_eq!(binance.series(Some("funding")).unwrap().holds, RowKind::Funding);
        let e = |e: Error| e.to_string();
        assert_eq!(
            e(all.source("binanse").unwrap_err()),
            "source: datasets/catalog.toml names no \"binanse\"\n\nhint: did you mean binance?"
        );
        assert_eq!(
            e(binance.series(Some("swap")).unwrap_err()),
            "--kind: binance has no \"swap\"\n\nhint: there are spot, um-futures, funding"
        );
        let page = all.source("dukascopy").unwrap().series(None).unwrap_err().to_string();
        assert!(page.contains("by hand") && page.contains("https://www.dukascopy.com"), "{page}");
    }

    const GOOD: &str = r#"
[[source]]
name = "here"
kind = "archive"
about = "a test"
page = "https://example.org"
licence = "none"
base_url = "http://localhost:1"
rate = 2.0
[[source.series]]
kind = "spot"
holds = "klines"
about = "bars"
monthly = "a/{symbol}/{timeframe}/{symbol}-{timeframe}-{month}.zip"
timeframes = ["1h"]
first = "2020-01"
"#;

    #[test]
    fn a_broken_rule_is_named() {
        Catalogue::parse(GOOD, "c.toml").unwrap();
        for (from, to, words) in [
            ("rate = 2.0", "rate = 0.0", "source \"here\": rate must be above 0"),
            ("rate = 2.0", "rate = nan", "rate must be above 0"),
            ("rate = 2.0", "raet = 2.0", "c.toml:9: unknown field `raet`"),
            ("\"http://localhost:1\"", "\"ftp://x\"", "an address begins with https:// or http://"),
            ("base_url = \"http://localhost:1\"", "", "an archive needs a base_url"),
            ("kind = \"archive\"", "kind = \"page\"", "a page has neither"),
            ("a/{symbol}", "/{symbol}", "must be a relative path"),
            ("a/{symbol}", "../{symbol}", "must be a relative path"),
            ("a/{symbol}", "a b/{symbol}", "must be a relative path"),
            ("-{month}.zip", ".zip", "monthly must hold {month}"),
            (
                "{symbol}-{timeframe}-{month}.zip",
                "{month}/{symbol}.zip",
                "file name of monthly must hold {month}",
            ),
            ("timeframes = [\"1h\"]", "", "klines have timeframes"),
            ("[\"1h\"]", "[\"1x\"]", "c.toml:15: "),
            ("\"2020-01\"", "\"2020-13\"", "c.toml:16: "),
            ("name = \"here\"", "name = \"../x\"", "a name is made of"),
        ] {
            let text = GOOD.replacen(from, to, 1);
            assert_ne!(text, GOOD, "{from}");
            let e = Catalogue::parse(&text, "c.toml").unwrap_err().to_string();
            assert!(e.contains(words), "{to}: {e}");
        }
        let twice = format!("{GOOD}{GOOD}");
        let e = Catalogue::parse(&twice, "c.toml").unwrap_err().to_string();
        assert!(e.contains("two sources are named"), "{e}");
    }
}
