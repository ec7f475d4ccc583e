//! Orders that wait for a price.

use std::fmt;

/// A price given by itself or as a distance from a fill.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Level {
    /// There is none.
    #[default]
    None,
    /// That far from the fill, on the side it belongs to.
    Distance(f64),
    /// That price.
    Price(f64),
    /// That share of the fill away from it, on the side it belongs to.
    Share(f64),
}

impl Level {
    /// A distance; infinite for none.
    #[inline]
    pub fn distance(distance: f64) -> Self {
        if distance.is_finite() { Self::Distance(distance) } else { Self::None }
    }

    /// The price `toward` (+1 above, -1 below) a fill; infinite that way where there is none.
    #[inline]
    pub fn price(self, fill: f64, toward: f64) -> f64 {
        match self {
            Self::None => toward * f64::INFINITY,
            Self::Distance(d) => fill + toward * d,
            Self::Price(p) => p,
            Self::Share(s) => fill * (1.0 + toward * s),
        }
    }
}

/// What a trailing stop follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Follow {
    /// The best close, from the first one better than the fill on; the stop acts from the next bar.
    #[default]
    Close,
    /// The best price of bars that have closed, from the fill on.
    Extreme,
    /// The best price so far along the path inside the bar, from the fill on.
    Path,
}

/// How a stop trails.
#[derive(Clone, Copy, PartialEq)]
pub struct Trail {
    /// Distance behind the best price, a price or a share of it; infinite for none.
    pub distance: f64,
    /// Whether the distance is a share of the best price.
    pub share: bool,
    /// What it follows.
    pub follow: Follow,
    /// The price in profit from which on it trails: what it follows must have been there. From the fill on without one.
    pub from: Level,
}

/// A trail from the fill on reads as it did before there were others: files of orders are known by these words.
impl fmt::Debug for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = f.debug_struct("Trail");
        words.field("distance", &self.distance).field("share", &self.share).field("follow", &self.follow);
        if self.from != Level::None {
            words.field("from", &self.from);
        }
        words.finish()
    }
}

impl Trail {
    /// It does not.
    pub const NONE: Self =
        Self { distance: f64::INFINITY, share: false, follow: Follow::Close, from: Level::None };

    /// That price behind the best close; infinite for none.
    #[inline]
    pub fn closes(distance: f64) -> Self {
        Self { distance, ..Self::NONE }
    }

    /// The price that what it follows has to better for it to move, of a position on `side` filled at `fill`, where it
    /// trails only from a profit on: just short of that, so that touching it is enough. None where it trails from the
    /// fill on.
    #[inline]
    pub fn short_of_start(&self, fill: f64, side: f64) -> Option<f64> {
        if self.from == Level::None {
            return None;
        }
        let start = self.from.price(fill, side);
        Some(if side > 0.0 { start.next_down() } else { start.next_up() })
    }

    /// The stop behind `best` of a position on `side`.
    #[inline]
    pub fn stop(&self, best: f64, side: f64) -> f64 {
        if self.share { best * (1.0 - side * self.distance) } else { best - side * self.distance }
    }
}

/// Stop, target and trail of the position that an order opens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bracket {
    /// Its stop: a market order that closes it.
    pub stop: Level,
    /// Its target: a limit that closes it.
    pub target: Level,
    /// How its stop trails.
    pub trail: Trail,
}

impl Bracket {
    /// Nothing closes the position by itself.
    pub const NONE: Self = Self { stop: Level::None, target: Level::None, trail: Trail::NONE };
}

/// When an order fills.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OrderKind {
    /// At the next open.
    Market,
    /// Where the price is this or better.
    Limit(f64),
    /// At the market once the price is this or worse.
    Stop(f64),
    /// A limit once the price has been the stop or worse.
    StopLimit {
        /// The price that wakes it.
        stop: f64,
        /// Its limit then.
        limit: f64,
    },
    /// A stop this far behind the best price since it was placed.
    TrailingStop(Trail),
}

/// What becomes of an order whose time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expiry {
    /// It is cancelled.
    #[default]
    Cancel,
    /// It is carried out at the market.
    Market,
}

/// An order at the exchange.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Order {
    /// Number of the order, rising as placed.
    pub id: u32,
    /// +1 buys, -1 sells.
    pub side: f64,
    /// Units, positive.
    pub units: f64,
    /// When it fills.
    pub kind: OrderKind,
    /// Whether it may only make a position smaller.
    pub reduce_only: bool,
    /// First bar in which it is no longer good.
    pub good_until: usize,
    /// What happens then.
    pub expiry: Expiry,
    /// Orders of one group cancel each other when one of them fills; 0 for none.
    pub group: u32,
    /// What closes the position it opens.
    pub bracket: Bracket,
    /// Bar at whose close it was decided.
    pub decided: usize,
    /// First bar in which it is at the exchange: the next one, unless orders take longer.
    pub arrives: usize,
    /// Whether its stop has been reached.
    pub awake: bool,
    /// Best price since it was placed, for one that trails; NaN before the first.
    pub best: f64,
    /// Whether it waits for the next bar, because this one's volume is used up.
    pub parked: bool,
    /// Whether it is a market order from the next open on because an earlier bar did not bear all of it.
    pub carried: bool,
    /// Whether a part of it was filled then.
    pub rest: bool,
    /// Share of equity, stage and origin of an order that is a system's entry; NaN and 0 for others.
    pub entry: EntryTag,
}

/// What an order that is a system's entry carries along for the record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EntryTag {
    /// Share of equity put in; NaN for an order that is no entry.
    pub size_frac: f64,
    /// Stage of exposure.
    pub stage: u8,
    /// Whether what it opens is only pretended.
    pub shadow: bool,
    /// Its units over those that were asked for.
    pub scale: f64,
}

impl EntryTag {
    /// That of an order that is no entry.
    pub const NONE: Self = Self { size_frac: f64::NAN, stage: 0, shadow: false, scale: 1.0 };
}

impl Order {
    /// Lets a trailing stop know the first open it is at: it trails from there on, or waits for a price that is known then.
    #[inline]
    pub fn begin_to_trail(&mut self, open: f64) {
        let OrderKind::TrailingStop(trail) = &mut self.kind else { return };
        match trail.from {
            _ if !self.best.is_nan() => {}
            Level::None => self.best = open,
            from => trail.from = Level::Price(from.price(open, -self.side)),
        }
    }

    /// Lets a trailing stop follow a price.
    #[inline]
    pub fn trail_after(&mut self, price: f64) {
        if self.best.is_nan()
            && let OrderKind::TrailingStop(trail) = self.kind
            && let Some(short) = trail.short_of_start(price, -self.side)
            && self.side * (price - short) >= 0.0
        {
            // It waits for its price.
            return;
        }
        // A stop to sell follows the highest price.
        if self.best.is_nan() || self.side * (price - self.best) < 0.0 {
            self.best = price;
        }
    }

    /// Whether it is over at the open of `bar`, and what then.
    #[inline]
    pub fn over(&self, bar: usize) -> Option<Expiry> {
        (bar >= self.good_until).then_some(self.expiry)
    }

    /// An order of `kind`, decided at the close of `decided`, good until it is cancelled.
    pub fn new(side: f64, units: f64, kind: OrderKind, decided: usize) -> Self {
        Self {
            id: 0,
            side,
            units,
            kind,
            reduce_only: false,
            good_until: usize::MAX,
            expiry: Expiry::Cancel,
            group: 0,
            bracket: Bracket::NONE,
            decided,
            arrives: decided + 1,
            awake: false,
            best: f64::NAN,
            parked: false,
            carried: false,
            rest: false,
            entry: EntryTag::NONE,
        }
    }
}

/// Which way the price must come to reach a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// From below: the price is the level or above.
    Above,
    /// From above: the price is the level or below.
    Below,
}

impl Reach {
    /// Where on the way from `from` to `to` a level is reached: at once, on the way, or not.
    #[inline]
    pub fn on(self, level: f64, from: f64, to: f64) -> Option<f64> {
        let (there, comes) = match self {
            Self::Above => (from >= level, to >= level),
            Self::Below => (from <= level, to <= level),
        };
        if there {
            Some(from)
        } else if comes {
            Some(level)
        } else {
            None
        }
    }
}

impl Order {
    /// Whether it is an entry that a system decided and the loop sent, and not an order of the system's own.
    #[inline]
    pub fn is_entry(&self) -> bool {
        !self.entry.size_frac.is_nan()
    }

    /// The same order where it takes `bars` longer to arrive.
    #[inline]
    pub fn late(self, bars: usize) -> Self {
        Self { arrives: self.arrives + bars, good_until: self.good_until.saturating_add(bars), ..self }
    }

    /// What is left of it for want of volume: a market order from the open of `bar` on, until it is filled. `some` says that
    /// a part of it was filled.
    pub fn carried(self, bar: usize, some: bool) -> Self {
        let rest = self.rest || some;
        Self { kind: OrderKind::Market, carried: true, rest, arrives: bar, good_until: usize::MAX, ..self }
    }

    /// The level it waits for, and from which side; none for a market order.
    #[inline]
    pub fn waits_for(&self) -> Option<(f64, Reach)> {
        let buys = self.side > 0.0;
        let limit = if buys { Reach::Below } else { Reach::Above };
        let stop = if buys { Reach::Above } else { Reach::Below };
        match self.kind {
            OrderKind::Market => None,
            OrderKind::Limit(p) => Some((p, limit)),
            OrderKind::Stop(p) => Some((p, stop)),
            OrderKind::StopLimit { stop: p, .. } if !self.awake => Some((p, stop)),
            OrderKind::StopLimit { limit: p, .. } => Some((p, limit)),
            // A stop to sell trails below what would be a long.
            OrderKind::TrailingStop(t) => Some((t.stop(self.best, -self.side), stop)),
        }
    }

    /// Whether it fills as a limit.
    #[inline]
    pub fn limit(&self) -> Option<f64> {
        match self.kind {
            OrderKind::Limit(p) | OrderKind::StopLimit { limit: p, .. } => Some(p),
            OrderKind::Market | OrderKind::Stop(_) | OrderKind::TrailingStop(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_distances_or_prices() {
        assert_eq!(Level::Distance(3.0).price(100.0, -1.0), 97.0);
        assert_eq!(Level::Price(95.0).price(100.0, -1.0), 95.0);
        assert_eq!(Level::Share(0.5).price(100.0, -1.0), 50.0);
        assert_eq!(Level::distance(f64::INFINITY).price(100.0, -1.0), f64::NEG_INFINITY);
    }

    #[test]
    fn a_level_is_reached_at_once_on_the_way_or_not() {
        assert_eq!(Reach::Below.on(98.0, 100.0, 97.0), Some(98.0));
        assert_eq!(Reach::Below.on(98.0, 97.5, 99.0), Some(97.5));
        assert_eq!(Reach::Below.on(98.0, 100.0, 98.5), None);
        assert_eq!(Reach::Above.on(98.0, 97.0, 98.0), Some(98.0));
    }

    #[test]
    fn a_trail_begins_at_a_profit_and_a_touch_is_enough() {
        let words = "Trail { distance: 2.0, share: false, follow: Close }";
        assert_eq!(format!("{:?}", Trail::closes(2.0)), words);
        let of = |from, side: f64| Trail { from, ..Trail::closes(2.0) }.short_of_start(100.0, side);
        assert_eq!(of(Level::None, 1.0), None);
        let long = of(Level::Share(0.5), 1.0).unwrap();
        assert!(long < 150.0 && long > 149.999);
        let short = of(Level::Distance(3.0), -1.0).unwrap();
        assert!(short > 97.0 && short < 97.001);
        // A stop to sell begins to trail at its price or above, one to buy at its price or below.
        for (side, far, at) in [(-1.0, 104.9, 105.0), (1.0, 105.1, 105.0)] {
            let trail = Trail { from: Level::Price(105.0), ..Trail::closes(2.0) };
            let mut order = Order::new(side, 1.0, OrderKind::TrailingStop(trail), 0);
            order.begin_to_trail(100.0);
            order.trail_after(far);
            assert!(order.best.is_nan());
            order.trail_after(at);
            assert_eq!(order.best, at);
            // Once it trails, other prices are no better.
            order.trail_after(far);
            assert_eq!(order.best, at);
            // A profit is measured from the first open.
            let trail = Trail { from: Level::Share(0.05), ..trail };
            let mut order = Order::new(side, 1.0, OrderKind::TrailingStop(trail), 0);
            order.begin_to_trail(100.0);
            order.begin_to_trail(50.0);
            let start = Level::Price(100.0 * (1.0 - side * 0.05));
            assert_eq!(order.kind, OrderKind::TrailingStop(Trail { from: start, ..trail }));
        }
    }

    #[test]
    fn trails_follow_by_price_or_share() {
        assert_eq!(Trail { distance: 2.0, ..Trail::NONE }.stop(110.0, 1.0), 108.0);
        assert_eq!(Trail { distance: 0.1, share: true, ..Trail::NONE }.stop(100.0, -1.0), 110.00000000000001);
    }
}
