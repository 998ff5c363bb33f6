//! From the words of a query to a filter.

use openclaw_shared::job::{JobSource, JobState, JobStatus, JobsQuery};

use crate::store::{Cursor, JobFilter, Order};

/// The filter, or a sentence on what does not fit.
pub fn filter(query: JobsQuery) -> Result<JobFilter, String> {
    let limit = query.limit.unwrap_or(JobsQuery::DEFAULT_LIMIT);
    let offset = query.offset.unwrap_or_default();
    if !(1..=JobsQuery::MAX_LIMIT).contains(&limit) {
        return Err(format!("limit must be 1 to {}", JobsQuery::MAX_LIMIT));
    }
    if offset > JobsQuery::MAX_OFFSET {
        return Err(format!("offset must be at most {}: use cursor to go further", JobsQuery::MAX_OFFSET));
    }
    let order = match query.sort_by.as_deref() {
        None | Some("created_at") => Order::Created,
        Some("execution_duration") => Order::Duration,
        Some(other) => return Err(format!("sort_by must be created_at or execution_duration, not {other}")),
    };
    let ascending = match query.sort_order.as_deref() {
        None | Some("desc") => false,
        Some("asc") => true,
        Some(other) => return Err(format!("sort_order must be asc or desc, not {other}")),
    };
    Ok(JobFilter {
        states: states(query.state.as_deref(), query.status.as_deref())?,
        sources: words(query.source.as_deref(), "source", JobSource::parse)?,
        template_id: query.template_id,
        trace_id: query.trace_id,
        workflow_id: query.workflow_id,
        order,
        ascending,
        limit,
        offset,
        after: query.cursor.as_deref().map(cursor).transpose()?,
    })
}

/// The states that both lists allow.
fn states(states: Option<&str>, statuses: Option<&str>) -> Result<Vec<JobState>, String> {
    let named = words(states, "state", JobState::parse)?;
    let coarse = words(statuses, "status", |word| {
        use JobStatus::{Cancelled, Completed, Failed, InProgress, Pending};
        [Pending, InProgress, Completed, Failed, Cancelled].into_iter().find(|status| status.as_str() == word)
    })?;
    let allowed: Vec<_> = JobState::ALL
        .into_iter()
        .filter(|state| named.is_empty() || named.contains(state))
        .filter(|state| coarse.is_empty() || coarse.contains(&state.status()))
        .collect();
    match allowed.len() {
        0 => Err("no job is both of these states and of these statuses".to_owned()),
        count if count == JobState::ALL.len() => Ok(Vec::new()),
        _ => Ok(allowed),
    }
}

fn words<T>(list: Option<&str>, name: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, String> {
    let words =
        list.into_iter().flat_map(|list| list.split(',')).map(str::trim).filter(|word| !word.is_empty());
    words.map(|word| parse(word).ok_or_else(|| format!("there is no {name} {word}"))).collect()
}

/// `seq.duration`; only whoever got it from us has one.
pub fn cursor_text(cursor: Cursor) -> String {
    format!("{}.{}", cursor.seq, cursor.duration)
}

fn cursor(text: &str) -> Result<Cursor, String> {
    let parts =
        text.split_once('.').and_then(|(seq, duration)| Some((seq.parse().ok()?, duration.parse().ok()?)));
    parts
        .map(|(seq, duration)| Cursor { seq, duration })
        .ok_or_else(|| "the cursor is not one of ours".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use JobState::{Cancelled, Failed, Interrupted, Lost, Queued, Submitted, Submitting};

    fn query(change: impl FnOnce(&mut JobsQuery)) -> Result<JobFilter, String> {
        let mut query = JobsQuery::default();
        change(&mut query);
        filter(query)
    }

    #[test]
    fn both_vocabularies_narrow_the_states() {
        let states = |state: &str, status: &str| {
            query(|query| (query.state, query.status) = (Some(state.into()), Some(status.into())))
                .map(|filter| filter.states)
        };
        assert_eq!(states("", ""), Ok(vec![]));
        assert_eq!(states("", "pending, failed"), Ok(vec![Queued, Submitting, Submitted, Failed, Lost]));
        assert_eq!(states("lost,running", "failed"), Ok(vec![Lost]));
        assert_eq!(states("", "cancelled"), Ok(vec![Cancelled, Interrupted]));
        assert!(states("running", "failed").is_err());
        assert!(states("walking", "").is_err());
    }

    #[test]
    fn numbers_and_words_out_of_range_are_refused() {
        for refused in [
            query(|query| query.limit = Some(0)),
            query(|query| query.limit = Some(201)),
            query(|query| query.offset = Some(10_001)),
            query(|query| query.sort_by = Some("name".into())),
            query(|query| query.sort_order = Some("up".into())),
            query(|query| query.source = Some("fax".into())),
            query(|query| query.cursor = Some("x".into())),
        ] {
            assert!(refused.is_err(), "{refused:?}");
        }
    }

    #[test]
    fn a_cursor_comes_back_as_it_was() {
        let given = Cursor { seq: 12, duration: 345 };
        assert_eq!(query(|query| query.cursor = Some(cursor_text(given))).unwrap().after, Some(given));
    }
}
