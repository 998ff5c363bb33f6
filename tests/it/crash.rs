use openclaw_tests::crash;

/// Each kind of strike once; `cargo xtask test --full` makes hundreds.
const KILLS: usize = crash::KINDS;

#[tokio::test(flavor = "multi_thread")]
async fn whenever_the_server_is_killed_no_event_is_lost_no_prompt_runs_twice_and_every_result_arrives() {
    let report = crash::run(KILLS, 7).await;
    assert_eq!(report.kills, KILLS);
    assert!(report.acknowledged > KILLS && report.succeeded > 0, "{report:?}");
    // On a slow machine some moments do not come in time, but most do.
    assert!(report.in_time * 2 > KILLS && report.replayed > 0 && report.retried > 0, "{report:?}");
}
