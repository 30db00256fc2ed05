//! `GET /metrics` over HTTP/1.1. One request a connection, and everything about it is bounded.

use std::cell::Cell;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderName};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{spawn_local, yield_now};
use tokio::time::timeout;

use super::text::text;
use crate::admin::Daemon;
use crate::config;
use crate::listen::{self, Pause};

/// How many are served at once. The next ones are closed.
const CONNECTIONS_MAX: usize = 8;

/// How long one may take in all, from connecting to having read the answer.
const LIFE: Duration = Duration::from_secs(10);

/// How long a request may be, in bytes; the least that hyper knows.
const REQUEST_BYTES_MAX: usize = 8 * 1024;

const PLAIN: &str = "text/plain; charset=utf-8";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Listens where the configuration says, if it does.
pub fn bind(config: &config::Metrics) -> io::Result<Option<TcpListener>> {
    if config.listen.is_empty() {
        return Ok(None);
    }
    let invalid = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
    let address: SocketAddr = config.listen.parse().map_err(invalid)?;
    listen::bind(address).map(Some)
}

/// Serves for as long as the daemon lives.
pub async fn accept(daemon: Rc<Daemon>, listener: TcpListener) {
    let mut pause = Pause::default();
    let count = Rc::new(Cell::new(0));
    loop {
        match listener.accept().await {
            Ok((stream, address)) => {
                pause.over();
                if daemon.relay.networks().allows(address.ip()) && count.get() < CONNECTIONS_MAX {
                    count.set(count.get() + 1);
                    let (daemon, count) = (daemon.clone(), count.clone());
                    spawn_local(async move {
                        // Whatever a scrape dies of, it concerns nobody else.
                        let _ = timeout(LIFE, serve(&daemon, stream)).await;
                        count.set(count.get() - 1);
                    });
                }
            }
            Err(error) => pause.wait(&error).await,
        }
        // Those who chat get their turn between two of them.
        yield_now().await;
    }
}

async fn serve(daemon: &Daemon, stream: TcpStream) -> Result<(), hyper::Error> {
    let service = service_fn(|request| async move { Ok::<_, Infallible>(answer(daemon, &request)) });
    let mut server = http1::Builder::new();
    server.keep_alive(false).max_buf_size(REQUEST_BYTES_MAX).header_read_timeout(None);
    server.serve_connection(TokioIo::new(stream), service).await
}

fn answer(daemon: &Daemon, request: &Request<Incoming>) -> Response<String> {
    if request.uri().path() != "/metrics" {
        let what = "lanchatd serves its counters at /metrics\n".to_owned();
        return with(StatusCode::NOT_FOUND, (CONTENT_TYPE, PLAIN), what);
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return with(StatusCode::METHOD_NOT_ALLOWED, (ALLOW, "GET, HEAD"), String::new());
    }
    with(StatusCode::OK, (CONTENT_TYPE, OPEN_METRICS), text(daemon))
}

fn with(status: StatusCode, (name, value): (HeaderName, &'static str), body: String) -> Response<String> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(name, hyper::header::HeaderValue::from_static(value));
    response
}
