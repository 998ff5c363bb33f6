//! One road for everything that is written: the same events whoever writes it.

use std::sync::Arc;

use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt as _};
use openclaw_shared::assist::{AssistResult, Delta, Field, Phase};
use serde_json::{Map, Value};

use super::fields::{FieldStream, Names};
use super::syntax;
use crate::llm::extract::extract_json;
use crate::llm::target::Writers;
use crate::llm::{ChatRequest, Llm, LlmError, Patience, Piece};

/// Characters of one text; a text encoder reads a fraction of it.
const MAX_TEXT_CHARS: usize = 10_000;

/// What happens while something is written; `Done` is the last.
#[derive(Debug)]
pub enum Progress<R> {
    Stage(Phase),
    Delta(Field, String),
    Done(R),
}

/// Validates and clamps an answer, whichever model wrote it; or says what is wrong with it.
type Read<R> = dyn Fn(&Map<String, Value>) -> Result<R, String> + Send + Sync;

/// What to write, with a model or without one.
pub struct Work<R> {
    pub request: ChatRequest,
    /// Members of the answer that are shown while they arrive.
    pub names: Names,
    pub read: Box<Read<R>>,
    /// The rules that need no model. They may take a while.
    pub rules: Box<dyn FnOnce() -> R + Send>,
}

/// Writes. Dropping the stream cancels the call to the provider.
///
/// `repair` allows one further call, which is billed too, when the answer was not what was asked for.
pub fn write<R: AssistResult + Send + 'static>(
    llm: Arc<Llm>,
    writers: Writers,
    patience: Patience,
    repair: bool,
    work: Work<R>,
) -> impl Stream<Item = Result<Progress<R>, LlmError>> + Send {
    async_stream::stream! {
        yield Ok(Progress::Stage(Phase::Dispatch));
        let label = writers.models.first().map(|target| target.label.clone()).unwrap_or_default();
        // Everything the person said.
        let asked = work.request.text.clone();
        let mut failure = None;
        let mut answer = String::new();
        if !writers.models.is_empty() {
            let mut fields = FieldStream::new(work.names);
            let (models, question) = (writers.models.clone(), work.request.clone());
            let mut pieces = llm.clone().converse(models, question, patience).boxed();
            while let Some(piece) = pieces.next().await {
                match piece {
                    Ok(Piece::Text(text)) => {
                        if answer.is_empty() && !text.is_empty() {
                            yield Ok(Progress::Stage(Phase::Receive));
                        }
                        answer.push_str(&text);
                        for (field, text) in fields.push(&text) {
                            for part in split(&text) {
                                yield Ok(Progress::Delta(field, part));
                            }
                        }
                    }
                    Ok(Piece::Usage(usage)) => tracing::debug!(provider = label, ?usage, "usage"),
                    Err(error) => failure = Some(error),
                }
            }
        }
        let by_rules = writers.then_builtin && answer.is_empty();
        if let Some(error) = failure.filter(|_| !by_rules) {
            yield Err(error);
            return;
        }
        let result = if by_rules {
            let result = tokio::task::spawn_blocking(work.rules).await.expect("the rules do not panic");
            yield Ok(Progress::Stage(Phase::Receive));
            for (field, text) in result.parts() {
                for piece in text.split_inclusive(',').flat_map(split) {
                    yield Ok(Progress::Delta(field, piece));
                }
            }
            Ok(result)
        } else {
            // A provider that repeats its key does not get it into a graph or a picture.
            let read = |answer: &str| {
                object(&llm.redactor.mask_known(answer)).and_then(|object| (work.read)(&syntax::only_asked(object, &asked)))
            };
            match read(&answer) {
                Err(reason) if repair => {
                    let question = mending(work.request, &answer, &reason);
                    match whole(llm.clone().converse(writers.models, question, patience).boxed()).await {
                        Ok(answer) => read(&answer),
                        Err(error) => {
                            yield Err(error);
                            return;
                        }
                    }
                }
                result => result,
            }
        };
        yield Ok(Progress::Stage(Phase::Finalize));
        yield result.map(Progress::Done).map_err(|reason| LlmError::BadResponse { label, reason });
    }
}

/// The same question with what was wrong with the answer.
fn mending(mut question: ChatRequest, answer: &str, reason: &str) -> ChatRequest {
    let answer: String = answer.chars().take(MAX_TEXT_CHARS).collect();
    question.text += &section("your_last_answer", &answer);
    question.text.push_str("Your last answer was not usable: ");
    question.text.push_str(reason);
    question.text.push_str(". Answer again, with the JSON object alone.\n");
    question
}

/// An answer without its pieces.
async fn whole(mut pieces: BoxStream<'static, Result<Piece, LlmError>>) -> Result<String, LlmError> {
    let mut answer = String::new();
    while let Some(piece) = pieces.next().await {
        if let Piece::Text(text) = piece? {
            answer.push_str(&text);
        }
    }
    Ok(answer)
}

/// The object in an answer.
fn object(answer: &str) -> Result<Map<String, Value>, String> {
    if answer.trim().is_empty() {
        return Err("it was empty".into());
    }
    extract_json(answer).map_err(|error| error.to_string())
}

/// Cuts text into deltas.
fn split(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(Delta::MAX_CHARS).map(|part| part.iter().collect()).collect()
}

/// The text of the first of these members that is text: bounded, without control characters and bidirectional overrides.
pub fn text(object: &Map<String, Value>, names: &[&str]) -> String {
    let text = names.iter().find_map(|name| object.get(*name)?.as_str()).unwrap_or_default();
    let hidden = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{feff}');
    let clean = text.chars().filter(|c| (!c.is_control() || *c == '\n') && !hidden(*c));
    clean.take(MAX_TEXT_CHARS).collect::<String>().trim().to_owned()
}

/// A person's words as data between markers; empty when there are none.
pub fn section(name: &str, text: &str) -> String {
    let text = text.trim();
    if text.is_empty() { String::new() } else { format!("<{name}>\n{text}\n</{name}>\n") }
}
