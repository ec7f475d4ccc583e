//! Candidates as a table: their values as columns of one type an axis, then their figures.

use std::collections::HashMap;

use toml::Value;

use super::space::{Point, Space, as_number};
use crate::data::table::{Column, Table, TextColumn};
use crate::error::Result;
use crate::runs::COUNTS;
use crate::scenario::AxisValues;

/// What the values of an axis are in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ColumnKind {
    Whole,
    /// Numbers; NaN is "none".
    Number,
    Truth,
    Text,
}

fn kind(values: &AxisValues) -> ColumnKind {
    match values {
        AxisValues::Between { whole: true, .. } => ColumnKind::Whole,
        AxisValues::Between { .. } => ColumnKind::Number,
        AxisValues::List(all) => {
            let is_none = |v: &Value| v.as_str() == Some("none");
            if all.iter().all(Value::is_integer) {
                ColumnKind::Whole
            } else if all.iter().all(Value::is_bool) {
                ColumnKind::Truth
            } else if all.iter().all(|v| !as_number(v).is_nan() || is_none(v)) && !all.iter().all(is_none) {
                ColumnKind::Number
            } else {
                ColumnKind::Text
            }
        }
    }
}

/// The columns of the axes over `points`.
pub fn axis_columns(space: &Space, points: &[&Point]) -> Vec<(String, Column)> {
    let column = |(k, key): (usize, &String)| {
        let values = points.iter().map(|p| &p[k]);
        let column = match kind(space.values(k)) {
            ColumnKind::Whole => Column::I64(values.map(|v| v.as_integer().unwrap_or_default()).collect()),
            ColumnKind::Number => Column::F64(values.map(as_number).collect()),
            ColumnKind::Truth => Column::Bool(values.map(|v| v.as_bool().unwrap_or_default()).collect()),
            ColumnKind::Text => {
                let texts: Vec<String> =
                    values.map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect();
                Column::Str(TextColumn::collect(texts.iter().map(String::as_str)))
            }
        };
        (key.clone(), column)
    };
    space.keys().iter().enumerate().map(column).collect()
}

/// The points of a table, read back: the very values that were set.
pub struct PointReader<'t> {
    axes: Vec<(&'t Column, &'t AxisValues, Lookup)>,
}

/// Where the values of a list are.
enum Lookup {
    /// A range has no list.
    Range,
    /// By number, bit for bit; "none" is the NaN of all.
    Number(HashMap<u64, usize>),
    Text(HashMap<String, usize>),
}

impl Lookup {
    fn of(values: &AxisValues) -> Self {
        let AxisValues::List(all) = values else { return Self::Range };
        match kind(values) {
            ColumnKind::Whole | ColumnKind::Number => {
                Self::Number(all.iter().enumerate().map(|(k, v)| (as_number(v).to_bits(), k)).collect())
            }
            ColumnKind::Truth | ColumnKind::Text => {
                let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
                Self::Text(all.iter().enumerate().map(|(k, v)| (text(v), k)).collect())
            }
        }
    }
}

impl<'t> PointReader<'t> {
    /// A reader of the points of `table`.
    ///
    /// # Errors
    /// The table lacks an axis.
    pub fn new(space: &'t Space, table: &'t Table) -> Result<Self> {
        let axis = |(k, key): (usize, &String)| {
            let values = space.values(k);
            Ok((table.column(key)?, values, Lookup::of(values)))
        };
        Ok(Self { axes: space.keys().iter().enumerate().map(axis).collect::<Result<_>>()? })
    }

    /// The point of a row.
    pub fn point(&self, row: usize) -> Point {
        let value = |(column, values, lookup): &(&Column, &AxisValues, Lookup)| {
            let (plain, number, text) = match column {
                Column::I64(v) => (Value::Integer(v[row]), v[row] as f64, None),
                Column::F64(v) if v[row].is_nan() => (Value::String("none".to_owned()), f64::NAN, None),
                Column::F64(v) => (Value::Float(v[row]), v[row], None),
                Column::Bool(v) => (Value::Boolean(v[row]), 0.0, Some(v[row].to_string())),
                Column::Str(l) => {
                    let text = l.get(row).unwrap_or_default().to_owned();
                    (Value::String(text.clone()), 0.0, Some(text))
                }
                _ => (Value::Boolean(false), 0.0, None),
            };
            // A list may mix whole numbers with others: its own value is the one that was set.
            let found = match (lookup, &text) {
                (Lookup::Number(by), _) => by.get(&number.to_bits()),
                (Lookup::Text(by), Some(text)) => by.get(text),
                _ => None,
            };
            match (values, found) {
                (AxisValues::List(all), Some(k)) => all[*k].clone(),
                _ => plain,
            }
        };
        self.axes.iter().map(value).collect()
    }
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
