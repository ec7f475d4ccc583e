//! What a file of bars that stands instead of a scenario's says of its instrument.

use serde_json::{Map, Value};

use super::Scenario;
use super::data::{Data, default_symbol};
use crate::data::FileMetadata;
use crate::error::{Error, Result};
use crate::market::{Calendar, Instrument, known_instrument, same_instrument};

impl Scenario {
    /// Takes symbol, instrument and currency from files that stand instead of its own, one a symbol in their order, and notes where they
    /// differ from what it says. A file that says nothing changes nothing.
    ///
    /// # Errors
    /// A file is that of another symbol of the scenario.
    pub(crate) fn take_from(&mut self, files: &[(String, FileMetadata)]) -> Result<()> {
        self.check_order(files)?;
        let twice = |symbol: &str| {
            let theirs = files.iter().filter_map(|(_, f)| f.symbol.as_deref());
            theirs.filter(|s| same_instrument(s, symbol)).count() > 1
        };
        let mut notes = vec![];
        for (k, (file, said)) in files.iter().enumerate() {
            let mut changes = vec![];
            let before = self.instruments[k].clone();
            if let Some(symbol) = said.symbol.as_deref().filter(|s| !twice(s)) {
                self.rename(k, symbol, &mut changes);
            }
            if let Some(own) = &said.instrument {
                let calendar = own.calendar.or_else(|| own_calendar(&before, said.symbol.as_deref()));
                let taken = Instrument { calendar, ..over(own, &self.instruments[k]) };
                changes.extend(differences(&taken, &self.instruments[k])?);
                self.instruments[k] = taken;
            }
            if !changes.is_empty() {
                notes.push(format!("{file} says of itself: {}", changes.join(", ")));
            }
        }
        notes.extend(self.one_currency(files));
        // What was derived from the instruments is derived anew; what the scenario says itself stays.
        if self.given_calendar.is_none() {
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

    /// The account is in the currency of all prices, where files say which and the scenario converts none; what is said of
    /// it. A file that names no currency is priced in that of the account, whichever it is.
    fn one_currency(&mut self, files: &[(String, FileMetadata)]) -> Option<String> {
        let says = |f: &FileMetadata| f.instrument.as_ref().is_some_and(|i| !i.quote.is_empty());
        if !self.conversion.is_empty() || !files.iter().any(|(_, f)| says(f)) {
            return None;
        }
        let mut quotes = self.instruments.iter().map(|i| i.quote.as_str()).filter(|q| !q.is_empty());
        let one = quotes.next().filter(|first| quotes.all(|q| q == *first))?.to_owned();
        if one == self.account.currency {
            return None;
        }
        let silent = self.instruments.iter().enumerate().filter(|(_, i)| i.quote.is_empty());
        let file =
            |(k, i): (usize, &'_ Instrument)| files.get(k).map_or_else(|| i.symbol.clone(), |f| f.0.clone());
        let silent: Vec<String> = silent.map(file).collect();
        let taken = match silent.len() {
            0 => String::new(),
            _ => format!(
                "; no currency is named for {}: taken to be in it, unless [[instrument]] with symbol and quote says another",
                silent.join(", ")
            ),
        };
        let before = std::mem::replace(&mut self.account.currency, one.clone());
        Some(format!(
            "the account is in {one}, the currency of the prices, where account.currency is {before}{taken}"
        ))
    }
}

/// The calendar that the scenario gives the instrument of a file: of the same symbol, and not as that of another one that it
/// is like.
fn own_calendar(scenario: &Instrument, symbol: Option<&str>) -> Option<Calendar> {
    let other = |name: &str| symbol.is_some_and(|s| !same_instrument(s, name));
    let like = known_instrument(&scenario.like).filter(|_| other(&scenario.like));
    let by_like = like.is_some_and(|i| i.calendar == scenario.calendar);
    let unnamed = scenario.symbol == default_symbol();
    scenario.calendar.filter(|_| !by_like && (unnamed || !other(&scenario.symbol)))
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
        // A calendar that the scenario gives stays, also where its instrument has the same.
        let mut given = scenario("[data]\nbars = [\"a\"]\ncalendar = \"us-equity\"");
        given.take_from(&[said("EURUSD")]).unwrap();
        assert_eq!(given.data.calendar, Some(Calendar::UsEquity));
        let like = "[[instrument]]\nsymbol = \"EURUSD\"\nlike = \"EURUSD\"";
        let mut given =
            scenario(&format!("[data]\nbars = [\"a\"]\nsymbol = \"EURUSD\"\ncalendar = \"fx\"\n{like}"));
        given.take_from(&[said("BTCUSDT")]).unwrap();
        assert_eq!((given.data.calendar, given.data.days_per_year), (Some(Calendar::Fx), Some(260.0)));
    }

    #[test]
    fn the_calendar_of_another_instrument_is_not_the_file_s() {
        let taken = |symbol: &str, instrument: &str| {
            let mut s = scenario(&format!(
                "[data]\nbars = [\"a\"]\nsymbol = \"{symbol}\"\n[[instrument]]\nsymbol = \"{symbol}\"\n{instrument}"
            ));
            s.take_from(&[said("BTCUSDT")]).unwrap();
            assert_eq!(s.request().calendar, s.data.calendar);
            (s.instruments[0].calendar, s.data.days_per_year)
        };
        let none = (None, Some(365.0));
        assert_eq!(taken("EUR_USD", "like = \"EUR_USD\""), none);
        assert_eq!(taken("BTCUSDT", "like = \"EUR_USD\""), none);
        assert_eq!(taken("UNNAMED", "like = \"EUR_USD\""), none);
        assert_eq!(taken("EUR_USD", "calendar = \"fx\""), none);
        // What is given for the symbol itself, or for whatever there is, stays.
        let fx = (Some(Calendar::Fx), Some(260.0));
        assert_eq!(taken("BTCUSDT", "calendar = \"fx\""), fx);
        assert_eq!(taken("UNNAMED", "calendar = \"fx\""), fx);
        assert_eq!(
            taken("BTCUSDT", "like = \"EUR_USD\"\ncalendar = \"us-equity\"").0,
            Some(Calendar::UsEquity)
        );
    }

    #[test]
    fn a_currency_that_some_files_name_is_that_of_all() {
        let two = "[data]\nbars = [\"a\", \"b\"]\nsymbols = [\"AAPL\", \"MSFT\"]\n";
        let silent = || ("MSFT.csv".to_owned(), FileMetadata::default());
        let currency = |more: &str, files: &[(String, FileMetadata)]| {
            let mut s = scenario(&format!("{two}{more}"));
            s.take_from(files).unwrap();
            (s.account.currency.clone(), s.from_files.join("\n"))
        };
        let (taken, notes) = currency("", &[said("AAPL"), silent()]);
        assert_eq!(taken, "USD");
        let note = "no currency is named for MSFT.csv: taken to be in it";
        assert!(notes.contains(note) && notes.contains("quote says another"), "{notes}");
        // The scenario may say it of the other: the same, or another, which is for a conversion.
        let quote = |q: &str| format!("[[instrument]]\nsymbol = \"MSFT\"\nquote = \"{q}\"");
        let (taken, notes) = currency(&quote("USD"), &[said("AAPL"), silent()]);
        assert!(taken == "USD" && !notes.contains(note), "{notes}");
        assert_eq!(currency(&quote("EUR"), &[said("AAPL"), silent()]).0, "USDT");
        // Files that name none change nothing, whatever the scenario says.
        assert_eq!(currency(&quote("USD"), &[silent(), silent()]).0, "USDT");
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
