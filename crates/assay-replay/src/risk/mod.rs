//! Rules above a system: staged exposure, rolling alerts, emergency stop and rollback. A rule reads what has happened
//! up to a close and acts at the next open; every act is an [`Event`].

mod alerts;
mod config;
mod event;
mod limits;
mod stages;

pub use alerts::{AlertBounds, Monitor};
pub use config::{Risk, RollbackTo, Staging};
pub use event::Event;
pub use limits::{CooldownScope, FlashAction, LimitAction, Limits};
pub use stages::{STAGE_FULL, Stages, Standing};
