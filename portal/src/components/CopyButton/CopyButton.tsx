import { Button } from "@fluentui/react-components";
import { type ReactElement, type ReactNode, useEffect, useState } from "react";
import { CheckmarkIcon, CopyIcon, ErrorCircleIcon } from "../icons.ts";
import { copyText } from "./clipboard.ts";

const SHOWN_MS = 1500;

/** Puts a text on the clipboard and says that it did, or that it could not. */
export function CopyButton({
  text,
  label = "Copy",
  icon = <CopyIcon />,
  children,
}: {
  text: string | (() => string | Promise<string>);
  label?: string;
  icon?: ReactElement;
  /** A visible caption; without it the button is its icon. */
  children?: ReactNode;
}) {
  const [outcome, setOutcome] = useState<"copied" | "failed" | undefined>();
  useEffect(() => {
    if (outcome === undefined) return;
    const timer = setTimeout(() => setOutcome(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async () => {
    try {
      await copyText(typeof text === "function" ? await text() : text);
      setOutcome("copied");
    } catch {
      setOutcome("failed");
    }
  };
  const told = { copied: "Copied", failed: "This could not be copied" };
  const icons = { copied: <CheckmarkIcon />, failed: <ErrorCircleIcon /> };
  return (
    <>
      <Button
        size="small"
        appearance="subtle"
        icon={outcome ? icons[outcome] : icon}
        aria-label={children ? undefined : label}
        title={label}
        onClick={() => void copy()}
      >
        {children}
      </Button>
      <span role="status" className="visually-hidden">
        {outcome ? told[outcome] : ""}
      </span>
    </>
  );
}
