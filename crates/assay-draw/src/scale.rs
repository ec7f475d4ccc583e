//! From values to pixels, and the round values an axis names.

use super::text::commas;

/// One named place of an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Its value.
    pub at: f64,
    /// What is written beside it.
    pub label: String,
}

/// A range of values laid over a range of pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    log: bool,
}

impl Scale {
    /// Lays `low..high` evenly over the pixels `from..to`. A range without width is widened; one that is not finite
    /// becomes 0 to 1.
    pub fn linear(low: f64, high: f64, from: f64, to: f64) -> Self {
        let (low, high) = match (low, high) {
            (low, high) if !low.is_finite() || !high.is_finite() || low > high => (0.0, 1.0),
            (low, high) if high - low <= 1e-12 * low.abs().max(high.abs()) => {
                let pad = if low == 0.0 { 1.0 } else { 0.05 * low.abs() };
                (low - pad, high + pad)
            }
            range => range,
        };
        Self { low, high, from, to, log: false }
    }

    /// Lays the logarithms of `low..high` evenly over `from..to`; linear where `low` is not above zero.
    pub fn log(low: f64, high: f64, from: f64, to: f64) -> Self {
        let scale = Self::linear(low, high, from, to);
        Self { log: scale.low > 0.0, ..scale }
    }

    /// The pixel of `value`, held inside the range.
    pub fn at(&self, value: f64) -> f64 {
        let value = value.clamp(self.low, self.high);
        let part = if self.log {
            libm::log(value / self.low) / libm::log(self.high / self.low)
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.from + part * (self.to - self.from)
    }

    /// Lowest and highest value.
    pub fn range(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// Whether it is logarithmic.
    pub fn is_log(&self) -> bool {
        self.log
    }

    /// Round values inside the range, about `wanted` of them (at least 2), with their labels.
    pub fn ticks(&self, wanted: usize) -> Vec<Tick> {
        let wanted = wanted.max(2);
        if self.log && self.high / self.low > 8.0 {
            return self.log_ticks(wanted);
        }
        let step = round_step((self.high - self.low) / wanted as f64);
        let first = (self.low / step - 1e-9).ceil();
        let count = (self.high / step + 1e-9).floor() - first;
        (0..=count.clamp(0.0, 100.0) as usize)
            .map(|i| {
                let at = (first + i as f64) * step;
                Tick { at, label: number(at, step) }
            })
            .collect()
    }

    fn log_ticks(&self, wanted: usize) -> Vec<Tick> {
        let decades = (libm::floor(libm::log10(self.low)) as i32, libm::ceil(libm::log10(self.high)) as i32);
        let inside = |digits: &[f64], every: usize| -> Vec<Tick> {
            (decades.0..=decades.1)
                .step_by(every)
                .flat_map(|d| digits.iter().map(move |m| m * libm::pow(10.0, f64::from(d))))
                .filter(|v| (self.low * (1.0 - 1e-9)..=self.high * (1.0 + 1e-9)).contains(v))
                .map(|at| Tick { at, label: number(at, at) })
                .collect()
        };
        let every = ((decades.1 - decades.0) as usize / wanted).max(1);
        [&[1.0, 2.0, 5.0][..], &[1.0, 3.0], &[1.0]]
            .into_iter()
            .map(|digits| inside(digits, every))
            .find(|ticks| ticks.len() <= wanted + 2)
            .unwrap_or_else(|| inside(&[1.0], every + 1))
    }
}

/// The least of 1, 2, 2.5, 5 times a power of ten that is at least `step`.
pub fn round_step(step: f64) -> f64 {
    if !step.is_finite() || step <= 0.0 {
        return 1.0;
    }
    let power = libm::pow(10.0, libm::floor(libm::log10(step)));
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|&s| s >= step * (1.0 - 1e-9))
        .unwrap_or(step)
}

/// `value` with the decimals that tell multiples of `step` apart, a typographic minus and commas between thousands;
/// millions and billions as M and G.
pub fn number(value: f64, step: f64) -> String {
    let size = value.abs();
    let (unit, suffix) = match size.max(step) {
        s if s >= 1e9 => (1e9, "G"),
        s if s >= 1e6 => (1e6, "M"),
        _ => (1.0, ""),
    };
    let mut decimals = 0;
    let mut rest = step / unit;
    while decimals < 8 && (rest - rest.round()).abs() > 1e-6 * rest.max(1e-3) {
        rest *= 10.0;
        decimals += 1;
    }
    let text = commas(&format!("{:.decimals$}", size / unit));
    if !text.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        return "0".into();
    }
    format!("{}{text}{suffix}", if value < 0.0 { "−" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(s: Scale, n: usize) -> Vec<String> {
        s.ticks(n).into_iter().map(|t| t.label).collect()
    }

    #[test]
    fn linear_ticks_are_round_and_inside() {
        assert_eq!(labels(Scale::linear(-1.1, 2.3, 0.0, 1.0), 4), ["−1", "0", "1", "2"]);
        assert_eq!(labels(Scale::linear(0.0, 0.9, 0.0, 1.0), 4), ["0", "0.25", "0.50", "0.75"]);
        assert_eq!(labels(Scale::linear(9_000.0, 31_000.0, 0.0, 1.0), 3), ["10,000", "20,000", "30,000"]);
        assert_eq!(labels(Scale::linear(-0.3, 0.0, 0.0, 1.0), 3), ["−0.3", "−0.2", "−0.1", "0"]);
    }

    #[test]
    fn log_ticks_keep_to_the_number_asked_for() {
        assert_eq!(labels(Scale::log(0.8, 30.0, 0.0, 1.0), 6), ["1", "2", "5", "10", "20"]);
        assert_eq!(
            labels(Scale::log(1.0, 1e6, 0.0, 1.0), 6),
            ["1", "10", "100", "1,000", "10,000", "100,000", "1M"]
        );
        assert!(labels(Scale::log(1e-8, 1e8, 0.0, 1.0), 5).len() <= 8);
        assert!(!Scale::log(-1.0, 5.0, 0.0, 1.0).is_log());
    }

    #[test]
    fn degenerate_ranges_stay_finite() {
        for (low, high) in [(f64::NAN, 1.0), (1.0, 1.0), (0.0, 0.0), (f64::INFINITY, 0.0), (3.0, 1.0)] {
            let s = Scale::linear(low, high, 10.0, 20.0);
            assert!(s.at(low.min(high)).is_finite() || low.is_nan() || low.is_infinite());
            assert!(s.at(0.5).is_finite() && !s.ticks(5).is_empty());
        }
        assert_eq!(Scale::linear(0.0, 10.0, 0.0, 100.0).at(99.0), 100.0);
    }
}
