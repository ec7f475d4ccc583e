//! One row a trial: what the best of many must be judged by, in a file beside the ledger.

use std::path::{Path, PathBuf};

use crate::data::sha256_hex;
use crate::data::table::{self, Column, Table, TextColumn};
use crate::error::Result;
use crate::stats::{CalendarBlock, Moments4, TrialBlocks};

/// Folder of the rows, beside the ledger.
pub const ROWS: &str = "ledger-trials";

/// One setting, evaluated on one span of bars.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialRow {
    /// What makes it the same trial: its settings, bars, span and costs.
    pub trial_key: String,
    /// Identity of its daily returns, each rounded to 1e-12: equal returns are the same trial, whatever its settings.
    pub returns_id: String,
    /// Whether the setting was chosen after results of the same work had been seen.
    pub adaptive: bool,
    /// First day with a return, days since 1970-01-01, UTC.
    pub first_day: i32,
    /// The last.
    pub last_day: i32,
    /// Moments of its daily returns, net of costs; their number is that of days.
    pub moments: Moments4,
    /// Days with a return other than zero.
    pub active_days: u32,
    /// Its calendar blocks; none where it cannot be measured: fewer than 30 days, or returns that do not vary.
    pub blocks: Option<TrialBlocks>,
}

impl TrialRow {
    /// The row of daily `returns` on `days`, days since 1970-01-01.
    pub fn of(trial_key: String, adaptive: bool, returns: &[f64], days: &[i32]) -> Self {
        Self {
            trial_key,
            returns_id: returns_id(returns, days),
            adaptive,
            first_day: days.first().copied().unwrap_or(0),
            last_day: days.last().copied().unwrap_or(-1),
            moments: Moments4::of(returns),
            active_days: returns.iter().filter(|r| **r != 0.0).count() as u32,
            blocks: TrialBlocks::of(returns, days),
        }
    }

    /// Whether it has a day from `first` to `last`.
    pub fn shares_a_day(&self, (first, last): (i32, i32)) -> bool {
        self.first_day <= last && first <= self.last_day
    }
}

/// The calendar block of so many days.
fn calendar_block(days: u8) -> Option<CalendarBlock> {
    [CalendarBlock::Day, CalendarBlock::Week].into_iter().find(|b| b.days() == i32::from(days))
}

/// Identity of returns: SHA-256 of the first day and of each return, rounded to 1e-12, as a whole number of these.
fn returns_id(returns: &[f64], days: &[i32]) -> String {
    let mut bytes = Vec::with_capacity(8 * returns.len() + 4);
    // The same returns on other days are another trial.
    bytes.extend(days.first().copied().unwrap_or(0).to_le_bytes());
    // What is too large for it is none of an account's returns, and saturates.
    returns.iter().for_each(|r| bytes.extend(((r * 1e12).round() as i64).to_le_bytes()));
    sha256_hex(&bytes)[..32].to_owned()
}

/// Path of the rows of line `line` of the ledger in `folder`.
pub(super) fn rows_path(folder: &Path, line: u64) -> PathBuf {
    folder.join(ROWS).join(format!("trials-{line}.parquet"))
}

/// The file of rows.
pub(super) fn to_bytes(path: &Path, rows: &[TrialRow]) -> Result<Vec<u8>> {
    let texts = |of: fn(&TrialRow) -> &str| Column::Str(TextColumn::collect(rows.iter().map(of)));
    let whole = |of: fn(&TrialRow) -> i64| Column::I64(rows.iter().map(of).collect());
    let numbers = |of: fn(&TrialRow) -> f64| Column::F64(rows.iter().map(of).collect());
    let blocks = rows.iter().map(|r| r.blocks.as_ref());
    let table = Table::new()
        .with("trial_key", texts(|r| &r.trial_key))
        .with("returns_id", texts(|r| &r.returns_id))
        .with("adaptive", Column::Bool(rows.iter().map(|r| r.adaptive).collect()))
        .with("days", whole(|r| r.moments.n as i64))
        .with("first_day", whole(|r| r.first_day.into()))
        .with("last_day", whole(|r| r.last_day.into()))
        .with("sharpe", numbers(|r| r.moments.sharpe()))
        .with("skew", numbers(|r| r.moments.skew))
        .with("kurtosis", numbers(|r| r.moments.kurtosis))
        .with("rho1", numbers(|r| r.moments.rho1))
        .with("mean", numbers(|r| r.moments.mean))
        .with("sd", numbers(|r| r.moments.sd))
        .with("active_days", whole(|r| r.active_days.into()))
        .with("block", Column::U8(blocks.clone().map(|b| b.map_or(0, |b| b.block().days() as u8)).collect()))
        .with("first_block", Column::I64(blocks.clone().map(|b| b.map_or(0, |b| b.first().into())).collect()))
        .with("blocks", Column::I16Lists(blocks.map(|b| b.map_or(vec![], |b| b.y().to_vec())).collect()));
    table::bytes(path, &table, &[])
}

/// Reads rows.
pub(super) fn read(path: &Path) -> Result<Vec<TrialRow>> {
    let t = table::read(path)?;
    let (key, id, adaptive) = (t.labels("trial_key")?, t.labels("returns_id")?, t.bool("adaptive")?);
    let (days, first, last) = (t.i64("days")?, t.i64("first_day")?, t.i64("last_day")?);
    let (mean, sd, skew) = (t.f64("mean")?, t.f64("sd")?, t.f64("skew")?);
    let (kurtosis, rho1, active) = (t.f64("kurtosis")?, t.f64("rho1")?, t.i64("active_days")?);
    let (block, begin, blocks) = (t.u8("block")?, t.i64("first_block")?, t.lists("blocks")?);
    let row = |k: usize| TrialRow {
        trial_key: key.get(k).unwrap_or_default().to_owned(),
        returns_id: id.get(k).unwrap_or_default().to_owned(),
        adaptive: adaptive[k],
        first_day: first[k] as i32,
        last_day: last[k] as i32,
        moments: Moments4 {
            n: days[k] as usize,
            mean: mean[k],
            sd: sd[k],
            skew: skew[k],
            kurtosis: kurtosis[k],
            rho1: rho1[k],
        },
        active_days: active[k] as u32,
        blocks: calendar_block(block[k])
            .and_then(|block| TrialBlocks::stored(block, begin[k] as i32, blocks[k].clone())),
    };
    Ok((0..t.rows()).map(row).collect())
}
