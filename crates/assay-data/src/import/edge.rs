//! Which edge of a bar the times mark: known, proved by the rows, or asked for.

use super::Options;
use super::part::{Edge, ImportPart};
use crate::error::{Error, Result};
use crate::load::TimeConvention;
use crate::market::Timeframe;
use crate::quality::{grid_phase, infer};

/// What is asked where nothing tells.
pub(super) const QUESTION: &str = "whether a time is the open or the close of its bar is nowhere said, and the rows do not show it: give --time open or --time close";

/// The edge that is known from the source or asked for; `None` where neither is.
///
/// # Errors
/// They are not one.
pub(super) fn settled(place: &str, part: &ImportPart, options: &Options) -> Result<Option<TimeConvention>> {
    match part.edge {
        Edge::Known(edge, why) => one_edge(place, Some((edge, why)), options.time),
        Edge::Unknown => Ok(options.time),
    }
}

/// The edge that is known for a reason, or the one asked for.
fn one_edge(
    place: &str,
    known: Option<(TimeConvention, &str)>,
    asked: Option<TimeConvention>,
) -> Result<Option<TimeConvention>> {
    match (known, asked) {
        (Some((edge, why)), Some(asked)) if edge != asked => {
            let words = |e| if e == TimeConvention::Open { "the open" } else { "the close" };
            Err(Error::data(
                place,
                format!("the times mark {} of a bar ({why}), not {} as asked for", words(edge), words(asked)),
            )
            .hint("leave out --time"))
        }
        (known, asked) => Ok(known.map(|(edge, _)| edge).or(asked)),
    }
}

/// Makes the times of `part` those of opens and returns which edge they marked.
pub(super) fn to_opens(place: &str, part: &mut ImportPart, options: &Options) -> Result<TimeConvention> {
    let step = infer(&part.rows.time_ms).or(part.stated).or(options.timeframe);
    let known = match part.edge {
        Edge::Known(edge, why) => Some((edge, why)),
        Edge::Unknown => step.and_then(|s| proof(&part.rows.time_ms, s)),
    };
    let edge = one_edge(place, known, options.time)?;
    if let (Some((edge, why)), Edge::Unknown) = (known, part.edge) {
        let words = if edge == TimeConvention::Open { "opens" } else { "closes" };
        part.notes.push(format!("times are {words} of bars: {why}"));
    }
    let edge = edge.unwrap_or_else(|| {
        part.questions.push(QUESTION.to_owned());
        TimeConvention::Open
    });
    if edge == TimeConvention::Close {
        let Some(step) = step else {
            return Err(
                Error::data(place, "one bar does not tell its length").hint("give it: --timeframe 1h")
            );
        };
        closes_to_opens(&mut part.rows.time_ms, step);
    }
    Ok(edge)
}

/// Takes the length of a bar from each close.
fn closes_to_opens(times: &mut [i64], step: Timeframe) {
    let short_of_end = just_before(times, step).unwrap_or(0);
    times.iter_mut().for_each(|t| *t = step.open_ms(*t + short_of_end));
}

/// How much before the end of a bar times are that mark its last millisecond or second.
pub(crate) fn just_before(times: &[i64], step: Timeframe) -> Option<i64> {
    let step = step.ms();
    match grid_phase(times, step) {
        Some(phase) if phase == step - 1 => Some(1),
        Some(phase) if phase == step - 1000 && step > 1000 => Some(1000),
        _ => None,
    }
}

/// Half an hour, on which sessions begin and end.
const ROUND: i64 = 1_800_000;

/// What the rows themselves show.
fn proof(times: &[i64], step: Timeframe) -> Option<(TimeConvention, &'static str)> {
    if just_before(times, step).is_some() {
        return Some((TimeConvention::Close, "they lie just before the end of one"));
    }
    let step = step.ms();
    if step * 2 > ROUND {
        return None;
    }
    // Markets open and close on the half hour: the first and the last time of a session tell.
    let (mut opens, mut closes, mut sessions) = (0, 0, 0);
    for w in times.windows(2).filter(|w| w[1] - w[0] >= 4 * 3_600_000) {
        sessions += 1;
        let (last, first) = (w[0].rem_euclid(ROUND), w[1].rem_euclid(ROUND));
        opens += usize::from(first == 0 && last == ROUND - step);
        closes += usize::from(first == step && last == 0);
    }
    if sessions < 5 {
        return None;
    }
    let nearly_all = |n: usize| n * 10 >= sessions * 8;
    if nearly_all(opens) {
        Some((TimeConvention::Open, "sessions begin on the half hour and end one bar before it"))
    } else if nearly_all(closes) {
        Some((TimeConvention::Close, "sessions begin one bar after the half hour and end on it"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::part_of;
    use super::*;

    const M: i64 = 60_000;

    /// Ten days of five-minute bars from 09:00 to 17:30, marked by an edge.
    fn sessions(edge: i64) -> Vec<i64> {
        (0..10).flat_map(|day| (0..102).map(move |k| day * 1440 * M + 540 * M + k * 5 * M + edge)).collect()
    }

    #[test]
    fn sessions_show_the_edge_and_nothing_else_does() {
        let run = |times: &[i64], asked| {
            let mut part = part_of(times);
            part.edge = Edge::Unknown;
            let edge = to_opens("a", &mut part, &Options { time: asked, ..Options::default() });
            (edge, part)
        };
        let (open, close) = (sessions(0), sessions(5 * M));
        assert_eq!(run(&open, None).0.unwrap(), TimeConvention::Open);
        let (edge, part) = run(&close, None);
        assert_eq!((edge.unwrap(), part.rows.time_ms), (TimeConvention::Close, open.clone()));
        assert!(
            run(&close, Some(TimeConvention::Open))
                .0
                .unwrap_err()
                .to_string()
                .contains("mark the close of a bar")
        );

        let always: Vec<i64> = (0..500).map(|k| k * 5 * M).collect();
        let (edge, part) = run(&always, None);
        assert_eq!((edge.unwrap(), part.questions.len()), (TimeConvention::Open, 1));
        let (_, part) = run(&always, Some(TimeConvention::Close));
        assert_eq!((part.rows.time_ms[0], part.questions.len()), (-5 * M, 0));
        let last_ms: Vec<i64> = (1..500).map(|k| k * 5 * M - 1).collect();
        let (edge, part) = run(&last_ms, None);
        assert_eq!((edge.unwrap(), part.rows.time_ms[0]), (TimeConvention::Close, 0));
    }
}
