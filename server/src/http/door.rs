//! The door for other machines: as many connections as are good for it, and no patience for those that say nothing.
//! axum's own loop has neither limit, and the open files of this process are the sidebar's, too.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::util::MapRequest;

use super::rate::Caller;

/// Connections at a time; a proxy before it needs a dozen. A quarter of what a process may open by default.
pub const MAX_CONNECTIONS: usize = 256;
/// Of one address: whoever takes all they can leaves room for others, and a proxy has more than it needs.
pub const MAX_PER_ADDRESS: usize = MAX_CONNECTIONS / 2;
/// A connection that has not sent its request's head by then is closed; so is one that is kept open for nothing.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// Pause after the system refused a connection, which it does when there are too many open files.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);

/// Serves until told to stop, then lets open requests end.
pub async fn serve(listener: TcpListener, router: Router, shutdown: CancellationToken) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let held = Arc::new(Mutex::new(HashMap::new()));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { break };
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, peer)) = accepted else {
            tokio::time::sleep(REFUSED_PAUSE).await;
            continue;
        };
        // One too many is closed.
        let Some(seat) = Seat::take(&held, Caller::at(peer.ip())) else { continue };
        let service = MapRequest::new(router.clone(), move |mut request: Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            request
        });
        let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        let connection = graceful.watch(connection);
        connections.spawn(async move {
            let _place = (place, seat);
            // Whatever ends it, there is nobody left to tell.
            let _ = connection.await;
        });
        while connections.try_join_next().is_some() {}
    }
    graceful.shutdown().await;
}

/// One of the connections that an address has; given back when dropped.
struct Seat {
    held: Arc<Mutex<HashMap<Caller, usize>>>,
    caller: Caller,
}

impl Seat {
    fn take(held: &Arc<Mutex<HashMap<Caller, usize>>>, caller: Caller) -> Option<Self> {
        let mut counts = held.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(caller.clone()).or_default();
        if *count >= MAX_PER_ADDRESS {
            return None;
        }
        *count += 1;
        Some(Self { held: held.clone(), caller })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.caller);
            }
        }
    }
}
