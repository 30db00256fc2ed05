//! `stop`: ends the daemon and returns when it has ended.

use lanchat_protocol::admin::{Request, Status, Stopping};
use serde_json::Value;

use crate::exit::Failure;
use crate::process::Process;
use crate::socket::Connection;
use crate::{output, units};

/// The process is held before it is asked, so that one that ends at once, or was ending already and gives
/// no answer any more, is still waited for to its very end.
pub(super) fn run(
    connection: &mut Connection,
    reach_again: impl FnOnce() -> Result<Connection, Failure>,
) -> Result<Value, Failure> {
    let process = Process::behind(connection.stream());
    let result = match connection.ask(&Request::Stop) {
        Ok(result) => result,
        Err(Failure::NoAnswer | Failure::Socket(_)) => serde_json::json!({ "pid": process.pid() }),
        Err(other) => return Err(other),
    };
    // Another id than the kernel's: the daemon lives in another process namespace, or somebody else
    // opened its socket. Its own connection still ends with it.
    let is_same = result.get("pid").and_then(Value::as_i64) == Some(process.pid().into());
    let process = if is_same { process } else { process.unwatched() };
    let trouble = reach_again().ok().and_then(|mut other| trouble(&mut other, &result));
    process.wait(connection.stream(), connection.deadline())?;
    let mut result = result;
    if let Some((why, unwritten)) = trouble {
        let messages = units::count(unwritten, "message");
        output::note(&format!(
            "not all of what was said last may be in the store, see the log: {messages} not written when it was to stop: {why}"
        ));
        if let Value::Object(fields) = &mut result {
            fields.insert("messages_unwritten".to_owned(), unwritten.into());
        }
    }
    Ok(result)
}

/// Why what was said last may be lost, and how many messages. One that ends while it has something to write answers until it has tried, on a
/// connection of its own; one that has ended has had no trouble.
fn trouble(connection: &mut Connection, stopped: &Value) -> Option<(String, u64)> {
    let status: Status = connection.ask(&Request::Status).and_then(super::typed).ok()?;
    let is_same = stopped.get("pid").and_then(Value::as_u64) == Some(status.pid.into());
    let unwritten = status.messages_unwritten;
    status.store_trouble.filter(|_| is_same).map(|why| (why, unwritten))
}

pub(super) fn describe(stopped: &Stopping) -> String {
    format!("lanchatd (pid {}) has stopped", stopped.pid)
}
