//! Which values meet a criterion, and how values are printed.

/// Two values closer than this are equal.
pub const EPSILON: f64 = 1e-9;

macro_rules! names {
    ($type:ident: $what:literal { $($variant:ident = $name:literal),+ $(,)? }) => {
        impl $type {
            #[doc = concat!("Every ", $what, " with its name in files.")]
            pub const NAMED: &'static [(&'static str, Self)] = &[$(($name, Self::$variant)),+];

            /// Its name in files.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.name())
            }
        }
    };
}

pub(super) use names;

/// Which values meet a criterion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// Above.
    Above(f64),
    /// At or above.
    AtLeast(f64),
    /// Below.
    Below(f64),
    /// At or below.
    AtMost(f64),
    /// Equal.
    Equal(f64),
    /// Between two bounds, both included.
    Within(f64, f64),
}

/// Which end of the scale is the good one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

/// Whether `value` meets `rule`, with `EPSILON` to spare at the bounds.
pub fn meets(rule: Rule, value: f64) -> bool {
    match rule {
        Rule::Above(t) => value > t + EPSILON,
        Rule::AtLeast(t) => value >= t - EPSILON,
        Rule::Below(t) => value < t - EPSILON,
        Rule::AtMost(t) => value <= t + EPSILON,
        Rule::Equal(t) => (value - t).abs() <= EPSILON,
        Rule::Within(lo, hi) => value >= lo - EPSILON && value <= hi + EPSILON,
    }
}

/// How a value is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueUnit {
    /// A share, as percent.
    Percent,
    /// A difference of shares, in percentage points.
    Points,
    /// A plain number with two decimals.
    Plain,
    /// A whole number.
    Count,
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
}

names!(ValueUnit: "unit" {
    Percent = "%", Points = "pp", Plain = "x", Count = "count", Milliseconds = "ms", Seconds = "s",
});

impl ValueUnit {
    /// `value` with one decimal (two for plain numbers) and its unit; `-` where there is none.
    pub fn format(self, value: Option<f64>) -> String {
        let Some(x) = value else { return "-".into() };
        if x.is_infinite() {
            return if x > 0.0 { "inf".into() } else { "-inf".into() };
        }
        match self {
            Self::Percent => format!("{} %", trim_zero(x * 100.0, 1)),
            Self::Points => format!("{} pp", signed(x * 100.0, 1)),
            Self::Plain => trim_zero(x, 2),
            Self::Count => format!("{x}"),
            Self::Milliseconds => format!("{x} ms"),
            Self::Seconds => format!("{x} s"),
        }
    }
}

/// Fixed decimals without a negative zero.
fn trim_zero(x: f64, decimals: usize) -> String {
    let text = format!("{x:.decimals$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|b| matches!(b, b'0' | b'.')) => rest.to_owned(),
        _ => text,
    }
}

fn signed(x: f64, decimals: usize) -> String {
    let text = trim_zero(x, decimals);
    if text.starts_with('-') { text } else { format!("+{text}") }
}

impl Rule {
    /// The rule as text, with its bounds printed in `unit`.
    pub fn text(self, unit: ValueUnit) -> String {
        let f = |x| unit.format(Some(x));
        match self {
            Self::Above(t) => format!("> {}", f(t)),
            Self::AtLeast(t) => format!(">= {}", f(t)),
            Self::Below(t) => format!("< {}", f(t)),
            Self::AtMost(t) => format!("<= {}", f(t)),
            Self::Equal(t) => format!("= {}", f(t)),
            Self::Within(lo, hi) => format!("{} to {}", f(lo), f(hi)),
        }
    }

    /// The same rule with its bounds multiplied by `factor`.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        match self {
            Self::Above(t) => Self::Above(t * factor),
            Self::AtLeast(t) => Self::AtLeast(t * factor),
            Self::Below(t) => Self::Below(t * factor),
            Self::AtMost(t) => Self::AtMost(t * factor),
            Self::Equal(t) => Self::Equal(t * factor),
            Self::Within(lo, hi) => Self::Within(lo * factor, hi * factor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_printed_in_their_unit() {
        let text = |u: ValueUnit, x| u.format(Some(x));
        assert_eq!(text(ValueUnit::Percent, 0.58), "58.0 %");
        assert_eq!(text(ValueUnit::Percent, -0.0001), "0.0 %");
        assert_eq!(text(ValueUnit::Points, 0.05), "+5.0 pp");
        assert_eq!(text(ValueUnit::Points, -0.05), "-5.0 pp");
        assert_eq!(text(ValueUnit::Plain, 1.2), "1.20");
        assert_eq!(text(ValueUnit::Count, 5.0), "5");
        assert_eq!(text(ValueUnit::Milliseconds, 500.0), "500 ms");
        assert_eq!(text(ValueUnit::Plain, f64::INFINITY), "inf");
        assert_eq!(ValueUnit::Plain.format(None), "-");
        assert_eq!(Rule::Within(0.05, 0.07).text(ValueUnit::Points), "+5.0 pp to +7.0 pp");
        assert_eq!(Rule::AtLeast(0.58).text(ValueUnit::Percent), ">= 58.0 %");
    }

    #[test]
    fn bounds_belong_to_the_rules_that_say_so() {
        let x = 0.1 + 0.2; // a little above 0.3
        assert!(meets(Rule::AtLeast(0.3), x) && meets(Rule::AtMost(0.3), x) && meets(Rule::Equal(0.3), x));
        assert!(!meets(Rule::Above(0.3), x) && !meets(Rule::Below(0.3), x));
        assert!(meets(Rule::Within(0.3, 0.4), 0.3) && meets(Rule::Within(0.2, 0.3), x));
        assert!(meets(Rule::Above(0.3), 0.31) && meets(Rule::Below(0.3), 0.29));
        assert!(!meets(Rule::Equal(5.0), 4.0) && !meets(Rule::Within(0.3, 0.4), 0.41));
    }
}
