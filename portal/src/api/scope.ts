import { path } from "./request.ts";

/** Where a page is: every address of the REST API starts with it. */
export interface Scope {
  organization: string;
  project: string;
}

/** `/{organization}/{project}/_apis/...` */
export function projectApi(scope: Scope, ...segments: (string | number)[]): string {
  return path(scope.organization, scope.project, "_apis", ...segments);
}

/** `/{organization}/_apis/...` */
export function organizationApi(organization: string, ...segments: (string | number)[]): string {
  return path(organization, "_apis", ...segments);
}

/** `/{organization}/{project}/_apis/penstock/...`: calls that Azure DevOps has no word for. */
export function ownApi(scope: Scope, ...segments: (string | number)[]): string {
  return projectApi(scope, "penstock", ...segments);
}

/** The whole address of an organization, as programs outside of the portal name it. */
export function organizationUrl(organization: string): string {
  return window.location.origin + path(organization);
}
