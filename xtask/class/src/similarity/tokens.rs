//! Rust source as a row of token kinds: what is left of a program when everything that is easily changed is taken away.
//!
//! Names become one kind, literals a few, and comments, formatting and imports nothing. rustc's own lexer does the
//! cutting. It accepts any text: what no Rust program contains is an unknown token, and a string that never ends is a
//! string up to the end of the file.

use ra_ap_rustc_lexer::{FrontmatterAllowed, LiteralKind, TokenKind, tokenize};

/// A kind of token. Two tokens of one kind are the same token to every comparison.
pub type Kind = u8;

const IDENT: Kind = 128;
const LIFETIME: Kind = 129;
const NUMBER: Kind = 130;
const CHARACTER: Kind = 131;
const STRING: Kind = 132;
const UNKNOWN: Kind = 133;
/// Keywords have the kinds from here on, in the order of [`KEYWORDS`]. A sign has its ASCII code.
const FIRST_KEYWORD: Kind = 160;

/// The words that are no names, in alphabetical order (The Rust Reference, "Keywords", without those only reserved).
const KEYWORDS: [&str; 40] = [
    "Self", "_", "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern",
    "false", "fn", "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return",
    "self", "static", "struct", "super", "trait", "true", "type", "unsafe", "use", "where", "while", "yield",
];

const LONGEST_KEYWORD: usize = "continue".len();

/// `use`.
const USE: Kind = FIRST_KEYWORD + 36;

/// A source, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// One a token.
    pub kinds: Vec<Kind>,
    /// The line on which the token of the same index begins, from 1.
    pub lines: Vec<u32>,
}

impl Tokens {
    /// Takes a source apart. Any text will do.
    pub fn of(source: &str) -> Tokens {
        let mut tokens = Tokens::default();
        let source = source.strip_prefix('\u{feff}').unwrap_or(source);
        let (mut at, mut line) = (0, 1);
        let mut import = Import::Outside;
        for token in tokenize(source, FrontmatterAllowed::No) {
            let text = &source[at..at + token.len as usize];
            at += text.len();
            if let Some(kind) = kind(token.kind, text) {
                tokens.push(kind, line, &mut import);
            }
            // Of all tokens, few can have line breaks in them.
            if !matches!(token.kind, TokenKind::Ident | TokenKind::LineComment { .. }) {
                line += text.bytes().filter(|byte| *byte == b'\n').count() as u32;
            }
        }
        tokens
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    fn push(&mut self, kind: Kind, line: u32, import: &mut Import) {
        self.kinds.push(kind);
        self.lines.push(line);
        *import = match *import {
            Import::Outside if kind == USE => Import::From(self.len() - 1),
            Import::From(start) if kind == b';' => {
                self.kinds.truncate(start);
                self.lines.truncate(start);
                Import::Outside
            }
            Import::From(start) if may_be_imported(kind) => Import::From(start),
            _ => Import::Outside,
        };
    }
}

/// Whether a `use` is being read, and where it began. Everybody who needs a `Mutex` imports it; that says nothing.
#[derive(Clone, Copy)]
enum Import {
    Outside,
    From(usize),
}

/// Whether this can stand between `use` and its `;`. So nothing else can be hidden there.
fn may_be_imported(kind: Kind) -> bool {
    matches!(kind, IDENT | b':' | b'{' | b'}' | b',' | b'*')
        || ["self", "super", "crate", "as", "_"].iter().any(|name| kind == word(name))
}

/// The kind of a name or keyword.
fn word(text: &str) -> Kind {
    // Most names are longer than any keyword, which is found out sooner than their place in the alphabet.
    let may_be_keyword = text.len() <= LONGEST_KEYWORD && text.is_ascii();
    let place = if may_be_keyword { KEYWORDS.binary_search(&text).ok() } else { None };
    place.map_or(IDENT, |place| FIRST_KEYWORD + place as Kind)
}

/// The kind of a token; none for what is left out.
fn kind(token: TokenKind, text: &str) -> Option<Kind> {
    Some(match token {
        TokenKind::LineComment { .. }
        | TokenKind::BlockComment { .. }
        | TokenKind::Whitespace
        | TokenKind::Frontmatter { .. }
        | TokenKind::Eof => return None,
        TokenKind::Ident => word(text),
        TokenKind::InvalidIdent | TokenKind::RawIdent | TokenKind::ForcedKeywordIdent | TokenKind::UnknownPrefix => {
            IDENT
        }
        TokenKind::Lifetime { .. } | TokenKind::RawLifetime | TokenKind::UnknownPrefixLifetime => LIFETIME,
        TokenKind::Literal { kind, .. } => match kind {
            LiteralKind::Int { .. } | LiteralKind::Float { .. } => NUMBER,
            LiteralKind::Char { .. } | LiteralKind::Byte { .. } => CHARACTER,
            _ => STRING,
        },
        _ => match text.as_bytes() {
            [sign] if sign.is_ascii_graphic() => *sign,
            _ => UNKNOWN,
        },
    })
}
