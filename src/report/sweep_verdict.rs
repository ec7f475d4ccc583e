//! The last line of a sweep, and how p-values are shown.

use super::text::{count, number, percent};
use crate::experiments::sweep::{LEVEL, SweepSummary};
use crate::stats::Interval;

/// A p-value in as many digits as tell.
pub(super) fn p_value(p: f64) -> String {
    number(p, if p < 0.1 { 4 } else { 3 })
}

/// A p-value from resamples, and where that of endlessly many would lie.
pub(super) fn resampled(p: f64, interval: Interval) -> String {
    format!("{} ({} to {})", p_value(p), p_value(interval.lo), p_value(interval.hi))
}

/// In a few words, whether anything is left once the search is allowed for.
pub fn sweep_verdict(f: &SweepSummary) -> String {
    let Some(o) = &f.overfitting else {
        return "no candidate has a value: nothing to judge".to_owned();
    };
    let (mut against, mut open) = (vec![], vec![]);
    let dsr = [o.dsr_bl2012, o.dsr_llz2025].into_iter().flatten().fold(f64::INFINITY, f64::min);
    if !(dsr.is_finite() && dsr >= 0.95) {
        against.push(format!(
            "deflated Sharpe {}",
            if dsr.is_finite() { number(dsr, 3) } else { "--".to_owned() }
        ));
    }
    if let Some(p) = &o.pbo
        && p.pbo > 0.2
    {
        against.push(format!("probability of overfitting {}", percent(p.pbo)));
    }
    for (name, test) in [("cash", &o.against_cash), ("holding", &o.against_hold)] {
        let Some(t) = test else {
            against.push(format!("no test against {name}"));
            continue;
        };
        let p = format!("SPA against {name} p {}", resampled(t.spa_consistent_p, t.spa_consistent_interval));
        match t.spa_consistent_interval.below(LEVEL) {
            Some(true) => {}
            Some(false) => against.push(p),
            None => open.push((p, t.resamples)),
        }
    }
    if against.is_empty() {
        let Some((_, resamples)) = open.first() else {
            return "the best survives: deflated Sharpe, cross-validation and the tests of the whole family agree"
                .to_owned();
        };
        let open: Vec<&str> = open.iter().map(|(p, _)| p.as_str()).collect();
        return format!(
            "undecided: {} resamples cannot tell on which side of {LEVEL} it lies: {}; take more with sweep.resamples",
            count(*resamples as u64),
            open.join(", ")
        );
    }
    against.extend(open.into_iter().map(|(p, _)| format!("{p}, undecided at {LEVEL}")));
    format!("nothing survives the search: {}", against.join(", "))
}
