//! What the judge orders of a worker, and the sockets that come along.

use std::io::{self, IoSlice, IoSliceMut, Read};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};

/// How many descriptors come with an order, at most.
const MOST_FDS: usize = 2;

/// What the judge wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// A new process, which serves the socket that comes along. A second descriptor is its standard output and error; without one,
    /// nobody wants to know what it prints.
    Fork,
    /// How the process ended that was forked as this many-th, counted from zero. Answered with a [`Status`].
    Autopsy(u32),
}

/// How a process ended, as 8 bytes: what it is and a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It has ended itself, with this exit status.
    Exited(i32),
    /// A signal has ended it.
    Signaled(i32),
    /// It is still there, or nobody knows.
    Unknown,
}

impl Status {
    /// For the wire.
    pub fn to_bytes(self) -> [u8; 8] {
        let (kind, number) = match self {
            Status::Exited(code) => (0_i32, code),
            Status::Signaled(signal) => (1, signal),
            Status::Unknown => (2, 0),
        };
        let [a, b, c, d] = kind.to_le_bytes();
        let [e, f, g, h] = number.to_le_bytes();
        [a, b, c, d, e, f, g, h]
    }

    /// Reads one.
    ///
    /// # Errors
    ///
    /// If the worker is gone, or takes too long for the read time-out of the socket.
    pub fn read(control: &mut UnixStream) -> io::Result<Self> {
        let mut bytes = [0; 8];
        control.read_exact(&mut bytes)?;
        let [a, b, c, d, e, f, g, h] = bytes;
        let number = i32::from_le_bytes([e, f, g, h]);
        Ok(match i32::from_le_bytes([a, b, c, d]) {
            0 => Status::Exited(number),
            1 => Status::Signaled(number),
            _ => Status::Unknown,
        })
    }
}

impl Order {
    /// Sends it, with these descriptors.
    ///
    /// # Errors
    ///
    /// If the worker is gone.
    pub fn send(self, control: &UnixStream, fds: &[BorrowedFd<'_>]) -> io::Result<()> {
        let number = match self {
            Order::Fork => u32::MAX,
            Order::Autopsy(number) => number,
        };
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_FDS))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        if !fds.is_empty() {
            assert!(ancillary.push(SendAncillaryMessage::ScmRights(fds)), "an order has few descriptors");
        }
        // A few bytes on a local socket go at once or not at all.
        sendmsg(control, &[IoSlice::new(&number.to_le_bytes())], &mut ancillary, SendFlags::NOSIGNAL)?;
        Ok(())
    }

    /// Receives one; nothing when the judge has hung up.
    pub(crate) fn receive(control: impl AsFd) -> io::Result<Option<(Self, Vec<OwnedFd>)>> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_FDS))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let mut bytes = [0; 4];
        let flags = RecvFlags::empty();
        #[cfg(target_os = "linux")]
        let flags = flags | RecvFlags::CMSG_CLOEXEC;
        let received = recvmsg(control, &mut [IoSliceMut::new(&mut bytes)], &mut ancillary, flags)?;
        if received.bytes < bytes.len() {
            return Ok(None);
        }
        let fds = ancillary.drain().filter_map(|message| match message {
            RecvAncillaryMessage::ScmRights(fds) => Some(fds),
            _ => None,
        });
        let fds = fds.flatten().collect();
        Ok(Some(match u32::from_le_bytes(bytes) {
            u32::MAX => (Order::Fork, fds),
            number => (Order::Autopsy(number), fds),
        }))
    }
}
