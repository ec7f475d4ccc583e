//! Two axes and a colour.

use super::{Chart, WIDTH};
use crate::canvas::{Canvas, text_width};
use crate::ink::Ink;
use crate::palette::{Colour, INK, LOSS, NONE, PAPER, WIN};
use crate::pane::{MARGIN, Pane, head};
use crate::scale::short;
use crate::stats::{quantile_type7, sorted};
use crate::surface::Surface;

/// A map of one number over two axes: blue above zero, orange below, the stronger the farther.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HeatChart {
    /// The title.
    pub title: String,
    /// A line below it.
    pub subtitle: String,
    /// Name of the axis across and of that up.
    pub axes: [String; 2],
    /// Values across.
    pub across: Vec<String>,
    /// Values up, the lowest first.
    pub up: Vec<String>,
    /// `values[u * across.len() + a]`; not finite where there is none.
    pub values: Vec<f64>,
    /// What the number is, with its unit.
    pub of: String,
    /// Whether every value is a loss, zero or more: the scale begins at zero, and darker is worse.
    pub losses: bool,
    /// A cell to be framed: its place across and up.
    pub marked: Option<(usize, usize)>,
}

impl Chart for HeatChart {
    fn title(&self) -> &str {
        &self.title
    }

    fn size(&self) -> (u32, u32) {
        (WIDTH, 700)
    }

    fn draw<S: Surface>(&self, c: &mut Canvas<'_, S>) {
        let right = f64::from(WIDTH) - MARGIN;
        head(c, f64::from(WIDTH), &self.title, &self.subtitle);
        let sizes: Vec<f64> = self.values.iter().copied().filter(|v| v.is_finite()).map(f64::abs).collect();
        // A few extremes must not take the colour from all others: beyond this it is full.
        let most = quantile_type7(&sorted(&sizes), 0.95);
        let most = if most > 0.0 { most } else { sizes.iter().copied().fold(0.0, f64::max) };
        let (na, nu) = (self.across.len(), self.up.len());
        if na == 0 || nu == 0 || most == 0.0 {
            Pane { left: MARGIN, top: 90.0, right, bottom: 676.0 }.say(c, "no candidate has a value");
            return;
        }
        let pane = Pane { left: 150.0, top: 96.0, right: right - 130.0, bottom: 620.0 };
        let (w, h) = ((pane.right - pane.left) / na as f64, (pane.bottom - pane.top) / nu as f64);
        let write = w > 52.0 && h > 20.0;
        for u in 0..nu {
            for a in 0..na {
                let (x, y) = (pane.left + w * a as f64, pane.bottom - h * (u + 1) as f64);
                let v = self.values.get(u * na + a).copied().unwrap_or(f64::NAN);
                let fill = colour(if self.losses { -v } else { v }, most);
                c.rect(x + 0.5, y + 0.5, x + w - 0.5, y + h - 0.5, fill);
                if write && v.is_finite() {
                    let ink = Ink::label().size(14.5).centre().colour(fill.text_on());
                    c.text_within(x + w / 2.0, y + h / 2.0, &short(v, most), w, ink);
                }
            }
        }
        if let Some((a, u)) = self.marked {
            let (x, y) = (pane.left + w * a as f64, pane.bottom - h * (u + 1) as f64);
            c.frame(x + 1.0, y + 1.0, x + w - 1.0, y + h - 1.0, 3.0, INK);
        }
        let ink = Ink::label().size(15.0);
        let widest = self.across.iter().map(|t| text_width(t, ink)).fold(0.0, f64::max);
        let every = ((widest * 1.15 + 8.0) / w).ceil().max(1.0) as usize;
        for (k, name) in self.across.iter().enumerate().step_by(every) {
            c.text(pane.left + w * (k as f64 + 0.5), pane.bottom + 19.0, name, ink.centre());
        }
        let every = (20.0 / h).ceil().max(1.0) as usize;
        for (k, name) in self.up.iter().enumerate().step_by(every) {
            let y = pane.bottom - h * (k as f64 + 0.5);
            c.text_within(pane.left - 9.0, y, name, 90.0, ink.right());
        }
        c.text(pane.centre(), pane.bottom + 48.0, &self.axes[0], Ink::label().centre());
        c.text(MARGIN + 5.0, pane.middle(), &self.axes[1], Ink::label().centre().upward());
        let beyond = sizes.iter().any(|v| *v > most);
        scale(c, &pane, right, (most, beyond), (&self.of, self.losses));
    }
}

fn colour(v: f64, most: f64) -> Colour {
    if !v.is_finite() {
        return NONE;
    }
    let part = 0.06 + 0.94 * (v.abs() / most).min(1.0);
    if v >= 0.0 { WIN.over(PAPER, part) } else { LOSS.over(PAPER, part) }
}

/// The strip that says which colour is which number.
fn scale<S: Surface>(
    c: &mut Canvas<'_, S>,
    pane: &Pane,
    right: f64,
    (most, beyond): (f64, bool),
    (of, losses): (&str, bool),
) {
    let (left, width) = (pane.right + 34.0, 20.0);
    let steps = 60;
    let h = (pane.bottom - pane.top - 30.0) / steps as f64;
    for k in 0..steps {
        let part = (k as f64 + 0.5) / steps as f64;
        let v = most * if losses { part - 1.0 } else { 1.0 - 2.0 * part };
        let y = pane.top + 30.0 + h * k as f64;
        c.rect(left, y, left + width, y + h + 0.5, colour(v, most));
    }
    let middle = pane.top + 30.0 + h * steps as f64 / 2.0;
    let ends = match losses {
        true => vec![(1.0, pane.top + 30.0), (0.5, middle), (0.0, pane.bottom)],
        false => vec![(1.0, pane.top + 30.0), (0.0, middle), (-1.0, pane.bottom)],
    };
    for (part, y) in ends {
        // Where a few values lie beyond the ends, the ends say so.
        let sign = match (beyond, part) {
            (true, 1.0) => "≥ ",
            (true, -1.0) => "≤ ",
            _ => "",
        };
        let label = format!("{sign}{}", short(part * most, most));
        c.text(left + width + 7.0, y, &label, Ink::label().size(15.0));
    }
    c.text_within(right, pane.top + 8.0, of, 150.0, Ink::label().size(15.0).right());
}
