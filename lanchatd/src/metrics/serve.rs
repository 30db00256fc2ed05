//! `GET /metrics` over HTTP/1.1. One request a connection, and everything about it is bounded.

use std::cell::RefCell;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
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

/// How many of one address: nobody alone keeps Prometheus out.
const CONNECTIONS_EACH_MAX: usize = 4;

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
    let served = Rc::new(Served::default());
    loop {
        match listener.accept().await {
            Ok((stream, address)) => {
                pause.over();
                let ip = address.ip().to_canonical();
                if daemon.relay.networks().allows(ip) && served.takes(ip) {
                    let (daemon, served) = (daemon.clone(), served.clone());
                    spawn_local(async move {
                        // Whatever a scrape dies of, it concerns nobody else.
                        let _ = timeout(LIFE, serve(&daemon, stream)).await;
                        served.lets_go(ip);
                    });
                }
            }
            Err(error) => pause.wait(&error).await,
        }
        // Those who chat get their turn between two of them.
        yield_now().await;
    }
}

/// Whom each connection is from that is served.
#[derive(Debug, Default)]
struct Served(RefCell<Vec<IpAddr>>);

impl Served {
    /// Gives a place to one more of this address, if there is one.
    fn takes(&self, ip: IpAddr) -> bool {
        let mut served = self.0.borrow_mut();
        let own = served.iter().filter(|other| **other == ip).count();
        let has_place = served.len() < CONNECTIONS_MAX && own < CONNECTIONS_EACH_MAX;
        if has_place {
            served.push(ip);
        }
        has_place
    }

    fn lets_go(&self, ip: IpAddr) {
        let mut served = self.0.borrow_mut();
        if let Some(at) = served.iter().position(|other| *other == ip) {
            served.swap_remove(at);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_alone_takes_all_places() {
        let served = Served::default();
        let [ana, bob, eva] = [1, 2, 3].map(|last| IpAddr::from([10, 0, 0, last]));
        let taken = |ip| (0..CONNECTIONS_MAX).take_while(|_| served.takes(ip)).count();
        assert_eq!((taken(ana), taken(bob), taken(eva)), (4, 4, 0));
        served.lets_go(ana);
        assert_eq!((taken(bob), taken(eva)), (0, 1));
    }
}
