//! The program from outside: commands, files, messages, and promises that no single room can keep alone.

mod archive;
mod common;
mod place;

mod bar_errors;
mod calendars;
mod causality;
mod cli_errors;
mod cli_output;
mod data_check;
mod data_import;
mod degenerate;
mod determinism;
mod dialects;
mod docs;
mod fills;
mod gate_columns;
mod golden;
mod identity;
mod jobs;
mod names;
mod orders;
mod own_system;
mod parity;
mod prefix;
mod properties;
mod pull;
mod real;
mod regime;
mod regime_schemes;
mod run_errors;
mod soak;
mod sweeps;
mod synth;
mod systems;
mod time;
