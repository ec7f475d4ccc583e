//! One file of bars, read, checked and cut.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use super::columnar::is_arrow;
use super::file;
use super::identity::Identity;
use super::metadata::FileMetadata;
use super::names::ColumnRequest;
use super::parquet_file::MAGIC;
use super::parquet_in::{self, RawColumns};
use super::quality::{Quality, grid_phase, infer};
use super::rows::Rows;
use super::text::Text;
use super::timed::{Timed, load_funding};
use crate::error::{Error, Result};
use crate::market::{Bars, Calendar, Detail, Funding, Timeframe, format_time};

/// Which edge of a bar the times in a file mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TimeConvention {
    /// Its start.
    #[default]
    Open,
    /// Its end, or the last second or millisecond before it.
    Close,
}

/// What is wanted of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LoadRequest {
    /// Length of a bar; found out where not given, and an error where the file says otherwise.
    pub timeframe: Option<Timeframe>,
    /// Bars that open before it serve warm-ups: they are read and never judged, milliseconds UTC.
    pub from_ms: Option<i64>,
    /// Bars that open at or after it are dropped, milliseconds UTC.
    pub to_ms: Option<i64>,
    /// Which edge of a bar the times mark.
    pub time: TimeConvention,
    /// When the market trades, by which missing bars are counted; by what the bars show of their week where not given.
    pub calendar: Option<Calendar>,
}

/// The bars of a file and what is known about them.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// All bars before the end of the requested range.
    pub bars: Bars,
    /// How many of them open before the start of the requested range: they are read, for warm-ups, and never judged. All,
    /// where the file ends before it.
    pub lead: usize,
    /// All bars of the file, of which those are a part.
    pub whole: Bars,
    /// What those bars lack.
    pub quality: Quality,
    /// Codes of the regime ([`REGIMES`](crate::synth::REGIMES)) that generated each bar, where a Parquet file has a column
    /// `true_regime`; 255 is unknown.
    pub truth: Option<Vec<u8>>,
    /// Bid-ask spread of each bar, a price, where the file has a column `spread`; NaN where a cell is none.
    pub spread: Option<Vec<f64>>,
    /// Whether the file says of itself that it was generated: no evidence about any market.
    pub synthetic: bool,
    /// SHA-256 of the file's bytes, lower-case hexadecimal.
    pub sha256: String,
    /// Bars in the file, before the range was cut.
    pub rows_in_file: usize,
    /// The file's name without its folder.
    pub file_name: String,
    /// Finer bars under these.
    pub detail: Option<LowerTimeframe>,
    /// What positions pay over time.
    pub funding: Option<FundingFile>,
    /// What the file says of itself.
    pub metadata: FileMetadata,
}

/// Funding and the file it came from.
#[derive(Debug, Clone)]
pub struct FundingFile {
    /// The payments, by bar.
    pub funding: Arc<Funding>,
    /// The file's name without its folder.
    pub file_name: String,
    /// SHA-256 of the file's bytes.
    pub sha256: String,
    /// What makes it the same funding, from whatever file.
    pub id: String,
}

/// LowerTimeframe bars and the file they came from.
#[derive(Debug, Clone)]
pub struct LowerTimeframe {
    /// The bars, by the coarse bar they lie in.
    pub detail: Arc<Detail>,
    /// The file's name without its folder.
    pub file_name: String,
    /// SHA-256 of the file's bytes.
    pub sha256: String,
}

impl Loaded {
    /// The same with the finer bars of `path` under its bars.
    ///
    /// # Errors
    /// The file is not one of bars, or they do not lie under these.
    pub fn with_detail(self, path: &Path, time: TimeConvention) -> Result<Self> {
        let fine = load(path, &LoadRequest { time, ..LoadRequest::default() })?;
        self.with_finer(fine, &path.display().to_string())
    }

    /// The same with the bars of `fine` under its bars; `place` is what errors call them.
    ///
    /// # Errors
    /// They do not lie under these.
    pub fn with_finer(self, fine: Self, place: &str) -> Result<Self> {
        let detail = Detail::new(&self.bars, self.lead, fine.bars).map_err(|problem| {
            Error::data(place, problem)
                .hint("give shorter bars of the same market and range as data.detail; both must mark the same edge of a bar")
        })?;
        let detail =
            LowerTimeframe { detail: Arc::new(detail), file_name: fine.file_name, sha256: fine.sha256 };
        Ok(Self { detail: Some(detail), ..self })
    }

    /// The same with the funding of `path`.
    ///
    /// # Errors
    /// The file is not one of funding, or does not cover the bars.
    pub fn with_funding(self, path: &Path) -> Result<Self> {
        self.with_rates(&load_funding(path)?)
    }

    /// The same with these rates of funding.
    ///
    /// # Errors
    /// They do not cover the bars.
    pub fn with_rates(self, rates: &Timed) -> Result<Self> {
        let funding = Funding::new(&self.bars, self.lead, &rates.time_ms, &rates.value, &rates.mark)
            .map_err(|problem| {
                Error::data(&rates.place, format!("the funding {problem}"))
                    .hint("give the whole range, or judge a part of the bars with data.from and data.to")
            })?;
        let (file_name, sha256) = (rates.file_name(), rates.sha256.clone());
        let funding = FundingFile { funding: Arc::new(funding), file_name, sha256, id: rates.id() };
        Ok(Self { funding: Some(funding), ..self })
    }

    /// Bars in memory, called `name`, as a file of them would be. What a file could not hold is refused: no
    /// bars, bars of another length than they say, ticks. For the hash of a file that of the bars stands.
    ///
    /// # Errors
    /// They are not a history.
    pub fn of(name: &str, bars: Bars) -> Result<Self> {
        let apart = infer(bars.open_time()).filter(|t| *t != bars.timeframe());
        if bars.is_empty() {
            return Err(Error::data(name, "there are no bars").hint("give at least two"));
        }
        if let Some(apart) = apart {
            let problem = format!("the bars are {apart} apart, and said to be of {}", bars.timeframe());
            return Err(Error::data(name, problem).hint("name the length that they have"));
        }
        one_length(name, &bars)?;
        Ok(Self {
            quality: Quality::of(&bars, None),
            truth: None,
            spread: None,
            synthetic: false,
            sha256: bars.id().to_owned(),
            rows_in_file: bars.len(),
            file_name: name.to_owned(),
            detail: None,
            funding: None,
            metadata: FileMetadata::default(),
            whole: bars.clone(),
            lead: 0,
            bars,
        })
    }

    /// The same with the bid-ask spread of each bar, a price.
    ///
    /// # Errors
    /// There is not one a bar.
    pub fn with_spread(self, spread: Vec<f64>) -> Result<Self> {
        if spread.len() != self.bars.len() {
            let problem = format!("{} spreads for {} bars", spread.len(), self.bars.len());
            return Err(Error::data(&self.file_name, problem).hint("give one a bar"));
        }
        Ok(Self { spread: Some(spread), ..self })
    }

    /// The same, said to be generated: no evidence about any market.
    #[must_use]
    pub fn as_synthetic(self) -> Self {
        Self { synthetic: true, ..self }
    }

    /// The identity of its column `spread`; none without one.
    pub fn spread_id(&self) -> Option<String> {
        let spread = self.spread.as_ref()?;
        Some(Identity::new("spread", spread.len()).numbers(spread).end())
    }

    /// The identity of its column `true_regime`; none without one.
    pub fn truth_id(&self) -> Option<String> {
        let codes: Vec<i64> = self.truth.as_ref()?.iter().map(|c| i64::from(*c)).collect();
        Some(Identity::new("true regimes", codes.len()).times(&codes).end())
    }

    /// The bars that `request` wants of these. What marks the edges of bars in files says nothing of bars
    /// that are here.
    ///
    /// # Errors
    /// They are of another length, or none is left.
    pub fn within(self, request: &LoadRequest) -> Result<Self> {
        let name = self.file_name.as_str();
        wanted_length(name, self.bars.timeframe(), request)?;
        let range = wanted_rows(name, &self.bars, request)?;
        let bars = self.bars.slice(0, range.end);
        Ok(Self {
            quality: Quality::of(&bars, request.calendar),
            truth: self.truth.as_ref().map(|t| t[..range.end].to_vec()),
            spread: self.spread.as_ref().map(|s| s[..range.end].to_vec()),
            lead: range.start,
            bars,
            ..self
        })
    }
}

/// Reads a CSV, Parquet or Arrow (Feather) file of bars, checks all of it, then drops what is past the requested range.
///
/// # Errors
/// The first thing that is wrong, at `file:line` of a CSV or `file: row N` (one-based) of a Parquet or Arrow file.
pub fn load(path: &Path, request: &LoadRequest) -> Result<Loaded> {
    let (handle, bytes) = file::read(path)?;
    let place = path.display().to_string();
    read(path, &place, &bytes, request, |wanted| parquet_in::read(&place, handle, &bytes, wanted))
}

/// As [`load`] of the content of a file called `name`.
pub(super) fn load_content(name: &str, bytes: &Bytes, request: &LoadRequest) -> Result<Loaded> {
    read(Path::new(name), name, bytes, request, |wanted| parquet_in::read_bytes(name, bytes, wanted))
}

/// Reads `bytes`, the content of the file `path`; `parquet` reads them where they are Parquet.
fn read(
    path: &Path,
    place: &str,
    bytes: &[u8],
    request: &LoadRequest,
    parquet: impl FnOnce(&ColumnRequest) -> Result<RawColumns>,
) -> Result<Loaded> {
    let sha256 = file::sha256_hex(bytes);
    let wanted = ColumnRequest { convention: request.time, ..ColumnRequest::default() };
    let columnar = if bytes.starts_with(MAGIC) {
        Some(parquet(&wanted)?)
    } else if is_arrow(bytes) {
        Some(parquet_in::read_arrow(place, bytes, &wanted)?)
    } else {
        None
    };
    let (mut rows, truth, synthetic, metadata) = match columnar {
        Some(raw) => {
            let (synthetic, metadata) = (raw.synthetic(), FileMetadata::of(place, &raw.metadata)?);
            (raw.rows, raw.truth, synthetic, metadata)
        }
        None => {
            foreign(path, place, bytes)?;
            let rows = Text::open(place, bytes, &wanted)?.read()?.rows;
            (rows, None, false, FileMetadata::default())
        }
    };
    let spread = rows.spread.take();
    let bars = check(place, rows, request, metadata.timeframe)?;
    let rows_in_file = bars.len();
    let range = wanted_rows(place, &bars, request)?;
    let (mut truth, mut spread) = (truth, spread);
    truth.iter_mut().for_each(|t| t.truncate(range.end));
    spread.iter_mut().for_each(|s| s.truncate(range.end));
    let whole = bars;
    let bars = whole.slice(0, range.end);
    let quality = Quality::of(&bars, request.calendar);
    let file_name = path.file_name().map_or_else(|| place.to_owned(), |n| n.to_string_lossy().into_owned());
    Ok(Loaded {
        bars,
        lead: range.start,
        whole,
        quality,
        truth,
        spread,
        synthetic,
        sha256,
        rows_in_file,
        file_name,
        detail: None,
        funding: None,
        metadata,
    })
}

/// Makes bars of `rows` or names the faulty one; `said` is the length that the file says of itself, for a single bar.
fn check(place: &str, rows: Rows, request: &LoadRequest, said: Option<Timeframe>) -> Result<Bars> {
    if rows.is_empty() {
        return Err(Error::data(place, "a header but no rows").hint("download or export the file again"));
    }
    // By the bars that are read: what comes later is another matter.
    let read = request.to_ms.map_or(rows.len(), |to| rows.time_ms.partition_point(|t| *t < to));
    let inferred = infer(&rows.time_ms[..read]).or_else(|| infer(&rows.time_ms));
    let timeframe = inferred.or(request.timeframe).or(said);
    let places = rows.places.clone();
    let columns = rows.into_columns();
    let bars = Bars::new(timeframe.unwrap_or(Timeframe::H1), columns.clone()).map_err(|fault| {
        let hint = match columns.open_time.get(fault.row.saturating_sub(1)..=fault.row) {
            Some([before, this]) if this == before => {
                "remove the repeated rows; which one is right is not ours to say"
            }
            Some([before, this]) if this < before => {
                "sort the file by time, oldest first; it is never sorted silently"
            }
            _ => "check the row, and that the header names the columns in their true order",
        };
        Error::data(places.of_row(fault.row), fault.problem).hint(hint)
    })?;
    let Some(timeframe) = timeframe else {
        return Err(
            Error::data(place, "one bar does not tell its length").hint("give the timeframe, such as 1h")
        );
    };
    wanted_length(place, timeframe, request)?;
    one_length(place, &bars.slice(0, read.min(bars.len())))?;
    match request.time {
        TimeConvention::Open => Ok(bars),
        TimeConvention::Close => opened(place, &bars),
    }
}

/// Refuses bars of another length than was asked for.
fn wanted_length(place: &str, timeframe: Timeframe, request: &LoadRequest) -> Result<()> {
    let Some(wanted) = request.timeframe.filter(|&w| w != timeframe) else { return Ok(()) };
    Err(Error::data(place, format!("the bars are {timeframe} apart, not {wanted} as requested"))
        .hint(format!("ask for {timeframe} (data.timeframe in a scenario), or give a file of {wanted} bars")))
}

/// Refuses ticks, and months that begin on any day: more than a tenth of the bars would overlap.
fn one_length(place: &str, bars: &Bars) -> Result<()> {
    let short = bars.open_time().windows(2).filter(|w| w[1] < bars.timeframe().end_ms(w[0])).count();
    if short * 10 <= bars.len() {
        return Ok(());
    }
    let problem = format!(
        "the bars are not of one length: {short} of {} open less than {} after the bar before",
        bars.len(),
        bars.timeframe()
    );
    Err(Error::data(place, problem)
        .hint("give bars of one length such as 1h, 1d or 1M; ticks are not, and months that begin on any day are made such by an import"))
}

/// The same bars where the times were those of their ends.
fn opened(place: &str, bars: &Bars) -> Result<Bars> {
    let step = bars.timeframe().ms();
    // Exchanges mark the end by the last millisecond (or second) inside the bar.
    let short_of_end = match grid_phase(bars.open_time(), step) {
        Some(phase) if phase == step - 1 => 1,
        Some(phase) if phase == step - 1000 && step > 1000 => 1000,
        _ => 0,
    };
    let mut columns = bars.columns().clone();
    columns.open_time = bars.open_time().iter().map(|t| bars.timeframe().open_ms(t + short_of_end)).collect();
    if let Some(&first) = columns.open_time.first().filter(|&&t| t < 0) {
        return Err(Error::data(
            place,
            format!("the first bar would open at {}, before 1970", format_time(first)),
        ));
    }
    Bars::new(bars.timeframe(), columns).map_err(|f| Error::internal(place, f.problem))
}

/// The rows within the requested range, which may be none of several symbols: one that ended before it.
fn wanted_rows(place: &str, bars: &Bars, request: &LoadRequest) -> Result<Range<usize>> {
    let end = bars.rows_between(None, request.to_ms).end;
    if end > 0 {
        let from = bars.rows_between(request.from_ms, None).start;
        return Ok(from.min(end)..end);
    }
    let edge = |t: Option<&i64>| t.map_or_else(|| "-".to_owned(), |t| format_time(*t));
    let times = bars.open_time();
    Err(Error::data(place, format!("no bars before {}", edge(request.to_ms.as_ref()))).hint(format!(
        "the file covers {} to {}",
        edge(times.first()),
        edge(times.last())
    )))
}

/// Recognises the formats that are neither CSV nor Parquet and says what to do with them.
fn foreign(path: &Path, place: &str, bytes: &[u8]) -> Result<()> {
    let refuse = |what: &str, hint: &str| Err(Error::data(place, what).hint(hint));
    let import = "make bars of it: assay data import FILE --out bars.parquet";
    match bytes {
        [0x1F, 0x8B, ..] => refuse("a gzip archive", import),
        [b'P', b'K', 3, 4, ..] => refuse("a zip archive", import),
        [0x28, 0xB5, 0x2F, 0xFD, ..] => refuse("a zstd archive", "decompress it first"),
        [b'F', b'E', b'A', b'1', ..] => {
            refuse("a Feather file of the first version", "convert it to CSV or Parquet")
        }
        [b'[' | b'{', ..] => refuse("this looks like JSON", import),
        _ if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("parquet")) => {
            refuse("not a Parquet file (it does not begin with PAR1)", "download or export it again")
        }
        _ => Ok(()),
    }
}
