"""Agent pools and queues: this machine's agents, what they do, and what waits.

Source: Azure DevOps REST API reference 7.1, Distributed Task (Pools, Agents, Queues).
"""

from __future__ import annotations

from penstock.server.devops.context import DevopsHttp, JobInHand
from penstock.server.devops.errors import not_found
from penstock.server.devops.locations import Location
from penstock.server.devops.queries import comma_list
from penstock.server.devops.routing import routes_of
from penstock.server.devops.wire import listed, moment
from penstock.server.routes import Call, Permission, Reply, Route
from penstock.store.runs import Run

LOCATIONS = (
    Location(
        id="a8c47e17-4d56-4a56-92bb-de7ea7dc65be",
        area="distributedtask",
        resource="pools",
        template="_apis/{area}/{resource}/{poolId}",
    ),
    Location(
        id="e298ef32-5878-4cab-993c-043836571f42",
        area="distributedtask",
        resource="agents",
        template="_apis/{area}/pools/{poolId}/{resource}/{agentId}",
    ),
    Location(
        id="900fa995-c559-4923-aae7-f8424fe4fbea",
        area="distributedtask",
        resource="queues",
        template="{project}/_apis/{area}/{resource}/{queueId}",
    ),
)
_POOL = 1


def pool_routes(http: DevopsHttp) -> tuple[Route, ...]:
    """The routes of pools, agents and queues."""
    pools = "/{organization}/_apis/distributedtask/pools"
    one = f"{pools}/{{poolId}}"
    project = "/{organization}/{project}/_apis"
    return routes_of(
        http,
        ("GET", pools, Permission.SIGNED_IN, _list_pools),
        ("GET", one, Permission.SIGNED_IN, _show_pool),
        ("GET", f"{one}/agents", Permission.SIGNED_IN, _list_agents),
        ("GET", f"{one}/agents/{{agentId}}", Permission.SIGNED_IN, _show_agent),
        ("GET", f"{project}/distributedtask/queues", Permission.RUN_READ, _list_queues),
        ("GET", f"{project}/distributedtask/queues/{{queueId}}", Permission.RUN_READ, _show_queue),
        ("GET", f"{project}/penstock/queue", Permission.RUN_READ, _list_waiting),
    )


def _list_pools(http: DevopsHttp, call: Call) -> Reply:
    wanted = call.query("poolName").casefold()
    return listed([_pool(http)] if wanted in ("", "default") else [])


def _show_pool(http: DevopsHttp, call: Call) -> Reply:
    _check(call)
    return _pool(http)


def _list_agents(http: DevopsHttp, call: Call) -> Reply:
    _check(call)
    return listed(agents(http, call))


def _show_agent(http: DevopsHttp, call: Call) -> Reply:
    _check(call)
    for agent in agents(http, call):
        if str(agent["id"]) == call.parameters["agentId"]:
            return agent
    name = call.parameters["agentId"][:40]
    raise not_found("TaskAgentNotFoundException", f"there is no agent {name}")


def _list_queues(http: DevopsHttp, call: Call) -> Reply:
    names = (call.query("queueName"), call.query("queueNames"))
    ids = comma_list(call.query("queueIds"))
    wanted = [word.casefold() for text in names for word in comma_list(text)]
    is_wanted = (not wanted or "default" in wanted) and (not ids or str(_POOL) in ids)
    return listed([_queue(http, call)] if is_wanted else [])


def _show_queue(http: DevopsHttp, call: Call) -> Reply:
    if call.parameters["queueId"] != str(_POOL):
        name = call.parameters["queueId"][:40]
        raise not_found("TaskAgentQueueNotFoundException", f"there is no agent queue {name}")
    return _queue(http, call)


def _queue(http: DevopsHttp, call: Call) -> dict[str, object]:
    return {"id": _POOL, "name": "Default", "projectId": call.project, "pool": _pool(http)}


def _list_waiting(http: DevopsHttp, call: Call) -> Reply:
    return listed(queued_jobs(http, call))


def _pool(http: DevopsHttp) -> dict[str, object]:
    return {
        "id": _POOL,
        "name": "Default",
        "size": http.slots,
        "isHosted": False,
        "isLegacy": False,
        "poolType": "automation",
        "scope": "00000000-0000-0000-0000-000000000000",
        "options": "none",
        "autoProvision": True,
        "autoUpdate": False,
    }


def agents(http: DevopsHttp, call: Call) -> list[dict[str, object]]:
    """The agents of this machine: its slots. One without work is online and idle; what one does is
    told to those who may see the run."""
    busy = {job.agent: job for job in http.jobs_in_hand() if job.agent}
    return [_agent(http, call, number, busy.get(number)) for number in range(1, http.slots + 1)]


def _agent(http: DevopsHttp, call: Call, number: int, job: JobInHand | None) -> dict[str, object]:
    shown: dict[str, object] = {
        "id": number,
        "name": f"{http.machine}-{number}",
        "version": http.version,
        "enabled": True,
        "status": "online",
        "osDescription": "Linux",
        "maxParallelism": 1,
        "provisioningState": "Provisioned",
        "lastContact": moment(http.clock()),
        "lastHeartbeat": moment(http.clock()),
    }
    run = http.runs.get(job.run) if job is not None else None
    principal = call.principal
    if run is None or principal is None or job is None:
        return shown
    if principal.may(Permission.RUN_READ, run.project):
        shown["assignedRequest"] = {
            "requestId": run.id,
            "jobId": job.node,
            "jobName": job.node,
            "planType": "Build",
            "definition": {"id": run.pipeline, "name": run.definition},
            "owner": {"id": run.id, "name": run.number},
            "assignTime": moment(run.started),
        }
    return shown


def queued_jobs(http: DevopsHttp, call: Call) -> list[dict[str, object]]:
    """The jobs of the project that wait for an agent, the longest waiting first, and why."""
    in_hand = http.jobs_in_hand()
    running = [job for job in in_hand if job.agent]
    found: list[dict[str, object]] = []
    for place, job in enumerate((job for job in in_hand if not job.agent), 1):
        run = http.runs.get(job.run)
        if run is None or run.project != call.project:
            continue
        found.append(_waiting(http, run, job, place, len(running)))
    return found


def _waiting(
    http: DevopsHttp, run: Run, job: JobInHand, place: int, running: int
) -> dict[str, object]:
    agents = "agent" if http.slots == 1 else "agents"
    why = (
        f"all {http.slots} {agents} of {http.machine} are busy; {place - 1} jobs are before it"
        if running >= http.slots
        else "an agent is about to take it"
    )
    return {
        "id": f"{run.id}/{job.node}",
        "name": job.node,
        "run": {"id": run.id, "number": run.number, "name": run.title},
        "definition": {"id": run.pipeline, "name": run.definition},
        "position": place,
        "pool": "Default",
        "why": why,
        "queueTime": moment(run.started or run.created),
    }


def _check(call: Call) -> None:
    if call.parameters["poolId"] != str(_POOL):
        name = call.parameters["poolId"][:40]
        raise not_found("TaskAgentPoolNotFoundException", f"there is no agent pool {name}")
