//! Pure statistics: moments, intervals, block bootstrap, standard errors.
//!
//! Nothing here knows of bars, trades or regimes. Sums run in a fixed order, so a result is the same bytes on any number
//! of threads. What is undefined is NaN (a number) or `None` (an interval); nothing panics on its input.

mod adjusted_p_values;
mod block_length;
mod bootstrap;
mod bootstrap_variance;
mod cscv;
mod cscv_plan;
mod deflated_sharpe;
mod differences;
mod distributions;
mod effective_trials;
mod eigen;
mod family_columns;
mod family_max;
mod hac;
mod interval;
mod intervals;
mod latin_hypercube;
mod ledoit_wolf;
mod low_discrepancy;
mod moments;
mod multiple_testing;
mod p_value;
mod pbo;
mod ratios;
mod resampled;
mod sharpe_error;
mod sharpe_inference;
mod sidak;
mod sobol_numbers;
mod splits;

pub use adjusted_p_values::{bonferroni, holm, holm_sidak, sidak_each};
pub use block_length::{BlockLength, automatic_block, block_length};
pub use bootstrap::{Blocks, Bootstrap};
pub use cscv::{Cscv, CscvRanks};
pub use cscv_plan::{BlockMoments, block_counts, block_moments};
pub use deflated_sharpe::{
    MIN_RETURNS, Moments4, expected_max_sharpe, min_backtest_years, min_track_record, normal_cdf, psr_bl2012,
    psr_llz2025, score_over_zero,
};
pub use differences::{
    compound_monthly_change_interval, compound_monthly_difference_interval, max_drawdown_difference_interval,
    mean_difference_interval, profit_factor_difference, sharpe_change_interval, sharpe_difference_interval,
    win_rate_difference,
};
pub use distributions::{
    beta_cdf, binomial_cdf, binomial_quantile, chi_square_upper, clopper_pearson, f_upper,
    student_t_quantile, student_t_upper,
};
pub use effective_trials::{EffectiveTrials, correlation};
pub use family_max::{
    CalendarBlock, FamilyDeflated, FamilyLuck, FamilyPool, LuckRefusal, NormalMaximum, TrialBlocks,
    family_deflated, family_luck, max_of_normals,
};
pub use interval::{Interval, Z95, wilson};
pub use intervals::{
    compound_monthly_interval, max_drawdown_interval, mean_interval, profit_factor_interval, sharpe_interval,
};
pub use latin_hypercube::LatinHypercube;
pub use ledoit_wolf::{
    SharpeTest, jobson_korkie_memmel, ledoit_wolf_bootstrap, ledoit_wolf_hac, ledoit_wolf_prewhitened,
};
pub use low_discrepancy::{MAX_SOBOL_DIMENSIONS, Sobol};
pub use moments::{mean, quantile_type7, sorted, std_dev, variance};
pub use multiple_testing::Family;
pub use p_value::PValue;
pub use pbo::{Dominance, Pbo, pbo_of};
pub use ratios::{
    compound_monthly, is_rounding, max_drawdown_of_returns, profit_factor, sharpe_ratio, win_rate,
};
pub use resampled::{MonteCarloError, ResampledInterval, at_rank, percentile_interval, quantile_ranks};
pub use sharpe_error::{autocorrelations, eta, sharpe_se_hac, sharpe_se_iid};
pub use sharpe_inference::{
    EDGE_SHARPE_ANNUAL, EdgeHypotheses, EdgePrior, FalseDiscoveryPlan, NeverEnough, OneSidedTest,
    PriorRefusal, ReturnShape, RowLength, RowPower, SampleLength, SampleUnit, critical_sharpe,
    min_track_record_llz2025, planned_false_discovery_rate, probabilistic_sharpe,
};
pub use sidak::sidak;
pub use splits::{Combinatorial, Fold, Window, anchored, purged_kfold, rolling};
