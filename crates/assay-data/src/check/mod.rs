//! What is wrong with rows, or worth knowing, before anything is made of them. Uses rows, the calendar and the instruments; changes
//! nothing, but for the repairs of `fix`, which are asked for by name.
//!
//! One file a family of checks: order, spacing (`week` says which bars should be there), prices, outliers, splits, the last bar, clocks,
//! points, the order of columns. [`QualityReport`] holds what they found.

mod against;
mod clock;
mod fix;
mod last;
mod layout;
mod order;
mod outliers;
mod points;
mod prices;
mod report;
mod shift;
mod spacing;
mod splits;
mod unit;
mod view;
mod zones;

#[cfg(test)]
mod tests;

pub(crate) use layout::order_that_fits;

pub use fix::{Fix, Keep, Repair, apply};
pub use prices::NO_SPREAD;
pub use report::{
    Against, Difference, Extreme, Finding, FindingKind, FindingSeverity, QualityFigures, QualityReport,
    RowRef,
};

use crate::market::{Calendar, Timeframe};
use crate::rows::Rows;
use view::BarsView;

/// What is known of rows beforehand.
#[derive(Debug, Clone)]
pub struct CheckOptions {
    /// Length of a bar, as the user says.
    pub timeframe: Option<Timeframe>,
    /// Length of a bar, as the file's name or content says.
    pub stated_timeframe: Option<Timeframe>,
    /// Which bars should be there; where absent all, or those from Monday to Friday where the rows know no Saturday.
    pub calendar: Option<Calendar>,
    /// The instrument, where it is known.
    pub symbol: Option<String>,
    /// What time it is, milliseconds UTC; without it only a bar that looks cut short is suspected of not having ended.
    pub now_ms: Option<i64>,
    /// How many of the longest gaps are named.
    pub longest: usize,
}

impl Default for CheckOptions {
    fn default() -> Self {
        Self {
            timeframe: None,
            stated_timeframe: None,
            calendar: None,
            symbol: None,
            now_ms: None,
            longest: 5,
        }
    }
}

/// Checks rows. Takes them as they are: nothing is refused, whatever they hold.
pub fn check(rows: &Rows, options: &CheckOptions) -> QualityReport {
    let mut figures = QualityFigures {
        rows: rows.len(),
        first_ms: rows.time_ms.iter().copied().min(),
        last_ms: rows.time_ms.iter().copied().max(),
        ..QualityFigures::default()
    };
    let mut findings = Vec::new();
    if rows.is_empty() {
        findings.push(Finding {
            kind: FindingKind::NoRows,
            severity: FindingSeverity::Error,
            count: 1,
            text: "there is no row".into(),
            rows: Vec::new(),
        });
    }
    order::check(rows, &mut figures, &mut findings);
    let view = BarsView::new(rows);
    if let Some(step) = spacing::check(&view, options, &mut figures, &mut findings) {
        last::check(&view, step, options, &mut findings);
        // Of bars of several lengths nobody can say when a week ends.
        if findings.iter().all(|f| f.kind != FindingKind::MixedTimeframes) {
            clock::check(&view, step, spacing::rule(&view, options, step), &mut findings);
        }
    }
    prices::check(&view, &mut figures, &mut findings);
    layout::check(rows, figures.ohlc_violations, &mut findings);
    outliers::check(&view, &mut findings);
    splits::check(&view, &mut findings);
    points::check(&view, options.symbol.as_deref(), &mut findings);
    let mut report = QualityReport { figures, against: None, findings };
    report.sort();
    report
}
