/** Turns bytes into strings, the same bytes into the same string without decoding them again. */
export function createIdTable(): (bytes: Uint8Array, start: number, end: number) => string {
  const decoder = new TextDecoder();
  const buckets = new Map<number, { bytes: Uint8Array; text: string }[]>();
  let last: { bytes: Uint8Array; text: string } = { bytes: new Uint8Array(0), text: "" };
  const same = (known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean => {
    if (known.length !== end - start) return false;
    // From the end: identifiers of one study begin alike.
    for (let i = known.length - 1, j = end - 1; i >= 0; i--, j--) if (known[i] !== bytes[j]) return false;
    return true;
  };
  return (bytes, start, end) => {
    while (start < end && bytes[start] === 32) start++;
    while (end > start && bytes[end - 1] === 32) end--;
    if (same(last.bytes, bytes, start, end)) return last.text;
    let hash = 0x811c9dc5;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    let bucket = buckets.get(hash);
    if (!bucket) buckets.set(hash, (bucket = []));
    let entry = bucket.find((known) => same(known.bytes, bytes, start, end));
    if (!entry) {
      const own = bytes.slice(start, end);
      bucket.push((entry = { bytes: own, text: decoder.decode(own) }));
    }
    last = entry;
    return entry.text;
  };
}
