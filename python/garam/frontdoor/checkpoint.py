"""Which files of a Hugging Face folder hold the weights: the index decides, else the single file, never all that lie there."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from garam.errors import input_error
from garam.files import read_json
from garam.frontdoor.remarks import remark
from garam.frontdoor.weight_files import WeightFiles

INDEX, SINGLE = "model.safetensors.index.json", "model.safetensors"
_ADAPTER = "adapter_config.json"


def check_kind(folder: Path) -> None:
    """Refuses a folder that holds what is trained on top of a model, with the command that makes a model of the two."""
    if (folder / _ADAPTER).exists():
        merge = f"from peft import AutoPeftModelForCausalLM as M; M.from_pretrained('{folder}').merge_and_unload().save_pretrained('MERGED')"
        raise input_error(str(folder), "a PEFT adapter, which is no model of its own", f'what python -c "{merge}" writes into MERGED')


def what_lacks(folder: Path) -> tuple[str, str]:
    """Of a folder without safetensors: what is wrong, and what helps."""
    pickles = sorted(file.name for pattern in ("*.bin", "*.pt", "*.pth") for file in folder.glob(pattern))
    if not pickles:
        return "no *.safetensors, and values are asked for", "a folder with weights, --random-weights SEED, or --mode cycles"
    convert = f"from transformers import AutoModel as M; M.from_pretrained('{folder}').save_pretrained('CONVERTED')"
    return f"{pickles[0]} is a pickle, which may run code as it is read", f'what python -c "{convert}" writes into CONVERTED'


def weight_files(folder: Path) -> WeightFiles | None:
    """None where the folder holds a configuration alone."""
    files = sorted(file.name for file in folder.glob("*.safetensors"))
    if (folder / INDEX).exists():
        return _of_index(folder, files)
    if SINGLE in files:
        _leave_out(folder, set(files) - {SINGLE})
        return WeightFiles.of(folder / SINGLE)
    if len(files) == 1:
        return WeightFiles.of(folder / files[0])
    if not files:
        return None
    listed = ", ".join(files[:4]) + (", …" if len(files) > 4 else "")
    raise input_error(str(folder), f"{len(files)} weight files and no index: {listed}",
                      f"{SINGLE}, shards with {INDEX}, or one *.safetensors of another name")


def _of_index(folder: Path, files: list[str]) -> WeightFiles:
    shards = _shards(folder / INDEX)
    _leave_out(folder, set(files) - set(shards))
    found: dict[str, Path] = {}
    for file, names in shards.items():
        stored = WeightFiles.of(folder / file).files
        for name in names:
            if name not in stored:
                raise input_error(str(folder / file), f"no tensor {name}, which the index has here", f"{len(stored)} tensors")
            found[name] = stored[name]
    return WeightFiles(folder / INDEX, found)


def _shards(index: Path) -> dict[str, list[str]]:
    """File -> its tensors. Throws where the index is none, or names what is no file beside it."""
    found = read_json(index)
    table = found.get("weight_map") if isinstance(found, dict) else None
    if not isinstance(table, dict) or not table:
        raise input_error(str(index), "no weight_map", 'an object {"weight_map": {TENSOR: FILE, …}} that names a tensor or more')
    shards: dict[str, list[str]] = defaultdict(list)
    for tensor, file in table.items():
        if not isinstance(file, str) or Path(file).name != file or not file.endswith(".safetensors"):
            raise input_error(f"{index}: {tensor}", f"shard {file!r}", "the name of a .safetensors file beside the index")
        shards[file].append(tensor)
    for file in shards:
        if not (index.parent / file).is_file():
            raise input_error(str(index), f"no shard {file}", f"all {len(shards)} files that the index names")
    return {file: sorted(shards[file]) for file in sorted(shards)}


def _leave_out(folder: Path, files: set[str]) -> None:
    if files:
        remark(str(folder), f"{', '.join(sorted(files))} left out: {INDEX if (folder / INDEX).exists() else SINGLE} decides")
