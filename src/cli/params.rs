//! `assay params`.

use clap::Args;
use serde_json::json;

use super::{Common, Format, print};
use crate::error::Result;
use crate::report::text::wrap;
use crate::scenario::SystemName;

/// Arguments of `assay params`.
#[derive(Debug, Args)]
pub(super) struct ParamsArgs {
    /// Which system
    #[arg(value_parser = ["unified", "ma-cross", "signals"], default_value = "unified")]
    system: String,
    #[command(flatten)]
    common: Common,
}

impl ParamsArgs {
    pub(super) fn run(self) -> Result<u8> {
        let system = SystemName::ALL.iter().find(|s| s.name() == self.system);
        let specs = system.copied().unwrap_or(SystemName::Unified).specs();
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
