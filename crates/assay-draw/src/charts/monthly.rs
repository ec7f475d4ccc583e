//! Returns of each month, a row per year.

use super::{Chart, WIDTH};
use crate::canvas::Canvas;
use crate::ink::Ink;
use crate::palette::{Colour, INK, LOSS, NONE, PAPER, WIN};
use crate::pane::{MARGIN, Pane, head};
use crate::scale::{number, round_step, short};
use crate::surface::Surface;

/// The return of one month.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MonthCell {
    /// Its year.
    pub year: i32,
    /// Its number from 1 to 12.
    pub month: u32,
    /// Return in percent.
    pub percent: f64,
    /// Whether the run covers only a part of it.
    pub partial: bool,
}

/// A heat map of years by months; the last column compounds each year's months.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MonthlyChart {
    /// The title.
    pub title: String,
    /// A line below it.
    pub subtitle: String,
    /// The months, in any order; the last of several for one month counts.
    pub months: Vec<MonthCell>,
}

/// Top of the first row of cells.
const TOP: f64 = 122.0;
/// Below the last row of cells: the colour scale.
const FOOT: f64 = 92.0;

impl Chart for MonthlyChart {
    fn title(&self) -> &str {
        &self.title
    }

    fn size(&self) -> (u32, u32) {
        let rows = self.years().map_or(6, |(a, b)| b.abs_diff(a).saturating_add(1));
        let row = if rows <= 8 { 64 } else { 48 };
        (WIDTH, (TOP + FOOT) as u32 + row * rows.min(60))
    }

    fn draw<S: Surface>(&self, c: &mut Canvas<'_, S>) {
        let (width, height) = (f64::from(WIDTH), f64::from(self.size().1));
        head(c, width, &self.title, &self.subtitle);
        let pane = Pane { left: 92.0, top: TOP, right: width - MARGIN - 118.0, bottom: height - FOOT };
        let Some((first, last)) = self.years() else {
            Pane { left: MARGIN, top: 90.0, right: width - MARGIN, bottom: height - MARGIN }
                .say(c, "no month to draw: the run has no bars");
            return;
        };
        let full = self.full();
        let cell = (pane.right - pane.left) / 12.0;
        const NAMES: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        for (m, name) in NAMES.iter().enumerate() {
            c.text(pane.left + cell * (m as f64 + 0.5), TOP - 17.0, name, Ink::label().centre());
        }
        c.text(width - MARGIN - 51.0, TOP - 17.0, "year", Ink::label().bold().centre());
        let row = ((pane.bottom - TOP) / (f64::from(last.abs_diff(first)) + 1.0)).min(64.0);
        for (k, year) in (first..=last).take(500).enumerate() {
            let y = TOP + row * k as f64;
            c.text(pane.left - 14.0, y + row / 2.0, &year.to_string(), Ink::label().bold().right());
            for m in 0..12u32 {
                let x = pane.left + cell * f64::from(m);
                self.draw_month(c, (x, y, cell, row), self.month(year, m + 1), full);
            }
            let (total, partial) = self.year(year);
            let ink = Ink::label().size(18.0).bold().centre().colour(match total {
                t if t < 0.0 => LOSS,
                t if t > 0.0 => WIN,
                _ => INK,
            });
            c.text(width - MARGIN - 51.0, y + row / 2.0, &cell_text(total, partial, full), ink);
        }
        self.draw_key(c, &pane, height - 44.0, full);
    }
}

impl MonthlyChart {
    fn years(&self) -> Option<(i32, i32)> {
        let years = || self.months.iter().map(|m| m.year);
        Some((years().min()?, years().max()?))
    }

    fn month(&self, year: i32, month: u32) -> Option<&MonthCell> {
        self.months.iter().rfind(|m| m.year == year && m.month == month && m.percent.is_finite())
    }

    /// The compound return of a year in percent, and whether a part of the year is missing.
    fn year(&self, year: i32) -> (f64, bool) {
        let months: Vec<_> = (1..=12).filter_map(|m| self.month(year, m)).collect();
        let factor: f64 = months.iter().map(|m| 1.0 + m.percent / 100.0).product();
        let whole = months.len() == 12 && months.iter().all(|m| !m.partial);
        (if months.is_empty() { f64::NAN } else { (factor - 1.0) * 100.0 }, !whole)
    }

    /// The return that has the full colour: a round one that nine in ten months do not exceed.
    fn full(&self) -> f64 {
        let mut sizes: Vec<f64> =
            self.months.iter().map(|m| m.percent.abs()).filter(|p| p.is_finite()).collect();
        sizes.sort_by(f64::total_cmp);
        let at = (sizes.len() * 9).div_ceil(10).saturating_sub(1);
        sizes.get(at).map_or(1.0, |&size| round_step(size.max(0.1)))
    }

    fn draw_month<S: Surface>(
        &self,
        c: &mut Canvas<'_, S>,
        (x, y, w, h): (f64, f64, f64, f64),
        month: Option<&MonthCell>,
        full: f64,
    ) {
        let (left, top, right, bottom) = (x + 1.0, y + 1.0, x + w - 1.0, y + h - 1.0);
        let Some(month) = month else {
            c.rect(left, top, right, bottom, NONE.over(PAPER, 0.6));
            return;
        };
        let fill = shade(month.percent / full);
        c.rect(left, top, right, bottom, fill);
        let text = cell_text(month.percent, month.partial, full);
        let size = if text.chars().count() > 6 { 15.0 } else { 17.5 };
        c.text_within(
            x + w / 2.0,
            y + h / 2.0,
            &text,
            w,
            Ink::label().size(size).centre().colour(fill.text_on()),
        );
    }

    /// What the star means, where there is one.
    fn star(&self) -> &'static str {
        let years = || self.years().map(|(first, last)| (first..=last).take(500)).into_iter().flatten();
        if self.months.iter().any(|m| m.partial) {
            "     * part of a month or year"
        } else if years().any(|y| self.year(y).0.is_finite() && self.year(y).1) {
            "     * part of a year"
        } else {
            ""
        }
    }

    /// The colour scale, and what the star means.
    fn draw_key<S: Surface>(&self, c: &mut Canvas<'_, S>, pane: &Pane, y: f64, full: f64) {
        const STEPS: usize = 41;
        let (left, width) = (pane.left, 8.0);
        for k in 0..STEPS {
            let part = k as f64 / (STEPS - 1) as f64 * 2.0 - 1.0;
            let x = left + width * k as f64;
            c.rect(x, y - 9.0, x + width, y + 9.0, shade(part));
        }
        let right = left + width * STEPS as f64;
        for (x, at) in [(left, -full), ((left + right) / 2.0, 0.0), (right, full)] {
            c.text(x, y + 24.0, &key_text(at), Ink::label().centre());
        }
        let note = format!("return of the month (%){}", self.star());
        c.text_within(right + 30.0, y, &note, f64::from(WIDTH) - MARGIN - right - 30.0, Ink::label());
    }
}

/// White at zero, blue for gains, orange for losses, full at one.
fn shade(part: f64) -> Colour {
    let strength = libm::pow(part.abs().min(1.0), 0.8);
    (if part < 0.0 { LOSS } else { WIN }).over(PAPER, strength)
}

fn key_text(percent: f64) -> String {
    match percent {
        p if p > 0.0 => format!("≥ +{} %", number(p, p, p)),
        p if p < 0.0 => format!("≤ {} %", number(p, p, p)),
        _ => "0".into(),
    }
}

/// `full` is the return of the full colour: where it is small, cells show hundredths of a percent.
fn cell_text(percent: f64, partial: bool, full: f64) -> String {
    if !percent.is_finite() {
        return "--".into();
    }
    let star = if partial { "*" } else { "" };
    if percent.abs() >= 1e4 {
        let sign = if percent > 0.0 { "+" } else { "" };
        return format!("{sign}{}{star}", short(percent, percent));
    }
    let decimals = match percent.abs() {
        0.0 => 0,
        p if p < 9.995 && full < 1.0 => 2,
        p => usize::from(p < 99.95),
    };
    let text = format!("{:.decimals$}", percent.abs());
    let zero = !text.bytes().any(|b| (b'1'..=b'9').contains(&b));
    let sign = if zero {
        ""
    } else if percent < 0.0 {
        "−"
    } else {
        "+"
    };
    format!("{sign}{text}{star}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_compound_their_months() {
        let month = |month, percent| MonthCell { year: 2020, month, percent, partial: false };
        let mut chart = MonthlyChart { months: vec![month(1, 10.0), month(2, -10.0)], ..Default::default() };
        assert!((chart.year(2020).0 + 1.0).abs() < 1e-12 && chart.year(2020).1);
        chart.months = (1..=12).map(|m| month(m, 1.0)).collect();
        assert!((chart.year(2020).0 - 12.682_503).abs() < 1e-5 && !chart.year(2020).1);
        assert_eq!(chart.star(), "", "nothing has one");
        chart.months.pop();
        assert_eq!(chart.star(), "     * part of a year");
        assert_eq!(cell_text(-0.04, false, 5.0), "0.0");
        assert_eq!(cell_text(-0.04, false, 0.1), "−0.04");
        assert_eq!(cell_text(0.0, false, 0.1), "0");
        assert_eq!(cell_text(-12.34, true, 5.0), "−12.3*");
        assert_eq!(cell_text(f64::NAN, true, 5.0), "--");
        assert_eq!(cell_text(2.5e9, true, 5.0), "+2.50G*");
        assert_eq!(shade(0.0), PAPER);
        assert_eq!((shade(3.0), shade(-1.0)), (WIN, LOSS));
    }
}
