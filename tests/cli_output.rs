//! cli_output.
