use proptest::prelude::*;
use serde_json::Value;

use super::*;

const NOW_MS: i64 = 1_772_366_400_000;

fn delay_ms(headers: Headers<'_>, body: &str) -> Option<u128> {
    retry_delay(&RetryHint { status: 429, headers, body, now_ms: NOW_MS }).map(|delay| delay.as_millis())
}

type Headers<'a> = &'a [(&'a str, &'a str)];

fn check_headers(cases: &[(Headers<'_>, Option<u128>)]) {
    for (headers, expected) in cases {
        assert_eq!(delay_ms(headers, ""), *expected, "{headers:?}");
    }
}

fn check_bodies(cases: &[(&str, Option<u128>)]) {
    for (body, expected) in cases {
        assert_eq!(delay_ms(&[], body), *expected, "{body}");
    }
}

#[test]
fn the_sample_vectors_hold() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/vectors/retry_after.jsonl");
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let (input, expected) = (&case["input"], &case["expected"]);
        let headers = input["headers"].as_object().unwrap();
        let headers =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect::<Vec<_>>();
        let delay = retry_delay(&RetryHint {
            status: input["status"].as_u64().unwrap().try_into().unwrap(),
            headers: &headers,
            body: input["body"].as_str().unwrap(),
            now_ms: input["now_ms"].as_i64().unwrap(),
        });
        let delay = delay.map(|delay| u64::try_from(delay.as_millis()).unwrap());
        let near = |wanted: &Value| match (delay, wanted.as_u64()) {
            (Some(delay), Some(wanted)) => {
                delay.abs_diff(wanted) <= expected["tolerance_ms"].as_u64().unwrap()
            }
            (delay, wanted) => delay == wanted,
        };
        let capped =
            expected["cap_ok_from_ms"].as_u64().is_some_and(|cap| delay.is_some_and(|delay| delay >= cap));
        let others = expected["alternatives_ms"].as_array().is_some_and(|others| others.iter().any(near));
        assert!(near(&expected["delay_ms"]) || others || capped, "{}: {delay:?}", case["id"]);
    }
}

#[test]
fn the_explicit_header_comes_first() {
    check_headers(&[
        (&[("Retry-After", "5")], Some(5000)),
        (&[("retry-after", " 1.5 ")], Some(1500)),
        (&[("retry-after", "0")], Some(0)),
        (&[("retry-after", "-3")], Some(0)),
        (&[("retry-after", "1e999")], Some(86_400_000)),
        (&[("retry-after", "99999999999999999999")], Some(86_400_000)),
        (&[("retry-after", "7"), ("retry-after-ms", "250")], Some(250)),
        (&[("retry-after", "7"), ("x-ms-retry-after-ms", "250.5")], Some(250)),
        (&[("retry-after", "7"), ("retry-after-ms", "soon")], Some(7000)),
        (&[("retry-after", "7"), ("Retry-After", "9")], Some(9000)),
        (&[("retry-after", "Sun, 01 Mar 2026 12:00:25 GMT")], Some(25000)),
        (&[("retry-after", "Sun Mar  1 12:00:25 2026")], Some(25000)),
        (&[("retry-after", "Sun, 01 Mar 2020 12:00:25 GMT")], Some(0)),
        (&[("retry-after", "9"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "60")], Some(9000)),
        (
            &[("retry-after", "soon"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "60")],
            Some(60000),
        ),
    ]);
    for malformed in [
        "", "abc", "1e", "1 2", "NaN", "inf", "infinity", "0x10", "1_000", "1,5", "５", "--5", "1.2.3", "-",
        ".",
    ] {
        assert_eq!(delay_ms(&[("retry-after", malformed)], ""), None, "{malformed}");
    }
}

#[test]
fn exhausted_buckets_give_their_reset() {
    check_headers(&[
        (&[("x-ratelimit-reset", "30")], Some(30000)),
        (&[("x-ratelimit-reset", "0.5")], Some(500)),
        (&[("x-ratelimit-reset", "1772366430")], Some(30000)),
        (&[("x-ratelimit-reset", "1772366430.25")], Some(30250)),
        (&[("x-ratelimit-reset", "1772366430123")], Some(30123)),
        (&[("x-ratelimit-reset", "1700000000")], Some(0)),
        (&[("x-ratelimit-reset", "9999999")], Some(86_400_000)),
        (&[("x-ratelimit-reset", "6m0s")], Some(360_000)),
        (&[("x-ratelimit-reset", "2m59.56s")], Some(179_560)),
        (&[("x-ratelimit-reset", "1d2h")], Some(86_400_000)),
        (&[("x-ratelimit-reset", "2026-03-01T14:00:30.5+02:00")], Some(30500)),
        (&[("x-ratelimit-reset", "Sun, 01 Mar 2026 12:00:25 GMT")], Some(25000)),
        (&[("x-ratelimit-reset", "6m0x")], None),
        (&[("x-ratelimit-reset-after", "12.5"), ("x-ratelimit-remaining", "0")], Some(12500)),
        (&[("X-RateLimit-Remaining", "3"), ("X-RateLimit-Reset", "60")], None),
        (&[("X-RateLimit-Remaining", "0"), ("X-RateLimit-Limit", "60")], None),
        (&[("x-rate-limit-remaining", "0"), ("x-rate-limit-reset", "60")], Some(60000)),
        (&[("RateLimit-Remaining", "0"), ("RateLimit-Reset", "60")], Some(60000)),
        (&[("RateLimit", "limit=100, remaining=0, reset=50")], Some(50000)),
        (
            &[
                ("RateLimit", "\"burst\";r=0;t=5, \"daily\";r=9;t=500"),
                ("RateLimit-Policy", "\"burst\";q=5;w=9"),
            ],
            Some(5000),
        ),
        (
            &[
                ("x-ratelimit-remaining-requests", "0"),
                ("x-ratelimit-reset-requests", "2s"),
                ("x-ratelimit-remaining-tokens", "0"),
                ("x-ratelimit-reset-tokens", "1m30s"),
                ("x-ratelimit-remaining-project-tokens", "9"),
                ("x-ratelimit-reset-project-tokens", "1h"),
                ("x-ratelimit-reset-other", "2h"),
            ],
            Some(90000),
        ),
        (
            &[
                ("anthropic-ratelimit-requests-remaining", "0"),
                ("anthropic-ratelimit-requests-reset", "2026-03-01T12:00:45Z"),
            ],
            Some(45000),
        ),
        (
            &[
                ("anthropic-ratelimit-unified-status", "rejected"),
                ("anthropic-ratelimit-unified-reset", "1772366460"),
            ],
            Some(60000),
        ),
        (
            &[
                ("anthropic-ratelimit-unified-status", "allowed"),
                ("anthropic-ratelimit-unified-reset", "1772366460"),
            ],
            None,
        ),
        (&[("x-request-id", "30"), ("date", "Sun, 01 Mar 2026 12:00:25 GMT")], None),
    ]);
}

#[test]
fn fields_of_the_body_are_read_by_name() {
    check_bodies(&[
        (r#"{"retry_after": 2}"#, Some(2000)),
        (r#"{"retry_after": "2.5"}"#, Some(2500)),
        (r#"{"error": {"retry_after": 2, "retry_after_ms": 1800}}"#, Some(1800)),
        (r#"{"error": {"retryAfter": "30s"}}"#, Some(30000)),
        (r#"{"ok": false, "parameters": {"retry_after": 9}}"#, Some(9000)),
        (r#"[{"error": {"details": [{"retryDelay": "34.07s"}]}}]"#, Some(34070)),
        (r#"{"error": {"details": [{"retryDelay": {"seconds": "3", "nanos": 500000000}}]}}"#, Some(3500)),
        (r#"{"error": {"details": [{"metadata": {"quotaResetDelay": "754.43ms"}}]}}"#, Some(754)),
        (r#"{"error": {"details": [{"metadata": {"quotaResetDelay": "1h23m45.5s"}}]}}"#, Some(5_025_500)),
        (
            r#"{"error": {"details": [{"metadata": {"quotaResetTimeStamp": "2026-03-01T12:00:09Z"}}]}}"#,
            Some(9000),
        ),
        (
            r#"{"error": {"metadata": {"headers": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1772366441000"}}}}"#,
            Some(41000),
        ),
        (r#"{"error": {"metadata": {"raw": "Please try again in 3s"}}}"#, Some(3000)),
        (r#"{"retry_after": null}"#, None),
        (r#"{"retry_after": true}"#, None),
        (r#"{"retry_after": "soon"}"#, None),
        (r#"{"error": {"message": "slow down"}, "prompt": "try again in 5s"}"#, None),
        (r#"{"request": {"retry_after": 5}}"#, None),
        (r#""Please try again in 5s""#, Some(5000)),
    ]);
}

#[test]
fn sentences_count_only_behind_an_anchor() {
    check_bodies(&[
        ("Please try again in 20ms.", Some(20)),
        ("Please try again in 1.242s.", Some(1242)),
        ("Please try again in 6m0s.", Some(360_000)),
        ("Please try again in 1h2m3s. Visit https://x.example", Some(3_723_000)),
        ("TRY AGAIN IN 4S", Some(4000)),
        ("Please retry after 24 seconds.", Some(24000)),
        ("Please retry in 34.074824224s.", Some(34074)),
        ("try again in 1 minute and 30 seconds", Some(90000)),
        ("try again in about 2 hours, 5 minutes", Some(7_500_000)),
        ("Your limit resets in 5 min", Some(300_000)),
        ("Please wait for 30 seconds", Some(30000)),
        ("Wait 30 seconds before retrying", Some(30000)),
        ("try again at 2026-03-01T12:00:45Z.", Some(45000)),
        ("{\"error\": {\"retry_after\": 3, \"mess", Some(3000)),
        ("Retry-After: 30", Some(30000)),
        ("<p>Please try again in 30 seconds.</p>", Some(30000)),
        ("try again in 20s, or try again in 10s", Some(20000)),
        ("your model took 5s to load; rate limited", None),
        ("please wait", None),
        ("The prompt said: wait 300s", None),
        ("try again in a few minutes", None),
        ("try again later", None),
        ("retry after 3 failures", None),
        ("try again in 5 steps", None),
        ("try again in -5s", None),
        ("Limit 6000, used 5800 in 60s", None),
        ("the country again in 5s", None),
        ("notretry in 5s", None),
        ("", None),
    ]);
}

#[test]
fn a_failure_that_is_no_limit_explains_nothing_in_its_body() {
    let hint = RetryHint { status: 400, headers: &[], body: "try again in 5s", now_ms: NOW_MS };
    assert_eq!(retry_delay(&hint), None);
    assert_eq!(
        retry_delay(&RetryHint { headers: &[("retry-after", "5")], ..hint }),
        Some(Duration::from_secs(5))
    );
}

#[test]
fn hostile_bodies_take_linear_time() {
    for piece in [
        "try again in ",
        "wait 1",
        "1",
        "[",
        "{\"error\":",
        "retry-after\"",
        "wait for for ",
        "retry after 1s",
    ] {
        let body = piece.repeat(1_000_000 / piece.len());
        // Work that grows faster than the text would not end before the runner ends the test.
        let _ = delay_ms(&[], &body);
    }
}

proptest! {
    #[test]
    fn any_header_and_body_give_a_bounded_wait(name in "(retry-after(-ms)?|x-ratelimit-(reset|remaining)|ratelimit)", value in "\\PC{0,30}", number in "[-+0-9.eE:TZ; msrt=]{0,24}", body in "\\PC{0,80}", now: i64) {
        for value in [&value, &number] {
            let hint = RetryHint { status: 429, headers: &[(&name, value)], body: &body, now_ms: now };
            prop_assert!(retry_delay(&hint).is_none_or(|delay| delay <= MAX_DELAY));
        }
        let _ = delay_ms(&[], &format!("try again in {number}"));
    }

    #[test]
    fn spans_are_read_to_the_millisecond(hours in 0..20_u128, minutes in 0..60_u128, seconds in 0..60_u128, millis in 0..1000_u128) {
        let text = format!("Please try again in {hours}h{minutes}m{seconds}.{millis:03}s.");
        let wanted = ((hours * 60 + minutes) * 60 + seconds) * 1000 + millis;
        prop_assert!(delay_ms(&[], &text).unwrap().abs_diff(wanted) <= 1);
    }
}
