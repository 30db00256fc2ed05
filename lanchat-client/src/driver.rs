//! Carries bytes, lines and time between the network, what decides, standard input and standard output. Decides nothing.

use std::future::pending;
use std::io::{self, ErrorKind};
use std::thread;
use std::time::Duration;

use lanchat_protocol::lines::Line;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::input::Input;
use crate::network::{Network, News};
use crate::printer::{complain, write};
use crate::trouble::ConnectError;
use crate::work::Work;

/// Works until all is done. An error says why there never was a connection.
pub(crate) async fn drive(
    work: &mut impl Work,
    network: &mut Network,
    input: &mut mpsc::Receiver<Input>,
) -> Result<(), ConnectError> {
    let start = Instant::now();
    let now_ms = || u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    let mut reader = work.minds_its_reader().then(watch_reader).flatten();
    loop {
        let liaison = work.liaison_mut();
        if liaison.take_hang_up() {
            network.hang_up();
        }
        let unsent = liaison.take_unsent();
        if let Some(link) = network.link() {
            link.send(&unsent);
        }
        liaison.take_complaints().for_each(|what| complain(&format!("lanchat-client: {what}")));
        let output = work.take_output();
        if !output.is_empty()
            && let Err(error) = write(&output)
        {
            work.unread(&error, now_ms());
            // It may have something to say about that.
            continue;
        }
        if work.liaison().is_over() {
            return Ok(());
        }
        let due = work.due_ms().map(|due_ms| start + Duration::from_millis(due_ms));
        tokio::select! {
            // The input first: one line of it is taken at a time, so it cannot keep the network from its
            // turn; a busy network could. Time last: what has arrived tells that the relay is alive.
            biased;
            line = input.recv(), if work.wants_input() => work.take(line, now_ms()),
            () = gone(reader.as_mut()) => {
                reader = None;
                work.unread(&ErrorKind::BrokenPipe.into(), now_ms());
            }
            news = network.next() => match news {
                News::Connected => work.liaison_mut().connected(now_ms()),
                News::Bytes(count) => hear(work, network, count, start),
                News::Lost(why) => work.liaison_mut().lost(&why, now_ms()),
                // A relay that was never there is told with its address.
                News::Failed(error) if !work.liaison().was_welcome() => return Err(error),
                News::Failed(error) if error.is_distrust() => work.liaison_mut().distrusted(error.to_string()),
                News::Failed(error) => work.liaison_mut().failed(&error.to_string(), now_ms()),
            },
            () = sleep(due) => {
                work.runs_for(start.elapsed());
                work.tick(now_ms());
            }
        }
    }
}

/// Told when nobody reads standard output any more, where whoever reads can leave: a pipe or a socket. A thread of its own
/// waits for that, perhaps for ever.
fn watch_reader() -> Option<mpsc::Receiver<()>> {
    let (sender, receiver) = mpsc::channel(1);
    let watch = move || {
        let stdout = io::stdout();
        let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
        while let Err(Errno::INTR) = poll(&mut watched, None) {}
        if watched[0].revents().intersects(PollFlags::ERR | PollFlags::HUP) {
            // The program may be ending.
            let _ = sender.blocking_send(());
        }
    };
    thread::Builder::new().name("reader".to_owned()).spawn(watch).ok()?;
    Some(receiver)
}

/// Ends when nobody reads any more.
async fn gone(reader: Option<&mut mpsc::Receiver<()>>) {
    if let Some(reader) = reader
        && reader.recv().await.is_some()
    {
        return;
    }
    pending::<()>().await;
}

/// Sleeps until then, or for ever.
async fn sleep(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => pending().await,
    }
}

fn hear(work: &mut impl Work, network: &mut Network, count: usize, start: Instant) {
    let elapsed = start.elapsed();
    let now_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    work.runs_for(elapsed);
    work.liaison_mut().stir(now_ms);
    let Some(link) = network.link() else { return };
    let mut lines = link.lines(count);
    while let Some(line) = lines.next() {
        if let Line::Whole(line) = line {
            work.hear(line, now_ms);
        }
    }
}
