"""`sightline smoke` against a running stack: it passes, it fails in one line, it leaves nothing."""

import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cli import smoke
from tests.local.process import COMMAND, PATIENCE, ROOT, Server, environment, run


def left_behind(server: Server) -> tuple[list[str], list[str]]:
    """Collections and access keys of smoke tests."""
    collections = server.client("rekognition").list_collections()["CollectionIds"]
    secrets = server.client("secretsmanager").list_secrets()["SecretList"]
    return (
        [each for each in collections if each.startswith("smoke-")],
        [each["Name"] for each in secrets if not each["Name"].endswith("/test")],
    )


def test_every_step_is_a_line_and_nothing_is_left(server: Server, tmp_path: Path) -> None:
    before = left_behind(server)
    photo = ROOT / "docs" / "astronaut.png"  # as the pipeline does
    done = run("smoke", str(photo), "--endpoint-url", server.endpoint, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == [*smoke.OPERATIONS]
    assert "similarity: 100.0" in done.stdout
    assert "Person" in done.stdout
    assert left_behind(server) == before


@pytest.mark.parametrize(
    ("photo", "error"),
    [
        ("none.jpg", "No such file or directory: 'none.jpg'"),
        ("text.txt", "InvalidImageFormatException"),
        ("grey.png", "IndexFaces found no face in the photo."),
    ],
)
def test_a_failure_is_one_line_and_leaves_nothing(
    server: Server, tmp_path: Path, photo: str, error: str
) -> None:
    before = left_behind(server)
    (tmp_path / "text.txt").write_text("no photo")
    Image.new("L", (200, 200), 128).save(tmp_path / "grey.png")
    done = run("smoke", photo, "--endpoint-url", server.endpoint, folder=tmp_path)
    assert done.returncode == 1
    assert error in done.stderr
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    assert left_behind(server) == before


def test_no_deployment_is_one_line(tmp_path: Path, astronaut: Path) -> None:
    done = run("smoke", str(astronaut), "--endpoint-url", "http://127.0.0.1:9", folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: Could not connect to the endpoint URL")
    assert done.stderr.count("\n") == 1


def test_the_key_of_a_deployment_is_made_in_aws_and_may_do_no_more_than_the_test(
    server: Server, tmp_path: Path, astronaut: Path
) -> None:
    """A deployment's address has no Secrets Manager: only that service's own address is called."""
    before = left_behind(server)
    done = run(
        *("smoke", str(astronaut), "--prefix", "sightline/prod/keys"),
        *("--endpoint-url", "https://127.0.0.1:9"),
        folder=tmp_path,
        AWS_ENDPOINT_URL_SECRETS_MANAGER=server.endpoint,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
    )
    assert done.stderr == (
        'Error: Could not connect to the endpoint URL: "https://127.0.0.1:9/"\n'
    )  # of the first operation, so the key was made
    assert left_behind(server) == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_test_that_is_cancelled_leaves_no_key(
    server: Server, tmp_path: Path, astronaut: Path, number: signal.Signals
) -> None:
    before = left_behind(server)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"https://127.0.0.1:{silent.getsockname()[1]}"
        command = [*COMMAND, "smoke", str(astronaut), "--endpoint-url", address]
        settings = {
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": server.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        with subprocess.Popen(command, cwd=tmp_path, env=environment(**settings)) as process:
            silent.settimeout(PATIENCE)
            with silent.accept()[0]:  # of its first operation, so that there is a key
                assert left_behind(server) != before
                process.send_signal(number)
                assert process.wait(PATIENCE) != 0
    assert left_behind(server) == before


class Service:
    """A client's answers: the first ones say that the key is not known yet."""

    class exceptions:  # noqa: N801 - as boto3's
        from botocore.exceptions import ClientError

    def __init__(self, refusals: int, code: str = "UnrecognizedClientException") -> None:
        self.refusals, self.code = refusals, code

    def list_collections(self) -> dict[str, Any]:
        if self.refusals:
            self.refusals -= 1
            answer: Any = {"Error": {"Code": self.code, "Message": ""}}
            raise self.exceptions.ClientError(answer, "ListCollections")
        return {"CollectionIds": ["people"]}


def test_a_new_key_has_time_to_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("cli.smoke.time.sleep", waits.append)
    client: Any = Service(3)
    assert smoke._first_answer(client) == 1
    assert waits == [smoke.PAUSE] * 3
    for service in (Service(smoke.TRIES), Service(1, "AccessDeniedException")):
        refused: Any = service
        with pytest.raises(Service.exceptions.ClientError):
            smoke._first_answer(refused)
