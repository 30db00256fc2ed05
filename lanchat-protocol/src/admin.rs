//! The admin socket: one JSON object a line each way.
//!
//! `{"verb":"status"}` is answered by `{"ok":true,"result":{…}}` or
//! `{"ok":false,"error":{"code":"…","message":"…"}}`.

mod accounts;
mod archive;
mod order;
mod refusal;
mod status;
mod top;
mod watch;

use std::ffi::OsString;
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::password::Password;
use crate::role::Role;

pub use accounts::{
    Invite, InviteRevoked, Invited, Invites, Kept, NewToken, Token, TokenRevoked, Tokens, User, UserChanged,
    Users,
};
pub use archive::{BackedUp, Exported, Purged, Room, Rooms, Stored, Task};
pub use order::{Ban, Bans, Lockdown, Mute, Ordered, RoomOrder};
pub use refusal::{Code, Refusal};
pub use status::{Client, Metrics, NAMES_MAX, Named, Names, Status, Tls};
pub use top::{Busy, By, TOP_MAX, Top};
pub use watch::{Event, Happening, Watching, Who};

/// The version of the replies' shape: raised when a field changes its meaning or goes away.
pub const SCHEMA: u32 = 1;

/// The longest request line, in bytes: a configuration to check travels in one. Replies have no bound:
/// a list of clients is as long as it is.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// What an administrator asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "kebab-case", rename_all_fields = "snake_case")]
pub enum Request {
    /// How the relay is: [`Status`].
    Status,
    /// Who is connected: a list of [`Client`].
    ListClients,
    /// Stop the relay: [`Stopping`]. The connection closes when the process ends.
    Stop,
    /// Read the configuration again: [`Reloaded`].
    Reload,
    /// End a client's connection: [`Kicked`].
    Kick {
        /// The id or the nick of the client.
        client: String,
        /// What the client and the room are told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Let nobody in of whom this is true, and end the connections of those who are here: [`Ordered`].
    Ban {
        /// `account:ana`, a nick or a pattern of nicks such as `spam*`, an address or a network.
        whom: String,
        /// For how long, in seconds; without it, for good.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        for_s: Option<u32>,
        /// What they are told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// End a ban: [`Ordered`].
    Unban {
        /// As `bans` shows it.
        whom: String,
    },
    /// Who is not let in, and who may say nothing: [`Bans`].
    Bans,
    /// Let somebody say nothing: [`Ordered`].
    Mute {
        /// Their nick.
        nick: String,
        /// In one room only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<String>,
        /// For how long, in seconds; without it, for good.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        for_s: Option<u32>,
        /// What they are told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Let them speak again: [`Ordered`].
    Unmute {
        /// Their nick.
        nick: String,
        /// In one room only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<String>,
    },
    /// Say who may do what in a room, and how order is kept there: [`Ordered`].
    Order {
        /// Which room.
        room: String,
        /// What is to be.
        #[serde(flatten)]
        order: RoomOrder,
    },
    /// Tell everybody something: [`Announced`].
    Announce {
        /// What to tell.
        text: String,
    },
    /// Let nobody new in, or everybody again: [`Lockdown`].
    Lockdown {
        /// Nobody new is let in; without it, nothing changes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on: Option<bool>,
    },
    /// Check a configuration without taking it: [`Checked`].
    CheckConfig {
        /// The configuration; without it, the daemon's own file is read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// What messages call `text`; its file's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// The relay and its first clients: [`Top`].
    Top {
        /// Who comes first.
        #[serde(default)]
        by: By,
        /// How many of them.
        #[serde(default)]
        limit: usize,
    },
    /// All counters, for Prometheus: [`Metrics`].
    Metrics,
    /// How clients and rooms are called that begin so: [`Names`].
    Names {
        /// What their nick, id or name begins with.
        #[serde(default)]
        prefix: String,
    },
    /// What happens from now on: [`Watching`], and then one [`Event`] a line.
    Watch,
    /// Which rooms there are: [`Rooms`].
    Rooms,
    /// What is kept, a page at a time: [`Exported`].
    Export {
        /// Of one room only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<String>,
        /// Not what is older: milliseconds since 1970, UTC.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since_ms: Option<i64>,
        /// With what people said to one person alone.
        #[serde(default)]
        direct: bool,
        /// Where the page begins: [`Exported::next`] of the one before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<i64>,
    },
    /// Copy the store to a file: a [`Task`] of [`BackedUp`].
    Backup {
        /// The file, which must not be there yet. The daemon writes it: an absolute path.
        to: String,
    },
    /// Remove messages for good: a [`Task`] of [`Purged`].
    Purge {
        /// Those that are older: milliseconds since 1970, UTC. What is said from now on stays in any case.
        before_ms: i64,
        /// Of one room only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<String>,
    },
    /// Make an account: [`UserChanged`].
    UserAdd {
        /// The name that belongs to somebody from here on.
        nick: String,
        /// What they may do.
        #[serde(default = "member")]
        role: Role,
        /// With what they log in; without it, tokens alone open the account.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        password: Option<Password>,
    },
    /// Remove an account with its tokens: [`UserChanged`].
    UserDel {
        /// Its nick.
        nick: String,
    },
    /// Which accounts there are: [`Users`].
    UserList,
    /// Change the password of an account: [`UserChanged`].
    UserPasswd {
        /// Its nick.
        nick: String,
        /// The password from here on.
        password: Password,
    },
    /// Change what the owner of an account may do: [`UserChanged`].
    UserRole {
        /// Its nick.
        nick: String,
        /// The role from here on.
        role: Role,
    },
    /// Make a token that opens an account: [`NewToken`].
    TokenNew {
        /// The nick of the account.
        nick: String,
        /// What it is for.
        #[serde(default)]
        name: String,
    },
    /// Which tokens there are: [`Tokens`].
    TokenList {
        /// Of one account only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nick: Option<String>,
    },
    /// Have a token open nothing any more: [`TokenRevoked`].
    TokenRevoke {
        /// Its id.
        id: String,
    },
    /// Where the relay is, and a code with which somebody may register: [`Invited`].
    Invite {
        /// How often it may be used.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uses: Option<u32>,
        /// How long, in seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_s: Option<u64>,
        /// What whoever uses it may do.
        #[serde(default = "member")]
        role: Role,
    },
    /// Which invites may be used yet: [`Invites`].
    InviteList,
    /// Let nobody register with an invite any more: [`InviteRevoked`].
    InviteRevoke {
        /// Its id, or its code.
        invite: Password,
    },
    /// How a task is that was begun: its [`Task`]. Waits a moment for its end.
    Follow {
        /// Which one.
        task: u64,
    },
}

/// What whoever has an account may do if nothing else is said.
fn member() -> Role {
    Role::Member
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// Whether the request was carried out.
    pub ok: bool,
    /// What the verb answers, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<serde_json::Value>,
    /// Why it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Refusal>,
}

impl Reply {
    /// The answer to a request that was carried out.
    pub fn ok(result: &impl Serialize) -> Self {
        match serde_json::to_value(result) {
            Ok(result) => Self { ok: true, result: Some(result), error: None },
            Err(error) => Self::refused(Code::Failed, format!("the answer could not be written: {error}")),
        }
    }

    /// The answer to a request that was not.
    pub fn refused(code: Code, message: impl Into<String>) -> Self {
        Self { ok: false, result: None, error: Some(Refusal { code, message: message.into() }) }
    }

    /// The result as the verb's own type.
    pub fn into_result<T: DeserializeOwned>(self) -> Result<T, Refusal> {
        if let Some(error) = self.error {
            return Err(error);
        }
        serde_json::from_value(self.result.unwrap_or_default()).map_err(|error| Refusal {
            code: Code::Failed,
            message: format!("the answer has another shape than expected ({error}): are lanchatd and lanchatctl of one version?"),
        })
    }
}

/// The answer to `stop`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopping {
    /// The process that is about to end.
    pub pid: u32,
}

/// The answer to `reload`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reloaded {
    /// The file that was read; `None`: built-in defaults.
    pub config: Option<String>,
    /// Keys whose new value is in force.
    pub applied: Vec<String>,
    /// Keys whose new value takes a restart.
    pub needs_restart: Vec<String>,
}

/// The answer to `kick`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kicked {
    /// The id of the client.
    pub id: u64,
    /// Its nick.
    pub nick: String,
    /// Where it came from.
    pub address: String,
}

/// The answer to `announce`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    /// How many clients are told.
    pub clients: u64,
}

/// The answer to `check-config`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// What was checked.
    pub name: String,
}

/// Where the admin socket may be, most specific first. `env` looks an environment variable up.
///
/// The daemon takes the first; `lanchatctl` the first on which somebody answers.
pub fn socket_candidates(env: impl Fn(&str) -> Option<OsString>, uid: u32) -> Vec<PathBuf> {
    let directory = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let mut candidates = Vec::new();
    if let Some(runtime) = directory("RUNTIME_DIRECTORY") {
        candidates.push(runtime.join("admin.sock"));
    }
    if let Some(session) = directory("XDG_RUNTIME_DIR") {
        candidates.push(session.join("lanchatd/admin.sock"));
    }
    if uid == 0 {
        candidates.push("/run/lanchatd/admin.sock".into());
    } else {
        candidates.push(format!("/tmp/lanchatd-{uid}/admin.sock").into());
    }
    candidates
}

/// Where the packaged daemon has its admin socket.
pub const SYSTEM_SOCKET: &str = "/run/lanchatd/admin.sock";

#[cfg(test)]
mod tests;
