//! Secrets that are known by their form.
//!
//! Providers give their keys a prefix so that they can be found. A prefix counts only where a word begins and with
//! a body that looks random behind it: `sk-learn-tutorial` and `npm_config_registry` are words.

mod parts;
mod pem;

use std::ops::Range;

use super::value::looks_random;

/// What a token's body is made of, beside letters and digits.
#[derive(Clone, Copy)]
enum Body {
    Plain,
    Underscore,
    Hyphen,
    /// Hyphen and underscore, as in base64 for URLs.
    Url,
    /// As before, in parts joined by dots.
    Dotted,
    Base64,
    /// Capitals and digits, exactly as many.
    Capitals,
}

impl Body {
    fn has(self, byte: u8) -> bool {
        match self {
            Self::Capitals => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            _ if byte.is_ascii_alphanumeric() => true,
            Self::Plain => false,
            Self::Underscore => byte == b'_',
            Self::Hyphen => byte == b'-',
            Self::Url => matches!(byte, b'-' | b'_'),
            Self::Dotted => matches!(byte, b'-' | b'_' | b'.'),
            Self::Base64 => matches!(byte, b'-' | b'_' | b'+' | b'/' | b'='),
        }
    }
}

/// Prefix, body and the body's least length. The longer of two prefixes stands first.
const TOKENS: &[(&str, Body, usize)] = &[
    // Language models.
    ("sk-ant-", Body::Url, 16),
    ("sk-proj-", Body::Url, 16),
    ("sk-svcacct-", Body::Url, 16),
    ("sk-admin-", Body::Url, 16),
    ("sk-None-", Body::Url, 16),
    ("sk-or-", Body::Url, 16),
    ("sk-lf-", Body::Url, 16),
    ("sess-", Body::Plain, 20),
    ("xai-", Body::Url, 20),
    ("gsk_", Body::Underscore, 20),
    ("AIza", Body::Url, 30),
    ("pplx-", Body::Plain, 16),
    ("nvapi-", Body::Url, 16),
    ("hf_", Body::Plain, 20),
    ("api_org_", Body::Plain, 20),
    ("r8_", Body::Plain, 20),
    ("csk-", Body::Plain, 20),
    ("tgp_v1_", Body::Url, 16),
    ("fw_", Body::Plain, 16),
    ("pa-", Body::Url, 32),
    ("jina_", Body::Plain, 20),
    ("tvly-", Body::Url, 16),
    ("pcsk_", Body::Underscore, 20),
    ("lsv2_", Body::Underscore, 20),
    ("rpa_", Body::Plain, 20),
    // Source code and packages.
    ("github_pat_", Body::Underscore, 20),
    ("ghp_", Body::Plain, 20),
    ("gho_", Body::Plain, 20),
    ("ghu_", Body::Plain, 20),
    ("ghs_", Body::Plain, 20),
    ("ghr_", Body::Plain, 20),
    ("glpat-", Body::Dotted, 16),
    ("gldt-", Body::Url, 16),
    ("glrt-", Body::Dotted, 16),
    ("glrtr-", Body::Url, 16),
    ("glcbt-", Body::Url, 16),
    ("glptt-", Body::Url, 16),
    ("glft-", Body::Url, 16),
    ("glimt-", Body::Url, 16),
    ("glagent-", Body::Url, 16),
    ("gloas-", Body::Url, 16),
    ("glsoat-", Body::Url, 16),
    ("glffct-", Body::Url, 16),
    ("npm_", Body::Plain, 20),
    ("pypi-", Body::Url, 20),
    ("rubygems_", Body::Plain, 20),
    ("dckr_pat_", Body::Url, 16),
    ("ATATT3", Body::Base64, 20),
    ("ATCTT3", Body::Base64, 20),
    ("ATBB", Body::Plain, 24),
    // Chat and webhooks.
    ("xoxb-", Body::Hyphen, 10),
    ("xoxp-", Body::Hyphen, 10),
    ("xoxa-", Body::Hyphen, 10),
    ("xoxr-", Body::Hyphen, 10),
    ("xoxs-", Body::Hyphen, 10),
    ("xoxe-", Body::Hyphen, 10),
    ("xoxe.", Body::Dotted, 20),
    ("xoxc-", Body::Hyphen, 10),
    ("xoxd-", Body::Base64, 10),
    ("xapp-", Body::Hyphen, 10),
    ("xwfp-", Body::Hyphen, 10),
    ("whsec_", Body::Base64, 16),
    ("whsk_", Body::Base64, 16),
    ("mfa.", Body::Url, 40),
    ("syt_", Body::Underscore, 20),
    ("EAA", Body::Plain, 60),
    // Clouds, payment and the rest.
    ("AKIA", Body::Capitals, 16),
    ("ASIA", Body::Capitals, 16),
    ("ABIA", Body::Capitals, 16),
    ("ACCA", Body::Capitals, 16),
    ("LTAI", Body::Plain, 16),
    ("AKID", Body::Plain, 32),
    ("ya29.", Body::Dotted, 20),
    ("1//0", Body::Url, 20),
    ("GOCSPX-", Body::Url, 16),
    ("AQ.", Body::Url, 30),
    ("sk_live_", Body::Underscore, 10),
    ("sk_test_", Body::Underscore, 10),
    ("rk_live_", Body::Underscore, 10),
    ("rk_test_", Body::Underscore, 10),
    ("sq0atp-", Body::Url, 16),
    ("sq0csp-", Body::Url, 16),
    ("EAAA", Body::Url, 40),
    ("SG.", Body::Dotted, 30),
    ("key-", Body::Plain, 32),
    ("dop_v1_", Body::Plain, 20),
    ("doo_v1_", Body::Plain, 20),
    ("dor_v1_", Body::Plain, 20),
    ("shpat_", Body::Plain, 20),
    ("shpca_", Body::Plain, 20),
    ("shppa_", Body::Plain, 20),
    ("shpss_", Body::Plain, 20),
    ("lin_api_", Body::Plain, 20),
    ("ntn_", Body::Plain, 20),
    ("secret_", Body::Plain, 32),
    ("figd_", Body::Url, 20),
    ("dapi", Body::Plain, 32),
    ("hvs.", Body::Url, 20),
    ("hvb.", Body::Url, 20),
    ("hvr.", Body::Url, 20),
    ("glsa_", Body::Underscore, 20),
    ("glc_", Body::Base64, 20),
    ("PMAK-", Body::Hyphen, 20),
    ("sntrys_", Body::Base64, 20),
    ("sntryu_", Body::Plain, 20),
    ("sbp_", Body::Plain, 20),
    ("sb_secret_", Body::Url, 16),
    ("nfp_", Body::Plain, 20),
    ("fm1_", Body::Base64, 20),
    ("fm2_", Body::Base64, 20),
    ("CFPAT-", Body::Url, 20),
    ("rnd_", Body::Plain, 20),
    ("tskey-", Body::Hyphen, 16),
    ("AGE-SECRET-KEY-1", Body::Plain, 20),
    ("phx_", Body::Plain, 20),
    ("vcp_", Body::Plain, 20),
    ("NRAK-", Body::Plain, 20),
    ("comfyui-", Body::Plain, 32),
    ("dp.pt.", Body::Plain, 40),
    ("dp.ct.", Body::Plain, 40),
    ("dp.sa.", Body::Plain, 40),
    ("dp.st.", Body::Dotted, 40),
    ("pscale_tkn_", Body::Url, 32),
    ("pscale_pw_", Body::Url, 32),
    ("pscale_oauth_", Body::Url, 32),
    ("pat-na1-", Body::Hyphen, 32),
    ("pat-eu1-", Body::Hyphen, 32),
    ("HRKU-", Body::Url, 32),
    ("pnu_", Body::Plain, 32),
    ("fo1_", Body::Url, 40),
    ("sk.eyJ", Body::Dotted, 40),
    ("sl.", Body::Url, 60),
    ("v1.0-", Body::Url, 100),
    ("SEC", Body::Plain, 64),
];

/// Prefixes that ordinary names begin with too: here a long part must look random by itself.
const COMMON: &[(&str, usize)] = &[("sk-", 16), ("sk_", 20)];
/// No word is that long. Some providers' keys are small letters alone.
const NO_WORD: usize = 40;
/// As much of a body as is judged.
const JUDGED: usize = 256;

pub(super) fn find(text: &str, spans: &mut Vec<Range<usize>>) {
    pem::find(text, spans);
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at].is_ascii_alphanumeric() && begins_word(text, at) {
            let end = token_end(text, at).or_else(|| parts::end(text, at));
            if let Some(end) = end {
                spans.push(at..end);
                at = end;
                continue;
            }
        }
        at += 1;
    }
}

/// Where the token ends that begins at `at`.
fn token_end(text: &str, at: usize) -> Option<usize> {
    let rest = &text.as_bytes()[at..];
    let known = TOKENS.iter().find_map(|(prefix, body, least)| {
        let tail = rest.strip_prefix(prefix.as_bytes())?;
        let length = tail.iter().take(JUDGED).take_while(|byte| body.has(**byte)).count();
        if let Body::Capitals = body {
            let alone = tail.get(length).is_none_or(|byte| !byte.is_ascii_alphanumeric());
            return (length == *least && alone).then_some(at + prefix.len() + length);
        }
        let start = at + prefix.len();
        looks_random(&text[start..start + length], *least).then(|| body_end(text, start, *body))
    });
    known.or_else(|| {
        COMMON.iter().find_map(|(prefix, least)| {
            let tail = rest.strip_prefix(prefix.as_bytes())?;
            let start = at + prefix.len();
            let length = tail.iter().take(JUDGED).take_while(|byte| Body::Url.has(**byte)).count();
            let parts = text[start..start + length].split(['-', '_']);
            parts
                .into_iter()
                .any(|part| looks_random(part, *least) || part.len() >= NO_WORD)
                .then(|| body_end(text, start, Body::Url))
        })
    })
}

/// A full stop or an equals sign at the end belongs to the text around, unless base64 ends with it.
fn body_end(text: &str, start: usize, body: Body) -> usize {
    let length = text[start..].bytes().take_while(|byte| body.has(*byte)).count();
    start + text[start..start + length].trim_end_matches('.').len()
}

/// Whether a word begins here: behind something that is no letter or digit, or behind an escape that ends with one.
fn begins_word(text: &str, at: usize) -> bool {
    let before = &text.as_bytes()[..at];
    match before {
        [.., last] if !last.is_ascii_alphanumeric() => true,
        // `\n`, `%22`, `\x22`, `\u0022`, and the colours of a terminal.
        [] | [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f'] => true,
        [.., b'%', high, low] | [.., b'\\', b'x', high, low] => {
            high.is_ascii_hexdigit() && low.is_ascii_hexdigit()
        }
        [.., b'\\', b'u', _, _, _, _] | [.., b'[', _, b'm'] | [.., b'[', _, _, b'm'] => true,
        _ => false,
    }
}
