//! Equity over time, its drawdown, and the regimes behind it.

use super::{Chart, WIDTH};
use crate::canvas::Canvas;
use crate::columns::{TimeScale, curve, strip};
use crate::palette::{AXIS, INK, LIGHT_LINE, LOSS, PAPER, comparison};
use crate::pane::{Key, MARGIN, Pane, TIME_NAME, head, legend, regime_keys, regime_room, regime_strip, snap};
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
}

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
        let (left, right) = (126.0, width - MARGIN);
        let Some((from, to)) = self.span() else {
            Pane { left: MARGIN, top: 90.0, right, bottom: 776.0 }
                .say(c, "no equity to draw: the run has no bars");
            return;
        };
        let across = TimeScale::new(from, to, left, right);
        let rows = legend(c, left, right, 96.0, &self.keys());
        let top = 96.0 + 25.0 * rows as f64 - 3.0;
        let room = if with_strip { regime_room(left, right, &self.regimes) } else { 0.0 };
        let foot = 800.0 - 88.0 - room;
        let under = if with_strip { foot - 32.0 } else { foot };
        let main = Pane { left, top, right, bottom: under - 164.0 };
        let down = Pane { left, top: under - 144.0, right, bottom: under };

        self.draw_equity(c, &main, &across);
        self.draw_drawdown(c, &down, &across);
        let mut lowest = down;
        if with_strip {
            lowest = Pane { left, top: foot - 22.0, right, bottom: foot };
            regime_strip(c, &lowest, &strip(&self.equity.time_ms, &self.regime, &across), &self.regimes);
            legend(c, left, right - TIME_NAME, 800.0 - 19.0 - room, &regime_keys(&self.regimes));
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

    fn keys(&self) -> Vec<(Key, &str)> {
        let mut keys = vec![(Key::Line(INK, 2.5), self.equity.name.as_str())];
        if let Some(edge) = &self.edge {
            keys.push((Key::Line(LIGHT_LINE, 2.0), &edge.name));
        }
        for (i, other) in self.comparisons.iter().enumerate() {
            keys.push((Key::Line(comparison(i), 2.0), &other.name));
        }
        keys
    }

    fn draw_equity<S: Surface>(&self, c: &mut Canvas<'_, S>, pane: &Pane, across: &TimeScale) {
        let shown = |k: &Curve| {
            let rows = k.time_ms.iter().zip(&k.values).filter(|(t, v)| across.holds(**t) && v.is_finite());
            rows.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), (_, &v)| (a.min(v), b.max(v)))
        };
        let (low, high) = self
            .curves()
            .map(shown)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), (low, high)| (a.min(low), b.max(high)));
        let up = if self.log && low > 0.0 {
            let pad = libm::pow(high / low, 0.04);
            Scale::log(low / pad, high * pad, pane.bottom, pane.top)
        } else {
            let pad = 0.04 * (high - low);
            Scale::linear(low - pad, high + pad, pane.bottom, pane.top)
        };
        let name = if up.is_log() { format!("{}, log scale", self.axis) } else { self.axis.clone() };
        pane.time_grid(c, across);
        pane.value_axis(c, &up, &up.ticks(6), &name);
        if let Some(start) = self.equity.values.iter().copied().find(|v| v.is_finite()) {
            let y = snap(up.at(start));
            c.dashed(&[(pane.left, y), (pane.right, y)], 1.0, AXIS, 3.0, 3.0);
        }
        for (i, other) in self.comparisons.iter().enumerate() {
            for run in curve(&other.time_ms, &other.values, across, &up) {
                c.line(&run, 1.5, comparison(i));
            }
        }
        for run in self.edge.iter().flat_map(|e| curve(&e.time_ms, &e.values, across, &up)) {
            c.line(&run, 1.5, LIGHT_LINE);
        }
        for run in curve(&self.equity.time_ms, &self.equity.values, across, &up) {
            c.line(&run, 2.0, INK);
        }
        pane.axes(c);
    }

    fn draw_drawdown<S: Surface>(&self, c: &mut Canvas<'_, S>, pane: &Pane, across: &TimeScale) {
        let falls = drawdown_percent(&self.equity.values);
        let floor = falls.iter().copied().filter(|v| v.is_finite()).fold(0.0, f64::min);
        let up = Scale::linear(if floor < 0.0 { floor * 1.06 } else { -1.0 }, 0.0, pane.bottom, pane.top);
        pane.time_grid(c, across);
        pane.value_axis(c, &up, &up.ticks(4), "drawdown (%)");
        for run in curve(&self.equity.time_ms, &falls, across, &up) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            let mut area = vec![(first.0, pane.top)];
            area.extend(&run);
            area.push((last.0, pane.top));
            c.polygon(&area, LOSS.over(PAPER, 0.28));
            c.line(&run, 1.25, LOSS);
        }
        c.line(&[(pane.left, snap(pane.top)), (pane.right, snap(pane.top))], 1.0, AXIS);
        pane.axes(c);
    }
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
}
