use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;
use crate::choice::Choice;
use crate::disk::Keep;
use crate::fault::{Fault, When};
use crate::world::{Setup, What, World};
use crate::{Context, Process};

/// Adds up what it is told, keeps it on its disk, and tells the others.
#[derive(Clone, Hash)]
struct Sum {
    total: u64,
}

impl Process for Sum {
    type Message = (u64, String);
    type Timer = String;
    type Config = u64;
    type Input = u64;
    type Output = u64;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        context.set_timer("ring".to_owned(), 7);
        context.set_timer("never".to_owned(), 7);
        context.cancel_timer(&"never".to_owned());
        Sum { total: context.disk().read("total").unwrap_or(*context.config()) }
    }

    fn on_message(&mut self, _: NodeId, (number, _): (u64, String), context: &mut Context<'_, Self>) {
        self.add(number, context);
    }

    fn on_timer(&mut self, _: String, context: &mut Context<'_, Self>) {
        context.output(self.total);
        context.set_timer("ring".to_owned(), 7);
    }

    fn on_input(&mut self, number: u64, context: &mut Context<'_, Self>) {
        assert_ne!(number, 13, "an unlucky number");
        self.add(number, context);
        context.broadcast((number, "news".to_owned()));
    }
}

impl Sum {
    fn add(&mut self, number: u64, context: &mut Context<'_, Self>) {
        self.total += number;
        context.disk().write("total", &self.total);
        context.disk().sync();
    }
}

struct Sums;

impl Protocol for Sums {
    type Config = u64;
    type Input = u64;
    type Output = u64;
    type View = u64;
    type Wire = ();
}

fn local(configs: Vec<u64>) -> Local<Sums, Sum> {
    Local::new(configs, |node| node.total)
}

/// A lodger at the other end of no wire at all.
struct Here(Lodger<Sums, Sum>);

impl Line for Here {
    fn call(&mut self, order: &[u8]) -> Vec<u8> {
        self.0.serve(order)
    }
}

const HONEST: Agency = Agency { hire: || Box::new(Here(Lodger::new(local))), refuse: |why| panic!("{why}") };

/// What happens in a world full of trouble, and what its trace says.
fn course(host: Box<dyn Host<Sums>>, quiet: bool) -> (Vec<String>, String) {
    let n = NodeId::new;
    let mut world = World::new(Setup { quiet, ..Setup::of(Choice::new(5), 3) }, host);
    for (at_ms, node, number) in [(10, 0, 5), (20, 1, 6), (21, 0, 7), (60, 2, 8)] {
        world.input_at_ms(at_ms, n(node), number, None);
    }
    let when = When::BeforeSend(2);
    world.inject(Fault::Crash { node: n(1), when, back_after_ms: Some(15), keep: Keep::Nothing });
    let mut happened = Vec::new();
    while let Some(happening) = world.next(100) {
        let output = if let What::Output(total) = happening.what { Some(total) } else { None };
        let views: Vec<_> = world.nodes().map(|node| world.view(node)).collect();
        happened.push(format!("{} {} {output:?} {views:?}", happening.at_us, happening.node));
    }
    let trace = world.take_trace();
    (happened, format!("{:?} {}", trace.fingerprint(), trace.len()))
}

#[test]
fn nodes_in_processes_of_their_own_take_the_same_course() {
    for quiet in [false, true] {
        let here = course(Box::new(local(vec![1, 2, 3])), quiet);
        assert!(here.0.len() > 40, "something happens: {}", here.0.len());
        assert_eq!(course(Box::new(Remote::new(&[1, 2, 3], HONEST)), quiet), here);
    }
}

#[test]
fn every_boot_is_a_new_process() {
    thread_local! {
        static HIRED: RefCell<u32> = const { RefCell::new(0) };
    }
    let counting = Agency {
        hire: || {
            HIRED.with_borrow_mut(|hired| *hired += 1);
            (HONEST.hire)()
        },
        ..HONEST
    };
    course(Box::new(Remote::new(&[1, 2, 3], counting)), true);
    assert_eq!(HIRED.with_borrow(|hired| *hired), 4, "three nodes, one of which boots twice");
}

/// Answers every order with the same.
struct Liar(Vec<u8>);

impl Line for Liar {
    fn call(&mut self, _order: &[u8]) -> Vec<u8> {
        self.0.clone()
    }
}

fn refused(hire: fn() -> Box<dyn Line>) -> String {
    let agency = Agency { hire, ..HONEST };
    let run = || course(Box::new(Remote::new(&[1, 2, 3], agency)), true);
    let payload = catch_unwind(AssertUnwindSafe(run)).expect_err("a lie ends the run");
    payload.downcast_ref::<String>().expect("words").clone()
}

#[test]
fn what_no_honest_process_sends_ends_the_run() {
    assert_eq!(refused(|| Box::new(Liar(Vec::new()))), "an answer that is none");
    assert_eq!(refused(|| Box::new(Liar(vec![0xff; 99]))), "an answer that is none");
    assert_eq!(
        refused(|| {
            let deed = Deed::Send { to: NodeId::new(3), message: Blob::default(), words: String::new() };
            Box::new(Liar(plain::save(&Did { deeds: vec![deed], ..Did::default() })))
        }),
        "a message to a node that is not there"
    );
    assert_eq!(
        refused(|| {
            let deed = Deed::Output(Blob(vec![0xff]));
            Box::new(Liar(plain::save(&Did { deeds: vec![deed], ..Did::default() })))
        }),
        "an output that is none"
    );
    assert_eq!(
        refused(|| Box::new(Liar(plain::save(&Did { view: Some(Blob(vec![0xff])), ..Did::default() })))),
        "a view that is none"
    );
}
