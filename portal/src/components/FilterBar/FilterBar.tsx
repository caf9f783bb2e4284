import { Button, Input, Select } from "@fluentui/react-components";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { DismissIcon, SearchIcon } from "../icons.ts";
import styles from "./FilterBar.module.css";

/** A row of filters above a list. */
export function FilterBar({
  children,
  onClear,
}: {
  children: ReactNode;
  /** Given when a filter is set. */
  onClear?: (() => void) | undefined;
}) {
  return (
    <search className={styles.bar}>
      {children}
      {onClear ? (
        <Button appearance="subtle" icon={<DismissIcon />} onClick={onClear}>
          Clear
        </Button>
      ) : null}
    </search>
  );
}

/** A field for words; tells of them when typing rests. `/` moves the focus to it. */
export function SearchField({
  value,
  onChange,
  placeholder,
}: {
  value: string;
  onChange: (value: string) => void;
  placeholder: string;
}) {
  const [text, setText] = useState(value);
  const latest = useRef(onChange);
  latest.current = onChange;
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    // Not for each `onChange` anew: a list that is live gives another several times a second.
    const timer = setTimeout(() => latest.current(text), 250);
    return () => clearTimeout(timer);
  }, [text, value]);
  return (
    <Input
      type="search"
      className={styles.search}
      contentBefore={<SearchIcon aria-hidden />}
      value={text}
      placeholder={placeholder}
      aria-label={placeholder}
      data-search
      onChange={(_, data) => setText(data.value)}
    />
  );
}

/** One choice of few; the empty value is "any". */
export function ChoiceField({
  label,
  value,
  choices,
  onChange,
}: {
  label: string;
  value: string;
  choices: (string | [value: string, name: string])[];
  onChange: (value: string) => void;
}) {
  return (
    <Select
      aria-label={label}
      value={value}
      className={value === "" ? styles.unset : undefined}
      onChange={(_, data) => onChange(data.value)}
    >
      <option value="">{label}</option>
      {choices.map((choice) => {
        const [id, name] = typeof choice === "string" ? [choice, choice] : choice;
        return (
          <option key={id} value={id}>
            {name}
          </option>
        );
      })}
    </Select>
  );
}
