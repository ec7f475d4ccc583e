//! The content of a file in memory: what a network brought, or another program made.

use bytes::Bytes;

use super::event_file::{EventFile, events_of};
use super::labels::{LabelColumns, LabelFile, labels_of};
use super::load::{LoadRequest, Loaded, load_content};
use super::orders::{OrderFile, are_orders, orders_of};
use super::timed::{Timed, funding_of, positions_of};
use crate::error::{Error, Result};

/// The bytes of a CSV, Parquet or Arrow file under a name, read as the file would be: the same checks, the
/// same identity. Clones share the bytes.
#[derive(Debug, Clone)]
pub struct Content {
    name: String,
    bytes: Bytes,
}

impl Content {
    /// Bytes under a name.
    ///
    /// # Errors
    /// There are none.
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Result<Self> {
        let (name, bytes) = (name.into(), Bytes::from(bytes.into()));
        if bytes.is_empty() {
            return Err(Error::data(name, "the file is empty (0 bytes)").hint("give its whole content"));
        }
        Ok(Self { name, bytes })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its bars, as [`load`](super::load) reads them.
    ///
    /// # Errors
    /// As there.
    pub fn bars(&self, request: &LoadRequest) -> Result<Loaded> {
        load_content(&self.name, &self.bytes, request)
    }

    /// Its positions, as [`load_positions`](super::load_positions) reads them.
    ///
    /// # Errors
    /// As there.
    pub fn positions(&self) -> Result<Timed> {
        positions_of(self.name.clone(), self.bytes.clone())
    }

    /// Its rates of funding, as [`load_funding`](super::load_funding) reads them.
    ///
    /// # Errors
    /// As there.
    pub fn funding(&self) -> Result<Timed> {
        funding_of(self.name.clone(), self.bytes.clone())
    }

    /// Whether it holds orders, as [`holds_orders`](super::holds_orders) tells.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn holds_orders(&self) -> Result<bool> {
        are_orders(&self.name, self.bytes.clone(), &self.bytes)
    }

    /// Its orders, as [`load_orders`](super::load_orders) reads them.
    ///
    /// # Errors
    /// As there.
    pub fn orders(&self) -> Result<OrderFile> {
        orders_of(self.name.clone(), self.bytes.clone(), &self.bytes)
    }

    /// Its events, as [`load_events`](super::load_events) reads them.
    ///
    /// # Errors
    /// As there.
    pub fn events(&self) -> Result<EventFile> {
        events_of(self.name.clone(), self.bytes.clone(), &self.bytes)
    }

    /// Its labels, as [`load_labels`](super::load_labels) reads them.
    ///
    /// # Errors
    /// As there.
    pub fn labels(&self, columns: &LabelColumns) -> Result<LabelFile> {
        labels_of(self.name.clone(), self.bytes.clone(), &self.bytes, columns)
    }

    /// Its text.
    ///
    /// # Errors
    /// It is not UTF-8.
    pub fn text(&self) -> Result<String> {
        String::from_utf8(self.bytes.to_vec())
            .map_err(|_| Error::data(&self.name, "is no text in UTF-8").hint("give a text file"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load;
    use crate::market::{Bars, Columns, Timeframe};

    const CSV: &str = "time,open,high,low,close,volume\n2021-01-01 00:00,1,2,1,2,5\n\
                       2021-01-01 01:00,2,3,2,3,5\n2021-01-01 02:00,3,4,3,4,5\n";

    fn hours(close: f64) -> Bars {
        let columns = Columns {
            open_time: (0..3).map(|i| 1_609_459_200_000 + i * 3_600_000).collect(),
            open: vec![1.0, 2.0, 3.0].into(),
            high: vec![2.0, 3.0, 9.0].into(),
            low: vec![1.0, 2.0, 3.0].into(),
            close: vec![2.0, 3.0, close].into(),
            volume: vec![5.0; 3].into(),
        };
        Bars::new(Timeframe::H1, columns).unwrap()
    }

    #[test]
    fn the_content_of_a_file_is_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("b.csv");
        std::fs::write(&path, CSV).unwrap();
        let request = LoadRequest { from_ms: Some(1_609_462_800_000), ..LoadRequest::default() };
        let (file, held) =
            (load(&path, &request).unwrap(), Content::new("x/b.csv", CSV).unwrap().bars(&request).unwrap());
        assert_eq!((&held.file_name, &held.sha256), (&file.file_name, &file.sha256));
        assert_eq!((held.bars.close(), held.rows_in_file), (file.bars.close(), 3));
        let e = Content::new("b.csv", "time,open\n").unwrap().bars(&request).unwrap_err();
        assert!(e.to_string().starts_with("b.csv"), "{e}");
        assert!(Content::new("b.csv", "").unwrap_err().to_string().contains("empty"));
    }

    #[test]
    fn bars_in_memory_are_known_by_their_columns_and_cut_as_a_file_is() {
        let loaded = |close| Loaded::of("held", hours(close)).unwrap();
        assert_eq!(loaded(4.0).sha256, loaded(4.0).sha256);
        assert_ne!(loaded(4.0).sha256, loaded(5.0).sha256);
        assert_eq!(loaded(4.0).sha256.len(), 64);
        let spread = |s: f64| loaded(4.0).with_spread(vec![s; 3]).unwrap();
        assert_eq!((loaded(4.0).spread_id(), spread(0.1).bars.id()), (None, loaded(4.0).bars.id()));
        assert_ne!(spread(0.1).spread_id(), spread(0.2).spread_id());
        assert!(loaded(4.0).with_spread(vec![0.1]).is_err());
        assert!(loaded(4.0).as_synthetic().synthetic);
        let request = LoadRequest {
            from_ms: Some(1_609_462_800_000),
            to_ms: Some(1_609_466_400_000),
            ..LoadRequest::default()
        };
        let part = spread(0.1).within(&request).unwrap();
        assert_eq!((part.bars.len(), part.lead, part.rows_in_file), (2, 1, 3));
        assert_eq!((part.spread.unwrap().len(), part.quality.rows), (2, 2));
        assert_eq!(part.whole.id(), loaded(4.0).bars.id(), "all of it is known as well");
        let e = |r: LoadRequest| loaded(4.0).within(&r).unwrap_err().to_string();
        assert!(
            e(LoadRequest { timeframe: Some(Timeframe::D1), ..LoadRequest::default() })
                .contains("1h apart, not 1d")
        );
        assert!(e(LoadRequest { to_ms: Some(0), ..LoadRequest::default() }).contains("no bars before 1970"));
        let slow = Bars::new(Timeframe::D1, hours(4.0).columns().clone()).unwrap();
        assert!(
            Loaded::of("held", slow).unwrap_err().to_string().contains("are 1h apart, and said to be of 1d")
        );
        let none = Bars::new(Timeframe::H1, Columns::default()).unwrap();
        assert!(Loaded::of("held", none).is_err());
    }

    #[test]
    fn values_in_memory_are_checked_and_known_by_their_columns() {
        let t = [1_609_459_200_000, 1_609_462_800_000];
        let p = |v: [f64; 2]| Timed::positions("p", &t, &v, None).unwrap();
        let file = Content::new("p", "time,position\n2021-01-01 00:00,1\n2021-01-01 01:00,\n").unwrap();
        let file = file.positions().unwrap();
        assert_eq!(p([1.0, f64::NAN]).time_ms, file.time_ms);
        assert!(p([1.0, f64::NAN]).value[1].is_nan() && file.value[1].is_nan());
        assert_eq!(p([1.0, f64::NAN]).id(), p([1.0, -f64::NAN]).id());
        assert_eq!(p([1.0, f64::NAN]).id(), file.id(), "from a file and from memory alike");
        assert_ne!(p([1.0, 0.0]).sha256, p([1.0, 1.0]).sha256);
        let about = |s: [&str; 2]| {
            Timed::positions("p", &t, &[1.0, 1.0], Some(&s.map(str::to_owned))).unwrap().sha256
        };
        assert_ne!(about(["ab", "c"]), about(["a", "bc"]));
        let back = [t[1], t[0]];
        let e = Timed::positions("p", &back, &[1.0, 1.0], None).unwrap_err().to_string();
        assert!(e.contains("p: row 2: the time is before"), "{e}");
        assert!(Timed::positions("p", &t, &[1.0], None).is_err());
        assert!(Timed::positions("p", &[], &[], None).is_err());
        assert!(Timed::positions("p", &t, &[1.0, f64::INFINITY], None).is_err());
        assert!(Timed::funding("f", &t, &[0.0001, 1.0], None).is_err());
        assert_eq!(Timed::funding("f", &t, &[0.0001, 0.0], Some(&[5.0, 6.0])).unwrap().mark, [5.0, 6.0]);
    }
}
