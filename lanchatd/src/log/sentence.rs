//! How a record is written for people: its sentence alone, which has in it what the fields are for programs.

use std::fmt;

use lanchat_protocol::text::clean;
use tracing::field::Field;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{Writer, debug_fn};

/// The field that tracing's macros put the sentence into.
const SENTENCE: &str = "message";

/// Writes the sentence, and nothing that a terminal would take for an order.
pub(super) fn sentence() -> impl for<'writer> FormatFields<'writer> {
    debug_fn(|writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug| {
        if field.name() != SENTENCE {
            return Ok(());
        }
        // The errors of a configuration are a line each.
        for (index, line) in format!("{value:?}").lines().enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            write!(writer, "{end}{}", clean(line))?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use tracing::subscriber::with_default;
    use tracing::{error, info};

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(record: impl FnOnce()) -> String {
        let page = Page::default();
        let writer = page.clone();
        let lines = tracing_subscriber::fmt().with_target(false).without_time().with_ansi(false);
        let lines = lines.fmt_fields(sentence()).with_writer(move || writer.clone()).finish();
        with_default(lines, record);
        String::from_utf8(page.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn people_read_the_sentence_and_no_fields() {
        let (client, message_id) = (7, "0123");
        assert_eq!(
            written(|| info!(message_id, client, "client {client} connected")),
            " INFO client 7 connected\n"
        );
    }

    #[test]
    fn a_terminal_finds_no_orders_in_it_and_lines_stay_lines() {
        let errors = "a:1:1: \u{1b}]0;owned\u{7} is unknown\na:2:1: so is \u{9b}31m";
        let text = written(|| error!(errors, "the configuration is refused: {errors}"));
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        assert_eq!(text.lines().count(), 2, "{text:?}");
    }
}
