//! Bars of QuantConnect LEAN: what its folders say, and factor files.

use std::path::{Path, PathBuf};

use crate::error::{Error, Place, Result};
use crate::instant::{self, Dates, Written};
use crate::market::{Timeframe, Zone};
use crate::names::{Roles, TimeAt};
use crate::rows::Rows;
use crate::text::Layout;

/// What the path of a file says: `equity/usa/daily/aapl.zip`, `crypto/coinbase/minute/btcusd/20170903_quote.zip`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Meaning {
    /// Shares are kept in ten-thousandths.
    pub scale: f64,
    /// The clock of the times.
    pub zone: Zone,
    /// Where times are milliseconds of a day, its midnight.
    pub midnight_ms: Option<i64>,
    /// The instrument, upper case.
    pub symbol: Option<String>,
    /// Length of a bar: LEAN's folders are named by it. None of ticks.
    pub timeframe: Option<Timeframe>,
}

const SECURITIES: [&str; 6] = ["equity", "forex", "cfd", "crypto", "cryptofuture", "option"];
const RESOLUTIONS: [&str; 5] = ["tick", "second", "minute", "hour", "daily"];

/// Reads the path of a file; `None` where it does not lie in a folder of LEAN's.
pub(super) fn meaning(path: &Path) -> Option<Meaning> {
    let parts: Vec<String> =
        path.components().map(|c| c.as_os_str().to_string_lossy().to_lowercase()).collect();
    let at = parts
        .windows(3)
        .rposition(|w| SECURITIES.contains(&w[0].as_str()) && RESOLUTIONS.contains(&w[2].as_str()))?;
    let (security, market, resolution) = (parts[at].as_str(), parts[at + 1].as_str(), parts[at + 2].as_str());
    let fine = matches!(resolution, "minute" | "second" | "tick");
    let file = parts.last()?;
    let symbol = if fine { parts.get(at + 3).filter(|_| parts.len() > at + 4) } else { None };
    let symbol = symbol.map(String::as_str).or_else(|| file.split(['_', '.']).next()).map(str::to_uppercase);
    let day = || instant::from_text(file.get(..8)?.as_bytes());
    Some(Meaning {
        scale: if matches!(security, "equity" | "option") { 1e-4 } else { 1.0 },
        zone: zone(security, market),
        midnight_ms: if fine { Some(day()?) } else { None },
        symbol,
        timeframe: length(resolution),
    })
}

/// The length of a bar that a folder of a resolution holds.
fn length(resolution: &str) -> Option<Timeframe> {
    let lengths = [("second", "1s"), ("minute", "1m"), ("hour", "1h"), ("daily", "1d")];
    lengths.iter().find(|(name, _)| *name == resolution).and_then(|(_, t)| t.parse().ok())
}

/// The clock of a market's data, from LEAN's table of market hours.
fn zone(security: &str, market: &str) -> Zone {
    match (security, market) {
        ("equity" | "option", "usa") => Zone::NEW_YORK,
        ("equity", "india") => "Asia/Kolkata".parse().unwrap_or(Zone::UTC),
        ("forex" | "cfd", "fxcm") => "UTC-05:00".parse().unwrap_or(Zone::UTC),
        _ => Zone::UTC,
    }
}

/// The layout of a text of `fields` fields a row: trades of six, or bids and asks of eleven.
pub(super) fn layout(place: &str, fields: usize, meaning: &Meaning) -> Result<Layout> {
    let trade = ["time", "open", "high", "low", "close", "volume"];
    let quote = [
        "time",
        "bid open",
        "bid high",
        "bid low",
        "bid close",
        "bid size",
        "ask open",
        "ask high",
        "ask low",
        "ask close",
        "ask size",
    ];
    let (names, roles) = match fields {
        6 => (
            &trade[..],
            Roles {
                time: TimeAt::One(0),
                prices: [1, 2, 3, 4],
                volume: Some(5),
                spread: None,
                ask: None,
                symbol: None,
            },
        ),
        11 => (
            &quote[..],
            Roles {
                time: TimeAt::One(0),
                prices: [1, 2, 3, 4],
                volume: None,
                spread: None,
                ask: Some([6, 7, 8, 9]),
                symbol: None,
            },
        ),
        n => {
            return Err(Error::data(
                place,
                format!("{n} fields a row, where LEAN's bars have 6 and its quotes 11"),
            )
            .hint("open interest, ticks and options are no bars"));
        }
    };
    let names = names.iter().map(|n| (*n).to_owned()).collect();
    let mut layout = Layout::new(b',', names, false, roles);
    layout.midnight_ms = meaning.midnight_ms;
    // A quiet minute has no bid or no ask.
    layout.skip_empty = fields == 11;
    Ok(layout)
}

/// What is asked of a file that looks like one of shares and does not lie in LEAN's folders.
pub(super) const UNIT: &str = "prices are whole numbers beside times such as 20200102 00:00, as in LEAN's files of shares, which are in \
                               ten-thousandths: give --price-scale 0.0001 if these are, 1 if they are prices as they are, or keep LEAN's \
                               folders (equity/usa/daily) above the file";

/// Whether rows without a header look like LEAN's shares of days or hours: compact dates with a clock, and prices that are all whole.
pub(super) fn like_shares(written: Option<Written>, rows: &Rows) -> bool {
    let whole = |v: &[f64]| v.iter().all(|p| p.fract() == 0.0);
    written == Some(Written::Clock(Dates::Compact))
        && [&rows.open, &rows.high, &rows.low, &rows.close].into_iter().all(|v| whole(v))
}

/// Whether the first row begins with milliseconds of a day, which LEAN's minutes do: a number below those of a day that is no date.
pub(super) fn of_a_day(fields: &[String]) -> bool {
    let Some(first) = fields.first().filter(|_| matches!(fields.len(), 6 | 11)) else { return false };
    let number = first.bytes().all(|b| b.is_ascii_digit());
    number && first.parse().is_ok_and(|ms: i64| ms < 86_400_000 && !instant::is_day(ms))
}

/// That the date, the clock and the unit of a file are said by folders that it does not lie in.
pub(super) fn without_folders(place: &str) -> Error {
    Error::data(place, "its times are milliseconds of a day that nothing names, as in LEAN's files of minutes")
        .hint("keep LEAN's folders above it, which say market, date and unit: equity/usa/minute/aapl/20200102_trade.zip")
}

/// Where the factor file of a share lies beside its bars.
pub(super) fn factor_file(path: &Path, symbol: &str) -> Option<PathBuf> {
    let folder = path.ancestors().find(|p| p.join("factor_files").is_dir())?;
    let file = folder.join("factor_files").join(format!("{}.csv", symbol.to_lowercase()));
    file.is_file().then_some(file)
}

/// A factor by date: of prices for dividends, and for splits.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Factors(Vec<(i64, f64, f64)>);

impl Factors {
    /// Reads `date,price factor,split factor[,reference price]`, a row for each span that ends with its date.
    pub fn read(path: &Path) -> Result<Self> {
        let (_, bytes) = crate::file::read(path)?;
        let place = path.display();
        let text = String::from_utf8_lossy(&bytes);
        let mut rows: Vec<(i64, f64, f64)> = vec![];
        for (n, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
            let fields: Vec<&str> = line.split(',').collect();
            let row = || {
                let day = instant::from_text(fields.first()?.trim().as_bytes())?;
                let number =
                    |i: usize| fields.get(i)?.trim().parse().ok().filter(|x: &f64| x.is_finite() && *x > 0.0);
                Some((day, number(1)?, number(2)?))
            };
            let row = row().ok_or_else(|| {
                Error::data(Place::line(&place, n + 1), "no row of factors")
                    .hint("expected date,price factor,split factor such as 20140606,0.9011818,0.1428571")
            })?;
            if rows.last().is_some_and(|(day, ..)| *day >= row.0) {
                return Err(Error::data(Place::line(&place, n + 1), "its date is not after the one above")
                    .hint("sort the rows by date"));
            }
            rows.push(row);
        }
        if rows.is_empty() {
            return Err(Error::data(place, "no row of factors").hint("download it again"));
        }
        Ok(Self(rows))
    }

    /// Makes prices and volumes comparable with the last ones; returns how many rows changed. Times are of the exchange's clock.
    pub fn apply(&self, rows: &mut Rows) -> usize {
        let mut changed = 0;
        for i in 0..rows.len() {
            let day = rows.time_ms[i].div_euclid(86_400_000) * 86_400_000;
            let at = self.0.partition_point(|(until, ..)| *until < day);
            let Some(&(_, price, split)) = self.0.get(at) else { continue };
            if price * split == 1.0 {
                continue;
            }
            changed += 1;
            let [open, high, low, close, volume] = rows.values_mut();
            for v in [open, high, low, close] {
                v[i] *= price * split;
            }
            volume[i] /= split;
            if let Some(s) = &mut rows.spread {
                s[i] *= price * split;
            }
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::parse_time;

    #[test]
    fn folders_tell() {
        let m = meaning(Path::new("x/Equity/usa/daily/aapl.zip")).unwrap();
        assert_eq!(
            (m.scale, m.zone, m.midnight_ms, m.symbol.as_deref()),
            (1e-4, Zone::NEW_YORK, None, Some("AAPL"))
        );
        let m = meaning(Path::new("crypto/coinbase/minute/btcusd/20170903_quote.zip")).unwrap();
        assert_eq!((m.scale, m.zone, m.symbol.as_deref()), (1.0, Zone::UTC, Some("BTCUSD")));
        assert_eq!(m.timeframe.map(|t| t.to_string()).as_deref(), Some("1m"));
        assert_eq!(m.midnight_ms, parse_time("2017-09-03"));
        assert_eq!(meaning(Path::new("data/aapl.zip")), None);
        assert_eq!(meaning(Path::new("crypto/coinbase/minute/btcusd/notes.zip")), None);
    }

    #[test]
    fn what_lies_outside_of_the_folders_is_told_by_its_content() {
        let of = |row: &str| of_a_day(&row.split(',').map(str::to_owned).collect::<Vec<_>>());
        assert!(of("34200000,2960000,2961000,2959000,2960000,100"));
        assert!(of("0,1,1,1,1,5"));
        // A date, seconds and milliseconds since 1970, and something of other columns.
        for row in [
            "20200102,1,1,1,1,5",
            "1577923200,1,1,1,1,5",
            "1577923200000,1,1,1,1,5",
            "34200000,1,2",
            "x,1,1,1,1,5",
        ] {
            assert!(!of(row), "{row}");
        }
        let rows = |price: f64| {
            let v = vec![price; 3];
            Rows { open: v.clone(), high: v.clone(), low: v.clone(), close: v, ..Rows::default() }
        };
        let compact = Some(Written::Clock(Dates::Compact));
        assert!(like_shares(compact, &rows(2_960_000.0)));
        assert!(!like_shares(compact, &rows(296.5)));
        assert!(!like_shares(Some(Written::Epoch), &rows(2_960_000.0)));
    }

    #[test]
    fn factors_hold_up_to_and_with_their_date() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f.csv");
        std::fs::write(&path, "20200102,0.5,0.25,10\n20200104,0.9,1,10\n20501231,1,1,0\n").unwrap();
        let factors = Factors::read(&path).unwrap();
        let time_ms: Vec<i64> = (1..7).map(|d| parse_time(&format!("2020-01-0{d}")).unwrap()).collect();
        let v = vec![100.0; 6];
        let mut rows = Rows {
            time_ms,
            open: v.clone(),
            high: v.clone(),
            low: v.clone(),
            close: v.clone(),
            volume: v,
            ..Rows::default()
        };
        assert_eq!(factors.apply(&mut rows), 4);
        assert_eq!(rows.close, [12.5, 12.5, 90.0, 90.0, 100.0, 100.0]);
        assert_eq!(rows.volume, [400.0, 400.0, 100.0, 100.0, 100.0, 100.0]);
        std::fs::write(&path, "20200102,0.5,0.25\n20200102,1,1\n").unwrap();
        assert!(Factors::read(&path).unwrap_err().to_string().contains("f.csv:2: its date is not after"));
        std::fs::write(&path, "20200102,x,0.25\n").unwrap();
        assert!(Factors::read(&path).unwrap_err().to_string().contains("f.csv:1: no row of factors"));
    }
}
