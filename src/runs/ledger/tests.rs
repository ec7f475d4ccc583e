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
