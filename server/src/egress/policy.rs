//! Which URLs may be called at all: decided from the text, before a name is resolved.

#[cfg(test)]
mod tests;

use std::net::IpAddr;

use url::{Host, Url};

use super::{Reach, address};

/// Ports that HTTP services listen on, as in the Python edition. Others belong to something that is no web server
/// and may be talked into believing it; an allow-list entry with a port allows exactly that one.
const HTTP_PORTS: [u16; 7] = [80, 443, 8080, 8443, 5000, 11434, 1234];
/// Bytes: what browsers and proxies take.
const MAX_URL: usize = 2048;
/// Bytes (RFC 1035).
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;

/// Where requests to other people's URLs may go.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Exactly these hosts; any when there is no list.
    listed: Option<Vec<Entry>>,
    /// Whether a host may be this machine or in a private network.
    private: bool,
}

/// One host of an allow-list, exactly; with a port, only that one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    host: String,
    port: Option<u16>,
}

/// Where a URL leads, spelled in the one normal way.
#[derive(Debug, Clone)]
pub struct Destination {
    pub url: Url,
    /// Lower case, punycode, no brackets, no dot at the end.
    pub host: String,
    pub port: u16,
    /// When the host is an address and no name.
    pub literal: Option<IpAddr>,
}

/// Why a URL is not called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("it is not a plain absolute http or https URL")]
    NotAUrl,
    #[error("credentials do not belong in a URL")]
    Credentials,
    #[error("`{0}` is not a host name")]
    BadHost(String),
    #[error("port {0} is not one that web servers use: list the host with its port to allow it")]
    Port(u16),
    #[error("`{0}` is not on the list of allowed hosts")]
    NotListed(String),
    #[error("`{0}` does not lead to the public internet")]
    NotPublic(String),
    #[error("`{0}` was not found")]
    NotFound(String),
}

impl Entry {
    /// `host`, `host:port`, `1.2.3.4:port`, `[v6]:port`; anything else is no entry.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let bare = text.parse::<std::net::Ipv6Addr>().map(|ip| format!("[{ip}]"));
        let text = bare.as_deref().unwrap_or(text);
        let url = parse(&format!("https://{text}/")).ok()?;
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return None;
        }
        // A port that is the scheme's own vanishes from the URL, so it is read from the text.
        let port = match text.rsplit_once(':') {
            Some((_, port)) if !text.ends_with(']') => Some(port.parse().ok()?),
            _ => None,
        };
        Some(Self { host: host(&url).ok()?.0, port })
    }

    fn allows(&self, host: &str, port: u16) -> bool {
        self.host == host && self.port.map_or_else(|| HTTP_PORTS.contains(&port), |own| own == port)
    }
}

impl Policy {
    /// Any public host.
    pub const fn public() -> Self {
        Self { listed: None, private: false }
    }

    /// The hosts of a list as operators write it, as long as they are public; entries that are no host allow nothing.
    pub fn listed<'a>(entries: impl IntoIterator<Item = &'a str>) -> Self {
        Self { listed: Some(entries.into_iter().filter_map(Entry::parse).collect()), private: false }
    }

    /// Lets what is listed be this machine or in a private network.
    #[must_use]
    pub fn dangerously_private(self) -> Self {
        Self { private: self.listed.is_some(), ..self }
    }

    /// How far a request to an allowed destination may go.
    pub const fn reach(&self) -> Reach {
        if self.private { Reach::Anywhere } else { Reach::Public }
    }

    /// Everything that can be told without resolving: spelling, scheme, credentials, list, port, literals.
    pub fn check(&self, text: &str) -> Result<Destination, Refusal> {
        let destination = Destination::parse(text)?;
        let Destination { host, port, literal, .. } = &destination;
        let listed = match &self.listed {
            None => HTTP_PORTS.contains(port),
            Some(entries) if !entries.iter().any(|entry| entry.host == *host) => {
                return Err(Refusal::NotListed(host.clone()));
            }
            Some(entries) => entries.iter().any(|entry| entry.allows(host, *port)),
        };
        if !listed {
            return Err(Refusal::Port(*port));
        }
        let near = match literal {
            Some(ip) => !address::is_public_literal(*ip),
            // RFC 6761: whatever a resolver says, these are this machine.
            None => host == "localhost" || host.ends_with(".localhost"),
        };
        if near && !self.private { Err(Refusal::NotPublic(host.clone())) } else { Ok(destination) }
    }
}

impl Destination {
    /// Where `text` leads, whoever may go there.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let url = parse(text)?;
        let (host, literal) = host(&url)?;
        match url.port_or_known_default() {
            Some(port) if port != 0 => Ok(Self { url, host, port, literal }),
            _ => Err(Refusal::Port(0)),
        }
    }
}

/// Whether a name with these addresses may be dialled: one that is not public refuses it, because a mix of public
/// and private is what rebinding looks like.
pub fn check_addresses(host: &str, addresses: &[IpAddr]) -> Result<(), Refusal> {
    if addresses.is_empty() {
        return Err(Refusal::NotFound(host.to_owned()));
    }
    if addresses.iter().copied().all(address::is_public) {
        Ok(())
    } else {
        Err(Refusal::NotPublic(host.to_owned()))
    }
}

/// Stricter than browsers: what programs are known to read in different ways is refused, not repaired.
fn parse(text: &str) -> Result<Url, Refusal> {
    if text.len() > MAX_URL || text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err(Refusal::NotAUrl);
    }
    let (scheme, rest) = text.split_once("://").ok_or(Refusal::NotAUrl)?;
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Err(Refusal::NotAUrl);
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(Refusal::Credentials);
    }
    if authority.is_empty() || authority.contains('%') {
        return Err(Refusal::NotAUrl);
    }
    Url::parse(text).map_err(|_| Refusal::NotAUrl)
}

fn host(url: &Url) -> Result<(String, Option<IpAddr>), Refusal> {
    match url.host().ok_or(Refusal::NotAUrl)? {
        Host::Ipv4(ip) => Ok((ip.to_string(), Some(ip.into()))),
        Host::Ipv6(ip) => Ok((ip.to_string(), Some(ip.into()))),
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            let label = |label: &str| {
                (1..=MAX_LABEL).contains(&label.len())
                    && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            };
            if name.len() <= MAX_NAME && name.split('.').all(label) {
                Ok((name.to_owned(), None))
            } else {
                Err(Refusal::BadHost(name.chars().take(MAX_NAME).collect()))
            }
        }
    }
}
