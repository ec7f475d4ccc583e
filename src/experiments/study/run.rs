//! One setting, replayed: by the loop, or from switch to switch where nothing else can happen.

use std::sync::OnceLock;

use super::figures::{self, EDGE_FIGURES, figure};
use super::{Outcome, Shared, Study, Wants, label};
use crate::error::{Error, Result};
use crate::execution::Intrabar;
use crate::experiments::own::wanted_of;
use crate::experiments::streaming::SummaryRecorder;
use crate::metrics::DailyEquity;
use crate::regime::Regime;
use crate::replay::{
    Clock, EntryNoise, Execution, Extremes, Ledger, Market, Noisy, Switches, Trader, can_switch, replay_all,
    replay_switches, replay_switches_money,
};
use crate::scenario::{Own, Scenario};
use crate::signals::Variant;
use crate::systems::targets::{OrderTrader, TargetTrader, Wanted, crossover_changes, first_row};
use crate::systems::unified::{Plan, Readings, UnifiedTrader};

/// The tick at whose close the equity of each day is taken; of a day without a bar, that of the day before.
#[derive(Debug)]
pub(super) struct Marks {
    first_day: i64,
    ticks: Vec<u32>,
}

impl Marks {
    fn of(clock: &Clock) -> Self {
        let mut days = DailyEquity::new(-1.0);
        for t in 0..clock.len() {
            days.mark(clock.close_time(t), t as f64, clock.time(0));
        }
        Self { first_day: days.day[0], ticks: days.equity.iter().map(|t| *t as u32).collect() }
    }

    /// Those of a run on `clock`, which may end earlier, from tick `first` on.
    fn within<'m>(&'m self, clock: &Clock, first: usize) -> std::borrow::Cow<'m, [u32]> {
        let from = (clock.time(first).div_euclid(86_400_000) - self.first_day).max(0) as usize;
        let last = clock.len() - 1;
        let to = (crate::metrics::day_of_close(clock.close_time(last)) - self.first_day) as usize + 1;
        let all = &self.ticks[from..to];
        match all.last() {
            Some(t) if *t as usize == last => all.into(),
            // Cut in the middle of a day.
            _ => all.iter().map(|t| (*t).min(last as u32)).collect::<Vec<_>>().into(),
        }
    }
}

/// One run of one setting.
pub(super) struct Run<'a> {
    pub(super) study: &'a Study,
    pub(super) scenario: &'a Scenario,
    pub(super) shared: &'a Shared,
    pub(super) markets: &'a [Market<'a>],
    pub(super) clock: &'a Clock,
    pub(super) first: usize,
    pub(super) noise: Option<EntryNoise>,
}

/// What trades, ready for a replay.
enum Actor<'a> {
    Unified {
        readings: &'a Readings,
        plans: Box<[Plan; 2]>,
    },
    Wanted(Vec<Wanted>),
    /// A crossover without stop, target and trail: where it switches, and the same as wanted positions for the loop.
    Switching {
        changes: Vec<(usize, f64)>,
        wanted: OnceLock<Vec<Wanted>>,
    },
}

impl Run<'_> {
    pub(super) fn outcome(&self, wants: Wants) -> Result<Outcome> {
        let days = self.scenario.data.days_per_year();
        let actor = self.actor()?;
        if wants.core
            && let Some(outcome) = self.money(&actor)
        {
            return Ok(outcome);
        }
        let policy = self.scenario.execution.intrabar;
        let mut recorder = SummaryRecorder::new(self.clock, self.first, self.scenario.account.equity)
            .by(self.scenario.data.calendar);
        if wants.regimes {
            recorder = recorder.with_curve();
        }
        let ledger = self.replay(&actor, &self.scenario.execution, &mut recorder)?;
        if wants.core {
            let curve = recorder.daily_curve(days);
            let pnl = recorder.columns().pnl.to_vec();
            let (row, daily) = figures::measure_core(&curve, pnl.len(), ledger.paid().total(), days);
            return Ok(Outcome { row, daily, pnl });
        }
        let (mut row, daily) = figures::measure(&recorder, &ledger, days);
        let pnl = recorder.columns().pnl.to_vec();
        let mut edges = vec![];
        let regimes = wants.regimes.then(|| self.regimes(&recorder, &actor));
        if wants.edges {
            // Where nothing was ambiguous, every path is the same.
            let certain = recorder.ambiguous == 0 && self.certain();
            let own: Vec<f64> = EDGE_FIGURES.iter().map(|f| row[figure(f)]).collect();
            for edge in [Intrabar::Pessimistic, Intrabar::Optimistic] {
                if edge == policy || certain {
                    edges.extend(&own);
                    continue;
                }
                recorder.clear();
                let ledger =
                    self.replay(&actor, &self.scenario.execution.with_intrabar(edge), &mut recorder)?;
                let (row, _) = figures::measure(&recorder, &ledger, days);
                edges.extend(EDGE_FIGURES.iter().map(|f| row[figure(f)]));
            }
        }
        row.extend(edges);
        row.extend(regimes.into_iter().flatten());
        Ok(Outcome { row, daily, pnl })
    }

    /// The few figures of a system that only switches; none where the loop must see what happens.
    fn money(&self, actor: &Actor<'_>) -> Option<Outcome> {
        let Actor::Switching { changes, .. } = actor else { return None };
        let s = self.scenario;
        let days = s.data.days_per_year();
        if days < 360.0 {
            return None;
        }
        let extremes = self.study.extremes.get_or_init(|| Extremes::of(&self.study.inputs.symbols[0].bars));
        let marks = self.study.marks.get_or_init(|| Marks::of(&self.study.clock));
        let marks = marks.within(self.clock, self.first);
        let mut curve = Vec::with_capacity(marks.len() + 1);
        curve.push(s.account.equity);
        let switches = Switches { changes, of_equity: true };
        let (market, account) = (&self.markets[0], s.account.ledger());
        let money = replay_switches_money(
            market,
            self.first,
            &s.execution,
            account,
            &switches,
            extremes,
            &marks,
            &mut curve,
        )?;
        let costs = money.ledger.paid().total();
        let (row, daily) = figures::measure_core(&curve, money.trades, costs, days);
        Some(Outcome { row, daily, pnl: vec![] })
    }

    /// Whether a run without ambiguous trades is the same under every path: nothing rests but stops and targets that stand still
    /// inside a bar, and no limit watches the path.
    fn certain(&self) -> bool {
        let follows = match &self.scenario.own {
            Own::Unified => false,
            Own::MaCross(p) => p.trail_on == crate::systems::targets::TrailOn::Path,
            Own::Signals(_) => true,
        };
        !follows
            && !self.scenario.risk.limits.any()
            && self.scenario.execution.entry == crate::execution::EntryOrder::Market
    }

    fn actor(&self) -> Result<Actor<'_>> {
        let s = self.scenario;
        if s.own == Own::Unified {
            let Some(readings) = self.shared.readings.as_deref() else {
                return Err(Error::internal("study", "the readings are missing"));
            };
            let fallback = Plan::new(&s.params.with_variant(Variant::S5Static));
            return Ok(Actor::Unified { readings, plans: Box::new([Plan::new(&s.params), fallback]) });
        }
        if let Own::MaCross(p) = &s.own
            && let [market] = self.markets
            && !p.has_brackets()
            && self.noise.is_none()
            && !s.risk.limits.any()
            && can_switch(market, &s.execution, &s.account.ledger())
        {
            let changes = crossover_changes(&self.study.caches[0], p);
            return Ok(Actor::Switching { changes, wanted: OnceLock::new() });
        }
        Ok(Actor::Wanted(self.wanted()?))
    }

    fn wanted(&self) -> Result<Vec<Wanted>> {
        let s = self.scenario;
        (0..self.markets.len())
            .map(|k| {
                let (_, wanted) = wanted_of(s, k, &self.study.caches[k], self.study.file.as_ref())?;
                Ok(wanted)
            })
            .collect()
    }

    fn replay(
        &self,
        actor: &Actor<'_>,
        execution: &Execution,
        recorder: &mut SummaryRecorder<'_>,
    ) -> Result<Ledger> {
        let s = self.scenario;
        let firsts: Vec<usize> = (0..self.markets.len())
            .map(|k| {
                let own = match &s.own {
                    Own::Unified => self.first,
                    Own::MaCross(p) => first_row(p),
                    Own::Signals(_) => 0,
                };
                own.max(self.clock.bar_at(k, self.first))
            })
            .collect();
        Ok(match actor {
            Actor::Unified { readings, plans } => {
                let [plan, fallback] = &**plans;
                let bars = self.markets[0].bars;
                let trader =
                    UnifiedTrader::new(bars, readings, plan, Some(fallback), &s.risk, s.account.equity)
                        .from_bar(self.first);
                self.through(vec![trader], &firsts, execution, recorder)
            }
            Actor::Wanted(wanted) if wanted.iter().any(|w| w.orders.is_some()) => {
                let both = self.markets.iter().zip(wanted);
                let senders: Vec<OrderTrader<'_>> =
                    both.filter_map(|(m, w)| Some(OrderTrader::in_market(m, w.orders.as_ref()?))).collect();
                self.through(senders, &firsts, execution, recorder)
            }
            Actor::Wanted(wanted) => self.through(self.targets(wanted), &firsts, execution, recorder),
            Actor::Switching { changes, wanted } => {
                let market = &self.markets[0];
                let switches = Switches { changes, of_equity: true };
                let extremes =
                    self.study.extremes.get_or_init(|| Extremes::of(&self.study.inputs.symbols[0].bars));
                let account = s.account.ledger();
                let quick =
                    replay_switches(market, firsts[0], execution, account, &switches, extremes, recorder);
                if let Some(ledger) = quick {
                    return Ok(ledger);
                }
                // Something happened between two switches: the loop sees what.
                recorder.clear();
                let wanted = match wanted.get() {
                    Some(made) => made,
                    None => {
                        let made = self.wanted()?;
                        wanted.get_or_init(|| made)
                    }
                };
                self.through(self.targets(wanted), &firsts, execution, recorder)
            }
        })
    }

    fn targets<'w>(&'w self, wanted: &'w [Wanted]) -> Vec<TargetTrader<'w>> {
        self.markets.iter().zip(wanted).map(|(m, w)| TargetTrader::in_market(m, w)).collect()
    }

    /// Replays traders, with noise on their entries where there is any.
    fn through<T: Trader>(
        &self,
        mut traders: Vec<T>,
        firsts: &[usize],
        execution: &Execution,
        recorder: &mut SummaryRecorder<'_>,
    ) -> Ledger {
        let account = self.scenario.account.ledger();
        let mut guard = self.scenario.guard(self.markets.len());
        let (markets, clock) = (self.markets, self.clock);
        match self.noise {
            None => {
                replay_all(markets, clock, firsts, execution, account, guard.as_mut(), &mut traders, recorder)
            }
            Some(noise) => {
                let mut noisy: Vec<Noisy<T>> =
                    traders.into_iter().enumerate().map(|(k, t)| Noisy::new(t, noise, k)).collect();
                replay_all(markets, clock, firsts, execution, account, guard.as_mut(), &mut noisy, recorder)
            }
        }
    }

    fn regimes(&self, recorder: &SummaryRecorder<'_>, actor: &Actor<'_>) -> Vec<f64> {
        let label = |k: usize, bar: usize| match actor {
            Actor::Unified { readings, .. } => label(readings, bar),
            Actor::Wanted(_) | Actor::Switching { .. } => {
                let of = self.study.own_labels().get(k).and_then(|all| all.get(bar));
                of.copied().unwrap_or(Regime::NONE_CODE)
            }
        };
        // The label known at the open of each tick is that of the last close before it; none at the first.
        let at_open: Vec<u8> = (self.first..self.clock.len())
            .map(|t| {
                let closed = self.clock.bar_at(0, t);
                if t == self.first {
                    Regime::NONE_CODE
                } else {
                    closed.checked_sub(1).map_or(Regime::NONE_CODE, |i| label(0, i))
                }
            })
            .collect();
        let timeframe = self.markets[0].bars.timeframe();
        let bars_per_year = self.scenario.data.bars_per_year(timeframe);
        figures::measure_regimes(recorder, &at_open, bars_per_year, |k, bar| label(usize::from(k), bar))
    }
}
