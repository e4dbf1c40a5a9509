import { type Candidate, createMarkReader, type Finding, type FrocInput, parseFindings, parseScans } from "@gleaner/froc";

/** What a file of a submission is for. */
export type FrocRole = "scans" | "findings" | "excluded" | "candidates";

export interface FrocTable {
  role: FrocRole;
  /** Name of the file. */
  name: string;
  rows: number;
}

export interface ReadTable extends FrocTable {
  content: string[] | Finding[] | Candidate[];
}

/** A page holds all of a table in memory; what is larger is for the command. LUNA16's largest list of candidates has 754 975 rows in 50 MB. */
export const frocLimits = {
  bytes: { scans: 8e6, findings: 16e6, excluded: 16e6, candidates: 128e6 },
  rows: { scans: 1e5, findings: 1e5, excluded: 1e5, candidates: 1e6 },
} as const;

/** A longer first line is no header. */
const maxHeaderBytes = 4096;

const plain = (value: number): string => value.toLocaleString("en-US");

const tooMuch = (name: string, limit: number, unit: string): Error =>
  new RangeError(`${name}: more than ${plain(limit)} ${unit}; expected at most that many, for more there is the command gleaner froc`);

/** The bytes of a file in pieces, unpacked if they are gzip data. */
async function* piecesOf(file: File): AsyncGenerator<Uint8Array> {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const isGzip = first === 0x1f && second === 0x8b;
  const stream: ReadableStream<Uint8Array> = isGzip ? file.stream().pipeThrough(new DecompressionStream("gzip")) : file.stream();
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw new Error(`${file.name}: the file cannot be read${isGzip ? ", its gzip data does not decode" : ""}`, { cause: error });
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** What a file is, by its first line: marks have a probability, findings a diameter, and a list of scans has one field a line. */
export function roleOf(head: Uint8Array, name: string): FrocRole {
  const end = head.indexOf(10);
  const line = new TextDecoder().decode(head.subarray(0, end < 0 ? maxHeaderBytes : Math.min(end, maxHeaderBytes))).replace(/^\uFEFF/, "");
  const fields = line.split(",").map((field) => field.trim().replace(/^"(.*)"$/, "$1"));
  const known = fields.map((field) => field.toLowerCase());
  if (known.includes("probability")) return "candidates";
  if (known.includes("diameter_mm")) return /exclu|irrelevant/i.test(name) ? "excluded" : "findings";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they tell a picture from a table.
  if (fields.length === 1 && fields[0] !== "" && !/[\u0000-\u0008\uFFFD]/.test(line)) return "scans";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they would break the sentence.
  const shown = line.replace(/[\u0000-\u001F\uFFFD]/g, "?").slice(0, 60);
  throw new TypeError(
    `${name}, line 1: the header is ${JSON.stringify(shown)}; expected a column probability (marks), a column diameter_mm (findings), or one scan a line`,
  );
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Reads one file of a submission by the package's readers, within the limits. */
export async function readFrocFile(file: File): Promise<ReadTable> {
  const { name } = file;
  const pieces: Uint8Array[] = [];
  const candidates: Candidate[] = [];
  let role: FrocRole | undefined;
  let size = 0;
  let marks: ReturnType<typeof createMarkReader> | undefined;
  const begin = (): FrocRole => {
    const found = roleOf(joined(pieces), name);
    if (found !== "candidates") return found;
    marks = createMarkReader((scan, x, y, z, probability) => {
      if (candidates.length === frocLimits.rows.candidates) throw tooMuch(name, frocLimits.rows.candidates, "rows");
      candidates.push({ scan, x, y, z, probability });
    }, name);
    for (const piece of pieces) marks.push(piece);
    return found;
  };
  for await (const piece of piecesOf(file)) {
    size += piece.length;
    if (marks) marks.push(piece);
    else pieces.push(piece);
    if (role === undefined && (size > maxHeaderBytes || piece.includes(10))) role = begin();
    if (role !== undefined && size > frocLimits.bytes[role]) throw tooMuch(name, frocLimits.bytes[role], "bytes");
  }
  if (size === 0) throw new TypeError(`${name}: the file is empty; expected a table`);
  role ??= begin();
  marks?.end();
  const content = marks ? candidates : role === "scans" ? parseScans(joined(pieces), name) : parseFindings(joined(pieces), name);
  if (content.length > frocLimits.rows[role]) throw tooMuch(name, frocLimits.rows[role], "rows");
  if (role === "scans" && content.length === 0) throw new TypeError(`${name}: no scan is in it; expected one a line`);
  return { role, name, rows: content.length, content };
}

const needed = { scans: "the list of scans", findings: "the findings", candidates: "the marks" } as const;

/** What is still missing for a submission, in words. */
export const missingTables = (roles: readonly FrocRole[]): string[] =>
  (Object.keys(needed) as (keyof typeof needed)[]).filter((role) => !roles.includes(role)).map((role) => needed[role]);

/** The submission that tables make; undefined while one is missing. */
export function inputOf(tables: ReadonlyMap<FrocRole, ReadTable>): FrocInput | undefined {
  const [scans, findings, candidates] = (["scans", "findings", "candidates"] as const).map((role) => tables.get(role)?.content);
  if (!scans || !findings || !candidates) return undefined;
  const excluded = tables.get("excluded")?.content as Finding[] | undefined;
  return {
    scans: scans as string[],
    findings: findings as Finding[],
    candidates: candidates as Candidate[],
    ...(excluded ? { excluded } : {}),
  };
}
