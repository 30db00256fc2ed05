//! The counters as Prometheus reads them. They are gathered when somebody asks, and cost nothing until then.

mod process;
mod serve;
mod text;

pub use process::Process;
pub use serve::{accept, bind};
pub use text::text;
