//! Placebos of crossovers and of positions from outside, on histories whose truth is known.

mod bounds;
mod paths;
mod replays;
mod uniform;

use super::*;
use crate::data::Loaded;
use crate::market::{Bars, Columns, Timeframe};
use crate::random::Stream;
use crate::runs::{Inputs, Sources, backtest};
use crate::scenario::Scenario;

const HOUR: i64 = 3_600_000;

/// The start of 2021.
const START: i64 = 1_609_459_200_000;

/// Hours that go on where they stopped, whose moves are normal with this deviation and the drift of each bar.
fn walk(seed: u64, n: usize, drift: impl Fn(usize) -> f64) -> Bars {
    let mut s = Stream::new(seed, "placebo tests", 0);
    let mut price = 100.0;
    let mut rows = [vec![], vec![], vec![], vec![]];
    for i in 0..n {
        let open = price;
        price *= libm::exp(drift(i) + 0.005 * s.normal());
        let spread = 1.0 + 0.002 * s.uniform();
        let values = [open, open.max(price) * spread, open.min(price) / spread, price];
        rows.iter_mut().zip(values).for_each(|(row, v)| row.push(v));
    }
    let [open, high, low, close] = rows;
    let columns = Columns {
        open_time: (0..n as i64).map(|i| START + i * HOUR).collect(),
        open: open.into(),
        high: high.into(),
        low: low.into(),
        close: close.into(),
        volume: vec![1_000.0; n].into(),
    };
    Bars::new(Timeframe::H1, columns).unwrap()
}

/// A crossover of short averages over these bars, and its record.
fn crossover(bars: &[Bars], more: &str) -> Backtest {
    let names: Vec<String> = (0..bars.len()).map(|k| format!("\"S{k}\"")).collect();
    let names = names.join(", ");
    let symbols = if bars.len() > 1 { format!("symbols = [{names}]\n") } else { String::new() };
    let text = format!("name = \"t\"\nsystem = \"ma-cross\"\n[data]\nbars = [{names}]\n{symbols}{more}");
    let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut scenario = Scenario::parse(&text, "t.toml", root, &[]).unwrap();
    for (key, value) in [("params.fast", 3), ("params.slow", 8)] {
        if !more.contains("slow") {
            scenario.assign(key, &toml::Value::Integer(value)).unwrap();
        }
    }
    let symbols = bars.iter().enumerate().map(|(k, b)| Loaded::of(&format!("S{k}"), b.clone()).unwrap());
    backtest(scenario, Inputs { symbols: symbols.collect(), ..Inputs::default() }).unwrap()
}

/// Positions from outside, one a bar.
fn from_file(bars: &Bars, position: &[f64], more: &str) -> Backtest {
    let text = format!(
        "name = \"t\"\nsystem = \"signals\"\n[data]\nbars = [\"S0\"]\n{more}\n[params]\nfile = \"positions\"\n"
    );
    let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut scenario = Scenario::parse(&text, "t.toml", root, &[]).unwrap();
    let mut csv = "time,position\n".to_owned();
    for (i, p) in position.iter().enumerate() {
        csv.push_str(&format!("{},{p}\n", bars.open_time()[i]));
    }
    let content = crate::data::Content::new("positions", csv.into_bytes()).unwrap();
    let sources = Sources::files().with_bars("S0", bars.clone()).unwrap().with_content(content);
    let inputs = Inputs::load(&mut scenario, &sources).unwrap();
    backtest(scenario, inputs).unwrap()
}

/// All of it, of so many placebos.
fn made(b: &Backtest, n: u32) -> Placebos {
    let record = RunRecord::of(b, vec![]).unwrap();
    placebos(b, &record, n, &Progress::silent()).unwrap()
}

/// The path of the run, and what it is replayed on.
fn path_of(b: &Backtest) -> (PathReplayer<'_>, ReplayTerms, PositionPath) {
    let replayer = PathReplayer::new(b);
    let terms = replayer.own().unwrap();
    let path = PositionPath::of(b, &b.main, &replayer.markets(&terms));
    (replayer, terms, path)
}

/// Daily returns of the run itself.
fn run_returns(b: &Backtest) -> Vec<f64> {
    let start = b.clock.time(b.first);
    daily(&b.close_times(), &b.main.equity, b.scenario.account.equity, start).returns()
}
