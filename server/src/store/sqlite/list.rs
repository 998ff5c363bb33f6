//! Pages of jobs: every query walks an index to the rows it shows, however many there are.

use openclaw_shared::job::{JobSource, JobState, Pagination};
use sqlx::{QueryBuilder, Row as _, Sqlite, SqlitePool};

use super::{StoreError, row};
use crate::store::{Cursor, JobFilter, JobPage, Order};

/// Jobs that are put in order one by one. Of more than these in a million, a walk through all finds a page soon enough.
const FEW: i64 = 1000;

pub async fn page(readers: &SqlitePool, filter: &JobFilter) -> Result<JobPage, StoreError> {
    let mut tx = readers.begin().await?;
    let counted: i64 = count(filter).build_query_scalar().fetch_one(&mut *tx).await?;
    let few = counted <= FEW;
    let mut rows = rows(filter, few).build().fetch_all(&mut *tx).await?;
    let more = rows.len() > filter.limit as usize;
    rows.truncate(filter.limit as usize);
    let next = match rows.last() {
        Some(last) if more => {
            Some(Cursor { seq: last.try_get("seq")?, duration: last.try_get("duration_ms")? })
        }
        _ => None,
    };
    let jobs = rows.iter().map(row::job).collect::<Result<_, _>>()?;
    Ok(JobPage { jobs, next, total: u32::try_from(counted).unwrap_or(u32::MAX) })
}

/// One row more than a page has, to know whether there is another page.
fn wanted(filter: &JobFilter) -> u32 {
    filter.limit + 1
}

/// `few` tells that so few jobs are meant that they can be put in order one by one.
fn rows(filter: &JobFilter, few: bool) -> QueryBuilder<Sqlite> {
    let direction = if filter.ascending { "ASC" } else { "DESC" };
    let mut query = QueryBuilder::new("SELECT ");
    query.push(row::JOB).push(" FROM jobs WHERE ");
    if filter.order == Order::Created && is_in_pairs(filter) {
        // One short walk of the index for each pair of state and source, then the newest of them all.
        query.push("seq IN (SELECT seq FROM (");
        let (states, sources) = pairs(filter);
        let mut first = true;
        for state in &states {
            for source in &sources {
                query.push(if first { "SELECT * FROM (" } else { " UNION ALL SELECT * FROM (" });
                first = false;
                query.push("SELECT seq FROM jobs WHERE ");
                push_place(&mut query, filter);
                query.push("state = ").push_bind(state.as_str());
                query.push(" AND source = ").push_bind(source.as_str());
                push_cursor(&mut query, filter);
                query.push(" ORDER BY seq ").push(direction).push(" LIMIT ");
                query.push_bind(i64::from(wanted(filter)) + i64::from(filter.offset)).push(")");
            }
        }
        query.push(") ORDER BY seq ").push(direction);
        query.push(" LIMIT ").push_bind(wanted(filter)).push(" OFFSET ").push_bind(filter.offset);
        query.push(") ORDER BY seq ").push(direction);
        return query;
    }
    match filter.order {
        Order::Created => {
            push_conditions(&mut query, filter);
            push_cursor(&mut query, filter);
            query.push(" ORDER BY seq ").push(direction);
        }
        Order::Duration if few && is_narrow(filter) => {
            query.push("seq IN (SELECT seq FROM jobs WHERE ");
            push_conditions(&mut query, filter);
            query.push(")");
            push_cursor(&mut query, filter);
            query.push(" ORDER BY +duration_ms ").push(direction).push(", seq ").push(direction);
        }
        Order::Duration => return by_duration(query, filter, direction),
    }
    query.push(" LIMIT ").push_bind(wanted(filter)).push(" OFFSET ").push_bind(filter.offset);
    query
}

/// What has ended is walked from the longest or the shortest; what has not has no duration yet.
fn by_duration(mut query: QueryBuilder<Sqlite>, filter: &JobFilter, direction: &str) -> QueryBuilder<Sqlite> {
    let order = format!(" ORDER BY duration_ms {direction}, seq {direction} LIMIT ");
    query.push("seq IN (SELECT seq FROM (");
    for (walk, part) in [
        ("SELECT * FROM (", "INDEXED BY jobs_by_duration WHERE ended_at IS NOT NULL"),
        (" UNION ALL SELECT * FROM (", "INDEXED BY jobs_open WHERE ended_at IS NULL"),
    ] {
        query.push(walk).push("SELECT seq, duration_ms FROM jobs ").push(part).push(" AND ");
        push_columns(&mut query, filter, "+");
        push_cursor(&mut query, filter);
        query.push(&order).push_bind(i64::from(wanted(filter)) + i64::from(filter.offset)).push(")");
    }
    query.push(")").push(&order).push_bind(wanted(filter));
    query.push(" OFFSET ").push_bind(filter.offset).push(")").push(&order).push_bind(wanted(filter));
    query
}

fn count(filter: &JobFilter) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new("SELECT count(*) FROM (SELECT 1 FROM jobs WHERE ");
    push_conditions(&mut query, filter);
    query.push(" LIMIT ").push_bind(Pagination::MAX_TOTAL + 1).push(")");
    query
}

fn is_narrow(filter: &JobFilter) -> bool {
    let ids = [&filter.template_id, &filter.workflow_id, &filter.trace_id];
    !filter.states.is_empty() || !filter.sources.is_empty() || ids.into_iter().any(Option::is_some)
}

/// Whether there is an index in which the jobs of one state and one source stand together in their order: of all, of
/// a template or of a workflow. A trace has few jobs.
fn is_in_pairs(filter: &JobFilter) -> bool {
    let both = filter.template_id.is_some() && filter.workflow_id.is_some();
    is_narrow(filter) && !both && filter.trace_id.is_none()
}

fn pairs(filter: &JobFilter) -> (Vec<JobState>, Vec<JobSource>) {
    let states = if filter.states.is_empty() { JobState::ALL.to_vec() } else { filter.states.clone() };
    let sources = if filter.sources.is_empty() { JobSource::ALL.to_vec() } else { filter.sources.clone() };
    (states, sources)
}

/// What the filter says, so that an index serves it.
fn push_conditions(query: &mut QueryBuilder<Sqlite>, filter: &JobFilter) {
    if !is_in_pairs(filter) {
        return push_columns(query, filter, "");
    }
    let (states, sources) = pairs(filter);
    push_place(query, filter);
    query.push("state IN (");
    push_list(query, states.iter().map(|state| state.as_str()));
    query.push(") AND source IN (");
    push_list(query, sources.iter().map(|source| source.as_str()));
    query.push(")");
}

/// The template or the workflow.
fn push_place(query: &mut QueryBuilder<Sqlite>, filter: &JobFilter) {
    for (column, value) in [("template_id = ", &filter.template_id), ("workflow_id = ", &filter.workflow_id)]
    {
        if let Some(value) = value {
            query.push(column).push_bind(value.clone()).push(" AND ");
        }
    }
}

/// Every column by itself. A plus sign as `prefix` keeps its index out of it: the rows come in the order of another one.
fn push_columns(query: &mut QueryBuilder<Sqlite>, filter: &JobFilter, prefix: &str) {
    query.push("TRUE");
    for (column, value) in [
        ("template_id", &filter.template_id),
        ("trace_id", &filter.trace_id),
        ("workflow_id", &filter.workflow_id),
    ] {
        if let Some(value) = value {
            query.push(" AND ").push(prefix).push(column).push(" = ").push_bind(value.clone());
        }
    }
    if !filter.states.is_empty() {
        query.push(" AND +state IN (");
        push_list(query, filter.states.iter().map(|state| state.as_str()));
        query.push(")");
    }
    if !filter.sources.is_empty() {
        query.push(" AND +source IN (");
        push_list(query, filter.sources.iter().map(|source| source.as_str()));
        query.push(")");
    }
}

fn push_list<'a>(query: &mut QueryBuilder<Sqlite>, values: impl Iterator<Item = &'static str> + 'a) {
    let mut list = query.separated(", ");
    for value in values {
        list.push_bind(value);
    }
}

fn push_cursor(query: &mut QueryBuilder<Sqlite>, filter: &JobFilter) {
    let Some(after) = filter.after else { return };
    let comparison = if filter.ascending { " > " } else { " < " };
    match filter.order {
        Order::Created => {
            query.push(" AND seq").push(comparison).push_bind(after.seq);
        }
        Order::Duration => {
            query.push(" AND (duration_ms, seq)").push(comparison).push("(").push_bind(after.duration);
            query.push(", ").push_bind(after.seq).push(")");
        }
    }
}
