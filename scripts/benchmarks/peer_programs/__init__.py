"""Programs that time what one would use instead, in an environment of their own.

Each is one package's own way from picture files, or vectors, to results. It is started
as `python -m scripts.benchmarks.peer_programs.<name> TASK ANSWER`, where both are JSON
files: see `protocol`.
"""
