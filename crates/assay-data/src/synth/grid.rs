//! Steps of price and volume.

/// Multiples of a step. Rounding is monotone, so that it keeps the order of the prices of a bar.
#[derive(Debug)]
pub(super) struct BarGrid {
    step: f64,
    /// Steps in a unit, where that is a whole number: dividing by it gives the decimal nearest to the multiple.
    per_unit: Option<f64>,
}

impl BarGrid {
    pub fn new(step: f64) -> Self {
        let inverse = (1.0 / step).round();
        let whole = inverse >= 1.0 && (inverse * step - 1.0).abs() < 1e-9;
        Self { step, per_unit: whole.then_some(inverse) }
    }

    pub fn round(&self, x: f64) -> f64 {
        match self.per_unit {
            Some(k) => (x * k).round() / k,
            None => (x / self.step).round() * self.step,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grid_gives_the_nearest_decimal() {
        assert_eq!(BarGrid::new(0.01).round(29_374.149_9), 29_374.15);
        assert_eq!(BarGrid::new(0.00001).round(1.000_014), 1.00001);
        assert_eq!(BarGrid::new(0.25).round(10.13), 10.25);
        assert_eq!(BarGrid::new(5.0).round(12.4), 10.0);
        assert_eq!(BarGrid::new(0.3).round(1.0), 3.0 * 0.3);
    }
}
