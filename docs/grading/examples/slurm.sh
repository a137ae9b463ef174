#!/bin/bash
# Grades a class as a Slurm job array: one task a share.
#
#     export COURSE=$HOME/faultlines CLASS=$HOME/hw3 SHARES=7
#     (cd "$COURSE" && cargo xtask grade prepare)           # once, so that the tasks find it built
#     array=$(sbatch --parsable --array=1-$SHARES slurm.sh)
#     sbatch --dependency=afterany:"$array" slurm.sh merge
#
# A share that failed or ran out of time goes on where it stopped: sbatch --array=3 slurm.sh
#
#SBATCH --job-name=grade
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --time=02:00:00
#SBATCH --output=grade-%x-%A-%a.log
# Told a minute before its time is up, the grader stops by itself and keeps what it has. B: tells the grader alone, not
# the programs that it is running, whose end it would have to take for theirs.
#SBATCH --signal=B:TERM@60
# A node that fails gives its share to another one.
#SBATCH --requeue
#SBATCH --open-mode=append
set -euo pipefail

: "${COURSE:?the checkout of the course}" "${CLASS:?the folder with submissions/ and assignment.toml}" "${SHARES:?how many}"
cd "$COURSE"

if [ "${1:-}" = merge ]; then
    exec cargo xtask grade merge "$CLASS"/results/*/ --csv "$CLASS/scores.csv" --html "$CLASS/pages" --similar
fi

# Not SLURM_ARRAY_TASK_COUNT, which is 1 when a single share is submitted again. Slurm counts from what --array says, so
# from 1 here; an array that begins at 0 needs $((SLURM_ARRAY_TASK_ID + 1)).
# exec, so that the grader is the program that Slurm signals.
exec cargo xtask grade "$CLASS/submissions" --assignment "$CLASS/assignment.toml" \
    --partition "$SLURM_ARRAY_TASK_ID/$SHARES" --jobs "$SLURM_CPUS_PER_TASK" \
    --out "$CLASS/results/$SLURM_ARRAY_TASK_ID" --resume
