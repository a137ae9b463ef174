//! How a running check tells the process that watches it.
//!
//! Frames share standard output with whatever the learner prints, because that is the one pipe that every platform
//! hands to a child without `unsafe`, and because it keeps a `println!` next to the check it belongs to. A frame is a
//! line that starts with a marker and a nonce drawn by the watcher; all other bytes are the learner's. A frame starts
//! on a line of its own even after a `print!` without a line break: the writer puts one before every frame, and the
//! decoder takes it away again.

use serde::{Deserialize, Serialize};

use crate::verdict::CheckResult;

/// The environment variable that carries the nonce and thereby asks for frames.
pub const NONCE_ENV: &str = "FAULTLINES_FRAMES";

const MARK: char = '\u{1e}';

/// One message from the grading process to its watcher.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frame {
    /// The process is up. `seeded_select` is false where tokio was built without `--cfg tokio_unstable`, so that the
    /// branch order of `select!` is left to chance.
    Hello {
        /// See above.
        seeded_select: bool,
    },
    /// A check begins.
    Started {
        /// Its exercise, or the name under which it was compiled as a guest.
        exercise: String,
        /// Its name.
        check: String,
    },
    /// A check is alive; sent every now and then.
    Progress {
        /// Schedules run so far.
        schedules: u64,
    },
    /// The run that will be told begins: only what is printed from here on belongs to the story.
    Story,
    /// Something worth saying about the exercise that changes no verdict.
    Note(String),
    /// A check ends.
    Finished(Box<CheckResult>),
    /// Everything asked for was done; the exit that follows is in order.
    Done,
}

impl Frame {
    /// The bytes to write.
    pub fn encode(&self, nonce: &str) -> String {
        let json = serde_json::to_string(self).expect("frames have only string keys");
        format!("\n{MARK}{nonce} {json}\n")
    }
}

/// One line read from a grading process.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// A frame.
    Frame(Frame),
    /// Something that the learner's code printed.
    Printed(String),
}

/// Takes the output of a grading process apart, line by line.
#[derive(Debug)]
pub struct Decoder {
    prefix: String,
    held_blank: bool,
}

impl Decoder {
    /// For the process that was started with `nonce`.
    pub fn new(nonce: &str) -> Self {
        Decoder { prefix: format!("{MARK}{nonce} "), held_blank: false }
    }

    /// The meaning of one line (without its line break): nothing, one line, or an empty line that was held back and one.
    pub fn line(&mut self, line: &str) -> Vec<Line> {
        if let Some(frame) = line.strip_prefix(&self.prefix).and_then(|json| serde_json::from_str(json).ok()) {
            self.held_blank = false;
            return vec![Line::Frame(frame)];
        }
        let mut lines = Vec::new();
        if std::mem::replace(&mut self.held_blank, line.is_empty()) {
            lines.push(Line::Printed(String::new()));
        }
        if !line.is_empty() {
            lines.push(Line::Printed(line.to_owned()));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &str) -> Vec<Line> {
        let mut decoder = Decoder::new("n0");
        bytes.lines().flat_map(|line| decoder.line(line)).collect()
    }

    #[test]
    fn a_frame_after_a_print_without_line_break_is_found() {
        let bytes = format!("hello{}", Frame::Done.encode("n0"));
        assert_eq!(decode(&bytes), [Line::Printed("hello".into()), Line::Frame(Frame::Done)]);
    }

    #[test]
    fn the_line_break_before_a_frame_is_not_the_learners() {
        let bytes = format!("hello\n{}bye\n", Frame::Done.encode("n0"));
        let expected = [Line::Printed("hello".into()), Line::Frame(Frame::Done), Line::Printed("bye".into())];
        assert_eq!(decode(&bytes), expected);
    }

    #[test]
    fn empty_lines_of_the_learner_survive() {
        let expected = [Line::Printed("a".into()), Line::Printed(String::new()), Line::Printed("b".into())];
        assert_eq!(decode("a\n\nb\n"), expected);
    }

    #[test]
    fn a_frame_with_another_nonce_is_only_print() {
        assert!(matches!(&decode(&Frame::Done.encode("n1"))[..], [.., Line::Printed(_)]));
    }
}
