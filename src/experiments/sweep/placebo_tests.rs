//! What searches find on placebo bars: of noise, of an edge that is there, on any number of threads.

use super::tests::bars;
use super::*;
use crate::gate::SearchPlacebos;
use crate::runs::Inputs;

/// A search of `count` candidates of moving averages by `sampler`.
fn scenario(sampler: &str, count: usize) -> Scenario {
    let text = format!(
        "name = \"t\"\nsystem = \"ma-cross\"\n[data]\nbars = [\"x\"]\n[execution]\nfee_bps = 0\nspread_bps = 0\n\
         slippage_bps = 0\n[sweep]\nsampler = \"{sampler}\"\ncount = {count}\nbatch = 4\nregimes = false\nedges = false\n\
         where = [\"params.fast < params.slow\"]\n[sweep.params]\nfast = {{ from = 2, to = 30, step = 1 }}\n\
         slow = {{ from = 5, to = 60, step = 1 }}\n"
    );
    Scenario::parse(&text, "t", ".".into(), &[]).unwrap()
}

/// What a search by `sampler` finds on `n` placebos of bars.
fn searched(scenario: &Scenario, loaded: crate::data::Loaded, n: u64) -> SearchPlacebos {
    let history = History::new(scenario, Inputs::from(loaded)).unwrap();
    let sweep = SweepRun::plan(scenario, &history).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(&dir.path().join("part"), sweep.the_plan()).unwrap();
    let mut ledger = LedgerWriter::open(dir.path()).unwrap();
    sweep.run(&mut store, &mut ledger, None, &Progress::silent()).unwrap();
    let before = std::fs::read(dir.path().join("ledger.jsonl")).unwrap();
    let found = sweep.replays(n).unwrap().run(&store, &Progress::silent()).unwrap();
    // No placebo is a trial.
    assert_eq!(std::fs::read(dir.path().join("ledger.jsonl")).unwrap(), before);
    found
}

fn trend(t: usize) -> f64 {
    if (t / 60).is_multiple_of(2) { 0.006 } else { -0.006 }
}

#[test]
fn an_edge_that_is_there_is_not_found_on_placebos() {
    let found = searched(&scenario("tpe", 12), bars(1, trend), 39);
    assert!(found.at_least == 0 && found.score > Some(3.0), "{found:?}");
}

#[test]
fn the_same_on_any_number_of_threads() {
    let of = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| searched(&scenario("tpe", 8), bars(2, |_| 0.0), 19))
    };
    let one = of(1);
    assert_eq!(of(3), one);
    assert!(one.at_least > 0 && one.at_least < 19, "{one:?}");
}

#[test]
fn more_placebos_begin_with_the_same() {
    let (few, many) = (
        searched(&scenario("sobol", 60), bars(2, |_| 0.0), 19),
        searched(&scenario("sobol", 60), bars(2, |_| 0.0), 38),
    );
    assert_eq!(few.score, many.score);
    assert!((few.at_least..=few.at_least + 19).contains(&many.at_least), "{few:?} {many:?}");
}

#[test]
fn halving_is_judged_by_its_last_round() {
    let found = searched(&scenario("halving", 27), bars(1, trend), 19);
    assert!(found.at_least == 0 && found.score > Some(3.0), "{found:?}");
}

#[test]
fn too_few_placebos_and_too_many_are_refused_and_stopping_stops() {
    let s = scenario("tpe", 8);
    let history = History::new(&s, Inputs::from(bars(2, |_| 0.0))).unwrap();
    let sweep = SweepRun::plan(&s, &history).unwrap();
    for n in [0, 18, 10_000] {
        assert!(sweep.replays(n).unwrap_err().to_string().contains("from 19 to 9999"));
    }
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("part"), sweep.the_plan()).unwrap();
    let progress = Progress::new(|_| {});
    let replays = sweep.replays(19).unwrap();
    progress.cancel();
    assert_eq!(replays.run(&store, &progress).unwrap_err().kind(), crate::error::ErrorKind::Cancelled);
}

#[test]
#[ignore = "a minute: sixty searches of noise, each with nineteen placebos"]
fn the_chance_is_uniform_where_there_is_nothing_to_find() {
    const N: usize = 60;
    let s = scenario("tpe", 12);
    let mut p: Vec<f64> = (0..N as u64).map(|k| searched(&s, bars(100 + k, |_| 0.0), 19).search_p).collect();
    p.sort_by(f64::total_cmp);
    // Of twenty equally likely values. The largest distance of sixty uniform draws is above 0.21 once in a hundred.
    let distance = (1..=20).map(|k| {
        let at = f64::from(k) / 20.0;
        (p.iter().filter(|v| **v <= at + 1e-9).count() as f64 / N as f64 - at).abs()
    });
    let most = distance.fold(0.0, f64::max);
    println!(
        "largest distance {most:.3}; p at most 5 % in {} of {N}",
        p.iter().filter(|v| **v <= 0.05).count()
    );
    assert!(most < 0.21, "{most} {p:?}");
}
