//! From the command line to the form of the program that it asks for.

use std::io::{IsTerminal, stdin};

use crate::arguments::{Arguments, Command};
use crate::config;
use crate::contact::Contact;
use crate::doctor;
use crate::exit::End;
use crate::interactive;
use crate::pins;
use crate::pipe;
use crate::scripts;

/// Does what the command line asks for.
pub(crate) fn start() -> End {
    let mut arguments = Arguments::read(stdin().is_terminal());
    let script = match arguments.command.take() {
        // It looks at the configuration itself.
        Some(Command::Doctor(asked)) => return run(doctor::examine(asked)),
        Some(Command::Script(script)) => Some(script),
        None => None,
    };
    let config = match config::load() {
        Ok(config) => config,
        Err(why) => return End::misused(why),
    };
    if let Some(end) = pins::tend(&arguments, &config) {
        return end;
    }
    let (person, place) = match &script {
        Some(script) => script.contact(),
        None => (&arguments.person, arguments.place.as_ref()),
    };
    let contact = match Contact::of(person, place, &config) {
        Ok(contact) => contact,
        Err(why) => return End::misused(why),
    };
    if let Some(script) = script {
        run(scripts::run(script, contact))
    } else if stdin().is_terminal() {
        let settings = config.settings(arguments.plain_output);
        run(interactive::chat(arguments, contact, settings))
    } else {
        run(pipe::deliver(arguments, contact))
    }
}

fn run(form: impl Future<Output = End>) -> End {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return End::failed(format!("cannot start: {error}")),
    };
    let end = runtime.block_on(form);
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    end
}
