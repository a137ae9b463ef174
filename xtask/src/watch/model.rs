//! What `watch` does next, without a terminal, a disk or a clock.
//!
//! Keys, saves and finished runs come in any order and at any moment, which is where such a command goes wrong. So the
//! decisions are one function from an event to actions, and the tests feed it the orders that are hard to type.

/// How long after the last sign of a save a run begins, in milliseconds. Editors write a file in several steps.
pub const DEBOUNCE_MS: u64 = 60;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A key was pressed.
    Key(Key),
    /// A file of the exercise at hand changed.
    Saved,
    /// Time passed.
    Tick,
    /// The terminal has another size.
    Resized,
    /// The run ended: every exercise that was graded, and whether it passes. None if there is no result.
    Finished(Option<Vec<(String, bool)>>),
}

/// A key with a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// The next exercise.
    Next,
    /// One more hint.
    Hint,
    /// The list, and away with it.
    List,
    /// A run of the whole course.
    All,
    /// The stub back, after a question.
    Reset,
    /// Yes to that question.
    Yes,
    /// The solution, where the exercise passes.
    Solution,
    /// Leave; in a question it means no.
    Quit,
    /// Up or down through a long page.
    Scroll(Scroll),
    /// Ctrl-C: leave, whatever is on the screen.
    Interrupt,
    /// Any other.
    Other,
}

/// How to move through a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scroll {
    /// One line up.
    Up,
    /// One line down.
    Down,
    /// A screen up.
    PageUp,
    /// A screen down.
    PageDown,
}

/// What to grade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The exercise at hand.
    One,
    /// The course.
    All,
}

/// What to do about it, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start a run.
    Start(Scope),
    /// Make the run that is going on end; its end will still be told.
    Cancel,
    /// Keep the result of the run that ended and show it.
    Accept,
    /// Watch the files of another exercise from now on.
    Follow,
    /// Take the next hint.
    Hint,
    /// Put the stub back.
    Reset,
    /// Move through the page.
    Scroll(Scroll),
    /// Draw the screen.
    Draw,
    /// Leave.
    Quit,
}

/// What the screen shows below its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// The last result.
    Result,
    /// The last result and a hint.
    Hint,
    /// All exercises.
    List,
    /// The reference beside the learner's.
    Solution,
    /// "Really?"
    Question,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    scope: Scope,
    cancelled: bool,
}

/// Where `watch` stands.
#[derive(Clone, Debug)]
pub struct Model {
    /// Ids of all exercises, and whether each passed its last run.
    exercises: Vec<(String, bool)>,
    current: usize,
    view: View,
    run: Option<Run>,
    /// What to run when the cancelled run has ended.
    queued: Option<Scope>,
    due_ms: Option<u64>,
    /// Still looking for the first exercise that does not pass.
    opening: bool,
}

impl Model {
    /// At exercise `current`. When it was not `chosen` by the learner and turns out to pass, the search goes on.
    ///
    /// # Panics
    ///
    /// When there are no exercises.
    pub fn new(exercises: Vec<(String, bool)>, current: usize, chosen: bool) -> Self {
        assert!(current < exercises.len(), "there is an exercise to watch");
        let (view, run, queued, due_ms) = (View::Result, None, None, None);
        Model { exercises, current, view, run, queued, due_ms, opening: !chosen }
    }

    /// The first actions.
    pub fn open(&mut self) -> Vec<Action> {
        let mut actions = vec![Action::Follow];
        actions.extend(self.request(Scope::One));
        actions
    }

    /// The exercise at hand.
    pub fn exercise(&self) -> &str {
        &self.exercises[self.current].0
    }

    /// Whether the exercise at hand passed its last run.
    pub fn passes(&self) -> bool {
        self.exercises[self.current].1
    }

    /// What the screen shows.
    pub fn view(&self) -> View {
        self.view
    }

    /// What is being graded, if anything.
    pub fn running(&self) -> Option<Scope> {
        self.run.map(|run| run.scope)
    }

    /// When the next [`Event::Tick`] is needed, at the latest.
    pub fn due_ms(&self) -> Option<u64> {
        self.due_ms
    }

    /// Takes in an event at the time `now_ms`, which may count from anywhere.
    pub fn handle(&mut self, event: Event, now_ms: u64) -> Vec<Action> {
        match event {
            Event::Key(key) => self.key(key),
            Event::Saved => {
                self.due_ms = Some(now_ms + DEBOUNCE_MS);
                Vec::new()
            }
            Event::Tick if self.due_ms.is_some_and(|due_ms| due_ms <= now_ms) => {
                self.due_ms = None;
                self.view = View::Result;
                self.opening = false;
                self.request(Scope::One)
            }
            Event::Tick if self.run.is_some() => vec![Action::Draw],
            Event::Tick => Vec::new(),
            Event::Resized => vec![Action::Draw],
            Event::Finished(results) => self.finished(results),
        }
    }

    fn key(&mut self, key: Key) -> Vec<Action> {
        if key == Key::Interrupt {
            return vec![Action::Quit];
        }
        if self.view == View::Question {
            self.view = View::Result;
            return if key == Key::Yes { vec![Action::Reset, Action::Draw] } else { vec![Action::Draw] };
        }
        match key {
            Key::Next => {
                self.opening = false;
                self.go_on()
            }
            Key::Hint => {
                self.view = View::Hint;
                vec![Action::Hint, Action::Draw]
            }
            Key::List => self.toggle(View::List),
            Key::Solution if self.passes() => self.toggle(View::Solution),
            Key::Reset => self.toggle(View::Question),
            Key::All => {
                self.opening = false;
                self.view = View::Result;
                self.request(Scope::All)
            }
            Key::Quit => vec![Action::Quit],
            Key::Scroll(scroll) => vec![Action::Scroll(scroll), Action::Draw],
            Key::Yes | Key::Solution | Key::Interrupt | Key::Other => Vec::new(),
        }
    }

    fn toggle(&mut self, view: View) -> Vec<Action> {
        self.view = if self.view == view { View::Result } else { view };
        vec![Action::Draw]
    }

    /// To the next exercise that does not pass, or to the next one if all others do.
    fn go_on(&mut self) -> Vec<Action> {
        let total = self.exercises.len();
        let later = |step: usize| (self.current + step) % total;
        let open = (1..total).map(later).find(|place| !self.exercises[*place].1);
        self.current = open.unwrap_or_else(|| later(1));
        self.view = View::Result;
        // A save of the exercise that is left behind starts nothing here.
        self.due_ms = None;
        let mut actions = vec![Action::Follow];
        actions.extend(self.request(Scope::One));
        actions
    }

    fn request(&mut self, scope: Scope) -> Vec<Action> {
        match &mut self.run {
            None => {
                self.run = Some(Run { scope, cancelled: false });
                vec![Action::Start(scope), Action::Draw]
            }
            Some(run) => {
                self.queued = Some(scope);
                if std::mem::replace(&mut run.cancelled, true) {
                    vec![Action::Draw]
                } else {
                    vec![Action::Cancel, Action::Draw]
                }
            }
        }
    }

    fn finished(&mut self, results: Option<Vec<(String, bool)>>) -> Vec<Action> {
        let Some(run) = self.run.take() else { return Vec::new() };
        if run.cancelled {
            let scope = self.queued.take().unwrap_or(run.scope);
            return self.request(scope);
        }
        for (id, passes) in results.iter().flatten() {
            if let Some(known) = self.exercises.iter_mut().find(|(known, _)| known == id) {
                known.1 = *passes;
            }
        }
        let all_pass = self.exercises.iter().all(|(_, passes)| *passes);
        if self.opening && self.passes() && !all_pass {
            return [vec![Action::Accept], self.go_on()].concat();
        }
        self.opening = false;
        vec![Action::Accept, Action::Draw]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Action::*;

    fn model(chosen: bool) -> Model {
        let mut model = Model::new(["a", "b", "c"].map(|id| (id.to_owned(), false)).to_vec(), 0, chosen);
        assert_eq!(model.open(), [Follow, Start(Scope::One), Draw]);
        model
    }

    fn ended(id: &str, passes: bool) -> Event {
        Event::Finished(Some(vec![(id.to_owned(), passes)]))
    }

    fn idle() -> Model {
        let mut model = model(true);
        assert_eq!(model.handle(ended("a", false), 0), [Accept, Draw]);
        model
    }

    fn press(model: &mut Model, key: Key) -> Vec<Action> {
        model.handle(Event::Key(key), 0)
    }

    #[test]
    fn the_signs_of_one_save_start_one_run() {
        let mut model = idle();
        for at_ms in [1000, 1010, 1050] {
            assert!(model.handle(Event::Saved, at_ms).is_empty());
        }
        assert_eq!(model.due_ms(), Some(1110));
        assert!(model.handle(Event::Tick, 1109).is_empty());
        assert_eq!(model.handle(Event::Tick, 1110), [Start(Scope::One), Draw]);
        assert_eq!(model.due_ms(), None);
    }

    #[test]
    fn a_save_during_a_run_ends_it_and_starts_another() {
        let mut model = model(true);
        model.handle(Event::Saved, 0);
        assert_eq!(model.handle(Event::Tick, 60), [Cancel, Draw]);
        model.handle(Event::Saved, 70);
        assert_eq!(model.handle(Event::Tick, 130), [Draw], "it is cancelled only once");
        assert_eq!(model.handle(ended("a", true), 140), [Start(Scope::One), Draw], "its result is not taken");
        assert!(!model.passes());
        assert_eq!(model.handle(ended("a", true), 150), [Accept, Draw]);
        assert!(model.passes());
    }

    #[test]
    fn next_goes_to_what_does_not_pass_and_round_the_end() {
        let mut model = idle();
        model.handle(Event::Key(Key::All), 0);
        let results = [("a", false), ("b", true), ("c", false)].map(|(id, passes)| (id.to_owned(), passes));
        model.handle(Event::Finished(Some(results.to_vec())), 0);
        assert_eq!(press(&mut model, Key::Next), [Follow, Start(Scope::One), Draw]);
        assert_eq!(model.exercise(), "c");
        model.handle(ended("c", true), 0);
        press(&mut model, Key::Next);
        assert_eq!(model.exercise(), "a");
        model.handle(ended("a", true), 0);
        press(&mut model, Key::Next);
        assert_eq!(model.exercise(), "b", "when all pass it is simply the next one");
    }

    #[test]
    fn next_during_a_run_waits_for_its_end_and_drops_a_save_of_the_old_one() {
        let mut model = model(true);
        model.handle(Event::Saved, 0);
        assert_eq!(press(&mut model, Key::Next), [Follow, Cancel, Draw]);
        assert_eq!(model.due_ms(), None);
        assert_eq!(model.handle(Event::Finished(None), 5), [Start(Scope::One), Draw]);
        assert_eq!(model.exercise(), "b");
    }

    #[test]
    fn opening_goes_on_to_the_first_that_does_not_pass() {
        let mut model = model(false);
        assert_eq!(model.handle(ended("a", true), 0), [Accept, Follow, Start(Scope::One), Draw]);
        assert_eq!(model.handle(ended("b", false), 0), [Accept, Draw]);
        assert_eq!(model.exercise(), "b");
        model.handle(Event::Saved, 10);
        model.handle(Event::Tick, 70);
        assert_eq!(model.handle(ended("b", true), 80), [Accept, Draw], "a pass one works for is to be seen");
    }

    #[test]
    fn opening_on_a_finished_course_stays_where_it_is() {
        let mut model = Model::new(vec![("a".to_owned(), true), ("b".to_owned(), true)], 0, false);
        model.open();
        assert_eq!(model.handle(ended("a", true), 0), [Accept, Draw]);
    }

    #[test]
    fn an_exercise_that_was_named_is_not_left_by_itself() {
        let mut model = model(true);
        assert_eq!(model.handle(ended("a", true), 0), [Accept, Draw]);
        assert_eq!(model.exercise(), "a");
    }

    #[test]
    fn a_reset_needs_a_yes() {
        let mut model = idle();
        assert_eq!(press(&mut model, Key::Reset), [Draw]);
        assert_eq!(model.view(), View::Question);
        for no in [Key::Quit, Key::Other, Key::Reset, Key::Next] {
            assert_eq!(press(&mut model, no), [Draw]);
            assert_eq!(model.view(), View::Result);
            press(&mut model, Key::Reset);
        }
        assert_eq!(press(&mut model, Key::Yes), [Reset, Draw]);
        assert!(press(&mut model, Key::Yes).is_empty(), "without a question it means nothing");
    }

    #[test]
    fn a_run_that_ends_does_not_answer_the_question() {
        let mut model = model(true);
        press(&mut model, Key::Reset);
        assert_eq!(model.handle(ended("a", false), 0), [Accept, Draw]);
        assert_eq!(model.view(), View::Question);
    }

    #[test]
    fn ctrl_c_leaves_from_anywhere() {
        let mut model = idle();
        press(&mut model, Key::Reset);
        assert_eq!(press(&mut model, Key::Interrupt), [Quit]);
        assert_eq!(press(&mut idle(), Key::Quit), [Quit]);
    }

    #[test]
    fn the_solution_is_there_only_after_a_pass() {
        let mut model = idle();
        assert!(press(&mut model, Key::Solution).is_empty());
        press(&mut model, Key::All);
        model.handle(ended("a", true), 0);
        assert_eq!(press(&mut model, Key::Solution), [Draw]);
        assert_eq!(model.view(), View::Solution);
    }

    #[test]
    fn the_list_comes_and_goes_and_a_save_brings_the_result_back() {
        let mut model = idle();
        press(&mut model, Key::List);
        assert_eq!(model.view(), View::List);
        press(&mut model, Key::List);
        assert_eq!(model.view(), View::Result);
        press(&mut model, Key::List);
        model.handle(Event::Saved, 0);
        model.handle(Event::Tick, 60);
        assert_eq!(model.view(), View::Result);
    }

    #[test]
    fn time_alone_draws_only_while_something_runs() {
        assert!(idle().handle(Event::Tick, 9).is_empty());
        assert_eq!(model(true).handle(Event::Tick, 9), [Draw]);
    }

    #[test]
    fn a_run_without_a_result_leaves_the_states_alone() {
        let mut model = model(false);
        assert_eq!(model.handle(Event::Finished(None), 0), [Accept, Draw]);
        assert!(model.handle(Event::Finished(None), 0).is_empty(), "nothing was running");
    }
}
