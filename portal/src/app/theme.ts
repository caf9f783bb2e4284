import {
  type BrandVariants,
  createDarkTheme,
  createLightTheme,
  type Theme,
  teamsHighContrastTheme,
} from "@fluentui/react-components";

/** Our accent: the blue-green of deep water. 80 is the colour of buttons and links on white. */
const accent: BrandVariants = {
  10: "#01171d",
  20: "#03252f",
  30: "#05323f",
  40: "#073e4f",
  50: "#084b5e",
  60: "#09576d",
  70: "#0a6079",
  80: "#0b6a82",
  90: "#177f99",
  100: "#2a92ad",
  110: "#44a5bf",
  120: "#5fb7cf",
  130: "#7bc8dd",
  140: "#98d8e9",
  150: "#b8e6f2",
  160: "#d9f3f9",
};

const fonts = {
  fontFamilyBase:
    'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  fontFamilyMonospace:
    'ui-monospace, "Cascadia Mono", "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
};

/** What a person can choose; `system` follows the browser. */
export type ThemeChoice = "system" | "light" | "dark" | "contrast";

export const themes: Record<Exclude<ThemeChoice, "system">, Theme> = {
  light: { ...createLightTheme(accent), ...fonts },
  dark: {
    ...createDarkTheme(accent),
    ...fonts,
    colorNeutralBackground1: "#1e1e1e",
    colorNeutralBackground1Hover: "#2c2c2c",
    colorNeutralBackground2: "#262626",
    colorNeutralBackground3: "#303030",
    colorBrandForeground1: accent[130],
    colorBrandForeground2: accent[140],
    colorBrandForegroundLink: accent[130],
    colorBrandForegroundLinkHover: accent[140],
    colorBrandForegroundLinkPressed: accent[120],
    colorBrandForegroundLinkSelected: accent[130],
    colorCompoundBrandForeground1: accent[130],
  },
  contrast: { ...teamsHighContrastTheme, ...fonts },
};

/** The theme for a choice, given what the browser prefers. */
export function resolveTheme(
  choice: ThemeChoice,
  browser: { dark: boolean; contrast: boolean },
): Exclude<ThemeChoice, "system"> {
  if (choice !== "system") return choice;
  if (browser.contrast) return "contrast";
  return browser.dark ? "dark" : "light";
}
