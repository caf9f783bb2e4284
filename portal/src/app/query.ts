import { useCallback } from "react";
import { useLocation, useSearch } from "wouter";

/** The query of the page's address, and how to change some of it. An empty value is left out. */
export function useQueryState(): [
  URLSearchParams,
  (changes: Record<string, string | undefined>, how?: { replace?: boolean }) => void,
] {
  const search = useSearch();
  const [location, navigate] = useLocation();
  const change = useCallback(
    (changes: Record<string, string | undefined>, how: { replace?: boolean } = {}) => {
      const parameters = new URLSearchParams(window.location.search);
      for (const [name, value] of Object.entries(changes)) {
        if (value === undefined || value === "") parameters.delete(name);
        else parameters.set(name, value);
      }
      const text = parameters.toString();
      navigate(text === "" ? location : `${location}?${text}`, { replace: how.replace ?? true });
    },
    [location, navigate],
  );
  return [new URLSearchParams(search), change];
}
