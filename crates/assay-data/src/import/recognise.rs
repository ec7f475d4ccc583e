//! One file of bars, recognised and read.

use std::path::Path;

use super::archive::Member;
use super::asked::{asked_or, text_only, unnamed, wanted};
use super::file_name::{NameKind, named};
use super::json::JsonRequest;
use super::order::{self, KRAKEN, RowOrder, VOLUME_OR_PRICE};
use super::part::{Edge, ImportPart, SourceClock};
use super::{Format, Options, json, lean, separated};
use crate::columnar::is_arrow;
use crate::error::{Error, Result};
use crate::instant::Written;
use crate::market::Timeframe;
use crate::metadata::FileMetadata;
use crate::parquet_file::MAGIC;
use crate::parquet_in::{self, RawColumns};
use crate::quality::infer;
use crate::rows::Rows;
use crate::text::{Text, split, without_mark};
use crate::week::snapped;
use crate::{TimeConvention, table};

/// Reads the file `member`, which lies in `path` or is it.
pub(super) fn read(path: &Path, member: &Member, options: &Options) -> Result<ImportPart> {
    let names = named(path, &member.name);
    if names.kind == NameKind::Funding {
        return Err(Error::data(&member.place, "holds rates of funding by its name, not bars")
            .hint("import them by themselves: assay data import FILE --out funding.parquet"));
    }
    let mut part = content(path, member, options)?;
    part.symbol = part.symbol.take().or(names.symbol);
    part.stated = part.stated.or(names.timeframe);
    folder(&mut part, names.folder);
    if part.kind == NameKind::Plain {
        part.kind = names.kind;
    }
    match part.kind {
        NameKind::Bid => part.notes.push("prices are bids".into()),
        NameKind::Ask => part.notes.push("prices are asks".into()),
        NameKind::Mark => part.notes.push("prices are mark prices, at which nothing trades".into()),
        _ => {}
    }
    volume(&mut part);
    Ok(part)
}

/// Says so where a folder's name reads like another length than the bars have: it is no evidence, and may be a download gone astray.
fn folder(part: &mut ImportPart, folder: Option<(String, Timeframe)>) {
    let Some((name, hint)) = folder.filter(|_| part.stated.is_none()) else { return };
    let found = infer(&part.rows.time_ms).map(snapped);
    if let Some(found) = found.filter(|f| *f != hint) {
        part.notes.push(format!(
            "the folder {name:?} reads like bars of {hint}; the bars are {found} apart, and that counts"
        ));
    }
}

/// Says so where there is no volume, and makes it 0.
fn volume(part: &mut ImportPart) {
    let rows = &mut part.rows;
    if rows.has_volume && !rows.is_empty() && rows.volume.iter().all(|v| v.is_nan()) {
        rows.has_volume = false;
    }
    if !rows.has_volume {
        rows.volume.iter_mut().for_each(|v| *v = 0.0);
        part.notes.push(match &part.like_volume[..] {
            [] => "the source has no volume: it is 0 throughout".into(),
            [first, ..] => format!(
                "no column is known as the volume, which is 0 throughout; {} may be it: --map volume={first:?} takes it",
                part.like_volume.join(", ")
            ),
        });
    }
}

fn content(path: &Path, member: &Member, options: &Options) -> Result<ImportPart> {
    let (place, bytes) = (member.place.as_str(), member.bytes.as_ref());
    let text = |what: &str| text_only(place, what, options);
    if bytes.starts_with(MAGIC) || is_arrow(bytes) {
        text("a file of columns")?;
        return columns(member, options);
    }
    if bytes.starts_with(b"FEA1") {
        return Err(
            Error::data(place, "a Feather file of the first version").hint("convert it to CSV or Parquet")
        );
    }
    let first = without_mark(bytes).trim_ascii_start().first().copied();
    if matches!(first, Some(b'[' | b'{')) {
        text("JSON")?;
        return arrays(member, options);
    }
    if let Some(meaning) = lean::meaning(path).filter(|_| options.format.is_none_or(|f| f == Format::Lean)) {
        text("a file of LEAN's")?;
        return of_lean(place, bytes, &meaning, options);
    }
    separated::read(place, bytes, options)
}

fn arrays(member: &Member, options: &Options) -> Result<ImportPart> {
    let place = member.place.as_str();
    let mut parsed = json::read(place, &member.bytes, &JsonRequest::of(options))?;
    let kraken = parsed.width == Some(KRAKEN.len()) && order::volume_is_price(&parsed.rows, 1);
    if kraken {
        let columns = KRAKEN.map(str::to_owned).to_vec();
        parsed = json::read(place, &member.bytes, &JsonRequest::of(&Options { columns, ..options.clone() }))?;
    }
    let json::Parsed { mut rows, time_name, written, days, width, like_volume, symbol, of_others, path } =
        parsed;
    let time_name = time_name.unwrap_or_default().to_ascii_lowercase();
    let objects = [Format::Dukascopy, Format::Json];
    let format = match width {
        // The user names the fields.
        None if kraken || !options.columns.is_empty() => {
            asked_or(place, Format::Json, &[Format::Binance, Format::Freqtrade, Format::Json], options)?
        }
        // Dukascopy's tools write numbers under just this name, and nothing around them.
        None if time_name == "timestamp" && written == Some(Written::Epoch) && path.is_none() => {
            asked_or(place, Format::Dukascopy, &objects, options)?
        }
        None => asked_or(place, Format::Json, &objects, options)?,
        Some(11..) => asked_or(place, Format::Binance, &[Format::Binance, Format::Json], options)?,
        Some(_) => {
            let possible = [Format::Bitfinex, Format::Freqtrade, Format::Json];
            // The name of a candle file of freqtrade is as good as its word.
            let freqtrade = member.name.split_once('-').is_some_and(|(pair, _)| pair.contains('_'));
            let found = if freqtrade { Format::Freqtrade } else { Format::Json };
            let asked = options.format.map(|_| asked_or(place, found, &possible, options)).transpose()?;
            match order::settle(place, &mut rows, asked, freqtrade.then_some(RowOrder::Ohlc))? {
                RowOrder::Ochl => Format::Bitfinex,
                RowOrder::Ohlc => asked.unwrap_or(found),
            }
        }
    };
    let mut part = ImportPart::new(place, rows, format);
    part.like_volume = like_volume;
    part.of_symbol(symbol, of_others);
    part.days = days;
    part.clock = SourceClock::of(format, written, days, &time_name);
    part.edge = Edge::of(format, days, &time_name);
    part.notes.extend(path.map(|p| format!("the rows are those of {p} in the JSON")));
    if kraken {
        part.notes.push(format!("the fields are {}, as Kraken writes them", KRAKEN.join(", ")));
    } else if width.is_some_and(|w| w < 11) && order::doubtful_volume(&part.rows) {
        part.questions.push(VOLUME_OR_PRICE.to_owned());
    }
    Ok(part)
}

fn of_lean(place: &str, bytes: &[u8], meaning: &lean::Meaning, options: &Options) -> Result<ImportPart> {
    unnamed(place, "the columns of LEAN's files are known", options)?;
    if meaning.scale != 1.0 && options.price_scale.is_some() {
        return Err(Error::data(
            place,
            "LEAN's folders say that prices are ten-thousandths, and --price-scale would scale them again",
        )
        .hint("leave out --price-scale, or say that it is another format: --as csv"));
    }
    if let Some((role, name)) = options.named.first() {
        return Err(Error::data(
            place,
            format!("has no column names for --map {role}={name:?}: it is LEAN's"),
        )
        .hint("leave it out, or say that it is another format: --as csv"));
    }
    let start = Text::start(place, bytes, 0, options.numbers)?;
    let layout = lean::layout(place, split(start.first, b',').len(), meaning)?;
    let quotes = layout.roles.ask.is_some();
    let read = Text::laid_out(place, bytes, layout)?.read()?;
    let mut part = ImportPart::new(place, read.rows, Format::Lean);
    part.edge = Edge::of(Format::Lean, false, "");
    part.symbol.clone_from(&meaning.symbol);
    part.stated = meaning.timeframe;
    part.scale = meaning.scale;
    if meaning.scale != 1.0 {
        let adjusted = if options.adjust { "" } else { "; they are not adjusted" };
        part.notes.push(format!(
            "prices are ten-thousandths in LEAN's files of shares: divided by 10,000{adjusted}"
        ));
    }
    if quotes {
        part.kind = NameKind::Quote;
        part.notes.push("prices are the middle of bid and ask; the spread is that at the close".into());
    }
    if read.empty > 0 {
        part.notes.push(format!("{} rows without a bid or without an ask are left out", read.empty));
    }
    part.clock = SourceClock::Of(meaning.zone);
    part.days = midnights(&part.rows);
    Ok(part)
}

/// Whether every time is the start of a day of its clock.
fn midnights(rows: &Rows) -> bool {
    rows.time_ms.iter().all(|t| t.rem_euclid(86_400_000) == 0)
}

fn columns(member: &Member, options: &Options) -> Result<ImportPart> {
    let (place, bytes) = (member.place.as_str(), member.bytes.as_ref());
    unnamed(place, "its columns have names", options)?;
    let wanted = wanted(options);
    let (raw, format) = if bytes.starts_with(MAGIC) {
        (parquet_in::read_bytes(place, &member.bytes, &wanted)?, Format::Parquet)
    } else {
        (parquet_in::read_arrow(place, bytes, &wanted)?, Format::Arrow)
    };
    let synthetic = raw.synthetic();
    let own = raw.said(table::BAR_TIME).map(str::to_owned);
    let RawColumns { rows, time_name, zoned, metadata, like_volume, symbol, of_others, .. } = raw;
    let by_name = named(Path::new(&member.name), "");
    let freqtrade = format == Format::Arrow
        && time_name == "date"
        && member.name.contains('_')
        && by_name.timeframe.is_some();
    let found = if freqtrade { Format::Freqtrade } else { format };
    let format = asked_or(place, found, &[format, Format::Freqtrade], options)?;
    let mut part = ImportPart::new(place, rows, format);
    part.synthetic = synthetic;
    part.like_volume = like_volume;
    let said = FileMetadata::of(place, &metadata)?;
    part.of_symbol(symbol, of_others);
    part.symbol = part.symbol.take().or(said.symbol);
    (part.stated, part.instrument) = (said.timeframe, said.instrument);
    part.edge = if own.as_deref() == Some("open") || synthetic {
        Edge::Known(TimeConvention::Open, "the file says so")
    } else {
        Edge::of(format, false, &time_name.to_ascii_lowercase())
    };
    part.clock = if zoned { SourceClock::Utc } else { SourceClock::Unnamed };
    part.days = format != Format::Freqtrade && midnights(&part.rows);
    Ok(part)
}
