import { useState } from "react";
import { useLocation } from "wouter";
import { signOut } from "../../api/people.ts";
import { ErrorBox } from "../../components/ErrorBox/ErrorBox.tsx";
import {
  KeyboardIcon,
  KeyIcon,
  PeopleIcon,
  PersonIcon,
  SignOutIcon,
} from "../../components/icons.ts";
import { Menu } from "../../components/Menu/Menu.tsx";
import { SidePanel } from "../../components/SidePanel/SidePanel.tsx";
import { links } from "../links.ts";
import { setPreference, usePreferences } from "../preferences.ts";
import { openShortcuts } from "../Shortcuts/Shortcuts.tsx";
import { useSession } from "../session.ts";
import type { ThemeChoice } from "../theme.ts";
import { useAction } from "../useAction.ts";
import styles from "./Shell.module.css";

const THEMES: [ThemeChoice, string][] = [
  ["system", "Theme of the system"],
  ["light", "Light"],
  ["dark", "Dark"],
  ["contrast", "High contrast"],
];

export function AccountMenu() {
  const { account, organization } = useSession();
  const { theme } = usePreferences();
  const [, navigate] = useLocation();
  const { act, error } = useAction([]);
  const [isTold, setTold] = useState(false);
  const leave = async () => {
    if (await act(signOut)) window.location.assign("/");
    else setTold(true);
  };
  return (
    <>
      {isTold && error ? (
        <SidePanel place="centre" title="You are still signed in" onClose={() => setTold(false)}>
          <ErrorBox error={error} />
        </SidePanel>
      ) : null}
      <Menu
        label={`Account of ${account.displayName}`}
        icon={<PersonIcon />}
        head={
          <div className={styles.who}>
            <strong>{account.displayName}</strong>
            <span>{account.userName}</span>
          </div>
        }
        items={[
          {
            name: "Personal access tokens",
            icon: <KeyIcon />,
            onChoose: () => navigate(links.tokens(organization)),
          },
          ...(account.isAdministrator
            ? [
                {
                  name: "People and audit",
                  icon: <PeopleIcon />,
                  onChoose: () => navigate(links.organizationSettings(organization)),
                },
              ]
            : []),
          { name: "Keyboard shortcuts", icon: <KeyboardIcon />, onChoose: openShortcuts },
          "line",
          ...THEMES.map(([choice, name]) => ({
            name,
            isChecked: theme === choice,
            onChoose: () => setPreference("theme", choice),
          })),
          "line",
          { name: "Sign out", icon: <SignOutIcon />, onChoose: () => void leave() },
        ]}
      />
    </>
  );
}
