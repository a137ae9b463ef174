//! Files: nothing but what the cell lists.

use std::fs;

use crate::support::{BOTH, Folder, cell, forbidden, inside};

#[test]
fn nothing_outside_the_cell_can_be_read_or_listed() {
    let folder = Folder::new();
    let file = folder.file("secret");
    for conduct in BOTH {
        let cell = cell(conduct);
        forbidden(&cell, "read", &[&file]);
        forbidden(&cell, "read", &["/etc/passwd"]);
        forbidden(&cell, "read", &["/proc/self/environ"]);
        forbidden(&cell, "read", &["/proc/self/cmdline"]);
        forbidden(&cell, "list", &["/"]);
        forbidden(&cell, "list", &["/proc/self/fd"]);
        forbidden(&cell, "list", &[folder.path().to_str().unwrap()]);
    }
}

#[test]
fn a_symbolic_link_leads_out_of_no_folder() {
    let (inner, outer) = (Folder::new(), Folder::new());
    std::os::unix::fs::symlink(outer.file("secret"), inner.at("link")).unwrap();
    for conduct in BOTH {
        let cell = jail::Cell { writes: vec![inner.path().into()], ..cell(conduct) };
        forbidden(&cell, "read", &[&inner.at("link")]);
        forbidden(&cell, "write", &[&inner.at("link")]);
    }
}

#[test]
fn nothing_outside_the_cell_can_be_made_or_changed() {
    let folder = Folder::new();
    for conduct in BOTH {
        let cell = cell(conduct);
        for act in ["write", "append", "empty", "empty while reading", "empty with neither", "change the mode"] {
            forbidden(&cell, act, &[&folder.file("file")]);
        }
        for act in ["change the owner", "change the times"] {
            forbidden(&cell, act, &[&folder.file("file")]);
        }
        for act in ["create", "make a folder", "make a pipe"] {
            forbidden_anew(&folder, &cell, act);
        }
    }
}

/// For what works once: makes room again after the trial without a jail.
#[track_caller]
fn forbidden_anew(folder: &Folder, cell: &jail::Cell, act: &str) {
    let path = folder.at("new");
    assert_eq!(crate::support::outside(act, &[&path]), Ok("it worked".to_owned()));
    let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir(&path));
    inside(cell, act, &[&path]).expect_err(act);
    assert!(!fs::exists(&path).unwrap(), "`{act}` left something in a cell of {:?}", cell.conduct);
}

#[test]
fn what_may_only_be_read_stays_as_it_is() {
    let folder = Folder::new();
    for conduct in BOTH {
        let cell = jail::Cell { reads: [cell(conduct).reads, vec![folder.path().into()]].concat(), ..cell(conduct) };
        assert_eq!(inside(&cell, "read", &[&folder.file("file")]), Ok("what the file says".to_owned()));
        let acts = ["write", "append", "empty", "empty while reading", "empty with neither", "remove"];
        for act in acts.into_iter().chain(["change the mode", "change the owner", "change the times"]) {
            forbidden(&cell, act, &[&folder.file("file")]);
            let path = folder.file("file");
            let modified = fs::metadata(&path).unwrap().modified().unwrap();
            inside(&cell, act, &[&path]).expect_err(act);
            assert_eq!(fs::read_to_string(&path).unwrap(), "what the file says", "`{act}` changed it");
            assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), modified, "`{act}` changed its time");
        }
        for act in ["move", "link", "link softly"] {
            let (from, to) = (folder.file("file"), folder.at("elsewhere"));
            assert!(crate::support::outside(act, &[&from, &to]).is_ok());
            fs::remove_file(&to).unwrap();
            inside(&cell, act, &[&folder.file("file"), &to]).expect_err(act);
        }
        forbidden_anew(&folder, &cell, "create");
    }
}

#[test]
fn a_compiler_may_write_create_move_and_remove_where_it_is_told_to_and_run_nothing_there() {
    let folder = Folder::new();
    let cell = jail::Cell { writes: vec![folder.path().into()], ..cell(jail::Conduct::Compiler) };
    let worked = Ok("it worked".to_owned());
    fs::create_dir(folder.at("deep")).unwrap();
    assert_eq!(inside(&cell, "create", &[&folder.at("a")]), worked);
    assert_eq!(inside(&cell, "append", &[&folder.at("a")]), worked);
    assert_eq!(fs::read_to_string(folder.at("a")).unwrap(), "madechanged");
    assert_eq!(inside(&cell, "move", &[&folder.at("a"), &folder.at("deep/b")]), worked);
    assert_eq!(inside(&cell, "remove", &[&folder.at("deep/b")]), worked);
    assert_eq!(inside(&cell, "make a folder", &[&folder.at("deep/c")]), worked);
    assert!(fs::exists(folder.at("deep/c")).unwrap() && !fs::exists(folder.at("deep/b")).unwrap());
    // Whoever looks into the folder later must find no way out of it.
    inside(&cell, "link softly", &["/etc/passwd", &folder.at("way-out")]).unwrap_err();
    inside(&cell, "make a pipe", &[&folder.at("pipe")]).unwrap_err();

    let program = folder.at("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    forbidden(&cell, "run", &[&program]);
}

#[test]
fn a_worker_can_neither_lock_nor_watch_what_it_may_read() {
    let folder = Folder::new();
    let file = folder.file("file");
    let cell = cell(jail::Conduct::Worker);
    let cell = jail::Cell { reads: [cell.reads.clone(), vec![folder.path().into()]].concat(), ..cell };
    forbidden(&cell, "lock", &[&file]);
    forbidden(&cell, "watch", &[folder.path().to_str().unwrap()]);
}

#[test]
fn a_path_that_does_not_exist_is_named_unless_it_was_left_out_as_optional() {
    let mut cell = cell(jail::Conduct::Worker);
    cell.reads.push("/nowhere/at/all".into());
    let told = inside(&cell, "compute", &[]).unwrap_err();
    assert!(told.contains("/nowhere/at/all") && told.contains("only where it exists"), "{told}");
    cell.reads = jail::present(cell.reads);
    inside(&cell, "compute", &[]).unwrap();
}
