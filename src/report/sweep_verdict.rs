//! The last line of a sweep, and how p-values are shown.

use super::text::{count, number};
use crate::experiments::sweep::SweepSummary;
use crate::gate::SearchPlacebos;
use crate::stats::Interval;

/// A p-value in as many digits as tell.
pub(super) fn p_value(p: f64) -> String {
    number(p, if p < 0.1 { 4 } else { 3 })
}

/// A p-value from resamples, and where that of endlessly many would lie.
pub(super) fn resampled(p: f64, interval: Interval) -> String {
    format!("{} ({} to {})", p_value(p), p_value(interval.lo), p_value(interval.hi))
}

/// From this p-value on, the tests of the whole family against cash contradict a best that survives.
const DISAGREES: f64 = 0.1;

/// In a few words, whether anything is left once the search is allowed for: one test decides.
pub fn sweep_verdict(f: &SweepSummary) -> String {
    let Some(o) = &f.overfitting else {
        return "no candidate has a value: nothing to judge".to_owned();
    };
    let s = &o.search;
    let (luck, trials) = (s.family_p.map(p_value), count(s.distinct()));
    // What the known trials explain alone needs no placebo.
    let judging =
        s.placebos.as_ref().filter(|_| s.open.is_none() && s.family_p.is_some_and(|p| p <= s.level));
    if let Some(placebos) = judging {
        return by_placebos(placebos, s.survives());
    }
    match (&s.open, luck) {
        (Some(why), _) => format!("open: {why}"),
        (None, None) => "open: the chance of luck could not be computed".to_owned(),
        (None, Some(luck)) if s.survives() => {
            let spa = o.against_cash.as_ref().filter(|t| t.spa_consistent_p > DISAGREES);
            let but = spa.map_or(String::new(), |t| {
                let p = resampled(t.spa_consistent_p, t.spa_consistent_interval);
                format!("; Hansen's test of this sweep against cash disagrees, p {p}")
            });
            format!(
                "the best survives: luck brings the best of {trials} trials this far with a chance of {luck}{but}"
            )
        }
        (None, Some(luck)) => format!(
            "nothing survives the search: luck brings the best of {trials} trials this far with a chance of {luck}"
        ),
    }
}

/// The verdict on a search that its placebos judge.
fn by_placebos(p: &SearchPlacebos, survives: bool) -> String {
    let chance = resampled(p.search_p, p.interval);
    let found = format!("the whole search finds as much on placebo bars with a chance of {chance}");
    if survives {
        format!("the best survives: {found}")
    } else {
        format!("nothing survives the search: {found}")
    }
}
