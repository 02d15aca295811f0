"""What can be wrong with a model before it has seen a picture.

ModelError
├── UnknownModel      no embedder goes by that name
├── MissingWeights    the weights file is not where it was looked for
└── CorruptWeights    the file is there, and is not what its hash or format says
"""


class ModelError(Exception):
    """A model cannot be used; the message says which command or file mends it."""


class UnknownModel(ModelError):
    """No embedder goes by the given name."""


class MissingWeights(ModelError):
    """A weights file was not found, or could not be downloaded."""


class CorruptWeights(ModelError):
    """A weights file is truncated, altered, or of another format or model."""
