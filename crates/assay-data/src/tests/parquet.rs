//! Parquet files of this program and of others.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::builder::StringDictionaryBuilder;
use arrow_array::types::Int8Type;
use arrow_array::{
    ArrayRef, Date32Array, Decimal128Array, Float32Array, Float64Array, Int32Array, Int64Array,
    LargeStringArray, RecordBatch, StringArray, StringViewArray, TimestampMicrosecondArray,
    TimestampNanosecondArray, TimestampSecondArray,
};
use parquet::arrow::ArrowWriter;

use super::{LoadRequest, Scratch, hours, load_csv, message};
use crate::error::Result;
use crate::{load, write_parquet};

const T0: i64 = 1_609_459_200; // 2021-01-01, seconds
const H: i64 = 3_600;

fn foreign(scratch: &Scratch, columns: Vec<(&str, ArrayRef)>) -> PathBuf {
    let path = scratch.at("a.parquet");
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    path
}

fn floats(values: [f64; 3]) -> ArrayRef {
    Arc::new(Float64Array::from(values.to_vec()))
}

/// Columns of three hourly bars of which the named ones are replaced.
fn with(changed: Vec<(&'static str, ArrayRef)>) -> Vec<(&'static str, ArrayRef)> {
    let time: ArrayRef = Arc::new(TimestampSecondArray::from(vec![T0, T0 + H, T0 + 2 * H]));
    let mut columns = vec![
        ("Date", time),
        ("Close", floats([11.0; 3])),
        ("Open", floats([10.0; 3])),
        ("High", floats([12.0; 3])),
        ("Low", floats([9.0; 3])),
        ("Volume", floats([5.0; 3])),
    ];
    for (name, array) in changed {
        match columns.iter_mut().find(|(n, _)| *n == name) {
            Some(column) => column.1 = array,
            None => columns.push((name, array)),
        }
    }
    columns
}

fn fault(changed: Vec<(&'static str, ArrayRef)>) -> String {
    let scratch = Scratch::new();
    message(&foreign(&scratch, with(changed)), &LoadRequest::default())
}

#[test]
fn writing_and_reading_are_inverse_and_the_bytes_repeat() -> Result<()> {
    let scratch = Scratch::new();
    let bars = load_csv(hours(40), &LoadRequest::default())?.bars;
    let truth: Vec<u8> = (0..40).map(|i| if i < 3 { 255 } else { i % 5 }).collect();
    let metadata = [("seed", "7".to_owned()), ("about", "é".to_owned())];
    let (a, b) = (scratch.at("a.parquet"), scratch.at("b.parquet"));
    write_parquet(&a, &bars, Some(&truth), &metadata)?;
    write_parquet(&b, &bars, Some(&truth), &metadata)?;
    assert_eq!(std::fs::read(&a).unwrap(), std::fs::read(&b).unwrap());
    let first = bars.open_time()[0];
    let request = LoadRequest {
        from_ms: Some(first + 7_200_000),
        to_ms: Some(first + 38 * 3_600_000),
        ..LoadRequest::default()
    };
    let loaded = load(&a, &request)?;
    assert_eq!((loaded.rows_in_file, loaded.bars.len(), loaded.lead), (40, 38, 2));
    assert_eq!(loaded.bars.open_time(), &bars.open_time()[..38]);
    assert_eq!(loaded.bars.high(), &bars.high()[..38]);
    assert_eq!(loaded.bars.volume(), &bars.volume()[..38]);
    assert_eq!(loaded.truth.as_deref(), Some(&truth[..38]));
    assert!(write_parquet(&a, &bars, Some(&[1]), &[]).is_err());
    Ok(())
}

#[test]
fn many_types_of_time_and_price() {
    let scratch = Scratch::new();
    let seconds = [T0, T0 + H, T0 + 2 * H];
    let ints = |unit: i64| Arc::new(Int64Array::from(seconds.map(|s| s * unit).to_vec())) as ArrayRef;
    let days = vec![Some(18_628), Some(18_629), Some(18_630)];
    let texts = ["2021-01-01 00:00", "2021-01-01T01:00:00Z", "2021-01-01 02:00:00"];
    let times: Vec<(ArrayRef, &str)> = vec![
        (ints(1), "1h"),
        (ints(1000), "1h"),
        (ints(1_000_000), "1h"),
        (ints(1_000_000_000), "1h"),
        (Arc::new(Int32Array::from(seconds.map(|s| s as i32).to_vec())), "1h"),
        (Arc::new(TimestampMicrosecondArray::from(seconds.map(|s| s * 1_000_000).to_vec())), "1h"),
        (
            Arc::new(
                TimestampNanosecondArray::from(seconds.map(|s| s * 1_000_000_000).to_vec())
                    .with_timezone("Europe/Berlin"),
            ),
            "1h",
        ),
        (Arc::new(Float64Array::from(seconds.map(|s| s as f64).to_vec())), "1h"),
        (Arc::new(StringArray::from(texts.to_vec())), "1h"),
        (Arc::new(Date32Array::from(days)), "1d"),
    ];
    for (array, timeframe) in times {
        let kind = array.data_type().clone();
        let loaded = load(&foreign(&scratch, with(vec![("Date", array)])), &LoadRequest::default());
        let bars = loaded.unwrap_or_else(|e| panic!("{kind}: {e}")).bars;
        assert_eq!(bars.open_time()[0], T0 * 1000, "{kind}");
        assert_eq!(bars.timeframe().to_string(), timeframe, "{kind}");
    }
    let prices = vec![
        ("High", Arc::new(Float32Array::from(vec![12.5f32; 3])) as ArrayRef),
        ("Low", Arc::new(Int32Array::from(vec![9; 3])) as ArrayRef),
        (
            "Close",
            Arc::new(Decimal128Array::from(vec![1125; 3]).with_precision_and_scale(9, 2).unwrap())
                as ArrayRef,
        ),
    ];
    let bars = load(&foreign(&scratch, with(prices)), &LoadRequest::default()).unwrap().bars;
    assert_eq!((bars.high()[0], bars.low()[0], bars.close()[0]), (12.5, 9.0, 11.25));
}

#[test]
fn many_types_of_regime() {
    let scratch = Scratch::new();
    let texts = ["TRENDING", "QUIET", "fog"];
    let mut dictionary = StringDictionaryBuilder::<Int8Type>::new();
    texts.iter().for_each(|t| drop(dictionary.append(t)));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(texts.to_vec())),
        Arc::new(LargeStringArray::from(texts.to_vec())),
        Arc::new(StringViewArray::from(texts.to_vec())),
        Arc::new(dictionary.finish()),
        Arc::new(StringArray::from(vec![Some("TRENDING"), Some("QUIET"), None])),
        Arc::new(Int64Array::from(vec![0, 4, -7])),
        Arc::new(Int32Array::from(vec![Some(0), Some(4), None])),
        Arc::new(Int64Array::from(vec![0, 4, 5])),
    ];
    for array in columns {
        let kind = array.data_type().clone();
        let loaded =
            load(&foreign(&scratch, with(vec![("true_regime", array)])), &LoadRequest::default()).unwrap();
        assert_eq!(loaded.truth, Some(vec![0, 4, 255]), "{kind}");
    }
}

#[test]
fn faults_name_row_and_column() {
    assert_eq!(
        fault(vec![("High", Arc::new(Float64Array::from(vec![Some(12.0), None, Some(12.0)])))]),
        "a.parquet: row 2: High is null\n\n\
         hint: drop or fill the row before giving the file; it is never filled silently"
    );
    assert_eq!(
        fault(vec![("Low", floats([9.0, 9.0, 13.0]))]),
        "a.parquet: row 3: high 12 is below low 13 (bar 2021-01-01 02:00:00)\n\n\
         hint: check the row, and that the header names the columns in their true order"
    );
    assert_eq!(
        fault(vec![("Date", Arc::new(TimestampSecondArray::from(vec![T0, T0, T0])))]),
        "a.parquet: row 2: duplicate time 2021-01-01 00:00:00\n\n\
         hint: remove the repeated rows; which one is right is not ours to say"
    );
    assert_eq!(
        fault(vec![("Low", Arc::new(StringArray::from(vec!["9"; 3])))]),
        "a.parquet: column Low holds Utf8 where a number is expected"
    );
    assert!(
        fault(vec![("Date", Arc::new(TimestampSecondArray::from(vec![T0, T0 + H, i64::MAX])))])
            .starts_with("a.parquet: row 3: time ")
    );
    assert!(
        fault(vec![("Date", Arc::new(StringArray::from(vec!["x"; 3])))])
            .starts_with("a.parquet: row 1: Date is not a time: \"x\"\n\nhint: write times as")
    );
    assert_eq!(
        fault(vec![("true_regime", floats([0.0; 3]))]),
        "a.parquet: column true_regime holds Float64 where a regime's name or code is expected"
    );
    let days: ArrayRef = Arc::new(Date32Array::from(vec![18_628; 3]));
    assert_eq!(
        fault(vec![("Date", days), ("Time", Arc::new(StringArray::from(vec!["00:00", "01:00", "02:00"])))]),
        "a.parquet: the time is in two columns, Date and Time\n\n\
         hint: join them into one timestamp column named open_time"
    );
    let scratch = Scratch::new();
    let mut columns = with(vec![]);
    columns.truncate(5);
    let text = message(&foreign(&scratch, columns), &LoadRequest::default());
    assert!(text.starts_with(
        "a.parquet: missing column volume, found: Date, Close, Open, High, Low\n\nhint: expected"
    ));
}

#[test]
fn damaged_files() {
    let scratch = Scratch::new();
    let path = foreign(&scratch, with(vec![]));
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert_eq!(
        message(&path, &LoadRequest::default()),
        "a.parquet: the Parquet file is cut short (it does not end with PAR1)\n\nhint: download or export it again"
    );
    std::fs::write(&path, [&bytes[..bytes.len() / 2], b"PAR1"].concat()).unwrap();
    let text = message(&path, &LoadRequest::default());
    assert!(text.starts_with("a.parquet: unreadable Parquet ("), "{text}");
    assert!(text.ends_with(")\n\nhint: the file is damaged; download or export it again"), "{text}");
}
