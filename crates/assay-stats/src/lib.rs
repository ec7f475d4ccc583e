//! Pure statistics, and other histories drawn by them. Nothing here knows of bars, trades or regimes.

use assay_base::random;

pub mod paths;
pub mod stats;
