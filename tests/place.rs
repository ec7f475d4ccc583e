//! A folder to go wrong in, and what the program says then.

use std::path::PathBuf;

use assert_cmd::Command;
use tempfile::TempDir;

use crate::common::assay;

/// A folder with a scenario whose bars are `bars.csv`, and room for results.
pub struct Place {
    /// The folder.
    pub dir: TempDir,
}

impl Place {
    pub fn new() -> Self {
        let place = Self { dir: tempfile::tempdir().unwrap() };
        place.write("s.toml", "name = \"t\"\nsystem = \"unified\"\n\n[data]\nbars = [\"bars.csv\"]\n");
        place.write("bars.csv", &csv(&rows(300)));
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// The scenario with `tail` after its five lines.
    pub fn scenario(&self, tail: &str) {
        let text = std::fs::read_to_string(self.path("s.toml")).unwrap();
        self.write("s.toml", &format!("{text}{tail}"));
    }

    pub fn backtest(&self) -> Command {
        let mut command = assay();
        command.arg("backtest").arg(self.path("s.toml")).arg("--out").arg(self.path("out"));
        command
    }

    /// Runs `command`, which must refuse: exit code 2, nothing on standard output, no result. Returns the message with
    /// this folder's path left out.
    pub fn refusal(&self, command: &mut Command) -> String {
        let output = command.assert().code(2).get_output().clone();
        assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
        for entry in std::fs::read_dir(self.path("out")).into_iter().flatten().flatten() {
            let left: Vec<_> = std::fs::read_dir(entry.path()).unwrap().flatten().collect();
            assert!(left.is_empty(), "{left:?} was left behind");
        }
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(!message.contains("panicked"), "{message}");
        message.replace(&format!("{}/", self.dir.path().display()), "")
    }
}

/// Hourly bars of a gentle wave, one line each.
pub fn rows(n: usize) -> Vec<String> {
    let stamp = |i: usize| format!("2021-01-{:02} {:02}:00:00", 1 + i / 24, i % 24);
    (0..n)
        .map(|i| {
            let price = 100.0 + ((i % 20) as f64 - 10.0).abs();
            format!("{},{price},{},{},{price},{}", stamp(i), price + 1.0, price - 1.0, 10 + i % 7)
        })
        .collect()
}

pub fn csv(rows: &[String]) -> String {
    format!("time,open,high,low,close,volume\n{}\n", rows.join("\n"))
}

pub fn refused(prepare: impl FnOnce(&Place)) -> String {
    let place = Place::new();
    prepare(&place);
    place.refusal(&mut place.backtest())
}
