//! Every environment variable the server reads, named and documented once.

use std::collections::BTreeMap;

/// One variable. `legacy` is the Python edition's older name, read when the first is unset.
#[derive(Debug)]
pub struct Var {
    pub name: &'static str,
    pub legacy: Option<&'static str>,
    /// As shown in the reference; the code that reads the variable owns the value.
    pub default: &'static str,
    pub help: &'static str,
}

macro_rules! vars {
    ($($ident:ident $name:literal $(/ $legacy:literal)? = $default:literal : $help:literal;)+) => {
        $(pub const $ident: Var = Var {
            name: $name,
            legacy: vars!(@legacy $($legacy)?),
            default: $default,
            help: $help,
        };)+
        /// Every variable, in the order of the reference page.
        pub const ALL: &[&Var] = &[$(&$ident),+];
    };
    (@legacy) => { None };
    (@legacy $legacy:literal) => { Some($legacy) };
}

vars! {
    STATE_DIR "OPENCLAW_STATE_DIR" / "MOLTBOT_STATE_DIR" = "the platform's data directory" :
        "Where settings are kept. One server uses a state directory at a time; others stand by.";
    LAUNCH_KEY "OPENCLAW_LAUNCH_KEY" = "random at every start" :
        "Shared by ComfyUI's process and a server that runs as its own service: with it the server believes the client address that ComfyUI passes on.";
    LOG "OPENCLAW_LOG" = "info" :
        "What is logged: `error`, `warn`, `info`, `debug`, or a filter such as `info,openclaw_server::llm=debug`.";
    ADMIN_TOKEN "OPENCLAW_ADMIN_TOKEN" / "MOLTBOT_ADMIN_TOKEN" = "unset" :
        "When set, planning and changing settings need this token in `X-OpenClaw-Admin-Token`, from everywhere. When unset they work from this machine only.";
    OBSERVABILITY_TOKEN "OPENCLAW_OBSERVABILITY_TOKEN" / "MOLTBOT_OBSERVABILITY_TOKEN" = "unset" :
        "Lets other machines read settings and state with this token in `X-OpenClaw-Obs-Token`.";
    WEBHOOK_AUTH_MODE "OPENCLAW_WEBHOOK_AUTH_MODE" / "MOLTBOT_WEBHOOK_AUTH_MODE" = "bearer_or_hmac" :
        "How webhook senders prove themselves: `bearer`, `hmac` (either signature), `standard` (only the one that covers the timestamp) or `bearer_or_hmac`.";
    WEBHOOK_BEARER_TOKEN "OPENCLAW_WEBHOOK_BEARER_TOKEN" / "MOLTBOT_WEBHOOK_BEARER_TOKEN" = "unset" :
        "The token of webhook senders. To rotate, put the new one before the old one, separated by a space.";
    WEBHOOK_HMAC_SECRET "OPENCLAW_WEBHOOK_HMAC_SECRET" / "MOLTBOT_WEBHOOK_HMAC_SECRET" = "unset" :
        "The secret that webhook senders sign with: any text, or `whsec_` and base64. To rotate, put the new one before the old one, separated by a space.";
    WEBHOOK_REQUIRE_REPLAY_PROTECTION "OPENCLAW_WEBHOOK_REQUIRE_REPLAY_PROTECTION" / "MOLTBOT_WEBHOOK_REQUIRE_REPLAY_PROTECTION" = "1" :
        "Whether the signature of the older form needs a timestamp and a nonce beside it.";
    CALLBACK_ALLOW_HOSTS "OPENCLAW_CALLBACK_ALLOW_HOSTS" / "MOLTBOT_CALLBACK_ALLOW_HOSTS" = "none" :
        "Hosts (`host` or `host:port`, separated by commas) that results may be sent to: exactly these. They must be on the public internet.";
    CALLBACK_TIMEOUT_SEC "OPENCLAW_CALLBACK_TIMEOUT_SEC" / "MOLTBOT_CALLBACK_TIMEOUT_SEC" = "10" :
        "Seconds a receiver has to answer (1 to 60).";
    CALLBACK_MAX_RETRIES "OPENCLAW_CALLBACK_MAX_RETRIES" / "MOLTBOT_CALLBACK_MAX_RETRIES" = "9" :
        "How often a result is sent again before it is given up: after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h.";
    CALLBACK_SIGNING_SECRET "OPENCLAW_CALLBACK_SIGNING_SECRET" = "callback-signing-secret in the state directory" :
        "The secret that results are signed with, as `whsec_` and base64. To rotate, put the new one before the old one, separated by a space: both sign.";
    DANGEROUS_PRIVATE_CALLBACKS "OPENCLAW_DANGEROUS_PRIVATE_CALLBACKS" = "0" :
        "Lets results be sent to listed hosts that are this machine or in a private network. Dangerous: whoever may send webhooks can then reach them.";
    REQUIRE_APPROVAL_FOR_TRIGGERS "OPENCLAW_REQUIRE_APPROVAL_FOR_TRIGGERS" / "MOLTBOT_REQUIRE_APPROVAL_FOR_TRIGGERS" = "0" :
        "Whether triggers wait for an approval. Approvals are not part of this version, so with it triggers are refused.";
    PUBLIC_LISTEN "OPENCLAW_PUBLIC_LISTEN" = "none" :
        "An address such as `0.0.0.0:8199` on which webhooks, and nothing else, are served beside ComfyUI. `--public-listen` beats it.";
    RATE_LIMIT_WEBHOOK "OPENCLAW_RATE_LIMIT_WEBHOOK_PER_MIN" = "6000" :
        "Webhooks a minute from one sender; `off` is no limit.";
    DAILY_CAP_WEBHOOK "OPENCLAW_RATE_LIMIT_WEBHOOK_DAILY_CAP" / "MOLTBOT_RATE_LIMIT_WEBHOOK_DAILY_CAP" = "none" :
        "Webhooks a day (UTC) from all senders together.";
    DAILY_CAP_TRIGGER "OPENCLAW_RATE_LIMIT_TRIGGER_DAILY_CAP" / "MOLTBOT_RATE_LIMIT_TRIGGER_DAILY_CAP" = "none" :
        "Triggers a day (UTC).";
    DAILY_CAP_ADMIN "OPENCLAW_RATE_LIMIT_ADMIN_DAILY_CAP" / "MOLTBOT_RATE_LIMIT_ADMIN_DAILY_CAP" = "none" :
        "Calls a day (UTC) of what needs the admin token when there is one: settings, keys, jobs, templates, triggers. The sidebar's count, too.";
    DAILY_CAP_EVENTS "OPENCLAW_RATE_LIMIT_EVENTS_DAILY_CAP" / "MOLTBOT_RATE_LIMIT_EVENTS_DAILY_CAP" = "none" :
        "Times a day (UTC) that events of jobs are listed or streamed.";
    TRUST_X_FORWARDED_FOR "OPENCLAW_TRUST_X_FORWARDED_FOR" / "MOLTBOT_TRUST_X_FORWARDED_FOR" = "0" :
        "Whether the proxies of `OPENCLAW_TRUSTED_PROXIES` are believed about their clients. Without it, whoever comes through a proxy counts as another machine.";
    TRUSTED_PROXIES "OPENCLAW_TRUSTED_PROXIES" / "MOLTBOT_TRUSTED_PROXIES" = "none" :
        "Addresses and networks of proxies, separated by commas.";
    LLM_PROVIDER "OPENCLAW_LLM_PROVIDER" / "MOLTBOT_LLM_PROVIDER" = "openai when a key for it is set, else builtin" :
        "Pins the provider.";
    LLM_MODEL "OPENCLAW_LLM_MODEL" / "MOLTBOT_LLM_MODEL" = "the provider's default" :
        "Pins the model.";
    LLM_BASE_URL "OPENCLAW_LLM_BASE_URL" / "MOLTBOT_LLM_BASE_URL" = "the provider's address" :
        "Pins the base URL.";
    LLM_TIMEOUT "OPENCLAW_LLM_TIMEOUT" / "MOLTBOT_LLM_TIMEOUT" = "120" :
        "Pins the seconds one call may take (5 to 300).";
    LLM_MAX_RETRIES "OPENCLAW_LLM_MAX_RETRIES" / "MOLTBOT_LLM_MAX_RETRIES" = "3" :
        "Pins how often a call that cannot have been billed is tried again (0 to 10).";
    FALLBACK_MODELS "OPENCLAW_FALLBACK_MODELS" / "MOLTBOT_FALLBACK_MODELS" = "none" :
        "Pins the models of the same provider to try next, separated by commas.";
    FALLBACK_PROVIDERS "OPENCLAW_FALLBACK_PROVIDERS" / "MOLTBOT_FALLBACK_PROVIDERS" = "none" :
        "Pins the providers to try after those, separated by commas.";
    MAX_FAILOVER_CANDIDATES "OPENCLAW_MAX_FAILOVER_CANDIDATES" / "MOLTBOT_MAX_FAILOVER_CANDIDATES" = "3" :
        "Pins the most candidates tried for one request (1 to 5).";
    LLM_ALLOW_PRIVATE_NETWORK "OPENCLAW_LLM_ALLOW_PRIVATE_NETWORK" / "MOLTBOT_LLM_ALLOW_PRIVATE_NETWORK" = "0" :
        "Pins whether a host listed in `OPENCLAW_LLM_ALLOWED_HOSTS` may have a private address.";
    LLM_API_KEY "OPENCLAW_LLM_API_KEY" / "MOLTBOT_LLM_API_KEY" = "unset" :
        "The key for any provider that has none of its own. `CLAWDBOT_LLM_API_KEY` is read last.";
    SECRETS_KEY "OPENCLAW_SECRETS_KEY" = "a file in the state directory" :
        "Seals the keys entered in the sidebar: 32 bytes as base64. To rotate, put the new key before the old one, separated by a comma, and run `comfyui-openclaw rotate-secrets`.";
    LLM_ALLOWED_HOSTS "OPENCLAW_LLM_ALLOWED_HOSTS" / "MOLTBOT_LLM_ALLOWED_HOSTS" = "none" :
        "Hosts (`host` or `host:port`, separated by commas) that a base URL may name besides the providers' own.";
    ALLOW_ANY_PUBLIC_LLM_HOST "OPENCLAW_ALLOW_ANY_PUBLIC_LLM_HOST" / "MOLTBOT_ALLOW_ANY_PUBLIC_LLM_HOST" = "0" :
        "Lets a base URL name any public host.";
    ALLOW_INSECURE_BASE_URL "OPENCLAW_ALLOW_INSECURE_BASE_URL" / "MOLTBOT_ALLOW_INSECURE_BASE_URL" = "0" :
        "Lets a base URL use plain `http` beyond this machine.";
    COMFYUI_URL "OPENCLAW_COMFYUI_URL" / "MOLTBOT_COMFYUI_URL" = "told by ComfyUI's process" :
        "Where ComfyUI is, for a server that runs as its own service: `http` or `https`, with a certificate that this machine trusts.";
    MAX_RENDERED_BYTES "OPENCLAW_MAX_RENDERED_WORKFLOW_BYTES" = "524288" :
        "Bytes a template may have once it is filled in; more is refused with 413.";
    HOST_QUEUE_DEPTH "OPENCLAW_HOST_QUEUE_DEPTH" = "16" :
        "How many jobs wait in ComfyUI's own queue at a time. The others wait here, where a restart of ComfyUI does not reach them.";
    MAX_OPEN_JOBS "OPENCLAW_MAX_OPEN_JOBS" = "1000" :
        "Most jobs that have not ended; more are refused with 429.";
    MAX_OPEN_JOBS_PER_SOURCE "OPENCLAW_MAX_OPEN_JOBS_PER_SOURCE" = "500" :
        "The same for each way in: webhooks, triggers, the sidebar, schedules, chat.";
    MAX_OPEN_JOBS_PER_TEMPLATE "OPENCLAW_MAX_OPEN_JOBS_PER_TEMPLATE" = "500" :
        "The same for each template.";
    MAX_OPEN_JOBS_PER_TENANT "OPENCLAW_MAX_OPEN_JOBS_PER_TENANT" = "1000" :
        "The same for each tenant.";
    KEEP_JOBS_DAYS "OPENCLAW_KEEP_JOBS_DAYS" = "30" :
        "Days after which ended jobs are cleared away.";
    KEEP_JOBS "OPENCLAW_KEEP_JOBS" = "100000" :
        "How many jobs are kept; the oldest go first, but none that is younger than a day.";
}

/// The third name of the generic key, from the edition before the Python one.
pub const OLDEST_LLM_API_KEY: &str = "CLAWDBOT_LLM_API_KEY";

/// A snapshot of the environment: taken once, so that a change while running cannot split a decision.
#[derive(Clone, Default)]
pub struct Env(BTreeMap<String, String>);

impl std::fmt::Debug for Env {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Values can be keys.
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Env {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn of_process() -> Self {
        Self(
            std::env::vars_os()
                .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
                .collect(),
        )
    }

    /// An environment made of these pairs.
    pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// The trimmed, non-empty value under either name.
    pub fn get(&self, var: &Var) -> Option<&str> {
        self.named(var.name).or_else(|| self.named(var.legacy?))
    }

    /// The trimmed, non-empty value of a variable whose name is data (the catalogue names key variables).
    pub fn named(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// `1`, `true`, `yes` or `on`, in any case.
    pub fn is_set(&self, var: &Var) -> bool {
        self.get(var).is_some_and(is_truthy)
    }

    /// Values that must not be seen, for the redactor; of several in one variable, each.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let ours =
            |name: &str| ["OPENCLAW_", "MOLTBOT_", "CLAWDBOT_"].iter().any(|prefix| name.starts_with(prefix));
        let hidden = |name: &str| ["_KEY", "_TOKEN", "_SECRET"].iter().any(|end| name.ends_with(end));
        let secret = self.0.iter().filter(move |(name, _)| ours(name) && hidden(name));
        secret.flat_map(|(_, value)| value.split_whitespace())
    }

    /// A whole number above zero; anything else means the default.
    pub fn number(&self, var: &Var) -> usize {
        let default = || var.default.parse().expect("the default of a number is a number");
        let Some(text) = self.get(var) else { return default() };
        match text.parse() {
            Ok(number) if number > 0 => number,
            _ => {
                tracing::warn!(variable = var.name, "not a whole number above zero: the default is used");
                default()
            }
        }
    }

    /// A comma-separated list.
    pub fn list(&self, var: &Var) -> Vec<String> {
        self.get(var).map(split_list).unwrap_or_default()
    }
}

pub fn is_truthy(text: &str) -> bool {
    ["1", "true", "yes", "on"].iter().any(|word| text.trim().eq_ignore_ascii_case(word))
}

pub fn split_list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_name_beats_the_old_one_and_blank_means_unset() {
        let env = Env::of([("OPENCLAW_LLM_MODEL", " "), ("MOLTBOT_LLM_MODEL", " m1 ")]);
        assert_eq!(env.get(&LLM_MODEL), Some("m1"));
        let env = Env::of([("OPENCLAW_LLM_MODEL", "m2"), ("MOLTBOT_LLM_MODEL", "m1")]);
        assert_eq!(env.get(&LLM_MODEL), Some("m2"));
    }

    #[test]
    fn while_a_secret_is_rotated_both_are_hidden() {
        let env = Env::of([("OPENCLAW_CALLBACK_SIGNING_SECRET", "new-one old-one"), ("HOME", "/home/bob")]);
        assert_eq!(env.secrets().collect::<Vec<_>>(), ["new-one", "old-one"]);
    }

    #[test]
    fn debug_output_names_variables_but_not_values() {
        let env = Env::of([("OPENCLAW_ADMIN_TOKEN", "hunter2")]);
        assert_eq!(format!("{env:?}"), r#"{"OPENCLAW_ADMIN_TOKEN"}"#);
    }
}
