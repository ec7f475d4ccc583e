//! Rates of funding to one table of events.

use std::path::{Path, PathBuf};

use super::archive::{self, Member};
use super::file_name::{NameKind, named};
use super::json::JsonRequest;
use super::{SourceFile, json};
use crate::error::{Error, Place, Result};
use crate::file::sha256_hex;
use crate::instant;
use crate::table::{self, Column, Table};
use crate::timed::{Timed, funding_of};

/// Rates of funding, by time.
#[derive(Debug, Clone)]
pub struct Events {
    /// When each is paid, milliseconds UTC, rising.
    pub time_ms: Vec<i64>,
    /// The rate, a share of the position's worth.
    pub rate: Vec<f64>,
    /// The mark price, where there is one.
    pub mark: Option<Vec<f64>>,
    /// The instrument, where a file's name tells.
    pub symbol: Option<String>,
    /// What was noticed, in words.
    pub notes: Vec<String>,
    /// The files, in the order of their rows.
    pub files: Vec<SourceFile>,
}

/// Whether a file holds rates of funding by its name.
pub fn holds_funding(path: &Path) -> bool {
    named(path, "").kind == NameKind::Funding
}

/// Reads files of funding rates: of freqtrade (Feather, JSON), of Binance, of LEAN, or CSV and Parquet with a column of rates.
///
/// # Errors
/// A file cannot be read, holds no rates, or times do not rise.
pub fn import_funding(paths: &[PathBuf]) -> Result<Events> {
    let mut parts: Vec<(SourceFile, Timed)> = vec![];
    let mut symbol = None;
    for path in paths {
        let opened = archive::open(path)?;
        let sha256 = sha256_hex(&opened.raw);
        for member in opened.members {
            symbol = symbol.or_else(|| named(path, &member.name).symbol);
            let timed = rates(member)?;
            let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
            parts.push((SourceFile { name, sha256: sha256.clone(), rows: timed.time_ms.len() }, timed));
        }
    }
    parts.sort_by_key(|(_, t)| t.time_ms.first().copied());
    let mut out = Events { time_ms: vec![], rate: vec![], mark: None, symbol, notes: vec![], files: vec![] };
    let mut mark: Vec<f64> = vec![];
    for (file, t) in parts {
        if let (Some(before), Some(first)) = (out.time_ms.last(), t.time_ms.first())
            && first <= before
        {
            return Err(Error::data(&t.place, "begins before the file before it ends")
                .hint("files must not overlap: keep one of each month"));
        }
        out.time_ms.extend(&t.time_ms);
        out.rate.extend(&t.value);
        mark.extend(&t.mark);
        out.files.push(file);
    }
    out.mark = mark.iter().any(|m| m.is_finite()).then_some(mark);
    let off = out.time_ms.iter().filter(|t| **t % 60_000 != 0).count();
    if off > 0 {
        out.notes.push(format!("{off} times are not on the minute and are kept as they are"));
    }
    Ok(out)
}

/// The rates of one file.
fn rates(member: Member) -> Result<Timed> {
    let Member { place, bytes, .. } = member;
    let timed = |times, rates| Timed::of_rates(place.clone(), times, rates);
    let out = if bytes.trim_ascii_start().starts_with(b"[") {
        // freqtrade writes candles, of which the open is the rate.
        let rows = json::read(&place, &bytes, &JsonRequest::unnamed())?.rows;
        timed(rows.time_ms, rows.open)
    } else if bytes.first().is_some_and(u8::is_ascii_digit) {
        let (mut times, mut values) = (vec![], vec![]);
        let text = String::from_utf8_lossy(&bytes);
        for (n, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
            let row = line.split_once(',').and_then(|(t, rate)| {
                Some((instant::from_text(t.trim().as_bytes())?, rate.trim().parse::<f64>().ok()?))
            });
            let Some((time, rate)) = row else {
                return Err(Error::data(Place::line(&place, n + 1), "no time and rate")
                    .hint("expected 20240101 08:00:00,0.0001"));
            };
            times.push(time);
            values.push(rate);
        }
        timed(times, values)
    } else {
        return funding_of(place, bytes);
    };
    for i in 0..out.time_ms.len() {
        let place = || Place::row(&out.place, i + 1);
        if i > 0 && out.time_ms[i] <= out.time_ms[i - 1] {
            return Err(Error::data(place(), "its time is not after that of the row before")
                .hint("sort the rows by time and keep one a time"));
        }
        if out.value[i].is_nan() || out.value[i].abs() >= 1.0 {
            return Err(Error::data(place(), format!("is no rate: {}", out.value[i]))
                .hint("a rate is a share such as 0.0001, not a percentage"));
        }
    }
    Ok(out)
}

impl Events {
    /// Writes the events as a Parquet table of `time`, `funding_rate` and, where known, `mark_price`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let mut t = Table::new()
            .with("time", Column::TimeMs(self.time_ms.clone()))
            .with("funding_rate", Column::F64(self.rate.clone()));
        if let Some(mark) = &self.mark {
            t.push("mark_price", Column::F64(mark.clone()));
        }
        let files = serde_json::to_string(&self.files).map_err(|e| Error::internal("funding", e))?;
        let mut metadata = vec![("assay:kind", "funding".to_owned()), ("assay:files", files)];
        metadata.extend(self.symbol.clone().map(|s| (table::BAR_SYMBOL, s)));
        table::write(path, &t, &metadata)
    }
}
