//! What ComfyUI does in between: it answers late or not at all, restarts, and has prompts of its own.

use openclaw_shared::event::{EventType, StreamEvent};
use openclaw_shared::job::{JobErrorKind, JobSource, JobState};
use openclaw_tests::{EventStream, FakeComfy, TestApp};
use reqwest::StatusCode;
use serde_json::json;

use super::{Pair, accept, new_job, nodes, wait};

#[tokio::test]
async fn when_an_answer_breaks_off_comfyui_is_asked_and_the_job_is_not_sent_again() {
    let pair = Pair::start().await;
    pair.comfy.break_answers(1);
    let job = pair.accept(nodes(&["Save"])).await;
    pair.wait(&job.id, JobState::Succeeded).await;
    let next = pair.accept(nodes(&["Save"])).await;
    pair.wait(&next.id, JobState::Succeeded).await;
    assert_eq!(pair.comfy.submitted(), [job.id, next.id]);
}

#[tokio::test]
async fn jobs_reach_comfyui_in_their_order_even_when_one_of_them_has_to_be_asked_for() {
    let comfy = FakeComfy::start().await;
    let app = TestApp::start(&[("OPENCLAW_COMFYUI_URL", "http://127.0.0.1:9")]).await;
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(accept(&app, new_job(nodes(&["Save"]))).await.unwrap().job.id);
    }
    comfy.break_answers(1);
    let app = app.restart(&[("OPENCLAW_COMFYUI_URL", &comfy.url)]).await;
    for id in &ids {
        wait(&app, id, JobState::Succeeded).await;
    }
    assert_eq!(comfy.submitted(), ids, "each once");
}

#[tokio::test]
async fn what_ended_while_nobody_listened_is_found_in_the_history() {
    let pair = Pair::start().await;
    let job = pair.accept(nodes(&["Hold"])).await;
    pair.wait(&job.id, JobState::Running).await;
    pair.comfy.hang_up();
    pair.comfy.release();
    pair.wait(&job.id, JobState::Succeeded).await;
}

#[tokio::test]
async fn a_newer_comfyui_is_asked_for_the_prompt_itself_and_an_older_one_once() {
    let pair = Pair::start().await;
    for asked in [1, 1, 2, 3] {
        if asked == 2 {
            pair.comfy.update();
            // A newer one is another process, so the connection breaks.
            let connections = pair.comfy.sockets();
            pair.comfy.hang_up();
            while pair.comfy.sockets() == connections {
                tokio::task::yield_now().await;
            }
        }
        pair.comfy.break_answers(1);
        let job = pair.accept(nodes(&["Save"])).await;
        pair.wait(&job.id, JobState::Succeeded).await;
        assert_eq!(pair.comfy.jobs(), asked);
    }
    assert_eq!(pair.comfy.repeated(), []);
}

#[tokio::test]
async fn a_restart_of_comfyui_loses_what_it_had_and_nothing_that_waits_here() {
    let pair = Pair::with(&[("OPENCLAW_HOST_QUEUE_DEPTH", "2")]).await;
    let running = pair.accept(nodes(&["Hold"])).await;
    pair.wait(&running.id, JobState::Running).await;
    let there = pair.accept(nodes(&["Save"])).await;
    pair.wait(&there.id, JobState::Submitted).await;
    let here = pair.accept(nodes(&["Save"])).await;
    pair.comfy.restart();
    for lost in [&running, &there] {
        let job = pair.wait(&lost.id, JobState::Lost).await;
        assert_eq!(job.error.unwrap().kind, JobErrorKind::Lost);
    }
    pair.wait(&here.id, JobState::Succeeded).await;
    assert_eq!(pair.comfy.submitted(), [running.id, there.id, here.id]);
}

#[tokio::test]
async fn what_somebody_takes_out_of_comfyuis_queue_is_cancelled_and_not_lost() {
    let pair = Pair::start().await;
    let running = pair.accept(nodes(&["Hold"])).await;
    pair.wait(&running.id, JobState::Running).await;
    let waiting = pair.accept(nodes(&["Save"])).await;
    pair.wait(&waiting.id, JobState::Submitted).await;
    pair.comfy.delete_as_page(&waiting.id);
    let job = pair.wait(&waiting.id, JobState::Cancelled).await;
    assert_eq!(job.error.unwrap().message, "Taken out of ComfyUI's queue.");
}

#[tokio::test]
async fn prompts_of_comfyuis_own_page_appear_and_end_as_jobs_of_the_host() {
    let pair = Pair::start().await;
    let mut stream = EventStream::open(&pair.app.url, "", None).await;
    stream.next().await;
    pair.comfy.queue_as_page("of-the-page", &nodes(&["Hold"]));
    pair.comfy.queue_as_page("after-it", &nodes(&["Save"]));
    // A look can catch it before it begins.
    while stream.next_job().await.event_type != EventType::Running {}
    let (_, list) = pair.app.get("/openclaw/jobs?source=host&sort_order=asc").await;
    assert_eq!(list["jobs"][0]["id"], json!("of-the-page"));
    assert_eq!(list["jobs"][0]["workflow_id"], json!("a-workflow"));
    pair.wait("after-it", JobState::Submitted).await;
    // Behind the one that begins, then next.
    loop {
        if let StreamEvent::Positions(queue) = stream.next().await
            && queue.positions.get("after-it") == Some(&0)
        {
            break;
        }
    }
    pair.comfy.release();
    pair.wait("of-the-page", JobState::Succeeded).await;
    pair.wait("after-it", JobState::Succeeded).await;
    let (status, body) = pair.app.post("/openclaw/jobs/of-the-page/retry", &json!({})).await;
    assert_eq!((status, &body["error"]), (StatusCode::CONFLICT, &json!("job_state_conflict")));
}

#[tokio::test]
async fn a_prompt_of_the_page_that_nobody_saw_in_the_queue_is_found_in_the_history() {
    let comfy = FakeComfy::start().await;
    comfy.queue_as_page("before-us", &nodes(&["Save"]));
    while comfy.finished() == 0 {
        tokio::task::yield_now().await;
    }
    let app = TestApp::start(&[("OPENCLAW_COMFYUI_URL", &comfy.url)]).await;
    let mut stream = EventStream::open(&app.url, "?since=0", None).await;
    while stream.next_job().await.event_type != EventType::Completed {}
    let job = wait(&app, "before-us", JobState::Succeeded).await;
    assert_eq!((job.source, job.outputs.len()), (JobSource::Host, 1));
}

#[tokio::test]
async fn comfyui_gets_a_few_jobs_at_a_time_and_all_in_the_end() {
    let pair = Pair::with(&[("OPENCLAW_HOST_QUEUE_DEPTH", "3")]).await;
    let first = pair.accept(nodes(&["Hold"])).await;
    pair.wait(&first.id, JobState::Running).await;
    let mut ids = vec![first.id];
    for _ in 0..8 {
        ids.push(pair.accept(nodes(&["Save"])).await.id);
    }
    pair.wait(&ids[2], JobState::Submitted).await;
    assert_eq!(pair.comfy.queued(), 3);
    pair.comfy.release();
    for id in &ids {
        pair.wait(id, JobState::Succeeded).await;
    }
    assert_eq!(pair.comfy.submitted(), ids, "in the order in which they were accepted");
}

#[tokio::test]
async fn without_comfyui_jobs_wait_and_the_list_says_why() {
    let app = TestApp::start(&[("OPENCLAW_COMFYUI_URL", "http://127.0.0.1:9")]).await;
    let mut stream = EventStream::open(&app.url, "", None).await;
    let problem = loop {
        if let Some(problem) = stream.next_host().await.problem {
            break problem;
        }
    };
    assert!(problem.contains("http://127.0.0.1:9"), "{problem}");
    let job = accept(&app, new_job(nodes(&["Save"]))).await.unwrap().job;
    assert_eq!(app.get(&format!("/openclaw/jobs/{}", job.id)).await.1["job"]["state"], json!("queued"));
}

#[tokio::test]
async fn many_jobs_are_followed_on_one_socket_without_asking_for_each() {
    let pair = Pair::with(&[("OPENCLAW_HOST_QUEUE_DEPTH", "200")]).await;
    let first = pair.accept(nodes(&["Hold"])).await;
    pair.wait(&first.id, JobState::Running).await;
    let mut last = first.id;
    for _ in 0..99 {
        last = pair.accept(nodes(&["Save"])).await.id;
    }
    pair.wait(&last, JobState::Submitted).await;
    assert_eq!(pair.comfy.lookups().0, 0, "nobody asks for a job that has not ended");
    pair.comfy.release();
    pair.wait(&last, JobState::Succeeded).await;
    let (histories, _) = pair.comfy.lookups();
    assert!(histories <= 110, "about one look a job, at its end: {histories}");
}

#[tokio::test]
async fn a_job_that_ended_before_it_was_known_to_have_arrived_ends_here_too() {
    let comfy = FakeComfy::start().await;
    let env = [("OPENCLAW_COMFYUI_URL", comfy.url.as_str())];
    let app = TestApp::start(&[("OPENCLAW_COMFYUI_URL", "http://127.0.0.1:9")]).await;
    let job = accept(&app, new_job(nodes(&["Save"]))).await.unwrap().job;
    // As after a crash between ComfyUI's answer and writing it down.
    let claimed = app.app.jobs().unwrap().store().claim(1, 0).await.unwrap().unwrap();
    comfy.queue_as_page(&claimed.id, &serde_json::from_str(&claimed.prompt).unwrap());
    while comfy.finished() == 0 {
        tokio::task::yield_now().await;
    }
    let app = app.restart(&env).await;
    wait(&app, &job.id, JobState::Succeeded).await;
    assert_eq!(comfy.submitted(), Vec::<String>::new(), "it is not handed over again");
}
