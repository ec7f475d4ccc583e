//! The terms a run was made on, as the marks of a verdict ask them.

use serde::Deserialize;

use super::run_dir::RunRecord;
use super::summary::Summary;
use crate::execution::{Execution, FillRule};
use crate::gate::{RunTerms, SymbolFees};
use crate::market::Instrument;
use crate::scenario::{LabelsBy, Scenario};

/// What a resolved scenario says of orders and fees, whatever its system.
#[derive(Deserialize)]
struct Resolved {
    #[serde(default)]
    execution: Execution,
    #[serde(default)]
    instrument: Vec<Instrument>,
}

/// The terms of a run; none where its scenario cannot be read.
pub(super) fn run_terms(record: &RunRecord) -> Option<RunTerms> {
    let resolved: Resolved = toml::from_str(&record.scenario).ok()?;
    Some(RunTerms {
        fills_at_close: resolved.execution.fill == FillRule::Close,
        fees: resolved.fees(&record.summary),
        unproven: unproven(record),
    })
}

/// The systems that trade in a scenario, or label for it, and do not come with the program.
pub(super) fn own_systems(scenario: &Scenario) -> Vec<String> {
    let lender = match &scenario.regimes.by {
        LabelsBy::Lent(lender, _) => Some(*lender),
        _ => None,
    };
    let own = std::iter::once(scenario.system).chain(lender).filter(|s| !s.is_built_in());
    let mut names: Vec<String> = own.map(|s| s.name().to_owned()).collect();
    names.dedup();
    names
}

impl Resolved {
    /// The fees of each symbol.
    fn fees(&self, s: &Summary) -> Vec<SymbolFees> {
        // A tier counts where the whole run traded its volume; where nothing was paid, that is not known, and all count.
        let traded = s.costs.total / s.costs.total_bps * 10_000.0;
        if s.symbols.is_empty() {
            return vec![self.of(&s.data.symbol, self.instrument.first(), s.trades.n, traded)];
        }
        let each = s.symbols.iter().map(|x| {
            let instrument = self.instrument.iter().find(|i| i.symbol == x.symbol);
            self.of(&x.symbol, instrument, x.trades.n, traded)
        });
        each.collect()
    }

    /// Those of a symbol: its instrument's own, else those of the execution and of the tiers that `traded` reaches.
    fn of(&self, symbol: &str, instrument: Option<&Instrument>, trades: usize, traded: f64) -> SymbolFees {
        let e = &self.execution;
        let reached = |volume: f64| traded.is_nan() || traded >= volume;
        let mut sides: Vec<(f64, f64)> =
            e.tier.iter().filter(|t| reached(t.volume)).map(|t| (t.taker_bps, t.maker_bps)).collect();
        // Below the first tier.
        if e.tier.first().is_none_or(|t| t.volume > 0.0) {
            sides.push(e.fees_after(0.0));
        }
        let own = instrument.map_or((None, None), |i| (i.fee_bps, i.maker_fee_bps.or(i.fee_bps)));
        let bps =
            || sides.iter().flat_map(|(taker, maker)| [own.0.unwrap_or(*taker), own.1.unwrap_or(*maker)]);
        SymbolFees {
            symbol: symbol.to_owned(),
            lowest_bps: bps().fold(f64::INFINITY, f64::min),
            highest_bps: bps().fold(f64::NEG_INFINITY, f64::max),
            flat: e.fee_per_unit > 0.0 || e.fee_per_order > 0.0 || e.fee_minimum > 0.0,
            trades: trades as u64,
        }
    }
}

/// What of a run came from where nobody can tell when it was known, in words.
fn unproven(record: &RunRecord) -> Vec<String> {
    let (s, d) = (&record.summary, &record.summary.data);
    let positions = d.positions.iter().map(|p| {
        let what = if p.orders { "orders" } else { "positions" };
        format!("the {what} come from {}", p.file)
    });
    let events = d.events.iter().map(|e| format!("the {} come from {}", e.input, e.file));
    let labels = s.label_file.iter().map(|l| format!("the labels of regimes come from {}", l.file));
    let mut own = s.own_systems.clone();
    // A folder of another program, or of an earlier version, may not say so.
    let known = record.system.is_some_and(|s| s.is_built_in());
    if !known && !own.contains(&s.system) {
        own.insert(0, s.system.clone());
    }
    let own = own.into_iter().map(|name| format!("system {name} does not come with the program"));
    positions.chain(events).chain(labels).chain(own).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fees(text: &str, traded: f64) -> (f64, f64, bool) {
        let r: Resolved = toml::from_str(text).unwrap();
        let f = r.of("A", r.instrument.first(), 1, traded);
        (f.lowest_bps, f.highest_bps, f.flat)
    }

    #[test]
    fn the_smallest_and_largest_fee_are_over_both_sides_and_the_tiers_that_were_reached() {
        assert_eq!(fees("", 0.0), (10.0, 10.0, false));
        assert_eq!(fees("[execution]\nfee_bps = 4.0\nmaker_fee_bps = -0.5", 0.0), (-0.5, 4.0, false));
        assert_eq!(fees("[execution]\nfee_bps = 0.0\nfee_per_order = 1.0", 0.0), (0.0, 0.0, true));
        let tiers = "[execution]\nfee_bps = 4.0\n\
                     [[execution.tier]]\nvolume = 1e6\ntaker_bps = 3.0\nmaker_bps = 1.0\n\
                     [[execution.tier]]\nvolume = 1e9\ntaker_bps = 2.0\nmaker_bps = 0.0\n";
        assert_eq!(fees(tiers, 1e3), (4.0, 4.0, false));
        assert_eq!(fees(tiers, 1e6), (1.0, 4.0, false));
        assert_eq!(fees(tiers, f64::NAN), (0.0, 4.0, false));
        let from_zero = "[execution]\nfee_bps = 0.0\n[[execution.tier]]\nvolume = 0.0\ntaker_bps = 3.0\nmaker_bps = 1.0\n";
        assert_eq!(fees(from_zero, 1.0), (1.0, 3.0, false));
        // An instrument's own are instead of tiers, the maker's its taker's where it has no other.
        let own = |keys: &str| format!("{tiers}[[instrument]]\nsymbol = \"A\"\n{keys}\n");
        assert_eq!(fees(&own("fee_bps = 7.0"), 1e9), (7.0, 7.0, false));
        assert_eq!(fees(&own("maker_fee_bps = 5.0"), 1e6), (3.0, 5.0, false));
    }
}
