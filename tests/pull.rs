//! Fetching from a public archive: what is fetched, what is kept, and what is said when the archive or the line to it is at fault.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use assert_cmd::Command;
use tempfile::TempDir;

use crate::archive::{Act, Archive, HEADER, klines, sha256, zipped};
use crate::common::assay;

/// Milliseconds at which the months of 2024 begin, January to April.
const STARTS: [i64; 4] = [1_704_067_200_000, 1_706_745_600_000, 1_709_251_200_000, 1_711_929_600_000];

/// An archive with BTCUSDT 1h spot of January to April 2024, and a folder to pull into.
struct Scene {
    archive: Archive,
    dir: TempDir,
}

impl Scene {
    fn new() -> Self {
        let scene = Self { archive: Archive::new(), dir: tempfile::tempdir().unwrap() };
        for month in 1..=4 {
            scene.archive.publish(&remote(month), &month_zip(month));
        }
        scene
    }

    /// Pulls `from` to `to` without importing.
    fn command(&self, from: &str, to: &str) -> Command {
        self.with(from, to, &[])
    }

    /// The same with options that go before the usual ones.
    fn with(&self, from: &str, to: &str, options: &[&str]) -> Command {
        let mut command = quiet_network();
        command.args(["data", "pull", "binance", "BTCUSDT", "1h", "--from", from, "--to", to, "--no-import"]);
        command.arg("--cache").arg(self.dir.path()).args(options);
        let usual = [
            ("--base-url", self.archive.url.as_str()),
            ("--rate", "50"),
            ("--timeout", "5"),
            ("--backoff", "0.01"),
        ];
        for (name, value) in usual.into_iter().filter(|(name, _)| !options.contains(name)) {
            command.args([name, value]);
        }
        command
    }

    fn year(&self) -> Command {
        self.command("2024-01", "2024-04")
    }

    fn local(&self, month: usize) -> PathBuf {
        self.dir.path().join("binance").join(remote(month))
    }

    fn beside(&self, month: usize, suffix: &str) -> PathBuf {
        self.dir.path().join("binance").join(remote(month) + suffix)
    }

    /// Whether January to April are there, byte by byte, each with its checksum and nothing half done.
    fn complete(&self) {
        for month in 1..=4 {
            assert!(std::fs::read(self.local(month)).unwrap() == month_zip(month), "month {month}");
            let text = std::fs::read_to_string(self.beside(month, ".CHECKSUM")).unwrap();
            assert!(text.starts_with(&sha256(&month_zip(month))), "{text}");
            assert!(!self.beside(month, ".part").exists());
        }
    }

    /// The paths asked for since the last time, without their folder.
    fn asked(&self) -> Vec<String> {
        let name = |path: &str| path.rsplit('/').next().unwrap().replace("BTCUSDT-1h-", "");
        self.archive.asked().iter().map(|a| name(&a.path)).collect()
    }
}

/// The program, told of no proxy: the archive is on this machine.
fn quiet_network() -> Command {
    let mut command = assay();
    for name in ["http_proxy", "https_proxy", "all_proxy"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
    command
}

fn remote(month: usize) -> String {
    format!("data/spot/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2024-{month:02}.zip")
}

fn month_zip(month: usize) -> Vec<u8> {
    zipped(&format!("BTCUSDT-1h-2024-{month:02}.csv"), &klines(STARTS[month - 1], 24 * 28, 1))
}

/// What a command that does well prints.
fn out(command: &mut Command) -> String {
    String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
}

fn json(command: &mut Command) -> serde_json::Value {
    serde_json::from_str(&out(command.args(["--format", "json"]))).unwrap()
}

/// What a command that ends with `code` says, and that it prints nothing else.
fn refused(command: &mut Command, code: i32) -> String {
    let output = command.assert().code(code).get_output().clone();
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).unwrap()
}

fn states(document: &serde_json::Value) -> Vec<&str> {
    document["archives"].as_array().unwrap().iter().map(|a| a["state"].as_str().unwrap()).collect()
}

fn missing(document: &serde_json::Value) -> Vec<(&str, &str)> {
    let all = document["missing"].as_array().unwrap().iter();
    all.map(|m| (m["period"].as_str().unwrap(), m["why"].as_str().unwrap())).collect()
}

#[test]
fn every_archive_is_fetched_once_and_verified_each_time() {
    let scene = Scene::new();
    let first = json(&mut scene.year());
    scene.complete();
    assert_eq!(states(&first), ["fetched"; 4]);
    assert_eq!(first["archives"][3]["sha256"], sha256(&month_zip(4)));
    assert_eq!(
        scene.asked(),
        (1..=4)
            .flat_map(|m| [format!("2024-{m:02}.zip.CHECKSUM"), format!("2024-{m:02}.zip")])
            .collect::<Vec<_>>()
    );
    let again = json(&mut scene.year());
    assert_eq!((states(&again), &again["requests"]), (vec!["kept"; 4], &0.into()));
    assert_eq!(scene.asked(), [""; 0]);
    // What lies there is believed by its hash and not by its name.
    let mut bytes = month_zip(2);
    bytes[40] ^= 1;
    std::fs::write(scene.local(2), bytes).unwrap();
    assert_eq!(states(&json(&mut scene.year())), ["kept", "fetched", "kept", "kept"]);
    scene.complete();
    assert_eq!(scene.asked(), ["2024-02.zip.CHECKSUM", "2024-02.zip"]);
}

#[test]
fn the_summary_says_what_came_of_it() {
    let scene = Scene::new();
    out(&mut scene.command("2024-01", "2024-01"));
    scene.archive.act(&remote(3), [Act::Cut(500)]);
    let text = out(&mut scene.command("2023-11", "2024-06"));
    let text = text.replace(&scene.dir.path().display().to_string(), "CACHE");
    let sizes = |months: &[usize]| months.iter().map(|m| month_zip(*m).len()).sum::<usize>() as f64 / 1e3;
    assert_eq!(
        text,
        format!(
            "binance spot BTCUSDT 1h: 4 archives, 2024-01 to 2024-04, verified, in CACHE\n\
             3 fetched ({:.1} kB), 1 there already ({:.1} kB)\n\
             not there, before the first: 2023-11 to 2023-12\n\
             not published, or no longer traded: 2024-05 to 2024-06\n\
             licence: CC BY-NC-SA 4.0 and the Binance Vision Dataset Terms: research that is not commercial\n",
            sizes(&[2, 3, 4]),
            sizes(&[1])
        )
    );
}

#[test]
fn an_archive_with_another_hash_is_fetched_again_once_and_never_kept() {
    let scene = Scene::new();
    scene.archive.act(&remote(2), [Act::Other(b"not it".to_vec())]);
    assert_eq!(states(&json(&mut scene.year())), ["fetched"; 4]);
    scene.complete();

    let scene = Scene::new();
    scene.archive.put(&remote(2), "not it");
    let message = refused(&mut scene.year(), 1);
    let expected = format!(
        "error: {}/{}: came twice with SHA-256 {} where {} is stated\n\nhint: nothing of it was kept",
        scene.archive.url,
        remote(2),
        sha256(b"not it"),
        sha256(&month_zip(2))
    );
    assert!(message.starts_with(&expected), "{message}");
    assert!(
        !scene.local(2).exists()
            && !scene.beside(2, ".part").exists()
            && !scene.beside(2, ".CHECKSUM").exists()
    );
    assert_eq!(scene.asked().iter().filter(|n| *n == "2024-02.zip").count(), 2);
    let left_out = json(scene.year().arg("--allow-missing"));
    assert_eq!(missing(&left_out), [("2024-02", "wrong-checksum")]);
    assert_eq!(states(&left_out), ["kept", "fetched", "fetched"]);
}

#[test]
fn months_may_be_missing_at_the_edges_and_not_between() {
    let scene = Scene::new();
    let document = json(&mut scene.command("2023-12", "2024-05"));
    assert_eq!(missing(&document), [("2023-12", "before"), ("2024-05", "after")]);

    let scene = Scene::new();
    scene.archive.act(&(remote(2) + ".CHECKSUM"), [Act::Status(404, ""), Act::Status(404, "")]);
    let message = refused(&mut scene.year(), 2);
    assert!(message.contains("has nothing for 2024-02, and has what lies before and after"), "{message}");
    assert!(message.contains("--allow-missing"), "{message}");
    let document = json(scene.year().arg("--allow-missing"));
    assert_eq!((missing(&document), states(&document)), (vec![("2024-02", "hole")], vec!["kept"; 3]));

    let message = refused(&mut scene.command("2023-01", "2023-02"), 2);
    assert!(message.contains("has nothing from data/spot/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2023-01.zip to BTCUSDT-1h-2023-02.zip"), "{message}");
    assert!(message.contains("check the symbol"), "{message}");
}

#[test]
fn what_was_cut_off_is_resumed() {
    let scene = Scene::new();
    let half = month_zip(2).len() / 2;
    scene.archive.act(&remote(2), [Act::Cut(half)]);
    json(&mut scene.year());
    scene.complete();
    let asked = scene.archive.asked();
    assert_eq!(asked.len(), 9, "once more for the rest, and for nothing else");
    let ranges: Vec<_> = asked.into_iter().filter_map(|a| a.range).collect();
    assert_eq!(ranges, [format!("bytes={half}-")]);

    // A server that knows no parts sends it all again.
    let scene = Scene::new();
    scene.archive.act(&remote(2), [Act::Cut(half), Act::NoRange]);
    json(&mut scene.year());
    scene.complete();

    // The next day's command goes on where this one ended.
    let scene = Scene::new();
    scene.archive.act(&remote(2), [Act::Cut(half)]);
    let message = refused(scene.year().args(["--retries", "0"]), 1);
    assert!(message.contains(&format!("{}/{}: ", scene.archive.url, remote(2))), "{message}");
    assert!(message.contains("cut off, 1 times\n\nhint: run the same command again"), "{message}");
    assert_eq!(std::fs::metadata(scene.beside(2, ".part")).unwrap().len(), half as u64);
    assert!(!scene.local(2).exists());
    scene.archive.asked();
    assert_eq!(states(&json(&mut scene.year())), ["kept", "resumed", "fetched", "fetched"]);
    scene.complete();
    let ranges: Vec<_> = scene.archive.asked().into_iter().filter_map(|a| a.range).collect();
    assert_eq!(ranges, [format!("bytes={half}-")]);
}

#[test]
fn a_part_of_something_else_does_no_harm() {
    let whole = month_zip(1);
    let longer = [whole.clone(), b"more".to_vec()].concat();
    for part in [b"PK other".to_vec(), vec![0; whole.len()], longer, whole] {
        let scene = Scene::new();
        std::fs::create_dir_all(scene.local(1).parent().unwrap()).unwrap();
        std::fs::write(scene.beside(1, ".part"), part).unwrap();
        json(&mut scene.year());
        scene.complete();
    }
}

#[test]
fn a_bad_line_gets_there_as_long_as_it_gains() {
    let scene = Scene::new();
    // More failures than attempts, but every one brings something.
    scene.archive.act(&remote(1), vec![Act::Cut(100); 8]);
    json(scene.command("2024-01", "2024-01").args(["--retries", "1"]));
    assert!(std::fs::read(scene.local(1)).unwrap() == month_zip(1));
    // Where none does, the attempts are counted.
    let scene = Scene::new();
    scene.archive.act(&remote(1), vec![Act::Cut(0); 8]);
    refused(scene.command("2024-01", "2024-01").args(["--retries", "1"]), 1);
    assert_eq!(scene.asked(), ["2024-01.zip.CHECKSUM", "2024-01.zip", "2024-01.zip"]);
}

#[test]
fn a_server_that_is_too_slow_is_asked_again() {
    for act in [Act::Stall(300), Act::Silence, Act::Dribble] {
        let scene = Scene::new();
        scene.archive.act(&remote(1), [act]);
        let clock = Instant::now();
        json(&mut scene.with("2024-01", "2024-01", &["--timeout", "0.3"]));
        // The server would take thirty seconds.
        assert!(clock.elapsed() < Duration::from_secs(15), "{:?}", clock.elapsed());
        assert!(std::fs::read(scene.local(1)).unwrap() == month_zip(1));
    }
    let scene = Scene::new();
    scene.archive.act(&(remote(1) + ".CHECKSUM"), [Act::Silence, Act::Silence]);
    let message = refused(&mut scene.with("2024-01", "2024-01", &["--retries", "1", "--timeout", "0.1"]), 1);
    assert!(message.contains("2024-01.zip.CHECKSUM: no answer in time, 2 times"), "{message}");
}

#[test]
fn only_what_may_pass_is_asked_again() {
    let scene = Scene::new();
    scene.archive.act(&remote(1), [Act::Status(503, ""), Act::Status(500, "")]);
    scene.archive.act(&(remote(1) + ".CHECKSUM"), [Act::Status(429, "Retry-After: 1\r\n")]);
    let clock = Instant::now();
    json(&mut scene.command("2024-01", "2024-01"));
    assert!(clock.elapsed() >= Duration::from_secs(1), "the server asked to wait");
    assert_eq!(scene.asked().len(), 5);

    let scene = Scene::new();
    scene.archive.act(&(remote(1) + ".CHECKSUM"), vec![Act::Status(502, ""); 9]);
    let message = refused(scene.command("2024-01", "2024-01").args(["--retries", "2"]), 1);
    assert!(message.contains("HTTP 502 Bad Gateway, 3 times"), "{message}");
    assert_eq!(scene.asked().len(), 3);

    let scene = Scene::new();
    scene.archive.act(&(remote(1) + ".CHECKSUM"), [Act::Status(451, "")]);
    let message = refused(&mut scene.command("2024-01", "2024-01"), 1);
    assert!(
        message.contains("HTTP 451 Unavailable For Legal Reasons\n\nhint: open the address"),
        "{message}"
    );
    assert_eq!(scene.asked().len(), 1);

    // The page of a hotel's network, with a friendly 200.
    let scene = Scene::new();
    scene.archive.act(&(remote(1) + ".CHECKSUM"), [Act::Other(b"<html>Welcome</html>".to_vec())]);
    let message = refused(&mut scene.command("2024-01", "2024-01"), 1);
    assert!(message.contains("\"<html>Welcome</html>\" is no SHA-256"), "{message}");

    let scene = Scene::new();
    let message = refused(
        &mut scene.with("2024-01", "2024-01", &["--base-url", "http://127.0.0.1:9", "--retries", "0"]),
        1,
    );
    assert!(
        message.contains("http://127.0.0.1:9/data/spot/") && message.contains("run the same command again"),
        "{message}"
    );
}

#[test]
fn the_rate_is_kept() {
    let scene = Scene::new();
    json(&mut scene.with("2024-01", "2024-02", &["--rate", "5"]));
    let times: Vec<Instant> = scene.archive.asked().into_iter().map(|a| a.at).collect();
    assert_eq!(times.len(), 4);
    // 600 ms from the first to the last, less what the first may have been late on a busy machine.
    assert!(times[3] - times[0] >= Duration::from_millis(400), "{:?}", times[3] - times[0]);
}

#[test]
fn a_replaced_archive_is_fetched_on_request() {
    let scene = Scene::new();
    json(&mut scene.year());
    let corrected = zipped("BTCUSDT-1h-2024-02.csv", &klines(STARTS[1], 24 * 29, 1));
    scene.archive.publish(&remote(2), &corrected);
    assert_eq!(states(&json(&mut scene.year())), ["kept"; 4]);
    scene.archive.asked();
    assert_eq!(states(&json(scene.year().arg("--refresh"))), ["kept", "fetched", "kept", "kept"]);
    assert_eq!(scene.asked().iter().filter(|n| n.ends_with(".zip")).count(), 1);
    assert!(std::fs::read(scene.local(2)).unwrap() == corrected);
    // What the source no longer has is kept.
    scene.archive.act(&(remote(3) + ".CHECKSUM"), [Act::Status(404, "")]);
    assert_eq!(states(&json(scene.year().arg("--refresh"))), ["kept"; 4]);
}

#[test]
fn two_at_once_fetch_everything_once() {
    let scene = Scene::new();
    let other = std::thread::scope(|s| {
        let other = s.spawn(|| json(&mut scene.year()));
        json(&mut scene.year());
        other.join().unwrap()
    });
    assert_eq!(other["archives"].as_array().unwrap().len(), 4);
    scene.complete();
    assert_eq!(scene.asked().len(), 8);
}

#[test]
fn days_come_as_daily_archives() {
    let scene = Scene::new();
    let day = |d: u32| format!("data/spot/daily/klines/BTCUSDT/1h/BTCUSDT-1h-2024-05-{d:02}.zip");
    for d in 1..=2 {
        scene.archive.publish(&day(d), &zipped("x.csv", &klines(1_714_521_600_000, 24, 1)));
    }
    let document = json(&mut scene.command("2024-04", "2024-05-03"));
    let periods: Vec<_> = document["archives"].as_array().unwrap().iter().map(|a| &a["period"]).collect();
    assert_eq!(periods, ["2024-04", "2024-05-01", "2024-05-02"]);
    assert_eq!(missing(&document), [("2024-05-03", "after")]);
    assert!(scene.dir.path().join("binance").join(day(2)).is_file());
}

#[test]
fn wrong_input_is_refused_before_anything_is_asked() {
    let scene = Scene::new();
    for (arguments, words) in [
        (
            &["binanse", "BTCUSDT", "1h"][..],
            "error: source: datasets/catalog.toml names no \"binanse\"\n\nhint: did you mean binance?",
        ),
        (
            &["lean", "BTCUSDT", "1h"],
            "error: lean: can only be downloaded by hand\n\nhint: its page is https://",
        ),
        (&["binance", "btcusdt", "1h"], "did you mean BTCUSDT?"),
        (&["binance", "../../x", "1h"], "error: symbol: \"../../x\" is not one of capital letters"),
        (&["binance", "BTCUSDT", "1x"], "error: timeframe: \"1x\" is not a bar length"),
        (&["binance", "BTCUSDT", "7h"], "the archive has no 7h bars of spot"),
        (&["binance", "BTCUSDT"], "error: timeframe: is missing"),
        (&["binance", "BTCUSDT", "--kind", "swap"], "there are spot, um-futures, funding"),
        (&["binance", "BTCUSDT", "1h", "--from", "2024-13"], "error: --from: \"2024-13\" is neither a month"),
        (&["binance", "BTCUSDT", "1h", "--to", "2023-12"], "error: --from: 2024-01 is after --to 2023-12"),
        (
            &["binance", "BTCUSDT", "1h", "--from", "2199-01", "--to", "2199-01"],
            "error: --to: 2199-01 has not begun",
        ),
        (&["binance", "BTCUSDT", "1h", "--rate", "0"], "error: --rate: must be above 0"),
        (&["binance", "BTCUSDT", "1h", "--timeout", "0"], "must be between 0.05 and 3600 seconds"),
        (
            &["binance", "BTCUSDT", "1h", "--base-url", "file:///etc"],
            "error: --base-url: an address begins with",
        ),
        (&["binance", "BTCUSDT", "1h", "--catalogue", "none.toml"], "error: none.toml: cannot be read"),
    ] {
        let given = |name: &str| arguments.contains(&name);
        let mut command = quiet_network();
        command
            .args(["data", "pull"])
            .args(arguments)
            .arg("--no-import")
            .arg("--cache")
            .arg(scene.dir.path());
        for (name, value) in [("--from", "2024-01"), ("--to", "2024-01"), ("--base-url", &scene.archive.url)]
        {
            if !given(name) {
                command.args([name, value]);
            }
        }
        let message = refused(&mut command, 2);
        assert!(message.contains(words), "{message}");
    }
    assert_eq!(scene.asked(), [""; 0]);
    assert_eq!(std::fs::read_dir(scene.dir.path()).unwrap().count(), 0);
}

#[test]
fn funding_becomes_one_table() {
    let scene = Scene::new();
    let path =
        |m: usize| format!("data/futures/um/monthly/fundingRate/BTCUSDT/BTCUSDT-fundingRate-2024-{m:02}.zip");
    for m in 1..=2 {
        let rows = format!("{},8,0.0001\n{},8,-0.0002\n", STARTS[m - 1], STARTS[m - 1] + 28_800_003);
        let head = "calc_time,funding_interval_hours,last_funding_rate\n";
        scene.archive.publish(&path(m), &zipped("f.csv", &format!("{head}{rows}")));
    }
    let file = scene.dir.path().join("made/funding.parquet");
    let mut command = quiet_network();
    command.args([
        "data", "pull", "binance", "BTCUSDT", "--kind", "funding", "--from", "2024-01", "--to", "2024-02",
    ]);
    command.args(["--base-url", &scene.archive.url, "--rate", "50"]);
    command.arg("--cache").arg(scene.dir.path().join("cache")).arg("--out").arg(&file);
    let text = out(&mut command);
    assert!(text.contains("4 rows, 2024-01-01 00:00:00 to 2024-02-01 08:00:00.003"), "{text}");
    let rates = assay::data::load_funding(&file).unwrap();
    assert_eq!(rates.value, [0.0001, -0.0002, 0.0001, -0.0002]);
    let listed = list(&file.parent().unwrap().join(""), &scene.dir.path().join("cache"));
    let row = listed.lines().find(|l| l.starts_with("funding.parquet")).unwrap();
    let words: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(words, ["funding.parquet", "BTCUSDT", "4", "2024-01-01", "2024-02-01", "funding", "rates"]);
}

/// Months of spot in milliseconds and, from 2025 on, microseconds, with a header and without.
#[test]
fn what_was_fetched_becomes_bars() {
    let scene = Scene::new();
    let starts =
        [("2024-12", 1_733_011_200_000, 31, 1, ""), ("2025-01", 1_735_689_600_000, 31, 1000, HEADER)];
    for (month, start, days, unit, head) in starts {
        let path = format!("data/spot/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-{month}.zip");
        let text = format!("{head}{}", klines(start, days * 24, unit));
        scene.archive.publish(&path, &zipped(&format!("BTCUSDT-1h-{month}.csv"), &text));
    }
    let file = scene.dir.path().join("bars.parquet");
    let mut command = quiet_network();
    command.args(["data", "pull", "binance", "BTCUSDT", "1h", "--from", "2024-12", "--to", "2025-01"]);
    command.args(["--base-url", &scene.archive.url, "--rate", "50"]);
    command.arg("--cache").arg(scene.dir.path().join("cache")).arg("--out").arg(&file);
    let document = json(&mut command);
    assert_eq!(document["file"]["rows"], 62 * 24);
    let bars = assay::data::load(&file, &assay::data::LoadRequest::default()).unwrap();
    assert_eq!((bars.bars.len(), bars.synthetic), (62 * 24, false));
    assert_eq!(bars.bars.open_time()[0], 1_733_011_200_000);
    assert_eq!(bars.bars.open_time()[62 * 24 - 1], 1_735_689_600_000 + (31 * 24 - 1) * 3_600_000);
    assert_eq!((bars.bars.open()[0], bars.bars.volume()[3]), (112.1, 13.5));
    assert_eq!(bars.quality.gaps, 0);
}

fn list(folder: &Path, cache: &Path) -> String {
    out(assay().args(["data", "list"]).arg(folder).arg("--cache").arg(cache))
}

#[test]
fn the_list_shows_sources_files_and_archives() {
    let scene = Scene::new();
    json(&mut scene.command("2024-01", "2024-03"));
    std::fs::write(scene.beside(4, ".part"), "PK").unwrap();
    let text = list(Path::new("datasets"), scene.dir.path());
    for line in [
        "binance    um-futures  2019-09  1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w",
        "dukascopy  by hand",
        "assay data pull binance BTCUSDT 1h --from 2023-01 --to 2024-12",
        "assay data pull binance BTCUSDT --kind funding --from 2023-01 --to 2024-12",
        "btcusdt-1h.parquet  BTCUSDT  1h   26,280  2021-01-01  2023-12-31  SYNTHETIC",
        "SYNTHETIC: no price was ever traded; no evidence about any market",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let bytes = (1..=3).map(|m| month_zip(m).len()).sum::<usize>() as f64 / 1e3;
    assert!(
        text.ends_with(&format!(
            "\nbinance/data/spot/monthly/klines/BTCUSDT/1h\n  3 whole, {bytes:.1} kB, BTCUSDT-1h-2024-01.zip to \
             BTCUSDT-1h-2024-03.zip, 1 unfinished\n"
        )),
        "{text}"
    );
    // The examples are commands that the program takes, up to their network.
    let empty = Archive::new();
    for line in text.lines().filter_map(|l| l.strip_prefix("assay ")) {
        let mut command = quiet_network();
        command.args(line.split(' ')).args(["--no-import", "--base-url", &empty.url, "--rate", "50"]);
        let message = refused(command.arg("--cache").arg(scene.dir.path().join("x")), 2);
        assert!(message.contains("has nothing from data/"), "{line}: {message}");
    }
    let document: serde_json::Value = serde_json::from_str(&out(assay()
        .args(["data", "list", "--format", "json", "--cache"])
        .arg(scene.dir.path())))
    .unwrap();
    assert_eq!(document["sources"][0]["name"], "binance");
    assert_eq!(document["files"][0]["synthetic"], true);
    assert_eq!(document["cache"][0]["archives"], 3);
    assert_eq!(document["cache"][0]["unfinished"], 1);
}
