"""Every command of this `az` as data: where its code is and which options it takes.

An option is its names joined by `/`, ended by `!` (required), `?` (no value), `+` (one value or
more) or `*` (any number of them), and begun by `~` where it is taken and has no effect here. `G`
and `W` are the resource group and the workspace, which have defaults; `@name` is a positional
argument. Options as in the `ml` and `azure-devops` extensions and azure-cli 2.91.
"""

from __future__ import annotations

_NAMED = "--name/-n! --version/-v --label/-l --registry-name G W"
_LISTED = "--name/-n --max-results/-r --archived-only? --include-archived? --registry-name G W"
_UPDATE = "--set+ --add+ --remove+ --force-string?"
_VERSIONED = {
    "show": ("show", _NAMED),
    "list": ("list_assets", _LISTED),
    "archive": ("archive", _NAMED),
    "restore": ("restore", _NAMED),
}
_PLAIN_NAMED = "--name/-n! G! W!"
_ORGANIZATION = "--organization/--org --detect"
_PROJECT = f"--project/-p {_ORGANIZATION}"
_FILTERS = "--branch --top --result --status --reason --tags* --requested-for"

COMMANDS: dict[str, tuple[str, str]] = {
    "version": ("local:version", ""),
    "login": (
        "local:login",
        "--service-principal? --username/-u --password/-p --tenant/-t --identity/-i?"
        " --allow-no-subscriptions? --use-device-code? --use-cert-sn-issuer? --federated-token"
        " --certificate --scope --client-id --object-id --resource-id --claims-challenge",
    ),
    "logout": ("local:logout", "--username"),
    "account show": ("local:account_show", "--name/-n/--subscription/-s"),
    "account list": ("local:account_list", "--all? --refresh?"),
    "account set": ("local:account_set", "--subscription/-s/--name/-n!"),
    "account clear": ("local:nothing", ""),
    "account get-access-token": (
        "local:access_token",
        "--name/-n/--subscription/-s --resource ~--resource-type --scope+ --tenant/-t",
    ),
    "cloud show": ("local:cloud_show", "--name/-n"),
    "cloud list": ("local:cloud_list", ""),
    "cloud set": ("local:cloud_set", "--name/-n! ~--profile"),
    "configure": (
        "local:configure",
        "--defaults/-d+ --list-defaults/-l? ~--scope",
    ),
    "config set": ("local:config_set", "@settings+ ~--local?"),
    "config get": ("local:config_get", "@key ~--local?"),
    "config unset": ("local:config_unset", "@keys+ ~--local?"),
    "extension add": (
        "local:extension_add",
        "--name/-n --source/-s --yes/-y? ~--version --upgrade/-U? --system? ~--index"
        " --allow-preview ~--pip-extra-index-urls+ ~--pip-proxy",
    ),
    "extension list": ("local:extension_list", ""),
    "extension show": ("local:extension_show", "--name/-n!"),
    "extension remove": ("local:extension_remove", "--name/-n!"),
    "extension update": (
        "local:extension_update",
        "--name/-n! --allow-preview ~--pip-extra-index-urls+ ~--pip-proxy",
    ),
    "provider register": (
        "local:provider_register",
        "--namespace/-n! --wait? --consent-to-permissions?",
    ),
    "provider show": ("local:provider_show", "--namespace/-n! ~--expand"),
    "group create": (
        "groups:create",
        "--name/--resource-group/-n/-g! --location/-l! --tags+ ~--managed-by",
    ),
    "group show": ("groups:show", "--name/--resource-group/-n/-g!"),
    "group list": ("groups:list_groups", "--tag"),
    "group exists": ("groups:exists", "--name/--resource-group/-n/-g!"),
    "group delete": ("groups:delete", "--name/--resource-group/-n/-g! --yes/-y? --no-wait?"),
    "ml workspace create": (
        "resources:create_workspace",
        "--name/-n --file/-f --location/-l --display-name --description --tags+ --set+ --no-wait?"
        " ~--kind ~--hub-id ~--default-resource-group --storage-account/-s --key-vault/-k"
        " --application-insights/-a --container-registry/-c --image-build-compute/-i"
        " --public-network-access --managed-network/-m --primary-user-assigned-identity/-p"
        " --provision-network-now --system-datastores-auth-mode/-d --enable-data-isolation/-e"
        " --allow-roleassignment-on-rg/-r ~--update-dependent-resources/-u? G!",
    ),
    "ml workspace show": ("resources:show_workspace", "--name/-n! G!"),
    "ml workspace list": ("resources:list_workspaces", "~--filtered-kinds --max-results/-r G"),
    "ml workspace update": (
        "resources:update_workspace",
        f"--name/-n! --file/-f --display-name --description --tags+ --no-wait? {_UPDATE} G!",
    ),
    "ml workspace delete": (
        "resources:delete_workspace",
        "--name/-n! --yes/-y? --no-wait? ~--all-resources? ~--permanently-delete/-p? G!",
    ),
    "ml workspace list-keys": ("resources:list_keys", "--name/-n! G!"),
    "ml compute create": (
        "resources:create_compute",
        "--name/-n --file/-f --type/-t --size --min-instances --max-instances --tier --location/-l"
        " --idle-time-before-scale-down/-d --description --tags+ --set+ --no-wait?"
        " --enable-node-public-ip --identity-type --ssh-public-access-enabled/-p --ssh-key-value"
        " --admin-username --admin-password --subnet --vnet-name ~--user-assigned-identities/-i"
        " --user-object-id --user-tenant-id G! W!",
    ),
    "ml compute show": ("resources:show_compute", _PLAIN_NAMED),
    "ml compute list": ("resources:list_computes", "--type --max-results/-r G! W!"),
    "ml compute delete": ("resources:delete_compute", f"--yes/-y? --no-wait? {_PLAIN_NAMED}"),
    "ml compute start": ("resources:start_compute", f"--no-wait? {_PLAIN_NAMED}"),
    "ml compute stop": ("resources:stop_compute", f"--no-wait? {_PLAIN_NAMED}"),
    "ml compute restart": ("resources:restart_compute", f"--no-wait? {_PLAIN_NAMED}"),
    "ml datastore create": ("resources:create_datastore", "--file/-f! --name/-n --set+ G! W!"),
    "ml datastore show": ("resources:show_datastore", _PLAIN_NAMED),
    "ml datastore list": ("resources:list_datastores", "--max-results/-r G! W!"),
    "ml datastore delete": ("resources:delete_datastore", _PLAIN_NAMED),
    "ml data create": (
        "assets:create",
        "--file/-f --name/-n --version/-v --path/-p --type/-t --description/-d --datastore --set+"
        " --no-wait? ~--skip-validation? --registry-name G! W!",
    ),
    "ml environment create": (
        "assets:create",
        "--file/-f --name/-n --version/-v --image/-i --conda-file/-c --build-context/-b"
        " --dockerfile-path/-d --description --datastore --os-type --tags+ --set+ --no-wait?"
        " --registry-name G! W!",
    ),
    "ml model create": (
        "assets:create",
        "--file/-f --name/-n --version/-v --path/-p --type/-t --stage/-s --description --datastore"
        " --tags+ --set+ --no-wait? --registry-name G! W!",
    ),
    "ml component create": (
        "assets:create",
        "--file/-f! --name/-n --version/-v --set+ ~--skip-validation? --registry-name G! W!",
    ),
    **{
        f"ml {group} {verb}": (f"assets:{function}", options)
        for group in ("data", "environment", "model", "component")
        for verb, (function, options) in _VERSIONED.items()
    },
    "ml job create": (
        "jobs:create",
        "--file/-f! --name/-n --set+ --stream/-s? --web/-e? --save-as/-a ~--skip-validation? G! W!",
    ),
    "ml job validate": ("jobs:validate", "--file/-f! --set+ G W"),
    "ml job show": ("jobs:show", f"--web/-e? {_PLAIN_NAMED}"),
    "ml job list": (
        "jobs:list_jobs",
        "--max-results/-r --all-results --parent-job-name/-p --archived-only? --include-archived?"
        " G! W!",
    ),
    "ml job stream": ("jobs:stream", _PLAIN_NAMED),
    "ml job cancel": ("jobs:cancel", _PLAIN_NAMED),
    "ml job archive": ("jobs:archive", _PLAIN_NAMED),
    "ml job restore": ("jobs:restore", _PLAIN_NAMED),
    "ml job update": ("jobs:update", f"--web/-e? {_UPDATE} {_PLAIN_NAMED}"),
    "ml job download": (
        "jobs:download",
        f"--all? --output-name --download-path/-p {_PLAIN_NAMED}",
    ),
    "pipelines list": (
        "pipelines:list_pipelines",
        f"--name --top --repository --repository-type --query-order --folder-path {_PROJECT}",
    ),
    "pipelines show": (
        "pipelines:show_pipeline",
        f"--id --name --folder-path --open? {_PROJECT}",
    ),
    "pipelines create": (
        "pipelines:create_pipeline",
        "--name! --description --repository --repository-type --branch --yml-path/--yaml-path"
        " --folder-path --skip-first-run/--skip-run* --queue-id --service-connection"
        f" {_PROJECT}",
    ),
    "pipelines run": (
        "pipelines:run_pipeline",
        "--id --name --branch --commit-id --folder-path --parameters* --variables* --open?"
        f" {_PROJECT}",
    ),
    "pipelines delete": ("pipelines:delete_pipeline", f"--id! --yes/-y? {_PROJECT}"),
    "pipelines runs list": (
        "pipelines:list_runs",
        f"--pipeline-ids* --query-order {_FILTERS} {_PROJECT}",
    ),
    "pipelines runs show": ("pipelines:show_run", f"--id! --open? {_PROJECT}"),
    "pipelines build list": (
        "pipelines:list_runs",
        f"--definition-ids* {_FILTERS} {_PROJECT}",
    ),
    "pipelines build show": ("pipelines:show_run", f"--id! --open? {_PROJECT}"),
    "pipelines build cancel": ("pipelines:cancel_run", f"--build-id! --open? {_PROJECT}"),
    "devops configure": ("projects:configure", "--defaults/-d* --list/-l? --use-git-aliases"),
    "devops login": ("projects:login", _ORGANIZATION),
    "devops logout": ("projects:logout", _ORGANIZATION),
    "devops project list": (
        "projects:list_projects",
        "--top --skip --state-filter --continuation-token --get-default-team-image-url"
        f" {_ORGANIZATION}",
    ),
    "devops project show": ("projects:show_project", f"--open? {_PROJECT}"),
    "devops project create": (
        "projects:create_project",
        "--name! --description/-d --process/-p --source-control/-s --visibility --open?"
        f" {_ORGANIZATION}",
    ),
    "repos list": ("projects:list_repositories", _PROJECT),
}
GLOBAL = (
    "--output/-o --query --subscription --debug? --verbose? --only-show-errors? --help/-h?"
    " --acquire-policy-token? --change-reference"
)
SHARED = {"G": "--resource-group/-g", "W": "--workspace-name/-w"}
DEFAULTS = {"--resource-group": "group", "--workspace-name": "workspace"}
NOT_YET = frozenset(
    {
        "azure-openai-deployment",
        "batch-deployment",
        "batch-endpoint",
        "capability-host",
        "connection",
        "deployment-template",
        "feature-set",
        "feature-store",
        "feature-store-entity",
        "index",
        "marketplace-subscription",
        "online-deployment",
        "online-endpoint",
        "registry",
        "schedule",
        "serverless-endpoint",
    }
)
"""Groups of `az ml` that are refused by name."""
NOT_YET_VERBS = {
    "job": ("connect-ssh", "show-services"),
    "data": ("import", "list-materialization-status", "mount", "share", "update"),
    "environment": ("share", "update"),
    "component": ("prepare-for-sign", "update"),
    "model": ("download", "package", "share", "update"),
    "datastore": ("mount", "update"),
    "compute": (
        "attach",
        "connect-ssh",
        "detach",
        "enable-sso",
        "list-nodes",
        "list-sizes",
        "list-usage",
        "update",
    ),
    "workspace": ("diagnose", "outbound-rule", "provision-network", "sync-keys"),
}
OF_DEVOPS = {
    "pipelines agent": "the portal's project settings show the agents",
    "pipelines build": "az pipelines run queues, the portal's Runs show tags",
    "pipelines folder": "--folder-path of az pipelines create makes one",
    "pipelines pool": "the portal's project settings show the pools",
    "pipelines queue": "the portal's project settings show the pools",
    "pipelines release": "classic releases are not run; stages of a YAML pipeline are",
    "pipelines runs": "the page of the run in the portal has its artifacts and tags",
    "pipelines update": "the portal's page of the pipeline changes it",
    "pipelines variable": "the portal's page of the pipeline has its variables",
    "pipelines variable-group": "the portal's Library has the groups",
    "devops admin": "penstock audit shows what was done",
    "devops extension": "penstock tasks lists the tasks there are",
    "devops invoke": "ask the REST API itself, with the token as password",
    "devops project": "the portal's project settings change a project",
    "devops security": "penstock accounts role gives roles",
    "devops service-endpoint": "penstock connections, or the portal's project settings",
    "devops team": "a project has members: penstock accounts role",
    "devops user": "penstock accounts manages people",
    "devops wiki": "keep pages in the repository",
    "repos create": "penstock push --repository makes one",
    "repos delete": "the portal's Repos delete one",
    "repos import": "git clone it and penstock push it",
    "repos policy": "the portal's project settings have them",
    "repos pr": "the portal's Repos have pull requests",
    "repos ref": "git push moves branches and tags",
    "repos show": "az repos list shows all",
    "repos update": "the portal's Repos change one",
}
"""What `az` has beside our commands of Azure DevOps, each with what to do instead."""
OF_AZURE = frozenset(
    {
        "acr",
        "ad",
        "advisor",
        "afd",
        "aks",
        "ams",
        "apim",
        "appconfig",
        "appservice",
        "aro",
        "artifacts",
        "backup",
        "batch",
        "bicep",
        "billing",
        "bot",
        "boards",
        "cdn",
        "cognitiveservices",
        "consumption",
        "container",
        "containerapp",
        "cosmosdb",
        "dataprotection",
        "deployment",
        "deployment-scripts",
        "disk",
        "disk-access",
        "dls",
        "dms",
        "eventgrid",
        "eventhubs",
        "feature",
        "find",
        "functionapp",
        "hdinsight",
        "identity",
        "image",
        "interactive",
        "iot",
        "keyvault",
        "kusto",
        "lab",
        "lock",
        "logicapp",
        "managed-cassandra",
        "managedapp",
        "managedservices",
        "maps",
        "mariadb",
        "monitor",
        "mysql",
        "netappfiles",
        "network",
        "policy",
        "postgres",
        "ppg",
        "private-link",
        "provider-hub",
        "redis",
        "relay",
        "resource",
        "resourcemanagement",
        "rest",
        "role",
        "search",
        "security",
        "self-test",
        "servicebus",
        "sf",
        "sig",
        "signalr",
        "snapshot",
        "sql",
        "sshkey",
        "stack",
        "staticwebapp",
        "storage",
        "survey",
        "synapse",
        "tag",
        "term",
        "ts",
        "upgrade",
        "vm",
        "vmss",
        "webapp",
    }
)
"""The first words of commands that only the real `az` has."""
