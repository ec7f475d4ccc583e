//! One estimate per regime, with its interval, its documented target and its sample.

use super::{Chart, WIDTH};
use crate::canvas::{Canvas, text_width};
use crate::ink::Ink;
use crate::palette::{AXIS, Colour, INK, PAPER, SOFT_INK, TARGET};
use crate::pane::{Key, MARGIN, Pane, head, legend, mark, snap};
use crate::scale::{Scale, round_step};
use crate::surface::Surface;
use crate::text;

/// What is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EstimatedMetric {
    /// Annualised Sharpe ratio.
    Sharpe,
    /// Share of winning trades, in percent.
    WinRate,
}

/// The estimate of one regime, in the unit of its [`EstimatedMetric`].
#[derive(Debug, Clone, PartialEq)]
pub struct RegimeEstimate {
    /// The regime.
    pub regime: String,
    /// Its colour.
    pub colour: Colour,
    /// Point estimate; NaN for none.
    pub estimate: f64,
    /// Lower end of the 95 % interval; NaN for none.
    pub low: f64,
    /// Upper end of the 95 % interval; NaN for none.
    pub high: f64,
    /// Documented target from and to; either end may be infinite.
    pub target: Option<(f64, f64)>,
    /// Sample size.
    pub n: u64,
    /// Whether the sample is large enough to judge.
    pub enough: bool,
}

/// Estimates side by side, a row per regime.
#[derive(Debug, Clone, PartialEq)]
pub struct RegimeIntervalChart {
    /// The title.
    pub title: String,
    /// A line below it.
    pub subtitle: String,
    /// What is estimated.
    pub measure: EstimatedMetric,
    /// What `n` counts, such as `trades`.
    pub counted: String,
    /// One row each, drawn in this order.
    pub rows: Vec<RegimeEstimate>,
}

impl Chart for RegimeIntervalChart {
    fn title(&self) -> &str {
        &self.title
    }

    fn size(&self) -> (u32, u32) {
        (WIDTH, self.height())
    }

    fn draw<S: Surface>(&self, c: &mut Canvas<'_, S>) {
        let right = f64::from(WIDTH) - MARGIN;
        head(c, f64::from(WIDTH), &self.title, &self.subtitle);
        if self.rows.is_empty() {
            Pane { left: MARGIN, top: 90.0, right, bottom: 651.0 }.say(c, "no regime was estimated");
            return;
        }
        legend(c, MARGIN, right, 98.0, &self.keys());
        let pane = Pane {
            left: self.left(),
            top: 122.0,
            right: right - 312.0,
            bottom: f64::from(self.height()) - 69.0,
        };
        let (low, high) = self.range();
        let along = Scale::linear(low, high, pane.left, pane.right);
        let row = (pane.bottom - pane.top) / self.rows.len() as f64;
        for (i, estimate) in self.rows.iter().enumerate() {
            let y = pane.top + row * (i as f64 + 0.5);
            if let Some((from, to)) = estimate.target {
                let half = (row * 0.36).min(34.0);
                c.rect(along.at(from), y - half, along.at(to), y + half, TARGET);
            }
        }
        let name = match self.measure {
            EstimatedMetric::Sharpe => "Sharpe ratio (annualised)",
            EstimatedMetric::WinRate => "win rate (%)",
        };
        pane.bottom_axis(c, &along, &along.ticks(7), name);
        if low < 0.0 && high > 0.0 {
            let x = snap(along.at(0.0));
            c.line(&[(x, pane.top), (x, pane.bottom)], 1.5, AXIS);
        }
        pane.axes(c);
        c.text(pane.right + 20.0, pane.top - 2.0, "estimate [95 % interval]", Ink::label());
        c.text(right, pane.top - 2.0, &self.counted, Ink::label().right());
        for (i, estimate) in self.rows.iter().enumerate() {
            self.draw_row(c, &pane, &along, pane.top + row * (i as f64 + 0.5), estimate);
        }
    }
}

impl RegimeIntervalChart {
    /// Where the intervals begin: no name is cut.
    fn left(&self) -> f64 {
        let wide = |e: &RegimeEstimate| text_width(&e.regime, Ink::label().bold()) + 19.0;
        self.rows.iter().map(wide).fold(222.0, f64::max)
    }

    /// Seven regimes and fewer share the usual height.
    fn height(&self) -> u32 {
        675 + 66 * (self.rows.len().saturating_sub(7)) as u32
    }

    fn draw_row<S: Surface>(
        &self,
        c: &mut Canvas<'_, S>,
        pane: &Pane,
        along: &Scale,
        y: f64,
        e: &RegimeEstimate,
    ) {
        let colour = e.colour;
        let left = pane.left - 14.0;
        c.text_within(left, y, &e.regime, left - 4.0, Ink::label().bold().colour(INK).right());
        let (from, to) = along.range();
        if !e.estimate.is_finite() {
            // An interval of nothing, such as 0 to 100 % of no trade, says nothing either.
            pane.words(c, pane.centre(), y, "no estimate", Ink::label().centre());
            return self.write_row(c, pane, y, e);
        }
        if e.low.is_finite() && e.high.is_finite() && e.high >= from && e.low <= to {
            let line = [(along.at(e.low), y), (along.at(e.high), y)];
            if e.enough {
                c.line(&line, 3.5, colour);
            } else {
                c.dashed(&line, 2.0, colour, 6.0, 4.0);
            }
            for (end, beyond, side) in [(e.low, e.low < from, -1.0), (e.high, e.high > to, 1.0)] {
                let x = along.at(end);
                if beyond {
                    c.polygon(&[(x, y), (x - side * 10.0, y - 6.5), (x - side * 10.0, y + 6.5)], colour);
                } else {
                    c.line(&[(x, y - 9.0), (x, y + 9.0)], if e.enough { 3.0 } else { 2.0 }, colour);
                }
            }
        }
        if (from..=to).contains(&e.estimate) {
            let x = along.at(e.estimate);
            c.disc(x, y, 11.5, PAPER);
            c.disc(x, y, 9.5, colour);
            if !e.enough {
                c.disc(x, y, 6.5, PAPER);
            }
        } else {
            // Beyond the axis: a pointer at its end instead of a disc.
            let side = if e.estimate > to { 1.0 } else { -1.0 };
            let x = along.at(e.estimate);
            let pointer = |r: f64| [(x, y), (x - side * 1.7 * r, y - r), (x - side * 1.7 * r, y + r)];
            c.polygon(&pointer(11.0), colour);
        }
        self.write_row(c, pane, y, e);
    }

    /// The signs that are drawn.
    fn keys(&self) -> Vec<(Key, &'static str)> {
        let estimated = |e: &&RegimeEstimate| e.estimate.is_finite();
        let enough = self.rows.iter().filter(estimated).any(|e| e.enough);
        let beyond = self.rows.iter().filter(estimated).any(|e| {
            let (low, high) = self.range();
            !(low..=high).contains(&e.estimate)
        });
        let target = self.rows.iter().any(|e| e.target.is_some());
        [
            (enough, Key::Disc(SOFT_INK), "estimate and 95 % interval"),
            (self.rows.iter().any(|e| !e.enough), Key::Ring(SOFT_INK), "n too small to judge"),
            (beyond, Key::Pointer(SOFT_INK), "beyond the axis"),
            (target, Key::Square(TARGET), "documented target"),
        ]
        .into_iter()
        .filter_map(|(drawn, key, name)| drawn.then_some((key, name)))
        .collect()
    }

    /// The numbers on the right.
    fn write_row<S: Surface>(&self, c: &mut Canvas<'_, S>, pane: &Pane, y: f64, e: &RegimeEstimate) {
        let decimals = if self.measure == EstimatedMetric::Sharpe { 2 } else { 1 };
        let number = |v: f64| text::number(v, decimals).replace('-', "−").replace("−−", "--");
        let left = pane.right + 20.0;
        let ink = Ink::label().colour(if e.enough { INK } else { SOFT_INK });
        let bold = if e.enough { ink.bold() } else { ink };
        let y = if e.enough { y } else { y - 12.0 };
        if e.estimate.is_finite() {
            let value = number(e.estimate);
            c.text(left, y, &value, bold);
            let after = left + text_width(&value, bold) * 1.15 + 10.0;
            if e.low.is_finite() && e.high.is_finite() {
                let interval = format!("[{}, {}]", number(e.low), number(e.high));
                c.text_within(after, y, &interval, f64::from(WIDTH) - MARGIN - 70.0 - after, ink);
            }
        } else {
            c.text(left, y, "--", ink);
        }
        c.text(f64::from(WIDTH) - MARGIN, y, &format!("n = {}", text::count(e.n)), ink.right());
        if !e.enough {
            mark(c, left + 7.0, y + 25.0, Key::Ring(e.colour));
            c.text(left + 21.0, y + 25.0, "n too small", ink);
        }
    }

    /// The range of the axis: all of what can be judged. Neither the estimate nor the interval of a regime with too few
    /// bars or trades stretches it; where no regime can be judged it is that of ordinary values.
    fn range(&self) -> (f64, f64) {
        let judged = self.rows.iter().filter(|e| e.enough && e.estimate.is_finite());
        let usual = match (judged.clone().next(), self.measure) {
            (Some(_), _) => [f64::NAN; 2],
            (None, EstimatedMetric::Sharpe) => [-2.5, 2.5],
            (None, EstimatedMetric::WinRate) => [3.0, 97.0],
        };
        let judged = judged.flat_map(|e| [e.estimate, e.low, e.high]).chain(usual);
        let targets = self.rows.iter().filter_map(|e| e.target).flat_map(|(a, b)| [a, b]);
        let all = || judged.clone().chain(targets.clone()).filter(|v| v.is_finite());
        let low = all().fold(f64::INFINITY, f64::min);
        let high = all().fold(f64::NEG_INFINITY, f64::max);
        if self.measure == EstimatedMetric::WinRate {
            let (low, high) = if low <= high { (low, high) } else { (0.0, 100.0) };
            let (from, to) = (((low - 3.0) / 10.0).floor() * 10.0, ((high + 3.0) / 10.0).ceil() * 10.0);
            return (from.clamp(0.0, 60.0), to.clamp(40.0, 100.0));
        }
        let (low, high) = if low <= high { (low.min(0.0), high) } else { (-1.0, 1.0) };
        let step = round_step((high.max(0.5) - low.min(-0.5)) / 8.0) / 2.0;
        ((low / step - 0.5).floor() * step, (high / step + 0.5).ceil() * step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_too_small_to_judge_does_not_stretch_the_axis() {
        let row = |enough, low, high| RegimeEstimate {
            regime: "QUIET".into(),
            colour: AXIS,
            estimate: 0.4,
            low,
            high,
            target: Some((1.0, f64::INFINITY)),
            n: 3,
            enough,
        };
        let mut chart = RegimeIntervalChart {
            title: String::new(),
            subtitle: String::new(),
            measure: EstimatedMetric::Sharpe,
            counted: "trades".into(),
            rows: vec![row(true, -0.5, 1.5), row(false, -50.0, 60.0)],
        };
        let (low, high) = chart.range();
        assert!(low < -0.5 && low > -2.0 && high > 1.5 && high < 3.0, "{low} {high}");
        chart.rows.push(RegimeEstimate { estimate: -17.2, ..row(false, f64::NAN, f64::NAN) });
        assert_eq!(chart.range(), (low, high), "nor does its estimate");
        chart.rows.remove(0);
        let (low, high) = chart.range();
        assert!(low > -4.0 && high < 4.0, "nor where none can be judged: {low} {high}");
        chart.rows =
            vec![RegimeEstimate { estimate: f64::NAN, target: None, ..row(false, f64::NAN, f64::NAN) }];
        assert!(chart.range().0 < chart.range().1);
    }

    /// The signs of a chart of win rates.
    fn keys(rows: Vec<RegimeEstimate>) -> Vec<&'static str> {
        let chart = RegimeIntervalChart {
            title: String::new(),
            subtitle: String::new(),
            measure: EstimatedMetric::WinRate,
            counted: "trades".into(),
            rows,
        };
        chart.keys().into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn no_legend_names_what_is_not_drawn() {
        let row = RegimeEstimate {
            regime: "QUIET".into(),
            colour: AXIS,
            estimate: 55.0,
            low: 50.0,
            high: 60.0,
            target: None,
            n: 90,
            enough: true,
        };
        let small =
            RegimeEstimate { enough: false, estimate: 0.0, low: 0.0, high: 65.0, n: 2, ..row.clone() };
        assert_eq!(keys(vec![row.clone()]), ["estimate and 95 % interval"]);
        assert_eq!(
            keys(vec![row.clone(), small]),
            ["estimate and 95 % interval", "n too small to judge", "beyond the axis"]
        );
        let aimed = RegimeEstimate { target: Some((55.0, 60.0)), ..row };
        assert_eq!(keys(vec![aimed])[1], "documented target");
    }

    #[test]
    fn no_line_goes_through_no_estimate() {
        let chart = |estimate| RegimeIntervalChart {
            title: String::new(),
            subtitle: String::new(),
            measure: EstimatedMetric::WinRate,
            counted: "trades".into(),
            rows: vec![RegimeEstimate {
                regime: "QUIET".into(),
                colour: Colour(1, 2, 3),
                estimate,
                low: 0.0,
                high: 100.0,
                target: None,
                n: 0,
                enough: false,
            }],
        };
        let svg = chart(f64::NAN).svg().unwrap();
        let colour = Colour(1, 2, 3).hex();
        assert!(svg.contains("no estimate"));
        assert!(
            !svg.lines().any(|l| l.contains("polyline") && l.contains(&colour)),
            "an interval of nothing"
        );
        assert!(chart(50.0).svg().unwrap().lines().any(|l| l.contains("polyline") && l.contains(&colour)));
        // The last thing drawn below the words is paper.
        let before = &svg[..svg.find("no estimate").unwrap()];
        let ground = before.lines().rfind(|l| l.starts_with("<rect")).unwrap();
        let grid = before.lines().rfind(|l| l.starts_with("<polyline")).unwrap();
        assert!(ground.contains("#FFFFFF") && before.find(ground) > before.find(grid), "{ground}");
    }
}
