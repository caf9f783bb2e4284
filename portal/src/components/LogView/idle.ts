/** Work for when the page has nothing else to do; not every browser tells of such times. */

export function whenIdle(task: (deadline: { timeRemaining: () => number }) => void): number {
  if ("requestIdleCallback" in window) return requestIdleCallback(task, { timeout: 1000 });
  return Number(setTimeout(() => task({ timeRemaining: () => 16 }), 16));
}

export function cancelIdle(task: number): void {
  if ("cancelIdleCallback" in window) cancelIdleCallback(task);
  else clearTimeout(task);
}
