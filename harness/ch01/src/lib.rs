//! Chapter 1: what is a distributed system? One exercise for each of the eight fallacies, and one for why we bother.
//!
//! | module | what is believed |
//! |---|---|
//! | [`flaky_rpc`] | the network is reliable |
//! | [`chatty_reads`] | latency is zero |
//! | [`thin_pipe`] | bandwidth is infinite |
//! | [`secure_channel`] | the network is secure |
//! | [`moving_targets`] | topology doesn't change |
//! | [`schema_drift`] | there is one administrator |
//! | [`egress_bill`] | transport cost is zero |
//! | [`wire_format`] | the network is homogeneous |
//! | [`scale_out`] | more machines do more work |
//!
//! The first page of a module is its contract: the trait to implement, with units, errors and what is promised. Behind it
//! are the world the code is played in and the promises it is judged by.
//!
//! Start at [`flaky_rpc`].

pub mod chatty_reads;
pub mod egress_bill;
pub mod flaky_rpc;
pub mod moving_targets;
pub mod scale_out;
pub mod schema_drift;
pub mod secure_channel;
pub mod thin_pipe;
pub mod wire_format;

harness::chapter! { $crate;
    "flaky_rpc": flaky_rpc::<Client>;
    "chatty_reads": chatty_reads::<CachingReader>;
    "thin_pipe": thin_pipe::<Sender, Receiver>;
    "secure_channel": secure_channel::<Channel>;
    "moving_targets": moving_targets::<Balancer>;
    "schema_drift": schema_drift::<Programs>;
    "egress_bill": egress_bill::<Planner>;
    "wire_format": wire_format::<Codec>;
    "scale_out": scale_out::<Scatter>;
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    fn sources(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).expect("the sources are there").map(|entry| entry.expect("it is").path());
        let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
        folders.iter().flat_map(|folder| sources(folder)).chain(files).collect()
    }

    #[test]
    fn worlds_wait_where_a_judge_of_code_in_another_process_sees_it() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let tokios = ["tokio", "::time"].concat();
        for file in sources(&root) {
            let text = fs::read_to_string(&file).expect("it can be read");
            assert!(!text.contains(&tokios), "{}: waits are those of harness::stage", file.display());
        }
    }
}
