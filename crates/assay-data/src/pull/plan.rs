//! Which archives hold a stretch of time: whole months as monthly archives, the days that remain as daily ones.

use chrono::{Days, NaiveDate};

use super::catalogue::{ArchiveSeries, named};
use super::period::{Month, Period};
use crate::error::{Error, Result};
use crate::market::Timeframe;

/// One file of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// What it covers.
    pub period: Period,
    /// Its path, below the base URL and below the cache alike.
    pub path: String,
}

/// What is wanted of a series.
#[derive(Debug, Clone)]
pub struct PullRequest {
    /// Name of the instrument, as the source spells it.
    pub symbol: String,
    /// Length of a bar, where the series has bars.
    pub timeframe: Option<Timeframe>,
    /// The first month or day.
    pub from: Period,
    /// The last month or day, which is wanted as well.
    pub to: Period,
}

impl Archive {
    /// Its name without its folder.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

/// The archives of `series` that hold what is wanted, oldest first. What lies before the series can begin is left out.
///
/// # Errors
/// The symbol, the bar length or the range is none that the series can have.
pub fn plan(series: &ArchiveSeries, wanted: &PullRequest) -> Result<Vec<Archive>> {
    symbol_like(&wanted.symbol)?;
    length(series, wanted.timeframe)?;
    let (from, to) = (wanted.from.first_day(), wanted.to.last_day());
    if from > to {
        return Err(Error::usage("--from", format!("{} is after --to {}", wanted.from, wanted.to))
            .hint("both are wanted, from the earlier to the later"));
    }
    if to < series.first.first_day() {
        return Err(Error::usage(
            "--to",
            format!("{} is before {}, when the archive can begin", wanted.to, series.first),
        ));
    }
    let periods = split(from.max(series.first.first_day()), to);
    let day = periods.iter().find(|p| matches!(p, Period::Day(_)));
    let archives = match (day, &series.daily) {
        (Some(day), None) => {
            return Err(Error::usage(
                "--from, --to",
                format!("{day} is in no whole month, and {} has no days", series.kind),
            )
            .hint("write months: --from 2023-01 --to 2024-12"));
        }
        (Some(day), Some(_)) if wanted.timeframe.is_some_and(|t| t > Timeframe::D1) => {
            return Err(Error::usage(
                "--from, --to",
                format!("{day} is in no whole month, and bars are longer than a day"),
            )
            .hint("write months: --from 2023-01 --to 2024-12"));
        }
        _ => periods.into_iter().map(|period| archive(series, wanted, period)),
    };
    Ok(archives.collect())
}

/// The whole months of a stretch of days, and the days around them.
fn split(from: NaiveDate, to: NaiveDate) -> Vec<Period> {
    let mut out = Vec::new();
    let mut day = from;
    while day <= to {
        let month = Month::of(day);
        if day == month.first_day() && month.last_day() <= to {
            out.push(Period::Month(month));
            day = month.next().first_day();
        } else {
            out.push(Period::Day(day));
            day = day + Days::new(1);
        }
    }
    out
}

fn archive(series: &ArchiveSeries, wanted: &PullRequest, period: Period) -> Archive {
    let template = match period {
        Period::Month(_) => &series.monthly,
        Period::Day(_) => series.daily.as_ref().unwrap_or(&series.monthly),
    };
    let timeframe = wanted.timeframe.map_or_else(String::new, |t| t.to_string());
    let period_text = period.to_string();
    let path = template
        .replace("{symbol}", &wanted.symbol)
        .replace("{timeframe}", &timeframe)
        .replace("{month}", &period_text)
        .replace("{day}", &period_text);
    Archive { period, path }
}

/// A symbol is part of an address and of a path: nothing that could lead elsewhere.
fn symbol_like(symbol: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if (1..=40).contains(&symbol.len()) && symbol.chars().all(plain) {
        return Ok(());
    }
    let bare: String = symbol.to_ascii_uppercase().chars().filter(|c| plain(*c)).collect();
    let error = Error::usage("symbol", format!("{symbol:?} is not one of capital letters, digits and '_'"));
    Err(if bare.is_empty() || bare.len() > 40 {
        error.hint("write it as the source does, such as BTCUSDT")
    } else {
        error.hint(format!("did you mean {bare}?"))
    })
}

fn length(series: &ArchiveSeries, timeframe: Option<Timeframe>) -> Result<()> {
    let names: Vec<String> = series.timeframes.iter().map(Timeframe::to_string).collect();
    match timeframe {
        None if names.is_empty() => Ok(()),
        None => {
            Err(Error::usage("timeframe", "is missing").hint(format!("give one of {}", names.join(", "))))
        }
        Some(t) if names.is_empty() => {
            Err(Error::usage("timeframe", format!("{} has no bars, so {t} says nothing", series.kind))
                .hint("leave it out"))
        }
        Some(t) if series.timeframes.contains(&t) => Ok(()),
        Some(t) => {
            let error = Error::usage("timeframe", format!("the archive has no {t} bars of {}", series.kind));
            Err(named(error, "", names.iter().map(String::as_str)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::Catalogue;
    use super::*;

    fn series(kind: &str) -> ArchiveSeries {
        Catalogue::read(None).unwrap().source("binance").unwrap().series(Some(kind)).unwrap().clone()
    }

    fn wanted(symbol: &str, timeframe: Option<&str>, from: &str, to: &str) -> PullRequest {
        PullRequest {
            symbol: symbol.into(),
            timeframe: timeframe.map(|t| t.parse().unwrap()),
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
        }
    }

    fn paths(kind: &str, timeframe: Option<&str>, from: &str, to: &str) -> Vec<String> {
        let all = plan(&series(kind), &wanted("BTCUSDT", timeframe, from, to)).unwrap();
        all.into_iter().map(|a| a.path).collect()
    }

    #[test]
    fn months_become_the_published_addresses() {
        assert_eq!(
            paths("spot", Some("1h"), "2023-12", "2024-01"),
            [
                "data/spot/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2023-12.zip",
                "data/spot/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2024-01.zip"
            ]
        );
        assert_eq!(
            paths("um-futures", Some("5m"), "2024-02", "2024-02"),
            ["data/futures/um/monthly/klines/BTCUSDT/5m/BTCUSDT-5m-2024-02.zip"]
        );
        assert_eq!(
            paths("funding", None, "2024-02", "2024-02"),
            ["data/futures/um/monthly/fundingRate/BTCUSDT/BTCUSDT-fundingRate-2024-02.zip"]
        );
    }

    #[test]
    fn days_outside_whole_months_are_daily_archives() {
        let ends = |from: &str, to: &str| -> Vec<String> {
            let all = plan(&series("spot"), &wanted("BTCUSDT", Some("1h"), from, to)).unwrap();
            all.iter().map(|a| a.period.to_string()).collect()
        };
        assert_eq!(
            ends("2023-12-30", "2024-02-02"),
            ["2023-12-30", "2023-12-31", "2024-01", "2024-02-01", "2024-02-02"]
        );
        assert_eq!(ends("2024-02-01", "2024-02-29"), ["2024-02"]);
        assert_eq!(ends("2024-02-29", "2024-02-29"), ["2024-02-29"]);
        assert_eq!(ends("2024-01", "2024-02-01"), ["2024-01", "2024-02-01"]);
        assert_eq!(
            paths("spot", Some("1h"), "2024-02-29", "2024-02-29"),
            ["data/spot/daily/klines/BTCUSDT/1h/BTCUSDT-1h-2024-02-29.zip"]
        );
        // Nothing is asked for from before there can be anything.
        assert_eq!(ends("2010-01", "2017-08"), ["2017-07", "2017-08"]);
    }

    #[test]
    fn what_no_archive_can_have_is_refused() {
        for (kind, w, words) in [
            ("spot", wanted("btcusdt", Some("1h"), "2023-01", "2023-01"), "did you mean BTCUSDT?"),
            ("spot", wanted("BTC/USDT", Some("1h"), "2023-01", "2023-01"), "did you mean BTCUSDT?"),
            ("spot", wanted("../..", Some("1h"), "2023-01", "2023-01"), "such as BTCUSDT"),
            ("spot", wanted("", Some("1h"), "2023-01", "2023-01"), "such as BTCUSDT"),
            (
                "spot",
                wanted("BTCUSDT", Some("7m"), "2023-01", "2023-01"),
                "no 7m bars of spot\n\nhint: there are 1s, 1m",
            ),
            ("spot", wanted("BTCUSDT", None, "2023-01", "2023-01"), "give one of 1s, 1m"),
            ("funding", wanted("BTCUSDT", Some("1h"), "2023-01", "2023-01"), "leave it out"),
            ("funding", wanted("BTCUSDT", None, "2023-01-02", "2023-01"), "2023-01-02 is in no whole month"),
            ("spot", wanted("BTCUSDT", Some("1w"), "2023-01", "2023-02-03"), "longer than a day"),
            ("spot", wanted("BTCUSDT", Some("1h"), "2023-02", "2023-01"), "2023-02 is after --to 2023-01"),
            ("spot", wanted("BTCUSDT", Some("1h"), "2010-01", "2010-02"), "2010-02 is before 2017-07"),
        ] {
            let e = plan(&series(kind), &w).unwrap_err().to_string();
            assert!(e.contains(words), "{e}");
        }
    }
}
