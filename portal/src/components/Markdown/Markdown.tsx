import { lexer, type Token, type Tokens } from "marked";
import { createElement, Fragment, type ReactNode } from "react";
import { CodeBlock } from "../CodeBlock/CodeBlock.tsx";
import { resolveLink, textOf } from "./links.ts";
import styles from "./Markdown.module.css";

export interface MarkdownProps {
  text: string;
  /** Where a relative link of a page leads; undefined leaves it as text. */
  linkTo?: (path: string) => string | undefined;
  /** Where a relative picture is. */
  pictureAt?: (path: string) => string | undefined;
}

/** Markdown as elements. HTML in it is shown as the text it is; pictures of other hosts are links. */
export function Markdown({ text, linkTo, pictureAt }: MarkdownProps) {
  const places: Places = { linkTo, pictureAt };
  return <div className={styles.text}>{blocks(lexer(text), places)}</div>;
}

interface Places {
  linkTo: MarkdownProps["linkTo"];
  pictureAt: MarkdownProps["pictureAt"];
}

function blocks(tokens: readonly Token[], places: Places): ReactNode[] {
  return tokens.map((token, index) => <Fragment key={index}>{block(token, places)}</Fragment>);
}

function block(token: Token, places: Places): ReactNode {
  switch (token.type) {
    case "heading": {
      const { depth, tokens } = token as Tokens.Heading;
      return createElement(`h${Math.min(6, depth + 1)}`, {}, inline(tokens, places));
    }
    case "paragraph":
      return <p>{inline((token as Tokens.Paragraph).tokens, places)}</p>;
    case "code": {
      const { text, lang = "" } = token as Tokens.Code;
      const language = /^ya?ml/.test(lang)
        ? "yaml"
        : /^(sh|bash|console)/.test(lang)
          ? "shell"
          : "plain";
      return <CodeBlock text={text} language={language} />;
    }
    case "blockquote":
      return <blockquote>{blocks((token as Tokens.Blockquote).tokens, places)}</blockquote>;
    case "list": {
      const { ordered, items, start } = token as Tokens.List;
      const children = items.map((item, index) => (
        <li key={index}>
          {item.task ? (
            <input type="checkbox" checked={item.checked ?? false} readOnly aria-label="Task" />
          ) : null}
          {blocks(item.tokens, places)}
        </li>
      ));
      return ordered ? <ol start={start === "" ? 1 : start}>{children}</ol> : <ul>{children}</ul>;
    }
    case "table":
      return <MarkdownTable table={token as Tokens.Table} places={places} />;
    case "hr":
      return <hr />;
    case "space":
    case "def":
    case "checkbox": // The item itself has drawn it.
      return null;
    case "text": {
      const { tokens, text } = token as Tokens.Text;
      return tokens ? inline(tokens, places) : text;
    }
    default:
      return <p>{token.raw}</p>;
  }
}

function MarkdownTable({ table, places }: { table: Tokens.Table; places: Places }) {
  const row = (cells: Tokens.TableCell[], tag: "th" | "td") =>
    cells.map((cell, index) =>
      createElement(
        tag,
        { key: index, style: { textAlign: cell.align ?? undefined } },
        inline(cell.tokens, places),
      ),
    );
  return (
    <div className={styles.scroller}>
      <table>
        <thead>
          <tr>{row(table.header, "th")}</tr>
        </thead>
        <tbody>
          {table.rows.map((cells, index) => (
            <tr key={index}>{row(cells, "td")}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function inline(tokens: readonly Token[], places: Places): ReactNode[] {
  return tokens.map((token, index) => <Fragment key={index}>{piece(token, places)}</Fragment>);
}

function piece(token: Token, places: Places): ReactNode {
  switch (token.type) {
    case "strong":
      return <strong>{inline((token as Tokens.Strong).tokens, places)}</strong>;
    case "em":
      return <em>{inline((token as Tokens.Em).tokens, places)}</em>;
    case "del":
      return <del>{inline((token as Tokens.Del).tokens, places)}</del>;
    case "codespan":
      return <code>{(token as Tokens.Codespan).text}</code>;
    case "br":
      return <br />;
    case "link": {
      const { href, tokens } = token as Tokens.Link;
      const target = resolveLink(href, places.linkTo);
      if (target === undefined) return inline(tokens, places);
      const isElsewhere = /^https?:/i.test(target);
      return (
        <a href={target} {...(isElsewhere ? { target: "_blank", rel: "noopener noreferrer" } : {})}>
          {inline(tokens, places)}
        </a>
      );
    }
    case "image": {
      const { href, text } = token as Tokens.Image;
      const source = /^[a-z][a-z0-9+.-]*:|^\/\//i.test(href) ? undefined : places.pictureAt?.(href);
      if (source) return <img src={source} alt={text} className={styles.picture} />;
      const target = resolveLink(href, undefined);
      return target ? (
        <a href={target} target="_blank" rel="noopener noreferrer">
          {text || "picture"}
        </a>
      ) : (
        text
      );
    }
    case "text":
    case "escape":
      return textOf((token as Tokens.Text).text);
    default:
      return token.raw;
  }
}
