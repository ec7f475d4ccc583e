//! Charts in both forms, by name, and the files they end in.

use super::charts::Chart;
use super::html::Page;
use crate::error::Result;

/// One chart in both forms.
pub struct Drawing {
    /// As an SVG document.
    pub svg: String,
    /// As a PNG file.
    pub png: Vec<u8>,
}

impl Drawing {
    /// Draws a chart in both.
    ///
    /// # Errors
    /// It cannot be drawn.
    pub fn of(chart: &impl Chart) -> Result<Self> {
        Ok(Self { svg: chart.svg()?, png: chart.png()? })
    }
}

/// Drawings by file name, in the order of the page.
#[derive(Default)]
pub struct Drawings(Vec<(String, Drawing)>);

impl Drawings {
    /// Draws a chart.
    pub fn put(&mut self, name: &str, chart: &impl Chart) -> Result<()> {
        self.0.push((name.to_owned(), Drawing::of(chart)?));
        Ok(())
    }

    /// Ends `page` with a section of all drawings; every file by its path.
    pub fn end(self, mut page: Page) -> Vec<(String, Vec<u8>)> {
        page.section("Charts");
        for (_, drawing) in &self.0 {
            page.figure(&drawing.svg, "");
        }
        files(page.render(), self.0)
    }
}

/// A page and its drawings: every file by its path.
pub fn files(
    html: String,
    drawings: impl IntoIterator<Item = (impl std::fmt::Display, Drawing)>,
) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![("report.html".to_owned(), html.into_bytes())];
    for (name, drawing) in drawings {
        files.push((format!("charts/{name}.svg"), drawing.svg.into_bytes()));
        files.push((format!("charts/{name}.png"), drawing.png));
    }
    files
}
