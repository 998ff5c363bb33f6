use openclaw_tests::TestApp;
use reqwest::StatusCode;
use serde_json::json;

#[tokio::test]
async fn templates_are_listed_with_their_inputs_and_why_they_are_locked() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("templates");
    std::fs::create_dir(&folder).unwrap();
    let manifest = json!({"version": 1, "templates": {"mine": {"allowed_inputs": ["name"]}}});
    std::fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
    let graph = json!({"1": {"class_type": "SaveImage", "inputs": {"filename_prefix": "{{name}}"}}});
    std::fs::write(folder.join("mine.json"), graph.to_string()).unwrap();
    let app = TestApp::start_in(dir, &[]).await;
    let (status, list) = app.get("/openclaw/templates").await;
    assert_eq!((status, &list["count"]), (StatusCode::OK, &json!(4)));
    let find =
        |id: &str| list["templates"].as_array().unwrap().iter().find(|it| it["id"] == id).unwrap().clone();
    let sdxl = find("sdxl_basic");
    assert_eq!((&sdxl["locked"], &sdxl["bundled"]), (&json!(null), &json!(true)));
    assert_eq!(sdxl["inputs"][0]["type"], json!("text"));
    assert!(sdxl["allowed_inputs"].as_array().unwrap().contains(&json!("seed")));
    assert!(find("mine")["locked"].as_str().unwrap().contains("1.filename_prefix"), "{list}");
    let (status, answer) = app.post("/openclaw/templates/mine/run", &json!({})).await;
    assert_eq!((status.as_u16(), answer["error"].as_str()), (400, Some("template_error")));
}

#[tokio::test]
async fn a_template_is_run_dry_and_then_really() {
    let app = TestApp::start(&[]).await;
    let path = "/openclaw/templates/blank_image/run";
    let (status, dry) = app.post(path, &json!({"inputs": {"color": 255}, "dry_run": true})).await;
    assert_eq!((status, &dry["prompt_id"]), (StatusCode::OK, &json!(null)));
    assert_eq!(dry["render"]["workflow"]["1"]["inputs"]["color"], json!(255));
    assert_eq!(dry["inputs"], json!({"width": 512, "height": 512, "color": 255}));
    let body = json!({"inputs": {"color": 255}, "idempotency_key": "k", "title": "Blue"});
    let (_, first) = app.post(path, &body).await;
    let (_, again) = app.post(path, &body).await;
    assert_eq!((&again["deduped"], &again["prompt_id"]), (&json!(true), &first["prompt_id"]));
    let job = app.app.jobs().unwrap().get(first["prompt_id"].as_str().unwrap()).await.unwrap().unwrap();
    assert_eq!((job.title.as_deref(), job.source.as_str()), (Some("Blue"), "sidebar"));
    for (path, body, status) in [
        (path, json!({"inputs": {"color": -1}}), 400),
        (path, json!({"idempotency_key": "../k"}), 400),
        ("/openclaw/templates/nope/run", json!({}), 404),
        ("/openclaw/templates/..%2Fconfig/run", json!({}), 404),
    ] {
        assert_eq!(app.post(path, &body).await.0.as_u16(), status, "{path} {body}");
    }
}
