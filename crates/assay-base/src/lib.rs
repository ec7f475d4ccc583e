//! The ground floor of Assay: its error, its random numbers, the handle on work that goes on, and the macros
//! that make names and parameters data.

pub mod error;
pub mod params;
mod place;
pub mod progress;
pub mod random;
mod violation;

pub use error::{Error, ErrorKind, Place, Result, Violation};

#[doc(hidden)]
pub use {serde, toml};
