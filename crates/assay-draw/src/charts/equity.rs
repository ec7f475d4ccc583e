//! Equity over time, its drawdown, and the regimes behind it.

use super::{Chart, WIDTH};
use crate::canvas::Canvas;
use crate::columns::{TimeScale, curve, strip};
use crate::palette::{AXIS, Colour, INK, LIGHT_LINE, LOSS, PAPER, SOFT_INK, comparison};
use crate::pane::{
    Key, MARGIN, Pane, TIME_NAME, axis_room, head, legend, regime_keys, regime_room, regime_strip, snap,
};
use crate::regime::RegimeScheme;
use crate::scale::Scale;
use crate::surface::Surface;

/// A named series over time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Curve {
    /// What the legend calls it.
    pub name: String,
    /// Milliseconds since 1970 UTC, rising.
    pub time_ms: Vec<i64>,
    /// One value per time; one that is not finite leaves a gap.
    pub values: Vec<f64>,
}

/// An equity curve with its drawdown, comparison curves and regimes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EquityChart {
    /// The title.
    pub title: String,
    /// A line below it.
    pub subtitle: String,
    /// Name and unit of the equity axis, such as `equity (USD)`.
    pub axis: String,
    /// Whether the equity axis is logarithmic (only where every value is above zero).
    pub log: bool,
    /// The equity, of which the drawdown is drawn.
    pub equity: Curve,
    /// The same with the more favourable order of events inside bars.
    pub edge: Option<Curve>,
    /// Curves to compare with, such as buy and hold.
    pub comparisons: Vec<Curve>,
    /// Regime code of each time of `equity`; empty for no strip.
    pub regime: Vec<u8>,
    /// What the codes stand for.
    pub regimes: RegimeScheme,
    /// When the market was closed, from and to in rising order: these times take no room.
    pub closed: Vec<(i64, i64)>,
    /// Instants that part the history, such as the first day of each test, and what the legend calls them.
    pub borders: Option<(Vec<i64>, String)>,
}

/// The lines that part the history.
const BORDER: Colour = SOFT_INK;

/// Ticks asked for on the axis of equity, and on that of the drawdown.
const TICKS: [usize; 2] = [6, 4];

impl Chart for EquityChart {
    fn title(&self) -> &str {
        &self.title
    }

    fn size(&self) -> (u32, u32) {
        (WIDTH, 800)
    }

    fn draw<S: Surface>(&self, c: &mut Canvas<'_, S>) {
        let width = f64::from(WIDTH);
        head(c, width, &self.title, &self.subtitle);
        let with_strip = !self.regime.is_empty();
        let right = width - MARGIN;
        let Some((from, to)) = self.span() else {
            Pane { left: MARGIN, top: 90.0, right, bottom: 776.0 }
                .say(c, "no equity to draw: the run has no bars");
            return;
        };
        let falls = drawdown_percent(&self.equity.values);
        let (up, down) = (self.scale(from, to), drawdown_scale(&falls));
        let left = axis_room(126.0, &[&up.ticks(TICKS[0]), &down.ticks(TICKS[1])]);
        let across = TimeScale::new(from, to, left, right).without(&self.closed);
        let rows = legend(c, left, right, 96.0, &self.keys(&across));
        let top = 96.0 + 25.0 * rows as f64 - 3.0;
        let runs = strip(&self.equity.time_ms, &self.regime, &across);
        let keys = regime_keys(&self.regimes, &runs);
        let room = if with_strip { regime_room(left, right, &keys) } else { 0.0 };
        let foot = 800.0 - 88.0 - room;
        let under = if with_strip { foot - 32.0 } else { foot };
        let main = Pane { left, top, right, bottom: under - 164.0 };
        let lower = Pane { left, top: under - 144.0, right, bottom: under };

        self.draw_equity(c, &main, &across, &up.over(main.bottom, main.top));
        self.draw_drawdown(c, &lower, &across, &falls, &down.over(lower.bottom, lower.top));
        let mut lowest = lower;
        if with_strip {
            lowest = Pane { left, top: foot - 22.0, right, bottom: foot };
            regime_strip(c, &lowest, &runs, &self.regimes);
            legend(c, left, right - TIME_NAME, 800.0 - 19.0 - room, &keys);
        }
        lowest.time_axis(c, &across);
    }
}

impl EquityChart {
    /// All curves, the main one last so that it lies on top.
    fn curves(&self) -> impl Iterator<Item = &Curve> {
        self.comparisons.iter().chain(&self.edge).chain([&self.equity])
    }

    /// First and last time of the equity.
    fn span(&self) -> Option<(i64, i64)> {
        let n = self.equity.time_ms.len().min(self.equity.values.len());
        let any = self.equity.values[..n].iter().any(|v| v.is_finite());
        Some((*self.equity.time_ms.first()?, *self.equity.time_ms.get(n.checked_sub(1)?)?)).filter(|_| any)
    }

    /// The curves and signs of which anything is drawn.
    fn keys(&self, across: &TimeScale) -> Vec<(Key, &str)> {
        let drawn =
            |k: &Curve| k.time_ms.iter().zip(&k.values).any(|(t, v)| across.holds(*t) && v.is_finite());
        let mut keys = vec![(Key::Line(INK, 2.5), self.equity.name.as_str())];
        if let Some(edge) = self.edge.as_ref().filter(|e| drawn(e)) {
            keys.push((Key::Line(LIGHT_LINE, 2.0), &edge.name));
        }
        for (i, other) in self.comparisons.iter().enumerate().filter(|(_, k)| drawn(k)) {
            keys.push((Key::Line(comparison(i), 2.0), &other.name));
        }
        if let Some((times, name)) = &self.borders
            && times.iter().any(|t| across.holds(*t))
        {
            keys.push((Key::Dashed(BORDER, 1.5), name));
        }
        keys
    }

    /// The axis of equity, over no pixels yet.
    fn scale(&self, from: i64, to: i64) -> Scale {
        let shown = |k: &Curve| {
            let within = |t: &i64| (from..=to).contains(t);
            let rows = k.time_ms.iter().zip(&k.values).filter(|(t, v)| within(t) && v.is_finite());
            rows.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), (_, &v)| (a.min(v), b.max(v)))
        };
        let (low, high) = self
            .curves()
            .map(shown)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), (low, high)| (a.min(low), b.max(high)));
        if self.log && low > 0.0 {
            let pad = libm::pow(high / low, 0.04);
            return Scale::log(low / pad, high * pad, 0.0, 1.0);
        }
        let pad = 0.04 * (high - low);
        Scale::linear(low - pad, high + pad, 0.0, 1.0)
    }

    fn draw_equity<S: Surface>(&self, c: &mut Canvas<'_, S>, pane: &Pane, across: &TimeScale, up: &Scale) {
        let name = if up.is_log() { format!("{}, log scale", self.axis) } else { self.axis.clone() };
        pane.time_grid(c, across);
        pane.value_axis(c, up, &up.ticks(TICKS[0]), &name);
        self.draw_borders(c, pane, across);
        if let Some(start) = self.equity.values.iter().copied().find(|v| v.is_finite()) {
            let y = snap(up.at(start));
            c.dashed(&[(pane.left, y), (pane.right, y)], 1.0, AXIS, 3.0, 3.0);
        }
        for (i, other) in self.comparisons.iter().enumerate() {
            for run in curve(&other.time_ms, &other.values, across, up) {
                c.line(&run, 1.5, comparison(i));
            }
        }
        for run in self.edge.iter().flat_map(|e| curve(&e.time_ms, &e.values, across, up)) {
            c.line(&run, 1.5, LIGHT_LINE);
        }
        for run in curve(&self.equity.time_ms, &self.equity.values, across, up) {
            c.line(&run, 2.0, INK);
        }
        pane.axes(c);
    }

    fn draw_drawdown<S: Surface>(
        &self,
        c: &mut Canvas<'_, S>,
        pane: &Pane,
        across: &TimeScale,
        falls: &[f64],
        up: &Scale,
    ) {
        pane.time_grid(c, across);
        pane.value_axis(c, up, &up.ticks(TICKS[1]), "drawdown (%)");
        for run in curve(&self.equity.time_ms, falls, across, up) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            let mut area = vec![(first.0, pane.top)];
            area.extend(&run);
            area.push((last.0, pane.top));
            c.polygon(&area, LOSS.over(PAPER, 0.28));
            c.line(&run, 1.25, LOSS);
        }
        self.draw_borders(c, pane, across);
        c.line(&[(pane.left, snap(pane.top)), (pane.right, snap(pane.top))], 1.0, AXIS);
        pane.axes(c);
    }

    fn draw_borders<S: Surface>(&self, c: &mut Canvas<'_, S>, pane: &Pane, across: &TimeScale) {
        let times = self.borders.iter().flat_map(|(times, _)| times);
        for x in times.filter(|t| across.holds(**t)).map(|t| snap(across.at(*t))) {
            c.dashed(&[(x, pane.top), (x, pane.bottom)], 1.25, BORDER, 6.0, 4.0);
        }
    }
}

/// The axis of the drawdown, over no pixels yet.
fn drawdown_scale(falls: &[f64]) -> Scale {
    let floor = falls.iter().copied().filter(|v| v.is_finite()).fold(0.0, f64::min);
    Scale::linear(if floor < 0.0 { floor * 1.06 } else { -1.0 }, 0.0, 0.0, 1.0)
}

/// The fall of each value below the highest so far, in percent (zero or less).
fn drawdown_percent(values: &[f64]) -> Vec<f64> {
    let mut peak = f64::NEG_INFINITY;
    values
        .iter()
        .map(|&v| {
            peak = if v.is_finite() { peak.max(v) } else { peak };
            if peak > 0.0 && v.is_finite() { (v / peak - 1.0) * 100.0 } else { f64::NAN }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawdown_is_measured_from_the_highest_value_so_far() {
        assert_eq!(drawdown_percent(&[100.0, 120.0, 90.0, 150.0]), [0.0, 0.0, -25.0, 0.0]);
        let odd = drawdown_percent(&[f64::NAN, -5.0, 10.0, 5.0]);
        assert!(odd[0].is_nan() && odd[1].is_nan() && odd[3] == -50.0);
    }

    #[test]
    fn borders_and_curves_that_are_drawn_are_named() {
        let curve = |name: &str, values: &[f64]| Curve {
            name: name.into(),
            time_ms: (0..values.len() as i64).map(|t| t * 86_400_000).collect(),
            values: values.to_vec(),
        };
        let mut chart = EquityChart {
            equity: curve("chained", &[1.0, 1.1, 1.2]),
            comparisons: vec![curve("baseline", &[f64::NAN; 3]), curve("holding", &[1.0, 0.9, 1.3])],
            borders: Some((vec![86_400_000], "a test begins".into())),
            ..EquityChart::default()
        };
        let names = |c: &EquityChart| {
            let across = TimeScale::new(0, 2 * 86_400_000, 126.0, 1176.0);
            c.keys(&across).iter().map(|k| k.1.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(&chart), ["chained", "holding", "a test begins"]);
        let lines = |c: &EquityChart| c.svg().unwrap().matches(&BORDER.hex()).count();
        let with = lines(&chart);
        chart.borders = Some((vec![-5], "a test begins".into()));
        assert_eq!(names(&chart), ["chained", "holding"]);
        assert!(with > lines(&chart) + 20, "dashes in both panes");
    }

    #[test]
    fn long_labels_of_an_axis_stay_beside_its_name() {
        let of = |start: f64| EquityChart {
            equity: Curve {
                name: "equity".into(),
                time_ms: vec![0, 86_400_000],
                values: vec![start, start + 1.0],
            },
            ..EquityChart::default()
        };
        let left = |c: &EquityChart| axis_room(126.0, &[&c.scale(0, 86_400_000).ticks(TICKS[0])]);
        assert_eq!(left(&of(1.0)), 126.0);
        assert!(left(&of(1e9)) > 160.0, "1,000,000,000.25 needs more room");
    }
}
