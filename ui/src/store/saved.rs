//! What outlives a reload: drafts, the last plan, the history. Versioned, bounded, and ignored when damaged.

use openclaw_shared::variants::VariantsRequest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::read::Read;
use crate::tabs::jobs::template::model as template;
use crate::tabs::planner::model::{Draft, Plan};
use crate::tabs::refiner::model::{self as refiner, Refined};
use crate::tabs::variants::batch::model::Options;

/// Changes when older data can no longer be read.
const VERSION: u32 = 1;
/// Plans kept in the history.
pub const MAX_HISTORY: usize = 20;

/// A plan that was made, with what was typed for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Milliseconds since 1970.
    pub at: f64,
    pub draft: Draft,
    pub plan: Plan,
}

/// What the panel looks like when it opens.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Desk {
    pub draft: Draft,
    pub plan: Option<Plan>,
    pub variants: VariantsRequest,
    pub batch: Options,
    pub template: template::Draft,
    pub to_refine: refiner::Draft,
    pub refined: Option<Refined>,
    /// Id of the open tab.
    pub tab: String,
    /// The provider settings under which a connection worked last.
    pub tested: String,
}

#[derive(Serialize)]
struct Versioned<T> {
    version: u32,
    data: T,
}

pub fn encode<T: Serialize>(data: &T) -> String {
    serde_json::to_string(&Versioned { version: VERSION, data }).unwrap_or_default()
}

/// The default for anything that this build cannot read.
pub fn decode<T: Read + Default>(text: Option<&str>) -> T {
    let saved = text.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let readable = saved.filter(|saved| saved["version"] == VERSION);
    readable.and_then(|saved| T::read(&saved["data"])).unwrap_or_default()
}

/// Puts an entry first and forgets the oldest beyond the limit.
pub fn remember(history: &mut Vec<Entry>, entry: Entry) {
    history.insert(0, entry);
    history.truncate(MAX_HISTORY);
}

#[cfg(test)]
mod tests {
    use openclaw_shared::params::GenerationParams;
    use openclaw_shared::profile::Profile;

    use super::*;

    fn entry(at: f64) -> Entry {
        let params = GenerationParams::from_untrusted(&serde_json::Value::Null, &Profile::ALL[0], u64::MAX);
        let plan = Plan { positive: "p".into(), negative: "n".into(), params, profile: "Chroma".into() };
        Entry { at, draft: Draft::default(), plan }
    }

    #[test]
    fn the_history_holds_the_newest_twenty() {
        let mut history = Vec::new();
        (0..30).for_each(|at| remember(&mut history, entry(at.into())));
        assert_eq!(history.len(), MAX_HISTORY);
        assert_eq!((history[0].at, history[19].at), (29.0, 10.0));
    }

    #[test]
    fn saved_data_comes_back_whole() {
        let desk = Desk {
            draft: Draft { requirements: "猫".into(), profile: Some("Chroma".into()), ..Draft::default() },
            plan: Some(entry(1.5).plan),
            variants: VariantsRequest { count: 9, ..VariantsRequest::default() },
            template: template::Draft { id: "blank_image".into(), ..template::Draft::default() },
            batch: Options { seeds: 3, ..Options::default() },
            to_refine: refiner::Draft { goal: "g".into(), ..refiner::Draft::default() },
            refined: Some(Refined { positive: "r".into(), ..Refined::default() }),
            tab: "settings".into(),
            tested: "x".into(),
        };
        assert_eq!(decode::<Desk>(Some(&encode(&desk))), desk);
        let history = vec![entry(1.5)];
        assert_eq!(decode::<Vec<Entry>>(Some(&encode(&history))), history);
    }

    #[test]
    fn damaged_foreign_and_future_data_is_ignored() {
        for text in ["", "{", "null", "[]", r#"{"version":2,"data":{}}"#, r#"{"version":1,"data":[1]}"#] {
            assert_eq!(decode::<Desk>(Some(text)), Desk::default(), "{text}");
            assert_eq!(decode::<Vec<Entry>>(Some(text)), vec![], "{text}");
        }
        assert_eq!(decode::<Desk>(None), Desk::default());
        let older = r#"{"version":1,"data":{"draft":{"requirements":"kept"}}}"#;
        assert_eq!(decode::<Desk>(Some(older)).draft.requirements, "kept");
    }
}
