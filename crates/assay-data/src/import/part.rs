//! One file of bars, recognised and read.

use std::path::Path;

use super::archive::Member;
use super::file_name::{Kind, named};
use super::order::{self, Order};
use super::{Format, Options, json, lean, separated};
use crate::columnar::is_arrow;
use crate::error::{Error, Result};
use crate::instant::Written;
use crate::market::{Timeframe, Zone};
use crate::names::Wanted;
use crate::parquet_in::{self, MAGIC, Raw};
use crate::quality::infer;
use crate::rows::Rows;
use crate::text::{Text, split};
use crate::{TimeConvention, table};

/// The rows of one file and what is known of them.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub place: String,
    pub rows: Rows,
    pub format: Format,
    pub symbol: Option<String>,
    /// The length of a bar that the name or the content states.
    pub stated: Option<Timeframe>,
    pub kind: Kind,
    pub clock: Clock,
    pub edge: Edge,
    /// Whether every time is a date alone.
    pub days: bool,
    pub synthetic: bool,
    /// What prices are multiplied by to be prices.
    pub scale: f64,
    /// The close adjusted for dividends, where there is such a column.
    pub adjusted_close: Option<Vec<f64>>,
    pub notes: Vec<String>,
    pub questions: Vec<String>,
}

/// Whose clock the times are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clock {
    /// UTC: numbers, or times with their distance from it.
    Utc,
    /// That of a place, known from the format.
    Of(Zone),
    /// Times name no place; UTC is usual.
    Unnamed,
    /// Times name no place, and UTC is not usual.
    Asked,
}

impl Clock {
    /// Of times that are written like this, in a column of this name.
    pub fn of(format: Format, written: Option<Written>, days: bool, time_name: &str) -> Self {
        match written {
            Some(Written::Epoch | Written::Zoned) | None => Self::Utc,
            _ if days => Self::Unnamed,
            _ if ["gmt time", "time (utc)", "timestamp_utc"].contains(&time_name) => Self::Utc,
            _ if format == Format::Metatrader || time_name.contains("local") || time_name.contains("eet") => {
                Self::Asked
            }
            _ => Self::Unnamed,
        }
    }

    /// In words.
    fn words(self) -> String {
        match self {
            Self::Utc => "UTC".into(),
            Self::Of(zone) => zone.to_string(),
            Self::Unnamed | Self::Asked => "not named".into(),
        }
    }
}

/// Which edge of a bar times mark, as far as the format tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// One of them, for a reason.
    Known(TimeConvention, &'static str),
    /// The format does not tell.
    Unknown,
}

impl Edge {
    /// Of times of a format in a column of this name; `days` where they are dates alone.
    pub fn of(format: Format, days: bool, time_name: &str) -> Self {
        use TimeConvention::{Close, Open};
        match time_name {
            "close_time" | "closetime" => Self::Known(Close, "the column's name"),
            _ if format.marks_opens() => Self::Known(Open, "the format marks bars by their open"),
            "open_time" | "opentime" | "start_time" | "candle_begin_time" => {
                Self::Known(Open, "the column's name")
            }
            _ if days => Self::Known(Open, "a date is that of its bar"),
            _ => Self::Unknown,
        }
    }

    /// In words.
    fn words(self) -> &'static str {
        match self {
            Self::Known(TimeConvention::Open, _) => "the open",
            Self::Known(TimeConvention::Close, _) => "the close",
            Self::Unknown => "not known",
        }
    }
}

impl Part {
    /// Rows of a format, of which nothing else is known.
    pub fn new(place: &str, rows: Rows, format: Format) -> Self {
        Self {
            place: place.to_owned(),
            rows,
            format,
            symbol: None,
            stated: None,
            kind: Kind::Plain,
            clock: Clock::Utc,
            edge: Edge::Unknown,
            days: false,
            synthetic: false,
            scale: 1.0,
            adjusted_close: None,
            notes: vec![],
            questions: vec![],
        }
    }

    /// One after another.
    pub fn joined(parts: impl Iterator<Item = Self>) -> Self {
        let mut whole: Option<Self> = None;
        for part in parts {
            match &mut whole {
                None => whole = Some(part),
                Some(w) => {
                    w.rows.append(part.rows);
                    w.symbol = w.symbol.take().or(part.symbol);
                    w.stated = w.stated.or(part.stated);
                    w.days &= part.days;
                    w.synthetic |= part.synthetic;
                    if let (Some(a), Some(b)) = (&mut w.adjusted_close, part.adjusted_close) {
                        a.extend(b);
                    }
                    // Of a thousand files the same is said once.
                    for (to, from) in [(&mut w.notes, part.notes), (&mut w.questions, part.questions)] {
                        from.into_iter().for_each(|n| {
                            if !to.contains(&n) {
                                to.push(n)
                            }
                        });
                    }
                }
            }
        }
        whole.unwrap_or_else(|| Self::new("", Rows::default(), Format::Csv))
    }

    /// What keeps another part from being of the same series: what it is, here and there.
    pub fn differs(&self, other: &Self) -> Option<(&'static str, String, String)> {
        let pair = |what, a: &str, b: &str| (a != b).then(|| (what, a.to_owned(), b.to_owned()));
        let known = |what, a: Option<String>, b: Option<String>| pair(what, a.as_ref()?, b.as_ref()?);
        // Of a short file the commonest step may be a gap.
        let length = |p: &Self| {
            let found = (p.rows.len() >= 20).then(|| infer(&p.rows.time_ms)).flatten();
            p.stated.or(found).map(|t| t.to_string())
        };
        pair("format", self.format.name(), other.format.name())
            .or_else(|| known("symbol", self.symbol.clone(), other.symbol.clone()))
            .or_else(|| known("bar length", length(self), length(other)))
            .or_else(|| pair("clock", &self.clock.words(), &other.clock.words()))
            .or_else(|| pair("edge of a bar", self.edge.words(), other.edge.words()))
            .or_else(|| pair("scale of prices", &self.scale.to_string(), &other.scale.to_string()))
    }
}

impl Kind {
    /// Whether prices are those of the book and not of trades.
    pub fn is_quote(self) -> bool {
        matches!(self, Self::Quote | Self::Bid | Self::Ask)
    }
}

/// Reads the file `member`, which lies in `path` or is it.
pub(super) fn read(path: &Path, member: &Member, options: &Options) -> Result<Part> {
    let names = named(path, &member.name);
    if names.kind == Kind::Funding {
        return Err(Error::data(&member.place, "holds rates of funding by its name, not bars")
            .hint("import them by themselves: assay data import FILE --out funding.parquet"));
    }
    let mut part = content(path, member, options)?;
    part.symbol = part.symbol.take().or(names.symbol);
    part.stated = part.stated.or(names.timeframe);
    if part.kind == Kind::Plain {
        part.kind = names.kind;
    }
    match part.kind {
        Kind::Bid => part.notes.push("prices are bids".into()),
        Kind::Ask => part.notes.push("prices are asks".into()),
        Kind::Mark => part.notes.push("prices are mark prices, at which nothing trades".into()),
        _ => {}
    }
    volume(&mut part);
    Ok(part)
}

/// The format that is asked for, if a file that can be one of `possible` can be that; otherwise the one `found`.
///
/// # Errors
/// It cannot.
pub(super) fn asked_or(place: &str, found: Format, possible: &[Format], options: &Options) -> Result<Format> {
    match options.format {
        None => Ok(found),
        Some(asked) if possible.contains(&asked) => Ok(asked),
        Some(asked) => {
            let all: Vec<&str> = possible.iter().map(|f| f.name()).collect();
            let hint = match asked {
                Format::Lean => {
                    "LEAN's files are known by their folders: keep equity/usa/daily or the like above them"
                }
                _ => "leave out --as",
            };
            Err(Error::data(
                place,
                format!(
                    "is {} by what it holds, and cannot be {}; it could be {}",
                    found.name(),
                    asked.name(),
                    all.join(", ")
                ),
            )
            .hint(hint))
        }
    }
}

/// Says so where there is no volume, and makes it 0.
fn volume(part: &mut Part) {
    let rows = &mut part.rows;
    if rows.has_volume && !rows.is_empty() && rows.volume.iter().all(|v| v.is_nan()) {
        rows.has_volume = false;
    }
    if !rows.has_volume {
        rows.volume.iter_mut().for_each(|v| *v = 0.0);
        part.notes.push("the source has no volume: it is 0 throughout".into());
    }
}

/// What is wanted of the columns of a file.
pub(super) fn wanted(options: &Options) -> Wanted {
    Wanted {
        convention: options.time.unwrap_or_default(),
        volume_optional: true,
        named: options.named.clone(),
    }
}

fn content(path: &Path, member: &Member, options: &Options) -> Result<Part> {
    let (place, bytes) = (member.place.as_str(), member.bytes.as_ref());
    if bytes.starts_with(MAGIC) || is_arrow(bytes) {
        return columns(member, options);
    }
    if bytes.starts_with(b"FEA1") {
        return Err(
            Error::data(place, "a Feather file of the first version").hint("convert it to CSV or Parquet")
        );
    }
    let first = bytes.trim_ascii_start().first().copied();
    if matches!(first, Some(b'[' | b'{')) {
        return arrays(member, options);
    }
    if let Some(meaning) = lean::meaning(path).filter(|_| options.format.is_none_or(|f| f == Format::Lean)) {
        return of_lean(place, bytes, &meaning, options);
    }
    separated::read(place, bytes, options)
}

fn arrays(member: &Member, options: &Options) -> Result<Part> {
    let place = member.place.as_str();
    let json::Parsed { mut rows, time_name, written, width } =
        json::read(place, &member.bytes, &wanted(options))?;
    let time_name = time_name.unwrap_or_default().to_ascii_lowercase();
    let format = match width {
        // Dukascopy's tools write numbers under just this name.
        None if time_name == "timestamp" && written == Some(Written::Epoch) => {
            asked_or(place, Format::Dukascopy, &[Format::Dukascopy, Format::Json], options)?
        }
        None => asked_or(place, Format::Json, &[Format::Dukascopy, Format::Json], options)?,
        Some(11..) => asked_or(place, Format::Binance, &[Format::Binance, Format::Json], options)?,
        Some(_) => {
            let possible = [Format::Bitfinex, Format::Freqtrade, Format::Json];
            // The name of a candle file of freqtrade is as good as its word.
            let freqtrade = member.name.split_once('-').is_some_and(|(pair, _)| pair.contains('_'));
            let found = if freqtrade { Format::Freqtrade } else { Format::Json };
            let asked = options.format.map(|_| asked_or(place, found, &possible, options)).transpose()?;
            match order::settle(place, &mut rows, asked, freqtrade.then_some(Order::Ohlc))? {
                Order::Ochl => Format::Bitfinex,
                Order::Ohlc => asked.unwrap_or(found),
            }
        }
    };
    let mut part = Part::new(place, rows, format);
    part.clock = Clock::of(format, written, false, &time_name);
    part.edge = Edge::of(format, false, &time_name);
    Ok(part)
}

fn of_lean(place: &str, bytes: &[u8], meaning: &lean::Meaning, options: &Options) -> Result<Part> {
    let (_, _, first) = Text::begin(place, bytes)?;
    let layout = lean::layout(place, split(first, b',').len(), meaning)?;
    let quotes = layout.roles.ask.is_some();
    let read = Text::laid_out(place, bytes, layout)?.read()?;
    let mut part = Part::new(place, read.rows, Format::Lean);
    part.edge = Edge::of(Format::Lean, false, "");
    part.symbol.clone_from(&meaning.symbol);
    part.scale = meaning.scale;
    if meaning.scale != 1.0 {
        let adjusted = if options.adjust { "" } else { "; they are not adjusted" };
        part.notes.push(format!(
            "prices are ten-thousandths in LEAN's files of shares: divided by 10,000{adjusted}"
        ));
    }
    if quotes {
        part.kind = Kind::Quote;
        part.notes.push("prices are the middle of bid and ask; the spread is that at the close".into());
    }
    if read.empty > 0 {
        part.notes.push(format!("{} rows without a bid or without an ask are left out", read.empty));
    }
    part.clock = Clock::Of(meaning.zone);
    part.days = midnights(&part.rows);
    Ok(part)
}

/// Whether every time is the start of a day of its clock.
fn midnights(rows: &Rows) -> bool {
    rows.time_ms.iter().all(|t| t.rem_euclid(86_400_000) == 0)
}

fn columns(member: &Member, options: &Options) -> Result<Part> {
    let (place, bytes) = (member.place.as_str(), member.bytes.as_ref());
    let wanted = wanted(options);
    let (raw, format) = if bytes.starts_with(MAGIC) {
        (parquet_in::read_bytes(place, &member.bytes, &wanted)?, Format::Parquet)
    } else {
        (parquet_in::read_arrow(place, bytes, &wanted)?, Format::Arrow)
    };
    let synthetic = raw.synthetic();
    let own = raw.said(table::BAR_TIME).map(str::to_owned);
    let Raw { rows, time_name, zoned, metadata, .. } = raw;
    let by_name = named(Path::new(&member.name), "");
    let freqtrade = format == Format::Arrow
        && time_name == "date"
        && member.name.contains('_')
        && by_name.timeframe.is_some();
    let found = if freqtrade { Format::Freqtrade } else { format };
    let format = asked_or(place, found, &[format, Format::Freqtrade], options)?;
    let mut part = Part::new(place, rows, format);
    part.synthetic = synthetic;
    let said = |key: &str| metadata.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone());
    part.symbol = said(table::BAR_SYMBOL);
    part.stated = said(table::BAR_TIMEFRAME).and_then(|t| t.parse().ok());
    part.edge = if own.as_deref() == Some("open") || synthetic {
        Edge::Known(TimeConvention::Open, "the file says so")
    } else {
        Edge::of(format, false, &time_name.to_ascii_lowercase())
    };
    part.clock = if zoned { Clock::Utc } else { Clock::Unnamed };
    part.days = format != Format::Freqtrade && midnights(&part.rows);
    Ok(part)
}
