//! Order: who may do what, and what becomes of those who must not.

mod bans;
mod host;
mod matrix;
mod measures;
mod secrecy;

use lanchat_protocol::order::Order;
use lanchat_protocol::role::Role;

use super::*;
use crate::hub::accounts::{Account, Spent};
use crate::hub::policy::Rank;

impl House {
    /// The guest has an account with this role, and is logged in.
    pub(super) fn is_given(&mut self, guest: Guest, role: Role) {
        let session = self.hub.session(guest.0).unwrap();
        let nick = session.nick.clone().unwrap();
        let (hash, addresses, online) = (None, Vec::new(), vec![guest.0]);
        let spent = Spent::default();
        let account = Account { nick, role, hash, created_ms: 0, addresses, online, spent };
        let key = self.hub.accounts.add(account).expect("the name is free");
        let session = self.hub.session(guest.0).unwrap();
        (session.account, session.account_role) = (Some(key), role);
    }

    /// A native client with an account.
    pub(super) fn with_role(&mut self, nick: &str, role: Role) -> Guest {
        let guest = self.native(nick);
        if role > Role::Guest {
            self.is_given(guest, role);
        }
        guest
    }

    /// A native client from somewhere.
    pub(super) fn native_from(&mut self, address: &str, nick: &str) -> Guest {
        let guest = self.from(address).unwrap();
        self.hub.choose(self.now, guest.0, &NATIVE);
        self.asks(guest, "", Command::Hello(Hello { nick: Some(nick.to_owned().into()), ..hello() }));
        guest
    }

    /// What is typed, in the lobby or in a room. What the guest reads then.
    pub(super) fn types(&mut self, guest: Guest, room: Option<&str>, typed: &str) -> String {
        let (name, argument) = typed[1..].split_once(' ').unwrap_or((&typed[1..], ""));
        let order = Order::parse(name, argument).expect("an order").into_owned();
        let room = Some(room.unwrap_or("lobby").to_owned().into());
        self.asks(guest, "1", Command::Order { room, order });
        self.reads(guest)
    }

    /// Makes a room of somebody who has an account, and is its operator.
    pub(super) fn creates(&mut self, guest: Guest, typed: &str) -> String {
        self.types(guest, None, &format!("/create {typed}"))
    }

    /// The code of the first refusal in what was read.
    pub(super) fn refusal(read: &str) -> Option<String> {
        let (_, code) = read.split_once("\"code\":\"")?;
        Some(code.split('"').next().unwrap().to_owned())
    }
}
