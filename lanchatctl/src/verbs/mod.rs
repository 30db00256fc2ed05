//! What lanchatctl can do: one verb, one file.

mod announce;
mod backup;
mod check_config;
mod doctor;
mod export;
mod invite;
mod kick;
mod list_clients;
mod lockdown;
mod order;
mod purge;
mod reload;
mod restore;
mod room;
mod rooms;
mod status;
mod stop;
mod task;
mod top;
mod user;
mod watch;

use jiff::tz::TimeZone;
use lanchat_protocol::admin::{Metrics, Request};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub(crate) use export::Export;
pub(crate) use invite::Invite;
pub(crate) use lockdown::Wanted;
pub(crate) use order::{Banned, Muted};
pub(crate) use purge::Purge;
pub(crate) use restore::Restore;
pub(crate) use room::RoomVerb;
pub(crate) use top::Shown;
pub(crate) use user::{TokenVerb, UserVerb};

use crate::arguments::{Arguments, Verb};
use crate::deadline::Deadline;
use crate::exit::Failure;
use crate::socket::{self, Connection};
use crate::{output, units};

/// Does what the command line asks for.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let request = match arguments.verb() {
        Verb::Export(export) => return export::run(&mut connect(arguments)?, &export),
        Verb::Doctor => return doctor::run(|| connect(arguments), arguments.json),
        Verb::Top(shown) => return top::run(|| connect(arguments), &shown, arguments.json),
        Verb::Watch => return watch::run(&mut connect(arguments)?, arguments.json),
        Verb::Restore(restore) => return restored(arguments, &restore),
        Verb::Invite(invite) => match invite::request(&invite)? {
            Some(request) => request,
            None => return invite::run(&mut connect(arguments)?, &invite, arguments.json),
        },
        Verb::User(verb) => user::request(verb)?,
        Verb::Token(verb) => user::token_request(verb),
        Verb::Rooms => Request::Rooms,
        Verb::Backup { file } => backup::request(&file)?,
        Verb::Purge(purge) => {
            purge::confirm(&purge, || connect(arguments))?;
            purge::request(&purge)
        }
        Verb::CheckConfig { file } => check_config::request(file)?,
        Verb::Metrics => Request::Metrics,
        Verb::Status => Request::Status,
        Verb::ListClients => Request::ListClients,
        Verb::Stop => Request::Stop,
        Verb::Reload => Request::Reload,
        Verb::Kick { client, reason } => kick::request(client, &reason),
        Verb::Ban(banned) => order::ban(banned),
        Verb::Unban { whom } => Request::Unban { whom },
        Verb::Bans => Request::Bans,
        Verb::Mute(muted) => order::mute(muted),
        Verb::Unmute { nick, room } => Request::Unmute { nick, room },
        Verb::Room(verb) => room::request(verb),
        Verb::Lockdown { state } => lockdown::request(state),
        Verb::Announce { text } => Request::Announce { text: text.join(" ") },
    };
    let mut connection = connect(arguments)?;
    let result = match request {
        Request::Stop => stop::run(&mut connection, || connect(arguments))?,
        Request::Backup { .. } => task::run(&mut connection, &request, "copying")?,
        Request::Purge { .. } => task::run(&mut connection, &request, "messages removed:")?,
        _ => connection.ask(&request)?,
    };
    if arguments.json {
        return output::print_json(result);
    }
    let words = describe(&request, result)?;
    if is_one_line(&request) { output::print_line(&words) } else { output::print(&words) }
}

/// Whether a result in words is one line, whatever the daemon says.
fn is_one_line(request: &Request) -> bool {
    matches!(
        request,
        Request::Kick { .. }
            | Request::Ban { .. }
            | Request::Unban { .. }
            | Request::Mute { .. }
            | Request::Unmute { .. }
            | Request::Order { .. }
            | Request::Backup { .. }
            | Request::UserAdd { .. }
            | Request::UserDel { .. }
            | Request::UserPasswd { .. }
            | Request::UserRole { .. }
            | Request::TokenNew { .. }
            | Request::TokenRevoke { .. }
    )
}

fn connect(arguments: &Arguments) -> Result<Connection, Failure> {
    let deadline = Deadline::new(arguments.timeout());
    Connection::open(socket::places(arguments.socket.as_deref()), deadline)
}

fn restored(arguments: &Arguments, restore: &Restore) -> Result<(), Failure> {
    let content = restore::run(restore)?;
    if arguments.json {
        output::print_json(json!(content))?;
    } else {
        output::print(&restore::describe(&content, &TimeZone::system()))?;
    }
    let told = format!("{} cannot be read: damaged", units::count(content.damaged, "message"));
    match content.damaged {
        0 => Ok(()),
        _ if restore.check => Err(Failure::Incomplete(told)),
        _ => {
            output::note(&format!("{told} in the backup, and left out of what people are shown"));
            Ok(())
        }
    }
}

/// A result in words.
fn describe(request: &Request, result: Value) -> Result<String, Failure> {
    Ok(match request {
        Request::Status => status::describe(&typed(result)?),
        Request::ListClients => list_clients::describe(&typed::<Vec<_>>(result)?),
        Request::Stop => stop::describe(&typed(result)?),
        Request::Reload => reload::describe(&typed(result)?),
        Request::Kick { .. } => kick::describe(&typed(result)?),
        Request::Ban { .. }
        | Request::Unban { .. }
        | Request::Mute { .. }
        | Request::Unmute { .. }
        | Request::Order { .. } => order::describe(&typed(result)?),
        Request::Bans => order::list(&typed(result)?, &TimeZone::system()),
        Request::Announce { .. } => announce::describe(&typed(result)?),
        Request::Lockdown { .. } => lockdown::describe(&typed(result)?),
        Request::CheckConfig { .. } => check_config::describe(&typed(result)?),
        Request::Metrics => typed::<Metrics>(result)?.text,
        Request::Rooms => rooms::describe(&typed(result)?, &TimeZone::system()),
        Request::Backup { .. } => backup::describe(&typed(result)?),
        Request::Purge { .. } => purge::describe(&typed(result)?),
        Request::UserAdd { .. }
        | Request::UserDel { .. }
        | Request::UserPasswd { .. }
        | Request::UserRole { .. } => user::describe(request, &typed(result)?),
        Request::UserList => user::describe_users(&typed(result)?, &TimeZone::system()),
        Request::TokenNew { .. } => user::describe_new_token(&typed(result)?),
        Request::TokenList { .. } => user::describe_tokens(&typed(result)?, &TimeZone::system()),
        Request::TokenRevoke { .. } => user::describe_revoked(&typed(result)?),
        Request::InviteList => invite::list(&typed(result)?, &TimeZone::system()),
        Request::InviteRevoke { .. } => invite::describe_revoked(&typed(result)?),
        // Their answers are parts of something else.
        Request::Export { .. }
        | Request::Invite { .. }
        | Request::Follow { .. }
        | Request::Watch
        | Request::Names { .. }
        | Request::Top { .. } => result.to_string(),
    })
}

fn typed<T: DeserializeOwned>(result: Value) -> Result<T, Failure> {
    serde_json::from_value(result).map_err(Failure::OtherShape)
}
