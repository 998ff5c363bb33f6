//! Where results may be sent, and how they are signed.

use std::io::{Error, ErrorKind, Write as _};
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::env::{self, Env};
use crate::egress::policy::Policy;
use crate::standard_webhooks::Key;

/// A secret that was made here, for receivers to be given.
const FILE: &str = "callback-signing-secret";
/// Bytes; in the middle of what Standard Webhooks asks for.
const SECRET_BYTES: usize = 32;
/// Seconds. A receiver that needs longer should answer first and work then.
const TIMEOUT: std::ops::RangeInclusive<usize> = 1..=60;

#[derive(Debug, Clone)]
pub struct CallbackConfig {
    pub policy: Policy,
    pub timeout: Duration,
    /// Retries after the first try; the whole schedule when it is not set.
    pub max_retries: Option<u32>,
    signing: Option<String>,
}

impl CallbackConfig {
    pub fn from_env(env: &Env) -> Self {
        let hosts = env.list(&env::CALLBACK_ALLOW_HOSTS);
        let mut policy = Policy::listed(hosts.iter().map(String::as_str));
        if env.is_set(&env::DANGEROUS_PRIVATE_CALLBACKS) {
            tracing::warn!("callbacks may go to listed hosts in this network");
            policy = policy.dangerously_private();
        }
        let seconds = env.number(&env::CALLBACK_TIMEOUT_SEC).clamp(*TIMEOUT.start(), *TIMEOUT.end());
        Self {
            policy,
            timeout: Duration::from_secs(seconds as u64),
            max_retries: env.get(&env::CALLBACK_MAX_RETRIES).and_then(|text| text.parse().ok()),
            signing: env.get(&env::CALLBACK_SIGNING_SECRET).map(str::to_owned),
        }
    }

    /// The operator's secrets, or one of our own that is made once.
    pub fn signing_keys(&self, state_dir: &Path) -> std::io::Result<Vec<Key>> {
        let text = match &self.signing {
            Some(text) => text.clone(),
            None => own_secret(state_dir)?,
        };
        match Key::parse_list(&text) {
            Ok(keys) if !keys.is_empty() => Ok(keys),
            Ok(_) => Err(Error::new(ErrorKind::InvalidData, format!("{FILE} is empty"))),
            Err(error) => Err(Error::new(ErrorKind::InvalidData, error)),
        }
    }
}

/// Only the owner can read it, as every named temporary file.
fn own_secret(state_dir: &Path) -> std::io::Result<String> {
    let path = state_dir.join(FILE);
    match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        read => return read,
    }
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| Error::other(error.to_string()))?;
    let secret = format!("whsec_{}", STANDARD.encode(bytes));
    let mut file = tempfile::NamedTempFile::new_in(state_dir)?;
    file.write_all(secret.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_made_once_and_the_operators_beats_it() {
        let dir = tempfile::tempdir().unwrap();
        let keys = |env: &[(&str, &str)]| {
            CallbackConfig::from_env(&Env::of(env.iter().copied())).signing_keys(dir.path())
        };
        let own = keys(&[]).unwrap();
        assert_eq!(keys(&[]).unwrap(), own);
        let given = keys(&[("OPENCLAW_CALLBACK_SIGNING_SECRET", "new old")]).unwrap();
        assert_eq!(given.len(), 2);
        assert!(keys(&[("OPENCLAW_CALLBACK_SIGNING_SECRET", "whsec_short")]).is_err());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let about = std::fs::metadata(dir.path().join(FILE)).unwrap();
            assert_eq!(about.permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn nothing_may_be_called_until_it_is_listed() {
        let policy = |env: &[(&str, &str)]| CallbackConfig::from_env(&Env::of(env.iter().copied())).policy;
        assert!(policy(&[]).check("https://example.com/").is_err());
        let listed = ("OPENCLAW_CALLBACK_ALLOW_HOSTS", "example.com, 127.0.0.1:9000");
        assert!(policy(&[listed]).check("https://example.com/").is_ok());
        assert!(policy(&[listed]).check("http://127.0.0.1:9000/").is_err());
        let dangerous = ("OPENCLAW_DANGEROUS_PRIVATE_CALLBACKS", "1");
        assert!(policy(&[listed, dangerous]).check("http://127.0.0.1:9000/").is_ok());
        assert!(policy(&[dangerous]).check("http://127.0.0.1:9000/").is_err());
    }
}
