//! Events on top of a process: a flash crash, a closed market, a dead one, a bad print.
//!
//! An event changes the bars it names and the level of those after it, nothing else: every other return is, but for the
//! rounding to the tick, the one without the event.

use crate::error::Violation;
use serde::Deserialize;

use super::Preset;
use super::log_bar::LogBar;
use crate::market::parse_time;

/// An `[[event]]` of a preset. Which of the keys are needed, and which of them may be given, follows from the kind.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventPreset {
    /// What happens.
    pub kind: EventKind,
    /// First bar of the event, from 0; this or `at`.
    pub at_bar: Option<usize>,
    /// Opening time of the first bar, UTC: the bar that covers it.
    pub at: Option<String>,
    /// The symbols it happens to; all where it is not given.
    pub symbols: Option<Vec<String>>,
    /// Of a flash crash: the share of the price that is lost at its bottom.
    pub depth: Option<f64>,
    /// Of a flash crash: bars in which it is lost.
    pub down: Option<usize>,
    /// Of a flash crash: bars in which it comes back.
    pub recovery: Option<usize>,
    /// Of a flash crash: the share of the lost logs that comes back, 1 unless given.
    pub recovered: Option<f64>,
    /// Of a flash crash: factor on volume from its first to its last bar, 1 unless given.
    pub volume: Option<f64>,
    /// Of a gap and of a dead market: bars it lasts.
    pub bars: Option<usize>,
    /// Of a gap: the change of the price over it, as a fraction, 0 unless given.
    pub jump: Option<f64>,
    /// Of a bad print: how far beyond the body of its bar, as a fraction of the price; below zero for a low.
    pub size: Option<f64>,
}

/// What an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// The price falls fast and comes back, wholly or in part.
    FlashCrash,
    /// The market is closed: bars are missing, and the price may open elsewhere.
    Gap,
    /// The market is open and nobody trades: flat bars without volume.
    Dead,
    /// One price far off the market, the high or the low of a bar.
    Spike,
}

impl EventKind {
    fn name(self) -> &'static str {
        match self {
            Self::FlashCrash => "flash-crash",
            Self::Gap => "gap",
            Self::Dead => "dead",
            Self::Spike => "spike",
        }
    }

    /// Keys of the kind: those it needs, then those it may have.
    fn keys(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::FlashCrash => (&["depth", "down", "recovery"], &["recovered", "volume"]),
            Self::Gap => (&["bars"], &["jump"]),
            Self::Dead => (&["bars"], &[]),
            Self::Spike => (&["size"], &[]),
        }
    }
}

/// An event with its bars.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct SynthEvent {
    first: usize,
    bars: usize,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum What {
    /// Logs lost, bars of the fall, share that comes back, factor on volume.
    Crash {
        fall: f64,
        down: usize,
        recovered: f64,
        volume: f64,
    },
    /// Log of the price after over the price before.
    Gap {
        jump: f64,
    },
    Dead,
    Spike {
        size: f64,
    },
}

/// The events of every symbol in order of time; what is wrong with them is noted.
pub(super) fn plan(preset: &Preset, found: &mut Vec<Violation>) -> Vec<Vec<SynthEvent>> {
    let mut plans: Vec<Vec<(SynthEvent, usize)>> = vec![vec![]; preset.symbols.len()];
    for (number, e) in preset.events.iter().enumerate() {
        let Some(event) = e.resolve(number, preset, found) else { continue };
        let hit = |symbol: &String| e.symbols.as_ref().is_none_or(|s| s.contains(symbol));
        for (plan, symbol) in plans.iter_mut().zip(&preset.symbols) {
            if hit(&symbol.symbol) {
                plan.push((event, number));
            }
        }
        for name in e.symbols.iter().flatten() {
            if !preset.symbols.iter().any(|s| s.symbol == *name) {
                let names = preset.symbol_names().join(", ");
                found.push(Violation::must_be(
                    key(number, "symbols"),
                    format!("among {names}"),
                    format!("{name:?}"),
                ));
            }
        }
    }
    for plan in &mut plans {
        plan.sort_by_key(|(e, _)| e.first);
        for pair in plan.windows(2) {
            let ((a, i), (b, j)) = (pair[0], pair[1]);
            if a.first + a.bars > b.first {
                let rule = format!("clear of event[{i}], which lasts until bar {}", a.first + a.bars - 1);
                found.push(Violation::must_be(format!("event[{j}]"), rule, format!("at bar {}", b.first)));
            }
        }
    }
    plans.into_iter().map(|plan| plan.into_iter().map(|(e, _)| e).collect()).collect()
}

fn key(number: usize, name: &str) -> String {
    format!("event[{number}].{name}")
}

impl EventPreset {
    fn resolve(&self, number: usize, preset: &Preset, found: &mut Vec<Violation>) -> Option<SynthEvent> {
        let before = found.len();
        let mut require = |name: &str, holds: bool, rule: &str, was: String| {
            if !holds {
                found.push(Violation::must_be(key(number, name), rule, was));
            }
        };
        let (needed, allowed) = self.kind.keys();
        for (name, given) in [
            ("depth", self.depth.is_some()),
            ("down", self.down.is_some()),
            ("recovery", self.recovery.is_some()),
            ("recovered", self.recovered.is_some()),
            ("volume", self.volume.is_some()),
            ("bars", self.bars.is_some()),
            ("jump", self.jump.is_some()),
            ("size", self.size.is_some()),
        ] {
            let kind = self.kind.name();
            let keys = [needed, allowed].concat().join(", ");
            require(name, given || !needed.contains(&name), "given", "missing".into());
            let known = needed.contains(&name) || allowed.contains(&name);
            let rule = format!("left out: {kind} has the keys {keys}");
            require(name, !given || known, &rule, "given".into());
        }
        let share = |x: f64| x > 0.0 && x < 1.0;
        let depth = self.depth.unwrap_or(0.5);
        require("depth", share(depth), "above 0 and below 1", depth.to_string());
        let recovered = self.recovered.unwrap_or(1.0);
        require("recovered", (0.0..=1.0).contains(&recovered), "within 0..1", recovered.to_string());
        let volume = self.volume.unwrap_or(1.0);
        let finite = volume.is_finite() && volume >= 0.0;
        require("volume", finite, "a finite number of at least 0", volume.to_string());
        let jump = self.jump.unwrap_or(0.0);
        require("jump", jump.is_finite() && jump > -1.0, "above -1", jump.to_string());
        let size = self.size.unwrap_or(0.1);
        let off = size.is_finite() && size > -1.0 && size != 0.0;
        require("size", off, "above -1, and not 0", size.to_string());
        let (down, recovery) = (self.down.unwrap_or(1), self.recovery.unwrap_or(0));
        require("down", down >= 1, "at least 1", down.to_string());
        require("bars", self.bars.unwrap_or(1) >= 1, "at least 1", "0".into());

        let first = match (self.at_bar, &self.at) {
            (Some(bar), None) => bar,
            (None, Some(at)) => {
                let start = parse_time(&preset.start)?;
                let time = parse_time(at);
                require("at", time.is_some(), "a UTC date or time", format!("{at:?}"));
                let inside = time.is_none_or(|t| t >= start);
                require("at", inside, "no time before the first bar", format!("{at:?}"));
                (time? - start).max(0) as usize / preset.timeframe.ms() as usize
            }
            _ => {
                let was = if self.at.is_some() { "both" } else { "neither" };
                require("at_bar", false, "given, or else at", was.into());
                return None;
            }
        };
        let (bars, what) = match self.kind {
            EventKind::FlashCrash => (
                down.saturating_add(recovery),
                What::Crash { fall: -libm::log1p(-depth), down, recovered, volume },
            ),
            EventKind::Gap => (self.bars.unwrap_or(1), What::Gap { jump: libm::log1p(jump) }),
            EventKind::Dead => (self.bars.unwrap_or(1), What::Dead),
            EventKind::Spike => (1, What::Spike { size }),
        };
        // Bar 0 is what an event has for a last close, and the last bar is in the file.
        let fits = first >= 1 && first.saturating_add(bars) < preset.bars;
        let rule = format!("such that the event lies within bars 1..{}", preset.bars.saturating_sub(2));
        require("at_bar", fits, &rule, format!("{first}, for {bars} bars"));
        (found.len() == before).then_some(SynthEvent { first, bars, what })
    }
}

/// The events of one symbol, and what they have done to its price so far.
#[derive(Debug)]
pub(super) struct Overlay {
    events: Vec<SynthEvent>,
    /// Events that are over.
    done: usize,
    /// Log of the price shown over the price of the process.
    offset: f64,
    /// Log of the last close shown.
    last: f64,
}

/// A bar as it is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    /// In natural logs of price.
    pub bar: LogBar,
    /// Factor on volume.
    pub volume: f64,
    /// Whether the process made it.
    pub made: bool,
}

impl Overlay {
    pub fn new(events: Vec<SynthEvent>) -> Self {
        Self { events, done: 0, offset: 0.0, last: f64::NAN }
    }

    /// Bar `i`, which the process has made as `bar`, as it is shown; `None` where the market is closed.
    pub fn show(&mut self, i: usize, bar: LogBar) -> Option<Shown> {
        while self.events.get(self.done).is_some_and(|e| e.first + e.bars <= i) {
            self.done += 1;
        }
        let event = self.events.get(self.done).filter(|e| e.first <= i).copied();
        let mut shown = Shown { bar: bar.moved(self.offset, self.offset), volume: 1.0, made: true };
        if let Some(SynthEvent { first, bars, what }) = event {
            match what {
                What::Crash { fall, down, recovered, volume } => {
                    let (from, k) = (self.offset, i - first);
                    // The last bar of a way ends it exactly, however many there were.
                    self.offset +=
                        if k < down { -fall / down as f64 } else { recovered * fall / (bars - down) as f64 };
                    shown = Shown { bar: bar.moved(from, self.offset), volume, made: true };
                }
                What::Gap { jump } => {
                    self.offset = self.last + jump - bar.close;
                    return None;
                }
                What::Dead => {
                    self.offset = self.last - bar.close;
                    shown = Shown { bar: LogBar::flat(self.last), volume: 0.0, made: false };
                }
                What::Spike { size } => {
                    let (b, far) = (&mut shown.bar, libm::log1p(size));
                    if size > 0.0 {
                        b.high = b.high.max(b.open.max(b.close) + far);
                    } else {
                        b.low = b.low.min(b.open.min(b.close) + far);
                    }
                }
            }
        }
        self.last = shown.bar.close;
        Some(shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(what: What, first: usize, bars: usize) -> SynthEvent {
        SynthEvent { first, bars, what }
    }

    /// Closes of a market that rises by 0.01 a bar, with `events`.
    fn closes(events: Vec<SynthEvent>) -> Vec<Option<f64>> {
        let mut overlay = Overlay::new(events);
        (0..12)
            .map(|i| {
                let x = i as f64 * 0.01;
                let bar = LogBar { open: x - 0.01, high: x + 0.002, low: x - 0.013, close: x };
                overlay.show(i, bar).map(|s| (s.bar.close * 1e9).round() / 1e9)
            })
            .collect()
    }

    #[test]
    fn a_crash_goes_down_and_part_of_the_way_back() {
        let crash = What::Crash { fall: 0.4, down: 2, recovered: 0.75, volume: 3.0 };
        let want = [0.0, 0.01, 0.02, -0.17, -0.36, -0.25, -0.14, -0.03, -0.02, -0.01, 0.0, 0.01];
        assert_eq!(closes(vec![event(crash, 3, 5)]), want.map(Some));
    }

    #[test]
    fn a_closed_market_opens_where_the_jump_says() {
        let got = closes(vec![event(What::Gap { jump: -0.5 }, 2, 3)]);
        let want = [
            Some(0.0),
            Some(0.01),
            None,
            None,
            None,
            Some(-0.48),
            Some(-0.47),
            Some(-0.46),
            Some(-0.45),
            Some(-0.44),
            Some(-0.43),
            Some(-0.42),
        ];
        assert_eq!(got, want);
    }

    #[test]
    fn a_dead_market_stands_and_goes_on_from_there() {
        let got = closes(vec![event(What::Dead, 2, 8)]);
        let want = [0.0, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.02, 0.03];
        assert_eq!(got, want.map(Some));
    }

    #[test]
    fn one_event_after_the_other() {
        let crash = What::Crash { fall: 0.1, down: 1, recovered: 0.0, volume: 1.0 };
        let events = vec![event(crash, 1, 1), event(What::Dead, 2, 1), event(What::Gap { jump: 0.2 }, 3, 1)];
        let got = closes(events);
        assert_eq!(&got[..6], &[Some(0.0), Some(-0.09), Some(-0.09), None, Some(0.12), Some(0.13)]);
    }
}
