//! Watches a rolling value bar by bar, as an alert of a live system would, and sums up when it fired.

use serde::Serialize;

use super::criteria::{Criterion, Metric, Rule, Window};
use super::evidence::{Evidence, Tables};
use super::measure::is_winner;
use super::verdict::{Verdict, meets};
use crate::market::{Timeframe, format_time};

/// When an alert fired.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct AlertSummary {
    /// Runs of consecutive bars with the alert on.
    pub episodes: u64,
    /// Close of the first bar with the alert on.
    pub first: Option<String>,
    /// Bars with the alert on over bars with enough of a sample.
    pub active_share: Option<f64>,
    /// The rolling value that came nearest to firing, or fired worst.
    pub worst: Option<f64>,
    /// Bars with enough of a sample.
    pub bars_evaluated: u64,
    /// Bars watched.
    pub bars: u64,
}

/// One thing that enters a rolling window: when, and its value.
type Event = (i64, f64);

/// Watches criterion `c` (an alert) over the run under `rule`; O(bars + trades).
pub fn watch(c: &Criterion, rule: Rule, e: &Evidence) -> (Verdict, Option<String>, AlertSummary) {
    let events = events(&c.metric, &e.main);
    let per_trade = matches!(c.metric, Metric::WinRate | Metric::MeanSize);
    if let (Window::Trailing(ms), false) = (&c.window, per_trade) {
        let holds = (ms / e.bar_ms).max(0) as u64;
        if holds < c.min_n {
            let text = |ms| Timeframe::from_ms(ms).map_or_else(String::new, |t| t.to_string());
            let reason = format!(
                "{} of {} bars hold {holds} signals at most; {} are needed",
                text(*ms),
                text(e.bar_ms),
                c.min_n
            );
            return (Verdict::NotApplicable, Some(reason), AlertSummary::default());
        }
    }
    let mut rolling = Rolling::new(&events, &c.window);
    let mut sum = AlertSummary::default();
    let mut active_bars = 0u64;
    let mut was_active = false;
    for &close in &e.main.signals.close_time_ms {
        sum.bars += 1;
        rolling.advance(close);
        let active = match rolling.mean() {
            Some(value) if rolling.n() >= c.min_n => {
                sum.bars_evaluated += 1;
                let worse = match (sum.worst, rule) {
                    (Some(w), Rule::Below(_) | Rule::AtMost(_)) => value < w,
                    (Some(w), _) => value > w,
                    (None, _) => true,
                };
                if worse {
                    sum.worst = Some(value);
                }
                meets(rule, value)
            }
            _ => false,
        };
        if active {
            active_bars += 1;
            if !was_active {
                sum.episodes += 1;
                sum.first.get_or_insert_with(|| format_time(close));
            }
        }
        was_active = active;
    }
    if sum.bars_evaluated == 0 {
        let unit = if per_trade { "trades" } else { "signals" };
        let reason = format!("no bar had {} {unit} in its window", c.min_n);
        return (Verdict::Inconclusive, Some(reason), sum);
    }
    let share = active_bars as f64 / sum.bars_evaluated as f64;
    sum.active_share = Some(share);
    let Some(first) = &sum.first else {
        return (Verdict::Pass, None, sum);
    };
    let times = if sum.episodes == 1 { "once".to_owned() } else { format!("{} times", sum.episodes) };
    let mut reason = format!("fired {times}, first at {first}, on {:.1} % of the bars judged", share * 100.0);
    if let Some(check) = &c.check {
        reason.push_str("; check: ");
        reason.push_str(check);
    }
    (Verdict::Fail, Some(reason), sum)
}

/// What `metric` averages, in order of time.
fn events(metric: &Metric, tables: &Tables) -> Vec<Event> {
    let (t, s) = (&tables.trades, &tables.signals);
    let share = |yes: bool| if yes { 1.0 } else { 0.0 };
    let trades = |value: &dyn Fn(usize) -> f64| -> Vec<Event> {
        (0..t.exit_time_ms.len()).filter(|&i| !t.shadow[i]).map(|i| (t.exit_time_ms[i], value(i))).collect()
    };
    let bars = |keep: &dyn Fn(usize) -> bool, value: &dyn Fn(usize) -> f64| -> Vec<Event> {
        (0..s.close_time_ms.len()).filter(|&i| keep(i)).map(|i| (s.close_time_ms[i], value(i))).collect()
    };
    let directional = |i: usize| s.direction[i] != 0;
    match metric {
        Metric::WinRate => trades(&|i| share(is_winner(t.pnl[i]))),
        Metric::MeanSize => trades(&|i| t.size_frac[i]),
        Metric::Quality => bars(&|i| directional(i) && s.quality[i].is_finite(), &|i| s.quality[i]),
        Metric::PatternRate => bars(&directional, &|i| share(s.patterns[i] != 0)),
        Metric::VolumeConfirmation => bars(&directional, &|i| share(s.volume_confirmed[i])),
        Metric::ErrorRate => bars(&|_| true, &|i| share(!s.valid[i])),
        Metric::SuccessRate => bars(&|_| true, &|i| share(s.valid[i])),
        _ => Vec::new(),
    }
}

/// A rolling mean that forgets exactly: values are summed as whole multiples of 2^-40.
struct Rolling<'a> {
    events: &'a [Event],
    window: &'a Window,
    start: usize,
    end: usize,
    sum: i128,
}

/// Multiples of this many to one.
const SCALE: f64 = 1_099_511_627_776.0;

impl<'a> Rolling<'a> {
    fn new(events: &'a [Event], window: &'a Window) -> Self {
        Self { events, window, start: 0, end: 0, sum: 0 }
    }

    /// Takes in the events up to `now` and drops those that have left the window `(now - length, now]`.
    fn advance(&mut self, now: i64) {
        while let Some(&(time, value)) = self.events.get(self.end)
            && time <= now
        {
            self.sum += (value * SCALE).round() as i128;
            self.end += 1;
        }
        let gone = |start: usize, end: usize| match self.window {
            Window::Trailing(ms) => self.events[start].0 <= now.saturating_sub(*ms),
            Window::LastTrades(n) => end - start > *n,
            Window::Run | Window::Named(_) => false,
        };
        while self.start < self.end && gone(self.start, self.end) {
            self.sum -= (self.events[self.start].1 * SCALE).round() as i128;
            self.start += 1;
        }
    }

    fn n(&self) -> u64 {
        (self.end - self.start) as u64
    }

    fn mean(&self) -> Option<f64> {
        (self.start < self.end).then(|| self.sum as f64 / SCALE / self.n() as f64)
    }
}
