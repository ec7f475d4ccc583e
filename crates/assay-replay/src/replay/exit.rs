//! What closed a trade.

use std::fmt;

use serde::{Serialize, Serializer};

/// What closed a trade: a name, of this list or of a system's own.
///
/// It is no closed list, since a system may leave for reasons that only it knows; it lists them in its `About`. What
/// orders, limits and the loop do by themselves are [`ExitReason::OF_THE_LOOP`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ExitReason(&'static str);

impl ExitReason {
    /// The stop.
    pub const STOP: Self = Self("stop");
    /// The target.
    pub const TARGET: Self = Self("target");
    /// The stop, after it had trailed.
    pub const TRAIL: Self = Self("trail");
    /// The limit on bars held.
    pub const TIME: Self = Self("time");
    /// A signal the other way.
    pub const OPPOSITE: Self = Self("opposite");
    /// What the signals said.
    pub const SIGNAL: Self = Self("signal");
    /// A smaller position was wanted: part of it was closed.
    pub const RESIZE: Self = Self("resize");
    /// A rule of the regime.
    pub const REGIME: Self = Self("regime");
    /// An emergency stop.
    pub const EMERGENCY_STOP: Self = Self("emergency_stop");
    /// An order of its own.
    pub const ORDER: Self = Self("order");
    /// The exchange: too little was left of its security.
    pub const LIQUIDATION: Self = Self("liquidation");
    /// The limit on drawdown.
    pub const DRAWDOWN: Self = Self("drawdown");
    /// The limit on the loss of a day.
    pub const DAILY_LOSS: Self = Self("daily_loss");
    /// The flash-crash monitor.
    pub const FLASH_CRASH: Self = Self("flash_crash");
    /// The kill switch.
    pub const KILL: Self = Self("kill_switch");
    /// The end of the history.
    pub const END: Self = Self("end");

    /// Those above, in the order of tables.
    pub const KNOWN: [Self; 16] = [
        Self::STOP,
        Self::TARGET,
        Self::TRAIL,
        Self::TIME,
        Self::OPPOSITE,
        Self::SIGNAL,
        Self::RESIZE,
        Self::REGIME,
        Self::EMERGENCY_STOP,
        Self::ORDER,
        Self::LIQUIDATION,
        Self::DRAWDOWN,
        Self::DAILY_LOSS,
        Self::FLASH_CRASH,
        Self::KILL,
        Self::END,
    ];

    /// What orders, rules and the loop do by themselves: no system lists these.
    pub const OF_THE_LOOP: [Self; 12] = [
        Self::STOP,
        Self::TARGET,
        Self::TRAIL,
        Self::RESIZE,
        Self::ORDER,
        Self::EMERGENCY_STOP,
        Self::LIQUIDATION,
        Self::DRAWDOWN,
        Self::DAILY_LOSS,
        Self::FLASH_CRASH,
        Self::KILL,
        Self::END,
    ];

    /// A reason of a system's own: lower-case letters, digits and underscores.
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// Its name in tables.
    pub const fn name(self) -> &'static str {
        self.0
    }

    /// Its place in [`ExitReason::KNOWN`]; none of a system's own.
    pub fn place(self) -> Option<usize> {
        Self::KNOWN.iter().position(|k| *k == self)
    }

    /// [`ExitReason::KNOWN`] and after it what is in `own` alone: the order of the tables of a run.
    pub fn with_own(own: &[Self]) -> Vec<Self> {
        let more = own.iter().copied().filter(|r| r.place().is_none());
        Self::KNOWN.into_iter().chain(more).collect()
    }

    /// Whether orders, limits or the loop close by it.
    pub fn is_of_the_loop(self) -> bool {
        Self::OF_THE_LOOP.contains(&self)
    }
}

impl fmt::Display for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl Serialize for ExitReason {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_of_a_system_stands_behind_those_of_the_loop() {
        const OWN: ExitReason = ExitReason::new("news");
        let all = ExitReason::with_own(&[ExitReason::TIME, OWN]);
        assert_eq!((all.len(), all[16], OWN.place()), (17, OWN, None));
        assert_eq!(ExitReason::new("stop"), ExitReason::STOP);
        assert!(
            ExitReason::KILL.is_of_the_loop() && !ExitReason::TIME.is_of_the_loop() && !OWN.is_of_the_loop()
        );
        for reason in ExitReason::OF_THE_LOOP {
            assert!(reason.place().is_some());
        }
    }
}
