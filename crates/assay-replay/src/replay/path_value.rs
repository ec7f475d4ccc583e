//! What a position is worth along the path of a bar.

/// Value of a position along the path of a bar: linear between four prices, each leg as long as it is far.
#[derive(Debug, Clone, Copy)]
pub(super) struct PathValue {
    values: [f64; 4],
    /// Share of the bar at which each is reached.
    times: [f64; 4],
}

impl PathValue {
    /// Of prices and what the position is worth at each.
    pub fn new(points: [f64; 4], value: impl Fn(f64) -> f64) -> Self {
        let legs = [1, 2, 3].map(|k| (points[k] - points[k - 1]).abs());
        let whole: f64 = legs.iter().sum();
        let mut times = [0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0];
        if whole > 0.0 {
            times[1] = legs[0] / whole;
            times[2] = times[1] + legs[1] / whole;
        }
        Self { values: points.map(value), times }
    }

    pub fn least(&self) -> f64 {
        self.values.iter().copied().fold(f64::INFINITY, f64::min)
    }

    pub fn most(&self) -> f64 {
        self.values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    pub fn at(&self, share: f64) -> f64 {
        for k in 1..4 {
            if share <= self.times[k] || k == 3 {
                let length = self.times[k] - self.times[k - 1];
                let part =
                    if length > 0.0 { ((share - self.times[k - 1]) / length).clamp(0.0, 1.0) } else { 1.0 };
                return self.values[k - 1] + part * (self.values[k] - self.values[k - 1]);
            }
        }
        self.values[3]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_linear_in_price() {
        // 100 -> 90 -> 110 -> 105: legs of 10, 20 and 5.
        let p = PathValue::new([100.0, 90.0, 110.0, 105.0], |price| 2.0 * price);
        assert_eq!((p.at(0.0), p.at(1.0)), (200.0, 210.0));
        assert!((p.at(10.0 / 35.0) - 180.0).abs() < 1e-9);
        assert!((p.at(20.0 / 35.0) - 200.0).abs() < 1e-9);
        let still = PathValue::new([100.0; 4], |price| price);
        assert_eq!(still.at(0.5), 100.0);
    }
}
