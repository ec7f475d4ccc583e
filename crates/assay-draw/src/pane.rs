//! What charts have in common: head, legend, a pane with its two axes.

use super::calendar::time_ticks;
use super::canvas::{Canvas, shorten, text_width};
use super::columns::TimeScale;
use super::ink::{Align, Ink};
use super::palette::{AXIS, Colour, GRID, INK, PAPER, SOFT_INK};
use super::scale::{Scale, Tick};
use super::surface::Surface;
use crate::regime::RegimeScheme;

/// Left and right margin of every head and legend in pixels.
pub const MARGIN: f64 = 24.0;

/// A rectangle of the sheet, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pane {
    /// Its left edge.
    pub left: f64,
    /// Its top edge.
    pub top: f64,
    /// Its right edge.
    pub right: f64,
    /// Its bottom edge.
    pub bottom: f64,
}

impl Pane {
    /// The middle of its width.
    pub fn centre(&self) -> f64 {
        (self.left + self.right) / 2.0
    }

    /// The middle of its height.
    pub fn middle(&self) -> f64 {
        (self.top + self.bottom) / 2.0
    }

    /// Grid lines and labels on the left for `ticks`, and the axis' name running upwards.
    pub fn value_axis<S: Surface>(&self, c: &mut Canvas<'_, S>, up: &Scale, ticks: &[Tick], name: &str) {
        for tick in ticks {
            let y = snap(up.at(tick.at));
            c.line(&[(self.left, y), (self.right, y)], 1.0, GRID);
            c.text(self.left - 9.0, y, &tick.label, Ink::label().right());
        }
        let name = shorten(name, self.bottom - self.top + 30.0, Ink::label());
        c.text(MARGIN + 5.0, self.middle(), &name, Ink::label().centre().upward());
    }

    /// Words on the pane, on paper of their own so that no line strikes them through.
    pub fn words<S: Surface>(&self, c: &mut Canvas<'_, S>, x: f64, y: f64, words: &str, ink: Ink) {
        // Viewers without Noto Sans may take a wider font.
        let half = text_width(words, ink) * 0.56 + 3.0;
        let middle = match ink.align {
            Align::Left => x + half - 3.0,
            Align::Centre => x,
            Align::Right => x - half + 3.0,
        };
        let (left, right) = ((middle - half).max(self.left), (middle + half).min(self.right.max(middle)));
        c.rect(left, y - ink.size * 0.6, right, y + ink.size * 0.6, PAPER);
        c.text(x, y, words, ink);
    }

    /// Vertical grid lines at round dates.
    pub fn time_grid<S: Surface>(&self, c: &mut Canvas<'_, S>, across: &TimeScale) {
        for tick in self.time_ticks(across) {
            let x = snap(across.at(tick.time_ms));
            c.line(&[(x, self.top), (x, self.bottom)], 1.0, GRID);
        }
    }

    /// Labels below the pane at round dates in two lines, and the axis' name in the third.
    pub fn time_axis<S: Surface>(&self, c: &mut Canvas<'_, S>, across: &TimeScale) {
        for tick in self.time_ticks(across) {
            let x = snap(across.at(tick.time_ms));
            c.line(&[(x, self.bottom), (x, self.bottom + 6.0)], 1.0, AXIS);
            for (down, text, ink) in
                [(19.0, &tick.label, Ink::label()), (40.0, &tick.context, Ink::label().bold())]
            {
                // A label at the edge moves inwards rather than off the sheet.
                let x = x.min(self.right + MARGIN - 4.0 - text_width(text, ink) * 0.55);
                c.text(x, self.bottom + down, text, ink.centre());
            }
        }
        c.text(self.right, self.bottom + 69.0, "time (UTC)", Ink::label().right());
    }

    fn time_ticks(&self, across: &TimeScale) -> Vec<super::calendar::TimeTick> {
        let (from, to) = across.span_ms();
        let most = ((self.right - self.left) / 100.0).max(2.0) as usize;
        time_ticks(from, to, most, |t| across.opens(t))
    }

    /// Grid lines and labels below for `ticks` of a horizontal value axis, and its name.
    pub fn bottom_axis<S: Surface>(&self, c: &mut Canvas<'_, S>, along: &Scale, ticks: &[Tick], name: &str) {
        let room = (self.right - self.left) / ticks.len().max(1) as f64;
        let every = (widest(ticks) * 1.12 / room).ceil().max(1.0) as usize;
        for (k, tick) in ticks.iter().enumerate() {
            let x = snap(along.at(tick.at));
            c.line(&[(x, self.top), (x, self.bottom)], 1.0, GRID);
            if k % every == 0 {
                c.text(x, self.bottom + 19.0, &tick.label, Ink::label().centre());
            }
        }
        c.text(self.centre(), self.bottom + 46.0, name, Ink::label().centre());
    }

    /// The lines on the left and below.
    pub fn axes<S: Surface>(&self, c: &mut Canvas<'_, S>) {
        let (x, y) = (snap(self.left), snap(self.bottom));
        c.line(&[(x, self.top), (x, y), (self.right, y)], 1.0, AXIS);
    }

    /// Says in words that there is nothing to draw.
    pub fn say<S: Surface>(&self, c: &mut Canvas<'_, S>, words: &str) {
        c.rect(self.left, self.top, self.right, self.bottom, super::palette::NONE.over(PAPER, 0.5));
        let ink = Ink::label().size(21.0).centre();
        c.text_within(self.centre(), self.middle(), words, self.right - self.left - 20.0, ink);
    }
}

/// Title and subtitle at the top of a sheet `width` pixels wide; the text below starts at about 84.
pub fn head<S: Surface>(c: &mut Canvas<'_, S>, width: f64, title: &str, subtitle: &str) {
    let room = (width - 2.0 * MARGIN) * 0.96;
    let ink = Ink::title();
    let natural = text_width(title, ink);
    let ink = ink.size((ink.size * room / natural.max(room)).max(18.0));
    c.text_within(MARGIN, 31.0, title, room, ink);
    c.text_within(MARGIN, 61.0, subtitle, room, Ink::label());
}

/// The largest sign without a rim: small ones are many and would hide what they mark.
const RIMLESS: f64 = 3.5;

/// How a legend shows one of its entries.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Key {
    /// A filled square.
    Square(Colour),
    /// A piece of line of a width.
    Line(Colour, f64),
    /// A piece of broken line of a width.
    Dashed(Colour, f64),
    /// A disc.
    Disc(Colour),
    /// A ring.
    Ring(Colour),
    /// A triangle pointing up or down.
    Triangle(Colour, bool),
    /// A diagonal cross.
    Cross(Colour),
    /// A triangle pointing to the right.
    Pointer(Colour),
}

/// Draws a legend from `left`, its first row centred at `y`, in as many rows as needed; gives the rows' number.
pub fn legend<S: Surface>(
    c: &mut Canvas<'_, S>,
    left: f64,
    right: f64,
    y: f64,
    keys: &[(Key, &str)],
) -> usize {
    let (mut x, mut row) = (left, 0);
    for &(key, name) in keys {
        // Viewers without Noto Sans may take a wider font.
        let width = text_width(name, Ink::label()) * 1.12;
        if x > left && x + 30.0 + width > right {
            (x, row) = (left, row + 1);
        }
        let at = y + 25.0 * row as f64;
        mark(c, x + 11.0, at, key);
        c.text_within(x + 29.0, at, name, right - x - 29.0, Ink::label().colour(INK));
        x += 29.0 + width + 24.0;
    }
    row + 1
}

/// Draws one legend sign around a point.
pub fn mark<S: Surface>(c: &mut Canvas<'_, S>, x: f64, y: f64, key: Key) {
    match key {
        Key::Square(colour) => c.rect(x - 7.5, y - 7.5, x + 7.5, y + 7.5, colour),
        Key::Line(colour, width) => c.line(&[(x - 11.0, y), (x + 11.0, y)], width, colour),
        Key::Dashed(colour, width) => c.dashed(&[(x - 11.0, y), (x + 11.0, y)], width, colour, 6.0, 2.5),
        Key::Disc(colour) => c.disc(x, y, 6.5, colour),
        Key::Ring(colour) => {
            c.disc(x, y, 7.0, colour);
            c.disc(x, y, 4.5, PAPER);
        }
        Key::Triangle(colour, up) => triangle(c, x, y, 7.0, up, colour),
        Key::Cross(colour) => cross(c, x, y, 5.5, colour),
        Key::Pointer(colour) => c.polygon(&[(x + 7.0, y), (x - 7.0, y - 7.5), (x - 7.0, y + 7.5)], colour),
    }
}

/// A triangle with a light rim where it is large, pointing up or down, centred at a point.
pub fn triangle<S: Surface>(c: &mut Canvas<'_, S>, x: f64, y: f64, size: f64, up: bool, colour: Colour) {
    let s = if up { -1.0 } else { 1.0 };
    let shape = |r: f64| [(x, y + s * r), (x - r, y - s * r * 0.8), (x + r, y - s * r * 0.8)];
    if size > RIMLESS {
        c.polygon(&shape(size + 1.8), PAPER);
    }
    c.polygon(&shape(size), colour);
}

/// A diagonal cross with a light rim where it is large.
pub fn cross<S: Surface>(c: &mut Canvas<'_, S>, x: f64, y: f64, size: f64, colour: Colour) {
    let (rim, mark) = ((5.0, size + 1.0, PAPER), (if size > RIMLESS { 2.75 } else { 1.5 }, size, colour));
    for (width, r, colour) in [rim, mark].into_iter().skip(usize::from(size <= RIMLESS)) {
        c.line(&[(x - r, y - r), (x + r, y + r)], width, colour);
        c.line(&[(x - r, y + r), (x + r, y - r)], width, colour);
    }
}

/// The middle of the pixel at `v`, where a thin line is sharp.
pub fn snap(v: f64) -> f64 {
    v.floor() + 0.5
}

/// Width of the widest label.
fn widest(ticks: &[Tick]) -> f64 {
    ticks.iter().map(|t| text_width(&t.label, Ink::label())).fold(0.0, f64::max)
}

/// Where panes begin beside whose value axes the labels of `axes` stand, between the lines and the names of the axes: at
/// `least`, or farther right where a label needs the room.
pub fn axis_room(least: f64, axes: &[&[Tick]]) -> f64 {
    let wide = axes.iter().map(|ticks| widest(ticks)).fold(0.0, f64::max);
    // The name of the axis ends 10 pixels right of its middle; viewers without Noto Sans may take a wider font.
    least.max(MARGIN + 5.0 + 10.0 + wide * 1.12 + 9.0).ceil()
}

/// The legend of the regimes that a strip shows, with their names as in tables.
pub fn regime_keys<'s>(scheme: &'s RegimeScheme, runs: &[(f64, f64, u8)]) -> Vec<(Key, &'s str)> {
    let shown = |code: usize| runs.iter().any(|r| usize::from(r.2) == code);
    let kinds = scheme.kinds().iter().enumerate().filter(|(code, _)| shown(*code));
    kinds.map(|(_, r)| (Key::Square(r.colour().into()), r.name())).collect()
}

/// In how many rows [`legend`] draws `keys`.
pub fn legend_rows(left: f64, right: f64, keys: &[(Key, &str)]) -> usize {
    let (mut x, mut row) = (left, 0);
    for (_, name) in keys {
        let width = text_width(name, Ink::label()) * 1.12;
        if x > left && x + 30.0 + width > right {
            (x, row) = (left, row + 1);
        }
        x += 29.0 + width + 24.0;
    }
    row + 1
}

/// Width at the right of a legend below a time axis that the name of the axis takes.
pub const TIME_NAME: f64 = 104.0;

/// Room that the legend below a strip needs beyond its first row.
pub fn regime_room(left: f64, right: f64, keys: &[(Key, &str)]) -> f64 {
    25.0 * (legend_rows(left, right - TIME_NAME, keys) - 1) as f64
}

/// The regime strip of a pane: a colour per column, and a frame.
pub fn regime_strip<S: Surface>(
    c: &mut Canvas<'_, S>,
    pane: &Pane,
    runs: &[(f64, f64, u8)],
    scheme: &RegimeScheme,
) {
    c.rect(pane.left, pane.top, pane.right, pane.bottom, super::palette::NONE);
    for &(from, to, code) in runs {
        if scheme.get(code).is_some() {
            c.rect(from, pane.top, to, pane.bottom, super::palette::regime(scheme, code));
        }
    }
    c.text(pane.left - 9.0, pane.middle(), "regime", Ink::label().right().colour(SOFT_INK));
}
