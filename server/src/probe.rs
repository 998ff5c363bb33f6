//! One JSON request a line in, one answer a line out, through the very functions the server uses.

use std::io::{self, BufRead, Read as _, Write};
use std::net::IpAddr;

use openclaw_shared::id::Surface;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::cron::Schedule;
use crate::egress::policy::{self, Destination, Policy};
use crate::llm::extract::extract_json;
use crate::llm::retry_after::{RetryHint, retry_delay};
use crate::llm::schema::{SchemaProfile, sanitize_schema};
use crate::redact::Redactor;
use crate::template::render::{MAX_RENDERED_BYTES, render};

/// Longest request: what is far too long for its operation is refused by that, under its id; this keeps memory bounded.
const MAX_LINE_BYTES: u64 = 32 << 20;

/// Times of one schedule in one answer.
const MAX_OCCURRENCES: u64 = 1000;

/// Answers until the input ends.
pub fn run(mut input: impl BufRead, mut output: impl Write) -> io::Result<()> {
    let redactor = Redactor::new([]);
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let whole = line.ends_with(b"\n") || (line.len() as u64) < MAX_LINE_BYTES;
        let answer = if whole {
            answer(&line, &redactor)
        } else {
            input.skip_until(b'\n')?;
            json!({"id": null, "error": "the line is too long"})
        };
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
}

fn answer(line: &[u8], redactor: &Redactor) -> Value {
    let Ok(request) = serde_json::from_slice::<Value>(line) else {
        // Too deep for a value, or text that is no Unicode: the rest is passed over, so that the id is found all the same.
        let id = serde_json::from_slice::<Named>(line).map(|named| named.id).unwrap_or_default();
        return json!({"id": id, "error": "the line is not JSON, or nested too deep"});
    };
    let id = request.get("id").cloned().unwrap_or_default();
    match operate(&request, redactor) {
        Ok(output) => json!({"id": id, "output": output}),
        Err(error) => json!({"id": id, "error": error}),
    }
}

/// What a line says about itself.
#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    id: Value,
}

fn operate(request: &Value, redactor: &Redactor) -> Result<Value, String> {
    let input = request.get("input").unwrap_or(&Value::Null);
    // Input that is one text may come bare.
    let text = || input.as_str().or_else(|| input.get("text")?.as_str()).ok_or("the input has no text");
    match request.get("op").and_then(Value::as_str) {
        Some("redact") => Ok(json!({"text": redactor.redact(text()?)})),
        Some("extract_json") => {
            extract_json(text()?).map(|object| json!({"object": object})).map_err(|error| error.to_string())
        }
        Some("retry_after") => Ok(json!({"delay_ms": retry_after(input)})),
        Some("sanitize_schema") => {
            let profile = match input.get("profile").and_then(Value::as_str) {
                Some("gemini") => SchemaProfile::Gemini,
                _ => return Err("unknown profile".into()),
            };
            sanitize_schema(profile, input.get("schema").unwrap_or(&Value::Null))
                .map(|schema| json!({"schema": schema}))
                .map_err(|error| error.to_string())
        }
        Some("cron_next") => cron_next(input).map(|next| json!({"next": next})),
        Some("ssrf_check") => ssrf_check(input),
        Some("render_template") => render_template(input).map(|rendered| json!({"rendered": rendered})),
        Some("check_id") => {
            let surface = Surface::named(input.get("surface").and_then(Value::as_str).unwrap_or_default());
            let accepted =
                input.get("id").and_then(Value::as_str).is_some_and(|id| surface.check(id).is_ok());
            Ok(json!({"verdict": if accepted { "accept" } else { "reject" }}))
        }
        _ => Err("unknown op".into()),
    }
}

fn cron_next(input: &Value) -> Result<Vec<String>, String> {
    let text = |name: &str| {
        input.get(name).and_then(Value::as_str).ok_or_else(|| format!("the input has no {name}"))
    };
    let schedule = Schedule::parse(text("expr")?, text("tz")?).map_err(|error| error.to_string())?;
    let after = text("after")?.parse().map_err(|error: jiff::Error| error.to_string())?;
    let count = input.get("count").and_then(Value::as_u64).unwrap_or(1).min(MAX_OCCURRENCES);
    let due = schedule.after(after).take(usize::try_from(count).unwrap_or_default());
    Ok(due.map(|due| due.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()).collect())
}

/// The check of a URL, then of the addresses that the input's `dns` says its name has.
fn ssrf_check(input: &Value) -> Result<Value, String> {
    let url = input.get("url").and_then(Value::as_str).ok_or("the input has no url")?;
    let listed = input.get("allow").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let policy = match input.get("policy").and_then(Value::as_str) {
        Some("public") => Policy::public(),
        Some("allowlist") => Policy::listed(listed.iter().filter_map(Value::as_str)),
        _ => return Err("unknown policy".into()),
    };
    let allowed = policy.check(url).and_then(|found| match found.literal {
        Some(_) => Ok(()),
        None => policy::check_addresses(&found.host, &resolve(input.get("dns"), &found.host)),
    });
    let place = Destination::parse(url).ok();
    Ok(json!({
        "verdict": if allowed.is_ok() { "allowed" } else { "blocked" },
        "host": place.as_ref().map(|place| &place.host),
        "port": place.as_ref().map(|place| place.port),
    }))
}

/// A name that is not there has no address; one whose addresses cannot be read has one that nobody may call.
fn resolve(dns: Option<&Value>, host: &str) -> Vec<IpAddr> {
    let normal =
        |name: &str| Destination::parse(&format!("http://{name}/")).is_ok_and(|place| place.host == host);
    let names = dns.and_then(Value::as_object).into_iter().flatten();
    let found = names.filter(|(name, _)| normal(name)).flat_map(|(_, addresses)| match addresses {
        Value::Array(addresses) => addresses.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    });
    let unreadable = IpAddr::from([0, 0, 0, 0]);
    found.map(|text| text.as_str().and_then(|text| text.parse().ok()).unwrap_or(unreadable)).collect()
}

fn render_template(input: &Value) -> Result<Value, String> {
    let object = |name: &str| match input.get(name) {
        Some(Value::Object(members)) => Ok(members.clone()),
        None | Some(Value::Null) => Ok(Map::new()),
        Some(_) => Err(format!("{name} is not an object")),
    };
    let allowed = match input.get("allowed_inputs") {
        Some(Value::Array(names)) => {
            names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
        }
        Some(Value::Object(names)) => names.keys().cloned().collect(),
        _ => std::collections::BTreeSet::new(),
    };
    let template = input.get("template").ok_or("the input has no template")?;
    render(template, &object("inputs")?, &allowed, &object("defaults")?, MAX_RENDERED_BYTES)
        .map(|rendered| rendered.graph)
        .map_err(|error| error.to_string())
}

fn retry_after(input: &Value) -> Option<u64> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let headers: Vec<(String, String)> = match input.get("headers") {
        Some(Value::Object(headers)) => {
            headers.iter().map(|(name, value)| (name.clone(), text(value))).collect()
        }
        Some(Value::Array(pairs)) => {
            pairs.iter().filter_map(|pair| Some((text(pair.get(0)?), text(pair.get(1)?)))).collect()
        }
        _ => Vec::new(),
    };
    let headers: Vec<(&str, &str)> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let body = input.get("body").filter(|body| !body.is_null()).map(text).unwrap_or_default();
    let delay = retry_delay(&RetryHint {
        status: input.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok())?,
        headers: &headers,
        body: &body,
        now_ms: input.get("now_ms").and_then(Value::as_i64).unwrap_or_default(),
    })?;
    u64::try_from(delay.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(lines: &str) -> Vec<Value> {
        let mut output = Vec::new();
        run(lines.as_bytes(), &mut output).unwrap();
        String::from_utf8(output).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn every_line_gets_one_answer_under_its_id() {
        let answers = ask(concat!(
            r#"{"id":1,"op":"redact","input":{"text":"password=hunter2hunter2"}}"#,
            "\n",
            r#"{"id":"b","op":"retry_after","input":{"status":429,"headers":{"Retry-After":"7"},"body":"","now_ms":0}}"#,
            "\n",
            r#"{"id":3,"op":"extract_json","input":{"text":"Sure: {\"a\": 1}"}}"#,
            "\n",
            r#"{"id":4,"op":"sanitize_schema","input":{"profile":"gemini","schema":{"type":"string","$id":"x"}}}"#,
            "\n",
            r#"{"id":5,"op":"nope"}"#,
            "\n",
            "not json\n",
            r#"{"id":7,"op":"redact"}"#,
        ));
        assert!(!answers[0].to_string().contains("hunter2"), "{}", answers[0]);
        assert_eq!(answers[1], json!({"id": "b", "output": {"delay_ms": 7000}}));
        assert_eq!(answers[2], json!({"id": 3, "output": {"object": {"a": 1}}}));
        assert!(answers[3]["output"]["schema"].get("$id").is_none(), "{}", answers[3]);
        assert_eq!(answers[4], json!({"id": 5, "error": "unknown op"}));
        assert_eq!(answers[5]["id"], Value::Null);
        assert_eq!(answers[6]["id"], json!(7));
    }

    #[test]
    fn urls_templates_and_ids_are_judged_by_the_servers_own_rules() {
        let answers = ask(concat!(
            r#"{"id":1,"op":"ssrf_check","input":{"policy":"public","url":"https://Hook.Example/x","dns":{"hook.example.":["8.8.8.8"]}}}"#,
            "\n",
            r#"{"id":2,"op":"ssrf_check","input":{"policy":"public","url":"https://hook.example/","dns":{"hook.example":["8.8.8.8","::1"]}}}"#,
            "\n",
            r#"{"id":3,"op":"ssrf_check","input":{"policy":"public","url":"https://hook.example/","dns":{}}}"#,
            "\n",
            r#"{"id":4,"op":"ssrf_check","input":{"policy":"allowlist","allow":["hook.example:9000"],"url":"http://hook.example:9000/","dns":{"hook.example":["1.1.1.1"]}}}"#,
            "\n",
            r#"{"id":5,"op":"ssrf_check","input":{"policy":"allowlist","allow":[],"url":"not a url"}}"#,
            "\n",
            r#"{"id":6,"op":"render_template","input":{"template":{"1":{"seed":"{{seed}}"}},"inputs":{"seed":7},"allowed_inputs":["seed"],"defaults":{"seed":0}}}"#,
            "\n",
            r#"{"id":7,"op":"render_template","input":{"template":{},"inputs":{"seed":7},"allowed_inputs":[],"defaults":{}}}"#,
            "\n",
            r#"{"id":8,"op":"check_id","input":{"surface":"template","id":"sdxl_basic"}}"#,
            "\n",
            r#"{"id":9,"op":"check_id","input":{"surface":"preset","id":"..%2Fsecrets"}}"#,
        ));
        let outputs: Vec<_> = answers.iter().map(|answer| answer["output"].clone()).collect();
        assert_eq!(outputs[0], json!({"verdict": "allowed", "host": "hook.example", "port": 443}));
        assert_eq!(outputs[1], json!({"verdict": "blocked", "host": "hook.example", "port": 443}));
        assert_eq!(outputs[2]["verdict"], json!("blocked"));
        assert_eq!(outputs[3], json!({"verdict": "allowed", "host": "hook.example", "port": 9000}));
        assert_eq!(outputs[4], json!({"verdict": "blocked", "host": null, "port": null}));
        assert_eq!(outputs[5], json!({"rendered": {"1": {"seed": 7}}}));
        assert_eq!(answers[6]["error"], json!("unknown inputs: seed"));
        assert_eq!(outputs[7], json!({"verdict": "accept"}));
        assert_eq!(outputs[8], json!({"verdict": "reject"}));
    }

    #[test]
    fn a_line_that_cannot_be_read_is_answered_under_its_id() {
        let deep = "[".repeat(1000) + &"]".repeat(1000);
        let answers = ask(&format!(
            "{{\"id\":1,\"op\":\"render_template\",\"input\":{{\"template\":{deep}}}}}\n{{\"op\":\"check_id\",\"input\":{{\"id\":\"\\ud800\"}},\"id\":2}}\n"
        ));
        for (answer, id) in answers.iter().zip([1, 2]) {
            assert_eq!((&answer["id"], answer["error"].is_string()), (&json!(id), true), "{answer}");
        }
    }

    #[test]
    fn a_line_without_end_is_refused_and_the_next_one_answered() {
        let long = "x".repeat(usize::try_from(MAX_LINE_BYTES).unwrap() + 10);
        let answers = ask(&format!("{long}\n{{\"id\":2,\"op\":\"nope\"}}\n"));
        assert_eq!(answers.len(), 2);
        assert_eq!(answers[1]["id"], json!(2));
    }
}
