//! The largest position a drawdown allows.

/// Largest share of equity at a drawdown `dd` (positive fraction): `max` below 5 %, falling to 0.6 of it at 15 %, 0.3
/// of it beyond (the jump there is upstream's, kept).
pub fn drawdown_cap(dd: f64, max: f64) -> f64 {
    if dd < 0.05 {
        max
    } else if dd <= 0.15 {
        max * (1.0 - 4.0 * (dd - 0.05))
    } else {
        max * 0.3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_points() {
        for (dd, cap) in [(0.0, 0.05), (0.049, 0.05), (0.05, 0.05), (0.10, 0.04), (0.15, 0.03), (0.16, 0.015)]
        {
            assert!((drawdown_cap(dd, 0.05) - cap).abs() < 1e-12, "{dd}");
        }
    }
}
