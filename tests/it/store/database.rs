//! The file that SQLite keeps: of an earlier version, of a newer one, damaged, somebody else's.

use std::path::Path;

use openclaw_server::store::StoreError;
use openclaw_server::store::sqlite::Sqlite;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use super::Opened;

#[tokio::test]
async fn a_database_of_an_earlier_version_is_brought_up_to_date_with_what_is_in_it() {
    const FIRST: &str = include_str!("../../../server/migrations/0001_jobs.sql");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("jobs.db");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    let job = "INSERT INTO jobs (id, tenant, source, trace_id, state, created_at)
               VALUES ('old', 'default', 'webhook', 't', 'queued', 1);
               INSERT INTO payloads (job_seq, prompt, extra_data) VALUES (1, '{}', '{}');";
    let script =
        format!("PRAGMA application_id = 1329809986; PRAGMA user_version = 1; BEGIN; {FIRST} {job} COMMIT;");
    sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let opened = Opened::at(directory).await;
    assert_eq!(opened.store.open_jobs().await.unwrap().len(), 1);
    assert_eq!(opened.store.claim(1, 2).await.unwrap().unwrap().id, "old");
}

/// Spoils the database of a server that was stopped, and opens it again.
async fn spoiled(spoil: impl FnOnce(&Path)) -> Result<Sqlite, StoreError> {
    let opened = Opened::new().await;
    for n in 0..50 {
        opened.accept(&n.to_string()).await;
    }
    opened.store.close().await;
    spoil(&opened.directory.path().join("jobs.db"));
    Sqlite::open(opened.directory.path(), &opened.tasks).await
}

#[tokio::test]
async fn a_damaged_database_is_refused_and_never_taken_for_an_empty_one() {
    for (case, result) in [
        ("empty", spoiled(|path| std::fs::write(path, "").unwrap()).await),
        ("text", spoiled(|path| std::fs::write(path, "x".repeat(5000)).unwrap()).await),
        ("cut", spoiled(|path| std::fs::write(path, &std::fs::read(path).unwrap()[..8192]).unwrap()).await),
        (
            "overwritten",
            spoiled(|path| {
                let mut bytes = std::fs::read(path).unwrap();
                bytes[4096..].fill(0xAA);
                std::fs::write(path, bytes).unwrap();
            })
            .await,
        ),
        (
            "gone",
            spoiled(|path| {
                std::fs::rename(path, path.with_extension("db-wal")).unwrap();
            })
            .await,
        ),
    ] {
        assert!(matches!(result, Err(StoreError::Damaged { .. })), "{case}: {:?}", result.err());
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_or_of_another_program_is_refused() {
    // Both numbers stand in the header: https://sqlite.org/fileformat2.html#the_database_header
    let set = |at: usize| {
        move |path: &Path| {
            let mut bytes = std::fs::read(path).unwrap();
            bytes[at..at + 4].copy_from_slice(&99_u32.to_be_bytes());
            std::fs::write(path, bytes).unwrap();
        }
    };
    let newer = spoiled(set(60)).await.err().unwrap();
    assert!(matches!(newer, StoreError::Newer { found: 99, .. }), "{newer}");
    let foreign = spoiled(set(68)).await.err().unwrap();
    assert!(matches!(foreign, StoreError::Foreign { .. }), "{foreign}");
}
