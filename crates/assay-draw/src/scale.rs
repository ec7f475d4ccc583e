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

    /// The same over the pixels `from..to`.
    #[must_use]
    pub fn over(self, from: f64, to: f64) -> Self {
        Self { from, to, ..self }
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
        self.multiples(round_step((self.high - self.low) / wanted as f64))
    }

    /// The same for what is counted: whole numbers alone.
    pub fn whole_ticks(&self, wanted: usize) -> Vec<Tick> {
        let step = round_step((self.high - self.low) / wanted.max(2) as f64).max(1.0);
        // Of the round steps above one only 2.5 is not whole.
        self.multiples(if step.fract() > 0.0 { 2.0 * step } else { step })
    }

    /// Multiples of `step` inside the range.
    fn multiples(&self, step: f64) -> Vec<Tick> {
        let first = (self.low / step - 1e-9).ceil();
        let count = (self.high / step + 1e-9).floor() - first;
        let most = self.low.abs().max(self.high.abs());
        (0..=count.clamp(0.0, 100.0) as usize)
            .map(|i| {
                let at = (first + i as f64) * step;
                Tick { at, label: number(at, step, most) }
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
                .map(|at| Tick { at, label: number(at, at, at) })
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

/// `value` as an axis writes it whose largest value is `most`: with the decimals that tell multiples of `step` apart, a
/// typographic minus and commas between thousands. Values of one axis have one unit: M, G and T from a million on where
/// the step leaves few decimals, powers of a thousandth (`8.5e−9`) below a thousandth.
pub fn number(value: f64, step: f64, most: f64) -> String {
    let (unit, suffix) = unit(most.abs().max(value.abs()), step.abs());
    let size = value.abs() / unit;
    let text = commas(&format!("{size:.*}", decimals(step.abs() / unit)));
    if !text.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        return "0".into();
    }
    format!("{}{text}{suffix}", if value < 0.0 { "−" } else { "" })
}

/// `value` with three digits or so, as one of several of which `most` is the largest.
pub fn short(value: f64, most: f64) -> String {
    let most = if most.is_finite() && most != 0.0 { most.abs() } else { 1.0 };
    let place = libm::floor(libm::log10(most)) as i32 - 2;
    // Hundredths say enough of values below one.
    let place = if most < 0.1 { place } else { place.max(-2) };
    number(value, libm::pow(10.0, f64::from(place)), most)
}

/// The unit of values up to `most` on a grid of `step`, and its sign.
fn unit(most: f64, step: f64) -> (f64, String) {
    const LARGE: [(f64, &str); 3] = [(1e12, "T"), (1e9, "G"), (1e6, "M")];
    if most > 0.0 && most < 1e-3 || most >= 1e18 && most.is_finite() {
        let power = 3 * libm::floor(libm::log10(most * (1.0 + 1e-12)) / 3.0) as i32;
        let sign = if power < 0 { "−" } else { "" };
        return (libm::pow(10.0, f64::from(power)), format!("e{sign}{}", power.abs()));
    }
    let fits = |(unit, _): &&(f64, &str)| most >= *unit && step >= 0.999e-3 * unit;
    LARGE.iter().find(fits).map_or((1.0, String::new()), |(unit, sign)| (*unit, (*sign).to_owned()))
}

/// How many decimals tell multiples of `step` apart, 12 at most.
fn decimals(step: f64) -> usize {
    let mut rest = step;
    let mut decimals = 0;
    while decimals < 12 && (rest - rest.round()).abs() > 1e-6 * rest {
        rest *= 10.0;
        decimals += 1;
    }
    decimals
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
    fn labels_of_any_magnitude_tell_the_grid_lines_apart() {
        for power in -9..=9 {
            for (low, high) in [(0.0, 1.0), (4.4, 8.6), (-3.0, 9.9), (8.5, 8.501)] {
                let unit = libm::pow(10.0, f64::from(power));
                let ticks = Scale::linear(low * unit, high * unit, 0.0, 1.0).ticks(6);
                let mut names: Vec<&str> = ticks.iter().map(|t| t.label.as_str()).collect();
                let all = names.len();
                assert!(names.iter().all(|n| n.chars().count() <= 13), "{names:?}");
                names.sort_unstable();
                names.dedup();
                assert!(all >= 3 && names.len() == all, "1e{power} {low} {high}: {names:?}");
            }
        }
        assert_eq!(labels(Scale::linear(4.4e-9, 8.8e-9, 0.0, 1.0), 5), ["5e−9", "6e−9", "7e−9", "8e−9"]);
        assert_eq!(
            labels(Scale::linear(8e-7, 1.2e-6, 0.0, 1.0), 4),
            ["0.8e−6", "0.9e−6", "1.0e−6", "1.1e−6", "1.2e−6"]
        );
        assert_eq!(labels(Scale::linear(0.0, 1.3e14, 0.0, 1.0), 3), ["0", "50T", "100T"]);
        // One unit for all, and none where it would only move the point.
        assert_eq!(labels(Scale::linear(6e5, 1.3e6, 0.0, 1.0), 3), ["0.75M", "1.00M", "1.25M"]);
        assert_eq!(
            labels(Scale::linear(1_234_560.0, 1_234_570.0, 0.0, 1.0), 2),
            ["1,234,560", "1,234,565", "1,234,570"]
        );
    }

    #[test]
    fn what_is_counted_has_whole_labels() {
        for most in [0.4, 1.05, 2.1, 3.15, 5.3, 8.4, 11.6, 30.0, 1e5] {
            let ticks = Scale::linear(0.0, most, 0.0, 1.0).whole_ticks(5);
            assert!(ticks.iter().all(|t| t.at.fract() == 0.0 && !t.label.contains('.')), "{most}: {ticks:?}");
            assert!(ticks.len() <= 8);
        }
        assert_eq!(Scale::linear(0.0, 11.6, 0.0, 1.0).whole_ticks(5).len(), 3);
    }

    #[test]
    fn a_few_digits_say_how_large_a_value_is() {
        let of = |v: f64| short(v, v);
        assert_eq!(
            [0.654, 12.34, 123.4, 12_345.6, 1_234_567.0].map(of),
            ["0.65", "12.3", "123", "12,346", "1.23M"]
        );
        assert_eq!(
            [0.01234, 1.234e-7, -2.5e9, 0.0, 1e-9].map(of),
            ["0.0123", "123e−9", "−2.50G", "0", "1.00e−9"]
        );
        assert_eq!(short(0.004, 0.8), "0");
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
