/** A thing on the server, fetched and kept live by one call. */

import {
  keepPreviousData,
  type QueryKey,
  type UseQueryResult,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import type { ApiError } from "./request.ts";
import { isHeard, listen, type StreamEvent, type StreamState } from "./stream.ts";

/**
 * How to fetch a thing, and how to keep it as it is on the server.
 *
 * `live.apply` folds a batch of events into what is shown, or answers `"refetch"` when they say
 * only that something changed, or what is to be shown until it is fetched (`Outdated`). Events that
 * come while an answer is on its way are folded into that too: so they must not count twice. Where
 * the stream is broken the thing is fetched every five seconds.
 */
export interface Resource<T> {
  key: QueryKey;
  fetch: (signal: AbortSignal) => Promise<T>;
  live?: {
    url: string;
    apply: (current: T, events: StreamEvent[]) => T | "refetch" | Outdated<T>;
  };
  /** Fetch again each so many milliseconds, for what no stream tells of. */
  poll?: number | ((current: T | undefined) => number | false);
  /** Show what the previous address gave until this one answers (pages of one list). */
  keep?: boolean;
  /** False until all that the address needs is known. */
  enabled?: boolean;
}

/** What to show until the thing is fetched anew. */
export class Outdated<T> {
  readonly shown: T;
  constructor(shown: T) {
    this.shown = shown;
  }
}

const FALLBACK_MS = 5000;
const REFETCH_MS = 1000;

/** The thing, kept live while the component is mounted. */
export function useResource<T>(resource: Resource<T>): UseQueryResult<T, ApiError> {
  const client = useQueryClient();
  const [stream, setStream] = useState<StreamState>("connecting");
  const latest = useRef(resource);
  latest.current = resource;
  const isEnabled = resource.enabled ?? true;
  const query = useQuery<T, ApiError>({
    queryKey: resource.key,
    queryFn: ({ signal }) => resource.fetch(signal),
    enabled: isEnabled,
    refetchInterval: ({ state }) => {
      if (resource.live && stream === "broken") return FALLBACK_MS;
      const { poll = false } = resource;
      return typeof poll === "function" ? poll(state.data) : poll;
    },
    ...(resource.keep ? { placeholderData: keepPreviousData } : {}),
  });

  const liveUrl = isEnabled ? resource.live?.url : undefined;
  const isFetched = query.isSuccess;
  /** Told while an answer was on its way, which may be older. */
  const early = useRef<StreamEvent[]>([]);
  const refetchTimer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const refetch = useCallback(() => {
    refetchTimer.current ??= setTimeout(() => {
      refetchTimer.current = undefined;
      void client.invalidateQueries({ queryKey: latest.current.key });
    }, REFETCH_MS);
  }, [client]);
  const fold = useCallback(
    (batch: StreamEvent[]) => {
      const { key, live } = latest.current;
      const current = client.getQueryData<T>(key);
      if (current === undefined || live === undefined) return;
      const next = live.apply(current, batch);
      if (next === "refetch" || next instanceof Outdated) refetch();
      const shown = next instanceof Outdated ? next.shown : next;
      if (shown !== "refetch" && shown !== current) client.setQueryData<T>(key, shown);
    },
    [client, refetch],
  );

  useEffect(() => {
    // A thing that may not be there is asked for before it is followed.
    if (liveUrl === undefined || !(isFetched || isHeard(liveUrl))) return;
    let wasBroken = false;
    const stop = listen(liveUrl, {
      events(batch) {
        if (client.isFetching({ queryKey: latest.current.key, exact: true }) > 0) {
          early.current.push(...batch);
        }
        fold(batch);
      },
      state(state) {
        setStream(state);
        // What happened while the stream was broken may be older than the server's memory of it.
        if (state === "open" && wasBroken) refetch();
        wasBroken = state === "broken" || (wasBroken && state !== "open");
      },
    });
    return stop;
  }, [client, liveUrl, isFetched, fold, refetch]);

  useEffect(
    () => () => {
      clearTimeout(refetchTimer.current);
      refetchTimer.current = undefined;
    },
    [],
  );

  const { isFetching } = query;
  useEffect(() => {
    if (isFetching || early.current.length === 0) return;
    const batch = early.current;
    early.current = [];
    fold(batch);
  }, [isFetching, fold]);
  return query;
}
