//! What a person asks of what was said before: how much of it, or which words.

use std::fmt;

use jiff::tz::TimeZone;

use crate::client::HISTORY_MAX;
use crate::moment::{self, NotAMoment};

/// Messages that are shown where nobody says how many.
pub const SHOWN: usize = 20;

/// What else can stand behind `/history` than a moment.
const OTHERWISE: &str = "or a number of messages: /history 50; or a room first: /history #ROOM 2h";

/// How much of what was said: what stands behind `/history`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The last so many messages.
    Last(usize),
    /// What was said from a moment on, in milliseconds since 1970 UTC.
    Since(i64),
}

impl Wanted {
    /// Understands `30`, `2h`, `since 09:15` and nothing at all. `now_ms` and `zone` are those of whoever asks.
    pub fn parse(words: &str, now_ms: i64, zone: &TimeZone) -> Result<Self, WrongHistory> {
        let words = words.trim();
        if words.is_empty() {
            return Ok(Self::Last(SHOWN));
        }
        if words.bytes().all(|byte| byte.is_ascii_digit()) {
            return match words.parse().unwrap_or(HISTORY_MAX) {
                0 => Err(WrongHistory::Nothing),
                count => Ok(Self::Last(count.min(HISTORY_MAX))),
            };
        }
        let (first, rest) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
        let words = if first.eq_ignore_ascii_case("since") { rest } else { words };
        moment::parse(words.trim(), now_ms, zone).map(Self::Since).map_err(WrongHistory::Moment)
    }
}

/// Why nothing is shown of what was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongHistory {
    /// No message at all is asked for.
    Nothing,
    /// What stands there is no number of messages, and no moment.
    Moment(NotAMoment),
}

impl fmt::Display for WrongHistory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => write!(f, "0 messages show nothing: ask for 1 to {HISTORY_MAX}"),
            Self::Moment(wrong) => write!(f, "{wrong}; {OTHERWISE}"),
        }
    }
}

impl std::error::Error for WrongHistory {}

/// The room or person that is named before how much is wanted: `#ops 2h`, `@ana since 09:15`.
pub fn place(words: &str) -> (Option<&str>, &str) {
    let (first, rest) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    if first.starts_with(['#', '@']) { (Some(first), rest.trim()) } else { (None, words) }
}

/// What is searched for: what stands behind `/search`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Words or parts of words, with spaces between them: [`words`] takes them apart.
    pub words: String,
    /// Whose messages.
    pub from: Option<String>,
    /// Where: a room, or `@ana`.
    pub room: Option<String>,
    /// Before this moment, in milliseconds since 1970 UTC.
    pub before_ms: Option<i64>,
    /// From this moment on.
    pub after_ms: Option<i64>,
}

/// Why a line cannot be searched for.
#[derive(Debug, PartialEq, Eq)]
pub enum WrongQuery {
    /// `before:` or `after:` is followed by no moment.
    Moment(&'static str, NotAMoment),
    /// There are no words, and nobody is named.
    Empty,
    /// There are more words than this.
    TooMany(usize),
}

/// What all has to be in a message: words, and what stands in quotation marks as it stands there.
pub fn words(typed: &str) -> impl Iterator<Item = &str> {
    pieces(typed).map(|piece| match piece.strip_prefix('"').and_then(|piece| piece.strip_suffix('"')) {
        Some(quoted) if !quoted.trim().is_empty() => quoted.trim(),
        Some(_) | None => piece,
    })
}

/// What is between spaces, but for those in quotation marks that end a word.
fn pieces(typed: &str) -> impl Iterator<Item = &str> {
    let mut rest = typed.trim();
    // What ends no quotation ends none that begins later: looking again at each would take very long.
    let mut is_ended = true;
    std::iter::from_fn(move || {
        let quoted = rest.strip_prefix('"').filter(|_| is_ended).and_then(|inner| {
            let ends = |at: &usize| inner[at + 1..].chars().next().is_none_or(char::is_whitespace);
            let end = inner.match_indices('"').map(|(at, _)| at).find(ends);
            is_ended = end.is_some();
            Some(end? + 2)
        });
        let end = quoted.or_else(|| rest.find(char::is_whitespace)).unwrap_or(rest.len());
        let (piece, behind) = rest.split_at(end);
        rest = behind.trim_start();
        (!piece.is_empty()).then_some(piece)
    })
}

impl Query {
    /// Understands `disk "is full" from:ana in:#ops before:2026-11-01 after:2h`, in any order.
    pub fn parse(line: &str, now_ms: i64, zone: &TimeZone) -> Result<Self, WrongQuery> {
        let mut query = Self::default();
        let mut words = Vec::new();
        let moment = |key, value: &str| {
            moment::parse(value, now_ms, zone).map(Some).map_err(|wrong| WrongQuery::Moment(key, wrong))
        };
        for word in pieces(line) {
            match word.split_once(':').map(|(key, value)| (key.to_ascii_lowercase(), value)) {
                Some((key, nick)) if key == "from" && !nick.is_empty() => {
                    query.from = Some(nick.trim_start_matches('@').to_owned());
                }
                Some((key, room)) if key == "in" && !room.is_empty() => query.room = Some(room.to_owned()),
                Some((key, value)) if key == "before" => query.before_ms = moment("before", value)?,
                Some((key, value)) if key == "after" || key == "since" => {
                    query.after_ms = moment("after", value)?;
                }
                _ => words.push(word),
            }
        }
        query.words = words.join(" ");
        if query.words.is_empty() && query.from.is_none() {
            return Err(WrongQuery::Empty);
        }
        Ok(query)
    }
}

impl fmt::Display for WrongQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moment(key, wrong) => write!(f, "{key}: {wrong}"),
            Self::TooMany(max) => write!(f, "a search has at most {max} words"),
            Self::Empty => f.write_str(
                "search for what? /search WORDS; from:NICK in:ROOM before:DATE after:DATE narrow it down",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22 10:15 UTC.
    const NOW_MS: i64 = 1_795_342_500_000;

    fn wanted(words: &str) -> Wanted {
        Wanted::parse(words, NOW_MS, &TimeZone::UTC).unwrap()
    }

    #[test]
    fn how_much_of_it() {
        assert_eq!(wanted(" "), Wanted::Last(SHOWN));
        assert_eq!(wanted("7"), Wanted::Last(7));
        assert_eq!(wanted("1"), Wanted::Last(1));
        assert_eq!(Wanted::parse("00", NOW_MS, &TimeZone::UTC), Err(WrongHistory::Nothing));
        assert_eq!(wanted("99999999999999999999999"), Wanted::Last(HISTORY_MAX));
        assert_eq!(wanted("2h"), Wanted::Since(NOW_MS - 7_200_000));
        assert_eq!(wanted("Since  2h"), Wanted::Since(NOW_MS - 7_200_000));
        assert_eq!(wanted("since 2026-11-22 10:00"), Wanted::Since(NOW_MS - 900_000));
        assert!(Wanted::parse("since", NOW_MS, &TimeZone::UTC).is_err());
        assert!(Wanted::parse("lately", NOW_MS, &TimeZone::UTC).is_err());
    }

    #[test]
    fn a_place_comes_first() {
        assert_eq!(place("#ops 2h"), (Some("#ops"), "2h"));
        assert_eq!(place("@ana"), (Some("@ana"), ""));
        assert_eq!(place("since 09:15"), (None, "since 09:15"));
        assert_eq!(place(""), (None, ""));
    }

    #[test]
    fn words_and_what_narrows_them_down() {
        let line = "disk from:@ana full in:#ops BEFORE:2026-11-22T10:00 after:2h http://x";
        let query = Query::parse(line, NOW_MS, &TimeZone::UTC).unwrap();
        assert_eq!(query.words, "disk full http://x");
        assert_eq!((query.from.as_deref(), query.room.as_deref()), (Some("ana"), Some("#ops")));
        assert_eq!(query.before_ms, Some(NOW_MS - 900_000));
        assert_eq!(query.after_ms, Some(NOW_MS - 7_200_000));
    }

    #[test]
    fn what_stands_in_quotation_marks_is_one() {
        let found = |typed| words(typed).collect::<Vec<_>>();
        assert_eq!(found(r#"a "disk is  full" b"#), ["a", "disk is  full", "b"]);
        assert_eq!(
            found(r#""one" "say "hi" to" "#),
            ["one", "say \"hi", "to\""],
            "the first that ends a word"
        );
        assert_eq!(found(r#""disk is"#), ["\"disk", "is"], "nothing ends it");
        assert_eq!(found(r#"""  x"y  日"本 "#), ["\"\"", "x\"y", "日\"本"]);
        assert_eq!(
            found(r#""a "b c" "d e"#),
            ["a \"b c", "\"d", "e"],
            "one that is ended, and one that is not"
        );
        assert_eq!(found(" "), [""; 0]);
        let query = Query::parse(r#""is in:ops now" in:dev"#, NOW_MS, &TimeZone::UTC).unwrap();
        assert_eq!((&*query.words, query.room.as_deref()), (r#""is in:ops now""#, Some("dev")));
    }

    #[test]
    fn marks_that_nothing_ends_are_looked_at_once() {
        // Looking from each of them to the end would take minutes.
        let typed = "\"a ".repeat(300_000);
        assert_eq!(words(&typed).count(), 300_000);
    }

    #[test]
    fn what_cannot_be_searched_for_is_explained() {
        assert_eq!(Query::parse("in:ops", NOW_MS, &TimeZone::UTC), Err(WrongQuery::Empty));
        let wrong = Query::parse("x before:soon", NOW_MS, &TimeZone::UTC).unwrap_err();
        assert!(wrong.to_string().starts_with("before: "), "{wrong}");
        assert!(Query::parse("from:ana", NOW_MS, &TimeZone::UTC).is_ok());
    }
}
