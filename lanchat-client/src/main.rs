//! `lanchat-client`: a line-mode chat client for people, and a pipe for programs.

mod address;
mod arguments;
mod backoff;
mod colour;
mod completion;
mod connect;
mod console;
mod conversation;
mod delivery;
mod gate;
mod helper;
mod history;
mod input;
mod interactive;
mod json;
mod link;
mod network;
mod outbox;
mod pipe;
mod printer;
mod prompt;
mod reading;
mod run;
mod session;
mod status;
mod target;
mod transcript;
mod wish;

use std::env;
use std::io::{IsTerminal, stdin, stdout};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = arguments::Arguments::read(stdin().is_terminal());
    let wish = wish::Wish::of(arguments.wanted_nick(env::var("USER").ok().as_deref()));
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(Some(&format!("cannot start: {error}"))),
    };
    let result = if stdin().is_terminal() {
        let (no_color, term) = (env::var("NO_COLOR").ok(), env::var("TERM").ok());
        let palette = colour::Palette::choose(stdout().is_terminal(), no_color.as_deref(), term.as_deref());
        runtime.block_on(interactive::chat(arguments, wish, palette))
    } else {
        runtime.block_on(pipe::deliver(arguments, wish)).map_err(Some)
    };
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    result.map_or_else(|why| fail(why.as_deref()), |()| ExitCode::SUCCESS)
}

fn fail(why: Option<&str>) -> ExitCode {
    if let Some(why) = why {
        printer::complain(&format!("lanchat-client: {why}"));
    }
    ExitCode::FAILURE
}
