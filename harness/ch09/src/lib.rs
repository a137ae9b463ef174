//! Chapter 9: transactions. All of it or nothing, on machines that fail one at a time.

pub mod two_phase_commit;

harness::chapter! { $crate;
    "two_phase_commit": two_phase_commit::<Coordinator, Participant>;
}
