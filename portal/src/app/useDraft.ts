import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useSession } from "./session.ts";

/** A text that is not saved yet, and the one that it was made of. */
export interface Draft {
  text: string;
  base: string;
}

const unsaved = new Set<string>();

function ask(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

/** The browser asks before it closes the portal while a draft is not saved. */
function remember(key: string, isUnsaved: boolean): void {
  if (isUnsaved) unsaved.add(key);
  else unsaved.delete(key);
  if (unsaved.size > 0) window.addEventListener("beforeunload", ask);
  else window.removeEventListener("beforeunload", ask);
}

/** The draft of something, by its name; it is still there after its page was left. */
export function useDraft(
  name: string,
): [draft: Draft | undefined, change: (draft: Draft | undefined) => void] {
  const { account } = useSession();
  const client = useQueryClient();
  const queryKey = ["draft", account.id, name];
  const { data } = useQuery<Draft | null>({
    queryKey,
    enabled: false,
    initialData: null,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  });
  const change = (draft: Draft | undefined) => {
    client.setQueryData(queryKey, draft ?? null);
    remember(JSON.stringify(queryKey), draft !== undefined);
  };
  return [data ?? undefined, change];
}
