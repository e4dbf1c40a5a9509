#!/bin/sh
# Everything that wants a machine with an NVIDIA GPU, in one command: pairs TensorFlow with CUDA, checks the operators, runs the tests of the
# native engine and of the detector's gradients on it, times a step beside PyTorch on the processor, and checks and times WebGPU on the same GPU.
#
#   bench/gpu.sh [options of bench/engines.mjs]
#
# Needs Python 3 with pip, a C++ compiler and about 6 GB below the cache folder (GLEANER_CACHE or ~/.cache/gleaner). Not run on a GPU so far: what it
# prints there is the news.
set -eu
cd "$(dirname "$0")/.."
command -v pnpm >/dev/null || { echo "bench/gpu.sh needs pnpm; install it with: npm install --global pnpm" >&2; exit 2; }
nvidia-smi >/dev/null 2>&1 || { echo "bench/gpu.sh needs an NVIDIA GPU, and nvidia-smi finds none" >&2; exit 2; }
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
pnpm install --frozen-lockfile
pnpm build
node_modules/.bin/gleaner backend install --gpu
# Without a driver that fits, TensorFlow with CUDA computes on the processor and says little: what follows would be of that.
node_modules/.bin/gleaner backend --json | tee /dev/stderr | grep -q '"device": *"GPU"' ||
  { echo "bench/gpu.sh: the engine above does not compute on the GPU; TF_CPP_MIN_LOG_LEVEL=0 shows what TensorFlow misses" >&2; exit 1; }
node_modules/.bin/gleaner backend check
pnpm exec vitest run --project native
pnpm exec vitest run --project engine packages/engine/test/network-gradients.test.ts
node bench/engines.mjs --engines native "$@"
# WebGPU needs Vulkan beside CUDA, which not every machine with a GPU has: the script says which of both is missing, and that is no fault of the above.
node packages/engine/scripts/webgpu.mjs --size 64 --batch 2 --engines webgpu,native ||
  echo "bench/gpu.sh: WebGPU did not run, or has operators that are wrong (above); the figures before it hold" >&2
