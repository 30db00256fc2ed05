//! What `--foreground` adds: a console that shows what is said, and takes `stop`.

use std::io::{self, BufRead};
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::Notify;

use crate::admin::{Daemon, StopCause};

/// Follows standard input until somebody types `stop`. Its end means nothing.
pub async fn follow(daemon: Rc<Daemon>) {
    let typed = Arc::new(Notify::new());
    let told = typed.clone();
    let thread = std::thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        let is_stop = |line: io::Result<String>| line.is_ok_and(|line| line.trim() == "stop");
        if io::stdin().lock().lines().any(is_stop) {
            told.notify_one();
        }
    });
    if let Err(error) = thread {
        tracing::warn!(%error, "standard input is not read: end the daemon with lanchatctl stop");
        return;
    }
    typed.notified().await;
    daemon.stop(StopCause::Console);
}
