//! The ground floor of Assay: its error, its random numbers, and the macros that make names and parameters
//! data.

pub mod error;
pub mod params;
mod place;
pub mod random;

pub use error::{Error, ErrorKind, Place, Result};

#[doc(hidden)]
pub use {serde, toml};
