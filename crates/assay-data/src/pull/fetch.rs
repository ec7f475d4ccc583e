//! One archive into the cache: verified or not there at all.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::checksum::{self, SUFFIX};
use super::http::{Answer, Client, Incoming, Trouble};
use super::plan::Archive;
use super::{PullEvent, PullListener, PullOptions};
use crate::error::{Error, Result};
use crate::write_atomic;

/// The longest archive there can be; a server that sends more is not believed.
const LONGEST: u64 = 1 << 32;

/// The longest checksum file.
const LONGEST_CHECKSUM: u64 = 4096;

/// The longest wait before a request is made again, unless the server asks for more.
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

/// What came of one archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Got {
    /// It was there already, and its bytes have the hash they should.
    Kept { sha256: String },
    /// It was fetched; or, of a part that was there, the rest.
    Fetched { sha256: String, resumed: bool },
    /// The source does not have it.
    Absent,
    /// It came twice with another hash than the source states.
    Damaged { stated: String, found: String },
}

/// Fetches archives of one source.
pub(super) struct Fetcher<'a> {
    client: Client,
    base_url: &'a str,
    options: &'a PullOptions,
    on: &'a mut PullListener<'a>,
}

/// Where the files of one archive are.
struct CachePlaces {
    url: String,
    whole: PathBuf,
    part: PathBuf,
    checksum: PathBuf,
}

impl<'a> Fetcher<'a> {
    /// Asks `base_url` at most `rate` times a second.
    pub(super) fn new(
        base_url: &'a str,
        rate: f64,
        options: &'a PullOptions,
        on: &'a mut PullListener<'a>,
    ) -> Self {
        Self { client: Client::new(rate, options.timeout), base_url, options, on }
    }

    /// Requests so far.
    pub(super) fn requests(&self) -> u64 {
        self.client.requests
    }

    /// Says what goes on.
    pub(super) fn tell(&mut self, event: PullEvent<'_>) -> Result<()> {
        (self.on)(event)
    }

    /// Sees to it that `archive` lies verified in `folder`.
    pub(super) fn fetch(&mut self, archive: &Archive, folder: &Path) -> Result<Got> {
        let with = |suffix: &str| folder.join(format!("{}{suffix}", archive.path));
        let places = CachePlaces {
            url: format!("{}/{}", self.base_url, archive.path),
            whole: with(""),
            part: with(".part"),
            checksum: with(SUFFIX),
        };
        if !self.options.refresh
            && let Some(sha256) = kept(&places, archive.name())
        {
            return Ok(Got::Kept { sha256 });
        }
        let mut last = None;
        // A second time from its beginning: the bytes or the checksum may have changed on the way, or just now.
        for _ in 0..2 {
            let Some((stated, text)) = self.checksum(&places, archive.name())? else {
                // What the source has withdrawn since is still what it was.
                return Ok(kept(&places, archive.name()).map_or(Got::Absent, |sha256| Got::Kept { sha256 }));
            };
            if here(&places.whole)? == Some(stated.clone()) {
                write_atomic(&places.checksum, text.as_bytes())?;
                return Ok(Got::Kept { sha256: stated });
            }
            let had = here(&places.part)?;
            let resumed = had.is_some();
            if had.as_deref() != Some(&stated) && !self.download(&places)? {
                return Ok(Got::Absent);
            }
            let found = here(&places.part)?.unwrap_or_default();
            if found == stated {
                // The checksum first: an archive under its final name is never without.
                write_atomic(&places.checksum, text.as_bytes())?;
                std::fs::rename(&places.part, &places.whole).map_err(|e| unwritable(&places.whole, e))?;
                return Ok(Got::Fetched { sha256: stated, resumed });
            }
            std::fs::remove_file(&places.part).map_err(|e| unwritable(&places.part, e))?;
            last = Some(Got::Damaged { stated, found });
        }
        Ok(last.unwrap_or(Got::Absent))
    }

    /// The hash that the source states, and the text that states it; `None` where it does not have the archive.
    fn checksum(&mut self, places: &CachePlaces, name: &str) -> Result<Option<(String, String)>> {
        let url = format!("{}{SUFFIX}", places.url);
        let mut patience = Patience::new(self.options);
        loop {
            let mut text = Vec::new();
            let answer = self.client.get(&url, 0).and_then(|answer| match answer {
                Answer::Whole(body) => {
                    let limit = LONGEST_CHECKSUM;
                    self.client.receive(body, limit, |piece| {
                        text.extend_from_slice(piece);
                        true
                    })?;
                    Ok(true)
                }
                _ => Ok(false),
            });
            match answer {
                Ok(false) => return Ok(None),
                Ok(true) => {
                    let text = String::from_utf8_lossy(&text).into_owned();
                    let hash = checksum::parse(&text, name).map_err(|problem| {
                        Error::network(&url, problem)
                            .hint("something else than the archive may have answered: open the address in a browser")
                    })?;
                    return Ok(Some((hash, text)));
                }
                Err(trouble) => patience.wait(&url, trouble, false, self.on)?,
            }
        }
    }

    /// Fetches what is missing of the part; `false` where the source does not have it.
    fn download(&mut self, places: &CachePlaces) -> Result<bool> {
        if let Some(folder) = places.part.parent() {
            std::fs::create_dir_all(folder).map_err(|e| unwritable(folder, e))?;
        }
        let mut patience = Patience::new(self.options);
        let mut farthest = size(&places.part);
        loop {
            let have = size(&places.part);
            let outcome = match self.client.get(&places.url, have) {
                Ok(Answer::Absent) => return Ok(false),
                Ok(Answer::NothingLeft) => {
                    // The part is as long as the file, or longer, and not the file.
                    std::fs::remove_file(&places.part).map_err(|e| unwritable(&places.part, e))?;
                    continue;
                }
                Ok(Answer::Whole(body)) => self.store(places, body, 0)?,
                Ok(Answer::Rest(body)) => self.store(places, body, have)?,
                Err(trouble) => Err(trouble),
            };
            let Err(trouble) = outcome else { return Ok(true) };
            let now = size(&places.part);
            patience.wait(&places.url, trouble, now > farthest, self.on)?;
            farthest = farthest.max(now);
        }
    }

    /// Writes a body behind the first `have` bytes of the part.
    fn store(&mut self, places: &CachePlaces, body: Incoming, have: u64) -> Result<Result<(), Trouble>> {
        let opened = match have {
            0 => File::create(&places.part),
            _ => OpenOptions::new().append(true).open(&places.part),
        };
        let mut file = opened.map_err(|e| unwritable(&places.part, e))?;
        let total = body.length.map(|n| n + have);
        let (mut done, mut failed, mut told) = (have, None, Ok(()));
        let on = &mut self.on;
        let outcome = self.client.receive(body, LONGEST - have.min(LONGEST), |piece| {
            if let Err(e) = file.write_all(piece) {
                failed = Some(e);
                return false;
            }
            done += piece.len() as u64;
            told = on(PullEvent::Bytes { done, total });
            told.is_ok()
        });
        told?;
        match failed {
            Some(e) => Err(unwritable(&places.part, e)),
            None => Ok(outcome),
        }
    }
}

/// The hash of a whole archive that lies in the cache beside a checksum it agrees with.
fn kept(places: &CachePlaces, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(&places.checksum).ok()?;
    let stated = checksum::parse(&text, name).ok()?;
    checksum::of_file(&places.whole).ok().filter(|found| *found == stated)
}

/// The hash of a file, if it is there.
fn here(path: &Path) -> Result<Option<String>> {
    match checksum::of_file(path) {
        Ok(hash) => Ok(Some(hash)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::data(path.display(), format!("cannot be read ({e})"))
            .caused_by(e)
            .hint("remove it, or name another folder with --cache")),
    }
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |m| m.len())
}

fn unwritable(path: &Path, e: std::io::Error) -> Error {
    Error::output(path.display(), format!("cannot be written ({e})"))
        .caused_by(e)
        .hint("name a folder that can be written with --cache, and see that the disk is not full")
}

/// How often and after what time a request is made again.
struct Patience {
    most: u32,
    failed: u32,
    first: Duration,
}

impl Patience {
    fn new(options: &PullOptions) -> Self {
        Self { most: options.retries, failed: 0, first: options.backoff }
    }

    /// Waits before the request is made again. Who `gained` something since is given all attempts anew, so that a long file over a bad
    /// line arrives in the end.
    fn wait(&mut self, url: &str, trouble: Trouble, gained: bool, on: &mut PullListener<'_>) -> Result<()> {
        if gained {
            self.failed = 0;
        }
        if !trouble.passing {
            return Err(Error::network(url, trouble.why).hint(
                "open the address in a browser: it may be closed to you, or need a proxy (HTTPS_PROXY)",
            ));
        }
        if self.failed == self.most {
            return Err(Error::network(url, format!("{}, {} times", trouble.why, self.failed + 1)).hint(
                "run the same command again later: what is there is kept, and a file half there is resumed",
            ));
        }
        let backoff = self.first.saturating_mul(1 << self.failed.min(16)).min(LONGEST_BACKOFF);
        self.failed += 1;
        let wait = trouble.wait.unwrap_or(backoff);
        on(PullEvent::Waiting { why: &trouble.why, wait })?;
        std::thread::sleep(wait);
        Ok(())
    }
}
