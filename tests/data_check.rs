//! `assay data check`: what it prints, and with which exit code.

use std::fmt::Write as _;

use crate::common::assay;

/// 100 hourly bars; row 50 (line 52) has a high below its low where `broken`.
fn csv(broken: bool) -> String {
    let mut text = String::from("timestamp,open,high,low,close,volume\n");
    for i in 0..100i64 {
        let price = 100.0 + (i % 7) as f64 / 10.0;
        let high = if broken && i == 50 { price - 9.0 } else { price + 0.5 };
        let low = price - 0.5;
        let ms = 1_704_067_200_000 + i * 3_600_000;
        writeln!(text, "{ms},{price},{high},{low},{price},{}", 10 + i % 5).unwrap();
    }
    text
}

#[test]
fn errors_are_fatal_where_that_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let (good, bad) = (dir.path().join("good.csv"), dir.path().join("bad.csv"));
    std::fs::write(&good, csv(false)).unwrap();
    std::fs::write(&bad, csv(true)).unwrap();
    let run = |file: &std::path::Path, more: &[&str]| {
        let out =
            assay().args(["data", "check"]).arg(file).args(["--time", "open"]).args(more).output().unwrap();
        (
            out.status.code().unwrap(),
            String::from_utf8(out.stdout).unwrap(),
            String::from_utf8(out.stderr).unwrap(),
        )
    };
    let (code, text, _) = run(&good, &["--strict"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("missing        0 bars in 0 gaps, counted by 24/7\n"), "{text}");
    let (code, text, _) = run(&bad, &[]);
    assert_eq!(code, 0);
    assert!(
        text.contains("error    ohlc_violation (1)\n") && text.contains("bad.csv:52, 2024-01-03"),
        "{text}"
    );
    assert_eq!(run(&bad, &["--strict"]).0, 3);
    assert_eq!(run(&bad, &["--strict", "--quiet"]), (3, String::new(), String::new()));

    let (code, text, _) = run(&bad, &["--format", "json", "--against", good.to_str().unwrap()]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let report = &json["series"][0]["report"];
    assert_eq!((code, &report["figures"]["ohlc_violations"]), (0, &1.into()));
    assert_eq!(report["findings"][0]["kind"], "ohlc_violation");
    assert_eq!(report["findings"][0]["rows"][0]["row"], 50);
    assert_eq!(report["against"]["cells_differ"], 1);

    let (_, text, _) = run(&good, &["--now", "2024-01-05 03:30"]);
    assert!(text.contains("warning  unfinished_last_bar (1)"), "{text}");
    let (code, _, error) = run(&good, &["--now", "soon"]);
    assert_eq!(
        (code, error.as_str()),
        (2, "error: --now: \"soon\" is no time\n\nhint: write one of UTC, as 2024-05-14 15:20\n")
    );
    assert_eq!(run(&good, &["--calendar", "moon"]).0, 2);
}
