//! What Tab completes: commands at the start of a line, nicks and paths anywhere, rooms where rooms are meant.

mod paths;
mod people;
mod places;

use lanchat_protocol::order::Order;
use lanchat_protocol::slash::{Typed, parse};

use crate::own;

pub(crate) use people::People;
pub(crate) use places::Places;

/// More candidates than this would not be read, and a list longer than the screen would hold messages back.
const CANDIDATES_MAX: usize = 12;

/// Whom and what there is to name, shared between the conversation, which learns it, and the prompt.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub(crate) people: People,
    pub(crate) places: Places,
}

/// What the first word after a command names.
enum Names {
    Person,
    Room,
    Else,
}

/// Where the word under the cursor starts in `line`, and what it may become.
pub(crate) fn complete(line: &str, cursor: usize, known: &Known) -> (usize, Vec<String>) {
    let before = &line[..cursor];
    let start = before
        .rfind(char::is_whitespace)
        .map_or(0, |space| space + before[space..].chars().next().map_or(0, char::len_utf8));
    let word = &before[start..];
    if start == 0
        && let Some(command) = word.strip_prefix('/')
    {
        let named = own::all(true).filter(|spec| spec.name.starts_with(&command.to_lowercase()));
        let candidates = named.map(|spec| {
            let end = if spec.usage.contains(' ') { " " } else { "" };
            format!("/{}{end}", spec.name)
        });
        return (start, candidates.collect());
    }
    if paths::is_path(word) {
        return (start, paths::beginning_with(word, CANDIDATES_MAX));
    }
    if let Some(name) = word.strip_prefix('#') {
        let rooms = known.places.beginning_with(name, CANDIDATES_MAX);
        return (start, rooms.into_iter().map(|room| format!("#{room} ")).collect());
    }
    if let Some(nick) = word.strip_prefix('@') {
        let people = known.people.beginning_with(nick, CANDIDATES_MAX);
        return (start, people.into_iter().map(|nick| format!("@{nick} ")).collect());
    }
    if let Some((key, name)) = word.split_once(':').filter(|_| is_search(before)) {
        let names = match key {
            "from" => known.people.beginning_with(name, CANDIDATES_MAX),
            "in" => known.places.beginning_with(name, CANDIDATES_MAX),
            _ => Vec::new(),
        };
        return (cursor - name.len(), names.into_iter().map(|name| name + " ").collect());
    }
    let candidates = match named_after(before[..start].trim_end()) {
        Names::Room => return (start, known.places.beginning_with(word, CANDIDATES_MAX)),
        Names::Else if word.is_empty() => Vec::new(),
        Names::Person | Names::Else => known.people.beginning_with(word, CANDIDATES_MAX),
    };
    let end = if start == 0 { ": " } else { " " };
    (start, candidates.into_iter().map(|nick| nick + end).collect())
}

/// Whether somebody or some room may be named with a key, as in `from:ana`.
fn is_search(line: &str) -> bool {
    matches!(parse(line), Typed::Search(_))
}

/// What is named after these words, if they are a command alone.
fn named_after(words: &str) -> Names {
    if !words.starts_with('/') || words.contains(char::is_whitespace) {
        return Names::Else;
    }
    match parse(&format!("{words} x y")) {
        Typed::Join(_) | Typed::Part(_) | Typed::Who(_) => Names::Room,
        Typed::Msg { .. } | Typed::Whois(_) | Typed::Ignore(_) | Typed::Unignore(_) => Names::Person,
        Typed::Order(order) => match order {
            Order::Kick { .. }
            | Order::Ban { .. }
            | Order::Mute { .. }
            | Order::Unmute { .. }
            | Order::Op { .. }
            | Order::Deop { .. }
            | Order::Voice { .. }
            | Order::Devoice { .. }
            | Order::Invite { .. } => Names::Person,
            Order::Unban { .. } | Order::Bans | Order::Slow { .. } => Names::Else,
            Order::Lock | Order::Unlock | Order::Create { .. } => Names::Else,
            Order::Private { .. } | Order::Moderated { .. } => Names::Else,
        },
        Typed::Say(_)
        | Typed::Me(_)
        | Typed::Nick(_)
        | Typed::Rooms
        | Typed::Topic(_)
        | Typed::Away(_)
        | Typed::Back
        | Typed::History(_)
        | Typed::Search(_)
        | Typed::Register(_)
        | Typed::Login(_)
        | Typed::Passwd(_)
        | Typed::Logout
        | Typed::Help
        | Typed::Quit
        | Typed::Empty
        | Typed::Wrong(_) => Names::Else,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete_end(line: &str) -> (usize, Vec<String>) {
        let known = Known::default();
        for nick in ["ana", "Anton", "李雷", "bruno"] {
            known.people.came(nick, "lobby");
        }
        for room in ["lobby", "ops", "Open"] {
            known.places.learn(room);
        }
        complete(line, line.len(), &known)
    }

    #[test]
    fn commands_at_the_start_of_a_line() {
        assert_eq!(complete_end("/n").1, ["/nick ", "/notify "]);
        assert_eq!(complete_end("/HE"), (0, vec!["/help".to_owned()]));
        let all = own::all(true).count();
        assert_eq!(complete_end("/").1.len(), all);
        assert_eq!(complete_end("/rep"), (0, vec!["/reply ".to_owned()]));
        assert_eq!(complete_end("hi /n"), (3, vec![]));
    }

    #[test]
    fn nicks_are_addressed_at_the_start_and_named_elsewhere() {
        assert_eq!(complete_end("an"), (0, vec!["ana: ".to_owned(), "Anton: ".to_owned()]));
        assert_eq!(complete_end("ask BR"), (4, vec!["bruno ".to_owned()]));
        assert_eq!(complete_end("/me hugs an"), (9, vec!["ana ".to_owned(), "Anton ".to_owned()]));
        assert_eq!(complete_end("日本　李"), (9, vec!["李雷 ".to_owned()]), "a wide space is a space");
    }

    #[test]
    fn who_spoke_last_comes_first() {
        let known = Known::default();
        for nick in ["ana", "anton", "anja", "bruno"] {
            known.people.came(nick, "lobby");
        }
        known.people.spoke("anja", "lobby");
        known.people.spoke("Anton", "lobby");
        assert_eq!(complete("an", 2, &known).1, ["Anton: ", "anja: ", "ana: "]);
        known.people.forget("lobby");
        for nick in ["ana", "anton", "anja"] {
            known.people.came(nick, "lobby");
        }
        assert_eq!(complete("/msg an", 7, &known).1, ["anton ", "anja ", "ana "], "however they are known");
    }

    #[test]
    fn rooms_after_a_command_that_wants_one_and_after_their_sign() {
        for command in ["/join", "/PART", "/leave", "/who", "/names"] {
            let (start, rooms) = complete_end(&format!("{command} o"));
            assert_eq!((start, rooms.join(" ").as_str()), (command.len() + 1, "Open ops"), "{command}");
        }
        assert_eq!(complete_end("/join  ").1.len(), 3);
        assert_eq!(complete_end("/join #op"), (6, vec!["#Open ".to_owned(), "#ops ".to_owned()]));
        assert_eq!(complete_end("see #l"), (4, vec!["#lobby ".to_owned()]));
        assert_eq!(complete_end("#l").1, ["#lobby "]);
        assert_eq!(complete_end("/join ops o"), (10, vec![]), "one is enough");
    }

    #[test]
    fn nicks_after_a_command_that_wants_one() {
        for command in ["/msg", "/dm", "/whois", "/ignore", "/unignore"] {
            assert_eq!(complete_end(&format!("{command} an")).1, ["ana ", "Anton "], "{command}");
            assert_eq!(complete_end(&format!("{command} ")).1.len(), 4, "{command}");
        }
        assert_eq!(complete_end("/msg ana br").1, ["bruno "]);
    }

    #[test]
    fn what_narrows_a_search_down_and_whose_history_it_is() {
        assert_eq!(complete_end("/search disk from:an"), (18, vec!["ana ".to_owned(), "Anton ".to_owned()]));
        assert_eq!(complete_end("/find in:o x from:b"), (18, vec!["bruno ".to_owned()]));
        assert_eq!(complete_end("/search in:o"), (11, vec!["Open ".to_owned(), "ops ".to_owned()]));
        assert_eq!(complete_end("/search before:o").1.len(), 0);
        assert_eq!(complete_end("see in:o"), (4, vec![]));
        assert_eq!(complete_end("/history @br"), (9, vec!["@bruno ".to_owned()]));
        assert_eq!(complete_end("/history #op").1, ["#Open ", "#ops "]);
    }

    #[test]
    fn nothing_is_completed_from_nothing() {
        assert_eq!(complete_end(""), (0, vec![]));
        assert_eq!(complete_end("hi "), (3, vec![]));
    }

    #[test]
    fn only_what_is_before_the_cursor_counts() {
        let known = Known::default();
        known.people.came("ana", "lobby");
        assert_eq!(complete("an, hi", 2, &known), (0, vec!["ana: ".to_owned()]));
    }

    #[test]
    fn a_crowd_is_cut() {
        let known = Known::default();
        (0..50).for_each(|n| known.people.came(&format!("ana{n}"), "lobby"));
        assert_eq!(complete("ana", 3, &known).1.len(), CANDIDATES_MAX);
    }
}
