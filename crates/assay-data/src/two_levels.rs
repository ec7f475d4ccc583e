//! Columns of two levels, a price and an instrument, as pandas keeps what yfinance downloads.

use crate::error::{Error, Place, Result};

/// The names of the first two lines' first fields, which say what the levels are.
const LEVELS: [&str; 6] = ["price", "ticker", "attributes", "symbols", "", "symbol"];

/// The names of an index of times.
const INDEX: [&str; 2] = ["date", "datetime"];

/// Columns by their price and their instrument; those that have none stand for themselves.
#[derive(Debug, PartialEq)]
pub(super) struct Levels(Vec<(String, Option<String>)>);

/// The columns of one instrument.
#[derive(Debug, PartialEq)]
pub(super) struct OneOf {
    /// Names of all columns; those of others are called so that none is a price.
    pub names: Vec<String>,
    pub symbol: String,
    /// How many other instruments there are.
    pub others: usize,
}

impl Levels {
    /// Of three lines: `Price,Close,Open`, `Ticker,MSFT,MSFT`, `Date,,`; the first two in either order. `None` where they are no such thing.
    pub fn of_lines(first: &[String], second: &[String], index: &[String]) -> Option<Self> {
        let is = |name: &str, of: &[&str]| of.iter().any(|o| name.eq_ignore_ascii_case(o));
        let widths = first.len() == second.len() && first.len() == index.len() && first.len() > 4;
        let [date, rest @ ..] = index else { return None };
        if !widths || !is(date, &INDEX) || rest.iter().any(|f| !f.is_empty()) {
            return None;
        }
        let prices = |line: &[String]| {
            is(&line[0], &LEVELS) && ["open", "close"].iter().all(|p| line[1..].iter().any(|f| is(f, &[*p])))
        };
        let (prices, symbols) = match (prices(first), prices(second)) {
            (true, false) => (first, second),
            (false, true) => (second, first),
            _ => return None,
        };
        if symbols[1..].iter().any(String::is_empty) {
            return None;
        }
        let columns = prices[1..].iter().zip(&symbols[1..]).map(|(p, s)| (p.clone(), Some(s.clone())));
        Some(Self(std::iter::once((date.clone(), None)).chain(columns).collect()))
    }

    /// Of names such as `('Close', 'MSFT')`, which a Parquet file has for such columns.
    pub fn of_tuples(names: &[&str]) -> Option<Self> {
        let pair = |name: &str| {
            let (a, b) = name.strip_prefix("('")?.strip_suffix("')")?.split_once("', '")?;
            Some((a.to_owned(), b.to_owned()))
        };
        let pairs: Vec<Option<(String, String)>> = names.iter().map(|n| pair(n)).collect();
        if pairs.iter().flatten().count() < 4 {
            return None;
        }
        let is_price = |of: &dyn Fn(&(String, String)) -> bool| pairs.iter().flatten().any(of);
        let first = is_price(&|p| p.0.eq_ignore_ascii_case("close"));
        if !first && !is_price(&|p| p.1.eq_ignore_ascii_case("close")) {
            return None;
        }
        let columns = names.iter().zip(pairs).map(|(name, pair)| match pair {
            None => ((*name).to_owned(), None),
            Some((a, b)) if first => (a, Some(b)),
            Some((a, b)) => (b, Some(a)),
        });
        Some(Self(columns.collect()))
    }

    /// Those of the instrument `asked` for, of the only one where there is no other.
    ///
    /// # Errors
    /// There are several, and none of that name.
    pub fn one(self, asked: Option<&str>, place: &Place) -> Result<OneOf> {
        let mut all: Vec<&String> = vec![];
        for symbol in self.0.iter().filter_map(|(_, s)| s.as_ref()) {
            if !all.contains(&symbol) {
                all.push(symbol);
            }
        }
        let chosen = match (&all[..], asked) {
            ([one], _) => Some(*one),
            (many, Some(asked)) => many.iter().copied().find(|s| s.eq_ignore_ascii_case(asked)),
            _ => None,
        };
        let Some(symbol) = chosen.cloned() else {
            let names = all.iter().map(|s| s.as_str()).collect::<Vec<_>>().join(", ");
            return Err(Error::data(
                place.clone(),
                format!("the columns are of {} instruments ({names}), and a history is of one", all.len()),
            )
            .hint(format!("say which: assay data import FILE --symbol {} --out bars.parquet", all[0])));
        };
        let others = all.len() - 1;
        let name = |(price, of): (String, Option<String>)| match of {
            Some(of) if of != symbol => format!("{price} ({of})"),
            _ => price,
        };
        Ok(OneOf { names: self.0.into_iter().map(name).collect(), symbol, others })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Vec<String> {
        text.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn three_lines_are_two_levels() {
        let of = |a: &str, b: &str, c: &str| Levels::of_lines(&line(a), &line(b), &line(c));
        let (prices, symbols, index) = ("Price,Close,High,Low,Open", "Ticker,A,A,A,A", "Date,,,,");
        let place = Place::file("a.csv");
        let one = of(prices, symbols, index).unwrap().one(None, &place).unwrap();
        assert_eq!((one.names, one.symbol.as_str(), one.others), (line("Date,Close,High,Low,Open"), "A", 0));
        assert_eq!(of(symbols, prices, index), of(prices, symbols, index));
        for (a, b, c) in [
            (prices, symbols, "2024-01-02,,,,"),
            (prices, symbols, "Date,1,,,"),
            (prices, symbols, "Date,,,"),
            (symbols, symbols, index),
            ("Date,Close,High,Low,Open", symbols, index),
        ] {
            assert_eq!(of(a, b, c), None, "{a} {b} {c}");
        }
        let two = || of("Price,Close,Open,Close,Open", "Ticker,A,A,B,B", index).unwrap();
        let e = two().one(None, &place).unwrap_err().to_string();
        assert!(e.contains("of 2 instruments (A, B)"), "{e}");
        let b = two().one(Some("b"), &place).unwrap();
        assert_eq!((b.names, b.others), (line("Date,Close (A),Open (A),Close,Open"), 1));
    }

    #[test]
    fn names_of_pairs_are_two_levels() {
        let names = ["Date", "('Close', 'A')", "('High', 'A')", "('Low', 'A')", "('Open', 'A')"];
        let one = Levels::of_tuples(&names).unwrap().one(None, &Place::file("a")).unwrap();
        assert_eq!(one.names, line("Date,Close,High,Low,Open"));
        let turned = ["Date", "('A', 'Close')", "('A', 'High')", "('A', 'Low')", "('A', 'Open')"];
        assert_eq!(Levels::of_tuples(&turned), Levels::of_tuples(&names));
        assert_eq!(Levels::of_tuples(&["time", "open", "high", "low", "close"]), None);
    }
}
