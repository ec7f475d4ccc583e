//! Placebo bars: the same moves of the price, bar by bar, in directions that a coin decides.
//!
//! Each bar has one sign. Where it is negative, the logarithms of all moves of that bar change theirs: that from the close
//! before to its open, and those from its open to high, low and close, so that high and low change places. The size of each
//! move, the volume and the times stay; which way the price went does not. If directions cannot be predicted from what came
//! before, such bars are as likely as the real ones, and a search finds as much in either.

use std::sync::Arc;

use crate::data::{FundingFile, Loaded};
use crate::error::{Error, Result};
use crate::market::{Bars, Columns};
use crate::random::{ContentSeed, Stream};
use crate::runs::Inputs;
use crate::system::ExtraData;

/// What makes placebo bars of the bars of a run.
#[derive(Debug)]
pub struct PlaceboBars<'a> {
    inputs: &'a Inputs,
    /// The open of every bar of any symbol, once and in order, milliseconds UTC.
    times: Vec<i64>,
    seed: u64,
}

impl<'a> PlaceboBars<'a> {
    /// Placebos of the bars of `inputs`, those of the warm-up among them. Their signs depend on these bars alone.
    ///
    /// # Errors
    /// Something of the run is about the prices as they were: finer bars, labels or orders of a file.
    pub fn of(inputs: &'a Inputs) -> Result<Self> {
        let refuse = |file: &str, what: &str, hint: &str| {
            let problem = format!("{what}: placebo bars have other prices");
            Err(Error::usage("--placebos", format!("{file} {problem}")).hint(hint))
        };
        for l in &inputs.symbols {
            if let Some(finer) = &l.detail {
                let hint = "leave data.detail out, and take another path inside the bars";
                return refuse(&finer.file_name, "holds the finer bars under these", hint);
            }
        }
        for extra in &inputs.extras {
            match &extra.data {
                ExtraData::Labels(_) => {
                    let hint = "take regimes.by that labels any bars";
                    return refuse(&extra.file, "labels the bars as they were", hint);
                }
                ExtraData::Orders(_) => {
                    return refuse(&extra.file, "holds orders at prices", "give positions instead");
                }
                ExtraData::Positions(_) | ExtraData::Events(_) => {}
            }
        }
        let mut times: Vec<i64> = inputs.symbols.iter().flat_map(|l| l.bars.open_time()).copied().collect();
        times.sort_unstable();
        times.dedup();
        let content = inputs.symbols.iter().fold(ContentSeed::new("assay placebo bars v1"), |c, l| {
            let b = &l.bars;
            c.whole(b.open_time()).numbers(b.open()).numbers(b.high()).numbers(b.low()).numbers(b.close())
        });
        Ok(Self { inputs, times, seed: content.seed() })
    }

    /// Placebo `replicate`: all that the run reads, on other bars. A spread of the file, and what
    /// funding is paid on, keep their share of the price.
    ///
    /// # Errors
    /// Prices leave what a number can hold.
    pub fn replicate(&self, replicate: u64) -> Result<Inputs> {
        let mut stream = Stream::new(self.seed, "placebo bars", replicate);
        let rises: Vec<bool> = self.times.iter().map(|_| stream.bits() >> 63 == 0).collect();
        let i = self.inputs;
        Ok(Inputs {
            symbols: i.symbols.iter().map(|l| self.turned(l, &rises)).collect::<Result<_>>()?,
            conversions: i.conversions.clone(),
            extras: i.extras.clone(),
            sources: i.sources.clone(),
        })
    }

    /// One symbol, whose bars keep their direction where the bar of that time does.
    fn turned(&self, l: &Loaded, rises: &[bool]) -> Result<Loaded> {
        let at = |time: &i64| self.times.binary_search(time).map_or(true, |k| rises[k]);
        let keeps: Vec<bool> = l.bars.open_time().iter().map(at).collect();
        let bars = turned_bars(&l.bars, &keeps).map_err(|problem| {
            Error::data(&l.file_name, format!("has no placebo: {problem}"))
                .hint("are the prices right? assay data check says where they jump")
        })?;
        let opens = l.bars.open().iter().zip(bars.open());
        let spread = l.spread.as_ref().map(|s| s.iter().zip(opens).map(|(s, (o, n))| s * (n / o)).collect());
        let all: Vec<Option<usize>> = (0..bars.len()).map(Some).collect();
        let funding = l.funding.as_ref().map(|f| FundingFile {
            funding: Arc::new(f.funding.rearranged(&all, l.bars.open(), bars.open())),
            ..f.clone()
        });
        Ok(Loaded { bars, spread, funding, ..l.clone() })
    }
}

/// `bars` with the moves of each turned where it does not keep its direction. Ratios of prices are rounded in their order,
/// so that no rounding puts a price outside its bar.
fn turned_bars(bars: &Bars, keeps: &[bool]) -> std::result::Result<Bars, String> {
    let c = bars.columns();
    let n = bars.len();
    let mut new: [Vec<f64>; 4] = std::array::from_fn(|_| Vec::with_capacity(n));
    for i in 0..n {
        let of = |to: f64, from: f64| if keeps[i] { to / from } else { from / to };
        let open = match (i, new[3].last()) {
            (0, _) | (_, None) => c.open[i],
            (_, Some(before)) => before * of(c.open[i], c.close[i - 1]),
        };
        let (high, low) = if keeps[i] { (c.high[i], c.low[i]) } else { (c.low[i], c.high[i]) };
        let row =
            [open, open * of(high, c.open[i]), open * of(low, c.open[i]), open * of(c.close[i], c.open[i])];
        new.iter_mut().zip(row).for_each(|(column, v)| column.push(v));
    }
    let [open, high, low, close] = new.map(Into::into);
    let columns =
        Columns { open_time: c.open_time.clone(), open, high, low, close, volume: c.volume.clone() };
    Bars::new(bars.timeframe(), columns).map_err(|fault| fault.problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    const N: i64 = 400;

    /// Bars with gaps between them, wicks on both sides, and a time that is missing every `hole` bars.
    fn loaded(name: &str, seed: u64, hole: i64) -> Loaded {
        let mut s = Stream::new(seed, "bars with gaps", 0);
        let mut columns: [Vec<f64>; 5] = Default::default();
        let open_time: Vec<i64> = (0..N).filter(|i| i % hole != hole - 1).map(|i| i * 86_400_000).collect();
        let mut price = 100.0;
        for k in 0..open_time.len() {
            let open = price * libm::exp(0.01 * s.normal());
            let close = open * libm::exp(0.02 * s.normal() + 0.01);
            let (up, down) = (s.uniform() * 0.02, s.uniform() * 0.01);
            let (high, low) = (open.max(close) * (1.0 + up), open.min(close) * (1.0 - down));
            columns.iter_mut().zip([open, high, low, close, k as f64]).for_each(|(c, v)| c.push(v));
            price = close;
        }
        let [open, high, low, close, volume] = columns.map(Into::into);
        let columns = Columns { open_time: open_time.into(), open, high, low, close, volume };
        Loaded::of(name, Bars::new("1d".parse().unwrap(), columns).unwrap()).unwrap()
    }

    fn inputs(symbols: Vec<Loaded>) -> Inputs {
        Inputs { symbols, ..Inputs::default() }
    }

    /// Log returns from close to close, then from open to high, low and close.
    fn moves(b: &Bars) -> Vec<[f64; 4]> {
        let log = |to: f64, from: f64| libm::log(to / from);
        (0..b.len())
            .map(|i| {
                let (o, before) = (b.open()[i], if i == 0 { b.open()[0] } else { b.close()[i - 1] });
                [log(b.close()[i], before), log(b.high()[i], o), log(b.low()[i], o), log(b.close()[i], o)]
            })
            .collect()
    }

    #[test]
    fn the_size_of_every_move_stays_and_its_direction_does_not() {
        let real = inputs(vec![loaded("a", 1, 9)]);
        let placebos = PlaceboBars::of(&real).unwrap();
        let (b, made) = (&real.symbols[0].bars, placebos.replicate(3).unwrap());
        let p = &made.symbols[0].bars;
        assert_eq!((p.open_time(), p.volume(), p.open()[0]), (b.open_time(), b.volume(), b.open()[0]));
        let mut turned = 0;
        for (k, (was, is)) in moves(b).iter().zip(moves(p)).enumerate() {
            let same = |a: f64, b: f64| (a - b).abs() < 1e-12;
            let kept = (0..4).all(|m| same(was[m], is[m]));
            let [by_close, high, low, close] = is;
            let other =
                same(was[0], -by_close) && same(was[1], -low) && same(was[2], -high) && same(was[3], -close);
            assert!(kept != other, "bar {k}: {was:?} {is:?}");
            turned += usize::from(other);
        }
        // 356 coins: more than five deviations from the middle.
        assert!((130..226).contains(&turned), "{turned}");
    }

    #[test]
    fn a_placebo_is_that_of_its_bars_and_its_number() {
        let (real, other) = (inputs(vec![loaded("a", 1, 9)]), inputs(vec![loaded("a", 2, 9)]));
        let close = |i: &Inputs, k| {
            PlaceboBars::of(i).unwrap().replicate(k).unwrap().symbols[0].bars.close().to_vec()
        };
        assert_eq!(close(&real, 5), close(&real, 5));
        assert_ne!(close(&real, 5), close(&real, 6));
        let rises = |i: &Inputs| PlaceboBars::of(i).unwrap().seed;
        assert_ne!(rises(&real), rises(&other));
    }

    #[test]
    fn symbols_turn_together_at_the_same_time() {
        // The second lacks other days than the first.
        let real = inputs(vec![loaded("a", 1, 9), loaded("b", 2, 7)]);
        let made = PlaceboBars::of(&real).unwrap().replicate(0).unwrap();
        let turns = |k: usize| -> std::collections::BTreeMap<i64, bool> {
            let (was, is) = (&real.symbols[k].bars, &made.symbols[k].bars);
            let turned = moves(was).into_iter().zip(moves(is)).map(|(a, b)| a[3] * b[3] < 0.0);
            was.open_time().iter().copied().zip(turned).collect()
        };
        let (a, b) = (turns(0), turns(1));
        let both: Vec<i64> = a.keys().filter(|t| b.contains_key(t)).copied().collect();
        assert!(both.len() > 280 && both.len() < a.len());
        assert!(both.iter().all(|t| a[t] == b[t]));
    }

    #[test]
    fn a_spread_keeps_its_share_of_the_price() {
        let mut one = loaded("a", 1, 9);
        one.spread = Some(one.bars.open().iter().map(|o| 0.0002 * o).collect());
        let made = PlaceboBars::of(&inputs(vec![one])).unwrap().replicate(1).unwrap();
        let l = &made.symbols[0];
        let spread = l.spread.as_ref().unwrap();
        assert!(spread.iter().zip(l.bars.open()).all(|(s, o)| (s / o - 0.0002).abs() < 1e-12));
    }

    #[test]
    fn what_is_about_the_prices_as_they_were_is_refused() {
        let one = loaded("a", 1, N + 1);
        let b = &one.bars;
        // Two halves of each day, of which the second does not move.
        let twice = |first: &[f64], second: &[f64]| -> Vec<f64> {
            first.iter().zip(second).flat_map(|(a, b)| [*a, *b]).collect()
        };
        let half = |i: usize| [b.open_time()[i], b.open_time()[i] + 43_200_000];
        let columns = Columns {
            open_time: (0..b.len()).flat_map(half).collect(),
            open: twice(b.open(), b.close()).into(),
            high: twice(b.high(), b.close()).into(),
            low: twice(b.low(), b.close()).into(),
            close: twice(b.close(), b.close()).into(),
            volume: vec![1.0; 2 * b.len()].into(),
        };
        let fine = Loaded::of("fine", Bars::new("12h".parse().unwrap(), columns).unwrap()).unwrap();
        let detailed = inputs(vec![one.with_finer(fine, "fine").unwrap()]);
        let e = PlaceboBars::of(&detailed).unwrap_err().to_string();
        assert!(e.contains("finer bars") && e.contains("data.detail"), "{e}");
    }
}
