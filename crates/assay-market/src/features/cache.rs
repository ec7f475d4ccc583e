//! The memo of computed columns.

use std::any::Any;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use arrow_buffer::ScalarBuffer;

use super::higher_timeframe::Coarse;
use super::longer::Longer;
use super::registry::FeatureSpec;
use crate::error::{Error, Place, Result};
use crate::indicators::{Swings, swings};
use crate::market::Bars;

/// A shared feature column, one row a bar. A vector becomes one without a copy.
pub type FeatureColumn = ScalarBuffer<f64>;

/// A slot is made under the lock and filled outside it, so that threads wait only for the column they need.
type Slots<K, V> = Mutex<HashMap<K, Arc<OnceLock<V>>>>;

/// Features of one history. Each (name, parameters) is computed once, whoever asks first.
#[derive(Debug)]
pub struct FeatureCache {
    bars: Bars,
    columns: Slots<FeatureSpec, FeatureColumn>,
    groups: Slots<(&'static str, Vec<u64>), Arc<[FeatureColumn]>>,
    swings: Slots<usize, Arc<Swings>>,
    /// None where the bars cannot make that timeframe.
    coarse: Slots<Longer, Option<Arc<Coarse>>>,
    /// What else is computed of these bars once, by whoever asks.
    memos: Slots<String, Arc<dyn Any + Send + Sync>>,
    /// Bytes of columns beyond which all are forgotten.
    limit: usize,
    bytes: AtomicUsize,
}

impl FeatureCache {
    /// An empty cache over `bars`.
    pub fn new(bars: Bars) -> Self {
        Self {
            bars,
            columns: Mutex::default(),
            groups: Mutex::default(),
            swings: Mutex::default(),
            coarse: Mutex::default(),
            memos: Mutex::default(),
            limit: usize::MAX,
            bytes: AtomicUsize::new(0),
        }
    }

    /// The same, which forgets everything once its columns take more than `bytes`: for settings that go on for ever.
    #[must_use]
    pub fn bounded(self, bytes: usize) -> Self {
        Self { limit: bytes, ..self }
    }

    /// Takes note of columns made, and forgets all where they are too many. Who holds one keeps it.
    fn made(&self, columns: usize) {
        let bytes = 8 * self.bars.len() * columns;
        if self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes > self.limit {
            self.bytes.store(0, Ordering::Relaxed);
            clear(&self.columns);
            clear(&self.groups);
            clear(&self.swings);
            clear(&self.coarse);
            clear(&self.memos);
        }
    }

    /// The history the features are of.
    pub fn bars(&self) -> &Bars {
        &self.bars
    }

    /// The column of `spec`; NaN throughout where the bars cannot make its timeframe, see [`fits`](Self::fits).
    pub fn column(&self, spec: &FeatureSpec) -> FeatureColumn {
        let slot = slot(&self.columns, spec);
        slot.get_or_init(|| {
            let column = spec.compute(self);
            self.made(1);
            column
        })
        .clone()
    }

    /// Longer bars, where these can make them.
    pub(super) fn coarse(&self, longer: Longer) -> Option<Arc<Coarse>> {
        let slot = slot(&self.coarse, &longer);
        slot.get_or_init(|| {
            self.made(1);
            Coarse::of(&self.bars, longer, self.limit).ok().map(Arc::new)
        })
        .clone()
    }

    /// Longer bars made of these, and which of them are over at each close.
    ///
    /// # Errors
    /// These bars cannot make them.
    pub fn longer(&self, longer: Longer) -> Result<Arc<Coarse>> {
        Coarse::possible(self.bars.timeframe(), longer)?;
        self.coarse(longer)
            .ok_or_else(|| Error::internal("longer bars", format!("{longer} could not be made of these")))
    }

    /// Rows before the first of `spec` that can be a number; all where none can. Of longer bars it depends on where history begins
    /// among them, and on its gaps.
    pub fn warmup(&self, spec: &FeatureSpec) -> usize {
        match spec.longer_than(self.bars.timeframe()) {
            None => spec.warmup().min(self.bars.len()),
            Some(longer) => self.coarse(longer).map_or(self.bars.len(), |c| c.row_after(spec.warmup())),
        }
    }

    /// Refuses a history too short for a single value, and one that cannot make the timeframe.
    ///
    /// # Errors
    /// No row can be a number.
    pub fn fits(&self, spec: &FeatureSpec) -> Result<()> {
        let (base, rows) = (self.bars.timeframe(), self.bars.len());
        let Some(longer) = spec.longer_than(base) else { return spec.fits(rows) };
        let made =
            Coarse::of(&self.bars, longer, self.limit).map_err(|e| e.within(format!("feature {spec}")))?;
        if made.row_after(spec.warmup()) < rows {
            return Ok(());
        }
        let need = spec.warmup() + 1;
        let problem = format!(
            "needs {need} bars of {longer} for its first value, and {rows} of {base} hold {}",
            made.known()
        );
        Err(Error::usage(Place::given("feature", spec), problem)
            .hint("give a longer history, a smaller window or a shorter timeframe"))
    }

    /// The column of a feature by name and parameters.
    ///
    /// # Panics
    /// If the registry has no such name or another number of parameters: names in the program are checked by a test.
    pub fn get(&self, name: &'static str, parameters: &[f64]) -> FeatureColumn {
        self.column(&FeatureSpec::known(name, parameters))
    }

    /// Columns that one kernel makes together (the bands of a channel), by the name of the group and its parameters.
    /// `compute` runs once for each.
    pub fn group(
        &self,
        name: &'static str,
        parameters: &[f64],
        compute: impl FnOnce() -> Vec<Vec<f64>>,
    ) -> Arc<[FeatureColumn]> {
        let key = (name, parameters.iter().map(|p| p.to_bits()).collect());
        let slot = slot(&self.groups, &key);
        slot.get_or_init(|| {
            let columns: Arc<[FeatureColumn]> = compute().into_iter().map(FeatureColumn::from).collect();
            self.made(columns.len());
            columns
        })
        .clone()
    }

    /// What `compute` makes of these bars, once for each key: for whatever is no column. `width` is how many
    /// columns it weighs.
    ///
    /// # Panics
    /// If another type was kept under this key.
    pub fn memo<T: Send + Sync + 'static>(
        &self,
        key: &str,
        width: usize,
        compute: impl FnOnce() -> T,
    ) -> Arc<T> {
        let slot = slot(&self.memos, &key.to_owned());
        let kept = slot.get_or_init(|| {
            let made = Arc::new(compute());
            self.made(width);
            made
        });
        let Ok(kept) = kept.clone().downcast() else { panic!("Invariant: {key} is of one type") };
        kept
    }

    /// Every column computed so far, in the order of their names.
    pub fn computed(&self) -> Vec<(FeatureSpec, FeatureColumn)> {
        let slots = self.columns.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let done = slots.iter().filter_map(|(spec, slot)| Some((spec.clone(), slot.get()?.clone())));
        let mut all: Vec<_> = done.collect();
        // A hash map has no order of its own that would be the same twice.
        all.sort_by_cached_key(|(spec, _)| spec.to_string());
        all
    }

    /// Swing points with `k` bars on each side.
    pub fn swings(&self, k: usize) -> Arc<Swings> {
        let slot = slot(&self.swings, &k);
        slot.get_or_init(|| {
            self.made(4);
            Arc::new(swings(self.bars.high(), self.bars.low(), self.bars.close(), k))
        })
        .clone()
    }
}

fn clear<K, V>(slots: &Slots<K, V>) {
    slots.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
}

fn slot<K: Clone + Eq + std::hash::Hash, V>(slots: &Slots<K, V>, key: &K) -> Arc<OnceLock<V>> {
    let mut slots = slots.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    slots.entry(key.clone()).or_default().clone()
}
