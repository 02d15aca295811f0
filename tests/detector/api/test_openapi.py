import pytest

from detector.api.app import create_app
from detector.api.problems import Problem
from detector.api.schemas import CompareAnswer, MatchAnswer, Ready
from detector.settings import Settings
from scripts.export_openapi import TARGET, describe_api


def test_the_tracked_description_is_that_of_the_code():
    advice = "run `python -m scripts.export_openapi`"
    assert TARGET.read_text(encoding="utf-8") == describe_api(), advice


def test_the_service_answers_with_its_description(stranger):
    answer = stranger.send("GET", "/openapi.json")
    assert answer.json == create_app(Settings()).openapi()
    assert answer.json["openapi"].startswith("3.1")


def test_every_operation_is_described_with_its_failures():
    described = create_app(Settings()).openapi()
    for path, operations in described["paths"].items():
        for operation in operations.values():
            assert operation["description"], path
            for status, response in operation["responses"].items():
                (media_type,) = response["content"]
                is_problem = media_type == "application/problem+json"
                assert is_problem == (status != "200"), (path, status)
            if path.startswith("/v1"):
                assert operation["security"] == [{"key": []}]
                assert {"400", "401", "408", "413", "415", "422", "503"} <= operation[
                    "responses"
                ].keys()


@pytest.mark.parametrize("model", [MatchAnswer, CompareAnswer, Ready, Problem])
def test_answers_have_an_example_that_fits(model):
    schemas = create_app(Settings()).openapi()["components"]["schemas"]
    (example,) = schemas[model.__name__]["examples"]
    assert example.keys() == schemas[model.__name__]["properties"].keys()
    assert model.model_validate(example)
