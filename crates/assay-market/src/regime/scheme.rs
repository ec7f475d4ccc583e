//! Which regimes a labeller tells apart: names in a fixed order, and colours.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::nearest;

/// The code of a bar that has no regime, such as before the labels have warmed up.
pub const NO_REGIME: u8 = u8::MAX;

/// What tables call it.
pub const NO_REGIME_NAME: &str = "NONE";

/// Most regimes of a scheme.
pub const MOST_REGIMES: usize = 32;

/// Longest name, in characters.
const LONGEST: usize = 24;

/// Names that columns of results begin with already, or that mean something else.
pub const TAKEN: [&str; 5] = [NO_REGIME_NAME, "ALL", "PESSIMISTIC", "OPTIMISTIC", "AMBIGUOUS"];

/// A colour as red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rgb(pub u8, pub u8, pub u8);

impl FromStr for Rgb {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits =
            text.strip_prefix('#').filter(|d| d.len() == 6 && d.bytes().all(|b| b.is_ascii_hexdigit()));
        let part = |k: usize| digits.and_then(|d| u8::from_str_radix(&d[2 * k..2 * k + 2], 16).ok());
        match (part(0), part(1), part(2)) {
            (Some(r), Some(g), Some(b)) => Ok(Self(r, g, b)),
            _ => Err(format!("{text:?} is no colour: write #RRGGBB")),
        }
    }
}

impl TryFrom<String> for Rgb {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Rgb> for String {
    fn from(Rgb(r, g, b): Rgb) -> Self {
        format!("#{r:02X}{g:02X}{b:02X}")
    }
}

/// One regime of a scheme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegimeKind {
    name: Cow<'static, str>,
    /// What the ids of rows about it end with, where that is not its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tag: Option<Cow<'static, str>>,
    colour: Rgb,
}

impl RegimeKind {
    /// A regime by its name in files and tables, and its colour.
    pub const fn new(name: &'static str, colour: Rgb) -> Self {
        Self { name: Cow::Borrowed(name), tag: None, colour }
    }

    /// The same with a short form of its name, for ids.
    #[must_use]
    pub const fn tagged(name: &'static str, tag: &'static str, colour: Rgb) -> Self {
        Self { name: Cow::Borrowed(name), tag: Some(Cow::Borrowed(tag)), colour }
    }

    /// Its name in files and tables.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the ids of rows about it end with.
    pub fn tag(&self) -> &str {
        self.tag.as_deref().unwrap_or(&self.name)
    }

    /// Its colour.
    pub fn colour(&self) -> Rgb {
        self.colour
    }
}

/// Which regimes there are, in the order of tables, columns and colours. The code of a regime in a column is its place;
/// [`NO_REGIME`] is a bar without one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "WrittenScheme")]
pub struct RegimeScheme {
    name: Cow<'static, str>,
    regimes: Cow<'static, [RegimeKind]>,
}

/// A scheme as a file has it, not yet checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenScheme {
    name: String,
    regimes: Vec<RegimeKind>,
}

impl TryFrom<WrittenScheme> for RegimeScheme {
    type Error = String;

    fn try_from(w: WrittenScheme) -> Result<Self, String> {
        let scheme = Self { name: w.name.into(), regimes: w.regimes.into() };
        scheme.check()?;
        Ok(scheme)
    }
}

impl RegimeScheme {
    /// A scheme of a system's own, of a `static` array of its regimes; [`Self::check`] says what is wrong with it.
    pub const fn fixed(name: &'static str, regimes: &'static [RegimeKind]) -> Self {
        Self { name: Cow::Borrowed(name), regimes: Cow::Borrowed(regimes) }
    }

    /// A scheme of these names, in the colours of [`PALETTE`].
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn named<N: Into<String>>(
        name: impl Into<Cow<'static, str>>,
        regimes: impl IntoIterator<Item = N>,
    ) -> Result<Self, String> {
        let kind =
            |(k, n): (usize, N)| RegimeKind { name: Cow::Owned(n.into()), tag: None, colour: usual(k) };
        let scheme = Self { name: name.into(), regimes: regimes.into_iter().enumerate().map(kind).collect() };
        scheme.check()?;
        Ok(scheme)
    }

    /// The same in other colours, one a regime.
    ///
    /// # Errors
    /// There are more or fewer, or two are the same.
    pub fn coloured(mut self, colours: &[Rgb]) -> Result<Self, String> {
        if colours.len() != self.len() {
            return Err(format!("{} colours are given for {} regimes", colours.len(), self.len()));
        }
        for (kind, colour) in self.regimes.to_mut().iter_mut().zip(colours) {
            kind.colour = *colour;
        }
        self.check()?;
        Ok(self)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many regimes there are.
    pub fn len(&self) -> usize {
        self.regimes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.regimes.is_empty()
    }

    /// The regimes, by code.
    pub fn kinds(&self) -> &[RegimeKind] {
        &self.regimes
    }

    /// Their names, by code.
    pub fn names(&self) -> Vec<&str> {
        self.regimes.iter().map(RegimeKind::name).collect()
    }

    /// The regime of a code; none for [`NO_REGIME`] and codes beyond.
    pub fn get(&self, code: u8) -> Option<&RegimeKind> {
        self.regimes.get(usize::from(code))
    }

    /// The name of a code; [`NO_REGIME_NAME`] where it is none of the scheme.
    pub fn name_of(&self, code: u8) -> &str {
        self.get(code).map_or(NO_REGIME_NAME, RegimeKind::name)
    }

    /// The code of a name.
    pub fn code(&self, name: &str) -> Option<u8> {
        self.regimes.iter().position(|r| r.name == name).map(|k| k as u8)
    }

    /// The code if it is one of the scheme, [`NO_REGIME`] if not.
    pub fn known(&self, code: u8) -> u8 {
        if usize::from(code) < self.len() { code } else { NO_REGIME }
    }

    /// The codes of all rows of a table by regime, in order: every regime, then none.
    pub fn rows(&self) -> impl Iterator<Item = u8> {
        (0..self.len() as u8).chain([NO_REGIME])
    }

    /// What a name that is none of the scheme may have meant, and what there is.
    pub fn near(&self, name: &str) -> String {
        let all = format!("the regimes of {} are {}", self.name, self.names().join(", "));
        match nearest(&name.to_ascii_uppercase(), self.names()) {
            Some(near) => format!("did you mean {near:?}? {all}"),
            None => all,
        }
    }

    /// Refuses a scheme that tables, criteria and charts could not hold.
    ///
    /// # Errors
    /// There is no regime or more than [`MOST_REGIMES`]; a name is not of upper-case letters, digits and underscores, too
    /// long, taken or there twice; two regimes have one colour or one short form.
    pub fn check(&self) -> Result<(), String> {
        let n = self.len();
        if n == 0 || n > MOST_REGIMES {
            return Err(format!("there must be 1 to {MOST_REGIMES} regimes, was {n}"));
        }
        let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        for (k, r) in self.regimes.iter().enumerate() {
            let name = r.name();
            let letter = name.starts_with(|c: char| c.is_ascii_uppercase());
            if !letter || !name.chars().all(plain) || name.len() > LONGEST {
                return Err(format!(
                    "{name:?} is no name of a regime: write upper-case letters, digits and underscores, a letter first, \
                     {LONGEST} at most"
                ));
            }
            if TAKEN.contains(&name) {
                return Err(format!("{name:?} is no name of a regime: tables use it for something else"));
            }
            let before = &self.regimes[..k];
            if before.iter().any(|b| b.name == r.name || b.tag() == r.tag()) {
                return Err(format!("two regimes are named {:?}", r.tag()));
            }
            if let Some(b) = before.iter().find(|b| b.colour == r.colour) {
                return Err(format!("{} and {name} have one colour, {}", b.name, String::from(r.colour)));
            }
        }
        Ok(())
    }
}

impl fmt::Display for RegimeScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

/// Colours of schemes that bring none: P. Tol's "muted" scheme, which colour-blind readers tell apart, in the order in which
/// few are told apart best. Beyond nine they come again, lighter.
pub const PALETTE: [Rgb; 9] = [
    Rgb(0x33, 0x22, 0x88),
    Rgb(0xDD, 0xCC, 0x77),
    Rgb(0xCC, 0x66, 0x77),
    Rgb(0x88, 0xCC, 0xEE),
    Rgb(0x11, 0x77, 0x33),
    Rgb(0x88, 0x22, 0x55),
    Rgb(0x44, 0xAA, 0x99),
    Rgb(0x99, 0x99, 0x33),
    Rgb(0xAA, 0x44, 0x99),
];

/// The colour of regime `k` of a scheme that brings none.
fn usual(k: usize) -> Rgb {
    let Rgb(r, g, b) = PALETTE[k % PALETTE.len()];
    // Each round takes away a part of the distance to white.
    let part = [100u16, 68, 46, 30][(k / PALETTE.len()).min(3)];
    let lighter = |c: u8| (255 - (255 - u16::from(c)) * part / 100) as u8;
    Rgb(lighter(r), lighter(g), lighter(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_places_and_names_are_checked() {
        let s = RegimeScheme::named("risk", ["ON", "OFF"]).unwrap();
        assert_eq!(
            (s.code("OFF"), s.name_of(0), s.name_of(2), s.known(2)),
            (Some(1), "ON", "NONE", NO_REGIME)
        );
        assert_eq!(s.rows().collect::<Vec<_>>(), [0, 1, NO_REGIME]);
        assert_eq!(s.near("of"), "did you mean \"OFF\"? the regimes of risk are ON, OFF");
        let wrong = |names: &[&str]| RegimeScheme::named("x", names.iter().copied()).unwrap_err();
        for (names, words) in [
            (&[][..], "1 to 32 regimes, was 0"),
            (&["on"], "\"on\" is no name of a regime: write upper-case"),
            (&["1ST"], "a letter first"),
            (&["A", "NONE"], "\"NONE\" is no name of a regime: tables use it"),
            (&["A", "B", "A"], "two regimes are named \"A\""),
            (&["ABCDEFGHIJKLMNOPQRSTUVWXYZ"], "24 at most"),
        ] {
            assert!(wrong(names).contains(words), "{}", wrong(names));
        }
        let many: Vec<String> = (0..33).map(|k| format!("R{k}")).collect();
        assert!(RegimeScheme::named("x", many.clone()).unwrap_err().contains("was 33"));
        // 32 colours, none twice.
        RegimeScheme::named("x", many[..32].to_vec()).unwrap();
    }

    #[test]
    fn colours_are_given_or_usual() {
        let s = RegimeScheme::named("x", ["A", "B"]).unwrap();
        let (red, blue) = (Rgb(255, 0, 0), Rgb(0, 0, 255));
        assert_eq!(s.clone().coloured(&[red, blue]).unwrap().kinds()[1].colour(), blue);
        assert!(s.clone().coloured(&[red]).unwrap_err().contains("1 colours are given for 2 regimes"));
        assert!(s.coloured(&[red, red]).unwrap_err().contains("A and B have one colour, #FF0000"));
        assert_eq!("#0a0B0c".parse::<Rgb>().unwrap(), Rgb(10, 11, 12));
        for text in ["red", "#12345", "#1234567", "#12345g", "#é1234"] {
            assert!(text.parse::<Rgb>().unwrap_err().contains("write #RRGGBB"), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_and_checked() {
        let s = RegimeScheme::named("risk", ["ON", "OFF"]).unwrap();
        let text = serde_json::to_string(&s).unwrap();
        assert_eq!(serde_json::from_str::<RegimeScheme>(&text).unwrap(), s);
        let e = serde_json::from_str::<RegimeScheme>(&text.replace("OFF", "ON")).unwrap_err();
        assert!(e.to_string().contains("two regimes are named \"ON\""), "{e}");
    }
}
