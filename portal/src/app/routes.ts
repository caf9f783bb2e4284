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

export const routes: PageRoute[] = [
  ...mlRoutes,
  { path: "/", load: () => import("../pages/projects/HomePage.tsx") },
  {
    path: "/:organization/:project/_build/results",
    load: () => import("../pages/run/ResultsPage.tsx"),
  },
  { path: "/:organization", load: () => import("../pages/projects/ProjectsPage.tsx") },
];
