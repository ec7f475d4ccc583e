//! One drawing, two outputs: a chart draws on a [`Canvas`] in pixels, the canvas draws on an SVG or a bitmap backend
//! of plotters at [`SCALE`] times that size. Every colour is opaque, so that overlaps look alike on both.

use std::fmt::Display;
use std::sync::OnceLock;

use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, FontTransform, TextStyle, register_font};

use super::ink::{Align, Ink};
use super::metrics;
use super::palette::{Colour, PAPER};
use super::surface::{Surface, dashes, rgb};
use crate::error::{Error, Result};

/// Backend units per pixel: the grid of SVG coordinates, and of the bitmap before it is smoothed.
const SCALE: u32 = 4;

/// Families an SVG viewer tries in turn; the bitmap and all measuring use the embedded Noto Sans.
const FAMILY: &str = "Noto Sans, Segoe UI, Arial, DejaVu Sans, sans-serif";

/// Half the height of a capital or a digit, in em.
const HALF_CAPITAL: f64 = 0.357;

/// A sheet of paper in pixels, origin at the top left. The first fault of the backend is kept for the end, so that
/// charts need not ask after each line.
#[derive(Debug)]
pub struct Canvas<'s, S> {
    surface: &'s mut S,
    fault: Option<String>,
}

impl<S: Surface> Canvas<'_, S> {
    /// Fills a rectangle between two corners.
    pub fn rect(&mut self, left: f64, top: f64, right: f64, bottom: f64, colour: Colour) {
        let done = self.surface.draw_rect(
            (unit(left), unit(top)),
            (unit(right), unit(bottom)),
            &rgb(colour).filled(),
            true,
        );
        self.keep(done);
    }

    /// Draws the outline of a rectangle.
    pub fn frame(&mut self, left: f64, top: f64, right: f64, bottom: f64, width: f64, colour: Colour) {
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
        self.line(&corners, width, colour);
    }

    /// Draws a line of `width` pixels through `points`.
    pub fn line(&mut self, points: &[(f64, f64)], width: f64, colour: Colour) {
        let mut units: Vec<(i32, i32)> = points.iter().map(|&(x, y)| (unit(x), unit(y))).collect();
        units.dedup();
        if let [only] = units[..] {
            units.push((only.0, only.1 + 1));
        }
        let done = self.surface.stroke(&units, (width * f64::from(SCALE)).round().max(1.0) as u32, colour);
        self.keep(done);
    }

    /// Draws a broken line: `on` pixels of line, `off` pixels of gap.
    pub fn dashed(&mut self, points: &[(f64, f64)], width: f64, colour: Colour, on: f64, off: f64) {
        for dash in dashes(points, on, off) {
            self.line(&dash, width, colour);
        }
    }

    /// Fills a polygon, which must not cross itself.
    pub fn polygon(&mut self, points: &[(f64, f64)], colour: Colour) {
        let units: Vec<(i32, i32)> = points.iter().map(|&(x, y)| (unit(x), unit(y))).collect();
        let done = self.surface.fill_polygon(units, &rgb(colour).filled());
        self.keep(done);
    }

    /// Fills a disc.
    pub fn disc(&mut self, x: f64, y: f64, radius: f64, colour: Colour) {
        let radius = (radius * f64::from(SCALE)).round().max(1.0) as u32;
        let done = self.surface.draw_circle((unit(x), unit(y)), radius, &rgb(colour).filled(), true);
        self.keep(done);
    }

    /// Writes `text` with the middle of its capitals at `y` (for upward text: at `x`), aligned to `x` (`y`).
    pub fn text(&mut self, x: f64, y: f64, text: &str, ink: Ink) {
        let text = clean(text);
        if text.is_empty() {
            return;
        }
        let em = ink.size * f64::from(SCALE);
        let down = ink.size * (HALF_CAPITAL - S::BASELINE);
        let (x, y) = if ink.upward { (x + down, y) } else { (x, y + down) };
        if !S::GLYPH_BY_GLYPH {
            return self.put(x, y, &text, ink);
        }
        let metrics = metrics::of(ink.bold);
        let width = ink.size * metrics.width(&text);
        let mut pen = match ink.align {
            Align::Left => 0.0,
            Align::Centre => -width / 2.0,
            Align::Right => -width,
        };
        for c in text.chars() {
            // The backend draws what it has rounded down to whole units.
            let along = pen + (metrics.bearing(c) * em).floor() / f64::from(SCALE);
            let (x, y) = if ink.upward { (x, y - along) } else { (x + along, y) };
            self.put(x, y, c.encode_utf8(&mut [0; 4]), Ink { align: Align::Left, ..ink });
            pen += ink.size * metrics.advance(c);
        }
    }

    /// Hands text anchored at its top to the backend.
    fn put(&mut self, x: f64, y: f64, text: &str, ink: Ink) {
        let style = if ink.bold { FontStyle::Bold } else { FontStyle::Normal };
        let size = ink.size * f64::from(SCALE) * S::FONT_SIZE;
        let font = FontDesc::new(FontFamily::Name(FAMILY), size, style).transform(if ink.upward {
            FontTransform::Rotate270
        } else {
            FontTransform::None
        });
        let h_pos = match ink.align {
            Align::Left => HPos::Left,
            Align::Centre => HPos::Center,
            Align::Right => HPos::Right,
        };
        let colour = rgb(ink.colour);
        let style = TextStyle::from(font).color(&colour).pos(Pos::new(h_pos, VPos::Top));
        let done = self.surface.draw_text(text, &style, (unit(x), unit(y)));
        self.keep(done);
    }

    /// Writes `text` shortened with an ellipsis to at most `width` pixels.
    pub fn text_within(&mut self, x: f64, y: f64, text: &str, width: f64, ink: Ink) {
        self.text(x, y, &shorten(text, width, ink), ink);
    }

    fn keep<E: Display>(&mut self, done: std::result::Result<(), E>) {
        if let Err(e) = done {
            self.fault.get_or_insert_with(|| e.to_string());
        }
    }
}

/// Width of `text` in pixels as Noto Sans sets it.
pub fn text_width(text: &str, ink: Ink) -> f64 {
    ink.size * metrics::of(ink.bold).width(text)
}

/// `text`, cut with an ellipsis where it is wider than `width` pixels.
pub fn shorten(text: &str, width: f64, ink: Ink) -> String {
    if text_width(text, ink) <= width {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().collect();
    while kept.pop().is_some() {
        let short: String = kept.iter().collect::<String>().trim_end().to_owned() + "…";
        if text_width(&short, ink) <= width {
            return short;
        }
    }
    String::new()
}

/// Draws with `draw` into an SVG document of `width` by `height` pixels.
pub fn to_svg(
    title: &str,
    (width, height): (u32, u32),
    draw: impl FnOnce(&mut Canvas<'_, SVGBackend<'_>>),
) -> Result<String> {
    let mut text = String::new();
    let mut surface = SVGBackend::with_string(&mut text, (width * SCALE, height * SCALE));
    paint(&mut surface, (width, height), draw)?;
    surface.present().map_err(|e| Error::internal("chart", e))?;
    drop(surface);
    let body = text.split_once(">\n").map_or("", |(_, body)| body);
    let (w, h) = (width * SCALE, height * SCALE);
    let title = super::html::escape(&clean(title));
    // What the defaults of SVG already say is left out: files shrink by a third.
    let body = body.replace(" opacity=\"1\"", "").replace(" stroke=\"none\"", "");
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {w} {h}\" \
         role=\"img\" stroke-linejoin=\"round\" stroke-linecap=\"butt\">\n<title>{title}</title>\n{body}"
    ))
}

/// Draws with `draw` into a PNG file of `width` by `height` pixels.
pub fn to_png(
    (width, height): (u32, u32),
    draw: impl FnOnce(&mut Canvas<'_, BitMapBackend<'_>>),
) -> Result<Vec<u8>> {
    let (w, h) = (width * SCALE, height * SCALE);
    let mut fine = vec![255u8; 3 * w as usize * h as usize];
    let mut surface = BitMapBackend::with_buffer(&mut fine, (w, h));
    paint(&mut surface, (width, height), draw)?;
    surface.present().map_err(|e| Error::internal("chart", e))?;
    drop(surface);
    let pixels = smooth(&fine, width as usize, height as usize);
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    let fault = |e: png::EncodingError| Error::internal("chart", e);
    let mut writer = encoder.write_header().map_err(fault)?;
    writer.write_image_data(&pixels).map_err(fault)?;
    writer.finish().map_err(fault)?;
    Ok(file)
}

/// Clears the paper, draws, and reports the first fault.
fn paint<S: Surface>(
    surface: &mut S,
    (width, height): (u32, u32),
    draw: impl FnOnce(&mut Canvas<'_, S>),
) -> Result<()> {
    load_fonts()?;
    let mut canvas = Canvas { surface, fault: None };
    canvas.rect(0.0, 0.0, f64::from(width), f64::from(height), PAPER);
    draw(&mut canvas);
    canvas.fault.map_or(Ok(()), |fault| Err(Error::internal("chart", fault)))
}

/// Averages each block of `SCALE` by `SCALE` units into one pixel.
fn smooth(fine: &[u8], width: usize, height: usize) -> Vec<u8> {
    let side = SCALE as usize;
    let mut pixels = Vec::with_capacity(3 * width * height);
    let mut sums = vec![0u32; 3 * width];
    for rows in fine.chunks_exact(3 * width * side * side) {
        sums.fill(side as u32 * side as u32 / 2);
        for row in rows.chunks_exact(3 * width * side) {
            for (sum, block) in sums.chunks_exact_mut(3).zip(row.chunks_exact(3 * side)) {
                for unit in block.chunks_exact(3) {
                    for (s, &c) in sum.iter_mut().zip(unit) {
                        *s += u32::from(c);
                    }
                }
            }
        }
        pixels.extend(sums.iter().map(|&s| (s / (SCALE * SCALE)) as u8));
    }
    pixels
}

/// Registers the embedded fonts once.
fn load_fonts() -> Result<()> {
    static LOADED: OnceLock<bool> = OnceLock::new();
    let loaded = LOADED.get_or_init(|| {
        [FAMILY, "sans-serif"].into_iter().all(|name| {
            register_font(name, FontStyle::Normal, notosans::REGULAR_TTF).is_ok()
                && register_font(name, FontStyle::Bold, notosans::BOLD_TTF).is_ok()
        })
    });
    if *loaded { Ok(()) } else { Err(Error::internal("chart", "the embedded font does not load")) }
}

/// Pixels as whole backend units.
fn unit(pixels: f64) -> i32 {
    (pixels * f64::from(SCALE)).round() as i32
}

/// `text` without control characters, which no XML may hold.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smoothing_averages_blocks() {
        let side = SCALE as usize;
        let mut fine = vec![255u8; 3 * 2 * side * side];
        for unit in fine[..3 * side].chunks_exact_mut(3) {
            unit.copy_from_slice(&[0, 255, 0]);
        }
        assert_eq!(smooth(&fine, 2, 1), [191, 255, 191, 255, 255, 255]);
    }

    #[test]
    fn text_is_measured_shortened_and_escaped() {
        let ink = Ink::label();
        assert!(text_width("mmmm", ink) > 2.0 * text_width("iiii", ink));
        let short = shorten("a rather long sentence", 80.0, ink);
        assert!(short.ends_with('…') && text_width(&short, ink) <= 80.0);
        assert_eq!(shorten("a", 0.1, ink), "");
        let svg = to_svg("<&>", (40, 20), |c| c.text(1.0, 9.0, "a<b\u{1}", ink)).unwrap();
        assert!(
            svg.contains("<title>&lt;&amp;&gt;</title>")
                && svg.contains("a&lt;b ")
                && svg.ends_with("</svg>\n")
        );
    }
}
