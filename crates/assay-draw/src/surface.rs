//! What the charts need of a plotters backend beyond what it offers: sharp joints, and where text goes.

use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::style::{Color, RGBColor};

use super::palette::Colour;

/// Height of a line of Noto Sans, ascent and descent, in em: what `ab_glyph` takes for the font size.
const NOTO_LINE: f64 = 1.362;

/// A plotters backend, and where it puts text and lines.
pub trait Surface: DrawingBackend {
    /// The plotters font size that yields text of one unit per em.
    const FONT_SIZE: f64;
    /// How far the baseline lies below a point anchored at the top, in em.
    const BASELINE: f64;
    /// Whether text is set glyph by glyph, because the backend leaves out their bearings.
    const GLYPH_BY_GLYPH: bool;

    /// Draws a line of `width` units with round joints.
    fn stroke(
        &mut self,
        points: &[(i32, i32)],
        width: u32,
        colour: Colour,
    ) -> std::result::Result<(), String>;
}

impl Surface for SVGBackend<'_> {
    const FONT_SIZE: f64 = 1.24;
    const BASELINE: f64 = 0.76;
    const GLYPH_BY_GLYPH: bool = false;

    fn stroke(
        &mut self,
        points: &[(i32, i32)],
        width: u32,
        colour: Colour,
    ) -> std::result::Result<(), String> {
        // The root element asks for round joints.
        self.draw_path(points.iter().copied(), &rgb(colour).stroke_width(width)).map_err(|e| e.to_string())
    }
}

impl Surface for BitMapBackend<'_> {
    const FONT_SIZE: f64 = NOTO_LINE;
    const BASELINE: f64 = NOTO_LINE / 2.0;
    const GLYPH_BY_GLYPH: bool = true;

    /// Each segment as its own rectangle with a disc at each joint: plotters' outline of a whole path crosses itself,
    /// and leaves holes, where the path turns sharply.
    fn stroke(
        &mut self,
        points: &[(i32, i32)],
        width: u32,
        colour: Colour,
    ) -> std::result::Result<(), String> {
        let style = rgb(colour).filled();
        let half = f64::from(width) / 2.0;
        for (i, pair) in points.windows(2).enumerate() {
            let [(ax, ay), (bx, by)] = [pair[0], pair[1]].map(|(x, y)| (f64::from(x), f64::from(y)));
            let length = libm::sqrt((bx - ax) * (bx - ax) + (by - ay) * (by - ay));
            if length == 0.0 {
                continue;
            }
            if i > 0 && width > 4 {
                self.draw_circle(pair[0], width / 2, &style, true).map_err(|e| e.to_string())?;
            }
            if ax == bx || ay == by {
                // Rectangles along the axes are exact and fast.
                let (w, h) = if ax == bx { (half, 0.0) } else { (0.0, half) };
                let low = ((ax.min(bx) - w).round() as i32, (ay.min(by) - h).round() as i32);
                let high = ((ax.max(bx) + w).round() as i32, (ay.max(by) + h).round() as i32);
                self.draw_rect(low, (high.0.max(low.0 + 1), high.1.max(low.1 + 1)), &style, true)
                    .map_err(|e| e.to_string())?;
                continue;
            }
            let (nx, ny) = (-(by - ay) / length * half, (bx - ax) / length * half);
            let corner = |x: f64, y: f64| (x.round() as i32, y.round() as i32);
            let corners = [
                corner(ax + nx, ay + ny),
                corner(bx + nx, by + ny),
                corner(bx - nx, by - ny),
                corner(ax - nx, ay - ny),
            ];
            self.fill_polygon(corners, &style).map_err(|e| e.to_string())?;
        }
        Ok(())
    }
}

/// The dashes of a path, each a path of its own.
pub fn dashes(points: &[(f64, f64)], on: f64, off: f64) -> Vec<Vec<(f64, f64)>> {
    let mut all = Vec::new();
    let mut dash: Vec<(f64, f64)> = points.first().copied().into_iter().collect();
    let (mut drawing, mut left) = (true, on);
    for pair in points.windows(2) {
        let ((mut x, mut y), (bx, by)) = (pair[0], pair[1]);
        loop {
            let length = libm::sqrt((bx - x) * (bx - x) + (by - y) * (by - y));
            if length < left || length.is_nan() {
                left -= length;
                if drawing && length > 0.0 {
                    dash.push((bx, by));
                }
                break;
            }
            (x, y) = (x + (bx - x) * left / length, y + (by - y) * left / length);
            if drawing {
                dash.push((x, y));
                all.push(std::mem::take(&mut dash));
            } else {
                dash = vec![(x, y)];
            }
            drawing = !drawing;
            left = if drawing { on } else { off };
        }
    }
    if drawing && dash.len() > 1 {
        all.push(dash);
    }
    all
}

/// A colour as plotters has it.
pub fn rgb(Colour(r, g, b): Colour) -> RGBColor {
    RGBColor(r, g, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_cover_the_path_in_turn() {
        let d = dashes(&[(0.0, 0.0), (10.0, 0.0), (10.0, 5.0)], 4.0, 2.0);
        let want =
            [vec![(0.0, 0.0), (4.0, 0.0)], vec![(6.0, 0.0), (10.0, 0.0)], vec![(10.0, 2.0), (10.0, 5.0)]];
        assert_eq!(d, want);
        assert!(dashes(&[], 4.0, 2.0).is_empty());
    }
}
