"""The unmodified Azure ML client against the service, over TLS as it demands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mlserver import Server
from realagent import RealAgent

from penstock.server.auth import EVERYTHING
from penstock.server.routes import Principal

pytestmark = pytest.mark.slow
PREFIX = "eyJhbGciOiJub25lIn0."

PIPELINE = """
$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
type: pipeline
display_name: words
experiment_name: words
settings: {default_compute: azureml:cpu-cluster}
inputs:
  words: {type: uri_folder, path: azureml:words@latest}
  times: 2
outputs:
  big: {type: uri_folder}
jobs:
  make:
    command: >-
      python upper.py < ${{inputs.words}}/in.txt > ${{outputs.big}}/out.txt &&
      echo kept ${{inputs.times}} > outputs/kept.txt
    code: ./src
    environment: azureml:plain@latest
    inputs:
      words: ${{parent.inputs.words}}
      times: ${{parent.inputs.times}}
    outputs:
      big: ${{parent.outputs.big}}
  read:
    component: ./read.yml
    inputs:
      big: ${{parent.jobs.make.outputs.big}}
"""
COMPONENT = """
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
type: command
name: read_words
command: cat ${{inputs.big}}/out.txt
environment: azureml:plain@latest
inputs:
  big: {type: uri_folder}
"""
FAILING = """
type: command
command: echo about to fail; exit 3
environment: azureml:plain@latest
compute: azureml:cpu-cluster
"""
SLEEPING = """
type: command
command: ls ${{inputs.words}}; sleep 60
environment: azureml:plain@latest
compute: azureml:cpu-cluster
inputs:
  words: {type: uri_folder, path: azureml:words@latest}
"""


class AnyOfTheirs:
    """Knows every token that the client's test credential makes."""

    def principal(self, token: str) -> Principal | None:
        known = token.startswith(PREFIX) and token.endswith(".c2ln")
        return Principal(name="sdk", permissions=EVERYTHING) if known else None


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost, and its key."""
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pem, private


@pytest.fixture
def address(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The service over TLS: its address and the certificate to trust."""
    import uvicorn

    agent = RealAgent(tmp_path / "agent")
    server = Server(tmp_path / "home", agent)
    agent.connect(server)
    pem, private = certificate(tmp_path)
    config = uvicorn.Config(
        server.application(AnyOfTheirs()),
        host="127.0.0.1",
        port=0,
        ssl_certfile=pem,
        ssl_keyfile=private,
        log_level="error",
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    port = running.servers[0].sockets[0].getsockname()[1]
    yield f"https://localhost:{port}", pem
    running.should_exit = True
    thread.join(10)
    server.close()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "src").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "data" / "in.txt").write_text("hello\n")
    script = "import sys\nprint(sys.stdin.read().upper(), end='')\n"
    (folder / "src" / "upper.py").write_text(script)
    (folder / "pipeline.yml").write_text(PIPELINE)
    (folder / "read.yml").write_text(COMPONENT)
    (folder / "failing.yml").write_text(FAILING)
    (folder / "sleeping.yml").write_text(SLEEPING)
    return folder


def ask(address: tuple[str, Path], project: Path, program: str = "sdk_client.py") -> dict[str, Any]:
    url, pem = address
    environment = {
        **os.environ,
        "ARM_CLOUD_METADATA_URL": f"{url}/metadata/endpoints?api-version=2019-05-01",
        "AZUREML_CURRENT_CLOUD": "Penstock",
        "REQUESTS_CA_BUNDLE": str(pem),
        "AZUREML_RUN_POLLING_INTERVAL_MIN": "1",
        "AZUREML_RUN_POLLING_INTERVAL_MAX": "1",
        "TEST_TOKEN_PREFIX": PREFIX,
        "PYTHONWARNINGS": "ignore",
        "HOME": str(project),
    }
    script = Path(__file__).with_name(program)
    done = subprocess.run(
        [sys.executable, str(script), str(project)],
        env=environment,
        cwd=project,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return seen


def test_the_real_client_does_its_work(address: tuple[str, Path], project: Path) -> None:
    seen = ask(address, project)
    assert seen["workspace"] == "dev-ml-ws"
    assert seen["compute"] == "cpu-cluster"
    assert seen["computes"] == ["cpu-cluster"]
    assert seen["environment"] == "1"
    assert seen["data"] == ["1", "2"]
    assert seen["latest"] == "2"
    assert seen["model"] == "1"
    assert seen["page"]
    assert "Streaming logs/azureml/executionlogs.txt" in seen["stream"]
    assert "The pipeline ended: Completed" in seen["stream"]
    assert seen["status"] == "Completed"
    assert seen["children"] == [["make", "Completed"], ["read", "Completed"]]
    assert seen["active"] == []
    assert seen["canceled"] == "Canceled"
    assert "about to fail" in seen["failure"]
    assert "az ml compute create --name gpu-cluster" in seen["refused"]
    assert (project / "down" / "named-outputs" / "big" / "out.txt").read_text() == "HELLO\n"
    log = project / "down-read" / "artifacts" / "user_logs" / "std_log.txt"
    assert log.read_text() == "HELLO\n"
    kept = project / "down-make" / "artifacts" / "outputs" / "kept.txt"
    assert kept.read_text() == "kept 2\n"


def test_the_real_client_finds_what_is_latest(address: tuple[str, Path], project: Path) -> None:
    seen = ask(address, project, "sdk_latest.py")
    assert seen["got"] == ["10", "10", "1", "1", "1"]
    assert seen["missing"] == [True, True]
    assert seen["environment"] == "azureml:plain:10"
    assert (seen["input"], seen["piped"]) == ("azureml:words:10", "azureml:words:10")
    assert seen["statuses"] == ["Completed", "Completed"]
