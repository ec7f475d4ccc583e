//! Archives of funding rates to one table of times and rates.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::data::instant;
use crate::data::table::{self, Column, Table};
use crate::error::{Error, Result};

/// More text than a month of funding can be; a zip that holds more is none.
const LONGEST: u64 = 1 << 24;

/// The columns of an archive, with or without a header that says so.
const TIME: &str = "calc_time";
const RATE: &str = "last_funding_rate";

/// Joins `paths`, which are in order of time, to the table `out` with the columns `time` and `funding_rate`. Returns the times.
pub(super) fn join(origin: &str, symbol: &str, paths: &[PathBuf], out: &Path) -> Result<Vec<i64>> {
    let (mut times, mut rates) = (Vec::new(), Vec::new());
    for path in paths {
        let text = unzip(path)?;
        read(&path.display().to_string(), &text, &mut times, &mut rates)?;
    }
    let table =
        Table::new().with("time", Column::TimeMs(times.clone())).with("funding_rate", Column::F64(rates));
    let metadata = [("assay:source", origin.to_owned()), ("assay:symbol", symbol.to_owned())];
    table::write(out, &table, &metadata)?;
    Ok(times)
}

/// The one file of a zip.
fn unzip(path: &Path) -> Result<String> {
    let bad = |e: &dyn std::fmt::Display| {
        Error::data(path.display(), format!("no zip of one text ({e})")).hint("remove it and pull again")
    };
    let file = File::open(path).map_err(|e| bad(&e))?;
    let mut zip = zip::ZipArchive::new(file).map_err(|e| bad(&e))?;
    if zip.len() != 1 {
        return Err(bad(&format!("{} files", zip.len())));
    }
    let inside = zip.by_index(0).map_err(|e| bad(&e))?;
    let mut text = String::new();
    let read = inside.take(LONGEST + 1).read_to_string(&mut text).map_err(|e| bad(&e))?;
    if read as u64 > LONGEST {
        return Err(bad(&"too long"));
    }
    Ok(text)
}

fn read(place: &str, text: &str, times: &mut Vec<i64>, rates: &mut Vec<f64>) -> Result<()> {
    let (mut time_at, mut rate_at) = (0, 2);
    for (i, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let at = |name: &str| fields.iter().position(|f| *f == name);
        if let (0, Some(t), Some(r)) = (i, at(TIME), at(RATE)) {
            (time_at, rate_at) = (t, r);
            continue;
        }
        let time = fields.get(time_at).and_then(|f| f.parse().ok()).map(instant::from_integer);
        let rate = fields.get(rate_at).and_then(|f| f.parse().ok()).filter(|r: &f64| r.abs() < 1.0);
        let (Some(time), Some(rate)) = (time, rate) else {
            return Err(Error::data(format!("{place}:{}", i + 1), "no row of a time and a funding rate")
                .hint(format!("the columns are {TIME}, funding_interval_hours, {RATE}")));
        };
        if times.last().is_some_and(|last| *last >= time) {
            return Err(Error::data(format!("{place}:{}", i + 1), "the time is not after the one before")
                .hint("the archive is out of order or repeats a payment"));
        }
        times.push(time);
        rates.push(rate);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_with_and_without_a_header() {
        let head = "calc_time,funding_interval_hours,last_funding_rate\n";
        let rows = "1704067200000,8,0.00037409\n1704096000001,8,-0.0001\n";
        for text in [format!("{head}{rows}"), rows.to_owned()] {
            let (mut times, mut rates) = (vec![], vec![]);
            read("a.zip", &text, &mut times, &mut rates).unwrap();
            assert_eq!(times, [1_704_067_200_000, 1_704_096_000_001]);
            assert_eq!(rates, [0.00037409, -0.0001]);
        }
        for (text, words) in [
            ("1704067200000,8,x\n", "a.zip:1: no row"),
            ("1704067200000,8\n", "a.zip:1: no row"),
            ("1704067200000,8,2\n", "a.zip:1: no row"),
            ("1704067200000,8,0.1\n\n1704067200000,8,0.1\n", "a.zip:3: the time is not after"),
        ] {
            let e = read("a.zip", text, &mut vec![], &mut vec![]).unwrap_err().to_string();
            assert!(e.contains(words), "{e}");
        }
    }
}
