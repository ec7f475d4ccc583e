//! What a summary says of the files behind a run.

use serde::{Deserialize, Serialize};

use super::backtest::Backtest;
use super::summary::is_default;
use crate::data::{Loaded, Quality};
use crate::market::{Coverage, Timeframe};
use crate::system::{Extra, ExtraData, Record};

/// The bars of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataSummary {
    /// Instrument.
    pub symbol: String,
    /// File name, without its folder.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Whether the file says of itself that it was generated: no evidence about any market.
    pub synthetic: bool,
    /// Rows of the file.
    pub rows_in_file: usize,
    /// Bars that were read: all of the file before `data.to`.
    pub bars: usize,
    /// Of these, bars before the first decision: they serve the warm-up and are not judged.
    pub warmup_bars: usize,
    /// Of these, bars before `data.from`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub lead_bars: usize,
    /// Open of the first bar that is judged, milliseconds UTC.
    pub start_ms: i64,
    /// Close of the last bar, milliseconds UTC.
    pub end_ms: i64,
    /// What the bars lack.
    pub quality: Quality,
    /// Finer bars under these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<DetailSummary>,
    /// The file of funding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub funding: Option<FundingSummary>,
    /// The file that positions came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positions: Option<PositionsSummary>,
    /// Files of events that the system read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventsSummary>,
}

/// A file of finer bars.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DetailSummary {
    /// File name, without its folder.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Their length.
    pub timeframe: Timeframe,
    /// How far they can be used.
    pub coverage: Coverage,
}

/// A file of funding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FundingSummary {
    /// File name, without its folder.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Events within the bars from `data.from` on.
    pub events: usize,
}

/// A file of labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelFileSummary {
    /// File name, without its folder.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Rows.
    pub rows: usize,
}

/// A file of positions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PositionsSummary {
    /// File name, without its folder.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Rows.
    pub rows: usize,
    /// Rows that want another position than the ones before; of orders, those that were sent.
    pub changes: usize,
    /// Whether the rows are orders.
    #[serde(default, skip_serializing_if = "is_default")]
    pub orders: bool,
    /// Rows that came to nothing: orders outside the bars that are judged, positions at `data.to` and later.
    #[serde(default, skip_serializing_if = "is_default")]
    pub left_out: usize,
}

/// A file of events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventsSummary {
    /// What the system knows it by.
    pub input: String,
    /// File name, without its folder.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Rows.
    pub rows: usize,
}

impl DataSummary {
    /// Of the bars of a run, judged from `start_ms` to `end_ms`.
    pub(super) fn of(b: &Backtest, start_ms: i64, end_ms: i64) -> Self {
        let loaded = b.loaded();
        Self {
            symbol: b.scenario.data.title(),
            file: loaded.file_name.clone(),
            sha256: loaded.sha256.clone(),
            synthetic: b.symbols.iter().any(|s| s.loaded.synthetic),
            rows_in_file: loaded.rows_in_file,
            bars: b.clock.len(),
            warmup_bars: b.first(),
            lead_bars: b.scenario.data.from_ms().map_or(0, |ms| b.clock.step_from(ms)),
            start_ms,
            end_ms,
            quality: loaded.quality.clone(),
            funding: FundingSummary::of(loaded),
            positions: b.extras.first().cloned(),
            events: b.events.clone(),
            detail: loaded.detail.as_ref().map(|d| DetailSummary {
                file: d.file_name.clone(),
                sha256: d.sha256.clone(),
                timeframe: d.detail.fine().timeframe(),
                coverage: d.detail.coverage.clone(),
            }),
        }
    }

    /// The instrument as titles show it.
    pub fn title(&self) -> String {
        let made = if self.synthetic { " (synthetic)" } else { "" };
        format!("{}{made} {}", self.symbol, self.quality.timeframe)
    }
}

impl PositionsSummary {
    /// Of a file that a system was told by, and what became of it.
    pub(super) fn of(data: &ExtraData, record: &Record) -> Self {
        let changes = record.ordered;
        let sha256 = data.sha256().to_owned();
        let rows = data.rows();
        let orders = matches!(data, ExtraData::Orders(_));
        Self { file: data.file_name(), rows, sha256, changes, orders, left_out: record.left_out }
    }
}

impl EventsSummary {
    /// Of a file of events; none of another.
    pub(super) fn of(extra: &Extra) -> Option<Self> {
        let ExtraData::Events(events) = &extra.data else { return None };
        let (input, file) = (extra.name.to_owned(), extra.data.file_name());
        Some(Self { input, file, sha256: events.sha256.clone(), rows: events.len() })
    }
}

impl LabelFileSummary {
    /// Of a file of labels.
    pub(super) fn of(data: &ExtraData) -> Self {
        Self { file: data.file_name(), sha256: data.sha256().to_owned(), rows: data.rows() }
    }
}

impl FundingSummary {
    /// Of the funding of a symbol, where it has some.
    pub(super) fn of(l: &Loaded) -> Option<Self> {
        let f = l.funding.as_ref()?;
        let events = f.funding.payments().iter().filter(|p| p.bar >= l.lead).count();
        Some(Self { file: f.file_name.clone(), sha256: f.sha256.clone(), events })
    }
}
