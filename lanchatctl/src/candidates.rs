//! What Tab offers: who is connected and which rooms there are, as the running daemon tells.
//!
//! A shell takes what it is offered as if it had been typed, so nothing is offered that a shell could take for
//! anything else than a word: a nick like `$(reboot)` is only offered by its id.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use clap_complete::CompletionCandidate;
use lanchat_protocol::admin::{Named, Names, Request};

use crate::deadline::Deadline;
use crate::socket::{self, Connection};

/// Nobody waits longer for Tab. Where no daemon answers, nothing is offered and nothing is said.
const PATIENCE: Duration = Duration::from_millis(400);

/// Nicks and ids.
pub(crate) fn clients(typed: &OsStr) -> Vec<CompletionCandidate> {
    names(typed).map_or_else(Vec::new, |(prefix, names)| offered(&prefix, &names.clients))
}

/// Nicks alone, where an id means nobody.
pub(crate) fn nicks(typed: &OsStr) -> Vec<CompletionCandidate> {
    names(typed).map_or_else(Vec::new, |(prefix, names)| by_nick(&prefix, &names.clients).collect())
}

/// Names of rooms.
pub(crate) fn rooms(typed: &OsStr) -> Vec<CompletionCandidate> {
    let rooms = names(typed).map_or_else(Vec::new, |(_, names)| names.rooms);
    rooms.iter().filter(|room| is_word(room)).map(CompletionCandidate::new).collect()
}

fn offered(prefix: &str, clients: &[Named]) -> Vec<CompletionCandidate> {
    // Ids are for those who type one, and for whom the nick cannot be offered.
    let wants_ids = !prefix.is_empty();
    let by_id = clients.iter().filter(|client| wants_ids || !is_word(&client.nick));
    let by_id = by_id.map(|client| (client.id.to_string(), &client.nick));
    let by_id = by_id.filter(|(id, _)| id.starts_with(prefix)).map(|(id, nick)| {
        let help = if is_word(nick) { nick.clone() } else { "a nick to be quoted".to_owned() };
        CompletionCandidate::new(id).help(Some(help.into()))
    });
    by_nick(prefix, clients).chain(by_id).collect()
}

fn by_nick(prefix: &str, clients: &[Named]) -> impl Iterator<Item = CompletionCandidate> {
    let named = clients.iter().filter(move |client| is_word(&client.nick) && client.nick.starts_with(prefix));
    named.map(|client| CompletionCandidate::new(&client.nick).help(Some(format!("id {}", client.id).into())))
}

/// Whether every shell takes it for a word, and us for no option.
fn is_word(name: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '@');
    !name.is_empty() && !name.starts_with('-') && name.chars().all(is_plain)
}

fn names(typed: &OsStr) -> Option<(String, Names)> {
    let prefix = typed.to_str()?.to_owned();
    let explicit = named_socket(std::env::args_os());
    let places = socket::places(explicit.as_deref());
    let mut connection = Connection::open(places, Deadline::new(PATIENCE)).ok()?;
    let names = connection.ask(&Request::Names { prefix: prefix.clone() }).ok()?;
    Some((prefix, serde_json::from_value(names).ok()?))
}

/// The socket that the unfinished command line names. It stands behind `--`.
fn named_socket(mut words: impl Iterator<Item = OsString>) -> Option<PathBuf> {
    while let Some(word) = words.next() {
        if word == "--socket" {
            return words.next().map(Into::into);
        }
        if let Some(path) = word.to_str().and_then(|word| word.strip_prefix("--socket=")) {
            return Some(path.into());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_offered_that_a_shell_could_take_for_more_than_a_word() {
        for word in ["ana", "李雷", "a.b_c-d", "guest12", "ops+dev"] {
            assert!(is_word(word), "{word}");
        }
        for nasty in [
            "",
            "-rf",
            "$(reboot)",
            "`id`",
            "a'b",
            "a\"b",
            "a b",
            "a\nb",
            "a&b",
            "a|b",
            "~root",
            "a*",
            "a\\b",
            "!!",
            "{a,b}",
            "#x",
            "a(b",
            "[a]",
            "a=b",
            "a?",
        ] {
            assert!(!is_word(nasty), "{nasty}");
        }
    }

    #[test]
    fn who_has_a_nick_of_metacharacters_is_offered_by_id() {
        let client = |id, nick: &str| Named { id, nick: nick.to_owned(), address: String::new() };
        let clients = [client(12, "ana"), client(13, "$(reboot)"), client(21, "bob")];
        let values = |prefix| {
            let values = offered(prefix, &clients);
            values.iter().map(|value| value.get_value().to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(values(""), ["ana", "bob", "13"]);
        assert_eq!(values("1"), ["12", "13"]);
        assert_eq!(values("b"), ["bob"]);
    }

    #[test]
    fn the_socket_of_the_unfinished_line_is_asked() {
        let named = |line: &str| named_socket(line.split(' ').map(OsString::from));
        assert_eq!(named("lanchatctl -- lanchatctl --socket /x kick a"), Some("/x".into()));
        assert_eq!(named("lanchatctl -- lanchatctl --socket=/y kick"), Some("/y".into()));
        assert_eq!(named("lanchatctl -- lanchatctl kick a"), None);
    }
}
