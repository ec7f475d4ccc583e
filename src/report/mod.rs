//! What a run looks like: tables for the terminal, charts, and a page. Every chart and table is a plain struct that
//! anyone can fill; only [`RunReport`] knows what a run is.

mod calendar;
mod canvas;
mod causality;
mod charts;
mod columns;
mod dialects;
mod drawings;
mod html;
mod ink;
mod intrabar;
mod metrics;
mod montecarlo;
pub mod palette;
mod pane;
mod quality;
mod regimes;
mod run;
mod scale;
mod surface;
mod sweep;
mod table;
pub mod text;
mod walkforward;

pub use canvas::Canvas;
pub use causality::causality_text;
pub use charts::{
    BarsChart, Chart, ConfusionChart, Curve, EquityChart, FanChart, HeatChart, HistogramChart, Measure,
    MonthReturn, MonthlyChart, PriceTradesChart, RegimeEstimate, RegimeIntervalChart, ScatterChart,
    TradeMark, TradeReturnsChart, WIDTH,
};
pub use dialects::{dialect_text, explanation_text};
pub use html::{Page, Verdict, escape};
pub use ink::{Align, Ink};
pub use intrabar::intrabar_text;
pub use montecarlo::{montecarlo_files, montecarlo_text};
pub use quality::quality_text;
pub use regimes::{regimes_charts, regimes_text};
pub use run::{RunReport, terminal_summary};
pub use surface::Surface;
pub use sweep::{sweep_files, sweep_text, sweep_verdict};
pub use table::{Column, Side, Table};
pub use walkforward::{walkforward_files, walkforward_text, walkforward_verdict};
