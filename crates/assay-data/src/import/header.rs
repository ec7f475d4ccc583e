//! Where a text begins to be a table, and what its columns are: as the user says, as a header names them, or as the first row shows.

use super::asked::wanted;
use super::{Format, Options, lean};
use crate::error::{Error, Place, Result};
use crate::instant;
use crate::names::{self, KLINE, Roles, TimeAt};
use crate::text::{Layout, Text, TextStart, split};
use crate::two_levels::{self, Levels};

/// A header is looked for in so many lines.
const LINES: usize = 30;

/// So many of the lines above a header are shown.
const SHOWN: usize = 2;

/// The head of a table.
pub(super) struct TableHead {
    pub layout: Layout,
    /// Whether the table begins with a row.
    pub bare: bool,
    /// What the columns say of the format.
    pub format: Format,
    /// The instrument, where the header names it.
    pub symbol: Option<String>,
    pub notes: Vec<String>,
}

/// Finds it in the text `bytes`.
pub(super) fn find(place: &str, bytes: &[u8], options: &Options) -> Result<TableHead> {
    let start = Text::start(place, bytes, options.skip_lines, options.numbers)?;
    let fields = split(start.first, start.delimiter);
    let bare = match options.columns.is_empty() {
        true => is_row(&fields),
        false => is_row_of(&fields, &options.columns, options),
    };
    if bare && lean::of_a_day(&fields) {
        return Err(lean::without_folders(place));
    }
    let head = match (options.columns.is_empty(), bare) {
        (false, _) => asked(&start, options, bare)?,
        (true, true) => {
            let layout = headless(place, start.delimiter, &fields)?;
            let format = of_headless(&layout);
            TableHead { layout, bare, format, symbol: None, notes: vec![] }
        }
        (true, false) => match leveled(place, &start, options)? {
            Some(head) => head,
            None => named(place, &start, options)?,
        },
    };
    let mut layout = head.layout;
    layout.numbers = options.numbers;
    layout.order = options.dates;
    layout.symbol.clone_from(&options.symbol);
    layout.zone = options.zone;
    layout.gappy_volume = true;
    layout.start = layout.start.max(start.at);
    Ok(TableHead { layout, ..head })
}

/// Whether a line begins with a time: a row, not a header.
fn is_row(fields: &[String]) -> bool {
    fields.first().is_some_and(|f| is_time(f))
}

/// Whether a line is a row of these columns: it has a time where they say, or numbers for prices.
fn is_row_of(fields: &[String], columns: &[String], options: &Options) -> bool {
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    let Ok(roles) = names::find(&names, &wanted(options)) else { return is_row(fields) };
    let (TimeAt::One(at) | TimeAt::DateAndClock(at, _)) = roles.time;
    let price = |i: &usize| fields.get(*i).is_some_and(|f| options.numbers.price(f.as_bytes()).is_some());
    fields.get(at).is_some_and(|f| is_time(f)) || roles.prices.iter().all(price)
}

fn is_time(field: &str) -> bool {
    let f = field.as_bytes();
    let f = instant::zone_behind(f).map_or(f, |(time, _)| time);
    instant::from_text(f).is_some() || instant::slashed(f).is_some()
}

/// The columns that the user names, below a header of as many or without one.
fn asked(start: &TextStart<'_>, options: &Options, bare: bool) -> Result<TableHead> {
    let names = options.columns.clone();
    let roles = Text::roles(Place::file("--columns"), &names, &wanted(options))?;
    let mut layout = Layout::new(start.delimiter, names, !bare, roles);
    let format = of_header(&layout.names);
    let width = layout.names.len();
    let mut notes = vec![];
    if !bare && split(start.first, start.delimiter).len() != width {
        // Something else stands above the table.
        let head = start.lines().take(LINES).enumerate().skip(1).find_map(|(n, (at, line))| {
            let delimiter = start.delimiter_of(line);
            let fields = split(line, delimiter);
            (fields.len() == width).then(|| (n, at, delimiter, is_row_of(&fields, &options.columns, options)))
        });
        if let Some((n, at, delimiter, row)) = head {
            (layout.start, layout.header_lines) = (at, usize::from(!row));
            layout.delimiter = delimiter;
            notes.push(above(start, n));
        }
    }
    Ok(TableHead { layout, bare, format, symbol: None, notes })
}

/// A header of one line, the first that names what bars have.
fn named(place: &str, start: &TextStart<'_>, options: &Options) -> Result<TableHead> {
    let mut worst: Option<(usize, Error)> = None;
    let mut row = None;
    for (n, (at, line)) in start.lines().take(LINES).enumerate() {
        let delimiter = start.delimiter_of(line);
        let fields = split(line, delimiter);
        if is_row(&fields) {
            row = Some(at);
            break;
        }
        let mut wanted = wanted(options);
        // What MetaTrader calls volume is often 0 in currencies, where the ticks are counted beside it.
        if fields.iter().any(|f| f == "<TICKVOL>") && !wanted.named.iter().any(|(r, _)| r == "volume") {
            wanted.named.push(("volume".into(), "<TICKVOL>".into()));
        }
        match Text::roles(Place::line(place, start.line_of(at)), &fields, &wanted) {
            Ok(roles) => {
                let format = of_header(&fields);
                let mut layout = Layout::new(delimiter, fields, true, roles);
                layout.start = at;
                let notes = if n > 0 { vec![above(start, n)] } else { vec![] };
                return Ok(TableHead { layout, bare: false, format, symbol: None, notes });
            }
            // The line of most fields is most of a header.
            Err(e) if worst.as_ref().is_none_or(|(w, _)| *w < fields.len()) => {
                worst = Some((fields.len(), e))
            }
            Err(_) => {}
        }
    }
    let Some((_, error)) = worst else {
        return Err(Error::data(place, "no line names the columns").hint("name them: --columns"));
    };
    let Some(line) = row.map(|at| start.line_of(at)).filter(|line| *line > 1) else { return Err(error) };
    let hint = format!(
        "{}. Or, if rows begin in line {line} and no line above names the columns: --skip {} --columns, with the names of \
         all fields in their order",
        error.remedy().unwrap_or_default(),
        line - 1
    );
    Err(error.hint(hint))
}

/// A header of three lines, as pandas writes columns of two levels: prices, instruments, and the name of the index.
fn leveled(place: &str, start: &TextStart<'_>, options: &Options) -> Result<Option<TableHead>> {
    let lines: Vec<(usize, &[u8], Vec<String>)> = start
        .lines()
        .take(LINES)
        .map(|(at, line)| (at, line, split(line, start.delimiter_of(line))))
        .collect();
    let found = lines
        .windows(3)
        .enumerate()
        .find_map(|(n, w)| Some((n, &w[0], Levels::of_lines(&w[0].2, &w[1].2, &w[2].2)?)));
    let Some((n, (at, line, _), levels)) = found else { return Ok(None) };
    let at_line = Place::line(place, start.line_of(*at));
    let two_levels::OneOf { names, symbol, others } = levels.one(options.symbol.as_deref(), &at_line)?;
    let roles = Text::roles(at_line, &names, &wanted(options))?;
    let mut layout = Layout::new(start.delimiter_of(line), names, true, roles);
    (layout.start, layout.header_lines) = (*at, 3);
    let mut notes = if n > 0 { vec![above(start, n)] } else { vec![] };
    if others > 0 {
        notes
            .push(format!("the columns of {symbol} alone: those of {others} other instruments are left out"));
    }
    Ok(Some(TableHead { layout, bare: false, format: Format::Yahoo, symbol: Some(symbol), notes }))
}

/// That lines above the header are left out.
fn above(start: &TextStart<'_>, n: usize) -> String {
    let shown: Vec<String> = start
        .lines()
        .take(n.min(SHOWN))
        .map(|(_, line)| format!("{:?}", names::shorten(&String::from_utf8_lossy(line))))
        .collect();
    let more = if n > SHOWN { ", ..." } else { "" };
    let lines = if n == 1 { "line" } else { "lines" };
    format!("{n} {lines} above the header left out: {}{more}", shown.join(", "))
}

/// The format that the names of a header show.
fn of_header(names: &[String]) -> Format {
    let has = |name: &str| names.iter().any(|n| n.eq_ignore_ascii_case(name));
    // Stooq and MetaStock name the instrument in every row.
    if has("<DATE>") && has("<OPEN>") && !has("<TICKER>") {
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
    let ask = "name its columns in their order: --columns time,open,high,low,close,volume; lines above its rows are left out by --skip N";
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
    let numbers = |from: usize| {
        fields.iter().skip(from).all(|f| f.starts_with(|c: char| c.is_ascii_digit() || ".,-$".contains(c)))
    };
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
