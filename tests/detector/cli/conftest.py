import io
import sys

import pytest

from detector.cli import main
from tests.catalogues import draw_folder
from tests.outcome import Outcome


@pytest.fixture
def data_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("DETECTOR_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DETECTOR_THREADS", "2")
    return tmp_path / "data"


@pytest.fixture
def detector(data_dir, monkeypatch):
    """Run the real command line in this process."""

    def run(*arguments):
        streams = [io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2)]
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", streams[0])
            patch.setattr(sys, "stderr", streams[1])
            with pytest.raises(SystemExit) as exit_info:
                main([str(argument) for argument in arguments])
        texts = []
        for stream in streams:
            stream.flush()
            texts.append(stream.buffer.getvalue().decode())
        code = exit_info.value.code
        return Outcome(0 if code is None else int(code), *texts)

    return run


@pytest.fixture
def photos(tmp_path):
    return draw_folder(tmp_path / "photos", 6, size=(360, 270))
