//! The connection of a conversation: made, lost, and made again after a pause.

use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::backoff::Backoff;
use crate::connect::{self, Connected};
use crate::link::{self, Link};
use crate::printer::complain;
use crate::trouble::ConnectError;
use crate::trust::Trust;

/// What happened on the network.
#[derive(Debug)]
pub(crate) enum News {
    /// There is a connection.
    Connected,
    /// So many bytes came in; [`Network::link`] has their lines.
    Bytes(usize),
    /// The connection is gone; the next one will be tried after a pause.
    Lost(String),
    /// There was none to be had; the next one will be tried after a pause, which is of no use if the relay is not to be
    /// trusted.
    Failed(ConnectError),
}

type Attempt = Pin<Box<dyn Future<Output = Result<Connected, ConnectError>>>>;

enum State {
    Connecting(Attempt),
    /// The other side has been heard since then: one that accepts and says nothing is no good connection.
    Connected {
        link: Link,
        heard_since: Option<Instant>,
    },
    Pausing {
        until: Instant,
    },
}

/// A connection to one relay that is made again whenever it is lost.
pub(crate) struct Network {
    trust: Trust,
    state: State,
    backoff: Backoff,
}

impl Network {
    /// Begins to connect.
    pub(crate) fn new(trust: Trust) -> Self {
        Self { state: attempt(&trust), trust, backoff: Backoff::default() }
    }

    /// The present connection, if there is one.
    pub(crate) fn link(&mut self) -> Option<&mut Link> {
        match &mut self.state {
            State::Connected { link, .. } => Some(link),
            State::Connecting(_) | State::Pausing { .. } => None,
        }
    }

    /// Closes the present connection.
    pub(crate) fn hang_up(&mut self) {
        if let State::Connected { heard_since, .. } = self.state {
            self.pause(heard_since);
        }
    }

    /// Waits for the next thing to happen. Cancelling it loses nothing.
    pub(crate) async fn next(&mut self) -> News {
        loop {
            match &mut self.state {
                State::Pausing { until } => {
                    sleep_until(*until).await;
                    self.state = attempt(&self.trust);
                }
                State::Connecting(attempt) => match attempt.await {
                    Ok(connected) => return self.begin(connected),
                    Err(error) => return self.fail(error),
                },
                State::Connected { link, heard_since } => match link.receive().await {
                    Ok(count) => {
                        heard_since.get_or_insert_with(Instant::now);
                        return News::Bytes(count);
                    }
                    Err(error) => {
                        let heard_since = *heard_since;
                        self.pause(heard_since);
                        return News::Lost(link::why(&error));
                    }
                },
            }
        }
    }

    fn begin(&mut self, connected: Connected) -> News {
        let Connected { stream, shown } = connected;
        match shown.map_or(Ok(None), |shown| self.trust.met(shown)) {
            Ok(note) => note.iter().for_each(|note| complain(&format!("lanchat-client: {note}"))),
            Err(why) => return self.fail(ConnectError::distrusted(self.trust.address().clone(), why)),
        }
        self.state = State::Connected { link: Link::new(stream), heard_since: None };
        News::Connected
    }

    fn fail(&mut self, error: ConnectError) -> News {
        self.pause(None);
        News::Failed(error)
    }

    /// No attempt is begun before the one before it is closed for good: two of one run would take the nick from
    /// each other.
    fn pause(&mut self, heard_since: Option<Instant>) {
        if let Some(since) = heard_since {
            self.backoff.connection_lasted(u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX));
        }
        let pause = Duration::from_millis(self.backoff.pause_ms(fastrand::f64()));
        let before = std::mem::replace(&mut self.state, State::Pausing { until: Instant::now() + pause });
        if let State::Connected { link, .. } = before {
            link.abandon();
        }
    }
}

fn attempt(trust: &Trust) -> State {
    State::Connecting(Box::pin(connect::attempt(trust)))
}
