//! The stated chance that a strategy has an edge.

use std::fmt;

/// Chance that a strategy has an edge, stated before its results are seen; always inside (0, 1).
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct EdgePrior(f64);

impl EdgePrior {
    /// One idea in twenty (convention).
    pub const DEFAULT: Self = Self(0.05);

    /// What a result is shown with besides its own prior, because it is mostly the prior's doing
    /// (convention).
    pub const SHOWN: [Self; 2] = [Self(0.01), Self(0.2)];

    /// The chance `prior`; refused unless it lies between 0 and 1, both excluded.
    pub fn new(prior: f64) -> Result<Self, PriorRefusal> {
        if prior > 0.0 && prior < 1.0 { Ok(Self(prior)) } else { Err(PriorRefusal { prior }) }
    }

    /// The chance, inside (0, 1).
    pub fn chance(self) -> f64 {
        self.0
    }

    /// Chance of an edge over that of none.
    pub fn odds(self) -> f64 {
        self.0 / (1.0 - self.0)
    }
}

/// A prior that is no chance inside (0, 1); its text is a whole sentence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PriorRefusal {
    /// What was given.
    pub prior: f64,
}

impl fmt::Display for PriorRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the prior chance of an edge is {}, but must lie between 0 and 1, both excluded: at either end \
             no result could change it",
            self.prior
        )
    }
}

impl std::error::Error for PriorRefusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_chance_is_refused_with_its_value() {
        for prior in [0.0, 1.0, -0.05, 1.5, f64::INFINITY] {
            let refusal = EdgePrior::new(prior).unwrap_err();
            assert_eq!(refusal, PriorRefusal { prior });
            assert!(
                refusal.to_string().starts_with(&format!("the prior chance of an edge is {prior}, but must"))
            );
        }
        assert!(EdgePrior::new(f64::NAN).unwrap_err().prior.is_nan());
        let prior = EdgePrior::new(0.05).unwrap();
        assert_eq!((prior, prior.chance()), (EdgePrior::DEFAULT, 0.05));
        assert!((prior.odds() - 1.0 / 19.0).abs() < 1e-16);
        assert!(EdgePrior::SHOWN.iter().all(|p| EdgePrior::new(p.chance()) == Ok(*p)));
    }
}
