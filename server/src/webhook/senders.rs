//! Who may send webhooks, how each proves it, and which templates each may run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use openclaw_shared::id::Surface;
use serde::Deserialize;

use crate::config::env::{self, Env};
use crate::secret::Secret;
use crate::standard_webhooks::Key;

/// Every one of them is tried, because a signature does not say whose it is.
const MAX_SENDERS: usize = 64;
const FILE: &str = "webhooks.json";
/// The sender that the environment describes.
pub const DEFAULT: &str = "default";

/// How a sender may prove itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Whatever it has a secret for.
    Any,
    Bearer,
    Hmac,
    /// Only the signature that covers the timestamp too.
    Standard,
}

/// One sender.
#[derive(Debug)]
pub struct Sender {
    pub name: String,
    pub bearer: Vec<Secret>,
    pub keys: Vec<Key>,
    /// Templates it may run; all of them when there is no list.
    allow: Option<BTreeSet<String>>,
    deny: BTreeSet<String>,
    /// The mapping profile of its events, unless they ask for another: it may not be able to set a header.
    pub mapping: Option<String>,
}

impl Sender {
    pub fn may_run(&self, template_id: &str) -> bool {
        !self.deny.contains(template_id)
            && self.allow.as_ref().is_none_or(|allow| allow.contains(template_id))
    }
}

/// All senders.
#[derive(Debug)]
pub struct Senders {
    pub all: Vec<Arc<Sender>>,
    pub mode: Mode,
    /// Whether the old signature needs a timestamp and a nonce beside it.
    pub require_replay_protection: bool,
    /// Why nobody may send: the configuration is wrong.
    pub locked: Option<String>,
}

#[derive(Deserialize)]
struct File {
    version: u64,
    senders: BTreeMap<String, Entry>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Entry {
    bearer_token: String,
    hmac_secret: String,
    allow: Option<BTreeSet<String>>,
    deny: BTreeSet<String>,
    mapping: Option<String>,
}

impl Senders {
    /// A configuration that cannot be understood locks the way in instead of opening it wider than it was meant.
    pub fn load(state_dir: &Path, env: &Env) -> Self {
        let mode = match env.get(&env::WEBHOOK_AUTH_MODE).map(str::to_ascii_lowercase).as_deref() {
            None | Some("any" | "bearer_or_hmac") => Ok(Mode::Any),
            Some("bearer") => Ok(Mode::Bearer),
            Some("hmac") => Ok(Mode::Hmac),
            Some("standard") => Ok(Mode::Standard),
            Some(_) => Err(format!("{} has an unknown value", env::WEBHOOK_AUTH_MODE.name)),
        };
        let all = read(state_dir, env);
        let locked = mode.as_ref().err().cloned().or_else(|| all.as_ref().err().cloned());
        if let Some(reason) = &locked {
            tracing::error!(reason, "webhooks are locked");
        }
        Self {
            all: all.unwrap_or_default(),
            mode: mode.unwrap_or(Mode::Standard),
            require_replay_protection: env
                .get(&env::WEBHOOK_REQUIRE_REPLAY_PROTECTION)
                .is_none_or(env::is_truthy),
            locked,
        }
    }
}

fn read(state_dir: &Path, env: &Env) -> Result<Vec<Arc<Sender>>, String> {
    let mut entries = match fs::read_to_string(state_dir.join(FILE)) {
        Ok(text) => parse(&text).map_err(|error| format!("{FILE}: {error}"))?,
        Err(error) if error.kind() == ErrorKind::NotFound => BTreeMap::new(),
        Err(error) => return Err(format!("{FILE} cannot be read: {error}")),
    };
    let default = entries.entry(DEFAULT.into()).or_default();
    for (var, value) in [
        (&env::WEBHOOK_BEARER_TOKEN, &mut default.bearer_token),
        (&env::WEBHOOK_HMAC_SECRET, &mut default.hmac_secret),
    ] {
        if let Some(given) = env.get(var) {
            given.clone_into(value);
        }
    }
    entries.into_iter().map(|(name, entry)| sender(name, entry, env).map(Arc::new)).collect()
}

fn parse(text: &str) -> Result<BTreeMap<String, Entry>, String> {
    let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if file.version != 1 {
        return Err(format!("version {} is not known; this server reads version 1", file.version));
    }
    if file.senders.len() > MAX_SENDERS {
        return Err(format!("more than {MAX_SENDERS} senders"));
    }
    for name in file.senders.keys() {
        Surface::Record.check(name).map_err(|error| format!("a sender's name is wrong: {error}"))?;
    }
    Ok(file.senders)
}

fn sender(name: String, entry: Entry, env: &Env) -> Result<Sender, String> {
    let secret = |text: &str| match text.strip_prefix("env:") {
        Some(variable) => env
            .named(variable)
            .map(str::to_owned)
            .ok_or_else(|| format!("the sender {name} needs the variable {variable}, which is not set")),
        None => Ok(text.to_owned()),
    };
    let bearer = secret(&entry.bearer_token)?;
    let keys = Key::parse_list(&secret(&entry.hmac_secret)?)
        .map_err(|error| format!("the sender {name}: {error}"))?;
    let bearer = bearer.split_whitespace().map(Secret::from).collect();
    Ok(Sender { bearer, keys, allow: entry.allow, deny: entry.deny, mapping: entry.mapping, name })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: Option<&str>, env: &[(&str, &str)]) -> Senders {
        let dir = tempfile::tempdir().unwrap();
        if let Some(text) = file {
            fs::write(dir.path().join(FILE), text).unwrap();
        }
        Senders::load(dir.path(), &Env::of(env.iter().copied()))
    }

    #[test]
    fn the_environment_describes_one_sender_and_a_file_more() {
        let senders = load(
            Some(
                r#"{"version": 1, "senders": {
                "ci": {"hmac_secret": "env:CI_SECRET", "allow": ["blank_image"]},
                "default": {"deny": ["flux_dev"]}
            }}"#,
            ),
            &[("OPENCLAW_WEBHOOK_BEARER_TOKEN", "new old"), ("CI_SECRET", "s")],
        );
        assert_eq!(senders.locked, None);
        let [ci, default] = &senders.all[..] else { panic!("{senders:?}") };
        assert_eq!((ci.keys.len(), ci.bearer.len(), default.bearer.len()), (1, 0, 2));
        assert!(ci.may_run("blank_image") && !ci.may_run("sdxl_basic"));
        assert!(default.may_run("sdxl_basic") && !default.may_run("flux_dev"));
    }

    #[test]
    fn a_wrong_configuration_lets_nobody_in() {
        for (file, env) in [
            (Some("{"), &[][..]),
            (Some(r#"{"version": 2, "senders": {}}"#), &[]),
            (Some(r#"{"version": 1, "senders": {"a": {"alow": []}}}"#), &[]),
            (Some(r#"{"version": 1, "senders": {"../a": {}}}"#), &[]),
            (Some(r#"{"version": 1, "senders": {"a": {"bearer_token": "env:NOT_SET"}}}"#), &[]),
            (None, &[("OPENCLAW_WEBHOOK_HMAC_SECRET", "whsec_short")]),
            (None, &[("OPENCLAW_WEBHOOK_AUTH_MODE", "none"), ("OPENCLAW_WEBHOOK_BEARER_TOKEN", "t")]),
        ] {
            let senders = load(file, env);
            assert!(senders.locked.is_some(), "{file:?} {env:?}");
        }
        assert_eq!(load(None, &[]).locked, None);
    }
}
