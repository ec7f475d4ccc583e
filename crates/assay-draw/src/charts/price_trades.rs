//! Prices of a window of time with the trades made in it.

use super::{Chart, WIDTH};
use crate::canvas::Canvas;
use crate::columns::{TimeScale, fold_columns, strip, usual_step};
use crate::palette::{AXIS, Colour, INK, LOSS, PAPER, WIN, regime};
use crate::pane::{
    Key, MARGIN, Pane, TIME_NAME, cross, head, legend, regime_keys, regime_room, regime_strip, triangle,
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
    /// Volumes; empty for no volume pane.
    pub volume: Vec<f64>,
    /// Regime codes; empty for no strip.
    pub regime: Vec<u8>,
    /// What the codes stand for.
    pub regimes: RegimeScheme,
    /// Trades; those outside the window are left out.
    pub trades: Vec<TradeMark>,
}

/// Body and wick of a rising bar, of a falling bar.
const RISING: Colour = Colour(0xC3, 0xCC, 0xD9);
const FALLING: Colour = Colour(0x5B, 0x68, 0x7D);

const HEIGHT: f64 = 860.0;

/// With more trades than this only entries and exits are drawn.
const MANY: usize = 250;

impl Chart for PriceTradesChart {
    fn title(&self) -> &str {
        &self.title
    }

    fn size(&self) -> (u32, u32) {
        (WIDTH, HEIGHT as u32)
    }

    fn draw<S: Surface>(&self, c: &mut Canvas<'_, S>) {
        let (left, right) = (126.0, f64::from(WIDTH) - MARGIN);
        head(c, f64::from(WIDTH), &self.title, &self.subtitle);
        let n = self.bars();
        let (Some((low, high)), Some(&first), Some(&last)) =
            (self.range(), self.time_ms.first(), self.time_ms.get(n.wrapping_sub(1)))
        else {
            Pane { left: MARGIN, top: 90.0, right, bottom: HEIGHT - MARGIN }.say(c, "no bars in this window");
            return;
        };
        let step = usual_step(&self.time_ms[..n]);
        let across = TimeScale::new(first, last.saturating_add(step as i64), left, right);
        let rows = legend(c, MARGIN, right, 98.0, &self.keys());
        let top = 98.0 + 25.0 * rows as f64 - 3.0;
        let room = if self.regime.is_empty() { 0.0 } else { regime_room(left, right, &self.regimes) };
        let foot = HEIGHT - 88.0 - room;
        let runs = strip(&self.time_ms[..n], &self.regime, &across);
        let mut under = foot - if self.regime.is_empty() { 0.0 } else { 32.0 };
        let mut panes = Vec::new();
        if !self.volume.is_empty() {
            panes.push(Pane { left, top: under - 104.0, right, bottom: under });
            under -= 122.0;
        }
        let main = Pane { left, top, right, bottom: under };
        panes.push(main);
        for pane in &panes {
            for &(from, to, code) in runs.iter().filter(|r| r.2 != u8::MAX && runs.len() < 60) {
                c.rect(from, pane.top, to, pane.bottom, regime(&self.regimes, code).over(PAPER, 0.13));
            }
            pane.time_grid(c, &across);
        }
        let up = Scale::linear(low, high, main.bottom, main.top);
        main.value_axis(c, &up, &up.ticks(8), &self.axis);
        self.draw_bars(c, &across, &up, step);
        main.axes(c);
        if let [volume, _] = &panes[..] {
            self.draw_volume(c, volume, &across, step);
        }
        self.draw_trades(c, &across, &up);
        let mut lowest = panes[0];
        if !self.regime.is_empty() {
            lowest = Pane { left, top: foot - 22.0, right, bottom: foot };
            regime_strip(c, &lowest, &runs, &self.regimes);
            legend(c, left, right - TIME_NAME, HEIGHT - 19.0 - room, &regime_keys(&self.regimes));
        }
        lowest.time_axis(c, &across);
    }
}

impl PriceTradesChart {
    /// The signs that are drawn.
    fn keys(&self) -> Vec<(Key, &'static str)> {
        let shown: Vec<_> = self.trades.iter().filter(|t| self.shows(t)).collect();
        let any = |test: fn(&TradeMark) -> bool| shown.iter().any(|t| test(t));
        let levels = shown.len() <= MANY;
        [
            (any(|t| t.long), Key::Triangle(INK, true), "long entry"),
            (any(|t| !t.long), Key::Triangle(INK, false), "short entry"),
            (any(|t| t.exit.is_some() && t.profit > 0.0), Key::Cross(WIN), "exit with gain"),
            (any(|t| t.exit.is_some() && t.profit <= 0.0), Key::Cross(LOSS), "exit with loss"),
            (levels && any(|t| t.target.is_some()), Key::Dashed(WIN, 1.75), "target"),
            (levels && any(|t| t.stop.is_some()), Key::Dashed(LOSS, 1.75), "stop"),
            (self.bars() <= 350, Key::Square(FALLING), "bar closing lower"),
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
        let (from, to) = across.span_ms();
        let (left, right) = across.edges();
        let each = step / (to - from) as f64 * (right - left);
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
            if each >= 3.0 {
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

    fn draw_volume<S: Surface>(&self, c: &mut Canvas<'_, S>, pane: &Pane, across: &TimeScale, step: f64) {
        let n = self.bars().min(self.volume.len());
        let most = self.volume[..n].iter().copied().filter(|v| v.is_finite()).fold(0.0, f64::max);
        let up = Scale::linear(0.0, if most > 0.0 { most * 1.05 } else { 1.0 }, pane.bottom, pane.top);
        pane.value_axis(c, &up, &up.ticks(3), "volume");
        let (from, to) = across.span_ms();
        let each = step / (to - from) as f64 * (pane.right - pane.left);
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

    fn draw_trades<S: Surface>(&self, c: &mut Canvas<'_, S>, across: &TimeScale, up: &Scale) {
        let shown: Vec<&TradeMark> = self.trades.iter().filter(|t| self.shows(t)).collect();
        let size = match shown.len() {
            0..=60 => 8.0,
            61..=MANY => 5.5,
            _ => 3.0,
        };
        let (first, last) = across.span_ms();
        let (low, high) = up.range();
        let inside = |t: i64, p: f64| (first..=last).contains(&t) && (low..=high).contains(&p);
        for t in &shown {
            let (from, to) = (across.at(t.entry_ms), across.at(t.exit.map_or(last, |e| e.0)));
            let to = to.max(from + 5.0);
            for (level, colour) in [(t.stop, LOSS), (t.target, WIN)] {
                if let Some(level) = level.filter(|p| (low..=high).contains(p) && shown.len() <= MANY) {
                    let y = up.at(level);
                    c.dashed(&[(from, y), (to, y)], 1.75, colour, 5.0, 3.0);
                }
            }
            let drawn = |e: &(i64, f64)| shown.len() <= MANY && inside(e.0, e.1);
            if let Some((time, price)) = t.exit.filter(|e| drawn(e) && inside(t.entry_ms, t.entry_price)) {
                let line = [(from, up.at(t.entry_price)), (across.at(time), up.at(price))];
                c.line(&line, 1.75, result(t).over(PAPER, 0.75));
            }
        }
        for t in &shown {
            if inside(t.entry_ms, t.entry_price) {
                // The tip of the triangle is at the price.
                let y = up.at(t.entry_price) + if t.long { size } else { -size };
                triangle(c, across.at(t.entry_ms), y, size, t.long, INK);
            }
            if let Some((time, price)) = t.exit.filter(|e| inside(e.0, e.1)) {
                cross(c, across.at(time), up.at(price), size * 0.75, result(t));
            }
        }
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
}
