import type { Scope } from "../../api/scope.ts";
import { links } from "../../app/links.ts";
import type { Crumb } from "../../components/Page/Page.tsx";
import type { Tab } from "../../components/Tabs/Tabs.tsx";

export type RepoHub = "Files" | "Commits" | "Pushes" | "Branches" | "Pull requests";

export function repoCrumbs(scope: Scope, repo?: string): Crumb[] {
  return [
    { name: scope.project, href: links.project(scope) },
    { name: "Repos", href: links.repositories(scope) },
    ...(repo ? [{ name: repo, href: links.files(scope, repo) }] : []),
  ];
}

export function repoTabs(scope: Scope, repo: string, here: RepoHub, branch?: string): Tab[] {
  const pages: [RepoHub, string][] = [
    ["Files", links.files(scope, repo, branch ? { branch } : {})],
    ["Commits", links.commits(scope, repo, branch)],
    ["Pushes", links.pushes(scope, repo)],
    ["Branches", links.branches(scope, repo)],
    ["Pull requests", links.pullRequests(scope, repo)],
  ];
  return pages.map(([name, href]) => ({ name, href, isHere: name === here }));
}
