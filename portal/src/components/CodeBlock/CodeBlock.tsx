import { memo } from "react";
import { highlight } from "../../text/highlight.ts";
import { visible } from "../../text/visible.ts";
import { CopyButton } from "../CopyButton/CopyButton.tsx";
import styles from "./CodeBlock.module.css";

export interface CodeBlockProps {
  text: string;
  language?: "yaml" | "shell" | "plain";
  /** Line numbers, with these lines marked. */
  numbers?: boolean;
  marked?: ReadonlySet<number>;
  label?: string;
}

/** Text of a fixed width, coloured, with a button that copies it. Numbers are never copied. */
export const CodeBlock = memo(function CodeBlock(props: CodeBlockProps) {
  const { text, language = "plain", numbers = false, marked, label } = props;
  const lines = text.replace(/\n$/, "").split("\n");
  return (
    <div className={styles.block}>
      <div className={styles.copy}>
        <CopyButton text={text} label={language === "shell" ? "Copy the command" : "Copy"} />
      </div>
      <pre className={numbers ? styles.numbered : styles.code} aria-label={label} tabIndex={0}>
        {lines.map((line, index) => {
          const number = index + 1;
          return (
            <div
              key={index}
              id={numbers ? `L${number}` : undefined}
              className={marked?.has(number) ? styles.marked : styles.line}
            >
              {numbers ? (
                <a
                  className={styles.gutter}
                  href={`#L${number}`}
                  data-n={number}
                  aria-label={`Line ${number}`}
                  tabIndex={-1}
                />
              ) : null}
              <code>
                {highlight(visible(line), language).map((token, at) => (
                  <span key={at} className={styles[token.kind]}>
                    {token.text}
                  </span>
                ))}
                {"\n"}
              </code>
            </div>
          );
        })}
      </pre>
    </div>
  );
});
