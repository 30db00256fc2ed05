//! Standard input into a room: carries bytes, lines and time between the network, the delivery, standard
//! input and standard output. Decides nothing.

use std::future::pending;
use std::io::ErrorKind;
use std::time::Duration;

use lanchat_protocol::lines::Line;
use tokio::time::{Instant, sleep_until, timeout};

use crate::arguments::Arguments;
use crate::claim::Proof;
use crate::contact::Contact;
use crate::delivery::{Delivery, Sender};
use crate::exit::{End, Exit};
use crate::input::read_lines;
use crate::introduction;
use crate::network::{Network, News};
use crate::printer::{complain, write};
use crate::run;
use crate::trust::Trust;

/// How long the rest of an input that cannot be delivered is counted.
const COUNTING_MAX: Duration = Duration::from_secs(1);

/// How long more input is waited for when nobody reads the events.
const IDLE_MAX: Duration = Duration::from_secs(1);

/// Delivers every line of standard input.
pub(crate) async fn deliver(arguments: Arguments, contact: Contact) -> End {
    let proof = match Proof::of(&contact) {
        Ok(proof) => proof,
        Err(why) => return End::failed(why),
    };
    match introduction::trust(&contact) {
        Ok(trust) => deliver_to(trust, proof, arguments, contact).await.unwrap_or_else(|end| end),
        Err(error) => End::unconnected(&error),
    }
}

async fn deliver_to(trust: Trust, proof: Proof, arguments: Arguments, contact: Contact) -> Result<End, End> {
    let wish = contact.wish();
    let Arguments { targets, json, backlog, .. } = arguments;
    let named = contact.named.filter(|_| contact.login.is_none());
    let relay = trust.address().to_string();
    let mut network = Network::new(trust);
    let mut input =
        read_lines().map_err(|error| End::failed(format!("cannot read standard input: {error}")))?;
    let start = Instant::now();
    let now_ms = || u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    // Since when nobody has read the events, or the last line of input after that.
    let mut reader_left: Option<Instant> = None;
    let mut events_lost = false;
    // How it ends if not all is delivered.
    let mut exit = Exit::Failed;
    let (client, patience_ms) = (Some(run::token()), contact.timeout_ms);
    let sender = Sender { proof, wish, named, client, backlog, patience_ms };
    let mut delivery = Delivery::new(targets.into_iter().next(), sender);
    loop {
        if delivery.take_hang_up() {
            network.hang_up();
        }
        let unsent = delivery.take_unsent();
        if let Some(link) = network.link() {
            link.send(&unsent);
        }
        delivery.take_complaints().for_each(|what| complain(&format!("lanchat-client: {what}")));
        let events: String = delivery.take_events().map(|event| event + "\n").collect();
        if json
            && reader_left.is_none()
            && let Err(error) = write(&events)
        {
            reader_left = Some(Instant::now());
            if error.kind() != ErrorKind::BrokenPipe {
                events_lost = true;
                complain(&format!("lanchat-client: cannot write the events: {error}; only delivering now"));
            }
        }
        if delivery.is_over() {
            break;
        }
        let due = delivery.due_ms().map(|due_ms| start + Duration::from_millis(due_ms));
        tokio::select! {
            // The input first: one line of it is taken at a time, so it cannot keep the network from its
            // turn; a busy network could. Time last: what has arrived tells that the relay is alive.
            biased;
            line = input.recv(), if delivery.wants_input() => {
                delivery.take(line, now_ms());
                reader_left = reader_left.map(|_| Instant::now());
            }
            // `lanchat-client --json | head` is no failure: what was piped in is delivered, and then, since
            // nobody reads what it hears, it need not listen on.
            () = idle(reader_left), if delivery.wants_input() => delivery.take(None, now_ms()),
            news = network.next() => match news {
                News::Connected => delivery.connected(now_ms()),
                News::Bytes(count) => hear(&mut delivery, &mut network, count, now_ms()),
                News::Lost(why) => delivery.lost(&why, now_ms()),
                // A relay that was never there is told with its address.
                News::Failed(error) if !delivery.was_welcome() => return Err(End::unconnected(&error)),
                News::Failed(error) if error.is_distrust() => {
                    exit = Exit::Untrusted;
                    delivery.distrusted(error.to_string());
                }
                News::Failed(error) => delivery.failed(&error.to_string(), now_ms()),
            },
            () = sleep(due) => delivery.tick(now_ms()),
        }
    }
    let rest = async {
        while !delivery.has_all_input() {
            delivery.give_up(input.recv().await);
        }
    };
    // An input that goes on for longer stays uncounted; the result says so.
    let _ = timeout(COUNTING_MAX, rest).await;
    delivery.result().map_err(|why| End { exit, words: Some(format!("{relay}: {why}")) })?;
    if events_lost {
        return Err(End::failed(format!("{relay}: every message was delivered, but events were lost")));
    }
    Ok(End::well())
}

/// Ends when nobody has read or written for a while.
async fn idle(since: Option<Instant>) {
    match since {
        Some(since) => sleep_until(since + IDLE_MAX).await,
        None => pending().await,
    }
}

/// Sleeps until then, or for ever.
async fn sleep(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => pending().await,
    }
}

fn hear(delivery: &mut Delivery, network: &mut Network, count: usize, now_ms: u64) {
    delivery.stir(now_ms);
    let Some(link) = network.link() else { return };
    let mut lines = link.lines(count);
    while let Some(line) = lines.next() {
        if let Line::Whole(line) = line {
            delivery.hear(line, now_ms);
        }
    }
}
