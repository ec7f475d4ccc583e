//! Numbers as files write them: with a point or a comma, with something between thousands, with a sign of money or a unit behind.

use crate::error::{Error, Result};

/// How numbers are written, as far as a user says: what a comma means is never guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberStyle {
    decimal: char,
    thousands: Option<char>,
}

impl Default for NumberStyle {
    fn default() -> Self {
        Self { decimal: '.', thousands: None }
    }
}

/// Signs of money before or behind a price.
const MONEY: [char; 8] = ['$', '€', '£', '¥', '₹', '₩', '₿', '₽'];

/// Units behind a volume, and the zeros that each stands for.
const UNITS: [(char, &str); 3] = [('K', "e3"), ('M', "e6"), ('B', "e9")];

impl NumberStyle {
    /// Of what stands before decimals (`.` or `,`) and between thousands (`,`, `.`, `'`, `_`, or a space).
    ///
    /// # Errors
    /// It is none of these, or one and the same.
    pub fn new(decimal: Option<&str>, thousands: Option<&str>) -> Result<Self> {
        let decimal = match decimal {
            None | Some(".") => '.',
            Some(",") => ',',
            Some(other) => {
                return Err(Error::usage("--decimal", format!("{other:?} stands before no decimals"))
                    .hint("it is \",\" or \".\""));
            }
        };
        let thousands = match thousands {
            None => None,
            Some("space" | " ") => Some(' '),
            Some(one @ ("," | "." | "'" | "_")) => one.chars().next(),
            Some(other) => {
                return Err(Error::usage("--thousands", format!("{other:?} stands between no thousands"))
                    .hint("it is one of , . ' _ or the word space"));
            }
        };
        if thousands == Some(decimal) {
            return Err(Error::usage("--thousands", format!("{decimal:?} stands before decimals already"))
                .hint("say both: --decimal , --thousands ."));
        }
        Ok(Self { decimal, thousands })
    }

    /// Whether a comma is part of numbers, and so hardly a border of columns.
    pub(in crate::text) fn has_comma_decimals(self) -> bool {
        self.decimal == ','
    }

    /// A price.
    pub(crate) fn price(self, text: &[u8]) -> Option<f64> {
        self.plain(text).or_else(|| self.plain(without_money(std::str::from_utf8(text).ok()?).as_bytes()))
    }

    /// A volume.
    pub(crate) fn volume(self, text: &[u8]) -> Option<f64> {
        self.price(text).or_else(|| {
            let text = std::str::from_utf8(text).ok()?;
            let (unit, zeros) = UNITS.iter().find(|(u, _)| text.ends_with([*u, u.to_ascii_lowercase()]))?;
            let number = self.canonical(text[..text.len() - unit.len_utf8()].trim_end())?;
            // By its digits, so that 1.37M is no 1369999.9999999998.
            format!("{number}{zeros}").parse().ok()
        })
    }

    fn plain(self, text: &[u8]) -> Option<f64> {
        let text = std::str::from_utf8(text).ok()?;
        if self == Self::default() { text.parse().ok() } else { self.canonical(text)?.parse().ok() }
    }

    /// The number with a point and nothing between thousands; `None` where it is not written as was said.
    fn canonical(self, text: &str) -> Option<String> {
        let mut whole = String::with_capacity(text.len());
        let (sign, digits) = match text.strip_prefix(['-', '+']) {
            Some(rest) => (&text[..1], rest),
            None => ("", text),
        };
        let (integer, fraction) =
            digits.split_once(self.decimal).map_or((digits, None), |(i, f)| (i, Some(f)));
        whole += if sign == "-" { "-" } else { "" };
        match self.thousands {
            None => whole += integer,
            Some(between) => {
                let is = |c: char| c == between || between == ' ' && matches!(c, '\u{a0}' | '\u{202f}');
                let groups: Vec<&str> = integer.split(is).collect();
                let three = groups[1..].iter().all(|g| g.len() == 3);
                // A first group of nothing but a zero is that of a fraction.
                let first = (1..=3).contains(&groups[0].len()) && !groups[0].starts_with('0');
                if groups.len() > 1 && !(three && first) {
                    return None;
                }
                groups.iter().for_each(|g| whole += g);
            }
        }
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole.trim_start_matches('-')) {
            return None;
        }
        if let Some(fraction) = fraction.filter(|f| !f.is_empty()) {
            whole.push('.');
            whole += fraction;
            return digits(fraction).then_some(whole);
        }
        (!whole.is_empty() && !whole.ends_with('-')).then_some(whole)
    }
}

/// A price without the sign of its money.
fn without_money(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix(MONEY).or_else(|| text.strip_suffix(MONEY)).map_or(text, str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(decimal: &str, thousands: Option<&str>) -> NumberStyle {
        NumberStyle::new(Some(decimal), thousands).unwrap()
    }

    #[test]
    fn numbers_are_read_as_is_said() {
        let point = NumberStyle::default();
        assert_eq!(point.price(b"1234.5"), Some(1234.5));
        assert_eq!(point.price(b"1,234.5"), None);
        assert_eq!(point.price("$185.64".as_bytes()), Some(185.64));
        assert_eq!(point.price("185.64 €".as_bytes()), Some(185.64));
        let comma = style(",", Some("."));
        for (text, want) in [
            ("1.234,56", Some(1234.56)),
            ("1.234.567,5", Some(1_234_567.5)),
            ("-1.234", Some(-1234.0)),
            ("234", Some(234.0)),
            // Not in threes: not written as was said.
            ("1.23", None),
            ("1234.567", None),
            (".234", None),
            ("0.500", None),
            ("00.123", None),
            ("1,5,6", None),
            ("", None),
            ("1e5", None),
        ] {
            assert_eq!(comma.price(text.as_bytes()), want, "{text}");
        }
        assert_eq!(style(",", None).price(b"1.5"), None);
        assert_eq!(style(".", Some(",")).price(b"$12,345.60"), Some(12_345.6));
        assert_eq!(style(",", Some("space")).price("12\u{202f}345,5".as_bytes()), Some(12_345.5));
        assert_eq!(style(".", Some("'")).price(b"12'345.5"), Some(12_345.5));
    }

    #[test]
    fn volumes_have_units() {
        let point = NumberStyle::default();
        for (text, want) in [
            ("1.37M", Some(1_370_000.0)),
            ("12k", Some(12_000.0)),
            ("0.5 B", Some(5e8)),
            ("12", Some(12.0)),
            ("1.5X", None),
            ("M", None),
            ("1M5", None),
        ] {
            assert_eq!(point.volume(text.as_bytes()), want, "{text}");
        }
        assert_eq!(style(",", None).volume(b"1,37M"), Some(1_370_000.0));
        // Of a price a unit is none.
        assert_eq!(point.price(b"1.5K"), None);
    }

    #[test]
    fn what_stands_twice_is_refused() {
        for (decimal, thousands) in
            [(Some(";"), None), (None, Some(".")), (Some(","), Some(",")), (None, Some("x"))]
        {
            assert!(NumberStyle::new(decimal, thousands).is_err(), "{decimal:?} {thousands:?}");
        }
        assert!(NumberStyle::new(Some(","), Some(".")).is_ok());
    }
}
