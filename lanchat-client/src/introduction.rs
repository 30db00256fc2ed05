//! The first contact with a relay: a person at a terminal is asked whether its key is the right one.

use std::env;
use std::io::{self, BufRead, IsTerminal, Write, stderr, stdin};

use lanchat_protocol::fingerprint::Fingerprint;

use crate::connect::attempt;
use crate::contact::Contact;
use crate::files;
use crate::printer::complain;
use crate::trouble::ConnectError;
use crate::trust::{Distrust, FILE, Trust};

/// What is known of the relay.
pub(crate) fn trust(contact: &Contact) -> Result<Trust, ConnectError> {
    let address = contact.link.address.clone();
    let path = files::path(FILE, |name| env::var_os(name));
    let (mut trust, notes) = Trust::open(address.clone(), contact.wanted, path)
        .map_err(|why| ConnectError::distrusted(address, why))?;
    trust.may_be_misnamed(contact.misnamed.clone());
    for note in &notes {
        tell(note);
    }
    Ok(trust)
}

/// Asks about a relay that nobody knows yet, where somebody can be asked. Nothing is sent to it before.
pub(crate) async fn introduce(trust: &mut Trust) -> Result<(), ConnectError> {
    if !trust.is_to_be_asked() || !stdin().is_terminal() || !stderr().is_terminal() {
        return Ok(());
    }
    let address = trust.address().clone();
    let Err(error) = attempt(trust).await else { return Ok(()) };
    let Some(shown) = error.unknown_key() else { return Err(error) };
    let distrusted = |why| ConnectError::distrusted(address.clone(), why);
    // A question that nobody sees or answers is not answered with yes.
    if !ask(trust, shown).unwrap_or(false) {
        return Err(distrusted(Distrust::Declined));
    }
    let note = trust.met(shown).map_err(distrusted)?;
    if let Some(note) = note {
        tell(&note);
    }
    Ok(())
}

fn ask(trust: &Trust, shown: Fingerprint) -> io::Result<bool> {
    let mut question = stderr().lock();
    write!(
        question,
        "{} is not known yet. It shows the key\n  {shown}\n\
         which lanchatctl status shows too, on the machine of the right relay.\n\
         Connect, and know it by this key from now on? [y/N] ",
        trust.address()
    )?;
    question.flush()?;
    let mut answer = String::new();
    stdin().lock().read_line(&mut answer)?;
    if !answer.ends_with('\n') {
        // Ctrl-D leaves the cursor behind the question.
        writeln!(question)?;
    }
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

fn tell(note: &str) {
    complain(&format!("lanchat-client: {note}"));
}
