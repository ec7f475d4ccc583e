//! How values are distributed, with places to compare.

use super::{Chart, WIDTH};
use crate::canvas::Canvas;
use crate::palette::{Colour, INK, LIGHT_LINE, LOSS, WIN};
use crate::pane::{Key, MARGIN, Pane, axis_room, head, legend};
use crate::scale::Scale;
use crate::surface::Surface;

/// What a marked place means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkKind {
    /// Neither good nor bad, such as a median.
    Plain,
    /// The end of the good tail.
    Good,
    /// The end of the bad tail.
    Bad,
}

impl MarkKind {
    /// Whatever the metric, a bad tail has the colour of losses and a good one that of gains.
    fn colour(self) -> Colour {
        match self {
            Self::Plain => INK,
            Self::Good => WIN,
            Self::Bad => LOSS,
        }
    }
}

/// A histogram with marked places.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HistogramChart {
    /// The title.
    pub title: String,
    /// A line below it.
    pub subtitle: String,
    /// What the values are, with their unit.
    pub axis: String,
    /// What is counted.
    pub counted: String,
    /// The values; those not finite are left out.
    pub values: Vec<f64>,
    /// Width of a bar where the values lie on a grid; chosen from their range where absent.
    pub step: Option<f64>,
    /// Places, what the legend calls them, and what they mean.
    pub marks: Vec<(f64, String, MarkKind)>,
}

const BINS: usize = 48;

impl Chart for HistogramChart {
    fn title(&self) -> &str {
        &self.title
    }

    fn size(&self) -> (u32, u32) {
        (WIDTH, 600)
    }

    fn draw<S: Surface>(&self, c: &mut Canvas<'_, S>) {
        let right = f64::from(WIDTH) - MARGIN;
        head(c, f64::from(WIDTH), &self.title, &self.subtitle);
        let values: Vec<f64> = self.values.iter().copied().filter(|v| v.is_finite()).collect();
        if values.is_empty() {
            Pane { left: MARGIN, top: 90.0, right, bottom: 576.0 }.say(c, "no value");
            return;
        }
        let marks = self.marks.iter().map(|m| m.0).filter(|m| m.is_finite());
        let (low, high) =
            values.iter().copied().chain(marks).fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
        let (low, high, count) = match self.step {
            Some(step) => {
                let (low, high) = ((low / step).floor() * step, ((high / step).floor() + 1.0) * step);
                (low, high, (((high - low) / step).round() as usize).clamp(1, 500))
            }
            None => {
                let pad = if high > low { 0.02 * (high - low) } else { 0.5 };
                (low - pad, high + pad, BINS)
            }
        };
        let mut bins = vec![0u64; count];
        for v in &values {
            bins[(((v - low) / (high - low) * count as f64) as usize).min(count - 1)] += 1;
        }
        let keys = self.keys();
        let lines = if keys.is_empty() { 0 } else { legend(c, MARGIN, right, 98.0, &keys) };
        let most = bins.iter().copied().max().unwrap_or(1) as f64;
        let up = Scale::linear(0.0, most * 1.05, 0.0, 1.0);
        let ticks = up.whole_ticks(5);
        let left = axis_room(110.0, &[&ticks]);
        let pane = Pane { left, top: 92.0 + 26.0 * lines as f64, right, bottom: 530.0 };
        let (along, up) = (Scale::linear(low, high, pane.left, pane.right), up.over(pane.bottom, pane.top));
        pane.value_axis(c, &up, &ticks, &self.counted);
        pane.bottom_axis(c, &along, &along.ticks(9), &self.axis);
        let w = (pane.right - pane.left) / count as f64;
        for (k, n) in bins.iter().enumerate().filter(|(_, n)| **n > 0) {
            let x = pane.left + w * k as f64;
            c.rect(x + 0.75, up.at(*n as f64), x + w - 0.75, pane.bottom, LIGHT_LINE);
        }
        for (at, _, kind) in self.marks.iter().filter(|m| m.0.is_finite()) {
            let x = along.at(*at);
            c.line(&[(x, pane.top), (x, pane.bottom)], 2.5, kind.colour());
        }
        pane.axes(c);
    }
}

impl HistogramChart {
    /// The marks that are drawn.
    fn keys(&self) -> Vec<(Key, &str)> {
        let drawn = self.marks.iter().filter(|m| m.0.is_finite());
        drawn.map(|(_, name, kind)| (Key::Line(kind.colour(), 3.0), name.as_str())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_that_are_not_drawn_have_no_legend_and_bad_tails_no_colour_of_gains() {
        let chart = HistogramChart {
            values: vec![1.0, 2.0, 3.0],
            counted: "paths".into(),
            marks: vec![
                (f64::NAN, "none".into(), MarkKind::Plain),
                (1.2, "least".into(), MarkKind::Good),
                (2.9, "worst".into(), MarkKind::Bad),
            ],
            ..HistogramChart::default()
        };
        assert_eq!(chart.keys(), [(Key::Line(WIN, 3.0), "least"), (Key::Line(LOSS, 3.0), "worst")]);
        let svg = chart.svg().unwrap();
        assert!(!svg.contains("none<") && !svg.contains("0.5"), "counts are whole");
    }
}
