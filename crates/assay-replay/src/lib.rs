//! The loop: bars and a trader in, trades and an equity curve out; the account, and the limits above it.

use assay_base::{choices, error, random};
use assay_market::{execution, market};

pub mod replay;
pub mod risk;
