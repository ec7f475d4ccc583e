//! What a search finds on placebo bars, where there is nothing to find.

use serde::{Deserialize, Serialize};

use super::search::percent;
use crate::stats::{Interval, PValue, clopper_pearson};

/// Numbers of placebos that are suggested.
const SUGGESTED: [u64; 3] = [199, 999, 9999];

/// Scores as near as this are equal.
const TIE: f64 = 1e-12;

/// More placebos than this are never asked for.
const FAR_TOO_MANY: u64 = 1 << 20;

/// The whole search again on bars whose moves go up or down by the toss of a coin: its sampler, budget and seed. Chances are
/// fractions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchPlacebos {
    /// Placebo histories.
    pub n: u64,
    /// Of these, histories on which the search found at least as much.
    pub at_least: u64,
    /// `(at_least + 1) / (n + 1)`: the chance that the search finds so much where directions cannot be predicted.
    pub search_p: f64,
    /// Where it would lie with endlessly many placebos, 95 % (Clopper and Pearson).
    pub interval: Interval,
    /// Standard score over zero of the daily Sharpe ratio of what the search found; none where that cannot be computed.
    pub score: Option<f64>,
}

impl SearchPlacebos {
    /// Of what the search found on the bars and on each of its placebos, as standard scores; what has none found nothing.
    pub fn of(score: Option<f64>, placebos: &[Option<f64>]) -> Self {
        let worth = |s: Option<f64>| s.filter(|v| !v.is_nan()).unwrap_or(f64::NEG_INFINITY);
        let own = worth(score);
        let at_least = placebos.iter().filter(|p| worth(**p) >= own - TIE).count();
        let n = u32::try_from(placebos.len()).unwrap_or(u32::MAX);
        let p = PValue::of(at_least, at_least, n);
        let score = score.filter(|v| v.is_finite());
        Self { n: u64::from(n), at_least: at_least as u64, search_p: p.p, interval: p.interval, score }
    }

    /// Whether the chance is at most `level`, and its interval is below.
    pub fn at_most(&self, level: f64) -> bool {
        self.search_p <= level && self.interval.below(level) == Some(true)
    }

    /// Why so few placebos do not tell the chance from `level`; none where they do.
    pub fn undecided(&self, level: f64) -> Option<String> {
        if !self.interval.contains(level) {
            return None;
        }
        let (n, shown, fewest) = (self.n, percent(level), fewest(level));
        let more = SUGGESTED.iter().find(|m| **m > n && **m >= fewest);
        let more = more.map_or_else(|| "no number up to 9999 does".to_owned(), |m| format!("take {m}"));
        Some(match n < fewest {
            true => format!(
                "{n} placebos can never tell at {shown} %, even if the search found less on all of them \
                 (search_p {:.4}): {fewest} are the fewest that can; {more}",
                self.search_p
            ),
            false => format!("{n} placebos cannot tell {} from {shown} %: {more}", self.shown()),
        })
    }

    /// What it says, in words.
    pub fn says(&self) -> String {
        format!(
            "the whole search again on {} placebo histories found at least as much on {}: search_p {}",
            self.n,
            self.at_least,
            self.shown()
        )
    }

    fn shown(&self) -> String {
        format!("{:.4} ({:.4} to {:.4})", self.search_p, self.interval.lo, self.interval.hi)
    }
}

/// The fewest placebos whose interval lies below `level` if the search finds less on all of them.
fn fewest(level: f64) -> u64 {
    let tells = |n: u64| clopper_pearson(0, n, 0.95).is_some_and(|i| i.below(level) == Some(true));
    let (mut no, mut yes) = (0, FAR_TOO_MANY);
    if !tells(yes) {
        return u64::MAX;
    }
    while no + 1 < yes {
        let n = no.midpoint(yes);
        *(if tells(n) { &mut yes } else { &mut no }) = n;
    }
    yes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(at_least: usize, n: usize) -> SearchPlacebos {
        let scores: Vec<Option<f64>> = (0..n).map(|k| Some(if k < at_least { 3.0 } else { 1.0 })).collect();
        SearchPlacebos::of(Some(2.0), &scores)
    }

    #[test]
    fn the_chance_is_a_count_with_its_interval() {
        let p = of(3, 199);
        assert_eq!((p.n, p.at_least, p.search_p), (199, 3, 4.0 / 200.0));
        assert!(p.interval.lo > 0.003 && p.interval.hi < 0.0435, "{:?}", p.interval);
        assert!(
            p.says().ends_with(
                "199 placebo histories found at least as much on 3: search_p 0.0200 (0.0031 to 0.0434)"
            ),
            "{}",
            p.says()
        );
    }

    #[test]
    fn equals_count_and_what_found_nothing_does_not() {
        let at_least = |own: Option<f64>| {
            SearchPlacebos::of(own, &[Some(2.0), Some(2.0 - 1e-13), Some(1.9), None, Some(f64::NAN)]).at_least
        };
        assert_eq!(at_least(Some(2.0)), 2);
        // A search that found nothing is no better than any other.
        assert_eq!(at_least(None), 5);
        assert_eq!(SearchPlacebos::of(None, &[None]).score, None);
    }

    #[test]
    fn so_few_placebos_that_none_could_tell_say_so() {
        assert_eq!([0.03, 0.01, 0.02 / 6.0].map(fewest), [122, 368, 1105]);
        assert_eq!(fewest(0.0), u64::MAX);
        for level in [0.03, 0.01, 0.02 / 6.0] {
            let n = fewest(level) as usize;
            assert!(of(0, n).at_most(level) && !of(0, n - 1).at_most(level), "{level}");
        }
        let few = of(0, 99).undecided(0.03).unwrap();
        assert!(
            few.starts_with("99 placebos can never tell at 3 %")
                && few.ends_with("122 are the fewest that can; take 199"),
            "{few}"
        );
        let near = of(3, 199).undecided(0.03).unwrap();
        assert_eq!(near, "199 placebos cannot tell 0.0200 (0.0031 to 0.0434) from 3 %: take 999");
        assert!(of(99, 9999).undecided(0.01).unwrap().ends_with("no number up to 9999 does"));
        let (found, lucky) = (of(0, 199), of(60, 199));
        assert!(found.undecided(0.03).is_none() && found.at_most(0.03));
        assert!(lucky.undecided(0.03).is_none() && !lucky.at_most(0.03));
    }
}
