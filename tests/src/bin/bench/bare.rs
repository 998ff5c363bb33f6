//! What is measured beside the server: a handler that only reads and answers, in a process of its own.

use std::process::Stdio;

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use crate::session::session;

/// As long as what a webhook is answered with.
const ANSWER: &str = r#"{"ok":true,"prompt_id":"0199ab3c-7d52-7e11-9c8e-1c1d2e3f4a5b","number":null,"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","deduped":false,"callback_scheduled":false,"mapped":false}"#;

pub async fn serve() {
    // As the server does beside ComfyUI.
    session(10);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    let answer = post(|body: Bytes| async move {
        assert!(!body.is_empty());
        ([(CONTENT_TYPE, "application/json")], ANSWER)
    });
    axum::serve(listener, axum::Router::new().fallback_service(answer)).await.unwrap();
}

/// Killed when dropped.
pub struct Bare {
    pub url: String,
    _child: Child,
}

impl Bare {
    pub async fn start() -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let mut child = command.arg("bare").stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { url: lines.next_line().await.unwrap().unwrap(), _child: child }
    }
}
