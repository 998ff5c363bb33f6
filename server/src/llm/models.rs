//! What models a provider has: fetched, remembered for a while, shown stale rather than not at all.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use openclaw_shared::llm::ModelList;
use serde_json::Value;

use super::catalog::{Format, ProviderRow};
use super::target::Target;
use super::{Llm, LlmError, format, transport};
use crate::config::settings::TENANT;

/// As in the Python edition: a new model is seen within minutes.
const FRESH: Duration = Duration::from_mins(10);
/// Most lists remembered, as in the Python edition.
const MAX_LISTS: usize = 16;
/// Most models of one list; the largest aggregator has some hundreds.
const MAX_MODELS: usize = 5000;
/// A list that takes longer is of no use to somebody who waits in front of a menu.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Lists by provider, address and credential.
#[derive(Debug, Default)]
pub struct Models(Mutex<BTreeMap<String, (Instant, Vec<String>)>>);

impl Models {
    /// The models of a target's provider. `refresh` asks again even when the list is fresh.
    pub async fn list(
        &self,
        llm: &Llm,
        row: &ProviderRow,
        target: &Target,
        refresh: bool,
    ) -> Result<ModelList, LlmError> {
        let answer = |models: Vec<String>, cached, warning| ModelList {
            ok: true,
            tenant_id: TENANT.into(),
            provider: row.id.clone(),
            models,
            cached,
            warning,
        };
        if target.format == Format::Builtin {
            return Ok(answer(Vec::new(), false, None));
        }
        let key = format!("{} {}", super::health::key(target), target.base);
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some((at, models)) = known.as_ref().filter(|(at, _)| !refresh && at.elapsed() < FRESH) {
            let _ = at;
            return Ok(answer(models.clone(), true, None));
        }
        match tokio::time::timeout(TIMEOUT, fetch(llm, target)).await {
            Ok(Ok(models)) => {
                let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                if lists.len() >= MAX_LISTS {
                    let oldest = lists.iter().min_by_key(|(_, (at, _))| *at).map(|(key, _)| key.clone());
                    oldest.and_then(|key| lists.remove(&key));
                }
                lists.insert(key, (Instant::now(), models.clone()));
                Ok(answer(models, false, None))
            }
            failure => {
                let error = match failure {
                    Ok(Err(error)) => error.masked(&llm.redactor),
                    _ => LlmError::Timeout { label: target.label.clone(), seconds: 15 },
                };
                match known {
                    Some((_, models)) => {
                        Ok(answer(models, true, Some(format!("This list is older: {error}"))))
                    }
                    None => Err(error),
                }
            }
        }
    }
}

async fn fetch(llm: &Llm, target: &Target) -> Result<Vec<String>, LlmError> {
    let Some(format) = format::of(target.format) else { return Ok(Vec::new()) };
    let answer = transport::get(&llm.egress, format, target, format.models_path()).await?;
    let items = ["data", "models"].iter().find_map(|name| answer.get(*name)?.as_array());
    let items = items.or_else(|| answer.as_array()).into_iter().flatten();
    let name = |item: &Value| {
        let name = item
            .as_str()
            .or_else(|| ["id", "name", "model"].iter().find_map(|name| item.get(*name)?.as_str()))?;
        Some(name.strip_prefix("models/").unwrap_or(name).to_owned())
    };
    let mut models: Vec<String> = items.filter_map(name).take(MAX_MODELS).collect();
    models.sort();
    models.dedup();
    Ok(models)
}
