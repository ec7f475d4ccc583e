//! The same bars are the same bars, whatever file they come from and whatever it is called: one run, counted once.

use std::io::Write as _;
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray as _;
use serde_json::Value;

use crate::common::assay;
use crate::place::{Place, csv, rows};

const SWEEP: &str = "[sweep]\nsampler = \"grid\"\nmin_trades = 0\n[sweep.params]\nfast = [4, 6]\n";

/// A scenario on the bars of `file`.
fn scenario(place: &Place, file: &str) {
    let text =
        "name = \"t\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"FILE\"]\n[params]\nfast = 5\nslow = 20\n";
    place.write("s.toml", &(text.replace("FILE", file) + SWEEP));
}

fn run(place: &Place, command: &str) -> Value {
    let mut it = assay();
    it.arg(command).arg(place.path("s.toml")).arg("--out").arg(place.path("out")).args(["--format", "json"]);
    let output = it.assert().code(0).get_output().clone();
    serde_json::from_slice(&output.stdout).unwrap()
}

fn import(from: &Path, to: &Path) {
    assay().args(["data", "import", "--time", "open"]).arg(from).arg("--out").arg(to).assert().code(0);
}

/// The bars of a Parquet file as a Feather file.
fn feather(from: &Path, to: &Path) {
    let loaded = assay::data::load(from, &assay::data::LoadRequest::default()).unwrap();
    let c = loaded.bars.columns();
    let number = |v: &[f64]| {
        let column = arrow_array::Float64Array::from(v.to_vec());
        std::sync::Arc::new(column) as arrow_array::ArrayRef
    };
    let time = arrow_array::TimestampMillisecondArray::from(c.open_time.to_vec()).with_timezone("UTC");
    let batch = RecordBatch::try_from_iter([
        ("open_time", std::sync::Arc::new(time) as arrow_array::ArrayRef),
        ("open", number(&c.open)),
        ("high", number(&c.high)),
        ("low", number(&c.low)),
        ("close", number(&c.close)),
        ("volume", number(&c.volume)),
    ])
    .unwrap();
    assert_eq!(batch.column(1).as_primitive::<arrow_array::types::Float64Type>().len(), loaded.bars.len());
    let file = std::fs::File::create(to).unwrap();
    let mut out = arrow_ipc::writer::FileWriter::try_new(file, &batch.schema()).unwrap();
    out.write(&batch).unwrap();
    out.finish().unwrap();
}

#[test]
fn the_same_bars_from_any_file_are_one_run_and_count_once() {
    let place = Place::new();
    let text = csv(&rows(400));
    place.write("bars.csv", &text);
    place.write("renamed.txt.csv", &text);
    // Other words for the same numbers, and another order of the columns.
    let header = text.lines().next().unwrap();
    let names: Vec<&str> = header.split(',').collect();
    let turned: String = text
        .lines()
        .map(|line| {
            let mut cells: Vec<&str> = line.split(',').collect();
            cells[1..names.len()].reverse();
            cells.join(",") + "\n"
        })
        .collect();
    place.write("turned.csv", &turned);
    let zip = std::fs::File::create(place.path("bars.zip")).unwrap();
    let mut zip = zip::ZipWriter::new(zip);
    zip.start_file("inside.csv", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(text.as_bytes()).unwrap();
    zip.finish().unwrap();
    import(&place.path("bars.csv"), &place.path("imported.parquet"));
    import(&place.path("bars.zip"), &place.path("unpacked.parquet"));
    feather(&place.path("imported.parquet"), &place.path("bars.feather"));

    let files =
        ["bars.csv", "renamed.txt.csv", "turned.csv", "imported.parquet", "unpacked.parquet", "bars.feather"];
    let mut ids = vec![];
    let mut ends = vec![];
    for file in files {
        scenario(&place, file);
        let backtest = run(&place, "backtest");
        let sweep = run(&place, "sweep");
        let s = &backtest["summary"];
        ids.push((s["run_id"].clone(), sweep["sweep"]["sweep_id"].clone()));
        ends.push(s["performance"]["end_equity"].clone());
        assert_eq!(s["data"]["file"], file, "the record says which file it was");
        assert_eq!(
            sweep["sweep"]["overfitting"]["search"]["trials"], 3,
            "two candidates and a backtest, whatever the file"
        );
    }
    ids.dedup();
    ends.dedup();
    assert_eq!((ids.len(), ends.len()), (1, 1), "{ids:?}");
    let ledger = std::fs::read_to_string(place.path("out/ledger.jsonl")).unwrap();
    // The run, the sweep, and what the sweep chose.
    assert_eq!(ledger.lines().count(), 3, "{ledger}");
    // The manifest has the hash of the very file beside the identity of what it holds.
    let run_folder = place.path("out/t").join(ids[0].0.as_str().unwrap());
    let manifest: Value =
        serde_json::from_slice(&std::fs::read(run_folder.join("manifest.json")).unwrap()).unwrap();
    let feather = assay::data::sha256_hex(&std::fs::read(place.path("bars.feather")).unwrap());
    assert_eq!(manifest["files"], serde_json::json!([["bars.feather", feather]]));
    assert_eq!(manifest["ids"][0][0], "bars");
    assert_ne!(manifest["ids"][0][1], feather.as_str());

    // Another volume of the last bar is another history.
    let mut changed = rows(400);
    changed[399].push('1');
    place.write("bars.csv", &csv(&changed));
    scenario(&place, "bars.csv");
    assert_ne!(run(&place, "backtest")["summary"]["run_id"], ids[0].0);
}

#[test]
fn what_a_run_reads_beside_the_bars_is_known_by_what_it_holds() {
    let place = Place::new();
    let bars = rows(300);
    let time = |bar: usize| bars[bar].split(',').next().unwrap().to_owned();
    let text = |name: &str, gap: &str| format!("time,{name}\n{},1{gap}\n{},-1{gap}\n", time(10), time(40));
    let id = |file: &str, body: &str| {
        place.write(file, body);
        place.write(
            "s.toml",
            &format!("name = \"t\"\nsystem = \"signals\"\n[data]\nbars = [\"bars.csv\"]\n[params]\nfile = {file:?}\n"),
        );
        run(&place, "backtest")["summary"]["run_id"].clone()
    };
    let first = id("mine.csv", &text("position", ""));
    assert_eq!(id("yours.csv", &text("signal", ".0")), first);
    assert_ne!(id("mine.csv", &text("position", "").replace("-1", "-0.5")), first);
    let order = format!("time,order,side,units\n{},market,buy,1\n", time(10));
    let orders = id("mine.csv", &order);
    assert_eq!(id("orders.csv", &format!("time,side,order,units\n{},buy,market,1.0\n", time(10))), orders);
    assert_ne!(id("orders.csv", &order.replace(",1", ",2")), orders);
}
