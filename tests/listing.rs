//! The list of results: one row each with the figures of its document, whatever made it.

use assay::jobs::{
    BacktestJob, MonteCarloJob, PathsOf, Progress, Setup, SweepJob, SweepOutcome, WalkForwardJob,
};
use assay::system::Registry;
use serde_json::Value;

use crate::common::{assay, root};

const CROSS: &str = "name = \"cross\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"DATA\"]\nsymbol = \"BTCUSDT\"\nto = \"2021-07-01\"\n\
    [gate]\ncriteria = [\"c.toml\"]\n[sweep]\nfamily = 10\nresamples = 99\n[sweep.params]\nfast = [5, 10]\nslow = [30]\n\
    [walkforward]\ntrain_days = 60\ntest_days = 30\n[montecarlo]\npaths = 100\nmethod = \"trade_bootstrap\"\n";

const CRITERIA: &str = "system = \"ma-cross\"\n[[criterion]]\nid = \"W\"\nmetric = \"win_rate\"\nscope = \"system\"\nop = \">=\"\n\
    threshold = 0.9\nbetter = \"higher\"\nwindow = \"run\"\nphase = \"any\"\nseverity = \"target\"\nkind = \"acceptance\"\n\
    min_n = 10\nunit = \"%\"\nsays = \"Nearly all win.\"\n";

#[test]
fn every_kind_of_result_is_a_row() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let data = root().join("datasets/btcusdt-1h.parquet").display().to_string();
    std::fs::write(dir.path().join("s.toml"), CROSS.replace("DATA", &data)).unwrap();
    std::fs::write(dir.path().join("c.toml"), CRITERIA).unwrap();
    let setup = || Setup { out: Some(out.clone()), ..Setup::file(dir.path().join("s.toml")) };
    let (registry, silent) = (Registry::built_in(), Progress::silent());
    let run = BacktestJob { setup: setup() }.run(&registry, &silent).unwrap();
    let SweepOutcome::Whole(sweep) = SweepJob::new(setup()).run(&registry, &silent).unwrap() else {
        panic!()
    };
    let walk = WalkForwardJob { setup: setup(), open_holdout: false }.run(&registry, &silent).unwrap();
    let paths = MonteCarloJob { of: PathsOf::Scenario(setup()) }.run(&registry, &silent).unwrap();
    let listed = |args: &[&str]| {
        let out = assay().current_dir(dir.path()).arg("list").args(args).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    };
    let document: Value = serde_json::from_str(&listed(&["out", "--format", "json"])).unwrap();
    let rows = document["results"].as_array().unwrap();
    assert_eq!((rows.len(), document["broken"].as_array().unwrap().len()), (4, 0));
    let row = |kind: &str| rows.iter().find(|r| r["kind"] == kind).unwrap();
    let figure = |name: &str| {
        let f = paths.result.figures.iter().find(|f| f.name == name).unwrap();
        f.quantiles[3]
    };
    let best = &sweep.finished.top[0];
    let p = &run.record.summary.performance;
    let chained = &walk.result.chained;
    for (kind, sharpe, total_return, count) in [
        ("backtest", p.sharpe, p.total_return, run.record.summary.trades.n as u64),
        ("sweep", best.sharpe, best.total_return, 2),
        ("walkforward", chained.sharpe, chained.total_return, walk.result.windows.len() as u64),
        ("montecarlo", f64::NAN, figure("total_return"), 100),
    ] {
        let r = row(kind);
        assert_eq!(r["sharpe"].as_f64().unwrap_or(f64::NAN).to_bits(), sharpe.to_bits(), "{kind}");
        assert_eq!(r["total_return"].as_f64(), Some(total_return), "{kind}");
        assert_eq!(r["count"], count, "{kind}");
        assert_eq!((&r["title"], &r["synthetic"]), (&"BTCUSDT 1h".into(), &true.into()), "{kind}");
        assert_eq!((&r["scenario"], &r["system"]), (&"cross".into(), &"ma-cross".into()), "{kind}");
        assert!(r["made_ms"].is_i64(), "{kind}");
    }
    assert_eq!(row("backtest")["verdict"], "FAIL");
    assert_eq!(row("backtest")["from_ms"], run.record.summary.data.start_ms);
    let spans: Vec<i64> = walk.result.windows.iter().flat_map(|w| [w.test_from_ms, w.test_to_ms]).collect();
    assert_eq!(row("walkforward")["from_ms"].as_i64(), spans.first().copied());
    assert_eq!(row("walkforward")["to_ms"].as_i64(), spans.last().copied());
    let text = listed(&["out"]);
    let id = &run.record.summary.run_id;
    assert!(text.contains(id) && text.contains("FAIL") && text.contains("2 candidates"), "{text}");
    assert!(text.contains("4 results under out") && text.contains("no evidence about any market"), "{text}");
    // From above, and of the folder itself.
    assert!(listed(&["."]).contains("4 results under ."));
    assert!(listed(&[&format!("out/cross/{id}")]).contains("1 results under"));
    // A damaged one is named, and the others are listed.
    std::fs::write(out.join("cross").join(id).join("summary.json"), "{").unwrap();
    let text = listed(&["out"]);
    assert!(
        text.contains("summary.json is not what the manifest of the folder lists")
            && text.contains("3 results under out, 1 that cannot"),
        "{text}"
    );
}
