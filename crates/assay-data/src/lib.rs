//! Market history in files: reading it with every fault named, writing it, and the table format of results.
//!
//! [`load`] reads a CSV or Parquet file of bars, decides the format by content and checks every row. Nothing is sorted,
//! filled or repaired on the way: a file that is not a history of bars is refused with the row that shows it.

use assay_base::{choices, error, random};
use assay_market::{execution, market, regime};
use assay_stats::paths;
#[cfg(test)]
use assay_stats::stats;

pub mod check;
mod columnar;
mod columns;
mod content;
mod event_file;
mod file;
mod identity;
pub mod import;
mod instant;
pub mod inventory;
mod labels;
mod load;
mod metadata;
mod names;
mod orders;
mod parquet_file;
mod parquet_in;
mod parquet_out;
pub mod pull;
mod quality;
mod resample;
mod row_symbols;
mod rows;
pub mod synth;
pub mod table;
mod text;
mod timed;
mod two_levels;
mod week;
pub(crate) mod words;

#[cfg(test)]
mod tests;

pub use content::Content;
pub use event_file::{EventFile, load_events};
pub use file::{sha256_hex, write_atomic};
pub use instant::DateOrder;
pub use labels::{LabelColumns, LabelFile, load_labels};
pub use load::{FundingFile, LoadRequest, Loaded, LowerTimeframe, TimeConvention, load};
pub use metadata::FileMetadata;
pub use orders::{
    Amount, OrderFile, OrderRequest, OrderRow, Placed, holds_orders, load_orders, wrong_side, wrong_start,
};
pub use parquet_out::write_parquet;
pub use quality::{Gap, Quality};
pub use resample::{resample, resampled_lines, write_resampled};
pub use rows::{At, Places, Rows};
pub use table::TableWriter;
pub use text::NumberStyle;
pub use timed::{Timed, load_funding, load_positions};
