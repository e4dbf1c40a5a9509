import type { CodedConcept } from "./coded.js";
import { checkText, decimal, type Elements } from "./scan-reference.js";

/** How a content item belongs to the one above it (PS3.3, C.17.3.2.4). */
type Relation = "CONTAINS" | "HAS CONCEPT MOD" | "HAS OBS CONTEXT";

/** A code as the item of a code sequence. Throws a RangeError for one that DICOM has no room for. */
export function coded({ value, scheme, meaning }: CodedConcept): Elements {
  if (value === "" || scheme === "" || meaning === "")
    throw new RangeError(`the code is ${JSON.stringify({ value, scheme, meaning })}, expected a value, a scheme and a meaning`);
  return {
    CodeValue: checkText(value, "a code's value", "DICOM", 16),
    CodingSchemeDesignator: checkText(scheme, "a code's scheme", "DICOM", 16),
    CodeMeaning: checkText(meaning, "a code's meaning", "DICOM"),
  };
}

const item = (relation: Relation, type: string, name: CodedConcept, more: Elements): Elements => ({
  RelationshipType: relation,
  ValueType: type,
  ConceptNameCodeSequence: [coded(name)],
  ...more,
});

/** A content item that holds others; the first of a document has no relation. */
export function container(
  relation: Relation | undefined,
  name: CodedConcept,
  template: string | undefined,
  items: readonly Elements[],
): Elements {
  return {
    ...(relation && { RelationshipType: relation }),
    ValueType: "CONTAINER",
    ConceptNameCodeSequence: [coded(name)],
    ContinuityOfContent: "SEPARATE",
    ...(template && { ContentTemplateSequence: [{ MappingResource: "DCMR", TemplateIdentifier: template }] }),
    ...(items.length > 0 && { ContentSequence: [...items] }),
  };
}

export const code = (relation: Relation, name: CodedConcept, value: CodedConcept): Elements =>
  item(relation, "CODE", name, { ConceptCodeSequence: [coded(value)] });

export const text = (relation: Relation, name: CodedConcept, value: string): Elements => item(relation, "TEXT", name, { TextValue: value });

export const uidRef = (relation: Relation, name: CodedConcept, uid: string): Elements => item(relation, "UIDREF", name, { UID: uid });

/** A number with its unit. */
export const number = (relation: Relation, name: CodedConcept, value: number, unit: CodedConcept): Elements =>
  item(relation, "NUM", name, { MeasuredValueSequence: [{ NumericValue: decimal(value), MeasurementUnitsCodeSequence: [coded(unit)] }] });
