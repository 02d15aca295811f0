"""What can be wrong with a stored index.

IndexFault
├── CorruptIndex    damaged, truncated, of another format or version
└── ModelMismatch   sound, made from the vectors of another model
IndexUnavailable    the server that keeps it cannot be used
"""


class IndexFault(Exception):
    """A stored index cannot be used; it is derived state and can be rebuilt."""


class CorruptIndex(IndexFault):
    """A stored index is damaged, incomplete, foreign, or of an unknown format."""


class ModelMismatch(IndexFault):
    """A stored index holds vectors of another model or another weights hash."""


class IndexUnavailable(Exception):
    """The server that keeps an index is down, slow, or does not let us in."""
