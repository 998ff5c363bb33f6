use serde_json::json;

use super::*;

fn mappings(profiles: &Value) -> Mappings {
    Mappings(parse(&json!({"version": 1, "profiles": profiles}).to_string()))
}

fn map(profiles: &Value, name: &str, event: &Value) -> Result<WebhookRequest, String> {
    let Value::Object(event) = event.clone() else { panic!("an event is an object") };
    mappings(profiles).choose(Some(name), None)?.expect("it was asked for").map(event)
}

#[test]
fn a_value_gets_where_its_rule_says_in_the_form_it_says() {
    for (coercion, value, expected) in [
        ("passthrough", json!({"a": [1]}), Some(json!({"a": [1]}))),
        ("string", json!(7), Some(json!("7"))),
        ("string", json!(" x "), Some(json!(" x "))),
        ("int", json!(" 7 "), Some(json!(7))),
        ("int", json!(7.0), Some(json!(7))),
        ("int", json!(7.5), None),
        ("int", json!("7.5"), None),
        ("int", json!(1e300), None),
        ("float", json!("0.5"), Some(json!(0.5))),
        ("float", json!(2), Some(json!(2.0))),
        ("float", json!("inf"), None),
        ("bool", json!("Yes"), Some(json!(true))),
        ("bool", json!(0), Some(json!(false))),
        ("bool", json!("perhaps"), None),
        ("json", json!("[1, 2]"), Some(json!([1, 2]))),
        ("json", json!("[1"), None),
        ("json", json!([1]), Some(json!([1]))),
    ] {
        let rule = json!({"source_path": "a.b[1].c", "target_path": "inputs.x", "coercion": coercion});
        let profiles = json!({"p": {"template_id": "t", "rules": [rule]}});
        let mapped = map(&profiles, "p", &json!({"a": {"b": [{}, {"c": value}]}}));
        assert_eq!(mapped.ok().map(|request| request.inputs["x"].clone()), expected, "{coercion} {value}");
    }
}

#[test]
fn what_is_not_there_has_a_default_or_is_left_out_or_is_missed() {
    let profiles = json!({"p": {"template_id": "t", "rules": [
        {"source_path": "a", "target_path": "inputs.a"},
        {"source_path": "b", "target_path": "inputs.b", "default": 3},
        {"source_path": "c", "target_path": "inputs.c", "required": true},
        {"source_path": "id", "target_path": "job_id"},
        // The first that has a value counts.
        {"source_path": "d", "target_path": "inputs.c"},
    ]}});
    let request =
        map(&profiles, "p", &json!({"c": 1, "d": 2, "b": null, "id": "x:1", "template_id": "evil"})).unwrap();
    assert_eq!(Value::Object(request.inputs), json!({"b": 3, "c": 1}));
    assert_eq!((request.template_id.as_str(), request.job_id.as_deref()), ("t", Some("x:1")));
    assert_eq!(map(&profiles, "p", &json!({})).unwrap_err(), "c is missing");
    assert!(map(&profiles, "p", &json!({"c": 1, "id": "../x"})).unwrap_err().contains("job_id is wrong"));
}

#[test]
fn the_kinds_of_event_that_are_known_need_a_template_and_nothing_else() {
    let profiles =
        json!({"github_push": {"template_id": "card"}, "discord_message": {"template_id": "card"}});
    let push = json!({
        "ref": "refs/heads/main", "after": "6dcb09b5b57875f334f61aebed695e2e4193db5e", "pusher": {"name": "octocat"},
        "repository": {"full_name": "octo/hello"}, "head_commit": {"message": "Fix"}, "commits": [],
    });
    let request = map(&profiles, "github_push", &push).unwrap();
    let inputs =
        json!({"ref": "refs/heads/main", "repository": "octo/hello", "message": "Fix", "author": "octocat"});
    assert_eq!(Value::Object(request.inputs), inputs);
    assert_eq!(request.job_id.as_deref(), push["after"].as_str());
    let message = json!({"id": "1", "content": "a fox", "author": {"username": "ann"}});
    let request = map(&profiles, "discord_message", &message).unwrap();
    assert_eq!(Value::Object(request.inputs), json!({"message": "a fox", "author": "ann"}));
    let error = map(&json!({}), "github_push", &push).unwrap_err();
    assert!(error.contains("needs a template"), "{error}");
}

#[test]
fn a_source_chooses_and_a_name_beats_it() {
    let own = json!({"template_id": "t", "source": "Shop", "rules": []});
    let mappings = mappings(&json!({"own": own, "github_push": {"template_id": "t"}}));
    let chosen = |profile, source| match mappings.choose(profile, source) {
        Ok(Some(Chosen::Profile(name, _))) => name.to_owned(),
        Ok(Some(Chosen::Generic)) => GENERIC.to_owned(),
        Ok(None) => String::new(),
        Err(error) => error,
    };
    assert_eq!(chosen(None, Some("https://GitHub.com")), "github_push");
    assert_eq!(chosen(None, Some("my-shop-2")), "own");
    assert_eq!(chosen(None, Some("elsewhere")), "");
    assert_eq!(chosen(None, None), "");
    assert_eq!(chosen(Some("own"), Some("github")), "own");
    assert_eq!(chosen(Some("generic"), Some("github")), "generic");
    assert!(chosen(Some("nope"), Some("github")).contains("no mapping profile `nope`"));
}

#[test]
fn the_generic_profile_takes_the_normal_form_out_of_more() {
    let event = json!({"data": {"templateId": "t", "inputs": {"a": 1}, "sender": "x"}, "kind": "y"});
    let request = map(&json!({}), GENERIC, &event).unwrap();
    assert_eq!((request.template_id.as_str(), request.profile_id.as_str()), ("t", GENERIC));
    assert!(map(&json!({}), GENERIC, &json!({"inputs": {}})).is_err());
}

#[test]
fn a_file_that_is_wrong_maps_nothing_and_says_why() {
    let rule = |from: &str, to: &str| json!({"template_id": "t", "rules": [{"source_path": from, "target_path": to}]});
    let many: Vec<_> =
        (0..=MAX_RULES).map(|n| json!({"source_path": "a", "target_path": format!("inputs.{n}")})).collect();
    for (profile, part) in [
        (json!({"rules": []}), "template_id"),
        (json!({"template_id": "../x", "rules": []}), "template_id is wrong"),
        (json!({"template_id": "t"}), "no rules"),
        (json!({"template_id": "t", "rules": [], "source": ""}), "every source"),
        (json!({"template_id": "t", "rules": [], "nope": 1}), "nope"),
        (json!({"template_id": "t", "rules": many}), "more than 50 rules"),
        (
            json!({"template_id": "t", "rules": [], "callback": {"url": "https://x", "method": "GET"}}),
            "callback.method",
        ),
        (rule("a", "template_id"), "target_path"),
        (rule("a", "callback.url"), "target_path"),
        (rule("a", "inputs."), "target_path"),
        (rule("", "inputs.a"), "not a path"),
        (rule("a..b", "inputs.a"), "not a path"),
        (rule("a[x]", "inputs.a"), "not a path"),
        (rule("a[0", "inputs.a"), "not a path"),
        (rule(&"a".repeat(MAX_PATH + 1), "inputs.a"), "not a path"),
    ] {
        let mappings = mappings(&json!({"p": profile}));
        let error = mappings.choose(Some("p"), None).unwrap_err();
        assert!(error.contains(part), "{profile}: {error}");
        assert!(mappings.choose(None, Some("p")).unwrap().is_none());
    }
}
