//! `watch`: what happens, as it happens.

use std::io::{self, Write};
use std::os::fd::AsFd;

use jiff::tz::TimeZone;
use lanchat_protocol::admin::{Event, Happening, Request, Watching, Who};
use serde_json::Value;

use crate::exit::Failure;
use crate::interrupt::{Interrupt, Woken};
use crate::socket::Connection;
use crate::{output, units};

/// Shows events until it is interrupted, its reader has gone, or the daemon has stopped: all of that is success.
pub(super) fn run(connection: &mut Connection, is_json: bool) -> Result<(), Failure> {
    let interrupt = Interrupt::take().map_err(Failure::Socket)?;
    let Some(begun) =
        connection.ask_while(&Request::Watch, &|answer, left| interrupt.wait_for(answer, left))?
    else {
        return Ok(());
    };
    let zone = TimeZone::system();
    show(&first(begun, is_json, &zone)?)?;
    let mut has_stopped = false;
    loop {
        let mut shown = String::new();
        while let Some(line) = connection.next_line()? {
            let event: Event = serde_json::from_slice(&line).map_err(Failure::NotUnderstood)?;
            has_stopped |= matches!(event.what, Happening::Stopping { .. } | Happening::Stopped);
            if is_json {
                shown += &output::json_line(&String::from_utf8_lossy(&line));
            } else if let Some(words) = words(&event.what) {
                shown += &output::line(&format!("{}  {words}", units::moment(&event.time, &zone)));
            }
        }
        show(&shown)?;
        match interrupt.wait(&[connection.stream().as_fd()], None).map_err(Failure::Socket)? {
            Woken::Ended => return Ok(()),
            Woken::Resized | Woken::Passed => {}
            Woken::Ready(_) if connection.fill().map_err(Failure::Socket)? > 0 => {}
            Woken::Ready(_) if has_stopped => return Ok(()),
            Woken::Ready(_) => return Err(Failure::Vanished),
        }
    }
}

/// By the first line it is known that nothing is missed from here on.
fn first(begun: Value, is_json: bool, zone: &TimeZone) -> Result<String, Failure> {
    if is_json {
        let mut begun = begun;
        if let Value::Object(fields) = &mut begun {
            fields.insert("event".to_owned(), "watching".into());
        }
        return Ok(output::json_line(&begun.to_string()));
    }
    let Watching { time, version, pid, .. } = super::typed(begun)?;
    let told = format!("{}  watching        lanchatd {version} (pid {pid})", units::moment(&time, zone));
    Ok(output::line(&told))
}

fn show(text: &str) -> Result<(), Failure> {
    if text.is_empty() {
        return Ok(());
    }
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(output::failed)
}

/// An event as a line; `None`: a newer daemon tells what is not known here.
fn words(what: &Happening) -> Option<String> {
    let line = |event: &str, words: String| Some(format!("{event:<14}  {words}"));
    match what {
        Happening::Connected(it) => line("connected", who(it)),
        Happening::Disconnected { who: it, reason, .. } => {
            line("disconnected", format!("{}: {reason}", who(it)))
        }
        Happening::Named(it) => line("named", who(it)),
        Happening::LoggedIn(it) => line("logged in", who(it)),
        Happening::Registered(it) => line("registered", who(it)),
        Happening::LoggedOut(it) => line("logged out", who(it)),
        Happening::Renamed { who: it, was } => line("renamed", format!("{}, was {was}", who(it))),
        Happening::Joined { who: it, room } => line("joined", format!("{}: #{room}", who(it))),
        Happening::Left { who: it, room } => line("left", format!("{}: #{room}", who(it))),
        Happening::Refused { who: it, code, unlogged } => {
            line("refused", format!("{}: {code}{}", who(it), more(*unlogged)))
        }
        Happening::TurnedAway { address, reason, .. } => line("turned away", format!("{address}: {reason}")),
        Happening::Kicked { client, address, nick, reason, uid } => {
            let it = Who { client: *client, address: address.clone(), nick: nick.clone(), ..Who::default() };
            let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            line("kicked", format!("{} by uid {uid}{reason}", who(&it)))
        }
        Happening::Ordered { who: it, account: _, order, uid } => {
            let by = it.as_ref().map_or_else(|| asker(*uid), who);
            line("ordered", format!("{by}: {}", super::order::describe(order)))
        }
        Happening::Announced { clients, uid } => {
            line("announced", format!("to {} by uid {uid}", units::count(*clients, "client")))
        }
        Happening::Lockdown { on, uid } => {
            let what = if *on { "nobody new is let in" } else { "everybody is let in again" };
            line("lockdown", format!("{what}, by user {uid}"))
        }
        Happening::Reloaded { applied, needs_restart, uid } => {
            let keys = |keys: &[String]| if keys.is_empty() { "nothing".to_owned() } else { keys.join(", ") };
            let (applied, waits) = (keys(applied), keys(needs_restart));
            line("reloaded", format!("by {}: applied {applied}; needs a restart: {waits}", asker(*uid)))
        }
        Happening::ReloadRefused { errors, uid } => {
            line("reload refused", format!("by {}: {}", asker(*uid), errors.trim_end()))
        }
        Happening::StoreDegraded { reason } => {
            line("store degraded", format!("{reason}; what is said is not kept for now"))
        }
        Happening::StoreRecovered => line("store recovered", "what is said is kept again".to_owned()),
        Happening::StoreRefused { reason, messages } => {
            line("store refused", format!("{}: {reason}", units::count(*messages, "message")))
        }
        Happening::Stopping { cause } => line("stopping", format!("by {cause}")),
        Happening::Stopped => line("stopped", "the relay has stopped".to_owned()),
        Happening::Missed { events } => {
            line("missed", format!("{} not shown: read faster", units::count(*events, "event")))
        }
        Happening::Unknown => None,
    }
}

/// `ana (id 12, 192.168.1.7:5000)`
fn who(who: &Who) -> String {
    let nick = if who.nick.is_empty() { "-" } else { &who.nick };
    format!("{nick} (id {}, {})", who.client, who.address)
}

fn asker(uid: Option<u32>) -> String {
    uid.map_or_else(|| "a signal".to_owned(), |uid| format!("uid {uid}"))
}

fn more(unlogged: u64) -> String {
    if unlogged == 0 { String::new() } else { format!(" (and {unlogged} before that were not told)") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_with_who_and_why() {
        let ana = Who {
            client: 12,
            address: "192.168.1.7:5000".to_owned(),
            nick: "ana".to_owned(),
            dialect: "text".to_owned(),
        };
        let gone = Happening::Disconnected {
            who: ana.clone(),
            cause: "too_slow".to_owned(),
            reason: "the client took nothing for the write deadline".to_owned(),
        };
        assert_eq!(
            words(&gone).unwrap(),
            "disconnected    ana (id 12, 192.168.1.7:5000): the client took nothing for the write deadline"
        );
        let renamed = Happening::Renamed { who: ana, was: "guest1".to_owned() };
        assert_eq!(words(&renamed).unwrap(), "renamed         ana (id 12, 192.168.1.7:5000), was guest1");
        assert_eq!(words(&Happening::Unknown), None);
    }

    #[test]
    fn what_a_newer_daemon_tells_is_passed_over() {
        let event = r#"{"schema":1,"time":"2026-11-23T04:00:00.000Z","event":"eclipse","moon":1}"#;
        assert_eq!(serde_json::from_str::<Event>(event).unwrap().what, Happening::Unknown);
    }
}
