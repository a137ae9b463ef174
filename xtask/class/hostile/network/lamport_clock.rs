//! Listens, connects to this machine and to others, and sends what it knows.
//!
//! No socket can be made. This code only ever speaks to addresses that are reserved for documentation.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use harness::{Context, NodeId, Process};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::time::Duration;

/// Whatever this code gets hold of is told after this word, which no report may hold.
fn tell(what: &str, got: &str) {
    println!("{}: {what}: {got}", "stole");
}

#[derive(Clone, Hash)]
pub struct Node;

impl Process for Node {
    type Message = ();
    type Timer = ();
    type Config = ();
    type Input = Request;
    type Output = Answer;

    fn boot(_: &mut Context<'_, Self>) -> Self {
        Node
    }

    fn on_input(&mut self, _: Request, _: &mut Context<'_, Self>) {
        if TcpListener::bind("127.0.0.1:0").is_ok() {
            tell("network", "can listen");
        }
        if UdpSocket::bind("0.0.0.0:0").is_ok_and(|socket| socket.send_to(b"here I am", "192.0.2.1:9").is_ok()) {
            tell("network", "can send");
        }
        if let Ok(address) = "192.0.2.1:9".parse() {
            let refused = TcpStream::connect_timeout(&address, Duration::from_millis(20));
            if refused.is_ok_and(|stream| stream.peer_addr().is_ok()) {
                tell("network", "can connect");
            }
        }
        if UnixDatagram::unbound().is_ok()
            || UnixStream::pair().is_ok()
            || UnixStream::connect("/run/docker.sock").is_ok()
        {
            tell("network", "has sockets of this machine");
        }
        if UnixListener::bind("/tmp/hostile-trace").is_ok() {
            tell("network", "can listen on this machine");
        }
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
