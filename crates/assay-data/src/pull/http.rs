//! One request at a time, no faster than the source allows, and no wait without an end.

use std::io::Read;
use std::time::{Duration, Instant};

use ureq::{Agent, Body, http};

/// Fewer bytes than this in a whole timeout are a stall as well: a server that dribbles.
const TOO_SLOW: u64 = 1024;

/// The longest wait that a server may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Asks one server.
pub(super) struct Client {
    agent: Agent,
    timeout: Duration,
    /// The least time from the start of a request to that of the next.
    apart: Duration,
    last: Option<Instant>,
    /// Requests so far.
    pub requests: u64,
}

/// What came of a request.
pub(super) enum Answer {
    /// The file from its beginning.
    Whole(Incoming),
    /// The rest of the file, as asked for.
    Rest(Incoming),
    /// There is no such file.
    Absent,
    /// There is nothing behind the place asked for.
    NothingLeft,
}

/// A body on its way.
pub(super) struct Incoming {
    body: Body,
    /// How many bytes are announced.
    pub length: Option<u64>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) struct Trouble {
    /// In words.
    pub why: String,
    /// Whether it may be gone when asked again.
    pub passing: bool,
    /// How long the server asks to wait.
    pub wait: Option<Duration>,
}

impl Trouble {
    pub(super) fn passing(why: impl Into<String>) -> Self {
        Self { why: why.into(), passing: true, wait: None }
    }

    pub(super) fn lasting(why: impl Into<String>) -> Self {
        Self { why: why.into(), passing: false, wait: None }
    }
}

impl Client {
    /// `rate` is in requests a second; `timeout` holds for connecting, for the head of an answer, and between two pieces of a body.
    pub(super) fn new(rate: f64, timeout: Duration) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .user_agent(concat!("assay/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(timeout))
            .timeout_connect(Some(timeout))
            .timeout_send_request(Some(timeout))
            .timeout_recv_response(Some(timeout))
            .timeout_per_read(Some(timeout))
            .build();
        let apart = Duration::from_secs_f64(1.0 / rate);
        Self { agent: config.into(), timeout, apart, last: None, requests: 0 }
    }

    /// Asks for `url` from byte `from` on.
    pub(super) fn get(&mut self, url: &str, from: u64) -> Result<Answer, Trouble> {
        self.keep_the_rate();
        let mut request = self.agent.get(url);
        if from > 0 {
            request = request.header("Range", format!("bytes={from}-"));
        }
        let response = request.call().map_err(|e| trouble(&e))?;
        let status = response.status();
        let starts_at = content_range(response.headers());
        let wait = retry_after(response.headers());
        let length = response.body().content_length();
        let body = Incoming { body: response.into_body(), length };
        match status.as_u16() {
            200 => Ok(Answer::Whole(body)),
            206 if from > 0 && starts_at == Some(from) => Ok(Answer::Rest(body)),
            206 => Err(Trouble::passing("another part of the file came than was asked for")),
            404 | 410 => Ok(Answer::Absent),
            416 if from > 0 => Ok(Answer::NothingLeft),
            code @ (408 | 425 | 429 | 500..=599) => {
                Err(Trouble { wait, ..Trouble::passing(words(code, status)) })
            }
            code => Err(Trouble::lasting(words(code, status))),
        }
    }

    /// Reads a body piece by piece into `sink`, at most `limit` bytes. `sink` says `false` where it can take no more.
    pub(super) fn receive(
        &self,
        incoming: Incoming,
        limit: u64,
        mut sink: impl FnMut(&[u8]) -> bool,
    ) -> Result<(), Trouble> {
        if incoming.length.is_some_and(|n| n > limit) {
            return Err(too_long(limit));
        }
        let announced = incoming.length;
        let mut reader = incoming.body.into_reader();
        let mut piece = vec![0; 1 << 16];
        let mut total = 0;
        let (mut since, mut before) = (Instant::now(), 0);
        loop {
            let n = reader.read(&mut piece).map_err(|e| trouble(&e.into()))?;
            if n == 0 {
                break;
            }
            total += n as u64;
            if total > limit {
                return Err(too_long(limit));
            }
            if !sink(&piece[..n]) {
                return Ok(());
            }
            if since.elapsed() >= self.timeout {
                if total - before < TOO_SLOW && announced != Some(total) {
                    return Err(Trouble::passing("the answer dribbles"));
                }
                (since, before) = (Instant::now(), total);
            }
        }
        match announced {
            Some(n) if n != total => {
                Err(Trouble::passing(format!("the answer ended after {total} of {n} bytes")))
            }
            _ => Ok(()),
        }
    }

    fn keep_the_rate(&mut self) {
        if let Some(last) = self.last {
            std::thread::sleep(self.apart.saturating_sub(last.elapsed()));
        }
        self.last = Some(Instant::now());
        self.requests += 1;
    }
}

fn too_long(limit: u64) -> Trouble {
    Trouble::lasting(format!("the answer is longer than {limit} bytes, which no archive is"))
}

fn words(code: u16, status: http::StatusCode) -> String {
    format!("HTTP {code} {}", status.canonical_reason().unwrap_or_default()).trim_end().to_owned()
}

fn trouble(e: &ureq::Error) -> Trouble {
    match e {
        ureq::Error::Timeout(_) => Trouble::passing("no answer in time"),
        ureq::Error::HostNotFound => Trouble::passing("the server's name is not known here"),
        ureq::Error::ConnectionFailed => Trouble::passing("no connection"),
        ureq::Error::Io(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            Trouble::passing("the answer was cut off")
        }
        ureq::Error::Io(e) => Trouble::passing(e.to_string()),
        ureq::Error::Protocol(e) => Trouble::passing(format!("the answer is no HTTP ({e})")),
        other => Trouble::lasting(other.to_string()),
    }
}

/// Where the part of a file begins that an answer holds: `bytes 100-199/200`.
fn content_range(headers: &http::HeaderMap) -> Option<u64> {
    let text = headers.get("content-range")?.to_str().ok()?;
    text.trim().strip_prefix("bytes")?.trim_start().split('-').next()?.parse().ok()
}

/// The seconds a server asks to wait; a date is not understood and the usual wait holds.
fn retry_after(headers: &http::HeaderMap) -> Option<Duration> {
    let seconds = headers.get("retry-after")?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read() {
        let of = |name: &'static str, value: &str| {
            let mut h = http::HeaderMap::new();
            h.insert(name, value.parse().unwrap());
            h
        };
        assert_eq!(content_range(&of("content-range", "bytes 100-199/200")), Some(100));
        assert_eq!(content_range(&of("content-range", "bytes */200")), None);
        assert_eq!(content_range(&of("content-range", "pages 1-2/3")), None);
        assert_eq!(retry_after(&of("retry-after", "7")), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(&of("retry-after", "86400")), Some(LONGEST_WAIT));
        assert_eq!(retry_after(&of("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT")), None);
    }
}
