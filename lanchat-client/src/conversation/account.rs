//! Who the person has shown to be.

use lanchat_protocol::client::{Request, write_line};
use lanchat_protocol::password::Password;
use lanchat_protocol::role::Role;
use lanchat_protocol::text::clean;

use super::Conversation;
use crate::exit::Exit;
use crate::outbox::{Errand, Settled};
use crate::wish::shown_nick;

impl Conversation {
    /// The link to the relay has the code of an invitation, for when the person registers.
    pub(crate) fn is_invited(&mut self, code: Option<Password>) {
        self.invite = code;
    }

    /// Whoever is invited and has not shown who they are is told how to make use of it.
    pub(super) fn tell_of_invitation(&self) -> Option<String> {
        let is_proven = self.hello.password.is_some() || self.hello.token.is_some();
        if is_proven || self.invite.is_none() {
            return None;
        }
        Some(format!("you are invited: /register asks for a password and makes {} your nick", self.nick))
    }

    /// The relay has taken what the person says of who they are. What shows it is held for the next connection, in memory
    /// alone.
    pub(super) fn told_account(&mut self, settled: Option<Settled>, nick: &str, role: Role) {
        if let Some(Errand::Claim(claim)) = settled.map(|settled| settled.errand) {
            self.hello.token = None;
            self.hello.password = claim.password();
        }
        if role == Role::Guest {
            (self.hello.password, self.hello.token) = (None, None);
        }
        if let Some(nick) = shown_nick(nick) {
            self.wish.keep(&nick);
            self.nick = nick;
        }
        let nick = self.nick.clone();
        self.note(&match role {
            Role::Guest => format!("you are logged out, and a guest called {nick}"),
            role => format!("you are logged in as {nick} ({role})"),
        });
    }

    /// The relay does not believe what the greeting shows; `hello` goes without.
    pub(super) fn unproven(&mut self, words: &str, hello: &Request) {
        (self.hello.password, self.hello.token) = (None, None);
        let words = clean(words);
        if self.welcomes == 0 {
            return self.end(Exit::Failed, Some(format!("{}: not logged in: {words}", self.relay)));
        }
        self.note(&format!("not logged in any more: {words}; /login shows who you are"));
        write_line(hello, &mut self.unsent);
    }
}
