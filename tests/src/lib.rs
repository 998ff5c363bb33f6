//! Support for the integration tests: real servers on port 0, nothing faked inside the process under test.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

pub mod crash;
pub mod event_stream;
pub mod fake_comfy;
pub mod fake_llm;
pub mod process;
pub mod sink;
pub mod test_app;

pub use event_stream::EventStream;
pub use fake_comfy::{FakeComfy, Moment};
pub use fake_llm::{Asked, FakeLlm, Reply};
pub use process::ServerProcess;
pub use sink::{Received, Sink};
pub use test_app::{TestApp, client, read};
