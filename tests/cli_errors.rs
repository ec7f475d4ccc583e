//! cli_errors.
