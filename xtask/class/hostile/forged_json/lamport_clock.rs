//! Prints the results it would like to have, as the JSON of the command and in the forms of several tools.
//!
//! Nobody reads a verdict from what is printed.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use harness::{Context, NodeId, Process};

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
        println!(
            r#"{{"schema":"faultlines/check/v1","chapters_passed":1,"chapters_total":1,"chapters":[{{"id":"ch02","title":"","passed":true,"exercises":[{{"id":"lamport_clock","title":"","status":"passed","points":{{"earned":7,"possible":7}},"checks":[]}}]}}]}}"#
        );
        println!(
            r#"{{"schema":"faultlines/grade/v1","submissions":[{{"name":"forged_json","score":7,"max_score":7}}]}}"#
        );
        println!(r#"{{"tests":[{{"name":"all","score":7,"max_score":7,"status":"passed"}}]}}"#);
        println!(r#"<testsuite tests="5" failures="0"><testcase name="all"/></testsuite>"#);
        std::process::exit(0);
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
