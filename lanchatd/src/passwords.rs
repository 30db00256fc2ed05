//! Looks at passwords, on threads of its own: it takes some 20 MiB and as many milliseconds for each, on purpose, so that
//! nobody guesses many. Those who chat come first.

use std::fmt;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::thread::Builder;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use data_encoding::BASE64_NOPAD;
use lanchat_protocol::password::Password;
use subtle::ConstantTimeEq;
use tokio::sync::{mpsc, oneshot};

use crate::hub::{CHECKS_MAX, Checked, SessionId, Ticket, Work};

/// Passwords that are looked at at once.
const THREADS: usize = 2;

/// Passwords that administrators have looked at, beside those of the chat, at most.
const ADMINS_MAX: usize = 32;

/// How much less these threads matter to the scheduler than the one that chats (nice(2)).
const NICER: i32 = 10;

/// What one password takes: the recommendation of OWASP for argon2id, in KiB, passes and lanes.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// For how much memory is asked at least, in KiB: what of it is not written to costs nothing. More than 32 MiB the C library
/// gives back at once (mallopt(3), `M_MMAP_THRESHOLD`); less it keeps, in pieces that the next password does not fit in.
const ASKED_KIB_MIN: usize = 33 * 1024;

/// What is taken at most for what was kept with other numbers.
const MEMORY_KIB_MAX: u32 = 64 * 1024;
const PASSES_MAX: u32 = 16;

const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

/// Who wants to know.
enum Asker {
    /// A session.
    Session(SessionId, Ticket),
    /// An administrator.
    Admin(oneshot::Sender<Checked>),
}

/// What is known of a session's password by now.
pub type Answer = (SessionId, Ticket, Checked);

/// The way to the threads.
pub struct Passwords {
    work: SyncSender<(Asker, Work)>,
}

impl Passwords {
    /// Starts the threads, and has them report to the receiver. They end when this is dropped.
    pub fn start() -> io::Result<(Self, mpsc::Receiver<Answer>)> {
        let (work, waiting) = sync_channel(CHECKS_MAX + ADMINS_MAX);
        let (tell, answers) = mpsc::channel(CHECKS_MAX);
        let waiting = Arc::new(Mutex::new(waiting));
        for number in 0..THREADS {
            let (waiting, tell) = (waiting.clone(), tell.clone());
            let run = move || look(&waiting, &tell);
            Builder::new().name(format!("passwords-{number}")).spawn(run)?;
        }
        Ok((Self { work }, answers))
    }

    /// Has a session's password looked at. `false`: there is too much to do.
    pub fn look_at(&self, id: SessionId, ticket: Ticket, work: Work) -> bool {
        self.work.try_send((Asker::Session(id, ticket), work)).is_ok()
    }

    /// What is to be kept of a password; `None`: there is too much to do, or the system gives no memory.
    pub async fn hash(&self, password: Password) -> Option<Box<str>> {
        let (tell, told) = oneshot::channel();
        let work = Work { verify: None, hash: Some(password) };
        self.work.try_send((Asker::Admin(tell), work)).ok()?;
        match told.await {
            Ok(Checked::Right(hash)) => hash,
            Ok(Checked::Wrong | Checked::Failed) | Err(_) => None,
        }
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passwords")
    }
}

/// Works until nobody wants anything any more.
fn look(waiting: &Mutex<Receiver<(Asker, Work)>>, tell: &mpsc::Sender<Answer>) {
    // Where the system does not allow it, they matter as much as others.
    let _ = rustix::process::nice(NICER);
    let mut memory = Vec::new();
    loop {
        let Some((asker, work)) = next(waiting, &mut memory) else { return };
        let checked = check(&work, &mut memory);
        drop(work);
        match asker {
            // Who does not wait any more need not be told.
            Asker::Session(id, ticket) => drop(tell.blocking_send((id, ticket, checked))),
            Asker::Admin(tell) => drop(tell.send(checked)),
        }
    }
}

/// What is to be done next; `None`: nothing will be any more. The memory is kept while there is something to do.
fn next(waiting: &Mutex<Receiver<(Asker, Work)>>, memory: &mut Vec<Block>) -> Option<(Asker, Work)> {
    let waiting = match waiting.try_lock() {
        Ok(waiting) => waiting,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => {
            // The other thread waits for something to do.
            *memory = Vec::new();
            waiting.lock().unwrap_or_else(PoisonError::into_inner)
        }
    };
    match waiting.try_recv() {
        Ok(next) => Some(next),
        Err(TryRecvError::Disconnected) => None,
        Err(TryRecvError::Empty) => {
            *memory = Vec::new();
            waiting.recv().ok()
        }
    }
}

fn check(work: &Work, memory: &mut Vec<Block>) -> Checked {
    if let Some((password, kept)) = &work.verify {
        match is_right(password, kept.as_deref(), memory) {
            Some(true) => {}
            Some(false) => return Checked::Wrong,
            None => return Checked::Failed,
        }
    }
    match &work.hash {
        None => Checked::Right(None),
        Some(password) => hash(password, memory).map_or(Checked::Failed, |hash| Checked::Right(Some(hash))),
    }
}

/// Whether it is the password of which this is kept. Where nothing is, or nothing that can be read, the work is the same.
fn is_right(password: &Password, kept: Option<&str>, memory: &mut Vec<Block>) -> Option<bool> {
    let kept = kept.and_then(Kept::read);
    let is_there = kept.is_some();
    let kept = kept.unwrap_or_else(|| Kept::new([0; SALT_BYTES], [0; HASH_BYTES]));
    let hash = kept.hash_of(password, memory)?;
    Some(is_there & bool::from(hash.ct_eq(&kept.hash)))
}

/// What is to be kept of a password.
fn hash(password: &Password, memory: &mut Vec<Block>) -> Option<Box<str>> {
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).ok()?;
    let mut kept = Kept::new(salt, [0; HASH_BYTES]);
    kept.hash = kept.hash_of(password, memory)?;
    Some(kept.to_string().into())
}

/// What is kept of a password, read (PHC string format).
struct Kept {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: [u8; SALT_BYTES],
    hash: [u8; HASH_BYTES],
}

impl Kept {
    fn new(salt: [u8; SALT_BYTES], hash: [u8; HASH_BYTES]) -> Self {
        Self { memory_kib: MEMORY_KIB, passes: PASSES, lanes: LANES, salt, hash }
    }

    fn read(written: &str) -> Option<Self> {
        let written = written.strip_prefix("$argon2id$v=19$m=")?;
        let (memory, rest) = written.split_once(",t=")?;
        let (passes, rest) = rest.split_once(",p=")?;
        let (lanes, rest) = rest.split_once('$')?;
        let (salt, hash) = rest.split_once('$')?;
        let bytes = |text: &str| BASE64_NOPAD.decode(text.as_bytes()).ok();
        let (salt, hash) = (bytes(salt)?.try_into().ok()?, bytes(hash)?.try_into().ok()?);
        let (memory_kib, passes) = (memory.parse().ok()?, passes.parse().ok()?);
        let is_within = memory_kib <= MEMORY_KIB_MAX && passes <= PASSES_MAX;
        is_within.then_some(Self { memory_kib, passes, lanes: lanes.parse().ok()?, salt, hash })
    }

    fn hash_of(&self, password: &Password, memory: &mut Vec<Block>) -> Option<[u8; HASH_BYTES]> {
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(HASH_BYTES)).ok()?;
        let blocks = params.block_count();
        if memory.len() < blocks {
            // A block has 1 KiB.
            memory.try_reserve_exact(blocks.max(ASKED_KIB_MIN) - memory.len()).ok()?;
            memory.resize(blocks, Block::new());
        }
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut hash = [0; HASH_BYTES];
        let password = password.reveal().as_bytes();
        argon2.hash_password_into_with_memory(password, &self.salt, &mut hash, memory).ok()?;
        Some(hash)
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { memory_kib, passes, lanes, salt, hash } = self;
        let (salt, hash) = (BASE64_NOPAD.encode(salt), BASE64_NOPAD.encode(hash));
        write!(f, "$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${salt}${hash}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(written: &str) -> Password {
        Password::new(written)
    }

    #[test]
    fn a_password_is_known_again_and_no_other_is() {
        let mut memory = Vec::new();
        let kept = hash(&password("open sesame"), &mut memory).unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(!kept.contains("sesame"));
        assert_eq!(is_right(&password("open sesame"), Some(&kept), &mut memory), Some(true));
        assert_eq!(is_right(&password("open sesamE"), Some(&kept), &mut memory), Some(false));
        assert_ne!(hash(&password("open sesame"), &mut memory).unwrap(), kept, "salted");
    }

    #[test]
    fn where_nothing_is_kept_or_nothing_that_can_be_read_no_password_is_right() {
        let mut memory = Vec::new();
        let large = format!("$argon2id$v=19$m={},t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$", MEMORY_KIB_MAX + 1);
        for kept in [None, Some(""), Some("$argon2id$v=19$m=x"), Some("plain"), Some(&large)] {
            assert_eq!(is_right(&password(""), kept, &mut memory), Some(false));
            assert_eq!(memory.len() as u32, MEMORY_KIB, "as much work as with one");
        }
    }

    #[test]
    fn what_others_have_computed_is_read() {
        // With `argon2 0123456789abcdef -id -m 8 -t 1 -p 1` of the reference implementation it reads the same way.
        let read = Kept::read(
            "$argon2id$v=19$m=256,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        );
        let read = read.unwrap();
        assert_eq!((read.memory_kib, read.passes, &read.salt), (256, 1, b"0123456789abcdef"));
    }
}
