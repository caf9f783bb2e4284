import { Button } from "@fluentui/react-components";
import { type ReactNode, useEffect, useState } from "react";
import { CheckmarkIcon, CopyIcon } from "../icons.ts";

/** Puts a text on the clipboard and says that it did. */
export function CopyButton({
  text,
  label = "Copy",
  children,
}: {
  text: string | (() => string);
  label?: string;
  /** A visible caption; without it the button is its icon. */
  children?: ReactNode;
}) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [isCopied]);
  return (
    <Button
      size="small"
      appearance="subtle"
      icon={isCopied ? <CheckmarkIcon /> : <CopyIcon />}
      aria-label={isCopied ? "Copied" : label}
      title={label}
      onClick={() => {
        void navigator.clipboard
          .writeText(typeof text === "function" ? text() : text)
          .then(() => setCopied(true));
      }}
    >
      {children}
    </Button>
  );
}
