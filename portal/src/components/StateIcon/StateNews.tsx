import { useEffect, useRef, useState } from "react";
import { lookOf } from "../../text/states.ts";
import type { StateProps } from "./StateIcon.tsx";

/** Says a state to those who do not see it when it becomes another: "step Train: Failed". */
export function StateNews({ name, state, result }: StateProps & { name: string }) {
  const { word } = lookOf(state, result);
  const known = useRef({ name, word });
  const [news, setNews] = useState("");
  useEffect(() => {
    const before = known.current;
    known.current = { name, word };
    if (before.name === name && before.word !== word) setNews(`${name}: ${word}`);
  }, [name, word]);
  return (
    <span role="status" className="visually-hidden">
      {news}
    </span>
  );
}
