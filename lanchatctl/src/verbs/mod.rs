//! What lanchatctl can do: one verb, one file.

mod announce;
mod check_config;
mod kick;
mod list_clients;
mod reload;
mod status;
mod stop;

use lanchat_protocol::admin::Request;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::arguments::{Arguments, Verb};
use crate::deadline::Deadline;
use crate::exit::Failure;
use crate::output;
use crate::socket::{self, Connection};

/// Does what the command line asks for.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let request = match arguments.verb() {
        Verb::CheckConfig { file } => check_config::request(file)?,
        Verb::Status => Request::Status,
        Verb::ListClients => Request::ListClients,
        Verb::Stop => Request::Stop,
        Verb::Reload => Request::Reload,
        Verb::Kick { client, reason } => kick::request(client, &reason),
        Verb::Announce { text } => Request::Announce { text: text.join(" ") },
    };
    let deadline = Deadline::new(arguments.timeout());
    let paths = socket::candidates(arguments.socket.as_deref());
    let mut connection = Connection::open(paths, deadline)?;
    let result = match request {
        Request::Stop => stop::run(&mut connection)?,
        _ => connection.ask(&request)?,
    };
    if arguments.json {
        return output::print_json(&result);
    }
    output::print(&describe(&request, result)?)
}

/// A result in words.
fn describe(request: &Request, result: Value) -> Result<String, Failure> {
    Ok(match request {
        Request::Status => status::describe(&typed(result)?),
        Request::ListClients => list_clients::describe(&typed::<Vec<_>>(result)?),
        Request::Stop => stop::describe(&typed(result)?),
        Request::Reload => reload::describe(&typed(result)?),
        Request::Kick { .. } => kick::describe(&typed(result)?),
        Request::Announce { .. } => announce::describe(&typed(result)?),
        Request::CheckConfig { .. } => check_config::describe(&typed(result)?),
    })
}

fn typed<T: DeserializeOwned>(result: Value) -> Result<T, Failure> {
    serde_json::from_value(result).map_err(Failure::NotUnderstood)
}
