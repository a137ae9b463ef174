//! `watch`: the exercise at hand again on every save.
//!
//! Three things talk at once: the keyboard, the file system, and the run that is going on. Each has a thread of its own
//! that only sends; one loop takes the messages in order, asks [`model`] what to do, and does it.
//!
//! - [`model`]: what happens next, without any terminal; [`screen`]: the page as text.
//! - [`saves`]: files of the exercise that change; [`terminal`]: the terminal, and giving it back.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use notify::Watcher;
use report::{ExerciseResult, ExerciseStatus, Summary};

use crate::checkout::relative;
use crate::cli::WatchArgs;
use crate::course::{Chapter, Exercise};
use crate::grade::{self, Request};
use crate::meter::Meter;
use crate::progress::{self, Progress, Sources};
use crate::source::Source;
use crate::{Context, Exit, Failure, hint, interrupt, list, lookup, reset, show, solution, stories, target};

use model::{Action, Event, Model, Scope, Scroll, View};
use screen::{Screen, Size};

pub mod model;
pub mod saves;
pub mod screen;
pub mod terminal;

/// How often the seconds of a long run are drawn.
const SECOND: Duration = Duration::from_secs(1);

enum Message {
    Event(Event),
    /// A run ended; or panicked, which is a bug of ours.
    Ended(thread::Result<Result<Summary, Failure>>),
    /// Nobody can press a key any more.
    TerminalGone,
}

/// The `watch` command.
///
/// # Errors
///
/// Without a terminal, when there is no such exercise, or none to watch.
pub fn run(context: &Context, args: &WatchArgs) -> Result<Exit, Failure> {
    if !terminal::is_there() {
        return Err(Failure::new(
            "`watch` needs a terminal for its keys, and this is none.\n\n\
             In a script or a pipe use `cargo xtask check`, with an exercise if you like.",
        ));
    }
    let (progress, note) = Progress::load(&context.root);
    let model = model(context, &progress, args.exercise.as_deref())?;
    let refused = |error: std::io::Error| Failure::new(format!("The terminal can't be used for `watch`: {error}."));
    let borrowed = terminal::Borrowed::take().map_err(refused)?;
    interrupt::before_exit(terminal::give_back);
    let (sender, messages) = channel();
    let keys = sender.clone();
    thread::spawn(move || {
        while let Some(event) = terminal::next() {
            if keys.send(Message::Event(event)).is_err() {
                return;
            }
        }
        let _ = keys.send(Message::TerminalGone);
    });
    let mut watch = Watch {
        context: Arc::new(context.clone()),
        model,
        progress,
        terminal: borrowed,
        sender,
        watcher: None,
        started: Instant::now(),
        scope: Scope::One,
        sources: Sources::default(),
        ended: None,
        result: Shown::default(),
        hint: String::new(),
        notes: note.into_iter().collect(),
        scroll: 0,
        window: 1,
    };
    let last = watch.until_quit(&messages);
    interrupt::end_children();
    drop(watch);
    last.map(|()| Exit::Ok)
}

fn model(context: &Context, progress: &Progress, chosen: Option<&str>) -> Result<Model, Failure> {
    let all = || context.course.chapters.iter().flat_map(|chapter| &chapter.exercises);
    let exercises: Vec<(String, bool)> = all().map(|e| (e.id.clone(), progress.passed(&e.id))).collect();
    let at = match chosen {
        Some(id) => lookup::exercise(&context.course, id)?.1.id.as_str(),
        None => match (progress.at_hand(&context.course), all().next()) {
            (Some((_, exercise)), _) | (None, Some(exercise)) => exercise.id.as_str(),
            (None, None) => {
                return Err(Failure::new("This course has no exercises yet, so there is nothing to watch."));
            }
        },
    };
    let place = exercises.iter().position(|(id, _)| id == at).expect("an exercise of the course is in its list");
    Ok(Model::new(exercises, place, chosen.is_some()))
}

/// The last result, ready to show.
#[derive(Debug, Default)]
struct Shown {
    status: String,
    body: String,
}

struct Watch {
    context: Arc<Context>,
    model: Model,
    progress: Progress,
    terminal: terminal::Borrowed,
    sender: Sender<Message>,
    watcher: Option<Box<dyn Watcher + Send>>,
    /// When the run at hand, or the last one, began.
    started: Instant,
    scope: Scope,
    /// What it is run on.
    sources: Sources,
    /// What it ended with, until the model says whether that counts.
    ended: Option<Result<Summary, Failure>>,
    result: Shown,
    hint: String,
    /// Things to say once, above the next result.
    notes: Vec<String>,
    scroll: usize,
    window: usize,
}

impl Watch {
    fn until_quit(&mut self, messages: &Receiver<Message>) -> Result<(), Failure> {
        let began = Instant::now();
        let now_ms = || u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let first = self.model.open();
        self.act(first)?;
        loop {
            let due = self.model.due_ms().map(|due_ms| Duration::from_millis(due_ms.saturating_sub(now_ms())));
            let event = match messages.recv_timeout(due.unwrap_or(SECOND)) {
                Ok(Message::Event(event)) => event,
                Ok(Message::Ended(Ok(ended))) => {
                    let event = Event::Finished(ended.as_ref().ok().map(passes));
                    self.ended = Some(ended);
                    event
                }
                Ok(Message::Ended(Err(panic))) => resume_unwind(panic),
                Ok(Message::TerminalGone) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) => Event::Tick,
            };
            let actions = self.model.handle(event, now_ms());
            if self.act(actions)? {
                return Ok(());
            }
        }
    }

    /// Does what the model says; whether to leave.
    fn act(&mut self, actions: Vec<Action>) -> Result<bool, Failure> {
        for action in actions {
            match action {
                Action::Start(scope) => self.start(scope),
                Action::Cancel => interrupt::stop_graders(),
                Action::Accept => self.accept(),
                Action::Follow => self.follow()?,
                Action::Hint => self.next_hint(),
                Action::Reset => self.reset(),
                Action::Scroll(scroll) => self.scroll(scroll),
                Action::Draw => self.draw()?,
                Action::Quit => return Ok(true),
            }
        }
        Ok(false)
    }

    fn start(&mut self, scope: Scope) {
        interrupt::let_graders_start();
        self.started = Instant::now();
        self.scope = scope;
        self.sources = Sources::now(&self.context.root, &self.context.course);
        self.ended = None;
        self.scroll = 0;
        let (context, sender) = (Arc::clone(&self.context), self.sender.clone());
        let targets = targets(&self.model, scope);
        thread::spawn(move || {
            let ended = catch_unwind(AssertUnwindSafe(|| {
                grade::grade(&context, &request(&context, &targets)?, &Meter::silent())
            }));
            // Nobody listens any more when the learner has left.
            let _ = sender.send(Message::Ended(ended));
        });
    }

    fn accept(&mut self) {
        let took = format!("{:.1} s", self.started.elapsed().as_secs_f64());
        match self.ended.take() {
            Some(Ok(summary)) => {
                self.notes.extend(progress::record(&self.context.root, &self.context.course, &self.sources, &summary));
                self.progress = Progress::load(&self.context.root).0;
                self.result = self.shown(&summary, &took);
            }
            Some(Err(failure)) => {
                let status = self.context.paint.bad("The check could not be run.");
                self.result = Shown { status, body: failure.to_string() };
            }
            None => {}
        }
        // Said with this result and gone with it.
        self.result.body.insert_str(0, &self.said());
        self.notes.clear();
        self.scroll = 0;
    }

    fn said(&self) -> String {
        self.notes.iter().map(|note| format!("{}\n\n", self.context.paint.fault(note))).collect()
    }

    fn shown(&self, summary: &Summary, took: &str) -> Shown {
        let paint = self.context.paint;
        if let (Scope::One, Some(only)) = (self.scope, summary.exercises().next()) {
            let (_, exercise) = self.pair();
            return Shown { status: status(paint, exercise, only, took), body: self.body(only) };
        }
        let request = request(&self.context, &[]).expect("no target is wrong when there is none");
        let status = format!("The whole course, checked in {took}.");
        Shown { status, body: show::summary(&self.context, &request, summary) }
    }

    fn body(&self, result: &ExerciseResult) -> String {
        let paint = self.context.paint;
        let (id, glance) = (&result.id, show::glance(&self.context, result));
        match result.status {
            ExerciseStatus::Passed => format!(
                "{} next exercise   {} the reference solution beside yours\n\n{glance}",
                paint.strong("n"),
                paint.strong("s")
            ),
            ExerciseStatus::NotStarted => format!(
                "Open the file named above in your editor; every save is checked here.\nThe lesson on it: {}\n\n{glance}",
                paint.strong(&format!("cargo xtask lesson {id}"))
            ),
            _ => glance,
        }
    }

    fn follow(&mut self) -> Result<(), Failure> {
        let (chapter, exercise) = self.pair();
        let folder = progress::source_folder(&self.context.root, chapter);
        let sender = self.sender.clone();
        let saved = move || drop(sender.send(Message::Event(Event::Saved)));
        let watcher = saves::watch(saves::Files::new(&folder, &exercise.id), saved).map_err(|error| {
            let name = relative(&self.context.root, &folder);
            Failure::new(format!("{name} can't be watched: {error}.\n\n`cargo xtask check` works without watching."))
        })?;
        self.watcher = Some(watcher);
        self.result = Shown::default();
        self.hint.clear();
        Ok(())
    }

    fn pair(&self) -> (&Chapter, &Exercise) {
        self.context.course.exercise(self.model.exercise()).expect("the model knows only exercises of the course")
    }

    fn next_hint(&mut self) {
        // Another terminal may have asked as well.
        let (mut progress, note) = Progress::load(&self.context.root);
        self.hint = hint::next(self.context.paint, self.pair().1, &mut progress);
        self.notes.extend(note.into_iter().chain(progress.save(&self.context.root).err()));
        self.progress = progress;
        self.scroll = 0;
    }

    fn reset(&mut self) {
        let (chapter, exercise) = self.pair();
        match reset::put_back(&self.context, chapter, exercise) {
            Ok(told) => self.notes.push(told.join("\n")),
            Err(failure) => self.notes.push(failure.to_string()),
        }
    }

    fn scroll(&mut self, scroll: Scroll) {
        let page = self.window.saturating_sub(1).max(1);
        self.scroll = match scroll {
            Scroll::Up => self.scroll.saturating_sub(1),
            Scroll::Down => self.scroll + 1,
            Scroll::PageUp => self.scroll.saturating_sub(page),
            Scroll::PageDown => self.scroll + page,
        };
    }

    fn draw(&mut self) -> Result<(), Failure> {
        let (columns, rows) = crossterm::terminal::size().unwrap_or((80, 24));
        let size = Size { columns: usize::from(columns.max(10)), rows: usize::from(rows.max(4)) };
        let course = &self.context.course;
        let (chapter, exercise) = self.pair();
        let folder = progress::source_folder(&self.context.root, chapter);
        let (status, body) = self.content();
        let screen = Screen {
            exercise: &exercise.id,
            title: &exercise.title,
            file: &relative(&self.context.root, &folder.join(format!("{}.rs", exercise.id))),
            bar: &progress::bar(self.progress.chapters_passed(course), course.chapters.len()),
            status: &status,
            body: &body,
            keys: self.keys(),
        };
        let page = screen.draw(self.context.paint, size, self.scroll);
        (self.scroll, self.window) = (page.scroll, page.window);
        let gone = |error: std::io::Error| Failure::new(format!("The terminal can't be written: {error}."));
        self.terminal.show(&page.text).map_err(gone)
    }

    fn content(&self) -> (String, String) {
        let paint = self.context.paint;
        let (_, exercise) = self.pair();
        let (mut status, result) = match self.model.running() {
            Some(scope) => (self.waiting(scope), ""),
            None => (self.result.status.clone(), self.result.body.as_str()),
        };
        let notes = self.said();
        let body = match self.model.view() {
            View::Result => format!("{notes}{result}"),
            View::Hint => format!("{notes}{}\n{result}", self.hint),
            View::List => {
                status = paint.dim("as of the last check of each");
                list::all(&self.context, &self.progress)
            }
            View::Solution => {
                let (chapter, exercise) = self.pair();
                solution::page(&self.context, chapter, exercise).unwrap_or_else(|failure| failure.to_string())
            }
            View::Question => {
                status = paint.fault(&format!("Put the stub of {} back? [y/N]", exercise.id));
                "What you have now is kept under a dated name.".to_owned()
            }
        };
        (status, body)
    }

    fn waiting(&self, scope: Scope) -> String {
        let what = match scope {
            Scope::One => "checking",
            Scope::All => "checking the whole course",
        };
        let seconds = self.started.elapsed().as_secs();
        let long = if seconds >= 5 { "  the first time, what the course depends on is compiled too" } else { "" };
        let elapsed = if seconds >= 1 { format!(" {seconds} s") } else { String::new() };
        self.context.paint.dim(&format!("{what}…{elapsed}{long}"))
    }

    fn keys(&self) -> &'static [(char, &'static str)] {
        match (self.model.view(), self.model.passes()) {
            (View::Question, _) => &[('y', "yes, put the stub back"), ('n', "no")],
            (View::List, _) => &[('l', "back"), ('n', "next"), ('a', "run all"), ('q', "quit")],
            (View::Solution, _) => &[('s', "back"), ('n', "next"), ('q', "quit")],
            (_, true) => &[
                ('n', "next"),
                ('s', "solution"),
                ('l', "list"),
                ('a', "run all"),
                ('r', "reset"),
                ('h', "hint"),
                ('q', "quit"),
            ],
            (_, false) => {
                &[('n', "next"), ('h', "hint"), ('l', "list"), ('a', "run all"), ('r', "reset"), ('q', "quit")]
            }
        }
    }
}

/// How it went, in a line.
fn status(paint: crate::Paint, exercise: &Exercise, result: &ExerciseResult, took: &str) -> String {
    let total = exercise.checks.len();
    let kept = result.checks.iter().filter(|check| check.holds()).count();
    let took = paint.dim(&format!("({took})"));
    match result.status {
        ExerciseStatus::Passed => {
            let promises =
                if total == 1 { "its promise holds".to_owned() } else { format!("all {total} promises hold") };
            format!("{} {took}", paint.good(&format!("✓ {} passes: {promises}. Well done!", exercise.id)))
        }
        ExerciseStatus::Failed => format!("{} {took}", paint.bad(&format!("{kept} of {total} promises kept"))),
        ExerciseStatus::NotStarted => format!("not started yet {took}"),
        ExerciseStatus::DoesNotCompile => format!("{} {took}", paint.bad("does not compile")),
    }
}

fn passes(summary: &Summary) -> Vec<(String, bool)> {
    let passed = |exercise: &ExerciseResult| exercise.status == ExerciseStatus::Passed;
    summary.exercises().map(|exercise| (exercise.id.clone(), passed(exercise))).collect()
}

fn targets(model: &Model, scope: Scope) -> Vec<String> {
    match scope {
        Scope::One => vec![model.exercise().to_owned()],
        Scope::All => Vec::new(),
    }
}

fn request<'c>(context: &'c Context, targets: &[String]) -> Result<Request<'c>, Failure> {
    let selection = target::select(&context.course, targets)?;
    let stories = stories::folder(context, &Source::Exercises, None);
    Ok(Request { selection, source: Source::Exercises, deep: false, seed: None, replay: None, stories })
}
