//! No bytes make the readers panic.

use proptest::prelude::*;

use super::{LoadRequest, Scratch, hours};
use crate::{TimeConvention, load, table, write_parquet};

fn calmly(bytes: &[u8]) {
    let scratch = Scratch::new();
    let path = scratch.csv(bytes);
    for time in [TimeConvention::Open, TimeConvention::Close] {
        if let Ok(loaded) = load(&path, &LoadRequest { time, ..LoadRequest::default() }) {
            let _ = loaded.quality.lines();
        }
    }
}

/// Overwrites, removes or inserts at places given as fractions of the length.
fn mutate(mut bytes: Vec<u8>, edits: &[(u16, u8, u8)]) -> Vec<u8> {
    for &(place, kind, byte) in edits {
        let at = usize::from(place) * bytes.len() / 65_536;
        match kind % 4 {
            _ if bytes.is_empty() => bytes.push(byte),
            0 | 1 => bytes[at] = byte,
            2 => bytes.insert(at, byte),
            _ => drop(bytes.remove(at)),
        }
    }
    bytes
}

fn edits() -> impl Strategy<Value = Vec<(u16, u8, u8)>> {
    let byte = prop_oneof![any::<u8>(), proptest::sample::select(b",;\t\n\r\" 0123456789.-eNi:TZ".to_vec())];
    proptest::collection::vec((any::<u16>(), any::<u8>(), byte), 1..8)
}

proptest! {
    #[test]
    fn random_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        calmly(&bytes);
        calmly(&[b"PAR1".as_slice(), &bytes, b"PAR1".as_slice()].concat());
        calmly(&[b"time,open,high,low,close,volume\n".as_slice(), &bytes].concat());
    }

    #[test]
    fn mutated_csv(edits in edits()) {
        calmly(&mutate(hours(5).into_bytes(), &edits));
    }

    #[test]
    fn mutated_parquet(edits in edits()) {
        let scratch = Scratch::new();
        let bars = load(&scratch.csv(hours(50)), &LoadRequest::default()).unwrap().bars;
        let path = scratch.at("a.parquet");
        write_parquet(&path, &bars, Some(&[1; 50]), &[("k", "v".to_owned())]).unwrap();
        let bytes = mutate(std::fs::read(&path).unwrap(), &edits);
        calmly(&bytes);
        std::fs::write(&path, bytes).unwrap();
        let _ = table::read(&path);
    }
}
