import { createContext } from "react";

export interface Crumb {
  name: string;
  href: string;
}

/** The place in the top bar where a page puts the way to it, and where every way begins. */
export const CrumbsSlot = createContext<{ element: HTMLElement | null; root: readonly Crumb[] }>({
  element: null,
  root: [],
});
