/** The end of the string that starts at `start`: the index after its closing quote. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

/**
 * The first key that an object of a JSON text has twice, or undefined. `JSON.parse` keeps the last of them without a word, so that two
 * readers may see two different files.
 *
 * @param text JSON that `JSON.parse` accepts
 */
export function repeatedKey(text: string): string | undefined {
  // The keys of each object that is open, and nothing for an open list.
  const open: (Set<string> | undefined)[] = [];
  let at = 0;
  while (at < text.length) {
    const start = at++;
    const character = text[start];
    if (character === "{") open.push(new Set());
    else if (character === "[") open.push(undefined);
    else if (character === "}" || character === "]") open.pop();
    else if (character === '"') {
      at = endOfString(text, start);
      let next = at;
      while (/\s/.test(text.charAt(next))) next++;
      if (text[next] !== ":") continue;
      const key = JSON.parse(text.slice(start, at)) as string;
      if (open.at(-1)?.has(key)) return key;
      open.at(-1)?.add(key);
    }
  }
  return undefined;
}
