/** Every page of the portal with its address. A page is loaded when it is first opened. */

import type { ComponentType } from "react";
import { mlRoutes } from "../ml/routes.ts";

/** What a page gets: the parts of its address that the pattern names. */
export interface PageProps {
  params: Record<string, string>;
}

export interface PageRoute {
  /** A wouter pattern, `/:organization/:project/_build`. The first that matches wins. */
  path: string;
  load: () => Promise<{ default: ComponentType<PageProps> }>;
}

const project = "/:organization/:project";
const repo = `${project}/_git/:repo`;

export const routes: PageRoute[] = [
  ...mlRoutes,
  { path: "/", load: () => import("../pages/projects/HomePage.tsx") },
  {
    path: "/:organization/_usersSettings/tokens",
    load: () => import("../pages/settings/TokensPage.tsx"),
  },
  {
    path: "/:organization/_settings/:page",
    load: () => import("../pages/settings/OrganizationPage.tsx"),
  },
  { path: `${project}/_build`, load: () => import("../pages/pipelines/PipelinesPage.tsx") },
  { path: `${project}/_build/new`, load: () => import("../pages/pipelines/NewPipelinePage.tsx") },
  { path: `${project}/_build/edit`, load: () => import("../pages/pipelines/EditorPage.tsx") },
  { path: `${project}/_build/results`, load: () => import("../pages/run/ResultsPage.tsx") },
  { path: `${project}/_git`, load: () => import("../pages/repos/RepositoriesPage.tsx") },
  { path: `${repo}/commits`, load: () => import("../pages/repos/CommitsPage.tsx") },
  { path: `${repo}/commit/:commit`, load: () => import("../pages/repos/CommitPage.tsx") },
  { path: `${repo}/branches`, load: () => import("../pages/repos/BranchesPage.tsx") },
  { path: `${repo}/pushes`, load: () => import("../pages/repos/PushesPage.tsx") },
  { path: `${repo}/pullrequests`, load: () => import("../pages/repos/PullRequestsPage.tsx") },
  {
    path: `${repo}/pullrequestcreate`,
    load: () => import("../pages/repos/NewPullRequestPage.tsx"),
  },
  { path: `${repo}/pullrequest/:id`, load: () => import("../pages/repos/PullRequestPage.tsx") },
  { path: repo, load: () => import("../pages/repos/FilesPage.tsx") },
  {
    path: `${project}/_environments`,
    load: () => import("../pages/environments/EnvironmentsPage.tsx"),
  },
  {
    path: `${project}/_environments/:id`,
    load: () => import("../pages/environments/EnvironmentPage.tsx"),
  },
  { path: `${project}/_library`, load: () => import("../pages/library/LibraryPage.tsx") },
  {
    path: `${project}/_settings/agentqueues`,
    load: () => import("../pages/settings/AgentPoolsPage.tsx"),
  },
  {
    path: `${project}/_settings/:page?`,
    load: () => import("../pages/settings/ProjectSettingsPage.tsx"),
  },
  { path: project, load: () => import("../pages/projects/ProjectPage.tsx") },
  { path: "/:organization", load: () => import("../pages/projects/ProjectsPage.tsx") },
];
