//! Work that may have to wait for a terminal or for journald, done on a thread of its own.
//!
//! A terminal whose user pressed ^S takes nothing, and a journald that hangs takes nothing; the chat
//! must not notice. What does not fit is counted and told.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// How many pieces of work wait at most, and how many bytes in them.
const JOBS_MAX: usize = 4096;
const BYTES_MAX: usize = 1 << 20;

/// How long the last ones may take at the end.
const END_PATIENCE: Duration = Duration::from_millis(500);

type Work = Box<dyn FnOnce() + Send>;

enum Job {
    Work { bytes: usize, work: Work },
    End(SyncSender<()>),
}

#[derive(Debug, Default)]
struct Load {
    bytes: AtomicUsize,
    dropped: AtomicU64,
}

/// The way to such a thread. Clones lead to the same one.
#[derive(Clone)]
pub(super) struct Background {
    jobs: SyncSender<Job>,
    load: Arc<Load>,
}

impl Background {
    /// Starts a thread. `tell_loss` is told on it how much was dropped, when it can go on.
    pub(super) fn start(name: &str, tell_loss: impl Fn(u64) + Send + 'static) -> io::Result<Self> {
        let (jobs, queue) = sync_channel(JOBS_MAX);
        let load = Arc::new(Load::default());
        let shared = load.clone();
        thread::Builder::new().name(name.to_owned()).spawn(move || run(&queue, &shared, tell_loss))?;
        Ok(Self { jobs, load })
    }

    /// Has `work` done, which holds about so many bytes, or drops it where too much waits already.
    pub(super) fn defer(&self, bytes: usize, work: impl FnOnce() + Send + 'static) {
        let waiting = self.load.bytes.fetch_add(bytes, Ordering::Relaxed);
        let job = Job::Work { bytes, work: Box::new(work) };
        if waiting + bytes > BYTES_MAX || self.jobs.try_send(job).is_err() {
            self.load.bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.load.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many pieces of work were dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.load.dropped.load(Ordering::Relaxed)
    }

    /// Waits until everything is done, as far as that is soon.
    pub(super) fn finish(&self) {
        let (done, wait) = sync_channel(1);
        if self.jobs.try_send(Job::End(done)).is_ok() {
            // Whether it was in time makes no difference: the process ends.
            let _: Result<(), RecvTimeoutError> = wait.recv_timeout(END_PATIENCE);
        }
    }
}

impl fmt::Debug for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Background").field("load", &self.load).finish_non_exhaustive()
    }
}

fn run(jobs: &Receiver<Job>, load: &Load, tell_loss: impl Fn(u64)) {
    let mut told = 0;
    for job in jobs {
        match job {
            Job::Work { bytes, work } => {
                work();
                load.bytes.fetch_sub(bytes, Ordering::Relaxed);
            }
            // Who waited may have given up.
            Job::End(done) => drop(done.try_send(())),
        }
        let dropped = load.dropped.load(Ordering::Relaxed);
        if dropped > told {
            tell_loss(dropped - told);
            told = dropped;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::sync::mpsc::channel;

    #[test]
    fn work_is_done_in_order_and_finish_waits_for_it() {
        let done = Arc::new(Mutex::new(Vec::new()));
        let background = Background::start("test", |_| {}).unwrap();
        for number in 0..100 {
            let done = done.clone();
            background.defer(1, move || done.lock().unwrap().push(number));
        }
        background.finish();
        assert_eq!(*done.lock().unwrap(), (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn what_does_not_fit_is_counted_and_told_and_never_waited_for() {
        let (tell, told) = channel();
        let (open, gate) = channel::<()>();
        let background = Background::start("test", move |lost| tell.send(lost).unwrap()).unwrap();
        background.defer(0, move || gate.recv().unwrap());
        background.defer(BYTES_MAX, || {});
        background.defer(1, || panic!("one byte beyond the bound"));
        assert_eq!(background.dropped(), 1);
        open.send(()).unwrap();
        assert_eq!(told.recv(), Ok(1));
    }
}
