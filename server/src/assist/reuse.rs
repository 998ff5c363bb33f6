//! Answers that are given again: a graph that is queued again asks the same, and is not to be billed again.
//!
//! ComfyUI keeps a node's result too, but not when a picture was loaded again, a node copied, or a cache emptied.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::{Stream, StreamExt as _};
use openclaw_shared::assist::{AssistResult, Phase};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::writing::Progress;
use crate::llm::LlmError;
use crate::llm::health;
use crate::llm::target::Writers;

/// More than the nodes of a large graph; some megabytes at most.
const MAX_ANSWERS: usize = 200;

/// The latest answers, newest last. They live as long as the server.
#[derive(Debug, Default)]
pub struct Reuse(Mutex<VecDeque<(Key, Value)>>);

/// What was asked, and whom.
pub type Key = [u8; 32];

/// Two requests with one key would get the same kind of answer from the same writers.
pub fn key<R: AssistResult>(question: &[u8], writers: &Writers) -> Key {
    let mut hash = Sha256::new_with_prefix(R::KIND);
    for target in &writers.models {
        hash.update(format!("\n{} {}", health::key(target), target.base));
    }
    hash.update([0, u8::from(writers.then_builtin)]);
    hash.update(question);
    hash.finalize().into()
}

/// What is remembered under the key, or else what the writing comes to, which is then remembered. Without a key
/// everything is written anew. Writing begins only when it is needed.
pub fn remembered<R: AssistResult + Send>(
    reuse: Arc<Reuse>,
    key: Option<Key>,
    writing: impl Stream<Item = Result<Progress<R>, LlmError>> + Send,
) -> impl Stream<Item = Result<Progress<R>, LlmError>> + Send {
    async_stream::stream! {
        if let Some(result) = key.and_then(|key| reuse.get(&key)) {
            yield Ok(Progress::Stage(Phase::Finalize));
            yield Ok(Progress::Done(result));
            return;
        }
        let mut writing = pin!(writing);
        while let Some(progress) = writing.next().await {
            if let (Some(key), Ok(Progress::Done(result))) = (key, &progress) {
                reuse.put(key, result);
            }
            yield progress;
        }
    }
}

impl Reuse {
    pub fn get<R: AssistResult>(&self, key: &Key) -> Option<R> {
        let mut answers = self.lock();
        let at = answers.iter().position(|(known, _)| known == key)?;
        // The ones that are asked for stay.
        let answer = answers.remove(at)?;
        let result = serde_json::from_value(answer.1.clone()).ok();
        answers.push_back(answer);
        result
    }

    pub fn put<R: AssistResult>(&self, key: Key, result: &R) {
        let Ok(value) = serde_json::to_value(result) else { return };
        let mut answers = self.lock();
        answers.retain(|(known, _)| *known != key);
        if answers.len() >= MAX_ANSWERS {
            answers.pop_front();
        }
        answers.push_back((key, value));
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(Key, Value)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use openclaw_shared::caption::ImageToPromptResult;

    use super::*;

    fn answer(caption: &str) -> ImageToPromptResult {
        ImageToPromptResult { caption: caption.into(), tags: String::new(), prompt_suggestion: String::new() }
    }

    #[test]
    fn the_answers_that_are_asked_for_stay_and_the_oldest_go() {
        let reuse = Reuse::default();
        reuse.put([0; 32], &answer("kept"));
        for number in 1..=MAX_ANSWERS {
            assert_eq!(reuse.get(&[0; 32]), Some(answer("kept")));
            let mut key = [0; 32];
            key[..8].copy_from_slice(&(number as u64).to_be_bytes());
            reuse.put(key, &answer("other"));
        }
        let mut first = [0; 32];
        first[7] = 1;
        assert_eq!(reuse.get::<ImageToPromptResult>(&first), None);
        assert_eq!(reuse.lock().len(), MAX_ANSWERS);
    }
}
