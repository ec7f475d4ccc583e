//! The `assay` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(assay::cli::run(std::env::args_os()))
}
