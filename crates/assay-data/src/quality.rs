//! What a history lacks: gaps, empty bars, bars off the grid.

use serde::{Deserialize, Serialize};

use super::week::{MissingBars, WeekRule};
use super::words::{count, grouped};
use crate::market::{Bars, Calendar, Timeframe, format_time};

/// What there is and what is missing in a history of bars. Counted, never repaired.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Number of bars.
    pub rows: usize,
    /// Start of the first bar, milliseconds UTC.
    pub first_open_ms: Option<i64>,
    /// Start of the last bar, milliseconds UTC.
    pub last_open_ms: Option<i64>,
    /// Length of a bar.
    pub timeframe: Timeframe,
    /// How many times at least one bar is missing between two.
    pub gaps: usize,
    /// Bars missing in all gaps together: those that should be there by `counted_by`.
    pub missing_bars: u64,
    /// What says which bars should be there, as in a check of the file: the name of a calendar; without one `24/7`, or
    /// `weekdays` where the bars know no Saturday.
    #[serde(default = "around_the_clock", skip_serializing_if = "is_around_the_clock")]
    pub counted_by: String,
    /// The longest gap, the earliest of equals.
    pub longest_gap: Option<Gap>,
    /// Bars without volume.
    pub zero_volume: usize,
    /// Bars whose four prices are equal.
    pub flat: usize,
    /// Bars that do not open on the grid of the timeframe that most bars open on.
    pub off_grid: usize,
    /// Bars that open before the bar before them has closed.
    pub overlapping: usize,
}

/// A stretch without bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Start of the last bar before it, milliseconds UTC.
    pub from_ms: i64,
    /// Start of the first bar after it, milliseconds UTC.
    pub to_ms: i64,
    /// Bars missing between the two.
    pub bars: u64,
}

fn around_the_clock() -> String {
    WeekRule::Always.name()
}

fn is_around_the_clock(rule: &str) -> bool {
    rule == WeekRule::Always.name()
}

impl Quality {
    /// Counts over `bars`, of a market that trades by `calendar` where that is known.
    pub fn of(bars: &Bars, calendar: Option<Calendar>) -> Self {
        let (times, step) = (bars.open_time(), bars.timeframe().ms());
        let rule = WeekRule::of(calendar, times, step);
        let phase = phase_of(times, bars.timeframe());
        let mut q = Self {
            rows: bars.len(),
            first_open_ms: times.first().copied(),
            last_open_ms: times.last().copied(),
            timeframe: bars.timeframe(),
            gaps: 0,
            missing_bars: 0,
            counted_by: rule.name(),
            longest_gap: None,
            zero_volume: bars.volume().iter().filter(|&&v| v == 0.0).count(),
            flat: 0,
            off_grid: times.iter().filter(|t| Some(bars.timeframe().phase(**t)) != phase).count(),
            overlapping: 0,
        };
        for i in 0..bars.len() {
            let (o, h, l, c) = (bars.open()[i], bars.high()[i], bars.low()[i], bars.close()[i]);
            q.flat += usize::from(o == h && h == l && l == c);
        }
        for pair in times.windows(2) {
            q.overlapping += usize::from(pair[1] < bars.timeframe().end_ms(pair[0]));
            if let MissingBars::Bars(bars) = rule.missing(pair[0], pair[1], step) {
                q.gaps += 1;
                q.missing_bars += bars;
                if q.longest_gap.is_none_or(|g| bars > g.bars) {
                    q.longest_gap = Some(Gap { from_ms: pair[0], to_ms: pair[1], bars });
                }
            }
        }
        q
    }

    /// The findings in words, a line each, for a terminal.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let (n, tf) = (grouped(self.rows as u64), self.timeframe);
        lines.push(match (self.first_open_ms, self.last_open_ms) {
            (Some(a), Some(b)) => format!("{n} bars of {tf}, {} to {}", format_time(a), format_time(b)),
            _ => format!("no bars of {tf}"),
        });
        let by = match is_around_the_clock(&self.counted_by) {
            true => String::new(),
            false => format!(" by {}", self.counted_by),
        };
        lines.push(match self.longest_gap {
            None => format!("no gaps{by}"),
            Some(g) => format!(
                "{}, {} missing{by}; longest {} -> {} ({})",
                count(self.gaps as u64, "gap"),
                count(self.missing_bars, "bar"),
                format_time(g.from_ms),
                format_time(g.to_ms),
                count(g.bars, "bar"),
            ),
        });
        lines.push(format!(
            "{} zero-volume, {} flat (open = high = low = close)",
            self.zero_volume, self.flat
        ));
        if self.off_grid > 0 {
            lines.push(format!("{} off the {tf} grid of the others", count(self.off_grid as u64, "bar")));
        }
        if self.overlapping > 0 {
            let n = count(self.overlapping as u64, "bar");
            lines.push(format!("{n} less than {tf} after the bar before"));
        }
        lines
    }
}

/// The most common difference between consecutive times, the smallest of equals; `None` where no time follows another.
pub(super) fn infer(times: &[i64]) -> Option<Timeframe> {
    let steps = times.windows(2).map(|w| w[1].saturating_sub(w[0])).filter(|&d| d > 0).collect();
    let usual = mode(steps).and_then(Timeframe::from_ms)?;
    Some(months(times, usual).unwrap_or(usual))
}

/// How many calendar months most of `times` are apart, which lie on the same day of each; none where they are not.
fn months(times: &[i64], usual: Timeframe) -> Option<Timeframe> {
    const DAY: i64 = 86_400_000;
    if usual.ms() < 28 * DAY {
        return None;
    }
    let n = (usual.ms() as f64 / Timeframe::MONTH.ms() as f64).round() as i64;
    let of = Timeframe::of_months(n.min(12)).filter(|t| (t.ms() - usual.ms()).abs() <= 3 * DAY)?;
    let follow = times.windows(2).filter(|w| w[1] > w[0]).count();
    // One that is missing leaves the others where they are.
    let exact = times.windows(2).filter(|w| w[1] > w[0] && of.phase(w[1]) == of.phase(w[0])).count();
    (exact * 10 >= follow * 8).then_some(of)
}

/// Where on the grid of bars of `length` most of `times` lie.
pub(super) fn phase_of(times: &[i64], length: Timeframe) -> Option<i64> {
    mode(times.iter().map(|t| length.phase(*t)).collect())
}

/// Where on the grid of `step` milliseconds most of `times` lie.
pub(super) fn grid_phase(times: &[i64], step: i64) -> Option<i64> {
    mode(times.iter().map(|t| t.rem_euclid(step)).collect())
}

/// The most common value, the smallest of equals.
fn mode(mut values: Vec<i64>) -> Option<i64> {
    values.sort_unstable();
    let mut best: Option<(usize, i64)> = None;
    for run in values.chunk_by(|a, b| a == b) {
        if best.is_none_or(|(n, _)| run.len() > n) {
            best = Some((run.len(), run[0]));
        }
    }
    best.map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Columns;

    const H: i64 = 3_600_000;

    fn bars(times: &[i64], volume: f64, high: f64) -> Bars {
        let n = times.len();
        let columns = Columns {
            open_time: times.iter().copied().collect(),
            open: vec![1.0; n].into(),
            high: vec![high; n].into(),
            low: vec![1.0; n].into(),
            close: vec![1.0; n].into(),
            volume: vec![volume; n].into(),
        };
        Bars::new(Timeframe::H1, columns).unwrap()
    }

    #[test]
    fn counts_gaps_jitter_and_grid() {
        let q = Quality::of(&bars(&[0, H, 2 * H + 8, 3 * H, 6 * H, 8 * H, 9 * H + H / 2], 0.0, 1.0), None);
        assert_eq!((q.gaps, q.missing_bars, q.off_grid, q.overlapping), (3, 4, 2, 1));
        assert_eq!(q.longest_gap, Some(Gap { from_ms: 3 * H, to_ms: 6 * H, bars: 2 }));
        assert_eq!((q.zero_volume, q.flat), (7, 7));
        assert_eq!(
            q.lines(),
            [
                "7 bars of 1h, 1970-01-01 00:00:00 to 1970-01-01 09:30:00",
                "3 gaps, 4 bars missing; longest 1970-01-01 03:00:00 -> 1970-01-01 06:00:00 (2 bars)",
                "7 zero-volume, 7 flat (open = high = low = close)",
                "2 bars off the 1h grid of the others",
                "1 bar less than 1h after the bar before",
            ]
        );
    }

    #[test]
    fn whole_and_empty_histories() {
        let q = Quality::of(&bars(&[H / 2, H / 2 + H], 1.0, 2.0), None);
        assert_eq!((q.gaps, q.off_grid, q.zero_volume, q.flat), (0, 0, 0, 0));
        assert_eq!(q.lines()[1..], ["no gaps", "0 zero-volume, 0 flat (open = high = low = close)"]);
        assert_eq!(Quality::of(&bars(&[], 1.0, 2.0), None).lines()[0], "no bars of 1h");
        assert!(serde_json::to_string(&q).unwrap().contains(r#""timeframe":"1h""#));
    }

    #[test]
    fn the_timeframe_is_the_most_common_step() {
        assert_eq!(infer(&[0, H, 2 * H, 5 * H]), Some(Timeframe::H1));
        assert_eq!(infer(&[0, H, 3 * H]), Some(Timeframe::H1));
        assert_eq!(infer(&[0]), None);
        assert_eq!(infer(&[5, 5, 3]), None);
        assert_eq!(infer(&[i64::MIN, i64::MAX]), Timeframe::from_ms(i64::MAX));
    }
}
