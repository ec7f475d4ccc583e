//! The order in which a bar may have visited its extremes.

use crate::choices;

choices! {
    /// Which path a bar is taken to have walked where its open, high, low and close do not say.
    pub enum Intrabar {
        /// The order that hurts the position.
        Pessimistic = "pessimistic",
        /// The order that helps it.
        Optimistic = "optimistic",
        /// Open, high, low, close.
        Ohlc = "ohlc",
        /// Open, low, high, close.
        Olhc = "olhc",
        /// The extreme nearer the open first; where both are equally near, the one that hurts.
        Adaptive = "adaptive",
        /// That of finer bars, where there are any; elsewhere the one that hurts.
        Detail = "detail",
    }
}

/// Which resting order a bar reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TouchKind {
    /// The stop.
    Stop,
    /// The target.
    Target,
}

/// A resting order reached inside a bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Touch {
    /// Which.
    pub kind: TouchKind,
    /// Price before costs: the level, or the open where the bar opened beyond it.
    pub price: f64,
    /// Whether the bar opened beyond the level.
    pub gap: bool,
    /// Whether the bar could have reached the other order first.
    pub ambiguous: bool,
}

/// One bar as the walk sees it.
#[derive(Debug, Clone, Copy)]
pub struct Path {
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
}

/// Walks one bar for a position on `side` (+1 long, -1 short) with a stop and a target (infinite where there is none).
///
/// A level is reached where the bar touches it; one that the open lies beyond is filled at the open, also where the position was opened there.
pub fn walk(bar: Path, side: f64, stop: f64, target: f64, policy: Intrabar) -> Option<Touch> {
    let Path { open, high, low } = bar;
    let (adverse, favourable) = if side > 0.0 { (low, high) } else { (high, low) };
    let beyond_stop = |price: f64| side * (price - stop) <= 0.0;
    let beyond_target = |price: f64| side * (price - target) >= 0.0;
    let gap = |kind| Some(Touch { kind, price: open, gap: true, ambiguous: false });
    if beyond_stop(open) {
        return gap(TouchKind::Stop);
    }
    if beyond_target(open) {
        return gap(TouchKind::Target);
    }
    let (at_stop, at_target) = (beyond_stop(adverse), beyond_target(favourable));
    let kind = match (at_stop, at_target) {
        (false, false) => return None,
        (true, false) => TouchKind::Stop,
        (false, true) => TouchKind::Target,
        (true, true) => {
            let high_first = match policy {
                Intrabar::Ohlc => true,
                Intrabar::Olhc => false,
                Intrabar::Pessimistic | Intrabar::Detail => side < 0.0,
                Intrabar::Optimistic => side > 0.0,
                Intrabar::Adaptive if high - open == open - low => side < 0.0,
                Intrabar::Adaptive => high - open < open - low,
            };
            if high_first == (side > 0.0) { TouchKind::Target } else { TouchKind::Stop }
        }
    };
    let price = if kind == TouchKind::Stop { stop } else { target };
    Some(Touch { kind, price, gap: false, ambiguous: at_stop && at_target })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: Path = Path { open: 100.0, high: 103.0, low: 95.0 };

    fn kind(side: f64, policy: Intrabar) -> TouchKind {
        // Both orders lie inside the bar for either side.
        let touch = walk(WIDE, side, 100.0 - 2.0 * side, 100.0 + 2.0 * side, policy).unwrap();
        assert!(touch.ambiguous && !touch.gap);
        assert_eq!(
            touch.price,
            if touch.kind == TouchKind::Stop { 100.0 - 2.0 * side } else { 100.0 + 2.0 * side }
        );
        touch.kind
    }

    #[test]
    fn every_policy_decides_an_ambiguous_bar() {
        use TouchKind::{Stop, Target};
        for side in [1.0, -1.0] {
            assert_eq!(kind(side, Intrabar::Pessimistic), Stop);
            assert_eq!(kind(side, Intrabar::Optimistic), Target);
        }
        assert_eq!((kind(1.0, Intrabar::Ohlc), kind(-1.0, Intrabar::Ohlc)), (Target, Stop));
        assert_eq!((kind(1.0, Intrabar::Olhc), kind(-1.0, Intrabar::Olhc)), (Stop, Target));
        // The high (3 away) is nearer the open than the low (5 away).
        assert_eq!((kind(1.0, Intrabar::Adaptive), kind(-1.0, Intrabar::Adaptive)), (Target, Stop));
    }

    #[test]
    fn a_gap_fills_at_the_open_whatever_the_policy() {
        for &policy in Intrabar::ALL {
            let stop = walk(WIDE, 1.0, 101.0, 110.0, policy).unwrap();
            assert_eq!((stop.kind, stop.price, stop.gap), (TouchKind::Stop, 100.0, true));
            let target = walk(WIDE, -1.0, 110.0, 100.0, policy).unwrap();
            assert_eq!((target.kind, target.price, target.gap), (TouchKind::Target, 100.0, true));
        }
    }

    #[test]
    fn a_touch_is_enough_and_nothing_is_nothing() {
        let p = Intrabar::Pessimistic;
        assert_eq!(walk(WIDE, 1.0, 95.0, 110.0, p).unwrap().price, 95.0);
        assert_eq!(walk(WIDE, 1.0, 90.0, 103.0, p).unwrap().price, 103.0);
        assert_eq!(walk(WIDE, 1.0, 94.9, 103.1, p), None);
        assert_eq!(walk(WIDE, 1.0, f64::NEG_INFINITY, f64::INFINITY, p), None);
        assert_eq!(walk(WIDE, -1.0, f64::INFINITY, f64::NEG_INFINITY, p), None);
    }
}
