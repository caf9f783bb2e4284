import { type RefObject, useEffect, useState } from "react";

/** Whether an element came near the window; what it holds is made then, and kept. */
export function useSeen(box: RefObject<Element | null>, margin: string): boolean {
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (element === null || isSeen) return;
    const watcher = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setSeen(true);
      },
      { rootMargin: margin },
    );
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [box, margin, isSeen]);
  return isSeen;
}
