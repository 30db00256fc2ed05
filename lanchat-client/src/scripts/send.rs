//! `send`: words or standard input into a room, or to a person.

use lanchat_protocol::text::clean_lines;
use tokio::sync::mpsc;

use super::Relay;
use crate::arguments::Send;
use crate::contact::Contact;
use crate::delivery::{Delivery, Shape};
use crate::exit::End;
use crate::input::{Input, read_lines};
use crate::pipe;
use crate::target::Target;

/// Sends what was asked for.
pub(super) async fn send(asked: Send, relay: Relay, contact: Contact) -> End {
    let Send { text, room, to, per_line, code, .. } = asked;
    let words = text.join(" ");
    if !text.is_empty() && clean_lines(&words).trim().is_empty() {
        // More likely a variable that is not set than somebody who has nothing to say.
        return End::misused("send what? the text is empty");
    }
    let input = if text.is_empty() {
        read_lines().map_err(|error| format!("cannot read standard input: {error}"))
    } else {
        given(&words)
    };
    let input = match input {
        Ok(input) => input,
        Err(why) => return End::failed(why),
    };
    let sender = Relay::sender(relay.proof, contact.wish(), &contact);
    let shape = Shape { whole: !per_line, code };
    let delivery = Delivery::new(to.map(Target::Person).or(room), shape, false, sender);
    pipe::finish(relay.trust, delivery, input).await
}

/// Words of the command line as an input of their own.
fn given(text: &str) -> Result<mpsc::Receiver<Input>, String> {
    let (sender, receiver) = mpsc::channel(text.lines().count().max(1));
    for line in text.lines() {
        let input = Input::Line { text: line.to_owned(), damaged: false };
        sender.try_send(input).map_err(|error| format!("the words do not fit: {error}"))?;
    }
    Ok(receiver)
}
