//! Values of a system's own types, without their types.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use super::interface::Logged;
use crate::risk::Event;

trait Value: Any + fmt::Debug + Send + Sync {}

impl<T: Any + fmt::Debug + Send + Sync> Value for T {}

/// A value of a system's own type.
#[derive(Clone)]
pub struct Opaque(Arc<dyn Value>);

impl Opaque {
    pub(super) fn of<T: fmt::Debug + Send + Sync + 'static>(value: T) -> Self {
        Self(Arc::new(value))
    }

    pub(super) fn typed<T: 'static>(&self) -> &T {
        let Some(value) = (&*self.0 as &dyn Any).downcast_ref() else {
            panic!(
                "Invariant: a value of {} goes back to the system that made it",
                std::any::type_name::<T>()
            )
        };
        value
    }
}

impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What the traders of a replay left behind.
#[derive(Debug, Clone)]
pub struct RunLog {
    /// Acts of rules inside the system.
    pub events: Vec<Event>,
    own: Opaque,
}

impl RunLog {
    /// What only the system knows the meaning of; none where it is of another type.
    pub fn get<L: 'static>(&self) -> Option<&L> {
        (&*self.own.0 as &dyn Any).downcast_ref()
    }
}

impl RunLog {
    /// The system's own part, for the system that made it.
    pub(super) fn typed<L: 'static>(&self) -> &L {
        self.own.typed()
    }

    pub(super) fn of<L: fmt::Debug + Send + Sync + 'static>(logged: Logged<L>) -> Self {
        let Logged { events, log } = logged;
        Self { events, own: Opaque::of(log) }
    }
}
