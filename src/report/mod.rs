//! What a run looks like: tables for the terminal, charts, and a page. Every chart and table is a plain struct that
//! anyone can fill; only [`RunReport`] knows what a run is.

mod calendar;
mod canvas;
mod causality;
mod charts;
mod columns;
mod dialects;
mod html;
mod ink;
mod intrabar;
mod metrics;
pub mod palette;
mod pane;
mod regimes;
mod run;
mod scale;
mod surface;
mod table;
pub mod text;

pub use canvas::Canvas;
pub use causality::causality_text;
pub use charts::{
    Chart, ConfusionChart, Curve, EquityChart, Measure, MonthReturn, MonthlyChart, PriceTradesChart,
    RegimeContribution, RegimeEstimate, RegimeIntervalChart, SourceChart, TradeMark, TradeReturnsChart,
    WIDTH,
};
pub use dialects::{dialect_text, explanation_text};
pub use html::{Page, Verdict, escape};
pub use ink::{Align, Ink};
pub use intrabar::intrabar_text;
pub use regimes::{regimes_charts, regimes_text};
pub use run::{RunReport, terminal_summary};
pub use surface::Surface;
pub use table::{Column, Side, Table};
