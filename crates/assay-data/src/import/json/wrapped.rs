//! Rows somewhere in an object, as interfaces of exchanges answer: `{"code": 0, "result": {"list": [[...], ...]}}`.

use std::borrow::Cow;

use serde::de::DeserializeSeed;
use serde_json::{Map, Value};

use super::{EXPECTED, JsonRequest, Parsed, Sink, no_bars};
use crate::error::{Error, Result};
use crate::instant;
use crate::names::ColumnRequest;
use crate::names::shorten;

/// Objects are looked into so deep.
const DEEPEST: usize = 8;

/// The object is in memory whole, which takes some ten times its text.
const LARGEST: usize = 100_000_000;

/// What names the fields of arrays, beside them.
const NAMES: [&str; 2] = ["columns", "fields"];

/// An array that may be of rows.
struct WrappedRows<'v> {
    path: String,
    array: Cow<'v, Value>,
    /// Names of the fields of its arrays, where the object has them.
    columns: Vec<String>,
}

/// Reads the rows in the object that `bytes` is the text of.
pub(super) fn read(place: &str, bytes: &[u8], request: &JsonRequest) -> Result<Parsed> {
    if bytes.len() > LARGEST {
        return Err(Error::data(place, "an object of more than 100 MB around the rows")
            .hint("take the array of rows out of the object; an array may be of any size"));
    }
    let whole: Value = serde_json::from_slice(bytes).map_err(|e| no_bars(place, e))?;
    let Value::Object(object) = &whole else {
        return Err(Error::data(place, "no JSON of bars").hint(EXPECTED));
    };
    let mut found = vec![];
    walk(object, "", 0, &mut found);
    if is_by_time(object) {
        found.push(WrappedRows {
            path: "the times".into(),
            array: Cow::Owned(by_time(object)),
            columns: vec![],
        });
    }
    if let Some(rows) = of_columns(object, request) {
        found.push(WrappedRows { path: "the columns".into(), array: Cow::Owned(rows), columns: vec![] });
    }
    let (mut bars, mut errors) = (vec![], vec![]);
    for one in &found {
        match rows(place, one, request) {
            Ok(parsed) => bars.push(parsed),
            Err(e) => errors.push((one.array.as_array().map_or(0, Vec::len), e)),
        }
    }
    let named = bars.iter().filter_map(|p| p.path.clone()).collect::<Vec<_>>().join(" and ");
    match (bars.pop(), bars.len()) {
        (Some(parsed), 0) => Ok(parsed),
        (Some(_), _) => {
            Err(Error::data(place, format!("bars are in {} arrays of the JSON: {named}", bars.len() + 1))
                .hint("keep one of them, as a file of its own"))
        }
        // What is wrong with the longest is what the user wants to know.
        (None, _) => {
            let longest = errors.into_iter().rev().max_by_key(|(n, _)| *n);
            Err(longest.map_or_else(|| without_rows(place, object), |(_, e)| e))
        }
    }
}

/// Whether an object is of rows by their times, as Alpha Vantage answers: `{"2024-01-02": {"1. open": "187.15", ...}, ...}`.
fn is_by_time(object: &Map<String, Value>) -> bool {
    // A small number is that of a row, not its time.
    let row_number = |key: &str| key.len() < 8 && key.bytes().all(|b| b.is_ascii_digit());
    let row = |(key, value): (&String, &Value)| {
        value.is_object() && !row_number(key) && instant::from_text(key.as_bytes()).is_some()
    };
    !object.is_empty() && object.iter().all(row)
}

/// Those rows, each with its time.
fn by_time(object: &Map<String, Value>) -> Value {
    let row = |(time, values): (&String, &Value)| {
        let mut row = values.as_object().cloned().unwrap_or_default();
        let names: Vec<&str> = row.keys().map(String::as_str).collect();
        // One that says its own time keeps it.
        if crate::names::find(&names, &ColumnRequest { volume_optional: true, ..ColumnRequest::default() })
            .is_err()
        {
            row.insert("time".into(), Value::String(time.clone()));
        }
        Value::Object(row)
    };
    Value::Array(object.iter().map(row).collect())
}

/// Rows of an object of columns, as charts answer: `{"t": [...], "o": [...], "h": [...], ...}`; `None` where it is none, or columns differ in
/// length.
fn of_columns(object: &Map<String, Value>, request: &JsonRequest) -> Option<Value> {
    let columns: Vec<(&String, &Vec<Value>)> =
        object.iter().filter_map(|(k, v)| Some((k, v.as_array()?))).filter(|(_, v)| !v.is_empty()).collect();
    let names: Vec<&str> = columns.iter().map(|(k, _)| k.as_str()).collect();
    let rows = columns.first().map(|(_, v)| v.len())?;
    if crate::names::find(&names, &request.wanted).is_err() || columns.iter().any(|(_, v)| v.len() != rows) {
        return None;
    }
    let row = |i: usize| Value::Object(columns.iter().map(|(k, v)| ((*k).clone(), v[i].clone())).collect());
    Some(Value::Array((0..rows).map(row).collect()))
}

/// Arrays of arrays or of objects in an object and those in it.
fn walk<'v>(object: &'v Map<String, Value>, above: &str, depth: usize, out: &mut Vec<WrappedRows<'v>>) {
    for (key, value) in object {
        let path = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
        match value {
            Value::Array(rows) if rows.first().is_some_and(|r| r.is_array() || r.is_object()) => {
                out.push(WrappedRows { path, array: Cow::Borrowed(value), columns: names_in(object) });
            }
            Value::Object(inner) if is_by_time(inner) => {
                let array = Cow::Owned(by_time(inner));
                out.push(WrappedRows { path, array, columns: vec![] });
            }
            Value::Object(inner) if depth < DEEPEST => walk(inner, &path, depth + 1, out),
            _ => {}
        }
    }
}

/// The names of columns that an object says.
fn names_in(object: &Map<String, Value>) -> Vec<String> {
    let text = |v: &Value| v.as_str().map(str::to_owned);
    let of = |name: &&str| object.get(*name)?.as_array()?.iter().map(text).collect::<Option<Vec<String>>>();
    NAMES.iter().find_map(of).unwrap_or_default()
}

/// Reads an array as rows.
fn rows(place: &str, wrapped: &WrappedRows<'_>, request: &JsonRequest) -> Result<Parsed> {
    let arrays = wrapped.array.as_array().and_then(|a| a.first()).is_some_and(Value::is_array);
    let own = arrays && request.columns.is_empty() && !wrapped.columns.is_empty();
    let columns = if own { wrapped.columns.clone() } else { request.columns.clone() };
    let request = JsonRequest { columns, wanted: request.wanted.clone(), dates: request.dates };
    let within = format!("{place} ({})", wrapped.path);
    let sink = Sink::filled(&within, &request, |sink| sink.deserialize(&*wrapped.array))?;
    Ok(Parsed { path: Some(wrapped.path.clone()), ..sink.parsed(place)? })
}

/// That an object holds no rows.
fn without_rows(place: &str, object: &Map<String, Value>) -> Error {
    let inner = object.values().filter_map(Value::as_object);
    let columns = std::iter::once(object).chain(inner).any(|o| {
        o.values().filter(|v| v.as_array().is_some_and(|a| a.first().is_some_and(|x| x.is_number()))).count()
            > 1
    });
    if columns {
        return Error::data(place, "an object of columns, where rows are expected")
            .hint(format!("write it as CSV or as rows; {EXPECTED}"));
    }
    let keys = shorten(&object.keys().map(String::as_str).collect::<Vec<_>>().join(", "));
    Error::data(place, format!("an object without an array of rows, found: {keys}")).hint(EXPECTED)
}
