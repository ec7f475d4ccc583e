//! One value of a row of JSON.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::instant::{self, DateOrder, Written};
use crate::names;

const NULL: &str = "null";

/// One field: exchanges write numbers also as text.
pub(super) enum Field<'de> {
    Integer(i64),
    Number(f64),
    Text(Cow<'de, str>),
    Other(&'static str),
}

impl Field<'_> {
    /// Whether there is nothing.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Other(NULL))
    }

    /// As it is written; nothing where there is nothing.
    pub fn text(&self) -> String {
        match self {
            Self::Text(t) => t.trim().to_owned(),
            Self::Other(_) => String::new(),
            other => other.shown(),
        }
    }

    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(x) => Some(*x as f64),
            Self::Number(x) => Some(*x),
            Self::Text(t) => t.trim().parse().ok(),
            Self::Other(_) => None,
        }
    }

    pub fn time(&self, order: DateOrder) -> Option<(i64, Written)> {
        match self {
            Self::Integer(x) => Some((instant::from_integer(*x), Written::Epoch)),
            Self::Number(x) => instant::from_float(*x).map(|ms| (ms, Written::Epoch)),
            Self::Text(t) => instant::read(t.trim().as_bytes(), order),
            Self::Other(_) => None,
        }
    }

    pub fn shown(&self) -> String {
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

    fn visit_string<E>(self, t: String) -> std::result::Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Owned(t)))
    }

    fn visit_bool<E>(self, _: bool) -> std::result::Result<Field<'de>, E> {
        Ok(Field::Other("true or false"))
    }

    fn visit_unit<E>(self) -> std::result::Result<Field<'de>, E> {
        Ok(Field::Other(NULL))
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
