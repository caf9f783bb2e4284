/** Server-sent events: one connection per address, shared, resumed where it broke off. */

export interface StreamEvent {
  type: string;
  id: string;
  data: unknown;
}

export type StreamState = "connecting" | "open" | "broken" | "ended";

export interface StreamListener {
  /** Events since the last call, in order; called at most four times a second. */
  events(batch: StreamEvent[]): void;
  state?(state: StreamState): void;
}

/** Four renders a second are live to the eye and leave the processor to the page. */
const BATCH_MS = 250;
/** The first event after a pause waits for those that came with it, and no longer. */
const TOGETHER_MS = 20;
const RETRY_MS = [500, 1000, 2000, 5000, 10000, 15000];
const HIDDEN_MS = 20_000;
const EVENT_TYPES = ["run", "record", "log", "job", "metric", "gap", "end"];

/** How long to wait before the attempt after `failures` failed ones. */
export function retryDelay(failures: number): number {
  return RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 15000;
}

/** How long events that just came wait for others, given when the last ones were handed on. */
export function untilFlush(flushedAt: number, now: number): number {
  return Math.max(TOGETHER_MS, flushedAt + BATCH_MS - now);
}

/** The address that goes on after an event: browsers send `Last-Event-ID` only when they
 * reconnect by themselves, so the query says it too. */
export function resumed(url: string, lastId: string): string {
  if (lastId === "") return url;
  const [base = "", query = ""] = url.split("?");
  const parameters = new URLSearchParams(query);
  parameters.set("after", lastId);
  return `${base}?${parameters}`;
}

/**
 * One connection with its listeners. It closes while the tab is hidden for long, since a browser
 * allows six connections to a server over all tabs, and goes on after the last event it saw.
 */
class Stream {
  private readonly url: string;
  private readonly onEmpty: () => void;
  private readonly listeners = new Set<StreamListener>();
  private source: EventSource | undefined;
  private lastId = "";
  private failures = 0;
  private pending: StreamEvent[] = [];
  private flushTimer: ReturnType<typeof setTimeout> | undefined;
  private flushedAt = 0;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private hiddenTimer: ReturnType<typeof setTimeout> | undefined;
  private closeTimer: ReturnType<typeof setTimeout> | undefined;
  private state: StreamState = "connecting";

  constructor(url: string, onEmpty: () => void) {
    this.url = url;
    this.onEmpty = onEmpty;
    document.addEventListener("visibilitychange", this.visibilityChanged);
    this.open();
  }

  add(listener: StreamListener): () => void {
    clearTimeout(this.closeTimer);
    this.listeners.add(listener);
    listener.state?.(this.state);
    return () => {
      this.listeners.delete(listener);
      // The next page often wants the same stream: wait a moment before it is closed.
      if (this.listeners.size === 0) this.closeTimer = setTimeout(() => this.close(), 1000);
    };
  }

  private open(): void {
    this.disconnect();
    this.become("connecting");
    const source = new EventSource(resumed(this.url, this.lastId), { withCredentials: true });
    this.source = source;
    source.onopen = () => {
      this.failures = 0;
      this.become("open");
    };
    source.onerror = () => {
      source.close();
      if (this.state === "ended") return;
      this.become("broken");
      this.retryTimer = setTimeout(() => this.open(), retryDelay(this.failures++));
    };
    source.onmessage = (event) => this.receive("message", event);
    for (const type of EVENT_TYPES) {
      source.addEventListener(type, (event) => this.receive(type, event as MessageEvent<string>));
    }
  }

  private receive(type: string, event: MessageEvent<string>): void {
    if (event.lastEventId !== "") this.lastId = event.lastEventId;
    let data: unknown = null;
    try {
      data = JSON.parse(event.data);
    } catch {
      return;
    }
    this.pending.push({ type, id: event.lastEventId, data });
    this.flushTimer ??= setTimeout(this.flush, untilFlush(this.flushedAt, performance.now()));
    if (type === "end") {
      this.become("ended");
      this.disconnect();
    }
  }

  private readonly flush = (): void => {
    this.flushTimer = undefined;
    this.flushedAt = performance.now();
    const batch = this.pending;
    this.pending = [];
    for (const listener of [...this.listeners]) listener.events(batch);
  };

  private readonly visibilityChanged = (): void => {
    clearTimeout(this.hiddenTimer);
    if (document.hidden) {
      this.hiddenTimer = setTimeout(() => this.disconnect(), HIDDEN_MS);
    } else if (this.source === undefined && this.state !== "ended") {
      this.open();
    }
  };

  private become(state: StreamState): void {
    this.state = state;
    for (const listener of [...this.listeners]) listener.state?.(state);
  }

  private disconnect(): void {
    clearTimeout(this.retryTimer);
    this.source?.close();
    this.source = undefined;
  }

  private close(): void {
    this.disconnect();
    clearTimeout(this.flushTimer);
    document.removeEventListener("visibilitychange", this.visibilityChanged);
    this.onEmpty();
  }
}

const streams = new Map<string, Stream>();

/** Whether somebody listens to a stream already. */
export function isHeard(url: string): boolean {
  return streams.has(url);
}

/** Listen to a stream; the answer stops. Two listeners of one address share one connection. */
export function listen(url: string, listener: StreamListener): () => void {
  let stream = streams.get(url);
  if (stream === undefined) {
    stream = new Stream(url, () => streams.delete(url));
    streams.set(url, stream);
  }
  return stream.add(listener);
}
