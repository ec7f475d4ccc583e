//! What a file of bars that stands instead of a scenario's says of its instrument.

use serde_json::{Map, Value};

use super::Scenario;
use super::data::{Data, common_calendar, default_symbol};
use crate::data::FileMetadata;
use crate::error::{Error, Result};
use crate::market::{Instrument, same_instrument};

impl Scenario {
    /// Takes symbol, instrument and currency from files that stand instead of its own, one a symbol in their order, and notes where they
    /// differ from what it says. A file that says nothing changes nothing.
    ///
    /// # Errors
    /// A file is that of another symbol of the scenario.
    pub(crate) fn take_from(&mut self, files: &[(String, FileMetadata)]) -> Result<()> {
        self.check_order(files)?;
        let theirs = common_calendar(&self.instruments).filter(|c| !c.is_always());
        let twice = |symbol: &str| {
            let theirs = files.iter().filter_map(|(_, f)| f.symbol.as_deref());
            theirs.filter(|s| same_instrument(s, symbol)).count() > 1
        };
        let mut notes = vec![];
        for (k, (file, said)) in files.iter().enumerate() {
            let mut changes = vec![];
            if let Some(symbol) = said.symbol.as_deref().filter(|s| !twice(s)) {
                self.rename(k, symbol, &mut changes);
            }
            if let Some(own) = &said.instrument {
                let taken = over(own, &self.instruments[k]);
                changes.extend(differences(&taken, &self.instruments[k])?);
                self.instruments[k] = taken;
            }
            if !changes.is_empty() {
                notes.push(format!("{file} says of itself: {}", changes.join(", ")));
            }
        }
        notes.extend(self.one_currency(files));
        // What was derived from the instruments is derived anew; what the scenario says itself stays.
        if self.data.calendar == theirs {
            let before = self.data.calendar();
            let derived = self.data.days_per_year == Some(before.days_per_year());
            let days_per_year = self.data.days_per_year.filter(|_| !derived);
            let open = Data { calendar: None, days_per_year, ..self.data.clone() };
            self.data = open.trading_by(&self.instruments);
        }
        self.from_files = notes;
        Ok(())
    }

    /// Refuses files in another order than the symbols that the scenario names.
    fn check_order(&self, files: &[(String, FileMetadata)]) -> Result<()> {
        for (k, (file, said)) in files.iter().enumerate() {
            let Some(symbol) = &said.symbol else { continue };
            let meant =
                self.data.symbols.iter().position(|s| same_instrument(s, symbol)).filter(|at| *at != k);
            if let Some(at) = meant {
                let problem =
                    format!("its bars are of {symbol}, and it stands where {} does", self.data.name(k));
                return Err(Error::usage("--data", format!("{file}: {problem}")).hint(format!(
                    "give it as number {}: once a symbol, in the order of data.bars",
                    at + 1
                )));
            }
        }
        Ok(())
    }

    /// Gives symbol `k` the name that its file has for it.
    fn rename(&mut self, k: usize, symbol: &str, changes: &mut Vec<String>) {
        let before = self.data.name(k).to_owned();
        // One instrument in other letters: positions and conversions know it by the scenario's.
        if same_instrument(&before, symbol) {
            return;
        }
        let only = self.data.count() == 1;
        match self.data.symbols.get_mut(k) {
            Some(name) => symbol.clone_into(name),
            // One name for all of several is a title.
            None if only => symbol.clone_into(&mut self.data.symbol),
            None => return,
        }
        let kept = if self.instruments[k].is_plain() {
            ""
        } else {
            ", whose [[instrument]] is kept as far as the file says nothing"
        };
        if before == default_symbol() {
            changes.push(format!("symbol {symbol}"));
        } else {
            changes.push(format!("symbol {symbol} (scenario: {before}{kept})"));
        }
        symbol.clone_into(&mut self.instruments[k].symbol);
    }

    /// The account is in the currency of all prices, where the files say which and the scenario converts none; what is said of it.
    fn one_currency(&mut self, files: &[(String, FileMetadata)]) -> Option<String> {
        let quote =
            |f: &FileMetadata| f.instrument.as_ref().map(|i| i.quote.clone()).filter(|q| !q.is_empty());
        let mut quotes = files.iter().map(|(_, f)| quote(f));
        let first = quotes.next().flatten()?;
        let one = quotes.all(|q| q.as_ref() == Some(&first)) && self.conversion.is_empty();
        if !one || first == self.account.currency {
            return None;
        }
        let before = std::mem::replace(&mut self.account.currency, first.clone());
        Some(format!(
            "the account is in {first}, the currency of the prices, where account.currency is {before}"
        ))
    }
}

/// What a file says of its instrument, and for what is the trader's and not the market's what the scenario says.
fn over(own: &Instrument, scenario: &Instrument) -> Instrument {
    let class = if own.fee_class.is_empty() { &scenario.fee_class } else { &own.fee_class };
    Instrument {
        symbol: scenario.symbol.clone(),
        like: own.like.clone(),
        maintenance_margin: scenario.maintenance_margin.or(own.maintenance_margin),
        leverage: scenario.leverage.or(own.leverage),
        fee_class: class.clone(),
        fee_bps: scenario.fee_bps.or(own.fee_bps),
        maker_fee_bps: scenario.maker_fee_bps.or(own.maker_fee_bps),
        calendar: own.calendar.or(scenario.calendar),
        ..own.clone()
    }
}

/// The values of an instrument that differ from those of the scenario.
fn differences(taken: &Instrument, scenario: &Instrument) -> Result<Vec<String>> {
    let table = |i: &Instrument| -> Result<Map<String, Value>> {
        let value = serde_json::to_value(i).map_err(|e| Error::internal("instrument", e))?;
        Ok(value.as_object().cloned().unwrap_or_default())
    };
    let (taken, before) = (table(taken)?, table(scenario)?);
    let plain = |v: Option<&Value>| match v {
        None | Some(Value::Null) => "none".to_owned(),
        Some(Value::String(s)) if s.is_empty() => "none".to_owned(),
        Some(Value::String(s)) => s.clone(),
        Some(v) => v.to_string(),
    };
    let keys = taken.keys().filter(|k| !["symbol", "like"].contains(&k.as_str()));
    let differ = keys.filter(|k| taken.get(*k) != before.get(*k));
    Ok(differ.map(|k| format!("{k} {} (scenario: {})", plain(taken.get(k)), plain(before.get(k)))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Calendar, known_instrument};

    fn scenario(more: &str) -> Scenario {
        let text = format!("name = \"t\"\nsystem = \"signals\"\n{more}\n[params]\nfile = \"p.csv\"\n");
        Scenario::parse(&text, "t.toml", ".".into(), &[]).unwrap()
    }

    fn said(symbol: &str) -> (String, FileMetadata) {
        let instrument = known_instrument(symbol);
        (
            format!("{symbol}.parquet"),
            FileMetadata { symbol: Some(symbol.into()), timeframe: None, instrument },
        )
    }

    #[test]
    fn a_file_that_says_nothing_changes_nothing() {
        let before = scenario("[data]\nbars = [\"a\"]\nsymbol = \"GOLD\"");
        let mut s = before.clone();
        s.take_from(&[("a.csv".into(), FileMetadata::default())]).unwrap();
        assert_eq!(s, before);
        s.take_from(&[]).unwrap();
        assert_eq!(s, before);
    }

    #[test]
    fn another_spelling_is_no_other_symbol() {
        let mut s = scenario("[data]\nbars = [\"a\", \"b\"]\nsymbols = [\"EUR_USD\", \"GBP_USD\"]");
        s.take_from(&[said("EURUSD"), said("GBPUSD")]).unwrap();
        assert_eq!(s.data.symbols, ["EUR_USD", "GBP_USD"]);
        let e = s.take_from(&[said("GBPUSD"), said("EURUSD")]).unwrap_err().to_string();
        assert!(e.contains("it stands where EUR_USD does"), "{e}");
    }

    #[test]
    fn symbol_instrument_currency_and_calendar_are_the_file_s() {
        let mut s = scenario(
            "[data]\nbars = [\"a\"]\nsymbol = \"COIN\"\n[[instrument]]\nsymbol = \"COIN\"\ntick = 0.5\nfee_bps = 3.0",
        );
        s.take_from(&[said("EURUSD")]).unwrap();
        let i = &s.instruments[0];
        assert_eq!(
            (s.data.title().as_str(), i.symbol.as_str(), s.account.currency.as_str()),
            ("EURUSD", "EURUSD", "USD")
        );
        let known = known_instrument("EURUSD").unwrap();
        assert_eq!((i.tick, i.pip, i.fee_bps), (known.tick, known.pip, Some(3.0)));
        assert_eq!((s.data.calendar, s.data.days_per_year), (Some(Calendar::Fx), Some(260.0)));
        let notes = s.notes().join("\n");
        for part in [
            "EURUSD.parquet says of itself: symbol EURUSD (scenario: COIN",
            &format!("tick {} (scenario: 0.5)", known.tick),
            "calendar fx (scenario: none)",
            "the account is in USD, the currency of the prices, where account.currency is USDT",
        ] {
            assert!(notes.contains(part), "{part}: {notes}");
        }
        // Where the scenario says the same, there is nothing to say.
        let mut same = scenario(
            "[data]\nbars = [\"a\"]\nsymbol = \"EURUSD\"\n[account]\ncurrency = \"USD\"\n[[instrument]]\nsymbol = \"EURUSD\"\nlike = \"EURUSD\"",
        );
        same.take_from(&[said("EURUSD")]).unwrap();
        assert_eq!(same.from_files, Vec::<String>::new());
        // A calendar that the scenario gives stays.
        let mut given = scenario("[data]\nbars = [\"a\"]\ncalendar = \"us-equity\"");
        given.take_from(&[said("EURUSD")]).unwrap();
        assert_eq!(given.data.calendar, Some(Calendar::UsEquity));
    }

    #[test]
    fn files_of_several_symbols_are_told_apart() {
        let two = "[data]\nbars = [\"a\", \"b\"]\nsymbols = [\"BTCUSDT\", \"ETHUSDT\"]";
        let mut s = scenario(two);
        let e = s.take_from(&[said("ETHUSDT"), said("BTCUSDT")]).unwrap_err().to_string();
        assert!(
            e.contains("ETHUSDT.parquet: its bars are of ETHUSDT, and it stands where BTCUSDT does"),
            "{e}"
        );
        let mut s = scenario(two);
        s.take_from(&[said("BTCUSDT"), said("SOLUSDT")]).unwrap();
        assert_eq!(s.data.symbols, ["BTCUSDT", "SOLUSDT"]);
        assert_eq!(s.instruments[1].symbol, "SOLUSDT");
        // Two files of one name do not make two symbols one.
        let mut s = scenario(two);
        s.take_from(&[said("SOLUSDT"), said("SOLUSDT")]).unwrap();
        assert_eq!(s.data.symbols, ["BTCUSDT", "ETHUSDT"]);
    }
}
