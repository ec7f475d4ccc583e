//! Prices of a window of time with the trades made in it.

use super::signs::{Sign, apart};
use super::{Chart, WIDTH};
use crate::canvas::Canvas;
use crate::columns::{TimeScale, fold_columns, strip, usual_step};
use crate::palette::{AXIS, Colour, INK, LOSS, PAPER, WIN, regime};
use crate::pane::{
    Key, MARGIN, Pane, TIME_NAME, axis_room, cross, head, legend, regime_keys, regime_room, regime_strip,
    triangle,
};
use crate::regime::RegimeScheme;
use crate::scale::Scale;
use crate::surface::Surface;

/// One trade as the chart shows it. Times are instants: an entry at a bar's open lies on that bar's left edge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TradeMark {
    /// Whether it was long.
    pub long: bool,
    /// Entry, milliseconds since 1970 UTC.
    pub entry_ms: i64,
    /// Entry price.
    pub entry_price: f64,
    /// Time and price of the exit; `None` while open.
    pub exit: Option<(i64, f64)>,
    /// Stop price.
    pub stop: Option<f64>,
    /// Target price.
    pub target: Option<f64>,
    /// Its profit after costs, of which the sign is shown.
    pub profit: f64,
}

/// Candles, volume, regimes and trades of a window.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PriceTradesChart {
    /// The title.
    pub title: String,
    /// A line below it.
    pub subtitle: String,
    /// Name and unit of the price axis.
    pub axis: String,
    /// Opening times of the bars, rising.
    pub time_ms: Vec<i64>,
    /// Opening prices.
    pub open: Vec<f64>,
    /// Highest prices.
    pub high: Vec<f64>,
    /// Lowest prices.
    pub low: Vec<f64>,
    /// Closing prices.
    pub close: Vec<f64>,
    /// Volumes; empty, or zero throughout, for no volume pane.
    pub volume: Vec<f64>,
    /// Regime codes; empty for no strip.
    pub regime: Vec<u8>,
    /// What the codes stand for.
    pub regimes: RegimeScheme,
    /// Trades; those outside the window are left out.
    pub trades: Vec<TradeMark>,
    /// When the market was closed, from and to in rising order: these times take no room.
    pub closed: Vec<(i64, i64)>,
}

/// Body and wick of a rising bar, of a falling bar.
const RISING: Colour = Colour(0xC3, 0xCC, 0xD9);
const FALLING: Colour = Colour(0x5B, 0x68, 0x7D);

const HEIGHT: f64 = 860.0;

/// With more trades than this only entries and exits are drawn.
const MANY: usize = 250;

/// Ticks asked for on the axis of prices, and on that of volumes.
const TICKS: [usize; 2] = [8, 3];

/// Narrower bars have no body.
const BODY: f64 = 3.0;

impl Chart for PriceTradesChart {
    fn title(&self) -> &str {
        &self.title
    }

    fn size(&self) -> (u32, u32) {
        (WIDTH, HEIGHT as u32)
    }

    fn draw<S: Surface>(&self, c: &mut Canvas<'_, S>) {
        let right = f64::from(WIDTH) - MARGIN;
        let n = self.bars();
        let (Some((low, high)), Some(&first), Some(&last)) =
            (self.range(), self.time_ms.first(), self.time_ms.get(n.wrapping_sub(1)))
        else {
            head(c, f64::from(WIDTH), &self.title, &self.subtitle);
            Pane { left: MARGIN, top: 90.0, right, bottom: HEIGHT - MARGIN }.say(c, "no bars in this window");
            return;
        };
        let step = usual_step(&self.time_ms[..n]);
        let (up, volumes) = (Scale::linear(low, high, 0.0, 1.0), self.volume_scale());
        let left = axis_room(126.0, &[&up.ticks(TICKS[0]), &volumes.ticks(TICKS[1])]);
        let end = last.saturating_add(step as i64);
        let across = TimeScale::new(first, end, left, right).without(&self.closed);
        let rows = legend(c, MARGIN, right, 98.0, &self.keys(&across, (low, high), across.width_of(step)));
        let runs = strip(&self.time_ms[..n], &self.regime, &across);
        let keys = regime_keys(&self.regimes, &runs);
        let room = if self.regime.is_empty() { 0.0 } else { regime_room(left, right, &keys) };
        let foot = HEIGHT - 88.0 - room;
        let panes = self.panes((left, right), 98.0 + 25.0 * rows as f64 - 3.0, foot);
        for pane in &panes {
            for &(from, to, code) in runs.iter().filter(|r| r.2 != u8::MAX && runs.len() < 60) {
                c.rect(from, pane.top, to, pane.bottom, regime(&self.regimes, code).over(PAPER, 0.13));
            }
            pane.time_grid(c, &across);
        }
        let main = panes[panes.len() - 1];
        let up = up.over(main.bottom, main.top);
        main.value_axis(c, &up, &up.ticks(TICKS[0]), &self.axis);
        self.draw_bars(c, &across, &up, step);
        main.axes(c);
        if let [volume, _] = &panes[..] {
            self.draw_volume(c, volume, &across, &volumes.over(volume.bottom, volume.top), step);
        }
        let left_out = self.draw_trades(c, &main, &across, &up);
        let mut lowest = panes[0];
        if !self.regime.is_empty() {
            lowest = Pane { left, top: foot - 22.0, right, bottom: foot };
            regime_strip(c, &lowest, &runs, &self.regimes);
            legend(c, left, right - TIME_NAME, HEIGHT - 19.0 - room, &keys);
        }
        lowest.time_axis(c, &across);
        let more = match left_out {
            0 => String::new(),
            1 => "; 1 sign left out".to_owned(),
            n => format!("; {n} signs left out"),
        };
        head(c, f64::from(WIDTH), &self.title, &(self.subtitle.clone() + &more));
    }
}

impl PriceTradesChart {
    /// The panes of volumes, where there are any, and of prices.
    fn panes(&self, (left, right): (f64, f64), top: f64, foot: f64) -> Vec<Pane> {
        let mut under = foot - if self.regime.is_empty() { 0.0 } else { 32.0 };
        let mut panes = Vec::new();
        if self.volume.iter().any(|v| *v > 0.0 && v.is_finite()) {
            panes.push(Pane { left, top: under - 104.0, right, bottom: under });
            under -= 122.0;
        }
        panes.push(Pane { left, top, right, bottom: under });
        panes
    }

    /// The signs that are drawn, with bars `each` pixels wide.
    fn keys(&self, across: &TimeScale, (low, high): (f64, f64), each: f64) -> Vec<(Key, &'static str)> {
        let shown: Vec<_> = self.trades.iter().filter(|t| self.shows(t)).collect();
        let any = |test: &dyn Fn(&TradeMark) -> bool| shown.iter().any(|t| test(t));
        let levels = shown.len() <= MANY;
        let inside = |(time, price): (i64, f64)| across.holds(time) && (low..=high).contains(&price);
        let entered = |t: &TradeMark| inside((t.entry_ms, t.entry_price));
        let exited = |t: &TradeMark| t.exit.is_some_and(inside);
        let level = |p: Option<f64>| levels && p.is_some_and(|p| (low..=high).contains(&p));
        let falls = (0..self.bars()).any(|i| self.close[i] < self.open[i]);
        [
            (any(&|t| t.long && entered(t)), Key::Triangle(INK, true), "long entry"),
            (any(&|t| !t.long && entered(t)), Key::Triangle(INK, false), "short entry"),
            (any(&|t| t.profit > 0.0 && exited(t)), Key::Cross(WIN), "exit with gain"),
            (any(&|t| t.profit <= 0.0 && exited(t)), Key::Cross(LOSS), "exit with loss"),
            (any(&|t| level(t.target)), Key::Dashed(WIN, 1.75), "target"),
            (any(&|t| level(t.stop)), Key::Dashed(LOSS, 1.75), "stop"),
            (each >= BODY && falls, Key::Square(FALLING), "bar closing lower"),
        ]
        .into_iter()
        .filter_map(|(drawn, key, name)| drawn.then_some((key, name)))
        .collect()
    }

    /// How many bars every price column has.
    fn bars(&self) -> usize {
        let columns = [&self.open, &self.high, &self.low, &self.close];
        columns.iter().map(|v| v.len()).min().unwrap_or(0).min(self.time_ms.len())
    }

    /// Range of the price axis: the bars, and levels of trades near them.
    fn range(&self) -> Option<(f64, f64)> {
        let n = self.bars();
        let finite = |v: &[f64]| v[..n].iter().copied().filter(|p| p.is_finite()).collect::<Vec<_>>();
        let low = finite(&self.low).into_iter().reduce(f64::min)?;
        let high = finite(&self.high).into_iter().reduce(f64::max)?;
        let room = 0.25 * (high - low);
        let levels =
            self.trades.iter().filter(|t| self.shows(t)).flat_map(|t| {
                [Some(t.entry_price), t.exit.map(|e| e.1), t.stop, t.target].into_iter().flatten()
            });
        let near = |p: &f64| (low - room..=high + room).contains(p);
        let (low, high) = levels.filter(near).fold((low, high), |(a, b), p| (a.min(p), b.max(p)));
        let pad = 0.05 * (high - low);
        Some((low - pad, high + pad))
    }

    /// Whether any of a trade lies in the window.
    fn shows(&self, trade: &TradeMark) -> bool {
        let n = self.bars();
        let (Some(&first), Some(&last)) = (self.time_ms.first(), self.time_ms.get(n.wrapping_sub(1))) else {
            return false;
        };
        let last = last.saturating_add(usual_step(&self.time_ms[..n.min(3)]) as i64);
        trade.entry_ms <= last && trade.exit.is_none_or(|(t, _)| t >= first)
    }

    /// Candles where there is room, else the range of each bar, else of each column.
    fn draw_bars<S: Surface>(&self, c: &mut Canvas<'_, S>, across: &TimeScale, up: &Scale, step: f64) {
        let n = self.bars();
        let (left, _) = across.edges();
        let each = across.width_of(step);
        if each < 1.5 {
            let lows = fold_columns(&self.time_ms[..n], &self.low, across, f64::min);
            let highs = fold_columns(&self.time_ms[..n], &self.high, across, f64::max);
            for (k, range) in lows.iter().zip(&highs).enumerate() {
                if let (Some(low), Some(high)) = range {
                    let x = left + k as f64;
                    let (a, b) = (up.at(*high), up.at(*low));
                    c.rect(x, a, x + 1.0, b.max(a + 0.75), FALLING);
                }
            }
            return;
        }
        for i in 0..n {
            let bar = [self.open[i], self.high[i], self.low[i], self.close[i]];
            if bar.iter().any(|p| !p.is_finite()) {
                continue;
            }
            let [open, high, low, close] = bar.map(|p| up.at(p));
            let x = across.at(self.time_ms[i]) + each / 2.0;
            let falling = self.close[i] < self.open[i];
            let thin = if each < 4.0 { 1.0 } else { 1.5 };
            c.line(&[(x, high), (x, low.max(high + 0.5))], thin, FALLING);
            if each >= BODY {
                let half = (each * 0.36).min(9.0);
                let (a, b) = (open.min(close), open.max(close).max(open.min(close) + 1.0));
                c.rect(x - half, a, x + half, b, FALLING);
                let rim = if half > 2.0 { 1.0 } else { 0.5 };
                if !falling && b - a > 2.0 * rim {
                    c.rect(x - half + rim, a + rim, x + half - rim, b - rim, RISING);
                }
            }
        }
    }

    /// The axis of volumes, over no pixels yet.
    fn volume_scale(&self) -> Scale {
        let n = self.bars().min(self.volume.len());
        let most = self.volume[..n].iter().copied().filter(|v| v.is_finite()).fold(0.0, f64::max);
        Scale::linear(0.0, if most > 0.0 { most * 1.05 } else { 1.0 }, 0.0, 1.0)
    }

    fn draw_volume<S: Surface>(
        &self,
        c: &mut Canvas<'_, S>,
        pane: &Pane,
        across: &TimeScale,
        up: &Scale,
        step: f64,
    ) {
        let n = self.bars().min(self.volume.len());
        pane.value_axis(c, up, &up.ticks(TICKS[1]), "volume");
        let each = across.width_of(step);
        if each < 1.5 {
            let columns = fold_columns(&self.time_ms[..n], &self.volume, across, f64::max);
            for (k, v) in columns.iter().enumerate() {
                if let Some(v) = v {
                    let x = pane.left + k as f64;
                    c.rect(x, up.at(*v), x + 1.0, pane.bottom, AXIS);
                }
            }
        } else {
            for i in (0..n).filter(|&i| self.volume[i] > 0.0 && self.volume[i].is_finite()) {
                let x = across.at(self.time_ms[i]);
                c.rect(x + each * 0.14, up.at(self.volume[i]), x + each * 0.86, pane.bottom, AXIS);
            }
        }
        pane.axes(c);
    }

    /// Draws the trades; gives how many of their signs had no room.
    fn draw_trades<S: Surface>(
        &self,
        c: &mut Canvas<'_, S>,
        pane: &Pane,
        across: &TimeScale,
        up: &Scale,
    ) -> usize {
        let shown: Vec<&TradeMark> = self.trades.iter().filter(|t| self.shows(t)).collect();
        let size = match shown.len() {
            0..=60 => 8.0,
            61..=MANY => 5.5,
            _ => 3.0,
        };
        if shown.len() <= MANY {
            shown.iter().for_each(|t| draw_levels(c, t, across, up));
        }
        let (low, high) = up.range();
        let inside = |t: i64, p: f64| across.holds(t) && (low..=high).contains(&p);
        // Exits keep their places before entries, which point at theirs.
        let exits = shown.iter().filter_map(|t| {
            let (time, price) = t.exit.filter(|e| inside(e.0, e.1))?;
            let away = if t.long { -1.0 } else { 1.0 };
            Some((Sign { x: across.at(time), y: up.at(price), away }, *t, true))
        });
        let entries = shown.iter().filter(|t| inside(t.entry_ms, t.entry_price)).map(|t| {
            // The tip of the triangle is at the price.
            let away = if t.long { 1.0 } else { -1.0 };
            let y = up.at(t.entry_price) + size * away;
            (Sign { x: across.at(t.entry_ms), y, away }, *t, false)
        });
        let all: Vec<(Sign, &TradeMark, bool)> = exits.chain(entries).collect();
        let signs: Vec<Sign> = all.iter().map(|s| s.0).collect();
        let places = apart(&signs, 2.0 * size, (pane.top, pane.bottom));
        let placed: Vec<_> = all.iter().zip(&places).filter_map(|(s, y)| Some((s, (*y)?))).collect();
        for ((sign, ..), y) in placed.iter().filter(|(s, y)| (s.0.y - y).abs() > 1.0) {
            c.line(&[(sign.x, sign.y), (sign.x, *y)], 1.0, AXIS);
        }
        for ((sign, trade, exit), y) in &placed {
            match exit {
                true => cross(c, sign.x, *y, size * 0.75, result(trade)),
                false => triangle(c, sign.x, *y, size, trade.long, INK),
            }
        }
        all.len() - placed.len()
    }
}

/// Stop and target of a trade while it was held, and a line from its entry to its exit.
fn draw_levels<S: Surface>(c: &mut Canvas<'_, S>, t: &TradeMark, across: &TimeScale, up: &Scale) {
    let (_, last) = across.span_ms();
    let (low, high) = up.range();
    let inside = |t: i64, p: f64| across.holds(t) && (low..=high).contains(&p);
    let (from, to) = (across.at(t.entry_ms), across.at(t.exit.map_or(last, |e| e.0)));
    let to = to.max(from + 5.0);
    for (level, colour) in [(t.stop, LOSS), (t.target, WIN)] {
        if let Some(level) = level.filter(|p| (low..=high).contains(p)) {
            let y = up.at(level);
            c.dashed(&[(from, y), (to, y)], 1.75, colour, 5.0, 3.0);
        }
    }
    let drawn = t.exit.filter(|e| inside(e.0, e.1) && inside(t.entry_ms, t.entry_price));
    if let Some((time, price)) = drawn {
        let line = [(from, up.at(t.entry_price)), (across.at(time), up.at(price))];
        c.line(&line, 1.75, result(t).over(PAPER, 0.75));
    }
}

fn result(trade: &TradeMark) -> Colour {
    if trade.profit > 0.0 { WIN } else { LOSS }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_price_axis_holds_bars_and_near_levels_only() {
        let mut chart = PriceTradesChart {
            time_ms: vec![0, 60_000, 120_000],
            open: vec![10.0; 3],
            high: vec![12.0; 3],
            low: vec![8.0; 3],
            close: vec![11.0; 3],
            ..Default::default()
        };
        let trade = TradeMark {
            long: true,
            entry_ms: 60_000,
            entry_price: 10.0,
            exit: None,
            stop: Some(7.5),
            target: Some(90.0),
            profit: 0.0,
        };
        chart.trades = vec![trade, TradeMark { entry_ms: 900_000, stop: Some(7.1), ..trade }];
        let (low, high) = chart.range().unwrap();
        assert!((7.2..7.5).contains(&low) && (12.0..13.0).contains(&high), "{low} {high}");
        chart.close.clear();
        assert_eq!(chart.range(), None);
    }

    /// `n` bars of an hour, and trades in them of which each enters where the one before exits.
    fn reversing(n: i64, every: usize) -> PriceTradesChart {
        let hour = 3_600_000;
        let price = |t: i64| 100.0 + (t / hour % 7) as f64;
        let time_ms: Vec<i64> = (0..n).map(|i| i * hour).collect();
        let of = |by: f64| time_ms.iter().map(|t| price(*t) + by).collect::<Vec<f64>>();
        let points: Vec<i64> = time_ms.iter().copied().step_by(every).collect();
        let trade = |(k, w): (usize, &[i64])| TradeMark {
            long: k % 2 == 0,
            entry_ms: w[0],
            entry_price: price(w[0]),
            exit: Some((w[1], price(w[1]))),
            stop: None,
            target: None,
            profit: 1.0,
        };
        PriceTradesChart {
            subtitle: "drawn".into(),
            trades: points.windows(2).enumerate().map(trade).collect(),
            open: of(0.0),
            high: of(1.0),
            low: of(-1.0),
            close: of(0.5),
            time_ms,
            ..Default::default()
        }
    }

    #[test]
    fn signs_without_room_are_left_out_and_counted() {
        assert!(!reversing(240, 12).svg().unwrap().contains("left out"), "all of a few have room");
        let mut many = reversing(2000, 1);
        for trade in &mut many.trades {
            (trade.entry_price, trade.exit) = (103.0, trade.exit.map(|e| (e.0, 103.0)));
        }
        let svg = many.svg().unwrap();
        let at = svg.find("signs left out").expect("the subtitle counts them");
        let n: usize = svg[..at].trim_end().rsplit(' ').next().unwrap().parse().unwrap();
        assert!((1000..3500).contains(&n), "{n} of 3,998");
    }

    #[test]
    fn the_legend_names_what_is_drawn() {
        let names = |c: &PriceTradesChart| {
            let across = TimeScale::new(0, 240 * 3_600_000, 126.0, 1176.0);
            let keys = c.keys(&across, c.range().unwrap(), across.width_of(3_600_000.0));
            keys.into_iter().map(|k| k.1).collect::<Vec<_>>()
        };
        let mut chart = reversing(240, 12);
        assert_eq!(names(&chart), ["long entry", "short entry", "exit with gain"]);
        // A loss after the window, a target far from all bars, a bar that falls.
        chart.trades.truncate(1);
        chart.trades[0] = TradeMark {
            exit: Some((i64::MAX, 1.0)),
            target: Some(900.0),
            stop: Some(99.5),
            profit: -1.0,
            ..chart.trades[0]
        };
        chart.open[3] = 110.0;
        assert_eq!(names(&chart), ["long entry", "stop", "bar closing lower"]);
    }

    #[test]
    fn a_market_without_volume_has_no_axis_of_it() {
        let named = |volume| PriceTradesChart { volume, ..reversing(9, 2) }.svg().unwrap().contains("volume");
        assert!(named(vec![0.0, 2.0]) && !named(vec![0.0; 9]) && !named(vec![]));
    }

    #[test]
    fn nights_leave_no_holes() {
        let mut chart = reversing(240, 12);
        let (day, hour) = (24 * 3_600_000, 3_600_000);
        // Sessions of six hours.
        chart.time_ms = (0..240).map(|i| i / 6 * day + i % 6 * hour).collect();
        chart.trades.clear();
        chart.regime = vec![0; 240];
        chart.regimes = RegimeScheme::named("one", ["ON"]).unwrap();
        let shades = |c: &PriceTradesChart| {
            let on = crate::palette::regime(&c.regimes, 0).over(PAPER, 0.13).hex();
            c.svg().unwrap().matches(&on).count()
        };
        assert_eq!(shades(&chart), 40, "one a session");
        chart.closed = (0..39).map(|d| (d * day + 6 * hour, (d + 1) * day)).collect();
        assert_eq!(shades(&chart), 1);
    }
}
