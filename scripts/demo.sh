#!/usr/bin/env bash
# The main job on real input: all-MiniLM-L6-v2 from Hugging Face, compiled for ATOM, run with values and cycles, compared; and a chat with
# SmolLM2 on the same chip.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh
mkdir -p demo
export HF_HUB_OFFLINE=1
.venv/bin/garam run minilm --chip atom --batch 8 --seq 128 --trace demo/minilm.pftrace --report demo/minilm.html --json demo/minilm.json
.venv/bin/garam validate minilm --chip atom --batch 8 --seq 128
echo
.venv/bin/garam generate smollm2 --prompt "What is the capital of South Korea?" --chip atom --max-new-tokens 24
echo
echo "demo/minilm.json    cycles, stalls, bytes, roofline"
echo "demo/minilm.pftrace open in ui.perfetto.dev"
echo "demo/minilm.html    open in a browser"
