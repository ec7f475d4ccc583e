//! Every feature: its name, parameters, warm-up, meaning and kernel.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use super::FeatureCache;
use crate::error::{Error, Result, nearest};
use crate::indicators as kernels;

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
    kernel: fn(&FeatureCache, &[f64]) -> Vec<f64>,
}

const fn window(default: f64) -> Parameter {
    Parameter { name: "window", default, min: 1.0, max: 100_000.0 }
}

const fn named(name: &'static str, default: f64) -> Parameter {
    Parameter { name, default, min: 1.0, max: 100_000.0 }
}

const fn factor(name: &'static str, default: f64) -> Parameter {
    Parameter { name, default, min: 0.01, max: 100.0 }
}

const SWING: Parameter = Parameter { name: "side_bars", default: 5.0, min: 1.0, max: 1_000.0 };

/// Every feature there is, in the order of `assay features --list`.
pub static FEATURES: &[Feature] = &[
    Feature {
        name: "true_range",
        parameters: &[],
        meaning: "Wilder's true range, price",
        first_row: |_| 0,
        kernel: |c, _| kernels::true_range(c.bars().high(), c.bars().low(), c.bars().close()),
    },
    Feature {
        name: "atr",
        parameters: &[window(14.0)],
        meaning: "average true range, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::rma(&c.get("true_range", &[]), p[0] as usize),
    },
    Feature {
        name: "atr_mean",
        parameters: &[named("atr_window", 14.0), window(20.0)],
        meaning: "simple mean of the average true range, price",
        first_row: |p| p[0] + p[1] - 2,
        kernel: |c, p| kernels::sma(&c.get("atr", &p[..1]), p[1] as usize),
    },
    Feature {
        name: "atr_pct_rank",
        parameters: &[named("atr_window", 14.0), window(252.0)],
        meaning: "share of the last rows whose ATR / close is at most this one, 0..1",
        first_row: |p| p[0] + p[1] - 2,
        kernel: |c, p| {
            let atr = c.get("atr", &p[..1]);
            let pct: Vec<f64> = atr.iter().zip(c.bars().close()).map(|(a, c)| a / c).collect();
            kernels::rolling_rank(&pct, p[1] as usize)
        },
    },
    Feature {
        name: "adx",
        parameters: &[window(14.0)],
        meaning: "Wilder's average directional index, 0..100",
        first_row: |p| 2 * p[0] - 1,
        kernel: |c, p| kernels::adx(c.bars().high(), c.bars().low(), c.bars().close(), p[0] as usize).adx,
    },
    Feature {
        name: "plus_di",
        parameters: &[window(14.0)],
        meaning: "Wilder's positive directional indicator, 0..100",
        first_row: |p| p[0],
        kernel: |c, p| kernels::adx(c.bars().high(), c.bars().low(), c.bars().close(), p[0] as usize).plus,
    },
    Feature {
        name: "minus_di",
        parameters: &[window(14.0)],
        meaning: "Wilder's negative directional indicator, 0..100",
        first_row: |p| p[0],
        kernel: |c, p| kernels::adx(c.bars().high(), c.bars().low(), c.bars().close(), p[0] as usize).minus,
    },
    Feature {
        name: "sma",
        parameters: &[window(20.0)],
        meaning: "simple moving average of the close, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::sma(c.bars().close(), p[0] as usize),
    },
    Feature {
        name: "ema",
        parameters: &[window(20.0)],
        meaning: "exponential moving average of the close, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::ema(c.bars().close(), p[0] as usize),
    },
    Feature {
        name: "std",
        parameters: &[window(20.0)],
        meaning: "population standard deviation of the close, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::rolling_std(c.bars().close(), p[0] as usize),
    },
    Feature {
        name: "rsi",
        parameters: &[window(14.0)],
        meaning: "Wilder's relative strength index, 0..100",
        first_row: |p| p[0],
        kernel: |c, p| kernels::rsi(c.bars().close(), p[0] as usize),
    },
    Feature {
        name: "macd",
        parameters: &[named("fast", 12.0), named("slow", 26.0)],
        meaning: "fast minus slow exponential average of the close, price",
        first_row: |p| p[0].max(p[1]) - 1,
        kernel: |c, p| {
            let mut line = kernels::ema(c.bars().close(), p[0] as usize);
            for (fast, slow) in line.iter_mut().zip(kernels::ema(c.bars().close(), p[1] as usize)) {
                *fast -= slow;
            }
            line
        },
    },
    Feature {
        name: "macd_signal",
        parameters: &[named("fast", 12.0), named("slow", 26.0), named("signal", 9.0)],
        meaning: "exponential average of the MACD line, price",
        first_row: |p| p[0].max(p[1]) + p[2] - 2,
        kernel: |c, p| kernels::ema(&c.get("macd", &p[..2]), p[2] as usize),
    },
    Feature {
        name: "highest",
        parameters: &[window(20.0)],
        meaning: "highest high of the last rows, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::rolling_max(c.bars().high(), p[0] as usize),
    },
    Feature {
        name: "lowest",
        parameters: &[window(20.0)],
        meaning: "lowest low of the last rows, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| kernels::rolling_min(c.bars().low(), p[0] as usize),
    },
    Feature {
        name: "volume_mean_before",
        parameters: &[window(20.0)],
        meaning: "mean volume of the rows before this one, units",
        first_row: |p| p[0],
        kernel: |c, p| {
            let mut mean = kernels::sma(c.bars().volume(), p[0] as usize);
            if !mean.is_empty() {
                mean.rotate_right(1);
                mean[0] = f64::NAN;
            }
            mean
        },
    },
    Feature {
        name: "volume_ratio",
        parameters: &[window(20.0)],
        meaning: "volume over the mean volume of the rows before; 1 where that is 0",
        first_row: |p| p[0],
        kernel: |c, p| {
            let mean = c.get("volume_mean_before", p);
            let ratio = |(v, m): (&f64, &f64)| if *m == 0.0 { 1.0 } else { v / m };
            c.bars().volume().iter().zip(&mean[..]).map(ratio).collect()
        },
    },
    Feature {
        name: "log_return_std",
        parameters: &[window(20.0)],
        meaning: "population standard deviation of one-bar log returns",
        first_row: |p| p[0],
        kernel: |c, p| kernels::rolling_std(&c.get("log_return", &[]), p[0] as usize),
    },
    Feature {
        name: "log_return",
        parameters: &[],
        meaning: "log of close over the close before",
        first_row: |_| 1,
        kernel: |c, _| {
            let close = c.bars().close();
            let mut out = vec![f64::NAN; close.len()];
            for i in 1..close.len() {
                out[i] = libm::log(close[i] / close[i - 1]);
            }
            out
        },
    },
    Feature {
        name: "gradient_base",
        parameters: &[window(25.0)],
        meaning: "three exponential averages of the close in a row, price",
        first_row: |p| 3 * (p[0] - 1),
        kernel: |c, p| kernels::cascade(c.bars().close(), p[0] as usize),
    },
    Feature {
        name: "gradient_band",
        parameters: &[window(25.0)],
        meaning: "three exponential averages of high - low in a row, price",
        first_row: |p| 3 * (p[0] - 1),
        kernel: |c, p| {
            let range: Vec<f64> = c.bars().high().iter().zip(c.bars().low()).map(|(h, l)| h - l).collect();
            kernels::cascade(&range, p[0] as usize)
        },
    },
    Feature {
        name: "ut_distance",
        parameters: &[named("period", 10.0), factor("sensitivity", 1.0)],
        meaning: "distance the UT-bot stop keeps, price",
        first_row: |p| p[0] - 1,
        kernel: |c, p| {
            let mut distance = kernels::rma(&c.get("true_range", &[]), p[0] as usize);
            distance.iter_mut().for_each(|d| *d *= p[1]);
            distance
        },
    },
    Feature {
        name: "ut_stop",
        parameters: &[named("period", 10.0), factor("sensitivity", 1.0)],
        meaning: "the UT-bot trailing stop, price",
        first_row: |p| p[0],
        kernel: |c, p| kernels::ut_stop(c.bars().close(), &c.get("ut_distance", p), p[0] as usize),
    },
    Feature {
        name: "flow_force",
        parameters: &[window(20.0)],
        meaning: "volume-weighted return (weight at most 5): its signed sum over its absolute sum, -1..1",
        first_row: |p| 2 * p[0] - 1,
        kernel: |c, p| {
            let flow = c.get("flow", &p[..1]);
            let signed = kernels::rolling_sum(&flow, p[0] as usize);
            let absolute: Vec<f64> = flow.iter().map(|f| f.abs()).collect();
            let absolute = kernels::rolling_sum(&absolute, p[0] as usize);
            // A sum of squares of nothing: where every flow of the window is zero the ratio is zero.
            let ratio = |(s, a): (&f64, &f64)| if *a <= 1e-15 { 0.0 * a } else { (s / a).clamp(-1.0, 1.0) };
            signed.iter().zip(&absolute).map(ratio).collect()
        },
    },
    Feature {
        name: "flow",
        parameters: &[window(20.0)],
        meaning: "simple return times volume ratio (clamped to 0..5)",
        first_row: |p| p[0],
        kernel: |c, p| {
            let ratio = c.get("volume_ratio", p);
            let close = c.bars().close();
            let mut out = vec![f64::NAN; close.len()];
            for i in 1..close.len() {
                // `clamp` keeps the NaN of the warm-up.
                out[i] = (close[i] / close[i - 1] - 1.0) * ratio[i].clamp(0.0, 5.0);
            }
            out
        },
    },
    Feature {
        name: "flow_bull_share",
        parameters: &[window(20.0)],
        meaning: "share of the non-zero flows of the window that are positive, 0..1; 0.5 where all are zero",
        first_row: |p| 2 * p[0] - 1,
        kernel: |c, p| {
            let flow = c.get("flow", &p[..1]);
            let count = |f: fn(f64) -> bool| -> Vec<f64> {
                let ones: Vec<f64> = flow
                    .iter()
                    .map(|&v| if v.is_nan() { f64::NAN } else { f64::from(u8::from(f(v))) })
                    .collect();
                kernels::rolling_sum(&ones, p[0] as usize)
            };
            let (up, any) = (count(|v| v > 0.0), count(|v| v != 0.0));
            let share = |(u, a): (&f64, &f64)| if *a == 0.0 { 0.5 } else { u / a };
            up.iter().zip(&any).map(share).collect()
        },
    },
    Feature {
        name: "flow_pressure",
        parameters: &[window(20.0), named("smooth", 5.0)],
        meaning: "mean of |flow| + range / close over `smooth` rows",
        first_row: |p| p[0] + p[1] - 1,
        kernel: |c, p| {
            let flow = c.get("flow", &p[..1]);
            let (h, l, cl) = (c.bars().high(), c.bars().low(), c.bars().close());
            let pressure: Vec<f64> = (0..flow.len()).map(|i| flow[i].abs() + (h[i] - l[i]) / cl[i]).collect();
            kernels::sma(&pressure, p[1] as usize)
        },
    },
    Feature {
        name: "support",
        parameters: &[SWING],
        meaning: "last known swing low once three are known, price",
        first_row: |p| 2 * p[0],
        kernel: |c, p| c.swings(p[0] as usize).support.clone(),
    },
    Feature {
        name: "resistance",
        parameters: &[SWING],
        meaning: "last known swing high once three are known, price",
        first_row: |p| 2 * p[0],
        kernel: |c, p| c.swings(p[0] as usize).resistance.clone(),
    },
    Feature {
        name: "structure",
        parameters: &[SWING],
        meaning: "market structure: 0 ranging, 1 uptrend, 2 downtrend, 3 reversal",
        first_row: |_| 0,
        kernel: |c, p| c.swings(p[0] as usize).structure.iter().map(|s| f64::from(*s as u8)).collect(),
    },
    Feature {
        name: "break_of_structure",
        parameters: &[SWING],
        meaning: "+1 the close crosses the last swing high, -1 the last swing low, else 0",
        first_row: |_| 0,
        kernel: |c, p| c.swings(p[0] as usize).break_of_structure.iter().map(|b| f64::from(*b)).collect(),
    },
    Feature {
        name: "recent_breaks",
        parameters: &[SWING],
        meaning: "breaks of structure among the last 20 bars",
        first_row: |_| 0,
        kernel: |c, p| c.swings(p[0] as usize).recent_breaks.iter().map(|b| f64::from(*b)).collect(),
    },
];

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
