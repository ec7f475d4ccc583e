//! Days as a walk-forward divides them.

use std::ops::Range;

use crate::metrics::day_of_close;
use crate::replay::Clock;
use crate::scenario::{Data, SplitMode, WalkForward};
use crate::stats::{Window, anchored, rolling};

const DAY_MS: i64 = 86_400_000;

/// Steps of whole days, by their closes: day `d` has steps `edges[d]..edges[d + 1]`.
///
/// The days are those that daily returns are counted of: every day of a market that never closes, the trading days of
/// another. A bar that closes after a day without a session and before the next belongs to the next.
pub(super) struct DayGrid {
    pub edges: Vec<usize>,
    /// The open of the first bar of each day, and at last that of the bar after them, or where the data end.
    opens: Vec<i64>,
    /// Where each day begins, which is the end of the day before it, and at last the end of the last, milliseconds UTC.
    pub times: Vec<i64>,
    /// Whether every day counts.
    always: bool,
}

impl DayGrid {
    /// The whole days of `clock` after the one on which the first order of step `first` can fill.
    pub fn of(clock: &Clock, first: usize, data: &Data) -> Self {
        let start = clock.time(first + 1).div_euclid(DAY_MS) + 1;
        let end = clock.close_time(clock.len() - 1).div_euclid(DAY_MS);
        let always = data.days_per_year() >= 360.0;
        let mut times = vec![start * DAY_MS];
        if always {
            times.extend((start..end).map(|d| (d + 1) * DAY_MS));
        } else {
            let calendar = data.calendar();
            let trades = |d: &i64| calendar.is_always() || calendar.session_of(*d).is_some();
            let from = clock.step_closing_after(start * DAY_MS);
            let closes = (from..clock.len()).map(|t| day_of_close(clock.close_time(t)));
            let mut days: Vec<i64> = closes.filter(|d| *d < end).filter(trades).collect();
            days.dedup();
            times.extend(days.into_iter().map(|d| (d + 1) * DAY_MS));
        }
        let edges: Vec<usize> = times.iter().map(|t| clock.step_closing_after(*t)).collect();
        let over = clock.close_time(clock.len() - 1);
        let open = |step: &usize| if *step < clock.len() { clock.time(*step) } else { over };
        Self { opens: edges.iter().map(open).collect(), edges, times, always }
    }

    /// Days of a window of `w`: those it is trained on, those left out, those it is tested on.
    pub fn parts(w: &WalkForward) -> (usize, usize, usize) {
        let day = |v: f64| v.round().max(0.0) as usize;
        (day(w.train_days), day(w.gap_days), day(w.test_days))
    }

    /// The windows of `w` in the first `n` days.
    pub fn windows(w: &WalkForward, n: usize) -> Vec<Window> {
        let (train, gap, test) = Self::parts(w);
        let step = w.step_days.map_or(test, |v| v.round().max(0.0) as usize);
        let cut = if w.mode == SplitMode::Rolling { rolling } else { anchored };
        cut(n, train, test, step, gap)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.edges.len() - 1
    }

    /// The steps of some of them.
    pub fn steps(&self, days: &Range<usize>) -> Range<usize> {
        self.edges[days.start]..self.edges[days.end]
    }

    /// Where the bars of some of them begin and end, as `data.from` and `data.to` say it.
    pub fn span_ms(&self, days: &Range<usize>) -> (i64, i64) {
        (self.opens[days.start], self.opens[days.end])
    }

    /// The return of each of some days, of a run over their steps: none on a day before its first bar and after its last.
    pub fn returns(&self, days: &Range<usize>, daily: &[f64]) -> Vec<f64> {
        if !self.always {
            // Days without a bar are none.
            let mut returns = daily.to_vec();
            returns.resize(days.len(), 0.0);
            return returns;
        }
        // Daily returns begin on the day on which the first bar opens, and have every day from there on.
        let begins = self.opens[days.start].div_euclid(DAY_MS);
        let of =
            |day: i64| usize::try_from(day - begins).ok().and_then(|k| daily.get(k)).copied().unwrap_or(0.0);
        days.clone().map(|d| of(self.times[d].div_euclid(DAY_MS))).collect()
    }

    /// The growth of `equity` on each of some days: it stands at the close of each step from `first` on, and was `start`
    /// before.
    pub fn growth(&self, days: &Range<usize>, equity: &[f64], first: usize, start: f64) -> Vec<f64> {
        // The last step that has closed is the one before the edge.
        let at = |edge: usize| edge.checked_sub(first + 1).map_or(start, |k| equity[k]);
        days.clone().map(|d| at(self.edges[d + 1]) / at(self.edges[d]) - 1.0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{LoadRequest, Loaded};
    use crate::market::{Bars, Calendar, Columns, Timeframe, format_time, parse_time};
    use crate::replay::Market;
    use crate::runs::{History, Inputs, Job, Wants};
    use crate::scenario::Scenario;

    const HOUR: i64 = 3_600_000;

    fn bars(step: i64, opens: Vec<i64>) -> Bars {
        let price: Vec<f64> = (0..opens.len()).map(|i| 100.0 + (i % 7) as f64 + i as f64 / 50.0).collect();
        let of = |by: f64| price.iter().map(|p| p + by).collect::<Vec<f64>>().into();
        let columns = Columns {
            open_time: opens.into(),
            open: of(0.0),
            high: of(2.0),
            low: of(-2.0),
            close: of(1.0),
            volume: of(0.0),
        };
        Bars::new(Timeframe::from_ms(step).unwrap(), columns).unwrap()
    }

    /// The days of bars of a length that open at a phase, in a market; and its scenario.
    fn grid(step: i64, phase: i64, calendar: Option<Calendar>) -> (DayGrid, Bars, Scenario) {
        let start = parse_time("2022-11-07").unwrap() + phase;
        let open = |t: &i64| match calendar {
            Some(Calendar::Fx) if step < 24 * HOUR => {
                let (day, hour) = ((t / DAY_MS + 3) % 7, t % DAY_MS / HOUR);
                day < 4 || day == 4 && hour < 22 || day == 6 && hour >= 22
            }
            // A day that opens on the evening before.
            Some(_) => ((t + DAY_MS / 2) / DAY_MS + 3) % 7 < 5,
            None => true,
        };
        let opens = (0..60 * DAY_MS / step).map(|i| start + i * step).filter(open).collect();
        let bars = bars(step, opens);
        let calendar = calendar.map_or(String::new(), |c| format!("calendar = \"{c}\"\n"));
        let text = format!(
            "name = \"t\"\nsystem = \"ma-cross\"\n[params]\nfast = 2\nslow = 3\n[data]\nbars = [\"x\"]\n{calendar}"
        );
        let scenario = Scenario::parse(&text, "t", ".".into(), &[]).unwrap();
        let clock = Clock::of(&[Market::from(&bars)]);
        (DayGrid::of(&clock, 3, &scenario.data), bars, scenario)
    }

    /// Whatever the bars, a run over some days has as many daily returns as there are days.
    #[test]
    fn days_are_those_that_returns_are_counted_of() {
        for (step, phase, calendar) in [
            (HOUR, 0, None),
            (4 * HOUR, 0, None),
            (4 * HOUR, 2 * HOUR, None),
            (24 * HOUR, 0, None),
            (24 * HOUR, 22 * HOUR, None),
            (HOUR, 0, Some(Calendar::Fx)),
            (24 * HOUR, 22 * HOUR, Some(Calendar::Fx)),
            (24 * HOUR, 0, Some(Calendar::UsEquity)),
        ] {
            let (days, bars, scenario) = grid(step, phase, calendar);
            let case = format!("{step} {phase} {calendar:?}");
            let about = if calendar.is_some() { 35..45 } else { 54..60 };
            assert!(about.contains(&days.len()), "{case}: {}", days.len());
            let inputs = Inputs::from(Loaded::of("x", bars).unwrap());
            let history = History::new(&scenario, inputs).unwrap();
            let prepared = history.prepare(&scenario).unwrap();
            for (from, to) in [(0, 10), (3, 25), (10, days.len())] {
                let span = days.steps(&(from..to)).into();
                let job = Job { scenario: &scenario, prepared: &prepared, span, noise: None };
                let daily = history.figures(&job, Wants::default()).unwrap().daily;
                // A bar that opens on the day before brings that day with it, without a return.
                let n = to - from;
                assert!(
                    daily.len() == n || daily.len() == n + 1 && daily[0] == 0.0,
                    "{case}: {} {n}",
                    daily.len()
                );
                assert_eq!(days.returns(&(from..to), &daily), daily[daily.len() - n..], "{case}");
                // The days before and after are the same run as from and to.
                let (from_ms, to_ms) = days.span_ms(&(from..to));
                let request =
                    LoadRequest { from_ms: Some(from_ms), to_ms: Some(to_ms), ..LoadRequest::default() };
                let part = history.loaded().clone().within(&request).unwrap();
                let steps = days.steps(&(from..to));
                assert_eq!(
                    (part.lead, part.bars.len()),
                    (steps.start, steps.end),
                    "{case} {}",
                    format_time(from_ms)
                );
            }
        }
    }

    #[test]
    fn days_without_a_bar_have_no_return_and_move_no_other() {
        let start = parse_time("2022-11-07").unwrap();
        // Nothing from the 20th day to the 23rd.
        let hours =
            (0..24 * 40).filter(|i| !(24 * 20..24 * 23).contains(i)).map(|i| start + i * HOUR).collect();
        let bars = bars(HOUR, hours);
        let data = Scenario::parse(
            "name = \"t\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"x\"]\n",
            "t",
            ".".into(),
            &[],
        );
        let days = DayGrid::of(&Clock::of(&[Market::from(&bars)]), 30, &data.unwrap().data);
        assert_eq!((days.times[0], days.len()), (start + 2 * DAY_MS, 38));
        // Days 2 to 19 have bars, 20 to 22 none.
        let made: Vec<f64> = (0..18).map(|d| 0.01 * (d + 1) as f64).collect();
        for (to, none) in [(18, 0), (19, 1), (21, 3)] {
            assert_eq!(days.returns(&(0..to), &made), [&made[..], &vec![0.0; none]].concat(), "to {to}");
        }
        // What is held grows from the end of a day to the end of the next, also over days without a bar.
        let closes: Vec<f64> = (30..bars.len()).map(|step| step as f64).collect();
        let edge = |d: usize| (days.edges[d] - 1) as f64;
        let grown = days.growth(&(17..24), &closes, 30, 29.0);
        let want: Vec<f64> = (17..24).map(|d| edge(d + 1) / edge(d) - 1.0).collect();
        assert_eq!(grown, want);
        assert_eq!((grown[1], grown[2], grown[3]), (0.0, 0.0, 0.0), "{grown:?}");
        // A span that begins where there is no bar: its run begins with the first that there is.
        assert_eq!(days.returns(&(19..24), &[0.5, 0.25, 0.125]), [0.0, 0.0, 0.5, 0.25, 0.125]);
    }
}
