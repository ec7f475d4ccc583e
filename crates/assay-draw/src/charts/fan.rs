//! Equity on many paths.

use super::{Chart, WIDTH};
use crate::canvas::Canvas;
use crate::palette::{AXIS, INK, LIGHT_LINE, LOSS, PAPER, SOFT_INK};
use crate::pane::{Key, MARGIN, Pane, axis_room, head, legend, snap};
use crate::scale::Scale;
use crate::surface::Surface;

/// Bands of equity between quantiles of many paths, their median, and the run itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FanChart {
    /// The title.
    pub title: String,
    /// A line below it.
    pub subtitle: String,
    /// How far along each point is, 0 to 1.
    pub at: Vec<f64>,
    /// 5, 25, 50, 75 and 95 % quantiles, as multiples of the start.
    pub quantiles: Vec<Vec<f64>>,
    /// The run itself.
    pub original: Vec<f64>,
    /// A level to compare with, and what it is.
    pub level: Option<(f64, String)>,
}

impl Chart for FanChart {
    fn title(&self) -> &str {
        &self.title
    }

    fn size(&self) -> (u32, u32) {
        (WIDTH, 660)
    }

    fn draw<S: Surface>(&self, c: &mut Canvas<'_, S>) {
        let right = f64::from(WIDTH) - MARGIN;
        head(c, f64::from(WIDTH), &self.title, &self.subtitle);
        let [low, q1, median, q3, high] = &self.quantiles[..] else {
            Pane { left: MARGIN, top: 90.0, right, bottom: 636.0 }.say(c, "no path to draw");
            return;
        };
        // Paths end well and badly: neither end has the colour of gains.
        let (outer, inner) = (LIGHT_LINE.over(PAPER, 0.35), LIGHT_LINE.over(PAPER, 0.75));
        let mut keys: Vec<(Key, &str)> = vec![
            (Key::Square(outer), "5 % to 95 % of paths"),
            (Key::Square(inner), "25 % to 75 %"),
            (Key::Dashed(SOFT_INK, 2.5), "median"),
        ];
        if self.original.iter().any(|v| v.is_finite()) {
            keys.push((Key::Line(INK, 2.5), "the run itself"));
        }
        let level = self.level.as_ref().filter(|l| l.0.is_finite());
        keys.extend(level.map(|l| (Key::Dashed(LOSS, 2.0), l.1.as_str())));
        let lines = legend(c, MARGIN, right, 98.0, &keys);
        let values = || low.iter().chain(high).chain(&self.original).copied().filter(|v| v.is_finite());
        let (lo, hi) =
            values().chain(level.map(|l| l.0)).fold((1.0f64, 1.0f64), |(l, h), v| (l.min(v), h.max(v)));
        let pad = 0.05 * (hi - lo).max(1e-6);
        let up = Scale::linear(lo - pad, hi + pad, 0.0, 1.0);
        let ticks = up.ticks(7);
        let left = axis_room(126.0, &[&ticks]);
        let pane = Pane { left, top: 96.0 + 26.0 * lines as f64, right: right - 10.0, bottom: 590.0 };
        let (along, up) = (Scale::linear(0.0, 100.0, pane.left, pane.right), up.over(pane.bottom, pane.top));
        pane.value_axis(c, &up, &ticks, "equity (1 = start)");
        pane.bottom_axis(c, &along, &along.ticks(10), "share of the history (%)");
        let at = |k: usize, v: f64| (along.at(100.0 * self.at[k]), up.at(v));
        let mut band = |a: &[f64], b: &[f64], colour| {
            let mut shape: Vec<(f64, f64)> = (0..a.len()).map(|k| at(k, a[k])).collect();
            shape.extend((0..b.len()).rev().map(|k| at(k, b[k])));
            c.polygon(&shape, colour);
        };
        band(low, high, outer);
        band(q1, q3, inner);
        let line =
            |v: &[f64]| -> Vec<(f64, f64)> { (0..v.len().min(self.at.len())).map(|k| at(k, v[k])).collect() };
        let y = snap(up.at(1.0));
        c.dashed(&[(pane.left, y), (pane.right, y)], 1.0, AXIS, 3.0, 3.0);
        if let Some((level, _)) = level {
            let y = snap(up.at(*level));
            c.dashed(&[(pane.left, y), (pane.right, y)], 2.0, LOSS, 7.0, 4.0);
        }
        c.dashed(&line(median), 2.5, SOFT_INK, 9.0, 4.0);
        if !self.original.is_empty() {
            c.line(&line(&self.original), 4.0, LIGHT_LINE);
            c.line(&line(&self.original), 2.2, INK);
        }
        pane.axes(c);
    }
}
