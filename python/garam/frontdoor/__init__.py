"""From PyTorch and Hugging Face modules to the text of the graph dialect."""

from garam.frontdoor.exporter import ExportedModel, GaramExporter, export
from garam.frontdoor.registry import names
from garam.frontdoor.source import Source, bring_in, load

__all__ = ["ExportedModel", "GaramExporter", "Source", "bring_in", "export", "load", "names"]
