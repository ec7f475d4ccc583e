//! How long settings warm up: known of the axes alone, before any is drawn.

use toml::Value;

use super::sweep::Space;
use crate::error::{Error, Result};
use crate::scenario::Scenario;

/// Settings that are tried for their warm-up, at most.
const MOST: usize = 20_000;

/// The shortest and the longest warm-up of some settings, bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Warmups {
    /// That of the quickest.
    pub shortest: usize,
    /// That of the slowest.
    pub longest: usize,
}

/// Values of one or several axes that advance together, by the numbers of the axes.
pub(crate) type Choice = Vec<(usize, Value)>;

/// What can be tried along one dimension.
pub(crate) struct Dimension {
    pub choices: Vec<Choice>,
    /// Whether these are all there is; otherwise they are the ends of a range.
    pub all: bool,
}

/// What is varied together: candidates of a sweep, paths of a Monte Carlo.
pub(crate) struct Varied<'a> {
    pub keys: &'a [String],
    pub dimensions: Vec<Dimension>,
    /// The conditions between axes, where there are any.
    pub space: Option<&'a Space>,
}

/// How long the settings that `varied` makes of `scenario` warm up. The sampler, the number of candidates and the seed play
/// no part: shards, rounds and longer sweeps begin alike.
///
/// Where all settings can be tried, those count that the conditions of the sweep and the rules of the scenario admit.
/// Otherwise dimensions that change a warm-up count, and those tied to them by a condition: all that the conditions admit,
/// or of ranges that are too wide their ends. A longest warm-up that no candidate has is harmless; one that a candidate
/// exceeds is not.
///
/// # Errors
/// Only where the program broke a promise to itself.
pub(crate) fn warmups(scenario: &Scenario, varied: &Varied<'_>) -> Result<Warmups> {
    // Every setting sets all of it: what the scenario itself says there plays no part.
    let mut base = scenario.clone();
    assign(&mut base, varied.keys, varied.dimensions.iter().filter_map(|d| d.choices.first()).flatten())?;
    let search = WarmupSearch { base: &base, varied, dims: &varied.dimensions };
    let own = bars(&base);
    let mut found = WarmupExtremes { warmups: Warmups { shortest: own, longest: own }, slowest: vec![] };
    let mut matter: Vec<usize> = vec![];
    // What does not matter beside the first values may matter beside the slowest ones.
    loop {
        let more = search.that_change_the_warm_up(&found.slowest)?;
        let before = matter.len();
        let new: Vec<usize> = more.into_iter().filter(|d| !matter.contains(d)).collect();
        matter.extend(new);
        if matter.len() == before {
            return Ok(found.warmups);
        }
        matter.sort_unstable();
        found = search.slowest(&matter)?;
    }
}

/// Sets axes to values.
fn assign<'v>(
    scenario: &mut Scenario,
    keys: &[String],
    values: impl Iterator<Item = &'v (usize, Value)>,
) -> Result<()> {
    for (axis, value) in values {
        let key = &keys[*axis];
        scenario.assign(key, value).map_err(|e| Error::internal(key.as_str(), e))?;
    }
    Ok(())
}

/// Warm-up of a setting.
fn bars(scenario: &Scenario) -> usize {
    scenario.system.warmup(&scenario.params)
}

struct WarmupSearch<'a> {
    base: &'a Scenario,
    varied: &'a Varied<'a>,
    dims: &'a [Dimension],
}

/// Which settings count.
#[derive(Clone, Copy, PartialEq)]
enum Admitted {
    /// Those within the conditions of the sweep and the rules of the scenario.
    ByAll,
    /// Those within the conditions of the sweep.
    ByConditions,
    /// Every one.
    Anyhow,
}

/// What trying settings came to.
struct WarmupExtremes<'a> {
    warmups: Warmups,
    /// The slowest of them.
    slowest: Vec<&'a Choice>,
}

impl<'a> WarmupSearch<'a> {
    /// The base with these values.
    fn with<'c>(&self, choices: impl Iterator<Item = &'c Choice>) -> Result<Scenario> {
        let mut s = self.base.clone();
        assign(&mut s, self.varied.keys, choices.flatten())?;
        Ok(s)
    }

    /// Dimensions whose settings alone change the warm-up beside the values `at`.
    fn that_change_the_warm_up(&self, at: &[&'a Choice]) -> Result<Vec<usize>> {
        let warm = |choice: Option<&Choice>| {
            let s = self.with(at.iter().copied().chain(choice))?;
            Ok::<_, Error>(bars(&s))
        };
        let own = warm(None)?;
        let mut out = vec![];
        for (d, dim) in self.dims.iter().enumerate() {
            for choice in &dim.choices {
                if warm(Some(choice))? != own {
                    out.push(d);
                    break;
                }
            }
        }
        Ok(out)
    }

    /// Whether every setting of `dims` can be tried, or of a range its ends.
    fn can_be_tried(&self, dims: &[usize], in_full: bool) -> bool {
        let count: f64 = dims.iter().map(|d| self.dims[*d].choices.len() as f64).product();
        count <= MOST as f64 && (!in_full || dims.iter().all(|d| self.dims[*d].all))
    }

    /// The slowest of all settings, as far as those of the dimensions that `matter` tell.
    fn slowest(&self, matter: &[usize]) -> Result<WarmupExtremes<'a>> {
        let every: Vec<usize> = (0..self.dims.len()).collect();
        let tied = self.varied.space.map_or_else(|| matter.to_vec(), |space| space.tied(matter));
        for (dims, admitted) in [(&every, Admitted::ByAll), (&tied, Admitted::ByConditions)] {
            if self.can_be_tried(dims, true)
                && let Some(found) = self.over(dims, admitted)?
            {
                return Ok(found);
            }
        }
        let ends = if self.can_be_tried(matter, false) { self.over(matter, Admitted::Anyhow)? } else { None };
        ends.map_or_else(|| self.one_by_one(matter), Ok)
    }

    /// Tries every setting of `dims`; none where nothing is admitted.
    fn over(&self, dims: &[usize], admitted: Admitted) -> Result<Option<WarmupExtremes<'a>>> {
        let mut found: Option<WarmupExtremes<'a>> = None;
        let mut place = vec![0usize; dims.len()];
        let mut s = self.with(dims.iter().map(|d| &self.dims[*d].choices[0]))?;
        loop {
            let chosen: Vec<&'a Choice> =
                dims.iter().zip(&place).map(|(d, k)| &self.dims[*d].choices[*k]).collect();
            if self.admits(&chosen, &s, admitted) {
                note(&mut found, bars(&s), &chosen);
            }
            // The last dimension fastest; what turned is assigned anew.
            let turned = (0..dims.len()).rev().find(|k| place[*k] + 1 < self.dims[dims[*k]].choices.len());
            let Some(turned) = turned else { return Ok(found) };
            place[turned] += 1;
            place[turned + 1..].fill(0);
            for k in turned..dims.len() {
                assign(&mut s, self.varied.keys, self.dims[dims[k]].choices[place[k]].iter())?;
            }
        }
    }

    fn admits(&self, chosen: &[&Choice], setting: &Scenario, admitted: Admitted) -> bool {
        let values = chosen.iter().copied().flatten();
        let by_conditions = || self.varied.space.is_none_or(|space| space.admits_of(values));
        match admitted {
            Admitted::ByAll => by_conditions() && setting.conflicts().is_empty(),
            Admitted::ByConditions => by_conditions(),
            Admitted::Anyhow => true,
        }
    }

    /// Of each dimension the settings with the longest and the shortest warm-up, together.
    fn one_by_one(&self, dims: &[usize]) -> Result<WarmupExtremes<'a>> {
        let (mut slow, mut quick) = (vec![], vec![]);
        for d in dims {
            let mut each = vec![];
            for choice in &self.dims[*d].choices {
                each.push((bars(&self.with(std::iter::once(choice))?), choice));
            }
            each.sort_by_key(|(warm, _)| *warm);
            slow.extend(each.last().map(|(_, c)| *c));
            quick.extend(each.first().map(|(_, c)| *c));
        }
        let warm = |choices: &[&'a Choice]| Ok::<_, Error>(bars(&self.with(choices.iter().copied())?));
        Ok(WarmupExtremes {
            warmups: Warmups { shortest: warm(&quick)?, longest: warm(&slow)? },
            slowest: slow,
        })
    }
}

fn note<'a>(found: &mut Option<WarmupExtremes<'a>>, warm: usize, chosen: &[&'a Choice]) {
    match found {
        None => {
            let warmups = Warmups { shortest: warm, longest: warm };
            *found = Some(WarmupExtremes { warmups, slowest: chosen.to_vec() });
        }
        Some(f) => {
            f.warmups.shortest = f.warmups.shortest.min(warm);
            if warm > f.warmups.longest {
                f.warmups.longest = warm;
                f.slowest = chosen.to_vec();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long the candidates of a sweep over `axes` warm up.
    fn of(axes: &str) -> Result<(usize, usize)> {
        let text = format!(
            "name = \"t\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"x\"]\nto = \"2021-03-01\"\n[params]\nfast = 5\n\
             slow = 20\n[sweep]\nsampler = \"sobol\"\ncount = 4\n{axes}\n"
        );
        let scenario = Scenario::parse(&text, "t", ".".into(), &[])?;
        let space = Space::of(&scenario)?;
        let varied = Varied { keys: space.keys(), dimensions: space.in_dimensions(), space: Some(&space) };
        warmups(&scenario, &varied).map(|w| (w.shortest, w.longest))
    }

    #[test]
    fn the_slowest_is_that_of_the_axes_within_their_conditions() {
        for (axes, want) in [
            // What no axis changes is that of the scenario.
            ("params.size = [0.5, 1.0]", (19, 19)),
            ("params.slow = [20, 50, 460]", (19, 459)),
            ("params.slow = {low = 10, high = 300}", (9, 299)),
            // Too wide to be listed: its ends.
            ("params.slow = {low = 10, high = 9000}", (9, 8999)),
            // The system refuses a fast average that is no faster than the slow one.
            ("params.fast = [3, 500]\nparams.slow = [20, 200]", (19, 199)),
            ("params.fast = {low = 3, high = 500}\nparams.slow = {low = 20, high = 30}", (19, 29)),
            // A condition of the sweep, between axes and with a number.
            (
                "params.fast = [5, 50]\nparams.slow = [60, 300]\nwhere = [\"4 * params.fast > params.slow\"]",
                (59, 59),
            ),
            ("params.slow = [20, 50, 460]\nwhere = [\"params.slow < 100\"]", (19, 49)),
            // By way of an axis that changes no warm-up.
            (
                "params.slow = [20, 460]\nparams.size = [0.2, 0.9]\nwhere = [\"1000 * params.size < params.slow\"]",
                (459, 459),
            ),
            // Linked axes move together.
            (
                "params.fast = [3, 30]\nparams.slow = [100, 40]\nlink = [[\"params.fast\", \"params.slow\"]]",
                (39, 99),
            ),
            // Whose first values the rules refuse together.
            ("params.fast = [300, 5]\nparams.slow = [400, 20]", (19, 399)),
            // Distances in average true ranges are known at bar 14.
            ("params.fast = [2]\nparams.slow = [5, 10]\nparams.stop_atr = [\"none\", 2.0]", (4, 14)),
        ] {
            assert_eq!(of(axes).unwrap(), want, "{axes}");
        }
    }

    #[test]
    fn what_matters_only_beside_the_slowest_values_matters() {
        // A slow average of 20 hides that the distance takes 14 bars.
        let axes = "params.fast = [2]\nparams.slow = [20, 5, 10, 12]\nparams.target_atr = [\"none\", 2.0]\nwhere = [\"params.slow < 15\"]";
        assert_eq!(of(axes).unwrap(), (4, 14));
    }

    #[test]
    fn rules_between_axes_hide_no_candidate() {
        // A distance in percent and one in average true ranges exclude each other: the second needs the first to be none.
        let rules = "params.fast = [2]\nparams.slow = [5]\nparams.stop_percent = [2.0, \"none\"]\n\
                     params.stop_atr = [\"none\", 2.0]";
        assert_eq!(of(rules).unwrap(), (4, 14));
        // Beside axes too many to be tried together.
        let many = "params.size = {low = 0.1, high = 0.9}\n".to_owned() + rules;
        assert_eq!(of(&many).unwrap(), (4, 14));
    }
}
