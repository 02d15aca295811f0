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


def test_no_two_schemas_share_a_name():
    # Such are told apart by their modules, which are nobody's business.
    schemas = create_app(Settings()).openapi()["components"]["schemas"]
    assert [name for name in schemas if "__" in name] == []


def names_of(described, operation) -> set[str]:
    """Collect the names of an operation's parameters."""
    named = described["components"]["parameters"]
    return {
        each.get("name") or named[each["$ref"].rpartition("/")[2]]["name"]
        for each in operation["parameters"]
    }


def test_every_operation_is_described_with_its_failures():
    described = create_app(Settings()).openapi()
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            assert operation["description"], path
            for status, response in operation["responses"].items():
                is_problem = list(response.get("content", [])) == [
                    "application/problem+json"
                ]
                assert is_problem == (int(status) >= 400), (path, status)
                assert "X-Request-ID" in response["headers"]
                assert ("RateLimit" in response["headers"]) == path.startswith("/v1")
            declared = operation["responses"].keys()
            if path.startswith("/v1"):
                assert operation["security"] == [{"key": []}], path
                assert {"401", "403", "404", "422", "429", "500", "503"} <= declared
            if method != "get":
                assert {"400", "408", "409", "413", "415"} <= declared
            takes_key = method != "get" and path.startswith("/v1")
            takes_key = takes_key and path not in {"/v1/match", "/v1/compare"}
            assert ("Idempotency-Key" in names_of(described, operation)) == takes_key


@pytest.mark.parametrize("model", [MatchAnswer, CompareAnswer, Ready, Problem])
def test_answers_have_an_example_that_fits(model):
    schemas = create_app(Settings()).openapi()["components"]["schemas"]
    (example,) = schemas[model.__name__]["examples"]
    assert example.keys() == schemas[model.__name__]["properties"].keys()
    assert model.model_validate(example)
