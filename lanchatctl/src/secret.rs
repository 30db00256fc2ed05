//! Passwords that people type: asked for where nobody sees them, or read from standard input; never an argument, which
//! everybody on the machine could read.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};

use lanchat_protocol::password::{PASSWORD_BYTES_MAX, Password};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
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
    // Before anybody is asked: whoever types at once is not shown either.
    let hidden = Hidden::begin(&terminal).map_err(Failure::Terminal)?;
    let question = lanchat_protocol::text::clean(question).into_owned();
    let asked = terminal.write_all(question.as_bytes()).map_err(Failure::Terminal);
    let password = asked.and_then(|()| typed_line(&mut terminal));
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
        // Key by key: Ctrl-C is not to end us while nothing is shown.
        hidden.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        (hidden.special_codes[SpecialCodeIndex::VMIN], hidden.special_codes[SpecialCodeIndex::VTIME]) =
            (1, 0);
        tcsetattr(&terminal, OptionalActions::Flush, &hidden)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // There is nothing more that could be tried.
        let _ = tcsetattr(&self.terminal, OptionalActions::Drain, &self.before);
    }
}

/// A line as it is typed: Backspace takes a character back, Ctrl-U all of them, Ctrl-C gives up.
fn typed_line(from: &mut impl Read) -> Result<Password, Failure> {
    let mut line = Zeroizing::new(Vec::with_capacity(PASSWORD_BYTES_MAX + 2));
    let mut byte = [0];
    loop {
        let is_end = from.read(&mut byte).map_err(Failure::Terminal)? == 0;
        match byte[0] {
            b'\n' | b'\r' => break,
            0x03 | 0x04 => return Err(none_given()),
            _ if is_end => return Err(none_given()),
            // Continuation bytes of UTF-8 are 10xxxxxx.
            0x08 | 0x7f => while line.pop().is_some_and(|last| last & 0xc0 == 0x80) {},
            0x15 => line.clear(),
            _ if line.len() < line.capacity() => line.push(byte[0]),
            _ => {}
        }
    }
    password_of(&line)
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
    password_of(&line)
}

fn none_given() -> Failure {
    Failure::Password("no password was given".to_owned())
}

fn password_of(line: &[u8]) -> Result<Password, Failure> {
    let line = str::from_utf8(line).map_err(|_| Failure::Password("a password is UTF-8".to_owned()))?;
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
        let typed = typed_line(&mut "no\x15opé\x7fen sesame\n".as_bytes()).unwrap();
        assert_eq!(typed, Password::new("open sesame"), "with what was taken back");
        assert!(typed_line(&mut "open\x03".as_bytes()).is_err());
        let long = first_line(&mut "x".repeat(100_000).as_bytes()).unwrap();
        assert!(long.check().is_err(), "what is too long is not cut to what fits");
    }
}
