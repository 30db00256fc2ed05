//! Messages in their order, whether they are rows or in packs.

use std::ops::{ControlFlow, Range};

use rusqlite::{Connection, Row, params};

use super::answer::Direction;
use super::message::{COLUMNS, borrowed_text, integer};
use super::pack::Frame;
use super::packs::{self, Contents, HEADER};
use crate::kept::Message;

/// Something that is kept at a place.
#[derive(Debug)]
pub(super) enum Entry<'a> {
    /// A row of [`COLUMNS`].
    Row(&'a Row<'a>),
    /// A message of a pack.
    Packed(&'a Frame<'a>),
    /// A pack that cannot be read.
    Lost {
        /// Where it begins.
        id: i64,
        /// When it begins.
        time_ms: i64,
        /// How many messages are said to be in it.
        count: u64,
    },
}

impl Entry<'_> {
    /// The number that it has as a row.
    pub(super) fn id(&self) -> i64 {
        match self {
            // It is the table's key: never anything else.
            Self::Row(row) => integer(row, 0).unwrap_or(i64::MIN),
            Self::Packed(frame) => frame.id,
            Self::Lost { id, .. } => *id,
        }
    }

    pub(super) fn time_ms(&self) -> Option<i64> {
        match self {
            Self::Row(row) => integer(row, 1),
            Self::Packed(frame) => Some(frame.time_ms),
            Self::Lost { time_ms, .. } => Some(*time_ms),
        }
    }

    pub(super) fn nick(&self) -> Option<&str> {
        match self {
            Self::Row(row) => borrowed_text(row, 3),
            Self::Packed(frame) => frame.nick,
            Self::Lost { .. } => None,
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Row(row) => borrowed_text(row, 4),
            Self::Packed(frame) => frame.text,
            Self::Lost { .. } => None,
        }
    }

    /// The message; `None` if it is none: the file may hold anything.
    pub(super) fn message(&self) -> Option<Message> {
        match self {
            Self::Row(row) => Message::read(row),
            Self::Packed(frame) => frame.message().map(Message::owned),
            Self::Lost { .. } => None,
        }
    }

    /// How many messages it is.
    pub(super) fn count(&self) -> u64 {
        match self {
            Self::Row(_) | Self::Packed(_) => 1,
            Self::Lost { count, .. } => *count,
        }
    }
}

/// Shows what is kept at these places, one after the other, until `see` has seen enough.
pub(super) fn visit(
    connection: &Connection,
    places: Range<i64>,
    direction: Direction,
    mut see: impl FnMut(&Entry<'_>) -> ControlFlow<()>,
) -> rusqlite::Result<()> {
    let (order, is_forward) = match direction {
        Direction::Forward => ("ASC", true),
        Direction::Backward => ("DESC", false),
    };
    let sql = format!("SELECT {COLUMNS} FROM messages WHERE id >= ?1 AND id < ?2 ORDER BY id {order}");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![places.start, places.end])?;
    // The pack that the first place may be in the middle of begins before it.
    let sql = format!(
        "SELECT {HEADER} FROM packs
        WHERE id >= coalesce((SELECT max(id) FROM packs WHERE id <= ?1), ?1) AND id < ?2 AND last >= ?1
        ORDER BY id {order}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut headers = statement.query(params![places.start, places.end])?;
    let mut next = headers.next()?.map(packs::header);
    loop {
        let row = rows.next()?;
        let id = row.and_then(|row| integer(row, 0));
        while let Some(header) = next
            && id.is_none_or(|id| (header.first < id) == is_forward)
        {
            // A file may say of a pack's end what SQLite takes for larger than any number.
            if header.last >= places.start {
                let contents = Contents::of(connection, header)?;
                if contents.visit_some(&places, is_forward, &mut see).is_break() {
                    return Ok(());
                }
            }
            next = headers.next()?.map(packs::header);
        }
        let Some(row) = row else { return Ok(()) };
        if see(&Entry::Row(row)).is_break() {
            return Ok(());
        }
    }
}

impl Contents {
    /// Shows all that is in it.
    pub(super) fn visit(&self, mut see: impl FnMut(&Entry<'_>)) {
        let all = i64::MIN..i64::MAX;
        let _: ControlFlow<()> = self.visit_some(&all, true, &mut |entry| {
            see(entry);
            ControlFlow::Continue(())
        });
    }

    fn visit_some(
        &self,
        places: &Range<i64>,
        is_forward: bool,
        see: &mut impl FnMut(&Entry<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Some(frames) = self.frames() else {
            let id = self.header.first.max(places.start);
            return see(&Entry::Lost { id, time_ms: self.header.first_ms, count: self.header.count });
        };
        let begin = frames.partition_point(|frame| frame.id < places.start);
        let end = frames.partition_point(|frame| frame.id < places.end).max(begin);
        let mut see = |frame| see(&Entry::Packed(frame));
        let mut frames = frames[begin..end].iter();
        if is_forward { frames.try_for_each(&mut see) } else { frames.rev().try_for_each(&mut see) }
    }
}
