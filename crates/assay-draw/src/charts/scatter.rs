//! Points on two axes, one of them marked.

use super::{Chart, WIDTH};
use crate::canvas::Canvas;
use crate::palette::{AXIS, INK, LOSS, WIN};
use crate::pane::{Key, MARGIN, Pane, axis_room, head, legend, snap};
use crate::scale::Scale;
use crate::surface::Surface;

/// Points, with one of their own and lines across.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScatterChart {
    /// The title.
    pub title: String,
    /// A line below it.
    pub subtitle: String,
    /// Names of the axes across and up, with units.
    pub axes: [String; 2],
    /// What the points are.
    pub name: String,
    /// The points.
    pub points: Vec<(f64, f64)>,
    /// A point of its own and what it is.
    pub marked: Option<((f64, f64), String)>,
    /// Levels across and what they are.
    pub levels: Vec<(f64, String)>,
}

impl Chart for ScatterChart {
    fn title(&self) -> &str {
        &self.title
    }

    fn size(&self) -> (u32, u32) {
        (WIDTH, 640)
    }

    fn draw<S: Surface>(&self, c: &mut Canvas<'_, S>) {
        let right = f64::from(WIDTH) - MARGIN;
        head(c, f64::from(WIDTH), &self.title, &self.subtitle);
        let fine = |p: &&(f64, f64)| p.0.is_finite() && p.1.is_finite();
        let points: Vec<&(f64, f64)> = self.points.iter().filter(fine).collect();
        let all = || points.iter().copied().chain(self.marked.iter().map(|m| &m.0)).filter(fine);
        if all().next().is_none() {
            Pane { left: MARGIN, top: 90.0, right, bottom: 616.0 }.say(c, "no point to draw");
            return;
        }
        let lines = legend(c, MARGIN, right, 98.0, &self.keys());
        let range = |values: &mut dyn Iterator<Item = f64>| {
            let (l, h) = values.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
            let pad = if h > l { 0.06 * (h - l) } else { 0.5 };
            (l - pad, h + pad)
        };
        let (xl, xh) = range(&mut all().map(|p| p.0));
        let levels = self.levels.iter().map(|l| l.0).filter(|l| l.is_finite());
        let (yl, yh) = range(&mut all().map(|p| p.1).chain(levels));
        let up = Scale::linear(yl, yh, 0.0, 1.0);
        let ticks = up.ticks(6);
        let left = axis_room(126.0, &[&ticks]);
        let pane = Pane { left, top: 96.0 + 26.0 * lines as f64, right: right - 20.0, bottom: 566.0 };
        let (along, up) = (Scale::linear(xl, xh, pane.left, pane.right), up.over(pane.bottom, pane.top));
        pane.value_axis(c, &up, &ticks, &self.axes[1]);
        pane.bottom_axis(c, &along, &along.ticks(8), &self.axes[0]);
        for (level, _) in self.levels.iter().filter(|l| l.0.is_finite()) {
            let y = snap(up.at(*level));
            c.dashed(&[(pane.left, y), (pane.right, y)], 1.5, AXIS, 7.0, 4.0);
        }
        let size = if points.len() > 2000 { 1.6 } else { 4.5 };
        for p in &points {
            c.disc(along.at(p.0), up.at(p.1), size, WIN);
        }
        if let Some(((x, y), _)) = self.marked.as_ref().filter(|m| fine(&&m.0)) {
            crate::pane::mark(c, along.at(*x), up.at(*y), Key::Ring(LOSS));
        }
        c.line(&[(pane.left, snap(pane.bottom)), (pane.right, snap(pane.bottom))], 1.0, INK);
        pane.axes(c);
    }
}

impl ScatterChart {
    /// The points and lines that are drawn.
    fn keys(&self) -> Vec<(Key, &str)> {
        let fine = |p: &(f64, f64)| p.0.is_finite() && p.1.is_finite();
        let mut keys: Vec<(Key, &str)> = vec![];
        if self.points.iter().any(fine) {
            keys.push((Key::Disc(WIN), &self.name));
        }
        keys.extend(self.marked.iter().filter(|m| fine(&m.0)).map(|m| (Key::Ring(LOSS), m.1.as_str())));
        let levels = self.levels.iter().filter(|l| l.0.is_finite());
        keys.extend(levels.map(|l| (Key::Dashed(AXIS, 2.0), l.1.as_str())));
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_place_is_in_no_legend() {
        let mut chart = ScatterChart {
            name: "window".into(),
            points: vec![(1.0, 2.0), (f64::NAN, 1.0)],
            marked: Some(((0.0, f64::NAN), "best".into())),
            levels: vec![(f64::NAN, "median".into()), (0.0, "zero".into())],
            ..ScatterChart::default()
        };
        let names = |c: &ScatterChart| c.keys().iter().map(|k| k.1.to_owned()).collect::<Vec<_>>();
        assert_eq!(names(&chart), ["window", "zero"]);
        chart.points = vec![(f64::NAN, 1.0)];
        chart.marked = Some(((0.0, 1.0), "best".into()));
        assert_eq!(names(&chart), ["best", "zero"]);
    }
}
