//! Pictures of what happened.
use report::Text;
use sim::{EventId, Trace};

/// How to draw.
pub struct View {
    /// The event at which the promise broke.
    pub focus: Option<EventId>,
    /// Rows at most.
    pub max_rows: usize,
    /// Columns at most.
    pub width: usize,
}

/// Draws a trace.
pub fn diagram(trace: &Trace, _view: &View) -> Text {
    Text::plain(&trace.events.iter().map(|e| format!("{:?}\n", e)).collect::<String>())
}
