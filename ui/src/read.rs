//! Reading what the server sends and what the browser keeps.
//!
//! The types are those of `shared`, and serde would read them too; but it compiles a reader of its own for each of
//! them, which made a fifth of the panel. Here JSON is parsed once, into a [`Value`], and the members are picked out
//! of it. A test compares every type with what serde makes of it.

mod types;

use std::collections::BTreeMap;

use openclaw_shared::assist::{AssistEvent, Delta, Final, Keepalive, Ready, Stage, StreamProblem, Streaming};
use serde_json::{Map, Value};

/// What can be read from JSON. `None` means that it is something else.
pub trait Read: Sized {
    fn read(value: &Value) -> Option<Self>;

    /// What a missing member stands for.
    fn absent() -> Option<Self> {
        None
    }
}

pub fn from_text<T: Read>(text: &str) -> Option<T> {
    T::read(&serde_json::from_str(text).ok()?)
}

/// A member of an object.
pub fn member<T: Read>(value: &Value, name: &str) -> Option<T> {
    match value.get(name) {
        Some(Value::Null) | None => T::absent(),
        Some(value) => T::read(value),
    }
}

/// A known event whose data is something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

/// An event of a stream; `None` for one of a newer server.
pub fn event<R: Read>(name: &str, data: &str) -> Result<Option<AssistEvent<R>>, Unreadable> {
    let value: Option<Value> = serde_json::from_str(data).ok();
    let value = value.as_ref();
    let event = match name {
        "ready" => value.and_then(Ready::read).map(AssistEvent::Ready),
        "stage" => value.and_then(Stage::read).map(AssistEvent::Stage),
        "delta" => value.and_then(Delta::read).map(AssistEvent::Delta),
        "keepalive" => value.and_then(Keepalive::read).map(AssistEvent::Keepalive),
        "final" => value.and_then(Final::read).map(|last| AssistEvent::Final(Box::new(last))),
        "error" => value.and_then(StreamProblem::read).map(|last| AssistEvent::Error(Box::new(last))),
        _ => return Ok(None),
    };
    event.map(Some).ok_or(Unreadable)
}

impl Read for Value {
    fn read(value: &Value) -> Option<Self> {
        Some(value.clone())
    }

    fn absent() -> Option<Self> {
        Some(Value::Null)
    }
}

impl Read for String {
    fn read(value: &Value) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}

impl Read for bool {
    fn read(value: &Value) -> Option<Self> {
        value.as_bool()
    }

    fn absent() -> Option<Self> {
        Some(false)
    }
}

impl Read for f64 {
    fn read(value: &Value) -> Option<Self> {
        value.as_f64()
    }
}

impl Read for u64 {
    fn read(value: &Value) -> Option<Self> {
        value.as_u64()
    }
}

impl Read for i64 {
    fn read(value: &Value) -> Option<Self> {
        value.as_i64()
    }
}

macro_rules! smaller {
    ($($type:ty)+) => {
        $(impl Read for $type {
            fn read(value: &Value) -> Option<Self> {
                value.as_u64()?.try_into().ok()
            }
        })+
    };
}

smaller!(u16 u32 usize);

impl<T: Read> Read for Option<T> {
    fn read(value: &Value) -> Option<Self> {
        T::read(value).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(value: &Value) -> Option<Self> {
        value.as_array()?.iter().map(T::read).collect()
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}

impl<T: Read> Read for BTreeMap<String, T> {
    fn read(value: &Value) -> Option<Self> {
        let mut map = Self::new();
        // Collecting would sort, with code of its own for each type.
        for (name, value) in value.as_object()? {
            map.insert(name.clone(), T::read(value)?);
        }
        Some(map)
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}

impl Read for Map<String, Value> {
    fn read(value: &Value) -> Option<Self> {
        value.as_object().cloned()
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}

impl<R: Read> Read for Final<R> {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            ok: member(value, "ok")?,
            kind: member(value, "kind")?,
            result: member(value, "result")?,
            streaming: member::<Streaming>(value, "streaming")?,
        })
    }
}
