//! How the returns of trades are spread.

use super::{Chart, WIDTH};
use crate::canvas::{Canvas, text_width};
use crate::ink::{Align, Ink};
use crate::palette::{AXIS, INK, LOSS, WIN};
use crate::pane::{Key, MARGIN, Pane, axis_room, head, legend, snap};
use crate::scale::{Scale, number, round_step};
use crate::surface::Surface;
use crate::text;

/// A histogram of trade returns, losses left of zero, gains right of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TradeReturnsChart {
    /// The title.
    pub title: String,
    /// A line below it.
    pub subtitle: String,
    /// Return of each trade in percent.
    pub percent: Vec<f64>,
}

/// Bins of equal width from a multiple of it; the outermost also hold what lies beyond.
#[derive(Debug, PartialEq)]
struct Bins {
    first: i64,
    width: f64,
    counts: Vec<u64>,
    below: u64,
    above: u64,
}

impl Chart for TradeReturnsChart {
    fn title(&self) -> &str {
        &self.title
    }

    fn size(&self) -> (u32, u32) {
        (WIDTH, 675)
    }

    fn draw<S: Surface>(&self, c: &mut Canvas<'_, S>) {
        let right = f64::from(WIDTH) - MARGIN;
        head(c, f64::from(WIDTH), &self.title, &self.subtitle);
        let mut sorted: Vec<f64> = self.percent.iter().copied().filter(|p| p.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let Some(bins) = bin(&sorted) else {
            Pane { left: MARGIN, top: 90.0, right, bottom: 651.0 }.say(c, "no trade was closed");
            return;
        };
        let (mean, median) = (sorted.iter().sum::<f64>() / sorted.len() as f64, median(&sorted));
        self.draw_legend(c, &sorted);
        let edge = |k: usize| (bins.first + k as i64) as f64 * bins.width;
        let most = bins.counts.iter().copied().max().unwrap_or(1) as f64;
        let up = Scale::linear(0.0, most * 1.05, 0.0, 1.0);
        let ticks = up.whole_ticks(6);
        let pane = Pane { left: axis_room(104.0, &[&ticks]), top: 172.0, right, bottom: 606.0 };
        let up = up.over(pane.bottom, pane.top);
        let along = Scale::linear(edge(0), edge(bins.counts.len()), pane.left, pane.right);
        pane.value_axis(c, &up, &ticks, "trades");
        for (k, &n) in bins.counts.iter().enumerate() {
            let colour = if bins.first + (k as i64) < 0 { LOSS } else { WIN };
            let gap = if bins.counts.len() > 60 { 0.5 } else { 1.0 };
            if n > 0 {
                c.rect(
                    along.at(edge(k)) + gap,
                    up.at(n as f64),
                    along.at(edge(k + 1)) - gap,
                    pane.bottom,
                    colour,
                );
            }
        }
        let x = snap(along.at(0.0));
        c.line(&[(x, pane.top), (x, pane.bottom)], 1.5, AXIS);
        let said = |v: f64| format!("{} %", number(v, 0.01f64.min(bins.width / 10.0), bins.width));
        draw_averages(c, &pane, &along, (mean, said(mean)), (median, said(median)));
        pane.axes(c);
        for tick in along.ticks(10) {
            let x = snap(along.at(tick.at));
            c.line(&[(x, pane.bottom), (x, pane.bottom + 6.0)], 1.0, AXIS);
            c.text(x, pane.bottom + 19.0, &tick.label, Ink::label().centre());
        }
        c.text(pane.centre(), pane.bottom + 46.0, "return of the trade (%)", Ink::label().centre());
        for (n, x, side, ink) in [
            (bins.below, pane.left, "below", Ink::label()),
            (bins.above, pane.right, "above", Ink::label().right()),
        ] {
            if n > 0 {
                c.text(x, pane.bottom + 46.0, &format!("end bar includes {} {side}", text::count(n)), ink);
            }
        }
    }
}

impl TradeReturnsChart {
    fn draw_legend<S: Surface>(&self, c: &mut Canvas<'_, S>, sorted: &[f64]) {
        let n = sorted.len() as u64;
        let wins = sorted.iter().filter(|&&p| p > 0.0).count() as u64;
        let losses = sorted.iter().filter(|&&p| p < 0.0).count() as u64;
        let share = |k: u64| format!("{} ({:.1} %)", text::count(k), 100.0 * k as f64 / n as f64);
        let (won, lost) = (format!("gains {}", share(wins)), format!("losses and zero {}", share(n - wins)));
        let lost = if wins + losses == n { format!("losses {}", share(losses)) } else { lost };
        let (left, right) = (MARGIN, f64::from(WIDTH) - MARGIN);
        let keys = [(wins, (Key::Square(WIN), won.as_str())), (n - wins, (Key::Square(LOSS), &lost))];
        let drawn: Vec<(Key, &str)> = keys.into_iter().filter(|(n, _)| *n > 0).map(|(_, key)| key).collect();
        legend(c, left, right, 98.0, &drawn);
        c.text(right, 98.0, &format!("n = {} trades", text::count(n)), Ink::label().bold().right());
    }
}

/// Lines at mean and median, named above the pane. Both names lie on the same side of their lines, the upper one over the
/// end of the other line, so that no line crosses a name.
fn draw_averages<S: Surface>(
    c: &mut Canvas<'_, S>,
    pane: &Pane,
    along: &Scale,
    (mean, said_mean): (f64, String),
    (median, said_median): (f64, String),
) {
    let mut marks =
        [(mean, format!("mean {said_mean}"), false), (median, format!("median {said_median}"), true)];
    marks.sort_by(|a, b| a.0.total_cmp(&b.0));
    let ink = Ink::label().bold().colour(INK);
    let fit = marks.iter().all(|m| along.at(m.0) + 12.0 + text_width(&m.1, ink) * 1.12 < pane.right);
    if !fit {
        marks.reverse();
    }
    let (align, aside) = if fit { (Align::Left, 8.0) } else { (Align::Right, -8.0) };
    for (k, (at, name, broken)) in marks.iter().enumerate() {
        let (x, y) = (along.at(*at), pane.top - 34.0 + 22.0 * k as f64);
        if *broken {
            c.dashed(&[(x, y - 8.0), (x, pane.bottom)], 2.0, INK, 7.0, 4.0);
        } else {
            c.line(&[(x, y - 8.0), (x, pane.bottom)], 2.0, INK);
        }
        c.text(x + aside, y, name, Ink { align, ..ink });
    }
}

/// Bins of a round width by the rule of Freedman and Diaconis, 8 to 90 of them, over the middle 99 % and zero. A bin
/// edge is at zero, so that no bar holds gains and losses.
fn bin(sorted: &[f64]) -> Option<Bins> {
    let n = sorted.len();
    let at = |q: f64| sorted[((n - 1) as f64 * q).round() as usize];
    if n == 0 {
        return None;
    }
    let (low, high) = if n < 200 { (sorted[0], sorted[n - 1]) } else { (at(0.005), at(0.995)) };
    let (low, high) = (low.min(0.0), high.max(0.0));
    let span = (high - low).max(1e-9);
    let rule = 2.0 * (at(0.75) - at(0.25)) / libm::cbrt(n as f64);
    let width = round_step(rule.clamp(span / 70.0, span / 8.0));
    let first = ((low / width).floor() as i64).min(-1);
    let last = ((high / width).floor() as i64).max(0);
    let mut bins = Bins { first, width, counts: vec![0; (last - first + 1) as usize], below: 0, above: 0 };
    for &p in sorted {
        // Zero has no sign of its own and counts as not a gain.
        let k = if p == 0.0 { -1 } else { (p / width).floor() as i64 };
        bins.below += u64::from(k < first);
        bins.above += u64::from(k > last);
        bins.counts[(k.clamp(first, last) - first) as usize] += 1;
    }
    Some(bins)
}

fn median(sorted: &[f64]) -> f64 {
    let n = sorted.len();
    (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trade_is_in_one_bin_and_none_straddles_zero() {
        let mut sorted: Vec<f64> = (0..1000).map(|i| f64::from(i) * 0.013 - 5.0).collect();
        sorted.push(400.0);
        let bins = bin(&sorted).unwrap();
        assert_eq!(bins.counts.iter().sum::<u64>(), 1001);
        let losses: u64 = bins.counts[..(-bins.first) as usize].iter().sum();
        assert_eq!(losses, sorted.iter().filter(|&&p| p <= 0.0).count() as u64);
        assert!(bins.above >= 1 && bins.counts.len() < 100);
        assert_eq!(bin(&[]), None);
        assert_eq!(bin(&[0.0]).unwrap().counts.iter().sum::<u64>(), 1);
        assert!(bin(&[2.5; 7]).is_some());
    }
}
