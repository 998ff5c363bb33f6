//! A ComfyUI whose nodes do nothing: the queue, the history and the web socket behave like the real ones.
//!
//! What a node does is told by its class: `Hold` waits until it is released or interrupted, `Fail` fails, `Invalid` is
//! left out at validation, everything else is done at once and shows the file `<node>.png`.

mod executor;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use futures_util::stream;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Something that has just happened, for tests that strike at that moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Moment {
    /// A prompt came in and is not in the queue yet.
    Received,
    /// It is in the queue, and nobody has been told.
    Queued,
    /// It runs.
    Started,
    /// It ran, and is not in the history yet.
    Ran,
    /// It is in the history, and nobody has been told.
    Remembered,
    /// Somebody asked for the history of a prompt.
    Asked,
    /// A web socket was opened.
    Connected,
}

#[derive(Debug, Clone)]
struct Prompt {
    number: i64,
    id: String,
    graph: Map<String, Value>,
    extra_data: Value,
    outputs: Vec<String>,
    client_id: Option<String>,
}

impl Prompt {
    fn item(&self) -> Value {
        json!([self.number, self.id, self.graph, self.extra_data, self.outputs])
    }
}

type Hook = Arc<dyn Fn(Moment, &str) + Send + Sync>;

#[derive(Default)]
struct Memory {
    pending: Vec<Prompt>,
    running: Option<Prompt>,
    history: HashMap<String, Value>,
    /// What is in the history, oldest first.
    ended: Vec<String>,
    sockets: HashMap<String, mpsc::UnboundedSender<Message>>,
    numbers: i64,
    interrupted: Option<String>,
    /// Grows with every restart; an executor of an earlier life stops.
    life: usize,
    released: bool,
    /// Nothing is begun.
    paused: bool,
    /// It knows `/api/jobs`.
    newer: bool,
}

struct Inner {
    memory: Mutex<Memory>,
    changed: Notify,
    /// Every prompt that came in, in every life.
    submitted: Mutex<Vec<(String, HeaderMap, usize)>>,
    hook: Mutex<Option<Hook>>,
    /// Answers that will break off although the prompt is in the queue.
    broken_answers: AtomicUsize,
    /// How long a prompt is checked before it is in the queue, whether or not its sender is still there.
    check: Mutex<Duration>,
    /// Requests to `/history/{id}`, to `/queue`, to `/api/jobs/{id}`, to `/ws`, and all there were.
    histories: AtomicUsize,
    queues: AtomicUsize,
    jobs: AtomicUsize,
    sockets: AtomicUsize,
    requests: AtomicUsize,
}

/// Stops when dropped.
pub struct FakeComfy {
    pub url: String,
    inner: Arc<Inner>,
    _stop: DropGuard,
}

impl FakeComfy {
    pub async fn start() -> Self {
        let inner = Arc::new(Inner {
            memory: Mutex::default(),
            changed: Notify::new(),
            submitted: Mutex::default(),
            hook: Mutex::default(),
            broken_answers: AtomicUsize::new(0),
            check: Mutex::default(),
            histories: AtomicUsize::new(0),
            queues: AtomicUsize::new(0),
            jobs: AtomicUsize::new(0),
            sockets: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
        });
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = axum::Router::new()
            .route("/prompt", post(submit))
            .route("/queue", get(queue).post(change_queue))
            .route("/interrupt", post(interrupt))
            .route("/history", get(whole_history))
            .route("/history/{id}", get(history))
            .route("/api/jobs/{id}", get(job))
            .route("/ws", get(open_socket))
            .layer(from_fn_with_state(inner.clone(), count))
            .with_state(inner.clone());
        let stop = CancellationToken::new();
        let (serving, working) = (stop.clone(), stop.clone());
        tokio::spawn(
            async move { serving.run_until_cancelled(axum::serve(listener, app).into_future()).await },
        );
        let worker = inner.clone();
        tokio::spawn(async move { working.run_until_cancelled(executor::work(worker)).await });
        Self { url, inner, _stop: stop.drop_guard() }
    }

    /// The ids of all prompts that came in.
    pub fn submitted(&self) -> Vec<String> {
        self.inner.submitted.lock().unwrap().iter().map(|(id, ..)| id.clone()).collect()
    }

    /// Prompts that came in more than once, each with the lives of this ComfyUI in which it came.
    pub fn repeated(&self) -> Vec<(String, Vec<usize>)> {
        let mut lives: HashMap<String, Vec<usize>> = HashMap::new();
        for (id, _, life) in self.inner.submitted.lock().unwrap().iter() {
            lives.entry(id.clone()).or_default().push(*life);
        }
        lives.into_iter().filter(|(_, lives)| lives.len() > 1).collect()
    }

    /// The headers that a prompt came with.
    pub fn headers(&self, id: &str) -> HeaderMap {
        let submitted = self.inner.submitted.lock().unwrap();
        submitted.iter().find(|(known, ..)| known == id).unwrap().1.clone()
    }

    /// What ran to its end or failed in this life.
    pub fn finished(&self) -> usize {
        self.inner.memory().history.len()
    }

    pub fn queued(&self) -> usize {
        let memory = self.inner.memory();
        memory.pending.len() + usize::from(memory.running.is_some())
    }

    /// Web sockets that were ever opened.
    pub fn sockets(&self) -> usize {
        self.inner.sockets.load(Ordering::Relaxed)
    }

    /// How often the history of one prompt and how often the queue was asked for.
    pub fn lookups(&self) -> (usize, usize) {
        (self.inner.histories.load(Ordering::Relaxed), self.inner.queues.load(Ordering::Relaxed))
    }

    /// How many requests there were, whatever for.
    pub fn requests(&self) -> usize {
        self.inner.requests.load(Ordering::Relaxed)
    }

    /// Lets every `Hold` go on, those to come too.
    pub fn release(&self) {
        self.inner.memory().released = true;
        self.inner.changed.notify_waiters();
    }

    /// Begins nothing more, as if what runs took for ever; or goes on.
    pub fn pause(&self, paused: bool) {
        self.inner.memory().paused = paused;
        self.inner.changed.notify_waiters();
    }

    /// The next answers to a submission break off.
    pub fn break_answers(&self, count: usize) {
        self.inner.broken_answers.store(count, Ordering::Relaxed);
    }

    /// Prompts take this long to be checked.
    pub fn check_for(&self, time: Duration) {
        *self.inner.check.lock().unwrap() = time;
    }

    /// Calls this at every moment, with the prompt's id.
    pub fn at(&self, hook: impl Fn(Moment, &str) + Send + Sync + 'static) {
        *self.inner.hook.lock().unwrap() = Some(Arc::new(hook));
    }

    /// Forgets everything and closes every connection, as a process that is started anew.
    pub fn restart(&self) {
        let mut memory = self.inner.memory();
        let (life, released, paused, newer) = (memory.life + 1, memory.released, memory.paused, memory.newer);
        *memory = Memory { life, released, paused, newer, ..Memory::default() };
        drop(memory);
        self.inner.changed.notify_waiters();
    }

    /// How often it was asked for one prompt at `/api/jobs`.
    pub fn jobs(&self) -> usize {
        self.inner.jobs.load(Ordering::Relaxed)
    }

    /// From now on it is of a version that knows `/api/jobs`.
    pub fn update(&self) {
        self.inner.memory().newer = true;
    }

    /// Closes every web socket and nothing else.
    pub fn hang_up(&self) {
        self.inner.memory().sockets.clear();
    }

    /// Queues a prompt as a page does.
    pub fn queue_as_page(&self, id: &str, graph: &Value) {
        let extra_data = json!({"extra_pnginfo": {"workflow": {"id": "a-workflow"}}});
        self.inner.enqueue(id, graph, extra_data, Some("page".into())).unwrap();
    }

    /// Takes a prompt out of the queue as a page does.
    pub fn delete_as_page(&self, id: &str) {
        self.inner.memory().pending.retain(|prompt| prompt.id != id);
        self.inner.tell_queue();
    }

    /// Clears the history as a page does.
    pub fn clear_history(&self) {
        let mut memory = self.inner.memory();
        memory.history.clear();
        memory.ended.clear();
    }
}

impl Inner {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap()
    }

    fn moment(&self, moment: Moment, id: &str) {
        let hook = self.hook.lock().unwrap().clone();
        if let Some(hook) = hook {
            hook(moment, id);
        }
    }

    fn tell(&self, client_id: Option<&str>, kind: &str, data: &Value) {
        let text = json!({"type": kind, "data": data}).to_string();
        let memory = self.memory();
        for (sid, socket) in &memory.sockets {
            if client_id.is_none_or(|wanted| wanted == sid) {
                let _ = socket.send(Message::text(text.clone()));
            }
        }
    }

    fn tell_queue(&self) {
        let memory = self.memory();
        let remaining = memory.pending.len() + usize::from(memory.running.is_some());
        drop(memory);
        self.tell(None, "status", &json!({"status": {"exec_info": {"queue_remaining": remaining}}}));
    }

    /// The number and the errors of what is left out, or the refusal.
    fn enqueue(
        &self,
        id: &str,
        graph: &Value,
        extra_data: Value,
        client_id: Option<String>,
    ) -> Result<(i64, Value), Value> {
        let graph = graph.as_object().cloned().unwrap_or_default();
        let of_class = |class: &str| graph.iter().filter(|(_, node)| node["class_type"] == class).count();
        let node_errors: Map<String, Value> = graph
            .iter()
            .filter(|(_, node)| node["class_type"] == "Invalid")
            .map(|(id, _)| {
                let error =
                    json!({"type": "value_not_in_list", "message": "Value not in list", "details": "x"});
                (id.clone(), json!({"errors": [error], "dependent_outputs": [id], "class_type": "Invalid"}))
            })
            .collect();
        if of_class("Invalid") == graph.len() {
            let message = "Prompt outputs failed validation";
            let error =
                json!({"type": "prompt_outputs_failed_validation", "message": message, "details": ""});
            return Err(json!({"error": error, "node_errors": node_errors}));
        }
        let outputs = graph.keys().filter(|id| !node_errors.contains_key(*id)).cloned().collect();
        let mut memory = self.memory();
        let number = memory.numbers;
        memory.numbers += 1;
        memory.pending.push(Prompt { number, id: id.to_owned(), graph, extra_data, outputs, client_id });
        drop(memory);
        self.changed.notify_waiters();
        Ok((number, node_errors.into()))
    }
}

async fn count(State(inner): State<Arc<Inner>>, request: Request, next: Next) -> Response {
    inner.requests.fetch_add(1, Ordering::Relaxed);
    next.run(request).await
}

async fn submit(State(inner): State<Arc<Inner>>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    // ComfyUI goes on when the sender is gone.
    tokio::spawn(accept(inner, headers, body)).await.unwrap()
}

async fn accept(inner: Arc<Inner>, headers: HeaderMap, body: Value) -> Response {
    let id = body["prompt_id"].as_str().unwrap_or_default().to_owned();
    let life = inner.memory().life;
    inner.submitted.lock().unwrap().push((id.clone(), headers, life));
    inner.moment(Moment::Received, &id);
    let check = *inner.check.lock().unwrap();
    if !check.is_zero() {
        tokio::time::sleep(check).await;
    }
    if inner.memory().life != life {
        // The process that was asked is gone.
        return broken();
    }
    let client_id = body["client_id"].as_str().map(str::to_owned);
    let (number, node_errors) =
        match inner.enqueue(&id, &body["prompt"], body["extra_data"].clone(), client_id) {
            Ok(taken) => taken,
            Err(refusal) => return (StatusCode::BAD_REQUEST, Json(refusal)).into_response(),
        };
    inner.moment(Moment::Queued, &id);
    inner.tell_queue();
    let breaks = |left: usize| left.checked_sub(1);
    if inner.broken_answers.fetch_update(Ordering::Relaxed, Ordering::Relaxed, breaks).is_ok() {
        return broken();
    }
    Json(json!({"prompt_id": id, "number": number, "node_errors": node_errors})).into_response()
}

/// An answer that breaks off in its middle.
fn broken() -> Response {
    let parts = [Ok("{"), Err(std::io::Error::other("broken off"))];
    Body::from_stream(stream::iter(parts)).into_response()
}

async fn queue(State(inner): State<Arc<Inner>>) -> Json<Value> {
    inner.queues.fetch_add(1, Ordering::Relaxed);
    let memory = inner.memory();
    let items = |prompts: &mut dyn Iterator<Item = &Prompt>| prompts.map(Prompt::item).collect::<Vec<_>>();
    // ComfyUI shows its heap, which is not in order.
    Json(json!({
        "queue_running": items(&mut memory.running.iter()),
        "queue_pending": items(&mut memory.pending.iter().rev()),
    }))
}

async fn change_queue(State(inner): State<Arc<Inner>>, Json(body): Json<Value>) {
    let deleted: Vec<_> = body["delete"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    inner.memory().pending.retain(|prompt| !deleted.contains(&prompt.id.as_str()));
    inner.tell_queue();
}

async fn interrupt(State(inner): State<Arc<Inner>>, Json(body): Json<Value>) {
    let mut memory = inner.memory();
    let running = memory.running.as_ref().map(|prompt| prompt.id.clone());
    if running.as_deref() == body["prompt_id"].as_str() {
        memory.interrupted = running;
    }
    drop(memory);
    inner.changed.notify_waiters();
}

async fn history(State(inner): State<Arc<Inner>>, Path(id): Path<String>) -> Json<Value> {
    inner.histories.fetch_add(1, Ordering::Relaxed);
    inner.moment(Moment::Asked, &id);
    let found = inner.memory().history.get(&id).cloned();
    Json(found.map_or_else(|| json!({}), |entry| json!({id: entry})))
}

async fn job(State(inner): State<Arc<Inner>>, Path(id): Path<String>) -> Response {
    inner.jobs.fetch_add(1, Ordering::Relaxed);
    let memory = inner.memory();
    if !memory.newer {
        return (StatusCode::NOT_FOUND, "404: Not Found").into_response();
    }
    let waits = |prompt: &Prompt, status: &str| json!({"id": prompt.id, "status": status, "priority": prompt.number, "outputs_count": 0});
    let running = memory.running.iter().map(|prompt| waits(prompt, "in_progress"));
    let mut waiting = running.chain(memory.pending.iter().map(|prompt| waits(prompt, "pending")));
    let ended = memory.history.get(&id).map(|entry| {
        json!({"id": id, "status": "completed", "priority": entry["prompt"][0], "outputs": entry["outputs"],
            "execution_status": entry["status"], "workflow": {"prompt": entry["prompt"][2]}})
    });
    match ended.or_else(|| waiting.find(|job| job["id"] == id.as_str())) {
        Some(job) => Json(job).into_response(),
        None => (StatusCode::NOT_FOUND, Json(json!({"error": "Job not found"}))).into_response(),
    }
}

async fn whole_history(
    State(inner): State<Arc<Inner>>,
    Query(query): Query<HashMap<String, usize>>,
) -> Json<Value> {
    let memory = inner.memory();
    let most = query.get("max_items").copied().unwrap_or(usize::MAX);
    let last = &memory.ended[memory.ended.len().saturating_sub(most)..];
    let entries = last.iter().filter_map(|id| Some((id.clone(), memory.history.get(id)?.clone())));
    Json(entries.collect::<Map<_, _>>().into())
}

async fn open_socket(
    State(inner): State<Arc<Inner>>,
    Query(query): Query<HashMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    inner.sockets.fetch_add(1, Ordering::Relaxed);
    upgrade.on_upgrade(move |socket| {
        serve_socket(inner, query.get("clientId").cloned().unwrap_or_default(), socket)
    })
}

async fn serve_socket(inner: Arc<Inner>, sid: String, mut socket: WebSocket) {
    let (sender, mut messages) = mpsc::unbounded_channel();
    let own = sender.downgrade();
    inner.memory().sockets.insert(sid.clone(), sender);
    inner.moment(Moment::Connected, &sid);
    inner.tell_queue();
    loop {
        tokio::select! {
            message = messages.recv() => match message {
                Some(message) => if socket.send(message).await.is_err() { break },
                None => break,
            },
            received = socket.recv() => if !matches!(received, Some(Ok(_))) { break },
        }
    }
    let mut memory = inner.memory();
    if let Some(own) = own.upgrade()
        && memory.sockets.get(&sid).is_some_and(|current| current.same_channel(&own))
    {
        memory.sockets.remove(&sid);
    }
}
