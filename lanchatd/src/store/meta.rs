//! What the store knows about itself: which history it is, and which positions may have been given out.

use rusqlite::{Connection, OptionalExtension, params};

use super::error::{Cause, Misfit};
use super::message::POSITION_END;

/// The hex digits of a history's name.
const HISTORY_DIGITS: usize = 32;

/// Positions and history of this run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) history: String,
    pub(super) floor: u64,
    pub(super) reserved: u64,
}

/// Begins a run: positions of the last one that nobody has written down are given up, and new ones reserved.
///
/// A file without a history gets one: it is new, or a copy that [`super::backup`] made.
pub(super) fn begin_run(connection: &mut Connection, reserve: u64) -> Result<Run, Cause> {
    let transaction = connection.transaction()?;
    let history = if let Some(history) = history(&transaction)? {
        history
    } else {
        let new = "INSERT INTO meta VALUES ('history', lower(hex(randomblob(16)))) RETURNING value";
        transaction.query_row(new, [], |row| row.get(0))?
    };
    let reserved = position(&transaction, "reserved")?;
    let was_clean = number(&transaction, "clean")? == 1;
    let floor = if was_clean { position(&transaction, "floor")? } else { reserved };
    let reserved = floor.max(last(&transaction)?).saturating_add(reserve);
    if reserved >= POSITION_END {
        return Err(Misfit::Damaged("its positions are used up, or out of bounds").into());
    }
    for (key, value) in [("floor", floor), ("reserved", reserved), ("clean", 0)] {
        set(&transaction, key, value)?;
    }
    transaction.commit()?;
    Ok(Run { history, floor, reserved })
}

/// Ends a run: all positions given are written down.
pub(super) fn end_run(connection: &Connection) -> rusqlite::Result<()> {
    set(connection, "clean", 1)
}

/// Which history it is.
pub(super) fn history(connection: &Connection) -> Result<Option<String>, Cause> {
    let sql = "SELECT value FROM meta WHERE key = 'history'";
    let history: Option<String> = connection.query_row(sql, [], |row| row.get(0)).optional()?;
    let is_one = |name: &String| name.len() == HISTORY_DIGITS && name.bytes().all(|b| b.is_ascii_hexdigit());
    if history.as_ref().is_some_and(|history| !is_one(history)) {
        return Err(Misfit::Damaged("its history has no proper name").into());
    }
    Ok(history)
}

/// Has a new file go on with a history.
pub(super) fn go_on(connection: &Connection, history: &str) -> rusqlite::Result<()> {
    connection.execute("INSERT INTO meta VALUES ('history', ?1)", [history]).map(drop)
}

/// Has a copy begin a history of its own: what is said in the original from now on is not in it.
pub(super) fn forget_history(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM meta WHERE key = 'history'", []).map(drop)
}

/// Positions up to this one may be given out once the transaction is written.
pub(super) fn reserve(connection: &Connection, to: u64) -> rusqlite::Result<()> {
    let sql = "UPDATE meta SET value = max(value, ?1) WHERE key = 'reserved'";
    connection.prepare_cached(sql)?.execute(params![stored(to)]).map(drop)
}

/// A position as SQLite takes it.
pub(super) fn stored(position: u64) -> i64 {
    i64::try_from(position.min(POSITION_END)).unwrap_or(i64::MAX)
}

fn last(connection: &Connection) -> Result<u64, Cause> {
    let sql = "SELECT coalesce(max(head), 0) FROM conversations WHERE typeof(head) = 'integer'";
    let head: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    Ok(u64::try_from(head).map_err(|_| Misfit::Damaged("a position is out of bounds"))?.saturating_sub(1))
}

fn position(connection: &Connection, key: &str) -> Result<u64, Cause> {
    let value = number(connection, key)?;
    u64::try_from(value).map_err(|_| Misfit::Damaged("a position is out of bounds").into())
}

fn number(connection: &Connection, key: &str) -> Result<i64, Cause> {
    let value = connection.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0));
    value.optional()?.ok_or_else(|| Misfit::Damaged("it lacks what a store knows about itself").into())
}

fn set(connection: &Connection, key: &str, value: u64) -> rusqlite::Result<()> {
    let sql = "UPDATE meta SET value = ?2 WHERE key = ?1";
    connection.execute(sql, params![key, stored(value)]).map(drop)
}
