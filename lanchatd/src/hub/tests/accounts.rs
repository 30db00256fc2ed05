//! Whose a name is: registering, logging in, and who has to make way.

use lanchat_protocol::names::Nick;
use lanchat_protocol::password::Password;
use lanchat_protocol::role::Role;

use super::*;
use crate::hub::accounts::digest;
use crate::kept::{Batch, Identity, Invite, Loaded};

pub(super) fn password(written: &str) -> Password {
    Password::new(written)
}

/// What a driver would keep of a password, in a test.
fn kept_of(password: &Password) -> String {
    format!("kept of {}", password.reveal())
}

impl House {
    /// Has everything done that waits for the driver to look at passwords, and whatever comes of that.
    pub(super) fn looks_at_passwords(&mut self) -> usize {
        let mut looked = 0;
        loop {
            let checks: Vec<Check> = self.take_checks();
            if checks.is_empty() {
                return looked;
            }
            for Check { ticket, id, work } in checks {
                looked += 1;
                let is_right = |(password, kept): &(Password, Option<Box<str>>)| {
                    kept.as_deref() == Some(&kept_of(password))
                };
                let checked = if work.verify.as_ref().is_none_or(is_right) {
                    Checked::Right(work.hash.as_ref().map(|new| kept_of(new).into()))
                } else {
                    Checked::Wrong
                };
                self.hub.checked(self.now, id, ticket, checked);
            }
        }
    }

    fn take_checks(&mut self) -> Vec<Check> {
        let outputs = self.hub.take_outputs().into_iter();
        let check = |output| if let Output::Check(check) = output { Some(check) } else { None };
        outputs.filter_map(check).collect()
    }

    /// Asks for something, and gets an answer that may take a look at a password.
    pub(super) fn asked(&mut self, guest: Guest, command: Command) -> String {
        self.asks(guest, "1", command);
        self.looks_at_passwords();
        self.reads(guest)
    }

    fn registers(&mut self, guest: Guest, written: &str) -> String {
        self.asked(guest, Command::Register { password: password(written), invite: None })
    }

    pub(super) fn logs_in(&mut self, guest: Guest, nick: &str, written: &str) -> String {
        let proof = Proof::Password(password(written));
        self.asked(guest, Command::Login { nick: Some(nick.to_owned().into()), proof })
    }

    pub(super) fn has_user(&mut self, nick: &str, role: Role) {
        let hash = kept_of(&password(&format!("password of {nick}"))).into();
        self.hub.add_user(self.now, &Nick::parse(nick).unwrap(), role, Some(hash)).unwrap();
    }

    /// A native client that says hello with a password.
    fn owner(&mut self, nick: &str) -> Guest {
        self.owner_told(nick).0
    }

    /// The same, and what it is told then.
    fn owner_told(&mut self, nick: &str) -> (Guest, String) {
        let guest = self.from("127.0.0.1").unwrap();
        self.hub.choose(self.now, guest.0, &NATIVE);
        let password = Some(password(&format!("password of {nick}")));
        let told = self
            .asked(guest, Command::Hello(Hello { nick: Some(nick.to_owned().into()), password, ..hello() }));
        assert!(told.contains(r#"{"type":"welcome""#), "{told}");
        (guest, told)
    }

    fn role(&self, guest: Guest) -> Role {
        self.hub.sessions[guest.0.slot].role()
    }

    fn who(&mut self, guest: Guest) -> String {
        self.asked(guest, Command::Who { room: None })
    }
}

#[test]
fn a_name_that_was_registered_is_its_owners() {
    let mut house = House::open();
    let (ana, bob) = (house.netcat(), house.netcat());
    house.asked(ana, Command::Nick("ana".into()));
    assert_eq!(house.registers(ana, "open sesame"), "* you are logged in as ana (member)\n");
    assert_eq!(house.role(ana), Role::Member);
    house.leaves(ana, None);
    house.reads(bob);
    let refused =
        "* the nick ana belongs to somebody: if that is you, /login ana PASSWORD, else choose another\n";
    assert_eq!(house.asked(bob, Command::Nick("ana".into())), refused);
    assert_eq!(house.logs_in(bob, "ana", "open sesam"), "* the nick or the password is wrong\n");
    assert_eq!(house.logs_in(bob, "nobody", "open sesame"), "* the nick or the password is wrong\n");
    let proof = Proof::Password(password("open sesame"));
    let told = house.asked(bob, Command::Login { nick: None, proof });
    assert_eq!(told, "* you are logged in as ana (member)\n", "by the nick that was refused");
    assert_eq!(house.hub.find("ana"), Some(bob.0));
}

#[test]
fn names_that_look_like_a_registered_one_are_refused_in_whatever_way_they_are_written() {
    let mut house = House::open();
    house.has_user("ana", Role::Member);
    let bob = house.netcat();
    for alike in ["ANA", "аnа", "ａｎａ", "aná", "a\u{336}na", "an\u{430}\u{308}", "ＡΝＡ"] {
        let told = house.asked(bob, Command::Nick(alike.to_owned().into()));
        assert!(told.contains("belongs to somebody"), "{alike}: {told}");
        let nick = Nick::parse(alike).unwrap();
        let added = house.hub.add_user(house.now, &nick, Role::Member, None);
        assert_eq!(added, Err(NotDone::NameTaken), "{alike}");
    }
    for hidden in ["a\u{200b}na", "ana\u{34f}", "a\u{202e}na"] {
        assert!(house.asked(bob, Command::Nick(hidden.to_owned().into())).contains("a nick has no"));
    }
    assert!(house.asked(bob, Command::Nick("anna".into())).contains("you are now anna"));
    // A name is refused also where it was taken before the one that it looks like.
    house.asked(bob, Command::Nick("böb".into()));
    house.has_user("bob", Role::Member);
    assert!(house.reads(bob).contains("* the nick böb belongs to somebody, and you are now guest2"));
}

#[test]
fn a_guest_makes_way_for_the_owner_and_everybody_learns_of_it() {
    let mut house = House::open();
    let (guest, native, other) = (house.netcat(), house.native("eva"), house.netcat());
    house.asked(guest, Command::Nick("ana".into()));
    for reader in [guest, native, other] {
        house.reads(reader);
    }
    house.has_user("ana", Role::Member);
    house.has_user("eva", Role::Member);
    let told = house.reads(guest);
    assert!(
        told.starts_with("* the nick ana belongs to somebody, and you are now guest3: if that is you, /login ana PASSWORD\n"),
        "{told}"
    );
    let told = house.reads(native);
    assert!(
        told.contains(r#""code":"nick_registered""#) && told.contains(r#"{"type":"nick","nick":"guest4"}"#)
    );
    assert_eq!(house.reads(other), "* ana is now guest3\n* eva is now guest4\n");
    let owner = house.owner("ana");
    assert_eq!(house.reads(other), "* ana joined\n");
    assert_eq!(house.hub.find("ana"), Some(owner.0));
}

#[test]
fn what_waits_for_an_owner_is_for_nobody_else() {
    let mut house = House::open();
    let (bob, guest) = (house.native("bob"), house.native("ana"));
    house.asked(bob, Command::Say { room: Some("@ana".into()), text: "before".into(), action: false });
    house.reads(guest);
    house.has_user("ana", Role::Member);
    house.reads(guest);
    house.asked(bob, Command::Say { room: Some("@ana".into()), text: "for the owner".into(), action: false });
    assert!(!house.reads(guest).contains("for the owner"));
    // Whoever takes the name while its owner is away does not get it.
    house.asked(guest, Command::Nick("ana".into()));
    assert!(!house.reads(guest).contains("for the owner"));
    let (owner, told) = house.owner_told("ana");
    assert!(told.contains("for the owner") && !told.contains("before"), "{told}");
    // Nor does whoever has it when there is no owner any more.
    house.leaves(owner, None);
    house.asked(bob, Command::Say { room: Some("@ana".into()), text: "too late".into(), action: false });
    house.hub.remove_user(house.now, "ana").unwrap();
    house.asked(guest, Command::Nick("ana".into()));
    let history = Command::History { room: Some("@bob".into()), asked: Asked::Typed("".into()) };
    let told = format!("{}{}", house.reads(guest), house.asked(guest, history));
    assert!(!told.contains("too late") && !told.contains("for the owner"), "{told}");
}

#[test]
fn a_message_waits_for_an_owner_who_was_never_here() {
    let mut house = House::open();
    house.has_user("ana", Role::Member);
    let bob = house.native("bob");
    let told = house.asked(bob, Command::Say { room: Some("@ana".into()), text: "hi".into(), action: false });
    assert!(told.contains(r#""waits":true"#), "{told}");
    let (_, told) = house.owner_told("ana");
    assert!(told.contains(r#""room":"@bob""#), "{told}");
}

#[test]
fn several_sessions_of_one_person_are_one_to_the_others() {
    let mut house = House::open();
    house.has_user("ana", Role::Member);
    let bob = house.native("bob");
    let (one, two) = (house.owner("ana"), house.owner("ana"));
    house.reads(bob);
    let told = house.who(bob);
    assert_eq!(told.matches(r#""nick":"ana""#).count(), 1, "{told}");
    house.asked(bob, Command::Say { room: Some("@ana".into()), text: "to all of you".into(), action: false });
    for ana in [one, two] {
        assert_eq!(house.reads(ana).matches("to all of you").count(), 1);
    }
    assert!(house.asked(bob, Command::Rooms).contains(r#""room":"lobby","people":2"#));
    // What one of them says to bob is no message to the other.
    house.asked(one, Command::Say { room: Some("@bob".into()), text: "from one".into(), action: false });
    assert!(house.reads(bob).contains("from one"));
    assert_eq!(house.reads(two), "");
    // In a room she hears herself, as her name.
    house.says(one, "in the lobby");
    assert!(house.reads(two).contains(r#""from":"ana","text":"in the lobby""#));
    house.reads(bob);
    house.leaves(one, None);
    assert_eq!(house.reads(bob), "", "she is still here");
    house.asked(bob, Command::Say { room: Some("@ana".into()), text: "still here".into(), action: false });
    assert!(house.reads(two).contains("still here"));
    house.leaves(two, None);
    assert!(house.reads(bob).contains(r#""nick":"ana","change":"left""#));
    let (_, told) = house.owner_told("ana");
    assert!(!told.contains("still here"), "what one of them has read does not wait");
}

#[test]
fn comings_and_goings_are_told_of_the_first_and_the_last_session() {
    let mut house = House::open();
    house.has_user("ana", Role::Member);
    let bob = house.netcat();
    let (one, two) = (house.owner("ana"), house.netcat());
    assert_eq!(house.reads(bob), "* ana joined\n");
    house.says(two, "hi");
    house.logs_in(two, "ana", "password of ana");
    assert_eq!(house.reads(bob), "guest2: hi\n* guest2 left\n", "she was here before");
    house.asked(two, Command::Logout);
    assert_eq!(house.reads(bob), "* guest3 joined\n", "she still is");
    house.leaves(two, None);
    house.asked(one, Command::Logout);
    assert_eq!(house.reads(bob), "* guest3 left\n* ana is now guest4\n");
}

#[test]
fn a_person_is_away_in_all_their_sessions() {
    let mut house = House::open();
    house.has_user("ana", Role::Member);
    let (one, two, bob) = (house.owner("ana"), house.owner("ana"), house.netcat());
    house.asked(one, Command::Away { reason: Some("lunch".into()) });
    let whois = |house: &mut House| house.asked(bob, Command::Whois("ana".into()));
    assert!(whois(&mut house).contains("is away (lunch)"));
    let three = house.owner("ana");
    house.asked(two, Command::Back);
    assert!(!whois(&mut house).contains("away"));
    house.leaves(one, None);
    house.leaves(two, None);
    assert!(!whois(&mut house).contains("away"));
    house.leaves(three, None);
}

#[test]
fn what_stands_behind_a_login_waits_for_it() {
    let mut house = House::open();
    house.has_user("ana", Role::Member);
    let (bob, ana) = (house.netcat(), house.netcat());
    let proof = Proof::Password(password("password of ana"));
    house.asks(ana, "", Command::Login { nick: Some("ana".into()), proof });
    house.says(ana, "hi");
    assert!(house.hub.is_being_checked(ana.0));
    assert_eq!(house.reads(bob), "");
    house.looks_at_passwords();
    assert_eq!(house.reads(bob), "* ana joined\nana: hi\n");
    // As much as that waits, and no more.
    let proof = Proof::Password(password("wrong password"));
    house.asks(bob, "", Command::Login { nick: Some("ana".into()), proof });
    for number in 0..70 {
        house.says(bob, &format!("m{number}"));
    }
    house.looks_at_passwords();
    let told = house.reads(ana);
    assert_eq!(told.matches("guest1: m").count(), 64, "{told}");
    assert_eq!(house.reads(bob).matches("too much to do").count(), 6);
}

#[test]
fn passwords_are_not_taken_over_plain_text_unless_that_is_allowed() {
    let mut house = House::with(Settings { plain_passwords: false, ..settings() });
    house.has_user("ana", Role::Member);
    let bob = house.netcat();
    let refused = "* passwords are not taken over plain text, and yours was not read: use lanchat-client, or another program that speaks TLS\n";
    house.asked(bob, Command::Nick("bob".into()));
    assert_eq!(house.registers(bob, "open sesame"), refused);
    assert_eq!(house.logs_in(bob, "ana", "password of ana"), refused);
    let (old, new) = (password("password of ana"), password("another one"));
    assert_eq!(house.asked(bob, Command::Passwd { old, new }), refused);
    let proof = Proof::Token(password("token"));
    assert_eq!(house.asked(bob, Command::Login { nick: None, proof }), refused);
    house.hub.secure(bob.0);
    assert!(house.logs_in(bob, "ana", "password of ana").contains("logged in as ana"));
}

#[test]
fn a_password_is_changed_by_who_knows_the_old_one() {
    let mut house = House::open();
    house.has_user("ana", Role::Member);
    let (ana, bob) = (house.owner("ana"), house.netcat());
    let change = |old: &str, new: &str| Command::Passwd { old: password(old), new: password(new) };
    assert!(house.asked(bob, change("password of ana", "another one")).contains("only who is logged in"));
    assert!(house.asked(ana, change("wrong password", "another one")).contains("wrong_password"));
    assert!(house.asked(ana, change("password of ana", "short")).contains("bad_password"));
    assert!(
        house
            .asked(ana, change("password of ana", "another one"))
            .contains(r#"{"type":"account","id":"1","nick":"ana""#)
    );
    assert!(house.logs_in(bob, "ana", "password of ana").contains("wrong"));
    assert!(house.logs_in(bob, "ana", "another one").contains("logged in"));
}

#[test]
fn where_only_who_is_logged_in_chats_a_guest_hears_and_says_nothing() {
    let mut house = House::with(Settings { needs_login: true, ..settings() });
    house.has_user("ana", Role::Member);
    let ana = house.owner("ana");
    let guest = house.from("127.0.0.1").unwrap();
    house.hub.choose(house.now, guest.0, &TEXT);
    assert!(house.reads(guest).contains("Only who is logged in chats here"));
    house.says(ana, "not for guests");
    house.says(guest, "hi");
    assert_eq!(
        house.reads(guest),
        "* only who is logged in may do this: /login NICK PASSWORD, or /nick NAME and /register PASSWORD\n"
    );
    for command in [Command::Who { room: None }, Command::Rooms, Command::Join { room: Some("ops".into()) }] {
        assert!(house.asked(guest, command).contains("only who is logged in"));
    }
    assert_eq!(house.who(ana).matches("nick").count(), 1, "and nobody sees it");
    house.asked(guest, Command::Nick("bob".into()));
    let told = house.registers(guest, "open sesame");
    assert!(told.contains("you are logged in as bob") && !told.contains("not for guests"), "{told}");
    assert!(house.reads(ana).contains(r#""nick":"bob","change":"joined""#));
    house.says(ana, "welcome bob");
    assert_eq!(house.reads(guest), "ana: welcome bob\n");
    house.asked(guest, Command::Logout);
    house.says(ana, "bye bob");
    assert!(!house.reads(guest).contains("bye bob"));
}

#[test]
fn a_native_guest_is_welcome_but_hears_nothing_until_it_logs_in() {
    let mut house = House::with(Settings { needs_login: true, ..settings() });
    house.has_user("ana", Role::Moderator);
    let (ana, bob) = (house.owner("ana"), house.native("bob"));
    house.says(ana, "not for guests");
    assert_eq!(house.reads(bob), "");
    let told = house.logs_in(bob, "ana", "password of ana");
    assert_eq!(told, "{\"type\":\"account\",\"id\":\"1\",\"nick\":\"ana\",\"role\":\"moderator\"}\n");
    house.says(ana, "for ana");
    assert!(house.reads(bob).contains("for ana"));
}

#[test]
fn a_reload_that_wants_logins_silences_guests_and_the_next_one_lets_them_hear_again() {
    let mut house = House::open();
    house.has_user("ana", Role::Member);
    let (ana, guest) = (house.owner("ana"), house.netcat());
    house.hub.configure(house.now, Settings { needs_login: true, ..settings() });
    house.says(ana, "quiet");
    assert_eq!(house.reads(guest), "");
    house.hub.configure(house.now, settings());
    house.says(ana, "loud");
    assert_eq!(house.reads(guest), "ana: loud\n");
}

#[test]
fn an_invite_is_used_as_often_as_it_says_and_not_after_its_end() {
    let mut house = House::with(Settings { needs_invite: true, ..settings() });
    let invite = |code: &str, uses, expires_ms| Invite {
        digest: digest(&password(code)),
        role: Role::Moderator,
        uses,
        expires_ms,
        uid: None,
    };
    house.hub.add_invite(house.now, invite("twice", Some(2), None)).unwrap();
    house.hub.add_invite(house.now, invite("soon over", None, Some(1000))).unwrap();
    let register = |house: &mut House, nick: &str, code: Option<&str>| {
        let guest = house.native(nick);
        let invite = code.map(password);
        house.asked(guest, Command::Register { password: password("open sesame"), invite })
    };
    assert!(register(&mut house, "a1", None).contains("invite_needed"));
    assert!(register(&mut house, "a2", Some("guessed")).contains("bad_invite"));
    assert!(register(&mut house, "a3", Some("twice")).contains(r#""role":"moderator""#));
    assert!(register(&mut house, "a4", Some("soon over")).contains(r#""role":"moderator""#));
    assert!(register(&mut house, "a5", Some("twice")).contains(r#""role":"moderator""#));
    assert!(register(&mut house, "a6", Some("twice")).contains("bad_invite"));
    house.waits(Duration::from_secs(1));
    assert!(register(&mut house, "a7", Some("soon over")).contains("bad_invite"));
}

#[test]
fn a_token_opens_its_account_until_it_is_revoked() {
    let mut house = House::open();
    house.has_user("ana", Role::Member);
    let (token, _) = house.hub.add_token(house.now, "ana", "cron", digest(&password("a token"))).unwrap();
    let bob = house.netcat();
    let log_in = |written: &str| Command::Login { nick: None, proof: Proof::Token(password(written)) };
    assert!(house.asked(bob, log_in("another")).contains("wrong"));
    assert!(house.asked(bob, log_in("a token")).contains("logged in as ana"));
    house.asked(bob, Command::Logout);
    house.hub.revoke_token(house.now, &token.id).unwrap();
    assert!(house.asked(bob, log_in("a token")).contains("wrong"));
}

#[test]
fn a_session_ends_with_what_has_opened_it() {
    let mut house = House::open();
    house.has_user("ana", Role::Member);
    let (token, _) = house.hub.add_token(house.now, "ana", "cron", digest(&password("a token"))).unwrap();
    let (one, two, script, other) = (house.owner("ana"), house.owner("ana"), house.netcat(), house.netcat());
    for guest in [script, other] {
        let proof = Proof::Token(password("a token"));
        house.asked(guest, Command::Login { nick: None, proof });
    }
    house.logs_in(other, "ana", "password of ana");
    let (old, new) = (password("password of ana"), password("another one"));
    house.asked(one, Command::Passwd { old, new });
    let roles = |house: &House| [one, two, script, other].map(|guest| house.role(guest));
    let (guest, member) = (Role::Guest, Role::Member);
    assert_eq!(roles(&house), [member, guest, member, guest], "whoever knew the old password is out");
    assert!(house.reads(two).contains(r#""role":"guest""#), "and told so");
    house.hub.revoke_token(house.now, &token.id).unwrap();
    assert_eq!(roles(&house), [member, guest, guest, guest]);
    let hash = kept_of(&password("the third")).into();
    house.hub.set_user_hash(house.now, "ana", hash).unwrap();
    assert_eq!(roles(&house), [guest; 4]);
}

#[test]
fn the_tokens_of_an_account_that_is_removed_do_not_open_the_next_one_of_its_name() {
    let mut house = House::open();
    house.hub.keep(Loaded { reserved: 1 << 20, next_conversation: 1, ..Loaded::default() }, true);
    house.has_user("ana", Role::Member);
    let token = digest(&password("a token"));
    house.hub.add_token(house.now, "ana", "cron", token).unwrap();
    house.kept();
    house.hub.remove_user(house.now, "ana").unwrap();
    house.has_user("ana", Role::Admin);
    let kept = house.kept().identities;
    assert!(kept.contains(&Identity::NoToken(token)), "{kept:?}");
}

#[test]
fn there_are_bounds_on_accounts_tokens_and_invites() {
    let mut house = House::with(Settings { accounts_max: 2, ..settings() });
    house.has_user("ana", Role::Member);
    house.has_user("bob", Role::Member);
    let (eva, nick) = (house.native("eva"), Nick::parse("eva").unwrap());
    assert!(house.registers(eva, "open sesame").contains("too_many_accounts"));
    assert_eq!(house.hub.may_add_account(&nick), Err(NotDone::TooManyAccounts { max: 2 }));
    for number in 0..=64 {
        let added = house.hub.add_token(house.now, "ana", "", [number; 32]);
        assert_eq!(added.is_ok(), number < 64, "{number}");
    }
    for number in 0..=1000u32 {
        let mut digest = [0; 32];
        digest[..4].copy_from_slice(&number.to_be_bytes());
        let invite = Invite { digest, role: Role::Member, uses: Some(1), expires_ms: None, uid: None };
        assert_eq!(house.hub.add_invite(house.now, invite).is_ok(), number < 1000, "{number}");
    }
}

#[test]
fn guests_names_are_nobodys() {
    let mut house = House::open();
    let guest = house.netcat();
    assert!(house.registers(guest, "open sesame").contains("names like guest7 are for guests"));
    for name in ["guest77", "Guest1", "GUEST0"] {
        let nick = Nick::parse(name).unwrap();
        assert_eq!(house.hub.may_add_account(&nick), Err(NotDone::NameOfGuests), "{name}");
    }
    assert_eq!(house.hub.may_add_account(&Nick::parse("guestbook").unwrap()), Ok(()));
}

#[test]
fn as_many_passwords_are_looked_at_as_may_be_and_owners_at_home_have_some_to_themselves() {
    let mut house = House::open();
    house.has_user("ana", Role::Member);
    let ana = house.owner("ana");
    house.leaves(ana, None);
    let mut tried = 0;
    let log_in = || {
        let proof = Proof::Password(password("password of ana"));
        Command::Login { nick: Some("ana".into()), proof }
    };
    for host in 1..=50 {
        let guest = house.from(&format!("10.0.0.{host}")).unwrap();
        house.hub.choose(house.now, guest.0, &TEXT);
        house.reads(guest);
        house.asks(guest, "", log_in());
        tried += usize::from(house.hub.is_being_checked(guest.0));
    }
    assert_eq!(tried, CHECKS_MAX - 16, "the others were told that there is too much to do");
    let owners = (0..16).map(|_| {
        let owner = house.netcat();
        house.asks(owner, "", log_in());
        house.hub.is_being_checked(owner.0)
    });
    assert_eq!(owners.filter(|is_checked| *is_checked).count(), 16);
    assert_eq!(house.looks_at_passwords(), CHECKS_MAX);
    let late = house.netcat();
    assert!(house.logs_in(late, "ana", "password of ana").contains("logged in"));
}

#[test]
fn right_passwords_by_the_hundred_from_one_address_keep_nobody_elsewhere_out() {
    let mut house = House::open();
    let mut checked = 0;
    for insider in 0..5 {
        let nick = format!("insider{insider}");
        house.has_user(&nick, Role::Member);
        for _ in 0..20 {
            let guest = house.netcat();
            let proof = Proof::Password(password(&format!("password of {nick}")));
            house.asks(guest, "", Command::Login { nick: Some(nick.clone().into()), proof });
            checked += usize::from(house.hub.is_being_checked(guest.0));
        }
    }
    assert_eq!(checked, CHECKS_MAX / 4);
    house.has_user("ana", Role::Member);
    let ana = house.from("10.0.0.1").unwrap();
    house.hub.choose(house.now, ana.0, &TEXT);
    house.reads(ana);
    assert!(house.logs_in(ana, "ana", "password of ana").contains("logged in"));
}

#[test]
fn wrong_logins_from_elsewhere_do_not_lock_the_owner_out() {
    let mut house = House::open();
    house.has_user("ana", Role::Member);
    let ana = house.owner("ana");
    house.leaves(ana, None);
    for host in 1..=100 {
        let guest = house.from(&format!("10.0.0.{host}")).unwrap();
        house.hub.choose(house.now, guest.0, &TEXT);
        house.reads(guest);
        for _ in 0..3 {
            house.logs_in(guest, "ana", "wrong password");
        }
    }
    let stranger = house.from("10.0.1.1").unwrap();
    house.hub.choose(house.now, stranger.0, &NATIVE);
    house.asked(stranger, Command::Hello(hello()));
    let told = house.logs_in(stranger, "ana", "password of ana");
    assert!(told.contains("login_throttled") && told.contains("retry_after_ms"), "{told}");
    house.owner("ana");
}

#[test]
fn a_run_that_comes_back_with_its_password_takes_the_place_of_its_old_connection_and_of_no_other() {
    let mut house = House::open();
    house.has_user("ana", Role::Member);
    let greet = |house: &mut House, client: &'static str, with: bool| {
        let guest = house.from("127.0.0.1").unwrap();
        house.hub.choose(house.now, guest.0, &NATIVE);
        let password = with.then(|| password("password of ana"));
        let (nick, client) = (Some("ana".into()), Some(client.into()));
        let told = house.asked(guest, Command::Hello(Hello { nick, client, password, ..hello() }));
        (guest, told)
    };
    let (one, _) = greet(&mut house, "run one", true);
    let (two, _) = greet(&mut house, "run two", true);
    let (_, told) = greet(&mut house, "run one", false);
    assert!(told.contains("nick_registered"), "a run is no proof: {told}");
    let (again, told) = greet(&mut house, "run one", true);
    assert!(told.contains(r#""role":"member""#), "{told}");
    assert!(house.reads(one).contains(r#""code":"replaced""#));
    assert!(!house.reads(two).contains("bye") && !house.hub.is_closing(two.0));
    house.leaves(one, None);
    let bob = house.native("bob");
    house.asked(bob, Command::Say { room: Some("@ana".into()), text: "to both".into(), action: false });
    assert!(house.reads(again).contains("to both") && house.reads(two).contains("to both"));
}

impl House {
    fn kept(&mut self) -> Batch {
        let batch = self.hub.take_batch().unwrap_or_default();
        self.hub.batch_is_written(false);
        batch
    }
}

#[test]
fn whoever_registers_is_told_when_it_is_kept_and_it_holds_after_a_restart() {
    let mut house = House::open();
    let loaded = || Loaded { reserved: 1 << 20, next_conversation: 1, ..Loaded::default() };
    house.hub.keep(loaded(), true);
    house.kept();
    let ana = house.native("ana");
    assert_eq!(house.registers(ana, "open sesame"), "", "not before it is on the disk");
    let batch = house.kept();
    let told = house.reads(ana);
    assert!(told.contains(r#""role":"member","durable":true"#), "{told}");
    let [Identity::Account(account)] = &batch.identities[..] else { panic!("{:?}", batch.identities) };
    assert_eq!((&*account.nick, account.addresses.len()), ("ana", 1));
    assert_eq!(house.hub.all_but_messages().identities, batch.identities, "a new store gets all of it");
    let mut house = House::open();
    house.hub.keep(Loaded { identities: batch.identities, ..loaded() }, true);
    let guest = house.netcat();
    assert!(house.asked(guest, Command::Nick("ana".into())).contains("belongs to somebody"));
    assert!(house.logs_in(guest, "ana", "open sesame").contains("you are logged in as ana"));
    // In trouble nobody waits.
    house.kept();
    house.hub.store_is_in_trouble("full");
    let (old, new) = (password("open sesame"), password("another one"));
    let told = house.asked(guest, Command::Passwd { old, new });
    assert!(told.contains("cannot keep what has changed"), "{told}");
    house.hub.remove_user(house.now, "ana").unwrap();
    assert!(house.reads(guest).contains("you are not logged in any more"));
    assert_eq!(house.kept().identities, [Identity::NoAccount("ana".to_owned())]);
}
