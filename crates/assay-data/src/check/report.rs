//! What a check found: figures, and findings with their rows.

use serde::{Deserialize, Serialize};

use crate::Gap;
use crate::choices;
use crate::market::Timeframe;
use crate::rows::Rows;

/// How many rows a finding names; all are counted.
pub(super) const NAMED: usize = 20;

/// What there is to say about rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QualityReport {
    /// What was counted.
    pub figures: QualityFigures,
    /// How a second file of the instrument compares, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<Against>,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
}

/// What was counted over rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct QualityFigures {
    /// Number of rows.
    pub rows: usize,
    /// Earliest open, milliseconds UTC.
    pub first_ms: Option<i64>,
    /// Latest open, milliseconds UTC.
    pub last_ms: Option<i64>,
    /// The most common step between one row and the next; the length of a bar.
    pub timeframe: Option<Timeframe>,
    /// Share of the steps that are as long, to within a thousandth.
    pub timeframe_share: Option<f64>,
    /// What says which bars should be there: the name of a calendar; without one `24/7`, or `weekdays` where the rows know no Saturday.
    pub counted_by: String,
    /// How many times at least one bar is missing.
    pub gaps: usize,
    /// Bars missing in all gaps together.
    pub missing_bars: u64,
    /// Gaps about weekends and of single holidays, which [`QualityFigures::gaps`] leaves out where weekdays are counted: those in which more is
    /// missing than on a usual weekend.
    pub other_gaps: usize,
    /// Bars missing in those beyond the usual.
    pub other_missing: u64,
    /// The longest stretches between two bars, weekends among them, the longest first.
    pub longest_gaps: Vec<Gap>,
    /// Rows whose time was there before, with the same values.
    pub duplicates: usize,
    /// Rows whose time was there before, with other values.
    pub conflicts: usize,
    /// Rows earlier than the row above them.
    pub out_of_order: usize,
    /// Rows closer to the one before than a bar is long.
    pub overlapping: usize,
    /// Rows off the grid that most open on.
    pub off_grid: usize,
    /// Rows with a price that is not finite and positive, or a volume that is negative or not finite.
    pub bad_values: usize,
    /// Rows whose high is not the highest or whose low is not the lowest price.
    pub ohlc_violations: usize,
    /// Rows without volume.
    pub zero_volume: usize,
    /// Rows whose four prices are equal.
    pub flat: usize,
    /// Rows in long runs of equal ones.
    pub stale: usize,
    /// The biggest change from one close to the next, by its logarithm; 0.1 is up by a tenth.
    pub biggest_move: Option<Extreme>,
    /// The biggest range of a bar, high over low less one.
    pub biggest_range: Option<Extreme>,
}

/// An extreme value and where it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Extreme {
    /// Open of the bar, milliseconds UTC.
    pub time_ms: i64,
    /// The value, a share.
    pub value: f64,
}

/// How a second file of an instrument compares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Against {
    /// The other file.
    pub name: String,
    /// Its rows.
    pub rows: usize,
    /// Bars that both have, once times are moved by [`Against::shift_ms`].
    pub common: usize,
    /// Bars of this one, within the other's range, that the other lacks.
    pub only_here: usize,
    /// Bars of the other, within this one's range, that this one lacks.
    pub only_there: usize,
    /// Cells compared, in the unit of this file: four prices of each common bar, and the volume where both have one. None where the bars are of
    /// different lengths, or on clocks that no single distance makes one.
    pub cells: usize,
    /// Cells that differ by more than a millionth.
    pub cells_differ: usize,
    /// The largest relative difference.
    pub largest: Option<Difference>,
    /// How far closes move together from bar to bar, from -1 to 1, where there are enough to tell.
    pub correlation: Option<f64>,
    /// By how much the other's times must be moved for closes to move together, milliseconds, where they do
    /// not as they are.
    pub shift_ms: Option<i64>,
    /// What the other's prices must be multiplied by to be these, where that is one number all along and not 1.
    pub scale: Option<f64>,
}

/// A cell that two files do not agree about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Open of the bar, milliseconds UTC.
    pub time_ms: i64,
    /// Its column.
    pub column: String,
    /// Here.
    pub here: f64,
    /// In the other file.
    pub there: f64,
}

/// One kind of thing that is wrong or worth knowing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Its kind.
    pub kind: FindingKind,
    /// How bad it is.
    pub severity: FindingSeverity,
    /// How often it was found.
    pub count: u64,
    /// What was counted, in words, and what to do.
    pub text: String,
    /// Where it was found: the first twenty.
    pub rows: Vec<RowRef>,
}

choices! {
    /// How bad a finding is.
    #[derive(PartialOrd, Ord)]
    pub enum FindingSeverity {
        /// Good to know.
        Info = "info",
        /// Looks wrong, and may be right.
        Warning = "warning",
        /// Is wrong, or cannot be used as it is.
        Error = "error",
    }

    /// Kinds of findings.
    #[derive(PartialOrd, Ord)]
    #[non_exhaustive]
    pub enum FindingKind {
        /// There is no row.
        NoRows = "no_rows",
        /// Times before 1970 or after 2200.
        ImplausibleTime = "implausible_time",
        /// Rows earlier than the row above.
        OutOfOrder = "out_of_order",
        /// The same row again.
        Duplicate = "duplicate",
        /// Another row of the same time.
        ConflictingDuplicate = "conflicting_duplicate",
        /// Bars are not as long as was said.
        TimeframeContradicted = "timeframe_contradicted",
        /// Bars of several lengths.
        MixedTimeframes = "mixed_timeframes",
        /// Bars that begin before the one before has ended.
        Overlapping = "overlapping",
        /// Bars that begin between the others.
        OffGrid = "off_grid",
        /// Bars that are missing.
        MissingBars = "missing_bars",
        /// Weekends that are longer than usual, and holidays.
        LongWeekends = "long_weekends",
        /// Bars while the market is closed.
        OutsideCalendar = "outside_calendar",
        /// Values that no bar has.
        BadValue = "bad_value",
        /// High and low that do not enclose the others.
        OhlcViolation = "ohlc_violation",
        /// Columns that seem to be in another order.
        ColumnOrder = "column_order",
        /// No volume.
        ZeroVolume = "zero_volume",
        /// Four equal prices.
        Flat = "flat",
        /// The same bar over and over.
        StaleRepeats = "stale_repeats",
        /// A close far from the one before.
        OutlierReturn = "outlier_return",
        /// A close far from both its neighbours.
        BadPrint = "bad_print",
        /// A high or low far from everything about it.
        BadWick = "bad_wick",
        /// An open far from the close before it and from its own close.
        BadOpen = "bad_open",
        /// A volume far above all about it.
        BadVolume = "bad_volume",
        /// A spread that is a large share of the price.
        WideSpread = "wide_spread",
        /// A jump by a ratio of shares.
        SuspectedSplit = "suspected_split",
        /// A last bar that has not ended.
        UnfinishedLastBar = "unfinished_last_bar",
        /// Times that look like another clock than UTC.
        TimezoneDoubt = "timezone_doubt",
        /// Prices that look like points.
        PricesInPoints = "prices_in_points",
        /// Bars of this file that the other lacks.
        OnlyHere = "only_here",
        /// Bars of the other file that this one lacks.
        OnlyThere = "only_there",
        /// The two files have no bar in common.
        NoCommonBars = "no_common_bars",
        /// Cells in which the two files differ.
        CellsDiffer = "cells_differ",
        /// Prices of the two files that are a constant apart.
        ScaleDiffers = "scale_differs",
        /// Bars of the two files that are of different lengths.
        LengthsDiffer = "lengths_differ",
        /// Times of the two files that are a constant apart.
        TimesShifted = "times_shifted",
    }
}

/// A row that a finding is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RowRef {
    /// Its position, from 0.
    pub row: usize,
    /// Its time, milliseconds UTC.
    pub time_ms: i64,
    /// `file:line` or `file: row N`.
    pub place: String,
    /// What is with it.
    pub what: String,
}

impl QualityReport {
    /// The worst severity found; `None` where nothing was.
    pub fn worst(&self) -> Option<FindingSeverity> {
        self.findings.iter().map(|f| f.severity).max()
    }

    /// How many findings are of `severity`.
    pub fn count(&self, severity: FindingSeverity) -> usize {
        self.findings.iter().filter(|f| f.severity == severity).count()
    }

    /// The finding of a kind, if there is one.
    pub fn find(&self, kind: FindingKind) -> Option<&Finding> {
        self.findings.iter().find(|f| f.kind == kind)
    }

    /// What makes two files two of another kind comes first: all else about them follows from it. Then the worst, then in the order of kinds.
    pub(super) fn sort(&mut self) {
        use FindingKind::{LengthsDiffer, NoCommonBars, ScaleDiffers, TimesShifted};
        let of_another_kind = [LengthsDiffer, NoCommonBars, TimesShifted, ScaleDiffers];
        let first =
            |f: &Finding| of_another_kind.iter().position(|k| *k == f.kind).unwrap_or(of_another_kind.len());
        self.findings.sort_by_key(|f| (first(f), std::cmp::Reverse(f.severity), f.kind));
    }
}

/// Counts rows and names the first of them.
pub(super) struct Seen<'a> {
    rows: &'a Rows,
    count: u64,
    named: Vec<RowRef>,
}

impl<'a> Seen<'a> {
    pub(super) fn in_rows(rows: &'a Rows) -> Self {
        Self { rows, count: 0, named: Vec::new() }
    }

    /// Counts row `row`; `what` is asked only where the row is named.
    pub(super) fn see(&mut self, row: usize, what: impl FnOnce() -> String) {
        self.see_all(row, 1, what);
    }

    /// Counts `n` of which row `row` is the first.
    pub(super) fn see_all(&mut self, row: usize, n: u64, what: impl FnOnce() -> String) {
        self.count += n;
        if self.named.len() < NAMED {
            let (time_ms, place) = (self.rows.time_ms[row], self.rows.place(row).to_string());
            self.named.push(RowRef { row, time_ms, place, what: what() });
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The finding, unless nothing was seen.
    pub(super) fn finding(
        self,
        kind: FindingKind,
        severity: FindingSeverity,
        text: impl Into<String>,
    ) -> Option<Finding> {
        let Self { count, named, .. } = self;
        (count > 0).then(|| Finding { kind, severity, count, text: text.into(), rows: named })
    }
}
