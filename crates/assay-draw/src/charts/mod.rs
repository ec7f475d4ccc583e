//! The charts: each a plain struct of what it shows, drawn the same way as SVG and as PNG.

mod bars;
mod confusion;
mod equity;
mod fan;
mod heat;
mod histogram;
mod monthly;
mod price_trades;
mod regime_interval;
mod scatter;
mod signs;
mod stacked;
mod trade_returns;

#[cfg(test)]
mod gallery;

pub use bars::BarsChart;
pub use confusion::ConfusionChart;
pub use equity::{Curve, EquityChart};
pub use fan::FanChart;
pub use heat::HeatChart;
pub use histogram::{HistogramChart, MarkKind};
pub use monthly::{MonthCell, MonthlyChart};
pub use price_trades::{PriceTradesChart, TradeMark};
pub use regime_interval::{EstimatedMetric, RegimeEstimate, RegimeIntervalChart};
pub use scatter::ScatterChart;
pub use stacked::{StackedBars, StackedRow};
pub use trade_returns::TradeReturnsChart;

use super::canvas::{Canvas, to_png, to_svg};
use super::surface::Surface;
use crate::error::Result;

/// Width of every chart in pixels.
pub const WIDTH: u32 = 1200;

/// Something that can be drawn.
pub trait Chart {
    /// Its title, which is also the SVG's accessible name.
    fn title(&self) -> &str;

    /// Width and height in pixels.
    fn size(&self) -> (u32, u32);

    /// Draws it.
    fn draw<S: Surface>(&self, canvas: &mut Canvas<'_, S>);

    /// As an SVG document; the same chart gives the same bytes.
    fn svg(&self) -> Result<String> {
        to_svg(self.title(), self.size(), |canvas| self.draw(canvas))
    }

    /// As a PNG file; the same chart gives the same bytes.
    fn png(&self) -> Result<Vec<u8>> {
        to_png(self.size(), |canvas| self.draw(canvas))
    }
}
