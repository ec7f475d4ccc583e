//! What a file of bars says of itself.

use super::table::{BAR_SYMBOL, BAR_TIME, BAR_TIMEFRAME};
use crate::error::{Error, Result};
use crate::market::{Instrument, Timeframe};

/// Key of a file's metadata: the instrument's steps and sizes, as JSON.
const INSTRUMENT: &str = "assay:instrument";

/// What a file of bars says of what is in it; a CSV says nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FileMetadata {
    /// Name of the instrument.
    pub symbol: Option<String>,
    /// Length of a bar.
    pub timeframe: Option<Timeframe>,
    /// Its steps, sizes, currency and hours.
    pub instrument: Option<Instrument>,
}

impl FileMetadata {
    /// What the metadata of the file `place` say.
    ///
    /// # Errors
    /// They hold something that is no length of bars or no instrument.
    pub(super) fn of(place: &str, metadata: &[(String, String)]) -> Result<Self> {
        let said = |key: &str| metadata.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str());
        let wrong = |key: &str, e: &dyn std::fmt::Display| {
            Error::data(place, format!("its metadata {key} cannot be read ({e})"))
                .hint("import the source of the file again, or write it anew without this key")
        };
        let timeframe =
            said(BAR_TIMEFRAME).map(|t| t.parse().map_err(|e: Error| wrong(BAR_TIMEFRAME, &e.problem())));
        let instrument = said(INSTRUMENT).map(|text| {
            let found: Instrument = serde_json::from_str(text).map_err(|e| wrong(INSTRUMENT, &e))?;
            match found.violations().first() {
                None => Ok(found),
                Some(v) => Err(wrong(INSTRUMENT, v)),
            }
        });
        Ok(Self {
            symbol: said(BAR_SYMBOL).filter(|s| !s.is_empty()).map(str::to_owned),
            timeframe: timeframe.transpose()?,
            instrument: instrument.transpose()?,
        })
    }

    /// The metadata of a file of bars that open at their times.
    ///
    /// # Errors
    /// Only where the program broke a promise to itself.
    pub fn entries(&self) -> Result<Vec<(&'static str, String)>> {
        let mut out = vec![(BAR_TIME, "open".to_owned())];
        out.extend(self.timeframe.map(|t| (BAR_TIMEFRAME, t.to_string())));
        out.extend(self.symbol.clone().map(|s| (BAR_SYMBOL, s)));
        if let Some(instrument) = &self.instrument {
            let text = serde_json::to_string(instrument).map_err(|e| Error::internal("metadata", e))?;
            out.push((INSTRUMENT, text));
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let instrument =
            Instrument { symbol: "X".into(), tick: 0.01, quote: "USD".into(), ..Instrument::default() };
        let said = FileMetadata {
            symbol: Some("X".into()),
            timeframe: Some(Timeframe::H1),
            instrument: Some(instrument),
        };
        for said in [said, FileMetadata::default()] {
            let entries: Vec<(String, String)> =
                said.entries().unwrap().into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
            assert_eq!(FileMetadata::of("a", &entries).unwrap(), said);
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for (key, value, words) in [
            (BAR_TIMEFRAME, "soon", "a: its metadata assay:timeframe cannot be read"),
            (INSTRUMENT, "{", "a: its metadata assay:instrument cannot be read"),
            (INSTRUMENT, "{\"tick\": -1}", "tick must be"),
            (INSTRUMENT, "{\"tack\": 1}", "unknown field `tack`"),
        ] {
            let e = FileMetadata::of("a", &[(key.to_owned(), value.to_owned())]).unwrap_err();
            assert!(e.to_string().contains(words) && e.exit_code() == 2, "{e}");
        }
        let none = FileMetadata::of("a", &[(BAR_SYMBOL.to_owned(), String::new())]).unwrap();
        assert_eq!(none, FileMetadata::default());
    }
}
