"""The same service over TLS, which the real Azure ML SDK demands."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measure import ROOT, WORK, environment

_SCOPE = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/bench-rg/providers/"
    "Microsoft.MachineLearningServices/workspaces/bench-ws"
)


@contextmanager
def tls_service(home: str) -> Iterator[dict[str, str]]:
    """The environment of a process that uses the real SDK against a service of its own."""
    env = environment(home)
    ready = WORK / f"{home}.ready"
    ready.unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.tls", str(ready)], env=env, cwd=ROOT
    )
    try:
        while not ready.exists():
            if process.poll() is not None:
                raise SystemExit("the TLS service did not start")
            time.sleep(0.02)
        url = ready.read_text()
        yield {
            **env,
            "ARM_CLOUD_METADATA_URL": f"{url}/metadata/endpoints?api-version=2019-05-01",
            "AZUREML_CURRENT_CLOUD": "Penstock",
            "REQUESTS_CA_BUNDLE": str(WORK / "cert.pem"),
            "BENCH_SCOPE": _SCOPE,
            "PYTHONWARNINGS": "ignore",
        }
    finally:
        process.terminate()
        process.wait()


def serve(ready: Path) -> None:
    """Be that service until terminated."""
    import threading

    import uvicorn

    from penstock.cli.hosting.host import Host
    from penstock.server.app import make_app
    from penstock.server.auth import EVERYTHING
    from penstock.server.routes import Principal
    from penstock.store.home import Home

    class AnyToken:
        def principal(self, token: str) -> Principal | None:
            return Principal(name="sdk", permissions=EVERYTHING)

    host = Host(Home.default(os.environ))
    routes, signer = host.ml.routes()
    certificate, key = write_certificate()
    config = uvicorn.Config(
        make_app(routes, AnyToken(), signer=signer, on_failure=host.on_failure),
        host="127.0.0.1",
        port=0,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        log_level="error",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    url = f"https://localhost:{server.servers[0].sockets[0].getsockname()[1]}"
    put(url, "", {"location": "local"})
    put(url, "/computes/cpu-cluster", {"properties": {"computeType": "AmlCompute"}})
    draft = ready.with_suffix(".draft")
    draft.write_text(url)
    draft.replace(ready)
    thread.join()


def put(url: str, path: str, body: dict[str, object]) -> None:
    """Make a workspace or a compute in it."""
    import ssl
    from urllib.request import Request, urlopen

    request = Request(
        f"{url}{_SCOPE}{path}",
        data=json.dumps(body).encode(),
        method="PUT",
        headers={"Authorization": "Bearer any", "Content-Type": "application/json"},
    )
    trusted = ssl.create_default_context(cafile=str(WORK / "cert.pem"))
    urlopen(request, context=trusted).close()


def write_certificate() -> tuple[Path, Path]:
    """A certificate for localhost and its key, made anew."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, start, start.replace(year=2100))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = WORK / "cert.pem", WORK / "key.pem"
    encoding = serialization.Encoding.PEM
    pem.write_bytes(signed.public_bytes(encoding))
    private.write_bytes(
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pem, private


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
