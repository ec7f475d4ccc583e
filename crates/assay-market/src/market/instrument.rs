//! What is traded: steps of price and size, what a unit is worth, what holding it overnight costs.

use serde::{Deserialize, Serialize};

use super::Calendar;
use crate::error::{Violation, nearest};

/// An instrument. Zero means that there is no such rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Instrument {
    /// Its name.
    pub symbol: String,
    /// A name of the table whose values are the defaults of this one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub like: String,
    /// Smallest step of its price.
    pub tick: f64,
    /// Smallest step of units.
    pub lot: f64,
    /// Least worth of an order that opens or enlarges a position, quote currency.
    pub min_notional: f64,
    /// Units of the base that one unit is.
    pub contract_size: f64,
    /// One pip, a price, where the market counts in pips.
    pub pip: f64,
    /// Currency of its price; that of the account where empty.
    pub quote: String,
    /// Financing of a long held over the rollover, basis points of its worth; negative is received.
    pub swap_long_bps: f64,
    /// The same of a short.
    pub swap_short_bps: f64,
    /// Share of its worth that an account must hold; that of the account where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maintenance_margin: Option<f64>,
    /// Maximum notional of a position in it as a multiple of equity; the account's where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leverage: Option<f64>,
    /// When it trades; where absent, nothing is known of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Calendar>,
    /// A name of the table of fees, whose row gives the two below where they are absent.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub fee_class: String,
    /// Fee of a taker, basis points; that of the execution where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fee_bps: Option<f64>,
    /// Fee of a maker, basis points; that of the execution where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maker_fee_bps: Option<f64>,
}

impl Default for Instrument {
    fn default() -> Self {
        Self {
            symbol: String::new(),
            like: String::new(),
            tick: 0.0,
            lot: 0.0,
            min_notional: 0.0,
            contract_size: 1.0,
            pip: 0.0,
            quote: String::new(),
            swap_long_bps: 0.0,
            swap_short_bps: 0.0,
            maintenance_margin: None,
            leverage: None,
            calendar: None,
            fee_class: String::new(),
            fee_bps: None,
            maker_fee_bps: None,
        }
    }
}

/// What a venue charges.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeClass {
    /// Its name.
    pub name: String,
    /// Fee of a taker, basis points.
    pub taker_bps: f64,
    /// Fee of a maker.
    pub maker_bps: f64,
}

#[derive(Default, Deserialize)]
struct KnownSymbol {
    instrument: Vec<Instrument>,
    fee_class: Vec<FeeClass>,
}

fn known() -> KnownSymbol {
    toml::from_str(include_str!("instruments.toml")).unwrap_or_default()
}

/// The instruments the program knows.
pub fn known_instruments() -> Vec<Instrument> {
    known().instrument
}

/// The instrument of this name, where the program knows it.
pub fn known_instrument(name: &str) -> Option<Instrument> {
    known_instruments().into_iter().find(|k| bare(&k.symbol) == bare(name))
}

/// The fees the program knows.
pub fn known_fees() -> Vec<FeeClass> {
    known().fee_class
}

/// Whether two names are one instrument's, however it is written.
pub fn same_instrument(a: &str, b: &str) -> bool {
    bare(a) == bare(b)
}

/// A name without what some write between base and quote: `XAU_USD`, `XAU/USD` and `XAUUSD` are one.
fn bare(name: &str) -> String {
    name.chars().filter(|c| !"_/".contains(*c)).collect()
}

/// `key` names none of `names`; the nearest of them.
fn unknown(key: &str, what: &str, name: &str, names: &[&str]) -> String {
    let near = nearest(name, names.iter().copied())
        .map_or_else(|| format!("known are {}", names.join(", ")), |n| format!("did you mean {n:?}?"));
    format!("{key} names no known {what}: {name:?}; {near}")
}

impl Instrument {
    /// Its values over those of the instrument it is like, and fees of its class where it has none of its own.
    ///
    /// # Errors
    /// There is no such instrument or class; the text says which is nearest.
    pub fn resolved(table: &toml::Table) -> Result<Self, String> {
        let like = table.get("like").and_then(|v| v.as_str()).unwrap_or_default();
        let mut whole = toml::Table::new();
        if !like.is_empty() {
            let known = known_instruments();
            let Some(found) = known.iter().find(|k| bare(&k.symbol) == bare(like)) else {
                let names: Vec<&str> = known.iter().map(|k| k.symbol.as_str()).collect();
                return Err(unknown("like", "instrument", like, &names));
            };
            whole = toml::Table::try_from(found).map_err(|e| e.to_string())?;
        }
        whole.extend(table.clone());
        let mut made: Self = whole.try_into().map_err(|e: toml::de::Error| e.message().to_owned())?;
        if !made.fee_class.is_empty() {
            let known = known_fees();
            let Some(fees) = known.iter().find(|f| f.name == made.fee_class) else {
                let names: Vec<&str> = known.iter().map(|f| f.name.as_str()).collect();
                return Err(unknown("fee_class", "class of fees", &made.fee_class, &names));
            };
            made.fee_bps = made.fee_bps.or(Some(fees.taker_bps));
            made.maker_fee_bps = made.maker_fee_bps.or(Some(fees.maker_bps));
        }
        Ok(made)
    }

    /// Whether it has no rules at all.
    pub fn is_plain(&self) -> bool {
        *self == Self { symbol: self.symbol.clone(), ..Self::default() }
    }

    /// Values outside their ranges.
    pub fn violations(&self) -> Vec<Violation> {
        let mut out = Violation::outside(&[
            ("tick", self.tick, 0.0, 1e9),
            ("lot", self.lot, 0.0, 1e12),
            ("min_notional", self.min_notional, 0.0, 1e12),
            ("contract_size", self.contract_size, 1e-12, 1e12),
            ("pip", self.pip, 0.0, 1e9),
            ("swap_long_bps", self.swap_long_bps, -1000.0, 1000.0),
            ("swap_short_bps", self.swap_short_bps, -1000.0, 1000.0),
            ("maintenance_margin", self.maintenance_margin.unwrap_or(0.0), 0.0, 0.99),
            ("leverage", self.leverage.unwrap_or(1.0), 0.01, 1000.0),
            ("fee_bps", self.fee_bps.unwrap_or(0.0), 0.0, 1000.0),
            ("maker_fee_bps", self.maker_fee_bps.unwrap_or(0.0), -100.0, 1000.0),
        ]);
        // A pip is a whole number of ticks; five conventions for gold have been seen in one system.
        let ticks = self.pip / self.tick;
        if self.pip > 0.0 && self.tick > 0.0 && (ticks - ticks.round()).abs() > 1e-9 * ticks {
            out.push(Violation::new(
                "pip",
                format!("must be a multiple of the tick {}, was {}", self.tick, self.pip),
            ));
        }
        out
    }
}

/// The most of `units` that is whole lots; `lot` 0 is no such rule.
pub fn whole_lots(units: f64, lot: f64) -> f64 {
    if lot <= 0.0 {
        return units;
    }
    let lots = units / lot;
    let near = lots.round();
    // A whole number of lots must not lose one to a rounding.
    let lots = if (lots - near).abs() < 1e-9 * lots.max(1.0) { near } else { lots.floor() };
    lots * lot
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sound_and_gold_is_counted_in_cents() {
        let all = known_instruments();
        assert!(all.len() >= 9);
        for k in &all {
            assert_eq!(k.violations(), vec![], "{}", k.symbol);
        }
        // One ounce, one dollar up: a hundred pips, one dollar.
        let gold = all.iter().find(|k| k.symbol == "XAU_USD").unwrap();
        assert_eq!(((4001.0 - 4000.0) / gold.pip).round(), 100.0);
        assert_eq!(gold.contract_size, 1.0);
        let yen = all.iter().find(|k| k.symbol == "USD_JPY").unwrap();
        assert_eq!((yen.pip, yen.quote.as_str()), (0.01, "JPY"));
    }

    #[test]
    fn an_instrument_is_like_another_but_for_what_it_says() {
        let table: toml::Table = "symbol = \"G\"\nlike = \"XAU_USD\"\nlot = 10.0".parse().unwrap();
        let k = Instrument::resolved(&table).unwrap();
        assert_eq!((k.lot, k.pip, k.quote.as_str(), k.symbol.as_str()), (10.0, 0.01, "USD", "G"));
        let wrong: toml::Table = "like = \"XAU_USB\"".parse().unwrap();
        assert!(Instrument::resolved(&wrong).unwrap_err().contains("did you mean \"XAU_USD\"?"));
        let pip = Instrument { tick: 0.01, pip: 0.015, ..Instrument::default() };
        assert!(pip.violations()[0].problem.contains("multiple of the tick"));
    }

    #[test]
    fn plain_names_are_known_and_say_when_they_trade() {
        let like = |name: &str| {
            let table: toml::Table = format!("like = {name:?}").parse().unwrap();
            Instrument::resolved(&table)
        };
        for (plain, listed) in [("XAUUSD", "XAU_USD"), ("EURUSD", "EUR_USD"), ("EUR/USD", "EUR_USD")] {
            let (a, b) = (like(plain).unwrap(), like(listed).unwrap());
            assert_eq!(Instrument { like: listed.to_owned(), ..a }, b, "{plain}");
            assert_eq!(b.calendar, Some(Calendar::Fx));
        }
        let calendar = |name: &str| like(name).unwrap().calendar;
        assert_eq!((calendar("SPY"), calendar("BTCUSDT")), (Some(Calendar::UsEquity), None));
        // No two names are one.
        let mut names: Vec<String> = known_instruments().iter().map(|k| bare(&k.symbol)).collect();
        names.sort();
        assert!(names.windows(2).all(|w| w[0] != w[1]));
    }

    #[test]
    fn fees_of_a_class_are_overridden_one_by_one() {
        let of = |text: &str| Instrument::resolved(&text.parse().unwrap());
        let fees = |text: &str| of(text).map(|k| (k.fee_bps, k.maker_fee_bps)).unwrap();
        assert_eq!(fees("like = \"BTCUSDT\""), (None, None));
        assert_eq!(fees("fee_class = \"binance-perpetual\""), (Some(5.0), Some(2.0)));
        assert_eq!(fees("fee_class = \"binance-perpetual\"\nfee_bps = 4.0"), (Some(4.0), Some(2.0)));
        // Written out and read again it is the same.
        let k = of("fee_class = \"binance-spot\"").unwrap();
        assert_eq!(Instrument::resolved(&toml::Table::try_from(&k).unwrap()).unwrap(), k);
        let e = of("fee_class = \"binance-spto\"").unwrap_err();
        assert!(
            e.starts_with("fee_class names no known class of fees") && e.contains("\"binance-spot\"?"),
            "{e}"
        );
    }

    #[test]
    fn units_are_whole_lots() {
        assert_eq!(whole_lots(0.0129, 0.001), 0.012);
        assert_eq!(whole_lots(0.003, 0.001), 0.003);
        assert_eq!(whole_lots(0.0005, 0.001), 0.0);
        assert_eq!(whole_lots(0.0005, 0.0), 0.0005);
    }
}
