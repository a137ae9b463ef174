//! Which exercises a chapter has, and which types of the learner's each of them grades.
//!
//! Every chapter has a table of its own, in its own crate, so that work on one chapter touches no file of another, and
//! nobody compiles a chapter that they are not asking for.

/// The table of a chapter: a line for every exercise, in the order of the course.
///
/// ```
/// # mod walls {
/// #     pub fn exercise<B>() -> harness::exercise::Exercise { unimplemented!() }
/// #     pub fn remote() -> harness::exercise::Exercise { unimplemented!() }
/// #     pub fn serve<B>() -> Box<dyn harness::serve::Service> { unimplemented!() }
/// # }
/// harness::chapter! { $crate;
///     "walls": walls::<Bricklayer>;
/// }
/// # fn main() {}
/// ```
///
/// says that the module `walls` of this crate has the functions `exercise`, `remote` and `serve`, that it grades the learner's type `Bricklayer`,
/// and that the learner's crate has a feature `walls` for it. The feature has the exercise's name; it is there twice
/// because a macro can't make a string of a name where `cfg` wants one. `$crate` stands there for the macros that are
/// made, to find their way back to the crate of the table. They are three, all for use in other crates:
///
/// - `exercise!(walls, path::to::module)`: the [`Exercise`](crate::exercise::Exercise), with the learner's types in that
///   module;
/// - `serve!(walls, path::to::module)`: a function that makes what a worker serves, the same types in a process of their own;
/// - `grade!(package)`: the `main` of a test target that grades every module of `package` whose feature is on.
///
/// And a function `remotes` gives the exercises as a judge plays them, with the learner's code elsewhere.
#[macro_export]
macro_rules! chapter {
    ($d:tt $krate:tt; $($feature:tt: $id:ident::<$($type:ident),+>;)*) => {
        /// An exercise of this chapter by its id, with the learner's code in the module given.
        #[macro_export]
        macro_rules! exercise {
            $(($id, $d($d module:ident)::+) => {
                $d $krate::$id::exercise::<$($d($d module)::+::$type),+>()
            };)*
            ($d id:ident, $d($d module:ident)::+) => {
                compile_error!(concat!("this chapter has no exercise `", stringify!($d id), "`"))
            };
        }

        /// The exercises of this chapter, with the learner's code in processes of its own.
        pub fn remotes() -> ::std::vec::Vec<$crate::grade::Named> {
            ::std::vec::Vec::from([$(($feature, $id::remote())),*])
        }

        /// What makes what a worker serves, with the learner's code in the module given.
        #[macro_export]
        macro_rules! serve {
            $(($id, $d($d module:ident)::+) => {
                $d $krate::$id::serve::<$($d($d module)::+::$type),+>
            };)*
        }

        /// The `main` of this chapter's test target: every exercise whose feature is on.
        #[macro_export]
        macro_rules! grade {
            ($d package:ident) => {
                fn main() -> ::std::process::ExitCode {
                    $crate::grade::main(::std::vec::Vec::from([$(
                        #[cfg(feature = $feature)]
                        ($feature, $d $krate::exercise!($id, $d package::$id)),
                    )*]))
                }
            };
        }
    };
}
