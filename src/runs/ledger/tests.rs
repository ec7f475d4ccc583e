use super::*;

fn trials(key: &str, count: u64) -> Trials {
    Trials {
        kind: "sweep".into(),
        scenario: "s".into(),
        system: "s".into(),
        key: key.into(),
        data: vec!["d".into()],
        from_ms: 0,
        to_ms: 86_400_000,
        count,
        ..Trials::default()
    }
}

#[test]
fn the_same_work_counts_once_and_slices_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let mut a = LedgerWriter::open(dir.path()).unwrap();
    let mut b = LedgerWriter::open(dir.path()).unwrap();
    assert!(a.add(trials("one", 10)).unwrap());
    assert!(!b.add(trials("one", 10)).unwrap(), "another process has counted it");
    assert!(b.add(Trials { from_ms: 86_400_000, to_ms: 172_800_000, ..trials("two", 5) }).unwrap());
    assert!(a.add(trials("three", 1)).unwrap());
    let ledger = TrialLedger::read(&dir.path().join(LEDGER)).unwrap();
    assert_eq!(ledger.entries.len(), 3);
    let counted = |days| TrialPool::of(&ledger, PoolOf::Family("s"), days).unwrap().trials;
    // Lines without rows: all of their settings are only counted.
    assert_eq!((counted((0, 0)), counted((1, 1)), counted((0, 1))), (11, 5, 16));
    assert_eq!(TrialPool::of(&ledger, PoolOf::FamilyEver("s"), (9, 9)).unwrap().rest, 16);
    assert_eq!(TrialPool::of(&ledger, PoolOf::Family("t"), (0, 1)).unwrap().trials, 0);
}

#[test]
fn a_line_cut_short_is_dropped_and_a_changed_one_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(LEDGER);
    let mut w = LedgerWriter::open(dir.path()).unwrap();
    for key in ["one", "two", "three"] {
        w.add(trials(key, 7)).unwrap();
    }
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}{{\"line\":4,\"be")).unwrap();
    let mut w = LedgerWriter::open(dir.path()).unwrap();
    assert!(w.notes()[0].ends_with("ledger.jsonl was cut off and is dropped: it counted nothing"));
    assert!(w.add(trials("four", 1)).unwrap());
    assert!(w.notes().is_empty());
    assert_eq!(TrialLedger::read(&path).unwrap().entries.len(), 4);

    let read = |text: String| {
        std::fs::write(&path, text).unwrap();
        TrialLedger::read(&path).unwrap_err().to_string()
    };
    assert!(read(text.replacen("\"count\":7", "\"count\":1", 1)).contains("ledger.jsonl:1: was changed"));
    let without: Vec<&str> = text.lines().enumerate().filter(|(k, _)| *k != 1).map(|(_, l)| l).collect();
    assert!(read(without.join("\n") + "\n").contains("ledger.jsonl:2: does not follow"));
    assert!(read(format!("{text}nonsense\n")).contains("ledger.jsonl:4: is no line"));
}

/// What a market is known by that moves by `k`-th returns.
fn sketch(id: &str, k: i32) -> HistorySketch {
    let returns = (0..200).map(|d| ((d * 7919 * k) % 101) as f32 / 5000.0 - 0.01).collect();
    HistorySketch { bars_id: id.into(), days: (0..200).collect(), returns }
}

#[test]
fn a_history_is_kept_once_and_known_in_another_form() {
    let dir = tempfile::tempdir().unwrap();
    let mut w = LedgerWriter::open(dir.path()).unwrap();
    let on = |key: &str, id: &str, k: i32| Trials {
        data: vec![id.into()],
        sketches: vec![sketch(id, k)],
        ..trials(key, 1)
    };
    for line in [on("one", "a", 1), on("two", "a", 1), on("three", "copy", 1), on("four", "b", 2)] {
        assert!(w.add(line).unwrap());
    }
    // Another writer goes on where this one stands.
    assert!(LedgerWriter::open(dir.path()).unwrap().add(on("five", "b", 2)).unwrap());
    let ledger = TrialLedger::read(&dir.path().join(LEDGER)).unwrap();
    let kept: Vec<usize> = ledger.entries.iter().map(|e| ledger.sketches(e).unwrap().len()).collect();
    assert_eq!(kept, [1, 0, 1, 1, 0]);
    let related = ledger.related(&["a".into()], (0, 199)).unwrap();
    let on = |id: &str| related.hold_one_of(&[id.to_owned()]);
    assert_eq!((on("a"), on("copy"), on("b"), on("unknown")), (true, true, false, false));
    // Another market before these days hides nothing.
    let mut spliced = sketch("spliced", 2);
    spliced.returns[100..].copy_from_slice(&sketch("a", 1).returns[100..]);
    assert!(
        w.add(Trials { data: vec!["spliced".into()], sketches: vec![spliced], ..trials("six", 1) }).unwrap()
    );
    let longer = TrialLedger::read(&dir.path().join(LEDGER)).unwrap();
    let spliced = |days| longer.related(&["a".into()], days).unwrap().hold_one_of(&["spliced".into()]);
    assert_eq!((spliced((100, 199)), spliced((0, 99))), (true, false));
    // A line is whole in another ledger, although it brings nothing here.
    assert_eq!(ledger.whole(&ledger.entries[1]).unwrap().sketches, [sketch("a", 1)]);
    std::fs::write(dir.path().join(ROWS).join("histories-3.parquet"), b"x").unwrap();
    let e =
        TrialLedger::read(&dir.path().join(LEDGER)).unwrap().related(&["a".into()], (0, 199)).unwrap_err();
    assert!(e.to_string().contains("histories-3.parquet: is not what the ledger lists"), "{e}");
}

#[test]
fn a_lock_of_an_older_version_keeps_what_it_is_known_by() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join(ROWS)).unwrap();
    let path = sketch::older_path(dir.path(), 1);
    let bytes = sketch::to_bytes(&path, &[sketch("a", 1)]).unwrap();
    std::fs::write(&path, &bytes).unwrap();
    let files = entry::LineFiles { rows_sha256: Some(sha256_hex(&bytes)), ..Default::default() };
    let lock = Trials { kind: LOCK.into(), data: vec!["a".into()], ..trials("lock", 0) };
    let line = LedgerEntry::new(1, String::new(), lock, files).unwrap();
    std::fs::write(dir.path().join(LEDGER), serde_json::to_string(&line).unwrap() + "\n").unwrap();
    let ledger = TrialLedger::read(&dir.path().join(LEDGER)).unwrap();
    assert_eq!(ledger.sketches_of(&["a".into()]).unwrap(), [sketch("a", 1)]);
    assert!(ledger.rows(&ledger.entries[0]).unwrap().is_empty());
}

#[test]
fn of_more_trials_than_are_held_the_others_are_counted_and_so_is_what_may_be_near_them() {
    let dir = tempfile::tempdir().unwrap();
    let days: Vec<i32> = (0..60).collect();
    let row = |k: i32| {
        let returns: Vec<f64> = days.iter().map(|d| f64::from((d * 7 + k * k) % 11) - 5.0).collect();
        TrialRow::of(k.to_string(), false, &returns, &days)
    };
    let line = |key: &str, of: std::ops::Range<i32>, absorbed: u64| Trials {
        to_ms: 60 * 86_400_000,
        rows: of.clone().map(row).collect(),
        rest: Some(0),
        absorbed,
        ..trials(key, of.len() as u64 + absorbed)
    };
    let mut w = LedgerWriter::open(dir.path()).unwrap();
    assert!(w.add(line("one", 0..3, 10)).unwrap());
    assert!(w.add(line("two", 3..5, 20)).unwrap());
    let ledger = TrialLedger::read(&dir.path().join(LEDGER)).unwrap();
    let pool = |most| {
        let p = TrialPool::of_stored(&ledger, PoolOf::FamilyEver("s"), (0, 59), most).unwrap();
        (p.trials, p.blocks.len(), p.absorbed, p.rest)
    };
    assert_eq!(pool(5), (35, 5, 30, 0));
    // One of the second line is not held: its twenty may be near that one.
    assert_eq!(pool(4), (35, 4, 10, 21));
    assert_eq!(pool(2), (35, 2, 0, 33));
}
