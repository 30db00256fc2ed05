//! Showing the relay who one is: what a person says of that, and what has to be asked without showing the answer.

mod proof;

use lanchat_protocol::client::{Bare, Login, Passwd, Register, Request};
use lanchat_protocol::password::Password;
use lanchat_protocol::slash::{Spec, Typed, login, parse, passwd, register};

pub(crate) use self::proof::Proof;

/// The commands for it, as they are typed where a password can be asked for.
pub(crate) const COMMANDS: &[Spec] = &[
    Spec {
        name: "register",
        usage: "/register [INVITE]",
        what: "makes your name yours alone; asks for a new password",
    },
    Spec { name: "login", usage: "/login [NICK]", what: "shows that a name is yours; asks for the password" },
    Spec { name: "passwd", usage: "/passwd", what: "changes your password; asks for both" },
];

/// What somebody says of who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// The nick is to be theirs.
    Register {
        /// With what they will show it.
        password: Password,
        /// The code that lets them, where the relay wants one.
        invite: Option<Password>,
    },
    /// The nick is theirs.
    Login {
        /// The nick; `None`: the one that they have or have asked for.
        nick: Option<String>,
        /// What shows it.
        password: Password,
    },
    /// Another password from here on.
    Passwd {
        /// Until now.
        old: Password,
        /// From here on.
        new: Password,
    },
    /// A guest again.
    Logout,
}

/// A claim that lacks its passwords.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// `/register [INVITE]`.
    Register(Option<Password>),
    /// `/login [NICK]`.
    Login(Option<String>),
    /// `/passwd`.
    Passwd,
}

/// What a typed line claims; `None`: nothing. Passwords that are not on the line have to be asked for.
pub(crate) fn understand(line: &str) -> Option<Result<Claim, Asked>> {
    let two = |words: &str| {
        let (first, rest) = words.split_once(char::is_whitespace)?;
        Some((first.to_owned(), rest.trim().to_owned()))
    };
    let optional = |word: &str| (!word.is_empty()).then(|| word.to_owned());
    Some(match parse(line) {
        Typed::Register(words) => match two(words) {
            Some((password, invite)) => Ok(Claim::Register {
                password: Password::new(&password),
                invite: Some(Password::new(&invite)),
            }),
            None => Err(Asked::Register(optional(words).map(|code| Password::new(&code)))),
        },
        Typed::Login(words) => match two(words) {
            Some((nick, password)) => {
                Ok(Claim::Login { nick: Some(nick), password: Password::new(&password) })
            }
            None => Err(Asked::Login(optional(words))),
        },
        Typed::Passwd(words) => match passwd(words) {
            Some((old, new)) => Ok(Claim::Passwd { old: Password::new(old), new: Password::new(new) }),
            None => Err(Asked::Passwd),
        },
        Typed::Logout => Ok(Claim::Logout),
        _ => return None,
    })
}

/// What a typed line claims where nobody can be asked for a password: it is on the line, and a single word is one.
/// `None`: nothing, or not enough.
pub(crate) fn unasked(line: &str) -> Option<Claim> {
    match parse(line) {
        Typed::Register(words) => {
            let (password, invite) = register(words)?;
            Some(Claim::Register { password: Password::new(password), invite: invite.map(Password::new) })
        }
        Typed::Login(words) => {
            let (nick, password) = login(words)?;
            Some(Claim::Login { nick: nick.map(str::to_owned), password: Password::new(password) })
        }
        _ => understand(line)?.ok(),
    }
}

impl Asked {
    /// What to ask, one after the other.
    pub(crate) fn questions(&self) -> &'static [&'static str] {
        match self {
            Self::Register(_) => &["new password: ", "the same again: "],
            Self::Login(_) => &["password: "],
            Self::Passwd => &["old password: ", "new password: ", "the same again: "],
        }
    }

    /// With the answers to all questions; an error is what to tell.
    pub(crate) fn answered(self, answers: Vec<Password>) -> Result<Claim, &'static str> {
        const INCOMPLETE: &str = "nothing was sent";
        const DIFFERENT: &str = "those were two different passwords; nothing was sent";
        let mut answers = answers.into_iter();
        let mut next = || answers.next().ok_or(INCOMPLETE);
        let mut twice = || {
            let (password, again) = (next()?, next()?);
            if password == again { Ok(password) } else { Err(DIFFERENT) }
        };
        match self {
            Self::Register(invite) => Ok(Claim::Register { password: twice()?, invite }),
            Self::Login(nick) => Ok(Claim::Login { nick, password: next()? }),
            Self::Passwd => {
                let old = next()?;
                let (new, again) = (next()?, next()?);
                if new == again { Ok(Claim::Passwd { old, new }) } else { Err(DIFFERENT) }
            }
        }
    }
}

impl Claim {
    /// The request that the relay will answer with this id.
    pub(crate) fn request<'a>(&'a self, id: &'a str) -> Request<'a> {
        let id = Some(id.into());
        match self {
            Self::Register { password, invite } => {
                Request::Register(Register { id, password: password.clone(), invite: invite.clone() })
            }
            Self::Login { nick, password } => {
                let nick = nick.as_deref().map(Into::into);
                Request::Login(Login { id, nick, password: Some(password.clone()), token: None })
            }
            Self::Passwd { old, new } => Request::Passwd(Passwd { id, old: old.clone(), new: new.clone() }),
            Self::Logout => Request::Logout(Bare { id }),
        }
    }

    /// The same with this invitation, where one may go with it and none was typed.
    pub(crate) fn invited(self, code: Option<&Password>) -> Self {
        match self {
            Self::Register { password, invite: None } => Self::Register { password, invite: code.cloned() },
            claim => claim,
        }
    }

    /// What it is, for people.
    pub(crate) fn named(&self) -> &'static str {
        match self {
            Self::Register { .. } => "/register",
            Self::Login { .. } => "/login",
            Self::Passwd { .. } => "/passwd",
            Self::Logout => "/logout",
        }
    }

    /// Whether nobody else may read it.
    pub(crate) fn is_secret(&self) -> bool {
        *self != Self::Logout
    }

    /// The password that shows who somebody is once the relay has taken this.
    pub(crate) fn password(self) -> Option<Password> {
        match self {
            Self::Register { password, .. } | Self::Login { password, .. } => Some(password),
            Self::Passwd { new, .. } => Some(new),
            Self::Logout => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(written: &str) -> Password {
        Password::new(written)
    }

    #[test]
    fn what_is_not_on_the_line_is_asked() {
        let asked = |line: &str| understand(line).unwrap().unwrap_err();
        assert_eq!(asked("/login"), Asked::Login(None));
        assert_eq!(asked("/login ana"), Asked::Login(Some("ana".into())));
        assert_eq!(asked("/register"), Asked::Register(None));
        assert_eq!(asked("/register code"), Asked::Register(Some(password("code"))));
        assert_eq!(asked("/passwd"), Asked::Passwd);
        assert_eq!(understand("/logout"), Some(Ok(Claim::Logout)));
        for line in ["hi", "/nick ana", "//login", "/msg ana hi"] {
            assert_eq!(understand(line), None, "{line}");
        }
    }

    #[test]
    fn what_is_on_the_line_is_taken() {
        let taken = |line: &str| understand(line).unwrap().unwrap();
        let login = Claim::Login { nick: Some("ana".into()), password: password("open sesame") };
        assert_eq!(taken("/login ana open sesame"), login);
        assert_eq!(taken("/passwd a b"), Claim::Passwd { old: password("a"), new: password("b") });
        let invite = Some(password("code"));
        assert_eq!(taken("/register secret code"), Claim::Register { password: password("secret"), invite });
    }

    #[test]
    fn where_nobody_can_be_asked_a_single_word_is_the_password() {
        let (secret, invite) = (password("secret"), Some(password("code")));
        let register = |invite| Some(Claim::Register { password: secret.clone(), invite });
        assert_eq!(unasked("/register secret"), register(None));
        assert_eq!(unasked("/register secret code"), register(invite));
        let login = |nick: Option<&str>| {
            Some(Claim::Login { nick: nick.map(str::to_owned), password: secret.clone() })
        };
        assert_eq!(unasked("/login secret"), login(None));
        assert_eq!(unasked("/login ana secret"), login(Some("ana")));
        for line in ["/register", "/login", "/passwd", "/passwd old", "hi"] {
            assert_eq!(unasked(line), None, "{line}");
        }
    }

    #[test]
    fn the_invitation_of_a_link_goes_with_a_registration_that_has_none() {
        let (code, typed) = (password("code"), password("typed"));
        let register = |invite| Claim::Register { password: password("new"), invite };
        assert_eq!(register(None).invited(Some(&code)), register(Some(code.clone())));
        assert_eq!(register(Some(typed.clone())).invited(Some(&code)), register(Some(typed)));
        assert_eq!(Claim::Logout.invited(Some(&code)), Claim::Logout);
    }

    #[test]
    fn a_new_password_is_asked_for_twice() {
        let answers = |answers: &[&str]| answers.iter().map(|answer| password(answer)).collect::<Vec<_>>();
        let same = Asked::Passwd.answered(answers(&["old", "new", "new"]));
        assert_eq!(same, Ok(Claim::Passwd { old: password("old"), new: password("new") }));
        assert!(Asked::Passwd.answered(answers(&["old", "new", "mew"])).unwrap_err().contains("different"));
        assert!(Asked::Register(None).answered(answers(&["new", "mew"])).is_err());
        assert!(Asked::Login(None).answered(answers(&[])).is_err());
        for asked in [Asked::Register(None), Asked::Login(None), Asked::Passwd] {
            let same = vec![password("same"); asked.questions().len()];
            assert!(asked.answered(same).is_ok());
        }
    }
}
