#!/usr/bin/env bash
#SBATCH --job-name=alloc-replay
#SBATCH --array=1-4
#SBATCH --cpus-per-task=2
#SBATCH --time=00:20:00
#SBATCH --requeue
# Run on a shared file system, in a folder where alloc-replay is installed (`npm i -D alloc-replay`):
#   sbatch --wait slurm.sh && npx alloc-replay merge out/shards --out out/nightly
set -euo pipefail

npx alloc-replay suite nightly \
  --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \
  --workers "$SLURM_CPUS_PER_TASK" \
  --out out/shards --resume
