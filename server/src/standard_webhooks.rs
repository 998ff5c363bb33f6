//! Standard Webhooks v1 (<https://www.standardwebhooks.com>): HMAC-SHA256 over `id.timestamp.body`, both ways.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Marks a symmetric secret that is written as base64.
const PREFIX: &str = "whsec_";
/// Marks the symmetric signature.
const VERSION: &str = "v1,";
/// Bytes; the specification asks for 24 to 64, and older secrets of ours are texts of any length.
const MIN_GENERATED: usize = 24;
/// Signatures looked at in one header: a sender that rotates its secret sends two.
const MAX_SIGNATURES: usize = 8;

/// A secret to sign with. It has no `Display`, and its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Vec<u8>);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(crate::secret::MASK)
    }
}

/// A `whsec_` secret that is not base64, or too short to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret that begins with whsec_ goes on with at least {MIN_GENERATED} bytes as base64")]
pub struct KeyError;

impl Key {
    /// `whsec_<base64>`, or any other text, whose bytes are the key as in the Python edition.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        match text.strip_prefix(PREFIX) {
            None => Ok(Self(text.as_bytes().to_vec())),
            Some(encoded) => match STANDARD.decode(encoded) {
                Ok(key) if key.len() >= MIN_GENERATED => Ok(Self(key)),
                _ => Err(KeyError),
            },
        }
    }

    /// Several, separated by spaces: the first signs, all verify. That is how a secret is rotated.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, KeyError> {
        text.split_whitespace().map(Self::parse).collect()
    }

    /// The HMAC of the parts, one after the other.
    pub fn mac(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        for part in parts {
            mac.update(part);
        }
        mac
    }

    fn signature(&self, id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
        self.mac(&[id.as_bytes(), b".", timestamp.as_bytes(), b".", body])
    }
}

/// The value of `webhook-signature`: one signature a key, so that a receiver may hold the old or the new one.
pub fn sign(keys: &[Key], id: &str, timestamp: i64, body: &[u8]) -> String {
    let signature = |key: &Key| {
        let mac = key.signature(id, &timestamp.to_string(), body).finalize().into_bytes();
        format!("{VERSION}{}", STANDARD.encode(mac))
    };
    keys.iter().map(signature).collect::<Vec<_>>().join(" ")
}

/// Whether one of the signatures was made with one of the keys; the comparison takes the same time either way.
/// Whether the timestamp is recent is for the caller to say.
pub fn verify(keys: &[Key], id: &str, timestamp: &str, header: &str, body: &[u8]) -> bool {
    let given = header.split(' ').filter_map(|part| part.strip_prefix(VERSION)).take(MAX_SIGNATURES);
    let given: Vec<_> = given.filter_map(|encoded| STANDARD.decode(encoded).ok()).collect();
    keys.iter().any(|key| {
        let mac = key.signature(id, timestamp, body);
        given.iter().any(|signature| mac.clone().verify_slice(signature).is_ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn the_example_of_the_specifications_libraries_holds() {
        let keys = [Key::parse(SECRET).unwrap()];
        let header = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        let body = br#"{"test": 2432232314}"#;
        assert_eq!(sign(&keys, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body), header);
        assert!(verify(&keys, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", header, body));
    }

    #[test]
    fn nothing_that_was_signed_can_be_changed() {
        let keys = [Key::parse(SECRET).unwrap()];
        let header = sign(&keys, "id", 7, b"body");
        for (id, timestamp, body, header) in [
            ("id2", "7", &b"body"[..], header.clone()),
            ("id", "8", b"body", header.clone()),
            ("id", "07", b"body", header.clone()),
            ("id", "7", b"body ", header.clone()),
            ("id", "7", b"body", header.replace("v1,", "v1a,")),
            ("id", "7", b"body", header[..header.len() - 4].to_owned()),
            ("id", "7", b"body", String::new()),
        ] {
            assert!(!verify(&keys, id, timestamp, &header, body), "{id} {timestamp} {header}");
        }
    }

    #[test]
    fn while_a_secret_is_rotated_either_one_verifies() {
        let both = Key::parse_list(&format!("{SECRET} old-text-secret")).unwrap();
        let header = sign(&both, "id", 7, b"body");
        assert_eq!(header.split(' ').count(), 2);
        for key in &both {
            assert!(verify(std::slice::from_ref(key), "id", "7", &header, b"body"));
        }
        assert!(!verify(&[Key::parse("another").unwrap()], "id", "7", &header, b"body"));
    }

    #[test]
    fn a_secret_is_base64_or_a_plain_text_and_is_not_shown() {
        for text in ["whsec_", "whsec_short", "whsec_%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%"] {
            assert_eq!(Key::parse(text), Err(KeyError), "{text}");
        }
        assert_eq!(format!("{:?}", Key::parse(SECRET)), "Ok(***REDACTED***)");
    }
}
