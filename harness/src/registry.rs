//! Which exercises there are, and which type of the learner's each of them grades.

/// The exercise of that chapter and id, with the learner's code in the module given.
#[macro_export]
macro_rules! exercise {
    (ch01, flaky_rpc, $($module:ident)::+) => {
        $crate::ch01::flaky_rpc::exercise::<$($module)::+::Client>()
    };
    (ch01, chatty_reads, $($module:ident)::+) => {
        $crate::ch01::chatty_reads::exercise::<$($module)::+::CachingReader>()
    };
    (ch01, thin_pipe, $($module:ident)::+) => {
        $crate::ch01::thin_pipe::exercise::<$($module)::+::Sender, $($module)::+::Receiver>()
    };
    (ch01, secure_channel, $($module:ident)::+) => {
        $crate::ch01::secure_channel::exercise::<$($module)::+::Channel>()
    };
    (ch01, moving_targets, $($module:ident)::+) => {
        $crate::ch01::moving_targets::exercise::<$($module)::+::Balancer>()
    };
    (ch01, schema_drift, $($module:ident)::+) => {
        $crate::ch01::schema_drift::exercise::<$($module)::+::Programs>()
    };
    (ch01, egress_bill, $($module:ident)::+) => {
        $crate::ch01::egress_bill::exercise::<$($module)::+::Planner>()
    };
    (ch01, wire_format, $($module:ident)::+) => {
        $crate::ch01::wire_format::exercise::<$($module)::+::Codec>()
    };
    (ch01, scale_out, $($module:ident)::+) => {
        $crate::ch01::scale_out::exercise::<$($module)::+::Scatter>()
    };
}

/// The `main` of a chapter's test target: every exercise whose feature is on.
#[macro_export]
macro_rules! grade {
    (ch01, $package:ident) => {
        $crate::grade!(@main ch01, $package,
            "flaky_rpc" flaky_rpc,
            "chatty_reads" chatty_reads,
            "thin_pipe" thin_pipe,
            "secure_channel" secure_channel,
            "moving_targets" moving_targets,
            "schema_drift" schema_drift,
            "egress_bill" egress_bill,
            "wire_format" wire_format,
            "scale_out" scale_out);
    };
    (@main $chapter:ident, $package:ident, $($feature:literal $id:ident),+) => {
        fn main() -> ::std::process::ExitCode {
            $crate::grade::main(Vec::from([$(
                #[cfg(feature = $feature)]
                (stringify!($id), $crate::exercise!($chapter, $id, $package::$id)),
            )+]))
        }
    };
}
