//! The systems there are. Which come with the program stands in `systems/mod.rs`.

use super::about::About;
use super::erased::SystemRef;
use super::interface::System;
use crate::error::{Error, Place, Result, nearest};
use crate::features::{FAMILIES, Feature, FeatureFamily, FeatureSpec};
use crate::regime::Labeller;

/// The systems of a program: those that come with it, and a user's own.
#[derive(Debug, Clone)]
pub struct Registry {
    systems: Vec<SystemRef>,
}

impl Registry {
    /// Of these systems. The first that labels regimes lends its labels to those that do not.
    pub fn of(systems: Vec<SystemRef>) -> Self {
        Self { systems }
    }

    /// The same and one more.
    #[must_use]
    pub fn with<S: System>(mut self, system: &'static S) -> Self {
        self.systems.push(SystemRef::of(system));
        self
    }

    /// All of them, in the order they were added.
    pub fn systems(&self) -> &[SystemRef] {
        &self.systems
    }

    /// Refuses a registry whose systems contradict themselves or each other.
    ///
    /// # Errors
    /// Two systems or features have one name, a name is not one a file can hold, or a declaration names a
    /// parameter that is not there.
    pub fn check(&self) -> Result<()> {
        for (k, system) in self.systems.iter().enumerate() {
            let about = system.about();
            let place = Place::given("system", format_args!("{:?}", about.name));
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if about.name.is_empty() || !about.name.chars().all(plain) {
                return Err(Error::usage(place, "is no name of a system")
                    .hint("use lower-case letters, digits and hyphens"));
            }
            if self.systems[..k].iter().any(|s| s.name() == about.name) {
                return Err(Error::usage(place, "two systems of the registry have this name")
                    .hint("give yours another name in its About"));
            }
            let own: Vec<&str> = system.features().iter().flat_map(|f| f.features).map(|f| f.name).collect();
            let others = FAMILIES.iter().chain(self.systems[..k].iter().flat_map(|s| s.features()));
            let taken: Vec<&str> = others.flat_map(|f| f.features).map(|f| f.name).collect();
            let twice = |j: usize| taken.contains(&own[j]) || own[..j].contains(&own[j]);
            if let Some(j) = (0..own.len()).find(|j| twice(*j)) {
                let problem = format!("declares a feature {:?}, and there is one of that name", own[j]);
                return Err(Error::usage(place, problem).hint("begin its name with that of the system"));
            }
            if let Some(i) = about.inputs.iter().find(|i| !about.column_params.contains(&i.parameter)) {
                let problem =
                    format!("reads an input by {:?}, which column_params does not name", i.parameter);
                return Err(Error::usage(place, problem)
                    .hint("add it to About::column_params, so that another file is read anew"));
            }
            labelled(about).map_err(|(problem, hint)| Error::usage(place.clone(), problem).hint(hint))?;
            let specs = system.specs();
            let inputs = about.inputs.iter().map(|i| i.parameter);
            for name in about.column_params.iter().copied().chain(inputs) {
                if !specs.iter().any(|s| s.name == name) {
                    let near = nearest(name, specs.iter().map(|s| s.name));
                    let hint = near.map_or_else(
                        || "name a parameter of its params! table".to_owned(),
                        |n| format!("did you mean {n:?}?"),
                    );
                    return Err(Error::usage(
                        place,
                        format!("its About names a parameter {name:?} that it does not have"),
                    )
                    .hint(hint));
                }
            }
        }
        Ok(())
    }

    /// The system of this name.
    pub fn get(&self, name: &str) -> Option<SystemRef> {
        self.systems.iter().copied().find(|s| s.name() == name)
    }

    /// The system of this name, or what is wrong and the remedy: the nearest name, and all of them.
    ///
    /// # Errors
    /// There is none.
    pub fn find(&self, name: &str) -> std::result::Result<SystemRef, (String, String)> {
        self.get(name).ok_or_else(|| {
            let names: Vec<&str> = self.systems.iter().map(|s| s.name()).collect();
            let all = format!("systems are {}", names.join(", "));
            let near = nearest(name, names.iter().copied());
            let hint = near.map_or_else(|| all.clone(), |n| format!("did you mean {n:?}? {all}"));
            (format!("there is no system named {name:?}"), hint)
        })
    }

    /// Who labels the bars of a system that does not label them itself.
    pub fn labeller(&self) -> Option<SystemRef> {
        self.systems.iter().copied().find(|s| s.about().regimes.is_some())
    }

    /// Families of features: the program's, then those that systems declare.
    pub fn families(&self) -> impl Iterator<Item = &'static FeatureFamily> + Clone {
        FAMILIES.iter().chain(self.systems.iter().flat_map(|s| s.features()))
    }

    /// Every feature of these families.
    pub fn features(&self) -> impl Iterator<Item = &'static Feature> + Clone {
        self.families().flat_map(|f| f.features)
    }

    /// The feature that a text such as `ema:20@4h` names.
    ///
    /// # Errors
    /// There is none of that name, or a parameter is out of range.
    pub fn feature(&self, text: &str) -> Result<FeatureSpec> {
        FeatureSpec::among(self.features(), text)
    }
}

/// What is wrong with the regimes and exits of a system, and the remedy.
fn labelled(about: &About) -> std::result::Result<(), (String, &'static str)> {
    if let Some(regimes) = about.regimes {
        let hint = "name and colour each regime of About::regimes once";
        regimes.check().map_err(|e| (format!("its regimes: {e}"), hint))?;
        if Labeller::NAMES.contains(&about.name) || ["system", "file"].contains(&about.name) {
            let problem = "labels regimes, and regimes.by means something else by its name".to_owned();
            return Err((problem, "give it another name in its About"));
        }
    }
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    for (k, exit) in about.exits.iter().enumerate() {
        let name = exit.name();
        if name.is_empty() || !name.chars().all(plain) {
            let problem = format!("closes positions for a reason named {name:?}");
            return Err((problem, "use lower-case letters, digits and underscores"));
        }
        if exit.is_of_the_loop() {
            let problem = format!("lists the exit {name:?}, which the loop does by itself");
            return Err((problem, "leave it out of About::exits, or give the reason another name"));
        }
        if about.exits[..k].contains(exit) {
            return Err((format!("lists the exit {name:?} twice"), "list each reason once"));
        }
    }
    Ok(())
}
