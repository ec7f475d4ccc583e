//! Horizontal bars, one a name.

use super::{Chart, WIDTH};
use crate::canvas::Canvas;
use crate::ink::Ink;
use crate::palette::{INK, LOSS, WIN};
use crate::pane::{MARGIN, Pane, head};
use crate::scale::{Scale, short};
use crate::surface::Surface;

/// A number a name, the first on top: blue above zero, orange below.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BarsChart {
    /// The title.
    pub title: String,
    /// A line below it.
    pub subtitle: String,
    /// What the numbers are, with their unit.
    pub axis: String,
    /// Names and numbers.
    pub bars: Vec<(String, f64)>,
}

impl Chart for BarsChart {
    fn title(&self) -> &str {
        &self.title
    }

    fn size(&self) -> (u32, u32) {
        (WIDTH, (170 + 34 * self.bars.len().clamp(4, 30)) as u32)
    }

    fn draw<S: Surface>(&self, c: &mut Canvas<'_, S>) {
        let right = f64::from(WIDTH) - MARGIN;
        let bottom = f64::from(self.size().1);
        head(c, f64::from(WIDTH), &self.title, &self.subtitle);
        let shown: Vec<&(String, f64)> = self.bars.iter().filter(|b| b.1.is_finite()).take(30).collect();
        if shown.is_empty() {
            Pane { left: MARGIN, top: 90.0, right, bottom: bottom - 24.0 }.say(c, "nothing to compare");
            return;
        }
        let pane = Pane { left: 330.0, top: 92.0, right: right - 90.0, bottom: bottom - 68.0 };
        let (low, high) = shown.iter().fold((0.0f64, 0.0f64), |(l, h), b| (l.min(b.1), h.max(b.1)));
        let along = Scale::linear(low, if high > low { high } else { low + 1.0 }, pane.left, pane.right);
        pane.bottom_axis(c, &along, &along.ticks(7), &self.axis);
        let row = (pane.bottom - pane.top) / shown.len() as f64;
        for (k, (name, value)) in shown.iter().enumerate() {
            let y = pane.top + row * (k as f64 + 0.5);
            let (zero, at) = (along.at(0.0), along.at(*value));
            let half = (row * 0.33).min(13.0);
            let colour = if *value >= 0.0 { WIN } else { LOSS };
            c.rect(zero.min(at), y - half, zero.max(at).max(zero.min(at) + 1.0), y + half, colour);
            c.text_within(pane.left - 14.0, y, name, 290.0, Ink::label().colour(INK).right());
            let label = short(*value, low.abs().max(high));
            pane.words(c, at.max(zero) + 8.0, y, &label, Ink::label().size(15.0));
        }
        pane.axes(c);
    }
}
