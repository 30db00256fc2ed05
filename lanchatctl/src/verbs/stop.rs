//! `stop`: ends the daemon and returns when it has ended.

use lanchat_protocol::admin::{Request, Status, Stopping};
use serde_json::Value;

use crate::exit::Failure;
use crate::output;
use crate::process::Process;
use crate::socket::Connection;

/// The process is held before it is asked, so that one that ends at once, or was ending already and gives
/// no answer any more, is still waited for to its very end.
pub(super) fn run(connection: &mut Connection) -> Result<Value, Failure> {
    let process = Process::behind(connection.stream());
    // When it ends it can be asked no more. Whether it answers this or not, it is asked to stop.
    let status = connection.ask(&Request::Status).and_then(super::typed::<Status>);
    let result = match connection.ask(&Request::Stop) {
        Ok(result) => result,
        Err(Failure::NoAnswer | Failure::Socket(_)) => serde_json::json!({ "pid": process.pid() }),
        Err(other) => return Err(other),
    };
    // Another id than the kernel's: the daemon lives in another process namespace, or somebody else
    // opened its socket. Its own connection still ends with it.
    let is_same = result.get("pid").and_then(Value::as_i64) == Some(process.pid().into());
    let process = if is_same { process } else { process.unwatched() };
    process.wait(connection.stream(), connection.deadline())?;
    if let Some(why) = status.ok().and_then(|status| status.store_trouble) {
        output::note(&format!("not all of what was said last may be in the store, see the log: {why}"));
    }
    Ok(result)
}

pub(super) fn describe(stopped: &Stopping) -> String {
    format!("lanchatd (pid {}) has stopped", stopped.pid)
}
