import { SaxesParser } from "saxes";
import { isVolumeError, volumeError } from "../errors.js";

/** An element of an XML file, by its local name. */
export interface XmlElement {
  readonly name: string;
  readonly children: XmlElement[];
  /** Its text without the space around it. */
  text: string;
}

/** The largest file of LIDC-IDRI has less than 3 MB, 30,000 points of three elements each, and six levels. */
const limits = { bytes: 2 ** 25, elements: 2 ** 20, depth: 32 };

/**
 * Reads an XML file into a tree of bounded size. The parser knows no entities but XML's own five and loads nothing.
 *
 * Throws Malformed for what is not well-formed and for document types, TooLarge beyond the limits; no message quotes the file.
 */
export function parseXml(xml: string | Uint8Array, path: string): XmlElement {
  if (xml.length > limits.bytes) throw volumeError("TooLarge", path, `it has ${xml.length} bytes, the limit is ${limits.bytes} bytes`);
  const top: XmlElement = { name: "", children: [], text: "" };
  const open = [top];
  let elements = 0;
  const parser = new SaxesParser();
  const append = (text: string): void => void (open.at(-1)!.text += text);
  parser.on("opentag", ({ name }) => {
    if (++elements > limits.elements) throw volumeError("TooLarge", path, `it has more than ${limits.elements} elements`);
    if (open.length > limits.depth) throw volumeError("TooLarge", path, `its elements are nested more than ${limits.depth} deep`);
    const element = { name: name.slice(name.indexOf(":") + 1), children: [], text: "" };
    open.at(-1)!.children.push(element);
    open.push(element);
  });
  parser.on("text", append);
  parser.on("cdata", append);
  parser.on("closetag", () => {
    const element = open.pop()!;
    element.text = element.text.trim();
  });
  parser.on("doctype", () => {
    throw volumeError("Malformed", path, "it declares a document type, expected XML without one");
  });
  parser.on("error", () => {
    throw volumeError("Malformed", path, `it is not well-formed XML at line ${parser.line}, column ${parser.column}`);
  });
  try {
    parser.write(typeof xml === "string" ? xml : textOf(xml)).close();
  } catch (error) {
    if (isVolumeError(error)) throw error;
    throw volumeError("Malformed", path, "it is no XML that can be read");
  }
  return top.children[0]!;
}

/** The text of bytes: UTF-16 where a byte order mark says so, else UTF-8, which holds what the numbers and identifiers read here are of. */
function textOf(bytes: Uint8Array): string {
  const [a, b] = bytes;
  const encoding = a === 0xff && b === 0xfe ? "utf-16le" : a === 0xfe && b === 0xff ? "utf-16be" : "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}
