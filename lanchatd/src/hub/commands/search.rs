//! `/search`: messages with words.

use lanchat_protocol::client::{CONTEXT_MAX, Code, HITS, HITS_MAX};
use lanchat_protocol::past::{Query, WrongQuery, words};

use crate::hub::command::Searched;
use crate::hub::lookup::Search;
use crate::hub::questions::Asker;
use crate::hub::{Hub, Now, Refusal, SessionId};

/// Words of one search, at most.
const WORDS_MAX: usize = 32;

/// Messages before and after each hit, where nobody says how many.
const CONTEXT: usize = 1;

pub(super) fn search(
    hub: &mut Hub,
    now: Now,
    id: SessionId,
    tag: Option<&str>,
    searched: Searched,
) -> Result<(), Refusal> {
    if hub.keeper.is_none() {
        return Err(Refusal::NoHistory);
    }
    let misunderstood =
        |wrong: WrongQuery| Refusal::Misunderstood { code: Code::BadRequest, message: wrong.to_string() };
    let (query, limit, context) = match searched {
        Searched::Typed(line) => {
            let query = Query::parse(&line, now.wall_ms, &hub.settings.zone).map_err(misunderstood)?;
            (query, HITS, CONTEXT)
        }
        Searched::Asked { query, limit, context } => {
            let limit = limit.unwrap_or(HITS).clamp(1, HITS_MAX);
            (query, limit, context.unwrap_or(CONTEXT).min(CONTEXT_MAX))
        }
    };
    let words: Vec<_> = words(&query.words).map(str::to_owned).collect();
    if words.len() > WORDS_MAX {
        return Err(misunderstood(WrongQuery::TooMany(WORDS_MAX)));
    }
    if words.is_empty() && query.from.is_none() {
        return Err(misunderstood(WrongQuery::Empty));
    }
    let places = match query.room.as_deref() {
        Some(room) => vec![super::history::readable(hub, id, Some(room))?],
        None => hub.stretches(id),
    };
    super::take_quota(hub, now, id)?;
    let kept = |room: usize| hub.rooms[room].conversation();
    let conversations = places.iter().filter_map(|place| Some((kept(place.room)?, place.from))).collect();
    let Query { from, after_ms, before_ms, .. } = query;
    hub.look_for(
        Asker { id, tag },
        &query.words,
        Search { words, from, conversations, after_ms, before_ms, limit, context },
    )
}
