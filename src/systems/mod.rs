//! Trading systems, a folder each, and the list of them. No system knows another.

pub mod ma_cross;
pub mod signals;
pub mod unified;

use crate::system::{Registry, SystemRef};

impl Registry {
    /// The systems that come with the program.
    pub fn built_in() -> Self {
        Self::of(vec![
            SystemRef::built_in(&unified::UNIFIED),
            SystemRef::built_in(&ma_cross::MA_CROSS),
            SystemRef::built_in(&signals::SIGNALS),
        ])
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::built_in()
    }
}
