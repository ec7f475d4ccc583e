//! Stacked bars, one bar a regime: what stands behind a system's decisions.

use super::{Chart, WIDTH};
use crate::canvas::{Canvas, text_width};
use crate::ink::Ink;
use crate::palette::{INK, piece};
use crate::pane::{Key, MARGIN, Pane, head, legend};
use crate::scale::Scale;
use crate::surface::Surface;
use crate::text;

/// Stacked bars, one bar a regime.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StackedBars {
    /// The title.
    pub title: String,
    /// A line below it.
    pub subtitle: String,
    /// What the bars measure, with its unit.
    pub axis: String,
    /// What each piece of a bar is.
    pub pieces: Vec<String>,
    /// Bars, drawn in this order.
    pub rows: Vec<StackedRow>,
    /// What is said where every bar is empty.
    pub nothing: String,
}

/// One bar.
#[derive(Debug, Clone, PartialEq)]
pub struct StackedRow {
    /// What it is about, such as a regime.
    pub name: String,
    /// Length of each piece, zero or more.
    pub values: Vec<f64>,
    /// How many observations the bar is the mean of.
    pub n: u64,
}

impl Chart for StackedBars {
    fn title(&self) -> &str {
        &self.title
    }

    fn size(&self) -> (u32, u32) {
        (WIDTH, 675)
    }

    fn draw<S: Surface>(&self, c: &mut Canvas<'_, S>) {
        let right = f64::from(WIDTH) - MARGIN;
        head(c, f64::from(WIDTH), &self.title, &self.subtitle);
        let most = self.rows.iter().map(total).fold(0.0, f64::max);
        if most <= 0.0 {
            Pane { left: MARGIN, top: 90.0, right, bottom: 651.0 }.say(c, &self.nothing);
            return;
        }
        let lines = legend(c, MARGIN, right, 98.0, &self.keys());
        let pane = Pane { left: 222.0, top: 98.0 + 25.0 * lines as f64, right: right - 172.0, bottom: 606.0 };
        let along = Scale::linear(0.0, most, pane.left, pane.right);
        pane.bottom_axis(c, &along, &along.ticks(6), &self.axis);
        let row = (pane.bottom - pane.top) / self.rows.len() as f64;
        for (i, bar) in self.rows.iter().enumerate() {
            let y = pane.top + row * (i as f64 + 0.5);
            draw_bar(c, &pane, &along, y, (row * 0.34).min(32.0), bar);
            c.text(pane.left - 14.0, y, &bar.name, Ink::label().bold().colour(INK).right());
            let n = format!("n = {}", text::count(bar.n));
            c.text(right, y, &n, Ink::label().right());
        }
        pane.axes(c);
    }
}

impl StackedBars {
    /// The pieces that any bar has.
    fn keys(&self) -> Vec<(Key, &str)> {
        let drawn = |k: usize| self.rows.iter().any(|r| r.values.get(k).copied().map_or(0.0, positive) > 0.0);
        let pieces = self.pieces.iter().enumerate().filter(|(k, _)| drawn(*k));
        pieces.map(|(k, name)| (Key::Square(piece(k)), name.as_str())).collect()
    }
}

fn draw_bar<S: Surface>(
    c: &mut Canvas<'_, S>,
    pane: &Pane,
    along: &Scale,
    y: f64,
    half: f64,
    bar: &StackedRow,
) {
    let all = total(bar);
    let mut from = 0.0;
    for (k, mass) in bar.values.iter().copied().map(positive).enumerate() {
        let colour = piece(k);
        let (a, b) = (along.at(from), along.at(from + mass));
        from += mass;
        if b - a < 0.25 {
            continue;
        }
        // A light gap parts neighbours where there is room for it.
        c.rect(a, y - half, if b - a > 4.0 { b - 1.5 } else { b }, y + half, colour);
        let share = format!("{:.0} %", 100.0 * mass / all);
        let ink = Ink::label().size(15.0).centre().colour(colour.text_on());
        if text_width(&share, ink) * 1.15 + 6.0 < b - a {
            c.text((a + b) / 2.0 - 0.75, y, &share, ink);
        }
    }
    if all > 0.0 {
        c.text(along.at(all) + 8.0, y, &text::number(all, 2), Ink::label().bold().colour(INK));
    } else {
        pane.words(c, along.at(0.0) + 10.0, y, "no signals", Ink::label());
    }
}

fn total(bar: &StackedRow) -> f64 {
    bar.values.iter().copied().map(positive).sum()
}

fn positive(mass: f64) -> f64 {
    if mass.is_finite() { mass.max(0.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_that_no_bar_has_is_in_no_legend() {
        let row = |values: &[f64]| StackedRow { name: "QUIET".into(), values: values.to_vec(), n: 3 };
        let chart = StackedBars {
            pieces: ["flow", "ML", "volume"].map(str::to_owned).to_vec(),
            rows: vec![row(&[0.2, 0.0, f64::NAN]), row(&[0.0, 0.0]), row(&[0.1, 0.0, 0.3])],
            ..StackedBars::default()
        };
        assert_eq!(chart.keys(), [(Key::Square(piece(0)), "flow"), (Key::Square(piece(2)), "volume")]);
    }
}
