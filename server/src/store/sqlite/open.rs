//! Opening the file, and refusing one that is not ours, not whole or not of this age.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, SqliteConnection, SqlitePool};

use super::StoreError;

/// In order; a database has run as many of them as its `user_version` says.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/0001_jobs.sql"),
    include_str!("../../../migrations/0002_indexes.sql"),
    include_str!("../../../migrations/0003_durations.sql"),
    include_str!("../../../migrations/0004_origins.sql"),
];
/// `OCJB` in SQLite's header, so that nobody's other database is taken for ours.
const APPLICATION_ID: i64 = 0x4f43_4a42;
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Every page is checked at the start of a database up to this size: milliseconds. A larger one is trusted page by
/// page, as it is read, so that a start does not take seconds.
const CHECKED_BYTES: u64 = 16 << 20;
/// Statements that stay prepared at the writer: four for each number of jobs that come in together, and the others.
const STATEMENTS: usize = 256;
/// Two connections of this process never wait this long for each other; a backup tool may.
const BUSY: Duration = Duration::from_secs(5);

/// The connection that writes. Creates the database when there is none.
pub async fn writer(path: &Path) -> Result<SqliteConnection, StoreError> {
    let damaged = |detail: &str| StoreError::Damaged { path: path.to_owned(), detail: detail.to_owned() };
    let wal_bytes = fs::metadata(beside(path, "-wal")).map_or(0, |file| file.len());
    match fs::metadata(path) {
        Ok(file) => check_header(path, file.len(), wal_bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if wal_bytes > 0 {
                return Err(damaged("its journal is there, the file itself is gone"));
            }
            create(path).await?;
        }
        Err(source) => return Err(StoreError::Io { path: path.to_owned(), source }),
    }
    let refuse = |error: sqlx::Error| refusal(path, error);
    let mut connection =
        options(path).statement_cache_capacity(STATEMENTS).connect().await.map_err(refuse)?;
    let number = async |connection: &mut SqliteConnection, pragma: &'static str| {
        sqlx::query_scalar::<_, i64>(pragma).fetch_one(connection).await
    };
    if number(&mut connection, "PRAGMA application_id").await.map_err(refuse)? != APPLICATION_ID {
        return Err(StoreError::Foreign { path: path.to_owned() });
    }
    let found = number(&mut connection, "PRAGMA user_version").await.map_err(refuse)?;
    let known = i64::try_from(MIGRATIONS.len()).expect("a handful");
    if found > known {
        return Err(StoreError::Newer { path: path.to_owned(), found, known });
    }
    if fs::metadata(path).is_ok_and(|file| file.len() <= CHECKED_BYTES) {
        let check = sqlx::query_scalar::<_, String>("PRAGMA quick_check(1)");
        let verdict = check.fetch_one(&mut connection).await.map_err(refuse)?;
        if verdict != "ok" {
            return Err(damaged(&verdict));
        }
    }
    migrate(&mut connection, usize::try_from(found).unwrap_or_default()).await.map_err(refuse)?;
    Ok(connection)
}

/// Connections that only read; made when they are needed.
pub fn readers(path: &Path, count: u32) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(count)
        .connect_lazy_with(options(path).create_if_missing(false).pragma("query_only", "ON"))
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY)
        .journal_mode(SqliteJournalMode::Wal)
        // A commit is on disk when it returns, so that a power cut takes nothing back that was answered.
        .synchronous(SqliteSynchronous::Full)
        .create_if_missing(false)
        .disable_statement_logging()
}

/// Made under another name and renamed when it is whole: a file named jobs.db is never half a database.
async fn create(path: &Path) -> Result<(), StoreError> {
    let new = beside(path, ".new");
    let io = |source| StoreError::Io { path: path.to_owned(), source };
    for leftover in [new.clone(), beside(&new, "-wal"), beside(&new, "-shm")] {
        match fs::remove_file(&leftover) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io(error)),
            _ => {}
        }
    }
    let mut connection = options(&new).create_if_missing(true).connect().await?;
    sqlx::query(AssertSqlSafe(format!("PRAGMA application_id = {APPLICATION_ID}")))
        .execute(&mut connection)
        .await?;
    migrate(&mut connection, 0).await?;
    connection.close().await?;
    restrict(&new).map_err(io)?;
    // Opened for writing because Windows flushes nothing else.
    fs::OpenOptions::new().write(true).open(&new).and_then(|file| file.sync_all()).map_err(io)?;
    fs::rename(&new, path).map_err(io)?;
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)?;
    }
    Ok(())
}

/// Prompts are private: the owner's alone, and SQLite gives the journal the same rights.
#[cfg(unix)]
fn restrict(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the Unix twin can fail")]
fn restrict(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// What SQLite itself would forgive: an empty file, which it takes for a new database, and a cut one.
fn check_header(path: &Path, bytes: u64, wal_bytes: u64) -> Result<(), StoreError> {
    let damaged = |detail: &str| StoreError::Damaged { path: path.to_owned(), detail: detail.to_owned() };
    if bytes == 0 {
        return Err(damaged("the file is empty"));
    }
    let mut header = [0; 100];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    match read {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return Err(damaged("the file is cut short"));
        }
        Err(source) => return Err(StoreError::Io { path: path.to_owned(), source }),
        Ok(()) => {}
    }
    if !header.starts_with(MAGIC) {
        return Err(damaged("it is not an SQLite file"));
    }
    // https://sqlite.org/fileformat2.html#the_database_header
    let page_bytes = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        size => u64::from(size),
    };
    let pages = u64::from(u32::from_be_bytes([header[28], header[29], header[30], header[31]]));
    // With a journal the file may rightly be behind.
    if wal_bytes == 0 && bytes < pages * page_bytes {
        return Err(damaged("the file is cut short"));
    }
    Ok(())
}

async fn migrate(connection: &mut SqliteConnection, done: usize) -> Result<(), sqlx::Error> {
    for (index, migration) in MIGRATIONS.iter().enumerate().skip(done) {
        let version = index + 1;
        let script = format!("BEGIN IMMEDIATE;\n{migration}\nPRAGMA user_version = {version};\nCOMMIT;");
        sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut *connection).await?;
    }
    Ok(())
}

/// SQLite's own words for damage become ours.
fn refusal(path: &Path, error: sqlx::Error) -> StoreError {
    const CORRUPT: &str = "11";
    const NOT_A_DATABASE: &str = "26";
    let code = error.as_database_error().and_then(|error| error.code().map(std::borrow::Cow::into_owned));
    match code.as_deref() {
        Some(CORRUPT | NOT_A_DATABASE) => {
            StoreError::Damaged { path: path.to_owned(), detail: error.to_string() }
        }
        _ => StoreError::Database(error),
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
