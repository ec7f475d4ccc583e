//! Bars from JSON: an array of arrays, or an array of objects; by itself, or somewhere in an object.

mod field;
mod row;
mod wrapped;

#[cfg(test)]
mod tests;

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};

use self::field::Field;
use self::row::RowSeed;
use super::Options;
use super::asked::wanted;
use crate::error::{Error, Place, Result};
use crate::instant::{self, DateOrder, Written};
use crate::names::{self, ColumnRequest, Roles, TimeAt};
use crate::row_symbols::RowSymbols;
use crate::rows::{At, Places, Rows};
use crate::text::{MIXED_HINT, mixed, without_mark};

/// What a JSON file holds.
pub(super) struct Parsed {
    /// The rows; of arrays that nobody names as if they were open, high, low, close.
    pub rows: Rows,
    /// Name of the field of times, where the fields have names.
    pub time_name: Option<String>,
    /// How the times are written.
    pub written: Option<Written>,
    /// Whether every time is a date alone.
    pub days: bool,
    /// Fields of an array whose fields have no names; none where they have.
    pub width: Option<usize>,
    /// Fields that are not read and look like a volume.
    pub like_volume: Vec<String>,
    /// The instrument of the rows, where a field names it.
    pub symbol: Option<String>,
    /// Rows left out because they are of others.
    pub of_others: usize,
    /// Where in an object the rows are.
    pub path: Option<String>,
}

/// What is known of a JSON file beforehand.
pub(super) struct JsonRequest {
    /// Names of the fields of arrays, in their order.
    columns: Vec<String>,
    wanted: ColumnRequest,
    dates: DateOrder,
}

impl JsonRequest {
    /// What the user says.
    pub fn of(options: &Options) -> Self {
        Self { columns: options.columns.clone(), wanted: wanted(options), dates: options.dates }
    }

    /// Of a file of which nobody says anything.
    pub fn unnamed() -> Self {
        Self { columns: vec![], wanted: ColumnRequest::default(), dates: DateOrder::Unknown }
    }
}

const EXPECTED: &str =
    "expected an array of arrays [time, open, high, low, close, volume], or of objects with these names";

/// Reads the text `bytes` of the file `place`.
pub(super) fn read(place: &str, bytes: &[u8], request: &JsonRequest) -> Result<Parsed> {
    let bytes = without_mark(bytes);
    if bytes.trim_ascii_start().first() == Some(&b'{') {
        return wrapped::read(place, bytes, request);
    }
    Sink::filled(place, request, |sink| {
        let mut de = serde_json::Deserializer::from_slice(bytes);
        sink.deserialize(&mut de).and_then(|()| de.end())
    })?
    .parsed(place)
}

/// That the text of a file is no JSON of bars.
fn no_bars(place: &str, e: serde_json::Error) -> Error {
    if e.is_eof() {
        return Error::data(place, "the JSON is cut short").hint("download it again");
    }
    let lines = e.to_string().starts_with("trailing characters");
    let hint = if lines { "of several values, one a line, make one array: [..., ...]" } else { EXPECTED };
    Error::data(Place::line(place, e.line()), format!("no JSON of bars ({e})")).hint(hint).caused_by(e)
}

/// What a field is: 0 the time, 1 to 5 the values, 6 the spread, 7 the instrument.
type FieldRole = usize;

const VOLUME: FieldRole = 5;
const SPREAD: FieldRole = 6;
const SYMBOL: FieldRole = 7;

/// Where rows go while they are read.
struct Sink<'r> {
    rows: Rows,
    spread: Vec<f64>,
    width: Option<usize>,
    /// Names of the fields of objects and what each is.
    named: Option<Vec<(String, FieldRole)>>,
    /// What the fields of arrays are, by their places.
    placed: Option<Vec<Option<FieldRole>>>,
    time_name: Option<String>,
    /// Names of fields that are not read.
    passed: Vec<String>,
    symbols: RowSymbols,
    /// The instrument whose rows are read.
    asked: Option<&'r str>,
    /// Rows that are of others.
    of_others: usize,
    like_volume: Vec<String>,
    written: Option<Written>,
    days: bool,
    request: &'r JsonRequest,
    problem: Option<(String, String)>,
}

impl<'r> Sink<'r> {
    fn new(request: &'r JsonRequest) -> Self {
        Self {
            rows: Rows::default(),
            spread: vec![],
            width: None,
            named: None,
            placed: None,
            time_name: None,
            passed: vec![],
            symbols: RowSymbols::default(),
            asked: request.wanted.symbol.as_deref(),
            of_others: 0,
            like_volume: vec![],
            written: None,
            days: true,
            request,
            problem: None,
        }
    }

    /// What `read` puts into a sink: the rows of the instrument that is asked for or, where no row is of that name, all of them.
    fn filled(
        place: &str,
        request: &'r JsonRequest,
        read: impl Fn(&mut Self) -> serde_json::Result<()>,
    ) -> Result<Self> {
        let of = |mut sink: Self| match read(&mut sink) {
            Ok(()) => Ok(sink),
            Err(e) => Err(sink.error(place, e)),
        };
        let sink = of(Self::new(request))?;
        match sink.rows.is_empty() && sink.of_others > 0 {
            true => of(Self { asked: None, ..Self::new(request) }),
            false => Ok(sink),
        }
    }

    /// What was read.
    fn parsed(mut self, place: &str) -> Result<Parsed> {
        if self.rows.is_empty() {
            return Err(Error::data(place, "an array without a row").hint("download or export it again"));
        }
        let roles = self.named.iter().flatten().map(|(_, k)| *k);
        let with_spread = roles.chain(self.placed.iter().flatten().flatten().copied()).any(|k| k == SPREAD);
        self.rows.spread = with_spread.then_some(self.spread);
        self.rows.places = Places::of(place, At::Rows);
        let symbol = self.symbols.one(|row| Place::row(place, row))?;
        Ok(Parsed {
            rows: self.rows,
            time_name: self.time_name,
            written: self.written,
            days: self.days,
            width: self.width.filter(|_| self.request.columns.is_empty()),
            like_volume: self.like_volume,
            symbol,
            of_others: self.of_others,
            path: None,
        })
    }

    /// Why nothing was read.
    fn error(&mut self, place: &str, e: serde_json::Error) -> Error {
        match self.problem.take() {
            Some((problem, hint)) => Error::data(Place::row(place, self.row()), problem).hint(hint),
            None => no_bars(place, e),
        }
    }

    /// The row that is read, from 1.
    fn row(&self) -> usize {
        self.rows.len() + self.of_others + 1
    }

    /// The time of a row, written as those above; or the problem and its remedy.
    fn time(&mut self, field: &Field<'_>) -> std::result::Result<i64, (String, String)> {
        let Some((ms, written)) = field.time(self.request.dates) else {
            return Err((format!("the time is {}", field.shown()), instant::HINT.to_owned()));
        };
        if let Some(problem) = mixed(self.written, written) {
            return Err((problem.to_owned(), MIXED_HINT.to_owned()));
        }
        self.written.get_or_insert(written);
        self.days &= matches!(written, Written::Day(_));
        match instant::fault(ms) {
            Some(problem) => Err((problem, "check the unit and the column of the times".to_owned())),
            None => Ok(ms),
        }
    }

    /// What the fields of these names are.
    fn roles<E: serde::de::Error>(
        &mut self,
        names: &[&str],
    ) -> std::result::Result<Vec<(usize, FieldRole)>, E> {
        let found = names::find(names, &self.request.wanted);
        let roles: Roles = found.map_err(|f| self.fail::<E>(f.problem, f.hint))?;
        let TimeAt::One(time) = roles.time else {
            return Err(self.fail(
                "the time is in two fields, a date and a clock",
                "join them into one named open_time",
            ));
        };
        self.time_name = Some(names[time].to_owned());
        self.rows.has_volume = roles.volume.is_some();
        if roles.volume.is_none() {
            self.like_volume = names::like_volumes(names);
        }
        let values = roles.prices.into_iter().chain(roles.volume).enumerate().map(|(k, i)| (i, k + 1));
        let others = [(roles.spread, SPREAD), (roles.symbol, SYMBOL)];
        let others = others.into_iter().filter_map(|(i, k)| Some((i?, k)));
        Ok(std::iter::once((time, 0)).chain(values).chain(others).collect())
    }

    /// An error with a remedy; the text that serde carries is not shown.
    fn fail<E: serde::de::Error>(&mut self, problem: impl Into<String>, hint: impl Into<String>) -> E {
        self.problem = Some((problem.into(), hint.into()));
        E::custom("row")
    }
}

impl<'de> DeserializeSeed<'de> for &mut Sink<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> std::result::Result<(), D::Error> {
        d.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for &mut Sink<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of bars")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> std::result::Result<(), A::Error> {
        while all.next_element_seed(RowSeed(&mut *self))?.is_some() {}
        Ok(())
    }
}
