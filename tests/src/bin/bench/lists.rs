//! Lists of a million jobs.

use std::process::Stdio;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use openclaw_server::store::sqlite::Sqlite;
use openclaw_server::store::sqlite::writer::{Tx, Unit};
use openclaw_server::store::{Store as _, StoreError};
use openclaw_tests::ServerProcess;
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;

use crate::measure::{ms, quantiles, resident_mb, round};
use crate::wire::Connection;

const JOBS: i64 = 1_000_000;
/// Each list is read so often, page after page.
const PAGES: usize = 200;
const LISTS: [&str; 14] = [
    "",
    "sort_order=asc",
    "state=failed",
    "status=completed",
    "source=trigger",
    "state=failed,lost,queued&source=webhook,chat",
    "template_id=blank_image",
    "template_id=blank_image&status=failed",
    "template_id=template_7&state=queued,interrupted",
    "template_id=blank_image&source=chat",
    "workflow_id=workflow_3&status=failed",
    "sort_by=execution_duration",
    "sort_by=execution_duration&template_id=blank_image&status=failed",
    "sort_by=execution_duration&template_id=template_7&state=lost",
];

/// Half of the jobs are of one template and nearly all of them succeeded, as with a sender that runs all day.
struct Seed {
    now: i64,
}

impl Unit for Seed {
    type Output = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        sqlx::query(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1),
             r AS MATERIALIZED (SELECT i, abs(random() % 1000) AS a, abs(random() % 1000) AS b,
                                abs(random() % 1000) AS c, abs(random() % 100000) AS ms FROM n)
             INSERT INTO jobs (id, tenant, source, template_id, workflow_id, trace_id, state, created_at, submitted_at,
                               started_at, ended_at, duration_ms, outputs, outputs_count)
             SELECT printf('%08x-0000-7000-8000-%012x', i, i), 'default',
                    CASE WHEN a < 700 THEN 'webhook' WHEN a < 800 THEN 'trigger' WHEN a < 999 THEN 'host' ELSE 'chat' END,
                    CASE WHEN a BETWEEN 800 AND 998 THEN NULL WHEN b < 500 THEN 'blank_image' ELSE 'template_' || b % 20 END,
                    CASE WHEN a BETWEEN 800 AND 998 THEN 'workflow_' || b % 10 END,
                    printf('%032x', i * 2654435761),
                    CASE WHEN i > ?1 - 50 THEN 'queued' WHEN c < 950 THEN 'succeeded' WHEN c < 980 THEN 'failed'
                         WHEN c < 990 THEN 'cancelled' WHEN c < 999 THEN 'interrupted' ELSE 'lost' END,
                    ?2 - (?1 - i) * 100, ?2 - (?1 - i) * 100 + 5, ?2 - (?1 - i) * 100 + 10,
                    CASE WHEN i > ?1 - 50 THEN NULL ELSE ?2 - (?1 - i) * 100 + 10 + ms END,
                    CASE WHEN i > ?1 - 50 THEN 0 ELSE ms END,
                    '[{\"node_id\":\"9\",\"kind\":\"image\",\"filename\":\"openclaw_00001_.png\",\"view\":\"/view?filename=openclaw_00001_.png\"}]',
                    1
             FROM r",
        )
        .bind(JOBS)
        .bind(self.now)
        .execute(&mut tx.connection)
        .await?;
        Ok(())
    }
}

pub async fn measure() -> Value {
    let dir = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let tasks = TaskTracker::new();
    let store = Sqlite::open(dir.path(), &tasks).await.unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    store.write(Seed { now: i64::try_from(now).unwrap() }).await.unwrap();
    store.close().await;
    tasks.close();
    tasks.wait().await;
    let seeded = started.elapsed();
    let bytes = std::fs::metadata(dir.path().join("jobs.db")).unwrap().len();
    let started = Instant::now();
    let env = [("OPENCLAW_KEEP_JOBS", "2000000"), ("OPENCLAW_LOG", "warn")];
    let mut server = ServerProcess::start_logging(dir.path(), &[], &env, Stdio::null());
    let ready = server.line().await;
    let (url, pid) = (ready["url"].as_str().unwrap(), server.child.id().unwrap());
    let mut report = json!({
        "jobs": JOBS, "database_mb": bytes >> 20, "seeded_s": round(seeded.as_secs_f64()),
        "ready_ms": round(ms(started)), "rss_mb": round(resident_mb(pid)),
    });
    let mut connection = Connection::open(url).await;
    for query in LISTS {
        report["lists_ms"][query] = list(&mut connection, query).await;
    }
    report["rss_mb_after"] = json!(round(resident_mb(pid)));
    report
}

/// From the first page on, and from there again when there are no more.
async fn list(connection: &mut Connection, query: &str) -> Value {
    let (mut taken, mut cursor, mut longest) = (Vec::new(), String::new(), 0);
    for _ in 0..PAGES {
        let sent = Instant::now();
        assert_eq!(connection.get(&format!("/openclaw/jobs?limit=50&{query}{cursor}")).await, 200);
        taken.push(ms(sent));
        let page: Value = serde_json::from_slice(connection.body()).unwrap();
        longest = longest.max(page["jobs"].as_array().unwrap().len());
        let next = page["pagination"]["next_cursor"].as_str();
        cursor = next.map_or_else(String::new, |next| format!("&cursor={next}"));
    }
    let mut report = quantiles(taken);
    report["jobs"] = json!(longest);
    report
}
