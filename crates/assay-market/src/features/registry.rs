//! What a feature is, and how one is named in text.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use super::longer::Longer;
use super::{FeatureCache, FeatureColumn, features};
use crate::error::{Error, Place, Result, nearest};
use crate::market::Timeframe;

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

impl Parameter {
    /// A number of rows, named `window`.
    pub const fn window(default: f64) -> Self {
        Self::named("window", default)
    }

    /// A number of rows under another name.
    pub const fn named(name: &'static str, default: f64) -> Self {
        Self { name, default, min: 1.0, max: 100_000.0 }
    }

    /// A multiple.
    pub const fn factor(name: &'static str, default: f64) -> Self {
        Self { name, default, min: 0.01, max: 100.0 }
    }
}

/// Features of one kind.
pub struct FeatureFamily {
    /// Its name.
    pub name: &'static str,
    /// Its features.
    pub features: &'static [Feature],
}

/// A feature of the registry.
pub struct Feature {
    /// Its name.
    pub name: &'static str,
    /// Its parameters, in order.
    pub parameters: &'static [Parameter],
    /// The values it can take: bounds, or the unit where there are none.
    pub range: &'static str,
    /// One line on what it is and its unit.
    pub meaning: &'static str,
    /// First row that can be a number.
    pub first_row: fn(&[usize]) -> usize,
    /// Its values, one a bar: row `i` reads bars `0..=i`.
    pub kernel: fn(&FeatureCache, &[f64]) -> FeatureColumn,
}

impl Feature {
    /// The feature with the default of every parameter.
    pub fn default_spec(&'static self) -> FeatureSpec {
        FeatureSpec {
            feature: self,
            parameters: self.parameters.iter().map(|p| p.default).collect(),
            longer: None,
        }
    }
}

/// A feature with its parameters; written and read as `name:p1,p2`, of longer bars as `name:p1,p2@4h` ([`Longer`]).
#[derive(Clone)]
pub struct FeatureSpec {
    feature: &'static Feature,
    parameters: Vec<f64>,
    longer: Option<Longer>,
}

impl FeatureSpec {
    /// A feature the program itself asks for. Panics on an unknown name or a wrong count: see [`FeatureCache::get`].
    pub(super) fn known(name: &str, parameters: &[f64]) -> Self {
        let feature = features().find(|f| f.name == name);
        let feature = feature.unwrap_or_else(|| panic!("Invariant: feature {name} is in the registry"));
        Self::of(feature, parameters)
    }

    /// A feature with these parameters, whoever declares it: a system's own need not be in the list of the
    /// program.
    ///
    /// # Panics
    /// If the number of parameters is another than declared.
    pub fn of(feature: &'static Feature, parameters: &[f64]) -> Self {
        assert_eq!(parameters.len(), feature.parameters.len(), "Invariant: parameters of {}", feature.name);
        Self { feature, parameters: parameters.to_vec(), longer: None }
    }

    /// The feature.
    pub fn feature(&self) -> &'static Feature {
        self.feature
    }

    /// The same of longer bars, whole multiples of their length since 1970-01-01 UTC.
    #[must_use]
    pub fn at(self, timeframe: Timeframe) -> Self {
        self.of_longer(Longer::since_epoch(timeframe))
    }

    /// The same of longer bars.
    #[must_use]
    pub fn of_longer(self, longer: Longer) -> Self {
        Self { longer: Some(longer), ..self }
    }

    /// Its longer bars, where they are not those of `base`.
    pub(super) fn longer_than(&self, base: Timeframe) -> Option<Longer> {
        self.longer.filter(|l| l.timeframe != base)
    }

    /// Rows before the first that can be a number, of the bars it is computed on: where it has a timeframe, of those. See
    /// [`FeatureCache::warmup`].
    pub fn warmup(&self) -> usize {
        let p: Vec<usize> = self.parameters.iter().map(|v| *v as usize).collect();
        (self.feature().first_row)(&p)
    }

    /// Refuses a history too short for a single value.
    ///
    /// # Errors
    /// `rows` are not more than [`warmup`](Self::warmup).
    pub fn fits(&self, rows: usize) -> Result<()> {
        if rows > self.warmup() {
            return Ok(());
        }
        let problem = format!("needs {} rows for its first value, was given {rows}", self.warmup() + 1);
        Err(Error::usage(Place::given("feature", self), problem)
            .hint("give a longer history or a smaller window"))
    }

    pub(super) fn compute(&self, cache: &FeatureCache) -> FeatureColumn {
        let Some(longer) = self.longer_than(cache.bars().timeframe()) else {
            return (self.feature().kernel)(cache, &self.parameters);
        };
        match cache.coarse(longer) {
            Some(coarse) => coarse.column(&Self { longer: None, ..self.clone() }),
            None => vec![f64::NAN; cache.bars().len()].into(),
        }
    }
}

impl PartialEq for FeatureSpec {
    fn eq(&self, other: &Self) -> bool {
        self.feature.name == other.feature.name
            && self.longer == other.longer
            && self.parameters.len() == other.parameters.len()
            && self.parameters.iter().zip(&other.parameters).all(|(a, b)| a.to_bits() == b.to_bits())
    }
}

impl Eq for FeatureSpec {}

impl Hash for FeatureSpec {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.feature.name.hash(state);
        self.longer.hash(state);
        self.parameters.iter().for_each(|p| p.to_bits().hash(state));
    }
}

impl fmt::Debug for FeatureSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for FeatureSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.feature().name)?;
        for (i, p) in self.parameters.iter().enumerate() {
            write!(f, "{}{p}", if i == 0 { ':' } else { ',' })?;
        }
        match self.longer {
            Some(longer) => write!(f, "@{longer}"),
            None => Ok(()),
        }
    }
}

impl FromStr for FeatureSpec {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::among(features(), text)
    }
}

impl FeatureSpec {
    /// The feature that `text` names among `known`, such as those of the program and of a system.
    ///
    /// # Errors
    /// There is none of that name, or a parameter is out of range.
    pub fn among(known: impl Iterator<Item = &'static Feature> + Clone, text: &str) -> Result<Self> {
        let place = Place::given("feature", format_args!("{text:?}"));
        let (text, longer) = text.rsplit_once('@').map_or((text, None), |(t, l)| (t, Some(l)));
        let longer = longer.map(|l| l.trim().parse::<Longer>()).transpose();
        let longer = longer.map_err(|e| e.within(&place))?;
        let (name, rest) = text.split_once(':').map_or((text, None), |(n, r)| (n, Some(r)));
        let Some(feature) = known.clone().find(|f| f.name == name.trim()) else {
            let near = nearest(name.trim(), known.map(|f| f.name));
            return Err(Error::usage(place, format!("there is no feature named {name:?}")).hint(
                match near {
                    Some(n) => format!("did you mean {n}? `assay features --list` prints all"),
                    None => "`assay features --list` prints all".to_owned(),
                },
            ));
        };
        let known = feature.parameters;
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
        let Self { mut parameters, .. } = feature.default_spec();
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
        Ok(Self { feature, parameters, longer })
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
        for feature in features() {
            let spec: FeatureSpec = feature.name.parse().unwrap();
            let column = full.column(&spec);
            assert_eq!(column.len(), bars.len(), "{spec}");
            let first = column.iter().position(|v| !v.is_nan()).unwrap();
            let by_data = ["support", "resistance", "pivot_high", "pivot_low"].contains(&feature.name);
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
        assert_eq!("ema:20 @ 240m".parse::<FeatureSpec>().unwrap().to_string(), "ema:20@4h");
        assert_eq!("macd:5, 8".parse::<FeatureSpec>().unwrap().to_string(), "macd:5,8");
        for (bad, words) in [
            ("atrr", "did you mean atr?"),
            ("atr:0", "window must be a whole number in 1..=100000, was \"0\""),
            ("atr:1.5", "whole number"),
            ("atr:x", "was \"x\""),
            ("atr:1,2", "2 parameters were given"),
            ("log_return:3", "takes no parameters"),
            ("ema:20@4", "feature \"ema:20@4\": timeframe: \"4\" is not a bar length"),
            ("ema:20@", "is not a bar length"),
            ("emaa@1h", "did you mean ema?"),
        ] {
            let e = bad.parse::<FeatureSpec>().unwrap_err().to_string();
            assert!(e.contains(words), "{e}");
        }
    }

    #[test]
    fn a_column_is_computed_once() {
        let cache = FeatureCache::new(walk(50));
        assert!(cache.get("atr", &[14.0]).inner().ptr_eq(cache.get("atr", &[14.0]).inner()));
    }
}
