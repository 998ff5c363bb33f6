//! Numbers as models write them.

/// The number as JSON and whether it was written so. `+1`, `.5` and `5.` are understood; `010`, `0x10` and `1_000`
/// mean different things to different readers, and a number too large for a float would turn into infinity.
pub(super) fn canonical(word: &str) -> Option<(String, bool)> {
    let (sign, unsigned) = match word.as_bytes().first()? {
        b'-' => ("-", &word[1..]),
        b'+' => ("", &word[1..]),
        _ => ("", word),
    };
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => unsigned.split_at(at),
        None => (unsigned, ""),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_digits = exponent.get(1..).unwrap_or_default().trim_start_matches(['+', '-']);
    let well_formed = digits(whole)
        && digits(fraction.unwrap_or_default())
        && !(whole.is_empty() && fraction.is_none_or(str::is_empty))
        && !(whole.len() > 1 && whole.starts_with('0'))
        && (exponent.is_empty() || (!exponent_digits.is_empty() && digits(exponent_digits)))
        && exponent.len() <= exponent_digits.len() + 2;
    if !well_formed {
        return None;
    }
    let number = match fraction {
        Some(fraction) => format!("{sign}{whole:0>1}.{fraction:0>1}{exponent}"),
        None => format!("{sign}{whole}{exponent}"),
    };
    let finite = (fraction.is_none() && exponent.is_empty()) || number.parse().is_ok_and(f64::is_finite);
    finite.then(|| {
        let strict = number == word;
        (number, strict)
    })
}
