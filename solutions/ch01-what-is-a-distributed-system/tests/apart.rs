//! The same code gets the same verdict, whether it runs in the process that judges it or in another.
//!
//! This program is both: it judges, and starts itself again for every worker. In the place of a jail there is nothing: what
//! is tested is how the two talk.

#[cfg(unix)]
#[path = "apart/office.rs"]
mod office;
#[cfg(unix)]
#[path = "apart/specimens.rs"]
mod specimens;

#[cfg(unix)]
fn main() {
    use specimens::{ABROAD, BOTH};

    if office::works() {
        return;
    }
    let here: Vec<_> = BOTH.iter().map(|specimen| specimen.verdicts((specimen.here)())).collect();
    office::open();
    for (specimen, here) in BOTH.iter().zip(here) {
        let there = specimen.verdicts((specimen.there)());
        assert_eq!(here.len(), there.len());
        for (here, there) in here.into_iter().zip(there) {
            assert_eq!(here, there, "{}: in this process, and in another", specimen.name);
        }
        println!("{}: the same verdicts in this process and in another", specimen.name);
    }
    for (specimen, expected) in ABROAD {
        for verdict in specimen.verdicts((specimen.there)()) {
            assert!(verdict.contains(expected), "{}: {verdict}", specimen.name);
        }
        println!("{}: {expected}", specimen.name);
    }
}

#[cfg(not(unix))]
fn main() {}
