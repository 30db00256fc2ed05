//! Any sequence of comings, registrations, logins and messages, after each of which names are their owners'.

use std::collections::BTreeSet;

use lanchat_protocol::role::Role;
use proptest::prelude::*;

use super::accounts::password;
use super::sound::check;
use super::*;

const NAMES: [&str; 5] = ["ana", "ANA", "bob", "aná", "eva"];

#[derive(Clone, Copy, Debug)]
enum Step {
    Connect(bool),
    Nick(u8, u8),
    Register(u8),
    LogIn(u8, u8, bool),
    LogOut(u8),
    Look,
    Add(u8),
    Remove(u8),
    Tell(u8, u8),
    Say(u8),
    Join(u8),
    Leave(u8),
    Read(u8, u16),
    Pass,
    Configure(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let who = || any::<u8>();
    prop_oneof![
        4 => any::<bool>().prop_map(Step::Connect),
        3 => (who(), who()).prop_map(|(i, n)| Step::Nick(i, n)),
        3 => who().prop_map(Step::Register),
        6 => (who(), who(), prop::bool::weighted(0.8)).prop_map(|(i, n, right)| Step::LogIn(i, n, right)),
        2 => who().prop_map(Step::LogOut),
        6 => Just(Step::Look),
        2 => who().prop_map(Step::Add),
        1 => who().prop_map(Step::Remove),
        6 => (who(), who()).prop_map(|(i, n)| Step::Tell(i, n)),
        3 => who().prop_map(Step::Say),
        1 => who().prop_map(Step::Join),
        2 => who().prop_map(Step::Leave),
        3 => (who(), any::<u16>()).prop_map(|(i, n)| Step::Read(i, n)),
        4 => Just(Step::Pass),
        1 => prop::bool::weighted(0.2).prop_map(Step::Configure),
    ]
}

struct World {
    house: House,
    here: Vec<Guest>,
}

impl World {
    fn one(&self, number: u8) -> Option<Guest> {
        (!self.here.is_empty()).then(|| self.here[usize::from(number) % self.here.len()])
    }

    fn take(&mut self, step: Step) {
        let name = |number: u8| NAMES[usize::from(number) % NAMES.len()].to_owned();
        self.house.waits(Duration::from_secs(20));
        match step {
            Step::Connect(is_native) => {
                let guest = self.house.from("127.0.0.1").unwrap();
                self.here.push(guest);
                self.house.hub.choose(self.house.now, guest.0, if is_native { &NATIVE } else { &TEXT });
                if is_native {
                    self.house.asks(guest, "", Command::Hello(hello()));
                }
            }
            Step::Add(number) => {
                let nick = lanchat_protocol::names::Nick::parse(&name(number)).unwrap();
                if self.house.hub.may_add_account(&nick).is_ok() {
                    self.house.has_user(&name(number), Role::Member);
                }
            }
            Step::Remove(number) => drop(self.house.hub.remove_user(self.house.now, &name(number))),
            Step::Look => drop(self.house.looks_at_passwords()),
            Step::Pass => {
                self.house.passes(|_| usize::MAX);
            }
            Step::Configure(needs_login) => {
                self.house.hub.configure(self.house.now, Settings { needs_login, ..settings() });
            }
            Step::Nick(who, number) => self.asks(who, Command::Nick(name(number).into())),
            Step::Register(who) => {
                let Some(guest) = self.one(who) else { return };
                let nick = self.house.hub.sessions[guest.0.slot].nick.clone().unwrap_or_default();
                let password = password(&format!("password of {nick}"));
                self.asks(who, Command::Register { password, invite: None });
            }
            Step::LogIn(who, number, is_right) => {
                let written = if is_right { "password of" } else { "wrong password of" };
                let proof = Proof::Password(password(&format!("{written} {}", name(number))));
                self.asks(who, Command::Login { nick: Some(name(number).into()), proof });
            }
            Step::LogOut(who) => self.asks(who, Command::Logout),
            Step::Tell(who, number) => {
                let room = Some(format!("@{}", name(number)).into());
                self.asks(who, Command::Say { room, text: "psst".into(), action: false });
            }
            Step::Say(who) => {
                self.asks(who, Command::Say { room: Some("lobby".into()), text: "hi".into(), action: false });
            }
            Step::Join(who) => self.asks(who, Command::Join { room: Some("ops".into()) }),
            Step::Leave(who) => {
                let Some(guest) = self.one(who) else { return };
                self.here.retain(|other| other.0 != guest.0);
                self.house.leaves(guest, None);
            }
            Step::Read(who, room) => {
                let Some(guest) = self.one(who) else { return };
                let room = if room % 2 == 0 { usize::MAX } else { usize::from(room) };
                self.house.flushes(guest.0, room);
            }
        }
    }

    fn asks(&mut self, who: u8, command: Command) {
        if let Some(guest) = self.one(who) {
            self.house.asks(guest, "1", command);
        }
    }

    fn check(&self) {
        let hub = &self.house.hub;
        check(hub);
        let mut online: BTreeSet<u64> = BTreeSet::new();
        for (key, account) in hub.accounts.iter() {
            for id in &account.online {
                let session = &hub.sessions[id.slot];
                assert_eq!(session.id, *id, "who is online is here");
                assert_eq!(session.account.as_ref(), Some(key));
                assert_eq!(session.person.as_ref(), Some(key), "an account is a person");
                assert_eq!(session.nick.as_ref(), Some(&account.nick));
                assert!(online.insert(id.serial), "nobody is two");
            }
        }
        for (_, session) in &hub.sessions {
            let is_online = online.contains(&session.id.serial);
            assert_eq!(session.account.is_some(), is_online, "who is logged in is online");
            let Some(person) = session.person.as_ref().filter(|_| session.account.is_none()) else {
                continue;
            };
            assert!(hub.accounts.get(person).is_none(), "nobody else is the person of an account");
        }
        let checks = hub.sessions.iter().filter(|(_, session)| session.check.is_some()).count();
        assert!(checks <= hub.checks.len(), "whatever a session waits for is being looked at");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn names_are_their_owners_whatever_happens(steps in prop::collection::vec(step(), 1..120)) {
        let house = House::open();
        let mut world = World { house, here: Vec::new() };
        for step in steps {
            world.take(step);
            world.check();
        }
        world.house.looks_at_passwords();
        world.check();
        assert_eq!(world.house.hub.checks.len(), 0, "nothing is looked at any more");
        for guest in std::mem::take(&mut world.here) {
            world.house.leaves(guest, None);
        }
        world.check();
    }
}
