//! When candidates can begin: known of the axes alone, before any is drawn.

use toml::Value;

use super::sweep::Space;
use crate::error::{Error, Result};
use crate::runs::History;
use crate::scenario::Scenario;

/// Settings that are tried for their warm-up, at most.
const MOST: usize = 20_000;

/// The first steps at which the quickest and the slowest candidate can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FirstSteps {
    /// That of the quickest.
    pub earliest: usize,
    /// That of the slowest.
    pub latest: usize,
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

/// When the settings that `varied` makes of `scenario` can begin. The samplers, the number of candidates and the seed play no part: shards,
/// rounds and longer sweeps begin alike.
///
/// Only dimensions that change a warm-up matter, and those tied to them by a condition. Where all of their settings can be
/// tried, those count that the conditions of the sweep and the rules of the scenario admit; of a range that is too wide its
/// ends count, admitted or not.
///
/// # Errors
/// Nothing is admitted.
pub(crate) fn starts(scenario: &Scenario, history: &History, varied: &Varied<'_>) -> Result<FirstSteps> {
    // Every setting sets all of it: what the scenario itself says there plays no part.
    let mut base = scenario.clone();
    assign(&mut base, varied.keys, varied.dimensions.iter().filter_map(|d| d.choices.first()).flatten())?;
    let search = WarmupSearch { scenario: &base, history, varied, dims: &varied.dimensions };
    let mut at: Vec<&Choice> = vec![];
    let mut matter: Vec<usize> = vec![];
    let own = history.warm(&base);
    let mut found = WarmupsFound { starts: FirstSteps { earliest: own, latest: own }, slowest: vec![] };
    // What does not matter beside the first values may matter beside the slowest ones.
    loop {
        let more = search.that_change_the_warm_up(&at)?;
        let before = matter.len();
        more.into_iter().for_each(|d| {
            if !matter.contains(&d) {
                matter.push(d)
            }
        });
        if matter.len() == before {
            break;
        }
        matter.sort_unstable();
        found = search.slowest(&matter)?;
        at.clone_from(&found.slowest);
    }
    Ok(found.starts)
}

/// Sets axes to values.
fn assign<'v>(
    scenario: &mut Scenario,
    keys: &[String],
    values: impl Iterator<Item = &'v (usize, Value)>,
) -> Result<()> {
    for (axis, value) in values {
        let key = &keys[*axis];
        scenario.assign(key, value).map_err(|e| Error::scenario(format!("sweep.{key}"), e))?;
    }
    Ok(())
}

struct WarmupSearch<'a> {
    scenario: &'a Scenario,
    history: &'a History,
    varied: &'a Varied<'a>,
    dims: &'a [Dimension],
}

/// What trying settings came to.
struct WarmupsFound<'a> {
    starts: FirstSteps,
    /// The slowest of them.
    slowest: Vec<&'a Choice>,
}

impl<'a> WarmupSearch<'a> {
    /// The scenario with these values.
    fn with<'c>(&self, choices: impl Iterator<Item = &'c Choice>) -> Result<Scenario> {
        let mut s = self.scenario.clone();
        assign(&mut s, self.varied.keys, choices.flatten())?;
        Ok(s)
    }

    /// Dimensions whose settings alone change the warm-up beside the values `at`.
    fn that_change_the_warm_up(&self, at: &[&'a Choice]) -> Result<Vec<usize>> {
        let warm = |choice: Option<&Choice>| {
            let s = self.with(at.iter().copied().chain(choice))?;
            Ok::<_, Error>(self.history.warm(&s))
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

    /// The settings of all of `tied` where these can be tried, else the ends of those that `matter`.
    fn slowest(&self, matter: &[usize]) -> Result<WarmupsFound<'a>> {
        let tied = self.varied.space.map_or_else(|| matter.to_vec(), |space| space.tied(matter));
        let count = |dims: &[usize]| dims.iter().map(|d| self.dims[*d].choices.len() as f64).product::<f64>();
        if tied.iter().all(|d| self.dims[*d].all)
            && count(&tied) <= MOST as f64
            && let Some(found) = self.over(&tied, true)?
        {
            return Ok(found);
        }
        let found = if count(matter) <= MOST as f64 { self.over(matter, false)? } else { None };
        match found {
            Some(found) => Ok(found),
            None => self.one_by_one(matter),
        }
    }

    /// Tries every setting of `dims`; `within` the conditions and the rules of the scenario. None where nothing is admitted.
    fn over(&self, dims: &[usize], within: bool) -> Result<Option<WarmupsFound<'a>>> {
        let mut found: Option<WarmupsFound<'a>> = None;
        let mut place = vec![0usize; dims.len()];
        let mut s = self.with(dims.iter().map(|d| &self.dims[*d].choices[0]))?;
        loop {
            let chosen: Vec<&'a Choice> =
                dims.iter().zip(&place).map(|(d, k)| &self.dims[*d].choices[*k]).collect();
            let values = || chosen.iter().copied().flatten();
            let admitted = || self.varied.space.is_none_or(|space| space.admits_of(values()));
            if !within || (admitted() && s.conflicts().is_empty()) {
                note(&mut found, self.history.warm(&s), &chosen);
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

    /// Of each dimension the settings with the longest and the shortest warm-up, together.
    fn one_by_one(&self, dims: &[usize]) -> Result<WarmupsFound<'a>> {
        let (mut slow, mut quick) = (vec![], vec![]);
        for d in dims {
            let mut each = vec![];
            for choice in &self.dims[*d].choices {
                each.push((self.history.warm(&self.with(std::iter::once(choice))?), choice));
            }
            each.sort_by_key(|(warm, _)| *warm);
            slow.extend(each.last().map(|(_, c)| *c));
            quick.extend(each.first().map(|(_, c)| *c));
        }
        let warm =
            |choices: &[&'a Choice]| Ok::<_, Error>(self.history.warm(&self.with(choices.iter().copied())?));
        Ok(WarmupsFound {
            starts: FirstSteps { earliest: warm(&quick)?, latest: warm(&slow)? },
            slowest: slow,
        })
    }
}

fn note<'a>(found: &mut Option<WarmupsFound<'a>>, warm: usize, chosen: &[&'a Choice]) {
    match found {
        None => {
            let starts = FirstSteps { earliest: warm, latest: warm };
            *found = Some(WarmupsFound { starts, slowest: chosen.to_vec() });
        }
        Some(f) => {
            f.starts.earliest = f.starts.earliest.min(warm);
            if warm > f.starts.latest {
                f.starts.latest = warm;
                f.slowest = chosen.to_vec();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::load;
    use crate::runs::Inputs;

    /// When the candidates of a sweep over `axes` begin, of 1,416 bars.
    fn of(axes: &str) -> Result<(usize, usize)> {
        let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let text = format!(
            "name = \"t\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"x\"]\nto = \"2021-03-01\"\n[params]\nfast = 5\n\
             slow = 20\n[sweep]\nsampler = \"sobol\"\ncount = 4\n{axes}\n"
        );
        let scenario = Scenario::parse(&text, "t", root.clone(), &[])?;
        let loaded = load(&root.join("datasets/btcusdt-1h.parquet"), &scenario.request())?;
        let history = History::new(&scenario, Inputs::from(loaded))?;
        let space = Space::of(&scenario)?;
        let varied = Varied { keys: space.keys(), dimensions: space.in_dimensions(), space: Some(&space) };
        starts(&scenario, &history, &varied).map(|s| (s.earliest, s.latest))
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
}
