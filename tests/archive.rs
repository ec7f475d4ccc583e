//! A public archive on this machine: HTTP/1.1 over a listener in a thread, with the faults that real servers and lines have.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Cursor, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;

/// How one request is answered; after the last of a script all is well.
#[derive(Debug, Clone)]
pub enum Act {
    /// As it should be.
    Well,
    /// With a status and nothing else.
    Status(u16, &'static str),
    /// With other bytes than it should be.
    Other(Vec<u8>),
    /// With all announced and only so many bytes sent.
    Cut(usize),
    /// With so many bytes and then nothing for a while.
    Stall(usize),
    /// With a byte at a time.
    Dribble,
    /// With nothing at all for a while.
    Silence,
    /// From the beginning, whatever part was asked for.
    NoRange,
}

/// One request as it arrived.
#[derive(Debug, Clone)]
pub struct Asked {
    pub path: String,
    pub range: Option<String>,
    pub at: Instant,
}

/// The archive.
pub struct Archive {
    pub url: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    files: Mutex<HashMap<String, Vec<u8>>>,
    acts: Mutex<HashMap<String, VecDeque<Act>>>,
    asked: Mutex<Vec<Asked>>,
}

/// Longer than any timeout of a test.
const LONG: Duration = Duration::from_secs(30);

impl Archive {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        let inside = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = inside.clone();
                // A client that hangs up is none of our business.
                thread::spawn(move || drop(shared.answer(stream)));
            }
        });
        Self { url, shared }
    }

    /// Puts a file there.
    pub fn put(&self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.shared.files.lock().unwrap().insert(format!("/{path}"), bytes.into());
    }

    /// Puts an archive there with its checksum.
    pub fn publish(&self, path: &str, bytes: &[u8]) {
        let name = path.rsplit('/').next().unwrap();
        self.put(path, bytes);
        self.put(&format!("{path}.CHECKSUM"), format!("{}  {name}\n", sha256(bytes)));
    }

    /// Says how the next requests for a file are answered.
    pub fn act(&self, path: &str, acts: impl IntoIterator<Item = Act>) {
        self.shared.acts.lock().unwrap().insert(format!("/{path}"), acts.into_iter().collect());
    }

    /// What was asked for since the last time, in order.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.shared.asked.lock().unwrap())
    }
}

impl Shared {
    fn answer(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
        let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut range = None;
        for line in lines {
            let line = line?;
            if line.is_empty() {
                break;
            }
            if let Some((_, value)) = line.split_once(':').filter(|(n, _)| n.eq_ignore_ascii_case("range")) {
                range = Some(value.trim().to_owned());
            }
        }
        let asked = Asked { path: path.clone(), range: range.clone(), at: Instant::now() };
        self.asked.lock().unwrap().push(asked);
        let act = self.acts.lock().unwrap().get_mut(&path).and_then(VecDeque::pop_front).unwrap_or(Act::Well);
        let file = self.files.lock().unwrap().get(&path).cloned();
        send(stream, file, range, act)
    }
}

fn send(mut to: TcpStream, file: Option<Vec<u8>>, range: Option<String>, act: Act) -> std::io::Result<()> {
    let mut body = match (&act, file) {
        (Act::Status(code, headers), _) => {
            return write!(
                to,
                "HTTP/1.1 {code} X\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n"
            );
        }
        (Act::Silence, _) => {
            thread::sleep(LONG);
            return Ok(());
        }
        (Act::Other(bytes), _) => bytes.clone(),
        (_, Some(bytes)) => bytes,
        (_, None) => {
            return write!(to, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    };
    let whole = body.len();
    let start: Option<usize> = range
        .and_then(|r| r.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok())
        .filter(|_| !matches!(act, Act::NoRange));
    match start {
        Some(start) if start >= whole => {
            return write!(
                to,
                "HTTP/1.1 416 X\r\nContent-Range: bytes */{whole}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
        }
        Some(start) => {
            body.drain(..start);
            write!(
                to,
                "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {start}-{}/{whole}\r\n",
                whole - 1
            )?;
        }
        None => write!(to, "HTTP/1.1 200 OK\r\n")?,
    }
    write!(to, "Content-Length: {}\r\nConnection: close\r\n\r\n", body.len())?;
    match act {
        Act::Cut(n) => to.write_all(&body[..n.min(body.len())]),
        Act::Stall(n) => {
            to.write_all(&body[..n.min(body.len())])?;
            to.flush()?;
            thread::sleep(LONG);
            Ok(())
        }
        Act::Dribble => {
            for byte in body {
                to.write_all(&[byte])?;
                to.flush()?;
                thread::sleep(Duration::from_millis(20));
            }
            Ok(())
        }
        _ => to.write_all(&body),
    }
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// A zip of one text, named as the archive names it.
pub fn zipped(name: &str, text: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(name, SimpleFileOptions::default()).unwrap();
    zip.write_all(text.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

/// The header of klines of futures.
pub const HEADER: &str = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n";

/// Hourly klines from `start_ms` on, twelve columns; `unit` is 1 for milliseconds and 1000 for microseconds.
pub fn klines(start_ms: i64, hours: i64, unit: i64) -> String {
    (0..hours)
        .map(|i| {
            let open = (start_ms + i * 3_600_000) * unit;
            let close = open + 3_600_000 * unit - 1;
            let price = 100 + (i % 24 - 12).abs();
            format!(
                "{open},{price}.10000000,{}.00000000,{}.00000000,{price}.90000000,{}.50000000,{close},1.0,7,0.5,0.5,0\n",
                price + 2,
                price - 1,
                10 + i % 7
            )
        })
        .collect()
}
