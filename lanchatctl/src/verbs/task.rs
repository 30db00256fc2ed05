//! What may take long: begun with one request, and followed until it is done.

use lanchat_protocol::admin::{Request, Task};
use serde_json::Value;

use crate::exit::Failure;
use crate::progress::Progress;
use crate::socket::Connection;

/// Begins something and waits for its end, however long that takes. Only an answer has to come in time.
pub(super) fn run(
    connection: &mut Connection,
    request: &Request,
    what: &'static str,
) -> Result<Value, Failure> {
    let progress = Progress::of(what);
    let mut result = connection.ask(request)?;
    loop {
        match super::typed::<Task<Value>>(result)? {
            Task::Done(outcome) => return Ok(outcome),
            Task::Running { task, done, of } => {
                progress.is_at(done, of);
                connection.renew();
                result = connection.ask(&Request::Follow { task })?;
            }
        }
    }
}
