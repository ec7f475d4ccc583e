//! Whether a system says which axes change what it reads of the bars.

use super::space::Space;
use crate::error::{Error, Place, Result};
use crate::runs::History;
use crate::scenario::Scenario;

/// Refuses an axis that changes what columns hold though its system does not say so, as its outermost values
/// show.
///
/// # Errors
/// There is one.
pub fn declared(scenario: &Scenario, history: &History, space: &Space) -> Result<()> {
    let read = scenario.system.about().column_params;
    let params =
        space.keys().iter().enumerate().filter_map(|(k, key)| Some((k, key.strip_prefix("params.")?)));
    params.filter(|(_, name)| !read.contains(name)).try_for_each(|(k, _)| axis(scenario, history, space, k))
}

fn axis(scenario: &Scenario, history: &History, space: &Space, k: usize) -> Result<()> {
    let key = &space.keys()[k];
    let mut ends = vec![];
    for edge in [0.0, 1.0 - f64::EPSILON] {
        let mut s = scenario.clone();
        let point = space.at(&vec![edge; space.dimensions()]);
        s.assign(key, &point[k]).map_err(|e| Error::internal("sweep", e))?;
        // A value that only goes with another value of another axis is looked at by nobody.
        ends.extend(s.conflicts().is_empty().then_some(s));
    }
    let [a, b] = &ends[..] else { return Ok(()) };
    if !history.reads_apart(a, b)? {
        return Ok(());
    }
    let problem = format!("{key} changes what columns hold, and column_params does not name it");
    Err(Error::usage(Place::given("system", format_args!("{:?}", scenario.system.name())), problem)
        .hint("add it to About::column_params: a sweep would use the columns of another value"))
}
