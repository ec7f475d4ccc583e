//! A line of the ledger, and what it counts.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{HistorySketch, TrialRow};
use crate::data::sha256_hex;
use crate::error::Result;
use crate::runs::compact;

/// What was tried by one unit of work, or what else a ledger keeps: a question to the gate, a seal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Trials {
    /// Command: `backtest`, `sweep`, `montecarlo`, `walkforward`, `holdout`; or what counts nothing: `ask`, of
    /// a verdict that was asked for; `lock`, of days that are locked away; `seal` and `opened`, of such days that are
    /// judged on; `plan`, of what was announced; `swept`, of what a sweep that is done chose.
    pub kind: String,
    /// Scenario.
    pub scenario: String,
    /// System.
    pub system: String,
    /// The family it is counted with; of older lines that of the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// What makes the work the same work: the same key is counted once.
    pub key: String,
    /// Identities of the bars; of older lines hashes of their files.
    pub data: Vec<String>,
    /// Open of the first bar that was judged, milliseconds UTC.
    pub from_ms: i64,
    /// Close of the last bar.
    pub to_ms: i64,
    /// Settings evaluated.
    pub count: u64,
    /// Of these, settings whose returns correlate with those of one that is stored by .999 and more.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub absorbed: u64,
    /// Of these, settings that are not stored because they have no value: too few days, or returns that do not vary.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub not_measured: u64,
    /// Of these, settings that are only counted; of older lines all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<u64>,
    /// What else is kept: digests of a seal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Value>,
    /// The settings that are stored, one row each: they stand in a file of their own.
    #[serde(skip)]
    pub rows: Vec<TrialRow>,
    /// What the histories of its data are known by in another form; those that no line before holds stand in a file of
    /// their own.
    #[serde(skip)]
    pub sketches: Vec<HistorySketch>,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

impl Trials {
    /// The family it is counted with.
    pub fn family(&self) -> &str {
        self.family.as_deref().unwrap_or(&self.system)
    }

    /// Kind and id of the work that it is a part of, as `sweep 0123456789ab`.
    pub fn work(&self) -> String {
        format!("{} {}", self.kind, self.key.split(' ').nth(1).unwrap_or_default())
    }

    /// Settings that are only counted, because nothing is known of their returns.
    pub fn rest(&self) -> u64 {
        self.rest.unwrap_or(self.count)
    }
}

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Number of the line, from 1.
    pub line: u64,
    /// Hash of the line before; empty at the first.
    pub before: String,
    /// What was tried.
    #[serde(flatten)]
    pub trials: Trials,
    /// SHA-256 of the file that holds its rows, where it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_sha256: Option<String>,
    /// SHA-256 of the file that holds its sketches, where it brings any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sketches_sha256: Option<String>,
    /// Identities of the histories that it brings sketches of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sketched: Vec<String>,
    /// SHA-256 of the line without this field.
    pub hash: String,
}

/// What of a line stands in files beside the ledger.
#[derive(Debug, Default)]
pub(super) struct LineFiles {
    pub rows_sha256: Option<String>,
    pub sketches_sha256: Option<String>,
    pub sketched: Vec<String>,
}

impl LedgerEntry {
    pub(super) fn new(line: u64, before: String, trials: Trials, files: LineFiles) -> Result<Self> {
        let LineFiles { rows_sha256, sketches_sha256, sketched } = files;
        let hash = String::new();
        let mut entry = Self { line, before, trials, rows_sha256, sketches_sha256, sketched, hash };
        entry.hash = entry.own_hash()?;
        Ok(entry)
    }

    pub(super) fn own_hash(&self) -> Result<String> {
        let bare = Self { hash: String::new(), ..self.clone() };
        Ok(sha256_hex(compact(&bare)?.as_bytes()))
    }
}
