//! `assay params`.

use clap::Args;

use super::{Common, OutputFormat, document, print};
use crate::error::Result;
use crate::jobs::{SystemRow, labellers, parameters, systems};
use crate::report::text::wrap;
use crate::system::Registry;

/// Arguments of `assay params`.
#[derive(Debug, Args)]
pub(super) struct ParamsArgs {
    /// Which system, or which labels of [regimes]; without one, those there are
    #[arg(value_name = "NAME")]
    system: Option<String>,
    #[command(flatten)]
    common: Common,
}

impl ParamsArgs {
    pub(super) fn run(self, registry: &Registry) -> Result<u8> {
        let Some(name) = &self.system else { return self.list(registry) };
        let rows = parameters(registry, name)?;
        if self.common.format == OutputFormat::Json {
            print(&format!("{:#}\n", document(&rows)?))?;
            return Ok(0);
        }
        let mut text = String::new();
        for s in &rows {
            text.push_str(&format!("{} = {}\n", s.name, s.default));
            for line in wrap(&format!("{} Accepts {}.", s.meaning, s.accepts), 92) {
                text.push_str(&format!("    {line}\n"));
            }
        }
        print(&text)?;
        Ok(0)
    }

    /// The systems there are.
    fn list(&self, registry: &Registry) -> Result<u8> {
        let rows = systems(registry);
        let text = || {
            let line = |a: &SystemRow| format!("{:<12} {} (version {})\n", a.name, a.title, a.version);
            let labels = labellers().join(", ");
            let end = format!(
                "\nlabels of regimes ([regimes] by): {labels}\n\n`assay params NAME` prints the parameters of any of these.\n"
            );
            Ok(rows.iter().map(line).collect::<String>() + &end)
        };
        self.common.show(|| document(&rows), text)?;
        Ok(0)
    }
}
