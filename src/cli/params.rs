//! `assay params`.

use clap::Args;
use serde_json::json;

use super::{Common, Format, print};
use crate::error::{Error, Place, Result};
use crate::report::text::wrap;
use crate::system::{About, Registry};

/// Arguments of `assay params`.
#[derive(Debug, Args)]
pub(super) struct ParamsArgs {
    /// Which system; without one, the systems there are
    system: Option<String>,
    #[command(flatten)]
    common: Common,
}

impl ParamsArgs {
    pub(super) fn run(self, registry: &Registry) -> Result<u8> {
        let Some(name) = &self.system else { return self.list(registry) };
        let system = registry.find(name).map_err(|(problem, hint)| {
            Error::usage(Place::given("system", format_args!("{name:?}")), problem).hint(hint)
        })?;
        let specs = system.specs();
        match self.common.format {
            Format::Json => {
                let rows: Vec<_> = specs
                    .iter()
                    .map(|s| {
                        json!({
                            "name": s.name,
                            "default": s.default.to_string(),
                            "accepts": s.accepts,
                            "meaning": s.meaning,
                        })
                    })
                    .collect();
                print(&format!("{:#}\n", json!(rows)))?;
            }
            Format::Text => {
                let mut text = String::new();
                for s in &specs {
                    text.push_str(&format!("{} = {}\n", s.name, s.default));
                    for line in wrap(&format!("{} Accepts {}.", s.meaning, s.accepts), 92) {
                        text.push_str(&format!("    {line}\n"));
                    }
                }
                print(&text)?;
            }
        }
        Ok(0)
    }

    /// The systems there are.
    fn list(&self, registry: &Registry) -> Result<u8> {
        let abouts = || registry.systems().iter().map(|s| s.about());
        let document = || {
            let row = |a: &About| json!({ "name": a.name, "version": a.version, "title": a.title });
            Ok(json!(abouts().map(row).collect::<Vec<_>>()))
        };
        let text = || {
            let line = |a: &About| format!("{:<12} {} (version {})\n", a.name, a.title, a.version);
            Ok(abouts().map(line).collect::<String>() + "\n`assay params SYSTEM` prints its parameters.\n")
        };
        self.common.show(document, text)?;
        Ok(0)
    }
}
