//! How far an estimated Sharpe ratio scatters about a stated true one.

use super::super::family_max::max_of_normals;

/// What the scatter of an estimated Sharpe ratio depends on besides the true ratio and the number of returns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReturnShape {
    /// Skewness of the returns of a period.
    pub skew: f64,
    /// Their kurtosis, not in excess: a normal distribution has 3.
    pub kurtosis: f64,
    /// Their autocorrelation at lag 1.
    pub rho1: f64,
}

impl ReturnShape {
    /// Independent normal returns.
    pub const NORMAL: Self = Self { skew: 0.0, kurtosis: 3.0, rho1: 0.0 };

    /// Variance of an estimated Sharpe ratio times the number of returns if the true ratio is `sharpe` per
    /// period and returns follow an AR(1): `a - b g3 sharpe + c (g4 - 1) / 4 sharpe²` with
    /// `a = (1 + r) / (1 - r)`, `b = (1 + r + r²) / (1 - r²)`, `c = (1 + r²) / (1 - r²)`.
    ///
    /// M. Lopez de Prado, A. Lipton and V. Zoonekynd, "How to Use the Sharpe Ratio", SSRN 5520741 (2025),
    /// equations 2 and 3. Give the ratio of a hypothesis, never the estimate. `None` where `rho1` is outside
    /// (-1, 1), in which no AR(1) is stationary, and where the variance is not positive.
    pub fn unit_variance(&self, sharpe: f64) -> Option<f64> {
        let r = self.rho1;
        // Also turns NaN away.
        if r.is_nan() || r.abs() >= 1.0 {
            return None;
        }
        let (once, twice) = (r / (1.0 - r), r * r / (1.0 - r * r));
        let (a, b, c) = (1.0 + 2.0 * once, 1.0 + once + twice, 1.0 + 2.0 * twice);
        positive(a - b * self.skew * sharpe + c * (self.kurtosis - 1.0) / 4.0 * sharpe * sharpe)
    }

    /// Variance of the Sharpe ratio per period estimated from `periods` returns if the true one is `sharpe`:
    /// [`unit_variance`](Self::unit_variance) over `periods`, and `None` as there or unless `periods` is
    /// positive.
    pub fn sharpe_variance(&self, sharpe: f64, periods: f64) -> Option<f64> {
        positive(self.unit_variance(sharpe)? / positive(periods)?)
    }

    /// The same of the largest of `trials` independent estimates: the variance times that of the largest of
    /// so many standard normal values ([`max_of_normals`]), and `None` as in both.
    ///
    /// Lopez de Prado, Lipton and Zoonekynd (2025), equations 28 to 31. No verdict uses it.
    pub fn best_sharpe_variance(&self, sharpe: f64, periods: f64, trials: f64) -> Option<f64> {
        positive(self.sharpe_variance(sharpe, periods)? * max_of_normals(trials)?.variance)
    }
}

/// `x` where it is a positive finite number.
pub(in super::super) fn positive(x: f64) -> Option<f64> {
    (x > 0.0 && x.is_finite()).then_some(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_testing::close;

    #[test]
    fn normal_returns_have_the_variance_of_lo() {
        let sr: f64 = 0.5;
        let v = ReturnShape::NORMAL.sharpe_variance(sr, 60.0).unwrap();
        assert!(close(v, (1.0 + 0.5 * sr * sr) / 60.0, 1e-15));
        assert!(close(v.sqrt(), super::super::super::sharpe_se_iid(sr, 60), 1e-15));
        // The largest of one is that one.
        assert!(close(ReturnShape::NORMAL.best_sharpe_variance(sr, 60.0, 1.0).unwrap(), v, 1e-12));
    }

    #[test]
    fn what_has_no_variance_is_none() {
        for rho1 in [1.0, -1.0, 1.5, f64::NAN] {
            assert!(ReturnShape { rho1, ..ReturnShape::NORMAL }.unit_variance(0.1).is_none(), "{rho1}");
        }
        assert!(ReturnShape { skew: 9.0, ..ReturnShape::NORMAL }.unit_variance(1.0).is_none());
        assert!(ReturnShape { skew: f64::NAN, ..ReturnShape::NORMAL }.unit_variance(0.1).is_none());
        for periods in [0.0, -5.0, f64::NAN, f64::INFINITY] {
            assert!(ReturnShape::NORMAL.sharpe_variance(0.1, periods).is_none(), "{periods}");
        }
        for trials in [0.5, f64::NAN] {
            assert!(ReturnShape::NORMAL.best_sharpe_variance(0.1, 100.0, trials).is_none(), "{trials}");
        }
        assert!(ReturnShape::NORMAL.unit_variance(f64::INFINITY).is_none());
    }
}
