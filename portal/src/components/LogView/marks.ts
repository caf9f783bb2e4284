/** Marks a text wherever it stands, without a change of the elements that hold it. */

const NAME = "log-found";

/** Mark `text`, which is in lower case, in these elements and nowhere else. */
export function paintMarks(elements: readonly HTMLElement[], text: string): void {
  if (CSS.highlights === undefined) return;
  const ranges = elements.flatMap((element) => rangesOf(element, text));
  if (ranges.length === 0) CSS.highlights.delete(NAME);
  else CSS.highlights.set(NAME, new Highlight(...ranges));
}

export function clearMarks(): void {
  CSS.highlights?.delete(NAME);
}

/** Where a text stands in an element, within single text nodes. */
function rangesOf(element: HTMLElement, text: string): Range[] {
  const ranges: Range[] = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (const at of placesOf(node.nodeValue ?? "", text)) {
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + text.length);
      ranges.push(range);
    }
  }
  return ranges;
}

/** Where `wanted`, in lower case, begins in a text. */
export function placesOf(text: string, wanted: string): number[] {
  const lower = text.toLowerCase();
  // Some signs are two in lower case: then the places would be those of another text.
  const content = lower.length === text.length ? lower : text;
  const places: number[] = [];
  for (let at = content.indexOf(wanted); at >= 0; at = content.indexOf(wanted, at + wanted.length))
    places.push(at);
  return places;
}
