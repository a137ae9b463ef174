//! Chapter 4: failure, membership, leadership. How to tell the dead from the slow, and what to do as long as nobody can.

pub mod failure_detector;

pub mod fenced_lock;

harness::chapter! { $crate;
    "failure_detector": failure_detector::<Node>;

    "fenced_lock": fenced_lock::<LockServer, LockClient, Vault>;
}
