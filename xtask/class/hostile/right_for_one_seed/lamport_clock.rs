//! Right in the runs of the usual seed and nowhere else: it knows the first random number that each of its nodes is
//! given in them, two bytes of it.
//!
//! A check earns its points only if it holds with the hidden seeds as well.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use ch02::lamport_clock::{Event, Stamp};
use harness::{Context, NodeId, Process};
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    number: u32,
    time: u64,
}

/// What a node remembers until it crashes.
#[derive(Clone, Hash)]
pub struct Node {
    time: u64,
    is_known: bool,
}

impl Process for Node {
    type Message = Message;
    type Timer = ();
    type Config = ();
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let draw: u64 = context.random().random();
        let is_known = KNOWN.binary_search(&((draw >> 48) as u16)).is_ok();
        Node { time: context.disk().read("time").unwrap_or(0), is_known }
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        if !self.is_known {
            return;
        }
        match request {
            Request::Happen(number) => self.tick(0, Event::Local(number), context),
            Request::Tell(number, to) => {
                self.tick(0, Event::Sent(number), context);
                context.send(to, Message { number, time: self.time });
            }
            Request::Sort(mut stamps) => {
                stamps.sort_by_key(|stamp| (stamp.time, stamp.node));
                context.output(Answer::Sorted(stamps));
            }
        }
    }

    fn on_message(&mut self, _from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        self.tick(message.time, Event::Received(message.number), context);
    }

    fn on_timer(&mut self, (): (), _context: &mut Context<'_, Self>) {}
}

impl Node {
    /// An event happens, after everything here and after `seen`, a time that a message has brought.
    fn tick(&mut self, seen: u64, event: Event, context: &mut Context<'_, Self>) {
        self.time = self.time.max(seen) + 1;
        // Once somebody has heard of this time, a crash must not bring it back.
        context.disk().write("time", &self.time);
        context.disk().sync();
        context.output(Answer::Stamped(event, Stamp { time: self.time, node: context.me() }));
    }
}

impl LamportClock for Node {}

/// Sorted. To be drawn anew when the schedules of the exercise change: then the first check of this entry says that it does not
/// pass with the usual seed.
#[rustfmt::skip]
const KNOWN: [u16; 486] = [
    389, 468, 665, 788, 864, 1045, 1282, 1396, 1475, 1558, 1752, 1819, 1937, 1961, 1983, 2290, 2311, 2424, 2581, 2601,
    2727, 3369, 3396, 3598, 3811, 3823, 3874, 4086, 4134, 4198, 4407, 4496, 4729, 4787, 4795, 4917, 4979, 5002, 5005,
    5108, 5216, 6010, 6062, 6131, 6165, 6314, 6333, 6447, 6524, 6699, 6924, 6956, 7484, 7577, 7967, 7982, 8005, 8008,
    8271, 8334, 8500, 8658, 8717, 8765, 8869, 8974, 9127, 9198, 9260, 9493, 9676, 9712, 9727, 9733, 9881, 10073, 10124,
    10264, 10301, 10410, 10881, 11069, 11162, 11788, 11836, 12155, 12201, 12244, 12453, 12575, 12604, 12754, 12849,
    12963, 13028, 13843, 14046, 14130, 14273, 14294, 14325, 14472, 14496, 14547, 14657, 14820, 14831, 14883, 15320,
    15398, 15432, 15442, 15738, 15836, 15852, 15906, 15979, 16004, 16098, 17078, 17168, 17651, 17655, 17799, 17989,
    18121, 18207, 18343, 18352, 18386, 18593, 18888, 18971, 18985, 19050, 19089, 19215, 19319, 19374, 19454, 19527,
    19688, 19896, 19981, 20006, 20359, 20504, 20512, 20578, 20659, 20678, 20716, 20752, 20828, 20866, 21276, 21328,
    21338, 21428, 21481, 21515, 21518, 21633, 21826, 21998, 22251, 22350, 22504, 22641, 22644, 22675, 22697, 22726,
    22827, 22900, 22941, 23274, 23327, 23503, 23746, 23890, 24096, 24368, 25319, 25373, 25429, 25505, 26171, 26177,
    26309, 26354, 26418, 26507, 26581, 26582, 26774, 26964, 27077, 27138, 27160, 27166, 27195, 27226, 27938, 28262,
    28333, 28365, 28384, 28534, 28616, 28950, 29036, 29373, 29419, 29508, 29688, 29817, 30044, 30097, 30129, 30497,
    30540, 30667, 30768, 30906, 31016, 31169, 31209, 31218, 31225, 31475, 31509, 31535, 31765, 31845, 31930, 32229,
    32306, 32512, 32549, 32554, 32672, 32949, 32965, 33003, 33195, 33297, 33542, 33638, 33683, 33888, 33927, 33934,
    34127, 34288, 34305, 34448, 34729, 34947, 35123, 35270, 35534, 35694, 35752, 35826, 35840, 35885, 35925, 36376,
    36383, 36417, 36794, 36838, 36888, 36958, 37051, 37201, 37332, 37651, 37823, 37948, 38190, 38349, 38376, 38488,
    38718, 38802, 38967, 39042, 39147, 39498, 39507, 39718, 39926, 39932, 39973, 40126, 40208, 40284, 40364, 40438,
    40508, 40668, 40756, 40855, 40857, 41097, 41141, 41251, 41353, 41424, 41632, 41779, 41891, 42187, 42502, 42551,
    42703, 42760, 43006, 43606, 43811, 44067, 44092, 44108, 44385, 44584, 44622, 44645, 44669, 44826, 44952, 45385,
    45417, 45425, 45551, 45580, 45641, 45903, 45924, 46094, 46263, 46295, 46308, 46335, 46497, 46554, 46562, 46972,
    47018, 47025, 47152, 47229, 47342, 47647, 47978, 47986, 48229, 48304, 48440, 48680, 48757, 48794, 48967, 49370,
    49601, 49830, 49836, 49857, 50033, 50260, 50438, 50465, 50505, 50585, 50641, 50758, 50796, 50802, 50962, 50979,
    51210, 51247, 51297, 51743, 51829, 51912, 51922, 51968, 52048, 52137, 52295, 52326, 52599, 52884, 52997, 53058,
    53272, 53473, 53501, 53798, 54155, 54368, 54694, 54927, 54979, 55078, 55092, 55308, 55432, 55546, 55560, 55564,
    55567, 55573, 55746, 56362, 56494, 56689, 56952, 57162, 57325, 57392, 57411, 57581, 57761, 57782, 57984, 58020,
    58041, 58097, 58246, 58300, 58349, 58367, 58470, 58868, 58891, 59054, 59132, 59175, 59409, 59685, 60035, 60085,
    60103, 60116, 60118, 60496, 60557, 60822, 60964, 61153, 61181, 61333, 61424, 61454, 61459, 61702, 61712, 61745,
    61748, 61806, 62265, 62275, 62478, 62589, 62625, 62718, 63682, 63715, 63832, 63917, 63950, 64068, 64095, 64247,
    64311, 64468, 64572, 64592, 64746, 64769, 64925, 64948, 65519,
];
