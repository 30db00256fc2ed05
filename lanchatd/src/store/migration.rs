//! From one version of the schema to the next, each step in a transaction of its own.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::error::{Cause, Misfit};
use super::schema::{APPLICATION_ID, VERSION_1, VERSION_2, VERSION_3, VERSION_4, VERSION_5, VERSION_6};

/// What leads from version N to N + 1, by N.
const STEPS: [fn(&Transaction<'_>) -> rusqlite::Result<()>; 6] =
    [create, name_runs, take_packs, take_accounts, take_order, sign_invites];

/// The version that this lanchatd writes (`PRAGMA user_version`).
pub(super) const VERSION: i64 = 6;
const _: () = assert!(STEPS.len() == VERSION.unsigned_abs() as usize);

/// The version that has packs for the first time.
pub(super) const PACKS_SINCE: i64 = 3;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Identity {
    /// There is nothing in it yet.
    Empty,
    /// A store of this version.
    Store(i64),
}

/// Finds out what a file is, and changes nothing.
pub(super) fn identify(connection: &Connection) -> Result<Identity, Cause> {
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let application: i64 = pragma(connection, "application_id")?;
    let found = pragma(connection, "user_version")?;
    match application {
        APPLICATION_ID if found > VERSION => Err(Misfit::Newer { found, known: VERSION }.into()),
        APPLICATION_ID if found > 0 => Ok(Identity::Store(found)),
        APPLICATION_ID | 0 if tables == 0 && found == 0 => Ok(Identity::Empty),
        _ => Err(Misfit::Foreign.into()),
    }
}

/// Brings the tables to [`VERSION`].
pub(super) fn migrate(connection: &mut Connection, from: Identity) -> rusqlite::Result<()> {
    let from = match from {
        Identity::Empty => 0,
        Identity::Store(version) => version,
    };
    for (step, to) in STEPS.into_iter().zip(1..).skip(usize::try_from(from).unwrap_or(0)) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        step(&transaction)?;
        transaction.pragma_update(None, "user_version", to)?;
        transaction.commit()?;
    }
    Ok(())
}

fn create(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(VERSION_1)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)
}

fn name_runs(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(VERSION_2)
}

fn take_packs(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(VERSION_3)
}

fn take_accounts(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(VERSION_4)
}

fn take_order(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(VERSION_5)
}

fn sign_invites(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(VERSION_6)
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}
