use serde_json::Value;

use super::*;

/// A run of the golden file, or of one like it.
struct Case {
    open_ms: Vec<i64>,
    close_ms: Vec<i64>,
    equity: Vec<f64>,
    held: Vec<bool>,
    pnl: Vec<f64>,
    return_frac: Vec<f64>,
    entry_bar: Vec<usize>,
    exit_bar: Vec<usize>,
    document: Value,
}

impl Case {
    fn of(c: &Value) -> Self {
        let floats =
            |v: &Value| v.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect::<Vec<f64>>();
        let whole =
            |v: &Value| v.as_array().unwrap().iter().map(|x| x.as_i64().unwrap()).collect::<Vec<i64>>();
        let bars = |v: &Value| whole(v).iter().map(|b| *b as usize).collect();
        let equity = floats(&c["equity"]);
        Self {
            open_ms: whole(&c["open_ms"]),
            close_ms: whole(&c["close_ms"]),
            held: vec![false; equity.len()],
            equity,
            pnl: floats(&c["trades"]["pnl"]),
            return_frac: floats(&c["trades"]["return_frac"]),
            entry_bar: bars(&c["trades"]["entry_bar"]),
            exit_bar: bars(&c["trades"]["exit_bar"]),
            document: c.clone(),
        }
    }

    fn view(&self) -> RunSeries<'_> {
        RunSeries {
            open_ms: &self.open_ms,
            close_ms: &self.close_ms,
            equity: &self.equity,
            held: &self.held,
            start_equity: self.document["start_equity"].as_f64().unwrap(),
            bar_ms: self.document["bar_ms"].as_i64().unwrap(),
            calendar: crate::market::Calendar::Always,
            days_per_year: self.document["days_per_year"].as_f64().unwrap(),
            pnl: &self.pnl,
            return_frac: &self.return_frac,
            r_multiple: &[],
            entry_bar: &self.entry_bar,
            exit_bar: &self.exit_bar,
        }
    }
}

fn golden() -> Value {
    let path = assay_testing::root().join("tests/reference/golden/dialects.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_figure_agrees_with_its_library() {
    let document = golden();
    let cases = document["cases"].as_array().unwrap();
    let mut compared = 0;
    for c in cases {
        let case = Case::of(c);
        for dialect in &Dialect::ALL[1..] {
            let figures = dialect.figures(&case.view());
            let want = c["figures"][dialect.name()].as_object().unwrap();
            let names: Vec<&str> = figures.iter().map(|f| f.metric.name()).collect();
            let mut wanted: Vec<&str> = want.keys().map(String::as_str).collect();
            wanted.sort_by_key(|n| n.parse::<Metric>().unwrap());
            assert_eq!(names, wanted, "{dialect}");
            for f in figures {
                let place = format!("{} of {dialect} in {}", f.metric, c["name"]);
                let want = match &want[f.metric.name()] {
                    Value::Null => f64::NAN,
                    Value::String(s) => s.parse().unwrap(),
                    v => v.as_f64().unwrap(),
                };
                let same = f.value == want
                    || f.value.is_nan() && want.is_nan()
                    || (f.value - want).abs() <= 1e-9 * want.abs();
                assert!(same, "{place}: {} against {want}", f.value);
                compared += 1;
            }
        }
    }
    assert_eq!((cases.len(), compared), (6, 6 * (12 + 18 + 18 + 14)));
}

#[test]
fn own_figures_are_those_of_the_summary() {
    let document = golden();
    let case = Case::of(&document["cases"][0]);
    let run = case.view();
    let stats = crate::EquityStats::of(&run.day_curve(), 365.0);
    let figures = Dialect::Assay.figures(&run);
    let of = |m: Metric| figures.iter().find(|f| f.metric == m).unwrap();
    assert_eq!(of(Metric::Sharpe).value, stats.sharpe);
    assert_eq!((of(Metric::Sharpe).per_year, of(Metric::Sharpe).ddof), (Some(365.0), Some(1)));
    assert_eq!(of(Metric::Sharpe).n, stats.periods);
    assert_eq!(of(Metric::WinRate).n, 60);
    // A year of 252 days says root of 365 over 252 less of the same returns.
    let theirs = Dialect::Empyrical.figures(&run);
    let theirs = theirs.iter().find(|f| f.metric == Metric::Sharpe).unwrap();
    assert!((theirs.value * (365.0_f64 / 252.0).sqrt() / stats.sharpe - 1.0).abs() < 1e-12);
}

#[test]
fn nothing_panics_on_an_empty_run() {
    let run = RunSeries {
        open_ms: &[],
        close_ms: &[],
        equity: &[],
        held: &[],
        start_equity: 1.0,
        bar_ms: 1,
        calendar: crate::market::Calendar::Always,
        days_per_year: 365.0,
        pnl: &[],
        return_frac: &[],
        r_multiple: &[],
        entry_bar: &[],
        exit_bar: &[],
    };
    for d in Dialect::ALL {
        d.figures(&run);
    }
    let one = RunSeries { open_ms: &[0], close_ms: &[1], equity: &[1.0], held: &[false], ..run };
    for d in Dialect::ALL {
        d.figures(&one);
    }
}

#[test]
fn names_are_read_and_slips_are_answered() {
    assert_eq!("sharpe".parse::<Metric>().unwrap(), Metric::Sharpe);
    assert!("sharp".parse::<Metric>().unwrap_err().to_string().contains("did you mean sharpe?"));
    assert!("zebra".parse::<Metric>().unwrap_err().to_string().contains("it is one of total_return"));
    assert!(Metric::ALL.is_sorted() && Metric::ALL.iter().all(|m| !m.meaning().is_empty()));
}
