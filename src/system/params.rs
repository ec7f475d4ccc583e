//! Parameters of whatever system: the typed ones behind a pointer.

use std::any::Any;
use std::fmt;

use toml::Value;

use crate::params::Parameters;

/// Typed parameters without their type.
trait AnyParams: Any + fmt::Debug + Send + Sync {
    fn assign(&mut self, name: &str, value: &Value) -> Result<(), Option<String>>;
    fn written(&self) -> Vec<(&'static str, Value)>;
    fn copied(&self) -> Box<dyn AnyParams>;
    fn same(&self, other: &dyn Any) -> bool;
}

impl<P: Parameters> AnyParams for P {
    fn assign(&mut self, name: &str, value: &Value) -> Result<(), Option<String>> {
        Parameters::assign(self, name, value)
    }

    fn written(&self) -> Vec<(&'static str, Value)> {
        Parameters::written(self)
    }

    fn copied(&self) -> Box<dyn AnyParams> {
        Box::new(self.clone())
    }

    fn same(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<P>() == Some(self)
    }
}

/// The parameters of a system, whatever their type.
pub struct ParamSet(Box<dyn AnyParams>);

impl ParamSet {
    /// Of typed parameters.
    pub fn of<P: Parameters>(params: P) -> Self {
        Self(Box::new(params))
    }

    /// The typed parameters; none where they are of another system.
    pub fn get<P: Parameters>(&self) -> Option<&P> {
        (&*self.0 as &dyn Any).downcast_ref()
    }

    /// The typed parameters of a system that made them.
    pub(super) fn typed<P: Parameters>(&self) -> &P {
        let Some(params) = self.get() else { panic!("Invariant: {self:?} are parameters of this system") };
        params
    }

    /// Sets one by name. The error is the rule and the value found, or `None` for an unknown name.
    ///
    /// # Errors
    /// There is no such parameter, or the value is not one of it.
    pub fn set(&mut self, name: &str, value: &Value) -> Result<(), Option<String>> {
        self.0.assign(name, value)
    }

    /// All of them with their values, in the order of the table.
    pub fn values(&self) -> Vec<(&'static str, Value)> {
        self.0.written()
    }

    /// The value of one.
    pub fn value(&self, name: &str) -> Option<Value> {
        self.values().into_iter().find(|(n, _)| *n == name).map(|(_, v)| v)
    }
}

impl Clone for ParamSet {
    fn clone(&self) -> Self {
        Self(self.0.copied())
    }
}

impl PartialEq for ParamSet {
    fn eq(&self, other: &Self) -> bool {
        self.0.same(&*other.0)
    }
}

impl fmt::Debug for ParamSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
