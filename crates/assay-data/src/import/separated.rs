//! Text of separated columns: which format it is, and what its columns are.

use super::asked::{asked_or, wanted};
use super::header::{self, TableHead};
use super::order::{self, RowOrder, VOLUME_OR_PRICE};
use super::part::{Edge, ImportPart, SourceClock};
use super::{Format, Options, lean};
use crate::error::Result;
use crate::instant::{Dates, Written};
use crate::market::Timeframe;
use crate::names::{self, TimeAt, like_volumes};
use crate::rows::Rows;
use crate::text::{Layout, Text};

/// What a text can be.
const POSSIBLE: [Format; 6] =
    [Format::Csv, Format::Binance, Format::Bitfinex, Format::Metatrader, Format::Yahoo, Format::Dukascopy];

/// Reads text of separated columns of any format.
pub(super) fn read(place: &str, bytes: &[u8], options: &Options) -> Result<ImportPart> {
    let TableHead { layout, bare, format: found, symbol, notes } = header::find(place, bytes, options)?;
    let unnamed = bare && options.columns.is_empty();
    let text = Text::laid_out(place, bytes, layout)?.with(|l| l.skip_empty |= found == Format::Yahoo);
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
    let adjusted = names::adjusted_close(names, &options.named);
    let stated = stated_length(&text);
    let names = names.clone();
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
    part.of_symbol(read.symbol.or(symbol), read.of_others);
    part.notes.extend(notes);
    part.stated = stated;
    part.adjusted_close = adjusted_close;
    part.days = read.days_alone;
    part.clock = read
        .zone
        .map_or_else(|| SourceClock::of(format, read.written, part.days, &time_name), SourceClock::Of);
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
    if !options.adjust {
        part.notes.extend(match (adjusted, format) {
            (Some(_), Format::Yahoo) => {
                Some("prices are adjusted for splits, not for dividends; --adjust does so by Adj Close".into())
            }
            (Some(i), _) => Some(format!("prices are taken as they are; --adjust adjusts them by {}", names[i])),
            (None, Format::Yahoo) => Some(
                "without Adj Close: yfinance has adjusted prices for dividends, unless it was told auto_adjust=False".into(),
            ),
            (None, _) => None,
        });
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

/// The length of a bar that a column `<PER>` states, in minutes or as D or W.
fn stated_length(text: &Text<'_>) -> Option<Timeframe> {
    let at = text.layout().names.iter().position(|n| n.eq_ignore_ascii_case("<PER>"))?;
    match text.first_row()?.get(at)?.as_str() {
        "D" => "1d".parse().ok(),
        "W" => "1w".parse().ok(),
        minutes => Timeframe::from_ms(minutes.parse::<i64>().ok()?.checked_mul(60_000)?),
    }
}
