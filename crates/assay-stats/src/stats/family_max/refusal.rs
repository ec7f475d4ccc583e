//! Where the probability of luck is not given, and why.

use std::fmt;

use super::super::deflated_sharpe::Moments4;
use super::trial_blocks::TrialBlocks;

/// Fewest daily returns (convention).
const FEWEST_DAYS: usize = 60;

/// Fewest calendar blocks (convention).
const FEWEST_BLOCKS: usize = 26;

/// Fewest days for each unit of kurtosis (convention).
const DAYS_PER_KURTOSIS: f64 = 20.0;

/// Why a candidate's luck is not judged; its text is a whole sentence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LuckRefusal {
    /// Its returns cannot be measured: too few, not varying, or not finite.
    NotMeasured,
    /// Fewer daily returns than 60.
    FewDays {
        /// As many there are.
        days: usize,
    },
    /// Fewer calendar blocks than 26.
    FewBlocks {
        /// As many there are.
        blocks: usize,
    },
    /// Fewer than 20 days for each unit of kurtosis.
    HeavyTails {
        /// Daily returns.
        days: usize,
        /// Their kurtosis; a normal distribution has 3.
        kurtosis: f64,
    },
}

impl LuckRefusal {
    /// The reason not to judge a candidate of these daily `moments` and `blocks` (`None` where it has none),
    /// if there is one.
    pub fn of(moments: &Moments4, blocks: Option<&TrialBlocks>) -> Option<Self> {
        let days = moments.n;
        if days < FEWEST_DAYS {
            return Some(Self::FewDays { days });
        }
        let (Some(blocks), false) = (blocks, moments.kurtosis.is_nan()) else {
            return Some(Self::NotMeasured);
        };
        let (blocks, kurtosis) = (blocks.y().len(), moments.kurtosis);
        if blocks < FEWEST_BLOCKS {
            Some(Self::FewBlocks { blocks })
        } else if (days as f64) < DAYS_PER_KURTOSIS * kurtosis {
            Some(Self::HeavyTails { days, kurtosis })
        } else {
            None
        }
    }
}

impl fmt::Display for LuckRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotMeasured => write!(f, "the daily returns do not vary, or are not numbers"),
            Self::FewDays { days } => {
                write!(
                    f,
                    "{days} daily returns are too few to tell luck from an edge; {FEWEST_DAYS} are needed"
                )
            }
            Self::FewBlocks { blocks } => write!(
                f,
                "{blocks} calendar blocks are too few to compare trials; {FEWEST_BLOCKS} are needed"
            ),
            Self::HeavyTails { days, kurtosis } => write!(
                f,
                "a handful of days carries the result: {days} days with a kurtosis of {kurtosis:.1}, where \
                 {:.0} days would be needed",
                (DAYS_PER_KURTOSIS * kurtosis).ceil()
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial_blocks::CalendarBlock;
    use super::*;

    fn moments(n: usize, kurtosis: f64) -> Moments4 {
        Moments4 { n, mean: 0.1, sd: 1.0, skew: 0.0, kurtosis, rho1: 0.0 }
    }

    fn blocks(n: usize) -> TrialBlocks {
        TrialBlocks::stored(CalendarBlock::Week, 2600, vec![100; n]).unwrap()
    }

    #[test]
    fn each_bound_refuses_below_it_and_not_at_it() {
        let refusal = |n, kurtosis, b| LuckRefusal::of(&moments(n, kurtosis), Some(&blocks(b)));
        assert_eq!(refusal(60, 3.0, 26), None);
        assert_eq!(refusal(59, 3.0, 26), Some(LuckRefusal::FewDays { days: 59 }));
        assert_eq!(refusal(60, 3.0, 25), Some(LuckRefusal::FewBlocks { blocks: 25 }));
        assert_eq!(refusal(200, 10.0, 30), None);
        let heavy = refusal(199, 10.0, 30).unwrap();
        assert_eq!(heavy, LuckRefusal::HeavyTails { days: 199, kurtosis: 10.0 });
        assert_eq!(
            heavy.to_string(),
            "a handful of days carries the result: 199 days with a kurtosis of 10.0, where 200 days would be \
             needed"
        );
        assert_eq!(refusal(100, f64::NAN, 30), Some(LuckRefusal::NotMeasured));
        assert_eq!(LuckRefusal::of(&moments(100, 3.0), None), Some(LuckRefusal::NotMeasured));
        for r in
            [LuckRefusal::NotMeasured, LuckRefusal::FewDays { days: 3 }, LuckRefusal::FewBlocks { blocks: 4 }]
        {
            assert!(r.to_string().len() > 30);
        }
    }
}
