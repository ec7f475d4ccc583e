//! The presets that come with the program.

/// A preset that can be named instead of a file.
#[derive(Debug, Clone, Copy)]
pub struct Shipped {
    /// Its name.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

impl Shipped {
    /// What it is: the first line of its text.
    pub fn about(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches(['#', ' '])
    }
}

/// The shipped presets of these names.
macro_rules! shipped {
    ($($name:literal),+ $(,)?) => {
        &[$(Shipped { name: $name, text: include_str!(concat!("../../../../datasets/presets/", $name, ".toml")) }),+]
    };
}

/// All of them, the simplest first.
pub fn shipped() -> &'static [Shipped] {
    shipped!["gbm", "merton", "garch", "gjr", "heston", "regimes", "flash-crash", "gap", "dead", "basket"]
}

/// The one of `name`.
pub(super) fn find(name: &str) -> Option<&'static Shipped> {
    shipped().iter().find(|s| s.name == name)
}
