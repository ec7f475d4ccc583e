//! Bars from JSON: an array of arrays, or an array of objects.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::error::{Error, Place, Result};
use crate::instant::{self, DateOrder, Written};
use crate::names::{self, ColumnRequest, TimeAt};
use crate::rows::{At, Places, Rows};
use crate::text::{MIXED_HINT, mixed};

/// What a JSON file holds.
pub(super) struct Parsed {
    /// The rows; of arrays as if they were open, high, low, close.
    pub rows: Rows,
    /// Name of the field of times, where the rows are objects.
    pub time_name: Option<String>,
    /// How the times are written.
    pub written: Option<Written>,
    /// Fields of an array; none where the rows are objects.
    pub width: Option<usize>,
}

/// Numbers of a row: the time, and the five behind it.
#[derive(Clone, Copy)]
struct Values {
    time: i64,
    rest: [f64; 5],
    /// How many of them are there.
    n: usize,
}

/// Reads the text `bytes` of the file `place`.
pub(super) fn read(place: &str, bytes: &[u8], wanted: &ColumnRequest) -> Result<Parsed> {
    let mut sink =
        Sink { rows: Rows::default(), width: None, roles: None, written: None, wanted, problem: None };
    let mut de = serde_json::Deserializer::from_slice(bytes);
    let read = (&mut sink).deserialize(&mut de).and_then(|()| de.end());
    let at_row = |sink: &Sink<'_>| Place::row(place, sink.rows.len() + 1);
    if let Err(e) = read {
        return Err(match sink.problem.take() {
            Some((problem, hint)) => Error::data(at_row(&sink), problem).hint(hint),
            None if e.is_eof() => Error::data(place, "the JSON is cut short").hint("download it again"),
            None => Error::data(Place::line(place, e.line()), format!("no JSON of bars ({e})"))
                .hint("expected an array of arrays [time, open, high, low, close, volume], or of objects with these names")
                .caused_by(e),
        });
    }
    if sink.rows.is_empty() {
        return Err(Error::data(place, "an array without a row").hint("download or export it again"));
    }
    sink.rows.places = Places::of(place, At::Rows);
    let time_name = sink.roles.and_then(|r| r.into_iter().find(|(_, k)| *k == 0)).map(|(name, _)| name);
    Ok(Parsed { rows: sink.rows, time_name, written: sink.written, width: sink.width })
}

/// Where rows go while they are read.
struct Sink<'w> {
    rows: Rows,
    width: Option<usize>,
    /// Names of the fields of objects, and for each which value it is: 0 the time, 1 to 5 the rest.
    roles: Option<Vec<(String, usize)>>,
    written: Option<Written>,
    wanted: &'w ColumnRequest,
    problem: Option<(String, String)>,
}

impl Sink<'_> {
    /// The time of a row, written as those above; or the problem and its remedy.
    fn time(&mut self, field: &Field<'_>) -> std::result::Result<i64, (String, String)> {
        let Some((ms, written)) = field.time() else {
            return Err((format!("the time is {}", field.shown()), instant::HINT.to_owned()));
        };
        if let Some(problem) = mixed(self.written, written) {
            return Err((problem.to_owned(), MIXED_HINT.to_owned()));
        }
        self.written.get_or_insert(written);
        match instant::fault(ms) {
            Some(problem) => Err((problem, "check the unit and the column of the times".to_owned())),
            None => Ok(ms),
        }
    }

    fn push(&mut self, v: Values) {
        self.rows.time_ms.push(v.time);
        for (column, value) in self.rows.values_mut().into_iter().zip(v.rest) {
            column.push(value);
        }
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

struct RowSeed<'a, 'w>(&'a mut Sink<'w>);

impl<'de> DeserializeSeed<'de> for RowSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> std::result::Result<(), D::Error> {
        d.deserialize_any(self)
    }
}

const SHAPE: &str = "expected arrays [time, open, high, low, close, volume, ...] of one length, with numbers or numbers as text";

impl<'de> Visitor<'de> for RowSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a bar: an array or an object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut fields: A) -> std::result::Result<(), A::Error> {
        let sink = self.0;
        let mut v = Values { time: 0, rest: [f64::NAN; 5], n: 0 };
        let mut width = 0;
        while let Some(field) = fields.next_element::<Field<'_>>()? {
            match width {
                0 => match sink.time(&field) {
                    Ok(ms) => v.time = ms,
                    Err((problem, hint)) => return Err(sink.fail(problem, hint)),
                },
                1..=5 => match field.number() {
                    Some(x) => v.rest[width - 1] = x,
                    None => {
                        let problem =
                            format!("field {} is {} where a number is expected", width + 1, field.shown());
                        return Err(
                            sink.fail(problem, format!("trades and order books are no bars; {SHAPE}"))
                        );
                    }
                },
                _ => {}
            }
            width += 1;
        }
        if width < 6 {
            return Err(sink.fail(format!("{width} fields"), SHAPE));
        }
        if *sink.width.get_or_insert(width) != width {
            let problem = format!("{width} fields where the rows above have {}", sink.width.unwrap_or(0));
            return Err(sink.fail(problem, SHAPE));
        }
        sink.rows.has_volume = true;
        v.n = 5;
        sink.push(v);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> std::result::Result<(), A::Error> {
        let sink = self.0;
        let mut v = Values { time: 0, rest: [f64::NAN; 5], n: 0 };
        let mut has_time = false;
        let roles = match sink.roles.take() {
            Some(roles) => roles,
            None => {
                // The first object is kept whole: only its names together tell which is which.
                let mut all: Vec<(String, Field<'de>)> = vec![];
                while let Some(name) = fields.next_key::<Cow<'de, str>>()? {
                    if all.len() == 64 {
                        return Err(sink.fail("an object of more than 64 fields", SHAPE));
                    }
                    all.push((name.into_owned(), fields.next_value()?));
                }
                let roles = sink.roles_of(&all)?;
                for (name, field) in &all {
                    if let Some((_, k)) = roles.iter().find(|(n, _)| n == name) {
                        has_time |= *k == 0;
                        sink.take::<A::Error>(&mut v, *k, field, name)?;
                    }
                }
                roles
            }
        };
        let mut error = None;
        while let Some(name) = fields.next_key::<Cow<'de, str>>()? {
            match roles.iter().find(|(n, _)| *n == name) {
                Some((name, k)) => {
                    let field: Field<'_> = fields.next_value()?;
                    has_time |= *k == 0;
                    if let Err(e) = sink.take::<A::Error>(&mut v, *k, &field, name) {
                        error.get_or_insert(e);
                    }
                }
                None => {
                    fields.next_value::<IgnoredAny>()?;
                }
            }
        }
        let with_volume = roles.iter().any(|r| r.1 == 5);
        sink.roles = Some(roles);
        if let Some(e) = error {
            return Err(e);
        }
        if !with_volume {
            v.rest[4] = 0.0;
        }
        if !has_time || v.rest.iter().any(|x| x.is_nan()) {
            return Err(sink.fail("a field that the first row has is missing", "download or export it again"));
        }
        sink.rows.has_volume = with_volume;
        sink.push(v);
        Ok(())
    }
}

impl Sink<'_> {
    fn roles_of<E: serde::de::Error>(
        &mut self,
        all: &[(String, Field<'_>)],
    ) -> std::result::Result<Vec<(String, usize)>, E> {
        let names: Vec<&str> = all.iter().map(|(n, _)| n.as_str()).collect();
        let roles = names::find(&names, self.wanted).map_err(|f| self.fail::<E>(f.problem, f.hint))?;
        let TimeAt::One(time) = roles.time else {
            return Err(self.fail(
                "the time is in two fields, a date and a clock",
                "join them into one named open_time",
            ));
        };
        let values = roles
            .prices
            .into_iter()
            .chain(roles.volume)
            .enumerate()
            .map(|(k, i)| (names[i].to_owned(), k + 1));
        Ok(std::iter::once((names[time].to_owned(), 0)).chain(values).collect())
    }

    /// Puts one field of an object where it belongs.
    fn take<E: serde::de::Error>(
        &mut self,
        v: &mut Values,
        k: usize,
        field: &Field<'_>,
        name: &str,
    ) -> std::result::Result<(), E> {
        let problem = if k == 0 {
            match self.time(field) {
                Ok(ms) => {
                    v.time = ms;
                    return Ok(());
                }
                Err(problem) => problem,
            }
        } else {
            match field.number() {
                Some(x) => {
                    v.rest[k - 1] = x;
                    return Ok(());
                }
                None => (format!("{name} is {} where a number is expected", field.shown()), SHAPE.to_owned()),
            }
        };
        Err(self.fail(problem.0, problem.1))
    }
}

/// One field: exchanges write numbers also as text.
enum Field<'de> {
    Integer(i64),
    Number(f64),
    Text(Cow<'de, str>),
    Other(&'static str),
}

impl Field<'_> {
    fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(x) => Some(*x as f64),
            Self::Number(x) => Some(*x),
            Self::Text(t) => t.trim().parse().ok(),
            Self::Other(_) => None,
        }
    }

    fn time(&self) -> Option<(i64, Written)> {
        match self {
            Self::Integer(x) => Some((instant::from_integer(*x), Written::Epoch)),
            Self::Number(x) => instant::from_float(*x).map(|ms| (ms, Written::Epoch)),
            Self::Text(t) => instant::read(t.trim().as_bytes(), DateOrder::Unknown),
            Self::Other(_) => None,
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Integer(x) => x.to_string(),
            Self::Number(x) => x.to_string(),
            Self::Text(t) => format!("{:?}", names::shorten(t)),
            Self::Other(what) => (*what).to_owned(),
        }
    }
}

impl<'de> serde::Deserialize<'de> for Field<'de> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        d.deserialize_any(FieldVisitor)
    }
}

struct FieldVisitor;

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = Field<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_i64<E>(self, x: i64) -> std::result::Result<Field<'de>, E> {
        Ok(Field::Integer(x))
    }

    fn visit_u64<E>(self, x: u64) -> std::result::Result<Field<'de>, E> {
        Ok(i64::try_from(x).map_or(Field::Number(x as f64), Field::Integer))
    }

    fn visit_f64<E>(self, x: f64) -> std::result::Result<Field<'de>, E> {
        Ok(Field::Number(x))
    }

    fn visit_borrowed_str<E>(self, t: &'de str) -> std::result::Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Borrowed(t)))
    }

    fn visit_str<E>(self, t: &str) -> std::result::Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Owned(t.to_owned())))
    }

    fn visit_bool<E>(self, _: bool) -> std::result::Result<Field<'de>, E> {
        Ok(Field::Other("true or false"))
    }

    fn visit_unit<E>(self) -> std::result::Result<Field<'de>, E> {
        Ok(Field::Other("null"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> std::result::Result<Field<'de>, A::Error> {
        while all.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Field::Other("an array"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> std::result::Result<Field<'de>, A::Error> {
        while all.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Field::Other("an object"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Parsed> {
        read("a.json", text.as_bytes(), &ColumnRequest { volume_optional: true, ..ColumnRequest::default() })
    }

    #[test]
    fn arrays_and_objects() {
        let p = parsed(r#"[[1640995200000,"1.5","3","1","2","9",1640998799999,"0",3,"0","0","0"]]"#).unwrap();
        assert_eq!((p.width, p.rows.time_ms[0]), (Some(12), 1_640_995_200_000));
        assert_eq!(p.rows.values().map(|v| v[0]), [1.5, 3.0, 1.0, 2.0, 9.0]);
        // Microseconds, as from 2025 on.
        assert_eq!(parsed("[[1735689600000000,1,1,1,1,1]]").unwrap().rows.time_ms[0], 1_735_689_600_000);
        let p = parsed(r#"[{"timestamp":1672531200000,"open":1,"high":3,"low":1,"close":2},{"close":5,"timestamp":1672534800000,"open":2,"high":6,"low":2}]"#).unwrap();
        assert_eq!((p.width, p.rows.has_volume), (None, false));
        assert_eq!((p.rows.close.clone(), p.rows.volume.clone()), (vec![2.0, 5.0], vec![0.0, 0.0]));
    }

    #[test]
    fn what_is_no_bar_is_named() {
        for (text, want) in [
            ("[]", "a.json: an array without a row"),
            ("[[1,2,3,4", "a.json: the JSON is cut short"),
            ("{\"a\":1}", "a.json:1: no JSON of bars"),
            ("[[1,2,3]]", "a.json: row 1: 3 fields"),
            ("[[1,2,3,4,5,6],[1,2,3,4,5,6,7]]", "a.json: row 2: 7 fields where the rows above have 6"),
            (
                "[[1570752011620,\"13\",null,\"sell\",1,2,3]]",
                "a.json: row 1: field 3 is null where a number is expected",
            ),
            ("[{\"timestamp\":1,\"open\":1,\"high\":3,\"low\":1}]", "a.json: row 1: missing column close"),
            ("[{\"t\":1}]", "a.json: row 1: no recognisable header, found: t"),
            ("[[-5,2,3,4,5,6]]", "a.json: row 1: time 1969-12-31 23:59:55 is before 1970"),
            ("[[1,2,4,1,3,1]] x", "a.json:1: no JSON of bars"),
            ("[7]", "a.json:1: no JSON of bars"),
        ] {
            let e = parsed(text).map(|_| ()).unwrap_err().to_string();
            assert!(e.starts_with(want), "{text}: {e}");
        }
        let two = "[{\"timestamp\":1,\"open\":1,\"high\":3,\"low\":1,\"close\":2},{\"timestamp\":1,\"open\":1,\"high\":3,\"low\":1}]";
        assert!(
            parsed(two)
                .map(|_| ())
                .unwrap_err()
                .to_string()
                .contains("row 2: a field that the first row has is missing")
        );
    }
}
