use std::fmt::Write as _;

use super::*;
use crate::config::env::Env;
use crate::standard_webhooks::{Key, sign};

const NOW: i64 = 1_800_000_000;
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BODY: &[u8] = b"{\"a\": 1}";

fn senders(env: &[(&str, &str)]) -> Senders {
    Senders::load(tempfile::tempdir().unwrap().path(), &Env::of(env.iter().copied()))
}

fn old_signature(secret: &str, body: &[u8]) -> String {
    use hmac::Mac as _;
    let mac = Key::parse(secret).unwrap().mac(&[body]).finalize().into_bytes();
    mac.iter().fold("sha256=".to_owned(), |mut hex, byte| {
        write!(hex, "{byte:02X}").unwrap();
        hex
    })
}

#[test]
fn a_bearer_token_is_taken_from_the_header_in_any_case_of_its_scheme() {
    let senders = senders(&[("OPENCLAW_WEBHOOK_BEARER_TOKEN", "token")]);
    let check = |authorization: Option<&str>| {
        senders
            .authenticate(Presented { authorization, ..Presented::default() }, BODY, NOW)
            .map(|it| it.sender.name.clone())
    };
    assert_eq!(check(Some("Bearer token")), Ok("default".into()));
    assert_eq!(check(Some("bearer  token ")), Ok("default".into()));
    for (given, error) in [
        (None, AuthError::MissingAuthorization),
        (Some("Basic token"), AuthError::Scheme),
        (Some("token"), AuthError::Scheme),
        (Some("Bearer"), AuthError::EmptyToken),
        (Some("Bearer "), AuthError::EmptyToken),
        (Some("Bearer tokens"), AuthError::Token),
        (Some("Bearer toke"), AuthError::Token),
    ] {
        assert_eq!(check(given), Err(error), "{given:?}");
    }
}

#[test]
fn the_old_signature_needs_the_body_a_timestamp_and_a_nonce() {
    let senders = senders(&[("OPENCLAW_WEBHOOK_HMAC_SECRET", "secret")]);
    let signature = old_signature("secret", BODY);
    let good = Presented {
        signature: Some(&signature),
        timestamp: Some("1800000000"),
        nonce: Some("n1"),
        ..Presented::default()
    };
    let verified = senders.authenticate(good, BODY, NOW).unwrap();
    assert_eq!(verified.nonce.as_deref(), Some("default:n1"));
    let upper = signature.to_uppercase();
    let short = &signature[..70];
    for (given, body, error) in [
        (good, &b"{\"a\": 2}"[..], AuthError::Signature),
        (Presented { signature: None, ..good }, BODY, AuthError::MissingSignature),
        (Presented { signature: Some("md5=00"), ..good }, BODY, AuthError::SignatureFormat),
        (Presented { signature: Some("sha256="), ..good }, BODY, AuthError::EmptySignature),
        (Presented { signature: Some(short), ..good }, BODY, AuthError::SignatureFormat),
        (Presented { signature: Some("sha256=\u{e9}"), ..good }, BODY, AuthError::SignatureFormat),
        (Presented { timestamp: None, ..good }, BODY, AuthError::MissingTimestamp),
        (Presented { timestamp: Some("soon"), ..good }, BODY, AuthError::Timestamp),
        (Presented { timestamp: Some("-1800000000"), ..good }, BODY, AuthError::Timestamp),
        (Presented { timestamp: Some("99999999999999999999"), ..good }, BODY, AuthError::Timestamp),
        (Presented { timestamp: Some("1799999699"), ..good }, BODY, AuthError::TimestampRange),
        (Presented { timestamp: Some("1800000301"), ..good }, BODY, AuthError::TimestampRange),
        (Presented { nonce: None, ..good }, BODY, AuthError::MissingNonce),
        (Presented { nonce: Some(" "), ..good }, BODY, AuthError::MissingNonce),
    ] {
        assert_eq!(senders.authenticate(given, body, NOW).map(|it| it.nonce), Err(error), "{given:?}");
    }
    for edge in ["1799999700", "1800000300"] {
        assert!(senders.authenticate(Presented { timestamp: Some(edge), ..good }, BODY, NOW).is_ok());
    }
    assert!(senders.authenticate(Presented { signature: Some(&upper), ..good }, BODY, NOW).is_ok());
}

#[test]
fn replay_protection_of_the_old_form_can_be_switched_off() {
    let senders = senders(&[
        ("OPENCLAW_WEBHOOK_HMAC_SECRET", "secret"),
        ("OPENCLAW_WEBHOOK_REQUIRE_REPLAY_PROTECTION", "0"),
    ]);
    let signature = old_signature("secret", BODY);
    let bare = Presented { signature: Some(&signature), ..Presented::default() };
    assert_eq!(senders.authenticate(bare, BODY, NOW).unwrap().nonce, None);
    // What is given is still looked at.
    assert!(senders.authenticate(Presented { timestamp: Some("7"), ..bare }, BODY, NOW).is_err());
}

#[test]
fn a_standard_webhooks_signature_covers_everything() {
    let senders = senders(&[("OPENCLAW_WEBHOOK_HMAC_SECRET", SECRET)]);
    let signature = sign(&[Key::parse(SECRET).unwrap()], "msg_1", NOW, BODY);
    let good = Presented {
        message_id: Some("msg_1"),
        message_timestamp: Some("1800000000"),
        message_signature: Some(&signature),
        ..Presented::default()
    };
    let verified = senders.authenticate(good, BODY, NOW + 300).unwrap();
    assert_eq!((verified.message_id.as_deref(), verified.nonce), (Some("msg_1"), None));
    for (given, error) in [
        (Presented { message_id: None, ..good }, AuthError::MissingNonce),
        (Presented { message_id: Some("msg_2"), ..good }, AuthError::Signature),
        (Presented { message_id: Some("msg_1.1800000000"), ..good }, AuthError::MissingNonce),
        (Presented { message_timestamp: Some("1800000001"), ..good }, AuthError::Signature),
        (Presented { message_timestamp: None, ..good }, AuthError::MissingTimestamp),
        (Presented { message_signature: None, ..good }, AuthError::MissingSignature),
        (Presented { message_signature: Some("v1,AAAA"), ..good }, AuthError::Signature),
    ] {
        assert_eq!(senders.authenticate(given, BODY, NOW).map(|it| it.message_id), Err(error), "{given:?}");
    }
    assert_eq!(
        senders.authenticate(good, BODY, NOW + 301).map(|it| it.nonce),
        Err(AuthError::TimestampRange)
    );
}

#[test]
fn a_mode_narrows_what_counts() {
    let both = [("OPENCLAW_WEBHOOK_HMAC_SECRET", SECRET), ("OPENCLAW_WEBHOOK_BEARER_TOKEN", "token")];
    let old = old_signature(SECRET, BODY);
    let new = sign(&[Key::parse(SECRET).unwrap()], "m", NOW, BODY);
    let bearer = Presented { authorization: Some("Bearer token"), ..Presented::default() };
    let old = Presented {
        signature: Some(&old),
        timestamp: Some("1800000000"),
        nonce: Some("n"),
        ..Presented::default()
    };
    let new = Presented {
        message_id: Some("m"),
        message_timestamp: Some("1800000000"),
        message_signature: Some(&new),
        ..Presented::default()
    };
    for (mode, allowed) in [
        ("bearer_or_hmac", [true, true, true]),
        ("bearer", [true, false, false]),
        ("hmac", [false, true, true]),
        ("standard", [false, false, true]),
    ] {
        let senders = senders(&[both[0], both[1], ("OPENCLAW_WEBHOOK_AUTH_MODE", mode)]);
        let results = [bearer, old, new].map(|given| senders.authenticate(given, BODY, NOW).is_ok());
        assert_eq!(results, allowed, "{mode}");
    }
    // A wrong signature is not saved by a right token.
    let wrong = Presented {
        authorization: Some("Bearer token"),
        signature: Some("sha256=00"),
        ..Presented::default()
    };
    assert!(senders(&both).authenticate(wrong, BODY, NOW).is_err());
}

#[test]
fn what_is_not_configured_is_said() {
    let none = Presented::default();
    for (env, error) in [
        (&[][..], AuthError::NotConfigured),
        (
            &[("OPENCLAW_WEBHOOK_AUTH_MODE", "bearer"), ("OPENCLAW_WEBHOOK_HMAC_SECRET", "s")],
            AuthError::BearerNotConfigured,
        ),
        (
            &[("OPENCLAW_WEBHOOK_AUTH_MODE", "hmac"), ("OPENCLAW_WEBHOOK_BEARER_TOKEN", "t")],
            AuthError::HmacNotConfigured,
        ),
        (&[("OPENCLAW_WEBHOOK_HMAC_SECRET", "s")], AuthError::MissingSignature),
        (
            &[("OPENCLAW_WEBHOOK_HMAC_SECRET", "s"), ("OPENCLAW_WEBHOOK_BEARER_TOKEN", "t")],
            AuthError::Credentials,
        ),
    ] {
        assert_eq!(senders(env).authenticate(none, BODY, NOW).map(|it| it.nonce), Err(error), "{env:?}");
    }
}
