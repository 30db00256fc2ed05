//! `lanchat-client`: a line-mode chat client for people, and a pipe for programs.

mod arguments;
mod backoff;
mod claim;
mod colour;
mod completion;
mod connect;
mod console;
mod conversation;
mod delivery;
mod exit;
mod files;
mod gate;
mod helper;
mod history;
mod input;
mod interactive;
mod introduction;
mod json;
mod link;
mod network;
mod outbox;
mod pins;
mod pipe;
mod printer;
mod prompt;
mod reading;
mod run;
mod session;
mod status;
mod stream;
mod target;
mod transcript;
mod trust;
mod wish;

use std::io::{IsTerminal, stdin};
use std::process::ExitCode;

use self::exit::End;

fn main() -> ExitCode {
    let arguments = arguments::Arguments::read(stdin().is_terminal());
    if let Some(end) = pins::tend(&arguments) {
        return end.tell();
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return End::failed(format!("cannot start: {error}")).tell(),
    };
    let end = if stdin().is_terminal() {
        runtime.block_on(interactive::chat(arguments))
    } else {
        runtime.block_on(pipe::deliver(arguments))
    };
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    end.tell()
}
