//! `assay data`: one file a command.

mod check;
mod import;
mod list;
mod pull;
mod resample;
mod source;
mod synth;

use clap::Subcommand;

use crate::error::Result;

/// Commands of `assay data`.
#[derive(Debug, Subcommand)]
pub(super) enum DataCommand {
    /// Make one checked file of bars out of files of any common format
    Import(import::ImportArgs),
    /// Say what is wrong with files of bars, or worth knowing
    Check(check::CheckArgs),
    /// Make longer bars out of shorter ones
    Resample(resample::ResampleArgs),
    /// Make a labelled synthetic history from a preset
    Synth(synth::SynthArgs),
    /// Fetch a history from a public archive, verified, and import it
    Pull(pull::PullArgs),
    /// Show the sources there are and the data that is here
    List(list::ListArgs),
}

impl DataCommand {
    pub(super) fn run(self) -> Result<u8> {
        match self {
            Self::Import(args) => args.run(),
            Self::Check(args) => args.run(),
            Self::Resample(args) => args.run(),
            Self::Synth(args) => args.run(),
            Self::Pull(args) => args.run(),
            Self::List(args) => args.run(),
        }
    }
}
