//! What a file's name and folder say of its bars.

use std::path::Path;

use crate::market::Timeframe;

/// What a name says; nothing of it is proof.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Named {
    /// The instrument, upper case.
    pub symbol: Option<String>,
    /// Length of a bar, as the file's own name has it.
    pub timeframe: Option<Timeframe>,
    /// The nearest folder whose name reads like a length of bars, and that length. A folder `d1` may be the first of some downloads: it is
    /// a hint and no evidence.
    pub folder: Option<(String, Timeframe)>,
    /// Which side of the book, or what else than trades.
    pub kind: NameKind,
}

/// What the values of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum NameKind {
    /// Trades, or nobody says.
    #[default]
    Plain,
    /// Trades, where there are files of both.
    Trade,
    /// Bids and asks in one file.
    Quote,
    /// Bids.
    Bid,
    /// Asks.
    Ask,
    /// Mark prices.
    Mark,
    /// Rates of funding.
    Funding,
}

/// Reads the name of the file `path`, and of the file `member` in it where it is an archive.
pub(super) fn named(path: &Path, member: &str) -> Named {
    let file = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let mut out = Named::default();
    // The archive's own name tells most; a member of a LEAN zip names no more than the symbol.
    for text in [file.as_str(), member] {
        out.take(&stem(text));
    }
    if path.ancestors().skip(1).take(2).any(|f| f.ends_with("margin_interest")) {
        out.kind = NameKind::Funding;
    }
    let folders: Vec<String> = path
        .ancestors()
        .skip(1)
        .take(3)
        .filter_map(|p| Some(p.file_name()?.to_string_lossy().into_owned()))
        .collect();
    let length = |folder: &String| Some((folder.clone(), timeframe(folder)?));
    out.folder = folders.iter().find_map(length);
    // A folder of a length of bars stands under its symbol (BTCUSDT/1h/2024-01-01.json); any other is called what its owner likes.
    let under_symbol = folders.windows(2).find(|pair| timeframe(&pair[0]).is_some() && is_symbol(&pair[1]));
    out.symbol = out.symbol.or_else(|| under_symbol.map(|pair| pair[1].clone()));
    out
}

/// Whether a folder's name is written as that of an instrument.
fn is_symbol(folder: &str) -> bool {
    folder.len() >= 5 && folder.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

/// A file name without what says how it is stored.
fn stem(name: &str) -> String {
    let mut rest = name;
    while let Some((front, last)) = rest.rsplit_once('.') {
        let known = ["gz", "zip", "tar", "tgz", "csv", "txt", "json", "feather", "parquet", "arrow", "ipc"];
        if !known.contains(&last.to_ascii_lowercase().as_str()) {
            break;
        }
        rest = front;
    }
    rest.to_owned()
}

impl Named {
    fn take(&mut self, stem: &str) {
        let lower = stem.to_ascii_lowercase();
        let kinds = [
            ("funding_rate", NameKind::Funding),
            ("fundingrate", NameKind::Funding),
            ("margin_interest", NameKind::Funding),
            ("quote", NameKind::Quote),
            ("trade", NameKind::Trade),
            ("mark", NameKind::Mark),
            ("bid", NameKind::Bid),
            ("ask", NameKind::Ask),
        ];
        let words: Vec<&str> =
            stem.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
        if self.kind == NameKind::Plain {
            let says = |text: &str| {
                if text.contains('_') {
                    lower.contains(text)
                } else {
                    words.iter().any(|w| w.eq_ignore_ascii_case(text))
                }
            };
            self.kind = kinds.iter().find(|(text, _)| says(text)).map_or(NameKind::Plain, |k| k.1);
        }
        for (i, word) in words.iter().enumerate() {
            if self.timeframe.is_none() {
                let two = words.get(i + 1).and_then(|next| timeframe(&format!("{word}{next}")));
                self.timeframe = timeframe(word).or(if is_digits(word) { two } else { None });
            }
        }
        if self.symbol.is_some() {
            return;
        }
        // Pairs of freqtrade: base, quote, and the currency of settlement of a perpetual.
        if let Some((pair, rest)) = stem.split_once('-')
            && pair.contains('_')
            && pair.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
            && timeframe(rest.split('-').next().unwrap_or_default()).is_some()
        {
            let parts: Vec<&str> = pair.split('_').collect();
            let perp = if parts.len() > 2 { "-PERP" } else { "" };
            self.symbol = Some(format!("{}{}{perp}", parts[0], parts.get(1).unwrap_or(&"")));
            return;
        }
        let names: Vec<&str> = words
            .iter()
            .copied()
            .filter(|w| !is_digits(w) && timeframe(w).is_none() && w.len() >= 2 && !is_unit(w))
            .collect();
        // TradingView writes the market before the symbol.
        let names = match &names[..] {
            [first, rest @ ..] if !rest.is_empty() && MARKETS.contains(first) => {
                // And the length of a bar in minutes behind it.
                let minutes = words.last().filter(|w| is_digits(w)).and_then(|w| timeframe(&format!("{w}m")));
                self.timeframe = self.timeframe.or(minutes);
                rest.to_vec()
            }
            _ => names,
        };
        if let [base, quote, ..] = names[..]
            && is_pair(base, quote)
        {
            self.symbol = Some(format!("{base}{quote}").to_ascii_uppercase());
            return;
        }
        let Some(first) = names.first() else { return };
        let (symbol, length) = split_meta(first);
        if symbol.chars().filter(char::is_ascii_alphabetic).count() >= 2 {
            self.symbol = Some(symbol.to_ascii_uppercase());
            self.timeframe = self.timeframe.or(length);
        }
    }
}

/// What the price of an instrument is in.
const QUOTES: [&str; 18] = [
    "USD", "USDT", "USDC", "BUSD", "FDUSD", "TUSD", "EUR", "GBP", "JPY", "CHF", "AUD", "NZD", "CAD", "KRW",
    "TRY", "BTC", "ETH", "BNB",
];

/// What those that are money of states are quoted for; anything at all is quoted in coins.
const BASES: [&str; 24] = [
    "EUR", "GBP", "USD", "AUD", "NZD", "CAD", "CHF", "JPY", "XAU", "XAG", "XPT", "XPD", "BTC", "XBT", "ETH",
    "XRP", "LTC", "BCH", "ADA", "SOL", "DOGE", "DOT", "BNB", "LINK",
];

/// Whether two words of a name are the base and the quote of one instrument: `EUR_USD`, `BTC-USD`, `doge usdt`.
fn is_pair(base: &str, quote: &str) -> bool {
    let is = |word: &str, of: &[&str]| of.iter().any(|w| w.eq_ignore_ascii_case(word));
    let of_coins = ["USDT", "USDC", "BUSD", "FDUSD", "TUSD", "BTC", "ETH", "BNB"];
    // Words of a file's name are no coins.
    let coin = base.len() <= 8 && base.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let part = is(base, &PARTS);
    !part
        && is(quote, &QUOTES)
        && !base.eq_ignore_ascii_case(quote)
        && (is(base, &BASES) || coin && is(quote, &of_coins))
}

/// Markets that stand before a symbol.
const MARKETS: [&str; 24] = [
    "BINANCE",
    "BINANCEUS",
    "COINBASE",
    "KRAKEN",
    "BYBIT",
    "OKX",
    "KUCOIN",
    "BITSTAMP",
    "BITFINEX",
    "GEMINI",
    "BITMEX",
    "MEXC",
    "OANDA",
    "FOREXCOM",
    "FXCM",
    "FX",
    "NASDAQ",
    "NYSE",
    "AMEX",
    "CME",
    "CBOT",
    "NYMEX",
    "COMEX",
    "TVC",
];

/// Words before a number that are the name of a file, not of an instrument.
const PARTS: [&str; 21] = [
    "part", "file", "data", "chunk", "page", "test", "bars", "candles", "sample", "output", "export",
    "download", "split", "batch", "series", "prices", "history", "ohlc", "ohlcv", "copy", "version",
];

/// MetaTrader's `EURUSD60` and `XAUUSDh1`: the symbol and the length of a bar.
fn split_meta(word: &str) -> (&str, Option<Timeframe>) {
    let digits = word.len() - word.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (front, number) = word.split_at(word.len() - digits);
    let part = PARTS.iter().any(|p| p.eq_ignore_ascii_case(front));
    if !part && front.len() >= 4 && ["1", "5", "15", "30", "60", "240", "1440", "10080"].contains(&number) {
        let minutes: i64 = number.parse().unwrap_or(0);
        // A unit before the number: h1, m15, d1.
        if let (symbol, Some(length)) = (&front[..front.len() - 1], timeframe(&word[front.len() - 1..]))
            && front.ends_with(|c: char| c.is_ascii_lowercase())
            && symbol.chars().all(|c| !c.is_ascii_lowercase())
        {
            return (symbol, Some(length));
        }
        return (front, Timeframe::from_ms(minutes * 60_000));
    }
    if front.len() >= 5
        && let Some(length) = timeframe(&word[front.len() - 1..])
        && front.ends_with(|c: char| c.is_ascii_lowercase())
        && front[..front.len() - 1].chars().all(|c| !c.is_ascii_lowercase())
    {
        return (&front[..front.len() - 1], Some(length));
    }
    (word, None)
}

/// Whether a word is one of a length, which is no symbol.
fn is_unit(word: &str) -> bool {
    ["min", "minute", "hour", "day", "week", "month"].iter().any(|u| word.eq_ignore_ascii_case(u))
}

fn is_digits(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_digit())
}

/// The length of a bar in the spellings of file names: `1h`, `h1`, `60min`, `1hour`, `daily`, `D1`.
fn timeframe(word: &str) -> Option<Timeframe> {
    let lower = word.to_ascii_lowercase();
    let whole = [
        ("minute", "1m"),
        ("hourly", "1h"),
        ("hour", "1h"),
        ("daily", "1d"),
        ("weekly", "1w"),
        ("monthly", "1M"),
        ("1mo", "1M"),
        ("3mo", "3M"),
    ];
    if let Some((_, t)) = whole.iter().find(|(w, _)| *w == lower) {
        return t.parse().ok();
    }
    let unit = |u: &str| {
        Some(match u {
            "s" | "sec" | "second" | "seconds" => 's',
            "m" | "min" | "minute" | "minutes" => 'm',
            "h" | "hr" | "hour" | "hours" => 'h',
            "d" | "day" | "days" => 'd',
            "w" | "week" | "weeks" => 'w',
            _ => return None,
        })
    };
    // 1M is a month, 1m a minute.
    if word.ends_with('M') && word.len() > 1 && is_digits(&word[..word.len() - 1]) {
        return word.parse().ok();
    }
    let at = lower.find(|c: char| !c.is_ascii_digit())?;
    let (number, u) = if at > 0 {
        (lower[..at].to_owned(), unit(&lower[at..])?)
    } else {
        let at = lower.find(|c: char| c.is_ascii_digit())?;
        (lower[at..].to_owned(), unit(&lower[..at])?)
    };
    // Years are no lengths.
    if !is_digits(&number) || number.parse::<u32>().map_or(true, |n| n > 1440) {
        return None;
    }
    format!("{number}{u}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_many_sources() {
        for (path, symbol, length, kind) in [
            ("BTC_USDT_USDT-5m-futures.feather", "BTCUSDT-PERP", "5m", NameKind::Plain),
            ("BTC_USDT_USDT-8h-funding_rate.feather", "BTCUSDT-PERP", "8h", NameKind::Funding),
            ("BTC_USDT_USDT-8h-mark.json", "BTCUSDT-PERP", "8h", NameKind::Mark),
            ("UNITTEST_BTC-8m.json.gz", "UNITTESTBTC", "8m", NameKind::Plain),
            ("BTCUSDT-1h-2023-01.csv", "BTCUSDT", "1h", NameKind::Plain),
            ("BTCUSDT - 1hour - (10-02-2018 to 31-03-2025).csv", "BTCUSDT", "1h", NameKind::Plain),
            ("EURUSD60.csv", "EURUSD", "1h", NameKind::Plain),
            ("US30Cash60.csv", "US30CASH", "1h", NameKind::Plain),
            ("XAUUSDh1.csv", "XAUUSD", "1h", NameKind::Plain),
            ("EURUSDh4.csv", "EURUSD", "4h", NameKind::Plain),
            ("btcusd-h1-bid-2023-01-01-2023-02-20.json", "BTCUSD", "1h", NameKind::Bid),
            ("EURUSD_Candlestick_1_h_BID_01.01.2020-31.01.2020.csv", "EURUSD", "1h", NameKind::Bid),
            ("gbpusd-m1-ask-2012.csv", "GBPUSD", "1m", NameKind::Ask),
            ("BTCUSD_Candles_1m_2018_raw.tar.gz", "BTCUSD", "1m", NameKind::Plain),
            ("ADABTC-1m-2021-11-27.csv", "ADABTC", "1m", NameKind::Plain),
            ("USD_JPY_M15.csv", "USDJPY", "15m", NameKind::Plain),
            ("eur-usd-h1-bid.csv", "EURUSD", "1h", NameKind::Bid),
            ("PEPE_USDT_1h.csv", "PEPEUSDT", "1h", NameKind::Plain),
            ("BINANCE_BTCUSDT, 60.csv", "BTCUSDT", "1h", NameKind::Plain),
        ] {
            let n = named(Path::new(path), "");
            let got = (n.symbol.as_deref(), n.timeframe.map(|t| t.to_string()), n.kind);
            assert_eq!(got, (Some(symbol), Some(length.to_owned()), kind), "{path}");
        }
        let n = named(Path::new("crypto/coinbase/hour/btcusd_trade.zip"), "");
        assert_eq!((n.symbol.as_deref(), n.timeframe, n.kind), (Some("BTCUSD"), None, NameKind::Trade));
        let n = named(Path::new("binance/margin_interest/btcusd.csv"), "");
        assert_eq!((n.symbol.as_deref(), n.kind), (Some("BTCUSD"), NameKind::Funding));
        let n = named(Path::new("2005-2006-day-001.txt"), "");
        assert_eq!((n.symbol, n.timeframe), (None, None));
        let n = named(Path::new("GOOG.csv"), "GOOG.csv");
        assert_eq!((n.symbol.as_deref(), n.timeframe), (Some("GOOG"), None));
        assert_eq!(named(Path::new("BTCUSDT-1M-2023-01.csv"), "").timeframe, Some(Timeframe::MONTH));
        for (path, symbol) in [
            ("EUR_USD.csv", "EURUSD"),
            ("BTC-USD.csv", "BTCUSD"),
            // A share is not quoted by its name's second word.
            ("AAPL_USD.csv", "AAPL"),
            ("BRK_B.csv", "BRK"),
            ("bars_BTC.csv", "BARS"),
            ("the_eth.csv", "THE"),
            // Numbers of parts are no lengths.
            ("part1.csv", "PART1"),
            ("file5.csv", "FILE5"),
        ] {
            let n = named(Path::new(path), "");
            assert_eq!((n.symbol.as_deref(), n.timeframe), (Some(symbol), None), "{path}");
        }
    }

    #[test]
    fn a_folder_is_a_hint_of_a_length_and_no_evidence() {
        let of = |path: &str| {
            let n = named(Path::new(path), "");
            (n.symbol, n.timeframe, n.folder.map(|(name, t)| format!("{name} {t}")))
        };
        let symbol = Some("BTCUSDT".to_owned());
        assert_eq!(of("x/BTCUSDT/15m/2024-12-30.json"), (symbol.clone(), None, Some("15m 15m".into())));
        assert_eq!(of("d13/bars.csv"), (Some("BARS".into()), None, Some("d13 13d".into())));
        // A folder in capitals is no symbol by itself.
        assert_eq!(of("BTCUSDT/2024-12-30.json"), (None, None, None));
        assert_eq!(of("h4/a/b/c/2024-12-30.json"), (None, None, None));
        assert_eq!(of("d1/BTCUSDT-1h-2024.csv").1.map(|t| t.to_string()).as_deref(), Some("1h"));
    }
}
