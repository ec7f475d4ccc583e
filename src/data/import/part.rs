//! One file of bars, recognised and read.

use std::path::Path;

use super::archive::Member;
use super::file_name::{Kind, named};
use super::json::{self, Order};
use super::{Format, Options, lean, separated};
use crate::data::columnar::is_arrow;
use crate::data::names::Wanted;
use crate::data::parquet_in::{self, MAGIC, Raw};
use crate::data::rows::Rows;
use crate::data::text::{Text, split};
use crate::data::{TimeConvention, table};
use crate::error::{Error, Result};
use crate::market::{Timeframe, Zone};

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

/// Which edge of a bar times mark, as far as the format tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// One of them, for a reason.
    Known(TimeConvention, &'static str),
    /// The format does not tell.
    Unknown,
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

    fn opens(mut self, why: &'static str) -> Self {
        self.edge = Edge::Known(TimeConvention::Open, why);
        self
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
    if let Some(format) = options.format.filter(|f| *f != part.format) {
        return Err(Error::data(
            &part.place,
            format!("is {} by what it holds, not {} as asked for", part.format.name(), format.name()),
        )
        .hint("leave out --as"));
    }
    Ok(part)
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
        return of_lean(place, bytes, &meaning);
    }
    separated::read(place, bytes, options)
}

fn arrays(member: &Member, options: &Options) -> Result<Part> {
    let place = member.place.as_str();
    let parsed = json::read(place, &member.bytes, &wanted(options))?;
    let mut rows = parsed.rows;
    let part = match parsed.width {
        None => Part::new(place, rows, Format::Dukascopy).opens("Dukascopy marks bars by their open"),
        Some(width) if width >= 11 => {
            Part::new(place, rows, Format::Binance).opens("Binance marks bars by their open")
        }
        Some(_) => {
            let proved = json::order_of(&rows);
            let asked = match options.format {
                Some(Format::Bitfinex) => Some(Order::Ochl),
                Some(Format::Freqtrade | Format::Json) => Some(Order::Ohlc),
                _ => None,
            };
            // The name of a candle file of freqtrade is as good as its word.
            let by_name = member
                .name
                .split_once('-')
                .is_some_and(|(pair, _)| pair.contains('_'))
                .then_some(Order::Ohlc);
            let order = proved.or(asked).or(by_name).ok_or_else(|| {
                Error::data(place, "open, high, low, close and open, close, high, low both fit its rows")
                    .hint("say which: --as freqtrade (open, high, low, close) or --as bitfinex (open, close, high, low)")
            })?;
            if let Some(asked) = asked.filter(|a| *a != order) {
                let (says, is) = if asked == Order::Ochl {
                    ("bitfinex", "open, high, low, close")
                } else {
                    ("freqtrade", "open, close, high, low")
                };
                return Err(Error::data(place, format!("the columns are {is}, not those of {says}"))
                    .hint("leave out --as"));
            }
            json::put_right(&mut rows, order);
            let format = match (order, options.format, by_name) {
                (Order::Ochl, ..) => Format::Bitfinex,
                (_, Some(Format::Json), _) | (_, None, None) => Format::Json,
                _ => Format::Freqtrade,
            };
            let part = Part::new(place, rows, format);
            if format == Format::Json { part } else { part.opens("the format marks bars by their open") }
        }
    };
    Ok(part)
}

fn of_lean(place: &str, bytes: &[u8], meaning: &lean::Meaning) -> Result<Part> {
    let (_, _, first) = Text::begin(place, bytes)?;
    let layout = lean::layout(place, split(first, b',').len(), meaning)?;
    let quotes = layout.roles.ask.is_some();
    let read = Text::laid_out(place, bytes, layout)?.read()?;
    let mut part = Part::new(place, read.rows, Format::Lean).opens("LEAN marks bars by their open");
    part.symbol.clone_from(&meaning.symbol);
    part.scale = meaning.scale;
    if meaning.scale != 1.0 {
        part.notes.push(
            "prices are ten-thousandths in LEAN's files of shares: divided by 10,000; they are not adjusted"
                .into(),
        );
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
    let (raw, mut format) = if bytes.starts_with(MAGIC) {
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
    if freqtrade {
        format = Format::Freqtrade;
    }
    let mut part = Part::new(place, rows, format);
    part.synthetic = synthetic;
    let said = |key: &str| metadata.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone());
    part.symbol = said(table::BAR_SYMBOL);
    part.stated = said(table::BAR_TIMEFRAME).and_then(|t| t.parse().ok());
    part.edge = match time_name.to_ascii_lowercase().as_str() {
        _ if own.as_deref() == Some("open") || synthetic => {
            Edge::Known(TimeConvention::Open, "the file says so")
        }
        _ if freqtrade => Edge::Known(TimeConvention::Open, "freqtrade marks bars by their open"),
        "open_time" | "opentime" => Edge::Known(TimeConvention::Open, "the column's name"),
        "close_time" | "closetime" => Edge::Known(TimeConvention::Close, "the column's name"),
        _ => Edge::Unknown,
    };
    part.clock = if zoned { Clock::Utc } else { Clock::Unnamed };
    part.days = !freqtrade && midnights(&part.rows);
    Ok(part)
}
