//! A list of results as text.

use std::path::{Path, PathBuf};

use super::text::{count, number, paragraph, percent, render};
use super::{TextTable, day};
use crate::experiments::{ListedResult, ResultKind, ResultList};
use crate::market::format_time;

/// The list for a terminal: a table for each folder that holds results, in the order of the first of them.
pub fn list_text(list: &ResultList) -> String {
    let above = |r: &ListedResult| r.folder.parent().map_or_else(PathBuf::new, Path::to_owned);
    let mut folders: Vec<PathBuf> = vec![];
    for folder in list.results.iter().map(above) {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    let mut out = String::new();
    for folder in folders {
        // What is aligned right is not cut: names are given to other commands. Where there is no room for all columns,
        // the last ones follow below.
        let heads = [
            ">run", "kind", ">Sharpe", ">return", "verdict", ">of", "data", ">from", ">to", ">made", "system",
        ];
        let mut table = TextTable::new(&heads).caption(folder.display().to_string());
        list.results.iter().filter(|r| above(r) == folder).for_each(|r| table.row(cells(r)));
        out.push_str(&render(&table));
        out.push('\n');
    }
    for b in &list.broken {
        out.push_str(&paragraph(&format!("{}: {}", b.folder.display(), b.problem)));
    }
    if !list.broken.is_empty() {
        out.push('\n');
    }
    let (n, broken) = (list.results.len() as u64, list.broken.len() as u64);
    let not_read =
        if broken > 0 { format!(", {} that cannot be listed", count(broken)) } else { String::new() };
    out.push_str(&paragraph(&format!("{} results under {}{not_read}", count(n), list.folder.display())));
    if list.results.iter().any(|r| r.synthetic) {
        out.push_str(&paragraph("* a synthetic history: no evidence about any market"));
    }
    if list.results.iter().any(|r| r.kind != ResultKind::Backtest) {
        out.push_str(&paragraph(
            "Sharpe and return are those of the run, of a sweep's best candidate, of all windows together, and the \
             median of paths",
        ));
    }
    out
}

fn cells(r: &ListedResult) -> [String; 11] {
    let name = r.folder.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let what = match r.kind {
        ResultKind::Backtest => "trades",
        ResultKind::Sweep => "candidates",
        ResultKind::WalkForward => "windows",
        ResultKind::MonteCarlo => "paths",
    };
    let known = |ms: Option<i64>| ms.map_or_else(String::new, day);
    [
        name,
        r.kind.name().to_owned(),
        r.sharpe.map_or_else(|| "--".to_owned(), |v| number(v, 2)),
        r.total_return.map_or_else(|| "--".to_owned(), percent),
        r.verdict.clone().unwrap_or_default(),
        format!("{} {what}", count(r.count)),
        format!("{}{}", r.title, if r.synthetic { "*" } else { "" }),
        known(r.from_ms),
        known(r.to_ms),
        r.made_ms.map_or_else(String::new, |ms| format_time(ms).chars().take(16).collect()),
        r.system.clone(),
    ]
}
