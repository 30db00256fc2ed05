//! Accounts, tokens and invites in the file.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params};

use super::loaded::rows;
use super::message::{integer, optional_integer, optional_text, text};
use crate::kept::{Account, Digest, Identity, Invite, Token};

pub(super) fn put(connection: &Connection, identity: &Identity) -> rusqlite::Result<()> {
    match identity {
        Identity::Account(account) => put_account(connection, account),
        Identity::Token(Token { digest, account, name, created_ms }) => {
            let sql =
                "INSERT OR REPLACE INTO tokens (digest, account, name, created_ms) VALUES (?1, ?2, ?3, ?4)";
            connection.prepare_cached(sql)?.execute(params![digest, account, name, created_ms]).map(drop)
        }
        Identity::Invite(Invite { digest, role, uses, expires_ms, uid }) => {
            let sql = "INSERT OR REPLACE INTO invites (digest, role, uses, expires_ms, uid) VALUES (?1, ?2, ?3, ?4, ?5)";
            let mut statement = connection.prepare_cached(sql)?;
            statement.execute(params![digest, role.as_str(), uses, expires_ms, uid]).map(drop)
        }
        Identity::NoAccount(key) => {
            connection.prepare_cached("DELETE FROM tokens WHERE account = ?1")?.execute([key])?;
            connection.prepare_cached("DELETE FROM accounts WHERE key = ?1")?.execute([key]).map(drop)
        }
        Identity::NoToken(digest) => remove(connection, "DELETE FROM tokens WHERE digest = ?1", digest),
        Identity::NoInvite(digest) => remove(connection, "DELETE FROM invites WHERE digest = ?1", digest),
    }
}

fn put_account(connection: &Connection, account: &Account) -> rusqlite::Result<()> {
    let Account { key, nick, role, hash, created_ms, addresses } = account;
    let addresses = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let sql = "INSERT OR REPLACE INTO accounts (key, nick, role, hash, created_ms, addresses)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut statement = connection.prepare_cached(sql)?;
    statement.execute(params![key, nick, role.as_str(), hash, created_ms, addresses]).map(drop)
}

fn remove(connection: &Connection, sql: &str, digest: &Digest) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([digest]).map(drop)
}

/// All of them, accounts first.
pub(super) fn load(connection: &Connection, skipped: &mut u64) -> rusqlite::Result<Vec<Identity>> {
    let sql = "SELECT key, nick, role, hash, created_ms, addresses FROM accounts ORDER BY key";
    let mut identities = rows(connection, sql, account, skipped)?;
    let sql = "SELECT digest, account, name, created_ms FROM tokens ORDER BY digest";
    identities.extend(rows(connection, sql, token, skipped)?);
    let sql = "SELECT digest, role, uses, expires_ms, uid FROM invites ORDER BY digest";
    identities.extend(rows(connection, sql, invite, skipped)?);
    Ok(identities)
}

fn account(row: &Row<'_>) -> Option<Identity> {
    Some(Identity::Account(Account {
        key: text(row, 0)?,
        nick: text(row, 1)?,
        role: text(row, 2)?.parse().ok()?,
        hash: optional_text(row, 3)?,
        created_ms: integer(row, 4)?,
        // What is no address was never one.
        addresses: text(row, 5)?.split_ascii_whitespace().filter_map(|ip| ip.parse().ok()).collect(),
    }))
}

fn token(row: &Row<'_>) -> Option<Identity> {
    let (account, name) = (text(row, 1)?, text(row, 2)?);
    Some(Identity::Token(Token { digest: digest(row, 0)?, account, name, created_ms: integer(row, 3)? }))
}

fn invite(row: &Row<'_>) -> Option<Identity> {
    let uses = match optional_integer(row, 2)? {
        Some(uses) => Some(uses.try_into().ok()?),
        None => None,
    };
    let (digest, role) = (digest(row, 0)?, text(row, 1)?.parse().ok()?);
    let (expires_ms, uid) = (optional_integer(row, 3)?, optional_integer(row, 4)?);
    // Who made it is told and decides nothing: a number that is none is nobody's.
    let uid = uid.and_then(|uid| uid.try_into().ok());
    Some(Identity::Invite(Invite { digest, role, uses, expires_ms, uid }))
}

fn digest(row: &Row<'_>, column: usize) -> Option<Digest> {
    match row.get_ref(column).ok()? {
        ValueRef::Blob(bytes) => bytes.try_into().ok(),
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Text(_) => None,
    }
}
