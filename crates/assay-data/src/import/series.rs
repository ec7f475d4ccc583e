//! Files and folders to series: files of one instrument, bar length and kind.

use std::path::{Path, PathBuf};

use super::file_name::{NameKind, named};
use crate::error::{Error, Result};

/// Files that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What they have in common, for a title.
    pub name: String,
    /// The files, by name.
    pub files: Vec<PathBuf>,
    /// Whether they hold rates of funding by their names.
    pub funding: bool,
}

/// Folders of LEAN's that hold no bars.
const ASIDE: [&str; 3] = ["factor_files", "map_files", "market-hours"];

/// Names of files that are no data, wherever they lie.
const OTHERS: [&str; 8] = ["md", "txt.license", "license", "toml", "html", "sha256", "checksum", "py"];

/// Groups `paths` into series, by folder, symbol, bar length and kind as the names of files tell; a folder stands for the files in it and in
/// the folders below it. What is certainly no data (`.md`, `.toml`) is passed over in folders.
///
/// # Errors
/// A path is not there, or a folder holds no file.
pub fn series(paths: &[PathBuf]) -> Result<Vec<Series>> {
    Ok(grouped(files(paths)?))
}

/// `paths`, with the files in a folder for the folder.
pub(super) fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = vec![];
    for path in paths {
        if path.is_dir() {
            let before = files.len();
            walk(path, &mut files)?;
            if files.len() == before {
                return Err(Error::data(path.display(), "a folder without files of bars")
                    .hint("name a folder or files of bars"));
            }
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn grouped(files: Vec<PathBuf>) -> Vec<Series> {
    let mut out: Vec<(String, Series)> = vec![];
    for file in files {
        let (key, name, funding) = group(&file);
        match out.iter_mut().find(|(k, _)| *k == key) {
            Some((_, s)) => s.files.push(file),
            None => out.push((key, Series { name, files: vec![file], funding })),
        }
    }
    for (_, s) in &mut out {
        // A single file is best known by its own name.
        if let [only] = s.files.as_slice() {
            s.name = only.display().to_string();
        }
    }
    out.into_iter().map(|(_, s)| s).collect()
}

fn walk(folder: &Path, out: &mut Vec<PathBuf>) -> Result<()> {
    let failed = |e: std::io::Error| {
        Error::data(folder.display(), format!("cannot be read ({e})"))
            .caused_by(e)
            .hint("check its permissions")
    };
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(failed)?
        .map(|e| e.map(|e| e.path()))
        .collect::<Result<_, _>>()
        .map_err(failed)?;
    entries.sort();
    for path in entries {
        let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
        let extension = name.rsplit_once('.').map_or("", |(_, e)| e);
        // Without an extension it is a list or a licence.
        let other = extension.is_empty() || OTHERS.contains(&extension);
        if name.starts_with('.') || (other && !path.is_dir()) {
            continue;
        }
        match path.is_dir() {
            true if ASIDE.contains(&name.as_str()) => {}
            true => walk(&path, out)?,
            false => out.push(path),
        }
    }
    Ok(())
}

/// What a file is grouped by, a title for its group, and whether it is one of funding.
fn group(path: &Path) -> (String, String, bool) {
    let n = named(path, "");
    let folder = path.parent().unwrap_or(Path::new("")).display().to_string();
    let kind = match n.kind {
        NameKind::Bid | NameKind::Ask => "sides",
        NameKind::Funding => "funding",
        NameKind::Mark => "mark",
        NameKind::Quote => "quote",
        NameKind::Trade => "trade",
        NameKind::Plain => "",
    };
    let length = n.timeframe.map(|t| t.to_string()).unwrap_or_default();
    let symbol = n.symbol.unwrap_or_default();
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let dated = path.file_name().is_some_and(|f| dated(&f.to_string_lossy()));
    // Files of one name but for their dates are one series; any other stands alone.
    let own = if dated {
        String::new()
    } else {
        path.display().to_string().replace("-ask", "").replace("-bid", "")
    };
    let title = [folder.as_str(), symbol.as_str(), length.as_str(), kind]
        .into_iter()
        .filter(|t| !t.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    (format!("{folder}|{symbol}|{length}|{kind}|{extension}|{own}"), title, n.kind == NameKind::Funding)
}

/// Whether a file name holds a month or a day, as files of a series do.
fn dated(name: &str) -> bool {
    let b = name.as_bytes();
    let digits = |r: std::ops::Range<usize>| b.get(r).is_some_and(|d| d.iter().all(u8::is_ascii_digit));
    (0..b.len()).any(|i| {
        let free = i == 0 || !b[i - 1].is_ascii_digit();
        let compact = digits(i..i + 8) && !b.get(i + 8).is_some_and(u8::is_ascii_digit);
        let month = digits(i..i + 4) && b.get(i + 4) == Some(&b'-') && digits(i + 5..i + 7);
        free && (compact || month)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_one_series_are_found_together() {
        let dir = tempfile::tempdir().unwrap();
        for name in [
            "BTCUSDT-1h-2023-01.csv",
            "BTCUSDT-1h-2023-02.csv",
            "ETHUSDT-1h-2023-01.csv",
            "README.md",
            "a/20170903_trade.zip",
            "a/20170904_trade.zip",
            "a/20170903_quote.zip",
            "gbpusd-m1-ask-2012.csv",
            "gbpusd-m1-bid-2012.csv",
            "BTC_USDT_USDT-8h-funding_rate.feather",
            "EURUSD60.csv",
        ] {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        let all = series(&[dir.path().to_owned()]).unwrap();
        let counts: Vec<usize> = all.iter().map(|s| s.files.len()).collect();
        assert_eq!(counts, [2, 1, 1, 1, 1, 2, 2], "{all:#?}");
        assert_eq!(all.iter().filter(|s| s.funding).count(), 1);
        let empty = tempfile::tempdir().unwrap();
        assert!(
            series(&[empty.path().to_owned()]).unwrap_err().to_string().contains("a folder without files")
        );
    }
}
