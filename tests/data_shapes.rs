//! The shapes in which people have bars: each is read as it is, read with an option that its refusal names, or refused.
//!
//! All examples are made up: sixty bars of a made-up market, as each source would write them.

use std::path::Path;

use assay::data::table;
use tempfile::TempDir;

use crate::common::assay;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// A Monday.
const START: i64 = 1_704_067_200_000;
const N: i64 = 60;

/// Open, high, low, close and volume of bar `i`.
fn bar(i: i64) -> [f64; 5] {
    let price = |i: i64| 100.0 + ((i * 7919) % 101) as f64 / 50.0;
    let (o, c) = (price(i), price(i + 1));
    let cents = |x: f64| (x * 100.0).round() / 100.0;
    [o, cents(o.max(c) + 0.5), cents(o.min(c) - 0.5), c, 1000.0 + 10.0 * (i % 7) as f64].map(cents)
}

/// What a row is made of: its number, the time as `YYYY-MM-DD HH:MM:SS`, and the bar.
struct Row {
    i: i64,
    time: String,
    b: [f64; 5],
}

impl Row {
    fn at(i: i64, step: i64) -> Self {
        Self { i, time: assay::market::format_time(START + i * step), b: bar(i) }
    }

    fn seconds(&self, step: i64) -> i64 {
        (START + self.i * step) / 1000
    }

    fn date(&self) -> &str {
        &self.time[..10]
    }

    /// `MM/DD/YYYY`.
    fn american(&self) -> String {
        format!("{}/{}/{}", &self.time[5..7], &self.time[8..10], &self.time[..4])
    }

    /// `YYYYMMDD` and `HHMMSS`.
    fn compact(&self) -> (String, String) {
        (self.date().replace('-', ""), self.time[11..].replace(':', ""))
    }
}

fn rows(step: i64, row: impl Fn(&Row) -> String) -> Vec<String> {
    (0..N).map(|i| row(&Row::at(i, step))).collect()
}

fn newest_first(step: i64, row: impl Fn(&Row) -> String) -> Vec<String> {
    rows(step, row).into_iter().rev().collect()
}

fn text(head: &str, rows: &[String]) -> String {
    format!("{head}{}\n", rows.join("\n"))
}

fn array(rows: &[String]) -> String {
    format!("[{}]", rows.join(","))
}

/// Runs an import; the exit code and what was printed.
fn import(folder: &Path, file: &str, options: &str) -> (i32, String) {
    let mut command = assay();
    command.current_dir(folder).args(["data", "import", file, "--out", "out.parquet"]);
    // A word in quotes may hold spaces.
    for (k, part) in options.split('"').enumerate() {
        match k % 2 {
            0 => part.split_whitespace().for_each(|w| {
                command.arg(w);
            }),
            _ => {
                command.arg(part);
            }
        }
    }
    let out = command.output().unwrap();
    let said = [out.stdout, out.stderr].map(|b| String::from_utf8(b).unwrap()).join("\n");
    (out.status.code().unwrap(), said)
}

/// One shape: what it is, the file, its content, and the length of its bars.
struct Shape {
    source: &'static str,
    file: &'static str,
    content: String,
    step: i64,
    /// What its times are later than UTC.
    clock: i64,
    /// Refusals, each with the options given and words of it; the last options make bars of it.
    refused: &'static [(&'static str, &'static str)],
    options: &'static str,
}

fn check(shape: &Shape) {
    let Shape { source, file, content, step, clock, refused, options } = shape;
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join(file), content).unwrap();
    for (options, words) in *refused {
        let (code, said) = import(folder.path(), file, options);
        assert!(code == 2 && said.contains(words), "{source} with {options:?}: {code} {said}");
    }
    let (code, said) = import(folder.path(), file, options);
    assert_eq!(code, 0, "{source} with {options:?}: {said}");
    let bars = table::read(&folder.path().join("out.parquet")).unwrap();
    assert_eq!(bars.rows(), N as usize, "{source}");
    let times: Vec<i64> = (0..N).map(|i| START + i * step - clock).collect();
    assert_eq!(bars.time_ms("open_time").unwrap(), times, "{source}");
    for (k, name) in ["open", "high", "low", "close", "volume"].into_iter().enumerate() {
        let want: Vec<f64> = (0..N).map(|i| bar(i)[k]).collect();
        // Currencies without a volume, and those of HistData, have none.
        if name == "volume" && bars.f64(name).unwrap().iter().all(|v| *v == 0.0) {
            assert_eq!(*source, "HistData");
            continue;
        }
        assert_eq!(bars.f64(name).unwrap(), want, "{source}: {name}");
    }
}

fn texts() -> Vec<Shape> {
    let csv = |r: &Row| {
        let [o, h, l, c, v] = r.b;
        format!("{o},{h},{l},{c},{v}")
    };
    let base = Shape {
        source: "",
        file: "x.csv",
        content: String::new(),
        step: DAY,
        clock: 0,
        refused: &[],
        options: "",
    };
    let daily = |source, content| Shape { source, content, ..base };
    let hourly = |source, content| Shape { source, content, step: HOUR, options: "--time open", ..base };
    vec![
        daily("yfinance, one share", {
            let row =
                |r: &Row| format!("{},{},{},{},{},{}", r.date(), r.b[3], r.b[1], r.b[2], r.b[0], r.b[4]);
            text(
                "Price,Close,High,Low,Open,Volume\nTicker,MSFT,MSFT,MSFT,MSFT,MSFT\nDate,,,,,\n",
                &rows(DAY, row),
            )
        }),
        Shape {
            options: "--symbol msft",
            refused: &[("", "the columns are of 2 instruments (AAPL, MSFT)")],
            ..daily("yfinance, two shares", {
                let row = |r: &Row| {
                    let [o, h, l, c, v] = r.b;
                    format!("{},1,{c},2,{h},1,{l},1,{o},7,{v}", r.date())
                };
                let head = "Price,Close,Close,High,High,Low,Low,Open,Open,Volume,Volume\n\
                            Ticker,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT\nDate,,,,,,,,,,\n";
                text(head, &rows(DAY, row))
            })
        },
        Shape {
            options: "--fix sort",
            refused: &[],
            ..daily(
                "Alpha Vantage, CSV",
                text(
                    "timestamp,open,high,low,close,volume\n",
                    &newest_first(DAY, |r| format!("{},{}", r.date(), csv(r))),
                ),
            )
        },
        Shape {
            options: "--time open --map \"volume=Volume BTC\"",
            ..hourly("CryptoDataDownload", {
                let row = |r: &Row| format!("{},{},BTC/USDT,{},{}", r.seconds(HOUR), r.time, csv(r), 7);
                let head = "https://www.CryptoDataDownload.com\nUnix,Date,Symbol,Open,High,Low,Close,Volume BTC,Volume USDT\n";
                text(head, &rows(HOUR, row))
            })
        },
        Shape {
            options: "--time open --skip 2 --map \"volume=Volume BTC\"",
            refused: &[("--skip 70 --time open", "--skip 70 leaves nothing")],
            ..hourly("a header that another one stands above", {
                let row = |r: &Row| format!("{},{},{}", r.seconds(HOUR), csv(r), 7);
                let head =
                    "x\ntime,open,high,low,close,volume\ntime,open,high,low,close,Volume BTC,Volume USDT\n";
                text(head, &rows(HOUR, row))
            })
        },
        Shape {
            options: "--fix sort --dates mdy --thousands , --price-scale 0.01",
            refused: &[("--fix sort --dates mdy", "--thousands , (1,500 is fifteen hundred)")],
            ..daily("investing.com", {
                let money = |p: f64| {
                    let hundred = format!("{:.2}", p * 100.0);
                    let at = hundred.len() - 6;
                    format!("{},{}", &hundred[..at], &hundred[at..])
                };
                let row = |r: &Row| {
                    let [o, h, l, c, v] = r.b;
                    let [o, h, l, c] = [o, h, l, c].map(money);
                    format!(
                        "\"{}\",\"{c}\",\"{o}\",\"{h}\",\"{l}\",\"{}K\",\"-0.51%\"",
                        r.american(),
                        v / 1000.0
                    )
                };
                let head = "\"Date\",\"Price\",\"Open\",\"High\",\"Low\",\"Vol.\",\"Change %\"\n";
                text(head, &newest_first(DAY, row))
            })
        },
        Shape {
            options: "--fix sort",
            ..daily("Nasdaq", {
                let row = |r: &Row| {
                    let [o, h, l, c, v] = r.b;
                    format!("{},${c},{v},${o},${h},${l}", r.american())
                };
                text("Date,Close/Last,Volume,Open,High,Low\n", &newest_first(DAY, row))
            })
        },
        hourly(
            "TradingView",
            text(
                "time,open,high,low,close,Volume\n",
                &rows(HOUR, |r| format!("{},{}", r.seconds(HOUR), csv(r))),
            ),
        ),
        Shape {
            options: "--columns time,open,high,low,close,volume,trades --time open",
            refused: &[("--time open", "name its columns in their order: --columns")],
            ..hourly(
                "Kraken, CSV",
                text("", &rows(HOUR, |r| format!("{},{},{}", r.seconds(HOUR), csv(r), r.i))),
            )
        },
        hourly("HistData", {
            let row = |r: &Row| {
                let ([o, h, l, c, _], (d, t)) = (r.b, r.compact());
                format!("{d} {t};{o};{h};{l};{c};0")
            };
            text("", &rows(HOUR, row))
        }),
        hourly("FirstRate", text("", &rows(HOUR, |r| format!("{},{}", r.time, csv(r))))),
        hourly("NinjaTrader", {
            let row = |r: &Row| {
                let (d, t) = r.compact();
                format!("{d} {t};{}", csv(r).replace(',', ";"))
            };
            text("", &rows(HOUR, row))
        }),
        Shape {
            refused: &[("--time open", "can be read in two ways, and no row says which")],
            options: "--time open --dates mdy",
            ..hourly("MultiCharts", {
                let row = |r: &Row| format!("{},{},{},0", r.american(), &r.time[11..16], csv(r));
                let head = "\"Date\",\"Time\",\"Open\",\"High\",\"Low\",\"Close\",\"Vol\",\"OI\"\n";
                text(head, &rows(HOUR, row))
            })
        },
        hourly("AmiBroker", {
            let row = |r: &Row| format!("ACME,{},{},{}", r.date(), &r.time[11..], csv(r));
            text("Ticker,Date,Time,Open,High,Low,Close,Volume\n", &rows(HOUR, row))
        }),
        hourly("MetaStock", {
            let row = |r: &Row| {
                let (d, t) = r.compact();
                format!("ACME,60,{d},{t},{}", csv(r))
            };
            text("<TICKER>,<PER>,<DTYYYYMMDD>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>\n", &rows(HOUR, row))
        }),
        hourly("Stooq", {
            let row = |r: &Row| {
                let (d, t) = r.compact();
                format!("ACME.US,60,{d},{t},{},0", csv(r))
            };
            let head = "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n";
            text(head, &rows(HOUR, row))
        }),
        Shape {
            clock: -5 * HOUR,
            ..hourly("Interactive Brokers", {
                let row = |r: &Row| {
                    let (d, _) = r.compact();
                    format!("{d} {} US/Eastern,{},100,9", &r.time[11..], csv(r))
                };
                text("date,open,high,low,close,volume,average,barCount\n", &rows(HOUR, row))
            })
        },
        Shape {
            clock: -5 * HOUR,
            options: "--time open --timezone America/New_York",
            refused: &[("--time open", "the zone \"EST\" is the name of several clocks")],
            ..hourly("a zone by its letters", {
                text(
                    "date,open,high,low,close,volume\n",
                    &rows(HOUR, |r| format!("{} EST,{}", r.time, csv(r))),
                )
            })
        },
        Shape {
            options: "--time open --decimal , --thousands .",
            refused: &[
                ("--time open", "say what the comma is when importing: --decimal ,"),
                ("--time open --decimal ; ", "stands before no decimals"),
                ("--time open --decimal , --thousands ,", "stands before decimals already"),
            ],
            ..hourly("decimal commas", {
                let row = |r: &Row| {
                    let [o, h, l, c, v] = r.b.map(|x| x.to_string().replace('.', ","));
                    format!("{};{o};{h};{l};{c};1.{}", r.time, &v[1..])
                };
                text("time;open;high;low;close;volume\n", &rows(HOUR, row))
            })
        },
        hourly("a clock of twelve hours", {
            let row = |r: &Row| {
                let hour = r.i % 24;
                let half = if hour < 12 { "AM" } else { "PM" };
                format!("{} {}:00 {half},{}", r.date(), (hour + 11) % 12 + 1, csv(r))
            };
            text("date,open,high,low,close,volume\n", &rows(HOUR, row))
        }),
        Shape {
            options: "--adjust --map adjusted_close=Total",
            refused: &[("--adjust", "--map adjusted_close=NAME")],
            ..daily(
                "a close adjusted under any name",
                text(
                    "Date,Open,High,Low,Close,Volume,Total\n",
                    &rows(DAY, |r| format!("{},{},{}", r.date(), csv(r), r.b[3])),
                ),
            )
        },
    ]
}

fn jsons() -> Vec<Shape> {
    let fields = |r: &Row| r.b.map(|x| format!("\"{x}\"")).join(",");
    let base = Shape {
        source: "",
        file: "x.json",
        content: String::new(),
        step: HOUR,
        clock: 0,
        refused: &[],
        options: "--time open",
    };
    let of = |source, content| Shape { source, content, ..base };
    let object = |r: &Row, names: [&str; 5]| {
        names.iter().zip(r.b).map(|(n, x)| format!("\"{n}\":{x}")).collect::<Vec<_>>().join(",")
    };
    let short = ["o", "h", "l", "c", "v"];
    vec![
        Shape {
            step: DAY,
            options: "--fix sort",
            ..of("Alpha Vantage, JSON", {
                let row = |r: &Row| {
                    let names = ["1. open", "2. high", "3. low", "4. close", "5. volume"];
                    let values = names.iter().zip(r.b).map(|(n, x)| format!("\"{n}\":\"{x}\""));
                    format!("\"{}\":{{{}}}", r.date(), values.collect::<Vec<_>>().join(","))
                };
                let series = newest_first(DAY, row).join(",");
                let meta = "{\"1. Information\":\"Daily Prices\",\"2. Symbol\":\"IBM\"}";
                format!("{{\"Meta Data\":{meta},\"Time Series (Daily)\":{{{series}}}}}")
            })
        },
        of(
            "ccxt",
            array(&rows(HOUR, |r| format!("[{},{}]", r.seconds(HOUR) * 1000, fields(r).replace('"', "")))),
        ),
        Shape {
            options: "--time open --columns time,low,high,open,close,volume --fix sort",
            refused: &[(
                "--time open",
                "low,high,open,close does: --columns time,low,high,open,close,volume",
            )],
            ..of("Coinbase", {
                let row = |r: &Row| {
                    let [o, h, l, c, v] = r.b;
                    format!("[{},{l},{h},{o},{c},{v}]", r.seconds(HOUR))
                };
                array(&newest_first(HOUR, row))
            })
        },
        Shape {
            options: "--time open --fix sort",
            ..of("OKX", {
                let row =
                    |r: &Row| format!("[\"{}\",{},\"1\",\"2\",\"1\"]", r.seconds(HOUR) * 1000, fields(r));
                format!("{{\"code\":\"0\",\"msg\":\"\",\"data\":{}}}", array(&newest_first(HOUR, row)))
            })
        },
        Shape {
            options: "--time open --fix sort",
            ..of("Bybit", {
                let row = |r: &Row| format!("[\"{}\",{},\"1\"]", r.seconds(HOUR) * 1000, fields(r));
                let list = array(&newest_first(HOUR, row));
                format!("{{\"retCode\":0,\"result\":{{\"symbol\":\"BTCUSDT\",\"list\":{list}}},\"time\":1}}")
            })
        },
        Shape {
            options: "--time open --fix sort",
            ..of("KuCoin", {
                let row = |r: &Row| {
                    let [o, h, l, c, v] = r.b;
                    format!("[\"{}\",\"{o}\",\"{c}\",\"{h}\",\"{l}\",\"{v}\",\"9\"]", r.seconds(HOUR))
                };
                format!("{{\"code\":\"200000\",\"data\":{}}}", array(&newest_first(HOUR, row)))
            })
        },
        of("Kraken, JSON", {
            let row = |r: &Row| {
                let [o, h, l, c, v] = r.b;
                format!("[{},\"{o}\",\"{h}\",\"{l}\",\"{c}\",\"{c}\",\"{v}\",{}]", r.seconds(HOUR), r.i)
            };
            format!("{{\"error\":[],\"result\":{{\"XXBTZUSD\":{},\"last\":1}}}}", array(&rows(HOUR, row)))
        }),
        of("Polygon", {
            let row = |r: &Row| {
                format!("{{{},\"vw\":100.5,\"t\":{},\"n\":3}}", object(r, short), r.seconds(HOUR) * 1000)
            };
            format!("{{\"ticker\":\"ACME\",\"resultsCount\":60,\"results\":{}}}", array(&rows(HOUR, row)))
        }),
        of("charts by columns", {
            let column = |name: &str, value: &dyn Fn(&Row) -> String| {
                format!("\"{name}\":{}", array(&rows(HOUR, value)))
            };
            let all: Vec<String> =
                short.iter().enumerate().map(|(k, n)| column(n, &|r| r.b[k].to_string())).collect();
            format!("{{\"s\":\"ok\",{},{}}}", column("t", &|r| r.seconds(HOUR).to_string()), all.join(","))
        }),
        Shape {
            refused: &[
                ("--time open --skip 1", "--skip say how a text"),
                ("--time open --decimal ,", "is JSON, and --decimal and --thousands say how a text"),
            ],
            ..of(
                "objects",
                array(&rows(HOUR, |r| format!("{{{},\"time\":{}}}", object(r, short), r.seconds(HOUR)))),
            )
        },
    ]
}

#[test]
fn texts_of_many_sources() {
    texts().iter().for_each(check);
}

#[test]
fn json_of_many_sources() {
    jsons().iter().for_each(check);
}
