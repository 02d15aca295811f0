"""What can be wrong with an index on disk.

IndexFault
├── CorruptIndex    files damaged, truncated, of another format or version
└── ModelMismatch   sound files, made from the vectors of another model
"""


class IndexFault(Exception):
    """A stored index cannot be used; it is derived state and can be rebuilt."""


class CorruptIndex(IndexFault):
    """A stored index is damaged, incomplete, foreign, or of an unknown format."""


class ModelMismatch(IndexFault):
    """A stored index holds vectors of another model or another weights hash."""
