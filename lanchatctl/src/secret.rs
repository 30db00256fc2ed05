//! Passwords that people type: asked for where nobody sees them, or read from standard input; never an argument, which
//! everybody on the machine could read.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};

use lanchat_protocol::password::{PASSWORD_BYTES_MAX, Password};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::exit::Failure;

/// A password to be, typed twice, or the first line of standard input.
pub(crate) fn new_password(nick: &str) -> Result<Password, Failure> {
    let password = if io::stdin().is_terminal() {
        let first = ask(&format!("Password for {nick}: "))?;
        // Nobody types another one twice that cannot be one.
        first.check().map_err(|error| Failure::Password(format!("a password {error}")))?;
        if ask("The same again: ")? != first {
            return Err(Failure::Password("these were two different passwords".to_owned()));
        }
        first
    } else {
        first_line(&mut io::stdin().lock())?
    };
    password.check().map_err(|error| Failure::Password(format!("a password {error}")))?;
    Ok(password)
}

/// One line of the terminal, which does not show it.
fn ask(question: &str) -> Result<Password, Failure> {
    let mut terminal = File::options().read(true).write(true).open("/dev/tty").map_err(Failure::Terminal)?;
    let question = lanchat_protocol::text::clean(question).into_owned();
    terminal.write_all(question.as_bytes()).map_err(Failure::Terminal)?;
    let hidden = Hidden::begin(&terminal).map_err(Failure::Terminal)?;
    let password = first_line(&mut terminal);
    drop(hidden);
    // The Enter key was not shown either.
    terminal.write_all(b"\n").map_err(Failure::Terminal)?;
    password
}

/// A terminal that does not show what is typed, until this is dropped. What was typed before is thrown away.
struct Hidden {
    terminal: File,
    before: Termios,
}

impl Hidden {
    fn begin(terminal: &File) -> io::Result<Self> {
        let (terminal, before) = (terminal.try_clone()?, tcgetattr(terminal)?);
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        hidden.local_modes.insert(LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(&terminal, OptionalActions::Flush, &hidden)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // There is nothing more that could be tried.
        let _ = tcsetattr(&self.terminal, OptionalActions::Flush, &self.before);
    }
}

/// The first line, without its end, read byte by byte: whoever reads on finds the next one.
fn first_line(from: &mut impl Read) -> Result<Password, Failure> {
    // As long as it can become, so that growing leaves no copy behind.
    let mut line = Zeroizing::new(Vec::with_capacity(PASSWORD_BYTES_MAX + 2));
    let mut byte = [0];
    while line.len() < line.capacity() && from.read(&mut byte).map_err(Failure::Terminal)? == 1 {
        if byte == *b"\n" {
            break;
        }
        line.extend_from_slice(&byte);
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    let line = str::from_utf8(&line).map_err(|_| Failure::Password("a password is UTF-8".to_owned()))?;
    Ok(Password::new(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_the_password_whatever_ends_it() {
        for written in ["open sesame\nrest", "open sesame\r\n", "open sesame"] {
            let password = first_line(&mut written.as_bytes()).unwrap();
            assert_eq!(password, Password::new("open sesame"));
        }
        let long = first_line(&mut "x".repeat(100_000).as_bytes()).unwrap();
        assert!(long.check().is_err(), "what is too long is not cut to what fits");
    }
}
