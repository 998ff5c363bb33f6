//! Every type that is read, with its members.

use openclaw_shared::assist::{Delta, Field, Keepalive, Phase, Ready, Stage, StreamProblem, Streaming};
use openclaw_shared::capabilities::Pack;
use openclaw_shared::config::{
    Applied, ConfigUpdated, ConfigView, LlmSettings, ProviderView, SettingSchema, SettingType, Source,
};
use openclaw_shared::event::{EventType, JobEvent, QueuePositions, StreamReady};
use openclaw_shared::health::{AccessPolicy, Health, LlmHealth, Stats};
use openclaw_shared::job::{
    DeliveryState, HostState, Job, JobCancelled, JobDetail, JobError, JobErrorKind, JobList, JobPreview,
    JobProgress, JobRetried, JobSource, JobState, JobStatus, LogTail, Output, OutputKind, Pagination, Trace,
    TraceEvent,
};
use openclaw_shared::llm::{CandidateHealth, LlmTestResult, ModelList, ProviderHealth};
use openclaw_shared::params::GenerationParams;
use openclaw_shared::planner::PlannerResult;
use openclaw_shared::problem::{ErrorCode, Problem};
use openclaw_shared::profile::{ProfileList, ProfileView};
use openclaw_shared::refiner::{Issue, RefinerResult};
use openclaw_shared::secret::{SecretChanged, SecretStatus, SecretsStatus};
use openclaw_shared::template::{Danger, InputKind, MAX_TEXT, Slot, Template, TemplateInput, TemplateList};
use openclaw_shared::variants::{SeedPolicy, VariantPolicy, VariantsRequest};
use openclaw_shared::webhook::{Delivery, DeliveryReplayed};
use openclaw_shared::webhook::{RenderPreview, TemplateRun};
use serde_json::Value;

use super::{Read, member};
use crate::recipe::Recipe;
use crate::store::saved::{Desk, Entry};
use crate::tabs::jobs::template::model as template;
use crate::tabs::planner::model::{Draft, Plan};
use crate::tabs::refiner::model::{self as refiner, Change, Refined};
use crate::tabs::variants::batch::model::Options;

/// Members that must be there, unless their type knows what their absence means.
macro_rules! whole {
    ($($type:ty { $($field:ident $(as $name:literal)?),+ })+) => {
        $(impl Read for $type {
            fn read(value: &Value) -> Option<Self> {
                value.is_object().then_some(())?;
                Some(Self { $($field: member(value, whole!(@name $field $($name)?))?),+ })
            }
        })+
    };
    (@name $field:ident $name:literal) => { $name };
    (@name $field:ident) => { stringify!($field) };
}

/// Members that have a default, because older data lacks them.
macro_rules! partial {
    ($($type:ty { $($field:ident),+ })+) => {
        $(impl Read for $type {
            fn read(value: &Value) -> Option<Self> {
                value.is_object().then_some(())?;
                let default = Self::default();
                Some(Self { $($field: or(member(value, stringify!($field)), value.get(stringify!($field)), default.$field)?),+ })
            }
        })+
    };
}

/// The default for a member that is not there; nothing for one that is there and something else.
fn or<T>(read: Option<T>, given: Option<&Value>, default: T) -> Option<T> {
    if given.is_none() { Some(default) } else { read }
}

/// Names of variants, and what any other name is read as. Serde's own readers would bring the formatting of every
/// kind of wrong value with them.
macro_rules! names {
    ($($type:ident { $($variant:ident $name:literal),+ $(; $other:ident)? })+) => {
        $(impl Read for $type {
            fn read(value: &Value) -> Option<Self> {
                // Does not compile while a variant has no name here.
                let name = |variant: &Self| match variant {
                    $(Self::$variant => $name,)+
                    $(Self::$other => "",)?
                };
                let known = [$(Self::$variant),+];
                let wanted = value.as_str()?;
                let found = known.into_iter().find(|variant| name(variant) == wanted);
                $(let found = found.or(Some(Self::$other));)?
                found
            }
        })+
    };
}

names! {
    Danger { Path "path", Url "url", Code "code", Graph "graph" }
    DeliveryState { Waiting "waiting", Pending "pending", Delivered "delivered", Dead "dead"; Unknown }
    Field {
        Positive "positive", Negative "negative", Params "params", Rationale "rationale", Caption "caption",
        Tags "tags", Suggestion "suggestion"
    }
    Issue {
        HandsBad "hands_bad", FaceBad "face_bad", AnatomyOff "anatomy_off", LightingOff "lighting_off",
        CompositionOff "composition_off", StyleDrift "style_drift", TextArtifacts "text_artifacts",
        LowDetail "low_detail", Other "other"
    }
    JobErrorKind {
        Rejected "rejected", Execution "execution", Stopped "stopped", Lost "lost"; Unknown
    }
    JobSource {
        Webhook "webhook", Trigger "trigger", Sidebar "sidebar", Schedule "schedule", Chat "chat", Bridge "bridge",
        Host "host"; Unknown
    }
    JobState {
        Queued "queued", Submitting "submitting", Submitted "submitted", Running "running", Succeeded "succeeded",
        Failed "failed", Cancelled "cancelled", Interrupted "interrupted", Lost "lost"; Unknown
    }
    JobStatus {
        Pending "pending", InProgress "in_progress", Completed "completed", Failed "failed", Cancelled "cancelled";
        Unknown
    }
    OutputKind { Image "image", Video "video", Audio "audio", Text "text", Model3d "model3d"; File }
    Phase { Dispatch "dispatch", Receive "receive", Finalize "finalize" }
    SeedPolicy { Fixed "fixed", Increment "increment", Randomized "randomized" }
    SettingType { String "string", Int "int", Bool "bool", Enum "enum", ListString "list_string" }
    Source { Env "env", Persisted "persisted", Default "default" }
    VariantPolicy {
        None "none", CfgSweep "cfg_sweep", StepsSweep "steps_sweep", SizeSweep "size_sweep",
        DenoiseSweep "denoise_sweep", SamplerScan "sampler_scan", SchedulerScan "scheduler_scan",
        PromptSlots "prompt_slots"
    }
}

impl Read for TemplateInput {
    fn read(value: &Value) -> Option<Self> {
        // As for serde where a manifest says nothing.
        let most = || value.get("max_length").map_or(Some(MAX_TEXT), usize::read);
        let kind = match value.get("type")?.as_str()? {
            "text" => InputKind::Text { max_length: most()?, multiline: member(value, "multiline")? },
            "integer" => InputKind::Integer {
                min: member(value, "min")?,
                max: member(value, "max")?,
                step: member(value, "step")?,
            },
            "number" => InputKind::Number { min: member(value, "min")?, max: member(value, "max")? },
            "boolean" => InputKind::Boolean,
            "choice" => InputKind::Choice { options: member(value, "options")? },
            "seed" => InputKind::Seed,
            "any" => InputKind::Any { max_length: most()? },
            _ => return None,
        };
        Some(Self {
            name: member(value, "name")?,
            label: member(value, "label")?,
            help: member(value, "help")?,
            kind,
            default: member(value, "default")?,
        })
    }
}

impl Read for ErrorCode {
    fn read(value: &Value) -> Option<Self> {
        let wanted = value.as_str()?;
        Some(Self::ALL.iter().copied().find(|code| code.as_str() == wanted).unwrap_or(Self::Unknown))
    }
}

impl Read for EventType {
    fn read(value: &Value) -> Option<Self> {
        value.as_str().map(Self::parse)
    }
}

whole! {
    AccessPolicy { observability, token_configured }
    Applied { applied_now, restart_required, notes }
    CandidateHealth { provider, model, configured, score, rests_sec, reason_code, failed_at }
    Change { field, before, after, on }
    ConfigUpdated { ok, tenant_id, config, sources, apply }
    ConfigView { ok, tenant_id, config, sources, providers, schema, write_enabled }
    Delivery { id, prompt_id, target, state, attempts, due_at, last_error, created_at, updated_at }
    DeliveryReplayed { ok, delivery }
    Delta { field, text, preview_chars }
    Entry { at, draft, plan }
    GenerationParams { width, height, steps, cfg, sampler_name, scheduler, seed, extra }
    Health { ok, pack, uptime_sec, config, stats, access_policy }
    HostState { connected, queue_remaining, problem }
    Job {
        id, state, status, source, tenant_id, template_id, title, workflow_id, trace_id, retry_of, cancel_requested,
        priority, queue_position, progress, outputs, outputs_count, error, node_errors, cached, delivery, create_time,
        submit_time, execution_start_time, execution_end_time
    }
    JobCancelled { ok, cancelled, job }
    JobDetail { ok, job, trace, deliveries }
    JobError { kind, message, node_id, node_type, detail }
    JobEvent { seq, event_type, prompt_id, trace_id, timestamp, data, job }
    JobList { ok, contract_version, jobs, pagination, host }
    JobPreview { prompt_id, node_id, media_type, base64 }
    JobProgress { prompt_id, node_id, node_title, value, max, nodes_done, nodes_total, percent }
    JobRetried { ok, job }
    Keepalive { ok }
    LlmHealth { provider, model, base_url, api_type, llm_key_configured, llm_key_required }
    LlmSettings {
        provider, model, base_url, timeout_sec, max_retries, fallback_models, fallback_providers,
        max_failover_candidates, allow_private_network
    }
    LlmTestResult { ok, tenant_id, message, response, provider, model, latency_ms }
    ModelList { ok, tenant_id, provider, models, cached, warning }
    LogTail { ok, content, filtered }
    Output { node_id, kind, filename, view, text }
    Pack { name, version }
    Pagination { limit, offset, total, total_is_more, has_more, next_cursor }
    Plan { positive, negative, params, profile }
    PlannerResult { positive, negative, params }
    Problem { ok, error, message, kind as "type", title, status, request_id, errors, retry_after_sec }
    ProfileList { profiles, default_profile }
    ProfileView { id, label, description, version }
    ProviderHealth { ok, tenant_id, candidates, problem }
    ProviderView {
        id, label, requires_key, key_configured, key_env, default_model, models, base_url, local, vision
    }
    Ready { ok, kind, mode }
    RefinerResult { refined_positive, refined_negative, param_patch, rationale }
    SecretChanged { ok, message }
    SecretStatus { configured, source, variable }
    SecretsStatus { ok, secrets, warning }
    SettingSchema { kind as "type", default, apply_mode, category, description, env, min, max, enum_values }
    Stage { phase, message }
    Stats { errors_captured, responses }
    StreamReady { latest_seq, cursor_status, host }
    Streaming { preview_chars, preview_truncated }
    QueuePositions { positions }
    RenderPreview { workflow_bytes, node_count_estimate, unresolved_placeholders, workflow }
    Slot { input, node_id, class_type, node_input, danger, allowed }
    Template { id, title, description, bundled, inputs, allowed_inputs, defaults, nodes, slots, locked }
    TemplateList { ok, templates, count, problems }
    TemplateRun { ok, dry_run, deduped, prompt_id, trace_id, render, inputs }
    Trace { prompt_id, trace_id, traceparent, created_at, events }
    TraceEvent { ts, event, meta }
}

partial! {
    Desk { draft, plan, variants, batch, template, to_refine, refined, tab, tested }
    Options { seeds, at_once }
    template::Draft { id, typed, key }
    Draft { requirements, style, constraints, profile, seed, new_seed }
    Recipe { positive, negative, params }
    refiner::Draft { original, issues, goal }
    Refined { positive, negative, changes, rationale }
    VariantsRequest {
        positive, negative, count, seed_base, seed_policy, variant_policy, params_json, sweep_start, sweep_end
    }
}

impl Read for StreamProblem {
    fn read(value: &Value) -> Option<Self> {
        Some(Self { kind: member(value, "kind")?, problem: Problem::read(value)? })
    }
}

#[cfg(test)]
mod tests {
    use openclaw_shared::assist::AssistEvent;
    use openclaw_shared::planner::PlannerEvent;
    use serde::de::DeserializeOwned;
    use serde_json::json;

    use super::*;
    use crate::read::{Unreadable, event};

    /// Reads as serde reads, and refuses what serde refuses.
    fn check<T: Read + DeserializeOwned + PartialEq + std::fmt::Debug>(sample: &Value) {
        let read = T::read(sample);
        assert_eq!(read, serde_json::from_value(sample.clone()).ok(), "{sample}");
        assert!(read.is_some(), "{sample}");
        for wrong in [json!(null), json!("text"), json!(7)] {
            assert_eq!(T::read(&wrong), serde_json::from_value(wrong.clone()).ok(), "{wrong}");
        }
        // Only what is missing may be taken more lightly than serde does.
        for (name, value) in sample.as_object().into_iter().flatten() {
            let mut other = sample.clone();
            other[name] = if value.is_string() { json!(3.5) } else { json!("wrong") };
            if serde_json::from_value::<T>(other.clone()).is_err() {
                assert_eq!(T::read(&other), None, "{name} of {other}");
            }
        }
    }

    fn params() -> Value {
        json!({"width": 1, "height": 2, "steps": 3, "cfg": 4.5, "sampler_name": "s", "scheduler": "c",
            "seed": 18_446_744_073_709_551_615_u64, "extra": {}})
    }

    #[test]
    fn names_are_those_of_serde() {
        fn same<T: Read + DeserializeOwned + PartialEq + std::fmt::Debug>(names: &[&str]) {
            for name in names.iter().copied().chain(["from_the_future"]) {
                assert_eq!(T::read(&json!(name)), serde_json::from_value(json!(name)).ok(), "{name}");
            }
        }
        same::<Danger>(&["path", "url", "code", "graph"]);
        same::<DeliveryState>(&["waiting", "pending", "delivered", "dead"]);
        same::<Field>(&["positive", "negative", "params", "rationale", "caption", "tags", "suggestion"]);
        same::<Issue>(&Issue::ALL.iter().map(|issue| issue.as_str()).collect::<Vec<_>>());
        same::<JobErrorKind>(&["rejected", "execution", "stopped", "lost"]);
        same::<JobSource>(&JobSource::ALL.map(JobSource::as_str));
        same::<JobState>(&JobState::ALL.map(JobState::as_str));
        same::<JobStatus>(&JobState::ALL.map(|state| state.status().as_str()));
        same::<OutputKind>(&["image", "video", "audio", "text", "model3d", "file"]);
        same::<Phase>(&["dispatch", "receive", "finalize"]);
        same::<SeedPolicy>(&SeedPolicy::ALL.iter().map(|policy| policy.as_str()).collect::<Vec<_>>());
        same::<SettingType>(&["string", "int", "bool", "enum", "list_string"]);
        same::<Source>(&["env", "persisted", "default"]);
        same::<VariantPolicy>(&VariantPolicy::ALL.iter().map(|policy| policy.as_str()).collect::<Vec<_>>());
        same::<EventType>(&EventType::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>());
        let codes: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        same::<ErrorCode>(&codes.iter().map(String::as_str).collect::<Vec<_>>());
    }

    #[test]
    fn answers_of_the_server_are_read_as_serde_reads_them() {
        let llm = json!({"provider": "p", "model": "m", "base_url": "", "timeout_sec": 5, "max_retries": 0,
            "fallback_models": ["a"], "fallback_providers": [], "max_failover_candidates": 3,
            "allow_private_network": true});
        let schema = json!({"type": "list_string", "default": [1], "apply_mode": "immediate", "category": "llm",
            "description": "d", "env": "E", "min": -1, "enum_values": ["x"]});
        let provider = json!({"id": "p", "label": "P", "requires_key": true, "key_configured": false, "key_env": ["K"],
            "default_model": "m", "models": ["m"], "base_url": "", "local": false, "vision": true});
        check::<ConfigView>(
            &json!({"ok": true, "tenant_id": "default", "config": llm, "sources": {"model": "env"},
            "providers": [provider], "schema": {"model": schema}, "write_enabled": true, "from_the_future": 1}),
        );
        check::<ConfigUpdated>(&json!({"ok": true, "tenant_id": "default", "config": llm, "sources": {},
            "apply": {"applied_now": ["a"], "restart_required": [], "notes": ["n"]}}));
        check::<Health>(&json!({"ok": true, "pack": {"name": "n", "version": "1"}, "uptime_sec": 1.5,
            "config": {"provider": "p", "model": "m", "base_url": "", "api_type": "builtin",
                "llm_key_configured": false, "llm_key_required": false},
            "stats": {"errors_captured": 1, "responses": {"2xx": 3}},
            "access_policy": {"observability": "loopback_only", "token_configured": false}}));
        check::<LlmTestResult>(
            &json!({"ok": true, "tenant_id": "t", "message": "m", "response": "r", "provider": "p",
            "model": "m", "latency_ms": 7}),
        );
        check::<ModelList>(
            &json!({"ok": true, "tenant_id": "t", "provider": "p", "models": ["a"], "cached": true,
            "warning": "w"}),
        );
        check::<ProviderHealth>(
            &json!({"ok": true, "tenant_id": "t", "candidates": [{"provider": "p", "model": "m",
            "configured": true, "score": 70, "rests_sec": 9, "reason_code": "", "failed_at": -1}]}),
        );
        check::<SecretsStatus>(&json!({"ok": true, "warning": "w",
            "secrets": {"a": {"configured": true, "source": "env", "variable": "V"},
                "b": {"configured": false, "source": "server_store"}}}));
        check::<SecretChanged>(&json!({"ok": true, "message": "m"}));
        check::<ProfileList>(&serde_json::to_value(ProfileList::current()).unwrap());
        check::<Problem>(
            &json!({"ok": false, "error": "provider_timeout", "message": "m", "type": "about:blank",
            "title": "t", "status": 504, "request_id": "r", "errors": ["e"], "retry_after_sec": 3}),
        );
        check::<Problem>(
            &json!({"ok": false, "error": "from_the_future", "message": "m", "type": "about:blank",
            "title": "t", "status": 504, "request_id": "r"}),
        );
    }

    #[test]
    fn jobs_are_read_as_serde_reads_them() {
        let host = json!({"connected": true, "queue_remaining": 2});
        let error = json!({"kind": "execution", "message": "m", "node_id": "7", "node_type": "KSampler"});
        let progress = json!({"prompt_id": "a", "node_id": "3", "value": 1.0, "max": 2.0, "nodes_done": 1,
            "nodes_total": 4, "percent": 37.5});
        let output =
            json!({"node_id": "9", "kind": "image", "filename": "a.png", "view": "/view?filename=a.png"});
        let job = json!({"id": "a", "state": "running", "status": "in_progress", "source": "webhook",
            "tenant_id": "default", "template_id": "t", "trace_id": "x", "cancel_requested": false, "priority": -3,
            "progress": progress, "outputs": [output], "outputs_count": 1, "error": error, "node_errors": [error],
            "cached": true, "delivery": "pending", "create_time": 1_700_000_000_000_i64, "execution_start_time": 5});
        let sparse = json!({"id": "a", "state": "parked", "status": "completed", "source": "host",
            "tenant_id": "default", "trace_id": "x", "outputs_count": 0, "create_time": 1});
        let trace = json!({"prompt_id": "a", "trace_id": "x", "traceparent": "00-x", "created_at": 1.5,
            "events": [{"ts": 1.5, "event": "queued", "meta": {"a": 1}}]});
        check::<Job>(&sparse);
        let delivery = json!({"id": "msg_1", "prompt_id": "a", "target": "https://example.com", "state": "dead",
            "attempts": 8, "due_at": 5, "last_error": "HTTP 500", "created_at": 1, "updated_at": 2});
        check::<JobDetail>(&json!({"ok": true, "job": job, "trace": trace, "deliveries": [delivery]}));
        check::<JobDetail>(&json!({"ok": true, "job": job, "trace": trace}));
        check::<DeliveryReplayed>(&json!({"ok": true, "delivery": delivery}));
        check::<JobList>(&json!({"ok": true, "contract_version": 1, "jobs": [job, sparse], "host": host,
            "pagination": {"limit": 50, "offset": 0, "total": 2, "total_is_more": false, "has_more": true,
                "next_cursor": "c"}}));
        check::<JobEvent>(&json!({"seq": 7, "event_type": "running", "prompt_id": "a", "trace_id": "x",
            "timestamp": 1.5, "data": {}, "job": job}));
        check::<JobPreview>(&json!({"prompt_id": "a", "media_type": "image/png", "base64": "AA"}));
        check::<JobCancelled>(&json!({"ok": true, "cancelled": true, "job": job}));
        check::<JobRetried>(&json!({"ok": true, "job": job}));
        check::<StreamReady>(&json!({"latest_seq": 7, "cursor_status": "ok", "host": host}));
        check::<QueuePositions>(&json!({"positions": {"a": 3}}));
        check::<LogTail>(&json!({"ok": true, "content": ["line"], "filtered": true}));
        check::<Output>(&json!({"node_id": "9", "kind": "text", "text": "words"}));
    }

    #[test]
    fn events_are_read_as_serde_reads_them() {
        let problem = json!({"kind": "planner", "ok": false, "error": "internal_error", "message": "m",
            "type": "about:blank", "title": "t", "status": 500, "request_id": "r"});
        let result = json!({"positive": "p", "negative": "n", "params": params()});
        let streaming = json!({"preview_chars": 3, "preview_truncated": false});
        for (name, data) in [
            ("ready", json!({"ok": true, "kind": "planner", "mode": "m"})),
            ("stage", json!({"phase": "receive", "message": ""})),
            ("delta", json!({"field": "positive", "text": "猫", "preview_chars": 1})),
            ("keepalive", json!({"ok": true})),
            ("final", json!({"ok": true, "kind": "planner", "result": result, "streaming": streaming})),
            ("error", problem),
        ] {
            let text = data.to_string();
            let read: Option<PlannerEvent> = event(name, &text).unwrap();
            assert_eq!(read, AssistEvent::parse(name, &text).unwrap().ok(), "{name}");
            assert!(read.is_some(), "{name}");
        }
        assert_eq!(event::<PlannerResult>("from_the_future", "{}"), Ok(None));
        assert_eq!(event::<PlannerResult>("stage", "{\"phase\": \"dance\"}"), Err(Unreadable));
        check::<RefinerResult>(
            &json!({"refined_positive": "p", "refined_negative": "n", "param_patch": {"steps": 3},
            "rationale": "r"}),
        );
    }

    #[test]
    fn what_the_browser_keeps_is_read_as_serde_reads_it() {
        let recipe = json!({"positive": "p", "negative": "n", "params": {"steps": 3}});
        let plan = json!({"positive": "p", "negative": "n", "params": params(), "profile": "Chroma"});
        let draft = json!({"requirements": "r", "style": "s", "constraints": "c", "profile": "Chroma", "seed": 7,
            "new_seed": false});
        check::<Recipe>(&recipe);
        check::<Entry>(&json!({"at": 1.5, "draft": draft, "plan": plan}));
        check::<Draft>(&json!({"requirements": "kept", "from_the_past": 1}));
        check::<VariantsRequest>(&json!({"count": 9, "seed_policy": "fixed", "variant_policy": "cfg_sweep"}));
        check::<Desk>(
            &json!({"draft": draft, "plan": plan, "tab": "settings", "tested": "x", "variants": {"count": 2},
            "to_refine": {"original": recipe, "issues": ["hands_bad"], "goal": "g"},
            "refined": {"positive": "p", "changes": [{"field": "cfg", "before": null, "after": 7.5, "on": true}]}}),
        );
        check::<Desk>(&json!({}));
    }
}
