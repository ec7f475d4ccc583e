//! The columns of a [`Table`](super::table::Table), and their Arrow form.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float64Type, Int16Type, Int32Type, Int64Type, TimestampMillisecondType, UInt8Type,
    UInt32Type,
};
use arrow_array::{Array, ArrayRef, BooleanArray, DictionaryArray, ListArray, PrimitiveArray, StringArray};
use arrow_buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, TimeUnit};

use crate::error::{Error, Result};

/// The values of one column.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Numbers; NaN is a value like any other.
    F64(Vec<f64>),
    /// Signed integers.
    I64(Vec<i64>),
    /// Times, milliseconds UTC.
    TimeMs(Vec<i64>),
    /// Truth values.
    Bool(Vec<bool>),
    /// Small codes.
    U8(Vec<u8>),
    /// Counts and indices.
    U32(Vec<u32>),
    /// Text.
    Str(TextColumn),
    /// A list of small whole numbers a row.
    I16Lists(Vec<Vec<i16>>),
}

/// A text column as codes into a list of texts; a code outside the list is a missing value.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TextColumn {
    /// The texts.
    pub names: Vec<Cow<'static, str>>,
    /// Which of them each row holds.
    pub codes: Vec<u32>,
}

impl TextColumn {
    /// The code that stands for a missing value.
    pub const MISSING: u32 = u32::MAX;

    /// Rows that hold `names[code]` each.
    pub fn new(names: &[&'static str], codes: impl IntoIterator<Item = impl Into<u32>>) -> Self {
        Self {
            names: names.iter().map(|&n| Cow::Borrowed(n)).collect(),
            codes: codes.into_iter().map(Into::into).collect(),
        }
    }

    /// The same of names that are known at run time only.
    pub fn named(names: &[&str], codes: impl IntoIterator<Item = impl Into<u32>>) -> Self {
        Self {
            names: names.iter().map(|&n| Cow::Owned(n.to_owned())).collect(),
            codes: codes.into_iter().map(Into::into).collect(),
        }
    }

    /// Rows that hold the given texts, each distinct one stored once.
    pub fn collect<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut seen: HashMap<&'a str, u32> = HashMap::new();
        let mut labels = Self::default();
        for text in texts {
            let next = labels.names.len() as u32;
            let code = *seen.entry(text).or_insert(next);
            if code == next {
                labels.names.push(Cow::Owned(text.to_owned()));
            }
            labels.codes.push(code);
        }
        labels
    }

    /// The text of row `i`; `None` where it is missing or there is no such row.
    pub fn get(&self, i: usize) -> Option<&str> {
        self.names.get(*self.codes.get(i)? as usize).map(AsRef::as_ref)
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// The column `name` as an Arrow dictionary, which Parquet stores as plain text.
    pub(super) fn to_arrow(&self, name: &str) -> Result<(Field, ArrayRef)> {
        let known = |code: u32| (code as usize) < self.names.len();
        let keys: ScalarBuffer<i32> =
            self.codes.iter().map(|&c| if known(c) { c as i32 } else { 0 }).collect();
        let nulls = NullBuffer::from_iter(self.codes.iter().map(|&c| known(c)));
        let nulls = (nulls.null_count() > 0).then_some(nulls);
        let values = StringArray::from_iter_values(self.names.iter());
        let array = DictionaryArray::<Int32Type>::try_new(PrimitiveArray::new(keys, nulls), Arc::new(values))
            .map_err(|e| {
                Error::internal(name, format!("labels do not fit a dictionary ({e})")).caused_by(e)
            })?;
        Ok((Field::new(name, array.data_type().clone(), true), Arc::new(array)))
    }

    /// Adds the rows of an Arrow dictionary.
    fn append(&mut self, array: &DictionaryArray<Int32Type>) {
        let texts = array.values().as_string::<i32>();
        let codes: Vec<u32> = texts.iter().map(|t| t.map_or(Self::MISSING, |t| self.code_of(t))).collect();
        let code = |k: Option<i32>| k.and_then(|k| codes.get(k as usize)).copied().unwrap_or(Self::MISSING);
        self.codes.extend(array.keys().iter().map(code));
    }

    fn code_of(&mut self, text: &str) -> u32 {
        let known = self.names.iter().position(|n| n == text);
        known.unwrap_or_else(|| {
            self.names.push(Cow::Owned(text.to_owned()));
            self.names.len() - 1
        }) as u32
    }
}

/// Which sign an operation gives a NaN depends on how it was compiled; in a file there is one NaN, so that
/// its bytes do not.
fn one_nan(values: &[f64]) -> Vec<f64> {
    values.iter().map(|v| if v.is_nan() { f64::NAN } else { *v }).collect()
}

impl Column {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::F64(v) => v.len(),
            Self::I64(v) | Self::TimeMs(v) => v.len(),
            Self::Bool(v) => v.len(),
            Self::U8(v) => v.len(),
            Self::U32(v) => v.len(),
            Self::Str(v) => v.len(),
            Self::I16Lists(v) => v.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What it holds, in words.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::F64(_) => "numbers (f64)",
            Self::I64(_) => "integers (i64)",
            Self::TimeMs(_) => "times (ms, UTC)",
            Self::Bool(_) => "truth values (bool)",
            Self::U8(_) => "codes (u8)",
            Self::U32(_) => "counts (u32)",
            Self::Str(_) => "text",
            Self::I16Lists(_) => "lists of whole numbers (i16)",
        }
    }

    /// The column `name` in Arrow form.
    pub(super) fn to_arrow(&self, name: &str) -> Result<(Field, ArrayRef)> {
        fn plain<T: ArrowPrimitiveType>(values: &[T::Native]) -> ArrayRef {
            Arc::new(PrimitiveArray::<T>::new(values.to_vec().into(), None))
        }
        let array: ArrayRef = match self {
            Self::F64(v) => Arc::new(PrimitiveArray::<Float64Type>::new(one_nan(v).into(), None)),
            Self::I64(v) => plain::<Int64Type>(v),
            Self::TimeMs(v) => return Ok(times(name, v.clone().into())),
            Self::Bool(v) => Arc::new(BooleanArray::from(v.clone())),
            Self::U8(v) => plain::<UInt8Type>(v),
            Self::U32(v) => plain::<UInt32Type>(v),
            Self::Str(v) => return v.to_arrow(name),
            Self::I16Lists(v) => lists(v),
        };
        Ok((Field::new(name, array.data_type().clone(), false), array))
    }

    /// An empty column for an Arrow type; `None` where no column holds such values.
    pub(super) fn for_type(kind: &DataType) -> Option<Self> {
        Some(match kind {
            DataType::Float64 => Self::F64(Vec::new()),
            DataType::Int64 => Self::I64(Vec::new()),
            DataType::Timestamp(TimeUnit::Millisecond, _) => Self::TimeMs(Vec::new()),
            DataType::Boolean => Self::Bool(Vec::new()),
            DataType::UInt8 => Self::U8(Vec::new()),
            DataType::UInt32 => Self::U32(Vec::new()),
            DataType::Dictionary(..) => Self::Str(TextColumn::default()),
            DataType::List(item) if *item.data_type() == DataType::Int16 => Self::I16Lists(Vec::new()),
            _ => return None,
        })
    }

    /// Adds the rows of `array`, whose type is the one the column was made for.
    ///
    /// # Errors
    /// The first row without a value, where the column cannot hold that.
    pub(super) fn append(&mut self, array: &dyn Array) -> Result<(), usize> {
        if let Self::Str(v) = self {
            v.append(array.as_dictionary::<Int32Type>());
            return Ok(());
        }
        if let Some(row) =
            (array.null_count() > 0).then(|| (0..array.len()).find(|&r| array.is_null(r))).flatten()
        {
            return Err(row);
        }
        match self {
            Self::F64(v) => v.extend_from_slice(array.as_primitive::<Float64Type>().values()),
            Self::I64(v) => v.extend_from_slice(array.as_primitive::<Int64Type>().values()),
            Self::TimeMs(v) => v.extend_from_slice(array.as_primitive::<TimestampMillisecondType>().values()),
            Self::Bool(v) => v.extend(array.as_boolean().values().iter()),
            Self::U8(v) => v.extend_from_slice(array.as_primitive::<UInt8Type>().values()),
            Self::U32(v) => v.extend_from_slice(array.as_primitive::<UInt32Type>().values()),
            Self::Str(_) => {}
            Self::I16Lists(v) => {
                let one = |list: Option<ArrayRef>| {
                    list.map_or_else(Vec::new, |l| l.as_primitive::<Int16Type>().values().to_vec())
                };
                v.extend(array.as_list::<i32>().iter().map(one));
            }
        }
        Ok(())
    }
}

/// A list a row, in Arrow form.
fn lists(rows: &[Vec<i16>]) -> ArrayRef {
    let lengths = OffsetBuffer::from_lengths(rows.iter().map(Vec::len));
    let values = PrimitiveArray::<Int16Type>::new(rows.concat().into(), None);
    let item = Arc::new(Field::new("item", DataType::Int16, false));
    Arc::new(ListArray::new(item, lengths, Arc::new(values), None))
}

/// A column of times in milliseconds UTC, in Arrow form.
pub(super) fn times(name: &str, ms: ScalarBuffer<i64>) -> (Field, ArrayRef) {
    let array = PrimitiveArray::<TimestampMillisecondType>::new(ms, None).with_timezone("UTC");
    (Field::new(name, array.data_type().clone(), false), Arc::new(array))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_store_each_text_once() {
        let labels = TextColumn::collect(["a", "b", "a"]);
        assert_eq!(labels.names, ["a", "b"]);
        assert_eq!(labels.codes, [0, 1, 0]);
        assert_eq!((labels.get(2), labels.get(3)), (Some("a"), None));
        let labels = TextColumn::new(&["x"], [0u8, 255]);
        assert_eq!((labels.get(0), labels.get(1)), (Some("x"), None));
    }
}
