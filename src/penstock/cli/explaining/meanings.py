"""What the keywords mean that people ask about, in a sentence or two each (Azure Pipelines, YAML
schema reference and template expressions); keys whose name says it all, or that mean something else
in every place, are left out."""

from __future__ import annotations

from collections.abc import Mapping

MEANINGS: Mapping[str, str] = {
    "batch": "Of a trigger: while a run of the branch goes on, pushes to it wait and become one "
    "run at its end.",
    "cancelTimeoutInMinutes": "How long a job that is canceled may go on with steps whose "
    "condition holds all the same, such as always(). 5 when left out.",
    "checkout": "Fetches a repository: self, the alias of a resource, or none. Without it a job "
    "begins by checking out self; a deployment job does not.",
    "condition": "Whether it runs; succeeded() when left out, which asks about all that comes "
    "before, directly or not. It replaces that default: without succeeded() in it, it may hold "
    "after a failure too. It is evaluated when everything in dependsOn has ended. "
    "`penstock explain --stage` shows how.",
    "container": "The image that the job's steps run in.",
    "continueOnError": "A failure counts as success with issues, and what comes after goes on.",
    "demands": "What an agent must have to take the job.",
    "dependsOn": "What must have ended before it. When left out, a stage waits for the one before "
    "it, and a job for nothing; [] waits for nothing. Outputs can be read only from what is named "
    "here.",
    "deployment": "A job that deploys to an environment, by a strategy, and leaves a record there.",
    "environment": "Where a deployment goes; its approvals and checks hold the stage up.",
    "env": "Variables of the environment of this step alone. Secret variables are in no step's "
    "environment but by this.",
    "extends": "The pipeline is a template filled in: it decides what may run.",
    "group": "Variables of a group of the library. A later group wins over an earlier one.",
    "inputs": "What the task is given; `penstock explain TASK` lists its inputs.",
    "isSkippable": "Whether one may leave out the stage when a run is queued.",
    "lockBehavior": "What waits at an exclusive lock: only the latest run goes on (runLatest), or "
    "each in its turn (sequential).",
    "matrix": "One copy of the job for each entry, with the entry's variables. $[ ] takes the "
    "entries from an output, as JSON.",
    "maxParallel": "How many copies of the job run at once; 0 or none for all.",
    "parallel": "That many copies of the job, which share the work by System.JobPositionInPhase.",
    "parameters": "Values that are put in before the run begins, by ${{ parameters.NAME }}. In a "
    "pipeline whoever queues it gives them, in a template the place that includes it.",
    "pool": "Where jobs run: the name of a pool of agents, or the image (vmImage).",
    "pr": "Which pull requests start a run, by their target branch. On the service only for GitHub "
    "and Bitbucket.",
    "publish": "Keeps a file or folder as an artifact of the run.",
    "readonly": "Whether steps are kept from changing the variable.",
    "resources": "What the pipeline uses from outside: repositories, other pipelines, containers, "
    "packages, webhooks. Some of them can start it.",
    "retryCountOnTaskFailure": "How often a step that failed is tried again.",
    "runOnce": "Deploys in one go: preDeploy, deploy, routeTraffic, postRouteTraffic, then success "
    "or failure.",
    "schedules": "Times at which runs start, in UTC. `always` starts one without changes too.",
    "stages": "The parts of a pipeline, one after another unless dependsOn says otherwise.",
    "strategy": "How a job becomes several (matrix, parallel), or how a deployment is done "
    "(runOnce, rolling, canary).",
    "template": "Puts in a file, seen from the folder of the file that names it; NAME@ALIAS is in "
    "a repository of resources.",
    "timeoutInMinutes": "How long it may take. A job has 60 minutes when this is left out, a step "
    "no limit of its own; 0 is as long as there may be.",
    "trigger": "Which pushes start a run. Left out, every branch does; none starts none. "
    "`penstock triggers` shows what an event would start.",
    "uses": "Repositories and pools that the job needs and that no step of it names.",
    "variables": "Texts by name, for this part and what is in it. ${{ }} reads them before the "
    "run, $(NAME) when a step starts, $[ ] when the job does.",
    "vmImage": "The image of the service's own machines. Here .penstock/images.yml says what "
    "stands for it.",
    "workspace": "What of the job's folder is removed before it begins.",
}
"""By keyword."""

DIRECTIVES: Mapping[str, str] = {
    "each": "- ${{ each NAME in COLLECTION }}: puts in what is below it once for each item of a "
    "list, or key of a mapping (NAME.key, NAME.value), before the run begins.",
    "else": "${{ else }}: what is put in when no `if` or `elseif` beside it held.",
    "elseif": "${{ elseif CONDITION }}: what is put in when none before it held, and it does.",
    "if": "- ${{ if CONDITION }}: puts in what is below it when the condition holds, before the "
    "run begins: it sees parameters, and variables written in the YAML, not what a run sets. "
    "For that there is `condition`.",
    "insert": "${{ insert }}: MAPPING puts the keys of a mapping in among those around it.",
}
"""By the word of the template expression."""
