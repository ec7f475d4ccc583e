//! TOML text with places: from a key or a byte to the line a reader can go to.

use toml::Table;
use toml::de::{DeTable, DeValue};

use crate::error::{Error, Place, Result, nearest};

/// One-based line of byte `at`.
pub(super) fn line_at(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())].iter().filter(|b| **b == b'\n').count() + 1
}

/// Line of a key by its path through the tables; `None` where the text does not hold it.
pub(super) fn line_of(text: &str, path: &[&str]) -> Option<usize> {
    let root = DeTable::parse(text).ok()?;
    let mut table = root.get_ref();
    for (depth, part) in path.iter().enumerate() {
        let (key, value) = table.iter().find(|(k, _)| k.get_ref().as_ref() == *part)?;
        if depth + 1 == path.len() {
            return Some(line_at(text, key.span().start));
        }
        match value.get_ref() {
            DeValue::Table(inner) => table = inner,
            _ => return Some(line_at(text, key.span().start)),
        }
    }
    None
}

/// A deserialisation error as one of ours: file and line, what is wrong, and the nearest valid key.
pub(super) fn refused(file: &str, text: &str, e: toml::de::Error) -> Error {
    let line = e.span().map(|s| line_at(text, s.start));
    refusal(line.map_or_else(|| Place::file(file), |l| Place::line(file, l)), e)
}

/// The same of what stands at `place`.
pub(super) fn refusal(place: Place, e: toml::de::Error) -> Error {
    let message = e.message();
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    if let (true, [unknown, known @ ..]) = (message.starts_with("unknown field"), &quoted[..]) {
        let place = if place.key_name().is_none() { place.about(unknown) } else { place };
        let error = Error::scenario(place, format!("unknown key {unknown:?}"));
        let error = error.hint(match nearest(unknown, known.iter().copied()) {
            Some(near) => format!("did you mean {near:?}? The keys here are {}", known.join(", ")),
            None => format!("the keys here are {}", known.join(", ")),
        });
        return error.caused_by(e);
    }
    Error::scenario(place, message.trim_end().replace('\n', " "))
        .hint("see the scenario page of the documentation for every key and its type")
        .caused_by(e)
}

/// A section as TOML text.
///
/// # Errors
/// Only where the program broke a promise to itself: a section was read from such text.
pub(super) fn written(section: &impl serde::Serialize) -> Result<String> {
    toml::to_string(section)
        .map_err(|e| Error::internal("toml", format!("cannot be written ({e})")).caused_by(e))
}

/// Sets `path` of `table` to what `text` says, read as a TOML value where it is one and as a string elsewhere.
pub(super) fn set(table: &mut Table, assignment: &str) -> Result<(String, toml::Value)> {
    let place = Place::given("--set", assignment);
    let Some((key, text)) = assignment.split_once('=') else {
        return Err(Error::usage(place, "has no value").hint("write --set section.key=value"));
    };
    let (key, text) = (key.trim(), text.trim());
    let value = toml::from_str::<Table>(&format!("v = {text}"))
        .ok()
        .and_then(|mut t| t.remove("v"))
        .unwrap_or_else(|| toml::Value::String(text.to_owned()));
    let parts: Vec<&str> = key.split('.').collect();
    if parts.iter().any(|p| p.is_empty()) {
        return Err(Error::usage(place, format!("{key:?} is not a key"))
            .hint("write the section and the key: params.trail_atr, execution.fee_bps"));
    }
    let mut inner = table;
    for part in &parts[..parts.len() - 1] {
        let slot = inner.entry((*part).to_owned()).or_insert_with(|| toml::Value::Table(Table::new()));
        let Some(next) = slot.as_table_mut() else {
            return Err(Error::usage(place, format!("{part} is a value, not a section")));
        };
        inner = next;
    }
    inner.insert(parts[parts.len() - 1].to_owned(), value.clone());
    Ok((key.to_owned(), value))
}

/// A table of tables as dotted names, in the order of the text.
pub(super) fn flatten(table: &Table, prefix: &str, out: &mut Vec<(String, toml::Value)>) {
    flatten_until(table, prefix, &|_| false, out);
}

/// The same, where a table that `is_value` counts as one.
pub(super) fn flatten_until(
    table: &Table,
    prefix: &str,
    is_value: &dyn Fn(&Table) -> bool,
    out: &mut Vec<(String, toml::Value)>,
) {
    for (key, value) in table {
        let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::Table(inner) if !is_value(inner) => flatten_until(inner, &name, is_value, out),
            _ => out.push((name, value.clone())),
        }
    }
}
