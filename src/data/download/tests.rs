//! Downloads from a server on loopback that breaks off, refuses, ignores ranges and sends wrong content.

use super::*;
use flate2::{Compression, write::GzEncoder};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What the server does with a request.
#[derive(Clone, Copy)]
enum Answer {
    /// The whole content, or the range asked for.
    Content,
    /// This many bytes, then the connection is closed.
    Broken(usize),
    /// This many bytes, then nothing while the client waits.
    Stalled(usize),
    /// The whole content, whatever was asked for.
    All,
    /// Another range than the one asked for.
    OtherRange,
    /// The whole content without a stated length, cut after this many bytes.
    LengthUnsaid(usize),
    /// A refusal.
    Status(u16),
}

/// Requests served: path and first byte of the range asked for.
type Requests = Arc<Mutex<Vec<(String, Option<usize>)>>>;

/// Starts a server of one file that answers by the script, and then as asked. Returns its address and the requests it
/// receives.
fn serve(content: Vec<u8>, script: &[Answer]) -> (String, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/mnist/", listener.local_addr().unwrap());
    let requests = Requests::default();
    let (seen, script) = (requests.clone(), script.to_vec());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            let request = parse(&stream);
            let mut seen = seen.lock().unwrap();
            let answer = *script.get(seen.len()).unwrap_or(&Answer::Content);
            let start = request.1;
            seen.push(request);
            drop(seen);
            // The client may have closed the connection.
            let _ = respond(stream, &content, start, answer);
        }
    });
    (address, requests)
}

fn parse(stream: &TcpStream) -> (String, Option<usize>) {
    let mut lines = BufReader::new(stream).lines().map(|line| line.unwrap());
    let path = lines.next().unwrap().split(' ').nth(1).unwrap().to_string();
    let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).map(|line| line.to_lowercase()).collect();
    let range = headers.iter().find_map(|line| line.strip_prefix("range: bytes=")?.strip_suffix('-'));
    (path, range.map(|start| start.parse().unwrap()))
}

fn respond(mut stream: TcpStream, content: &[u8], start: Option<usize>, answer: Answer) -> std::io::Result<()> {
    let start = match answer {
        Answer::Status(status) => return write!(stream, "HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n"),
        Answer::All | Answer::LengthUnsaid(_) => None,
        Answer::OtherRange => start.map(|start| start / 2),
        _ => start,
    };
    let from = start.unwrap_or(0);
    if from >= content.len() {
        return write!(stream, "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n\r\n");
    }
    let length = match answer {
        Answer::Broken(length) | Answer::Stalled(length) | Answer::LengthUnsaid(length) => length,
        _ => content.len() - from,
    };
    match start {
        Some(_) => write!(
            stream,
            "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {from}-{}/{}\r\n",
            content.len() - 1,
            content.len()
        )?,
        None => write!(stream, "HTTP/1.1 200 OK\r\n")?,
    }
    if !matches!(answer, Answer::LengthUnsaid(_)) {
        write!(stream, "Content-Length: {}\r\n", content.len() - from)?;
    }
    write!(stream, "Connection: close\r\n\r\n")?;
    stream.write_all(&content[from..from + length])?;
    if matches!(answer, Answer::Stalled(_)) {
        // Until the client closes.
        stream.read_to_end(&mut Vec::new())?;
    }
    Ok(())
}

/// A folder to fetch into, and a file: its content gzipped, its length and its checksum unpacked.
struct Case {
    folder: tempfile::TempDir,
    zipped: Vec<u8>,
    bytes: u64,
    sha256: String,
}

impl Case {
    fn new() -> Self {
        // Incompressible, and longer than one piece.
        let mut content = vec![0; 300_000];
        ChaCha8Rng::seed_from_u64(3).fill_bytes(&mut content);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&content).unwrap();
        let sha256 = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
        let folder = tempfile::tempdir().unwrap();
        Self { folder, zipped: encoder.finish().unwrap(), bytes: content.len() as u64, sha256 }
    }

    /// Fetches the file. Returns the outcome and the progress reported.
    fn fetch(&self, mirror: &str) -> (Result<()>, Vec<(u64, Option<u64>)>) {
        let agent = client(Duration::from_millis(500)).proxy(None).build().new_agent();
        let sources = [RemoteFile { name: "train", bytes: self.bytes, sha256: &self.sha256 }];
        let mut heard = Vec::new();
        let mut progress = |progress: Progress| {
            assert_eq!(progress.file, "train");
            heard.push((progress.done, progress.total));
        };
        (fetch(&agent, mirror, self.folder.path(), &sources, &mut progress), heard)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The file is there, and nothing else.
    fn assert_fetched(&self) {
        assert_eq!(fs::read(self.file("train.gz")).unwrap(), self.zipped);
        assert_eq!(fs::read_dir(self.folder.path()).unwrap().count(), 1);
    }

    /// Nothing is there.
    fn assert_nothing(&self) {
        assert_eq!(fs::read_dir(self.folder.path()).unwrap().count(), 0);
    }

    #[track_caller]
    fn assert_refused(&self, mirror: &str, words: &str) {
        match self.fetch(mirror).0 {
            Err(DataError::Download(message)) => assert!(message.contains(words), "{message:?} without {words:?}"),
            other => panic!("{other:?}"),
        }
    }
}

fn ranges(requests: &Requests) -> Vec<Option<usize>> {
    requests.lock().unwrap().iter().map(|request| request.1).collect()
}

#[test]
fn a_file_is_fetched_once() {
    let case = Case::new();
    let (mirror, requests) = serve(case.zipped.clone(), &[]);
    let (outcome, heard) = case.fetch(&mirror);
    outcome.unwrap();
    case.assert_fetched();
    let total = case.zipped.len() as u64;
    assert!(heard.len() > 3 && heard.is_sorted(), "{heard:?}");
    assert_eq!((heard[0], heard[heard.len() - 1]), ((0, Some(total)), (total, Some(total))));
    assert_eq!(*requests.lock().unwrap(), [("/mnist/train.gz".to_string(), None)]);
    // The file is complete: the server is not asked again, and need not even run.
    case.fetch(&mirror).0.unwrap();
    assert_eq!(requests.lock().unwrap().len(), 1);
    case.fetch("http://127.0.0.1:1").0.unwrap();
}

#[test]
fn a_broken_transfer_is_resumed() {
    let case = Case::new();
    let (mirror, requests) = serve(case.zipped.clone(), &[Answer::Broken(100_000), Answer::Broken(50_000)]);
    case.fetch(&mirror).0.unwrap();
    case.assert_fetched();
    // Only what was missing was asked for, and the server sends no more than that.
    assert_eq!(ranges(&requests), [None, Some(100_000), Some(150_000)]);
}

#[test]
fn a_stalled_transfer_is_resumed() {
    let case = Case::new();
    let (mirror, requests) = serve(case.zipped.clone(), &[Answer::Stalled(100_000)]);
    case.fetch(&mirror).0.unwrap();
    case.assert_fetched();
    assert_eq!(ranges(&requests), [None, Some(100_000)]);
}

#[test]
fn a_transfer_is_resumed_by_a_later_call() {
    let case = Case::new();
    let (mirror, requests) = serve(case.zipped.clone(), &[Answer::Broken(100_000), Answer::Status(404)]);
    case.assert_refused(&mirror, "404");
    assert_eq!(fs::read(case.file("train.gz.part")).unwrap(), case.zipped[..100_000]);
    assert!(!case.file("train.gz").exists());
    case.fetch(&mirror).0.unwrap();
    case.assert_fetched();
    assert_eq!(ranges(&requests), [None, Some(100_000), Some(100_000)]);
}

#[test]
fn a_whole_part_is_verified_and_named() {
    let case = Case::new();
    fs::write(case.file("train.gz.part"), &case.zipped).unwrap();
    let (mirror, requests) = serve(case.zipped.clone(), &[]);
    case.fetch(&mirror).0.unwrap();
    case.assert_fetched();
    assert_eq!(ranges(&requests), [Some(case.zipped.len())]);
}

#[test]
fn a_server_that_cannot_resume_sends_all() {
    let case = Case::new();
    let (mirror, requests) = serve(case.zipped.clone(), &[Answer::Broken(100_000), Answer::All]);
    case.fetch(&mirror).0.unwrap();
    case.assert_fetched();
    assert_eq!(ranges(&requests), [None, Some(100_000)]);
}

#[test]
fn another_range_than_asked_for_is_not_appended() {
    let case = Case::new();
    let (mirror, requests) = serve(case.zipped.clone(), &[Answer::Broken(100_000), Answer::OtherRange]);
    case.fetch(&mirror).0.unwrap();
    case.assert_fetched();
    assert_eq!(ranges(&requests), [None, Some(100_000), None]);
}

#[test]
fn a_spoilt_part_is_fetched_anew() {
    let case = Case::new();
    let (mirror, requests) = serve(case.zipped.clone(), &[]);
    fs::write(case.file("train.gz.part"), vec![7; 1000]).unwrap();
    case.fetch(&mirror).0.unwrap();
    case.assert_fetched();
    assert_eq!(ranges(&requests), [Some(1000), None]);
    // A file of the right name with other content is replaced.
    fs::write(case.file("train.gz"), "another").unwrap();
    case.fetch(&mirror).0.unwrap();
    case.assert_fetched();
}

#[test]
fn wrong_content_is_deleted() {
    let case = Case::new();
    let mut spoilt = case.zipped.clone();
    spoilt[200_000] ^= 1;
    let (mirror, requests) = serve(spoilt, &[]);
    case.assert_refused(&mirror, "was deleted");
    case.assert_nothing();
    assert_eq!(requests.lock().unwrap().len(), 1);
    // Valid gzip of other content, of too much content, and content that ends early without a stated length.
    let other = Case::new();
    let (mirror, _) = serve(case.zipped.clone(), &[]);
    let other = Case { sha256: "0".repeat(64), ..other };
    other.assert_refused(&mirror, "its SHA-256 is");
    other.assert_nothing();
    let other = Case { bytes: 200_000, ..other };
    other.assert_refused(&mirror, "sends more than the file has");
    other.assert_nothing();
    let (mirror, _) = serve(case.zipped.clone(), &[Answer::LengthUnsaid(100_000)]);
    case.assert_refused(&mirror, "incomplete");
    case.assert_nothing();
}

#[test]
fn refusals_are_reported() {
    let case = Case::new();
    let (mirror, requests) = serve(case.zipped.clone(), &[Answer::Status(404)]);
    case.assert_refused(&mirror, "/mnist/train.gz: the server answers 404");
    assert_eq!(requests.lock().unwrap().len(), 1);
    case.assert_nothing();
    // A server in trouble is asked again.
    let (mirror, requests) = serve(case.zipped.clone(), &[Answer::Status(503), Answer::Status(429)]);
    case.fetch(&mirror).0.unwrap();
    case.assert_fetched();
    assert_eq!(requests.lock().unwrap().len(), 3);
    assert!(matches!(case.fetch("ftp://127.0.0.1/").0, Err(DataError::Parameter(_))));
}

#[test]
fn attempts_have_an_end() {
    let case = Case::new();
    let (mirror, requests) = serve(case.zipped.clone(), &[Answer::Broken(1); 20]);
    case.assert_refused(&mirror, "broke off after 5 bytes");
    assert_eq!(ranges(&requests), [None, Some(1), Some(2), Some(3), Some(4)]);
}

#[test]
fn two_downloads_do_not_share_a_part() {
    let case = Case::new();
    let (mirror, requests) = serve(case.zipped.clone(), &[]);
    let part = OpenOptions::new().append(true).create(true).open(case.file("train.gz.part")).unwrap();
    part.lock().unwrap();
    case.assert_refused(&mirror, "is in use, by another download?");
    drop(part);
    case.fetch(&mirror).0.unwrap();
    case.assert_fetched();
    assert_eq!(requests.lock().unwrap().len(), 1);
}
