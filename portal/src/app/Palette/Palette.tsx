import { useEffect, useState } from "react";
import type { Scope } from "../../api/scope.ts";
import { deferred } from "../../components/Loading/deferred.tsx";

const PalettePanel = deferred(
  async () => (await import("./PalettePanel.tsx")).PalettePanel,
  () => null,
);

/** Ctrl+K: go anywhere by its name. */
export function Palette({ scope }: { scope: Scope | undefined }) {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isOurs = (event.ctrlKey || event.metaKey) && !event.altKey && event.key === "k";
      if (!isOurs || event.defaultPrevented || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      setOpen(true);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  return isOpen ? <PalettePanel scope={scope} onClose={() => setOpen(false)} /> : null;
}
