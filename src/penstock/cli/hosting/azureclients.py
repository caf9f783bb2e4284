"""How unchanged clients of Azure ML reach a server of ours: a cloud of its own, over TLS."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.store.home import Home

CLOUD = "Penstock"


def azure_ml_environment(
    url: str, tls_url: str, home: Home, environ: Mapping[str, str]
) -> Mapping[str, str]:
    """What azure-ai-ml and azure-identity read, but for the token (`IDENTITY_HEADER`).

    `DefaultAzureCredential` takes it for the managed identity of an App Service. The certificates
    are made where there are none, and trusted beside what `environ` trusts.
    """
    import datetime

    from penstock.server.certificates import Certificates
    from penstock.server.people.identity import PATH

    certificates = Certificates(home.tls)
    certificates.make(datetime.datetime.now(datetime.UTC))
    return {
        "ARM_CLOUD_METADATA_URL": f"{tls_url}/metadata/endpoints?api-version=2019-05-01",
        "AZUREML_CURRENT_CLOUD": CLOUD,
        "REQUESTS_CA_BUNDLE": str(certificates.write_bundle(environ)),
        "IDENTITY_ENDPOINT": f"{url}{PATH}",
    }
