//! The price chart of a run: which symbol and which part of the history it shows.

use super::charts::{closed, codes, system};
use crate::data::table::Table;
use crate::error::Result;
use crate::market::{format_time, parse_time};
use crate::regime::NO_REGIME;
use crate::report::text::count;
use crate::report::{PriceTradesChart, TradeMark};
use crate::runs::{RunRecord, Summary};

/// The bars of one symbol, and what is known of each.
struct ChartedBars<'r> {
    /// The symbol, of a run of several.
    symbol: Option<&'r str>,
    open_ms: Vec<i64>,
    regime: Vec<u8>,
    /// Where the prices stand.
    table: &'r Table,
}

impl<'r> ChartedBars<'r> {
    /// Those of the symbol with the most trades; of a run of one symbol, those beside its equity.
    fn of(record: &'r RunRecord) -> Result<Self> {
        let s = &record.summary;
        let length = s.data.quality.timeframe;
        let equity = &record.main.equity;
        let close_ms = equity.time_ms("close_time")?;
        let regime = codes(s, equity)?;
        let Some(table) = &record.bars else {
            let open_ms = close_ms.iter().map(|t| length.open_ms(*t)).collect();
            let symbol = s.symbols.first().map(|x| x.symbol.as_str());
            return Ok(Self { symbol, open_ms, regime, table: equity });
        };
        let open_ms = table.time_ms("open_time")?.to_vec();
        let at = |open: &i64| match close_ms.binary_search(&length.end_ms(*open)) {
            Ok(step) => regime[step],
            Err(_) => NO_REGIME,
        };
        let regime = open_ms.iter().map(at).collect();
        Ok(Self { symbol: table.labels("symbol")?.get(0), open_ms, regime, table })
    }
}

/// `(price_from, price_bars)` of the resolved scenario.
fn window_options(record: &RunRecord) -> (Option<i64>, usize) {
    let parsed: Option<toml::Table> = toml::from_str(&record.scenario).ok();
    let report = parsed.as_ref().and_then(|t| t.get("report"));
    let from = report.and_then(|r| r.get("price_from")).and_then(toml::Value::as_str).and_then(parse_time);
    let bars = report.and_then(|r| r.get("price_bars")).and_then(toml::Value::as_integer).unwrap_or(240);
    (from, bars.max(1) as usize)
}

/// The first bar of the window of `wanted` bars in which most entries are, the first of equals; a few bars before the
/// first of them.
fn busiest(open_ms: &[i64], mut entries: Vec<i64>, wanted: usize) -> usize {
    entries.sort_unstable();
    let bar = |t: i64| open_ms.partition_point(|open| *open < t);
    let bars: Vec<usize> = entries.into_iter().map(bar).collect();
    let within = |i: usize| bars.partition_point(|b| *b < bars[i] + wanted) - i;
    let best = (0..bars.len()).map(|i| (i, within(i))).fold((0, 0), |a, b| if b.1 > a.1 { b } else { a });
    bars.get(best.0).map_or(0, |b| b.saturating_sub(12))
}

/// The chart of a window of the history.
pub(super) fn price(record: &RunRecord) -> Result<PriceTradesChart> {
    let s = &record.summary;
    let series = ChartedBars::of(record)?;
    let marks = marks(record, series.symbol)?;
    let n = series.open_ms.len();
    let (from, wanted) = window_options(record);
    let start = match from {
        Some(ms) => series.open_ms.partition_point(|t| *t < ms),
        None => busiest(&series.open_ms, marks.iter().map(|m| m.entry_ms).collect(), wanted),
    };
    let start = start.min(n.saturating_sub(wanted));
    let rows = start..(start + wanted).min(n);
    let part = |name: &str| -> Result<Vec<f64>> { Ok(series.table.f64(name)?[rows.clone()].to_vec()) };
    let time_ms = series.open_ms[rows.clone()].to_vec();
    Ok(PriceTradesChart {
        title: "Entries and exits".to_owned(),
        subtitle: subtitle(s, &series, &time_ms, &marks),
        axis: format!("price ({})", quote(record, series.symbol)),
        open: part("open")?,
        high: part("high")?,
        low: part("low")?,
        close: part("close")?,
        volume: part("volume")?,
        regime: series.regime[rows.clone()].to_vec(),
        regimes: s.regime_scheme.clone(),
        trades: marks,
        closed: closed(s, &time_ms),
        time_ms,
    })
}

/// The currency that `symbol` is priced in, or the only one there is: that of its instrument, else that of the account.
fn quote(record: &RunRecord, symbol: Option<&str>) -> String {
    quote_of(&record.scenario, symbol).unwrap_or_else(|| record.summary.currency.clone())
}

/// The quote currency that a resolved scenario gives the instrument of a symbol; of its only one where there is no name.
fn quote_of(scenario: &str, symbol: Option<&str>) -> Option<String> {
    let scenario: toml::Table = toml::from_str(scenario).ok()?;
    let instruments = scenario.get("instrument")?.as_array()?;
    let text = |i: &toml::Value, key: &str| i.get(key).and_then(|v| v.as_str().map(str::to_owned));
    let own = match (symbol, &instruments[..]) {
        (Some(symbol), all) => all.iter().find(|i| text(i, "symbol").as_deref() == Some(symbol)),
        (None, [one]) => Some(one),
        (None, _) => None,
    };
    text(own?, "quote").filter(|quote| !quote.is_empty())
}

/// What is drawn: the symbol, and the times of the first bar and of the end of the last.
fn subtitle(s: &Summary, series: &ChartedBars<'_>, time_ms: &[i64], marks: &[TradeMark]) -> String {
    let step = s.data.quality.timeframe.ms();
    // Days are enough of bars of a day.
    let digits = if step < 86_400_000 { 16 } else { 10 };
    let at = |ms: i64| format_time(ms).chars().take(digits).collect::<String>();
    let what = match series.symbol {
        Some(symbol) if s.symbols.len() > 1 => {
            format!("{symbol}, of {} symbols the one with the most trades", s.symbols.len())
        }
        _ => s.data.title(),
    };
    let range = match (time_ms.first(), time_ms.last()) {
        (Some(first), Some(last)) if digits == 10 => format!(", {} to {}", at(*first), at(*last)),
        (Some(first), Some(last)) => format!(", {} to {}", at(*first), at(last + step)),
        _ => String::new(),
    };
    let bars = format!("{} of {} bars", count(time_ms.len() as u64), count(series.open_ms.len() as u64));
    let levels = marks.iter().any(|m| m.stop.is_some() || m.target.is_some());
    let levels = if levels { "; stop and target as at entry" } else { "" };
    format!("{what}{range}, {}; {bars}{levels}", system(s))
}

/// The trades of a symbol, or all where there is only one.
fn marks(record: &RunRecord, symbol: Option<&str>) -> Result<Vec<TradeMark>> {
    let trades = &record.main.trades;
    let (symbols, side) = (trades.labels("symbol")?, trades.labels("direction")?);
    let (entries, exits) = (trades.time_ms("entry_time")?, trades.time_ms("exit_time")?);
    let (entry, exit) = (trades.f64("entry")?, trades.f64("exit")?);
    let (stop, target, pnl) = (trades.f64("stop")?, trades.f64("target")?, trades.f64("pnl")?);
    let finite = |x: f64| x.is_finite().then_some(x);
    let mark = |i: usize| TradeMark {
        long: side.get(i) == Some("long"),
        entry_ms: entries[i],
        entry_price: entry[i],
        exit: Some((exits[i], exit[i])),
        stop: finite(stop[i]),
        target: finite(target[i]),
        profit: pnl[i],
    };
    let shown = |i: &usize| symbol.is_none() || symbols.get(*i) == symbol;
    Ok((0..trades.rows()).filter(shown).map(mark).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_in_the_currency_of_their_symbol() {
        let scenario = "[[instrument]]\nsymbol = \"SAP\"\nquote = \"EUR\"\n[[instrument]]\nsymbol = \"X\"\nquote = \"\"\n";
        let of = |symbol: &str| quote_of(scenario, Some(symbol));
        assert_eq!((of("SAP"), of("X"), of("AAPL")), (Some("EUR".to_owned()), None, None));
        let one = scenario.split_at(scenario.rfind("[[").unwrap()).0;
        assert_eq!((quote_of(one, None), quote_of(scenario, None)), (Some("EUR".to_owned()), None));
    }

    #[test]
    fn the_window_has_the_most_entries_wherever_bars_are_missing() {
        // Ten bars, a night, ninety more.
        let open_ms: Vec<i64> = (0..100).map(|i| if i < 10 { i } else { i + 500 }).collect();
        let at = |bars: &[usize]| bars.iter().map(|b| open_ms[*b]).collect::<Vec<i64>>();
        assert_eq!(busiest(&open_ms, at(&[80, 5, 8, 12, 60]), 20), 0);
        assert_eq!(busiest(&open_ms, at(&[90, 50, 52, 54, 5, 8]), 20), 50 - 12);
        assert_eq!(busiest(&open_ms, vec![], 20), 0);
    }
}
