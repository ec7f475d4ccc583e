//! `assay data`: one file a command.

mod synth;

use clap::Subcommand;

use crate::error::Result;

/// Commands of `assay data`.
#[derive(Debug, Subcommand)]
pub(super) enum DataCommand {
    /// Make a labelled synthetic history from a preset
    Synth(synth::SynthArgs),
}

impl DataCommand {
    pub(super) fn run(self) -> Result<u8> {
        match self {
            Self::Synth(args) => args.run(),
        }
    }
}
