import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ApiError } from "../api/request.ts";

/**
 * Something that a person does: run it, keep its error, and fetch again what it changed. The answer
 * is whether it worked.
 */
export function useAction(changed: string[]): {
  act: (action: () => Promise<unknown>) => Promise<boolean>;
  error: ApiError | undefined;
  isBusy: boolean;
} {
  const client = useQueryClient();
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const act = async (action: () => Promise<unknown>) => {
    setBusy(true);
    setError(undefined);
    try {
      await action();
      await Promise.all(changed.map((key) => client.invalidateQueries({ queryKey: [key] })));
      return true;
    } catch (refusal) {
      setError(refusal as ApiError);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { act, error, isBusy };
}
