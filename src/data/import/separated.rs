//! Text of separated columns: which format it is, and what its columns are.

use super::json::{self, Order};
use super::part::{Clock, Edge, Part, wanted};
use super::{Format, Options};
use crate::data::TimeConvention;
use crate::data::instant::{self, Dates, Written};
use crate::data::names::{KLINE, Roles, TimeAt};
use crate::data::text::{Layout, Text, split};
use crate::error::{Error, Result};

const DATED: &str = "a date is that of its bar";

/// Reads text of separated columns of any format.
pub(super) fn read(place: &str, bytes: &[u8], options: &Options) -> Result<Part> {
    let (_, delimiter, first) = Text::begin(place, bytes)?;
    let fields = split(first, delimiter);
    let bare = fields.first().is_some_and(|f| {
        instant::from_text(f.as_bytes()).is_some() || instant::slashed(f.as_bytes()).is_some()
    });
    let layout = layout(place, bytes, options, bare)?;
    let format =
        if bare && options.columns.is_empty() { of_headless(&layout) } else { of_header(&layout.names) };
    let text = Text::laid_out(place, bytes, layout)?.with(|l| {
        l.order = options.dates;
        l.skip_empty |= format == Format::Yahoo;
    });
    let read = text.read()?;
    let names = &text.layout().names;
    let (TimeAt::One(at) | TimeAt::DateAndClock(at, _)) = text.layout().roles.time;
    let time_name = names.get(at).map(|n| n.to_ascii_lowercase()).unwrap_or_default();
    let ticks = names.iter().any(|n| {
        let n = n.to_ascii_lowercase();
        n.contains("tick") && n.contains("vol")
    });
    let dots = read.written == Some(Written::Clock(Dates::YearFirst(b'.')));
    let format = match format {
        Format::Csv if ticks || (dots && matches!(text.layout().roles.time, TimeAt::DateAndClock(..))) => {
            Format::Metatrader
        }
        format => format,
    };
    let in_points = names.iter().any(|n| ["<SPREAD>", "spread in points"].contains(&n.as_str()));
    let adjusted = names.iter().position(|n| n.eq_ignore_ascii_case("adj close"));
    let adjusted_close = match adjusted.filter(|_| options.adjust) {
        Some(i) => Some(text.with(|l| l.roles.prices = [i; 4]).read()?.rows.close),
        None => None,
    };
    let mut rows = read.rows;
    let order = (format == Format::Csv && bare && options.columns.is_empty())
        .then(|| json::order_of(&rows))
        .flatten();
    let format = if order == Some(Order::Ochl) { Format::Bitfinex } else { format };
    if order == Some(Order::Ochl) {
        json::put_right(&mut rows, Order::Ochl);
    }
    let mut part = Part::new(place, rows, format);
    part.adjusted_close = adjusted_close;
    part.days = read.days_alone;
    part.clock = clock(format, read.written, part.days, &time_name);
    part.edge = edge(format, part.days, &time_name);
    if read.empty > 0 {
        part.notes.push(format!("{} rows without a price are left out", read.empty));
    }
    if format == Format::Yahoo && !options.adjust {
        part.notes
            .push("prices are adjusted for splits, not for dividends; --adjust does so by Adj Close".into());
    }
    if format == Format::Metatrader && in_points {
        part.notes.push("the spread is in points, whose size the file does not name, and is left out".into());
    }
    if format == Format::Metatrader && ticks {
        part.notes.push("volume is the number of ticks".into());
    }
    Ok(part)
}

/// The columns of the text, as the user, its header or its first row says.
fn layout(place: &str, bytes: &[u8], options: &Options, bare: bool) -> Result<Layout> {
    let mut wanted = wanted(options);
    let (all, delimiter, first) = Text::begin(place, bytes)?;
    if !options.columns.is_empty() {
        let roles = Text::roles("--columns", b"", &options.columns, &wanted)?;
        return Ok(Layout::new(delimiter, options.columns.clone(), !bare, roles));
    }
    let fields = split(first, delimiter);
    if bare {
        return headless(place, bytes, delimiter, &fields);
    }
    // What MetaTrader calls volume is often 0 in currencies, where the ticks are counted beside it.
    if fields.iter().any(|f| f == "<TICKVOL>") && !wanted.named.iter().any(|(r, _)| r == "volume") {
        wanted.named.push(("volume".into(), "<TICKVOL>".into()));
    }
    let roles = Text::roles(place, all, &fields, &wanted)?;
    Ok(Layout::new(delimiter, fields, true, roles))
}

/// Whose clock times are on that are written like this, in a column of this name.
fn clock(format: Format, written: Option<Written>, days: bool, time_name: &str) -> Clock {
    match written {
        Some(Written::Epoch | Written::Zoned) | None => Clock::Utc,
        _ if days => Clock::Unnamed,
        _ if ["gmt time", "time (utc)", "timestamp_utc"].contains(&time_name) => Clock::Utc,
        _ if format == Format::Metatrader || time_name.contains("local") || time_name.contains("eet") => {
            Clock::Asked
        }
        _ => Clock::Unnamed,
    }
}

/// Which edge of a bar times mark in a column of this name.
fn edge(format: Format, days: bool, time_name: &str) -> Edge {
    use TimeConvention::{Close, Open};
    let by_format = [Format::Binance, Format::Bitfinex, Format::Metatrader, Format::Dukascopy];
    match time_name {
        "close_time" | "closetime" => Edge::Known(Close, "the column's name"),
        _ if by_format.contains(&format) => Edge::Known(Open, "the format marks bars by their open"),
        "open_time" | "opentime" | "start_time" | "candle_begin_time" => {
            Edge::Known(Open, "the column's name")
        }
        _ if days => Edge::Known(Open, DATED),
        _ => Edge::Unknown,
    }
}

/// The format that the names of a header show.
fn of_header(names: &[String]) -> Format {
    let has = |name: &str| names.iter().any(|n| n.eq_ignore_ascii_case(name));
    if has("<DATE>") && has("<OPEN>") {
        Format::Metatrader
    } else if KLINE[..6].iter().all(|n| has(n)) && (has("close_time") || has("quote_volume")) {
        Format::Binance
    } else if has("adj close") {
        Format::Yahoo
    } else if has("gmt time") || has("local time") || has("time (utc)") || has("time (eet)") {
        Format::Dukascopy
    } else {
        Format::Csv
    }
}

/// The format of a file without a header, by its layout.
fn of_headless(layout: &Layout) -> Format {
    match layout.names.len() {
        12 => Format::Binance,
        _ if matches!(layout.roles.time, TimeAt::DateAndClock(..)) => Format::Metatrader,
        _ => Format::Csv,
    }
}

/// Bytes of which most files show their order.
const SAMPLE: usize = 1 << 18;

/// The layout of a text without a header, whose first row has these fields.
fn headless(place: &str, bytes: &[u8], delimiter: u8, fields: &[String]) -> Result<Layout> {
    let line = |problem: String| Error::data(format!("{place}:1"), problem);
    let ask = "name its columns in their order: --columns time,open,high,low,close,volume";
    let owned = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<String>>();
    let clock = fields.get(1).is_some_and(|f| f.len() >= 4 && f.as_bytes().get(2) == Some(&b':'));
    let roles = |time, first: usize, volume| Roles {
        time,
        prices: [first, first + 1, first + 2, first + 3],
        volume,
        spread: None,
        ask: None,
    };
    let numbers = |from: usize| fields.iter().skip(from).all(|f| f.parse::<f64>().is_ok());
    if fields.len() == 12 && instant::from_text(fields[6].as_bytes()).is_some() {
        return Ok(Layout::new(delimiter, owned(&KLINE), false, roles(TimeAt::One(0), 1, Some(5))));
    }
    if clock && numbers(2) {
        let names =
            ["date", "time", "open", "high", "low", "close", "tick volume", "volume", "spread in points"];
        if (6..=9).contains(&fields.len()) {
            let volume = (fields.len() > 6).then_some(6);
            return Ok(Layout::new(
                delimiter,
                owned(&names[..fields.len()]),
                false,
                roles(TimeAt::DateAndClock(0, 1), 2, volume),
            ));
        }
    }
    if !clock && numbers(1) && matches!(fields.len(), 5 | 6) {
        let names = ["time", "open", "high", "low", "close", "volume"];
        let volume = (fields.len() == 6).then_some(5);
        let layout =
            Layout::new(delimiter, owned(&names[..fields.len()]), false, roles(TimeAt::One(0), 1, volume));
        // Open, high, low, close unless the rows say that it is Bitfinex's order.
        let end =
            bytes[..bytes.len().min(SAMPLE)].iter().rposition(|b| *b == b'\n').map_or(bytes.len(), |n| n + 1);
        let shown = |bytes| match Text::laid_out(place, bytes, layout.clone())?.read() {
            Ok(r) => Ok(json::order_of(&r.rows).is_some()),
            // What is wrong in a row is said when all are read.
            Err(_) => Ok::<bool, Error>(true),
        };
        if !shown(&bytes[..end])? && !shown(bytes)? {
            return Err(line("no header, and the rows do not show which column is which".into()).hint(ask));
        }
        return Ok(layout);
    }
    Err(line(format!("no header, and {} fields that are of no known format", fields.len())).hint(ask))
}
