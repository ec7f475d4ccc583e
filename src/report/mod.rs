//! What a run looks like: tables for the terminal, charts, and a page. Every chart and table is a plain struct that
//! anyone can fill, in the crate `assay-draw`; only [`RunReport`] knows what a run is.

mod candidates;
mod causality;
mod dialects;
mod intrabar;
mod list;
mod montecarlo;
mod quality;
mod regimes;
mod run;
mod sweep;
mod sweep_luck;
mod sweep_verdict;
mod validity;
mod walkforward;

pub use assay_draw::*;
pub use candidates::{candidate_text, candidates_text};
pub use causality::causality_text;
pub use dialects::{dialect_text, explanation_text};
pub use intrabar::intrabar_text;
pub use list::list_text;
pub use montecarlo::{montecarlo_files, montecarlo_text};
pub use quality::quality_text;
pub use regimes::{regimes_charts, regimes_text};
pub use run::{RunReport, placebos_text, terminal_summary};
pub use sweep::{sweep_files, sweep_text};
pub use sweep_verdict::sweep_verdict;
pub use validity::{validity_document, validity_text};
pub use walkforward::{walkforward_files, walkforward_text, walkforward_verdict};

/// The day of an instant, UTC.
fn day(ms: i64) -> String {
    crate::market::format_time(ms).chars().take(10).collect()
}

/// What lies before the bars that are judged: a warm-up, or whatever lies before `data.from`.
fn before(bars: usize, before_from: usize) -> String {
    let bars_in_words = text::count(bars as u64);
    if before_from > 0 && before_from == bars {
        format!("{bars_in_words} before data.from")
    } else {
        format!("{bars_in_words} of warm-up")
    }
}
