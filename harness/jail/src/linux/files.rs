//! Files, with landlock.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, LandlockStatus, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};

use crate::Cell;

/// Without this version the launcher refuses.
const LEAST: ABI = ABI::V2;

/// Everything that landlock can forbid, as far as its library knows.
const NEWEST: ABI = ABI::V10;

/// From here on this process can touch only what `cell` lists, `program`, and `/dev/null`.
pub(super) fn confine(cell: &Cell, program: Option<&Path>) -> Result<(), String> {
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let execute = read | AccessFs::Execute;
    // No devices, sockets, named pipes or symbolic links: whoever looks into the folder later should find plain files.
    let write = read
        | AccessFs::WriteFile
        | AccessFs::Truncate
        | AccessFs::MakeReg
        | AccessFs::MakeDir
        | AccessFs::RemoveFile
        | AccessFs::RemoveDir
        | AccessFs::Refer;
    let mut rules = rules().map_err(|error| refused(&error))?;
    for (paths, access) in [(&cell.reads, read), (&cell.executes, execute), (&cell.writes, write)] {
        for path in paths {
            rules = allow(rules, path, access)?;
        }
    }
    if let Some(program) = program {
        rules = allow(rules, program, execute)?;
    }
    rules = allow(rules, &PathBuf::from("/dev/null"), write)?;
    let status = rules.restrict_self().map_err(|error| refused(&error))?;
    match status.landlock {
        LandlockStatus::Available { effective_abi, .. }
            if effective_abi >= LEAST && status.ruleset != RulesetStatus::NotEnforced && status.no_new_privs =>
        {
            Ok(())
        }
        landlock => Err(missing(landlock)),
    }
}

/// The rules, with nothing allowed yet: as many as the kernel knows. Whether these are enough is known at the end.
fn rules() -> Result<RulesetCreated, RulesetError> {
    let rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?;
    // What a jailed program tries in vain would fill the system's audit log.
    rules.log_same_exec(false)
}

fn allow(rules: RulesetCreated, path: &Path, access: BitFlags<AccessFs>) -> Result<RulesetCreated, String> {
    let wrong = |error: &dyn std::fmt::Display| {
        format!(
            "the cell lists {}, which can't be opened: {error}. A path that not every system has is to be listed only \
             where it exists.",
            path.display()
        )
    };
    let folder = path.metadata().map_err(|error| wrong(&error))?.is_dir();
    let opened = PathFd::new(path).map_err(|error| wrong(&error))?;
    let access = if folder { access } else { access & AccessFs::from_file(NEWEST) };
    rules.add_rule(PathBeneath::new(opened, access)).map_err(|error| wrong(&error))
}

fn refused(error: &RulesetError) -> String {
    format!("This kernel refuses landlock's rules: {error}. A container may forbid them by its seccomp profile.")
}

/// In words what keeps landlock from working here, and what to do.
fn missing(status: LandlockStatus) -> String {
    match status {
        LandlockStatus::NotImplemented => {
            "This kernel has no landlock, or a container forbids it. It takes Linux 5.19 or later, and a container whose \
             seccomp profile lets the landlock calls through (the usual profiles of Docker and Podman do)."
                .to_owned()
        }
        LandlockStatus::NotEnabled => {
            "Landlock is built into this kernel but switched off. Add `landlock` to the kernel's `lsm=` boot parameter \
             and start the machine again."
                .to_owned()
        }
        LandlockStatus::Available { effective_abi, .. } => format!(
            "This kernel's landlock is too old: it has ABI {}, and it takes ABI {}, which came with Linux 5.19. Update \
             the kernel.",
            effective_abi as i32, LEAST as i32
        ),
    }
}
