//! The whole command line of Assay, with one system more.

use std::process::ExitCode;

use assay::system::Registry;

fn main() -> ExitCode {
    assay::cli::run_with(&Registry::built_in().with(&foreign_system::ROTATION), std::env::args_os()).into()
}
