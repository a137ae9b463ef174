//! What a jail costs: `cargo run --release -p jail --example cost`.
//!
//! Starts the same program with and without a jail, by turns, so that whatever else the machine does strikes both; and
//! locks forked processes in.

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("There is no jail on this system whose cost could be measured.");
}

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(target_os = "linux")]
mod linux {
    use std::path::{Path, PathBuf};
    use std::time::{Duration, Instant};

    use jail::{Cell, Conduct, Jailer, Limits, Run, no_more_processes, present, run};

    const LAUNCHES: usize = 200;
    const FORKS: usize = 1_000;

    pub fn main() {
        let Some(jailer) = launcher().map(Jailer::new) else {
            eprintln!("The launcher isn't there yet: `cargo build --release -p jail` first.");
            std::process::exit(2);
        };
        if let Err(lack) = jailer.probe() {
            eprintln!("{lack}");
            std::process::exit(2);
        }
        launches(&jailer);
        locks();
    }

    /// The launcher next to this example's folder.
    fn launcher() -> Option<PathBuf> {
        let launcher = std::env::current_exe().ok()?.parent()?.parent()?.join("jail");
        launcher.exists().then_some(launcher)
    }

    fn launches(jailer: &Jailer) {
        let cell = Cell {
            reads: present(["/lib", "/lib64", "/usr/lib", "/etc/ld.so.cache"]),
            executes: present(["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"]),
            writes: Vec::new(),
            limits: Limits { cpu_s: 5, memory_bytes: 1 << 30, file_bytes: 0, open_files: 16 },
            conduct: Conduct::Worker,
        };
        let free = Jailer::unsandboxed();
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for _ in 0..LAUNCHES {
            with.push(launch(jailer, &cell));
            without.push(launch(&free, &cell));
        }
        let (with, without) = (median(with), median(without));
        println!("a launch with a jail      {:>8.0} µs (median of {LAUNCHES})", micros(with));
        println!("a launch without          {:>8.0} µs", micros(without));
        println!("ratio                     {:>8.2}", micros(with) / micros(without));
    }

    fn launch(jailer: &Jailer, cell: &Cell) -> Duration {
        let command = jailer.command(cell, Path::new("/bin/true"));
        let begin = Instant::now();
        let ended = run(command, &Run { wall_ms: 5_000, output_bytes: 1_000 }).expect("it starts");
        let took = begin.elapsed();
        assert!(ended.status.is_some_and(|status| status.success()), "{ended:?}");
        took
    }

    /// Forks as a worker does. A child tells how long its lock took by its exit status, in microseconds.
    fn locks() {
        jail::prepare();
        let (mut locks, mut forks) = (Vec::new(), Vec::new());
        for _ in 0..FORKS {
            let begin = Instant::now();
            let took = in_a_child(|| {
                let begin = Instant::now();
                no_more_processes().expect("the kernel has filters");
                begin.elapsed()
            });
            locks.push(took);
            forks.push(begin.elapsed());
        }
        let bare = (0..FORKS).map(|_| {
            let begin = Instant::now();
            in_a_child(|| Duration::ZERO);
            begin.elapsed()
        });
        let bare = median(bare.collect());
        println!("no_more_processes         {:>8.0} µs (median of {FORKS})", micros(median(locks)));
        println!("fork, that, end           {:>8.0} µs", micros(median(forks)));
        println!("fork, end                 {:>8.0} µs", micros(bare));
    }

    fn in_a_child(work: impl FnOnce() -> Duration) -> Duration {
        match fork::fork().expect("there is room for a process") {
            fork::Fork::Child => {
                let took = work();
                std::process::exit(i32::try_from(took.as_micros()).unwrap_or(255).min(255));
            }
            fork::Fork::Parent(child) => {
                let ended = nix::sys::wait::waitpid(nix::unistd::Pid::from_raw(child), None).expect("it is a child");
                let nix::sys::wait::WaitStatus::Exited(_, micros) = ended else { panic!("{ended:?}") };
                Duration::from_micros(micros as u64)
            }
        }
    }

    fn median(mut times: Vec<Duration>) -> Duration {
        times.sort_unstable();
        times[times.len() / 2]
    }

    fn micros(time: Duration) -> f64 {
        time.as_secs_f64() * 1e6
    }
}
