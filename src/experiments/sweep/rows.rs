//! Candidates as a table: their values as columns of one type an axis, then their figures.

use toml::Value;

use super::space::{Point, Space, as_number};
use crate::data::table::{Column, Labels, Table};
use crate::error::Result;
use crate::experiments::study::COUNTS;
use crate::scenario::AxisValues;

/// What the values of an axis are in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Whole,
    /// Numbers; NaN is "none".
    Number,
    Truth,
    Text,
}

fn kind(values: &AxisValues) -> Kind {
    match values {
        AxisValues::Between { whole: true, .. } => Kind::Whole,
        AxisValues::Between { .. } => Kind::Number,
        AxisValues::List(all) => {
            let is_none = |v: &Value| v.as_str() == Some("none");
            if all.iter().all(Value::is_integer) {
                Kind::Whole
            } else if all.iter().all(Value::is_bool) {
                Kind::Truth
            } else if all.iter().all(|v| !as_number(v).is_nan() || is_none(v)) && !all.iter().all(is_none) {
                Kind::Number
            } else {
                Kind::Text
            }
        }
    }
}

/// The columns of the axes over `points`.
pub fn axis_columns(space: &Space, points: &[&Point]) -> Vec<(String, Column)> {
    let column = |(k, key): (usize, &String)| {
        let values = points.iter().map(|p| &p[k]);
        let column = match kind(space.values(k)) {
            Kind::Whole => Column::I64(values.map(|v| v.as_integer().unwrap_or_default()).collect()),
            Kind::Number => Column::F64(values.map(as_number).collect()),
            Kind::Truth => Column::Bool(values.map(|v| v.as_bool().unwrap_or_default()).collect()),
            Kind::Text => {
                let texts: Vec<String> =
                    values.map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect();
                Column::Str(Labels::collect(texts.iter().map(String::as_str)))
            }
        };
        (key.clone(), column)
    };
    space.keys().iter().enumerate().map(column).collect()
}

/// The point of a row, read back: the very values that were set.
///
/// # Errors
/// The table lacks an axis.
pub fn point_of(space: &Space, table: &Table, row: usize) -> Result<Point> {
    let value = |(k, key): (usize, &String)| {
        let plain = match table.column(key)? {
            Column::I64(v) => Value::Integer(v[row]),
            Column::F64(v) if v[row].is_nan() => Value::String("none".to_owned()),
            Column::F64(v) => Value::Float(v[row]),
            Column::Bool(v) => Value::Boolean(v[row]),
            Column::Str(l) => Value::String(l.get(row).unwrap_or_default().to_owned()),
            _ => Value::Boolean(false),
        };
        // A list may mix whole numbers with others.
        Ok(match space.values(k) {
            AxisValues::List(all) => all
                .iter()
                .find(|v| {
                    **v == plain
                        || (as_number(v) == as_number(&plain))
                        || v.to_string() == plain.as_str().unwrap_or_default()
                })
                .cloned()
                .unwrap_or(plain),
            AxisValues::Between { .. } => plain,
        })
    };
    space.keys().iter().enumerate().map(value).collect()
}

/// A column of figures: whole numbers as such.
pub fn figure_column(name: &str, values: impl Iterator<Item = f64>) -> Column {
    let bare = name.rsplit_once('_').map_or(name, |(_, last)| last);
    if COUNTS.contains(&name) || bare == "trades" {
        Column::I64(values.map(|v| v as i64).collect())
    } else {
        Column::F64(values.collect())
    }
}

/// The numbers of a column of figures, whatever they are stored as.
///
/// # Errors
/// There is no such column of numbers.
pub fn numbers(table: &Table, name: &str) -> Result<Vec<f64>> {
    match table.column(name)? {
        Column::I64(v) => Ok(v.iter().map(|x| *x as f64).collect()),
        _ => Ok(table.f64(name)?.to_vec()),
    }
}
