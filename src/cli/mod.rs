//! The command line: one file a command. Arguments become library values here; results go to standard output, progress
//! and errors to standard error.

mod backtest;
mod check;
mod colour;
mod data;
mod features;
mod finding;
mod gate;
mod ledger;
mod list;
mod message;
mod montecarlo;
mod params;
mod plan;
mod progress;
mod regime;
mod report;
mod scenario_args;
mod selftest;
mod sweep;
mod walkforward;

use std::ffi::OsString;
use std::io::{ErrorKind, Write};

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Serialize;
use serde_json::Value;

use crate::data::Loaded;
use crate::error::{Error, Place, Result};
use crate::report::text::{count, fit, width, wrap};
use crate::scenario::Scenario;
use crate::system::Registry;

/// Replays trading systems over historical bars, measures them per market regime, and checks them against documented
/// success criteria.
#[derive(Debug, Parser)]
#[command(name = "assay", version, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  done (with --gate and in `gate`: PASS; in `check`: clean)
  1  the program failed, or the network it needed
  2  the input is wrong: usage, scenario or data
  3  FAIL, 4  INCONCLUSIVE (with --gate and in `gate`); 3 in `check` and
     in `data check --strict`: violation

Start with:
  assay backtest scenarios/unified.toml
  assay backtest scenarios/unified.toml --data BTCUSDT-1h.csv --set params.trail_atr=0.5";

#[derive(Debug, Subcommand)]
enum Command {
    /// Replay a scenario and write its run folder
    Backtest(backtest::BacktestArgs),
    /// Try many settings of a scenario, and say what the best is worth
    Sweep(sweep::SweepArgs),
    /// Draw what else could have happened: other trades, other bars, other circumstances
    Montecarlo(montecarlo::MonteCarloArgs),
    /// Choose on one part of history and judge on the next, window by window
    Walkforward(walkforward::WalkForwardArgs),
    /// Announce a search before it begins, and show what was announced and locked
    #[command(subcommand)]
    Plan(plan::PlanCommand),
    /// Show or verify the ledger of everything that was ever tried
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    /// List the results under a folder: runs, sweeps, walk-forwards, Monte Carlos
    List(list::ResultsArgs),
    /// Judge a run by its success criteria
    Gate(gate::GateArgs),
    /// Measure how often the gate is wrong, on histories made for it
    Selftest(selftest::SelftestArgs),
    /// Draw the charts and the HTML report of a run again
    Report(report::ReportArgs),
    /// Check a system for what no result shows
    #[command(subcommand)]
    Check(check::CheckCommand),
    /// Find out what regime labels are worth
    #[command(subcommand)]
    Regime(regime::RegimeCommand),
    /// Work with bar files
    #[command(subcommand)]
    Data(data::DataCommand),
    /// Write named feature columns of a bar file to Parquet
    Features(features::FeaturesArgs),
    /// Print every parameter of a system with default, range and meaning
    Params(params::ParamsArgs),
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
struct Common {
    /// Threads to use; results are the same for any number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
    /// Print no progress and no summary
    #[arg(long)]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OutputFormat {
    /// Tables for a terminal
    Text,
    /// One JSON document on standard output and nothing else
    Json,
}

/// Runs the command line `args` (the program's name first) and returns the process exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> u8 {
    run_with(&Registry::built_in(), args)
}

/// The same over the systems of `registry`: a crate with a system of its own has the whole command line by
/// `assay::cli::run_with(&Registry::built_in().with(&MINE), std::env::args_os())`.
pub fn run_with(registry: &Registry, args: impl IntoIterator<Item = OsString>) -> u8 {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(e) => {
            // Help and version are answers, anything else is a wrong usage.
            let code = if e.use_stderr() { 2 } else { 0 };
            let _ = e.print();
            return code;
        }
    };
    if let Some((columns, _)) = terminal_size::terminal_size_of(std::io::stdout()) {
        fit(usize::from(columns.0));
    }
    let outcome = registry.check().and_then(|()| match cli.command {
        Command::Backtest(args) => args.run(registry),
        Command::Sweep(args) => args.run(registry),
        Command::Montecarlo(args) => args.run(registry),
        Command::Walkforward(args) => args.run(registry),
        Command::Plan(command) => command.run(registry),
        Command::Ledger(command) => command.run(),
        Command::List(args) => args.run(),
        Command::Gate(args) => args.run(registry),
        Command::Selftest(args) => args.run(),
        Command::Report(args) => args.run(registry),
        Command::Check(command) => command.run(registry),
        Command::Regime(command) => command.run(registry),
        Command::Data(command) => command.run(),
        Command::Features(args) => args.run(registry),
        Command::Params(args) => args.run(registry),
    });
    match outcome {
        Ok(code) => code,
        Err(e) => {
            eprintln_safe(&format!("error: {e}"));
            e.exit_code()
        }
    }
}

/// Writes to standard output. A reader that went away (`| head`) is no failure of ours, and changes no exit code: a
/// verdict stands whoever reads it.
fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => {
            Err(Error::output(Place::text("standard output"), format!("cannot be written ({e})"))
                .caused_by(e)
                .hint("is the disk full?"))
        }
        _ => Ok(()),
    }
}

/// Writes text for people: with colours, where a terminal shows them.
fn print_text(text: &str) -> Result<()> {
    if colour::is_wanted() { print(&colour::verdicts(text)) } else { print(text) }
}

/// Which system over which bars, in two lines; the first `before` bars are not used.
fn heading(scenario: &Scenario, symbol: &str, loaded: &Loaded, before: usize) -> String {
    let (name, variant) = (scenario.system.name(), scenario.variant());
    let system = if name == variant { name.to_owned() } else { format!("{name} {variant}") };
    let synthetic = if loaded.synthetic { " (synthetic)" } else { "" };
    let lines = [
        format!("{}  {system} seed {}", scenario.name, scenario.seed),
        format!(
            "{}{synthetic} {} from {}: {} bars, {} of warm-up",
            symbol,
            loaded.bars.timeframe(),
            loaded.file_name,
            count(loaded.bars.len() as u64),
            count(before as u64),
        ),
    ];
    lines.iter().flat_map(|l| wrap(l, width())).map(|l| l + "\n").collect()
}

/// Writes a line to standard error, where nobody can be told that it failed; for people in the width of their terminal.
fn eprintln_safe(text: &str) {
    let text = message::columns().map_or_else(|| text.to_owned(), |columns| message::fitted(text, columns));
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// A result as the value of a document.
fn document(result: &impl Serialize) -> Result<Value> {
    serde_json::to_value(result)
        .map_err(|e| Error::internal("json", format!("cannot be written ({e})")).caused_by(e))
}

impl Common {
    /// Prints a result as it was asked for: one document, or text unless there is to be none.
    fn show(
        &self,
        document: impl FnOnce() -> Result<Value>,
        text: impl FnOnce() -> Result<String>,
    ) -> Result<()> {
        match self.format {
            OutputFormat::Json => print(&format!("{:#}\n", document()?)),
            OutputFormat::Text if self.quiet => Ok(()),
            OutputFormat::Text => print_text(&text()?),
        }
    }

    /// Runs `work` on the number of threads asked for.
    fn on_threads<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        crate::jobs::on_threads(self.threads, work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
