//! `assay data`: one file a command.

mod check;
mod resample;
mod source;
mod synth;

use clap::Subcommand;

use crate::error::Result;

/// Commands of `assay data`.
#[derive(Debug, Subcommand)]
pub(super) enum DataCommand {
    /// Say what is wrong with files of bars, or worth knowing
    Check(check::CheckArgs),
    /// Make longer bars out of shorter ones
    Resample(resample::ResampleArgs),
    /// Make a labelled synthetic history from a preset
    Synth(synth::SynthArgs),
}

impl DataCommand {
    pub(super) fn run(self) -> Result<u8> {
        match self {
            Self::Check(args) => args.run(),
            Self::Resample(args) => args.run(),
            Self::Synth(args) => args.run(),
        }
    }
}
