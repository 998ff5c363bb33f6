//! The composition root: everything that lives as long as the server.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use openclaw_shared::capabilities::{Capabilities, Pack};
use openclaw_shared::health::{AccessPolicy, Health, LlmHealth, Stats};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::assist::reuse::Reuse;
use crate::clock::Clock;
use crate::comfy::Comfy;
use crate::config::Config;
use crate::config::env::{self, Env};
use crate::config::settings::{Settings, SettingsError};
use crate::delivery::Deliveries;
use crate::egress::Egress;
use crate::http;
use crate::http::rate::Limits;
use crate::job::{Jobs, run};
use crate::llm::catalog::{Catalog, ProviderRow};
use crate::llm::health::Health as ProviderHealth;
use crate::llm::hooks::Hooks;
use crate::llm::keys::Keys;
use crate::llm::models::Models;
use crate::llm::target::{self, TargetError, Writers};
use crate::llm::{Llm, Patience};
use crate::redact::Redactor;
use crate::secret::Secret;
use crate::secret::store::{SecretStore, SecretStoreError};
use crate::store::sqlite::Sqlite;
use crate::store::{Store as _, StoreError};
use crate::telemetry::Kept;
use crate::template::Templates;
use crate::webhook::mapping::Mappings;
use crate::webhook::senders::Senders;

/// How long open requests may take to end once the server is told to stop.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

/// Long-lived parts, shared by every request.
pub struct App {
    pub config: Config,
    pub settings: Settings,
    pub catalog: Catalog,
    pub keys: Keys,
    pub llm: Arc<Llm>,
    pub reuse: Arc<Reuse>,
    pub clock: Clock,
    pub stats: Counters,
    /// Everything that runs besides requests; waited for at the end.
    pub tasks: TaskTracker,
    pub templates: Templates,
    pub senders: Senders,
    pub mappings: Mappings,
    pub limits: Limits,
    /// For what is shown of other people's data.
    pub redactor: Arc<Redactor>,
    pub logs: Kept,
    jobs: Result<(Arc<Jobs>, Comfy), JobsLocked>,
    deliveries: Result<Arc<Deliveries>, DeliveriesLocked>,
    /// Cancelled when the server is to stop.
    pub shutdown: CancellationToken,
    started: Instant,
}

/// What is there before the app is.
#[derive(Clone, Default)]
pub struct Surroundings {
    /// Hears where ComfyUI is; counts for as long as the operator has not said it.
    pub host: watch::Sender<Option<Url>>,
    /// The log so far.
    pub logs: Kept,
}

/// Why the parts could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Secrets(#[from] SecretStoreError),
    #[error("the HTTP client could not be set up: {0}")]
    Client(#[from] reqwest::Error),
}

/// There are no jobs, because their database cannot be used; everything else works.
#[derive(Debug, Clone, thiserror::Error)]
#[error("Jobs are locked: {0}.")]
pub struct JobsLocked(String);

/// Results are not sent, because they could not be signed or remembered.
#[derive(Debug, Clone, thiserror::Error)]
#[error("Callbacks are locked: {0}.")]
pub struct DeliveriesLocked(String);

impl App {
    pub async fn build(
        config: Config,
        env: &Env,
        redactor: Arc<Redactor>,
        surroundings: Surroundings,
        shutdown: CancellationToken,
    ) -> Result<Arc<Self>, BuildError> {
        let catalog = Catalog::load();
        let keys =
            Keys::new(&catalog, env, SecretStore::load(&config.state_dir, env.get(&env::SECRETS_KEY))?);
        let settings = Settings::load(&config.state_dir, env, &catalog)?;
        redactor.learn(keys.secrets().iter().chain([&config.access.launch_key]).map(Secret::expose));
        let (clock, tasks) = (Clock::System, TaskTracker::new());
        let egress = Egress::new()?;
        let llm = Arc::new(Llm {
            egress: egress.clone(),
            health: ProviderHealth::load(&config.state_dir),
            models: Models::default(),
            hooks: Hooks::built_in(&catalog, redactor.clone(), tasks.clone()),
            redactor: redactor.clone(),
        });
        let host = match &config.jobs.comfy_url {
            Some(url) => watch::Sender::new(Some(url.clone())),
            None => surroundings.host,
        };
        let jobs =
            open_jobs(&config, egress, host, redactor.clone(), &clock, &tasks).await.map_err(|error| {
                tracing::error!(%error, "jobs are locked");
                JobsLocked(error.to_string())
            });
        let deliveries = match &jobs {
            Ok((jobs, _)) => open_deliveries(&config, jobs, &llm.egress, &clock, redactor.clone()),
            Err(locked) => Err(DeliveriesLocked(locked.0.clone())),
        };
        let senders = Senders::load(&config.state_dir, env);
        redactor.learn(senders.all.iter().flat_map(|sender| &sender.bearer).map(Secret::expose));
        Ok(Arc::new(Self {
            templates: Templates::load(&config.state_dir, env.number(&env::MAX_RENDERED_BYTES)),
            senders,
            mappings: Mappings::load(&config.state_dir),
            limits: Limits::from_env(&config.state_dir, env),
            redactor,
            config,
            settings,
            catalog,
            keys,
            llm,
            reuse: Arc::default(),
            clock,
            stats: Counters::default(),
            tasks,
            logs: surroundings.logs,
            jobs,
            deliveries,
            shutdown,
            started: Instant::now(),
        }))
    }

    /// The jobs, unless their database cannot be used.
    pub fn jobs(&self) -> Result<&Arc<Jobs>, JobsLocked> {
        self.jobs.as_ref().map(|(jobs, _)| jobs).map_err(JobsLocked::clone)
    }

    /// What sends results, unless it cannot.
    pub fn deliveries(&self) -> Result<&Arc<Deliveries>, DeliveriesLocked> {
        self.deliveries.as_ref().map_err(DeliveriesLocked::clone)
    }

    /// Who writes, and for how long they may.
    pub fn writers(&self) -> Result<(Writers, Patience), TargetError> {
        let settings = self.settings.current(&self.catalog).0;
        let mut writers = target::writers(&self.catalog, &self.keys, &self.config.llm, &settings)?;
        writers.models.iter_mut().for_each(|target| self.llm.hooks.resolve(target));
        Ok((writers, Patience::starting_now(settings.timeout_sec, settings.max_retries)))
    }

    pub fn health(&self) -> Health {
        let settings = self.settings.current(&self.catalog).0;
        let row = self.catalog.find(&settings.provider);
        Health {
            ok: true,
            pack: Pack::current(),
            uptime_sec: self.started.elapsed().as_secs_f64(),
            config: LlmHealth {
                api_type: row.map_or("", |row| row.format.as_str()).into(),
                llm_key_configured: row.is_some_and(|row| self.keys.find(row).is_some()),
                llm_key_required: row.is_some_and(ProviderRow::requires_key),
                provider: settings.provider,
                model: settings.model,
                base_url: settings.base_url,
            },
            stats: self.stats.snapshot(),
            access_policy: AccessPolicy {
                observability: if self.config.access.observability_token.is_some() {
                    "token"
                } else {
                    "loopback_only"
                }
                .into(),
                token_configured: self.config.access.admin_token.is_some(),
            },
        }
    }

    pub fn capabilities(&self) -> Capabilities {
        let features = ["assist_planner", "assist_refiner", "assist_streaming", "settings_contract"];
        Capabilities {
            api_version: Capabilities::API_VERSION,
            pack: Pack::current(),
            features: features.map(|name| (name.to_owned(), true)).into(),
        }
    }
}

fn open_deliveries(
    config: &Config,
    jobs: &Jobs,
    egress: &Egress,
    clock: &Clock,
    redactor: Arc<Redactor>,
) -> Result<Arc<Deliveries>, DeliveriesLocked> {
    let (store, callbacks) = (jobs.store().clone(), config.callbacks.clone());
    Deliveries::new(store, egress.clone(), clock.clone(), callbacks, &config.state_dir, redactor)
        .map(Arc::new)
        .map_err(|error| {
            tracing::error!(%error, "callbacks are locked");
            DeliveriesLocked(error.to_string())
        })
}

async fn open_jobs(
    config: &Config,
    egress: Egress,
    host: watch::Sender<Option<Url>>,
    redactor: Arc<Redactor>,
    clock: &Clock,
    tasks: &TaskTracker,
) -> Result<(Arc<Jobs>, Comfy), StoreError> {
    let store = Arc::new(Sqlite::open(&config.state_dir, tasks).await?);
    let client_id = store.identity("client_id", format!("openclaw-{}", uuid::Uuid::new_v4())).await?;
    let jobs = Jobs::load(store, clock.clone(), config.jobs.limits, redactor).await?;
    Ok((Arc::new(jobs), Comfy::new(egress, &host, client_id)))
}

/// Where requests come in.
pub struct Doors {
    /// Everything; beside ComfyUI, for its process and this machine.
    pub own: TcpListener,
    /// Webhooks and nothing else, for other machines.
    pub public: Option<TcpListener>,
}

impl From<TcpListener> for Doors {
    fn from(own: TcpListener) -> Self {
        Self { own, public: None }
    }
}

/// Serves until `app.shutdown` is cancelled; then lets open requests end, for a while.
pub async fn serve(app: Arc<App>, doors: impl Into<Doors>) -> std::io::Result<()> {
    let (shutdown, doors) = (app.shutdown.clone(), doors.into());
    let deliveries = app.deliveries.as_ref().ok().map(|it| app.tasks.spawn(it.clone().run(shutdown.clone())));
    let submitter = app.jobs.as_ref().ok().map(|(jobs, comfy)| {
        let (depth, retention) = (app.config.jobs.host_queue_depth, app.config.jobs.retention);
        run::start(jobs, comfy, depth, retention, &shutdown, &app.tasks)
    });
    let own = async {
        let service = http::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(doors.own, service).with_graceful_shutdown(shutdown.clone().cancelled_owned()).await
    };
    let public = async {
        if let Some(listener) = doors.public {
            http::door::serve(listener, http::public_router(app.clone()), shutdown.clone()).await;
        }
        Ok(())
    };
    let result = tokio::select! {
        result = async { tokio::try_join!(own, public) } => result.map(drop),
        () = after(shutdown.clone(), SHUTDOWN_GRACE) => {
            tracing::warn!("closing requests that did not end in time");
            Ok(())
        }
    };
    app.tasks.close();
    for writing in [deliveries, submitter].into_iter().flatten() {
        // Before the store closes, because what they come to is to be remembered.
        let _ = writing.await;
    }
    if let Ok((jobs, _)) = &app.jobs {
        jobs.store().close().await;
    }
    app.tasks.wait().await;
    result
}

async fn after(token: CancellationToken, grace: Duration) {
    token.cancelled().await;
    tokio::time::sleep(grace).await;
}

/// What was answered since the start.
#[derive(Debug, Default)]
pub struct Counters {
    /// By the status code's hundreds, 1 to 5.
    classes: [AtomicU64; 5],
}

impl Counters {
    pub fn count(&self, status: u16) {
        if let Some(class) = self.classes.get(usize::from(status / 100).wrapping_sub(1)) {
            class.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn snapshot(&self) -> Stats {
        let of = |class: usize| self.classes[class - 1].load(Ordering::Relaxed);
        Stats {
            errors_captured: of(5),
            responses: BTreeMap::from([2, 4, 5].map(|class| (format!("{class}xx"), of(class)))),
        }
    }
}
