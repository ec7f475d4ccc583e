//! One file of bars: its rows, and what is known of them.

use super::Format;
use super::file_name::NameKind;
use crate::TimeConvention;
use crate::instant::Written;
use crate::market::{Instrument, Timeframe, Zone};
use crate::quality::infer;
use crate::rows::Rows;
use crate::words::grouped;

/// The rows of one file and what is known of them.
#[derive(Debug, Clone)]
pub(super) struct ImportPart {
    pub place: String,
    pub rows: Rows,
    pub format: Format,
    pub symbol: Option<String>,
    /// What the file says of its instrument.
    pub instrument: Option<Instrument>,
    /// The length of a bar that the name or the content states.
    pub stated: Option<Timeframe>,
    pub kind: NameKind,
    pub clock: SourceClock,
    pub edge: Edge,
    /// Whether every time is a date alone.
    pub days: bool,
    pub synthetic: bool,
    /// What prices are multiplied by to be prices.
    pub scale: f64,
    /// The close adjusted for dividends, where there is such a column.
    pub adjusted_close: Option<Vec<f64>>,
    /// Columns that are not read and look like a volume.
    pub like_volume: Vec<String>,
    pub notes: Vec<String>,
    pub questions: Vec<String>,
}

/// Whose clock the times are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SourceClock {
    /// UTC: numbers, or times with their distance from it.
    Utc,
    /// That of a place, known from the format.
    Of(Zone),
    /// Times name no place; UTC is usual.
    Unnamed,
    /// Times name no place, and UTC is not usual.
    Asked,
}

impl SourceClock {
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

impl ImportPart {
    /// Rows of a format, of which nothing else is known.
    pub fn new(place: &str, rows: Rows, format: Format) -> Self {
        Self {
            place: place.to_owned(),
            rows,
            format,
            symbol: None,
            instrument: None,
            stated: None,
            kind: NameKind::Plain,
            clock: SourceClock::Utc,
            edge: Edge::Unknown,
            days: false,
            synthetic: false,
            scale: 1.0,
            adjusted_close: None,
            like_volume: vec![],
            notes: vec![],
            questions: vec![],
        }
    }

    /// Says which instrument the rows name, and how many rows of others were left out.
    pub fn of_symbol(&mut self, symbol: Option<String>, of_others: usize) {
        if let (Some(symbol), 1..) = (&symbol, of_others) {
            self.notes.push(format!(
                "the rows of {symbol} alone: {} of others are left out",
                grouped(of_others as u64)
            ));
        }
        self.symbol = symbol;
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
                    w.instrument = w.instrument.take().or(part.instrument);
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

impl NameKind {
    /// Whether prices are those of the book and not of trades.
    pub fn is_quote(self) -> bool {
        matches!(self, Self::Quote | Self::Bid | Self::Ask)
    }
}
