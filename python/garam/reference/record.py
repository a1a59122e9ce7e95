"""Recorded references: a safetensors file of tensors and a JSON beside it that says where they come from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from garam.errors import input_error
from garam.files import replacing, write_text
from garam.frontdoor import registry
from garam.frontdoor.source import Source
from garam.frontdoor.weights import content_key
from garam.reference.model_run import ModelRun, first_run
from garam.reference.run import named_tensors

#: What a recording must have in common with the model that is held against it.
_KEYS = ("model", "dtype", "batch", "sequence_length", "phase", "kv_length")


def record(source: Source, file: Path, *, device: str = "cpu", nodes: bool = True) -> dict[str, Any]:
    """Runs the model in f32 and, timed, in the compute type, and writes `file` and its JSON. Tensors: `input.NAME`, `f32.NAME` (the
    outputs of the f32 model), `output.NAME` and, with `nodes`, `node.NAME` of every node of the exported graph. Returns the JSON."""
    if file.suffix != ".safetensors":
        raise input_error(str(file), f"suffix '{file.suffix}'", ".safetensors")
    exact = first_run(source, ("f32",), device=device)
    timed = first_run(source, (source.types,), device=device, timed=True)
    tensors = {f"input.{n}": t for n, t in source.inputs.items()}
    tensors |= {f"f32.{n}": t for n, t in exact.outputs.items()} | {f"output.{n}": t for n, t in timed.outputs.items()}
    if nodes:
        tensors |= {f"node.{n}": t for n, t in named_tensors(source, device=device).items()}
    about = {"reference": timed.provenance, "values": source.values, **_subject(source)}
    _write(file, {n: t.contiguous().clone() for n, t in tensors.items()}, about)
    return about


def _subject(source: Source) -> dict[str, Any]:
    """Fewer layers and other weights make another model of the same name."""
    return {**{k: source.metadata[k] for k in _KEYS}, "weights": content_key(source.module)["content"][:16]}


def _write(file: Path, tensors: dict[str, Tensor], about: Mapping[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with replacing(file) as part:
        save_file(tensors, part, {"garam": json.dumps(about)})
    write_text(file.with_suffix(".json"), json.dumps(about, indent=1) + "\n")


def recorded(source: Source, folder: Path | None = None) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors and JSON of the recorded reference of this model, weights, type and shape; `models/references` by default."""
    folder = folder or registry.folder() / "references"
    wanted = _subject(source)
    offered = []
    for about in sorted(folder.glob("*.json")):
        try:
            found = json.loads(about.read_text())
            offered.append(about.stem)
            if all(found.get(k) == v for k, v in wanted.items()):
                return load_file(about.with_suffix(".safetensors")), found
        except (json.JSONDecodeError, SafetensorError, OSError) as error:
            raise input_error(str(about), f"not readable ({error})", "a recorded reference") from error
    raise input_error(str(folder), "no recorded reference of " + ", ".join(f"{k} {v}" for k, v in wanted.items() if v is not None),
                      ", ".join(offered) or "none")


def as_runs(tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> tuple[ModelRun, ModelRun]:
    """(f32 model, model in the compute type) from a recorded file."""
    pick = {prefix: {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)} for prefix in ("f32.", "output.")}
    return (ModelRun(pick["f32."], None, dict(about["reference"])),
            ModelRun(pick["output."], about["reference"]["seconds"], dict(about["reference"])))
