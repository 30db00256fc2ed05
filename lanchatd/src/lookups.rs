//! Has the store look up what the hub wants to know, and takes back what it has found.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep_until};

use crate::hub::{Found, Lookup, Reach, Wanted};
use crate::log;
use crate::relay::Relay;
use crate::store::{Answer, Direction, Query, REQUESTS_MAX, Report, Request, Store};

/// Whoever waits for the store goes on without it after so long: a disk may hang.
const WITHIN: Duration = Duration::from_secs(2);

/// Searches of all that wait, at most; more are told that the store cannot be read now.
const SEARCHES_MAX: usize = 64;

/// How long one search may take: others wait for it.
const SEARCH_WITHIN: Duration = Duration::from_millis(250);

/// Those that wait, each until some moment. Whoever asks for much waits behind who asks for little.
#[derive(Debug)]
struct Queue<T> {
    /// In the order in which they came.
    waiting: VecDeque<Waiting<T>>,
    /// The round of the last one whose turn it was.
    round: u64,
}

/// One that waits.
#[derive(Debug)]
struct Waiting<T> {
    one: T,
    deadline: Instant,
    /// From where it comes.
    origin: IpAddr,
    /// In each round there is one from everywhere.
    round: u64,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), round: 0 }
    }
}

impl<T> Queue<T> {
    /// One more waits. If too many do, one comes back: the last from where most come from.
    fn push(&mut self, one: T, origin: IpAddr, now: Instant) -> Result<(), T> {
        let last = self.waiting.iter().rev().find(|waiting| waiting.origin == origin);
        let round = last.map_or(self.round, |last| last.round) + 1;
        self.waiting.push_back(Waiting { one, deadline: now + WITHIN, origin, round });
        if self.waiting.len() <= SEARCHES_MAX {
            return Ok(());
        }
        let rounds = self.waiting.iter().map(|waiting| waiting.round).enumerate();
        let last = rounds.max_by_key(|(_, round)| *round).map(|(place, _)| place);
        last.and_then(|place| self.waiting.remove(place)).map_or(Ok(()), |waiting| Err(waiting.one))
    }

    /// Whose turn it is, and whether it has waited for too long.
    fn pop(&mut self, now: Instant) -> Option<(T, bool)> {
        let rounds = self.waiting.iter().map(|waiting| waiting.round).enumerate();
        let (place, round) = rounds.min_by_key(|(_, round)| *round)?;
        self.round = round;
        self.waiting.remove(place).map(|waiting| (waiting.one, waiting.deadline < now))
    }
}

/// What is being looked up.
#[derive(Debug)]
pub struct Lookups {
    store: Rc<Store>,
    reports: Receiver<Report>,
    tickets: u64,
    /// By the store's name for each.
    asked: HashMap<u64, Lookup>,
    /// The same with their deadlines, the first one first.
    deadlines: VecDeque<(Instant, u64)>,
    /// Searches that wait: the store has one at a time.
    searches: Queue<Lookup>,
    search: Option<u64>,
    /// It has not answered in time, and not since.
    is_hung: bool,
}

impl Lookups {
    pub(crate) fn new(store: Rc<Store>, reports: Receiver<Report>) -> Self {
        let (asked, deadlines, searches) = (HashMap::new(), VecDeque::new(), Queue::default());
        Self { store, reports, tickets: 0, asked, deadlines, searches, search: None, is_hung: false }
    }

    /// Looks things up for as long as it lives.
    pub async fn run(mut self, relay: Rc<Relay>) {
        loop {
            let deadline = self.deadlines.front().map(|(deadline, _)| *deadline);
            tokio::select! {
                lookup = relay.next_lookup(), if self.asked.len() < REQUESTS_MAX => match lookup.what {
                    Wanted::Search(_) => {
                        if let Some(origin) = relay.ask(|hub, _| hub.origin(lookup.id))
                            && let Err(lookup) = self.searches.push(lookup, origin, Instant::now())
                        {
                            relay.act(|hub, now| hub.found(now, lookup.id, lookup.ticket, None));
                        }
                    }
                    Wanted::Page { .. } | Wanted::Since { .. } => self.ask(&relay, lookup),
                },
                report = self.reports.recv() => match report {
                    Some(report) => self.hand_over(&relay, report),
                    None => return,
                },
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    self.give_up(&relay);
                }
            }
            while self.search.is_none()
                && let Some((search, is_late)) = self.searches.pop(Instant::now())
            {
                // Nobody waits for it any more, or has waited for too long.
                if relay.ask(|hub, _| hub.describe(search.id).is_none()) {
                    continue;
                }
                if is_late {
                    relay.act(|hub, now| hub.found(now, search.id, search.ticket, None));
                } else {
                    self.ask(&relay, search);
                }
            }
        }
    }

    fn ask(&mut self, relay: &Relay, lookup: Lookup) {
        if relay.ask(|hub, _| hub.describe(lookup.id).is_none()) {
            return;
        }
        self.tickets += 1;
        let ticket = self.tickets;
        if self.is_hung || self.store.read(ticket, request(&lookup.what)).is_err() {
            return relay.act(|hub, now| hub.found(now, lookup.id, lookup.ticket, None));
        }
        if matches!(lookup.what, Wanted::Search(_)) {
            self.search = Some(ticket);
        }
        self.deadlines.push_back((Instant::now() + WITHIN, ticket));
        self.asked.insert(ticket, lookup);
    }

    fn hand_over(&mut self, relay: &Relay, report: Report) {
        let Report::Read { ticket, result, .. } = report else { return };
        self.is_hung = false;
        self.search = self.search.filter(|search| *search != ticket);
        let found = match result {
            Ok(answer) => found(answer),
            Err(error) => {
                log::store_unread(&error.to_string());
                None
            }
        };
        if let Some(Lookup { id, ticket, .. }) = self.asked.remove(&ticket) {
            relay.act(|hub, now| hub.found(now, id, ticket, found));
        }
    }

    /// The store has not answered in time: whoever waits goes on without it, and nobody else waits until it has answered.
    fn give_up(&mut self, relay: &Relay) {
        let Some((_, ticket)) = self.deadlines.pop_front() else { return };
        if let Some(Lookup { id, ticket, .. }) = self.asked.remove(&ticket) {
            if !std::mem::replace(&mut self.is_hung, true) {
                log::store_unread("it has not answered in time");
            }
            relay.act(|hub, now| hub.found(now, id, ticket, None));
            for search in std::mem::take(&mut self.searches.waiting) {
                self.ask(relay, search.one);
            }
        }
    }
}

/// What the hub wants to know, as the store is asked.
pub(crate) fn request(wanted: &Wanted) -> Request {
    match wanted {
        Wanted::Page { conversation, from, until, limit, bytes, is_backward } => Request::Page {
            conversation: *conversation,
            from: *from,
            until: *until,
            limit: *limit,
            bytes: *bytes,
            direction: if *is_backward { Direction::Backward } else { Direction::Forward },
        },
        Wanted::Since { conversation, time_ms } => {
            Request::Since { conversation: *conversation, time_ms: *time_ms }
        }
        Wanted::Search(search) => Request::Search(Query {
            words: search.words.clone(),
            nick: search.from.clone(),
            conversations: search.conversations.clone(),
            after_ms: search.after_ms,
            before_ms: search.before_ms,
            limit: search.limit,
            context: search.context,
            deadline: std::time::Instant::now() + SEARCH_WITHIN,
        }),
    }
}

/// What the store has answered, as the hub takes it.
pub(crate) fn found(answer: Answer) -> Option<Found> {
    match answer {
        Answer::Page(page) => Some(Found::Page(page.messages, page.next)),
        Answer::Since(position) => Some(Found::Since(position)),
        Answer::Found(found) if found.is_complete => Some(Found::Hits(found.hits, Reach::All)),
        Answer::Found(found) => Some(Found::Hits(found.hits, Reach::From(found.reached_ms))),
        Answer::Exported(_) | Answer::Extents(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const ANA: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
    const BOB: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));
    const EVE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 3));

    #[test]
    fn no_more_than_64_searches_wait_and_none_for_more_than_2_seconds() {
        let (mut queue, start) = (Queue::default(), Instant::now());
        for n in 0..64 {
            assert_eq!(queue.push(n, ANA, start), Ok(()));
        }
        assert_eq!(queue.push(64, ANA, start), Err(64));
        let within = start + Duration::from_secs(2);
        assert_eq!(queue.pop(within), Some((0, false)));
        assert_eq!(queue.push(64, ANA, start), Ok(()), "there is room again");
        assert_eq!(queue.pop(within + Duration::from_nanos(1)), Some((1, true)));
        assert_eq!(queue.pop(start), Some((2, false)), "in their order");
    }

    #[test]
    fn whoever_searches_a_lot_waits_behind_others() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        for n in 0..64 {
            assert_eq!(queue.push(n, EVE, now), Ok(()));
        }
        assert_eq!(queue.pop(now), Some((0, false)));
        assert_eq!(queue.push(64, EVE, now), Ok(()));
        assert_eq!(queue.push(100, ANA, now), Err(64), "the last of whoever has most waiting has no place");
        assert_eq!(queue.push(200, BOB, now), Err(63));
        assert_eq!(queue.push(101, ANA, now), Err(62));
        let turns: Vec<_> = (0..5).map_while(|_| queue.pop(now)).map(|(n, _)| n).collect();
        assert_eq!(turns, [1, 100, 200, 2, 101], "one from everywhere, then the next");
        for n in 102..110 {
            assert_eq!(queue.push(n, ANA, now), Ok(()));
            let turns: Vec<_> = (0..2).map_while(|_| queue.pop(now)).map(|(n, _)| n).collect();
            assert_eq!(turns[1], n, "{turns:?}: who asks again and again keeps nobody from their turn");
        }
    }
}
