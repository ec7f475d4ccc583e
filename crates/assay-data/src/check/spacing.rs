//! The steps from bar to bar: how long a bar is, what is missing, what does not fit.

use super::CheckOptions;
use super::report::{Finding, FindingKind, FindingSeverity, QualityFigures, Seen};
use super::view::BarsView;
use crate::market::{Session, Timeframe, format_time};
use crate::quality::{grid_phase, infer, phase_of};
use crate::week::{DAY, HOUR, Longest, MissingBars, WeekRule, alike, between, snapped};
use crate::words::{count, length, percent};

/// More than this share of steps of another length: the bars are not of one length. As where bars are loaded.
const MIXED: f64 = 0.1;

/// So many steps in a row, none of them as long as a bar, may be bars of another length and not gaps.
const RUN: usize = 24;

/// They are where so many of them are of one length: of days on a market with weekends four of five are, less those beside a holiday.
const OF_ONE_LENGTH: f64 = 2.0 / 3.0;

/// More than this share missing is more than an outage here and there; the second where holidays and nights are not known.
const MUCH: (f64, f64) = (0.01, 0.05);

/// Checks the steps, and returns the length of a bar.
pub(super) fn check(
    view: &BarsView<'_>,
    options: &CheckOptions,
    figures: &mut QualityFigures,
    out: &mut Vec<Finding>,
) -> Option<Timeframe> {
    let t = &view.t[..];
    let inferred = infer(t).map(snapped);
    figures.timeframe = inferred;
    let step = options.timeframe.or(inferred)?;
    if let Some(inferred) = inferred {
        let steps = t.len().saturating_sub(1).max(1) as f64;
        let follows =
            |w: &&[i64]| alike(w[1].saturating_sub(w[0]), w[0].abs_diff(inferred.end_ms(w[0])) as i64);
        let as_long = t.windows(2).filter(follows).count();
        figures.timeframe_share = Some(as_long as f64 / steps);
        contradiction(view, options, inferred, as_long as f64 / steps, out);
    }
    if step.months().is_none() {
        lengths(view, step, out);
    }
    gaps(view, WeekRule::of(options.calendar, t, step.ms()), step, options.longest, figures, out);
    // Months have no grid.
    if !out.iter().any(|f| f.kind == FindingKind::MixedTimeframes) || step.ms() < 28 * DAY {
        grid(view, step, figures, out);
    }
    if let (Some(calendar), true) = (options.calendar, step.ms() < DAY) {
        let mut closed = Seen::in_rows(view.rows);
        // The session of the bar before, which most bars share.
        let mut session: Option<Session> = None;
        for (i, &open) in t.iter().enumerate() {
            let end = open.saturating_add(step.ms() - 1);
            if !session.is_some_and(|s| s.open_ms <= open && end < s.close_ms) {
                session = calendar.session_at(open).or_else(|| calendar.session_at(end));
            }
            if session.is_none() {
                closed.see(view.row(i), || "the market is closed".into());
            }
        }
        let text = format!("bars while the calendar {} is closed", calendar.name());
        out.extend(closed.finding(FindingKind::OutsideCalendar, FindingSeverity::Info, text));
    }
    Some(step)
}

/// Whether rows are as far apart as was said.
fn contradiction(
    view: &BarsView<'_>,
    options: &CheckOptions,
    inferred: Timeframe,
    share: f64,
    out: &mut Vec<Finding>,
) {
    let said = [(options.timeframe, "asked for"), (options.stated_timeframe, "what the file's name says")];
    for (said, whose) in said.into_iter().filter_map(|(t, w)| Some((t?, w))) {
        let sparse = inferred.ms() % said.ms() == 0 && share < 0.5;
        if alike(inferred.ms(), said.ms()) || sparse {
            continue;
        }
        let phase = grid_phase(&view.t, said.ms());
        let mut off = Seen::in_rows(view.rows);
        for (i, t) in view.t.iter().enumerate() {
            if Some(t.rem_euclid(said.ms())) != phase {
                off.see(view.row(i), || format!("off the {said} grid"));
            }
        }
        let off_grid = off.count();
        let text = format!(
            "bars are {inferred} long, not {said} as {whose}; {} off the {said} grid",
            count(off_grid, "row")
        );
        // Whatever the grid says, it is found once, at the first row.
        if off_grid == 0 {
            off.see(view.row(0), || format!("the first bar of {inferred}"));
        }
        out.extend(off.finding(FindingKind::TimeframeContradicted, FindingSeverity::Error, text));
        return;
    }
}

/// Bars of several lengths.
fn lengths(view: &BarsView<'_>, step: Timeframe, out: &mut Vec<Finding>) {
    let t = &view.t[..];
    let mut steps: Vec<i64> = t.windows(2).map(|w| w[1].saturating_sub(w[0])).collect();
    let in_order = steps.clone();
    steps.sort_unstable();
    let other = |s: i64| {
        let rest = s.rem_euclid(step.ms());
        !alike(s, step.ms()) && rest.min(step.ms() - rest) > step.ms() / 1000 && !daylight(s, step)
    };
    // The most common of the lengths that are no multiple.
    let second = steps.chunk_by(|a, b| a == b).filter(|r| other(r[0])).max_by_key(|r| r.len());
    if let Some(run) = second
        && run.len() as f64 > MIXED * in_order.len() as f64
        && let Some(first) = in_order.iter().position(|s| *s == run[0])
    {
        let (row, n) = (view.row(first + 1), run.len() as u64);
        let months = step.ms() >= 28 * DAY && step.ms() <= 31 * DAY;
        let advice = if months {
            "calendar months that begin on any day are not bars of one length; an import makes them such"
        } else {
            "bars of several lengths are in one file"
        };
        let mut seen = Seen::in_rows(view.rows);
        seen.see_all(row, n, || format!("{} after the bar before", length(run[0])));
        let text = format!("steps of {}, which is no multiple of {step}: {advice}", length(run[0]));
        out.extend(seen.finding(FindingKind::MixedTimeframes, FindingSeverity::Error, text));
        return;
    }
    let mut seen = Seen::in_rows(view.rows);
    for (first, n, s) in stretches(&in_order, step) {
        let s = length(s);
        seen.see_all(view.row(first + 1), n as u64, || format!("from here on {n} are {s} apart"));
    }
    let text = format!("bars in long runs of another step than {step}: two files in one?");
    out.extend(seen.finding(FindingKind::MixedTimeframes, FindingSeverity::Warning, text));
}

/// Stretches of steps that are bars of another length: where each begins, how many steps are of that length, and the length. Weekends and
/// holidays lie within them.
fn stretches(steps: &[i64], step: Timeframe) -> Vec<(usize, usize, i64)> {
    let mut out = vec![];
    let mut at = 0;
    let usual = |s: &i64| alike(*s, step.ms()) || daylight(*s, step);
    for run in steps.chunk_by(|a, b| !usual(a) && !usual(b)) {
        let mut sorted = run.to_vec();
        sorted.sort_unstable();
        let most = sorted.chunk_by(|a, b| a == b).max_by_key(|r| r.len());
        if let Some(most) = most.filter(|r| {
            run.len() >= RUN
                && r[0] > 0
                && r.len() as f64 >= OF_ONE_LENGTH * run.len() as f64
                && !usual(&r[0])
        }) {
            let first = run.iter().position(|s| *s == most[0]).unwrap_or(0);
            out.push((at + first, most.len(), most[0]));
        }
        at += run.len();
    }
    out
}

/// Whether a step of a day or some hours is one off by the hour that daylight saving takes or gives.
fn daylight(s: i64, step: Timeframe) -> bool {
    let hour_more = step.ms().saturating_add(HOUR);
    step.ms() > HOUR && (alike(s, step.ms() - HOUR) || alike(s, hour_more))
}

fn gaps(
    view: &BarsView<'_>,
    rule: WeekRule,
    step: Timeframe,
    keep: usize,
    figures: &mut QualityFigures,
    out: &mut Vec<Finding>,
) {
    let (t, ms) = (&view.t[..], step.ms());
    let mut longest = Longest::new(keep);
    let mut missing = Seen::in_rows(view.rows);
    let mut aside = Vec::new();
    for i in 1..t.len() {
        let (from, to) = (t[i - 1], t[i]);
        if between(from, to, ms) == 0 {
            continue;
        }
        longest.meet(from, to, ms);
        match rule.missing(from, to, ms) {
            MissingBars::None => {}
            MissingBars::Bars(n) => {
                figures.gaps += 1;
                figures.missing_bars = figures.missing_bars.saturating_add(n);
                missing
                    .see(view.row(i), || format!("{} missing since {}", count(n, "bar"), format_time(from)));
            }
            MissingBars::Aside(n) => aside.push((i, n)),
        }
    }
    figures.longest_gaps = longest.gaps();
    figures.counted_by = rule.name();
    let (all, share) = (figures.missing_bars, {
        let n = figures.missing_bars as f64;
        n / (n + t.len() as f64)
    });
    let much = if rule == WeekRule::Weekdays { MUCH.1 } else { MUCH.0 };
    let severity = if share > much { FindingSeverity::Warning } else { FindingSeverity::Info };
    let by = match rule {
        WeekRule::Weekdays if ms >= DAY => ", counted on weekdays: --calendar knows holidays".to_owned(),
        WeekRule::Weekdays => ", counted inside the week, nights too: --calendar knows sessions".to_owned(),
        WeekRule::Always | WeekRule::Calendar(_) => format!(", counted by {}", rule.name()),
    };
    let text = format!("gaps with {} ({}) missing{by}", count(all, "bar"), percent(share));
    out.extend(missing.finding(FindingKind::MissingBars, severity, text));
    weekends(view, aside, ms, figures, out);
}

/// Gaps about weekends, beyond what every weekend takes.
fn weekends(
    view: &BarsView<'_>,
    aside: Vec<(usize, u64)>,
    step: i64,
    figures: &mut QualityFigures,
    out: &mut Vec<Finding>,
) {
    let t = &view.t[..];
    let short = |i: usize| t[i].saturating_sub(t[i - 1]) < DAY || step >= DAY;
    let mut lost: Vec<u64> = aside.iter().filter(|(i, _)| !short(*i)).map(|(_, n)| *n).collect();
    lost.sort_unstable();
    let usual =
        lost.chunk_by(|a, b| a == b).max_by_key(|r| r.len()).filter(|r| r.len() > 1).map_or(0, |r| r[0]);
    let mut seen = Seen::in_rows(view.rows);
    for (i, n) in aside {
        let beyond = n.saturating_sub(if short(i) { 0 } else { usual });
        // Daylight saving moves a weekend by an hour.
        if beyond == 0 || (!short(i) && beyond.saturating_mul(step as u64) <= HOUR as u64) {
            continue;
        }
        figures.other_gaps += 1;
        figures.other_missing = figures.other_missing.saturating_add(beyond);
        seen.see(view.row(i), || format!("{} missing since {}", count(beyond, "bar"), format_time(t[i - 1])));
    }
    let bars = count(figures.other_missing, "bar");
    let text = format!("holidays, long weekends, or gaps on Fridays and Sundays, with {bars} missing beside");
    out.extend(seen.finding(FindingKind::LongWeekends, FindingSeverity::Info, text));
}

/// Bars between the bars.
fn grid(view: &BarsView<'_>, step: Timeframe, figures: &mut QualityFigures, out: &mut Vec<Finding>) {
    let (t, ms) = (&view.t[..], step.ms());
    let phase = phase_of(t, step).unwrap_or(0);
    let (mut off, mut over) = (Seen::in_rows(view.rows), Seen::in_rows(view.rows));
    // Stamps that jitter by less than a thousandth of a bar are off the grid in name only.
    let mut far = false;
    for i in 0..t.len() {
        let from_grid = (step.phase(t[i]) - phase).rem_euclid(ms);
        let from_grid = if from_grid > ms / 2 { from_grid - ms } else { from_grid };
        // An hour off in bars of several hours or days is daylight saving, which is a matter of clocks.
        if from_grid != 0 && !(ms > HOUR && from_grid.abs() == HOUR) {
            far |= from_grid.abs() > ms / 1000;
            off.see(view.row(i), || {
                let side = if from_grid > 0 { "after" } else { "before" };
                format!("{} {side} the grid", length(from_grid.abs()))
            });
        }
        if i > 0 {
            let s = t[i].saturating_sub(t[i - 1]);
            let short = t[i] < step.end_ms(t[i - 1]);
            if short && !alike(s, ms) && !daylight(s, step) {
                over.see(view.row(i), || format!("{} after the bar before", length(s)));
            }
        }
    }
    (figures.off_grid, figures.overlapping) = (off.count() as usize, over.count() as usize);
    let share = over.count() as f64 / t.len().max(1) as f64;
    let severity = if share > MIXED { FindingSeverity::Error } else { FindingSeverity::Warning };
    let text = format!("bars that begin before the {step} of the one before are over");
    out.extend(over.finding(FindingKind::Overlapping, severity, text));
    let severity = if far { FindingSeverity::Warning } else { FindingSeverity::Info };
    out.extend(off.finding(
        FindingKind::OffGrid,
        severity,
        format!("bars off the {step} grid of the others"),
    ));
}

/// The rule by which gaps are counted and filled.
pub(super) fn rule(view: &BarsView<'_>, options: &CheckOptions, step: Timeframe) -> WeekRule {
    WeekRule::of(options.calendar, &view.t, step.ms())
}
