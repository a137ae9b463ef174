//! Other processes, the network, the machine.

use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::process::{Child, Command};

use jail::Conduct;

use crate::support::{BOTH, Folder, cell, forbidden, inside};

#[test]
fn no_socket_can_be_made_whatever_its_family() {
    let folder = Folder::new();
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let path = folder.at("socket");
    let _named = UnixListener::bind(&path).unwrap();
    let name = format!("jail-{}", std::process::id());
    let _abstract = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    for conduct in BOTH {
        // Even where the file of the socket may be read and written.
        let cell = jail::Cell { writes: vec![folder.path().into()], ..cell(conduct) };
        forbidden(&cell, "connect to", &[&tcp.local_addr().unwrap().to_string()]);
        forbidden(&cell, "listen", &[]);
        forbidden(&cell, "send a datagram", &[&udp.local_addr().unwrap().to_string()]);
        forbidden(&cell, "connect to the path", &[&path]);
        forbidden(&cell, "connect to the name", &[&name]);
        forbidden(&cell, "make a pair of sockets", &[]);
    }
}

/// A process of the same user that has nothing to do with any of this.
struct Bystander(Child);

impl Bystander {
    fn new() -> Self {
        Bystander(Command::new("sleep").arg("60").spawn().expect("every Linux has sleep"))
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn no_other_process_can_be_signalled_traced_or_looked_into() {
    let bystander = Bystander::new();
    let someone = bystander.0.id().to_string();
    let me = std::process::id().to_string();
    for conduct in BOTH {
        let cell = cell(conduct);
        forbidden(&cell, "signal", &[&me]);
        forbidden(&cell, "signal", &[&someone]);
        forbidden(&cell, "signal the group", &[&nix::unistd::getpgrp().to_string()]);
        forbidden(&cell, "trace", &[&someone]);
        forbidden(&cell, "peek", &[&someone]);
    }
}

#[test]
fn nobody_leaves_the_session_or_the_group() {
    for conduct in BOTH {
        forbidden(&cell(conduct), "leave the session", &[]);
        forbidden(&cell(conduct), "leave the group", &[]);
    }
}

#[test]
fn the_program_leads_a_group_of_its_own() {
    for conduct in BOTH {
        let told = inside(&cell(conduct), "say the group", &[]).unwrap();
        let (process, group) = told.split_once(' ').unwrap();
        assert_eq!(process, group);
    }
}

#[test]
fn nothing_that_outlives_a_process_can_be_made_and_no_limit_or_priority_changed() {
    for conduct in BOTH {
        let cell = cell(conduct);
        forbidden(&cell, "make a queue", &[]);
        forbidden(&cell, "watch", &["/tmp"]);
        forbidden(&cell, "raise a limit", &[]);
        forbidden(&cell, "yield to others", &[]);
    }
}

#[test]
fn no_namespace_can_be_made_not_even_by_root() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    for conduct in BOTH {
        forbidden(&cell(conduct), "make a namespace", &[]);
    }
}

#[test]
fn the_privileges_of_root_stay_outside() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let folder = Folder::new();
    let path = folder.file("for nobody");
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o0)).unwrap();
    for conduct in BOTH {
        let cell = jail::Cell { writes: vec![folder.path().into()], ..cell(conduct) };
        forbidden(&cell, "read", &[&path]);
    }
}

#[test]
fn a_worker_starts_no_program_not_even_itself() {
    let program = std::env::current_exe().unwrap();
    let program = program.to_str().unwrap();
    let worker = cell(Conduct::Worker);
    forbidden(&worker, "run", &[program]);
    let widest = jail::Cell { executes: vec!["/".into()], ..worker };
    forbidden(&widest, "run", &[program]);
}

#[test]
fn a_compiler_starts_what_the_cell_lists_and_nothing_else() {
    let program = std::env::current_exe().unwrap();
    let compiler = cell(Conduct::Compiler);
    assert!(inside(&compiler, "run", &[program.to_str().unwrap()]).is_ok());
    forbidden(&compiler, "run", &["/bin/true"]);
    let readable = jail::Cell { reads: vec!["/".into()], ..compiler };
    forbidden(&readable, "run", &["/bin/true"]);
    forbidden(&readable, "run what is only in memory", &["/bin/true"]);
}
