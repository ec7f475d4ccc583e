//! Charts, tables and pages for readers: plain structs that anyone can fill. Nothing here knows what a run
//! is.

use assay_base::error;
#[cfg(test)]
use assay_base::random;
#[cfg(test)]
use assay_market::market;
use assay_market::regime;
use assay_stats::stats;

mod calendar;
mod canvas;
mod charts;
mod columns;
mod drawings;
mod html;
mod ink;
mod metrics;
pub mod palette;
mod pane;
mod scale;
mod surface;
mod table;
pub mod text;

pub use canvas::Canvas;
pub use charts::{
    BarsChart, Chart, ConfusionChart, Curve, EquityChart, EstimatedMetric, FanChart, HeatChart,
    HistogramChart, MarkKind, MonthCell, MonthlyChart, PriceTradesChart, RegimeEstimate, RegimeIntervalChart,
    ScatterChart, StackedBars, StackedRow, TradeMark, TradeReturnsChart, WIDTH,
};
pub use drawings::{Drawing, Drawings, files};
pub use html::{Page, VerdictBadge, escape};
pub use ink::{Align, Ink};
pub use surface::Surface;
pub use table::{ColumnHead, Side, TextTable};
