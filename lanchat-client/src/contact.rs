//! Whom to talk to, and as whom: what the command line says, else `client.toml`, else what was said last.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lanchat_protocol::PORT;
use lanchat_protocol::address::Address;
use lanchat_protocol::link::Link;
use lanchat_protocol::names::{Nick, RoomName};

use crate::arguments::{Person, Place};
use crate::config::Config;
use crate::nickname;
use crate::trust::Wanted;
use crate::wish::Wish;

/// How long a relay that is gone is waited for where nobody says how long, in milliseconds.
const TIMEOUT_MS: u64 = 60_000;

/// Where a relay is when nobody says anything: on this machine.
const HOST: &str = "127.0.0.1";

/// What a person's surroundings say of them.
#[derive(Clone, Debug, Default)]
struct Surroundings {
    /// The user's name.
    user: Option<String>,
    /// The user's home.
    home: Option<PathBuf>,
    /// The file with a token that scripts are given.
    token_file: Option<PathBuf>,
    /// The nick that was said when it was asked for.
    remembered: Option<Nick>,
}

/// A relay and who talks to it.
#[derive(Clone, Debug)]
pub(crate) struct Contact {
    /// Where it is, what it is known by, and an invitation to it.
    pub(crate) link: Link,
    /// What to tell where there is no such host, if servers have names and this is none of them.
    pub(crate) misnamed: Option<Arc<str>>,
    /// What is wanted of the connection.
    pub(crate) wanted: Wanted,
    /// The nick that was asked for by name.
    pub(crate) named: Option<Nick>,
    /// The account to log in to.
    pub(crate) login: Option<Nick>,
    /// The file with its password.
    pub(crate) password_file: Option<PathBuf>,
    /// The file with the token to log in with.
    pub(crate) token_file: Option<PathBuf>,
    /// Rooms to enter where the command line names none.
    pub(crate) rooms: Vec<RoomName>,
    /// How long a relay that is gone is waited for, in milliseconds.
    pub(crate) timeout_ms: u64,
    /// The nick where none was asked for.
    nick: Option<Nick>,
    /// What to suggest to whoever is asked for a nick.
    user: Option<Nick>,
}

impl Surroundings {
    fn here() -> Self {
        let path = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        // Where cron starts it, only the second one is there.
        let mut users = ["USER", "LOGNAME"].into_iter().filter_map(|name| env::var(name).ok());
        Self {
            user: users.find(|user| !user.is_empty()),
            home: path("HOME"),
            token_file: path("LANCHAT_TOKEN_FILE"),
            remembered: nickname::remembered(),
        }
    }
}

impl Contact {
    /// Joins what is known; an error says what does not go together.
    pub(crate) fn of(person: &Person, place: Option<&Place>, config: &Config) -> Result<Self, String> {
        Self::join(person, place, config, &Surroundings::here())
    }

    fn join(
        person: &Person,
        place: Option<&Place>,
        config: &Config,
        around: &Surroundings,
    ) -> Result<Self, String> {
        let default = || config.default.as_deref().map(Place::parse).transpose();
        let place = place.cloned().map_or_else(default, |place| Ok(Some(place)))?;
        let server = place.as_ref().and_then(|place| config.server(place));
        let here = || Address { host: HOST.to_owned(), port: PORT };
        let link = place.as_ref().map_or_else(
            || Link { address: here(), invite: None, fingerprint: None },
            |place| config.link(place),
        );
        let wrong = match (link.fingerprint, person.pin) {
            (Some(_), _) if person.plain => {
                Some("the link has a key to encrypt with, and --plain says not to")
            }
            (Some(linked), Some(pin)) if linked != pin => Some("the link and --pin name different keys"),
            _ => None,
        };
        if let Some(wrong) = wrong {
            return Err(wrong.to_owned());
        }
        let Person { nick, login, password_file, token_file, .. } = person.clone();
        let says_who = login.is_some() || nick.is_some() || person.plain;
        let home = around.home.as_deref();
        // Who somebody is comes from one place: a name on the command line is not joined with a token of the file.
        let of_server = server.filter(|_| !says_who && token_file.is_none());
        let usual = around.token_file.clone().filter(|_| !says_who);
        let kept = of_server.and_then(|server| server.token_file.as_deref()).map(|path| expand(path, home));
        let token_file = token_file.or(usual).or(kept);
        let of_server = of_server.filter(|_| token_file.is_none());
        let login = login.or_else(|| of_server?.login.clone());
        let kept =
            of_server.and_then(|server| server.password_file.as_deref()).map(|path| expand(path, home));
        let rooms = server.and_then(|server| server.rooms.clone()).or_else(|| config.rooms.clone());
        let configured = server.and_then(|server| server.nick.clone()).or_else(|| config.nick.clone());
        let user = around.user.as_deref().filter(|user| *user != "root");
        Ok(Self {
            wanted: Wanted {
                plain: person.plain,
                accept_new: person.accept_new,
                pin: person.pin.or(link.fingerprint),
                patience_ms: Some(person.timeout.unwrap_or(TIMEOUT_MS)),
            },
            misnamed: place.as_ref().and_then(|place| config.misnamed(place)),
            link,
            named: nick.or_else(|| login.clone()),
            login,
            password_file: password_file.or(kept),
            token_file,
            rooms: rooms.unwrap_or_default(),
            timeout_ms: person.timeout.unwrap_or(TIMEOUT_MS),
            nick: configured.or_else(|| around.remembered.clone()),
            user: user.and_then(|user| Nick::parse(user).ok()),
        })
    }

    /// The nick to ask for. Whose a token is, the relay knows.
    pub(crate) fn wish(&self) -> Wish {
        let nick = self.named.as_ref().or(self.nick.as_ref()).or(self.user.as_ref());
        Wish::of(nick.filter(|_| self.token_file.is_none()).cloned())
    }

    /// The nick of who only reads: one that was asked for, or none. Who comes as nobody in particular disturbs nobody.
    pub(crate) fn wish_to_read(&self) -> Wish {
        Wish::of(self.named.as_ref().filter(|_| self.token_file.is_none()).cloned())
    }

    /// Whether they show who they are.
    pub(crate) fn logs_in(&self) -> bool {
        self.login.is_some() || self.token_file.is_some()
    }

    /// Whether nobody has ever said how to call them.
    pub(crate) fn is_nameless(&self) -> bool {
        self.named.is_none() && self.nick.is_none() && self.token_file.is_none()
    }

    /// What to suggest to whoever is asked.
    pub(crate) fn suggestion(&self) -> Option<&Nick> {
        self.user.as_ref()
    }

    /// They have said it.
    pub(crate) fn call(&mut self, nick: Nick) {
        self.nick = Some(nick);
    }
}

/// `~/` is the home.
fn expand(path: &Path, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Arguments;
    use clap::Parser;

    fn contact(arguments: &[&str], config: &str, around: &Surroundings) -> Result<Contact, String> {
        let words = [&["c"], arguments].concat();
        let arguments = Arguments::try_parse_from(words).unwrap();
        let config = toml::from_str(config).unwrap();
        Contact::join(&arguments.person, arguments.place.as_ref(), &config, around)
    }

    fn user(name: &str) -> Surroundings {
        Surroundings {
            user: Some(name.to_owned()),
            home: Some("/home/ana".into()),
            ..Surroundings::default()
        }
    }

    fn wished(arguments: &[&str], config: &str, around: &Surroundings) -> Option<String> {
        contact(arguments, config, around).unwrap().wish().first().map(ToString::to_string)
    }

    const OFFICE: &str = r#"
        default = "office"
        nick = "bruno"
        rooms = ["dev"]
        [server.office]
        address = "chat.lan:7000"
        nick = "bo"
        rooms = ["ops"]
        [server.lab]
        address = "10.0.0.9"
        token_file = "~/token"
    "#;

    #[test]
    fn a_person_is_called_as_they_said_last_and_by_their_user_name_before_they_said_anything() {
        let remembered = Surroundings { remembered: Nick::parse("annie").ok(), ..user("ana") };
        assert_eq!(wished(&[], "", &user("ana")).as_deref(), Some("ana"));
        assert_eq!(wished(&[], "", &remembered).as_deref(), Some("annie"));
        assert_eq!(wished(&[], OFFICE, &remembered).as_deref(), Some("bo"));
        assert_eq!(wished(&["other"], OFFICE, &remembered).as_deref(), Some("bruno"));
        assert_eq!(wished(&["--nick", "Bo"], OFFICE, &remembered).as_deref(), Some("Bo"));
        assert_eq!(wished(&["lab"], OFFICE, &remembered), None, "the relay knows whose a token is");
        for nobody in ["root", "no good", ""] {
            assert_eq!(wished(&[], "", &user(nobody)), None);
        }
    }

    #[test]
    fn a_server_is_meant_by_its_name_and_without_anything_the_default_or_this_machine() {
        let address = |arguments: &[&str], config| {
            contact(arguments, config, &user("ana")).unwrap().link.address.to_string()
        };
        assert_eq!(address(&[], ""), "127.0.0.1:5555");
        assert_eq!(address(&[], OFFICE), "chat.lan:7000");
        assert_eq!(address(&["lab"], OFFICE), "10.0.0.9:5555");
        assert_eq!(address(&["labs"], OFFICE), "labs:5555");
        assert_eq!(address(&[], "default = \"relay\""), "relay:5555");
    }

    #[test]
    fn rooms_are_those_of_the_server_else_of_the_file() {
        let rooms = |arguments: &[&str]| {
            let contact = contact(arguments, OFFICE, &user("ana")).unwrap();
            contact.rooms.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(rooms(&[]), ["ops"]);
        assert_eq!(rooms(&["lab"]), ["dev"]);
        assert_eq!(rooms(&["elsewhere"]), ["dev"]);
    }

    #[test]
    fn who_somebody_is_comes_from_one_place() {
        let script = Surroundings { token_file: Some("/run/token".into()), ..user("ana") };
        let token = |arguments: &[&str], around: &Surroundings| {
            contact(arguments, OFFICE, around).unwrap().token_file.map(|path| path.display().to_string())
        };
        assert_eq!(token(&["lab"], &user("ana")).as_deref(), Some("/home/ana/token"));
        assert_eq!(token(&["lab"], &script).as_deref(), Some("/run/token"));
        assert_eq!(token(&["lab", "--token-file", "t"], &script).as_deref(), Some("t"));
        for named in [&["lab", "--nick", "bo"][..], &["lab", "--login", "bo"], &["lab", "--plain"]] {
            assert_eq!(token(named, &script), None, "{named:?}");
        }
    }

    #[test]
    fn a_link_and_options_that_say_different_things_are_refused() {
        let key = |letter: &str| format!("SHA256:{}", letter.repeat(43));
        let link = format!("lanchat://relay#{}", key("A"));
        let refused = |more: &[&str]| contact(&[&[&*link], more].concat(), "", &user("ana")).is_err();
        assert!(!refused(&[]));
        assert!(!refused(&["--pin", &key("A")]));
        assert!(refused(&["--plain"]));
        assert!(refused(&["--pin", &key("I")]));
    }
}
