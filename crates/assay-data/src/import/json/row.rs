//! One row of JSON: an array or an object.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::field::Field;
use super::{FieldRole, SPREAD, SYMBOL, Sink, VOLUME};
use crate::names;
use crate::row_symbols::is_asked;

/// Reads a row into its sink.
pub(super) struct RowSeed<'a, 'r>(pub &'a mut Sink<'r>);

/// The values of a row while they are read.
struct RowValues {
    time: Option<i64>,
    rest: [f64; 5],
    spread: f64,
    symbol: Option<String>,
}

const SHAPE: &str = "expected arrays [time, open, high, low, close, volume, ...] of one length, with numbers or numbers as text";

impl<'de> DeserializeSeed<'de> for RowSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> std::result::Result<(), D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for RowSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a bar: an array or an object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut fields: A) -> std::result::Result<(), A::Error> {
        let sink = self.0;
        let roles = sink.array_roles()?;
        let mut v = RowValues::new();
        let mut width = 0;
        while let Some(field) = fields.next_element::<Field<'_>>()? {
            if let Some(k) = roles.get(width).copied().flatten() {
                let name = || format!("field {}", width + 1);
                if let Err((problem, hint)) = sink.take(&mut v, k, &field, name) {
                    return Err(sink.fail(problem, hint));
                }
            }
            width += 1;
        }
        let named = sink.request.columns.len();
        if named > 0 && width != named {
            let hint = "name every field in its order: --columns time,open,high,low,close,volume";
            return Err(sink.fail(format!("{width} fields, and --columns names {named}"), hint));
        }
        if width < roles.len() {
            return Err(sink.fail(format!("{width} fields"), SHAPE));
        }
        if *sink.width.get_or_insert(width) != width {
            let problem = format!("{width} fields where the rows above have {}", sink.width.unwrap_or(0));
            return Err(sink.fail(problem, SHAPE));
        }
        sink.placed = Some(roles);
        sink.push(v)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> std::result::Result<(), A::Error> {
        let sink = self.0;
        if !sink.request.columns.is_empty() {
            let hint = "leave it out, and name single fields by --map close=last";
            return Err(sink.fail("--columns names the fields of arrays, and the rows are objects", hint));
        }
        let mut v = RowValues::new();
        let mut problem = None;
        let mut roles = match sink.named.take() {
            Some(roles) => roles,
            None => first_object(sink, &mut v, &mut problem, &mut fields)?,
        };
        while let Some(name) = fields.next_key::<Cow<'de, str>>()? {
            match roles.iter().find(|(n, _)| *n == name) {
                Some((name, k)) => {
                    let field: Field<'_> = fields.next_value()?;
                    if let Err(wrong) = sink.take(&mut v, *k, &field, || name.clone()) {
                        problem.get_or_insert(wrong);
                    }
                }
                None if sink.passed.iter().any(|n| *n == name) => {
                    fields.next_value::<IgnoredAny>()?;
                }
                // A field that no row above has.
                None => {
                    let field: Field<'_> = fields.next_value()?;
                    match sink
                        .newcomer(&mut roles, &name)
                        .map(|k| (k, sink.take(&mut v, k, &field, || name.to_string())))
                    {
                        Some((_, Err(wrong))) => {
                            problem.get_or_insert(wrong);
                        }
                        Some((VOLUME, Ok(()))) => {
                            let text = format!("{name} is missing in the rows above");
                            let hint = "give every row its volume, or leave it out of all; what is missing is never made up";
                            problem.get_or_insert((text, hint.to_owned()));
                        }
                        _ => {}
                    }
                }
            }
        }
        sink.named = Some(roles);
        match problem {
            // What is wrong with a row of another instrument is nobody's matter.
            Some(_) if sink.is_of_another(&v) => {
                sink.of_others += 1;
                Ok(())
            }
            Some((problem, hint)) => Err(sink.fail(problem, hint)),
            None => sink.push(v),
        }
    }
}

/// Reads the first object whole: only its names together tell which is which.
fn first_object<'de, A: MapAccess<'de>>(
    sink: &mut Sink<'_>,
    v: &mut RowValues,
    wrong: &mut Option<(String, String)>,
    fields: &mut A,
) -> std::result::Result<Vec<(String, FieldRole)>, A::Error> {
    let mut all: Vec<(String, Field<'de>)> = vec![];
    while let Some(name) = fields.next_key::<Cow<'de, str>>()? {
        if all.len() == 64 {
            return Err(sink.fail("an object of more than 64 fields", SHAPE));
        }
        all.push((name.into_owned(), fields.next_value()?));
    }
    let names: Vec<&str> = all.iter().map(|(n, _)| n.as_str()).collect();
    let roles = sink.roles::<A::Error>(&names)?;
    for (i, k) in &roles {
        let (name, field) = &all[*i];
        if let Err(problem) = sink.take(v, *k, field, || name.clone()) {
            wrong.get_or_insert(problem);
        }
    }
    sink.passed = all.iter().map(|(n, _)| n.clone()).collect();
    let named: Vec<(String, FieldRole)> = roles.into_iter().map(|(i, k)| (all[i].0.clone(), k)).collect();
    sink.passed.retain(|n| named.iter().all(|(m, _)| m != n));
    Ok(named)
}

impl RowValues {
    fn new() -> Self {
        Self { time: None, rest: [f64::NAN; 5], spread: f64::NAN, symbol: None }
    }
}

impl Sink<'_> {
    /// What the fields of an array are: as the user names them, otherwise a time and the five behind it.
    fn array_roles<E: serde::de::Error>(&mut self) -> std::result::Result<Vec<Option<FieldRole>>, E> {
        if let Some(roles) = self.placed.take() {
            return Ok(roles);
        }
        if self.request.columns.is_empty() {
            if let Some((role, name)) = self.request.wanted.named.first() {
                let problem =
                    format!("--map {role}={name:?} needs names, and the rows are arrays without any");
                return Err(
                    self.fail(problem, "name their fields: --columns time,open,high,low,close,volume")
                );
            }
            self.rows.has_volume = true;
            return Ok((0..=VOLUME).map(Some).collect());
        }
        let names: Vec<&str> = self.request.columns.iter().map(String::as_str).collect();
        let mut placed = vec![None; names.len()];
        for (i, k) in self.roles::<E>(&names)? {
            placed[i] = Some(k);
        }
        Ok(placed)
    }

    /// What a field is that the first row lacks; it is known from now on.
    fn newcomer(&mut self, roles: &mut Vec<(String, FieldRole)>, name: &str) -> Option<FieldRole> {
        let known = roles.iter().map(|(n, _)| n.as_str());
        let names: Vec<&str> = known.chain(self.passed.iter().map(String::as_str)).chain([name]).collect();
        let is_new = |i: Option<usize>| i.is_some_and(|i| names[i] == name);
        let found = names::find(&names, &self.request.wanted).ok();
        let role = found.and_then(|f| match () {
            () if is_new(f.volume) => Some(VOLUME),
            () if is_new(f.spread) => Some(SPREAD),
            () if is_new(f.symbol) => Some(SYMBOL),
            () => None,
        });
        match role {
            Some(k) => {
                roles.push((name.to_owned(), k));
                // Rows that name none are of another than those that do.
                if k == SYMBOL && !self.rows.is_empty() {
                    self.symbols.meet(b"", 1);
                }
            }
            None => self.passed.push(name.to_owned()),
        }
        role
    }

    /// Puts one field where it belongs; or the problem and its remedy.
    fn take(
        &mut self,
        v: &mut RowValues,
        k: FieldRole,
        field: &Field<'_>,
        name: impl FnOnce() -> String,
    ) -> std::result::Result<(), (String, String)> {
        match (k, field.number()) {
            (0, _) => v.time = Some(self.time(field)?),
            (SPREAD, Some(x)) => v.spread = x,
            // Where nobody quoted, there is no spread.
            (SPREAD, None) if field.is_null() => {}
            (SYMBOL, _) => v.symbol = Some(field.text()),
            (k, Some(x)) if k < SPREAD => v.rest[k - 1] = x,
            _ => {
                let problem = format!("{} is {} where a number is expected", name(), field.shown());
                return Err((problem, format!("trades and order books are no bars; {SHAPE}")));
            }
        }
        Ok(())
    }

    /// Whether a row is of another instrument than is asked for.
    fn is_of_another(&self, v: &RowValues) -> bool {
        matches!((self.asked, &v.symbol), (Some(asked), Some(symbol)) if !is_asked(asked, symbol.as_bytes()))
    }

    /// Adds a row.
    fn push<E: serde::de::Error>(&mut self, mut v: RowValues) -> std::result::Result<(), E> {
        if v.symbol.is_none() && self.symbols.any() {
            v.symbol = Some(String::new());
        }
        if self.is_of_another(&v) {
            self.of_others += 1;
            return Ok(());
        }
        if let Some(symbol) = &v.symbol {
            self.symbols.meet(symbol.as_bytes(), self.row());
        }
        if !self.rows.has_volume {
            v.rest[VOLUME - 1] = 0.0;
        }
        let time = v.time.filter(|_| v.rest.iter().all(|x| !x.is_nan()));
        let Some(time) = time else {
            return Err(self.fail("a field that the first row has is missing", "download or export it again"));
        };
        self.rows.time_ms.push(time);
        for (column, value) in self.rows.values_mut().into_iter().zip(v.rest) {
            column.push(value);
        }
        self.spread.push(v.spread);
        Ok(())
    }
}
