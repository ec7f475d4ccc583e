//! `assay list`.

use std::path::PathBuf;

use clap::Args;

use super::{Common, document};
use crate::error::{Result, nearest};
use crate::jobs::{ListOrder, Progress, list_results};
use crate::report::list_text;

/// Arguments of `assay list`.
#[derive(Debug, Args)]
pub(super) struct ResultsArgs {
    /// Folder of results, or one above or below it
    #[arg(default_value = "results")]
    folder: PathBuf,
    /// Order: when (the newest first), name, sharpe or return (the highest first)
    #[arg(long, value_name = "BY", default_value = "when", value_parser = order)]
    sort: ListOrder,
    #[command(flatten)]
    common: Common,
}

fn order(name: &str) -> std::result::Result<ListOrder, String> {
    ListOrder::ALL.iter().copied().find(|o| o.name() == name).ok_or_else(|| {
        let names: Vec<&str> = ListOrder::ALL.iter().map(|o| o.name()).collect();
        let near = nearest(name, names.iter().copied()).map(|n| format!("; did you mean {n}?"));
        format!("it is one of {}{}", names.join(", "), near.unwrap_or_default())
    })
}

impl ResultsArgs {
    pub(super) fn run(self) -> Result<u8> {
        let common = self.common.clone();
        common.on_threads(|| {
            let list = list_results(&self.folder, self.sort, &Progress::silent())?;
            self.common.show(|| document(&list), || Ok(list_text(&list)))?;
            Ok(0)
        })
    }
}
