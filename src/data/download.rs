//! Downloads of files with known checksums: resumed where a transfer broke off, and verified before they get their
//! names.

use super::input::find;

use super::drawn::Result;
use super::error::DataError;
use super::input::Input;
use sha2::{Digest, Sha256};
use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use ureq::config::ConfigBuilder;
use ureq::http::Response;
use ureq::typestate::AgentScope;
use ureq::{Agent, Body};

/// Longest wait for a connection, an answer, or the next bytes.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Requests for a file before giving up.
const ATTEMPTS: u32 = 5;

/// Pause before the second request, doubled before each further one.
const PAUSE: Duration = Duration::from_millis(250);

/// A file and its content.
pub(super) struct RemoteFile<'a> {
    /// Its name; the server has it with `.gz` appended.
    pub name: &'a str,
    /// Length of the unpacked content.
    pub bytes: u64,
    /// SHA-256 of the unpacked content, in hexadecimal digits.
    pub sha256: &'a str,
}

/// Progress of the transfer of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The file's name.
    pub file: &'a str,
    /// Bytes received, including those of earlier transfers.
    pub done: u64,
    /// Total number of bytes, if the server stated it.
    pub total: Option<u64>,
}

/// Settings of a client that waits no longer than `patience` for an answer or the next bytes.
pub(super) fn client(patience: Duration) -> ConfigBuilder<AgentScope> {
    Agent::config_builder()
        .http_status_as_error(false)
        .timeout_resolve(Some(patience))
        .timeout_connect(Some(patience))
        .timeout_recv_response(Some(patience))
        .timeout_per_read(Some(patience))
        .timeout_per_write(Some(patience))
}

/// Fetches the `sources` that are missing in the folder or have wrong content there.
///
/// # Errors
/// As [`mnist::fetch`](super::mnist::fetch) says.
pub(super) fn fetch(
    agent: &Agent,
    mirror: &str,
    folder: &Path,
    sources: &[RemoteFile],
    progress: &mut dyn FnMut(Progress),
) -> Result<()> {
    if !mirror.starts_with("http://") && !mirror.starts_with("https://") {
        let message =
            format!("the mirror {mirror:?} is no address of a server: it must start with http:// or https://");
        return Err(DataError::Parameter(message));
    }
    fs::create_dir_all(folder).map_err(|source| DataError::Write { path: folder.into(), source })?;
    for source in sources {
        let present = find(folder, source.name)
            .is_some_and(|path| File::open(&path).is_ok_and(|file| verify(&path, file, source).is_ok()));
        if !present {
            let url = format!("{}/{}.gz", mirror.trim_end_matches('/'), source.name);
            let mut transfer = Transfer::new(agent, url, folder, source)?;
            let outcome = transfer.run(progress);
            transfer.close(outcome)?;
        }
    }
    Ok(())
}

/// Why a request did not deliver the file.
enum Failure {
    /// Another request may succeed.
    Passing(String),
    /// No request will succeed.
    Final(DataError),
}

/// The transfer of one file.
struct Transfer<'a> {
    agent: &'a Agent,
    url: String,
    source: &'a RemoteFile<'a>,
    /// Name of the file when it is complete and verified.
    target: PathBuf,
    /// Name until then.
    part: PathBuf,
    /// The part received so far, open to append.
    file: File,
}

impl<'a> Transfer<'a> {
    /// Opens the part received by earlier calls and locks it: another program that keeps writing would spoil the file
    /// after it has been verified.
    fn new(agent: &'a Agent, url: String, folder: &Path, source: &'a RemoteFile<'a>) -> Result<Self> {
        let target = folder.join(format!("{}.gz", source.name));
        let part = folder.join(format!("{}.gz.part", source.name));
        let file = OpenOptions::new().read(true).append(true).create(true).open(&part);
        let file = file.map_err(|source| DataError::Write { path: part.clone(), source })?;
        match file.try_lock() {
            Ok(()) => Ok(Self { agent, url, source, target, part, file }),
            Err(error) => {
                let message = format!("{} is in use, by another download? {error}", part.display());
                Err(DataError::Download(message))
            }
        }
    }

    /// Requests the file, or its missing part, until it is complete and verified.
    fn run(&mut self, progress: &mut dyn FnMut(Progress)) -> Result<()> {
        let mut reason = String::new();
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                std::thread::sleep(PAUSE * 2_u32.pow(attempt - 1));
            }
            let resumed = match self.request(progress) {
                Ok(resumed) => resumed,
                Err(Failure::Passing(message)) => {
                    reason = message;
                    continue;
                }
                Err(Failure::Final(error)) => return Err(error),
            };
            let copy = self.file.try_clone().map_err(|error| self.unwritable(error))?;
            match verify(&self.part, copy, self.source) {
                Ok(()) => return self.file.sync_all().map_err(|error| self.unwritable(error)),
                Err(message) => {
                    reason = format!("the content received is not {} and was deleted: {message}", self.source.name)
                }
            }
            self.restart()?;
            // The part from earlier calls may be wrong: try once more from the start.
            if !resumed {
                break;
            }
        }
        Err(self.failed(reason))
    }

    /// Gives a verified file its name; keeps an incomplete one, to resume from.
    fn close(self, outcome: Result<()>) -> Result<()> {
        if outcome.is_ok() {
            return fs::rename(&self.part, &self.target)
                .map_err(|source| DataError::Write { path: self.target.clone(), source });
        }
        if self.file.metadata().is_ok_and(|metadata| metadata.len() == 0) {
            // If an empty file stays behind, that is not worth an error besides the one that is reported.
            let _ = fs::remove_file(&self.part);
        }
        outcome
    }

    /// Makes one request for the missing part. Returns whether the file may be complete.
    fn request(&mut self, progress: &mut dyn FnMut(Progress)) -> std::result::Result<bool, Failure> {
        let there = self.file.metadata().map_err(|error| Failure::Final(self.unwritable(error)))?.len();
        // A transfer that is compressed on the way could not be resumed.
        let mut request = self.agent.get(&self.url).header("Accept-Encoding", "identity");
        if there > 0 {
            request = request.header("Range", format!("bytes={there}-"));
        }
        let response = request.call().map_err(|error| self.refused(error))?;
        let status = response.status();
        match status.as_u16() {
            206 if there > 0 && starts_at(&response, there) => self.receive(response, there, progress).map(|()| true),
            200 => {
                self.restart().map_err(Failure::Final)?;
                self.receive(response, 0, progress).map(|()| false)
            }
            // The server has nothing beyond the part received: it may be the whole file.
            416 if there > 0 => Ok(true),
            206 => {
                self.restart().map_err(Failure::Final)?;
                Err(Failure::Passing("the server sent another part than the one asked for".into()))
            }
            408 | 429 | 500.. => Err(Failure::Passing(format!("the server answers {status}"))),
            _ => Err(Failure::Final(self.failed(format!("the server answers {status}")))),
        }
    }

    /// Appends a response's body to the `done` bytes received so far.
    fn receive(
        &mut self,
        response: Response<Body>,
        mut done: u64,
        progress: &mut dyn FnMut(Progress),
    ) -> std::result::Result<(), Failure> {
        let total = response.body().content_length().map(|length| done.saturating_add(length));
        let mut reader = response.into_body().into_reader();
        let mut buffer = vec![0; 1 << 16];
        loop {
            progress(Progress { file: self.source.name, done, total });
            let read = match reader.read(&mut buffer) {
                Ok(0) if total.is_none_or(|total| done >= total) => return Ok(()),
                Ok(0) => return Err(Failure::Passing(format!("the transfer broke off after {done} bytes"))),
                Ok(read) => read,
                Err(error) => {
                    return Err(Failure::Passing(format!("the transfer broke off after {done} bytes: {error}")));
                }
            };
            self.file.write_all(&buffer[..read]).map_err(|error| Failure::Final(self.unwritable(error)))?;
            done += read as u64;
            // Gzip adds a few bytes to what it cannot compress.
            if done > self.source.bytes + self.source.bytes / 100 + 1024 {
                self.restart().map_err(Failure::Final)?;
                return Err(Failure::Final(self.failed("the server sends more than the file has")));
            }
        }
    }

    /// Discards the part received.
    fn restart(&mut self) -> Result<()> {
        self.file.set_len(0).map_err(|error| self.unwritable(error))
    }

    fn refused(&self, error: ureq::Error) -> Failure {
        use ureq::Error::{ConnectionFailed, Io, Protocol, Timeout};
        match error {
            Io(_) | Timeout(_) | ConnectionFailed | Protocol(_) => Failure::Passing(error.to_string()),
            _ => Failure::Final(self.failed(error.to_string())),
        }
    }

    fn failed(&self, reason: impl Display) -> DataError {
        DataError::Download(format!("cannot fetch {}: {reason}", self.url))
    }

    fn unwritable(&self, source: std::io::Error) -> DataError {
        DataError::Write { path: self.part.clone(), source }
    }
}

/// Whether a partial response starts at this byte.
fn starts_at(response: &Response<Body>, start: u64) -> bool {
    let range = response.headers().get("Content-Range").and_then(|value| value.to_str().ok());
    range
        .and_then(|range| range.strip_prefix("bytes ")?.split_once('-'))
        .is_some_and(|(first, _)| first.parse() == Ok(start))
}

/// Checks a file's unpacked content, or says what is wrong with it.
fn verify(path: &Path, file: File, source: &RemoteFile) -> std::result::Result<(), String> {
    let mut content = Input::new(path, file).map_err(|error| error.to_string())?;
    let mut hash = Sha256::new();
    let mut length = 0;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = content.read(&mut buffer).map_err(|error| error.to_string())?;
        if read == 0 {
            break;
        }
        length += read as u64;
        if length > source.bytes {
            return Err(format!("it is longer than {} bytes", source.bytes));
        }
        hash.update(&buffer[..read]);
    }
    let found: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    if found == source.sha256 { Ok(()) } else { Err(format!("its SHA-256 is {found} instead of {}", source.sha256)) }
}

#[cfg(test)]
mod tests;
