//! Which histories show one market.

use std::collections::HashSet;
use std::sync::Arc;

use super::HistorySketch;

/// Identities of histories that show the markets of some of them, whatever their form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RelatedHistories(HashSet<String>);

impl RelatedHistories {
    /// The histories `own`, which `known` are the sketches of, and those among `all` that show one of their markets: as a
    /// whole, or on the days from the first to the last of `days`, whatever lies around them. What is like one of those is
    /// not asked for.
    pub(super) fn of(
        own: &[String],
        known: &[HistorySketch],
        all: &[Arc<[HistorySketch]>],
        (first, last): (i32, i32),
    ) -> Self {
        let there: Vec<HistorySketch> = known.iter().map(|k| k.within(first, last)).collect();
        let mut related: HashSet<String> = own.iter().cloned().collect();
        for other in all.iter().flat_map(|brought| brought.iter()) {
            if related.contains(&other.bars_id) {
                continue;
            }
            let part = other.within(first, last);
            let is_one = known.iter().any(|k| k.is_of_one_market(other))
                || there.iter().any(|k| k.is_of_one_market(&part));
            if is_one {
                related.insert(other.bars_id.clone());
            }
        }
        Self(related)
    }

    /// Whether one of these histories is among them.
    pub fn hold_one_of(&self, histories: &[String]) -> bool {
        histories.iter().any(|id| self.0.contains(id))
    }
}
