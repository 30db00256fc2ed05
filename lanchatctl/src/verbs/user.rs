//! `user`, `token` and `invite`: whose a name is.

use lanchat_protocol::admin::{
    Kept, NewToken, Request, Token, TokenRevoked, Tokens, User, UserChanged, Users,
};
use lanchat_protocol::role::Role;

use clap::Subcommand;
use jiff::tz::TimeZone;

use crate::exit::Failure;
use crate::secret;
use crate::table::{self, Column};
use crate::units;

/// What can be done with accounts.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum UserVerb {
    /// Make an account; the password is asked for, or read from standard input
    Add {
        /// The name that belongs to somebody from here on
        nick: String,
        /// What they may do: member, moderator or admin
        #[arg(long, default_value = "member")]
        role: Role,
        /// Without a password: only tokens open it
        #[arg(long)]
        no_password: bool,
    },
    /// Remove an account with its tokens; whoever is logged in is a guest then, and the name is anybody's
    Del {
        /// Its nick
        nick: String,
    },
    /// Show all accounts
    List,
    /// Change the password of an account; it is asked for, or read from standard input
    Passwd {
        /// Its nick
        nick: String,
    },
    /// Change what the owner of an account may do
    Role {
        /// Its nick
        nick: String,
        /// member, moderator or admin
        role: Role,
    },
}

/// What can be done with tokens.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum TokenVerb {
    /// Make a token with which a script logs in; it is shown this once
    New {
        /// The nick of the account
        nick: String,
        /// What it is for
        #[arg(long, default_value = "")]
        name: String,
    },
    /// Show which tokens there are
    List {
        /// Of one account only
        nick: Option<String>,
    },
    /// Have a token open nothing any more
    Revoke {
        /// Its id, as token list shows it
        id: String,
    },
}

const USERS: &[Column] = &[
    Column::Left("NICK"),
    Column::Left("ROLE"),
    Column::Left("PASSWORD"),
    Column::Right("TOKENS"),
    Column::Right("ONLINE"),
    Column::Left("SINCE"),
];

const TOKENS: &[Column] =
    &[Column::Left("ID"), Column::Left("NICK"), Column::Left("NAME"), Column::Left("SINCE")];

/// What to ask of the daemon. A password is asked for here, and nowhere kept.
pub(super) fn request(verb: UserVerb) -> Result<Request, Failure> {
    Ok(match verb {
        UserVerb::Add { nick, role, no_password: true } => Request::UserAdd { nick, role, password: None },
        UserVerb::Add { nick, role, no_password: false } => {
            let password = Some(secret::new_password(&nick)?);
            Request::UserAdd { nick, role, password }
        }
        UserVerb::Del { nick } => Request::UserDel { nick },
        UserVerb::List => Request::UserList,
        UserVerb::Passwd { nick } => {
            let password = secret::new_password(&nick)?;
            Request::UserPasswd { nick, password }
        }
        UserVerb::Role { nick, role } => Request::UserRole { nick, role },
    })
}

/// The same for tokens.
pub(super) fn token_request(verb: TokenVerb) -> Request {
    match verb {
        TokenVerb::New { nick, name } => Request::TokenNew { nick, name },
        TokenVerb::List { nick } => Request::TokenList { nick },
        TokenVerb::Revoke { id } => Request::TokenRevoke { id },
    }
}

/// What has become of an account, by what was asked for.
pub(super) fn describe(request: &Request, changed: &UserChanged) -> String {
    let UserChanged { nick, kept } = changed;
    let what = match request {
        Request::UserAdd { role, password, .. } => {
            let hint = if password.is_some() {
                format!("they log in with: /login {nick} PASSWORD")
            } else {
                format!("only tokens open it: lanchatctl token new {nick}")
            };
            format!("{nick} is registered, as {role}; {hint}")
        }
        Request::UserDel { .. } => format!("{nick} is nobody's name any more"),
        Request::UserPasswd { .. } => format!("{nick} has another password"),
        Request::UserRole { role, .. } => format!("{nick} is {role}"),
        _ => nick.clone(),
    };
    what + told(*kept)
}

pub(super) fn describe_users(users: &Users, zone: &TimeZone) -> String {
    let row = |user: &User| {
        let password = if user.password { "yes" } else { "no" };
        let since = units::moment(&user.created, zone);
        let (tokens, online) = (user.tokens.to_string(), user.online.to_string());
        vec![user.nick.clone(), user.role.to_string(), password.to_owned(), tokens, online, since]
    };
    table::table(USERS, users.users.iter().map(row))
}

pub(super) fn describe_tokens(tokens: &Tokens, zone: &TimeZone) -> String {
    let row = |token: &Token| {
        let since = units::moment(&token.created, zone);
        vec![token.id.clone(), token.nick.clone(), token.name.clone(), since]
    };
    table::table(TOKENS, tokens.tokens.iter().map(row))
}

/// The token alone, so that a script may take it; what else there is to say goes to standard error.
pub(super) fn describe_new_token(new: &NewToken) -> String {
    let NewToken { token, secret, kept } = new;
    let id = &token.id;
    crate::output::note(&format!(
        "token {id} of {}; it is shown this once, and ends with: lanchatctl token revoke {id}{}",
        token.nick,
        told(*kept)
    ));
    secret.clone()
}

pub(super) fn describe_revoked(revoked: &TokenRevoked) -> String {
    let TokenRevoked { token, kept } = revoked;
    format!("token {} of {} opens nothing any more{}", token.id, token.nick, told(*kept))
}

/// What is to be known about how a change is kept.
pub(super) fn told(kept: Kept) -> &'static str {
    match kept {
        Kept::Durable => "",
        Kept::NotYet => "; it is not on the disk yet, because the store is in trouble: see lanchatctl status",
        Kept::UntilTheEnd => "; it holds until lanchatd ends, for nothing is kept (store.path is \"\")",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_kept_is_told() {
        let add = Request::UserAdd { nick: "ana".to_owned(), role: Role::Member, password: None };
        let changed = |kept| describe(&add, &UserChanged { nick: "ana".to_owned(), kept });
        assert_eq!(
            changed(Kept::Durable),
            "ana is registered, as member; only tokens open it: lanchatctl token new ana"
        );
        assert!(
            changed(Kept::UntilTheEnd)
                .ends_with("it holds until lanchatd ends, for nothing is kept (store.path is \"\")")
        );
        assert!(changed(Kept::NotYet).contains("not on the disk yet"));
    }

    #[test]
    fn every_account_is_a_line() {
        let created = "2026-11-22T10:15:00.123Z".to_owned();
        let ana =
            User { nick: "ana".to_owned(), role: Role::Admin, password: true, tokens: 2, online: 1, created };
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let expected = "\
NICK  ROLE   PASSWORD  TOKENS  ONLINE  SINCE
ana   admin  yes            2       1  2026-11-22 11:15:00
";
        assert_eq!(describe_users(&Users { users: vec![ana] }, &zone), expected);
    }
}
