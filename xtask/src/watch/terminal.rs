//! The learner's terminal, borrowed.
//!
//! Whatever happens, it goes back as it was: at the end of [`Borrowed`], before a panic is told, and when a signal ends
//! the process (see [`give_back`]).

use std::io::{self, IsTerminal, Write, stdout};
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{self, Event as Input, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::terminal::{Clear, ClearType, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, queue};

use super::model::{Event, Key, Scroll};

static BORROWED: AtomicBool = AtomicBool::new(false);

/// Whether there is a terminal on both ends.
pub fn is_there() -> bool {
    io::stdin().is_terminal() && stdout().is_terminal()
}

/// The terminal, with keys that arrive one by one and a hidden cursor, until this value ends.
#[derive(Debug)]
pub struct Borrowed(());

impl Borrowed {
    /// Takes it.
    ///
    /// # Errors
    ///
    /// When the terminal does not know how.
    pub fn take() -> io::Result<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let told = panic::take_hook();
            panic::set_hook(Box::new(move |panic| {
                give_back();
                told(panic);
            }));
        });
        enable_raw_mode()?;
        BORROWED.store(true, Ordering::SeqCst);
        let mut out = stdout();
        queue!(out, cursor::Hide)?;
        out.flush()?;
        Ok(Borrowed(()))
    }

    /// Shows a page instead of what is there. Lines end in `\n`.
    ///
    /// # Errors
    ///
    /// When the terminal is gone.
    pub fn show(&self, page: &str) -> io::Result<()> {
        let mut out = stdout().lock();
        queue!(out, cursor::MoveTo(0, 0))?;
        // Line by line instead of all at once: a page that is drawn again does not flicker.
        let mut lines = page.trim_end_matches('\n').split('\n').peekable();
        while let Some(line) = lines.next() {
            write!(out, "{line}")?;
            queue!(out, Clear(ClearType::UntilNewLine))?;
            if lines.peek().is_some() {
                write!(out, "\r\n")?;
            }
        }
        queue!(out, Clear(ClearType::FromCursorDown))?;
        out.flush()
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        give_back();
    }
}

/// Gives the terminal back, if it is borrowed. Harmless at any time and from any thread.
pub fn give_back() {
    if !BORROWED.swap(false, Ordering::SeqCst) {
        return;
    }
    // Nobody is left to tell an error to.
    let _ = disable_raw_mode();
    let mut out = stdout();
    let _ = queue!(out, cursor::Show).and_then(|()| writeln!(out)).and_then(|()| out.flush());
}

/// Waits for the next key or change of size; nothing when the terminal is gone.
pub fn next() -> Option<Event> {
    loop {
        match event::read().ok()? {
            Input::Key(key) if key.kind != KeyEventKind::Release => {
                return Some(Event::Key(meaning(key.code, key.modifiers)));
            }
            Input::Resize(..) => return Some(Event::Resized),
            _ => {}
        }
    }
}

fn meaning(code: KeyCode, modifiers: KeyModifiers) -> Key {
    if modifiers.contains(KeyModifiers::CONTROL) {
        return if matches!(code, KeyCode::Char('c' | 'd')) { Key::Interrupt } else { Key::Other };
    }
    match code {
        KeyCode::Char(letter) => match letter.to_ascii_lowercase() {
            'n' => Key::Next,
            'h' => Key::Hint,
            'l' => Key::List,
            'a' => Key::All,
            'r' => Key::Reset,
            's' => Key::Solution,
            'y' => Key::Yes,
            'q' => Key::Quit,
            'j' => Key::Scroll(Scroll::Down),
            'k' => Key::Scroll(Scroll::Up),
            ' ' => Key::Scroll(Scroll::PageDown),
            _ => Key::Other,
        },
        KeyCode::Down => Key::Scroll(Scroll::Down),
        KeyCode::Up => Key::Scroll(Scroll::Up),
        KeyCode::PageDown => Key::Scroll(Scroll::PageDown),
        KeyCode::PageUp => Key::Scroll(Scroll::PageUp),
        _ => Key::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_mean_the_same_with_caps_lock() {
        for (letter, key) in [('n', Key::Next), ('N', Key::Next), ('q', Key::Quit), ('Y', Key::Yes), ('x', Key::Other)]
        {
            assert_eq!(meaning(KeyCode::Char(letter), KeyModifiers::NONE), key, "{letter}");
        }
    }

    #[test]
    fn ctrl_c_is_not_the_letter_c() {
        assert_eq!(meaning(KeyCode::Char('c'), KeyModifiers::CONTROL), Key::Interrupt);
        assert_eq!(meaning(KeyCode::Char('n'), KeyModifiers::CONTROL), Key::Other);
        assert_eq!(meaning(KeyCode::Enter, KeyModifiers::NONE), Key::Other);
    }
}
