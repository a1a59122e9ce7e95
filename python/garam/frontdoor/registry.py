"""What MODEL may be: a shipped model, a Hugging Face folder, a GGUF file, or a function of a Python file."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from garam.errors import InputError, brief, input_error
from garam.frontdoor import huggingface
from garam.frontdoor.arguments import by_name
from garam.frontdoor.gguf_folder import gguf_file, prepared
from garam.frontdoor.model import Model, Options, check_mode, choose_phase
from garam.frontdoor.random_weights import randomize
from garam.frontdoor.weights import check_storable


def folder() -> Path:
    """The folder `models`: beside the package when it is installed, in the repository's root otherwise."""
    package = Path(__file__).resolve().parent.parent
    return next((f for f in (package / "models", package.parent.parent / "models") if f.is_dir()), package / "models")


def shipped() -> dict[str, ModuleType]:
    """name -> its file as a module; one file per model family, found by its folder."""
    modules = [_module(file) for file in sorted(folder().glob("*.py")) if not file.name.startswith("_")]
    return {m.NAME: m for m in modules}


def names() -> dict[str, str]:
    """name -> one line about it."""
    return {name: module.SUMMARY for name, module in shipped().items()}


def build(model: str, options: Options) -> Model:
    built = _build(model, options)
    if options.kv_capacity is not None and not built.capacity:
        raise input_error(model, f"KV capacity {options.kv_capacity} of a model without a cache", "decoders")
    return built


def _build(model: str, options: Options) -> Model:
    models = shipped()
    if model in models:
        return models[model].build(options)
    path, _, function = model.rpartition(":")
    if path.endswith(".py"):
        return _from_function(Path(path), function, options)
    if (place := checkpoint_folder(model)) is not None:
        return huggingface.build(place, options, _title(Path(model)))
    raise input_error(model, "no such model", f"{', '.join(models)}, a Hugging Face folder, a .gguf file, or file.py:function")


def checkpoint_folder(model: str) -> Path | None:
    """The Hugging Face folder that MODEL is, comes with or becomes: the tokenizer is there too. None for a model without one."""
    models = shipped()
    if model in models:
        return getattr(models[model], "folder", lambda: None)()
    if (file := gguf_file(Path(model))) is not None:
        return prepared(file)
    return Path(model) if Path(model).is_dir() else None


def _title(path: Path) -> str:
    return path.stem if path.suffix == ".gguf" else path.resolve().name


def _from_function(file: Path, name: str, options: Options) -> Model:
    """The function returns a module and its example arguments: (module, args), (module, args, kwargs) or (module, {name: value})."""
    if not file.is_file():
        raise input_error(str(file), "no such file", "file.py:function")
    function, where = getattr(_module(file), name, None), f"{file}:{name}"
    if not callable(function):
        raise input_error(where, "no such function", "a function that returns a module and its example arguments")
    offered = {"batch": options.batch, "seq": options.seq, "layers": options.layers}
    try:
        wanted = inspect.signature(function).parameters
        returned = function(**{k: v for k, v in offered.items() if k in wanted and v is not None})
    except InputError:
        raise
    except (Exception, SystemExit) as error:
        raise input_error(where, f"{type(error).__name__}: {brief(error)}",
                          "a function that runs as it is called; it may take batch, seq and layers") from error
    if not isinstance(returned, tuple) or len(returned) not in (2, 3) or not isinstance(returned[0], torch.nn.Module):
        raise input_error(where, f"returns {_described(returned)}", "(module, args) or (module, args, kwargs)")
    module = returned[0]
    choose_phase(name, options.phase, ("encode",))
    if options.random_weights is not None:
        check_storable(name, module)
        randomize(module, options.random_weights)
    check_mode(name, module)
    return Model(name, module.eval(), _by_name(where, module, *returned[1:]))


def _described(returned: Any) -> str:
    if not isinstance(returned, tuple):
        return type(returned).__name__
    return f"({', '.join(type(part).__name__ for part in returned)})"


def _by_name(where: str, module: torch.nn.Module, args: Any, kwargs: Any = None) -> dict[str, Any]:
    """A dictionary in place of the positional arguments holds named ones."""
    if isinstance(args, dict):
        args, kwargs = (), {**args, **(kwargs or {})}
    if isinstance(args, torch.Tensor):
        args = (args,)
    if not isinstance(args, (tuple, list)) or not isinstance(kwargs or {}, dict) or any(not isinstance(key, str) for key in kwargs or {}):
        raise input_error(where, f"returns example arguments of type {type(args).__name__} and {type(kwargs).__name__}",
                          "a tuple of positional ones, a dictionary of named ones")
    return by_name(where, module, args, kwargs or {})


def _module(file: Path) -> ModuleType:
    name = f"garam_model_{file.stem}_{abs(hash(str(file.resolve())))}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, file)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except (Exception, SystemExit) as error:
            del sys.modules[name]
            raise input_error(str(file), f"{type(error).__name__}: {brief(error)}", "a Python file that can be imported") from error
    return sys.modules[name]
