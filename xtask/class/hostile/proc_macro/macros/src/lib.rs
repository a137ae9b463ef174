//! Run inside the compiler, if anybody compiles it.

use proc_macro::TokenStream;

/// Does harm while it expands.
#[proc_macro]
pub fn take_everything(_: TokenStream) -> TokenStream {
    let _ = std::fs::write("/tmp/hostile-trace", "a macro was here");
    TokenStream::new()
}
