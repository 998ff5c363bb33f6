//! ComfyUI behind TLS, with an authority that the system trusts because the operator says so.
#![cfg(target_os = "linux")]

use std::process::Stdio;
use std::sync::Arc;

use openclaw_shared::event::{EventType, StreamEvent, StreamReady};
use openclaw_tests::{EventStream, FakeComfy, ServerProcess, client};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// Passes on to `comfy` what comes in over TLS; its address, and its certificate as PEM.
async fn behind_tls(comfy: &str) -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let (acceptor, comfy) = (TlsAcceptor::from(Arc::new(config)), comfy.replace("http://", ""));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, comfy) = (acceptor.clone(), comfy.clone());
            tokio::spawn(async move {
                let mut secure = acceptor.accept(stream).await?;
                let mut plain = TcpStream::connect(comfy).await?;
                tokio::io::copy_bidirectional(&mut secure, &mut plain).await
            });
        }
    });
    (url, made.cert.pem())
}

/// How a job ends that is run there, or why ComfyUI is not reached.
async fn run(trusts: bool) -> (String, Value) {
    let (comfy, folder) = (FakeComfy::start().await, tempfile::tempdir().unwrap());
    let (url, certificate) = behind_tls(&comfy.url).await;
    let roots = folder.path().join("roots.pem");
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().cert.pem();
    std::fs::write(&roots, if trusts { certificate } else { other }).unwrap();
    let env = [("OPENCLAW_COMFYUI_URL", url.as_str()), ("SSL_CERT_FILE", roots.to_str().unwrap())];
    let mut server = ServerProcess::start_logging(&folder.path().join("state"), &[], &env, Stdio::null());
    let url = server.line().await["url"].as_str().unwrap().to_owned();
    let call = async |path: &str, body: Option<Value>| -> Value {
        let url = format!("{url}/openclaw/{path}");
        let request = match body {
            Some(body) => client().post(url).json(&body),
            None => client().get(url),
        };
        request.send().await.unwrap().json().await.unwrap()
    };
    let fired = call("triggers/fire", Some(json!({"template_id": "blank_image"}))).await;
    let id = fired["prompt_id"].as_str().unwrap_or_else(|| panic!("{fired}")).to_owned();
    let mut events = EventStream::open(&url, "?since=0", None).await;
    loop {
        match events.next().await {
            StreamEvent::Job(event) if event.event_type == EventType::Completed => break,
            StreamEvent::Ready(StreamReady { host, .. }) | StreamEvent::Host(host)
                if host.problem.is_some() =>
            {
                break;
            }
            _ => {}
        }
    }
    let job = call(&format!("jobs/{id}"), None).await["job"].take();
    (job["status"].as_str().unwrap().to_owned(), call("jobs", None).await["host"].take())
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_run_and_are_followed_over_tls_when_the_certificate_is_trusted_and_not_otherwise() {
    let (status, host) = run(true).await;
    assert_eq!((status.as_str(), &host["connected"]), ("completed", &json!(true)), "{host}");
    let (status, host) = run(false).await;
    let problem = host["problem"].as_str().unwrap();
    assert!(status == "pending" && problem.contains("certificate"), "{status} {problem}");
}
