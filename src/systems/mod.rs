//! Trading systems, a folder each, and the list of them. No system knows another.

pub mod ma_cross;
pub mod signals;
pub mod unified;

use crate::system::{Registry, SystemRef};

impl Registry {
    /// The systems that come with the program.
    pub fn built_in() -> Self {
        Self::of(vec![
            SystemRef::of(&unified::UNIFIED),
            SystemRef::of(&ma_cross::MA_CROSS),
            SystemRef::of(&signals::SIGNALS),
        ])
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::built_in()
    }
}
