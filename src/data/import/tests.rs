//! Importing as a whole.

use super::file_name::Kind;
use super::part::{Clock, Edge, Part};
use super::*;
use crate::data::rows::{At, Places};

/// A part of bars at these times, all prices 1.
pub(super) fn part_of(times: &[i64]) -> Part {
    let v = vec![1.0; times.len()];
    Part {
        place: "a".into(),
        rows: Rows {
            time_ms: times.to_vec(),
            open: v.clone(),
            high: v.clone(),
            low: v.clone(),
            close: v.clone(),
            volume: v,
            has_volume: true,
            places: Places::of("a", At::Rows),
            ..Rows::default()
        },
        format: Format::Csv,
        symbol: None,
        stated: None,
        kind: Kind::Plain,
        clock: Clock::Utc,
        edge: Edge::Unknown,
        days: false,
        synthetic: false,
        scale: 1.0,
        adjusted_close: None,
        notes: vec![],
        questions: vec![],
    }
}

#[test]
#[ignore = "prints what is read of every file in ASSAY_REAL_DATA"]
fn survey() {
    let Some(folder) = std::env::var_os("ASSAY_REAL_DATA") else { return };
    for s in series(&[PathBuf::from(folder)]).unwrap() {
        let shown = s.name.rsplit("shared/data/").next().unwrap_or("").to_owned();
        if s.funding {
            match import_funding(&s.files) {
                Ok(e) => println!("{shown}: {} rates {:?}", e.rate.len(), e.notes),
                Err(e) => println!("{shown}: REFUSED {e}"),
            }
            continue;
        }
        match import(&s.files, &Options::default()) {
            Ok(i) => {
                let t = &i.rows.time_ms;
                println!(
                    "{shown}: {} rows {} .. {} {:?} {:?} {:?} {:?} days {} notes {:?} questions {}",
                    i.rows.len(),
                    crate::market::format_time(t[0]),
                    crate::market::format_time(t[t.len() - 1]),
                    i.facts.format,
                    i.facts.symbol,
                    i.facts.stated_timeframe.map(|t| t.to_string()),
                    infer(t).map(|t| t.to_string()),
                    i.facts.days,
                    i.facts.notes,
                    i.facts.questions.len()
                );
            }
            Err(e) => println!("{shown}: REFUSED {e}"),
        }
    }
}
