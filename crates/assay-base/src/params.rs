//! Parameters as data: a table of names, defaults, ranges and meanings that is also a plain struct.
//!
//! A system declares its parameters once with [`params!`](crate::params!); the scenario file, `--set`, the documentation
//! and later the sweep axes all read that one table.

use toml::Value;

/// One parameter of a system.
#[derive(Debug, Clone)]
pub struct ParamSpec {
    /// Its name in scenario files, dotted (`entry.TRENDING`).
    pub name: &'static str,
    /// Its default, as written in a scenario.
    pub default: Value,
    /// What it accepts, in words.
    pub accepts: String,
    /// One line on what it does.
    pub meaning: &'static str,
}

/// A set of parameters declared with [`params!`](crate::params!).
pub trait Parameters: Clone + PartialEq + std::fmt::Debug + Default + Send + Sync + 'static {
    /// The table of parameters.
    fn table() -> Vec<ParamSpec>;
    /// Sets one parameter by name. The error is the rule and the value found, or `None` for an unknown name.
    fn assign(&mut self, name: &str, value: &Value) -> Result<(), Option<String>>;
    /// Every parameter with its value, in the order of the table.
    fn written(&self) -> Vec<(&'static str, Value)>;
}

/// A type a parameter can have.
pub trait ParamValue: Sized {
    /// Reads a value within `range`; the error says what was expected.
    fn read(value: &Value, range: Option<(f64, f64)>) -> Result<Self, String>;
    /// The value as written in a scenario file.
    fn write(&self) -> Value;
    /// What it accepts, in words.
    fn accepts(range: Option<(f64, f64)>) -> String;
}

fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|i| i as f64))
}

fn within(v: f64, range: Option<(f64, f64)>) -> bool {
    v.is_finite() && range.is_none_or(|(lo, hi)| (lo..=hi).contains(&v))
}

fn refusal<T: ParamValue>(value: &Value, range: Option<(f64, f64)>) -> String {
    format!("must be {}, was {value}", T::accepts(range))
}

impl ParamValue for f64 {
    fn read(value: &Value, range: Option<(f64, f64)>) -> Result<Self, String> {
        number(value).filter(|v| within(*v, range)).ok_or_else(|| refusal::<Self>(value, range))
    }

    fn write(&self) -> Value {
        Value::Float(*self)
    }

    fn accepts(range: Option<(f64, f64)>) -> String {
        range.map_or("a number".to_owned(), |(lo, hi)| format!("a number in {lo}..={hi}"))
    }
}

impl ParamValue for usize {
    fn read(value: &Value, range: Option<(f64, f64)>) -> Result<Self, String> {
        let whole = value.as_integer().filter(|v| *v >= 0 && within(*v as f64, range));
        whole.map(|v| v as Self).ok_or_else(|| refusal::<Self>(value, range))
    }

    fn write(&self) -> Value {
        Value::Integer(*self as i64)
    }

    fn accepts(range: Option<(f64, f64)>) -> String {
        range.map_or("a whole number".to_owned(), |(lo, hi)| format!("a whole number in {lo}..={hi}"))
    }
}

impl ParamValue for String {
    fn read(value: &Value, _: Option<(f64, f64)>) -> Result<Self, String> {
        value.as_str().map(str::to_owned).ok_or_else(|| refusal::<Self>(value, None))
    }

    fn write(&self) -> Value {
        Value::String(self.clone())
    }

    fn accepts(_: Option<(f64, f64)>) -> String {
        "text".to_owned()
    }
}

impl ParamValue for bool {
    fn read(value: &Value, _: Option<(f64, f64)>) -> Result<Self, String> {
        value.as_bool().ok_or_else(|| refusal::<Self>(value, None))
    }

    fn write(&self) -> Value {
        Value::Boolean(*self)
    }

    fn accepts(_: Option<(f64, f64)>) -> String {
        "true or false".to_owned()
    }
}

impl<T: ParamValue> ParamValue for Option<T> {
    fn read(value: &Value, range: Option<(f64, f64)>) -> Result<Self, String> {
        match value.as_str() {
            Some("none") => Ok(None),
            _ => T::read(value, range).map(Some).map_err(|_| refusal::<Self>(value, range)),
        }
    }

    fn write(&self) -> Value {
        self.as_ref().map_or_else(|| Value::String("none".to_owned()), T::write)
    }

    fn accepts(range: Option<(f64, f64)>) -> String {
        format!("{} or \"none\"", T::accepts(range))
    }
}

/// Declares an enum whose values have names in scenario files.
#[macro_export]
macro_rules! choices {
    ($($(#[$meta:meta])* pub enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? })+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        // By hand, so that a crate that declares names need not depend on serde.
        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.name())
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <String as $crate::serde::Deserialize>::deserialize(from)?;
                let names: &'static [&'static str] = &[$($text),+];
                Self::ALL.iter().copied().find(|v| v.name() == text).ok_or_else(|| {
                    <D::Error as $crate::serde::de::Error>::unknown_variant(&text, names)
                })
            }
        }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name in files.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl $crate::params::ParamValue for $name {
            fn read(value: &$crate::toml::Value, _: Option<(f64, f64)>) -> Result<Self, String> {
                let text = value.as_str();
                Self::ALL.iter().copied().find(|v| Some(v.name()) == text).ok_or_else(|| {
                    format!("must be {}, was {value}", <Self as $crate::params::ParamValue>::accepts(None))
                })
            }

            fn write(&self) -> $crate::toml::Value {
                $crate::toml::Value::String(self.name().to_owned())
            }

            fn accepts(_: Option<(f64, f64)>) -> String {
                let names: Vec<String> = Self::ALL.iter().map(|v| format!("{:?}", v.name())).collect();
                names.join(" | ")
            }
        }
    )+};
}

/// Declares a struct of parameters: for each a doc line, its name, field, type, default and range.
#[macro_export]
macro_rules! params {
    ($(#[$meta:meta])* pub struct $name:ident { $(
        $(#[doc = $doc:literal])+ $text:literal => $field:ident: $ty:ty = $default:expr $(, $lo:literal ..= $hi:literal)?;
    )+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name { $($(#[doc = $doc])+ pub $field: $ty,)+ }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }

        impl $name {
            /// The table of parameters.
            pub fn specs() -> Vec<$crate::params::ParamSpec> {
                use $crate::params::{ParamSpec, ParamValue};
                let defaults = Self::default();
                vec![$(ParamSpec {
                    name: $text,
                    default: defaults.$field.write(),
                    accepts: <$ty as ParamValue>::accepts(None$(.or(Some(($lo as f64, $hi as f64))))?),
                    meaning: concat!($($doc),+).trim(),
                }),+]
            }

            /// Sets one parameter by name. The error is the rule and the value found, or `None` for an unknown name.
            pub fn set(&mut self, name: &str, value: &$crate::toml::Value) -> Result<(), Option<String>> {
                match name {
                    $($text => {
                        let range: Option<(f64, f64)> = None$(.or(Some(($lo as f64, $hi as f64))))?;
                        self.$field = $crate::params::ParamValue::read(value, range).map_err(Some)?;
                        Ok(())
                    })+
                    _ => Err(None),
                }
            }

            /// Every parameter with its value, in the order of the table.
            pub fn values(&self) -> Vec<(&'static str, $crate::toml::Value)> {
                vec![$(($text, $crate::params::ParamValue::write(&self.$field))),+]
            }
        }

        impl $crate::params::Parameters for $name {
            fn table() -> Vec<$crate::params::ParamSpec> {
                Self::specs()
            }

            fn assign(&mut self, name: &str, value: &$crate::toml::Value) -> Result<(), Option<String>> {
                self.set(name, value)
            }

            fn written(&self) -> Vec<(&'static str, $crate::toml::Value)> {
                self.values()
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    choices! {
        /// A choice.
        pub enum Norm {
            /// One.
            One = "one",
            /// Two.
            Two = "two",
        }
    }

    params! {
        /// A few parameters.
        pub struct Few {
            /// A share.
            "a.share" => share: f64 = 0.5, 0.0..=1.0;
            /// A count.
            "count" => count: usize = 3, 1..=9;
            /// A limit.
            "limit" => limit: Option<f64> = None, 0.5..=4.0;
            /// A norm.
            "norm" => norm: Norm = Norm::One;
        }
    }

    #[test]
    fn values_are_read_within_their_range() {
        let mut few = Few::default();
        few.set("a.share", &Value::Integer(1)).unwrap();
        few.set("limit", &Value::Float(2.0)).unwrap();
        few.set("norm", &Value::String("two".into())).unwrap();
        assert_eq!(few, Few { share: 1.0, count: 3, limit: Some(2.0), norm: Norm::Two });
        few.set("limit", &Value::String("none".into())).unwrap();
        assert_eq!(few.limit, None);
        for (name, value, words) in [
            ("a.share", Value::Float(1.5), "must be a number in 0..=1, was 1.5"),
            ("a.share", Value::Float(f64::NAN), "was nan"),
            ("count", Value::Float(2.0), "must be a whole number in 1..=9, was 2.0"),
            ("limit", Value::Boolean(true), "a number in 0.5..=4 or \"none\", was true"),
            ("norm", Value::String("three".into()), "must be \"one\" | \"two\", was \"three\""),
        ] {
            let e = few.set(name, &value).unwrap_err().unwrap();
            assert!(e.contains(words), "{e}");
        }
        assert_eq!(few.set("shares", &Value::Integer(1)), Err(None));
        assert_eq!(Few::specs()[0].meaning, "A share.");
        assert_eq!(few.values()[1], ("count", Value::Integer(3)));
    }
}
