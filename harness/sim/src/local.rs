//! Processes in this very process: the learner's code behind the [seam](crate::seam).

use std::hash::{Hash, Hasher};

use rand::SeedableRng;

use crate::choice::{Fnv, Random};
use crate::disk::Image;
use crate::process::{Context, NodeId, Process};
use crate::seam::{Effect, Handle, Host, Moment, Protocol, Seam, TimerId};

/// How many characters of a message's `Debug` a trace keeps.
const MAX_WORDS: usize = 160;

/// Values under handles, with a count of how often each will be taken.
pub(crate) struct Slab<T> {
    entries: Vec<(u32, Option<T>)>,
    free: Vec<u32>,
}

impl<T> Slab<T> {
    pub(crate) fn new() -> Self {
        Slab { entries: Vec::new(), free: Vec::new() }
    }

    pub(crate) fn put(&mut self, value: T) -> Handle {
        match self.free.pop() {
            Some(place) => {
                self.entries[place as usize] = (1, Some(value));
                Handle(place)
            }
            None => {
                self.entries.push((1, Some(value)));
                Handle(u32::try_from(self.entries.len() - 1).expect("the world bounds what is under way"))
            }
        }
    }

    pub(crate) fn get(&self, handle: Handle) -> &T {
        self.entries[handle.0 as usize].1.as_ref().expect("a handle is used as long as it is held")
    }

    pub(crate) fn retain(&mut self, handle: Handle) {
        self.entries[handle.0 as usize].0 += 1;
    }

    /// The value, and whether somebody still holds it.
    pub(crate) fn take(&mut self, handle: Handle) -> Option<T> {
        let (count, value) = &mut self.entries[handle.0 as usize];
        *count -= 1;
        if *count > 0 {
            return None;
        }
        self.free.push(handle.0);
        value.take()
    }
}

impl<T: Clone> Slab<T> {
    fn take_or_clone(&mut self, handle: Handle) -> T {
        if self.entries[handle.0 as usize].0 > 1 {
            let value = self.get(handle).clone();
            self.take(handle);
            return value;
        }
        self.take(handle).expect("a handle is used as long as it is held")
    }
}

/// The timers of a node that run, each under its number.
#[derive(Clone)]
pub(crate) struct Timers<T> {
    running: Vec<(TimerId, T)>,
    next: u32,
}

/// Where a handler's answers go.
pub(crate) trait Tell<T> {
    fn tell(&mut self, output: T) -> Handle;
}

impl<T> Tell<T> for Slab<T> {
    fn tell(&mut self, output: T) -> Handle {
        self.put(output)
    }
}

/// Where a handler's timers are kept.
pub(crate) trait Timetable<T> {
    /// Starts a timer; gives the one that it replaces as well.
    fn set(&mut self, timer: T) -> (TimerId, Option<TimerId>);

    /// Stops a timer, if it runs.
    fn cancel(&mut self, timer: &T) -> Option<TimerId>;
}

impl<T: Eq> Timetable<T> for Timers<T> {
    fn set(&mut self, timer: T) -> (TimerId, Option<TimerId>) {
        let replaced = self.cancel(&timer);
        let id = TimerId(self.next);
        self.next += 1;
        self.running.push((id, timer));
        (id, replaced)
    }

    fn cancel(&mut self, timer: &T) -> Option<TimerId> {
        let place = self.running.iter().position(|(_, running)| running == timer)?;
        Some(self.running.swap_remove(place).0)
    }
}

impl<T: Eq> Timers<T> {
    fn new() -> Self {
        Timers { running: Vec::new(), next: 0 }
    }

    fn expire(&mut self, id: TimerId) -> T {
        let place = self.running.iter().position(|(running, _)| *running == id);
        self.running.swap_remove(place.expect("the world knows which timers run")).1
    }
}

struct Node<P: Process> {
    config: P::Config,
    process: Option<P>,
    timers: Timers<P::Timer>,
    random: Random,
    image: Image,
}

/// The learner's processes, one a node.
pub struct Local<X: Protocol, P: Process> {
    nodes: Vec<Node<P>>,
    messages: Slab<P::Message>,
    inputs: Slab<P::Input>,
    outputs: Slab<P::Output>,
    view: fn(&P) -> X::View,
    forge: fn(X::Wire) -> P::Message,
    intercept: fn(P::Message) -> X::Wire,
}

impl<X, P> Local<X, P>
where
    X: Protocol,
    P: Process<Config = X::Config, Input = X::Input, Output = X::Output>,
{
    /// A process for each of the configurations. `view` reads what can be observed.
    pub fn new(configs: Vec<X::Config>, view: fn(&P) -> X::View) -> Self {
        let node = |config| Node {
            config,
            process: None,
            timers: Timers::new(),
            random: Random::seed_from_u64(0),
            image: Image::default(),
        };
        Local {
            nodes: configs.into_iter().map(node).collect(),
            messages: Slab::new(),
            inputs: Slab::new(),
            outputs: Slab::new(),
            view,
            forge: |_| unreachable!("the contract leaves the messages free, so the world sends none"),
            intercept: |_| unreachable!("the contract leaves the messages free, so the world receives none"),
        }
    }

    /// The same, for a protocol whose messages the contract fixes: the world may send and receive some itself.
    pub fn with_wire(self, forge: fn(X::Wire) -> P::Message, intercept: fn(P::Message) -> X::Wire) -> Self {
        Local { forge, intercept, ..self }
    }

    /// Takes over a message that was made elsewhere.
    ///
    /// # Panics
    ///
    /// If it can't be read: then its type writes what it does not read.
    pub(crate) fn put_bytes(&mut self, bytes: &[u8]) -> Handle {
        match postcard::from_bytes(bytes) {
            Ok(message) => self.messages.put(message),
            Err(error) => panic!(
                "a message can't be read back from its bytes as {}: {error}. Attributes of serde like `untagged`, `tag`, \
                 `flatten` and `skip` don't go with the format of the wire, which does not name what it holds",
                std::any::type_name::<P::Message>()
            ),
        }
    }

    /// Gives a message out, as bytes.
    ///
    /// # Panics
    ///
    /// If it can't be written.
    pub(crate) fn take_bytes(&mut self, message: Handle) -> Vec<u8> {
        let message = self.messages.take_or_clone(message);
        match postcard::to_allocvec(&message) {
            Ok(bytes) => bytes,
            Err(error) => {
                panic!("a message of type {} can't be written: {error}", std::any::type_name::<P::Message>())
            }
        }
    }

    fn step(
        &mut self,
        node: NodeId,
        moment: Moment,
        effects: &mut Vec<Effect>,
        handler: impl FnOnce(&mut Option<P>, &mut Context<'_, P>),
    ) {
        let nodes = self.nodes.len();
        let Node { config, process, timers, random, image } = &mut self.nodes[node.index()];
        let mut context = Context {
            node,
            nodes,
            config,
            moment,
            random,
            image,
            messages: &mut self.messages,
            outputs: &mut self.outputs,
            timers,
            effects,
        };
        handler(process, &mut context);
    }
}

impl<X, P> Seam for Local<X, P>
where
    X: Protocol,
    P: Process<Config = X::Config, Input = X::Input, Output = X::Output>,
{
    fn boot(&mut self, node: NodeId, moment: Moment, seed: u64, disk: &Image, effects: &mut Vec<Effect>) {
        let slot = &mut self.nodes[node.index()];
        slot.random = Random::seed_from_u64(seed);
        slot.timers = Timers::new();
        slot.image.clone_from(disk);
        self.step(node, moment, effects, |process, context| *process = Some(P::boot(context)));
    }

    fn message(&mut self, node: NodeId, from: NodeId, message: Handle, moment: Moment, effects: &mut Vec<Effect>) {
        let message = self.messages.take_or_clone(message);
        self.step(node, moment, effects, |process, context| {
            let process = process.as_mut().expect("the world delivers only to nodes that are up");
            process.on_message(from, message, context);
        });
    }

    fn timer(&mut self, node: NodeId, timer: TimerId, moment: Moment, effects: &mut Vec<Effect>) {
        let timer = self.nodes[node.index()].timers.expire(timer);
        self.step(node, moment, effects, |process, context| {
            let process = process.as_mut().expect("a node that is down has no timers");
            process.on_timer(timer, context);
        });
    }

    fn input(&mut self, node: NodeId, input: Handle, moment: Moment, effects: &mut Vec<Effect>) {
        let input = self.inputs.take(input).expect("a request is made once");
        self.step(node, moment, effects, |process, context| {
            let process = process.as_mut().expect("the world hands requests only to nodes that are up");
            process.on_input(input, context);
        });
    }

    fn crash(&mut self, node: NodeId) {
        let node = &mut self.nodes[node.index()];
        node.process = None;
        node.timers = Timers::new();
    }

    fn retain(&mut self, message: Handle) {
        self.messages.retain(message);
    }

    fn release(&mut self, message: Handle) {
        self.messages.take(message);
    }

    fn drop_input(&mut self, input: Handle) {
        self.inputs.take(input);
    }

    fn drop_output(&mut self, output: Handle) {
        self.outputs.take(output);
    }

    fn describe_message(&self, message: Handle) -> String {
        shortened(format!("{:?}", self.messages.get(message)))
    }

    fn describe_timer(&self, node: NodeId, timer: TimerId) -> String {
        let running = &self.nodes[node.index()].timers.running;
        running.iter().find(|(id, _)| *id == timer).map_or_else(String::new, |(_, timer)| format!("{timer:?}"))
    }

    fn describe_input(&self, input: Handle) -> String {
        shortened(self.inputs.get(input).to_string())
    }

    fn describe_output(&self, output: Handle) -> String {
        shortened(self.outputs.get(output).to_string())
    }

    fn addressee(&self, output: Handle) -> Option<usize> {
        X::addressee(self.outputs.get(output))
    }

    fn size_bytes(&self, message: Handle) -> usize {
        postcard::experimental::serialized_size(self.messages.get(message)).unwrap_or_default()
    }

    fn fingerprint(&self, node: NodeId) -> u64 {
        self.nodes[node.index()].process.as_ref().map_or(0, fingerprint)
    }
}

impl<X, P> Host<X> for Local<X, P>
where
    X: Protocol,
    P: Process<Config = X::Config, Input = X::Input, Output = X::Output>,
{
    fn put_input(&mut self, input: X::Input) -> Handle {
        self.inputs.put(input)
    }

    fn take_output(&mut self, output: Handle) -> X::Output {
        self.outputs.take(output).expect("an answer is taken once")
    }

    fn view(&self, node: NodeId) -> Option<X::View> {
        self.nodes[node.index()].process.as_ref().map(self.view)
    }

    fn forge(&mut self, message: X::Wire) -> Handle {
        self.messages.put((self.forge)(message))
    }

    fn intercept(&mut self, message: Handle) -> X::Wire {
        (self.intercept)(self.messages.take_or_clone(message))
    }
}

pub(crate) fn shortened(words: String) -> String {
    match words.char_indices().nth(MAX_WORDS) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

/// A hash of a state that is the same in every run; the standard library's own hasher is not promised to be.
fn fingerprint(state: &impl Hash) -> u64 {
    struct Stable(Fnv);
    impl Hasher for Stable {
        fn write(&mut self, bytes: &[u8]) {
            self.0.bytes(bytes);
        }
        fn finish(&self) -> u64 {
            self.0.finish()
        }
    }
    let mut hasher = Stable(Fnv::new());
    state.hash(&mut hasher);
    hasher.finish().max(1)
}
