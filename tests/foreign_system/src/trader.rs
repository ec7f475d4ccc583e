//! What it decides at each instant.

use assay::execution::{Bracket, Level};
use assay::market::Bars;
use assay::replay::{Arriving, Check, Entry, Orders, Paper, Portfolio, Trader};
use assay::system::Start;

use super::{BAD_NEWS, Columns, GAP, NEWS, ROTATED, Rotation, WEAKER};

/// How one symbol stood in a ranking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rank {
    /// The step.
    pub step: usize,
    /// The symbol.
    pub symbol: usize,
    /// 1 for the strongest.
    pub rank: usize,
    /// Its strength.
    pub momentum: f64,
}

/// The paper account that buys every candidate.
pub const EVERY_CANDIDATE: Paper = Paper { name: "every_candidate", equity: 10_000.0, apart: true };

/// Decides for all symbols.
pub struct Rotator<'a> {
    params: &'a Rotation,
    names: &'a [String],
    columns: Vec<&'a Columns>,
    bars: Vec<&'a Bars>,
    record: bool,
    ranks: Vec<Rank>,
}

impl<'a> Rotator<'a> {
    pub(super) fn new(
        params: &'a Rotation,
        names: &'a [String],
        columns: &[&'a Columns],
        start: &Start<'a>,
    ) -> Self {
        let bars = start.markets.iter().map(|m| m.bars).collect();
        Self { params, names, columns: columns.to_vec(), bars, record: start.record, ranks: vec![] }
    }

    pub(super) fn into_ranks(self) -> Vec<Rank> {
        self.ranks
    }

    /// The symbols with a bar at this instant, the strongest first; of equals the first by name.
    fn ranked(&self, now: &Portfolio<'_>) -> Vec<(usize, usize, f64)> {
        let strength = |k: usize| {
            let bar = now.bar(k)?;
            Some((k, bar, self.columns[k].momentum[bar]))
        };
        let mut all: Vec<_> = (0..now.symbols()).filter_map(strength).collect();
        all.sort_by(|a, b| b.2.total_cmp(&a.2).then_with(|| self.names[a.0].cmp(&self.names[b.0])));
        all
    }

    fn entry(&self, symbol: usize, bar: usize) -> Entry {
        let stop = Level::Distance(self.params.stop * self.bars[symbol].close()[bar]);
        let bracket = Bracket { stop, ..Bracket::NONE };
        Entry { side: 1.0, size_frac: self.params.size, bracket }
    }
}

impl Trader for Rotator<'_> {
    fn papers(&self) -> Vec<Paper> {
        vec![EVERY_CANDIDATE]
    }

    fn on_close(&mut self, now: &Portfolio<'_>, orders: &mut Orders) {
        let p = self.params;
        let bad = |k: usize, bar: usize| self.columns[k].news[bar] < p.bad;
        // Bad news are acted upon at once.
        for k in 0..now.symbols() {
            if now.position(k).is_some() && now.bar(k).is_some_and(|bar| bad(k, bar)) {
                orders.real().exit(k, BAD_NEWS);
            }
        }
        if now.step() % p.every != 0 {
            return;
        }
        let ranked = self.ranked(now);
        let mut taken = false;
        for (place, &(k, bar, momentum)) in ranked.iter().enumerate() {
            if self.record {
                self.ranks.push(Rank { step: now.step(), symbol: k, rank: place + 1, momentum });
            }
            let wanted = momentum > 0.0 && self.columns[k].regime[bar] == 0;
            if !wanted {
                if now.position(k).is_some() && !bad(k, bar) {
                    orders.real().exit(k, ROTATED);
                }
                continue;
            }
            let entry = self.entry(k, bar);
            orders.paper(0).enter(k, entry);
            let held = now.position(k).is_some();
            if bad(k, bar) {
                orders.real().refuse(k, 1.0, NEWS);
            } else if taken {
                if held {
                    orders.real().exit(k, ROTATED);
                }
                orders.real().refuse(k, 1.0, WEAKER);
            } else {
                taken = true;
                if !held {
                    orders.real().enter(k, entry);
                }
            }
        }
    }

    fn checks(&self) -> bool {
        true
    }

    fn on_arrival(&mut self, a: &Arriving) -> Check {
        let decided = self.bars[a.symbol].close()[a.decided];
        if (a.price / decided - 1.0).abs() > self.params.max_gap { Check::Reject(GAP) } else { Check::Fill }
    }
}
