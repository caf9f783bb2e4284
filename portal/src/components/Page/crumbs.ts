import { createContext } from "react";

/** The place in the top bar where a page puts the way to it. */
export const CrumbsSlot = createContext<HTMLElement | null>(null);
