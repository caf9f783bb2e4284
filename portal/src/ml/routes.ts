import type { PageRoute } from "../app/routes.ts";

/** The pages of the machine learning studio, below `/ml`. */
export const mlRoutes: PageRoute[] = [];
