//! `top`: the relay and its busiest clients, again and again.

use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use lanchat_protocol::admin::{Busy, By, Request, Status, Top};
use lanchat_protocol::text;

use crate::exit::Failure;
use crate::interrupt::{Interrupt, Woken};
use crate::screen::Screen;
use crate::socket::Connection;
use crate::table::{self, Column};
use crate::{output, units};

/// Clients of a frame that goes to no terminal.
const PLAIN_ROWS: usize = 20;

/// Lines above the clients.
const HEADER_ROWS: usize = 6;

/// What is shown, and how often.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub(crate) struct Shown {
    /// How often to look again, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = interval)]
    interval: Duration,
    /// Who comes first
    #[arg(long, value_enum, default_value_t)]
    sort: Sort,
    /// Show one frame, as plain text, and end
    #[arg(short = 'n', long)]
    once: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Sort {
    /// Messages a second
    #[default]
    Rate,
    /// Messages since they connected
    Messages,
    /// What they are owed
    Backlog,
    /// How long they have been connected
    Connected,
}

/// What the rates are counted from.
struct Before {
    status: Status,
    at: Instant,
}

pub(super) fn run(
    reach: impl Fn() -> Result<Connection, Failure>,
    shown: &Shown,
    is_json: bool,
) -> Result<(), Failure> {
    let interrupt = Interrupt::take().map_err(Failure::Socket)?;
    // Whoever starts it where nothing runs is told so at once.
    let mut connection = Some(reach()?);
    let on_screen = !shown.once && !is_json && io::stdout().is_terminal() && io::stdin().is_terminal();
    let _screen = on_screen.then(Screen::enter).transpose().map_err(Failure::Output)?;
    let mut before: Option<Before> = None;
    let mut is_down = false;
    loop {
        let looked = look(&mut connection, &reach, shown.sort, &interrupt, on_screen);
        let at = Instant::now();
        let frame = match looked {
            Ok(None) => return Ok(()),
            Ok(Some((top, json))) => {
                is_down = false;
                let frame = if is_json { json } else { frame(&top, before.as_ref(), at) };
                // Without something to compare with there are no rates yet.
                let is_shown = on_screen || before.is_some();
                before = Some(Before { status: top.status, at });
                Some(frame).filter(|_| is_shown)
            }
            Err(failure) if shown.once => return Err(failure),
            Err(failure) => {
                (connection, before) = (None, None);
                // A program is told once: there is nothing to tell it until it is up again.
                if is_json && !is_down {
                    output::complain(&failure, true);
                }
                is_down = true;
                Some(format!("{failure}\ntrying again every {}\n", units::timeout(shown.interval)))
                    .filter(|_| !is_json)
            }
        };
        if let Some(frame) = frame {
            if on_screen {
                Screen::show(&clean(&frame))?;
            } else if is_json {
                output::print_json_text(&frame)?;
            } else {
                let separator = if shown.once { "" } else { "\n" };
                output::print(&(frame + separator))?;
            }
            if shown.once {
                return Ok(());
            }
        }
        if rest(&interrupt, shown.interval, on_screen)? {
            return Ok(());
        }
    }
}

/// Asks once, on a new connection where the last one has ended. `None`: it was ended before there was an answer.
fn look(
    connection: &mut Option<Connection>,
    reach: &impl Fn() -> Result<Connection, Failure>,
    sort: Sort,
    interrupt: &Interrupt,
    on_screen: bool,
) -> Result<Option<(Top, String)>, Failure> {
    let connection = match connection {
        Some(connection) => connection,
        None => connection.insert(reach()?),
    };
    let by = match sort {
        Sort::Rate => By::Rate,
        Sort::Messages => By::Messages,
        Sort::Backlog => By::Backlog,
        Sort::Connected => By::Connected,
    };
    let limit = if on_screen { Screen::size().0.saturating_sub(HEADER_ROWS) } else { PLAIN_ROWS };
    connection.renew();
    // A relay that hangs is no reason not to leave.
    let wanted = |answer: BorrowedFd, left| {
        if on_screen { awaits(interrupt, answer, left) } else { interrupt.wait_for(answer, left) }
    };
    let Some(answer) = connection.ask_while(&Request::Top { by, limit }, &wanted)? else { return Ok(None) };
    let json = answer.to_string();
    super::typed(answer).map(|top| Some((top, json)))
}

/// Waits for an answer while keys may be pressed; `false`: one of them was to end it.
fn awaits(interrupt: &Interrupt, answer: BorrowedFd, left: Duration) -> Result<bool, Failure> {
    let start = Instant::now();
    let stdin = io::stdin();
    loop {
        let left = left.saturating_sub(start.elapsed());
        match interrupt.wait(&[stdin.as_fd(), answer], Some(left)).map_err(Failure::Socket)? {
            Woken::Ended => return Ok(false),
            Woken::Ready(0) if Screen::is_end_pressed().map_err(Failure::Socket)? => return Ok(false),
            Woken::Ready(0) | Woken::Resized => {}
            Woken::Ready(_) | Woken::Passed => return Ok(true),
        }
    }
}

/// Waits for the next frame; says whether it is to end.
fn rest(interrupt: &Interrupt, interval: Duration, on_screen: bool) -> Result<bool, Failure> {
    let start = Instant::now();
    let stdin = io::stdin();
    let keys = [stdin.as_fd()];
    let keys = if on_screen { &keys[..] } else { &[] };
    loop {
        let left = interval.saturating_sub(start.elapsed());
        match interrupt.wait(keys, Some(left)).map_err(Failure::Socket)? {
            Woken::Ended => return Ok(true),
            Woken::Ready(_) if Screen::is_end_pressed().map_err(Failure::Socket)? => return Ok(true),
            Woken::Resized => return Ok(false),
            Woken::Ready(_) => {}
            Woken::Passed if start.elapsed() >= interval => return Ok(false),
            Woken::Passed => {}
        }
    }
}

fn frame(top: &Top, before: Option<&Before>, at: Instant) -> String {
    let status = &top.status;
    // Another process has begun to count anew.
    let before = before.filter(|before| before.status.pid == status.pid);
    let seconds = before.map(|before| at.duration_since(before.at).as_secs_f64());
    let rate = |count: fn(&Status) -> u64| match (before, seconds) {
        (Some(before), Some(seconds)) => {
            a_second(count(status).saturating_sub(count(&before.status)), seconds)
        }
        _ => "-".to_owned(),
    };
    let store = match (&status.store, &status.store_trouble) {
        (_, Some(why)) => format!("in trouble: {}", text::clean(why)),
        (None, None) => "none".to_owned(),
        (Some(_), None) => format!("fine, {} unwritten", status.messages_unwritten),
    };
    let cpu = match (before, seconds) {
        (Some(before), Some(seconds)) => {
            let used = Duration::from_millis(status.cpu_ms.saturating_sub(before.status.cpu_ms));
            format!("{:.1}%", used.as_secs_f64() / seconds * 100.0)
        }
        _ => "-".to_owned(),
    };
    let mut text = format!(
        "lanchatd {} (pid {}), running for {}\n\
         clients: {}   rooms: {}   messages/s: {}   deliveries/s: {}   sent: {}\n\
         processor: {cpu}   memory: {}   files: {}\n\
         store: {store}\n\n",
        text::clean(&status.version),
        status.pid,
        units::duration(status.uptime_s),
        status.clients,
        status.rooms,
        rate(|status| status.messages_accepted),
        rate(|status| status.deliveries),
        units::size(status.bytes_sent),
        units::size(status.memory_bytes),
        status.files_open,
    );
    let columns = [
        Column::Right("ID"),
        Column::Left("NICK"),
        Column::Left("ADDRESS"),
        Column::Left("DIALECT"),
        Column::Right("IN/S"),
        Column::Right("MESSAGES"),
        Column::Right("BACKLOG"),
        Column::Right("CONNECTED"),
        Column::Left("ROOMS"),
    ];
    text += &table::table(&columns, top.busy.iter().map(|busy| row(busy, seconds)));
    text
}

fn row(busy: &Busy, seconds: Option<f64>) -> Vec<String> {
    let client = &busy.client;
    vec![
        client.id.to_string(),
        client.nick.clone(),
        client.address.clone(),
        client.dialect.clone(),
        seconds.map_or_else(|| "-".to_owned(), |seconds| a_second(busy.recent, seconds)),
        client.messages.to_string(),
        units::size(client.backlog_bytes),
        units::duration(client.connected_s),
        client.rooms.join(","),
    ]
}

/// A rate: `0`, `0.4`, `12`.
#[expect(clippy::cast_precision_loss, reason = "a rate is shown in a few digits")]
fn a_second(count: u64, seconds: f64) -> String {
    let rate = count as f64 / seconds.max(0.001);
    if count > 0 && rate < 9.95 { format!("{rate:.1}") } else { format!("{rate:.0}") }
}

fn clean(frame: &str) -> String {
    frame.lines().map(output::line).collect()
}

fn interval(written: &str) -> Result<Duration, String> {
    let seconds: f64 = written.parse().unwrap_or(f64::NAN);
    if (0.1..=3600.0).contains(&seconds) {
        return Ok(Duration::from_secs_f64(seconds));
    }
    Err("allowed: a number of seconds from 0.1 to 3600".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_rates_from_the_second_on_and_from_one_process_only() {
        let at = Instant::now();
        let status = |pid, messages_accepted| Status { pid, messages_accepted, ..Status::default() };
        let top = |status| Top { status, ..Top::default() };
        let first = frame(&top(status(1, 10)), None, at);
        assert!(first.contains("messages/s: -"), "{first}");
        let before = Before { status: status(1, 10), at };
        let second = frame(&top(status(1, 30)), Some(&before), at + Duration::from_secs(2));
        assert!(second.contains("messages/s: 10 "), "{second}");
        let restarted = frame(&top(status(2, 30)), Some(&before), at + Duration::from_secs(2));
        assert!(restarted.contains("messages/s: -"), "{restarted}");
    }

    #[test]
    fn rates_and_intervals_are_bounded() {
        assert_eq!(a_second(0, 1.0), "0");
        assert_eq!(a_second(1, 2.0), "0.5");
        assert_eq!(a_second(1_000, 2.0), "500");
        for wrong in ["0", "0.09", "3601", "nan", "x"] {
            assert!(interval(wrong).is_err(), "{wrong}");
        }
        assert_eq!(interval("0.1"), Ok(Duration::from_millis(100)));
    }
}
