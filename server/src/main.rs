//! `comfyui-openclaw`: the command line.

use std::io::{BufRead as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};
use openclaw_server::app::{self, App, BuildError, Doors, Surroundings};
use openclaw_server::config::env::{self, Env};
use openclaw_server::config::{self, Config, reference};
use openclaw_server::instance::{Lock, Ready, StateDir};
use openclaw_server::redact::Redactor;
use openclaw_server::secret::store::SecretStore;
use openclaw_server::{http, probe, telemetry};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use url::Url;

/// How often a server that stands by tries to take over: well within the two seconds in which ComfyUI heals.
const STANDBY_INTERVAL: Duration = Duration::from_millis(200);

#[derive(Parser)]
#[command(version, about = "The server beside ComfyUI")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until told to stop.
    Serve(Serve),
    /// Print the node schemas as JSON.
    Nodes,
    /// Print the OpenAPI document.
    Openapi,
    /// Print the configuration reference as Markdown.
    Docs,
    /// Answer one JSON request a line by calling the server's own parsers.
    Probe,
    /// Seal stored API keys anew under a new key.
    RotateSecrets {
        /// Where settings are kept.
        #[arg(long)]
        state_dir: Option<PathBuf>,
    },
}

#[derive(clap::Args)]
struct Serve {
    /// Address to listen on; port 0 takes any free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Another address, where webhooks and nothing else are served.
    #[arg(long)]
    public_listen: Option<SocketAddr>,
    /// Where settings are kept.
    #[arg(long)]
    state_dir: Option<PathBuf>,
    /// Where ComfyUI is, for a server that ComfyUI did not start.
    #[arg(long, value_parser = config::comfy_url)]
    comfy_url: Option<Url>,
    /// Stop when standard input ends, that is when the parent dies.
    #[arg(long)]
    exit_on_stdin_eof: bool,
}

/// Why the server does not run, with a code for programs.
struct Failure {
    code: &'static str,
    message: String,
}

impl Failure {
    fn new(code: &'static str, error: impl std::fmt::Display) -> Self {
        Self { code, message: error.to_string() }
    }
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(args) => return run(&args),
        Command::Nodes => {
            print(&serde_json::to_string_pretty(&openclaw_shared::node::nodes()).unwrap_or_default());
        }
        Command::Openapi => print(&http::document().to_pretty_json().unwrap_or_default()),
        Command::Docs => print(reference::markdown().trim_end()),
        Command::Probe => {
            if probe::run(std::io::stdin().lock(), std::io::stdout().lock()).is_err() {
                return ExitCode::FAILURE;
            }
        }
        Command::RotateSecrets { state_dir } => return rotate_secrets(state_dir),
    }
    ExitCode::SUCCESS
}

/// Standard output is a protocol: one JSON object a line, or the document asked for. A reader that went away is no error.
fn print(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn rotate_secrets(state_dir: Option<PathBuf>) -> ExitCode {
    let env = Env::of_process();
    let rotate = || -> Result<usize, Failure> {
        let config =
            Config::from_env(&env, state_dir).map_err(|error| Failure::new("state_dir_unknown", error))?;
        let state =
            StateDir::open(&config.state_dir).map_err(|error| Failure::new("state_dir_unwritable", error))?;
        let Ok(Some(_lock)) = state.try_claim() else {
            return Err(Failure::new("server_running", "a server uses this state directory: stop it first"));
        };
        SecretStore::load(&config.state_dir, env.get(&env::SECRETS_KEY))
            .and_then(|store| store.rotate())
            .map_err(|error| Failure::new("secrets_unusable", error))
    };
    match rotate() {
        Ok(count) => print(&json!({"event": "rotated", "keys": count}).to_string()),
        Err(failure) => return fail(&failure),
    }
    ExitCode::SUCCESS
}

/// Files and connections that may be open: a thousand streams take two each, and macOS takes no larger number.
#[cfg(unix)]
const OPEN_FILES: u64 = 10_240;

/// Systems start programs with room for a few hundred; more is there for the asking.
#[cfg(unix)]
fn raise_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < OPEN_FILES) {
        limit.current = Some(limit.maximum.unwrap_or(OPEN_FILES).min(OPEN_FILES));
        // Without it the server works too, for fewer people.
        let _ = setrlimit(Resource::Nofile, limit);
    }
}

/// Of 19: beside a ComfyUI that fills every core, a tenth of one is left for answers.
#[cfg(unix)]
const NICENESS: i32 = 10;

/// Lets ComfyUI go first when both want a processor; on Windows the pack starts the server that way. Called before
/// there is a second thread, because on Linux each has a niceness of its own.
#[cfg(unix)]
fn give_way() {
    let _ = rustix::process::nice(NICENESS);
    // Desktops share processors out to sessions first (sched(7), autogroup). Another's session is not ours to change.
    #[cfg(target_os = "linux")]
    if leads_its_session() {
        let _ = std::fs::write("/proc/self/autogroup", NICENESS.to_string());
    }
}

/// By proc_pid_stat(5), fields 1 and 6. getsid(2) answers 0 in a container when the session began outside of it, and
/// rustix takes that for impossible.
#[cfg(target_os = "linux")]
fn leads_its_session() -> bool {
    std::fs::read_to_string("/proc/self/stat").is_ok_and(|stat| {
        let pid = stat.split(' ').next();
        // Behind the name, which may have spaces in it.
        let session = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(3));
        pid == session
    })
}

fn run(args: &Serve) -> ExitCode {
    #[cfg(unix)]
    raise_file_limit();
    #[cfg(unix)]
    if args.exit_on_stdin_eof {
        give_way();
        #[cfg(target_os = "linux")]
        let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM));
    }
    let env = Env::of_process();
    let shutdown = CancellationToken::new();
    let surroundings = Surroundings::default();
    let redactor = Arc::new(Redactor::new(env.secrets()));
    // Before anything that may have to say what is wrong with a setting.
    telemetry::start(env.get(&env::LOG), redactor.clone(), surroundings.logs.clone());
    if args.exit_on_stdin_eof {
        listen_to_parent(shutdown.clone(), surroundings.host.clone());
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&Failure::new("runtime_failed", error)),
    };
    let result = runtime.block_on(serve(args, &env, redactor, surroundings, shutdown));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => fail(&failure),
    }
}

fn fail(failure: &Failure) -> ExitCode {
    print(&json!({"event": "failed", "code": failure.code, "message": failure.message}).to_string());
    tracing::error!(code = failure.code, "{}", failure.message);
    ExitCode::FAILURE
}

async fn serve(
    args: &Serve,
    env: &Env,
    redactor: Arc<Redactor>,
    surroundings: Surroundings,
    shutdown: CancellationToken,
) -> Result<(), Failure> {
    let mut config = Config::from_env(env, args.state_dir.clone())
        .map_err(|error| Failure::new("state_dir_unknown", error))?;
    config.jobs.comfy_url = args.comfy_url.clone().or(config.jobs.comfy_url);
    let state =
        StateDir::open(&config.state_dir).map_err(|error| Failure::new("state_dir_unwritable", error))?;
    stop_on_signal(&shutdown);
    let Some(lock) = claim(&state, &shutdown).await? else { return Ok(()) };
    let key = config.access.launch_key.expose().to_owned();
    let app =
        App::build(config, env, redactor, surroundings, shutdown).await.map_err(|error| match error {
            BuildError::Settings(error) => Failure::new("config_invalid", error),
            BuildError::Secrets(error) => Failure::new("secrets_unusable", error),
            BuildError::Client(_) => Failure::new("client_failed", error),
        })?;
    let listener = listen(args.listen, "--listen").await?;
    let public = match public_address(args, env)? {
        Some(address) => Some(listen(address, "--public-listen").await?),
        None => None,
    };
    let address = listener.local_addr().map_err(|error| Failure::new("listen_failed", error))?;
    let ready = Ready {
        event: "ready".into(),
        url: format!("http://{address}"),
        version: env!("CARGO_PKG_VERSION").into(),
        pid: std::process::id(),
        key,
        public_url: public
            .as_ref()
            .and_then(|listener| listener.local_addr().ok())
            .map(|address| format!("http://{address}")),
    };
    lock.publish(&ready).map_err(|error| Failure::new("state_dir_unwritable", error))?;
    announce(&ready);
    app::serve(app, Doors { own: listener, public })
        .await
        .map_err(|error| Failure::new("serve_failed", error))
}

fn public_address(args: &Serve, env: &Env) -> Result<Option<SocketAddr>, Failure> {
    let given = env.get(&env::PUBLIC_LISTEN).map(|text| {
        text.parse().map_err(|_| {
            let name = env::PUBLIC_LISTEN.name;
            Failure::new("listen_failed", format!("{name} must be an address such as 0.0.0.0:8199"))
        })
    });
    Ok(args.public_listen.or(given.transpose()?))
}

async fn listen(address: SocketAddr, option: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => Failure {
            code: "port_taken",
            message: format!("{address} is in use by another program: choose another port with {option}"),
        },
        _ => Failure::new("listen_failed", format!("cannot listen on {address}: {error}")),
    })
}

/// Waits for the lock, telling the parent meanwhile who holds it; `None` when told to stop first.
async fn claim(state: &StateDir, shutdown: &CancellationToken) -> Result<Option<Lock>, Failure> {
    let mut announced = None;
    loop {
        if let Some(lock) = state.try_claim().map_err(|error| Failure::new("state_dir_unwritable", error))? {
            return Ok(Some(lock));
        }
        let holder = state.holder();
        if holder.is_some() && holder != announced {
            tracing::info!("another server uses this state directory: standing by");
            holder.as_ref().inspect(|ready| announce(ready));
            announced = holder;
        }
        tokio::select! {
            () = shutdown.cancelled() => return Ok(None),
            () = tokio::time::sleep(STANDBY_INTERVAL) => {}
        }
    }
}

fn announce(ready: &Ready) {
    print(&serde_json::to_string(ready).unwrap_or_default());
}

/// A plain thread: the runtime could not be stopped while one of its own waits for input.
fn listen_to_parent(shutdown: CancellationToken, host: watch::Sender<Option<Url>>) {
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            // The only thing a parent says so far; what a newer one says is not for this server.
            if let Ok(Told::Host { url }) = serde_json::from_str(&line) {
                match config::comfy_url(&url) {
                    Ok(url) => _ = host.send_replace(Some(url)),
                    Err(error) => tracing::error!("{error}"),
                }
            }
        }
        shutdown.cancel();
    });
}

/// One line from the parent.
#[derive(serde::Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Told {
    /// Where ComfyUI listens.
    Host { url: String },
}

#[expect(
    clippy::disallowed_methods,
    reason = "lives as long as the process, and only turns a signal into a cancellation"
)]
fn stop_on_signal(shutdown: &CancellationToken) {
    let shutdown = shutdown.clone();
    tokio::spawn(async move {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
        shutdown.cancel();
    });
}
