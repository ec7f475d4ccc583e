//! Text of separated columns: which format it is, and what its columns are.

use super::asked::{asked_or, wanted};
use super::order::{self, RowOrder, VOLUME_OR_PRICE};
use super::part::{Edge, ImportPart, SourceClock};
use super::{Format, Options, lean};
use crate::error::{Error, Place, Result};
use crate::instant::{self, Dates, Written};
use crate::names::{KLINE, Roles, TimeAt, like_volumes};
use crate::rows::Rows;
use crate::text::{Layout, Text, split};

/// What a text can be.
const POSSIBLE: [Format; 6] =
    [Format::Csv, Format::Binance, Format::Bitfinex, Format::Metatrader, Format::Yahoo, Format::Dukascopy];

/// Reads text of separated columns of any format.
pub(super) fn read(place: &str, bytes: &[u8], options: &Options) -> Result<ImportPart> {
    let (_, delimiter, first) = Text::begin(place, bytes)?;
    let fields = split(first, delimiter);
    let bare = fields.first().is_some_and(|f| {
        instant::from_text(f.as_bytes()).is_some() || instant::slashed(f.as_bytes()).is_some()
    });
    if bare && lean::of_a_day(&fields) {
        return Err(lean::without_folders(place));
    }
    let layout = layout(place, bytes, options, bare)?;
    let unnamed = bare && options.columns.is_empty();
    let found = if unnamed { of_headless(&layout) } else { of_header(&layout.names) };
    let text = Text::laid_out(place, bytes, layout)?.with(|l| {
        l.order = options.dates;
        l.symbol.clone_from(&options.symbol);
        l.skip_empty |= found == Format::Yahoo;
    });
    let read = text.read()?;
    let Layout { names, roles, .. } = text.layout();
    let (TimeAt::One(at) | TimeAt::DateAndClock(at, _)) = roles.time;
    let time_name = names.get(at).map(|n| n.to_ascii_lowercase()).unwrap_or_default();
    let ticks = names.iter().any(|n| {
        let n = n.to_ascii_lowercase();
        n.contains("tick") && n.contains("vol")
    });
    let dots = read.written == Some(Written::Clock(Dates::YearFirst(b'.')));
    let exported = ticks || (dots && matches!(roles.time, TimeAt::DateAndClock(..)));
    let found = if found == Format::Csv && exported { Format::Metatrader } else { found };
    let mut format = asked_or(place, found, &POSSIBLE, options)?;
    let in_points = names.iter().any(|n| ["<SPREAD>", "spread in points"].contains(&n.as_str()));
    let others: Vec<String> = match roles.volume {
        None => like_volumes(&names.iter().map(String::as_str).collect::<Vec<_>>()),
        Some(_) => vec![],
    };
    let adjusted = names.iter().position(|n| n.eq_ignore_ascii_case("adj close"));
    let adjusted_close = match adjusted.filter(|_| options.adjust) {
        Some(i) => Some(text.with(|l| l.roles.prices = [i; 4]).read()?.rows.close),
        None => None,
    };
    let mut rows = read.rows;
    // Six columns that nobody names.
    if unnamed
        && found == Format::Csv
        && order::settle(place, &mut rows, options.format, None)? == RowOrder::Ochl
    {
        format = Format::Bitfinex;
    }
    // A column that the user names is what the user says.
    let asked = wanted(options).named.iter().any(|(role, _)| role == "spread");
    let in_points = in_points || ticks && !asked && in_whole_points(&mut rows);
    let mut part = ImportPart::new(place, rows, format);
    part.like_volume = others;
    part.of_symbol(read.symbol, read.of_others);
    part.adjusted_close = adjusted_close;
    part.days = read.days_alone;
    part.clock = SourceClock::of(format, read.written, part.days, &time_name);
    part.edge = Edge::of(format, part.days, &time_name);
    if bare && options.price_scale.is_none() && lean::like_shares(read.written, &part.rows) {
        part.questions.push(lean::UNIT.to_owned());
    }
    if unnamed && found == Format::Csv && order::doubtful_volume(&part.rows) {
        part.questions.push(VOLUME_OR_PRICE.to_owned());
    }
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

/// Takes out a spread of whole numbers beside a number of ticks: MetaTrader counts it in points.
fn in_whole_points(rows: &mut Rows) -> bool {
    let whole = |v: &f64| v.fract() == 0.0 || v.is_nan();
    let points = rows.spread.as_ref().is_some_and(|s| s.iter().all(whole) && s.iter().any(|v| *v >= 1.0));
    if points {
        rows.spread = None;
    }
    points
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
        return headless(place, delimiter, &fields);
    }
    // What MetaTrader calls volume is often 0 in currencies, where the ticks are counted beside it.
    if fields.iter().any(|f| f == "<TICKVOL>") && !wanted.named.iter().any(|(r, _)| r == "volume") {
        wanted.named.push(("volume".into(), "<TICKVOL>".into()));
    }
    let roles = Text::roles(place, all, &fields, &wanted)?;
    Ok(Layout::new(delimiter, fields, true, roles))
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

/// The layout of a text without a header, whose first row has these fields.
fn headless(place: &str, delimiter: u8, fields: &[String]) -> Result<Layout> {
    let line = |problem: String| Error::data(Place::line(place, 1), problem);
    let ask = "name its columns in their order: --columns time,open,high,low,close,volume";
    let owned = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<String>>();
    let clock = fields.get(1).is_some_and(|f| f.len() >= 4 && f.as_bytes().get(2) == Some(&b':'));
    let roles = |time, first: usize, volume| Roles {
        time,
        prices: [first, first + 1, first + 2, first + 3],
        volume,
        spread: None,
        ask: None,
        symbol: None,
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
        let roles = roles(TimeAt::One(0), 1, volume);
        return Ok(Layout::new(delimiter, owned(&names[..fields.len()]), false, roles));
    }
    Err(line(format!("no header, and {} fields that are of no known format", fields.len())).hint(ask))
}
