//! Histories out of files.
//!
//! Two formats are read, both as other checkers use them: logs of Jepsen's etcd test, about one register
//! ([`register`]), and one map a line of EDN, about a map of strings ([`map`]). Times are not in them; the line number
//! stands in as microseconds. Blanks and tabs may be anywhere.

use std::collections::BTreeMap;
use std::fmt;

use crate::history::{Client, History, OperationId};
use crate::model::{MapInput, MapOutput, RegisterInput, RegisterOutput};

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatError {
    /// The line, from 1; none if it is about the file as a whole.
    pub line: Option<usize>,
    /// What is wrong, and what to do about it.
    pub message: String,
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.message),
            None => write!(f, "{}", self.message),
        }
    }
}

impl std::error::Error for FormatError {}

/// What a line says about an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Invoke,
    Ok,
    Fail,
    Info,
}

impl Type {
    fn parse(word: &str) -> Result<Self, String> {
        match word {
            ":invoke" => Ok(Type::Invoke),
            ":ok" => Ok(Type::Ok),
            ":fail" => Ok(Type::Fail),
            ":info" => Ok(Type::Info),
            _ => Err(format!("`{word}` is none of :invoke, :ok, :fail and :info")),
        }
    }
}

/// A history under construction: every process has at most one operation under way.
struct Reader<I, O> {
    history: History<I, O>,
    /// The operation that each process is at, and its name.
    under_way: BTreeMap<u64, (OperationId, String)>,
    line: usize,
}

impl<I, O> Reader<I, O> {
    fn new() -> Self {
        Reader { history: History::new(), under_way: BTreeMap::new(), line: 0 }
    }

    fn error(&self, message: String) -> FormatError {
        FormatError { line: Some(self.line), message }
    }

    fn invoke(&mut self, process: u64, name: &str, input: I) -> Result<(), String> {
        if let Some((_, earlier)) = self.under_way.get(&process) {
            return Err(format!(
                "process {process} calls {name} while its {earlier} is still under way; a process waits for the end of \
                 one operation before it calls the next, so give what runs at the same time another process number"
            ));
        }
        let id = self.history.invoke(self.line as u64, Client(process), input);
        self.under_way.insert(process, (id, name.to_owned()));
        Ok(())
    }

    /// The operation that ends here; it is no longer under way.
    fn end(&mut self, process: u64, name: &str) -> Result<OperationId, String> {
        match self.under_way.remove(&process) {
            Some((id, called)) if called == name => Ok(id),
            Some((_, called)) => Err(format!("{name} of process {process} ends, but what it called last is {called}")),
            None => Err(format!(
                "{name} of process {process} ends, but the process has called nothing that could end; is the line with \
                 its :invoke missing?"
            )),
        }
    }

    fn returned(&mut self, id: OperationId, output: O) {
        self.history.complete(self.line as u64, id, output);
    }

    fn finish(self, expected: &str) -> Result<History<I, O>, FormatError> {
        if self.history.is_empty() {
            let message = format!("there is no operation in it; an operation begins with a line like `{expected}`");
            return Err(FormatError { line: None, message });
        }
        Ok(self.history)
    }
}

/// Reads a log of Jepsen's etcd test: one register, initially nil.
///
/// Lines that matter begin `INFO  jepsen.util - PROCESS`; then come `:invoke`, `:ok`, `:fail` or `:info`, the operation
/// and its value: `:read nil`, `:write 3`, `:cas [3 4]`. A compare-and-set that fails found another value than its
/// first. A write or compare-and-set with `:info` has an unknown outcome; any operation without an end as well. A read
/// that failed or timed out has observed nothing. Other lines are the log's own and are passed over.
pub fn register(text: &str) -> Result<History<RegisterInput<i64>, RegisterOutput<i64>>, FormatError> {
    let mut reader = Reader::new();
    for (number, line) in text.lines().enumerate() {
        reader.line = number + 1;
        let words: Vec<&str> = line.split_whitespace().collect();
        if let ["INFO", "jepsen.util", "-", process, kind, operation, value @ ..] = words.as_slice() {
            register_line(&mut reader, process, kind, operation, &value.join(" "))
                .map_err(|message| reader.error(message))?;
        }
    }
    reader.finish("INFO  jepsen.util - 0 :invoke :write 3")
}

fn register_line(
    reader: &mut Reader<RegisterInput<i64>, RegisterOutput<i64>>,
    process: &str,
    kind: &str,
    operation: &str,
    value: &str,
) -> Result<(), String> {
    // A process that is no number is Jepsen's own, the one that makes the faults.
    let Ok(process) = process.parse() else { return Ok(()) };
    let kind = Type::parse(kind)?;
    if kind == Type::Invoke {
        let input = match operation {
            ":read" => RegisterInput::Read,
            ":write" => RegisterInput::Write(integer(value)?),
            ":cas" => pair(value).map(|(from, to)| RegisterInput::Cas { from, to })?,
            _ => return Err(format!("`{operation}` is none of :read, :write and :cas")),
        };
        return reader.invoke(process, operation, input);
    }
    let id = reader.end(process, operation)?;
    match (kind, operation) {
        (Type::Ok, ":read") => {
            let value = if value == "nil" { None } else { Some(integer(value)?) };
            reader.returned(id, RegisterOutput::Value(value));
        }
        (Type::Ok, ":write") => reader.returned(id, RegisterOutput::Written),
        (Type::Ok, _) => reader.returned(id, RegisterOutput::Swapped(true)),
        (Type::Fail, ":cas") if value != ":timed-out" => reader.returned(id, RegisterOutput::Swapped(false)),
        (Type::Fail, _) | (_, ":read") => reader.history.fail(id),
        // The outcome stays unknown.
        _ => {}
    }
    Ok(())
}

fn integer(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| format!("`{text}` should be a whole number"))
}

/// `[3 4]`.
fn pair(text: &str) -> Result<(i64, i64), String> {
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let words: Vec<&str> = inner.unwrap_or_default().split_whitespace().collect();
    match words.as_slice() {
        [from, to] => Ok((integer(from)?, integer(to)?)),
        _ => Err(format!("`{text}` should be two whole numbers in brackets, such as [3 4]")),
    }
}

/// Reads a history of a map of strings, all empty at first.
///
/// A line is `{:process 0, :type :invoke, :f :append, :key "a", :value "x"}`; `:type` is `:invoke`, `:ok`, `:fail` or
/// `:info`, `:f` is `:get`, `:put` or `:append`, and the value is a string or nil. Empty lines are passed over. What has
/// no end, or ends with `:info`, has an unknown outcome; what fails had no effect.
pub fn map(text: &str) -> Result<History<MapInput, MapOutput>, FormatError> {
    let mut reader = Reader::new();
    for (number, line) in text.lines().enumerate() {
        reader.line = number + 1;
        if !line.trim().is_empty() {
            map_line(&mut reader, line).map_err(|message| reader.error(message))?;
        }
    }
    reader.finish(r#"{:process 0, :type :invoke, :f :append, :key "a", :value "x"}"#)
}

fn map_line(reader: &mut Reader<MapInput, MapOutput>, line: &str) -> Result<(), String> {
    let fields = fields(line)?;
    let field = |name: &str| {
        let missing = || format!("there is no {name}; a line has :process, :type, :f, :key and :value");
        fields.iter().find(|(key, _)| key == name).map(|(_, value)| value).ok_or_else(missing)
    };
    let process = match field(":process")? {
        Value::Word(word) => word.parse().map_err(|_| format!("the :process `{word}` should be a number"))?,
        value => return Err(format!("the :process {value} should be a number")),
    };
    let kind = Type::parse(field(":type")?.word()?)?;
    let operation = field(":f")?.word()?;
    let key = field(":key")?.string("the :key")?;
    let value = field(":value")?;
    // The key is part of the name: what ends must be what was called.
    let name = format!("{operation} of key \"{key}\"");
    if kind == Type::Invoke {
        let input = match operation {
            ":get" => MapInput::Get { key },
            ":put" => MapInput::Put { key, value: value.string("what is put")? },
            ":append" => MapInput::Append { key, value: value.string("what is appended")? },
            _ => return Err(format!("`{operation}` is none of :get, :put and :append")),
        };
        return reader.invoke(process, &name, input);
    }
    let id = reader.end(process, &name)?;
    match (kind, operation) {
        (Type::Ok, ":get") if *value == Value::Word("nil".to_owned()) => {
            reader.returned(id, MapOutput::Value(String::new()));
        }
        (Type::Ok, ":get") => reader.returned(id, MapOutput::Value(value.string("what a get returns")?)),
        (Type::Ok, _) => reader.returned(id, MapOutput::Done),
        (Type::Fail, _) | (_, ":get") => reader.history.fail(id),
        // The outcome stays unknown.
        _ => {}
    }
    Ok(())
}

/// A value in a line of EDN, as far as it is needed here.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    /// A keyword, a number, nil.
    Word(String),
    Text(String),
}

impl Value {
    fn word(&self) -> Result<&str, String> {
        match self {
            Value::Word(word) => Ok(word),
            Value::Text(_) => Err(format!("{self} should be a keyword such as :invoke, without quotes")),
        }
    }

    fn string(&self, what: &str) -> Result<String, String> {
        match self {
            Value::Text(text) => Ok(text.clone()),
            Value::Word(_) => Err(format!("{what} is {self}, but should be a string in double quotes")),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Word(word) => write!(f, "`{word}`"),
            Value::Text(text) => write!(f, "{text:?}"),
        }
    }
}

/// The keys and values of `{:key value, …}`. Commas are blanks, as everywhere in EDN.
fn fields(line: &str) -> Result<Vec<(String, Value)>, String> {
    let inner = line.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let Some(mut rest) = inner else {
        return Err("the line should be a map in braces, such as {:process 0, :type :invoke, …}".to_owned());
    };
    let mut values = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if rest.is_empty() {
            break;
        }
        let (value, after) = value(rest)?;
        values.push(value);
        rest = after;
    }
    if !values.len().is_multiple_of(2) {
        return Err("a key has no value: the line should have as many values as keys".to_owned());
    }
    values.chunks_exact(2).map(|pair| Ok((pair[0].word()?.to_owned(), pair[1].clone()))).collect()
}

/// The value that `text` begins with, and what comes behind it.
fn value(text: &str) -> Result<(Value, &str), String> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(|c: char| c.is_whitespace() || c == ',' || c == '"').unwrap_or(text.len());
        return Ok((Value::Word(text[..end].to_owned()), &text[end..]));
    };
    let mut string = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((Value::Text(string), &quoted[at + 1..])),
            '\\' => string.push(match chars.next() {
                Some((_, 'n')) => '\n',
                Some((_, 't')) => '\t',
                Some((_, 'r')) => '\r',
                Some((_, c @ ('"' | '\\'))) => c,
                _ => return Err(r#"a backslash in a string stands before one of " \ n t r"#.to_owned()),
            }),
            _ => string.push(c),
        }
    }
    Err("a string has no end: a double quote is missing".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Outcome;

    /// A log of these lines, each without what they all begin with.
    fn log(lines: &[&str]) -> String {
        lines.iter().map(|line| format!("INFO  jepsen.util - {line}\n")).collect()
    }

    /// The lines of a map, in short: `0 invoke get k nil`.
    fn edn(lines: &[&str]) -> String {
        let line = |line: &&str| {
            let words: Vec<&str> = line.splitn(5, ' ').collect();
            let [process, kind, f, key, value] = words[..] else { panic!("{line}") };
            format!("{{:process {process}, :type :{kind}, :f :{f}, :key \"{key}\", :value {value}}}\n")
        };
        lines.iter().map(line).collect()
    }

    fn outputs<I, O: Clone>(history: &History<I, O>) -> Vec<Option<O>> {
        history.operations().iter().map(|operation| operation.output().cloned()).collect()
    }

    #[track_caller]
    fn refused<T: fmt::Debug>(read: Result<T, FormatError>, message: &str) {
        let error = read.unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }

    #[test]
    fn a_log_is_read_with_tabs_or_blanks_and_what_is_not_about_operations_is_passed_over() {
        let text = "INFO  jepsen.core - Worker 3 starting\n".to_owned()
            + &log(&["3\t:invoke\t:read\tnil", "4   :invoke  :cas   [3  4]  ", "4 :ok :cas [3 4]", "3\t:ok\t:read\t4"])
            + "INFO  jepsen.util - :nemesis :info :start nil\n\nbye\n";
        let history = register(&text).unwrap();
        assert_eq!(outputs(&history), [Some(RegisterOutput::Value(Some(4))), Some(RegisterOutput::Swapped(true))]);
        let cas = &history.operations()[1];
        assert_eq!((cas.client, &cas.input), (Client(4), &RegisterInput::Cas { from: 3, to: 4 }));
        assert_eq!((cas.invoked.at_us, cas.returned().unwrap().at_us), (3, 4), "lines stand for time");
    }

    #[test]
    fn what_failed_and_what_timed_out_in_a_log_is_told_apart() {
        let text = log(&[
            "0 :invoke :cas [1 2]",
            "0 :fail :cas [1 2]",
            "0 :invoke :read nil",
            "0 :fail :read :timed-out",
            "0 :invoke :write 1",
            "0 :info :write :timed-out",
            "1 :invoke :cas [1 1]",
            "1 :info :cas :timed-out",
            "2 :invoke :write -7",
        ]);
        let history = register(&text).unwrap();
        let outcomes: Vec<_> = history.operations().iter().map(|operation| operation.outcome.clone()).collect();
        let Outcome::Returned { output: RegisterOutput::Swapped(false), .. } = outcomes[0] else { panic!() };
        assert_eq!(outcomes[1..], [Outcome::Failed, Outcome::Unknown, Outcome::Unknown, Outcome::Unknown]);
        assert_eq!(history.operations()[4].input, RegisterInput::Write(-7));
    }

    #[test]
    fn a_wrong_log_is_refused_with_the_line_and_what_to_do() {
        let read = |lines: &[&str]| register(&log(lines));
        refused(read(&["0 :invoke :write x"]), "line 1: `x` should be a whole number");
        refused(read(&["0 :invoke :cas [1]"]), "line 1: `[1]` should be two whole numbers in brackets, such as [3 4]");
        refused(read(&["0 :invoke :pop 1"]), "line 1: `:pop` is none of :read, :write and :cas");
        refused(read(&["0 :start :read nil"]), "line 1: `:start` is none of :invoke, :ok, :fail and :info");
        refused(read(&["0 :ok :read 1"]), "line 1: :read of process 0 ends, but the process has called nothing");
        refused(
            read(&["0 :invoke :write 1", "0 :ok :read 1"]),
            "line 2: :read of process 0 ends, but what it called last is :write",
        );
        refused(
            read(&["0 :invoke :write 1", "0 :invoke :read nil"]),
            "line 2: process 0 calls :read while its :write is still under way",
        );
        refused(register("hello\n"), "there is no operation in it; an operation begins with a line like");
    }

    #[test]
    fn a_map_is_read_whatever_the_order_and_the_blanks() {
        let text = "  { :f :append,:type :invoke :process 7, :value \"a, \\\"b\\\" }\", :key \"k\"\t}\r\n\n".to_owned()
            + &edn(&[
                "8 invoke get k nil",
                "8 ok get k nil",
                "7 ok append k \"a\"",
                "8 invoke get k nil",
                "8 ok get k \"x\"",
            ]);
        let history = map(&text).unwrap();
        let append = &history.operations()[0];
        assert_eq!(append.client, Client(7));
        assert_eq!(append.input, MapInput::Append { key: "k".to_owned(), value: "a, \"b\" }".to_owned() });
        let value = |value: &str| Some(MapOutput::Value(value.to_owned()));
        assert_eq!(outputs(&history), [Some(MapOutput::Done), value(""), value("x")]);
    }

    #[test]
    fn what_has_no_end_in_a_map_is_unknown() {
        let text = edn(&["0 invoke put k \"a\"", "0 info put k nil", "1 invoke put k \"b\"", "1 fail put k nil"]);
        let history = map(&(text + &edn(&["2 invoke append k \"c\""]))).unwrap();
        let outcomes: Vec<_> = history.operations().iter().map(|operation| operation.outcome.clone()).collect();
        assert_eq!(outcomes, [Outcome::Unknown, Outcome::Failed, Outcome::Unknown]);
    }

    #[test]
    fn a_wrong_map_is_refused_with_the_line_and_what_to_do() {
        refused(map("0 invoke get k"), "line 1: the line should be a map in braces");
        refused(map("\n{:process 0 :type}"), "line 2: a key has no value");
        refused(map("{:process 0, :type :invoke}"), "line 1: there is no :f; a line has :process, :type, :f");
        refused(map("{:process \"0\"}"), "line 1: the :process \"0\" should be a number");
        refused(map("{:value \"a}"), "line 1: a string has no end: a double quote is missing");
        refused(map("{:value \"\\q\"}"), "line 1: a backslash in a string stands before one of");
        refused(map(&edn(&["0 invoke put k nil"])), "line 1: what is put is `nil`, but should be a string in double");
        refused(map(&edn(&["0 invoke pop k nil"])), "line 1: `:pop` is none of :get, :put and :append");
        refused(
            map(&edn(&["0 invoke get k nil", "0 ok get j \"\""])),
            "line 2: :get of key \"j\" of process 0 ends, but what it called last is :get of key \"k\"",
        );
        refused(map(""), "there is no operation in it");
    }
}
