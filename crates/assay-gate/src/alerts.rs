//! Watches a rolling value bar by bar, as an alert of a live system would, and sums up when it fired.

use serde::Serialize;

use super::aggregate;
use super::criteria::{Criterion, CriterionMetric, CriterionWindow};
use super::evidence::{Evidence, Tables};
use super::measure::is_winner;
use super::rule::{Rule, meets};
use super::verdict::Verdict;
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
type TimedValue = (i64, f64);

/// Watches criterion `c` (an alert) over the run under `rule`; O(bars + trades).
pub fn watch(c: &Criterion, rule: Rule, e: &Evidence) -> (Verdict, Option<String>, AlertSummary) {
    let events = events(&c.metric, &e.main);
    let unit = match c.metric {
        CriterionMetric::WinRate | CriterionMetric::MeanSize => "trades",
        CriterionMetric::Rows(_) => "rows",
        _ => "signals",
    };
    if let (CriterionWindow::Trailing(ms), "signals") = (&c.window, unit) {
        // More where the bars of several symbols do not open together.
        let holds = ((ms / e.bar_ms).max(0) as u64).max(most_within(&e.main.signals.close_time_ms, *ms));
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

/// The most of these times that lie in a window `(t - length, t]`.
fn most_within(times: &[i64], length_ms: i64) -> u64 {
    let mut start = 0;
    let held = |(end, now): (usize, &i64)| {
        while times[start] <= now.saturating_sub(length_ms) {
            start += 1;
        }
        end + 1 - start
    };
    times.iter().enumerate().map(held).max().unwrap_or(0) as u64
}

/// What `metric` averages, in order of time.
fn events(metric: &CriterionMetric, tables: &Tables) -> Vec<TimedValue> {
    let (t, s) = (&tables.trades, &tables.signals);
    let share = |yes: bool| if yes { 1.0 } else { 0.0 };
    let trades = |value: &dyn Fn(usize) -> f64| -> Vec<TimedValue> {
        (0..t.exit_time_ms.len()).filter(|&i| !t.shadow[i]).map(|i| (t.exit_time_ms[i], value(i))).collect()
    };
    let bars = |keep: &dyn Fn(usize) -> bool, value: &dyn Fn(usize) -> f64| -> Vec<TimedValue> {
        (0..s.close_time_ms.len()).filter(|&i| keep(i)).map(|i| (s.close_time_ms[i], value(i))).collect()
    };
    let directional = |i: usize| s.direction[i] != 0;
    match metric {
        CriterionMetric::WinRate => trades(&|i| share(is_winner(t.pnl[i]))),
        CriterionMetric::MeanSize => trades(&|i| t.size_frac[i]),
        CriterionMetric::Rows(query) => aggregate::events(query, tables),
        CriterionMetric::Quality => match &s.quality {
            Some(q) => bars(&|i| directional(i) && q[i].is_finite(), &|i| q[i]),
            None => Vec::new(),
        },
        CriterionMetric::PatternRate => match &s.patterns {
            Some(p) => bars(&directional, &|i| share(p[i] != 0)),
            None => Vec::new(),
        },
        CriterionMetric::VolumeConfirmation => match &s.volume_confirmed {
            Some(v) => bars(&directional, &|i| share(v[i])),
            None => Vec::new(),
        },
        CriterionMetric::ErrorRate | CriterionMetric::SuccessRate => match &s.valid {
            Some(v) => bars(&|_| true, &|i| share(v[i] == (*metric == CriterionMetric::SuccessRate))),
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// A rolling mean that forgets exactly: values are summed as whole multiples of 2^-40.
struct Rolling<'a> {
    events: &'a [TimedValue],
    window: &'a CriterionWindow,
    start: usize,
    end: usize,
    sum: i128,
}

/// Multiples of this many to one.
const SCALE: f64 = 1_099_511_627_776.0;

impl<'a> Rolling<'a> {
    fn new(events: &'a [TimedValue], window: &'a CriterionWindow) -> Self {
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
            CriterionWindow::Trailing(ms) => self.events[start].0 <= now.saturating_sub(*ms),
            CriterionWindow::LastTrades(n) => end - start > *n,
            CriterionWindow::Run | CriterionWindow::Named(_) => false,
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

#[cfg(test)]
mod tests {
    use super::super::criteria::CriterionKind;
    use super::super::fixture::{HOUR, START, criterion, evidence};
    use super::super::rule::Better;
    use super::*;

    fn alert(metric: CriterionMetric, rule: Rule, window: CriterionWindow, min_n: u64) -> Criterion {
        Criterion {
            metric,
            rule,
            window,
            min_n,
            kind: CriterionKind::Alert,
            better: Better::Higher,
            ..criterion()
        }
    }

    fn day() -> CriterionWindow {
        CriterionWindow::Trailing(24 * HOUR)
    }

    fn fired(c: &Criterion, e: &Evidence) -> (Verdict, Option<String>, AlertSummary) {
        watch(c, c.rule, e)
    }

    #[test]
    fn a_dip_is_one_episode_with_its_time_and_depth() {
        let mut e = evidence();
        for i in 240..264 {
            e.main.signals.quality.as_mut().unwrap()[i] = 0.1;
        }
        let mut c = alert(CriterionMetric::Quality, Rule::Below(0.4), day(), 20);
        c.check = Some("the data".into());
        let (verdict, reason, sum) = fired(&c, &e);
        assert_eq!(verdict, Verdict::Fail);
        assert_eq!((sum.episodes, sum.bars), (1, 1440));
        // Two holds in any 24 hours leave 22 signals; the 12th low one takes the mean below 0.4, at bar 253. Low signals
        // leave from bar 265 on; bar 274 is the last with twelve of them.
        let first = format_time(START + (240 + 14) * HOUR);
        assert_eq!(sum.first.as_deref(), Some(first.as_str()));
        assert!((sum.worst.unwrap() - 0.1).abs() < 1e-9);
        let active = (sum.active_share.unwrap() * sum.bars_evaluated as f64).round();
        assert_eq!(active, 22.0);
        assert!(reason.unwrap().starts_with(&format!("fired once, first at {first}, on 1.6 % of the bars")));
    }

    #[test]
    fn a_naive_watch_gives_the_same() {
        let mut e = evidence();
        let quality = e.main.signals.quality.as_mut().unwrap();
        for i in 0..quality.len() {
            quality[i] = 0.35 + 0.3 * ((i * i % 97) as f64 / 97.0) - if i % 200 < 60 { 0.1 } else { 0.0 };
        }
        let c = alert(CriterionMetric::Quality, Rule::Below(0.4), day(), 20);
        let (_, _, sum) = fired(&c, &e);
        let s = &e.main.signals;
        let quality = s.quality.as_ref().unwrap();
        let (mut episodes, mut evaluated, mut on, mut worst, mut was) = (0, 0, 0, f64::INFINITY, false);
        for i in 0..quality.len() {
            let window: Vec<f64> =
                (i.saturating_sub(23)..=i).filter(|&j| s.direction[j] != 0).map(|j| quality[j]).collect();
            let mut active = false;
            if window.len() >= 20 {
                let mean = window.iter().sum::<f64>() / window.len() as f64;
                evaluated += 1;
                worst = worst.min(mean);
                active = mean < 0.4 - 1e-9;
            }
            on += u64::from(active);
            episodes += u64::from(active && !was);
            was = active;
        }
        assert!(episodes > 3);
        assert_eq!((sum.episodes, sum.bars_evaluated), (episodes, evaluated));
        assert!((sum.worst.unwrap() - worst).abs() < 1e-9);
        assert!((sum.active_share.unwrap() - on as f64 / evaluated as f64).abs() < 1e-12);
    }

    #[test]
    fn a_healthy_run_is_quiet() {
        let e = evidence();
        for c in [
            alert(CriterionMetric::Quality, Rule::Below(0.4), day(), 20),
            alert(CriterionMetric::ErrorRate, Rule::Above(0.05), day(), 20),
            alert(CriterionMetric::PatternRate, Rule::Below(0.3), day(), 20),
            alert(CriterionMetric::VolumeConfirmation, Rule::Below(0.5), day(), 20),
            alert(CriterionMetric::WinRate, Rule::Below(0.45), CriterionWindow::Trailing(30 * 24 * HOUR), 30),
            alert(CriterionMetric::MeanSize, Rule::Below(0.004), CriterionWindow::LastTrades(30), 30),
            alert(CriterionMetric::MeanSize, Rule::Above(0.04), CriterionWindow::LastTrades(30), 30),
        ] {
            let (verdict, reason, sum) = fired(&c, &e);
            assert_eq!((verdict, reason), (Verdict::Pass, None), "{}", c.metric);
            assert_eq!((sum.episodes, sum.first, sum.active_share), (0, None, Some(0.0)));
            assert!(sum.bars_evaluated > 1200 && sum.worst.is_some());
        }
    }

    #[test]
    fn each_kind_of_trouble_fires() {
        let mut e = evidence();
        let s = &mut e.main.signals;
        for i in 480..500 {
            s.valid.as_mut().unwrap()[i] = false;
            s.patterns.as_mut().unwrap()[i] = 0;
            s.volume_confirmed.as_mut().unwrap()[i] = false;
        }
        for i in 0..60 {
            e.main.trades.pnl[i + 60] = -1.0;
            e.main.trades.size_frac[i + 60] = 0.05;
        }
        for (metric, rule, window) in [
            (CriterionMetric::ErrorRate, Rule::Above(0.05), day()),
            (CriterionMetric::SuccessRate, Rule::AtMost(0.95), day()),
            (CriterionMetric::PatternRate, Rule::Below(0.3), day()),
            (CriterionMetric::VolumeConfirmation, Rule::Below(0.5), day()),
            (CriterionMetric::WinRate, Rule::Below(0.45), CriterionWindow::Trailing(30 * 24 * HOUR)),
            (CriterionMetric::MeanSize, Rule::Above(0.04), CriterionWindow::LastTrades(30)),
        ] {
            let c = alert(metric, rule, window, 20);
            let (verdict, _, sum) = fired(&c, &e);
            assert_eq!((verdict, sum.episodes), (Verdict::Fail, 1), "{}", c.metric);
        }
    }

    #[test]
    fn the_last_trades_are_exactly_so_many() {
        let mut e = evidence();
        e.main.trades.size_frac[100] = 0.33;
        let c = alert(CriterionMetric::MeanSize, Rule::Above(0.039), CriterionWindow::LastTrades(30), 30);
        let (_, _, sum) = fired(&c, &e);
        assert!((sum.worst.unwrap() - 0.04).abs() < 1e-9, "(29 * 0.03 + 0.33) / 30");
        // 30 trades of six bars each hold it.
        assert_eq!((sum.active_share.unwrap() * sum.bars_evaluated as f64).round(), 180.0);
    }

    #[test]
    fn trades_leave_a_trailing_window_and_shadow_trades_never_enter() {
        let mut e = evidence();
        let t = &mut e.main.trades;
        for i in 0..t.pnl.len() {
            t.pnl[i] = if i < 40 { -1.0 } else { 1.0 };
        }
        let c =
            alert(CriterionMetric::WinRate, Rule::Below(0.45), CriterionWindow::Trailing(10 * 24 * HOUR), 30);
        let (_, _, sum) = fired(&c, &e);
        // 40 trades fit in ten days: evaluated from the 30th trade (bar 180) to the end.
        assert_eq!((sum.bars_evaluated, sum.worst), (1440 - 179, Some(0.0)));
        // On from there until 18 of 40 trades win: the 58th trade closes with bar 348.
        assert_eq!((sum.active_share.unwrap() * sum.bars_evaluated as f64).round(), (347 - 179) as f64);
        e.main.trades.shadow[..40].fill(true);
        assert_eq!(fired(&c, &e).0, Verdict::Pass);
    }

    #[test]
    fn too_little_to_watch_is_open_and_too_coarse_bars_do_not_apply() {
        let mut e = evidence();
        e.main.signals.direction.fill(0);
        let c = alert(CriterionMetric::Quality, Rule::Below(0.4), day(), 20);
        let (verdict, reason, _) = fired(&c, &e);
        assert_eq!(
            (verdict, reason.as_deref()),
            (Verdict::Inconclusive, Some("no bar had 20 signals in its window"))
        );
        e.bar_ms = 4 * HOUR;
        let hourly = e.main.signals.close_time_ms.clone();
        assert_eq!(fired(&c, &e).0, Verdict::Inconclusive, "bars of four symbols, an hour apart");
        e.main.signals.close_time_ms = hourly.into_iter().step_by(4).collect();
        let (verdict, reason, _) = fired(&c, &e);
        assert_eq!(verdict, Verdict::NotApplicable);
        assert_eq!(reason.unwrap(), "1d of 4h bars hold 6 signals at most; 20 are needed");
        let c = alert(CriterionMetric::WinRate, Rule::Below(0.45), CriterionWindow::Trailing(24 * HOUR), 30);
        assert_eq!(fired(&c, &e).1.unwrap(), "no bar had 30 trades in its window");
    }
}
