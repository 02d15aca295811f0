import json

from scripts.benchmark_sweep import main


def test_a_small_sweep_finds_every_planted_copy(tmp_path, capsys):
    sizes = ["--pictures", "300", "--references", "20", "--planted", "9"]
    out = tmp_path / "figures.json"
    assert main([*sizes, "--alone-s", "1", "--out", str(out)]) == 0
    figures = json.loads(out.read_text())
    assert figures["plan"]["pictures"] == 300
    for name in ("sweep", "beside_others"):
        assert figures[name]["found_planted"] == 9
        assert figures[name]["cpu_s"] > 0
    assert json.loads(capsys.readouterr().out) == figures


def test_a_database_that_cannot_be_reached_is_told(capsys):
    assert main(["--database", "mysql://nowhere/a"]) == 1
    assert "DETECTOR_DATABASE_URL" in capsys.readouterr().err
