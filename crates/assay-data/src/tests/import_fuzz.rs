//! No bytes make an importer panic: files of every format, damaged at random, imported, checked, repaired and written.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::check::{CheckOptions, Fix, apply, check};
use crate::import::{Imported, Options, import, import_funding, series, write};
use crate::market::{Timeframe, Zone};
use crate::random::Stream;
use crate::{DateOrder, write_parquet};

const H: i64 = 3_600_000;

fn rows(line: impl Fn(i64) -> String) -> String {
    (0..40).map(|i| line(i) + "\n").collect()
}

fn zipped(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut w = zip::ZipWriter::new(std::io::Cursor::new(vec![]));
    w.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    w.write_all(bytes).unwrap();
    w.finish().unwrap().into_inner()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut w = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    w.write_all(bytes).unwrap();
    w.finish().unwrap()
}

fn tarred(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut w = tar::Builder::new(vec![]);
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_cksum();
    w.append_data(&mut header, name, bytes).unwrap();
    gzipped(&w.into_inner().unwrap())
}

/// A file of bars as Arrow, with a column of times that names no zone.
fn arrow() -> Vec<u8> {
    use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
    use std::sync::Arc;
    let times: ArrayRef = Arc::new(Int64Array::from_iter_values((0..40).map(|i| 1_600_000_000_000 + i * H)));
    let price: ArrayRef = Arc::new(Float64Array::from_iter_values((0..40).map(|_| 2.0)));
    let names = ["date", "open", "high", "low", "close", "volume"];
    let columns = names.iter().map(|n| (*n, if *n == "date" { times.clone() } else { price.clone() }));
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = vec![];
    let mut w = arrow_ipc::writer::FileWriter::try_new(&mut bytes, &batch.schema()).unwrap();
    w.write(&batch).unwrap();
    w.finish().unwrap();
    drop(w);
    bytes
}

/// One sound file of every format, by the name it has.
fn seeds(dir: &Path) -> Vec<(&'static str, Vec<u8>)> {
    let t = |i: i64| 1_600_000_000_000 / H * H + i * H;
    let kline = rows(|i| format!("{},2,3,1,2.5,7,{},1,2,3,4,0", t(i), t(i) + H - 1));
    let json: Vec<String> = (0..40)
        .map(|i| {
            format!("[{},\"2\",\"3\",\"1\",\"2.5\",\"7\",{},\"1\",2,\"3\",\"4\",\"0\"]", t(i), t(i) + H - 1)
        })
        .collect();
    let six: Vec<String> = (0..40).map(|i| format!("[{},2,3,1,2.5,7]", t(i))).collect();
    let objects: Vec<String> = (0..40)
        .map(|i| format!("{{\"timestamp\":{},\"open\":2,\"high\":3,\"low\":1,\"close\":2.5}}", t(i)))
        .collect();
    let lean = rows(|i| format!("202001{:02} 00:00,20000,30000,10000,25000,7", 1 + i % 28));
    let quotes = rows(|i| format!("{},1,2,0.5,1,5,1.1,2.1,0.6,1.1,5", i * 60_000));
    let mt = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n".to_owned()
        + &rows(|i| format!("2020.01.{:02}\t{:02}:00:00\t2\t3\t1\t2.5\t9\t0\t2", 1 + i / 24, i % 24));
    let own = dir.join("own.parquet");
    let source = dir.join("own.csv");
    std::fs::write(&source, super::hours(40)).unwrap();
    let bars = crate::load(&source, &crate::LoadRequest::default()).unwrap().bars;
    write_parquet(&own, &bars, None, &[("assay:time", "open".to_owned())]).unwrap();
    vec![
        ("BTCUSDT-1h-2020-09.csv", kline.clone().into()),
        ("BTCUSDT-1h-2020-09.zip", zipped("BTCUSDT-1h-2020-09.csv", kline.as_bytes())),
        ("k.json", format!("[{}]", json.join(",")).into()),
        ("BTC_USDT-1h.json", format!("[{}]", six.join(",")).into()),
        ("BTC_USDT-1h.json.gz", gzipped(format!("[{}]", six.join(",")).as_bytes())),
        (
            "candles.tar.gz",
            tarred("a/1.json", format!("[{}]", six.join(",").replace("2,3,1,2.5", "2,2.5,3,1")).as_bytes()),
        ),
        ("bitfinex.csv", rows(|i| format!("{},2,2.5,3,1,7", t(i))).into()),
        ("duka.json", format!("[{}]", objects.join(",")).into()),
        (
            "duka.csv",
            ("Gmt time,Open,High,Low,Close,Volume\n".to_owned()
                + &rows(|i| format!("{:02}.01.2020 {:02}:00:00.000,2,3,1,2.5,7", 1 + i / 24, i % 24)))
                .into(),
        ),
        ("equity/usa/daily/aapl.zip", zipped("aapl.csv", lean.as_bytes())),
        ("crypto/coinbase/minute/btcusd/20170903_quote.zip", zipped("q.csv", quotes.as_bytes())),
        ("EURUSD60.csv", rows(|i| format!("2020.01.{:02},{:02}:00,2,3,1,2.5,7", 1 + i / 24, i % 24)).into()),
        ("mt5.csv", mt.clone().into()),
        (
            "mt5-wide.csv",
            b"\xFF\xFE".iter().copied().chain(mt.encode_utf16().flat_map(u16::to_le_bytes)).collect(),
        ),
        (
            "GOOG.csv",
            ("Date,Open,High,Low,Close,Adj Close,Volume\n".to_owned()
                + &rows(|i| format!("2020-{:02}-{:02},2,3,1,2.5,2.4,7", 1 + i / 28, 1 + i % 28)))
                .into(),
        ),
        (
            "slashes.csv",
            ("date,open,high,low,close\n".to_owned()
                + &rows(|i| format!("{:02}/01/2020 {:02}:00,2,3,1,2.5", 12 + i / 24, i % 24)))
                .into(),
        ),
        ("BTC_USDT-1h.feather", arrow()),
        ("own.parquet", std::fs::read(own).unwrap()),
        (
            "BTCUSDT-fundingRate-2024-01.csv",
            ("calc_time,funding_interval_hours,last_funding_rate\n".to_owned()
                + &rows(|i| format!("{},8,0.0001", t(8 * i))))
                .into(),
        ),
    ]
}

/// Damages a file: bytes changed, put in, taken out, a piece doubled, or the end cut off.
fn damaged(mut bytes: Vec<u8>, draw: &mut Stream) -> Vec<u8> {
    const TELLING: &[u8] = b",;\t\n\r\" 0123456789.-+eNi:/TZ[]{}\0\xFF";
    for _ in 0..=draw.below(5) {
        if bytes.is_empty() {
            return bytes;
        }
        let at = draw.below(bytes.len());
        match draw.below(8) {
            0 | 1 => bytes[at] = draw.bits() as u8,
            2 | 3 => bytes[at] = TELLING[draw.below(TELLING.len())],
            4 => bytes.insert(at, TELLING[draw.below(TELLING.len())]),
            5 => drop(bytes.remove(at)),
            6 => {
                let end = (at + draw.below(60)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => bytes.truncate(at),
        }
    }
    bytes
}

/// Imports, checks, repairs and writes; whatever comes of it is fine, except a panic.
fn calmly(path: &Path, out: &Path, draw: &mut Stream) {
    let options = Options {
        zone: (draw.below(2) == 0).then_some(Zone::NEW_YORK),
        time: (draw.below(3) == 0).then_some(crate::TimeConvention::Close),
        price_scale: (draw.below(4) == 0).then_some(0.01),
        columns: if draw.below(8) == 0 {
            ["time", "open", "high", "low", "close", "volume"].map(str::to_owned).to_vec()
        } else {
            vec![]
        },
        dates: [DateOrder::Unknown, DateOrder::Dmy, DateOrder::Mdy][draw.below(3)],
        adjust: draw.below(4) == 0,
        ..Options::default()
    };
    let files = [path.to_owned()];
    let _ = series(&files);
    let _ = import_funding(&files);
    let Ok(Imported { rows, facts, instrument }) = import(&files, &options) else { return };
    let checks = CheckOptions {
        now_ms: Some(1_700_000_000_000),
        stated_timeframe: facts.stated_timeframe,
        ..CheckOptions::default()
    };
    let report = check(&rows, &checks);
    let fixes = [Fix::Sort, "dedup=first".parse().unwrap(), Fix::DropLast];
    if let Ok((rows, _)) = apply(rows, &fixes, &checks) {
        let timeframe = report.figures.timeframe.unwrap_or(Timeframe::H1);
        let _ = write(out, Imported { rows, facts, instrument }, timeframe, &[]);
    }
}

/// Files until the time is over, or so many.
fn storm(seed: u64, most: u64, end: Option<Instant>) -> u64 {
    let dir = tempfile::tempdir().unwrap();
    let all = seeds(dir.path());
    let mut done = 0;
    for round in 0..most {
        if end.is_some_and(|e| Instant::now() > e) {
            break;
        }
        let (name, bytes) = &all[(round % all.len() as u64) as usize];
        let mut draw = Stream::new(seed, "importers", round);
        let path: PathBuf = dir.path().join("storm").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let bytes = damaged(bytes.clone(), &mut draw);
        std::fs::write(&path, &bytes).unwrap();
        let calm = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            calmly(&path, &dir.path().join("o.parquet"), &mut draw)
        }));
        assert!(calm.is_ok(), "round {round} of seed {seed}, {name}: {}", String::from_utf8_lossy(&bytes));
        done += 1;
    }
    done
}

#[test]
fn sound_files_of_every_format_are_taken() {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in seeds(dir.path()) {
        let path = dir.path().join("sound").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        let files = [path.clone()];
        let n = if name.contains("funding") {
            import_funding(&files).map(|e| e.rate.len())
        } else {
            import(&files, &Options::default()).map(|i| i.rows.len())
        };
        assert_eq!(n.unwrap_or_else(|e| panic!("{name}: {e}")), 40, "{name}");
    }
}

#[test]
fn damaged_files_are_refused_calmly() {
    assert_eq!(storm(1, 1500, None), 1500);
}

/// Minutes of it: `ASSAY_FUZZ_SECONDS=300 cargo test --release --lib -- --ignored a_storm`.
#[test]
#[ignore = "runs for ASSAY_FUZZ_SECONDS"]
fn a_storm_of_damaged_files() {
    let seconds = std::env::var("ASSAY_FUZZ_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(60);
    let end = Instant::now() + Duration::from_secs(seconds);
    println!("{} files", storm(seconds + 7, u64::MAX, Some(end)));
}
