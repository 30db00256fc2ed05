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

    /// What waits to be said, at a welcome, and what becomes of it.
    pub(super) fn waiting(&self) -> String {
        let lines = match self.outbox.len() {
            0 => return String::new(),
            1 => "the line that waited".to_owned(),
            n => format!("the {n} lines that waited"),
        };
        match &self.held_as {
            None => format!("; sending {lines}"),
            Some(nick) => {
                format!("; {lines} will wait: /login {nick} has you say them as {nick}, /nick NAME as NAME")
            }
        }
    }

    /// What was typed under the nick `before` is not said under another one by somebody whom the relay has not
    /// taken for the same person; at a welcome.
    pub(super) fn hold_or_release(&mut self, before: &str) {
        let has_proof = self.hello.password.is_some() || self.hello.token.is_some();
        if has_proof && self.welcomes > 0 && self.nick != before {
            self.hold_lines(before);
        }
        let is_same = self.held_as.as_ref() == Some(&self.nick);
        if is_same || self.outbox.len() == 0 {
            self.held_as = None;
            self.outbox.release();
        }
    }

    fn hold_lines(&mut self, nick: &str) {
        self.held_as.get_or_insert_with(|| nick.to_owned());
        self.outbox.hold();
    }

    /// The person has said who they are.
    pub(super) fn release(&mut self) {
        if self.held_as.take().is_some() {
            self.outbox.release();
            match self.outbox.len() {
                0 => {}
                1 => self.note("sending the line that waited"),
                n => self.note(&format!("sending the {n} lines that waited")),
            }
        }
    }

    /// The relay has taken what the person says of who they are. What shows it is held for the next connection, in memory
    /// alone.
    pub(super) fn told_account(&mut self, settled: Option<Settled>, nick: &str, role: Role) {
        let is_claimed = settled.is_some();
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
        if is_claimed {
            self.release();
        }
    }

    /// The relay does not believe what the greeting shows; `hello` goes without.
    pub(super) fn unproven(&mut self, words: &str, hello: &Request) {
        (self.hello.password, self.hello.token) = (None, None);
        let words = clean(words);
        if self.welcomes == 0 {
            return self.end(Exit::Failed, Some(format!("{}: not logged in: {words}", self.relay)));
        }
        let nick = self.nick.clone();
        self.hold_lines(&nick);
        self.note(&format!("not logged in any more: {words}; /login shows who you are"));
        write_line(hello, &mut self.unsent);
    }
}
