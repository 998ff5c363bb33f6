//! What is fixed at start (this module) and what people edit while running ([`settings`]).

pub mod callbacks;
pub mod env;
pub mod reference;
pub mod settings;

use std::net::IpAddr;
use std::path::PathBuf;

use callbacks::CallbackConfig;
use env::Env;
use ipnet::IpNet;
use url::Url;

use crate::job::KEY_TTL;
use crate::job::budget::Limits;
use crate::secret::Secret;
use crate::store::Retention;

/// Boot-time configuration, immutable afterwards.
#[derive(Debug)]
pub struct Config {
    pub state_dir: PathBuf,
    pub access: AccessConfig,
    pub llm: LlmConfig,
    pub jobs: JobsConfig,
    pub callbacks: CallbackConfig,
    /// Triggers wait for somebody to approve them.
    pub approve_triggers: bool,
}

/// Who may call what.
#[derive(Debug)]
pub struct AccessConfig {
    /// Proves that a request comes through ComfyUI's process.
    pub launch_key: Secret,
    pub admin_token: Option<Secret>,
    pub observability_token: Option<Secret>,
    /// Proxies whose word about their clients counts.
    pub trusted_proxies: Vec<IpNet>,
}

impl AccessConfig {
    pub fn is_proxy(&self, address: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(&address.to_canonical()))
    }

    /// Every secret, for the redactor.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        [Some(&self.launch_key), self.admin_token.as_ref(), self.observability_token.as_ref()]
            .into_iter()
            .flatten()
    }
}

/// Which addresses a provider may have.
#[derive(Debug, Clone, Default)]
pub struct LlmConfig {
    pub allowed_hosts: Vec<String>,
    pub allow_any_public_host: bool,
    pub allow_insecure: bool,
}

/// How many jobs there may be, and where they are run.
#[derive(Debug, Clone)]
pub struct JobsConfig {
    /// Given by the operator; ComfyUI's process tells it otherwise.
    pub comfy_url: Option<Url>,
    pub host_queue_depth: u32,
    pub limits: Limits,
    pub retention: Retention,
}

impl JobsConfig {
    fn from_env(env: &Env) -> Self {
        const DAY_MS: i64 = 24 * 60 * 60 * 1000;
        let number = |var| i64::try_from(env.number(var)).unwrap_or(i64::MAX);
        Self {
            comfy_url: env.get(&env::COMFYUI_URL).and_then(|text| {
                comfy_url(text)
                    .inspect_err(|error| tracing::error!("{}: {error}", env::COMFYUI_URL.name))
                    .ok()
            }),
            host_queue_depth: u32::try_from(env.number(&env::HOST_QUEUE_DEPTH)).unwrap_or(u32::MAX),
            limits: Limits {
                total: env.number(&env::MAX_OPEN_JOBS),
                per_source: env.number(&env::MAX_OPEN_JOBS_PER_SOURCE),
                per_template: env.number(&env::MAX_OPEN_JOBS_PER_TEMPLATE),
                per_tenant: env.number(&env::MAX_OPEN_JOBS_PER_TENANT),
            },
            retention: Retention {
                max_age_ms: number(&env::KEEP_JOBS_DAYS).saturating_mul(DAY_MS),
                max_count: number(&env::KEEP_JOBS),
                min_age_ms: i64::try_from(KEY_TTL.as_millis()).expect("a day"),
            },
        }
    }
}

/// This cannot be where ComfyUI is.
#[derive(Debug, thiserror::Error)]
#[error("the address of ComfyUI must begin with http:// or https://")]
pub struct NoComfyUrl;

/// An address of ComfyUI, from the operator or from ComfyUI's process.
pub fn comfy_url(text: &str) -> Result<Url, NoComfyUrl> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or(NoComfyUrl)
}

/// The directory for per-user data could not be told: there is no home directory.
#[derive(Debug, thiserror::Error)]
#[error("no home directory: set OPENCLAW_STATE_DIR or pass --state-dir")]
pub struct NoStateDir;

impl Config {
    /// `state_dir` is the command line's and beats the environment.
    pub fn from_env(env: &Env, state_dir: Option<PathBuf>) -> Result<Self, NoStateDir> {
        let state_dir = match state_dir.or_else(|| env.get(&env::STATE_DIR).map(PathBuf::from)) {
            Some(dir) => dir,
            None => default_state_dir()?,
        };
        let secret = |var| env.get(var).map(Secret::from);
        Ok(Self {
            state_dir,
            access: AccessConfig {
                launch_key: secret(&env::LAUNCH_KEY).unwrap_or_else(Secret::random),
                admin_token: secret(&env::ADMIN_TOKEN),
                observability_token: secret(&env::OBSERVABILITY_TOKEN),
                trusted_proxies: trusted_proxies(env),
            },
            llm: LlmConfig {
                allowed_hosts: env
                    .list(&env::LLM_ALLOWED_HOSTS)
                    .iter()
                    .map(|host| host.to_lowercase())
                    .collect(),
                allow_any_public_host: env.is_set(&env::ALLOW_ANY_PUBLIC_LLM_HOST),
                allow_insecure: env.is_set(&env::ALLOW_INSECURE_BASE_URL),
            },
            jobs: JobsConfig::from_env(env),
            callbacks: CallbackConfig::from_env(env),
            approve_triggers: env.is_set(&env::REQUIRE_APPROVAL_FOR_TRIGGERS),
        })
    }
}

/// Addresses and networks; one that is neither is left out, which trusts less.
fn trusted_proxies(env: &Env) -> Vec<IpNet> {
    if !env.is_set(&env::TRUST_X_FORWARDED_FOR) {
        return Vec::new();
    }
    let parse = |text: &String| text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok();
    env.list(&env::TRUSTED_PROXIES).iter().filter_map(parse).collect()
}

/// The Python edition's directory, so that its settings carry over.
fn default_state_dir() -> Result<PathBuf, NoStateDir> {
    use etcetera::BaseStrategy as _;
    let data = etcetera::base_strategy::choose_native_strategy().map_err(|_| NoStateDir)?.data_dir();
    let current = data.join("comfyui-openclaw");
    let older = data.join("comfyui-moltbot");
    Ok(if !current.exists() && older.exists() { older } else { current })
}
