"""What the machine's results are held against: the exported graph in PyTorch, error bounds, recorded references."""

from garam.reference.check import Checker, Comparison
from garam.reference.model_run import ModelRun, run_model
from garam.reference.record import record, recorded
from garam.reference.run import named_tensors
from garam.reference.validation import REFERENCES, Validation, validate

__all__ = ["REFERENCES", "Checker", "Comparison", "ModelRun", "Validation", "named_tensors", "record", "recorded", "run_model", "validate"]
