//! What was said before, in the native dialect: how it is asked for, and how it is told.

use std::borrow::Cow;

use lanchat_protocol::client::{self, Code};
use lanchat_protocol::past::Query;

use super::json::filled;
use super::time::{parse, utc};
use crate::hub::{Asked, Command, Reach, Refusal, RoomHit, Searched};
use crate::kept::{self, Message, MessageKind};

/// A request for what was said.
pub(super) fn history(request: client::History) -> Command {
    let client::History { room, before, after, since, limit, .. } = request;
    if [before.is_some(), after.is_some(), since.is_some()].iter().filter(|is_given| **is_given).count() > 1 {
        return wrong("of \"before\", \"after\" and \"since\" a \"history\" has one at most");
    }
    let asked = match (after, since) {
        (Some(after), _) => Asked::After { after, limit },
        (None, Some(since)) => match parse(&since) {
            Some(time_ms) => Asked::Since { time_ms, limit },
            None => return wrong("\"since\" is no moment: write it as 2026-11-22T10:15:00Z"),
        },
        (None, None) => Asked::Before { before, limit },
    };
    Command::History { room, asked }
}

/// A request for messages with words.
pub(super) fn search(request: client::Search) -> Command {
    let client::Search { words, from, room, before, after, limit, context, .. } = request;
    let (before_ms, after_ms) = (before.as_deref().map(parse), after.as_deref().map(parse));
    if before_ms == Some(None) || after_ms == Some(None) {
        return wrong("\"before\" and \"after\" are moments: write them as 2026-11-22T10:15:00Z");
    }
    let owned = |words: Option<Cow<str>>| words.map(Cow::into_owned);
    let query = Query {
        words: owned(words).unwrap_or_default(),
        from: owned(from).map(|nick| nick.trim_start_matches('@').to_owned()),
        room: owned(room),
        before_ms: before_ms.flatten(),
        after_ms: after_ms.flatten(),
    };
    Command::Search(Searched::Asked { query, limit, context })
}

fn wrong(message: &str) -> Command<'static> {
    Command::Wrong(Refusal::Misunderstood { code: Code::BadRequest, message: message.to_owned() })
}

pub(super) fn messages(messages: &[Message]) -> Vec<client::Past<'_>> {
    messages.iter().map(message).collect()
}

fn message(message: &Message) -> client::Past<'_> {
    client::Past {
        pos: message.position,
        time: Cow::Owned(utc(message.time_ms)),
        from: Cow::Borrowed(&message.nick),
        text: Cow::Borrowed(&message.text),
        action: message.kind == MessageKind::Done,
        uid: message.uid.as_ref().and_then(kept::Uid::told).map(Cow::Owned),
    }
}

/// Where a search that has not looked at everything goes on.
pub(super) fn before<'a>(reach: Reach) -> Option<Cow<'a, str>> {
    match reach {
        Reach::From(Some(ms)) => Some(utc(ms).into()),
        Reach::From(None) | Reach::All => None,
    }
}

pub(super) fn hit<'a>(found: &'a RoomHit) -> client::Hit<'a> {
    client::Hit {
        room: filled(&found.room).unwrap_or_default(),
        message: message(&found.hit.message),
        before: messages(&found.hit.before),
        after: messages(&found.hit.after),
    }
}
