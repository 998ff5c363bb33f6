//! HTTP by hand: the load shares the cores with what it loads, so it has to cost next to nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures_util::future::join_all;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::measure::{ms, quantiles, round};

pub const SECRET: &str = "bench-secret-0123456789";
/// How long one load lasts.
pub const LASTS: Duration = Duration::from_secs(4);

/// One connection that is kept.
pub struct Connection {
    stream: TcpStream,
    authority: String,
    read: Vec<u8>,
}

impl Connection {
    pub async fn open(url: &str) -> Self {
        let authority = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let stream = TcpStream::connect(&authority).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, authority, read: Vec::new() }
    }

    pub async fn get(&mut self, path: &str) -> u16 {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", self.authority);
        self.send(request.as_bytes()).await
    }

    /// The body of the last answer.
    pub fn body(&self) -> &[u8] {
        &self.read
    }

    /// Posts an event of its own, signed.
    pub async fn webhook(&mut self, number: u64) {
        let program = std::process::id();
        let body = format!(
            r#"{{"version":1,"template_id":"blank_image","profile_id":"bench","job_id":"bench:{program}:{number}","inputs":{{"width":64,"height":64}}}}"#
        );
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(body.as_bytes());
        let tag: [u8; 32] = mac.finalize().into_bytes().into();
        let [high, low] = [0, 16].map(|at| u128::from_be_bytes(tag[at..at + 16].try_into().unwrap()));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let request = format!(
            "POST /openclaw/webhook/submit HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nx-openclaw-signature: sha256={high:032x}{low:032x}\r\nx-openclaw-timestamp: {now}\r\n\
             x-openclaw-nonce: bench-{program}-{number}\r\n\r\n{body}",
            self.authority,
            body.len()
        );
        let status = self.send(request.as_bytes()).await;
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&self.read));
    }

    async fn send(&mut self, request: &[u8]) -> u16 {
        self.stream.write_all(request).await.unwrap();
        self.read.clear();
        let end = loop {
            self.more().await;
            if let Some(end) = self.read.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let head = std::str::from_utf8(&self.read[..end]).unwrap().to_ascii_lowercase();
        let status = head[9..12].parse().unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.expect("an answer says its length").trim().parse().unwrap();
        while self.read.len() < end + length {
            self.more().await;
        }
        self.read.drain(..end);
        status
    }

    async fn more(&mut self) {
        let count = self.stream.read_buf(&mut self.read).await.unwrap();
        assert!(count > 0, "the connection was closed");
    }
}

/// No two events of one program are the same; its number tells them from another's.
static NUMBER: AtomicU64 = AtomicU64::new(0);

pub fn number() -> u64 {
    NUMBER.fetch_add(1, Ordering::Relaxed)
}

/// So many connections post webhooks to `url`, each as fast as it is answered.
pub async fn flood(url: &str, connections: usize) -> Value {
    let started = Instant::now();
    let caller = async || {
        let mut connection = Connection::open(url).await;
        let mut taken = Vec::new();
        while started.elapsed() < LASTS {
            let sent = Instant::now();
            connection.webhook(number()).await;
            taken.push(ms(sent));
        }
        taken
    };
    let taken = join_all((0..connections).map(|_| caller())).await.concat();
    let mut report = quantiles(taken.clone());
    report["per_second"] = json!(per_second(taken.len(), started.elapsed()));
    report
}

/// So many webhooks a second, whether or not the ones before were answered; waiting for a connection counts.
pub async fn paced(url: &str, connections: u32, rate: u32) -> Value {
    let started = Instant::now();
    let caller = async |index: u32| {
        let mut connection = Connection::open(url).await;
        let mut taken = Vec::new();
        for turn in 0.. {
            let due = started + Duration::from_secs(1) * (turn * connections + index) / rate;
            if due > started + LASTS {
                break;
            }
            // Late timers are the generator's fault, late answers are not.
            let late = Instant::now() > due;
            tokio::time::sleep_until(due.into()).await;
            let sent = if late { due } else { Instant::now() };
            connection.webhook(number()).await;
            taken.push(ms(sent));
        }
        taken
    };
    let taken = join_all((0..connections).map(caller)).await.concat();
    let mut report = quantiles(taken.clone());
    report["per_second"] = json!(per_second(taken.len(), started.elapsed()));
    report
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
fn per_second(count: usize, time: Duration) -> f64 {
    round(count as f64 / time.as_secs_f64()).floor()
}
