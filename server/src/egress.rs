//! The only way out to an address that a person can influence.
//!
//! Addresses are filtered where names are resolved, so that a name cannot be safe when checked and unsafe when
//! dialled; literals, which no resolver sees, are filtered before the request. Redirects are never followed,
//! proxies from the environment are never used, bodies are never decompressed.

pub mod address;
pub mod policy;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// A connection that is not up by then would not carry an answer in time either.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Idle connections are kept this long: a person's next request comes within a minute or much later.
const POOL_IDLE: Duration = Duration::from_mins(1);

/// How far a request may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The internet and nothing nearer.
    Public,
    /// This machine and nothing else.
    Loopback,
    /// Anywhere: the operator named the host.
    Anywhere,
}

impl Reach {
    fn allows(self, ip: IpAddr) -> bool {
        match self {
            Self::Public => address::is_public(ip),
            Self::Loopback => address::is_loopback(ip),
            Self::Anywhere => true,
        }
    }

    fn allows_literal(self, ip: IpAddr) -> bool {
        match self {
            Self::Public => address::is_public_literal(ip),
            Self::Loopback | Self::Anywhere => self.allows(ip),
        }
    }
}

/// Why a request was not sent.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    #[error("`{host}` has an address that this server may not call")]
    Blocked { host: String },
    #[error("`{host}` was not found")]
    NotFound { host: String },
}

/// One guarded client for each reach.
#[derive(Clone)]
pub struct Egress {
    public: reqwest::Client,
    loopback: reqwest::Client,
    anywhere: reqwest::Client,
}

impl Egress {
    pub fn new() -> reqwest::Result<Self> {
        // Fails only when a provider is installed already, as in a process with several servers.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = |reach| {
            reqwest::Client::builder()
                .dns_resolver(Arc::new(Resolver { reach }))
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .connect_timeout(CONNECT_TIMEOUT)
                .pool_idle_timeout(POOL_IDLE)
                .user_agent(concat!("comfyui-openclaw/", env!("CARGO_PKG_VERSION")))
                .build()
        };
        Ok(Self {
            public: client(Reach::Public)?,
            loopback: client(Reach::Loopback)?,
            anywhere: client(Reach::Anywhere)?,
        })
    }

    /// Starts a request that stays within `reach`.
    pub fn request(
        &self,
        method: reqwest::Method,
        url: &Url,
        reach: Reach,
    ) -> Result<reqwest::RequestBuilder, EgressError> {
        let literal = match url.host() {
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            Some(Host::Domain(_)) | None => None,
        };
        if literal.is_some_and(|ip| !reach.allows_literal(ip)) {
            return Err(EgressError::Blocked { host: url.host_str().unwrap_or_default().to_owned() });
        }
        let client = match reach {
            Reach::Public => &self.public,
            Reach::Loopback => &self.loopback,
            Reach::Anywhere => &self.anywhere,
        };
        Ok(client.request(method, url.clone()))
    }
}

/// The system's resolver, with every address outside the reach refused.
struct Resolver {
    reach: Reach,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.reach;
        Box::pin(async move {
            let host = name.as_str().to_owned();
            // Port 0 is a placeholder: the connector sets the real one.
            let found =
                tokio::net::lookup_host((host.as_str(), 0)).await.map(Vec::from_iter).unwrap_or_default();
            if found.is_empty() {
                return Err(EgressError::NotFound { host }.into());
            }
            // One bad address refuses the name: a mix of public and private is what rebinding looks like. Loopback
            // names may have an address of each family, and only the ones on this machine are dialled.
            let allowed: Vec<_> = found.iter().copied().filter(|found| reach.allows(found.ip())).collect();
            if allowed.is_empty() || (reach == Reach::Public && allowed.len() < found.len()) {
                return Err(EgressError::Blocked { host }.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}
