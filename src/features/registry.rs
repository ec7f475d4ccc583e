//! What a feature is, and how one is named in text.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use super::{FEATURES, FeatureCache};
use crate::error::{Error, Result, nearest};

/// One parameter of a feature.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Its value where none is given.
    pub default: f64,
    /// Smallest value allowed.
    pub min: f64,
    /// Largest value allowed.
    pub max: f64,
}

/// A feature of the registry.
pub struct Feature {
    /// Its name.
    pub name: &'static str,
    /// Its parameters, in order.
    pub parameters: &'static [Parameter],
    /// One line on what it is and its unit.
    pub meaning: &'static str,
    /// First row that can be a number.
    pub first_row: fn(&[usize]) -> usize,
    pub(super) kernel: fn(&FeatureCache, &[f64]) -> Vec<f64>,
}

/// A feature with its parameters; written and read as `name:p1,p2`.
#[derive(Debug, Clone)]
pub struct FeatureSpec {
    index: usize,
    parameters: Vec<f64>,
}

impl FeatureSpec {
    /// A feature the program itself asks for. Panics on an unknown name or a wrong count: see [`FeatureCache::get`].
    pub(super) fn known(name: &str, parameters: &[f64]) -> Self {
        let index = FEATURES.iter().position(|f| f.name == name);
        let index = index.unwrap_or_else(|| panic!("Invariant: feature {name} is in the registry"));
        assert_eq!(parameters.len(), FEATURES[index].parameters.len(), "Invariant: parameters of {name}");
        Self { index, parameters: parameters.to_vec() }
    }

    /// Every feature at its default parameters, in the order of the registry.
    pub fn every() -> impl Iterator<Item = Self> {
        let defaults = |f: &Feature| f.parameters.iter().map(|p| p.default).collect();
        FEATURES.iter().enumerate().map(move |(index, f)| Self { index, parameters: defaults(f) })
    }

    /// The feature.
    pub fn feature(&self) -> &'static Feature {
        &FEATURES[self.index]
    }

    /// Rows before the first that can be a number.
    pub fn warmup(&self) -> usize {
        let p: Vec<usize> = self.parameters.iter().map(|v| *v as usize).collect();
        (self.feature().first_row)(&p)
    }

    pub(super) fn compute(&self, cache: &FeatureCache) -> Vec<f64> {
        (self.feature().kernel)(cache, &self.parameters)
    }
}

impl PartialEq for FeatureSpec {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index
            && self.parameters.len() == other.parameters.len()
            && self.parameters.iter().zip(&other.parameters).all(|(a, b)| a.to_bits() == b.to_bits())
    }
}

impl Eq for FeatureSpec {}

impl Hash for FeatureSpec {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.index.hash(state);
        self.parameters.iter().for_each(|p| p.to_bits().hash(state));
    }
}

impl fmt::Display for FeatureSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.feature().name)?;
        for (i, p) in self.parameters.iter().enumerate() {
            write!(f, "{}{p}", if i == 0 { ':' } else { ',' })?;
        }
        Ok(())
    }
}

impl FromStr for FeatureSpec {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let place = format!("feature {text:?}");
        let (name, rest) = text.split_once(':').map_or((text, None), |(n, r)| (n, Some(r)));
        let Some(index) = FEATURES.iter().position(|f| f.name == name.trim()) else {
            let near = nearest(name.trim(), FEATURES.iter().map(|f| f.name));
            return Err(Error::usage(place, format!("there is no feature named {name:?}")).hint(
                match near {
                    Some(n) => format!("did you mean {n}? `assay features --list` prints all"),
                    None => "`assay features --list` prints all".to_owned(),
                },
            ));
        };
        let known = FEATURES[index].parameters;
        let form = || {
            let names: Vec<String> =
                known.iter().map(|p| format!("{} (default {})", p.name, p.default)).collect();
            if names.is_empty() {
                format!("{name} takes no parameters")
            } else {
                format!("{name} takes {}", names.join(", "))
            }
        };
        let given: Vec<&str> = rest.map(|r| r.split(',').collect()).unwrap_or_default();
        if given.len() > known.len() {
            return Err(Error::usage(place, format!("{} parameters were given", given.len())).hint(form()));
        }
        let mut parameters: Vec<f64> = known.iter().map(|p| p.default).collect();
        for ((slot, p), word) in parameters.iter_mut().zip(known).zip(given) {
            let value: f64 = word.trim().parse().unwrap_or(f64::NAN);
            let whole = p.min >= 1.0;
            if !(p.min..=p.max).contains(&value) || (whole && value.fract() != 0.0) {
                let kind = if whole { "a whole number" } else { "a number" };
                return Err(Error::usage(
                    place,
                    format!("{} must be {kind} in {}..={}, was {word:?}", p.name, p.min, p.max),
                )
                .hint(form()));
            }
            *slot = value;
        }
        Ok(Self { index, parameters })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Bars, Columns, Timeframe};
    use crate::random::Stream;

    fn walk(n: usize) -> Bars {
        let mut s = Stream::new(11, "registry", 0);
        let mut c = Columns::default();
        let mut price = 100.0;
        let (mut t, mut o, mut h, mut l, mut cl, mut v) = (vec![], vec![], vec![], vec![], vec![], vec![]);
        for i in 0..n as i64 {
            let next = price * (1.0 + 0.01 * s.normal());
            t.push(i * 3_600_000);
            o.push(price);
            h.push(price.max(next) * (1.0 + 0.002 * s.uniform()));
            l.push(price.min(next) * (1.0 - 0.002 * s.uniform()));
            cl.push(next);
            v.push((100.0 * s.uniform()).floor());
            price = next;
        }
        c.open_time = t.into();
        (c.open, c.high, c.low) = (o.into(), h.into(), l.into());
        (c.close, c.volume) = (cl.into(), v.into());
        Bars::new(Timeframe::H1, c).unwrap()
    }

    #[test]
    fn every_feature_warms_up_as_it_says_and_sees_no_future() {
        let bars = walk(700);
        let full = FeatureCache::new(bars.clone());
        for feature in FEATURES {
            let spec: FeatureSpec = feature.name.parse().unwrap();
            let column = full.column(&spec);
            assert_eq!(column.len(), bars.len(), "{spec}");
            let first = column.iter().position(|v| !v.is_nan()).unwrap();
            let by_data = ["support", "resistance"].contains(&feature.name);
            assert!(if by_data { first >= spec.warmup() } else { first == spec.warmup() }, "{spec} {first}");
            assert!(column[first..].iter().all(|v| !v.is_nan()), "{spec}");
            for cut in [1, 30, 100, 333, 699] {
                let part = FeatureCache::new(bars.slice(0, cut)).column(&spec);
                let same = part.iter().zip(&column[..cut]).all(|(a, b)| a.to_bits() == b.to_bits());
                assert!(same, "{spec} at a cut of {cut} rows");
            }
        }
    }

    #[test]
    fn text_forms_are_read_and_refused() {
        assert_eq!("atr".parse::<FeatureSpec>().unwrap().to_string(), "atr:14");
        assert_eq!("macd:5, 8".parse::<FeatureSpec>().unwrap().to_string(), "macd:5,8");
        for (bad, words) in [
            ("atrr", "did you mean atr?"),
            ("atr:0", "window must be a whole number in 1..=100000, was \"0\""),
            ("atr:1.5", "whole number"),
            ("atr:x", "was \"x\""),
            ("atr:1,2", "2 parameters were given"),
            ("log_return:3", "takes no parameters"),
        ] {
            let e = bad.parse::<FeatureSpec>().unwrap_err().to_string();
            assert!(e.contains(words), "{e}");
        }
    }

    #[test]
    fn a_column_is_computed_once() {
        let cache = FeatureCache::new(walk(50));
        assert!(std::sync::Arc::ptr_eq(&cache.get("atr", &[14.0]), &cache.get("atr", &[14.0])));
    }
}
