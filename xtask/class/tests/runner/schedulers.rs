//! The files in `docs/grading/examples/`, run as their schedulers would run them: what an instructor copies is what is tested.
//!
//! A `cargo` that is this test program stands before the real one in the path. What a scheduler adds (its variables, its
//! folders) is set here; the commands themselves are taken from the files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use libtest_mimic::Trial;

use crate::command::{Desk, Ran};
use crate::trial;
use crate::{AS_COMMAND, workshop::LOG};

const SHARES: usize = 7;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("the_slurm_array_grades_what_one_run_grades", slurm),
        trial("the_kubernetes_job_grades_what_one_run_grades", kubernetes),
        trial("the_github_matrix_grades_what_one_run_grades", github),
    ]
}

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/grading/examples").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{} can't be read: {error}", path.display()))
}

/// A class in `class/`, the course in `course/`, and the `cargo` in `bin/`; with it the table of an undisturbed run.
fn desk() -> (Desk, String) {
    let desk = Desk::new(20);
    fs::create_dir_all(desk.path("home/class")).expect("the temporary folder is writable");
    fs::rename(desk.path("class"), desk.path("home/class/submissions")).expect("both are ours");
    desk.write("home/class/assignment.toml", "title = 'Homework'");
    fs::create_dir_all(desk.path("home/course")).expect("the temporary folder is writable");
    let cargo = format!(
        "#!/bin/sh\n[ \"$1 $2\" = 'xtask grade' ] || exit 9\nshift 2\nexec env {AS_COMMAND}= '{}' \"$@\"\n",
        std::env::current_exe().expect("the test knows itself").display()
    );
    desk.write("bin/cargo", &cargo);
    fs::set_permissions(desk.path("bin/cargo"), fs::Permissions::from_mode(0o755)).expect("it is our file");
    let whole = desk.run("home/class/submissions --assignment home/class/assignment.toml --out whole").whole();
    assert_eq!(desk.graded().len(), 60);
    (desk, whole)
}

/// A shell in the course's folder that finds that `cargo`.
fn shell(desk: &Desk, args: &[&str]) -> Command {
    let mut shell = Command::new("/bin/bash");
    let path = format!("{}:{}", desk.path("bin").display(), std::env::var("PATH").unwrap_or_default());
    shell.args(args).current_dir(desk.path("home/course")).env("PATH", path).env(LOG, desk.path("log"));
    shell
}

fn ran(mut command: Command) -> Ran {
    Ran::new(command.output().expect("there is a shell"))
}

/// The command of a YAML file that begins with `begin`, its lines folded to one.
fn folded(yaml: &str, begin: &str) -> String {
    let lines: Vec<&str> = yaml.lines().collect();
    let at = lines.iter().position(|line| line.contains(begin)).unwrap_or_else(|| panic!("no line has {begin:?}"));
    let indent = |line: &str| line.len() - line.trim_start().len();
    let its = lines[at + 1..].iter().take_while(|line| indent(line) >= indent(lines[at]) && line.contains("--"));
    let first = &lines[at][lines[at].find(begin).expect("it was found")..];
    std::iter::once(first).chain(its.map(|line| line.trim())).collect::<Vec<_>>().join(" ")
}

fn assert_whole(desk: &Desk, table: &str, whole: &str) {
    assert_eq!(fs::read_to_string(desk.path(table)).expect("the merge writes it"), whole);
    assert_eq!(desk.graded().len(), 60, "every exercise is graded in one share");
}

fn slurm() {
    let (desk, whole) = desk();
    desk.write("slurm.sh", &example("slurm.sh"));
    let script = desk.path("slurm.sh").display().to_string();
    let task = |args: &[&str]| {
        let mut task = shell(&desk, args);
        task.env("COURSE", desk.path("home/course")).env("CLASS", desk.path("home/class"));
        task.env("SHARES", SHARES.to_string()).env("SLURM_CPUS_PER_TASK", "2");
        task
    };
    for share in 1..=SHARES {
        let mut task = task(&[&script]);
        task.env("SLURM_ARRAY_TASK_ID", share.to_string()).env("SLURM_ARRAY_TASK_COUNT", "1");
        ran(task).whole();
    }
    ran(task(&[&script, "merge"])).whole();
    assert_whole(&desk, "home/class/scores.csv", &whole);
}

fn kubernetes() {
    let (desk, whole) = desk();
    let yaml = example("kubernetes.yaml");
    let class = desk.path("home/class").display().to_string();
    let here = |command: String| command.replace("/class/", &format!("{class}/"));
    let share = here(folded(&yaml, "exec cargo xtask grade /class"));
    for index in 0..SHARES {
        let mut pod = shell(&desk, &["-c", &share]);
        pod.env("JOB_COMPLETION_INDEX", index.to_string()).env("SHARES", SHARES.to_string());
        ran(pod).whole();
    }
    ran(shell(&desk, &["-c", &here(folded(&yaml, "exec cargo xtask grade merge"))])).whole();
    assert_whole(&desk, "home/class/scores.csv", &whole);
    let counted = [format!("completions: {SHARES}\n"), format!("value: \"{SHARES}\"\n")];
    assert!(counted.iter().all(|line| yaml.contains(line)), "the number of shares stands in two places");
}

fn github() {
    let (desk, whole) = desk();
    let yaml = example("github.yml");
    let numbers: Vec<String> = (1..=SHARES).map(|share| share.to_string()).collect();
    assert!(yaml.contains(&format!("share: [{}]\n", numbers.join(", "))));
    let share = folded(&yaml, "cargo xtask grade ../class");
    for number in numbers {
        let mut job = shell(&desk, &["-c", &share]);
        job.env("SHARE", format!("{number}/{SHARES}"));
        ran(job).whole();
        // What the two actions do, one in each job and one in the last.
        let shares = desk.path("home/shares");
        fs::create_dir_all(&shares).expect("the temporary folder is writable");
        fs::rename(desk.path("home/results"), shares.join(format!("share-{number}"))).expect("both are ours");
    }
    let merge = format!("mkdir -p ../report; {}", folded(&yaml, "cargo xtask grade merge"));
    ran(shell(&desk, &["-c", &merge])).whole();
    assert_whole(&desk, "home/report/scores.csv", &whole);
}
