//! Times as text. Every time in the project is an `i64` of milliseconds since 1970-01-01 UTC.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

/// `time_ms` as `YYYY-MM-DD HH:MM:SS` (UTC), with `.mmm` only where there are milliseconds.
pub fn format_time(time_ms: i64) -> String {
    match DateTime::from_timestamp_millis(time_ms) {
        Some(t) if time_ms.rem_euclid(1000) != 0 => t.format("%Y-%m-%d %H:%M:%S%.3f").to_string(),
        Some(t) => t.format("%Y-%m-%d %H:%M:%S").to_string(),
        None => format!("{time_ms} ms"),
    }
}

/// Reads a UTC date or date and time (`2021-01-01`, `2021-01-01 13:00`, `2021-01-01T13:00:00Z`, with or without
/// fractional seconds or a numeric offset) as milliseconds; `None` where the text is none of these.
pub fn parse_time(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(t) = DateTime::parse_from_rfc3339(text) {
        return Some(t.timestamp_millis());
    }
    let bare = text.strip_suffix('Z').unwrap_or(text);
    if let Ok(d) = NaiveDate::parse_from_str(bare, "%Y-%m-%d") {
        return Some(d.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis());
    }
    for format in ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"] {
        if let Ok(t) = NaiveDateTime::parse_from_str(bare, format) {
            return Some(t.and_utc().timestamp_millis());
        }
    }
    for format in ["%Y-%m-%d %H:%M:%S%.f%:z", "%Y-%m-%d %H:%M:%S%.f%z"] {
        if let Ok(t) = DateTime::parse_from_str(text, format) {
            return Some(t.timestamp_millis());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_common_forms_of_one_instant() {
        let want = Some(1_518_192_000_000);
        for text in [
            "2018-02-09 16:00:00",
            "2018-02-09 16:00",
            "2018-02-09T16:00:00Z",
            "2018-02-09T16:00:00.000Z",
            "2018-02-09 16:00:00+00:00",
            "2018-02-09T18:00:00+02:00",
        ] {
            assert_eq!(parse_time(text), want, "{text}");
        }
        assert_eq!(parse_time("2018-02-09"), Some(1_518_134_400_000));
        assert_eq!(parse_time("09.02.2018"), None);
        assert_eq!(parse_time(""), None);
    }

    #[test]
    fn prints_milliseconds_only_where_there_are_any() {
        assert_eq!(format_time(1_518_192_000_000), "2018-02-09 16:00:00");
        assert_eq!(format_time(1_518_192_000_008), "2018-02-09 16:00:00.008");
        assert_eq!(format_time(i64::MAX), format!("{} ms", i64::MAX));
    }
}
