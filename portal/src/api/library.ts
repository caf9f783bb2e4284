/** What pipelines use and deploy to: variable groups, connections, files, environments, agents. */

import { request } from "./request.ts";
import type { Resource } from "./resource.ts";
import { organizationApi, ownApi, projectApi, type Scope } from "./scope.ts";
import type {
  Agent,
  AgentPool,
  Approval,
  CheckConfiguration,
  DeploymentRecord,
  EnvironmentRow,
  List,
  SecureFile,
  ServiceEndpoint,
  VariableGroup,
} from "./wire.ts";

export function variableGroups(scope: Scope): Resource<List<VariableGroup>> {
  return {
    key: ["variableGroups", scope],
    fetch: (signal) => request(projectApi(scope, "distributedtask", "variablegroups"), { signal }),
  };
}

export function variableGroup(scope: Scope, id: number): Resource<VariableGroup> {
  return {
    key: ["variableGroup", scope, id],
    fetch: (signal) =>
      request(projectApi(scope, "distributedtask", "variablegroups", id), { signal }),
  };
}

/** Make a group, or write it anew: a secret sent as null keeps the value that the server has. */
export function saveVariableGroup(
  scope: Scope,
  group: Omit<VariableGroup, "id"> & { id?: number },
): Promise<VariableGroup> {
  const segments = ["distributedtask", "variablegroups", ...(group.id ? [group.id] : [])];
  // The service changes groups through the organization; the body names the project.
  return request(organizationApi(scope.organization, ...segments), {
    method: group.id ? "PUT" : "POST",
    query: { "api-version": "7.1" },
    body: {
      type: "Vsts",
      name: group.name,
      description: group.description ?? "",
      variables: group.variables,
      variableGroupProjectReferences: [
        {
          name: group.name,
          description: group.description ?? "",
          projectReference: { name: scope.project },
        },
      ],
    },
  });
}

export function deleteVariableGroup(scope: Scope, id: number): Promise<unknown> {
  return request(organizationApi(scope.organization, "distributedtask", "variablegroups", id), {
    method: "DELETE",
    query: { projectIds: scope.project, "api-version": "7.1" },
  });
}

export function serviceEndpoints(scope: Scope): Resource<List<ServiceEndpoint>> {
  return {
    key: ["serviceEndpoints", scope],
    fetch: (signal) => request(projectApi(scope, "serviceendpoint", "endpoints"), { signal }),
  };
}

export function createServiceEndpoint(
  scope: Scope,
  wanted: {
    name: string;
    type: string;
    description: string;
    url: string;
    authorization: { scheme: string; parameters: Record<string, string> };
  },
): Promise<ServiceEndpoint> {
  return request(organizationApi(scope.organization, "serviceendpoint", "endpoints"), {
    method: "POST",
    query: { "api-version": "7.1" },
    body: {
      ...wanted,
      data: {},
      serviceEndpointProjectReferences: [
        { name: wanted.name, projectReference: { name: scope.project } },
      ],
    },
  });
}

export function deleteServiceEndpoint(scope: Scope, id: string): Promise<unknown> {
  return request(organizationApi(scope.organization, "serviceendpoint", "endpoints", id), {
    method: "DELETE",
    query: { projectIds: scope.project, "api-version": "7.1" },
  });
}

export function secureFiles(scope: Scope): Resource<List<SecureFile>> {
  return {
    key: ["secureFiles", scope],
    fetch: (signal) => request(projectApi(scope, "distributedtask", "securefiles"), { signal }),
  };
}

/** Keep a file; its content can be replaced, never read again. */
export function uploadSecureFile(scope: Scope, file: File): Promise<SecureFile> {
  return request(projectApi(scope, "distributedtask", "securefiles"), {
    method: "POST",
    query: { name: file.name, "api-version": "7.1-preview.1" },
    body: file,
  });
}

export function deleteSecureFile(scope: Scope, id: string): Promise<unknown> {
  return request(projectApi(scope, "distributedtask", "securefiles", id), {
    method: "DELETE",
    query: { "api-version": "7.1-preview.1" },
  });
}

export function environments(scope: Scope): Resource<List<EnvironmentRow>> {
  return {
    key: ["environments", scope],
    fetch: (signal) => request(projectApi(scope, "distributedtask", "environments"), { signal }),
  };
}

export function environment(scope: Scope, id: number): Resource<EnvironmentRow> {
  return {
    key: ["environment", scope, id],
    fetch: (signal) =>
      request(projectApi(scope, "distributedtask", "environments", id), { signal }),
  };
}

export function createEnvironment(
  scope: Scope,
  wanted: { name: string; description: string },
): Promise<EnvironmentRow> {
  return request(projectApi(scope, "distributedtask", "environments"), {
    method: "POST",
    query: { "api-version": "7.1" },
    body: wanted,
  });
}

export function deploymentRecords(scope: Scope, id: number): Resource<List<DeploymentRecord>> {
  return {
    key: ["deploymentRecords", scope, id],
    fetch: (signal) =>
      request(
        projectApi(scope, "distributedtask", "environments", id, "environmentdeploymentrecords"),
        { query: { $top: 100 }, signal },
      ),
    live: { url: ownApi(scope, "live"), apply: () => "refetch" },
  };
}

export function pendingApprovals(scope: Scope): Resource<List<Approval>> {
  return {
    key: ["approvals", scope],
    fetch: (signal) =>
      request(projectApi(scope, "pipelines", "approvals"), {
        query: { state: "pending", $expand: "steps" },
        signal,
      }),
    live: { url: ownApi(scope, "live"), apply: () => "refetch" },
  };
}

export function checks(
  scope: Scope,
  resource: { type: string; id: string | number },
): Resource<List<CheckConfiguration>> {
  return {
    key: ["checks", scope, resource],
    fetch: (signal) =>
      request(projectApi(scope, "pipelines", "checks", "configurations"), {
        query: { resourceType: resource.type, resourceId: resource.id, $expand: "settings" },
        signal,
      }),
  };
}

/** A check to be added, in the words of the service. */
export interface NewCheck {
  type: { id: string; name: string };
  settings: Record<string, unknown>;
}

/** Ask for something before an environment is deployed to; a wait ends after 30 days. */
export function addCheck(
  scope: Scope,
  environment: { id: number; name: string },
  check: NewCheck,
): Promise<CheckConfiguration> {
  return request(projectApi(scope, "pipelines", "checks", "configurations"), {
    method: "POST",
    query: { "api-version": "7.1-preview.1" },
    body: {
      ...check,
      resource: { type: "environment", id: String(environment.id), name: environment.name },
      timeout: 43200,
    },
  });
}

export function deleteCheck(scope: Scope, id: number): Promise<unknown> {
  return request(projectApi(scope, "pipelines", "checks", "configurations", id), {
    method: "DELETE",
    query: { "api-version": "7.1-preview.1" },
  });
}

export interface PipelinePermissions {
  allPipelines?: { authorized: boolean } | null;
  pipelines: { id: number; authorized: boolean }[];
}

export function pipelinePermissions(
  scope: Scope,
  type: string,
  id: string | number,
): Resource<PipelinePermissions> {
  return {
    key: ["pipelinePermissions", scope, type, id],
    fetch: (signal) =>
      request(projectApi(scope, "pipelines", "pipelinePermissions", type, id), { signal }),
  };
}

export function agentPools(organization: string): Resource<List<AgentPool>> {
  return {
    key: ["agentPools", organization],
    fetch: (signal) =>
      request(organizationApi(organization, "distributedtask", "pools"), { signal }),
  };
}

export function agents(organization: string, pool: number): Resource<List<Agent>> {
  return {
    key: ["agents", organization, pool],
    poll: 10_000,
    fetch: (signal) =>
      request(organizationApi(organization, "distributedtask", "pools", pool, "agents"), {
        query: { includeCapabilities: true, includeAssignedRequest: true },
        signal,
      }),
  };
}
