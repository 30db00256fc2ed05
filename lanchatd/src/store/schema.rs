//! The tables: as version 1 made them, and what each version has changed since.
//!
//! Absent: foreign keys (one writer, which checks), statistics for the query planner (every query names its
//! way), an index by age (the oldest messages of a conversation lie first).

/// Marks a file as ours: `LANc` (`PRAGMA application_id`).
pub(super) const APPLICATION_ID: i64 = 0x4c41_4e63;

/// Messages are numbered by conversation and position, so that one b-tree holds each conversation in one
/// piece. `head` is one beyond the last position given; what is before `indexed` is in the search index.
///
/// The index holds trigrams, without their places (`detail=none`): that is less than half the size and a third
/// faster to write, and whoever searches reads the messages anyway, and looks. Nobody ranks: no `columnsize`.
/// What was indexed at different times is merged by upkeep, a little at a time; left to itself, the index would
/// do much of it at once.
pub(super) const VERSION_1: &str = "
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value NOT NULL
) WITHOUT ROWID;

CREATE TABLE conversations (
    id INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    topic TEXT,
    topic_by TEXT,
    topic_ms INTEGER,
    head INTEGER NOT NULL,
    indexed INTEGER NOT NULL DEFAULT 0,
    private INTEGER NOT NULL
);

CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    time_ms INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    nick TEXT NOT NULL,
    text TEXT NOT NULL,
    client TEXT,
    tag TEXT
);

CREATE INDEX messages_by_client ON messages (client, time_ms) WHERE client IS NOT NULL;

CREATE VIRTUAL TABLE messages_fts USING fts5 (
    text,
    content = 'messages',
    content_rowid = 'id',
    tokenize = 'trigram',
    detail = none,
    columnsize = 0
);

CREATE TABLE people (
    key TEXT PRIMARY KEY,
    nick TEXT NOT NULL,
    seen_ms INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE marks (
    conversation INTEGER NOT NULL,
    key TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (conversation, key)
) WITHOUT ROWID;

INSERT INTO messages_fts (messages_fts, rank) VALUES ('automerge', 0), ('crisismerge', 256);

INSERT INTO meta VALUES ('reserved', 0), ('floor', 0), ('clean', 1);
";

/// Which run of a client had a name last, and a way to the newest messages that have names of their senders.
pub(super) const VERSION_2: &str = "
ALTER TABLE people ADD COLUMN run TEXT;

ALTER TABLE marks ADD COLUMN since INTEGER;

DROP INDEX messages_by_client;

CREATE INDEX messages_sent ON messages (time_ms) WHERE client IS NOT NULL;
";

/// What is written while much is said: many messages of a conversation as one piece, until there is time to make rows of
/// them. `id` and `last` are the numbers that the first and the last message have as rows; no row and no other pack has a
/// number between them. `sent_ms` is the time of the newest one that has a name of its sender, `size` what the body takes
/// when it is not compressed.
pub(super) const VERSION_3: &str = "
CREATE TABLE packs (
    id INTEGER PRIMARY KEY,
    last INTEGER NOT NULL,
    count INTEGER NOT NULL,
    first_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    sent_ms INTEGER,
    size INTEGER NOT NULL,
    body BLOB NOT NULL
);
";

/// Who may call themselves what. `hash` is what is kept of a password (PHC string), `digest` a SHA-256 of what was shown
/// once; `addresses` are where the owner has logged in, parted by spaces, the last one last.
pub(super) const VERSION_4: &str = "
CREATE TABLE accounts (
    key TEXT PRIMARY KEY,
    nick TEXT NOT NULL,
    role TEXT NOT NULL,
    hash TEXT,
    created_ms INTEGER NOT NULL,
    addresses TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE tokens (
    digest BLOB PRIMARY KEY,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    created_ms INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE invites (
    digest BLOB PRIMARY KEY,
    role TEXT NOT NULL,
    uses INTEGER,
    expires_ms INTEGER
) WITHOUT ROWID;
";

/// How order is kept: who is not let in, who may say nothing (everywhere, or in a conversation), the rules of rooms, and
/// who has rights of their own in them. `reaches` is the number of the highest rank that it holds for.
pub(super) const VERSION_5: &str = "
ALTER TABLE conversations ADD COLUMN moderated INTEGER NOT NULL DEFAULT 0;

ALTER TABLE conversations ADD COLUMN locked INTEGER NOT NULL DEFAULT 0;

ALTER TABLE conversations ADD COLUMN slow_s INTEGER NOT NULL DEFAULT 0;

CREATE TABLE bans (
    id INTEGER PRIMARY KEY,
    whom TEXT NOT NULL,
    author TEXT NOT NULL,
    reason TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    until_ms INTEGER,
    reaches INTEGER NOT NULL
);

CREATE TABLE mutes (
    id INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL,
    nick TEXT NOT NULL,
    person TEXT NOT NULL,
    is_account INTEGER NOT NULL,
    ip TEXT,
    author TEXT NOT NULL,
    reason TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    until_ms INTEGER,
    reaches INTEGER NOT NULL
);

CREATE INDEX mutes_of_conversation ON mutes (conversation);

CREATE TABLE rights (
    conversation INTEGER NOT NULL,
    account TEXT NOT NULL,
    nick TEXT NOT NULL,
    operator INTEGER NOT NULL,
    voice INTEGER NOT NULL,
    invited INTEGER NOT NULL,
    PRIMARY KEY (conversation, account)
) WITHOUT ROWID;
";

/// Which user of the host made an invite.
pub(super) const VERSION_6: &str = "
ALTER TABLE invites ADD COLUMN uid INTEGER;
";
