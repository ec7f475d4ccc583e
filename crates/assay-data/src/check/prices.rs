//! Values of a row: prices that no bar has, empty bars, the same bar over and over, the extremes.

use super::report::{Extreme, Finding, FindingKind, FindingSeverity, QualityFigures, Seen};
use super::view::BarsView;
use crate::rows::Rows;
use crate::words::count;

/// So many equal bars in a row are stale where they have volume.
const STALE: usize = 3;

/// So many where they have none: a quiet minute of a market without volumes is flat too.
const STALE_WITHOUT_VOLUME: usize = 10;

pub(super) fn check(view: &BarsView<'_>, figures: &mut QualityFigures, out: &mut Vec<Finding>) {
    values(view.rows, figures, out);
    spreads(view.rows, out);
    stale(view, figures, out);
    extremes(view, figures);
}

/// A spread of so much of the price is worth a look.
const WIDE_SPREAD: f64 = 0.1;

/// A spread of so much of the price is none: of an ask and a bid above zero it is less than twice their middle.
pub const NO_SPREAD: f64 = 2.0;

/// Spreads that are a large share of the price: points, or basis points, taken for a price.
fn spreads(rows: &Rows, out: &mut Vec<Finding>) {
    let Some(spread) = &rows.spread else { return };
    let (mut wide, mut none) = (Seen::in_rows(rows), Seen::in_rows(rows));
    for (i, (s, c)) in spread.iter().zip(&rows.close).enumerate().filter(|(_, (_, c))| **c > 0.0) {
        let what = || format!("spread {s} at a close of {c}");
        if *s > NO_SPREAD * c {
            none.see(i, what);
        } else if *s > WIDE_SPREAD * c {
            wide.see(i, what);
        }
    }
    let text = "spreads above a tenth of the price: of an illiquid market, or in another unit";
    out.extend(wide.finding(FindingKind::WideSpread, FindingSeverity::Warning, text));
    let text = "spreads above twice the price: points or basis points, where a price is meant";
    out.extend(none.finding(FindingKind::WideSpread, FindingSeverity::Error, text));
}

fn values(rows: &Rows, figures: &mut QualityFigures, out: &mut Vec<Finding>) {
    let seen = || Seen::in_rows(rows);
    let (mut bad, mut wrong, mut empty, mut flat) = (seen(), seen(), seen(), seen());
    for i in 0..rows.len() {
        let (o, h, l, c, v) = (rows.open[i], rows.high[i], rows.low[i], rows.close[i], rows.volume[i]);
        let price = |x: f64| x > 0.0 && x.is_finite();
        // A spread that nobody quoted is none; one below zero would be a gift.
        let spread = rows.spread.as_ref().map_or(0.0, |s| s[i]);
        if !(price(o) && price(h) && price(l) && price(c) && v >= 0.0 && v.is_finite())
            || spread < 0.0
            || spread.is_infinite()
        {
            bad.see(i, || bad_value([o, h, l, c], v, spread));
        } else if h < o.max(c) || l > o.min(c) {
            wrong.see(i, || violation(o, h, l, c));
        }
        if v == 0.0 {
            empty.see(i, || "volume 0".into());
        }
        if o == h && h == l && l == c {
            flat.see(i, || format!("all prices are {o}"));
        }
    }
    figures.bad_values = bad.count() as usize;
    figures.ohlc_violations = wrong.count() as usize;
    figures.zero_volume = empty.count() as usize;
    figures.flat = flat.count() as usize;
    let text =
        "rows with a price that is not positive, a volume or spread that is negative, or what is no number";
    out.extend(bad.finding(FindingKind::BadValue, FindingSeverity::Error, text));
    let text = "rows whose high is not the highest or whose low is not the lowest price";
    out.extend(wrong.finding(FindingKind::OhlcViolation, FindingSeverity::Error, text));
    let text = match (figures.zero_volume == rows.len(), rows.has_volume) {
        (false, _) => "bars without volume: nothing was traded, or an outage",
        (true, true) => "bars without volume: it is 0 in every row",
        (true, false) => "bars without volume: the source has none",
    };
    out.extend(empty.finding(FindingKind::ZeroVolume, FindingSeverity::Info, text));
    let text = "flat bars: open, high, low and close are equal";
    out.extend(flat.finding(FindingKind::Flat, FindingSeverity::Info, text));
}

fn bad_value(prices: [f64; 4], volume: f64, spread: f64) -> String {
    let names = ["open", "high", "low", "close"];
    let bad = names.into_iter().zip(prices).find(|(_, p)| p.is_nan() || *p <= 0.0 || p.is_infinite());
    let fine = volume >= 0.0 && volume.is_finite();
    let (name, value) = bad.unwrap_or(if fine { ("spread", spread) } else { ("volume", volume) });
    format!("{name} is {value}")
}

fn violation(o: f64, h: f64, l: f64, c: f64) -> String {
    match () {
        () if h < l => format!("high {h} is below low {l}"),
        () if h < o => format!("high {h} is below open {o}"),
        () if h < c => format!("high {h} is below close {c}"),
        () if l > o => format!("low {l} is above open {o}"),
        () => format!("low {l} is above close {c}"),
    }
}

/// Runs of one and the same bar.
fn stale(view: &BarsView<'_>, figures: &mut QualityFigures, out: &mut Vec<Finding>) {
    let mut seen = Seen::in_rows(view.rows);
    let mut start = 0;
    let equal = |a: usize, b: usize| {
        [&view.o, &view.h, &view.l, &view.c, &view.v].into_iter().all(|column| column[a] == column[b])
    };
    for i in 1..=view.len() {
        if i < view.len() && equal(start, i) {
            continue;
        }
        let run = i - start;
        if run >= if view.v[start] > 0.0 { STALE } else { STALE_WITHOUT_VOLUME } {
            let (c, v) = (view.c[start], view.v[start]);
            let what = || format!("{} alike, close {c}, volume {v}", count(run as u64, "bar"));
            seen.see_all(view.row(start), run as u64, what);
        }
        start = i;
    }
    figures.stale = seen.count() as usize;
    let text = "bars in runs of one and the same: a feed that stood still, or bars filled in";
    out.extend(seen.finding(FindingKind::StaleRepeats, FindingSeverity::Warning, text));
}

fn extremes(view: &BarsView<'_>, figures: &mut QualityFigures) {
    let mut moved = (0.0, None);
    let mut ranged: Option<Extreme> = None;
    for i in 0..view.len() {
        let time_ms = view.t[i];
        if i > 0 && view.c[i] > 0.0 && view.c[i - 1] > 0.0 {
            // Up by a half and down by a third are as far: the logarithm says so.
            let ratio = view.c[i] / view.c[i - 1];
            let far = if ratio < 1.0 { 1.0 / ratio } else { ratio };
            if far.is_finite() && far > moved.0 {
                moved = (far, Some(Extreme { time_ms, value: ratio - 1.0 }));
            }
        }
        let value = view.h[i] / view.l[i] - 1.0;
        if view.l[i] > 0.0 && value.is_finite() && ranged.is_none_or(|r| value > r.value) {
            ranged = Some(Extreme { time_ms, value });
        }
    }
    (figures.biggest_move, figures.biggest_range) = (moved.1, ranged);
}
