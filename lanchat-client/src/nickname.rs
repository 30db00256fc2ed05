//! What a person is called: asked once, and remembered.

use std::env;
use std::fs;
use std::io::{self, BufRead, IsTerminal, Read, Write, stderr, stdin};
use std::path::Path;

use lanchat_protocol::names::{NAME_CHARS_MAX, Nick};

use crate::contact::Contact;
use crate::files;
use crate::printer::complain;

/// The name of the file.
const FILE: &str = "nick";

/// The longest file, in bytes: a nick and its line end.
const BYTES_MAX: u64 = 4 * NAME_CHARS_MAX as u64 + 2;

/// So often somebody is asked who answers with what is no nick.
const QUESTIONS_MAX: usize = 3;

/// What was said the last time. What cannot be read was never said.
pub(crate) fn remembered() -> Option<Nick> {
    let path = files::path(FILE, |name| env::var_os(name))?;
    if !files::is_file_or_absent(&path) {
        return None;
    }
    let mut text = String::new();
    fs::File::open(path).ok()?.take(BYTES_MAX).read_to_string(&mut text).ok()?;
    Nick::parse(text.lines().next()?).ok()
}

/// Asks whoever was never asked, where somebody can be asked. Whoever says nothing goes by their user name, and is asked
/// again the next time.
pub(crate) fn ask(contact: &mut Contact) {
    if !contact.is_nameless() || !stdin().is_terminal() || !stderr().is_terminal() {
        return;
    }
    for _ in 0..QUESTIONS_MAX {
        let Ok(Some(answer)) = question(contact.suggestion()) else { return };
        let nick = match (answer.trim(), contact.suggestion()) {
            ("", None) => return,
            ("", Some(suggested)) => Ok(suggested.clone()),
            (answer, _) => Nick::parse(answer),
        };
        match nick {
            Ok(nick) => {
                remember(&nick);
                return contact.call(nick);
            }
            Err(error) => complain(&format!("lanchat-client: a nick {error}")),
        }
    }
}

/// What was answered; `None` where the input has ended.
fn question(suggested: Option<&Nick>) -> io::Result<Option<String>> {
    let mut question = stderr().lock();
    match suggested {
        Some(nick) => write!(question, "What do others call you? [{nick}] ")?,
        None => write!(question, "What do others call you? (nothing: a guest) ")?,
    }
    question.flush()?;
    let mut answer = String::new();
    stdin().lock().read_line(&mut answer)?;
    if answer.ends_with('\n') {
        return Ok(Some(answer));
    }
    // Ctrl-D leaves the cursor behind the question.
    writeln!(question)?;
    Ok(None)
}

/// Whoever cannot be remembered is asked again: that is no reason to disturb a chat.
fn remember(nick: &Nick) {
    let write = |path: &Path| {
        files::make_directory(path)?;
        if files::is_file_or_absent(path) { fs::write(path, format!("{nick}\n")) } else { Ok(()) }
    };
    if let Some(path) = files::path(FILE, |name| env::var_os(name)) {
        let _ = write(&path);
    }
}
