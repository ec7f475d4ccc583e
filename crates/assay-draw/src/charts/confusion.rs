//! How often what was detected is what was true.

use super::{Chart, WIDTH};
use crate::canvas::{Canvas, text_width};
use crate::ink::Ink;
use crate::palette::{Colour, INK, NONE, PAPER, WIN};
use crate::pane::{MARGIN, Pane, head};
use crate::regime::RegimeScheme;
use crate::surface::Surface;
use crate::text;

/// A matrix of counts: a row per true label, a column per detected one.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfusionChart {
    /// The title.
    pub title: String,
    /// A line below it.
    pub subtitle: String,
    /// Who named the rows and who the columns.
    pub axes: [&'static str; 2],
    /// True labels.
    pub rows: Vec<String>,
    /// Detected labels.
    pub columns: Vec<String>,
    /// `counts[row][column]`; what is missing counts as zero.
    pub counts: Vec<Vec<u64>>,
    /// Whose colours stand beside the labels that it has.
    pub regimes: RegimeScheme,
}

impl Default for ConfusionChart {
    fn default() -> Self {
        Self {
            title: String::new(),
            subtitle: String::new(),
            axes: ["true", "detected"],
            rows: vec![],
            columns: vec![],
            counts: vec![],
            regimes: RegimeScheme::default(),
        }
    }
}

impl Chart for ConfusionChart {
    fn title(&self) -> &str {
        &self.title
    }

    fn size(&self) -> (u32, u32) {
        (WIDTH, 675)
    }

    fn draw<S: Surface>(&self, c: &mut Canvas<'_, S>) {
        let right = f64::from(WIDTH) - MARGIN;
        head(c, f64::from(WIDTH), &self.title, &self.subtitle);
        let (rows, columns) = (self.rows.len(), self.columns.len());
        if rows == 0 || columns == 0 || (0..rows).all(|r| self.total(r) == 0) {
            Pane { left: MARGIN, top: 90.0, right, bottom: 651.0 }.say(c, "no bar has a label to compare");
            return;
        }
        let pane = Pane { left: 252.0, top: 166.0, right: right - 110.0, bottom: 610.0 };
        let (w, h) = ((pane.right - pane.left) / columns as f64, (pane.bottom - pane.top) / rows as f64);
        c.text(pane.centre(), pane.top - 70.0, self.axes[1], Ink::label().centre());
        c.text(MARGIN + 8.0, pane.middle(), self.axes[0], Ink::label().centre().upward());
        c.text(right, pane.top - 24.0, "bars", Ink::label().bold().right());
        for (k, name) in self.columns.iter().enumerate() {
            let x = pane.left + w * (k as f64 + 0.5);
            let ink = Ink::label().size(14.5).bold().colour(INK).centre();
            // A long name is broken after its first part.
            let part = match name.split_once('_') {
                Some((first, _)) if text_width(name, ink) * 1.12 > w => first.len() + 1,
                _ => 0,
            };
            let (first, last) = name.split_at(part);
            c.text_within(x, pane.top - 41.0, first, w * 0.95, ink);
            c.text_within(x, pane.top - 23.0, last, w * 0.95, ink);
            self.swatch(c, name, (x - w / 2.0 + 1.0, pane.top - 9.0, x + w / 2.0 - 1.0, pane.top - 3.0));
        }
        for (r, name) in self.rows.iter().enumerate() {
            let y = pane.top + h * r as f64;
            c.text_within(
                pane.left - 18.0,
                y + h / 2.0,
                name,
                190.0,
                Ink::label().size(14.5).bold().colour(INK).right(),
            );
            self.swatch(c, name, (pane.left - 9.0, y + 1.0, pane.left - 3.0, y + h - 1.0));
            c.text(right, y + h / 2.0, &text::count(self.total(r)), Ink::label().right());
            for k in 0..columns {
                self.draw_cell(c, (pane.left + w * k as f64, y, w, h), r, k);
            }
        }
        c.text(pane.left, 640.0, "each cell: share of its row, and bars", Ink::label());
    }
}

impl ConfusionChart {
    fn count(&self, row: usize, column: usize) -> u64 {
        self.counts.get(row).and_then(|r| r.get(column)).copied().unwrap_or(0)
    }

    fn total(&self, row: usize) -> u64 {
        (0..self.columns.len()).map(|k| self.count(row, k)).sum()
    }

    /// A bar in the regime's colour beside its name.
    fn swatch<S: Surface>(&self, c: &mut Canvas<'_, S>, name: &str, (l, t, r, b): (f64, f64, f64, f64)) {
        if let Some(regime) = self.regimes.kinds().iter().find(|k| k.name() == name) {
            c.rect(l, t, r, b, Colour::from(regime.colour()));
        }
    }

    fn draw_cell<S: Surface>(
        &self,
        c: &mut Canvas<'_, S>,
        (x, y, w, h): (f64, f64, f64, f64),
        row: usize,
        column: usize,
    ) {
        let (n, all) = (self.count(row, column), self.total(row));
        let (left, top, right, bottom) = (x + 1.0, y + 1.0, x + w - 1.0, y + h - 1.0);
        if all == 0 {
            c.rect(left, top, right, bottom, NONE.over(PAPER, 0.6));
            c.text(x + w / 2.0, y + h / 2.0, "--", Ink::label().centre());
            return;
        }
        let share = n as f64 / all as f64;
        let fill = WIN.over(PAPER, 0.04 + 0.96 * share);
        c.rect(left, top, right, bottom, fill);
        if self.rows[row] == self.columns[column] {
            c.frame(left + 1.0, top + 1.0, right - 1.0, bottom - 1.0, 2.0, INK);
        }
        let ink = Ink::label().colour(fill.text_on()).centre();
        let line = (h / 5.0).min(13.0);
        // Many labels leave little room for each.
        let size = |most: f64| most.min(w / 4.0).min(h / 2.6);
        let share = format!("{:.1} %", 100.0 * share);
        c.text(x + w / 2.0, y + h / 2.0 - line, &share, ink.size(size(19.0)).bold());
        c.text(x + w / 2.0, y + h / 2.0 + line, &text::count(n), ink.size(size(15.0)));
    }
}
