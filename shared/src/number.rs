//! Numbers as people and models write them.

use serde_json::Value;

/// A finite number, from a JSON number or from text that is one.
pub fn from_value(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64().filter(|number| number.is_finite()),
        Value::String(text) => from_text(text),
        _ => None,
    }
}

/// A finite decimal number, also as `+7`, `.5`, `5.` and `007`.
///
/// `str::parse` would bring tables of 10 KB that do not compress, a thirtieth of the panel; the reader of JSON is there
/// in any case.
pub fn from_text(text: &str) -> Option<f64> {
    let text = text.trim();
    let (minus, text) = match text.strip_prefix('-') {
        Some(text) => ("-", text),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let starts_with_digit = |text: &str| text.as_bytes().first().is_some_and(u8::is_ascii_digit);
    let digits = text.trim_start_matches('0');
    if !starts_with_digit(text) && !text.strip_prefix('.').is_some_and(starts_with_digit) {
        return None;
    }
    let zero = if starts_with_digit(digits) { "" } else { "0" };
    let plain = [minus, zero, digits.strip_suffix('.').unwrap_or(digits)].concat();
    serde_json::from_str::<Value>(&plain).ok()?.as_f64()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_is_read_as_the_standard_library_reads_it() {
        let numbers = [
            "7",
            " 7.5 ",
            "-1",
            "+3",
            ".5",
            "5.",
            "007",
            "0",
            "-0.25",
            "0.0",
            "00.5",
            "1e3",
            "2.5E-2",
            "-.5",
            "0e5",
            "1000000",
            "6.999999",
            "0.1",
            "0.3",
            "1.15",
            "123456.789",
            "18446744073709551615",
        ];
        for text in numbers {
            assert_eq!(from_text(text), text.trim().parse().ok(), "{text:?}");
        }
        for text in [
            "", " ", ".", "-", "+", "e5", ".e5", "1e", "1.2.3", "--1", "+-1", "0x10", "1,5", "7px", "inf",
            "NaN", "1e999", "true", "[1]",
        ] {
            assert_eq!(from_text(text), None, "{text:?}");
        }
    }

    #[test]
    fn values_are_numbers_or_text_that_is_one() {
        assert_eq!(from_value(&json!(7.5)), Some(7.5));
        assert_eq!(from_value(&json!("7.5")), Some(7.5));
        for other in [json!(null), json!(true), json!("seven"), json!([7])] {
            assert_eq!(from_value(&other), None, "{other}");
        }
    }
}
