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
