//! Events that become jobs: keys and nonces, one by one and together.

use openclaw_server::store::{Acceptance, JobRecord, NonceClaim};
use openclaw_shared::job::JobState;

use super::{Opened, accepted, keyed, record};

#[tokio::test]
async fn a_key_finds_its_job_until_it_expires_and_refuses_another_payload() {
    let opened = Opened::new().await;
    let first = accepted(opened.store.accept(keyed("a", "k", 1, 1000)).await.unwrap());
    let again = opened.store.accept(keyed("b", "k", 1, 1099)).await.unwrap();
    assert_eq!(again, Acceptance::Replayed(Box::new(first.clone())));
    assert_eq!(opened.store.accept(keyed("c", "k", 2, 1099)).await.unwrap(), Acceptance::KeyReused);
    assert_eq!(opened.store.used_key("default", "k", 1099).await.unwrap().unwrap().job, first);
    let other_tenant = JobRecord { tenant: "other".into(), ..keyed("d", "k", 2, 1099) };
    accepted(opened.store.accept(other_tenant).await.unwrap());
    accepted(opened.store.accept(keyed("e", "k", 2, 1100)).await.unwrap());
    assert!(opened.store.job("b").await.unwrap().is_none() && opened.store.job("c").await.unwrap().is_none());
}

#[tokio::test]
async fn a_failed_job_releases_its_key_and_a_good_one_keeps_it() {
    for (end, released) in [
        (JobState::Failed, true),
        (JobState::Lost, true),
        (JobState::Succeeded, false),
        (JobState::Cancelled, false),
        (JobState::Interrupted, false),
    ] {
        let opened = Opened::new().await;
        opened.store.accept(keyed("a", "k", 1, 1000)).await.unwrap();
        opened.end("a", end).await;
        let again = opened.store.accept(keyed("b", "k", 1, 1001)).await.unwrap();
        assert_eq!(matches!(again, Acceptance::New(_)), released, "{end:?}");
    }
}

#[tokio::test]
async fn a_nonce_counts_once_and_a_refused_event_does_not_use_it_up() {
    let opened = Opened::new().await;
    let with = |id: &str, at| JobRecord {
        nonce: Some(NonceClaim { nonce: "n".into(), expires_at: at + 100 }),
        ..keyed(id, "k", 1, at)
    };
    opened.store.accept(keyed("a", "k", 2, 1000)).await.unwrap();
    assert_eq!(opened.store.accept(with("b", 1001)).await.unwrap(), Acceptance::KeyReused);
    let fresh = JobRecord { key: None, ..with("c", 1002) };
    accepted(opened.store.accept(fresh).await.unwrap());
    let opened = opened.again().await;
    let replayed = JobRecord { key: None, ..with("d", 1003) };
    assert_eq!(opened.store.accept(replayed).await.unwrap(), Acceptance::NonceUsed);
    accepted(opened.store.accept(JobRecord { key: None, ..with("e", 1102) }).await.unwrap());
}

#[tokio::test]
async fn a_known_event_uses_its_nonce_up() {
    let opened = Opened::new().await;
    let with = |id: &str, nonce: &str| JobRecord {
        nonce: Some(NonceClaim { nonce: nonce.into(), expires_at: 2000 }),
        ..keyed(id, "k", 1, 1000)
    };
    accepted(opened.store.accept(with("a", "1")).await.unwrap());
    for (id, nonce, replayed) in [("b", "1", false), ("c", "2", true), ("d", "2", false)] {
        let answer = opened.store.accept(with(id, nonce)).await.unwrap();
        assert_eq!(matches!(answer, Acceptance::Replayed(_)), replayed, "{id} {answer:?}");
    }
}

#[tokio::test]
async fn events_that_come_together_are_all_stored_even_beside_one_that_cannot_be() {
    let opened = Opened::new().await;
    opened.accept("taken").await;
    let ids: Vec<_> =
        (0..40).map(|n| if n == 20 { "taken".to_owned() } else { format!("job-{n}") }).collect();
    let all = ids.iter().map(|id| opened.store.accept(record(id)));
    let results = futures_util::future::join_all(all).await;
    for (id, result) in ids.iter().zip(&results) {
        assert_eq!(result.is_ok(), id != "taken", "{id}: {result:?}");
    }
    assert_eq!(opened.store.open_jobs().await.unwrap().len(), 40);
    let events = opened.store.events(0, 100, None).await.unwrap().events;
    assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), (1..=40).collect::<Vec<_>>());
}

#[tokio::test]
async fn of_events_that_come_together_the_first_has_the_key_and_the_nonce() {
    let opened = Opened::new().await;
    let nonce = |id: &str| JobRecord {
        nonce: Some(NonceClaim { nonce: "n".into(), expires_at: 2000 }),
        callback: Some("{}".into()),
        ..record(id)
    };
    let mut records = vec![
        keyed("a", "k", 1, 1000),
        nonce("b"),
        keyed("c", "k", 1, 1000),
        nonce("d"),
        keyed("e", "k", 2, 1000),
        keyed("f", "another", 2, 1000),
    ];
    records.extend((0..100).map(|n| record(&format!("job-{n}"))));
    let accepted = records.iter().map(|record| opened.store.accept(record.clone()));
    let answers = futures_util::future::join_all(accepted).await;
    let first = Box::new(opened.store.job("a").await.unwrap().unwrap());
    for (record, answer) in records.iter().zip(answers) {
        let stored = opened.store.job(&record.id).await.unwrap().map(Box::new);
        let expected = match &*record.id {
            "c" => Acceptance::Replayed(first.clone()),
            "d" => Acceptance::NonceUsed,
            "e" => Acceptance::KeyReused,
            _ => Acceptance::New(stored.clone().unwrap()),
        };
        assert_eq!(answer.unwrap(), expected, "{}", record.id);
        assert_eq!(stored.is_some(), matches!(expected, Acceptance::New(_)));
        let events = opened.store.events(0, 10, Some(&record.id)).await.unwrap().events;
        assert_eq!(events.len(), usize::from(stored.is_some()));
        let payload = opened.store.retryable(&record.id).await.unwrap();
        assert_eq!(payload.map(|found| found.callback), stored.map(|_| record.callback.clone()));
    }
}
