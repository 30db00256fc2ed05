//! What shows the relay who this is, from the first connection on: a password or a token. Never from the command line,
//! which everybody on the machine can read.

use std::fs::File;
use std::io::{self, BufRead, IsTerminal, Read, Write, stderr, stdin};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use lanchat_protocol::client::Hello;
use lanchat_protocol::password::Password;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::contact::Contact;
use crate::printer::complain;

/// The longest first line of a file with a secret, in bytes.
const SECRET_BYTES_MAX: usize = 4_096;

/// A password or a token.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proof {
    /// The password of the nick that is asked for.
    pub(crate) password: Option<Password>,
    /// A token.
    pub(crate) token: Option<Password>,
}

impl Proof {
    /// What there is said to be; a person is asked.
    pub(crate) fn of(contact: &Contact) -> Result<Self, String> {
        if let Some(path) = &contact.token_file {
            return Ok(Self { password: None, token: Some(read(path)?) });
        }
        let password = match (&contact.login, &contact.password_file) {
            (Some(_), Some(path)) => Some(read(path)?),
            (Some(nick), None) if stdin().is_terminal() => {
                let asked = ask(&format!("password of {nick}: "));
                Some(asked.map_err(|error| format!("cannot ask for the password: {error}"))?)
            }
            (Some(_), None) => {
                return Err("--login needs a --password-file where nobody can be asked".to_owned());
            }
            (None, _) => None,
        };
        Ok(Self { password, token: None })
    }

    /// The greeting with it.
    pub(crate) fn into_hello(self, hello: Hello<'static>) -> Hello<'static> {
        Hello { password: self.password, token: self.token, ..hello }
    }
}

/// The first line of a file.
fn read(path: &Path) -> Result<Password, String> {
    let told = |error: io::Error| format!("{}: cannot be read: {error}", path.display());
    let file = File::open(path).map_err(told)?;
    if file.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o077 != 0) {
        let path = path.display();
        complain(&format!("lanchat-client: others may read {path}: chmod 600 makes it yours alone"));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(SECRET_BYTES_MAX));
    file.take(SECRET_BYTES_MAX as u64).read_to_end(&mut bytes).map_err(told)?;
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = str::from_utf8(line).map_err(|_| format!("{}: its first line is no text", path.display()))?;
    match line.trim() {
        "" => Err(format!("{}: its first line is empty", path.display())),
        secret => Ok(Password::new(secret)),
    }
}

/// Asks at the terminal, which shows nothing of the answer. Ctrl-C and Ctrl-Z are characters meanwhile: the program is
/// not to end or stop before the terminal shows again what is typed.
fn ask(question: &str) -> io::Result<Password> {
    let before = tcgetattr(stdin())?;
    let mut hidden = before.clone();
    hidden.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
    let interrupt = before.special_codes[SpecialCodeIndex::VINTR];
    hidden.special_codes[SpecialCodeIndex::VEOL] = interrupt;
    tcsetattr(stdin(), OptionalActions::Flush, &hidden)?;
    let answer = write!(stderr(), "{question}").and_then(|()| {
        let mut answer = Zeroizing::new(Vec::with_capacity(SECRET_BYTES_MAX));
        let mut source = stdin().lock().take(SECRET_BYTES_MAX as u64);
        // A line ends with either; what ends before has been ended by Ctrl-D.
        while !matches!(answer.last(), Some(end) if *end == b'\n' || *end == interrupt) {
            let piece = source.fill_buf()?;
            let end = piece.iter().position(|byte| *byte == b'\n' || *byte == interrupt);
            let count = end.map_or(piece.len(), |end| end + 1);
            answer.extend_from_slice(&piece[..count]);
            source.consume(count);
            if count == 0 {
                break;
            }
        }
        match answer.split_last() {
            Some((b'\n', password)) => str::from_utf8(password)
                .map(|password| Password::new(password.trim_end_matches('\r')))
                .map_err(|_| io::Error::other("it is no text")),
            _ => Err(io::Error::other("none was given")),
        }
    });
    tcsetattr(stdin(), OptionalActions::Flush, &before)?;
    writeln!(stderr())?;
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_the_first_line_of_a_file() {
        let path = std::env::temp_dir().join(format!("lanchat-proof-{}", std::process::id()));
        let told = |content: &str| {
            std::fs::write(&path, content).unwrap();
            read(&path)
        };
        assert_eq!(told("open sesame\r\nmore"), Ok(Password::new("open sesame")));
        assert_eq!(told("secret"), Ok(Password::new("secret")));
        assert!(told("\nsecret").unwrap_err().contains("is empty"));
        assert!(told(&"x".repeat(SECRET_BYTES_MAX + 9)).is_ok(), "what is too long opens nothing");
        std::fs::remove_file(&path).unwrap();
        assert!(read(&path).unwrap_err().contains("cannot be read"));
    }
}
