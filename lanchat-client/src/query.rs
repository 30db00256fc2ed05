//! What somebody looks for, as the relay is asked for it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lanchat_protocol::client::Search;
use lanchat_protocol::moment::NotAMoment;
use lanchat_protocol::past::Query;

use crate::target::Target;

/// What is typed behind `/search`, with as many messages around each that is found. An error says what is wrong.
pub(crate) fn search(
    typed: &str,
    wall: Timestamp,
    zone: &TimeZone,
    context: usize,
) -> Result<Search<'static>, String> {
    let query = Query::parse(typed, wall.as_millisecond(), zone);
    let Query { words, from, room, before_ms, after_ms } = query.map_err(|wrong| wrong.to_string())?;
    let room = room.map(|room| Target::parse(&room)).transpose()?;
    Ok(Search {
        id: None,
        words: (!words.is_empty()).then(|| words.into()),
        from: from.map(Into::into),
        room: room.map(|room| room.on_the_wire().into()),
        before: before_ms.map(moment).transpose()?.map(Into::into),
        after: after_ms.map(moment).transpose()?.map(Into::into),
        limit: None,
        context: Some(context),
    })
}

/// A moment as the wire has it.
pub(crate) fn moment(ms: i64) -> Result<String, String> {
    Timestamp::from_millisecond(ms).map(|time| time.to_string()).map_err(|_| NotAMoment.to_string())
}
