//! Files of any common format to rows of one instrument, as they are: nothing is sorted, filled or repaired.
//!
//! A file is unpacked (`archive`), its format recognised by what it holds and, where that does not suffice,
//! by its name (`recognise`, `separated`); then times become UTC and starts of bars (`clock`, `edge`), two
//! sides of a book become mid prices (`sides`). What cannot be known from the files is asked for (`asked`
//! holds what the user already said), and what was assumed is noted.

mod archive;
mod asked;
mod clock;
mod edge;
mod events;
mod file_name;
mod header;
mod json;
mod lean;
mod monthly;
mod order;
mod part;
mod recognise;
mod separated;
mod series;
mod sides;
mod write;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use self::part::ImportPart;
use super::columnar::is_columnar;
use super::file::sha256_hex;
use super::instant::DateOrder;
use super::load::TimeConvention;
use super::rows::Rows;
use super::text::NumberStyle;
use crate::choices;
use crate::error::{Error, Result};
use crate::market::{Instrument, Timeframe, Zone, same_instrument};

pub use self::events::{Events, holds_funding, import_funding};
pub use self::series::{Series, series};
pub use self::write::{ImportOrigin, source_of, write};

choices! {
    /// A format of bars.
    pub enum Format {
        /// Klines of Binance: CSV with or without a header, or JSON arrays of twelve.
        Binance = "binance",
        /// Candles of Bitfinex: open, close, high, low.
        Bitfinex = "bitfinex",
        /// Candles of freqtrade: JSON arrays of six, or Feather.
        Freqtrade = "freqtrade",
        /// Bars of QuantConnect LEAN in its folders.
        Lean = "lean",
        /// Exports of MetaTrader 4 and 5.
        Metatrader = "metatrader",
        /// Daily shares of Yahoo, with `Adj Close`.
        Yahoo = "yahoo",
        /// Bars of Dukascopy.
        Dukascopy = "dukascopy",
        /// Any text of separated columns.
        Csv = "csv",
        /// Any JSON of bars.
        Json = "json",
        /// Parquet.
        Parquet = "parquet",
        /// Arrow IPC (Feather, second version).
        Arrow = "arrow",
    }
}

impl Format {
    /// Whether its times are known to be those of opens.
    fn marks_opens(self) -> bool {
        !matches!(self, Self::Yahoo | Self::Csv | Self::Json | Self::Parquet | Self::Arrow)
    }
}

/// What is known of files beforehand; what is not given is found out.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Their format.
    pub format: Option<Format>,
    /// Name of the instrument.
    pub symbol: Option<String>,
    /// Length of a bar.
    pub timeframe: Option<Timeframe>,
    /// The clock of the times; an error where they name their own.
    pub zone: Option<Zone>,
    /// The clock of times that name none, where nothing is said of them.
    pub usual_zone: Option<Zone>,
    /// Which edge of a bar the times mark.
    pub time: Option<TimeConvention>,
    /// What prices are multiplied by.
    pub price_scale: Option<f64>,
    /// Names of the columns of a text in their order, for one without a header or with a wrong one.
    pub columns: Vec<String>,
    /// Roles (`time`, `open`, `high`, `low`, `close`, `volume`, `spread`) and the names the files have for them.
    pub named: Vec<(String, String)>,
    /// Lines of a text that stand above its table.
    pub skip_lines: usize,
    /// How a text writes numbers.
    pub numbers: NumberStyle,
    /// What a date such as 01/02/2021 is.
    pub dates: DateOrder,
    /// Whether prices are made comparable over splits and dividends, where the source says how.
    pub adjust: bool,
    /// The factor file of a share of LEAN's, where it does not lie beside the bars.
    pub factors: Option<PathBuf>,
}

/// Rows and what is known of them.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The rows.
    pub rows: Rows,
    /// What is known of them.
    pub facts: Facts,
    /// Their instrument, where a file says it of itself.
    pub instrument: Option<Instrument>,
}

/// What is known of imported rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The format they were in.
    pub format: Format,
    /// The instrument, where a file's name or content tells.
    pub symbol: Option<String>,
    /// The length of a bar that a file's name or content states; the rows may say otherwise.
    pub stated_timeframe: Option<Timeframe>,
    /// The clock the times were on.
    pub zone: Zone,
    /// Which edge of a bar the times marked; rows hold opens.
    pub time: TimeConvention,
    /// Whether every time is a date alone, of the exchange's calendar.
    pub days: bool,
    /// Whether the source says of itself that it was generated.
    pub synthetic: bool,
    /// What was assumed, scaled, adjusted or left out, in words.
    pub notes: Vec<String>,
    /// What the files do not tell and nobody has said; bars made without an answer may be an hour or a bar off.
    pub questions: Vec<String>,
    /// The files, in the order of their rows.
    pub files: Vec<SourceFile>,
}

/// One file that was imported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Its name without its folder.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Rows in it.
    pub rows: usize,
}

/// Reads files of one instrument, or all in a folder; the order in which they are named does not matter, that of the rows in each does.
///
/// # Errors
/// A file cannot be read, is of no known format, or holds something else than bars; two of them do not belong together.
pub fn import(paths: &[PathBuf], options: &Options) -> Result<Imported> {
    let scale_fine = options.price_scale.is_none_or(|s| s.is_finite() && s > 0.0);
    if !scale_fine {
        return Err(Error::usage("--price-scale", "must be a number above 0"));
    }
    let paths = series::files(paths)?;
    let Some(first) = paths.first() else {
        return Err(Error::usage("FILES", "no file is named").hint("name at least one file of bars"));
    };
    // A file is read by one thread, and read whole before the next is begun by it: as many are in memory as there are threads.
    let read: Vec<Result<(SourceFile, Vec<ImportPart>)>> =
        paths.par_iter().map(|p| file(p, options)).collect();
    let mut files = vec![];
    let mut parts = vec![];
    for read in read {
        let (file, of_file) = read?;
        parts.extend(of_file.into_iter().map(|p| (files.len(), p)));
        files.push(file);
    }
    together(&parts)?;
    let sides = sides::both(&parts);
    // Files in any order, rows in theirs.
    parts.sort_by_key(|(file, p)| (p.rows.time_ms.first().copied(), *file));
    let mut order: Vec<usize> = vec![];
    parts.iter().for_each(|(file, _)| {
        if !order.contains(file) {
            order.push(*file)
        }
    });
    let files = order.iter().map(|&k| files[k].clone()).collect();

    let parts = parts.into_iter().map(|(_, p)| p);
    let mut whole = if sides { sides::mid(parts)? } else { ImportPart::joined(parts) };
    let place = if paths.len() == 1 {
        first.display().to_string()
    } else {
        format!("{} and {} more", first.display(), paths.len() - 1)
    };
    if whole.rows.is_empty() {
        return Err(Error::data(place, "a header but no rows").hint("download or export it again"));
    }
    let months = monthly::to_firsts(&place, &mut whole, options)?;
    let zone = match (months, options.zone, whole.clock) {
        (None, ..) => clock::to_utc(&place, &mut whole, options)?,
        (Some(_), Some(zone), _) | (Some(_), None, part::SourceClock::Of(zone)) => zone,
        (Some(_), ..) => Zone::UTC,
    };
    if options.adjust {
        adjust(&place, first, &mut whole, options)?;
    }
    scale(&mut whole, options);
    let time = match months {
        Some(edge) => edge,
        None => edge::to_opens(&place, &mut whole, options)?,
    };
    if let (Some(asked), Some(said)) = (&options.symbol, &whole.symbol)
        && !same_instrument(&asked.to_uppercase(), &said.to_uppercase())
    {
        whole.notes.push(format!("the source says {said}; written as {asked}, as asked for"));
    }
    Ok(Imported {
        facts: Facts {
            format: whole.format,
            symbol: options.symbol.clone().or(whole.symbol),
            stated_timeframe: options.timeframe.or(whole.stated),
            zone,
            time,
            days: whole.days,
            synthetic: whole.synthetic,
            notes: whole.notes,
            questions: whole.questions,
            files,
        },
        rows: whole.rows,
        instrument: whole.instrument,
    })
}

/// Whether a file is one of named columns, Parquet or Arrow, as this program writes them; a folder is none.
///
/// # Errors
/// It cannot be read.
pub fn has_columns(path: &Path) -> Result<bool> {
    Ok(!path.is_dir() && is_columnar(&crate::file::read(path)?.1))
}

/// One file and the parts in it.
fn file(path: &Path, options: &Options) -> Result<(SourceFile, Vec<ImportPart>)> {
    let opened = archive::open(path)?;
    let name =
        path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
    let read = || {
        opened.members.iter().map(|m| recognise::read(path, m, options)).collect::<Result<Vec<ImportPart>>>()
    };
    let (sha256, parts) = rayon::join(|| sha256_hex(&opened.raw), read);
    let mut parts = parts?;
    members(&opened.members, &mut parts);
    let rows = parts.iter().map(|p| p.rows.len()).sum();
    Ok((SourceFile { name, sha256, rows }, parts))
}

/// Of an archive whose members are called after several instruments each is of its own, whatever the archive is called.
fn members(members: &[archive::Member], parts: &mut [ImportPart]) {
    let names: Vec<Option<String>> =
        members.iter().map(|m| file_name::named(Path::new(&m.name), "").symbol).collect();
    let mut known: Vec<&String> = names.iter().flatten().collect();
    known.sort_unstable();
    known.dedup();
    let capitals = |m: &archive::Member| {
        let stem = m.name.rsplit('/').next().unwrap_or_default();
        stem.chars().take_while(|c| c.is_ascii_alphanumeric()).all(|c| !c.is_ascii_lowercase())
    };
    if known.len() > 1 && names.iter().all(Option::is_some) && members.iter().all(capitals) {
        for (part, name) in parts.iter_mut().zip(&names) {
            part.symbol.clone_from(name);
        }
    }
}

/// Refuses parts that are not of one series.
fn together(parts: &[(usize, ImportPart)]) -> Result<()> {
    let Some((_, a)) = parts.first() else { return Ok(()) };
    for (_, b) in &parts[1..] {
        if let Some((what, one, other)) = a.differs(b) {
            return Err(Error::data(&b.place, format!("its {what} is {other}, of {} it is {one}", a.place))
                .hint("import one instrument of one bar length at a time, from files of one kind"));
        }
        if a.kind.is_quote() != b.kind.is_quote() {
            return Err(Error::data(
                &b.place,
                format!("holds other prices than {}: quotes and trades are not one series", a.place),
            )
            .hint("name only the files of trades, or only those of quotes"));
        }
    }
    Ok(())
}

/// Makes prices comparable over splits and dividends, as the source says.
fn adjust(place: &str, path: &Path, whole: &mut ImportPart, options: &Options) -> Result<()> {
    if let Some(adjusted) = whole.adjusted_close.take() {
        if adjusted.len() != whole.rows.len() {
            return Err(Error::data(
                place,
                "the adjusted close is missing in rows that have prices, or the other way round",
            )
            .hint("download the file again, or import without --adjust"));
        }
        let mut changed = 0;
        for (i, adjusted) in adjusted.iter().enumerate() {
            let factor = adjusted / whole.rows.close[i];
            if factor != 1.0 {
                changed += 1;
                let [open, high, low, close, _] = whole.rows.values_mut();
                [open, high, low, close].into_iter().for_each(|v| v[i] *= factor);
            }
        }
        whole.notes.push(format!(
            "prices are adjusted for dividends by the column of adjusted closes: {changed} rows; volume is as it was"
        ));
        return Ok(());
    }
    let symbol = options.symbol.clone().or_else(|| whole.symbol.clone()).unwrap_or_default();
    let found = options.factors.clone().or_else(|| lean::factor_file(path, &symbol));
    let Some(found) = found else {
        return Err(Error::data(place, "nothing says how to adjust it: no column of adjusted closes, no factor file")
            .hint("name the column by --map adjusted_close=NAME or the factor file by --factors, or import without --adjust"));
    };
    let changed = lean::Factors::read(&found)?.apply(&mut whole.rows);
    let name = found.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    whole.notes.push(format!("prices are adjusted for splits and dividends by the factor file {name}: {changed} rows; volume for splits"));
    Ok(())
}

/// Multiplies prices by the scale of the format and the one that is asked for.
fn scale(whole: &mut ImportPart, options: &Options) {
    let asked = options.price_scale.unwrap_or(1.0);
    if asked != 1.0 {
        whole.notes.push(format!("prices are multiplied by {asked}"));
    }
    let scale = whole.scale * asked;
    if scale == 1.0 {
        return;
    }
    // A division where the inverse is whole: 1547.59, not 1547.5900000000001.
    let inverse = 1.0 / scale;
    let by_division = (inverse - inverse.round()).abs() < 1e-9 * inverse;
    let scaled = |v: &mut f64| *v = if by_division { *v / inverse.round() } else { *v * scale };
    let [open, high, low, close, _] = whole.rows.values_mut();
    [open, high, low, close].into_iter().for_each(|column| column.iter_mut().for_each(scaled));
    whole.rows.spread.iter_mut().flatten().for_each(scaled);
}
