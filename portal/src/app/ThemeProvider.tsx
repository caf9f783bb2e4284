import { FluentProvider } from "@fluentui/react-components";
import { type ReactNode, useSyncExternalStore } from "react";
import { usePreferences } from "./preferences.ts";
import styles from "./ThemeProvider.module.css";
import { resolveTheme, themes } from "./theme.ts";

function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = matchMedia(query);
      media.addEventListener("change", listener);
      return () => media.removeEventListener("change", listener);
    },
    () => matchMedia(query).matches,
  );
}

export function ThemeProvider({ children }: { children: ReactNode }) {
  const { theme } = usePreferences();
  const dark = useMedia("(prefers-color-scheme: dark)");
  const contrast = useMedia("(prefers-contrast: more)");
  const name = resolveTheme(theme, { dark, contrast });
  return (
    <FluentProvider theme={themes[name]} className={styles.root} data-theme={name}>
      {children}
    </FluentProvider>
  );
}
