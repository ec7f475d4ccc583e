//! `assay params`.

use clap::{Args, ValueEnum};
use serde_json::json;

use super::{Common, Format, print};
use crate::error::Result;
use crate::report::text::wrap;
use crate::systems::unified::Params;

/// Arguments of `assay params`.
#[derive(Debug, Args)]
pub(super) struct ParamsArgs {
    /// Which system
    #[arg(value_enum, default_value_t = System::Unified)]
    system: System,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum System {
    /// The unified framework
    Unified,
}

impl ParamsArgs {
    pub(super) fn run(self) -> Result<u8> {
        let System::Unified = self.system;
        let specs = Params::specs();
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
}
