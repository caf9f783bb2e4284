"""The task behind the `checkout` keyword."""

from __future__ import annotations

from penstock.agent.checkout import run_checkout
from penstock.agent.tasks.contract import Input, Task

CHECKOUT = Task(
    name="checkout",
    major=1,
    id="6d15af64-176c-496d-b583-fd2ae21d4df4",
    friendly_name="Get sources",
    description="Bring the sources of a repository into the workspace",
    inputs=(
        Input(name="repository", default="self", required=True),
        Input(name="clean", type="boolean", default="false"),
        Input(name="fetchDepth"),
        Input(name="fetchFilter"),
        Input(name="fetchTags", type="boolean", default="false"),
        Input(name="lfs", type="boolean", default="false"),
        Input(name="persistCredentials", type="boolean", default="false"),
        Input(name="submodules"),
        Input(name="path"),
        Input(name="sparseCheckoutDirectories"),
        Input(name="sparseCheckoutPatterns"),
        Input(name="workspaceRepo", type="boolean", default="false"),
    ),
    run=run_checkout,
)
