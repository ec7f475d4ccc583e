//! Which column of a file is which.

use super::TimeConvention;
use crate::error::nearest;

/// Where the needed values are among the columns of a file, by zero-based position.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Roles {
    pub time: TimeAt,
    /// Open, high, low, close.
    pub prices: [usize; 4],
    /// Units traded, where there is such a column.
    pub volume: Option<usize>,
    /// The bid-ask spread, a price, where there is a column of just that name.
    pub spread: Option<usize>,
    /// The same prices of the other side of the book, where `prices` are bids.
    pub ask: Option<[usize; 4]>,
    /// The instrument of a row, where there is a column of such a name.
    pub symbol: Option<usize>,
}

/// What is wanted of the columns of a file.
#[derive(Debug, Clone, Default)]
pub(super) struct ColumnRequest {
    /// Whether times that mark the other edge will do where there are no others.
    pub either_edge: bool,
    /// The instrument of which rows are wanted, where a file holds several.
    pub symbol: Option<String>,
    /// Which edge of a bar the times shall mark; the open where it may be found out.
    pub convention: TimeConvention,
    /// Whether a file without a volume will do.
    pub volume_optional: bool,
    /// Roles (`time`, `open`, ...) and the names the file has for them.
    pub named: Vec<(String, String)>,
}

/// Where the time is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum TimeAt {
    /// In one column.
    One(usize),
    /// A date in the first, a time of day in the second.
    DateAndClock(usize, usize),
}

/// Why the columns of a file are not bars: the problem and the remedy.
#[derive(Debug, PartialEq)]
pub(super) struct ColumnFault {
    pub problem: String,
    pub hint: String,
}

/// The names of the values, prices first.
pub(super) const VALUES: [&str; 5] = ["open", "high", "low", "close", "volume"];

/// Columns of a Binance kline file, which often comes without a header.
pub(super) const KLINE: [&str; 12] = [
    "open_time",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "close_time",
    "quote_volume",
    "count",
    "taker_buy_volume",
    "taker_buy_quote_volume",
    "ignore",
];

/// Accepted names of each value, first choice first, after [`plain`].
const ALIASES: [&[&str]; 5] = [
    &["open", "o"],
    &["high", "h"],
    &["low", "l"],
    &["close", "c", "closelast", "last", "latest", "price"],
    &["volume", "vol", "v", "tickvolume", "tickvol"],
];

/// Accepted names of a time column, first choice first. The date and time-of-day pair ranks after `datetime`; the empty
/// name is what pandas gives an index.
const TIMES: [&str; 15] = [
    "timestamp",
    "datetime",
    "time",
    "date",
    "ts",
    "gmttime",
    "timestamputc",
    "timeutc",
    "localtime",
    "timeeet",
    "starttime",
    "candlebegintime",
    "dtyyyymmdd",
    "unix",
    "t",
];
/// Names of a column that says of each row which instrument it is of.
const SYMBOLS: [&str; 22] = [
    "symbol",
    "ticker",
    "instrument",
    "instrumentid",
    "instid",
    "actsymbol",
    "pair",
    "coin",
    "asset",
    "name",
    "sym",
    "code",
    "security",
    "tradingsymbol",
    "tscode",
    "stockcode",
    "secid",
    "permno",
    "cusip",
    "isin",
    "productid",
    "assetid",
];

/// What a user writes for a role that no column has.
const NONE: &str = "-";

const UNNAMED: [&str; 3] = ["", "unnamed0", "indexlevel0"];

const EXPECTED: &str = "expected a time column (open_time, timestamp, time, date, datetime, ts or gmt time) and \
                        open, high, low, close, volume, in any order and case; other names are told by an import: assay \
                        data import FILE --map close=Last";

/// Names of a column of dates beside one of clocks; the second is MetaStock's.
const DATES: [&str; 2] = ["date", "dtyyyymmdd"];

/// Whether a name looks like that of a volume, or of what was traded for how much.
fn like_volume(name: &str) -> bool {
    let name = plain(name);
    let like = ["amount", "qty", "quantity", "turnover", "basevol", "quotevol", "quoteasset", "volume"];
    !name.contains("volat") && (name.starts_with("vol") || like.iter().any(|l| name.contains(l)))
}

/// Where the close adjusted for dividends is: as `named`, or under one of its usual names.
pub(super) fn adjusted_close(names: &[String], named: &[(String, String)]) -> Option<usize> {
    let asked = named.iter().find(|(role, _)| role == ADJUSTED).map(|(_, name)| name.trim());
    let usual = |n: &String| ["adjclose", "adjustedclose", "closeadj", "closeadjusted"].contains(&&*plain(n));
    names.iter().position(|n| asked.map_or_else(|| usual(n), |a| n.trim() == a))
}

/// The role of that column.
pub(super) const ADJUSTED: &str = "adjusted_close";

/// Those of `names` that look like that of a volume.
pub(super) fn like_volumes(names: &[&str]) -> Vec<String> {
    names.iter().filter(|n| like_volume(n)).map(|n| (*n).to_owned()).collect()
}

/// A name without case, spaces and punctuation: `<TICKVOL>`, `Tick Volume` and `tick_volume` are one.
fn plain(name: &str) -> String {
    // Alpha Vantage numbers them: 1. open.
    let name = match name.trim().split_once(". ") {
        Some((number, rest)) if number.bytes().all(|b| b.is_ascii_digit()) => rest,
        _ => name,
    };
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Finds the columns among `names`.
pub(super) fn find(names: &[&str], wanted: &ColumnRequest) -> Result<Roles, ColumnFault> {
    let convention = wanted.convention;
    let mut plain: Vec<String> = names.iter().map(|n| plain(n)).collect();
    let stamp = match convention {
        TimeConvention::Open => "opentime",
        TimeConvention::Close => "closetime",
    };
    rename(names, &mut plain, &wanted.named, stamp)?;
    let found = || names.iter().map(|n| n.trim()).collect::<Vec<_>>().join(", ");
    let at = |wanted: &str| -> Result<Option<usize>, ColumnFault> {
        let mut places = plain.iter().enumerate().filter(|(_, n)| *n == wanted).map(|(i, _)| i);
        match (places.next(), places.next()) {
            (Some(a), Some(b)) => Err(ColumnFault {
                problem: format!("columns {} and {} are both named {:?}", a + 1, b + 1, names[b].trim()),
                hint: "rename or remove one of them".to_owned(),
            }),
            (first, _) => Ok(first),
        }
    };
    let first_of = |wanted: &[&str]| -> Result<Option<usize>, ColumnFault> {
        for name in wanted {
            if let Some(i) = at(name)? {
                return Ok(Some(i));
            }
        }
        Ok(None)
    };

    let mut missing = Vec::new();
    let mut prices = [0; 4];
    for (k, aliases) in ALIASES[..4].iter().enumerate() {
        match first_of(aliases)? {
            Some(i) => prices[k] = i,
            None => missing.push(VALUES[k]),
        }
    }
    let volume = first_of(ALIASES[4])?;
    if volume.is_none() && !wanted.volume_optional {
        missing.push(VALUES[4]);
    }
    let none_there = volume.is_none() && missing.len() >= 4;
    let time = match (first_of(&[stamp, TIMES[0], TIMES[1]])?, first_of(&DATES)?, at("time")?) {
        (Some(i), ..) => Some(TimeAt::One(i)),
        (None, Some(d), Some(t)) => Some(TimeAt::DateAndClock(d, t)),
        _ => first_of(&TIMES[2..])?.map(TimeAt::One),
    };
    let time = match time {
        None if !none_there => first_of(&UNNAMED)?.map(TimeAt::One),
        time => time,
    };
    let time = match time {
        None if wanted.either_edge => at("closetime")?.map(TimeAt::One),
        time => time,
    };

    match time {
        None if none_there => Err(ColumnFault {
            problem: format!("no recognisable header, found: {}", shorten(&found())),
            hint: EXPECTED.to_owned(),
        }),
        Some(time) if missing.is_empty() => {
            let asked = wanted.named.iter().find(|(role, _)| role == "spread").map(|(_, name)| name.trim());
            let spread = names.iter().position(|n| n.trim() == asked.unwrap_or("spread"));
            // The user may say which column it is, or that there is none; of two the first, for neither is needed.
            let asked = wanted.named.iter().find(|(role, _)| role == "symbol").map(|(_, name)| name.as_str());
            let usual = || SYMBOLS.iter().find_map(|s| plain.iter().position(|n| n == s));
            let symbol = match asked {
                Some(NONE) => None,
                Some(_) => plain.iter().position(|n| n == "symbol"),
                None => usual(),
            };
            let symbol = symbol.filter(|i| TimeAt::One(*i) != time && !prices.contains(i));
            Ok(Roles { time, prices, volume, spread, ask: None, symbol })
        }
        _ => {
            let (other, advice) = match convention {
                TimeConvention::Open => (
                    "closetime",
                    "close_time is there: set data.time to \"close\" in a scenario, --time close for a command",
                ),
                TimeConvention::Close => (
                    "opentime",
                    "open_time is there: set data.time to \"open\" in a scenario, --time open for a command",
                ),
            };
            let mut hint = EXPECTED.to_owned();
            if time.is_none() {
                missing.insert(0, "time");
                if plain.iter().any(|n| n == other) {
                    hint = advice.to_owned();
                }
            }
            let s = if missing.len() == 1 { "" } else { "s" };
            let problem = format!("missing column{s} {}, found: {}", missing.join(", "), shorten(&found()));
            Err(ColumnFault { problem, hint })
        }
    }
}

/// Gives the columns that `named` assigns a role the name of that role.
fn rename(
    names: &[&str],
    plain: &mut [String],
    named: &[(String, String)],
    stamp: &str,
) -> Result<(), ColumnFault> {
    for (role, name) in named.iter().filter(|(role, name)| !(role == "symbol" && name == NONE)) {
        let Some(i) = names.iter().position(|n| n.trim() == name.trim()) else {
            let near = nearest(name, names.iter().copied());
            return Err(ColumnFault {
                problem: format!("no column {name:?} for {role}, found: {}", shorten(&names.join(", "))),
                hint: near.map_or_else(
                    || "name a column as the file spells it".to_owned(),
                    |n| format!("did you mean {n:?}?"),
                ),
            });
        };
        // What had the name by itself gives way.
        plain.iter_mut().filter(|p| *p == role).for_each(|p| p.push_str("other"));
        plain[i] = if role == "time" { stamp.to_owned() } else { role.clone() };
    }
    Ok(())
}

/// At most some 200 characters of `text`, control characters shown as escapes.
pub(super) fn shorten(text: &str) -> String {
    let mut out: String = String::new();
    for (n, c) in text.chars().enumerate() {
        if n == 200 {
            out.push_str("...");
            break;
        }
        if c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(header: &str) -> Result<Roles, ColumnFault> {
        find(&header.split(',').collect::<Vec<_>>(), &ColumnRequest::default())
    }

    #[test]
    fn many_spellings_are_one() {
        let one = |i| TimeAt::One(i);
        for (header, time, values) in [
            ("open_time,open,high,low,close,volume", one(0), [1, 2, 3, 4, 5]),
            ("Date,Open,High,Low,Close,Adj Close,Volume", one(0), [1, 2, 3, 4, 6]),
            (",Open,High,Low,Close,Volume", one(0), [1, 2, 3, 4, 5]),
            (
                "<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<TICKVOL>,<VOL>",
                TimeAt::DateAndClock(0, 1),
                [2, 3, 4, 5, 7],
            ),
            ("Date,open,high,low,close,tick_volume", one(0), [1, 2, 3, 4, 5]),
            ("v, c ,l,h,o,ts", one(5), [4, 3, 2, 1, 0]),
            ("volume usdt,volume,close,open,high,low,Gmt Time", one(6), [3, 4, 5, 2, 1]),
            ("date,timestamp,open,high,low,close,vol", one(1), [2, 3, 4, 5, 6]),
        ] {
            let [o, h, l, c, v] = values;
            let want =
                Roles { time, prices: [o, h, l, c], volume: Some(v), spread: None, ask: None, symbol: None };
            assert_eq!(roles(header), Ok(want), "{header}");
        }
        let at = |convention| {
            find(&KLINE, &ColumnRequest { convention, ..ColumnRequest::default() }).unwrap().time
        };
        assert_eq!((at(TimeConvention::Open), at(TimeConvention::Close)), (one(0), one(6)));
        let bare = ColumnRequest { volume_optional: true, ..ColumnRequest::default() };
        assert_eq!(find(&["time", "open", "high", "low", "close"], &bare).unwrap().volume, None);
        let named = vec![("close".to_owned(), "Last".to_owned()), ("time".to_owned(), "When".to_owned())];
        let mapped = ColumnRequest { named, ..ColumnRequest::default() };
        let names = ["When", "Open", "High", "Low", "Last", "Close", "Volume"];
        let r = find(&names, &mapped).unwrap();
        assert_eq!((r.time, r.prices), (one(0), [1, 2, 3, 4]));
        let spread = vec![("spread".to_owned(), "Gap".to_owned())];
        let names_with = ["time", "open", "high", "low", "close", "volume", "spread", "Gap"];
        let spread = find(&names_with, &ColumnRequest { named: spread, ..ColumnRequest::default() });
        assert_eq!(spread.unwrap().spread, Some(7));
        let closes = ColumnRequest { convention: TimeConvention::Close, ..mapped.clone() };
        assert_eq!(find(&names, &closes).unwrap().time, one(0));
        let wrong = ColumnRequest { named: vec![("close".into(), "Lst".into())], ..ColumnRequest::default() };
        assert_eq!(find(&names, &wrong).unwrap_err().hint, "did you mean \"Last\"?");
    }

    #[test]
    fn what_is_missing_is_said() {
        let problem = |header| roles(header).unwrap_err().problem;
        assert_eq!(
            problem("Date,SP500,Dividend"),
            "missing columns open, high, low, close, volume, found: Date, SP500, Dividend"
        );
        assert_eq!(
            problem("time,open,high,low,close,volume usdt"),
            "missing column volume, found: time, open, high, low, close, volume usdt"
        );
        assert_eq!(
            problem("open,high,low,close,volume"),
            "missing column time, found: open, high, low, close, volume"
        );
        assert_eq!(problem("1,2,3"), "no recognisable header, found: 1, 2, 3");
        assert_eq!(
            problem("time,open,high,low,close,Close,volume"),
            "columns 5 and 6 are both named \"Close\""
        );
        let fault = roles("close_time,open,high,low,close,volume").unwrap_err();
        assert_eq!(
            fault.hint,
            "close_time is there: set data.time to \"close\" in a scenario, --time close for a command"
        );
    }
}
