//! What a program that no person watches decides, as the driver sees it.

use std::io;
use std::time::Duration;

use crate::input::Input;
use crate::liaison::Liaison;

/// Pure: time, lines and events come in; bytes and text go out.
pub(crate) trait Work {
    /// What it shares with the relay.
    fn liaison(&self) -> &Liaison;

    /// The same, to tell it what the network does.
    fn liaison_mut(&mut self) -> &mut Liaison;

    /// The relay sent a line.
    fn hear(&mut self, line: &[u8], now_ms: u64);

    /// Time has passed.
    fn tick(&mut self, now_ms: u64);

    /// When [`Work::tick`] is worth a call.
    fn due_ms(&self) -> Option<u64> {
        self.liaison().due_ms()
    }

    /// How long it runs, for what milliseconds are too coarse for. Told before it hears or ticks.
    fn runs_for(&mut self, _: Duration) {}

    /// Whether the next line of the input can be taken.
    fn wants_input(&self) -> bool {
        false
    }

    /// Takes the next line; `None` at the end of the input.
    fn take(&mut self, _: Option<Input>, _now_ms: u64) {}

    /// Text for standard output, in whole lines; each is handed out once.
    fn take_output(&mut self) -> String;

    /// Whether it ends when nobody reads standard output any more, even if there is nothing to write.
    fn minds_its_reader(&self) -> bool {
        false
    }

    /// Standard output cannot be written to.
    fn unread(&mut self, error: &io::Error, now_ms: u64);
}
