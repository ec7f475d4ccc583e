//! A window of values in order.

/// Values a block holds before it is split.
const MOST: usize = 1024;

/// A multiset of numbers in ascending order, in blocks: whatever the window, a row costs a block and a look at each other.
/// What it answers depends on the values it holds alone.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    blocks: Vec<Vec<f64>>,
}

impl Sorted {
    /// Block that holds the first value not before `v` (`strict`: after `v`), or the last.
    fn block(&self, v: f64, strict: bool) -> usize {
        let before = |last: f64| if strict { last <= v } else { last < v };
        let at = self.blocks.partition_point(|b| b.last().is_some_and(|last| before(*last)));
        at.min(self.blocks.len().saturating_sub(1))
    }

    pub(super) fn insert(&mut self, v: f64) {
        if self.blocks.is_empty() {
            self.blocks.push(Vec::with_capacity(MOST + 1));
        }
        let k = self.block(v, true);
        let block = &mut self.blocks[k];
        block.insert(block.partition_point(|x| *x <= v), v);
        if block.len() > MOST {
            let tail = block.split_off(MOST / 2);
            self.blocks.insert(k + 1, tail);
        }
    }

    /// Takes out one value equal to `v`, if there is one.
    pub(super) fn remove(&mut self, v: f64) {
        let k = self.block(v, false);
        let Some(block) = self.blocks.get_mut(k) else { return };
        let at = block.partition_point(|x| *x < v);
        if block.get(at).is_some_and(|x| *x == v) {
            block.remove(at);
            if block.is_empty() {
                self.blocks.remove(k);
            }
        }
    }

    /// How many values are at most `v`.
    pub(super) fn at_most(&self, v: f64) -> usize {
        let mut count = 0;
        for block in &self.blocks {
            if block.last().is_some_and(|last| *last <= v) {
                count += block.len();
            } else {
                return count + block.partition_point(|x| *x <= v);
            }
        }
        count
    }

    /// The value with `rank` values before it.
    pub(super) fn nth(&self, mut rank: usize) -> Option<f64> {
        for block in &self.blocks {
            match block.get(rank) {
                Some(v) => return Some(*v),
                None => rank -= block.len(),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn it_is_a_sorted_list() {
        let mut s = Stream::new(5, "sorted", 0);
        let x: Vec<f64> = (0..9000).map(|_| (s.uniform() * 500.0).floor()).collect();
        let (mut sorted, mut plain) = (Sorted::default(), Vec::<f64>::new());
        for i in 0..x.len() {
            sorted.insert(x[i]);
            plain.insert(plain.partition_point(|v| *v <= x[i]), x[i]);
            if i >= 5000 {
                sorted.remove(x[i - 5000]);
                plain.remove(plain.partition_point(|v| *v < x[i - 5000]));
            }
            if i % 97 == 0 {
                assert_eq!(sorted.at_most(x[i]), plain.partition_point(|v| *v <= x[i]));
                assert_eq!(sorted.nth(i % plain.len()), Some(plain[i % plain.len()]));
            }
        }
        sorted.remove(1e9);
        assert_eq!(sorted.blocks.iter().map(Vec::len).sum::<usize>(), 5000);
        assert_eq!((sorted.nth(5000), Sorted::default().at_most(1.0)), (None, 0));
    }
}
