//! What whoever reads a summary should know of its run, in words.

use super::backtest::Backtest;
use super::timing::{RetimedSummary, SkippedReading};
use crate::market::format_time;
use crate::metrics::EquityStats;

/// All there is to say; `own` are the figures of the run, beside which its other readings stand.
pub(super) fn notes(b: &Backtest, retimed: &[RetimedSummary], own: &EquityStats) -> Vec<String> {
    let said = b.scenario.notes().into_iter().chain(closed_on_saturdays(b)).chain(begins_later(b));
    let said = said.chain(not_sent(b)).chain(unpaid(b));
    let said = said.chain(retimed.iter().filter_map(|r| r.warning(own)));
    said.chain(b.not_retimed.iter().map(SkippedReading::note)).collect()
}

/// Said of a market that closes for the weekend where its results are annualised as if it did not.
fn closed_on_saturdays(b: &Backtest) -> Option<String> {
    const SATURDAYS: usize = 4;
    let s = &b.scenario;
    let days = s.data.days_per_year();
    if !s.data.calendar().is_always() || days < 360.0 || s.notes().len() > s.from_files.len() {
        return None;
    }
    // The first day of 1970 was a Thursday.
    let is_saturday = |day: i64| (day + 4).rem_euclid(7) == 6;
    let day = |t: &i64| t.div_euclid(86_400_000);
    let times = b.loaded().bars.open_time();
    let (first, last) = (day(times.first()?), day(times.last()?));
    let saturdays = (first..=last).filter(|d| is_saturday(*d)).count();
    let open = times.iter().any(|t| is_saturday(day(t)));
    (saturdays >= SATURDAYS && !open).then(|| {
        format!(
            "no bar opens on a Saturday, and results are annualised by {days} days a year; data.calendar or \
             data.days_per_year says when this market trades"
        )
    })
}

/// Said of a run whose warm-up ends after `data.from`.
fn begins_later(b: &Backtest) -> Option<String> {
    let asked = b.clock.step_from(b.scenario.data.from_ms()?);
    (asked < b.first()).then(|| {
        format!(
            "judged from {}, not from {}: {} bars come before data.from, and the warm-up takes {}",
            format_time(b.clock.time(b.first())),
            format_time(b.clock.time(asked)),
            asked,
            b.first()
        )
    })
}

/// Said of fills that cost less than the scenario asks for.
fn unpaid(b: &Backtest) -> Option<String> {
    let n = b.unpaid_fills;
    (n > 0).then(|| {
        format!("at {n} bars with a fill impact or slippage by the average true range is not known, and was not paid")
    })
}

/// Said of a file of which rows came to nothing: orders before the first decision are not made up for, as a position is.
fn not_sent(b: &Backtest) -> Option<String> {
    let p = b.extras.first().filter(|p| p.left_out > 0)?;
    let (n, all) = (p.left_out, p.rows);
    Some(match p.orders {
        true => format!("{n} of {all} orders lie outside the bars that are judged and were not sent"),
        false => format!("{n} of {all} positions lie at data.to or later and were left out"),
    })
}
