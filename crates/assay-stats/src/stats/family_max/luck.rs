//! How lucky the best of a family's trials is expected to be.

use super::super::deflated_sharpe::{expected_max_sharpe, normal_cdf};
use super::super::distributions::clopper_pearson;
use super::super::interval::Interval;
use super::super::sidak::sidak;
use super::maxima::MaximaPlan;
use super::multipliers::{CalendarNormals, Multipliers, uniform_of_the_rest};
use super::normal_maximum::trials_of_expected_max;
use super::trial_blocks::TrialBlocks;
use crate::random::inverse_normal;

/// Numbers of draws, one after the other while they do not tell: the same for every pool, so that a larger pool is never
/// judged by fewer.
const DRAWS: [u64; 2] = [9_999, 99_999];

/// Confidence of the interval of a share of draws.
const CONFIDENCE: f64 = 0.99;

/// The correlation above which a trial is absorbed by one that is kept.
const ABSORBED_FROM: f64 = 0.999;

/// All trials of a family that could have been chosen, the candidate included.
#[derive(Debug, Clone, PartialEq)]
pub struct FamilyPool<'a> {
    /// Trials whose blocks are known.
    pub trials: Vec<&'a TrialBlocks>,
    /// Trials that are not kept because one of `trials` has a correlation of .999 and more with each. Each
    /// may add `sqrt(1 - .999²)` times the largest of as many normal values.
    pub absorbed: u64,
    /// Trials of which nothing is known. Each counts as independent of all others.
    pub rest: u64,
}

/// How likely luck alone makes the best of a pool look as good as a candidate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FamilyLuck {
    /// Draws B.
    pub draws: u64,
    /// Draws whose largest score reaches the candidate's.
    pub at_least: u64,
    /// `(at_least + 1) / (B + 1)`: chance that the best of the known trials looks this good.
    pub p0: f64,
    /// Chance that the best of all trials looks this good, `1 - (1 - p0) (1 - Phi(-z))^rest`, and no more than `Phi(-z)` times
    /// the number of trials. A p-value.
    pub family_p: f64,
    /// 99 % interval of `family_p` for the error of the draws, exact (Clopper and Pearson).
    pub interval: Interval,
    /// Mean of the largest score, in standard errors of a Sharpe ratio whose true value is zero.
    pub expected_max: f64,
    /// Number of independent trials with this expected maximum.
    pub effective_trials: f64,
    /// Whether the interval holds the level even with the largest number of draws, so that nothing follows
    /// from them.
    pub undecided: bool,
}

/// The luck of the best of `pool` against a candidate's standard score `z` over zero (see
/// [`score_over_zero`](super::super::score_over_zero)), to be judged at `level`, such as 0.03.
///
/// 9,999 draws, or 1,999 first for a pool that is dear; more, up to 99,999, while the 99 % interval holds the
/// level. Pools are comparable draw by draw: with the same number of draws, a pool that holds another has no
/// smaller `family_p` and no smaller `expected_max`. `None`, which must never count as a pass, for a pool
/// without known trials, a `z` that is NaN, and a level outside (0, 1).
pub fn family_luck(pool: &FamilyPool<'_>, z: f64, level: f64) -> Option<FamilyLuck> {
    if pool.trials.is_empty() || z.is_nan() || !(level > 0.0 && level < 1.0) {
        return None;
    }
    let plan = MaximaPlan::new(&pool.trials);
    let mut maxima = vec![];
    let mut luck = None;
    for draws in DRAWS {
        maxima.extend(pool_maxima(&plan, pool.absorbed, maxima.len() as u64..draws, &CalendarNormals));
        let now = luck_of(&maxima, pool.rest, z, level)?.at_most(pool.bound(z), level);
        luck = Some(now);
        if !now.undecided {
            break;
        }
    }
    luck
}

impl FamilyPool<'_> {
    /// No maximum is likelier than all of its trials together (Boole): `Phi(-z)` times their number.
    fn bound(&self, z: f64) -> f64 {
        (self.trials.len() as f64 + self.absorbed as f64 + self.rest as f64) * normal_cdf(-z)
    }
}

impl FamilyLuck {
    /// The same with what is known without drawing: small chances that no number of draws shows.
    fn at_most(mut self, bound: f64, level: f64) -> Self {
        self.family_p = self.family_p.min(bound);
        self.interval = Interval { lo: self.interval.lo.min(bound), hi: self.interval.hi.min(bound) };
        self.undecided &= bound > level;
        self
    }
}

/// The largest score of each draw, with what the absorbed trials may add.
pub(super) fn pool_maxima(
    plan: &MaximaPlan,
    absorbed: u64,
    draws: std::ops::Range<u64>,
    source: &impl Multipliers,
) -> Vec<f64> {
    let apart = (1.0 - ABSORBED_FROM * ABSORBED_FROM).sqrt();
    let added = apart * expected_max_sharpe(absorbed as f64 + 1.0);
    let mut maxima = plan.maxima(draws, source);
    maxima.iter_mut().for_each(|m| *m += added);
    maxima
}

/// What follows from the largest scores of all draws; `undecided` where the interval holds the level.
pub(super) fn luck_of(maxima: &[f64], rest: u64, z: f64, level: f64) -> Option<FamilyLuck> {
    let draws = maxima.len() as u64;
    // A hair below, so that a score that is the candidate's own but for its rounding counts.
    let at_least = maxima.iter().filter(|&&m| m >= z - 1e-12).count() as u64;
    let p0 = (at_least + 1) as f64 / (draws + 1) as f64;
    let rest_p = sidak(normal_cdf(-z), rest as f64);
    // 1 - (1 - p)(1 - q), without losing small ones.
    let with_rest = |p: f64| p + rest_p * (1.0 - p);
    let of_p0 = clopper_pearson(at_least, draws, CONFIDENCE)?;
    let interval = Interval { lo: with_rest(of_p0.lo), hi: with_rest(of_p0.hi) };
    let best = |(draw, &m): (usize, &f64)| if rest == 0 { m } else { m.max(best_of_rest(draw, rest)) };
    let expected_max = maxima.iter().enumerate().map(best).sum::<f64>() / draws as f64;
    Some(FamilyLuck {
        draws,
        at_least,
        p0,
        family_p: with_rest(p0),
        interval,
        expected_max,
        effective_trials: trials_of_expected_max(expected_max),
        undecided: interval.contains(level),
    })
}

/// The largest of `rest` independent normal values in a draw, `Phi⁻¹(U^(1/rest))`.
fn best_of_rest(draw: usize, rest: u64) -> f64 {
    let u = uniform_of_the_rest(draw as u64);
    // From the upper tail, where the root is near one.
    -inverse_normal(-libm::expm1(libm::log(u) / rest as f64))
}
