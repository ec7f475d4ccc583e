//! Which point a candidate is: a function of the seed, the sampler and its number, so that any machine can draw any part.

use super::space::{Point, Space};
use crate::error::{Error, Place, Result};
use crate::random::Stream;
use crate::scenario::{Sampler, Scenario, Sweep};
use crate::stats::{LatinHypercube, Sobol};

/// Most candidates of one sweep.
pub const MOST: f64 = 1e8;

/// Draws of a candidate before it is given up, where conditions refuse them.
pub(super) const TRIES: u64 = 10_000;

/// The candidates of a sweep, by number.
#[derive(Debug, Clone)]
pub struct Draw {
    source: PointSource,
    seed: u64,
    total: u64,
}

#[derive(Debug, Clone)]
enum PointSource {
    Grid,
    Random,
    Sobol(Sobol),
    Latin(LatinHypercube),
}

impl Draw {
    /// The draw of a scenario's sweep. Adaptive samplers begin with independent draws.
    ///
    /// # Errors
    /// The grid is too large, a range of it has no number of points, or nothing satisfies the conditions.
    pub fn of(scenario: &Scenario, space: &Space) -> Result<Self> {
        let Sweep { sampler, count, .. } = scenario.sweep;
        let fault = |key: &str, problem: String| {
            Error::scenario(Place::key(format_args!("sweep.{key}")).within(&scenario.name), problem)
        };
        let (seed, dims) = (scenario.seed, space.dimensions());
        let (source, total) = match sampler {
            Sampler::Grid => {
                let Some(points) = space.grid_len() else {
                    let axis = space.endless().unwrap_or_default();
                    return Err(fault(axis, "is a range without a number of points".to_owned()).hint(
                        "add points = 10 to it, list its values, or draw with sampler = \"sobol\" and count",
                    ));
                };
                if points > MOST {
                    return Err(fault(
                        "sampler",
                        format!("the grid has {points:.3e} candidates; a sweep has at most {MOST:.0e}"),
                    )
                    .hint("draw from it instead: sampler = \"sobol\", count = 10000; or list fewer values"));
                }
                if count.is_some_and(|c| (c as f64) < points) {
                    return Err(fault(
                        "count",
                        format!("a grid is whole: it has {points} candidates, not {}", count.unwrap_or(0)),
                    )
                    .hint("leave count out, or draw with sampler = \"random\", \"sobol\" or \"latin\""));
                }
                (PointSource::Grid, points as u64)
            }
            _ => {
                let total = count.ok_or_else(|| {
                    fault("count", format!("is missing: sampler = {:?} needs it", sampler.name()))
                        .hint("say how many candidates to draw, as count = 1000")
                })?;
                if total as f64 > MOST {
                    return Err(fault(
                        "count",
                        format!("is {total}; a sweep has at most {MOST:.0e} candidates"),
                    ));
                }
                let source = match sampler {
                    Sampler::Sobol => {
                        PointSource::Sobol(Sobol::scrambled(dims, seed, 0).ok_or_else(|| {
                            fault(
                                "sampler",
                                format!("a Sobol sequence has at most 64 dimensions, the sweep has {dims}"),
                            )
                        })?)
                    }
                    Sampler::Latin => PointSource::Latin(LatinHypercube::new(total as u32, dims, seed)),
                    _ => PointSource::Random,
                };
                (source, total)
            }
        };
        let draw = Self { source, seed, total };
        if space.conditional() && (0..total).all(|id| draw.point(space, id).is_none()) {
            return Err(fault("where", "nothing satisfies the conditions: no candidate is left".to_owned())
                .hint("loosen a condition, or widen an axis"));
        }
        Ok(draw)
    }

    /// Candidates, those included that conditions leave out.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Candidate `id`; none where the conditions leave it out.
    pub fn point(&self, space: &Space, id: u64) -> Option<Point> {
        let point = match &self.source {
            PointSource::Grid => space.grid(id),
            PointSource::Sobol(s) => space.at(&s.point(id)),
            PointSource::Latin(l) => space.at(&l.point(id as u32)?),
            PointSource::Random => {
                let mut stream = Stream::new(self.seed, "sweep", id);
                for _ in 0..TRIES {
                    let place: Vec<f64> = (0..space.dimensions()).map(|_| stream.uniform()).collect();
                    let point = space.at(&place);
                    if space.admits(&point) {
                        return Some(point);
                    }
                }
                return None;
            }
        };
        space.admits(&point).then_some(point)
    }
}
