//! Standard input, line by line, on a thread of its own: reading it may block for ever.

use std::io::{self, Read};
use std::thread;

use lanchat_protocol::lines::{Framer, Line};
use lanchat_protocol::text;
use tokio::sync::mpsc;

use crate::claim::Claim;

/// The longest line that is looked at, in bytes; what a relay takes is far less.
const LINE_BYTES_MAX: usize = 1 << 20;

/// How many lines are read ahead. Together with the bound above it bounds the memory of a large input.
const LINES_AHEAD: usize = 16;

/// How much is read at once, in bytes.
const CHUNK_BYTES: usize = 16 << 10;

/// A line of the input, or what there is instead of one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// A line without its line end.
    Line {
        /// Its text.
        text: String,
        /// Whether it was not UTF-8, and U+FFFD stands in for what is not.
        damaged: bool,
    },
    /// A line with a pasted text in it, of which nothing is on the screen.
    Pasted {
        /// The whole of it.
        text: String,
        /// Whether it is said as it is, even where it looks like a command.
        is_said: bool,
    },
    /// What is typed from here on is for another of the person's rooms.
    Talk(String),
    /// What somebody says of who they are; an error is what to tell.
    Claim(Result<Claim, &'static str>),
    /// A line beyond all bounds; it was skipped.
    TooLong,
    /// Reading failed; nothing follows.
    Failed(String),
}

/// Starts to read standard input. The channel closes at its end.
pub(crate) fn read_lines() -> io::Result<mpsc::Receiver<Input>> {
    let (sender, receiver) = mpsc::channel(LINES_AHEAD);
    thread::Builder::new().name("input".to_owned()).spawn(move || {
        let mut send = |input| sender.blocking_send(input).is_ok();
        if let Err(error) = split(io::stdin().lock(), &mut send) {
            send(Input::Failed(error.to_string()));
        }
    })?;
    Ok(receiver)
}

/// Hands the lines of `source` to `send` until it has had enough. A last line without an end counts.
fn split(mut source: impl Read, send: &mut impl FnMut(Input) -> bool) -> io::Result<()> {
    let mut framer = Framer::new(LINE_BYTES_MAX);
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let count = match source.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let mut lines = framer.push(&chunk[..count]);
        while let Some(line) = lines.next() {
            let input = match line {
                Line::Whole(line) => input(line),
                Line::TooLong => Input::TooLong,
            };
            if !send(input) {
                return Ok(());
            }
        }
    }
    let rest = framer.take_unfinished();
    if !rest.is_empty() {
        send(input(rest.strip_suffix(b"\r").unwrap_or(&rest)));
    }
    Ok(())
}

fn input(line: &[u8]) -> Input {
    let (text, damaged) = text::decode(line);
    Input::Line { text: text.into_owned(), damaged }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Vec<Input> {
        let mut seen = Vec::new();
        split(bytes, &mut |input| {
            seen.push(input);
            true
        })
        .unwrap();
        seen
    }

    fn line(text: &str) -> Input {
        Input::Line { text: text.into(), damaged: false }
    }

    #[test]
    fn a_last_line_without_an_end_counts() {
        assert_eq!(read(b"a\r\n\nb"), [line("a"), line(""), line("b")]);
        assert_eq!(read(b""), []);
    }

    #[test]
    fn what_is_not_text_is_marked() {
        assert_eq!(read(b"a\xff\n"), [Input::Line { text: "a\u{fffd}".into(), damaged: true }]);
    }

    #[test]
    fn an_endless_line_costs_no_memory_and_its_tail_is_no_line() {
        let long = vec![b'x'; 3 * LINE_BYTES_MAX];
        assert_eq!(read(&[&long[..], b"\nb\n"].concat()), [Input::TooLong, line("b")]);
        assert_eq!(read(&long), [Input::TooLong]);
    }
}
