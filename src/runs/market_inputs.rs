//! What a replay needs of each symbol beside its bars: costs by bar, currency, instrument.

use std::sync::Arc;

use super::inputs::Inputs;
use crate::data::Loaded;
use crate::data::check::NO_SPREAD;
use crate::error::{Error, Place, Result};
use crate::execution::SpreadFrom;
use crate::features::FeatureCache;
use crate::indicators::rolling_sum;
use crate::market::{Bars, Calendar, Funding, format_time};
use crate::replay::{BarCosts, ContractSpec, Market};
use crate::scenario::Scenario;

/// Values of a scenario that change what [`MarketInputs`] hold: a sweep over one of them makes them anew. A
/// test finds one that is missing.
pub(crate) const BY_THE_BAR: [&str; 8] = [
    "execution.spread_from",
    "execution.spread_bps",
    "execution.spread_max_bps",
    "execution.slippage_atr",
    "execution.impact",
    "risk.limits.widen_stops",
    "account.rollover_hour",
    "account.currency",
];

/// What a replay needs of one symbol beside its bars.
#[derive(Debug)]
pub struct MarketInputs {
    terms: ContractSpec,
    conditions: Option<BarCosts>,
    fx: Option<Vec<f64>>,
    payments: Option<Arc<Funding>>,
}

/// Oldest price that a conversion may use: a trading day, with a long weekend before it.
const STALE_MS: i64 = 4 * 86_400_000;

impl MarketInputs {
    /// Those of symbol `k` of a scenario.
    ///
    /// # Errors
    /// A currency cannot be converted, or the spread column is not there.
    pub fn of(scenario: &Scenario, inputs: &Inputs, k: usize, cache: &FeatureCache) -> Result<Self> {
        let loaded = &inputs.symbols[k];
        let instrument = &scenario.instruments[k];
        let fx = currency(scenario, inputs, k)?;
        let calendar = instrument.calendar.unwrap_or(scenario.data.calendar());
        let conditions = conditions(scenario, loaded, calendar, cache, fx.as_deref())?;
        let mut payments = loaded.funding.as_ref().map(|f| f.funding.clone());
        let swaps = [instrument.swap_long_bps, instrument.swap_short_bps].map(|b| b / 10_000.0);
        if swaps != [0.0, 0.0] {
            let nights = Funding::overnight(&loaded.bars, swaps, scenario.account.rollover_hour);
            payments = Some(Arc::new(match payments {
                Some(funding) => funding.as_ref().clone().and(nights),
                None => nights,
            }));
        }
        Ok(Self { terms: ContractSpec::of(instrument), conditions, fx, payments })
    }

    /// Whether a cost that `scenario` asks for is not known of a bar: a fill there did not pay it.
    pub fn lacks_costs(&self, scenario: &Scenario, bar: usize) -> bool {
        let e = &scenario.execution;
        let lacks =
            |asked: bool, column: Option<&Vec<f64>>| asked && column.is_some_and(|c| !c[bar].is_finite());
        self.conditions.as_ref().is_some_and(|rows| {
            lacks(e.impact > 0.0, rows.impact.as_ref()) || lacks(e.slippage_atr > 0.0, rows.atr.as_ref())
        })
    }

    /// The market of `loaded`, whose inputs these are.
    pub fn market<'a>(&'a self, loaded: &'a Loaded) -> Market<'a> {
        Market {
            bars: &loaded.bars,
            detail: loaded.detail.as_ref().map(|d| d.detail.as_ref()),
            funding: self.payments.as_deref(),
            rows: self.conditions.as_ref(),
            fx: self.fx.as_deref(),
            terms: self.terms,
        }
    }
}

/// A column as it is known at the open of each bar: one bar later.
fn at_open(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut out = vec![f64::NAN];
    out.extend(values);
    out.pop();
    out
}

/// Costs by bar, where the scenario asks for any.
fn conditions(
    scenario: &Scenario,
    loaded: &Loaded,
    calendar: Calendar,
    cache: &FeatureCache,
    fx: Option<&[f64]>,
) -> Result<Option<BarCosts>> {
    let e = &scenario.execution;
    let (bars, file) = (&loaded.bars, loaded.file_name.as_str());
    let bounded = |s: f64| (10_000.0 * s).max(e.spread_bps).min(e.spread_max_bps.max(e.spread_bps));
    let estimated = |name: &'static str| {
        let column = cache.get(name, &[20.0]);
        let known = |s: &f64| if s.is_finite() { bounded(*s) } else { e.spread_bps };
        Some(
            at_open(column.iter().map(known))
                .into_iter()
                .map(|s| if s.is_nan() { e.spread_bps } else { s })
                .collect(),
        )
    };
    let spread_bps = match e.spread_from {
        SpreadFrom::Constant => None,
        SpreadFrom::CorwinSchultz => estimated("corwin_schultz"),
        SpreadFrom::AbdiRanaldo => estimated("abdi_ranaldo"),
        SpreadFrom::Column => {
            let Some(column) = loaded.spread.as_deref() else {
                return Err(Error::data(file, "has no column named spread")
                    .hint("give one, a price, or set execution.spread_from to another source"));
            };
            // Nothing fills before `data.from`.
            let no_price = |row: &usize| !(column[*row].is_finite() && column[*row] >= 0.0);
            if let Some(row) = (loaded.lead..bars.len()).find(no_price) {
                let time = format_time(bars.open_time()[row]);
                return Err(Error::data(
                    file,
                    format!("the spread of the bar at {time} is no price: {}", column[row]),
                )
                .hint("give every bar a spread of 0 or more, in the unit of the price"));
            }
            // Of an ask and a bid above zero it is less than twice their middle.
            let wide = |row: &usize| column[*row] > NO_SPREAD * bars.open()[*row];
            let judged = loaded.lead..bars.len();
            if judged.clone().filter(wide).count() * 2 > judged.len() {
                let (row, price) = (judged.end - 1, bars.open()[judged.end - 1]);
                return Err(Error::data(
                    file,
                    format!(
                        "the column spread is no price: {} beside a price of {price} at the last bar",
                        column[row]
                    ),
                )
                .hint(
                    "points or basis points? give the difference of ask and bid, in the unit of the price",
                ));
            }
            // The spread of a bar is met by the fills in it.
            Some(column.iter().zip(bars.open()).map(|(s, o)| 10_000.0 * s / o).collect())
        }
    };
    let wants_atr = e.slippage_atr > 0.0 || scenario.risk.limits.widen_stops;
    let atr = wants_atr.then(|| {
        let atr = cache.get("atr", &[14.0]);
        at_open(atr.iter().zip(bars.close()).map(|(a, c)| a / c))
    });
    let impact = (e.impact > 0.0).then(|| impact(loaded, calendar, cache, fx)).transpose()?;
    let any = spread_bps.is_some() || atr.is_some() || impact.is_some();
    Ok(any.then_some(BarCosts { spread_bps, atr, impact }))
}

/// Market impact of an order of all the turnover of a day, at the open of each bar: the volatility of the last day
/// (Parkinson's) over the root of its turnover, volume at the typical price. A day is as many bars as a trading day of
/// `calendar` has.
fn impact(loaded: &Loaded, calendar: Calendar, cache: &FeatureCache, fx: Option<&[f64]>) -> Result<Vec<f64>> {
    let bars = &loaded.bars;
    let day = (calendar.bars_per_year(bars.timeframe()) / calendar.days_per_year()).round().max(1.0) as usize;
    let worth: Vec<f64> = (0..bars.len())
        .map(|i| {
            let price = (bars.high()[i] + bars.low()[i] + bars.close()[i]) / 3.0;
            bars.volume()[i] * price * fx.map_or(1.0, |f| f[i])
        })
        .collect();
    if loaded.lead < bars.len() && bars.volume()[loaded.lead..].iter().all(|v| *v == 0.0) {
        return Err(Error::data(&loaded.file_name, "no bar has a volume, and execution.impact needs it").hint(
            "leave execution.impact at 0, or give the volume: assay data import --map volume=NAME takes a column of another name",
        ));
    }
    // What has no price in the currency of the account leaves its day unknown. It lies before `data.from`, where nothing
    // fills; the day before the first fill must be known.
    let unknown =
        worth.iter().rposition(|w| w.is_nan()).filter(|bar| *bar + day > loaded.lead && loaded.lead > 0);
    if let Some(bar) = unknown {
        let time = format_time(bars.open_time()[bar]);
        let problem =
            format!("the turnover of the bar at {time} is not known in the currency of the account");
        return Err(Error::data(&loaded.file_name, problem).hint(
            "execution.impact needs the day before data.from: give the bars of the conversion from a day earlier on",
        ));
    }
    let known: Vec<f64> = worth.iter().map(|w| if w.is_nan() { 0.0 } else { *w }).collect();
    let daily = rolling_sum(&known, day);
    let sigma = cache.get("parkinson", &[day as f64]);
    let factor = |(s, v): (&f64, f64)| if v > 0.0 { s * (day as f64).sqrt() / v.sqrt() } else { f64::NAN };
    Ok(at_open(sigma.iter().zip(daily).map(factor)))
}

/// A price of one currency in another, or its inverse.
struct CurrencyPair<'a> {
    from: &'a str,
    to: &'a str,
    bars: &'a Bars,
    inverse: bool,
}

impl CurrencyPair<'_> {
    /// Price at the last close at or before `time`.
    fn at(&self, time: i64) -> Option<f64> {
        let opens = self.bars.open_time();
        let closed = opens.partition_point(|t| self.bars.timeframe().end_ms(*t) <= time);
        let i = closed.checked_sub(1)?;
        (time - self.bars.close_time(i) <= STALE_MS).then(|| {
            let price = self.bars.close()[i];
            if self.inverse { 1.0 / price } else { price }
        })
    }
}

/// The two currencies of a pair such as `USD_JPY` or `USD/JPY`.
fn currencies(pair: &str) -> Option<(&str, &str)> {
    let (a, b) = pair.split_once(['_', '/'])?;
    (!a.is_empty() && !b.is_empty() && !b.contains(['_', '/'])).then_some((a, b))
}

/// Units of account currency for one of the quote currency, known at the open of each bar; none where they are the same.
pub(super) fn currency(scenario: &Scenario, inputs: &Inputs, k: usize) -> Result<Option<Vec<f64>>> {
    let (quote, own) = (scenario.instruments[k].quote.as_str(), scenario.account.currency.as_str());
    if quote.is_empty() || quote == own {
        return Ok(None);
    }
    let named = inputs.conversions.iter().map(|(pair, l)| (pair.as_str(), &l.bars));
    let traded = inputs.symbols.iter().enumerate().map(|(j, l)| (scenario.data.name(j), &l.bars));
    let mut pairs = vec![];
    for (pair, bars) in named.chain(traded) {
        if let Some((a, b)) = currencies(pair) {
            pairs.push(CurrencyPair { from: a, to: b, bars, inverse: false });
            pairs.push(CurrencyPair { from: b, to: a, bars, inverse: true });
        }
    }
    let direct = pairs.iter().find(|p| p.from == quote && p.to == own).map(|p| vec![p]);
    let route = direct.or_else(|| {
        let first = pairs.iter().filter(|p| p.from == quote);
        first
            .into_iter()
            .find_map(|a| pairs.iter().find(|b| b.from == a.to && b.to == own).map(|b| vec![a, b]))
    });
    let symbol = scenario.data.name(k);
    let Some(route) = route else {
        return Err(Error::scenario(
            Place::text(&scenario.name).about("conversion"),
            format!("{symbol} is priced in {quote} and the account is in {own}: there is no price of one in the other"),
        )
        .hint(format!("add [[conversion]] with pair = \"{quote}_{own}\" (or \"{own}_{quote}\") and its bars")));
    };
    let Loaded { bars, lead, .. } = &inputs.symbols[k];
    let rates = bars.open_time().iter().map(|t| {
        let rate: Option<f64> = route.iter().map(|p| p.at(*t)).product();
        // Before the first close of a pair that is itself traded nothing can be held yet.
        rate.ok_or(*t)
    });
    let mut out = Vec::with_capacity(bars.len());
    for rate in rates {
        match rate {
            Ok(rate) => out.push(rate),
            // Nothing is held before `data.from`, nor before the second open after it; the rate there sizes the first order.
            Err(_)
                if out.len() < lead + 1 && out[*lead.min(&out.len())..].iter().all(|r: &f64| r.is_nan()) =>
            {
                out.push(f64::NAN)
            }
            Err(time) => {
                let pair: Vec<String> = route.iter().map(|p| format!("{} in {}", p.from, p.to)).collect();
                return Err(Error::data(
                    Place::text(symbol).about("conversion"),
                    format!("no price of {} within four days before {}", pair.join(" and "), format_time(time)),
                )
                .hint("give bars of the conversion for the whole range, or judge a part of it with data.from and data.to"));
            }
        }
    }
    // Nothing is traded at the first bar's open, and its close sizes the first order.
    if let Some(second) = out.get(lead + 1).copied().filter(|r| r.is_finite()) {
        out[*lead] = if out[*lead].is_nan() { second } else { out[*lead] };
    }
    Ok(Some(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_name_their_currencies() {
        assert_eq!(currencies("USD_JPY"), Some(("USD", "JPY")));
        assert_eq!(currencies("XAU/USD"), Some(("XAU", "USD")));
        assert_eq!(currencies("BTCUSDT"), None);
    }

    #[test]
    fn a_column_is_known_one_bar_later() {
        let c = at_open([1.0, 2.0, 3.0].into_iter());
        assert!(c[0].is_nan() && c[1..] == [1.0, 2.0]);
    }
}
