//! `lanchat-client`: a line-mode chat client for people, and a pipe for programs.

mod arguments;
mod backoff;
mod candidates;
mod claim;
mod colour;
mod completion;
mod config;
mod connect;
mod console;
mod contact;
mod conversation;
mod delivery;
mod doctor;
mod driver;
mod exit;
mod files;
mod gate;
mod helper;
mod history;
mod input;
mod interactive;
mod introduction;
mod json;
mod liaison;
mod link;
mod network;
mod nickname;
mod outbox;
mod own;
mod pins;
mod pipe;
mod printer;
mod prompt;
mod query;
mod reading;
mod run;
mod scripts;
mod session;
mod settings;
mod start;
mod status;
mod stream;
mod target;
mod transcript;
mod trouble;
mod trust;
mod wish;
mod work;

use std::process::ExitCode;

fn main() -> ExitCode {
    start::start().tell()
}
