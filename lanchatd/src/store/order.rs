//! Bans, mutes, and the rules of rooms in the file.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};

use super::loaded::rows;
use super::message::{integer, optional_integer, optional_text, text, unsigned};
use crate::kept::{Ban, Conversation, ConversationId, Culprit, Mute, Order, Rights, Rules, Term};

/// In place of a conversation: a mute that holds everywhere.
const EVERYWHERE: ConversationId = 0;

/// Writes what holds for all of the relay, in place of what did.
pub(super) fn put(connection: &Connection, order: &Order) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM bans")?.execute([])?;
    let sql = "INSERT INTO bans (whom, author, reason, since_ms, until_ms, reaches) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut insertion = connection.prepare_cached(sql)?;
    for Ban { whom, term } in &order.bans {
        let Term { by, reason, since_ms, until_ms, reaches } = term;
        insertion.execute(params![whom, by, reason, since_ms, until_ms, reaches])?;
    }
    put_mutes(connection, EVERYWHERE, &order.mutes)
}

/// Writes the rules of a room, in place of those that it had.
pub(super) fn put_rules(connection: &Connection, id: ConversationId, rules: &Rules) -> rusqlite::Result<()> {
    let Rules { is_moderated, is_locked, slow_s, people, mutes } = rules;
    let sql = "UPDATE conversations SET moderated = ?2, locked = ?3, slow_s = ?4 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute(params![id, is_moderated, is_locked, slow_s])?;
    connection.prepare_cached("DELETE FROM rights WHERE conversation = ?1")?.execute([id])?;
    let sql = "INSERT INTO rights (conversation, account, nick, operator, voice, invited)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut insertion = connection.prepare_cached(sql)?;
    for Rights { account, nick, is_operator, has_voice, is_invited } in people {
        insertion.execute(params![id, account, nick, is_operator, has_voice, is_invited])?;
    }
    put_mutes(connection, id, mutes)
}

fn put_mutes(connection: &Connection, id: ConversationId, mutes: &[Mute]) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM mutes WHERE conversation = ?1")?.execute([id])?;
    let sql = "INSERT INTO mutes
        (conversation, nick, person, is_account, ip, author, reason, since_ms, until_ms, reaches)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let mut insertion = connection.prepare_cached(sql)?;
    for Mute { culprit, term } in mutes {
        let Culprit { nick, person, is_account, ip } = culprit;
        let Term { by, reason, since_ms, until_ms, reaches } = term;
        let ip = ip.map(|ip| ip.to_string());
        insertion
            .execute(params![id, nick, person, is_account, ip, by, reason, since_ms, until_ms, reaches])?;
    }
    Ok(())
}

/// What holds for all of the relay; the rules of rooms go to those.
pub(super) fn load(
    connection: &Connection,
    conversations: &mut [Conversation],
    skipped: &mut u64,
) -> rusqlite::Result<Order> {
    let sql = "SELECT whom, author, reason, since_ms, until_ms, reaches FROM bans ORDER BY id";
    let bans = rows(connection, sql, ban, skipped)?;
    let sql = "SELECT author, reason, since_ms, until_ms, reaches, conversation, nick, person, is_account, ip
        FROM mutes ORDER BY id";
    let mut mutes: BTreeMap<ConversationId, Vec<Mute>> = BTreeMap::new();
    for (id, mute) in rows(connection, sql, mute, skipped)? {
        mutes.entry(id).or_default().push(mute);
    }
    let sql = "SELECT conversation, account, nick, operator, voice, invited FROM rights
        ORDER BY conversation, account";
    let mut rights: BTreeMap<ConversationId, Vec<Rights>> = BTreeMap::new();
    for (id, right) in rows(connection, sql, right, skipped)? {
        rights.entry(id).or_default().push(right);
    }
    for conversation in conversations {
        conversation.rules.people = rights.remove(&conversation.id).unwrap_or_default();
        conversation.rules.mutes = mutes.remove(&conversation.id).unwrap_or_default();
    }
    Ok(Order { bans, mutes: mutes.remove(&EVERYWHERE).unwrap_or_default() })
}

fn ban(row: &Row<'_>) -> Option<Ban> {
    Some(Ban { whom: text(row, 0)?, term: term(row, 1)? })
}

fn term(row: &Row<'_>, first: usize) -> Option<Term> {
    Some(Term {
        by: text(row, first)?,
        reason: text(row, first + 1)?,
        since_ms: integer(row, first + 2)?,
        until_ms: optional_integer(row, first + 3)?,
        reaches: integer(row, first + 4)?.try_into().ok()?,
    })
}

fn mute(row: &Row<'_>) -> Option<(ConversationId, Mute)> {
    let ip = match optional_text(row, 9)? {
        Some(written) => Some(written.parse().ok()?),
        None => None,
    };
    let culprit =
        Culprit { nick: text(row, 6)?, person: text(row, 7)?, is_account: integer(row, 8)? != 0, ip };
    Some((unsigned(row, 5)?.try_into().ok()?, Mute { culprit, term: term(row, 0)? }))
}

fn right(row: &Row<'_>) -> Option<(ConversationId, Rights)> {
    let rights = Rights {
        account: text(row, 1)?,
        nick: text(row, 2)?,
        is_operator: integer(row, 3)? != 0,
        has_voice: integer(row, 4)? != 0,
        is_invited: integer(row, 5)? != 0,
    };
    Some((unsigned(row, 0)?.try_into().ok()?, rights))
}
