import type { PageRoute } from "../app/routes.ts";

/** The pages of the machine learning studio, below `/ml`. */
export const mlRoutes: PageRoute[] = [
  { path: "/ml", load: () => import("./pages/WorkspacesPage.tsx") },
  { path: "/ml/jobs", load: () => import("./pages/JobsPage.tsx") },
  { path: "/ml/runs/:job", load: () => import("./pages/JobPage.tsx") },
  { path: "/ml/compare", load: () => import("./pages/ComparePage.tsx") },
  { path: "/ml/compute", load: () => import("./pages/ComputePage.tsx") },
  { path: "/ml/:kind", load: () => import("./pages/AssetsPage.tsx") },
  { path: "/ml/:kind/:name", load: () => import("./pages/AssetPage.tsx") },
];
