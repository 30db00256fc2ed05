//! Standard input into a room.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::arguments::Arguments;
use crate::claim::Proof;
use crate::contact::Contact;
use crate::delivery::{Delivery, Shape};
use crate::driver::drive;
use crate::exit::{End, Exit};
use crate::input::{Input, read_lines};
use crate::introduction;
use crate::liaison::Sender;
use crate::network::Network;
use crate::run;
use crate::trust::Trust;
use crate::work::Work;

/// How long the rest of an input that cannot be delivered is counted.
const COUNTING_MAX: Duration = Duration::from_secs(1);

/// Delivers every line of standard input.
pub(crate) async fn deliver(arguments: Arguments, contact: Contact) -> End {
    let proof = match Proof::of(&contact) {
        Ok(proof) => proof,
        Err(why) => return End::failed(why),
    };
    let trust = match introduction::trust(&contact) {
        Ok(trust) => trust,
        Err(error) => return End::unconnected(&error),
    };
    let input = match read_lines() {
        Ok(input) => input,
        Err(error) => return End::failed(format!("cannot read standard input: {error}")),
    };
    let Arguments { targets, json, backlog, .. } = arguments;
    let sender = Sender {
        proof,
        wish: contact.wish(),
        named: contact.named.filter(|_| contact.login.is_none()),
        client: Some(run::token()),
        backlog,
        patience_ms: contact.timeout_ms,
    };
    let delivery = Delivery::new(targets.into_iter().next(), Shape::default(), json, sender);
    finish(trust, delivery, input).await
}

/// Delivers all of the input.
pub(crate) async fn finish(trust: Trust, mut delivery: Delivery, mut input: mpsc::Receiver<Input>) -> End {
    let relay = trust.address().to_string();
    let mut network = Network::new(trust);
    if let Err(error) = drive(&mut delivery, &mut network, &mut input).await {
        return End::unconnected(&error);
    }
    let rest = async {
        while !delivery.has_all_input() {
            delivery.give_up(input.recv().await);
        }
    };
    // An input that goes on for longer stays uncounted; the result says so.
    let _ = timeout(COUNTING_MAX, rest).await;
    if let Err(why) = delivery.result() {
        let exit = if delivery.liaison().is_distrusted() { Exit::Untrusted } else { Exit::Failed };
        return End { exit, words: Some(format!("{relay}: {why}")) };
    }
    if delivery.has_lost_events() {
        return End::failed(format!("{relay}: every message was delivered, but events were lost"));
    }
    End::well()
}
