//! `watch`: an administrator's connection becomes a stream of events.

use std::io;

use lanchat_protocol::admin::{Code, Reply, SCHEMA, Watching};
use lanchat_protocol::client::write_line;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::daemon::Daemon;
use crate::watch::{WATCHERS_MAX, now};

/// Writes what happens until the watcher or the daemon ends. A watcher that does not read is not waited for: it holds
/// nothing but its place.
pub(super) async fn watched(daemon: &Daemon, stream: &mut UnixStream) -> io::Result<()> {
    let Some(mut watcher) = daemon.relay.watch.join() else {
        let many = format!("{WATCHERS_MAX} watch already: end one of them (lanchatctl watch)");
        return answer(stream, &Reply::refused(Code::Failed, many)).await;
    };
    let (version, pid) = (env!("CARGO_PKG_VERSION").to_owned(), std::process::id());
    answer(stream, &Reply::ok(&Watching { schema: SCHEMA, time: now(), version, pid })).await?;
    let (mut reading, mut writing) = stream.split();
    let told = async {
        while let Some(lines) = watcher.next().await {
            writing.write_all(&lines).await?;
        }
        Ok::<_, io::Error>(())
    };
    tokio::select! {
        biased;
        result = gone(&mut reading) => return result,
        result = told => result?,
    }
    drop(watcher);
    // The watcher sees the end of the daemon by the end of this connection: that of the process.
    std::future::pending().await
}

async fn answer(stream: &mut UnixStream, reply: &Reply) -> io::Result<()> {
    let mut line = Vec::new();
    write_line(reply, &mut line);
    stream.write_all(&line).await
}

/// Waits until the other side has closed. What it still says means nothing.
async fn gone(reading: &mut (impl AsyncReadExt + Unpin)) -> io::Result<()> {
    let mut ignored = [0; 64];
    while reading.read(&mut ignored).await? > 0 {}
    Ok(())
}
