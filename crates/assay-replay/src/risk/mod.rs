//! Rules above a system, and the `[risk]` section that sets them. A rule reads what has happened up to a
//! close and acts at the next open; every act is an [`Event`].

mod config;
mod event;
mod limits;

pub use config::{AlertBounds, Risk, Staging};
pub use event::Event;
pub use limits::{CooldownScope, FlashAction, LimitAction, Limits};
